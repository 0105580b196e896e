//! The messages of a login, taken apart. PostgreSQL, Message Formats.

use crate::limits;
use crate::protocols::banner::text::start;
use crate::protocols::database::{sqlstate, text};
use crate::protocols::{Dir, Probe};

pub const SSL_REQUEST: [u8; 4] = [0x04, 0xd2, 0x16, 0x2f];
pub const GSS_REQUEST: [u8; 4] = [0x04, 0xd2, 0x16, 0x30];

/// Mechanisms of SASL that PostgreSQL has.
const MECHANISMS: &[&str] = &["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "OAUTHBEARER"];

/// StartupMessage of version 3, SSLRequest and GSSENCRequest. PostgreSQL, Message Formats.
pub fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Resp {
        return Probe::Never;
    }
    let Some((&[0, 0, high, low, a, b, c, d], rest)) = bytes.split_first_chunk() else {
        let zeros = bytes.get(..2.min(bytes.len())).unwrap_or_default();
        let fits = bytes.len() < 8 && zeros.iter().all(|byte| *byte == 0) && b"\0\x03\x04\xd2".contains(bytes.get(4).unwrap_or(&0));
        return if fits { Probe::Unsure } else { Probe::Never };
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match ([a, b, c, d], length) {
        (SSL_REQUEST | GSS_REQUEST, 8) => Probe::Certain,
        ([0, 3, 0, 0 | 2], 9..=1024) => start(rest, &[b"user\0", b"database\0", b"client_encoding\0", b"application_name\0"]),
        _ => Probe::Never,
    }
}

/// Who logs in. StartupMessage.
#[derive(Default)]
pub struct Startup<'a> {
    pub user: Option<&'a [u8]>,
    pub database: Option<&'a [u8]>,
    pub application: Option<&'a [u8]>,
    pub replication: bool,
}

/// `parameters`: what follows the version.
pub fn startup(mut parameters: &[u8]) -> Option<Startup<'_>> {
    let mut told = Startup::default();
    for _ in 0..limits::POSTGRESQL_PARAMETERS {
        let (name, rest) = text(parameters)?;
        if name.is_empty() {
            break;
        }
        let (value, rest) = text(rest)?;
        match name {
            b"user" => told.user = Some(value),
            b"database" => told.database = Some(value),
            b"application_name" => told.application = Some(value),
            b"replication" => told.replication = !matches!(value, b"false" | b"off" | b"no" | b"0"),
            _ => {}
        }
        parameters = rest;
    }
    Some(told)
}

/// What a server asks for, or says of it. AuthenticationOk and its like.
pub enum Asked {
    Nothing,
    Method(&'static str),
    /// The client chooses a mechanism.
    Sasl,
    More,
}

pub fn asked(body: &[u8]) -> Option<Asked> {
    Some(match u32::from_be_bytes(*body.first_chunk()?) {
        0 => Asked::Nothing,
        2 => Asked::Method("kerberos"),
        3 => Asked::Method("password"),
        // 4 asked for crypt(3), which is no more since 8.4.
        5 => Asked::Method("md5"),
        6 => Asked::Method("scm"),
        7 => Asked::Method("gss"),
        9 => Asked::Method("sspi"),
        10 => Asked::Sasl,
        8 | 11 | 12 => Asked::More,
        _ => Asked::Method("{}"),
    })
}

/// SASLInitialResponse.
pub fn mechanism(body: &[u8]) -> Option<&'static str> {
    let (name, _) = text(body)?;
    let known = MECHANISMS.iter().find(|known| known.as_bytes() == name);
    Some(known.copied().unwrap_or("{}"))
}

/// The code of an error. ErrorResponse, field C.
pub fn code(mut body: &[u8]) -> Option<String> {
    for _ in 0..limits::POSTGRESQL_PARAMETERS {
        let (kind, rest) = body.split_first()?;
        let (value, rest) = text(rest)?;
        if *kind == b'C' {
            return sqlstate(value);
        }
        body = rest;
    }
    None
}
