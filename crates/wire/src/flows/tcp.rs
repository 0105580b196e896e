//! Both directions of a TCP connection together: in which order what they hold goes on.

use crate::link::Link;
use crate::protocols::conn::Ending;
use crate::protocols::Dir;

use super::census::Told;
use super::follow::{Follow, Where};
use super::reassembly::Side;
use super::recent::Recent;

/// What a TCP connection needs beyond its counters.
#[derive(Default)]
pub struct Tcp {
    pub sides: [Side; 2],
    pub ending: Ending,
    pub follow: Follow,
    /// The capture shows its first SYN or SYN-ACK.
    pub from_start: bool,
    /// What the census of the sensor holds of it.
    pub told: Option<Told>,
    /// How often each side has sent again, lost bytes, and closed its window.
    pub often: [[u32; 3]; 2],
    /// A SYN that may begin another connection on the same ports.
    pub again: Option<Syn>,
}

impl Tcp {
    /// Gives what is held and has become in order, each direction in turn as far as it can, and gives up what is due: in the order in which it
    /// came, whichever direction holds too much.
    pub fn proceed(&mut self, recent: &mut Recent, at: &mut Where<'_>) {
        if !self.sides.iter().any(Side::has_hole) {
            return;
        }
        while self.settle(recent, at) {
            let full = self.sides.iter().any(Side::is_full);
            let due = |dir: &Dir| full || self.sides.get(*dir as usize).is_some_and(|side| side.is_due(at.ts));
            let Some(dir) = self.next_to_give_up().filter(due) else {
                return;
            };
            self.give_up_hole(dir, recent, at);
        }
    }

    /// Says whether anything is still held.
    pub fn settle(&mut self, recent: &mut Recent, at: &mut Where<'_>) -> bool {
        let Tcp {
            sides: [orig, resp],
            follow,
            ..
        } = self;
        let mut before = None;
        while (orig.has_hole() || resp.has_hole()) && before != Some((orig.stream, resp.stream)) {
            before = Some((orig.stream, resp.stream));
            orig.see(resp.stands());
            orig.settle(at.ts, recent, &mut |piece| follow.piece(Dir::Orig, piece, at));
            resp.see(orig.stands());
            resp.settle(at.ts, recent, &mut |piece| follow.piece(Dir::Resp, piece, at));
        }
        orig.has_hole() || resp.has_hole()
    }

    pub fn give_up_hole(&mut self, dir: Dir, recent: &mut Recent, at: &mut Where<'_>) {
        let Tcp { sides, follow, .. } = self;
        if let Some(side) = sides.get_mut(dir as usize) {
            side.give_up_hole(at.ts, recent, &mut |piece| follow.piece(dir, piece, at));
        }
    }

    /// A hole before what waits for it; else whose first piece came first.
    pub fn next_to_give_up(&self) -> Option<Dir> {
        let held = |dir: Dir| {
            let side = self.sides.get(dir as usize)?;
            Some(((side.only_waits(), side.held_since()?), dir))
        };
        let held = [held(Dir::Orig), held(Dir::Resp)];
        held.into_iter().flatten().min_by_key(|(order, _)| *order).map(|(_, dir)| dir)
    }

    pub fn missed(&self) -> [u64; 2] {
        self.sides.each_ref().map(|side| side.missed)
    }
}

/// A SYN that waits for the other end to agree.
#[derive(Clone, Copy, Debug)]
pub struct Syn {
    pub dir: Dir,
    pub seq: u32,
    pub ts: i64,
    pub ip_len: usize,
    pub link: Link,
}
