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

/// Two letters for ten bits.
static PAIRS: [[u8; 2]; 1024] = {
    let (mut pairs, mut n) = ([[0; 2]; 1024], 0);
    while n < 1024 {
        pairs[n] = [ALPHABET[n >> 5], ALPHABET[n & 31]];
        n += 1;
    }
    pairs
};

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
        text.push_str(std::str::from_utf8(&base32::<26>(&mac.finalize().into_bytes())).unwrap_or_default());
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

/// 128 bits of SHA-256 over the parts of an identity, one after the other, which must be told apart by their lengths or by what separates them:
/// the same packets have the same identity at every site, and nobody can make one event that hides another. Up to 55 bytes are one block.
#[inline]
pub fn identity<const N: usize>(parts: [&[u8]; N]) -> [u8; 16] {
    let (mut told, mut len) = ([0u8; 64], 0_usize);
    for part in parts {
        let end = len.saturating_add(part.len());
        let Some(room) = told.get_mut(len..end) else {
            return bits_of(parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize());
        };
        room.copy_from_slice(part);
        len = end;
    }
    bits_of(Sha256::digest(told.get(..len).unwrap_or_default()))
}

fn bits_of(hash: impl IntoIterator<Item = u8>) -> [u8; 16] {
    let mut bits = [0u8; 16];
    bits.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    bits
}

fn new_mac(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()))
}

/// The first characters, at most 26, of base 32 (RFC 4648 section 6) of `bytes`, which are zeros after their end.
pub fn base32<const CHARACTERS: usize>(bytes: &[u8]) -> [u8; CHARACTERS] {
    let mut bits = [0u8; 20];
    for (to, from) in bits.iter_mut().zip(bytes) {
        *to = *from;
    }
    let mut text = [b'a'; 32];
    for (five, eight) in bits.as_chunks::<5>().0.iter().zip(text.as_chunks_mut::<8>().0) {
        let [a, b, c, d, e] = *five;
        let value = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        for (n, to) in eight.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *to = PAIRS.get((value >> (30 - 10 * n)) as usize & 1023).copied().unwrap_or(*b"aa");
        }
    }
    text.first_chunk().copied().unwrap_or([b'a'; CHARACTERS])
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
    fn an_identity_is_the_hash_of_all_its_parts_however_long() {
        let long = [b'x'; 200];
        for parts in [
            [&b"a"[..], b"bc"],
            [b"", b""],
            [&long[..100], &long[..28]],
            [&long[..100], &long[..29]],
            [&long, b"y"],
        ] {
            assert_eq!(identity(parts), Sha256::digest(parts.concat()).as_slice()[..16]);
        }
    }

    #[test]
    fn base32_as_rfc_4648() {
        assert_eq!(&base32::<10>(b"foobar"), b"mzxw6ytboi");
        assert_eq!(&base32::<26>(b"and more than 128 bits"), b"mfxgiidnn5zgkidunbqw4ibrgi");
    }
}
