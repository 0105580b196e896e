//! Packets, and the agreement on encryption. MS-TDS 2.2.3, 2.2.6.5.

use crate::limits;
use crate::protocols::{Dir, Probe};

/// Bytes of the head of a packet. MS-TDS 2.2.3.1.
pub const HEAD: usize = 8;
/// Kinds of packets. MS-TDS 2.2.3.1.1.
pub const ANSWER: u8 = 4;
pub const LOGIN: u8 = 0x10;
pub const SSPI: u8 = 0x11;
pub const PRELOGIN: u8 = 0x12;

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const END: u8 = 0xff;

/// PRELOGIN: type 0x12 (its answer: 4), and a list of options that begins with the version's. MS-TDS 2.2.3.1 and 2.2.6.5.
pub fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let kind = if dir == Dir::Orig { PRELOGIN } else { ANSWER };
    match bytes {
        [first, 1, high, low, _, _, _, 0, 0, place, at, 0, 6, ..] => {
            let length = u16::from_be_bytes([*high, *low]);
            let listed = u16::from_be_bytes([*place, *at]);
            if *first == kind && (20..512).contains(&length) && listed < length {
                Probe::Certain
            } else {
                Probe::Never
            }
        }
        [first, ..] if *first != kind => Probe::Never,
        [_, status, ..] if *status != 1 => Probe::Never,
        _ if bytes.len() < 13 => Probe::Unsure,
        _ => Probe::Never,
    }
}

pub struct Packet<'a> {
    pub kind: u8,
    /// Whether it is the last of its message.
    pub last: bool,
    pub whole: usize,
    pub payload: &'a [u8],
}

/// The next packet; how many bytes it takes if they are not all there; nothing if it is none.
pub fn packet(bytes: &[u8]) -> Option<Result<Packet<'_>, usize>> {
    let Some(&[kind, status, high, low, ..]) = bytes.first_chunk::<HEAD>() else {
        return Some(Err(HEAD));
    };
    let whole = usize::from(u16::from_be_bytes([high, low]));
    if whole < HEAD {
        return None;
    }
    Some(match bytes.get(HEAD..whole) {
        Some(payload) => Ok(Packet {
            kind,
            last: status & 1 != 0,
            whole,
            payload,
        }),
        None => Err(whole),
    })
}

/// How long the record of TLS is that these bytes begin with. RFC 8446 5.1.
pub fn tls_record(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [0x14..=0x17, 3, 0..=4, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low])).saturating_add(5)),
        _ => None,
    }
}

/// What the server agrees to. MS-TDS 2.2.6.5.
#[derive(Default)]
pub struct Agreed {
    pub server: Option<String>,
    pub encryption: Option<&'static str>,
}

pub fn agreed(options: &[u8]) -> Agreed {
    let mut agreed = Agreed::default();
    let listed = options.chunks_exact(5).take(limits::TDS_OPTIONS);
    for option in listed.take_while(|option| option.first() != Some(&END)) {
        let &[kind, high, low, ..] = option else { break };
        let value = options.get(usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
        match (kind, value) {
            (VERSION, &[major, minor, high, low, ..]) => {
                let build = u16::from_be_bytes([high, low]);
                agreed.server = Some(format!("Microsoft SQL Server {major}.{minor}.{build}"));
            }
            (ENCRYPTION, [level, ..]) => {
                agreed.encryption = Some(match level {
                    0 => "login",
                    1 | 3 => "tls",
                    _ => "none",
                });
            }
            _ => {}
        }
    }
    agreed
}
