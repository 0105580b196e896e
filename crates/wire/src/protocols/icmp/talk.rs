//! What two ends said to each other in one type, summed.

use std::collections::VecDeque;

use super::message::{self, Message};
use super::Icmp;
use crate::bytes::be16;
use crate::context::Context;
use crate::limits;
use crate::names::address;
use crate::protocols::Dir;

#[derive(Default)]
pub struct Talk {
    tally: Option<Box<Tally>>,
    /// Under which what echoes carry is hashed to be compared: never the same twice, so that nothing of it is left.
    hasher: ahash::RandomState,
}

/// A message as the packet shows it.
pub struct Arrived<'a> {
    pub dir: Dir,
    pub bytes: &'a [u8],
    /// Bytes that the capture cut off.
    pub cut: usize,
}

impl Talk {
    pub fn message(&mut self, arrived: &Arrived<'_>, cx: &mut Context<'_>) {
        if let Some(old) = self
            .tally
            .take_if(|tally| cx.ts.saturating_sub(tally.began) >= limits::INTERIM_EVERY)
        {
            old.tell(true, cx);
        }
        let tally = self.tally.get_or_insert_with(|| Box::new(Tally::begun(cx.ts)));
        tally.add(arrived, cx, &self.hasher);
    }

    pub fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(tally) = self.tally.take() {
            tally.tell(false, cx);
        }
    }
}

/// Values that are told apart up to a number.
#[derive(Default)]
struct Different(Vec<u64>);

impl Different {
    fn see(&mut self, value: u64) {
        if self.0.len() < limits::ICMP_DIFFERENT && !self.0.contains(&value) {
            self.0.push(value);
        }
    }

    fn count(&self) -> Option<i64> {
        i64::try_from(self.0.len()).ok().filter(|n| *n > 0)
    }
}

/// The packet that the first error quoted.
struct Quoted {
    proto: u8,
    ends: [(u128, Option<u16>); 2],
}

#[derive(Default)]
struct Tally {
    began: i64,
    last: i64,
    first: Option<(u8, u8)>,
    counts: [i64; 2],
    bytes: i64,
    shortest: Option<usize>,
    longest: Option<usize>,
    sizes: Different,
    identifiers: Different,
    /// Echoes that wait for their answers: identifier and number, and the hash of what they carry.
    waiting: VecDeque<(u32, u64)>,
    unlike: Option<i64>,
    /// Answers that nothing waited for, once something was asked.
    unasked: Option<i64>,
    gateway: Option<u128>,
    gateways: Different,
    target: Option<u128>,
    unsolicited: i64,
    lifetime: Option<u16>,
    mtu: Option<u32>,
    quoted: Option<Quoted>,
    targets: Different,
    partial: bool,
    malformed: Option<&'static str>,
}

impl Tally {
    fn begun(ts: i64) -> Tally {
        Tally {
            began: ts,
            ..Tally::default()
        }
    }

    fn add(&mut self, arrived: &Arrived<'_>, cx: &Context<'_>, hasher: &ahash::RandomState) {
        self.last = self.last.max(cx.ts);
        if let Some(count) = self.counts.get_mut(arrived.dir as usize) {
            *count = count.saturating_add(1);
        }
        let cut = arrived.cut > 0;
        self.partial |= cut;
        let sent = arrived.bytes.len().saturating_add(arrived.cut);
        if let (&[number, code, ..], None) = (arrived.bytes, self.first) {
            self.first = Some((number, code));
        }
        if sent < 8 {
            self.malformed = Some("message");
            return;
        }
        self.measure(sent.saturating_sub(8));
        if let Some(message) = message::read(cx.identity.ends.proto, arrived.bytes) {
            self.read(&message, cut, hasher);
        }
    }

    fn measure(&mut self, len: usize) {
        self.bytes = self.bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        self.shortest = Some(self.shortest.map_or(len, |shortest| shortest.min(len)));
        self.longest = self.longest.max(Some(len));
        self.sizes.see(len as u64);
    }

    fn read(&mut self, message: &Message<'_>, cut: bool, hasher: &ahash::RandomState) {
        if let Some((identifier, numbered)) = message.identifier() {
            self.identifiers.see(u64::from(identifier));
            if !cut {
                self.echo(message, numbered, hasher.hash_one(message.payload()));
            }
        }
        if let Some(gateway) = message.gateway() {
            self.gateway.get_or_insert(gateway);
            self.gateways.see(hasher.hash_one(gateway));
        }
        self.target = self.target.or(message.target());
        self.unsolicited = self.unsolicited.saturating_add(i64::from(message.is_unsolicited()));
        self.lifetime = self.lifetime.or(message.router_lifetime());
        self.mtu = self.mtu.or(message.mtu());
        if message.quotes() {
            self.quote(message, cut, hasher);
        }
    }

    /// An answer is compared with what it answers, if that is still known.
    fn echo(&mut self, message: &Message<'_>, numbered: u32, hash: u64) {
        if matches!(message.number, 8 | 128) {
            if self.waiting.len() >= limits::ICMP_WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back((numbered, hash));
            self.unasked.get_or_insert(0);
        } else if let Some(at) = self.waiting.iter().position(|(known, _)| *known == numbered) {
            let asked = self.waiting.remove(at);
            let unlike = asked.is_some_and(|(_, asked)| asked != hash);
            self.unlike = Some(self.unlike.unwrap_or(0).saturating_add(i64::from(unlike)));
        } else {
            self.unasked = self.unasked.map(|unasked| unasked.saturating_add(1));
        }
    }

    fn quote(&mut self, message: &Message<'_>, cut: bool, hasher: &ahash::RandomState) {
        let Some(quoted) = message.quoted() else {
            if !cut {
                self.malformed = self.malformed.or(Some("quote"));
            }
            return;
        };
        let has_ports = matches!(quoted.proto, 6 | 17 | 132) && quoted.fragment.is_none_or(|fragment| fragment.offset == 0);
        let port = |at: usize| be16(quoted.payload, at).filter(|_| has_ports);
        self.targets.see(hasher.hash_one((quoted.proto, quoted.dst, port(2))));
        self.quoted.get_or_insert_with(|| Quoted {
            proto: quoted.proto,
            ends: [(quoted.src, port(0)), (quoted.dst, port(2))],
        });
    }

    fn tell(self, interim: bool, cx: &mut Context<'_>) {
        let text = |bits: Option<u128>| bits.map(|bits| address(bits).to_string());
        let [orig, resp] = [0, 1].map(|n: usize| self.quoted.as_ref().and_then(|quoted| quoted.ends.get(n)).copied());
        let [gateway, target] = [self.gateway, self.target].map(text);
        let [orig_h, resp_h] = [orig, resp].map(|end| text(end.map(|(bits, _)| bits)));
        let [orig_p, resp_p] = [orig, resp].map(|end| end.and_then(|(_, port)| port).map(i64::from));
        let [requests, replies] = self.counts;
        let length = |n: Option<usize>| n.and_then(|n| i64::try_from(n).ok());
        let proto = cx.identity.ends.proto;
        let is_neighbour = self.first.is_some_and(|(number, _)| proto == 58 && matches!(number, 135 | 136));
        let row = Icmp {
            kind: self.first.and_then(|(number, _)| message::name(proto, number)),
            icmp_type: self.first.map(|(number, _)| i64::from(number)),
            icmp_code: self.first.map(|(_, code)| i64::from(code)),
            duration: Some(self.last.saturating_sub(self.began) as f64 / 1e9),
            requests: Some(requests),
            replies: Some(replies),
            payload_bytes: Some(self.bytes),
            payload_min: length(self.shortest),
            payload_max: length(self.longest),
            payload_sizes: self.sizes.count(),
            identifiers: self.identifiers.count(),
            replies_unlike: self.unlike,
            replies_unasked: self.unasked,
            gateway: gateway.as_deref(),
            gateways: self.gateways.count(),
            target: target.as_deref(),
            unsolicited: is_neighbour.then_some(self.unsolicited),
            router_lifetime: self.lifetime.map(i64::from),
            mtu: self.mtu.map(i64::from),
            about_proto: self.quoted.as_ref().map(|quoted| i64::from(quoted.proto)),
            about_orig_h: orig_h.as_deref(),
            about_orig_p: orig_p,
            about_resp_h: resp_h.as_deref(),
            about_resp_p: resp_p,
            about_targets: self.targets.count(),
            interim: Some(interim),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Icmp::default()
        };
        // One row begins at one time.
        cx.emit(self.began, Dir::Orig, self.began.cast_unsigned(), &row);
    }
}
