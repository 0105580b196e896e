//! What one end said, summed for each method and target.

use std::borrow::Cow;

use super::message::{self, Message, Method};
use super::Ssdp;
use crate::context::Context;
use crate::limits;
use crate::product;
use crate::protocols::{Conversation, Dir};

#[derive(Default)]
pub struct Exchange {
    tallies: Vec<Tally>,
    /// Under which devices are hashed to be counted: never the same twice, so that nothing of them is left.
    hasher: ahash::RandomState,
    partial: bool,
    malformed: Option<&'static str>,
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        match message::read(payload) {
            Some(message) => self.add(dir, &message, payload.len(), cx),
            None => self.malformed = Some("message"),
        }
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.partial = true;
        if let Some(message) = message::read(payload) {
            self.add(dir, &message, payload.len(), cx);
        }
    }

    fn relieve(&mut self, cx: &mut Context<'_>) {
        for tally in std::mem::take(&mut self.tallies) {
            tally.tell((true, self.partial, None), cx);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        let said = (false, self.partial, self.malformed);
        for tally in self.tallies.drain(..) {
            tally.tell(said, cx);
        }
    }

    fn held(&self) -> usize {
        let all = self.tallies.capacity().saturating_mul(size_of::<Tally>());
        self.tallies.iter().map(Tally::held).fold(all, usize::saturating_add)
    }
}

impl Exchange {
    fn add(&mut self, dir: Dir, message: &Message<'_>, len: usize, cx: &mut Context<'_>) {
        let target = message.target();
        if target.is_none() && !self.partial {
            self.malformed = self.malformed.or(Some("target"));
        }
        let key = (dir, message.method, target, message.nts());
        let mut at = self.tallies.iter().position(|tally| tally.key == key);
        let due = |tally: &Tally| cx.ts.saturating_sub(tally.began.0) >= limits::INTERIM_EVERY;
        if let Some(old) = at.filter(|at| self.tallies.get(*at).is_some_and(due)) {
            self.tallies.swap_remove(old).tell((true, self.partial, None), cx);
            at = None;
        }
        if at.is_none() && self.tallies.len() < limits::SSDP_TARGETS {
            self.tallies.push(Tally::begun(key, message, cx));
            at = self.tallies.len().checked_sub(1);
        }
        if let Some(tally) = at.and_then(|at| self.tallies.get_mut(at)) {
            tally.add(message, len, &self.hasher, cx.ts);
        }
    }
}

type Key = (Dir, Method, Option<Cow<'static, str>>, Option<&'static str>);

/// What one end said of one target.
struct Tally {
    key: Key,
    began: (i64, u64),
    last: i64,
    messages: i64,
    bytes: i64,
    server: Option<String>,
    location: Option<(String, Option<u16>)>,
    max_age: Option<i64>,
    mx: Option<i64>,
    devices: Vec<u64>,
}

impl Tally {
    fn begun(key: Key, message: &Message<'_>, cx: &Context<'_>) -> Tally {
        let server = message.field(b"server").or_else(|| message.field(b"user-agent"));
        Tally {
            key,
            began: (cx.ts, cx.offset),
            last: cx.ts,
            messages: 0,
            bytes: 0,
            server: server.and_then(product::known),
            location: message.location(),
            max_age: message.max_age(),
            mx: message.mx(),
            devices: Vec::new(),
        }
    }

    fn add(&mut self, message: &Message<'_>, len: usize, hasher: &ahash::RandomState, ts: i64) {
        self.last = self.last.max(ts);
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        if let Some(device) = message.device().map(|device| hasher.hash_one(device)) {
            if self.devices.len() < limits::SSDP_DEVICES && !self.devices.contains(&device) {
                self.devices.push(device);
            }
        }
    }

    /// Bytes that it takes beside itself.
    fn held(&self) -> usize {
        let texts = self.server.iter().chain(self.location.as_ref().map(|(host, _)| host));
        let texts = texts.map(String::capacity).fold(0, usize::saturating_add);
        texts.saturating_add(self.devices.capacity().saturating_mul(size_of::<u64>()))
    }

    fn tell(self, (interim, partial, malformed): (bool, bool, Option<&'static str>), cx: &mut Context<'_>) {
        let (ts, at) = self.began;
        let (dir, method, target, nts) = &self.key;
        let row = Ssdp {
            method: Some(method.name()),
            target: target.as_deref(),
            nts: *nts,
            server: self.server.as_deref(),
            location_h: self.location.as_ref().map(|(host, _)| host.as_str()),
            location_p: self.location.as_ref().and_then(|(_, port)| *port).map(i64::from),
            max_age: self.max_age,
            mx: self.mx,
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            messages: Some(self.messages),
            bytes: Some(self.bytes),
            devices: i64::try_from(self.devices.len()).ok().filter(|devices| *devices > 0),
            interim: Some(interim),
            partial: Some(partial),
            malformed,
            ..Ssdp::default()
        };
        cx.emit(ts, *dir, at, &row);
    }
}
