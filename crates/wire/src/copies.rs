//! Packets that a mirror shows twice: on both ports that it watches, or on both sides of a router, where hop limit and frame are other ones.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

use crate::ip::Datagram;
use crate::limits;

/// Bytes of a payload that are compared. Of TCP its header, in which the checksum stands for what follows.
const HEAD: usize = 60;
const TCP: u8 = 6;
const TCP_HEAD: usize = 20;

/// A packet that came lately, by its hash.
#[derive(Clone, Copy, Default)]
struct Seen {
    hash: u64,
    ts: i64,
    hops: u8,
}

/// What a packet is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    First,
    /// The same packet on another port of the mirror.
    Again,
    /// The same packet before or behind a router.
    Routed,
}

pub struct Copies {
    seen: Box<[Seen; limits::COPIES]>,
    /// A byte of the hash of each: these lie so close together that they stay at hand, and tell of nearly every packet that it is no copy.
    tags: Box<[u8; limits::COPIES]>,
    hasher: RandomState,
}

impl Default for Copies {
    fn default() -> Copies {
        Copies {
            seen: Box::new([Seen::default(); limits::COPIES]),
            tags: Box::new([0; limits::COPIES]),
            hasher: RandomState::new(),
        }
    }
}

impl Copies {
    /// Whether the datagram came a moment ago. What a host sends again has another IP identification; where senders leave that at 0
    /// (RFC 6864 section 4.1) and in IPv6, only what comes at once is a copy.
    pub fn of(&mut self, datagram: &Datagram<'_>, ts: i64) -> Copy {
        let age = if datagram.id == 0 { limits::COPY_AT_ONCE } else { limits::COPY_AGE };
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u128(datagram.src);
        hasher.write_u128(datagram.dst);
        let offset = datagram.fragment.map_or(0, |fragment| fragment.offset) as u64 & 0xffff;
        let numbers = u64::from(datagram.id) << 24 | offset << 8 | u64::from(datagram.proto);
        hasher.write_u128(u128::from(numbers) << 64 | datagram.ip_len as u128);
        let head = if datagram.proto == TCP { TCP_HEAD } else { HEAD };
        hasher.write(datagram.payload.get(..head).unwrap_or(datagram.payload));
        self.look_up(hasher.finish(), ts, datagram.hops, age)
    }

    /// The same of an ARP packet: a broadcast is shown on each port of a mirror.
    pub fn of_arp(&mut self, bytes: &[u8], ts: i64) -> Copy {
        let hash = self.hasher.hash_one(bytes);
        self.look_up(hash, ts, 0, limits::COPY_AT_ONCE)
    }

    fn look_up(&mut self, hash: u64, ts: i64, hops: u8, age: i64) -> Copy {
        let place = hash as usize % limits::COPIES;
        let (Some(seen), Some(tag)) = (self.seen.get_mut(place), self.tags.get_mut(place)) else {
            return Copy::First;
        };
        let before = std::mem::replace(tag, (hash >> 56) as u8);
        if before == *tag && seen.hash == hash && ts.abs_diff(seen.ts) <= age.unsigned_abs() {
            return if seen.hops == hops { Copy::Again } else { Copy::Routed };
        }
        *seen = Seen { hash, ts, hops };
        Copy::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(id: u16, hops: u8, payload: &[u8]) -> Datagram<'_> {
        Datagram {
            src: 1,
            dst: 2,
            proto: 6,
            id,
            hops,
            ip_len: 20 + payload.len(),
            payload,
            cut: 0,
            fragment: None,
        }
    }

    #[test]
    fn a_copy_is_told_from_what_is_sent_again() {
        let mut copies = Copies::default();
        let mut of = |id, hops, payload: &[u8], ms: i64| copies.of(&datagram(id, hops, payload), 1_000_000_000 + ms * 1_000_000);
        assert_eq!(of(7, 64, b"abc", 0), Copy::First);
        assert_eq!(of(7, 64, b"abc", 1), Copy::Again);
        assert_eq!(of(7, 63, b"abc", 2), Copy::Routed);
        assert_eq!(of(8, 64, b"abc", 3), Copy::First);
        assert_eq!(of(7, 64, b"abd", 4), Copy::First);
        assert_eq!(of(7, 64, b"abc", 500), Copy::First);
        assert_eq!(of(0, 64, b"abc", 600), Copy::First);
        assert_eq!(of(0, 63, b"abc", 600), Copy::Routed);
        assert_eq!(of(0, 64, b"abc", 610), Copy::First);
    }
}
