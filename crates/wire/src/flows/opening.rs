//! A connection of which one segment without data was seen, kept as that segment: most connections of a scan or a flood never get further,
//! and need neither the memory nor the work of one that does.

use std::collections::VecDeque;

use crate::context::{Ends, Identity, Output};
use crate::limits;
use crate::link::Link;
use crate::protocols::conn::{tcp_state, Conn, Ending};
use crate::protocols::Dir;

use super::flow::{Counters, Flow, Segment, Summary, Transport, ACK, FIN, RST, SYN, SYN_ACK};
use super::recent::Recent;
use super::Place;

/// The connections of one segment, the oldest first.
#[derive(Default)]
pub struct Openings {
    /// Place and number of each, and of some that are no more.
    queue: VecDeque<(u32, u32)>,
    /// How many there are.
    pub live: usize,
}

impl Openings {
    pub fn add(&mut self, at: u32, number: u32, places: &[Place]) {
        self.live += 1;
        if self.queue.len() > 2 * limits::FLOWS {
            self.queue.retain(|known| is_there(known, places));
        }
        self.queue.push_back((at, number));
    }

    /// Where the oldest stands, which is no longer remembered then.
    pub fn oldest(&mut self, places: &[Place]) -> Option<u32> {
        let queue = &mut self.queue;
        std::iter::from_fn(|| queue.pop_front())
            .find(|known| is_there(known, places))
            .map(|(at, _)| at)
    }

    #[cfg(test)]
    pub fn remembered(&self) -> usize {
        self.queue.len()
    }
}

fn is_there((at, number): &(u32, u32), places: &[Place]) -> bool {
    places.get(*at as usize).is_some_and(|place| place.is_opening(*number))
}

/// The first segment of a connection.
#[derive(Clone, Copy)]
pub struct Opening {
    pub ends: Ends,
    pub ts: i64,
    /// Tells it from what stands in its place before and after.
    pub number: u32,
    nonce: u64,
    ip_len: usize,
    seq: u32,
    ack: u32,
    window: u16,
    flags: u8,
    /// By whom it was sent. The responder's begins a connection whose ends were turned.
    dir: Dir,
    link: Link,
}

impl Opening {
    /// `None` for a segment that says more than this can hold. `ts` and `nonce` are those of the connection's identity.
    pub fn of(ends: Ends, (ts, nonce): (i64, u64), dir: Dir, segment: &Segment<'_>, ip_len: usize, link: &Link) -> Option<Opening> {
        let bare = segment.data.is_empty() && segment.cut == 0 && segment.flags & (FIN | RST) == 0;
        bare.then_some(Opening {
            ends,
            ts,
            number: 0,
            nonce,
            ip_len,
            seq: segment.seq,
            ack: segment.ack,
            window: segment.window,
            flags: segment.flags,
            dir,
            link: *link,
        })
    }

    /// When silence ends it: no later than the first interim row would be due.
    pub fn idle_until(&self) -> i64 {
        self.ts.saturating_add(limits::IDLE_HALF_OPEN.min(limits::INTERIM_FIRST))
    }

    /// What it is once it goes on.
    pub fn unfold(&self, generation: u32, recent: &mut Recent, out: &mut Output) -> Flow {
        let identity = Identity::new(self.ends, self.ts, self.nonce);
        let mut flow = Flow::new(identity, generation, self.ts, &self.link, Transport::Tcp(Box::default()));
        if self.dir == Dir::Resp {
            flow.say(Dir::Orig, b'^');
        }
        let segment = Segment {
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            window: self.window,
            data: &[],
            cut: 0,
        };
        flow.count(self.dir, self.ts, self.ip_len, 0, &self.link);
        flow.segment(self.dir, &segment, self.ts, recent, out);
        flow
    }

    /// Whether its row differs from that of `other` in no more than the connection and the time.
    pub fn is_like(&self, other: &Opening) -> bool {
        let told = |opening: &Opening| {
            (
                opening.flags & SYN_ACK,
                opening.window == 0,
                opening.dir,
                opening.ip_len,
                opening.link,
            )
        };
        told(self) == told(other)
    }

    /// Ends those, which are alike: each gives the row that it would give unfolded. `cut_off`: the input ended first.
    pub fn finish(alike: &[Opening], cut_off: bool, out: &mut Output) {
        let Some(first) = alike.first() else { return };
        let kind = first.flags & SYN_ACK;
        let ending = Ending {
            syn: kind == SYN,
            syn_ack: kind == SYN_ACK,
            ..Ending::default()
        };
        let mut counters = [Counters::default(); 2];
        super::flow::count(&mut counters, first.dir, first.ip_len, 0, &first.link);
        let row = Conn {
            orig_bytes: Some(0),
            resp_bytes: Some(0),
            conn_state: Some(tcp_state(&ending, true)),
            history: Some(first.history()),
            missed_bytes: Some(0),
            interim: Some(false),
            midstream: Some(kind != SYN),
            partial: Some(cut_off),
            disagreements: Some(0),
            ..Conn::default()
        };
        let summary = Summary {
            span: (first.ts, first.ts),
            counters: &counters,
            vlans: (first.link.vlan, first.link.inner_vlan),
        };
        let connections = alike.iter().map(|one| (Identity::new(one.ends, one.ts, one.nonce), one.ts));
        summary.tell(row, first.ends.proto, |at, row| out.emit_each(connections, Dir::Orig, at, row));
    }

    /// What [`Flow::segment`] says of it.
    fn history(&self) -> &'static str {
        let shut = self.window == 0;
        match (self.flags & SYN_ACK, self.dir) {
            (SYN, Dir::Orig) => "S",
            (SYN, Dir::Resp) => "^s",
            (SYN_ACK, Dir::Orig) => ["H", "HW"][usize::from(shut)],
            (SYN_ACK, Dir::Resp) => ["^h", "^hw"][usize::from(shut)],
            (ACK, Dir::Orig) => ["A", "AW"][usize::from(shut)],
            (ACK, Dir::Resp) => ["^a", "^aw"][usize::from(shut)],
            (_, Dir::Orig) => "",
            (_, Dir::Resp) => "^",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::output;
    use crate::tunnel::{Carrier, Tunnel};

    use super::*;

    /// The row of a connection as it leaves.
    fn row(mut out: Output) -> arrow_array::RecordBatch {
        let table = out.tables().iter_mut().find(|table| table.rows() > 0);
        table.expect("a row").finish()
    }

    #[test]
    fn it_tells_what_it_would_tell_unfolded() {
        let ends = Ends {
            orig: 0xffff_0a00_0001,
            resp: 0xffff_0a00_0002,
            orig_port: 40_000,
            resp_port: 80,
            proto: 6,
        };
        let tagged = Link {
            src: Some([1; 6]),
            dst: Some([2; 6]),
            vlan: Some(7),
            hops: 63,
            tunnel: Some(Carrier {
                kind: Tunnel::Gre,
                src: [3; 16],
                dst: [4; 16],
            }),
            ..Link::default()
        };
        let every = (0..=255).flat_map(|flags| [(flags, 0), (flags, 512)]);
        for (flags, window) in every.filter(|(flags, _)| flags & (FIN | RST) == 0) {
            for (dir, link, cut_off) in [(Dir::Orig, tagged, false), (Dir::Resp, Link::default(), true)] {
                let segment = Segment {
                    seq: 9,
                    ack: 3,
                    flags,
                    window,
                    data: &[],
                    cut: 0,
                };
                let opening = Opening::of(ends, (1_700_000_000_000_000_000, 1), dir, &segment, 40, &link).expect("a bare segment");
                let (mut short, mut long, mut recent) = (output(), output(), Recent::default());
                Opening::finish(&[opening], cut_off, &mut short);
                opening.unfold(1, &mut recent, &mut long).finish(cut_off, &mut recent, &mut long);
                assert_eq!(row(short), row(long), "flags {flags:#x}, window {window}");
            }
        }
    }
}
