//! Whether bytes are ASTM: a header record, in a frame or alone, or, picked up in the middle, a frame whose checksum holds.

use super::record::{head, TYPES};
use crate::protocols::hl7::segment::Head;
use crate::protocols::{Dir, Probe};
use crate::text;

/// Control characters of LIS01-A2 5 (ASCII).
pub const STX: u8 = 0x02;
pub const ETX: u8 = 0x03;
pub const EOT: u8 = 0x04;
pub const ENQ: u8 = 0x05;
pub const ACK: u8 = 0x06;
pub const NAK: u8 = 0x15;
pub const ETB: u8 = 0x17;

/// Enquiries and answers before the first frame; a receiver says nothing else.
fn is_signal(b: u8) -> bool {
    matches!(b, EOT | ENQ | ACK | NAK | b'\r' | b'\n')
}

/// Line ends that may stand before a message.
const LINE_ENDS: usize = 3;

pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    let begins = bytes.iter().position(|b| !is_signal(*b));
    let Some(rest) = begins.and_then(|n| bytes.get(n..)) else {
        // Line ends alone are no sign of it, but may stand before a header.
        return if bytes.len() > LINE_ENDS && bytes.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            Probe::Never
        } else {
            Probe::Unsure
        };
    };
    if rest.first() == Some(&STX) {
        return frame(rest);
    }
    // Without a frame only the first record is a sign.
    let signalled = begins.is_some_and(|n| bytes.iter().take(n).any(|b| !matches!(b, b'\r' | b'\n')));
    match header(rest) {
        Probe::Never if !signalled => midstream(bytes),
        other => other,
    }
}

/// A frame: its number, then a header, or any record if the checksum holds (LIS01-A2 6.3.1).
fn frame(bytes: &[u8]) -> Probe {
    let Some(number) = bytes.get(1) else { return Probe::Unsure };
    if !(b'0'..=b'7').contains(number) {
        return Probe::Never;
    }
    match header(bytes.get(2..).unwrap_or_default()) {
        Probe::Never => whole(bytes),
        other => other,
    }
}

fn header(record: &[u8]) -> Probe {
    match record.first() {
        None => Probe::Unsure,
        Some(b'H') => match head(record) {
            Head::Declares(_) => Probe::Certain,
            Head::Short => Probe::Unsure,
            Head::Wrong => Probe::Never,
        },
        Some(_) => Probe::Never,
    }
}

/// A frame from its STX on, of any record.
fn whole(bytes: &[u8]) -> Probe {
    let text = bytes.get(2..).unwrap_or_default();
    match text
        .iter()
        .position(|b| matches!(*b, STX | ETX | EOT | ENQ | ACK | NAK | ETB | 0x00 | 0x01))
    {
        None => Probe::Unsure,
        Some(n) if matches!(text.get(n), Some(&(ETX | ETB))) => {
            let end = n.saturating_add(2);
            match bytes.get(end.saturating_add(1)..end.saturating_add(3)) {
                None => Probe::Unsure,
                Some(given) if checksum(bytes.get(1..=end).unwrap_or_default()) == hex(given) && n > 0 => Probe::Certain,
                Some(_) => Probe::Never,
            }
        }
        Some(_) => Probe::Never,
    }
}

/// In the middle of a frame: its end with the checksum of what was not seen, then what only this protocol says.
fn midstream(bytes: &[u8]) -> Probe {
    match find(bytes) {
        Some(_) => Probe::Certain,
        None => Probe::Never,
    }
}

/// The sum of the bytes from the frame number to ETB or ETX, modulo 256 (LIS01-A2 6.3.3.1).
pub fn checksum(bytes: &[u8]) -> Option<u8> {
    Some(bytes.iter().fold(0u8, |sum, b| sum.wrapping_add(*b)))
}

/// Two hexadecimal digits; the standard writes them in upper case, some instruments do not.
pub fn hex(bytes: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|t| t.len() == 2 && t.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

/// Position of the first frame of a header or with a checksum that holds, or of a header that begins a line.
pub fn find(bytes: &[u8]) -> Option<usize> {
    let mut from = 0usize;
    loop {
        let at = from.saturating_add(text::find(bytes.get(from..)?, |b| matches!(b, STX | b'\r' | b'\n'))?);
        let (first, line) = bytes.get(at..)?.split_first()?;
        if *first == STX {
            let record = line.get(1).is_some_and(|kind| TYPES.contains(kind));
            if record && frame(bytes.get(at..)?) == Probe::Certain {
                return Some(at);
            }
        } else if line.first() == Some(&b'H') && header(line) == Probe::Certain {
            return Some(at.saturating_add(1));
        }
        from = at.saturating_add(1);
    }
}
