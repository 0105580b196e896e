//! Character sets that messages declare, so that one identifier is one text however it was written.

use std::borrow::Cow;

use encoding_rs::{
    Encoding, EUC_KR, GB18030, GBK, ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16, ISO_8859_2, ISO_8859_3, ISO_8859_4,
    ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8, SHIFT_JIS, WINDOWS_1254, WINDOWS_874,
};

/// How the bytes of a message are text. What is not declared, is declared as ASCII, UTF-8 or Latin-1, or is not known here is UTF-8 where it is
/// valid as that, else Latin-1: systems that send UTF-8 often declare what they were installed with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charset {
    declared: Option<&'static Encoding>,
}

impl Charset {
    /// Specific Character Set (0008,0005): the first value stands until the text switches (ISO 2022). PS3.3 C.12.1.1.2.
    pub fn dicom(value: &[u8]) -> Charset {
        let first = value.split(|b| *b == b'\\').next().unwrap_or_default();
        let term = std::str::from_utf8(first).unwrap_or_default().trim_matches([' ', '\0']);
        let number = term.strip_prefix("ISO_IR ").or_else(|| term.strip_prefix("ISO 2022 IR "));
        let declared = match (number, term) {
            (Some(number), _) => repertoire(number),
            (None, "GB18030") => Some(GB18030),
            (None, "GBK") => Some(GBK),
            _ => None,
        };
        Charset { declared }
    }

    /// MSH-18, its first repetition: table 0211. HL7 v2.9 2.14.9.18.
    pub fn hl7(value: &[u8]) -> Charset {
        let term = std::str::from_utf8(value).unwrap_or_default().trim().to_ascii_uppercase();
        let part = term.strip_prefix("ISO").unwrap_or(&term).trim_start_matches([' ', '-', '_']);
        let declared = match part.strip_prefix("8859").and_then(|part| part.get(1..)) {
            Some(part) => latin(part),
            None if term.starts_with("GB 18030") || term == "GB18030" => Some(GB18030),
            None if term.starts_with("KS X 1001") => Some(EUC_KR),
            None => None,
        };
        Charset { declared }
    }

    /// `bytes` as text.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        if bytes.is_ascii() && !bytes.contains(&ESCAPE) {
            return undeclared(bytes);
        }
        if !bytes.contains(&ESCAPE) {
            return self.plain(bytes);
        }
        // PS3.5 6.1.2.5: an escape sequence says what the bytes above 127 are from there on.
        let mut parts = bytes.split(|b| *b == ESCAPE);
        let mut text = self.plain(parts.next().unwrap_or_default()).into_owned();
        for part in parts {
            match SWITCHES
                .iter()
                .find_map(|(sequence, to)| Some((part.strip_prefix(*sequence)?, *to)))
            {
                Some((rest, declared)) => text.push_str(&Charset { declared }.plain(rest)),
                None => {
                    text.push(char::from(ESCAPE));
                    text.push_str(&self.plain(part));
                }
            }
        }
        Cow::Owned(text)
    }

    fn plain<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        self.declared
            .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
            .unwrap_or_else(|| undeclared(bytes))
    }
}

const ESCAPE: u8 = 0x1b;

/// Escape sequences without their first byte, and what they switch to. PS3.3 Tables C.12-3 and C.12-4. Those of Japanese write their characters
/// with bytes below 128: an identifier in them stays as it was sent.
const SWITCHES: &[(&[u8], Option<&Encoding>)] = &[
    (b"(B", None),
    (b"-A", None),
    (b"-B", Some(ISO_8859_2)),
    (b"-C", Some(ISO_8859_3)),
    (b"-D", Some(ISO_8859_4)),
    (b"-L", Some(ISO_8859_5)),
    (b"-G", Some(ISO_8859_6)),
    (b"-F", Some(ISO_8859_7)),
    (b"-H", Some(ISO_8859_8)),
    (b"-M", Some(WINDOWS_1254)),
    (b"-b", Some(ISO_8859_15)),
    (b"-T", Some(WINDOWS_874)),
    (b")I", Some(SHIFT_JIS)),
    (b"$)C", Some(EUC_KR)),
    (b"$)A", Some(GBK)),
];

/// ISO registration numbers. PS3.3 Tables C.12-2 to C.12-4.
fn repertoire(number: &str) -> Option<&'static Encoding> {
    match number {
        "101" => Some(ISO_8859_2),
        "109" => Some(ISO_8859_3),
        "110" => Some(ISO_8859_4),
        "144" => Some(ISO_8859_5),
        "127" => Some(ISO_8859_6),
        "126" => Some(ISO_8859_7),
        "138" => Some(ISO_8859_8),
        // ISO 8859-9 but for bytes 128 to 159, which are no text there.
        "148" => Some(WINDOWS_1254),
        "203" => Some(ISO_8859_15),
        // JIS X 0201, which is what Shift_JIS is in single bytes.
        "13" => Some(SHIFT_JIS),
        // TIS 620, likewise.
        "166" => Some(WINDOWS_874),
        _ => None,
    }
}

/// Parts of ISO 8859.
fn latin(part: &str) -> Option<&'static Encoding> {
    match part {
        "2" => Some(ISO_8859_2),
        "3" => Some(ISO_8859_3),
        "4" => Some(ISO_8859_4),
        "5" => Some(ISO_8859_5),
        "6" => Some(ISO_8859_6),
        "7" => Some(ISO_8859_7),
        "8" => Some(ISO_8859_8),
        "9" => Some(WINDOWS_1254),
        "10" => Some(ISO_8859_10),
        "11" => Some(WINDOWS_874),
        "13" => Some(ISO_8859_13),
        "14" => Some(ISO_8859_14),
        "15" => Some(ISO_8859_15),
        "16" => Some(ISO_8859_16),
        _ => None,
    }
}

/// UTF-8, else Latin-1.
fn undeclared(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

/// UTF-16LE as text: the Unicode of Microsoft's protocols, without an end (MS-SMB2 2.2.13, MS-NLMP 2.2.2.1). A lone surrogate becomes U+FFFD, an odd last byte is left out.
pub fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes(pair.try_into().unwrap_or_default()));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_in_every_repertoire_of_dicom() {
        for (term, bytes, text) in [
            ("ISO_IR 100", &b"M\xfcller 1"[..], "M\u{fc}ller 1"),
            ("ISO_IR 101", b"\xa3\xf3d\xbc 1", "\u{141}\u{f3}d\u{17a} 1"),
            ("ISO_IR 109", b"\xa6", "\u{124}"),
            ("ISO_IR 110", b"\xa1", "\u{104}"),
            ("ISO_IR 144", b"\xc2\xb0-17", "\u{422}\u{410}-17"),
            ("ISO_IR 127", b"\xc7", "\u{627}"),
            ("ISO_IR 126", b"\xc4", "\u{394}"),
            ("ISO_IR 138", b"\xe0", "\u{5d0}"),
            ("ISO_IR 148", b"\xdd", "\u{130}"),
            ("ISO_IR 203", b"\xa4", "\u{20ac}"),
            ("ISO_IR 166", b"\xa1", "\u{e01}"),
            ("ISO_IR 13", b"\xd4\xcf", "\u{ff94}\u{ff8f}"),
            ("ISO_IR 192", "\u{422}\u{410}".as_bytes(), "\u{422}\u{410}"),
            ("GB18030", b"\xcd\xf5", "\u{738b}"),
            ("GBK", b"\xcd\xf5", "\u{738b}"),
            ("ISO 2022 IR 144", b"\xc2\xb0", "\u{422}\u{410}"),
            ("\\ISO 2022 IR 144", b"A-\x1b-L\xc2\xb0\x1b(B-1", "A-\u{422}\u{410}-1"),
            ("\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8", "\u{ae40}"),
            ("", b"M\xfcller", "M\u{fc}ller"),
            ("", "M\u{fc}ller".as_bytes(), "M\u{fc}ller"),
            ("ISO_IR 100", "M\u{fc}ller".as_bytes(), "M\u{fc}ller"),
            ("nonsense", b"MRN1", "MRN1"),
        ] {
            assert_eq!(Charset::dicom(term.as_bytes()).decode(bytes), text, "{term}");
        }
    }

    #[test]
    fn charsets_of_hl7() {
        for (term, bytes, text) in [
            ("8859/5", &b"\xc2\xb0"[..], "\u{422}\u{410}"),
            ("ISO 8859/5", b"\xc2\xb0", "\u{422}\u{410}"),
            ("ISO-8859-5", b"\xc2\xb0", "\u{422}\u{410}"),
            ("8859/15", b"\xa4", "\u{20ac}"),
            ("8859/1", b"\xfc", "\u{fc}"),
            ("UNICODE UTF-8", "\u{422}".as_bytes(), "\u{422}"),
            ("GB 18030-2000", b"\xcd\xf5", "\u{738b}"),
            ("ASCII", b"MRN1", "MRN1"),
            ("8859", b"MRN1", "MRN1"),
        ] {
            assert_eq!(Charset::hl7(term.as_bytes()).decode(bytes), text, "{term}");
        }
    }

    #[test]
    fn what_does_not_fit_its_declaration_is_still_told_apart() {
        let gb = Charset::dicom(b"GB18030");
        assert_ne!(gb.decode(b"\xffA"), gb.decode(b"\xfeA"));
        assert_eq!(Charset::default().decode(b"\x1b"), "\u{1b}");
    }
}
