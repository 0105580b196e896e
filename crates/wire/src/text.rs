//! Text off the wire, made safe to keep: bounded, decoded, without control characters.

use std::borrow::Cow;

use crate::limits;

/// `bytes` as text: UTF-8, else Latin-1; trimmed of white space and NUL; control characters become spaces; at most [`limits::TEXT`] characters.
/// `None` if nothing is left.
pub fn clean(bytes: &[u8]) -> Option<Cow<'_, str>> {
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

/// Where the first byte of this kind is. Looks at 32 bytes at a time.
pub fn find(bytes: &[u8], kind: impl Fn(u8) -> bool) -> Option<usize> {
    let mut before = 0usize;
    for block in bytes.chunks(32) {
        if block.iter().fold(false, |any, b| any | kind(*b)) {
            return block.iter().position(|b| kind(*b)).map(|n| n.saturating_add(before));
        }
        before = before.saturating_add(block.len());
    }
    None
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
        assert_eq!(clean(&[b'x'; 5000]).map(|t| t.len()), Some(limits::TEXT));
    }
}
