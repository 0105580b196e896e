//! The first bytes of a connection. RFC 1006 section 6; MS-RDPBCGR 2.2.1.1 and 2.2.1.2.

use crate::protocols::{Dir, Probe};

/// What a cookie (`mstshash=`) and a routing token (`msts=`) begin with.
const COOKIE: &[u8] = b"Cookie: msts";

/// Bytes of a TPKT with an X.224 connection request or confirm that has no variable part.
pub const HEAD: usize = 11;

/// A TPKT with an X.224 connection request or confirm as RDP builds it: bare, with a cookie, or with a negotiation structure. Others over TPKT
/// (MMS, S7) send X.224 parameters in that place.
pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
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
        (Some(9..), cookie) => is_cookie(cookie),
        _ => Probe::Never,
    }
}

fn is_cookie(variable: &[u8]) -> Probe {
    let shown = variable.get(..COOKIE.len()).unwrap_or(variable);
    match COOKIE.get(..shown.len()) {
        Some(part) if !part.eq_ignore_ascii_case(shown) => Probe::Never,
        Some(part) if part.len() == COOKIE.len() => Probe::Certain,
        _ => Probe::Unsure,
    }
}
