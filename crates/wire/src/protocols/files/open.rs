//! What takes most of the memory of a file on its way: its hash and its sample. There may be so many of them; then the file that nothing has come
//! of for longest is read no further. If nothing more comes of it, that changes nothing in its row.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sha2::{Digest as _, Sha256};

use super::sample::Sample;
use crate::limits;

/// The files that are read.
#[derive(Debug, Default)]
pub struct Open {
    /// In the order in which they will be looked at, and some that are no more.
    queue: VecDeque<Weak<Reading>>,
    /// How many are read no further because there were too many.
    pub given_up: u64,
}

/// One of them.
#[derive(Debug)]
pub struct Reading {
    state: Mutex<State>,
    /// More than its first bytes came since it was looked at.
    fed: AtomicBool,
}

#[derive(Debug)]
enum State {
    Goes(Box<(Sha256, Sample)>),
    Over(Told),
}

/// What was read of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub hash: Option<[u8; 32]>,
    pub entropy: Option<f64>,
    /// Bytes that the entropy was taken from.
    pub counted: u64,
}

impl Open {
    pub fn begin(&mut self) -> Arc<Reading> {
        if self.queue.len() >= limits::FILES_OPEN {
            self.make_room();
        }
        let reading = Arc::new(Reading {
            state: Mutex::new(State::Goes(Box::default())),
            fed: AtomicBool::new(false),
        });
        self.queue.push_back(Arc::downgrade(&reading));
        reading
    }

    /// Of those of which nothing came since the last time the first; each is asked twice at the most.
    fn make_room(&mut self) {
        while let Some(first) = self.queue.pop_front() {
            match first.upgrade() {
                Some(reading) if reading.fed.swap(false, Ordering::Relaxed) => self.queue.push_back(first),
                Some(reading) => {
                    reading.end(true);
                    self.given_up = self.given_up.saturating_add(1);
                    return;
                }
                None => return,
            }
        }
    }
}

impl Reading {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the next bytes, which stand at `at` of the file; `hashed`: into the hash too. False if it is read no further.
    pub fn read(&self, bytes: &[u8], at: u64, hashed: bool) -> bool {
        let mut state = self.state();
        let State::Goes(reading) = &mut *state else { return false };
        let (hash, sample) = reading.as_mut();
        sample.add(bytes, at);
        if hashed {
            hash.update(bytes);
        }
        self.fed.fetch_or(at > 0, Ordering::Relaxed);
        true
    }

    /// Nothing more is read. `hashed`: the hash is wanted.
    pub fn end(&self, hashed: bool) -> Told {
        let mut state = self.state();
        let told = match &mut *state {
            State::Goes(reading) => {
                let (hash, sample) = reading.as_mut();
                Told {
                    hash: hashed.then(|| hash.finalize_reset().into()),
                    entropy: sample.entropy(),
                    counted: sample.counted,
                }
            }
            State::Over(told) => *told,
        };
        *state = State::Over(told);
        told
    }
}
