//! A timer wheel of seconds: ends idle connections without ever walking all of them (Varghese and Lauck, 1987, scheme 6).

/// One turn of the wheel: longer than the longest idle time, so that most entries are met once.
const SLOTS: usize = 4096;

/// A connection's place in the table and its generation: the place may have been given to another one since.
pub type Timer = (u32, u32);

pub struct Timers {
    slots: Vec<Vec<Timer>>,
    /// The second that has been dealt with last.
    now: i64,
}

impl Timers {
    pub fn new() -> Timers {
        Timers {
            slots: vec![Vec::new(); SLOTS],
            now: i64::MIN,
        }
    }

    fn slot(&mut self, second: i64) -> Option<&mut Vec<Timer>> {
        let at = usize::try_from(second.rem_euclid(SLOTS as i64)).ok()?;
        self.slots.get_mut(at)
    }

    /// Rings at `deadline` (nanoseconds) or, if that is more than a turn away, earlier: whoever is rung looks whether it is time.
    pub fn set(&mut self, timer: Timer, deadline: i64) {
        let second = deadline.div_euclid(1_000_000_000).saturating_add(1);
        let second = second.clamp(self.now.saturating_add(1), self.now.saturating_add(SLOTS as i64 - 1));
        if let Some(slot) = self.slot(second) {
            slot.push(timer);
        }
    }

    /// The clock of the packets says `ts`; gives what has rung since the last call. A clock that was set back rings nothing.
    pub fn advance(&mut self, ts: i64, rung: &mut Vec<Timer>) {
        let second = ts.div_euclid(1_000_000_000);
        if self.now == i64::MIN || second < self.now.saturating_sub(SLOTS as i64) {
            self.now = second;
        }
        let from = self.now.max(second.saturating_sub(SLOTS as i64));
        for passed in from.saturating_add(1)..=second {
            if let Some(slot) = self.slot(passed) {
                rung.append(slot);
            }
        }
        self.now = self.now.max(second);
    }
}
