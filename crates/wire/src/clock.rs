//! What time it is, by the stamps of the packets.
//!
//! Silence ends connections, so one stamp that is a hundred years ahead would end them all. A packet more than an hour from the packet before
//! it waits: if those that follow stand apart from it as well, the clock was set or the night was quiet, and all keep their time; if the
//! next is in step again, only the stamp was wrong, and the packet is taken at the time at which it came.

use crate::capture::Packet;
use crate::limits;

/// A packet that waits until it is clear what its time is.
struct Kept {
    ts: i64,
    link: u16,
    data: Vec<u8>,
    wire_len: usize,
}

/// Packets in the order in which they came, each at its time.
pub struct Settled(Vec<Kept>);

impl Settled {
    pub fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        self.0.iter().map(|kept| Packet {
            ts: kept.ts,
            link: kept.link,
            data: &kept.data,
            wire_len: kept.wire_len,
        })
    }
}

#[derive(Default)]
pub struct Clock {
    /// Time of the last packet that was in step.
    now: Option<i64>,
    apart: Vec<Kept>,
    /// Packets whose stamp was wrong.
    pub wrong: u64,
    /// How often it was set back.
    pub steps: u64,
}

impl Clock {
    /// Whether a packet of this time is in step with the one before it.
    pub fn in_step(&self, ts: i64) -> bool {
        self.now.is_none_or(|now| now.abs_diff(ts) <= limits::CLOCK_STEP)
    }

    /// A packet in step came: those that waited had a wrong stamp.
    pub fn go_on(&mut self, ts: i64) -> Option<Settled> {
        let now = self.now.replace(ts).unwrap_or(ts);
        if self.apart.is_empty() {
            return None;
        }
        let mut wrong = std::mem::take(&mut self.apart);
        wrong.iter_mut().for_each(|kept| kept.ts = now);
        self.wrong += wrong.len() as u64;
        Some(Settled(wrong))
    }

    /// A packet that is not in step waits; if enough of them do, their time is the time.
    pub fn wait(&mut self, packet: &Packet<'_>) -> Option<Settled> {
        self.apart.push(Kept {
            ts: packet.ts,
            link: packet.link,
            data: packet.data.to_vec(),
            wire_len: packet.wire_len,
        });
        if self.apart.len() < limits::CLOCK_AGREE {
            return None;
        }
        let back = matches!((self.now, self.apart.first()), (Some(now), Some(first)) if first.ts < now);
        self.steps += u64::from(back);
        Some(self.settle())
    }

    /// What waits is right: it agrees, or nothing more comes that could say otherwise.
    pub fn settle(&mut self) -> Settled {
        let right = std::mem::take(&mut self.apart);
        self.now = right.last().map(|kept| kept.ts).or(self.now);
        Settled(right)
    }
}
