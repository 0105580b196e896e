//! One direction of a connection, between the reassembler and the parser: hands over bytes in order, keeps only what the parser waits for,
//! and lets what it skips pass untouched.

use crate::context::{Context, Identity, Output};
use crate::limits;
use crate::protocols::{Dir, Session, Step};

#[derive(Debug, Default)]
pub struct Half {
    /// Bytes shown but not used, while the parser waits for more.
    pending: Vec<u8>,
    need: usize,
    /// When the first byte of `pending` came.
    since: i64,
    skip: u64,
    /// Position in the stream of the first byte of `pending`, or of the next byte to come.
    offset: u64,
    done: bool,
    /// The parser has said that the connection speaks something else from here on.
    turned: bool,
}

impl Half {
    /// Starts at `offset`: what came before was never shown.
    pub fn at(offset: u64) -> Half {
        Half { offset, ..Half::default() }
    }

    /// How many of the next bytes nobody wants to see.
    pub fn unwanted(&self) -> u64 {
        if self.done {
            u64::MAX
        } else {
            self.skip
        }
    }

    /// Passes over the next bytes, if nobody wants to see any of them.
    pub fn pass(&mut self, n: u64) -> bool {
        let passes = self.unwanted() >= n && self.pending.is_empty();
        if passes {
            self.skip -= if self.done { 0 } else { n };
            self.offset = self.offset.saturating_add(n);
        }
        passes
    }

    pub fn held(&self) -> usize {
        self.pending.capacity()
    }

    /// Position in the stream of the next byte to come.
    pub fn passed(&self) -> u64 {
        self.offset.saturating_add(self.pending.len() as u64)
    }

    /// The next bytes of the stream. If the connection speaks something else from here on: how many of `bytes` belong to what it spoke.
    pub fn feed(
        &mut self,
        session: &mut dyn Session,
        dir: Dir,
        bytes: &[u8],
        ts: i64,
        identity: &mut Identity,
        out: &mut Output,
    ) -> Option<usize> {
        if self.done {
            self.offset = self.offset.saturating_add(bytes.len() as u64);
            return None;
        }
        if self.pending.is_empty() {
            let used = self.show(session, dir, bytes, ts, identity, out);
            if self.turned {
                return Some(used);
            }
            self.pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
            self.since = ts;
        } else {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() < self.need {
                return None;
            }
            let held = std::mem::take(&mut self.pending);
            let used = self.show(session, dir, &held, ts, identity, out);
            if self.turned {
                let before = held.len().saturating_sub(bytes.len());
                return Some(used.saturating_sub(before).min(bytes.len()));
            }
            if used < held.len() {
                self.pending = held;
                self.pending.drain(..used);
                if used > 0 {
                    self.since = ts;
                }
            }
        }
        if self.done {
            self.offset = self.offset.saturating_add(self.pending.len() as u64);
            self.pending = Vec::new();
        }
        None
    }

    /// Shows `bytes` until all are used or the parser waits; says how many were used.
    fn show(&mut self, session: &mut dyn Session, dir: Dir, bytes: &[u8], ts: i64, identity: &mut Identity, out: &mut Output) -> usize {
        let mut used = 0usize;
        while used < bytes.len() && !self.done && !self.turned {
            let rest = bytes.get(used..).unwrap_or_default();
            if self.skip > 0 {
                let take = usize::try_from(self.skip).unwrap_or(usize::MAX).min(rest.len());
                self.skip -= take as u64;
                used += take;
                self.offset = self.offset.saturating_add(take as u64);
                continue;
            }
            let mut cx = Context {
                ts,
                offset: self.offset,
                identity,
                out,
            };
            match session.data(dir, rest, &mut cx) {
                Step::Took(n) if n > 0 => {
                    let n = n.min(rest.len());
                    used += n;
                    self.offset = self.offset.saturating_add(n as u64);
                }
                Step::Turn(n) => {
                    let n = n.min(rest.len());
                    used += n;
                    self.offset = self.offset.saturating_add(n as u64);
                    self.turned = true;
                }
                Step::Need(n) if n > rest.len() && n <= limits::PENDING => {
                    self.need = n;
                    return used;
                }
                Step::Skip(n) if n > 0 => self.skip = n,
                // A step that makes no progress would loop for ever: the parser has lost its way and is left out from here on.
                Step::Took(_) | Step::Need(_) | Step::Skip(_) | Step::Done => self.done = true,
            }
        }
        used
    }

    /// `missing` bytes are lost. What the parser skips anyway is no loss to it.
    pub fn gap(&mut self, session: &mut dyn Session, dir: Dir, missing: u64, ts: i64, identity: &mut Identity, out: &mut Output) {
        let dropped = self.cut(session, dir, identity, out);
        self.offset = self.offset.saturating_add(missing);
        if self.done {
            return;
        }
        if self.skip >= missing && dropped == 0 {
            self.skip -= missing;
            return;
        }
        self.skip = 0;
        session.gap(
            dir,
            missing,
            &mut Context {
                ts,
                offset: self.offset,
                identity,
                out,
            },
        );
    }
    /// Shows the parser for the last time what it waits with; says how many bytes that were.
    pub fn cut(&mut self, session: &mut dyn Session, dir: Dir, identity: &mut Identity, out: &mut Output) -> u64 {
        let pending = std::mem::take(&mut self.pending);
        let (ts, offset) = (self.since, self.offset);
        self.offset = self.offset.saturating_add(pending.len() as u64);
        if !pending.is_empty() && !self.done {
            session.cut(dir, &pending, &mut Context { ts, offset, identity, out });
        }
        pending.len() as u64
    }
}
