//! Protocols over TCP that begin with binary heads.

use crate::protocols::{Dir, Probe};

/// Negotiation: IAC, WILL to DONT, an option. RFC 854, RFC 855; options: IANA Telnet Options.
pub fn telnet(_dir: Dir, bytes: &[u8]) -> Probe {
    const IAC: u8 = 255;
    match bytes {
        [] | [IAC] | [IAC, 251..=254] => Probe::Unsure,
        [IAC, 251..=254, 0..=49 | 138..=140, rest @ ..] => match rest.first() {
            None | Some(&IAC) => Probe::Certain,
            Some(byte) if byte.is_ascii_graphic() || byte.is_ascii_whitespace() => Probe::Certain,
            Some(_) => Probe::Never,
        },
        _ => Probe::Never,
    }
}

/// MODBUS Messaging on TCP/IP V1.0b 3.1.3 (head: transaction, protocol 0, length, unit) and Application Protocol V1.1b3 section 6: the
/// length must be what the function says.
pub fn modbus(_dir: Dir, bytes: &[u8]) -> Probe {
    let Some((&[_, _, 0, 0, high, low, _, function, first], rest)) = bytes.split_first_chunk::<9>() else {
        let zeros = bytes.get(2..4.min(bytes.len())).unwrap_or_default();
        return if bytes.len() < 9 && zeros.iter().all(|&b| b == 0) {
            Probe::Unsure
        } else {
            Probe::Never
        };
    };
    let length = u16::from_be_bytes([high, low]);
    let counted = u16::from(first).saturating_add(3);
    let writes = rest.get(3).map(|&count| u16::from(count).saturating_add(7));
    let good = match function {
        1..=4 => length == 6 || (length == counted && first > 0),
        5 | 6 => length == 6,
        15 | 16 => length == 6 || writes.is_none_or(|wanted| length == wanted),
        43 => first == 0x0e && (5..254).contains(&length),
        0x81..=0xab => length == 3 && (1..=11).contains(&first),
        _ => false,
    };
    if good {
        Probe::Certain
    } else {
        Probe::Never
    }
}
