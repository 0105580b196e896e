//! The head of a DICOM file: 128 bytes that may be anything, and a prefix (PS3.10 7.1).

use std::sync::LazyLock;

/// Bytes of it.
pub const LENGTH: usize = 132;

static MARKS: LazyLock<Vec<(&'static str, Vec<u8>)>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/marks_preambles.tsv")
        .lines()
        .filter(|line| !line.starts_with(';'));
    let row = |line: &'static str| {
        let (mark, hex) = line.split_once('\t')?;
        let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
        Some((mark, bytes?))
    };
    lines.filter_map(row).collect()
});

/// Whether a file that begins so is DICOM's.
pub fn is_dicom(head: &[u8]) -> bool {
    head.get(128..LENGTH) == Some(b"DICM")
}

/// The mark of a DICOM file that is something else too.
pub fn mark(head: &[u8]) -> Option<&'static str> {
    let found = MARKS.iter().find(|(_, begin)| head.starts_with(begin));
    found.map(|(mark, _)| *mark).filter(|_| is_dicom(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_two() {
        let file = |begin: &[u8]| {
            let mut head = vec![0; LENGTH];
            head[..begin.len()].copy_from_slice(begin);
            head[128..].copy_from_slice(b"DICM");
            head
        };
        for (begin, expected) in [
            (&b""[..], None),
            (b"II*\0", None),
            (b"MM\0*", None),
            (b"MZ\x90\0", Some("dicom-preamble-mz")),
            (b"\x7fELF", Some("dicom-preamble-elf")),
            (b"\xcf\xfa\xed\xfe", Some("dicom-preamble-macho")),
            (b"PK\x03\x04", Some("dicom-preamble-zip")),
            (b"#!/bin/sh", Some("dicom-preamble-script")),
            (b"%PDF-1.7", Some("dicom-preamble-pdf")),
        ] {
            assert_eq!(mark(&file(begin)), expected, "{begin:?}");
        }
        assert_eq!((mark(b"MZ"), is_dicom(&[0; LENGTH])), (None, false));
        assert_eq!(MARKS.len(), 10);
    }
}
