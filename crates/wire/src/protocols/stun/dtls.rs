//! What a handshake of DTLS shows in clear: version, cipher suite and how media will be encrypted. RFC 6347, RFC 9147, RFC 5764.

use crate::bytes::be16;
use crate::limits;
use crate::protocols::tls::names;

const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;
const SERVER_HELLO: u8 = 2;
/// RFC 5764 4.1.1; RFC 8446 4.2.1.
const USE_SRTP: u16 = 14;
const SUPPORTED_VERSIONS: u16 = 43;

/// What the server chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub version: u16,
    pub cipher: u16,
    pub srtp: Option<u16>,
}

/// What one datagram of records shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub chosen: Option<Chosen>,
    /// Some record was sent under keys.
    pub protected: bool,
    /// Records of data.
    pub data: i64,
    pub malformed: bool,
}

/// RFC 7983 section 7: the first byte of records; of version 1.3 those under keys begin with 001 (RFC 9147 4).
pub fn is_record(first: u8) -> bool {
    matches!(first, 20..=63)
}

pub fn read(datagram: &[u8]) -> Seen {
    let (mut seen, mut rest) = (Seen::default(), datagram);
    for _ in 0..limits::DTLS_RECORDS {
        let Some(first) = rest.first() else { break };
        if matches!(first, 32..=63) {
            // Its length may be left out, and of what it is nothing shows.
            seen.protected = true;
            break;
        }
        let Some((kind, protected, body, after)) = record(rest) else {
            seen.malformed = true;
            break;
        };
        seen.protected |= protected;
        seen.data = seen.data.saturating_add(i64::from(kind == APPLICATION));
        if kind == HANDSHAKE && !protected {
            seen.chosen = seen.chosen.or_else(|| server_hello(body));
        }
        rest = after;
    }
    seen
}

/// Type, whether its epoch has keys, body, and what follows. RFC 6347 4.1.
fn record(rest: &[u8]) -> Option<(u8, bool, &[u8], &[u8])> {
    let (&[kind, 0xfe, 0xff | 0xfd, epoch_high, epoch_low, ..], _) = rest.split_first_chunk::<13>()? else {
        return None;
    };
    let length = usize::from(be16(rest, 11)?);
    let (body, after) = rest.get(13..)?.split_at_checked(length)?;
    Some((kind, [epoch_high, epoch_low] != [0, 0], body, after))
}

/// The choice in a hello that is not cut in pieces: type, length, number, place and length of the piece. RFC 6347 4.2.2.
fn server_hello(body: &[u8]) -> Option<Chosen> {
    let (&[kind, a, b, c, _, _, 0, 0, 0, d, e, f], hello) = body.split_first_chunk::<12>()? else {
        return None;
    };
    if kind != SERVER_HELLO || [a, b, c] != [d, e, f] {
        return None;
    }
    let session = usize::from(*hello.get(34)?);
    let behind = hello.get(35_usize.checked_add(session)?..)?;
    let mut chosen = Chosen {
        version: be16(hello, 0)?,
        cipher: be16(behind, 0)?,
        srtp: None,
    };
    let mut extensions = behind.get(5..).unwrap_or_default();
    while let Some((kind, value, after)) = extension(extensions) {
        match kind {
            // The length of the list, then the one profile that was chosen.
            USE_SRTP => chosen.srtp = be16(value, 2),
            SUPPORTED_VERSIONS => chosen.version = be16(value, 0).unwrap_or(chosen.version),
            _ => {}
        }
        extensions = after;
    }
    Some(chosen)
}

fn extension(rest: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (value, after) = rest.get(4..)?.split_at_checked(usize::from(be16(rest, 2)?))?;
    Some((be16(rest, 0)?, value, after))
}

impl Chosen {
    /// As Zeek writes it.
    pub fn version_name(&self) -> String {
        match self.version {
            0xfeff => "DTLSv10".to_owned(),
            0xfefd => "DTLSv12".to_owned(),
            0xfefc => "DTLSv13".to_owned(),
            other => format!("unknown-{other}"),
        }
    }

    pub fn cipher_name(&self) -> String {
        names::cipher(self.cipher).map_or_else(|| format!("unknown-{}", self.cipher), str::to_owned)
    }

    /// IANA, DTLS-SRTP Protection Profiles.
    pub fn srtp_name(&self) -> Option<String> {
        let number = self.srtp?;
        let name = match number {
            1 => "SRTP_AES128_CM_HMAC_SHA1_80",
            2 => "SRTP_AES128_CM_HMAC_SHA1_32",
            5 => "SRTP_NULL_HMAC_SHA1_80",
            6 => "SRTP_NULL_HMAC_SHA1_32",
            7 => "SRTP_AEAD_AES_128_GCM",
            8 => "SRTP_AEAD_AES_256_GCM",
            9 => "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM",
            10 => "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM",
            _ => return Some(format!("unknown-{number}")),
        };
        Some(name.to_owned())
    }

    /// Whether its profile hides what is said: two only sign it.
    pub fn encrypts(&self) -> Option<bool> {
        self.srtp.map(|number| !matches!(number, 5 | 6))
    }
}
