//! Packets that stand in two captures, because one is a copy of the other or both recorders saw them: given once.
//!
//! Only captures that stand at the same time, to the nanosecond, are compared. A capture that holds a packet twice itself keeps both.

use std::collections::VecDeque;

use ahash::RandomState;

use super::Packet;
use crate::limits;

/// A packet given while another capture stood at its time.
struct Given {
    ts: i64,
    link: u16,
    len: usize,
    hash: u64,
    /// Captures that have shown it. Each may show it once: what it shows again is another packet.
    by: Vec<usize>,
}

pub struct Twice {
    given: VecDeque<Given>,
    /// Seeded at random: nobody can make two packets that look the same.
    hasher: RandomState,
}

impl Twice {
    pub fn new() -> Twice {
        Twice {
            given: VecDeque::new(),
            hasher: RandomState::new(),
        }
    }

    /// Whether no packet is remembered.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Whether the packet that capture `by` shows was given already by another.
    pub fn was_given(&mut self, packet: &Packet<'_>, by: usize) -> bool {
        if self.is_empty() {
            return false;
        }
        // Time goes on: what was given before cannot come again.
        if self.given.back().is_some_and(|given| given.ts < packet.ts) {
            self.given.clear();
            return false;
        }
        let hash = self.hasher.hash_one(packet.data);
        let same = |given: &&mut Given| {
            given.hash == hash
                && (given.ts, given.link, given.len) == (packet.ts, packet.link, packet.data.len())
                && !given.by.contains(&by)
        };
        let known = self.given.iter_mut().find(same);
        known.map(|given| given.by.push(by)).is_some()
    }

    /// Remembers a packet that the captures `by` show.
    pub fn give(&mut self, packet: &Packet<'_>, by: Vec<usize>) {
        if self.given.len() >= limits::SAME_TIME {
            self.given.pop_front();
        }
        self.given.push_back(Given {
            ts: packet.ts,
            link: packet.link,
            len: packet.data.len(),
            hash: self.hasher.hash_one(packet.data),
            by,
        });
    }
}
