//! Pseudonyms, keyed by the site; and identities of events, the same everywhere.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::charset::Charset;
use crate::limits;

/// The key of a site's pseudonyms.
#[derive(Clone)]
pub struct Keys {
    id: String,
    patient: Hmac<Sha256>,
}

/// Lower-case base 32 without look-alikes of patient numbers: a random id never reads like `MRN000123`.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl Keys {
    /// `secret` is the site key, `id` the short name of its generation (`k1`).
    pub fn new(secret: &[u8], id: &str) -> Keys {
        Keys {
            id: id.to_owned(),
            patient: new_mac(secret),
        }
    }

    /// The pseudonym of a patient, study, accession or order id, or of a file name: `k1:` and 128 bits of HMAC-SHA-256 under the site key.
    ///
    /// The input is trimmed, brought to NFKC and upper-cased, so that DICOM PatientID, PID-3.1 and a FHIR identifier of one patient agree.
    /// `None` if nothing is left of it.
    pub fn pseudonym(&self, value: &str) -> Option<String> {
        let trimmed = value.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if trimmed.is_empty() {
            return None;
        }
        let mut mac = self.patient.clone();
        if trimmed.is_ascii() {
            for chunk in trimmed.as_bytes().chunks(64) {
                let mut upper = [0u8; 64];
                for (to, from) in upper.iter_mut().zip(chunk) {
                    *to = from.to_ascii_uppercase();
                }
                mac.update(upper.get(..chunk.len()).unwrap_or_default());
            }
        } else {
            let folded: String = trimmed.nfkc().flat_map(char::to_uppercase).take(limits::PSEUDONYM_INPUT).collect();
            mac.update(folded.as_bytes());
        }
        let mut text = String::with_capacity(self.id.len().saturating_add(27));
        text.push_str(&self.id);
        text.push(':');
        base32(&mac.finalize().into_bytes(), 26, &mut text);
        Some(text)
    }

    /// [`pseudonym`](Self::pseudonym) of bytes off the wire of which no character set is declared: UTF-8, else Latin-1.
    pub fn pseudonym_bytes(&self, value: &[u8]) -> Option<String> {
        self.pseudonym_in(Charset::default(), value)
    }

    /// [`pseudonym`](Self::pseudonym) of bytes that the message declares to be of `charset`.
    pub fn pseudonym_in(&self, charset: Charset, value: &[u8]) -> Option<String> {
        self.pseudonym(&charset.decode(value))
    }
}

/// 128 bits of SHA-256 over the parts of an identity: the same packets have the same identity at every site, and nobody can make one event
/// that hides another.
pub fn identity(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut bits = [0u8; 16];
    for (to, from) in bits.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    bits
}

fn new_mac(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()))
}

/// Appends `characters` of base 32 of `bytes`.
pub fn base32(bytes: &[u8], characters: usize, to: &mut String) {
    let mut bits: u32 = 0;
    let mut held: u32 = 0;
    let mut bytes = bytes.iter();
    for _ in 0..characters {
        if held < 5 {
            let Some(&byte) = bytes.next() else {
                to.push(digit(bits << (5 - held)));
                return;
            };
            bits = ((bits << 8) | u32::from(byte)) & 0x1fff;
            held += 8;
        }
        held -= 5;
        to.push(digit(bits >> held));
    }
}

fn digit(value: u32) -> char {
    char::from(ALPHABET.get((value & 31) as usize).copied().unwrap_or(b'a'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_patient_has_one_pseudonym() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", "k1");
        let one = keys.pseudonym("MRN000001").unwrap();
        assert!(one.starts_with("k1:") && one.len() == 29);
        assert_eq!(keys.pseudonym(" mrn000001\0").as_ref(), Some(&one));
        assert_eq!(keys.pseudonym("\u{ff2d}RN000001").as_ref(), Some(&one));
        assert_ne!(keys.pseudonym("MRN000002").as_ref(), Some(&one));
        assert_eq!(keys.pseudonym("  "), None);
        assert_ne!(Keys::new(b"another key", "k1").pseudonym("MRN000001").as_ref(), Some(&one));
    }

    #[test]
    fn an_id_is_one_in_every_character_set() {
        let keys = Keys::new(b"k", "k1");
        let one = keys.pseudonym("\u{422}\u{410}-17");
        assert_eq!(keys.pseudonym_in(Charset::dicom(b"ISO_IR 144"), b"\xc2\xb0-17"), one);
        assert_eq!(
            keys.pseudonym_in(Charset::dicom(b"ISO_IR 192"), "\u{422}\u{410}-17".as_bytes()),
            one
        );
        assert_eq!(keys.pseudonym_in(Charset::hl7(b"8859/5"), b"\xc2\xb0-17"), one);
        assert_ne!(keys.pseudonym_bytes(b"\xc2\xb0-17"), one);
        assert_eq!(keys.pseudonym_in(Charset::dicom(b"ISO_IR 144"), b"MRN1"), keys.pseudonym("MRN1"));
    }

    #[test]
    fn long_ascii_ids_do_not_lose_their_end() {
        let keys = Keys::new(b"k", "k1");
        let long = "A".repeat(64);
        assert_ne!(keys.pseudonym(&long), keys.pseudonym(&format!("{long}1")));
    }

    #[test]
    fn base32_as_rfc_4648() {
        let mut text = String::new();
        base32(b"foobar", 10, &mut text);
        assert_eq!(text, "mzxw6ytboi");
    }
}
