//! Protocols over UDP with heads of their own.

use super::text;
use crate::protocols::Probe;

/// BVLC head with the datagram's length, then the NPDU's version. ASHRAE 135 annex J.2 and 6.2.
pub fn bacnet(_port: u16, payload: &[u8]) -> Probe {
    let Some((&[0x81, function, high, low], rest)) = payload.split_first_chunk() else {
        return Probe::Never;
    };
    let whole = usize::from(u16::from_be_bytes([high, low])) == payload.len();
    let good = match function {
        0x00 => payload.len() == 6,
        0x01..=0x03 | 0x05..=0x08 => payload.len() <= 1497,
        0x04 => rest.get(6) == Some(&1),
        0x09..=0x0b => rest.first() == Some(&1),
        _ => false,
    };
    certain(whole && good)
}

/// Code, the datagram's length, and attributes that fill it. RFC 2865 section 3, RFC 2866, RFC 5176.
pub fn radius(port: u16, payload: &[u8]) -> Probe {
    let Some((&[code, _, high, low], _)) = payload.split_first_chunk() else {
        return Probe::Never;
    };
    let whole = usize::from(u16::from_be_bytes([high, low])) == payload.len() && payload.len() <= 4096;
    let known = matches!(code, 1..=5 | 11..=13 | 40..=45);
    let Some(mut attributes) = payload.get(20..) else {
        return Probe::Never;
    };
    let expected = matches!(port, 1812 | 1813 | 1645 | 1646 | 3799);
    let some = expected || !attributes.is_empty();
    while let Some((&[kind, length], _)) = attributes.split_first_chunk() {
        match attributes.get(usize::from(length)..) {
            Some(rest) if length >= 2 && kind > 0 => attributes = rest,
            _ => return Probe::Never,
        }
    }
    certain(whole && known && some && attributes.is_empty())
}

/// Request and status lines. RFC 3261 section 7.
pub fn sip(_port: u16, payload: &[u8]) -> Probe {
    const LINES: &[&[u8]] = &[
        b"SIP/2.0 ",
        b"INVITE sip",
        b"REGISTER sip",
        b"OPTIONS sip",
        b"ACK sip",
        b"BYE sip",
        b"CANCEL sip",
        b"SUBSCRIBE sip",
        b"NOTIFY sip",
    ];
    certain(text::start(payload, LINES) == Probe::Certain)
}

fn certain(good: bool) -> Probe {
    if good {
        Probe::Certain
    } else {
        Probe::Never
    }
}
