//! Text off the wire, made safe to keep: bounded, decoded, without control characters.

use std::borrow::Cow;

use crate::limits;

/// `bytes` as text: UTF-8, else Latin-1; trimmed of white space and NUL; control characters become spaces; at most [`limits::TEXT`] characters.
/// `None` if nothing is left.
pub fn clean(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = as_it_is(bytes) {
        return Some(Cow::Borrowed(text));
    }
    let bytes = bytes.get(..limits::TEXT.saturating_mul(4)).unwrap_or(bytes);
    let text: Cow<'_, str> = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => {
            String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default())
        }
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    };
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let plain = text.len() <= limits::TEXT && !text.chars().any(char::is_control) && text.trim_matches(blank).len() == text.len();
    if plain {
        return if text.is_empty() { None } else { Some(text) };
    }
    let kept: String = text
        .trim_matches(blank)
        .chars()
        .take(limits::TEXT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if kept.is_empty() {
        None
    } else {
        Some(Cow::Owned(kept))
    }
}

/// Nearly all text is ASCII that needs nothing done.
fn as_it_is(bytes: &[u8]) -> Option<&str> {
    let ends = bytes.first().zip(bytes.last()).is_some_and(|(a, b)| *a != b' ' && *b != b' ');
    let plain = ends && bytes.len() <= limits::TEXT && bytes.iter().fold(true, |all, b| all & (b' '..=b'~').contains(b));
    if plain {
        std::str::from_utf8(bytes).ok()
    } else {
        None
    }
}

/// Bytes looked at in one step: a register of the oldest processors that are served.
const BLOCK: usize = 16;

/// Where the first byte of this kind is.
pub fn find(bytes: &[u8], kind: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let some = |block: &[u8; BLOCK]| block.iter().fold(0u8, |any, b| any | u8::from(kind(*b))) != 0;
    let before = blocks.iter().position(some).unwrap_or(blocks.len());
    let from = before.saturating_mul(BLOCK);
    let block = blocks.get(before).map_or(rest, <[u8; BLOCK]>::as_slice);
    block.iter().position(|b| kind(*b)).map(|n| n.saturating_add(from))
}

/// How many of `bytes` are `byte`.
pub fn count(bytes: &[u8], byte: u8) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let of = |block: &[u8]| usize::from(block.iter().fold(0u8, |n, b| n.wrapping_add(u8::from(*b == byte))));
    blocks.iter().map(|block| of(block)).fold(of(rest), usize::saturating_add)
}

/// As [`find`], faster where it is mostly a few bytes away.
pub fn find_near(bytes: &[u8], kind: impl Fn(u8) -> bool) -> Option<usize> {
    let (near, far) = bytes.split_at(bytes.len().min(32));
    near.iter()
        .position(|b| kind(*b))
        .or_else(|| find(far, kind).map(|n| n.saturating_add(near.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_decodes_and_bounds() {
        assert_eq!(clean(b" CT01 \0").as_deref(), Some("CT01"));
        assert_eq!(clean(b"M\xfcller").as_deref(), Some("M\u{fc}ller"));
        assert_eq!(clean(b" \0 "), None);
        assert_eq!(clean(b"a\x1bb").as_deref(), Some("a b"));
        assert_eq!(clean(b"CT 01 x").as_deref(), Some("CT 01 x"));
        assert_eq!(clean(b"").as_deref(), None);
        assert_eq!(clean(&[b'x'; 5000]).map(|t| t.len()), Some(limits::TEXT));
    }

    #[test]
    fn finds_and_counts_wherever_the_byte_is() {
        for len in 0..70 {
            let mut bytes = vec![b'.'; len];
            assert_eq!((find(&bytes, |b| b == b'|'), count(&bytes, b'|')), (None, 0));
            for at in 0..len {
                bytes[at] = b'|';
                assert_eq!((find(&bytes, |b| b == b'|'), count(&bytes, b'|')), (Some(at), 1));
                bytes[len - 1] = b'|';
                assert_eq!(find(&bytes, |b| b == b'|'), Some(at));
                bytes.fill(b'.');
            }
        }
        assert_eq!(count(&[b'|'; 1000], b'|'), 1000);
    }
}
