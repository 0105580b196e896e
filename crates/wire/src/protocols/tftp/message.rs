//! One message, taken apart. RFC 1350 section 5, RFC 2347.

use crate::bytes::be16;
use crate::protocols::Probe;

/// Ports below are those of services, from which no transfer comes.
const EPHEMERAL: u16 = 1024;
/// Of a block without options. RFC 1350 section 2.
pub const BLOCK: usize = 512;
/// Longest request and longest refusal. RFC 2347 has 512 for the first.
const TEXT: usize = 512;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub blksize: Option<u32>,
    pub tsize: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    Request {
        write: bool,
        name: &'a [u8],
        mode: &'static str,
        options: Options,
    },
    Data {
        block: u16,
        len: usize,
    },
    Acknowledged(u16),
    Agreed(Options),
    Error(u16),
}

/// A request proves itself; of a transfer what can only be its beginning does.
pub fn probe(port: u16, payload: &[u8]) -> Probe {
    let begins = match read(payload) {
        Some(Message::Request { .. }) => true,
        _ if port < EPHEMERAL => false,
        Some(Message::Data { block: 1, len }) => len <= BLOCK,
        Some(Message::Acknowledged(0) | Message::Error(_)) => true,
        Some(Message::Agreed(options)) => options != Options::default(),
        _ => false,
    };
    if begins {
        Probe::Certain
    } else {
        Probe::Never
    }
}

pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    let rest = payload.get(2..)?;
    match be16(payload, 0)? {
        kind @ (1 | 2) => request(kind == 2, rest),
        3 => Some(Message::Data {
            block: be16(rest, 0)?,
            len: rest.len().checked_sub(2)?,
        }),
        4 => be16(rest, 0).filter(|_| rest.len() == 2).map(Message::Acknowledged),
        5 => {
            let text = rest.get(2..)?.strip_suffix(&[0]).filter(|text| text.len() <= TEXT)?;
            let code = be16(rest, 0).filter(|code| *code <= 8)?;
            text.iter().all(|byte| !byte.is_ascii_control()).then_some(Message::Error(code))
        }
        6 => {
            let texts = rest.strip_suffix(&[0]).filter(|texts| texts.len() <= TEXT)?;
            Some(Message::Agreed(options(texts.split(|byte| *byte == 0))?))
        }
        _ => None,
    }
}

/// A file's name, a mode, and options, each ended by NUL.
fn request(write: bool, rest: &[u8]) -> Option<Message<'_>> {
    const MODES: [&str; 3] = ["octet", "netascii", "mail"];
    let texts = rest.strip_suffix(&[0]).filter(|texts| texts.len() <= TEXT)?;
    let mut texts = texts.split(|byte| *byte == 0);
    let name = texts
        .next()
        .filter(|name| !name.is_empty() && !name.iter().any(u8::is_ascii_control))?;
    let mode = texts.next()?;
    let mode = MODES.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(mode))?;
    Some(Message::Request {
        write,
        name,
        mode,
        options: options(texts)?,
    })
}

/// Names and values in turn.
fn options<'a>(mut texts: impl Iterator<Item = &'a [u8]>) -> Option<Options> {
    let mut found = Options::default();
    while let Some(name) = texts.next() {
        let value = texts.next();
        if !name.iter().chain(value.into_iter().flatten()).all(u8::is_ascii_graphic) {
            return None;
        }
        let number = value.and_then(|value| std::str::from_utf8(value).ok()?.parse::<u64>().ok());
        if name.eq_ignore_ascii_case(b"blksize") {
            found.blksize = number
                .and_then(|number| u32::try_from(number).ok())
                .filter(|size| (8..=65_464).contains(size));
        } else if name.eq_ignore_ascii_case(b"tsize") {
            found.tsize = number;
        }
    }
    Some(found)
}

/// RFC 1350 section 5, RFC 2347.
pub fn error(code: u16) -> Option<&'static str> {
    const NAMES: [&str; 9] = [
        "undefined",
        "not_found",
        "access_violation",
        "disk_full",
        "illegal_operation",
        "unknown_transfer",
        "file_exists",
        "no_such_user",
        "options_refused",
    ];
    NAMES.get(usize::from(code)).copied()
}
