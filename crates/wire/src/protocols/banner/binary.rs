//! Protocols over TCP that begin with binary heads.

use super::text;
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

/// A TPKT (RFC 1006) with an X.224 connection request or confirm as RDP builds it: bare, with a cookie, or with a negotiation structure
/// (MS-RDPBCGR 2.2.1.1 and 2.2.1.2). Others over TPKT (MMS, S7) send X.224 parameters in that place.
pub fn rdp(_dir: Dir, bytes: &[u8]) -> Probe {
    const HEAD: usize = 11;
    let Some((head, variable)) = bytes.split_first_chunk::<HEAD>() else {
        let prefix = [3u8, 0];
        let common = bytes.len().min(prefix.len());
        return if bytes.get(..common) == prefix.get(..common) && bytes.get(5).is_none_or(|code| matches!(code, 0xd0 | 0xe0)) {
            Probe::Unsure
        } else {
            Probe::Never
        };
    };
    let &[3, 0, high, low, indicator, 0xd0 | 0xe0, _, _, _, _, 0] = head else {
        return Probe::Never;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let parts = length.checked_sub(HEAD);
    if usize::from(indicator).checked_add(5) != Some(length) {
        return Probe::Never;
    }
    match (parts, variable) {
        (Some(0), _) => Probe::Certain,
        (Some(8), [] | [1..=3] | [1..=3, _] | [1..=3, _, 8]) => Probe::Unsure,
        (Some(8), [1..=3, _, 8, 0, ..]) => Probe::Certain,
        (Some(9..), cookie) => text::start(cookie, &[b"Cookie: msts"]),
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
