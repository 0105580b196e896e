//! Whether bytes are POCT1: a root element whose name is that of a message, `HEL.R01` say (POCT01-A2 B.6).

use crate::protocols::{Dir, Probe};
use crate::text;

/// Letters and numbers of such a name.
const NAME: usize = 7;

/// Blanks and block characters that may stand before a message.
const BLANKS: usize = 4;

/// Whether it is the name of a message: three letters, of a maker's own perhaps a digit among them, and the version `.R01`.
pub fn is_message(name: &[u8]) -> bool {
    name.len() == NAME && fits(name)
}

/// Whether it may become one.
fn fits(name: &[u8]) -> bool {
    name.iter().enumerate().all(|(n, b)| match n {
        0 => b.is_ascii_uppercase(),
        1 | 2 => b.is_ascii_uppercase() || b.is_ascii_digit(),
        3 => *b == b'.',
        4 => *b == b'R',
        _ => b.is_ascii_digit(),
    })
}

/// Whether bytes from a `<` on are the root element of a message.
fn root(bytes: &[u8]) -> Probe {
    let name = bytes.get(1..).unwrap_or_default();
    let end = name
        .iter()
        .take(NAME.saturating_add(1))
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
    match end {
        Some(end) if name.get(..end).is_some_and(is_message) => Probe::Certain,
        None if name.len() <= NAME && fits(name) => Probe::Unsure,
        _ => Probe::Never,
    }
}

pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    let begins = bytes.iter().position(|b| !b.is_ascii_whitespace() && !matches!(b, 0x0B | 0x1C));
    let Some(rest) = begins.and_then(|n| bytes.get(n..)) else {
        return if bytes.len() <= BLANKS { Probe::Unsure } else { Probe::Never };
    };
    let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    const DECLARATION: &[u8] = b"<?xml";
    // Forbidden, but what follows is still a message to the device that takes it.
    const DOCUMENT_TYPE: &[u8] = b"<!DOCTYPE";
    if rest.starts_with(DECLARATION) {
        let Some(end) = rest.iter().position(|b| *b == b'>') else {
            return Probe::Unsure;
        };
        let after = rest.get(end.saturating_add(1)..).unwrap_or_default().trim_ascii_start();
        return if after.is_empty() { Probe::Unsure } else { root(after) };
    }
    match rest.first() {
        Some(b'<') if DECLARATION.starts_with(rest) || DOCUMENT_TYPE.starts_with(rest) => Probe::Unsure,
        Some(b'<') if rest.starts_with(DOCUMENT_TYPE) && find(rest).is_none() => Probe::Unsure,
        Some(b'<') if root(rest) != Probe::Never => root(rest),
        _ => midstream(bytes),
    }
}

/// In the middle of a message: the next one says what it was.
fn midstream(bytes: &[u8]) -> Probe {
    match find(bytes) {
        Some(_) => Probe::Certain,
        None => Probe::Never,
    }
}

/// Position of the first root element of a message.
pub fn find(bytes: &[u8]) -> Option<usize> {
    let mut from = 0usize;
    loop {
        let at = from.saturating_add(text::find(bytes.get(from..)?, |b| b == b'<')?);
        if root(bytes.get(at..)?) == Probe::Certain {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}
