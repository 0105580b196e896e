//! What a file is, by its first bytes (`data/file_kinds.tsv`).

use std::sync::LazyLock;

use crate::limits;
use crate::protocols::dicom::preamble;

/// Bytes of a file that tell what it is: the head of a tar archive is known by its bytes 257 to 262.
pub const BEGIN: usize = 264;

struct Kind {
    name: &'static str,
    at: usize,
    /// Each byte, or none where any may stand.
    bytes: Vec<Option<u8>>,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let rows = include_str!("../../../data/file_kinds.tsv").lines();
    rows.filter(|row| !row.starts_with(';')).filter_map(read).collect()
});

fn read(row: &'static str) -> Option<Kind> {
    let mut cells = row.split('\t');
    let (name, at, hex) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?);
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let byte = |pair: Option<&str>| match pair? {
        "??" => Some(None),
        pair => u8::from_str_radix(pair, 16).ok().map(Some),
    };
    let bytes: Option<Vec<_>> = pairs.map(byte).collect();
    Some(Kind { name, at, bytes: bytes? })
}

impl Kind {
    fn begins(&self, head: &[u8]) -> bool {
        let Some(there) = head.get(self.at..) else { return false };
        let same = |(byte, wanted): (&u8, &Option<u8>)| wanted.is_none_or(|wanted| wanted == *byte);
        there.len() >= self.bytes.len() && there.iter().zip(&self.bytes).all(same)
    }
}

/// The media type of a file that begins so.
pub fn of(head: &[u8]) -> Option<&'static str> {
    if preamble::is_dicom(head) {
        return Some("application/dicom");
    }
    let known = KINDS.iter().find(|kind| kind.begins(head)).map(|kind| kind.name);
    known.or_else(|| text(head))
}

/// Whether it begins as data or as a program, by bytes at its very beginning: text does not, whatever it begins with.
pub fn is_binary(head: &[u8]) -> bool {
    let odd = |byte: &u8| !byte.is_ascii_graphic() && !byte.is_ascii_whitespace();
    let known = KINDS.iter().find(|kind| kind.at == 0 && kind.begins(head));
    known.is_some_and(|kind| kind.name == "application/pdf" || head.iter().take(limits::FILE_DOUBT).any(odd))
}

/// Whether it begins as a token does (RFC 6750 2.1, RFC 7515): one word of the letters of Base64 and what stands between its parts.
pub fn is_token(head: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    head.trim_ascii().iter().all(letter)
}

/// Text of which the kind shows behind blanks and in any case, or text without one.
fn text(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // The last character may be cut.
    let (Ok(text), whole) = (match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => (std::str::from_utf8(text.get(..error.valid_up_to()).unwrap_or_default()), false),
        found => (found, true),
    }) else {
        return None;
    };
    let trimmed = text.trim_ascii_start();
    let is = |begin: &str| trimmed.get(..begin.len()).is_some_and(|t| t.eq_ignore_ascii_case(begin));
    if text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace() && c != '\x1b') || text.is_empty() && !whole {
        return None;
    }
    match () {
        () if trimmed.is_empty() => None,
        () if is("<!doctype html") || is("<html") || is("<head") || is("<body") || is("<script") => Some("text/html"),
        () if is("<?xml") => Some("application/xml"),
        () => Some("text/plain"),
    }
}

/// What stands where a DICOM file has its preamble (PS3.10 7.1).
pub fn dicom_preamble(head: &[u8]) -> Option<&'static str> {
    if !preamble::is_dicom(head) {
        return None;
    }
    if let Some(mark) = preamble::mark(head) {
        return mark.strip_prefix("dicom-preamble-");
    }
    let before = head.get(..preamble::LENGTH.saturating_sub(4))?;
    Some(match before {
        _ if before.iter().all(|byte| *byte == 0) => "zero",
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => "tiff",
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_they_begin_with() {
        let mut tar = vec![b'x'; BEGIN];
        tar[257..262].copy_from_slice(b"ustar");
        tar[100] = 0;
        for (head, expected) in [
            (&b"MZ\x90\0\x03"[..], Some("application/x-dosexec")),
            (b"\x7fELF\x02", Some("application/x-executable")),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"PK\x03\x04\x14\0", Some("application/zip")),
            (b"#!/bin/sh\n", Some("text/x-shellscript")),
            (b"RIFF\0\0\0\0WEBPVP8", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVE", Some("audio/x-wav")),
            (b"\x89PNG\r\n\x1a\n", Some("image/png")),
            (&tar, Some("application/x-tar")),
            (b" \r\n<!DOCTYPE HTML>", Some("text/html")),
            (b"<?xml version=\"1.0\"?>", Some("application/xml")),
            (b"plain words", Some("text/plain")),
            ("gr\u{fc}n".as_bytes(), Some("text/plain")),
            (b"gr\xc3", Some("text/plain")),
            (b"\x01\x02\x03", None),
            (b"\xff\xfa", None),
            (b"", None),
        ] {
            assert_eq!(of(head), expected, "{head:?}");
        }
        assert!(is_binary(b"MZ\x90\0") && !is_binary(b"{\"a\":1}") && !is_binary(b"a=1&b=2"));
    }

    #[test]
    fn preambles_of_dicom_files() {
        let file = |begin: &[u8]| {
            let mut head = vec![0; 132];
            head[..begin.len()].copy_from_slice(begin);
            head[128..].copy_from_slice(b"DICM");
            head
        };
        for (begin, expected) in [
            (&b""[..], "zero"),
            (b"II*\0", "tiff"),
            (b"MZ", "mz"),
            (b"#!", "script"),
            (b"PK", "zip"),
            (b"zz", "other"),
        ] {
            assert_eq!(dicom_preamble(&file(begin)), Some(expected));
        }
        assert_eq!(dicom_preamble(b"MZ"), None);
        assert_eq!(of(&file(b"MZ")), Some("application/dicom"));
    }

    #[test]
    fn the_table_is_in_order() {
        let rows: Vec<_> = include_str!("../../../data/file_kinds.tsv")
            .lines()
            .filter(|l| !l.starts_with(';'))
            .collect();
        assert_eq!(KINDS.len(), rows.len());
        assert!(KINDS
            .iter()
            .all(|kind| kind.at + kind.bytes.len() <= BEGIN && kind.bytes.iter().any(Option::is_some)));
        assert!(rows.iter().all(|row| row.split('\t').count() == 4), "each has a source");
    }
}
