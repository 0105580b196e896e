//! Puts IP fragments together again (RFC 791 section 3.2, RFC 8200 section 4.5), bounded in number, size and time; the first copy of a byte wins.

use std::collections::BTreeMap;

use crate::limits;
use crate::link::Datagram;

type Key = (u128, u128, u8, u32);

struct Partial {
    first_ts: i64,
    pieces: BTreeMap<usize, Vec<u8>>,
    /// Length of the whole payload, once the last fragment is there.
    total: Option<usize>,
    ip_bytes: usize,
}

#[derive(Default)]
pub struct Fragments {
    open: BTreeMap<Key, Partial>,
    /// Datagrams given up: too many at once, too old, or impossible.
    pub given_up: u64,
}

/// A datagram put together.
pub struct Whole {
    pub payload: Vec<u8>,
    pub ip_len: usize,
}

impl Fragments {
    /// Takes a fragment; gives the whole payload when this was the last missing piece.
    pub fn add(&mut self, datagram: &Datagram<'_>, ts: i64) -> Option<Whole> {
        let fragment = datagram.fragment?;
        let key = (datagram.src, datagram.dst, datagram.proto, fragment.id);
        let end = fragment.offset.saturating_add(datagram.payload.len());
        if end > limits::FRAGMENT_BYTES || datagram.cut > 0 {
            self.given_up += 1;
            self.open.remove(&key);
            return None;
        }
        if self.open.len() >= limits::FRAGMENTED && !self.open.contains_key(&key) {
            self.make_room(ts);
        }
        let partial = self.open.entry(key).or_insert_with(|| Partial {
            first_ts: ts,
            pieces: BTreeMap::new(),
            total: None,
            ip_bytes: 0,
        });
        if ts.saturating_sub(partial.first_ts) > limits::FRAGMENT_AGE || partial.pieces.len() >= limits::FRAGMENT_PIECES {
            self.given_up += 1;
            *partial = Partial {
                first_ts: ts,
                pieces: BTreeMap::new(),
                total: None,
                ip_bytes: 0,
            };
        }
        partial.ip_bytes += datagram.ip_len;
        if !fragment.more {
            partial.total.get_or_insert(end);
        }
        partial.pieces.entry(fragment.offset).or_insert_with(|| datagram.payload.to_vec());
        let payload = whole(partial)?;
        let ip_len = partial.ip_bytes;
        self.open.remove(&key);
        Some(Whole { payload, ip_len })
    }

    fn make_room(&mut self, ts: i64) {
        let before = self.open.len();
        self.open.retain(|_, p| ts.saturating_sub(p.first_ts) <= limits::FRAGMENT_AGE);
        if self.open.len() == before {
            let oldest = self.open.iter().min_by_key(|(_, p)| p.first_ts).map(|(k, _)| *k);
            oldest.and_then(|k| self.open.remove(&k));
        }
        self.given_up += (before - self.open.len()) as u64;
    }
}

fn whole(partial: &Partial) -> Option<Vec<u8>> {
    let total = partial.total?;
    let mut payload = Vec::new();
    for (&offset, piece) in &partial.pieces {
        if offset > payload.len() {
            return None;
        }
        let fresh = payload.len() - offset;
        payload.extend_from_slice(piece.get(fresh..).unwrap_or_default());
    }
    if payload.len() < total {
        return None;
    }
    payload.truncate(total);
    Some(payload)
}
