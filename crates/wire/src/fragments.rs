//! Puts IP fragments together again, bounded in number, size and time. RFC 791 section 3.2, RFC 8200 section 4.5.
//!
//! The first copy of a byte wins. Pieces of IPv6 must not overlap: the whole datagram is dropped then (RFC 5722 section 3).

use std::collections::{BTreeMap, VecDeque};

use ahash::RandomState;
use hashbrown::HashMap;

use crate::ip::{Datagram, Fragment};
use crate::limits;

/// Ends, protocol and number. The protocol of IPv6 is told by the first piece only, so that it does not count.
type Key = (u128, u128, Option<u8>, u32);

/// What a piece costs beside its bytes.
const COST: usize = 64;

#[derive(Default)]
struct Partial {
    number: u64,
    first_ts: i64,
    /// By offset; they do not overlap.
    pieces: BTreeMap<usize, Vec<u8>>,
    bytes: usize,
    /// Length of the whole payload, once the last fragment is there.
    total: Option<usize>,
    /// Protocol, once the first fragment is there.
    proto: Option<u8>,
    ip_bytes: usize,
    /// Its pieces overlapped: what still comes of it is dropped too.
    refused: bool,
}

#[derive(Default)]
pub struct Fragments {
    open: HashMap<Key, Partial, RandomState>,
    /// In the order in which they began; some may be over.
    order: VecDeque<(Key, u64)>,
    begun: u64,
    held: usize,
    /// Datagrams given up: too many at once, too old, overlapping, never whole, or impossible.
    pub given_up: u64,
    /// Pieces that disagreed with what was there.
    pub disagreements: u64,
}

/// A datagram put together.
pub struct Whole {
    pub proto: u8,
    pub payload: Vec<u8>,
    pub ip_len: usize,
}

impl Fragments {
    /// Takes a fragment; gives the whole payload when this was the last missing piece.
    pub fn add(&mut self, datagram: &Datagram<'_>, ts: i64) -> Option<Whole> {
        let fragment = datagram.fragment?;
        let proto = (!fragment.v6).then_some(datagram.proto);
        let key = (datagram.src, datagram.dst, proto, fragment.id);
        let end = fragment.offset.saturating_add(datagram.payload.len());
        if end > limits::FRAGMENT_BYTES || datagram.cut > 0 {
            self.given_up += u64::from(!self.open.contains_key(&key));
            self.give_up(&key);
            return None;
        }
        self.make_room(&key, datagram.payload.len(), ts);
        let partial = self.begun(key, ts);
        if partial.refused {
            return None;
        }
        let before = partial.cost();
        let overlap = partial.add(&fragment, datagram);
        let (after, refused, whole) = (partial.cost(), partial.refused, partial.whole());
        self.held = self.held.saturating_add(after).saturating_sub(before);
        self.given_up += u64::from(refused);
        self.disagreements += u64::from(overlap == Overlap::Differs);
        if whole.is_some() {
            self.remove(&key);
        }
        whole
    }

    /// The input is over: what is open will not become whole.
    pub fn finish(&mut self) {
        self.given_up += self.open.values().filter(|partial| !partial.refused).count() as u64;
        *self = Fragments {
            given_up: self.given_up,
            disagreements: self.disagreements,
            ..Fragments::default()
        };
    }

    /// The datagram of that key, begun if there is none.
    fn begun(&mut self, key: Key, ts: i64) -> &mut Partial {
        if !self.open.contains_key(&key) {
            self.begun += 1;
            self.order.push_back((key, self.begun));
        }
        let number = self.begun;
        self.open.entry(key).or_insert_with(|| Partial {
            number,
            first_ts: ts,
            ..Partial::default()
        })
    }

    /// Gives up what is too old, and the oldest where there is too much.
    fn make_room(&mut self, key: &Key, len: usize, ts: i64) {
        let old = |partial: &Partial| ts.saturating_sub(partial.first_ts) > limits::FRAGMENT_AGE;
        if let Some(partial) = self.open.get(key) {
            if old(partial) || partial.pieces.len() >= limits::FRAGMENT_PIECES {
                self.give_up(key);
            }
        }
        let full = limits::FRAGMENTED - usize::from(!self.open.contains_key(key));
        while let Some(&(oldest, number)) = self.order.front() {
            let partial = self.open.get(&oldest).filter(|partial| partial.number == number);
            match partial {
                Some(partial) if !old(partial) && self.open.len() <= full && self.held + len <= limits::FRAGMENT_HELD => break,
                Some(_) => self.give_up(&oldest),
                None => {}
            }
            self.order.pop_front();
        }
        if self.order.len() > 2 * limits::FRAGMENTED {
            let open = &self.open;
            self.order
                .retain(|(key, number)| open.get(key).is_some_and(|p| p.number == *number));
        }
    }

    fn give_up(&mut self, key: &Key) {
        let partial = self.remove(key);
        self.given_up += u64::from(partial.is_some_and(|partial| !partial.refused));
    }

    fn remove(&mut self, key: &Key) -> Option<Partial> {
        let partial = self.open.remove(key)?;
        self.held = self.held.saturating_sub(partial.cost());
        Some(partial)
    }
}

/// How a piece meets those that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overlap {
    None,
    /// It is one of them once more.
    Again,
    Agrees,
    Differs,
}

impl Partial {
    fn cost(&self) -> usize {
        self.bytes + self.pieces.len() * COST
    }

    fn add(&mut self, fragment: &Fragment, datagram: &Datagram<'_>) -> Overlap {
        self.ip_bytes += datagram.ip_len;
        let end = fragment.offset.saturating_add(datagram.payload.len());
        let other_end = !fragment.more && *self.total.get_or_insert(end) != end;
        if fragment.offset == 0 && self.proto.is_none() {
            self.proto = Some(datagram.proto);
        }
        let overlap = match self.insert(fragment.offset, datagram.payload) {
            _ if other_end => Overlap::Differs,
            overlap => overlap,
        };
        if fragment.v6 && matches!(overlap, Overlap::Agrees | Overlap::Differs) {
            self.refused = true;
            self.pieces.clear();
            self.bytes = 0;
        }
        overlap
    }

    /// Puts in what is not there yet.
    fn insert(&mut self, offset: usize, data: &[u8]) -> Overlap {
        let end = offset.saturating_add(data.len());
        let first = self.pieces.range(..=offset).next_back().map_or(offset, |(&start, _)| start);
        let (mut at, mut overlap, mut fresh) = (offset, Overlap::None, Vec::new());
        let part = |from: usize, to: usize| data.get(from.saturating_sub(offset)..to.saturating_sub(offset)).unwrap_or_default();
        for (&start, piece) in self.pieces.range(first..end) {
            let (from, to) = (start.max(at), start.saturating_add(piece.len()).min(end));
            if from >= to {
                continue;
            }
            let there = piece.get(from.saturating_sub(start)..to.saturating_sub(start)).unwrap_or_default();
            overlap = match overlap {
                _ if there != part(from, to) => Overlap::Differs,
                Overlap::Differs => Overlap::Differs,
                _ if start == offset && piece.len() == data.len() => Overlap::Again,
                _ => Overlap::Agrees,
            };
            if from > at {
                fresh.push((at, part(at, from).to_vec()));
            }
            at = to;
        }
        if at < end {
            fresh.push((at, part(at, end).to_vec()));
        }
        self.bytes += fresh.iter().map(|(_, piece)| piece.len()).sum::<usize>();
        self.pieces.extend(fresh);
        overlap
    }

    /// The payload, if every byte of it is there.
    fn whole(&self) -> Option<Whole> {
        let (total, proto) = (self.total.filter(|total| self.bytes >= *total)?, self.proto?);
        let mut reach = 0usize;
        for (&offset, piece) in self.pieces.iter().take_while(|(&offset, _)| offset < total) {
            if offset != reach {
                return None;
            }
            reach = reach.saturating_add(piece.len());
        }
        if reach < total {
            return None;
        }
        let mut payload = Vec::with_capacity(self.bytes);
        self.pieces.values().for_each(|piece| payload.extend_from_slice(piece));
        payload.truncate(total);
        Some(Whole {
            proto,
            payload,
            ip_len: self.ip_bytes,
        })
    }
}
