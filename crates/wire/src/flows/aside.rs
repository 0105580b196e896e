//! What is set aside to be done some at a time: segments for a parser that looks at every byte of small messages, and the rows of a flood. Both
//! run twice as fast while their code is at hand, and so does what looks at the packets between them. The segments of a connection stay in
//! order, and so do rows.

use super::flow::Segment;
use super::opening::Opening;
use super::{Arrived, Flows};
use crate::context::{Ends, Output};
use crate::limits;
use crate::link::Link;
use crate::protocols::Dir;

/// A segment of a known connection.
struct Kept {
    /// The connection by place and generation.
    at: u32,
    generation: u32,
    dir: Dir,
    ends: Ends,
    /// Bare; its data end here in [`Aside::bytes`].
    segment: Segment<'static>,
    end: usize,
    ts: i64,
    ip_len: usize,
    link: Link,
}

#[derive(Default)]
pub struct Aside {
    kept: Vec<Kept>,
    /// Connections of one segment that have ended, and whether the input did before.
    ended: Vec<Opening>,
    cut_off: bool,
    /// The data of all, one after the other.
    bytes: Vec<u8>,
    /// They are being taken.
    pub is_taken: bool,
}

impl Flows {
    /// Sets a segment aside, of a connection whose parser takes them some at a time.
    pub(super) fn set_aside(&mut self, at: u32, dir: Dir, arrived: &Arrived<'_>, out: &mut Output) -> Option<()> {
        let generation = self.flow(at)?.generation;
        let Aside { kept, bytes, .. } = &mut self.aside;
        bytes.extend_from_slice(arrived.segment.data);
        kept.push(Kept {
            at,
            generation,
            dir,
            ends: arrived.ends,
            segment: arrived.segment.bare(),
            end: bytes.len(),
            ts: arrived.ts,
            ip_len: arrived.ip_len,
            link: *arrived.link,
        });
        if kept.len() >= limits::ASIDE {
            self.catch_up(out);
        }
        Some(())
    }

    /// Takes the segments that were set aside. To be called before their connections may end.
    pub fn catch_up(&mut self, out: &mut Output) {
        let Some(last) = self.aside.kept.last().map(|last| last.ts) else {
            return;
        };
        self.aside.is_taken = true;
        let Aside { kept, bytes, .. } = &mut self.aside;
        let (mut segments, mut bytes) = (std::mem::take(kept), std::mem::take(bytes));
        let mut from = 0;
        for kept in &segments {
            let data = bytes.get(from..kept.end).unwrap_or_default();
            from = kept.end;
            let arrived = Arrived {
                ends: kept.ends,
                segment: Segment { data, ..kept.segment },
                ts: kept.ts,
                ip_len: kept.ip_len,
                link: &kept.link,
            };
            let known = self.flow(kept.at).is_some_and(|flow| flow.generation == kept.generation);
            let found = if known { Some((kept.at, kept.dir)) } else { self.find(&kept.ends) };
            if self.segment(found, &arrived, out).is_none() {
                self.malformed += 1;
            }
        }
        segments.clear();
        bytes.clear();
        (self.aside.kept, self.aside.bytes) = (segments, bytes);
        self.aside.is_taken = false;
        self.keep_bound(last, out);
        out.write_messages();
    }

    /// Has the row of a connection written with those of others: in a flood one ends for each that comes.
    pub(super) fn end_later(&mut self, opening: Opening, cut_off: bool, out: &mut Output) {
        if self.aside.cut_off != cut_off {
            self.write_ended(out);
            self.aside.cut_off = cut_off;
        }
        self.aside.ended.push(opening);
        if self.aside.ended.len() >= limits::ENDED {
            self.write_ended(out);
        }
    }

    pub(super) fn write_ended(&mut self, out: &mut Output) {
        for alike in self.aside.ended.chunk_by(Opening::is_like) {
            Opening::finish(alike, self.aside.cut_off, out);
        }
        self.aside.ended.clear();
    }
}
