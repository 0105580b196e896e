//! Segments that are set aside and parsed some at a time: a parser that looks at every byte of small messages runs twice as fast while its
//! code is at hand, and so does what looks at the packets between them. The segments of a connection stay in order.

use super::flow::{Flow, Segment};
use super::{Arrived, Flows, Place};
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
    /// The data of all, one after the other.
    bytes: Vec<u8>,
}

impl Flows {
    /// Sets a segment aside whose parser reads everything in batches; false if it is not of such a connection.
    pub(super) fn is_set_aside(&mut self, at: u32, dir: Dir, arrived: &Arrived<'_>, out: &mut Output) -> bool {
        let flow = self.slab.get_mut(at as usize).and_then(Place::flow);
        let Some(flow) = flow.filter(|flow| flow.in_batches()) else {
            return false;
        };
        let Aside { kept, bytes } = &mut self.aside;
        bytes.extend_from_slice(arrived.segment.data);
        kept.push(Kept {
            at,
            generation: flow.generation,
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
        true
    }

    /// Takes the segments that were set aside, if there are any. To be called before anything ends connections.
    pub(super) fn catch_up(&mut self, out: &mut Output) -> bool {
        if self.aside.kept.is_empty() {
            return false;
        }
        let mut aside = std::mem::take(&mut self.aside);
        let mut from = 0;
        for kept in &aside.kept {
            let data = aside.bytes.get(from..kept.end).unwrap_or_default();
            from = kept.end;
            let arrived = Arrived {
                ends: kept.ends,
                segment: Segment { data, ..kept.segment },
                ts: kept.ts,
                ip_len: kept.ip_len,
                link: &kept.link,
            };
            let known = self.slab.get_mut(kept.at as usize).and_then(Place::flow);
            let known = known.is_some_and(|flow: &mut Flow| flow.generation == kept.generation);
            let found = if known { Some((kept.at, kept.dir)) } else { self.find(&kept.ends) };
            if self.segment(found, &arrived, out).is_none() {
                self.malformed += 1;
            }
        }
        aside.kept.clear();
        aside.bytes.clear();
        self.aside = aside;
        out.write_messages();
        true
    }
}
