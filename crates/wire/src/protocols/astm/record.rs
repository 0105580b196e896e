//! Records and their delimiters. LIS02-A2 (E1394-97) 6.4: a header declares field, repeat, component and escape delimiter, in this order,
//! which is another than that of HL7; all else about fields is as in HL7, which comes from it.

use crate::protocols::hl7::segment::{Delimiters, Head};

/// The default delimiters (E1394-97 6.4.6: `|\^&`).
pub const DEFAULT: Delimiters = Delimiters {
    field: b'|',
    component: b'^',
    repetition: b'\\',
    escape: b'&',
};

/// The types of records (LIS02-A2 6.6.1).
pub const TYPES: &[u8; 9] = b"HPORCQMSL";

/// Reads the delimiters that a header declares (LIS02-A2 7.1.2): four different ones, then the field delimiter again, or the end.
pub fn head(record: &[u8]) -> Head {
    let Some(declared) = record.get(1..5) else {
        let so_far = record.get(1..).unwrap_or_default();
        return if so_far.iter().all(u8::is_ascii_punctuation) {
            Head::Short
        } else {
            Head::Wrong
        };
    };
    let &[field, repetition, component, escape] = declared else {
        return Head::Wrong;
    };
    let distinct = declared
        .iter()
        .enumerate()
        .all(|(n, d)| !declared.iter().skip(n.saturating_add(1)).any(|e| e == d));
    if !distinct || !declared.iter().all(u8::is_ascii_punctuation) {
        return Head::Wrong;
    }
    match record.get(5) {
        None => Head::Short,
        Some(b) if *b == field || matches!(b, b'\r' | b'\n') => Head::Declares(Delimiters {
            field,
            component,
            repetition,
            escape,
        }),
        Some(_) => Head::Wrong,
    }
}

/// The same of a header that ends where its bytes do.
pub fn whole_head(record: &[u8]) -> Head {
    let mut ended = [b'\r'; 6];
    let begins = record.len().min(ended.len());
    if let (Some(to), Some(from)) = (ended.get_mut(..begins), record.get(..begins)) {
        to.copy_from_slice(from);
    }
    head(ended.get(..begins.saturating_add(1)).unwrap_or(&ended))
}

/// The type of a record that is cut by `field`: one of [`TYPES`], a delimiter or nothing behind it.
pub fn kind(record: &[u8], field: u8) -> Option<u8> {
    let kind = *record.first()?;
    (TYPES.contains(&kind) && record.get(1).is_none_or(|b| *b == field)).then_some(kind)
}

/// H-13, the version of the specification: a small number, or the name of a standard.
pub fn version(text: &str) -> bool {
    let number = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let rest = ["LIS", "E1394", "1394"].iter().find_map(|known| text.strip_prefix(known));
    let tail = |t: &str| t.len() <= 6 && t.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'A' | b'-' | b'.'));
    number || rest.is_some_and(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_may_end_where_its_bytes_do() {
        let header = b"H|\\^&|||Cobas^1.0\rP";
        for record in (0..header.len()).map(|n| &header[..n]).chain([&b"H||^&"[..], b"H|\\^&x"]) {
            assert_eq!(whole_head(record), head(&[record, b"\r"].concat()), "{record:?}");
        }
    }
}
