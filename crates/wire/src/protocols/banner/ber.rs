//! Protocols in ASN.1 Basic Encoding Rules (X.690). Nothing of a community string or a name is ever copied.

use super::text;
use crate::protocols::{Dir, Probe};

pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;

/// An element: its tag, its contents as far as they were shown, and what follows it.
pub struct Element<'a> {
    pub tag: u8,
    pub inside: &'a [u8],
    pub after: &'a [u8],
    pub length: usize,
}

pub fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&[tag, first], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(&n, rest)| (usize::from(n), rest))?,
        0x82 => rest
            .split_first_chunk()
            .map(|(n, rest)| (usize::from(u16::from_be_bytes(*n)), rest))?,
        0x83 => rest
            .split_first_chunk()
            .map(|(&[a, b, c], rest)| (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c), rest))?,
        // Active Directory writes all lengths in four bytes.
        0x84 => rest
            .split_first_chunk()
            .and_then(|(n, rest)| Some((usize::try_from(u32::from_be_bytes(*n)).ok()?, rest)))?,
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    Some(Element {
        tag,
        inside,
        after,
        length,
    })
}

/// The contents of an element with this tag that was shown whole, and what follows it.
pub fn whole(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let found = element(bytes)?;
    (found.tag == tag && found.inside.len() == found.length).then_some((found.inside, found.after))
}

/// LDAPMessage: a bind, search or StartTLS request, or the answer to a bind. RFC 4511 4.1.1, 4.2, 4.5, 4.14.
pub fn ldap(_dir: Dir, bytes: &[u8]) -> Probe {
    match is_ldap(bytes) {
        Some(true) => Probe::Certain,
        Some(false) => Probe::Never,
        None if bytes.len() < 64 && matches!(bytes, [] | [SEQUENCE] | [SEQUENCE, 5..=0x7f | 0x81..=0x84, ..]) => Probe::Unsure,
        None => Probe::Never,
    }
}

/// The same in a datagram: Active Directory's search for a domain controller. MS-ADTS 6.3.3.
pub fn cldap(_port: u16, payload: &[u8]) -> Probe {
    certain(is_ldap(payload) == Some(true))
}

/// `None` where too little was shown.
fn is_ldap(bytes: &[u8]) -> Option<bool> {
    let message = element(bytes)?;
    if message.tag != SEQUENCE {
        return Some(false);
    }
    let id = element(message.inside)?;
    if id.tag != INTEGER || !(1..=4).contains(&id.length) {
        return Some(false);
    }
    let operation = element(id.after)?;
    let fits = operation.length <= message.length;
    let first = element(operation.inside)?;
    let sense = match operation.tag {
        0x60 => first.tag == INTEGER && matches!(first.inside.first()?, 2 | 3) && element(first.after)?.tag == OCTET_STRING,
        0x61 | 0x65 => first.tag == ENUMERATED && first.length == 1 && element(first.after)?.tag == OCTET_STRING,
        0x63 => first.tag == OCTET_STRING && matches!(first.after.get(..3)?, [ENUMERATED, 1, 0..=3]),
        0x64 => first.tag == OCTET_STRING && element(first.after)?.tag == SEQUENCE,
        0x77 => match text::start(first.inside, &[b"1.3.6.1.4.1."]) {
            Probe::Unsure if first.tag == 0x80 => return None,
            found => first.tag == 0x80 && found == Probe::Certain,
        },
        _ => false,
    };
    Some(fits && sense)
}

/// Kerberos version 5: AS and TGS exchanges and KRB-ERROR. RFC 4120 5.4, 5.9.
pub fn kerberos(_port: u16, payload: &[u8]) -> Probe {
    certain(is_kerberos(payload))
}

/// Over TCP four bytes of length stand in front. RFC 4120 7.2.2.
pub fn kerberos_stream(_dir: Dir, bytes: &[u8]) -> Probe {
    const ENOUGH: usize = 32;
    match bytes.split_first_chunk::<4>() {
        None if bytes.first().is_none_or(|&high| high == 0) => Probe::Unsure,
        Some((&[0, 0..=15, _, _], message)) if message.len() < ENOUGH => match message.first() {
            None | Some(0x6a..=0x6d | 0x7e) => Probe::Unsure,
            _ => Probe::Never,
        },
        Some((&[0, 0..=15, _, _], message)) => certain(is_kerberos(message)),
        _ => Probe::Never,
    }
}

/// The application tag and the fields pvno and msg-type, which repeats the tag's number.
fn is_kerberos(message: &[u8]) -> bool {
    let Some(outer) = element(message).filter(|m| matches!(m.tag, 0x6a..=0x6d | 0x7e)) else {
        return false;
    };
    let Some(inner) = element(outer.inside).filter(|m| m.tag == SEQUENCE) else {
        return false;
    };
    let kind = outer.tag & 0x1f;
    match inner.inside.first_chunk::<10>() {
        Some(&[0xa0 | 0xa1, 3, INTEGER, 1, 5, 0xa1 | 0xa2, 3, INTEGER, 1, found]) => found == kind,
        _ => false,
    }
}

fn certain(good: bool) -> Probe {
    if good {
        Probe::Certain
    } else {
        Probe::Never
    }
}
