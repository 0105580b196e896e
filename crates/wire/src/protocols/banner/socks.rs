//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929; "SOCKS: A protocol for TCP proxy across firewalls", Ying-Da Lee): a client names whom it wants to
//! reach, and once the proxy has agreed the connection speaks what those two speak. Names and passwords are passed over.

use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Probe, Session, Step};

/// Longest that a message is: user name and password of 255 bytes each, or in version 4a a name behind a user.
const LONGEST: usize = 600;

/// What the client says first: the methods of version 5, of which no byte is left over, or a whole request of version 4.
pub fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Resp {
        return Probe::Never;
    }
    match bytes {
        [5] | [4] | [4, 1 | 2] => Probe::Unsure,
        [5, count, methods @ ..] if (1..=9).contains(count) && methods.iter().all(|m| *m <= 9 || *m >= 0x80) => {
            match methods.len().cmp(&usize::from(*count)) {
                std::cmp::Ordering::Less => Probe::Unsure,
                std::cmp::Ordering::Equal => Probe::Certain,
                std::cmp::Ordering::Greater => Probe::Never,
            }
        }
        [4, 1 | 2, rest @ ..] => match version4(rest) {
            Some(Some(end)) if end == rest.len() => Probe::Certain,
            None => Probe::Unsure,
            Some(_) => Probe::Never,
        },
        _ => Probe::Never,
    }
}

/// Length of a request of version 4 behind its first two bytes: `None` if more must be seen, `Some(None)` if it is none.
fn version4(rest: &[u8]) -> Option<Option<usize>> {
    let address = rest.get(2..6)?;
    let user = rest.get(6..)?;
    let text = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_graphic);
    let Some(end) = user.iter().position(|b| *b == 0) else {
        return if user.len() < 256 && text(user) { None } else { Some(None) };
    };
    if !text(user.get(..end).unwrap_or_default()) {
        return Some(None);
    }
    let after = end.saturating_add(7);
    if !matches!(address, [0, 0, 0, last] if *last != 0) {
        return Some(Some(after));
    }
    let name = rest.get(after..)?;
    match name.iter().position(|b| *b == 0) {
        Some(end) if text(name.get(..end).unwrap_or_default()) => Some(Some(after.saturating_add(end).saturating_add(1))),
        None if name.len() < 256 => None,
        _ => Some(None),
    }
}

/// What comes next, from either side.
#[derive(Clone, Copy, Default)]
enum Next {
    #[default]
    Hello,
    /// Version 5: the proxy has chosen a method.
    Chosen(u8),
    /// The client has asked.
    Asked,
}

#[derive(Default)]
pub struct Socks {
    next: Next,
    version: u8,
}

impl Session for Socks {
    fn data(&mut self, dir: Dir, bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        let step = match dir {
            Dir::Orig => self.client(bytes),
            Dir::Resp => self.proxy(bytes),
        };
        match step {
            Some(Step::Took(n)) | Some(Step::Turn(n)) if n > bytes.len() => Step::Need(n),
            Some(step) => step,
            None if bytes.len() < LONGEST.min(limits::UPGRADE_UNIT) => Step::Need(bytes.len().saturating_add(1)),
            None => Step::Done,
        }
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}

impl Socks {
    fn client(&mut self, bytes: &[u8]) -> Option<Step> {
        self.version = if self.version == 0 { *bytes.first()? } else { self.version };
        let length = match (self.version, self.next) {
            (4, _) => {
                self.next = Next::Asked;
                version4(bytes.get(2..)?)?.map(|n| n.saturating_add(2))
            }
            (_, Next::Hello) => Some(usize::from(*bytes.get(1)?).saturating_add(2)),
            // RFC 1929: the version of that exchange is 1.
            (_, Next::Chosen(2)) if bytes.first() == Some(&1) => {
                let user = usize::from(*bytes.get(1)?).saturating_add(2);
                Some(usize::from(*bytes.get(user)?).saturating_add(user).saturating_add(1))
            }
            _ if bytes.first() == Some(&5) => {
                self.next = Next::Asked;
                addressed(bytes)?
            }
            _ => None,
        };
        Some(length.map_or(Step::Done, Step::Took))
    }

    fn proxy(&mut self, bytes: &[u8]) -> Option<Step> {
        Some(match (self.version, self.next) {
            (4, Next::Asked) => match *bytes.get(1)? {
                90 => Step::Turn(8),
                _ => Step::Done,
            },
            (_, Next::Hello) => {
                self.next = Next::Chosen(*bytes.get(1)?);
                Step::Took(2)
            }
            (_, Next::Chosen(_)) => Step::Took(2),
            (_, Next::Asked) if bytes.get(1)? == &0 => addressed(bytes)?.map_or(Step::Done, Step::Turn),
            (_, Next::Asked) => Step::Done,
        })
    }
}

/// Length of a message with an address: version, a code, a reserved byte, the address by its type, a port. RFC 1928 sections 4 and 6.
fn addressed(bytes: &[u8]) -> Option<Option<usize>> {
    let address = match *bytes.get(3)? {
        1 => 4,
        3 => usize::from(*bytes.get(4)?).saturating_add(1),
        4 => 16,
        _ => return Some(None),
    };
    Some(Some(address.saturating_add(6)))
}
