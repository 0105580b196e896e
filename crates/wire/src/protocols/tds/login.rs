//! LOGIN7: who logs in, and how. MS-TDS 2.2.6.4.

use crate::charset::utf16;
use crate::limits;

/// Where the places and lengths of texts stand.
const HOST: usize = 36;
const USER: usize = 40;
const PASSWORD: usize = 44;
const APPLICATION: usize = 48;
const EXTENSION: usize = 56;
const LIBRARY: usize = 60;
const DATABASE: usize = 68;
const TOKEN: usize = 78;
/// Bytes in front of them all.
const FIXED: usize = 36;
/// OptionFlags2, fIntSecurity, and OptionFlags3, fExtension.
const INTEGRATED: u8 = 0x80;
const EXTENDED: u8 = 0x10;
/// MS-TDS 2.2.6.4, FeatureExt.
const FEDERATED: u8 = 2;
/// 1.2.840.113554.1.2.2, as DER has it. RFC 4121.
const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";

pub struct Login {
    pub version: Option<&'static str>,
    pub method: &'static str,
    pub user: String,
    pub password: String,
    pub database: String,
    pub host: String,
    pub application: String,
    pub library: String,
}

/// `None` if it is not built so.
pub fn read(message: &[u8]) -> Option<Login> {
    let plain = |at| Some(utf16(text(message, at)?));
    let password: Vec<u8> = text(message, PASSWORD)?.iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect();
    Some(Login {
        version: version(*message.get(7)?),
        method: method(message)?,
        user: plain(USER)?,
        password: utf16(&password),
        database: plain(DATABASE)?,
        host: plain(HOST)?,
        application: plain(APPLICATION)?,
        library: plain(LIBRARY)?,
    })
}

/// MS-TDS 2.2.6.4, TDSVersion, of which the highest byte tells it.
fn version(high: u8) -> Option<&'static str> {
    Some(match high {
        0x70 => "7.0",
        0x71 => "7.1",
        0x72 => "7.2",
        0x73 => "7.3",
        0x74 => "7.4",
        0x08 => "8.0",
        _ => return None,
    })
}

fn number(message: &[u8], at: usize) -> Option<usize> {
    let bytes = message.get(at..)?.first_chunk()?;
    Some(usize::from(u16::from_le_bytes(*bytes)))
}

/// A text, whose length is told in letters of two bytes.
fn text(message: &[u8], at: usize) -> Option<&[u8]> {
    let length = number(message, at.saturating_add(2))?.saturating_mul(2);
    part(message, number(message, at)?, length)
}

fn part(message: &[u8], from: usize, length: usize) -> Option<&[u8]> {
    match length {
        0 => Some(&[]),
        _ => message.get(from..from.saturating_add(length)),
    }
}

fn method(message: &[u8]) -> Option<&'static str> {
    let &[flags, _, extended] = message.get(25..28)? else {
        return None;
    };
    if flags & INTEGRATED != 0 {
        let token = part(message, number(message, TOKEN)?, number(message, TOKEN.saturating_add(2))?)?;
        return Some(mechanism(token));
    }
    let federated = extended & EXTENDED != 0 && is_federated(message);
    Some(if federated { "federated" } else { "password" })
}

/// How Windows proves who somebody is. MS-NLMP 2.2.1, RFC 4178 4.2.
pub fn mechanism(token: &[u8]) -> &'static str {
    let holds = |what: &[u8]| token.windows(what.len()).any(|part| part == what);
    if holds(b"NTLMSSP\0") {
        "ntlm"
    } else if holds(KERBEROS) {
        "kerberos"
    } else {
        "spnego"
    }
}

/// Whether one of the features asked for is a login that somebody else vouches for.
fn is_federated(message: &[u8]) -> bool {
    let first = || {
        let place = message.get(number(message, EXTENSION)?..)?.first_chunk()?;
        let at = usize::try_from(u32::from_le_bytes(*place)).ok()?;
        message.get(at..).filter(|_| at >= FIXED)
    };
    let mut rest = first().unwrap_or_default();
    for _ in 0..limits::TDS_OPTIONS {
        let Some((&[kind, a, b, c, d], data)) = rest.split_first_chunk() else {
            return false;
        };
        if kind == FEDERATED {
            return true;
        }
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        rest = data.get(length..).unwrap_or_default();
    }
    false
}
