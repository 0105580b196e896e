//! What two ends said to each other, summed for each version.

use super::community;
use super::message::{self, Kind, Message, Version, OBJECT_IDENTIFIER, TIME_TICKS};
use super::Snmp;
use crate::context::Context;
use crate::hostname;
use crate::limits;
use crate::product;
use crate::protocols::banner::ber::OCTET_STRING;
use crate::protocols::{Conversation, Dir};

/// RFC 3418 2: what of the group `system` is read.
const SYS_DESCR: u8 = 1;
const SYS_OBJECT_ID: u8 = 2;
const SYS_UP_TIME: u8 = 3;
const SYS_NAME: u8 = 5;

#[derive(Default)]
pub struct Exchange {
    tallies: [Option<Box<Tally>>; 3],
    /// Under which communities are hashed to be counted: never the same twice, so that nothing of them is left.
    hasher: ahash::RandomState,
    partial: bool,
    malformed: bool,
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        let Some(message) = message::read(payload) else {
            self.malformed = true;
            return;
        };
        let Some(place) = self.tallies.get_mut(message.version as usize) else {
            return;
        };
        if let Some(old) = place.take_if(|tally| cx.ts.saturating_sub(tally.began.0) >= limits::INTERIM_EVERY) {
            old.tell(message.version, (true, self.partial, false), cx);
        }
        let tally = place.get_or_insert_with(|| Box::new(Tally::begun((cx.ts, dir, cx.offset))));
        tally.add(&message, &self.hasher, cx.ts);
    }

    fn cut(&mut self, _dir: Dir, _payload: &[u8], _cx: &mut Context<'_>) {
        self.partial = true;
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for (place, version) in self.tallies.iter_mut().zip([Version::V1, Version::V2c, Version::V3]) {
            if let Some(tally) = place.take() {
                tally.tell(version, (false, self.partial, self.malformed), cx);
            }
        }
    }
}

/// What was said in one version.
#[derive(Default)]
struct Tally {
    began: (i64, u64),
    dir: Option<Dir>,
    last: i64,
    marks: Vec<&'static str>,
    communities: Vec<u64>,
    gets: i64,
    bulks: i64,
    responses: i64,
    sets: i64,
    traps: i64,
    reports: i64,
    encrypted: i64,
    level: Option<u8>,
    enterprise: Option<u32>,
    about: About,
}

/// What the agent says of itself.
#[derive(Default)]
struct About {
    descr: Option<String>,
    object: Option<String>,
    name: Option<String>,
    up_since: Option<i64>,
}

impl Tally {
    fn begun((ts, dir, at): (i64, Dir, u64)) -> Tally {
        Tally {
            began: (ts, at),
            dir: Some(dir),
            ..Tally::default()
        }
    }

    fn add(&mut self, message: &Message<'_>, hasher: &ahash::RandomState, ts: i64) {
        self.last = self.last.max(ts);
        let count = match message.kind {
            Kind::Get => &mut self.gets,
            Kind::GetBulk => &mut self.bulks,
            Kind::Response => &mut self.responses,
            Kind::Set => &mut self.sets,
            Kind::Trap => &mut self.traps,
            Kind::Report => &mut self.reports,
            Kind::Encrypted => &mut self.encrypted,
            Kind::Other => return,
        };
        *count = count.saturating_add(1);
        if let Some(community) = message.community {
            self.community(community, hasher);
        }
        if message.version == Version::V3 {
            self.level = self.level.max(Some(message.flags & 3));
            self.enterprise = self.enterprise.or(message.engine.and_then(enterprise));
        }
        // An answer to a trap says what the trap said, of whoever sent it.
        if message.kind == Kind::Response && self.traps == 0 {
            message.system().for_each(|binding| self.about.read(binding, ts));
        }
    }

    fn community(&mut self, community: &[u8], hasher: &ahash::RandomState) {
        let hash = hasher.hash_one(community);
        if self.communities.contains(&hash) || self.communities.len() >= limits::SNMP_COMMUNITIES {
            return;
        }
        self.communities.push(hash);
        let new = community::mark(community).filter(|mark| !self.marks.contains(mark));
        self.marks.extend(new);
    }

    fn tell(self, version: Version, (interim, partial, malformed): (bool, bool, bool), cx: &mut Context<'_>) {
        let (ts, at) = self.began;
        let is_secured = version == Version::V3;
        let row = Snmp {
            version: Some(["1", "2c", "3"].get(version as usize).copied().unwrap_or_default()),
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            marks: self.marks.iter().map(|mark| (*mark).into()).collect(),
            communities: (!is_secured).then(|| i64::try_from(self.communities.len()).unwrap_or(i64::MAX)),
            get_requests: Some(self.gets),
            get_bulk_requests: Some(self.bulks),
            get_responses: Some(self.responses),
            set_requests: Some(self.sets),
            traps: Some(self.traps),
            reports: Some(self.reports),
            encrypted: Some(self.encrypted),
            security_level: self.level.map(level),
            engine_enterprise: self.enterprise.map(i64::from),
            sys_descr: self.about.descr.as_deref(),
            sys_object_id: self.about.object.as_deref(),
            sys_name: self.about.name.as_deref(),
            up_since: self.about.up_since,
            interim: Some(interim),
            partial: Some(partial),
            malformed: malformed.then_some("message"),
            ..Snmp::default()
        };
        cx.emit(ts, self.dir.unwrap_or(Dir::Orig), at, &row);
    }
}

impl About {
    fn read(&mut self, (number, tag, value): message::Binding<'_>, ts: i64) {
        match (number, tag) {
            (SYS_DESCR, OCTET_STRING) if self.descr.is_none() => self.descr = described(value),
            (SYS_OBJECT_ID, OBJECT_IDENTIFIER) if self.object.is_none() => self.object = dotted(value),
            (SYS_NAME, OCTET_STRING) if self.name.is_none() => self.name = named(value),
            (SYS_UP_TIME, TIME_TICKS) => self.up_since = since(value, ts),
            _ => {}
        }
    }
}

/// Products and versions of a description. Unix agents give what `uname -a` prints: the second word is the name of the host.
fn described(value: &[u8]) -> Option<String> {
    let mut words = value.splitn(3, |b| *b == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(system), Some(_), Some(rest))
            if system.iter().all(u8::is_ascii_alphanumeric) && rest.first().is_some_and(u8::is_ascii_digit) =>
        {
            product::class(&[system, b" ", rest].concat())
        }
        _ => product::class(value),
    }
}

/// A name that is built as a host's.
fn named(value: &[u8]) -> Option<String> {
    let name = hostname::valid(std::str::from_utf8(value).ok()?)?;
    hostname::host(name.as_bytes())
}

/// An object identifier as people write it. X.690 8.19.
fn dotted(value: &[u8]) -> Option<String> {
    let (first, rest) = value.split_first().filter(|_| value.len() <= limits::SNMP_OBJECT)?;
    let mut text = format!(
        "{}.{}",
        (first / 40).min(2),
        first.saturating_sub((first / 40).min(2).saturating_mul(40))
    );
    let mut number = 0u32;
    for byte in rest {
        number = number.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            text.push_str(&format!(".{number}"));
            number = 0;
        }
    }
    Some(text)
}

/// When an agent started that has run so many hundredths of a second; microseconds.
fn since(ticks: &[u8], ts: i64) -> Option<i64> {
    let ticks = ticks.get(..5.min(ticks.len()))?;
    let run = ticks
        .iter()
        .fold(0i64, |sum, byte| sum.saturating_mul(256).saturating_add(i64::from(*byte)));
    Some((ts / 1000).saturating_sub(run.saturating_mul(10_000)))
}

/// RFC 3411, SnmpEngineID: 5 to 32 bytes, the first four of which are the enterprise, without their highest bit.
fn enterprise(engine: &[u8]) -> Option<u32> {
    let (head, _) = engine.split_first_chunk::<4>().filter(|_| (5..=32).contains(&engine.len()))?;
    Some(u32::from_be_bytes(*head) & 0x7fff_ffff)
}

/// RFC 3412 6.4: what the two bits of a message say.
fn level(flags: u8) -> &'static str {
    match flags {
        0 => "noAuthNoPriv",
        1 => "authNoPriv",
        3 => "authPriv",
        _ => "other",
    }
}
