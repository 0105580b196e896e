//! What a client calls itself to be given the same address again: most send a hardware address, some a text of people. RFC 2132 9.14, RFC 4361.

use std::fmt::Write as _;

use crate::context::Context;

/// Type of an identifier that holds an IAID and a DUID. RFC 4361 6.1.
const DUID: u8 = 255;

/// Bytes of an IAID. RFC 8415 section 12.
const IAID: usize = 4;

/// The type, and the identifier: in hexadecimal if it is one of hardware, else its pseudonym.
pub fn shown(value: &[u8], cx: &Context<'_>) -> Option<String> {
    let (&kind, id) = value.split_first()?;
    let hardware = match kind {
        DUID => id.get(IAID..).is_some_and(is_duid),
        _ => is_address(kind, id),
    };
    if !hardware {
        return cx.pseudonym(id).map(|pseudonym| format!("{kind}:{pseudonym}"));
    }
    let mut text = format!("{kind}:");
    for byte in id {
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

/// Whether this is an address of this hardware type (IANA, ARP Parameters, Hardware Types), and no text of the same length.
fn is_address(kind: u8, id: &[u8]) -> bool {
    const ETHERNET: u8 = 1;
    let fits = match kind {
        ETHERNET | 6 => id.len() == 6,    // Ethernet, IEEE 802
        7 => id.len() == 1,               // ARCNET
        24 | 27 => id.len() == 8,         // IEEE 1394, EUI-64
        32 => matches!(id.len(), 8 | 20), // InfiniBand
        _ => false,
    };
    fits && !is_text(id)
}

/// Whether this is a DUID built as one of RFC 8415 section 11 or RFC 6355, and no text.
fn is_duid(duid: &[u8]) -> bool {
    let Some((kind, rest)) = duid.split_first_chunk() else {
        return false;
    };
    let (hardware, skipped) = match u16::from_be_bytes(*kind) {
        1 => (rest.first_chunk(), 6), // hardware type, time, address
        3 => (rest.first_chunk(), 2), // hardware type, address
        2 => return (5..=36).contains(&rest.len()) && !rest.get(4..).is_some_and(is_text), // enterprise number, identifier
        4 => return rest.len() == 16 && !is_text(rest), // UUID
        _ => return false,
    };
    let kind = hardware.and_then(|h| u8::try_from(u16::from_be_bytes(*h)).ok());
    rest.get(skipped..)
        .zip(kind)
        .is_some_and(|(address, kind)| is_address(kind, address))
}

/// All of it could be typed: six bytes of a hardware address are so once in four hundred.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| (b' '..0x7f).contains(b) || *b == 0)
}
