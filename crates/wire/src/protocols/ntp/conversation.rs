//! What two ends said to each other, summed for each kind of message and direction.

use super::message::{self, Key, Message};
use super::Ntp;
use crate::context::Context;
use crate::limits;
use crate::product;
use crate::protocols::{Conversation, Dir};

#[derive(Default)]
pub struct Exchange {
    tallies: Vec<Tally>,
    partial: bool,
    malformed: bool,
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        match message::read(payload) {
            Some(message) => self.add(dir, &message, payload.len(), cx),
            None => self.malformed = true,
        }
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.partial = true;
        if let Some(message) = message::read(payload) {
            self.add(dir, &message, payload.len(), cx);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        let (partial, malformed) = (self.partial, self.malformed);
        for tally in self.tallies.drain(..) {
            tally.tell((false, partial, malformed), cx);
        }
    }
}

impl Exchange {
    fn add(&mut self, dir: Dir, message: &Message<'_>, len: usize, cx: &mut Context<'_>) {
        let is = |tally: &Tally| tally.dir == dir && tally.key == message.key;
        let mut at = self.tallies.iter().position(is);
        if let Some(old) = at.filter(|at| self.tallies.get(*at).is_some_and(|tally| tally.is_due(cx.ts))) {
            self.tallies.swap_remove(old).tell((true, self.partial, false), cx);
            at = None;
        }
        if at.is_none() && self.tallies.len() < limits::NTP_KINDS {
            self.tallies.push(Tally::begun(dir, message, cx));
            at = self.tallies.len().checked_sub(1);
        }
        if let Some(tally) = at.and_then(|at| self.tallies.get_mut(at)) {
            tally.add(message, len, cx.ts);
        }
    }
}

/// What one end said in messages of one kind.
struct Tally {
    key: Key,
    dir: Dir,
    began: (i64, u64),
    last: i64,
    messages: i64,
    bytes: i64,
    kisses: i64,
    authenticated: bool,
    nts: bool,
    software: Option<String>,
    system: Option<String>,
    head: Head,
}

/// What the head of the first message says.
struct Head {
    leap: Option<u8>,
    stratum: Option<u8>,
    poll: Option<f64>,
    precision: Option<f64>,
    delay: Option<f64>,
    dispersion: Option<f64>,
    reference: Option<String>,
    times: [Option<i64>; 4],
    extensions: Option<usize>,
}

impl Head {
    fn of(message: &Message<'_>) -> Head {
        Head {
            leap: message.leap(),
            stratum: message.stratum(),
            poll: message.poll(),
            precision: message.precision(),
            delay: message.root_delay(),
            dispersion: message.root_dispersion(),
            reference: message.reference(),
            times: message.times(),
            extensions: message.extensions().map(|(count, ..)| count),
        }
    }
}

impl Tally {
    fn begun(dir: Dir, message: &Message<'_>, cx: &Context<'_>) -> Tally {
        Tally {
            key: message.key,
            dir,
            began: (cx.ts, cx.offset),
            last: cx.ts,
            messages: 0,
            bytes: 0,
            kisses: 0,
            authenticated: false,
            nts: false,
            software: None,
            system: None,
            head: Head::of(message),
        }
    }

    fn is_due(&self, ts: i64) -> bool {
        ts.saturating_sub(self.began.0) >= limits::INTERIM_EVERY
    }

    fn add(&mut self, message: &Message<'_>, len: usize, ts: i64) {
        self.last = self.last.max(ts);
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        self.kisses = self.kisses.saturating_add(i64::from(message.is_kiss()));
        if let Some((_, nts, digest)) = message.extensions() {
            self.nts |= nts;
            self.authenticated |= nts || digest;
        }
        if self.software.is_none() {
            // Behind the version stands when and by whom it was built.
            let version = message
                .variable(b"version=\"")
                .and_then(|value| value.split(|byte| *byte == b'@').next());
            self.software = version.and_then(product::software);
        }
        if self.system.is_none() {
            self.system = message.variable(b"system=\"").and_then(product::agent);
        }
    }

    fn tell(self, (interim, partial, malformed): (bool, bool, bool), cx: &mut Context<'_>) {
        let (ts, at) = self.began;
        let Head {
            times: [ref_time, org_time, rec_time, xmt_time],
            ..
        } = self.head;
        let is_time = self.head.stratum.is_some();
        let request = self.key.request;
        let row = Ntp {
            version: Some(i64::from(self.key.version)),
            mode: Some(i64::from(self.key.mode)),
            stratum: self.head.stratum.map(i64::from),
            poll: self.head.poll,
            precision: self.head.precision,
            root_delay: self.head.delay,
            root_disp: self.head.dispersion,
            ref_id: self.head.reference.as_deref(),
            ref_time,
            org_time,
            rec_time,
            xmt_time,
            num_exts: self.head.extensions.and_then(|n| i64::try_from(n).ok()),
            leap: self.head.leap.map(i64::from),
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            messages: Some(self.messages),
            bytes: Some(self.bytes),
            kisses: is_time.then_some(self.kisses),
            authenticated: is_time.then_some(self.authenticated),
            nts: is_time.then_some(self.nts),
            opcode: request.map(|(code, _)| i64::from(code)),
            request: request.and_then(|(code, _)| message::request_name(self.key.mode, code)),
            response: request.map(|(_, response)| response),
            software: self.software.as_deref(),
            system: self.system.as_deref(),
            interim: Some(interim),
            partial: Some(partial),
            malformed: malformed.then_some("message"),
            ..Ntp::default()
        };
        cx.emit(ts, self.dir, at, &row);
    }
}
