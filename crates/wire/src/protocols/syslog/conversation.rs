//! What one end told the other, summed for each facility.

use std::borrow::Cow;

use super::marks;
use super::message::{self, Format, Message};
use super::Syslog;
use crate::context::Context;
use crate::exploits::{self, Signs};
use crate::limits;
use crate::product;
use crate::protocols::{Conversation, Dir};

#[derive(Default)]
pub struct Exchange {
    tallies: Vec<Tally>,
    /// Under which names of hosts are hashed to be counted: never the same twice, so that nothing of them is left.
    hasher: ahash::RandomState,
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

    fn relieve(&mut self, cx: &mut Context<'_>) {
        for tally in std::mem::take(&mut self.tallies) {
            tally.tell((true, self.partial, false), cx);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        let (partial, malformed) = (self.partial, self.malformed);
        for tally in self.tallies.drain(..) {
            tally.tell((false, partial, malformed), cx);
        }
    }

    fn held(&self) -> usize {
        let all = self.tallies.capacity().saturating_mul(size_of::<Tally>());
        self.tallies.iter().map(Tally::held).fold(all, usize::saturating_add)
    }
}

impl Exchange {
    fn add(&mut self, dir: Dir, message: &Message<'_>, len: usize, cx: &mut Context<'_>) {
        let is = |tally: &Tally| tally.dir == dir && tally.facility == message.facility;
        let mut at = self.tallies.iter().position(is);
        let due = |tally: &Tally| cx.ts.saturating_sub(tally.began.0) >= limits::INTERIM_EVERY;
        if let Some(old) = at.filter(|at| self.tallies.get(*at).is_some_and(due)) {
            self.tallies.swap_remove(old).tell((true, self.partial, false), cx);
            at = None;
        }
        if at.is_none() {
            // There are twenty-four facilities.
            self.tallies.push(Tally::begun(dir, message, cx));
            at = self.tallies.len().checked_sub(1);
        }
        if let Some(tally) = at.and_then(|at| self.tallies.get_mut(at)) {
            tally.add(message, len, &self.hasher, cx.ts);
        }
    }
}

/// What one end told of one facility.
struct Tally {
    facility: u8,
    format: Format,
    dir: Dir,
    began: (i64, u64),
    last: i64,
    bytes: i64,
    severities: [i64; 8],
    apps: Vec<String>,
    hosts: Vec<u64>,
    marks: Vec<&'static str>,
    signs: Signs,
    marked: i64,
}

impl Tally {
    fn begun(dir: Dir, message: &Message<'_>, cx: &Context<'_>) -> Tally {
        Tally {
            facility: message.facility,
            format: message.format,
            dir,
            began: (cx.ts, cx.offset),
            last: cx.ts,
            bytes: 0,
            severities: [0; 8],
            apps: Vec::new(),
            hosts: Vec::new(),
            marks: Vec::new(),
            signs: Signs::default(),
            marked: 0,
        }
    }

    fn add(&mut self, message: &Message<'_>, len: usize, hasher: &ahash::RandomState, ts: i64) {
        self.last = self.last.max(ts);
        self.bytes = self.bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        if let Some(count) = self.severities.get_mut(usize::from(message.severity)) {
            *count = count.saturating_add(1);
        }
        if let Some(app) = message
            .app
            .filter(|_| self.apps.len() < limits::SYSLOG_APPS)
            .and_then(product::known)
        {
            if !self.apps.contains(&app) {
                self.apps.push(app);
            }
        }
        if let Some(host) = message.host.map(|host| hasher.hash_one(host)) {
            if self.hosts.len() < limits::SYSLOG_HOSTS && !self.hosts.contains(&host) {
                self.hosts.push(host);
            }
        }
        let mut marked = false;
        marks::of(message.text, |mark| {
            marked = true;
            if !self.marks.contains(&mark) {
                self.marks.push(mark);
            }
        });
        let signs = exploits::of_field(message.text);
        self.signs.join(signs);
        let marked = marked || signs != Signs::default();
        self.marked = self.marked.saturating_add(i64::from(marked));
    }

    /// Bytes that it takes beside itself.
    fn held(&self) -> usize {
        let apps = self.apps.iter().map(String::capacity).fold(0, usize::saturating_add);
        let places = self.apps.capacity().saturating_mul(size_of::<String>());
        let hosts = self.hosts.capacity().saturating_mul(size_of::<u64>());
        apps.saturating_add(places).saturating_add(hosts)
    }

    fn tell(self, (interim, partial, malformed): (bool, bool, bool), cx: &mut Context<'_>) {
        let (ts, at) = self.began;
        let gravest = self.severities.iter().position(|count| *count > 0);
        let row = Syslog {
            proto: Some("udp"),
            facility: Some(message::facility(self.facility)),
            severity: gravest.map(message::severity),
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            messages: Some(self.severities.iter().fold(0i64, |sum, count| sum.saturating_add(*count))),
            bytes: Some(self.bytes),
            severities: self.severities.to_vec(),
            format: Some(match self.format {
                Format::Rfc5424 => "rfc5424",
                Format::Rfc3164 => "rfc3164",
                Format::Other => "other",
            }),
            apps: self.apps.iter().map(|app| Cow::Borrowed(app.as_str())).collect(),
            hosts: i64::try_from(self.hosts.len()).ok(),
            marks: self
                .marks
                .iter()
                .map(|mark| Cow::Borrowed(*mark))
                .chain(self.signs.marks())
                .collect(),
            marked: Some(self.marked),
            interim: Some(interim),
            partial: Some(partial),
            malformed: malformed.then_some("priority"),
            ..Syslog::default()
        };
        cx.emit(ts, self.dir, at, &row);
    }
}
