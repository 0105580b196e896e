//! Queries and their answers brought together.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::message::{labels, name, service, Message, Question, HEAD};
use super::{names, netbios, probe, record, Dns};
use crate::context::Context;
use crate::limits;
use crate::protocols::{Conversation, Dir, Probe, Session, Step};

const TCP: u8 = 6;
const UPDATE: u16 = 5;
const NANOSECONDS: f64 = 1e9;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flavor {
    Dns,
    Mdns,
    Llmnr,
    Nbns,
}

impl Flavor {
    fn name(self) -> &'static str {
        match self {
            Flavor::Dns => "dns",
            Flavor::Mdns => "mdns",
            Flavor::Llmnr => "llmnr",
            Flavor::Nbns => "nbns",
        }
    }
}

/// Where and when a message began.
#[derive(Clone, Copy, Debug)]
struct Place {
    ts: i64,
    dir: Dir,
    at: u64,
}

/// What was asked, in text.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    name: Option<String>,
    kind: u16,
    class: u16,
}

/// A query that waits for its answer.
#[derive(Debug)]
struct Query {
    place: Place,
    id: u16,
    flags: u16,
    asked: Option<Asked>,
    services: Vec<String>,
    cut: bool,
    malformed: Option<&'static str>,
}

/// The messages between two ends.
#[derive(Debug)]
pub struct Exchange {
    netbios: bool,
    waiting: VecDeque<Query>,
    partial: bool,
}

impl Exchange {
    pub fn dns() -> Exchange {
        Exchange {
            netbios: false,
            waiting: VecDeque::new(),
            partial: false,
        }
    }

    pub fn netbios() -> Exchange {
        Exchange {
            netbios: true,
            ..Exchange::dns()
        }
    }

    /// The port tells multicast DNS and LLMNR from DNS: their messages are built alike (RFC 6762 section 18, RFC 4795 2.1).
    fn flavor(&self, cx: &Context<'_>) -> Flavor {
        let ends = cx.identity.ends;
        match (ends.orig_port, ends.resp_port) {
            _ if self.netbios => Flavor::Nbns,
            (5353, _) | (_, 5353) => Flavor::Mdns,
            (5355, _) | (_, 5355) => Flavor::Llmnr,
            _ => Flavor::Dns,
        }
    }

    /// `cut`: these are only the first bytes of it.
    fn message(&mut self, place: Place, bytes: &[u8], cut: bool, cx: &mut Context<'_>) {
        let flavor = self.flavor(cx);
        let parsed = if cut { Message::parse_cut(bytes) } else { Message::parse(bytes) };
        let Some(message) = parsed else {
            let row = Dns {
                flavor: Some(flavor.name()),
                malformed: Some("header"),
                partial: Some(self.partial),
                ..Dns::default()
            };
            // Less than a header that was cut is not even known to be a query or an answer.
            if !cut {
                cx.emit(place.ts, place.dir, place.at, &row);
            }
            return;
        };
        let query = Query {
            place,
            id: message.head.id,
            flags: message.head.flags,
            asked: self.asked(&message),
            services: services(&message),
            cut,
            malformed: message.fault(),
        };
        if flavor == Flavor::Mdns {
            self.emit(&query, message.head.is_response().then_some((&message, None)), flavor, cx);
            return self.more_questions(&query, &message, flavor, cx);
        }
        if !message.head.is_response() {
            self.wait(query, flavor, cx);
            return;
        }
        let matches = |q: &Query| q.id == query.id && q.place.dir != place.dir && same(&q.asked, &query.asked);
        match self.waiting.iter().position(matches).and_then(|n| self.waiting.remove(n)) {
            Some(first) => self.emit(&first, Some((&message, Some(place.ts))), flavor, cx),
            None => self.emit(&query, Some((&message, None)), flavor, cx),
        }
    }

    /// Multicast DNS asks many questions at once (RFC 6762 5.3), and who probes for his own name asks for it last (8.1): each has a row.
    fn more_questions(&self, first: &Query, message: &Message<'_>, flavor: Flavor, cx: &mut Context<'_>) {
        for (n, question) in (0u64..).zip(&message.questions).skip(1) {
            let query = Query {
                place: Place {
                    at: first.place.at.wrapping_add(n),
                    ..first.place
                },
                asked: self.asked_by(message, question),
                services: Vec::new(),
                ..*first
            };
            self.emit(&query, None, flavor, cx);
        }
    }

    fn wait(&mut self, query: Query, flavor: Flavor, cx: &mut Context<'_>) {
        if self.waiting.len() >= limits::DNS_WAITING {
            if let Some(oldest) = self.waiting.pop_front() {
                self.emit(&oldest, None, flavor, cx);
            }
        }
        self.waiting.push_back(query);
    }

    /// The first question; where there is none (multicast and NetBIOS answers) what the first record is about.
    fn asked(&self, message: &Message<'_>) -> Option<Asked> {
        let first = message.answers.first().map(|record| Question {
            name: record.name,
            kind: record.kind,
            class: record.class,
        });
        self.asked_by(message, &message.questions.first().copied().or(first)?)
    }

    fn asked_by(&self, message: &Message<'_>, question: &Question) -> Option<Asked> {
        let decode = |at| netbios::decode(labels(message.bytes, at)?.first()?);
        let text = if self.netbios {
            decode(question.name)
        } else {
            name(message.bytes, question.name)
        };
        // The top bit of the class means other things in multicast DNS. RFC 6762 5.4 and 10.2.
        Some(Asked {
            name: text,
            kind: question.kind,
            class: question.class & 0x7fff,
        })
    }

    fn emit(&self, query: &Query, answer: Option<(&Message<'_>, Option<i64>)>, flavor: Flavor, cx: &mut Context<'_>) {
        let asked = query.asked.as_ref();
        let kind = asked.map(|a| names::record_type(a.kind, self.netbios));
        let mut row = Dns {
            proto: Some(if cx.identity.ends.proto == TCP { "tcp" } else { "udp" }),
            trans_id: Some(i64::from(query.id)),
            opcode: Some(i64::from(query.flags >> 11 & 15)),
            query: asked.and_then(|a| a.name.as_deref()),
            qclass: asked.map(|a| i64::from(a.class)),
            qtype: asked.map(|a| i64::from(a.kind)),
            qtype_name: kind.as_deref(),
            tc: Some(query.flags & 0x0200 != 0),
            rd: Some(query.flags & 0x0100 != 0),
            flavor: Some(flavor.name()),
            services: query.services.iter().map(|s| Cow::Borrowed(s.as_str())).collect(),
            partial: Some(self.partial || query.cut),
            malformed: query.malformed,
            ..Dns::default()
        };
        if let Some((message, answered)) = answer {
            self.answer(message, flavor, &mut row);
            row.rtt = answered.map(|ts| ts.saturating_sub(query.place.ts) as f64 / NANOSECONDS);
        }
        cx.emit(query.place.ts, query.place.dir, query.place.at, &row);
    }

    fn answer(&self, message: &Message<'_>, flavor: Flavor, row: &mut Dns<'_>) {
        let flags = message.head.flags;
        // OPT carries the upper eight bits of the code. RFC 6891 6.1.3.
        let extended = message
            .additional
            .iter()
            .find(|r| r.kind == names::OPT)
            .map_or(0, |opt| (opt.ttl >> 20 & 0xff0) as u16);
        let code = flags & 15 | extended;
        row.rcode = Some(i64::from(code));
        row.rcode_name = names::response_code(code, self.netbios);
        row.aa = Some(flags & 0x0400 != 0);
        row.tc = Some(flags & 0x0200 != 0);
        row.ra = Some(flags & 0x0080 != 0);
        row.rejected = Some(code == 5);
        row.malformed = row.malformed.or_else(|| message.fault());
        row.partial = row.partial.map(|partial| partial || message.cut);
        if message.head.opcode() == UPDATE && !self.netbios {
            return; // Its records are what the client asked to change. RFC 2136 section 2.
        }
        let more = if flavor == Flavor::Mdns {
            message.additional.as_slice()
        } else {
            &[]
        };
        for record in message.answers.iter().chain(more).filter(|r| r.kind != names::OPT) {
            for text in record::answers(message, record, self.netbios) {
                if row.answers.len() < limits::LIST {
                    row.answers.push(Cow::Owned(text));
                    row.ttls.push(i64::from(record.ttl));
                }
            }
        }
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        let flavor = self.flavor(cx);
        while let Some(query) = self.waiting.pop_front() {
            self.emit(&query, None, flavor, cx);
        }
    }
}

/// Whether an answer is for a question; servers may leave the question out (RFC 5936 2.2.1) or change its case (RFC 4343).
fn same(question: &Option<Asked>, answer: &Option<Asked>) -> bool {
    match (question, answer) {
        (Some(q), Some(a)) => match (&q.name, &a.name) {
            (Some(q), Some(a)) => q.eq_ignore_ascii_case(a),
            _ => true,
        },
        _ => true,
    }
}

fn services(message: &Message<'_>) -> Vec<String> {
    let asked = message.questions.iter().map(|question| question.name);
    let offered = message.answers.iter().chain(&message.additional).map(|record| record.name);
    let mut found: Vec<String> = asked
        .chain(offered)
        .filter_map(|at| service(message.bytes, at))
        .take(limits::DNS_SERVICES)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        let place = Place {
            ts: cx.ts,
            dir,
            at: cx.offset,
        };
        self.message(place, payload, false, cx);
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        let place = Place {
            ts: cx.ts,
            dir,
            at: cx.offset,
        };
        self.message(place, payload, true, cx);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.finish(cx);
    }
}

/// The same over TCP, each message with two bytes of length in front. RFC 1035 4.2.2, RFC 7766.
#[derive(Debug)]
pub struct OverTcp {
    exchange: Exchange,
    orig: Side,
    resp: Side,
}

/// One direction: when the message that is waited for began, and whether bytes were lost since the last.
#[derive(Debug, Default)]
struct Side {
    began: Option<i64>,
    lost: bool,
}

impl Default for OverTcp {
    fn default() -> OverTcp {
        OverTcp {
            exchange: Exchange::dns(),
            orig: Side::default(),
            resp: Side::default(),
        }
    }
}

impl OverTcp {
    fn side(&mut self, dir: Dir) -> &mut Side {
        match dir {
            Dir::Orig => &mut self.orig,
            Dir::Resp => &mut self.resp,
        }
    }
}

impl Session for OverTcp {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let side = self.side(dir);
        let ts = *side.began.get_or_insert(cx.ts);
        if side.lost {
            match probe::stream(dir, bytes) {
                Probe::Certain => side.lost = false,
                Probe::Unsure | Probe::Likely => return Step::Need(bytes.len().saturating_add(1)),
                Probe::Never => {
                    side.began = None;
                    return Step::Took(bytes.len());
                }
            }
        }
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Step::Need(2);
        };
        let whole = usize::from(u16::from_be_bytes(*length)).saturating_add(2);
        let Some(message) = rest.get(..whole.saturating_sub(2)) else {
            return Step::Need(whole);
        };
        side.began = None;
        self.exchange.message(Place { ts, dir, at: cx.offset }, message, false, cx);
        if message.len() < HEAD {
            return Step::Done;
        }
        Step::Took(whole)
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let side = self.side(dir);
        let ts = side.began.unwrap_or(cx.ts);
        let known = !side.lost || probe::stream(dir, bytes) == Probe::Likely;
        if let Some(message) = bytes.get(2..).filter(|message| known && message.len() >= HEAD) {
            self.exchange.message(Place { ts, dir, at: cx.offset }, message, true, cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.exchange.partial = true;
        *self.side(dir) = Side { began: None, lost: true };
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.exchange.finish(cx);
    }
}
