//! When connections end: when they fall silent, when there are too many, when the input is over.

use std::collections::VecDeque;

use hashbrown::hash_table::OccupiedEntry;

use crate::context::Output;
use crate::limits;

use super::opening::Openings;
use super::{Flows, Place, PROTO_UDP};

impl Flows {
    /// Ends one connection.
    pub(super) fn remove(&mut self, at: u32, cut_off: bool, out: &mut Output) {
        if self.forget(at) {
            self.end(at, cut_off, out);
            self.free.push(at);
        }
    }

    /// Ends some. They leave the table one after the other, so that what is fetched from memory for one does not wait for the others' rows.
    fn remove_all(&mut self, mut places: Vec<u32>, cut_off: bool, out: &mut Output) {
        places.retain(|at| self.forget(*at));
        places.iter().for_each(|at| self.end(*at, cut_off, out));
        // The next ones are taken from the end: then memory is written in its order.
        self.free.extend(places.iter().rev());
    }

    /// No packet finds it any more. False if none did before.
    fn forget(&mut self, at: u32) -> bool {
        let hash = self.hashes.get(at as usize).copied().unwrap_or(0);
        let entry = self.table.find_entry(hash, |&other| other == at);
        entry.map(OccupiedEntry::remove).is_ok()
    }

    fn end(&mut self, at: u32, cut_off: bool, out: &mut Output) {
        let Some(place) = self.slab.get_mut(at as usize) else { return };
        match std::mem::replace(place, Place::Free) {
            Place::Free => {}
            Place::Opening(opening) => {
                self.openings.live -= 1;
                self.census.opened();
                self.end_later(opening, cut_off, out);
            }
            Place::Flow(mut flow) => {
                self.write_ended(out);
                let holders = match flow.ends().proto {
                    PROTO_UDP => &mut self.tallies,
                    _ => &mut self.held,
                };
                *holders = holders.saturating_sub(flow.counted);
                flow.finish(cut_off, &mut self.recent, out);
                self.census.take(&mut flow, self.began.unwrap_or(0));
            }
        }
    }

    /// There are too many: some of those end that have been silent longest. Where most never got beyond their first segment it is the oldest of
    /// these, so that a flood ends only itself.
    pub(super) fn evict(&mut self, out: &mut Output) {
        self.catch_up(out);
        let flood = self.openings.live > self.table.len() / 2;
        let oldest = |openings: &mut Openings| if flood { openings.oldest(&self.slab) } else { None };
        let oldest: Vec<u32> = (0..limits::EVICTED).map_while(|_| oldest(&mut self.openings)).collect();
        let missing = limits::EVICTED - oldest.len();
        self.evicted += oldest.len() as u64;
        self.remove_all(oldest, false, out);
        for _ in 0..missing {
            if let Some(at) = self.most_silent() {
                self.evicted += 1;
                self.remove(at, false, out);
            }
        }
    }

    /// Of the next few connections the one that has been silent longest: near enough to the longest of all.
    fn most_silent(&mut self) -> Option<u32> {
        let some = self.hand..self.slab.len().min(self.hand + limits::EVICTION_SAMPLE);
        self.hand = if some.end == self.slab.len() { 0 } else { some.end };
        let places = self.slab.get(some.clone()).unwrap_or_default();
        let silent = some.zip(places).filter_map(|(at, place)| Some((place.span()?.1, at)));
        silent.min().and_then(|(_, at)| u32::try_from(at).ok())
    }

    /// It is `ts` although no packet came.
    pub fn now(&mut self, ts: i64, out: &mut Output) {
        self.catch_up(out);
        self.tick(ts, out);
        self.write_ended(out);
    }

    /// Moves the clock to the packet's time: idle connections end, long ones give an interim row.
    pub(super) fn tick(&mut self, ts: i64, out: &mut Output) {
        const SECOND: i64 = 1_000_000_000;
        let same = self.second.contains(&ts);
        if same && self.rung.is_empty() {
            return;
        }
        self.catch_up(out);
        self.clock = ts;
        let began = ts.div_euclid(SECOND).saturating_mul(SECOND);
        self.second = began..=began.saturating_add(SECOND - 1);
        self.began.get_or_insert(ts);
        self.timers.advance(ts, &mut self.rung);
        self.ring(out);
        if !same {
            self.write_ended(out);
            self.give_up_old_holes(ts, out);
        }
    }

    /// Looks at the next connections that have rung. A flood ends within a second, but its rows need not all wait at once.
    fn ring(&mut self, out: &mut Output) {
        let (ts, began) = (self.clock, self.began.unwrap_or(0));
        let mut rung = std::mem::take(&mut self.rung);
        for at in rung.drain(..rung.len().min(limits::BATCH_ROWS)) {
            let Some(idle_until) = self.slab.get(at as usize).and_then(Place::idle_until) else {
                continue;
            };
            if idle_until <= ts {
                self.remove(at, false, out);
                continue;
            }
            let mut deadline = idle_until;
            self.write_ended(out);
            if let Some(flow) = self.slab.get_mut(at as usize).and_then(Place::flow) {
                flow.interim(ts, out);
                self.census.take(flow, began);
                deadline = flow.deadline();
            }
            self.timers.set(at, deadline);
        }
        self.rung = rung;
    }

    /// The input is over: every connection ends, in the order in which they began, a batch of rows at a time. Says whether none is left.
    pub fn finish(&mut self, out: &mut Output) -> bool {
        self.catch_up(out);
        if !self.rung.is_empty() {
            self.ring(out);
            self.write_ended(out);
            return false;
        }
        if self.last_ones.is_none() {
            let slab = &self.slab;
            let ends = |at: u32| slab.get(at as usize).and_then(Place::ends);
            let began = |(at, place): (u32, &Place)| Some((place.span()?.0, at));
            let mut left: Vec<(i64, u32)> = (0..).zip(slab).filter_map(began).collect();
            left.sort_unstable_by(|(ts, at), (other_ts, other)| ts.cmp(other_ts).then_with(|| ends(*at).cmp(&ends(*other))));
            let left: VecDeque<u32> = left.into_iter().map(|(_, at)| at).collect();
            self.last_ones = Some(left);
        }
        let left = self.last_ones.get_or_insert_default();
        let some: Vec<_> = left.drain(..left.len().min(limits::BATCH_ROWS)).collect();
        let many = some.len();
        self.remove_all(some, true, out);
        self.write_ended(out);
        many < limits::BATCH_ROWS
    }
}
