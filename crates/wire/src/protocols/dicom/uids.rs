//! Unique identifiers: what may stand in one, the SOP classes by name, and what a transfer syntax says about the data set's encoding.

use std::collections::HashMap;
use std::sync::LazyLock;

static SOP_CLASSES: LazyLock<HashMap<&'static str, &'static str, ahash::RandomState>> = LazyLock::new(|| {
    let rows = include_str!("../../../data/sop_classes.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t')).collect()
});

/// The name of a SOP class or meta SOP class. PS3.6 Annex A.
pub fn sop_class(uid: &str) -> Option<&'static str> {
    SOP_CLASSES.get(uid).copied()
}

/// A UID as PS3.5 chapter 9 has it: at most 64 digits and dots, padded with NUL. Anything else is not kept: it could be anybody's name.
pub fn uid(bytes: &[u8]) -> Option<&str> {
    let padding = bytes.iter().rev().take_while(|b| matches!(b, 0 | b' ')).count();
    let text = bytes.get(..bytes.len().saturating_sub(padding))?;
    let valid = (1..=64).contains(&text.len()) && text.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    if valid {
        std::str::from_utf8(text).ok()
    } else {
        None
    }
}

/// How a data set is encoded. PS3.5 Annex A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
    /// Explicit little endian within RFC 1951.
    Deflated,
    /// The negotiation was not seen.
    Unknown,
}

/// The encoding that a transfer syntax stands for; all that encapsulate pixel data are explicit little endian (PS3.5 A.4).
pub fn encoding(transfer_syntax: Option<&str>) -> Encoding {
    match transfer_syntax {
        None => Encoding::Unknown,
        Some("1.2.840.10008.1.2" | "1.2.840.113619.5.2") => Encoding::ImplicitLittle,
        Some("1.2.840.10008.1.2.2") => Encoding::ExplicitBig,
        Some("1.2.840.10008.1.2.1.99" | "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.205") => Encoding::Deflated,
        Some(_) => Encoding::ExplicitLittle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_encodings() {
        assert_eq!(sop_class("1.2.840.10008.5.1.4.1.1.2"), Some("CT Image Storage"));
        assert_eq!(sop_class("1.2.840.10008.1.1"), Some("Verification SOP Class"));
        assert_eq!(sop_class("1.2.3"), None);
        assert!(SOP_CLASSES.len() >= 300);
        assert_eq!(uid(b"1.2.840\0"), Some("1.2.840"));
        assert_eq!(uid(b"DOE^JOHN"), None);
        assert_eq!(uid(b""), None);
        assert_eq!(uid(&[b'1'; 65]), None);
        assert_eq!(encoding(Some("1.2.840.10008.1.2.4.80")), Encoding::ExplicitLittle);
    }
}
