//! Is this DICOM? By what an association begins with, and for connections met half-way by the heads of P-DATA-TF. PS3.8 9.3.

use super::cursor::{be16, be32};
use super::pdu::{Head, A_ASSOCIATE_AC, A_ASSOCIATE_RQ, HEAD, PDV_HEAD, P_DATA_TF};
use crate::limits;
use crate::protocols::{Dir, Probe};
use crate::text;

/// Where the items of an A-ASSOCIATE-RQ or -AC begin. PS3.8 Table 9-11.
const ITEMS: usize = 74;

/// Where the called AE title ends: a head and sixteen characters are no coincidence.
const CALLED: usize = 26;

/// Bytes that a strong P-DATA-TF head may need: PDU head, PDV head, group length of a command set.
pub const STRONG: usize = 20;

/// CommandGroupLength, the first element of every command set: (0000,0000), four bytes. PS3.7 E.1.
const COMMAND_GROUP_LENGTH: [u8; 8] = [0, 0, 0, 0, 4, 0, 0, 0];

pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    let first = match bytes.first() {
        Some(&(A_ASSOCIATE_RQ | A_ASSOCIATE_AC)) => associate(bytes),
        Some(&P_DATA_TF) => data(bytes),
        Some(3 | 5..=7) => short(bytes),
        _ => Probe::Never,
    };
    match first {
        Probe::Never if find(bytes).is_some() => Probe::Certain,
        answer => answer,
    }
}

/// Type, reserved, plausible length, version, two AE titles, and the item that names the application context.
fn associate(bytes: &[u8]) -> Probe {
    let wrong = |at: usize, ok: fn(u8) -> bool| bytes.get(at).is_some_and(|&b| !ok(b));
    let zero = |b: u8| b == 0;
    let title = |b: u8| b == 0 || (0x20..0x7f).contains(&b);
    if wrong(1, zero) || wrong(2, zero) || wrong(3, |b| b < 0x10) || wrong(8, zero) || wrong(9, zero) {
        return Probe::Never;
    }
    if be32(bytes, 2).is_some_and(|length| length < 68) || be16(bytes, 6).is_some_and(|version| version & 1 == 0) {
        return Probe::Never;
    }
    if (10..42).any(|at| wrong(at, title)) || wrong(ITEMS, |b| b == 0x10) {
        return Probe::Never;
    }
    let Some(length) = be16(bytes, 76) else {
        return if bytes.len() >= CALLED { Probe::Likely } else { Probe::Unsure };
    };
    let end = usize::from(length).saturating_add(78);
    if !(1..=64).contains(&length) || be32(bytes, 2).is_some_and(|all| u64::from(all).saturating_add(6) < end as u64) {
        return Probe::Never;
    }
    let name = bytes.get(78..end.min(bytes.len())).unwrap_or_default();
    match name.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | 0)) {
        false => Probe::Never,
        true if bytes.len() < end => Probe::Likely,
        true => Probe::Certain,
    }
}

/// A PDU that holds ten bytes in all proves little, but what follows it would.
fn short(bytes: &[u8]) -> Probe {
    let head = bytes.iter().skip(1).zip([0, 0, 0, 0, 4]).all(|(b, want)| *b == want);
    if head && bytes.len() <= 10 {
        Probe::Unsure
    } else {
        Probe::Never
    }
}

fn data(bytes: &[u8]) -> Probe {
    if bytes.len() < HEAD + PDV_HEAD {
        let far = bytes.get(1).is_some_and(|&b| b != 0) || be32(bytes, 2).is_some_and(|n| !(6..=limits::DICOM_PDU).contains(&n));
        return if far { Probe::Never } else { Probe::Unsure };
    }
    match strong(bytes) {
        Some(true) => Probe::Certain,
        Some(false) => Probe::Never,
        None => Probe::Unsure,
    }
}

/// Whether a P-DATA-TF PDU surely begins here: either its one value fills it exactly (32 bits that agree, an odd context id and a control
/// header of two bits), or the value is a command that begins with its group length, or the next PDU begins where this one ends.
/// `None`: too few bytes to say.
pub fn strong(bytes: &[u8]) -> Option<bool> {
    let Some(head) = Head::read(bytes).filter(|h| h.kind == P_DATA_TF) else {
        return Some(false);
    };
    let (length, id, control) = (be32(bytes, HEAD)?, *bytes.get(10)?, *bytes.get(11)?);
    let fits = length >= 2 && length <= head.length.saturating_sub(4);
    if !fits || id & 1 == 0 || control > 3 {
        return Some(false);
    }
    if control & 1 == 1 && length >= 10 {
        let command = bytes.get(12..STRONG)?;
        if command == COMMAND_GROUP_LENGTH {
            return Some(true);
        }
    }
    if length == head.length.saturating_sub(4) {
        return Some(true);
    }
    let next = usize::try_from(head.length).unwrap_or(usize::MAX).saturating_add(HEAD);
    let after = bytes.get(next..next.saturating_add(HEAD))?;
    Some(Head::read(after).is_some())
}

/// Position of the first sure P-DATA-TF head.
pub fn find(bytes: &[u8]) -> Option<usize> {
    let mut from = 0usize;
    loop {
        let at = from.saturating_add(text::find(bytes.get(from..)?, |b| b == P_DATA_TF)?);
        if strong(bytes.get(at..)?) == Some(true) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}
