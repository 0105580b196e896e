//! Whether somebody was let in, guessed from how much an encrypted server answers at a time, as Zeek does.
//!
//! RFC 4253 section 10 and RFC 4252 sections 5 and 6: the server accepts the service, 17 bytes; then it refuses in as many bytes as its list of
//! methods asks for, always the same, or lets in with one byte. How long these become, cipher and integrity tell ([`sizes`](super::sizes)).

use super::sizes::Sizes;
use crate::limits;
use crate::protocols::Dir;

pub struct Login {
    sizes: Sizes,
    /// The client said something that is encrypted; what the server sent before is no answer.
    asked: bool,
    accepted: bool,
    /// How long a refusal is: the first answer, since clients first ask without credentials which methods there are.
    refusal: Option<u64>,
    banner: bool,
    /// Bytes that the server sent since the client last did, and when the last of them came.
    turn: u64,
    last: i64,
    turns: u32,
    attempts: i64,
    success: Option<bool>,
    over: bool,
}

impl Login {
    pub fn of(sizes: Sizes) -> Login {
        Login {
            sizes,
            asked: false,
            accepted: false,
            refusal: None,
            banner: false,
            turn: 0,
            last: 0,
            turns: 0,
            attempts: 0,
            success: None,
            over: false,
        }
    }

    /// Nothing more can be told.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// One side sent so many encrypted bytes.
    pub fn hears(&mut self, dir: Dir, bytes: usize, ts: i64) {
        if dir == Dir::Orig {
            self.turn_ends();
            self.asked = true;
        } else if self.asked {
            // A server that let somebody in may go on by itself, but first it starts a process for the user.
            let paused = ts.saturating_sub(self.last) >= limits::SSH_PAUSE;
            if paused && self.accepted && self.turn == self.sizes.success {
                return self.turn_ends();
            }
            self.turn = self.turn.saturating_add(bytes as u64);
            self.last = ts;
            self.over = self.turn > limits::SSH_ANSWER;
        }
    }

    /// Success and attempts, if the connection goes no further.
    pub fn outcome(&mut self) -> (Option<bool>, Option<i64>) {
        self.turn_ends();
        (self.success, Some(self.attempts).filter(|_| self.accepted))
    }

    fn turn_ends(&mut self) {
        let answer = std::mem::take(&mut self.turn);
        if answer == 0 || self.over {
            return;
        }
        self.turns = self.turns.saturating_add(1);
        self.over = self.turns >= limits::SSH_ANSWERS;
        if !self.accepted {
            self.accepted = answer == self.sizes.accept;
            // What it can do beside may come first (RFC 8308), nothing else.
            self.over |= !self.accepted && self.turns > 1;
        } else if answer == self.sizes.success {
            self.attempt(true);
        } else {
            self.answered(answer);
        }
    }

    /// A refusal, or another answer: a question, a key that would do, a banner before the first refusal.
    fn answered(&mut self, answer: u64) {
        let long = answer > self.sizes.accept.saturating_add(limits::SSH_REFUSAL);
        match self.refusal {
            None if long && !self.banner => self.banner = true,
            None => self.refusal = Some(answer),
            Some(refusal) if refusal == answer => self.attempt(false),
            Some(_) => {}
        }
    }

    fn attempt(&mut self, success: bool) {
        self.attempts = self.attempts.saturating_add(1);
        self.success = Some(success);
        self.over |= success;
    }
}
