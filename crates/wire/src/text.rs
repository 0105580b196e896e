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
    if bytes.len() <= limits::TEXT && is_plain(bytes) {
        std::str::from_utf8(bytes).ok()
    } else {
        None
    }
}

/// Whether [`clean`] would leave so few bytes as they are: printable ASCII without blanks at its ends.
pub fn is_plain(bytes: &[u8]) -> bool {
    let ends = bytes.first().zip(bytes.last()).is_some_and(|(a, b)| *a != b' ' && *b != b' ');
    ends && bytes.iter().fold(true, |all, b| all & (b' '..=b'~').contains(b))
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

/// Bytes of a machine word, looked at together where less than a [`BLOCK`] is expected.
const WORD: usize = 8;

/// A word with the highest bit of each byte set that is `byte`, the others zero.
fn marks(word: [u8; WORD], byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7f; WORD]);
    let different = u64::from_le_bytes(word) ^ u64::from_le_bytes([byte; WORD]);
    !((different & LOW).wrapping_add(LOW) | different | LOW)
}

/// Where the first of these marks is.
fn first_mark(marks: u64) -> usize {
    marks.trailing_zeros() as usize / WORD
}

/// Where the first control character of this kind is.
pub fn find_control(bytes: &[u8], kind: impl Fn(u8) -> bool) -> Option<usize> {
    const BLANKS: u64 = u64::from_le_bytes([b' '; WORD]);
    const HIGH: u64 = u64::from_le_bytes([0x80; WORD]);
    let (words, rest) = bytes.as_chunks::<WORD>();
    for (n, word) in words.iter().enumerate() {
        let bits = u64::from_le_bytes(*word);
        // Bytes below the blank borrow from those above: where there is one, the first is marked, and perhaps more than are.
        if bits.wrapping_sub(BLANKS) & !bits & HIGH != 0 {
            if let Some(at) = word.iter().position(|b| kind(*b)) {
                return Some(n.wrapping_mul(WORD).wrapping_add(at));
            }
        }
    }
    let at = rest.iter().position(|b| kind(*b))?;
    Some(at.wrapping_add(bytes.len()).wrapping_sub(rest.len()))
}

/// Where the first `byte` is; fast also where there are few bytes.
pub fn first(bytes: &[u8], byte: u8) -> Option<usize> {
    let Some(last) = bytes.last_chunk::<WORD>() else {
        return bytes.iter().position(|b| *b == byte);
    };
    let (words, _) = bytes.as_chunks::<WORD>();
    for (n, word) in words.iter().enumerate() {
        let marks = marks(*word, byte);
        if marks != 0 {
            return Some(n.wrapping_mul(WORD).wrapping_add(first_mark(marks)));
        }
    }
    // The last word overlaps those before it, where there is none.
    let marks = marks(*last, byte);
    (marks != 0).then(|| bytes.len().wrapping_sub(WORD).wrapping_add(first_mark(marks)))
}

/// Where the first `N` of this byte are, and how many of those there are.
pub fn places<const N: usize>(bytes: &[u8], byte: u8) -> ([u32; N], usize) {
    let mut places = [0; N];
    let mut free = places.iter_mut();
    let (words, rest) = bytes.as_chunks::<WORD>();
    let mut at = 0u32;
    'all: for word in words.iter().copied().chain(std::iter::once(padded(rest, !byte))) {
        let mut marks = marks(word, byte);
        while marks != 0 {
            let Some(place) = free.next() else { break 'all };
            *place = at.wrapping_add(first_mark(marks) as u32);
            marks &= marks.wrapping_sub(1);
        }
        at = at.wrapping_add(WORD as u32);
    }
    let found = N.saturating_sub(free.len());
    (places, found)
}

/// Less than a word, made one.
fn padded(bytes: &[u8], with: u8) -> [u8; WORD] {
    let mut word = [with; WORD];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    word
}

/// `bytes` cut at each `byte`.
pub fn pieces(bytes: &[u8], byte: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let all = rest?;
        let Some(end) = first(all, byte) else { return rest.take() };
        rest = all.get(end.saturating_add(1)..);
        all.get(..end)
    })
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

    #[test]
    fn finds_control_characters_among_all_others() {
        let ends = |b: u8| matches!(b, b'\r' | 0x1c);
        for near in 0..=255u8 {
            for at in 0..20 {
                let mut bytes = [b'a'; 20];
                bytes[at / 2] = near;
                assert_eq!(find_control(&bytes, ends), ends(near).then_some(at / 2));
                bytes[at] = b'\r';
                assert_eq!(find_control(&bytes, ends), bytes.iter().position(|b| ends(*b)));
            }
        }
    }

    #[test]
    fn cuts_as_the_standard_library_does() {
        for pattern in 0u32..1 << 11 {
            for byte in [b'|', 0, 0x80, 0xff] {
                let near = [byte ^ 1, byte ^ 0x80, !byte, byte.wrapping_add(1)];
                let bytes: Vec<u8> = (0..11)
                    .map(|n| if pattern >> n & 1 == 1 { byte } else { near[n % 4] })
                    .chain([byte ^ 0x40; 9])
                    .collect();
                for bytes in [&bytes[..], &bytes[..11], &bytes[..(pattern % 11) as usize]] {
                    let is: Vec<usize> = (0..bytes.len()).filter(|n| bytes[*n] == byte).collect();
                    assert_eq!(first(bytes, byte), is.first().copied());
                    let (at, found) = places::<4>(bytes, byte);
                    let at: Vec<usize> = at[..found].iter().map(|n| *n as usize).collect();
                    assert_eq!(at, is[..is.len().min(4)]);
                    assert!(pieces(bytes, byte).eq(bytes.split(|b| *b == byte)));
                }
            }
        }
    }
}
