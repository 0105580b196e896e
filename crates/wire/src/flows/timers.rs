//! A timer wheel of seconds: ends idle connections without ever walking all of them (Varghese and Lauck, 1987, scheme 6).

/// One turn of the wheel: longer than the longest idle time, so that most entries are met once.
const SLOTS: usize = 4096;

/// The second of a place that is not going to ring.
const NEVER: i64 = i64::MAX;

/// Rings for places in the table of connections. A place that is given to another connection rings when it would have, so that a flood of
/// connections leaves no more behind than there are places.
pub struct Timers {
    slots: Vec<Vec<u32>>,
    /// When each place rings next.
    armed: Vec<i64>,
    /// How many entries the slots hold.
    entries: usize,
    /// The second that has been dealt with last.
    now: i64,
}

impl Timers {
    pub fn new() -> Timers {
        Timers {
            slots: vec![Vec::new(); SLOTS],
            armed: Vec::new(),
            entries: 0,
            now: i64::MIN,
        }
    }

    fn slot(second: i64) -> usize {
        usize::try_from(second.rem_euclid(SLOTS as i64)).unwrap_or(0)
    }

    /// Rings at `deadline` (nanoseconds) or earlier: whoever is rung looks whether it is time.
    pub fn set(&mut self, place: u32, deadline: i64) {
        let second = deadline.div_euclid(1_000_000_000).saturating_add(1);
        let second = second.clamp(self.now.saturating_add(1), self.now.saturating_add(SLOTS as i64 - 1));
        let at = place as usize;
        if self.armed.len() <= at {
            self.armed.resize(at + 1, NEVER);
        }
        let Some(armed) = self.armed.get_mut(at) else { return };
        if *armed > self.now && *armed <= second {
            return;
        }
        *armed = second;
        if let Some(slot) = self.slots.get_mut(Timers::slot(second)) {
            slot.push(place);
            self.entries += 1;
        }
    }

    /// The clock of the packets says `ts`; gives what has rung since the last call. A clock that was set back rings nothing.
    pub fn advance(&mut self, ts: i64, rung: &mut Vec<u32>) {
        let second = ts.div_euclid(1_000_000_000);
        if self.now == i64::MIN || second < self.now.saturating_sub(SLOTS as i64) {
            self.now = second;
        }
        let from = self.now.max(second.saturating_sub(SLOTS as i64));
        for passed in from.saturating_add(1)..=second {
            if self.entries == 0 {
                break;
            }
            let at = Timers::slot(passed);
            let Some(slot) = self.slots.get_mut(at).filter(|slot| !slot.is_empty()) else {
                continue;
            };
            self.entries -= slot.len();
            for place in slot.drain(..) {
                // One that was set to ring earlier has rung.
                if let Some(armed) = self
                    .armed
                    .get_mut(place as usize)
                    .filter(|armed| **armed != NEVER && Timers::slot(**armed) == at)
                {
                    *armed = NEVER;
                    rung.push(place);
                }
            }
            // What a flood has made it hold.
            slot.shrink_to(1024);
        }
        self.now = self.now.max(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn rung(timers: &mut Timers, second: i64) -> Vec<u32> {
        let mut rung = Vec::new();
        timers.advance(second * SECOND, &mut rung);
        rung
    }

    #[test]
    fn a_place_rings_once_at_its_earliest_time() {
        let mut timers = Timers::new();
        assert_eq!(rung(&mut timers, 100), []);
        timers.set(7, 160 * SECOND);
        timers.set(7, 170 * SECOND);
        timers.set(3, 160 * SECOND);
        timers.set(3, 105 * SECOND);
        assert_eq!(rung(&mut timers, 106), [3]);
        assert_eq!(rung(&mut timers, 160), []);
        assert_eq!(rung(&mut timers, 161), [7]);
        timers.set(7, 170 * SECOND);
        assert_eq!(rung(&mut timers, 100_000), [7]);
    }

    #[test]
    fn a_flood_over_few_places_leaves_one_entry_each() {
        let mut timers = Timers::new();
        rung(&mut timers, 0);
        for n in 0..100_000i64 {
            timers.set((n % 10) as u32, 60 * SECOND + n * SECOND / 10_000);
        }
        assert_eq!(timers.slots.iter().map(Vec::len).sum::<usize>(), 10);
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nobody() {
        let mut timers = Timers::new();
        rung(&mut timers, 1_000_000);
        timers.set(1, 1_000_060 * SECOND);
        rung(&mut timers, 1000);
        let again: usize = (1000..1000 + 2 * SLOTS as i64).map(|second| rung(&mut timers, second).len()).sum();
        assert_eq!(again, 1);
    }
}
