//! Packets that a mirror shows twice: on both ports that it watches, or on both sides of a router, where hop limit and frame are other ones.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

use crate::ip::Datagram;
use crate::limits;

/// Bytes of a payload that are compared. Of TCP its header, in which the checksum stands for what follows.
const HEAD: usize = 60;
/// More than packets, so that nearly each has a bucket of its own.
const BUCKETS: usize = 2 * limits::COPIES;
const LAST: u32 = limits::COPIES as u32;
const TCP: u8 = 6;
const TCP_HEAD: usize = 20;

/// A packet that came lately, by its hash, and the number of the one before it in the same bucket.
#[derive(Clone, Copy, Default)]
struct Seen {
    hash: u64,
    ts: i64,
    hops: u8,
    before: u32,
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

/// The last packets, each known as long as so many others have not come: whatever the hash is seeded with, the same capture gives the same
/// rows. It is seeded at random, so that nobody can make a packet that is taken for a copy of another.
pub struct Copies {
    seen: Box<[Seen; limits::COPIES]>,
    /// By hash, the number of the newest packet.
    newest: Box<[u32; BUCKETS]>,
    /// That of the newest of all.
    number: u32,
    hasher: RandomState,
}

impl Default for Copies {
    fn default() -> Copies {
        Copies {
            seen: Box::new([Seen::default(); limits::COPIES]),
            newest: Box::new([0; BUCKETS]),
            // So that number 0 is too old from the beginning.
            number: LAST,
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
        let Some(newest) = self.newest.get_mut(hash as usize % BUCKETS) else {
            return Copy::First;
        };
        let (mut number, mut behind) = (*newest, None);
        // Each is further behind than the one before: what a bucket holds from before numbers began anew leads nowhere.
        while self.number.wrapping_sub(number) < LAST && behind < Some(self.number.wrapping_sub(number)) {
            behind = Some(self.number.wrapping_sub(number));
            let Some(seen) = self.seen.get(number as usize % limits::COPIES) else {
                break;
            };
            if seen.hash == hash {
                if ts.abs_diff(seen.ts) > age.unsigned_abs() {
                    break;
                }
                return if seen.hops == hops { Copy::Again } else { Copy::Routed };
            }
            number = seen.before;
        }
        self.number = self.number.wrapping_add(1);
        if let Some(place) = self.seen.get_mut(self.number as usize % limits::COPIES) {
            let before = std::mem::replace(newest, self.number);
            *place = Seen { hash, ts, hops, before };
        }
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

    #[test]
    fn the_last_packets_are_known_whatever_the_hash_is_seeded_with() {
        let last = u16::try_from(limits::COPIES).unwrap();
        for _ in 0..8 {
            let mut copies = Copies::default();
            let mut of = |id: u16| copies.of(&datagram(id, 64, b"abc"), 1_000_000_000);
            for id in 1..=last {
                assert_eq!(of(id), Copy::First);
            }
            for id in 1..=last {
                assert_eq!(of(id), Copy::Again, "{id} of {last}");
            }
            assert_eq!(of(last + 1), Copy::First);
            assert_eq!(of(2), Copy::Again);
            assert_eq!(of(1), Copy::First, "so many others came since");
        }
    }

    #[test]
    fn numbers_begin_anew_after_the_last() {
        let mut copies = Copies {
            number: u32::MAX - 2,
            ..Copies::default()
        };
        let mut of = |id: u16| copies.of(&datagram(id, 64, b"abc"), 1_000_000_000);
        for id in 1..=6 {
            assert_eq!(of(id), Copy::First);
        }
        for id in 1..=6 {
            assert_eq!(of(id), Copy::Again);
        }
    }
}
