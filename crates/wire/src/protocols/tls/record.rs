//! The record layer, and how a connection is known to be TLS. RFC 8446 5.1, RFC 5246 6.2, RFC 6101 5.2; SSLv2 hellos: RFC 5246 appendix E.2.

use super::cursor::Cursor;
use super::names;
use crate::protocols::{Dir, Probe, Step};

pub const HEAD: usize = 5;

/// 2^14 and what compression and encryption may add. RFC 5246 6.2.3.
const LONGEST: usize = (1 << 14) + 2048;

/// Enough of a record of unknown inside to say that nothing against TLS was found.
const ENOUGH: usize = 512;

pub const CHANGE_CIPHER_SPEC: u8 = 20;
pub const ALERT: u8 = 21;
pub const HANDSHAKE: u8 = 22;
pub const APPLICATION_DATA: u8 = 23;

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub kind: u8,
    pub version: u16,
    pub length: usize,
}

impl Head {
    /// `None` if `bytes` are no record head or fewer than [`HEAD`].
    pub fn parse(bytes: &[u8]) -> Option<Head> {
        let mut cursor = Cursor::new(bytes);
        let (kind, version, length) = (cursor.u8()?, cursor.u16()?, usize::from(cursor.u16()?));
        let known = matches!(kind, CHANGE_CIPHER_SPEC..=24) && (0x0300..=0x0304).contains(&version) && length <= LONGEST;
        known.then_some(Head { kind, version, length })
    }

    /// Bytes of the whole record.
    pub fn whole(&self) -> usize {
        self.length.saturating_add(HEAD)
    }
}

/// Whether bytes are TLS: a first hello, or a later record where the capture began in the middle.
pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    if sslv2_hello(bytes).is_some() {
        return Probe::Certain;
    }
    let Some(head) = Head::parse(bytes) else {
        return if could_be_head(bytes) || could_be_sslv2(bytes) {
            Probe::Unsure
        } else {
            Probe::Never
        };
    };
    let body = bytes.get(HEAD..).unwrap_or_default();
    match head.kind {
        CHANGE_CIPHER_SPEC => match (head.length, body.first()) {
            (1, None) => Probe::Unsure,
            (1, Some(1)) => Probe::Certain,
            _ => Probe::Never,
        },
        ALERT if head.length == 2 => match body {
            [] | [1 | 2] => Probe::Unsure,
            [1 | 2, description, ..] if names::alert(*description).is_some() => Probe::Certain,
            _ => later_record(&head, bytes),
        },
        HANDSHAKE => match handshake(body, head.length) {
            Probe::Never => later_record(&head, bytes),
            found => found,
        },
        _ => later_record(&head, bytes),
    }
}

/// A client's hello in SSLv2 form: the highest version it offers and its cipher suites (3 bytes each). RFC 5246 E.2.
pub fn sslv2_hello(bytes: &[u8]) -> Option<(u16, usize)> {
    let mut cursor = Cursor::new(bytes);
    let length = usize::from(cursor.u16()? & 0x7fff);
    let kind = cursor.u8()?;
    let version = cursor.u16()?;
    let (ciphers, id, challenge) = (usize::from(cursor.u16()?), usize::from(cursor.u16()?), usize::from(cursor.u16()?));
    let parts = ciphers.checked_add(id)?.checked_add(challenge)?.checked_add(9)?;
    let good = bytes.first()? & 0x80 != 0
        && kind == 1
        && matches!(version, 0x0002 | 0x0300..=0x0303)
        && ciphers > 0
        && ciphers.checked_rem(3) == Some(0)
        && matches!(id, 0 | 16)
        && (16..=32).contains(&challenge)
        && parts == length;
    good.then_some((version, ciphers.checked_div(3)?))
}

/// A server's hello in SSLv2 form: SESSION-ID-HIT, CERTIFICATE-TYPE, version 2. The SSL Protocol, Hickman 1995, 2.6.
pub fn is_sslv2_server(bytes: &[u8]) -> bool {
    matches!(bytes, [head, _, 4, 0 | 1, 0 | 1, 0, 2, ..] if head & 0x80 != 0)
}

fn could_be_head(bytes: &[u8]) -> bool {
    match bytes {
        [kind] => matches!(kind, 20..=24),
        [kind, major] => matches!(kind, 20..=24) && *major == 3,
        [kind, major, minor] | [kind, major, minor, _] => matches!(kind, 20..=24) && *major == 3 && *minor <= 4,
        _ => bytes.is_empty(),
    }
}

fn could_be_sslv2(bytes: &[u8]) -> bool {
    bytes.len() < 11
        && bytes.first().is_some_and(|head| head & 0x80 != 0)
        && bytes.get(2).is_none_or(|&kind| kind == 1)
        && bytes.get(3).is_none_or(|&major| major == 0 || major == 3)
        && bytes.get(4).is_none_or(|&minor| minor <= 3)
        && bytes.get(9).is_none_or(|&high| high == 0)
}

/// What the start of an unencrypted handshake message says.
fn handshake(body: &[u8], room: usize) -> Probe {
    let mut cursor = Cursor::new(body);
    let (Some(kind), Some(length)) = (cursor.u8(), cursor.u24()) else {
        return if matches!(body.first(), None | Some(0..=24)) {
            Probe::Unsure
        } else {
            Probe::Never
        };
    };
    let inside = length.saturating_add(4) <= room;
    match kind {
        1 | 2 if (38..1 << 16).contains(&length) => match cursor.take(2) {
            None => Probe::Unsure,
            Some([3, 0..=4]) => Probe::Certain,
            Some(_) => Probe::Never,
        },
        11 if length >= 3 => match cursor.u24() {
            None => Probe::Unsure,
            Some(list) if list.checked_add(3) == Some(length) => Probe::Certain,
            Some(_) => Probe::Never,
        },
        4 | 12 | 13 | 16 if inside && length > 0 => Probe::Certain,
        0 | 14 if length == 0 => Probe::Certain,
        _ => Probe::Never,
    }
}

/// A record whose inside says nothing (encrypted): the next record must follow it.
fn later_record(head: &Head, bytes: &[u8]) -> Probe {
    if head.length == 0 || head.version == 0x0304 {
        return Probe::Never;
    }
    match bytes.get(head.whole()..) {
        None if bytes.len() >= ENOUGH => Probe::Certain,
        None => Probe::Likely,
        Some([]) => Probe::Certain,
        Some(next) if next.len() < HEAD => {
            if could_be_head(next) {
                Probe::Unsure
            } else {
                Probe::Never
            }
        }
        Some(next) => {
            if Head::parse(next).is_some() {
                Probe::Certain
            } else {
                Probe::Never
            }
        }
    }
}

/// After a loss: what to do until a record head is in front; `None` if it is.
pub fn search(bytes: &[u8]) -> Option<Step> {
    let head = bytes
        .windows(HEAD)
        .position(|window| Head::parse(window).is_some_and(|head| head.length > 0));
    match head {
        Some(0) => None,
        Some(at) => Some(Step::Took(at)),
        None if bytes.len() < HEAD => Some(Step::Need(HEAD)),
        None => Some(Step::Took(bytes.len().saturating_sub(HEAD).saturating_add(1))),
    }
}

/// Position of the first record that another one follows: three bytes that say TLS stand in any encrypted stream, twice at the right distance
/// they do not.
pub fn find(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len().saturating_sub(HEAD)).find(|&at| {
        let Some(head) = bytes
            .get(at..)
            .and_then(Head::parse)
            .filter(|head| head.length > 0 && head.version != 0x0304)
        else {
            return false;
        };
        let next = bytes.get(at.saturating_add(head.whole())..);
        next.and_then(Head::parse).is_some_and(|next| next.version == head.version)
    })
}

/// The next whole handshake message; `None` if more bytes are needed, an error if there is no such message. RFC 8446 section 4.
pub fn next_message(bytes: &[u8]) -> Option<Result<(u8, &[u8]), ()>> {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.u8()?;
    if !matches!(kind, 0..=6 | 8 | 11..=16 | 20..=25 | 67 | 203 | 254) {
        return Some(Err(()));
    }
    cursor.vector24().map(|body| Ok((kind, body)))
}
