//! One segment of kept packets: a whole pcapng file, sealed by AES-256-GCM (NIST SP 800-38D).
//!
//! Head of 120 bytes, little endian, then the cipher text, then the tag of 16 bytes:
//!
//! ```text
//!   0 "asepsisP"   8 version: 1   10 id of the site's key, padded with zeros   24 salt   56 check of the key
//!  72 first   80 last   88 expires: nanoseconds since 1970   96 packets   104 packets lost before   112 plain bytes
//! ```
//!
//! Key, nonce and the check of the key come by HKDF-SHA-256 (RFC 5869) of the site's key, the salt, and a label that nothing else uses. The
//! salt is random, so each segment has a key of its own that seals once: no nonce can come twice. The whole head is associated data: whoever
//! changes a byte of it, or of the rest, makes a segment that is refused. The check tells another key from damage, and binds the cipher text
//! to one key, which GCM alone does not. Who overwrites the salt has made the packets unreadable for ever.

use std::fmt;
use std::io;
use std::ops::Range;

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;

pub const HEAD: usize = 120;
const TAG: usize = 16;
const MAGIC: &[u8; 8] = b"asepsisP";
const VERSION: u16 = 1;
const LABEL: &[u8] = b"asepsis kept packets v1 AES-256-GCM";
const ID: usize = 14;
const SALT: usize = 32;
const CHECK: usize = 16;

/// The key of the site, and its id (`k1`).
#[derive(Clone)]
pub struct SiteKey {
    secret: Vec<u8>,
    id: String,
}

impl SiteKey {
    pub fn new(secret: &[u8], id: &str) -> SiteKey {
        SiteKey {
            secret: secret.to_vec(),
            id: id.to_owned(),
        }
    }
}

/// What the head tells without the key; only [`open`] makes sure of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Times of the earliest and the latest packet, and when the segment is to be removed; nanoseconds since 1970.
    pub first: i64,
    pub last: i64,
    pub expires: i64,
    pub packets: u64,
    /// Packets that should have been kept before these and were not.
    pub lost: u64,
    /// Bytes of the pcapng file.
    pub plain: u64,
}

/// Why a segment is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    NoSegment,
    Newer(u16),
    Cut,
    OtherKey,
    Damaged,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NoSegment => f.write_str("no segment of kept packets"),
            Refused::Newer(version) => write!(f, "made by a newer asepsis (format {version}, this one knows {VERSION})"),
            Refused::Cut => f.write_str("cut short"),
            Refused::OtherKey => f.write_str("sealed under another key than this site's, or its head was changed"),
            Refused::Damaged => f.write_str("changed since it was sealed"),
        }
    }
}

/// Seals `segment`, which is room for the head and then the plain bytes; they are sealed in place, so that no second copy of them exists.
pub fn seal(segment: &mut Vec<u8>, facts: Facts, key: &SiteKey) -> io::Result<()> {
    let mut salt = [0; SALT];
    getrandom::fill(&mut salt).map_err(|error| io::Error::other(error.to_string()))?;
    let own = Own::of(key, &salt);
    let plain = segment.len().saturating_sub(HEAD);
    let head = head(
        &Facts {
            plain: plain as u64,
            ..facts
        },
        key,
        &salt,
        &own.check,
    );
    let (place, body) = segment.split_at_mut_checked(HEAD).ok_or(io::ErrorKind::InvalidInput)?;
    place.copy_from_slice(&head);
    let sealed = own.cipher.encrypt_inout_detached(&own.nonce, &head, body.into());
    let tag = sealed.map_err(|_| io::Error::other("a segment is too long to be sealed"))?;
    segment.extend(tag);
    Ok(())
}

/// Opens a sealed segment in place; where its plain bytes stand.
pub fn open(segment: &mut [u8], key: &SiteKey) -> Result<(Facts, Range<usize>), Refused> {
    let facts = facts(segment)?;
    let end = segment.len().checked_sub(TAG).filter(|end| *end >= HEAD).ok_or(Refused::Cut)?;
    if end.saturating_sub(HEAD) as u64 != facts.plain {
        return Err(Refused::Cut);
    }
    let (sealed, tag) = segment.split_at_mut_checked(end).ok_or(Refused::Cut)?;
    let (head, body) = sealed.split_at_mut_checked(HEAD).ok_or(Refused::Cut)?;
    let own = Own::of(key, head.get(24..24 + SALT).ok_or(Refused::Cut)?);
    if head.get(10..10 + ID) != Some(&padded(&key.id)) || head.get(56..56 + CHECK) != Some(&own.check) {
        return Err(Refused::OtherKey);
    }
    let tag = Tag::try_from(&*tag).map_err(|_| Refused::Cut)?;
    let opened = own.cipher.decrypt_inout_detached(&own.nonce, head, body.into(), &tag);
    opened.map_err(|_| Refused::Damaged)?;
    Ok((facts, HEAD..end))
}

/// What the head of a segment says.
pub fn facts(segment: &[u8]) -> Result<Facts, Refused> {
    let head = segment.get(..HEAD).ok_or(Refused::NoSegment)?;
    if !head.starts_with(MAGIC) {
        return Err(Refused::NoSegment);
    }
    let version = head.get(8..10).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes);
    if version != VERSION {
        return Err(Refused::Newer(version));
    }
    let eight = |at: usize| -> [u8; 8] { head.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default() };
    Ok(Facts {
        first: i64::from_le_bytes(eight(72)),
        last: i64::from_le_bytes(eight(80)),
        expires: i64::from_le_bytes(eight(88)),
        packets: u64::from_le_bytes(eight(96)),
        lost: u64::from_le_bytes(eight(104)),
        plain: u64::from_le_bytes(eight(112)),
    })
}

fn head(facts: &Facts, key: &SiteKey, salt: &[u8], check: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD);
    head.extend(MAGIC);
    head.extend(VERSION.to_le_bytes());
    head.extend(padded(&key.id));
    head.extend(salt);
    head.extend(check);
    for time in [facts.first, facts.last, facts.expires] {
        head.extend(time.to_le_bytes());
    }
    for count in [facts.packets, facts.lost, facts.plain] {
        head.extend(count.to_le_bytes());
    }
    head
}

fn padded(id: &str) -> [u8; ID] {
    let mut padded = [0; ID];
    for (to, from) in padded.iter_mut().zip(id.bytes()) {
        *to = from;
    }
    padded
}

/// What belongs to one segment alone.
struct Own {
    cipher: Aes256Gcm,
    nonce: Nonce<<Aes256Gcm as aes_gcm::AeadCore>::NonceSize>,
    check: [u8; CHECK],
}

impl Own {
    fn of(key: &SiteKey, salt: &[u8]) -> Own {
        let derived = Hkdf::<Sha256>::new(Some(salt), &key.secret);
        let mut secret = [0; 32];
        let mut nonce = [0; 12];
        let mut check = [0; CHECK];
        for (part, to) in [
            (b"key".as_slice(), secret.as_mut_slice()),
            (b"nonce", &mut nonce),
            (b"check", &mut check),
        ] {
            // Fails only above 8,160 bytes (RFC 5869 section 2.3).
            let _ = derived.expand_multi_info(&[LABEL, b" ", part], to);
        }
        Own {
            cipher: Aes256Gcm::new(&secret.into()),
            nonce: nonce.into(),
            check,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts {
        first: 1,
        last: 2,
        expires: 3,
        packets: 4,
        lost: 5,
        plain: 11,
    };

    fn key() -> SiteKey {
        SiteKey::new(&[7; 32], "k1")
    }

    fn sealed() -> Vec<u8> {
        let mut segment = vec![0; HEAD];
        segment.extend(b"hello wards");
        seal(&mut segment, FACTS, &key()).unwrap();
        segment
    }

    #[test]
    fn what_is_sealed_opens_and_does_not_show() {
        let mut segment = sealed();
        assert!(!segment.windows(5).any(|five| five == b"hello" || five == b"wards"));
        let (facts, body) = open(&mut segment, &key()).unwrap();
        assert_eq!((facts, &segment[body]), (FACTS, b"hello wards".as_slice()));
    }

    #[test]
    fn a_changed_bit_anywhere_is_refused() {
        let good = sealed();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(open(&mut bad, &key()).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_cut_or_longer_one_is_refused() {
        let good = sealed();
        for len in 0..good.len() {
            assert!(open(&mut good[..len].to_vec(), &key()).is_err(), "{len} bytes");
        }
        assert_eq!(open(&mut [good.as_slice(), b"\0"].concat(), &key()), Err(Refused::Cut));
    }

    #[test]
    fn another_key_or_another_id_is_refused_and_said() {
        for other in [SiteKey::new(&[8; 32], "k1"), SiteKey::new(&[7; 32], "k2")] {
            assert_eq!(open(&mut sealed(), &other), Err(Refused::OtherKey));
        }
    }

    #[test]
    fn nothing_of_two_segments_is_the_same_key_or_nonce() {
        let (one, two) = (sealed(), sealed());
        assert_ne!(one[24..72], two[24..72]);
        assert_ne!(one[HEAD..], two[HEAD..]);
    }

    /// What other software would make of the description above: Python's `cryptography` 50 gave these bytes.
    #[test]
    fn the_keys_are_those_of_hkdf() {
        let own = Own::of(&key(), &[9; SALT]);
        let mut body = *b"hello wards";
        let tag = own
            .cipher
            .encrypt_inout_detached(&own.nonce, b"head", body.as_mut_slice().into())
            .unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            format!("{} {} {}", hex(&own.check), hex(&body), hex(&tag)),
            "c4f4f637c03bdce5ff78a5c29cbfabd8 f6e1eeabf32be5edcba733 2e157b83504bfe961b212c700ca61f44"
        );
    }
}
