//! One direction of a TCP connection: which bytes of the stream are next (RFC 9293 section 3.4). In-order bytes pass through without a copy;
//! only what comes too early is held: behind a hole, or before what it acknowledges of the other direction (a mirror that joins two ports, or
//! two captures with two clocks, show answers before their questions). Of every byte the first copy wins; a later copy that differs is counted.

use std::collections::VecDeque;

use super::recent::Recent;
use crate::limits;

/// A piece that came too early.
#[derive(Debug)]
struct Early {
    seq: u32,
    len: u32,
    /// When it came.
    ts: i64,
    /// What it answers: the other direction up to here. Told of bytes that somebody wants to see.
    ack: Option<u32>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    /// Nobody wants to see them, so they were not held.
    Unwanted,
    /// The capture cut them off.
    Cut,
}

/// What a segment carries.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// Sequence number of its first byte.
    pub seq: u32,
    pub data: &'a [u8],
    /// Further bytes that were not captured.
    pub cut: u32,
    pub ts: i64,
    /// It acknowledges the other direction up to here.
    pub ack: Option<u32>,
}

/// How a piece is to be held.
#[derive(Clone, Copy)]
enum As {
    /// With what it acknowledges.
    Bytes(Option<u32>),
    Unwanted,
    Cut,
}

/// What the reassembler has for the parser.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The next bytes of the stream.
    Bytes(&'a [u8]),
    /// The same, but they came earlier, at this time, and waited for what was before them.
    Held(&'a [u8], i64),
    /// So many bytes that nobody wanted to see; they were not held.
    Unseen(u64),
    /// So many bytes are lost.
    Gap(u64),
}

/// Bytes that the parser was shown and that may be known still.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    seq: u32,
    len: u32,
    /// Position in [`Recent`].
    at: u64,
}

#[derive(Debug, Default)]
pub struct Side {
    /// Sequence number of the next byte, once one is known.
    next: Option<u32>,
    /// Number of its SYN.
    isn: Option<u32>,
    early: VecDeque<Early>,
    held: usize,
    /// When the oldest hole appeared.
    hole_since: i64,
    /// Highest acknowledgement by the other side.
    acked: Option<u32>,
    /// Where the other direction stands, once that is known.
    other: Option<u32>,
    /// Where the other direction stood when it was waited for in vain: what is missing of it is lost, or it is not captured at all.
    in_vain: Option<u32>,
    /// Number behind its last byte, told by its FIN.
    fin: Option<u32>,
    /// Segments far beyond the window, each continuing the one before: the number that the next would have, and how many.
    far: (u32, u8),
    /// The last bytes shown, the newest first.
    shown: [Shown; 2],
    /// Bytes of the stream so far, lost ones included.
    pub stream: u64,
    pub missed: u64,
    pub retransmissions: u32,
    pub disagreements: u64,
}

/// How far `a` lies behind `b`, as RFC 9293 compares sequence numbers.
fn distance(a: u32, b: u32) -> i64 {
    i64::from(a.wrapping_sub(b) as i32)
}

/// Whether `seq` lies at or a plausible way behind `from`.
fn within(seq: u32, from: u32) -> bool {
    (0..=limits::WINDOW).contains(&distance(seq, from))
}

impl Side {
    pub fn next(&self) -> Option<u32> {
        self.next
    }

    /// The number that the other side acknowledges once it has what was shown: a FIN takes one too (RFC 9293 section 3.4).
    pub fn stands(&self) -> Option<u32> {
        self.next.map(|next| next.wrapping_add(u32::from(self.fin == Some(next))))
    }

    pub fn isn(&self) -> Option<u32> {
        self.isn
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Whether anything is held.
    pub fn has_hole(&self) -> bool {
        !self.early.is_empty()
    }

    /// Whether a hole has been open for longer than reordering explains.
    pub fn hole_is_old(&self, ts: i64) -> bool {
        self.has_hole() && ts.saturating_sub(self.hole_since) > limits::HOLE_WAIT
    }

    /// When the first piece that is held came.
    pub fn held_since(&self) -> Option<i64> {
        self.early.front().map(|first| first.ts)
    }

    /// How far the other direction has come.
    pub fn see(&mut self, other: Option<u32>) {
        self.other = other;
    }

    /// Whether what acknowledges so much has to wait for it.
    fn waits(&self, ack: Option<u32>) -> bool {
        match (ack, self.other) {
            (Some(ack), Some(other)) => self.in_vain != Some(other) && (1..=limits::WINDOW).contains(&distance(ack, other)),
            _ => false,
        }
    }

    /// The stream begins at `seq`: the first byte seen of a connection that was already there.
    pub fn begin(&mut self, seq: u32) {
        self.next.get_or_insert(seq);
    }

    /// A SYN: the stream begins behind it. One that nothing has followed gives way to a later one.
    pub fn syn(&mut self, isn: u32) {
        if self.next.is_none() || self.is_fresh() {
            self.next = Some(isn.wrapping_add(1));
            self.isn = Some(isn);
            self.acked = None;
        }
    }

    /// A FIN, behind the byte before `seq`.
    pub fn fin(&mut self, seq: u32) {
        self.fin.get_or_insert(seq);
    }

    /// Nothing of the stream was seen.
    fn is_fresh(&self) -> bool {
        self.stream == 0 && self.early.is_empty()
    }

    /// Whether the other side has acknowledged the beginning that is assumed.
    fn is_confirmed(&self) -> bool {
        matches!((self.acked, self.next), (Some(acked), Some(next)) if within(acked, next))
    }

    /// Whether the first data cannot follow a SYN that nobody confirmed: a forged one, or one that was never answered.
    pub fn is_astray(&self, seq: u32) -> bool {
        self.is_fresh() && !self.is_confirmed() && self.next.is_some_and(|next| !within(seq, next))
    }

    /// Begins anew at `seq`.
    pub fn restart(&mut self, seq: u32) {
        (self.next, self.isn, self.acked) = (Some(seq), None, None);
    }

    /// The other side acknowledged `ack`. Where the beginning was not captured, or a SYN was forged, that tells where the stream stands.
    pub fn acknowledged(&mut self, ack: u32) {
        match self.next {
            None => {
                let first = self.early.front().map(|e| e.seq).filter(|&seq| distance(seq, ack) < 0);
                self.next = Some(first.unwrap_or(ack));
            }
            Some(next) if self.is_fresh() && !self.is_confirmed() && !within(ack, next) => self.restart(ack),
            Some(_) => {}
        }
        if self.acked.is_none_or(|acked| distance(ack, acked) > 0) {
            self.acked = Some(ack);
        }
    }

    /// Takes a segment's data. `unwanted`: so many of the next bytes nobody wants to see. `give` gets what is now in order.
    pub fn segment(&mut self, data: &Data<'_>, unwanted: u64, recent: &mut Recent, give: &mut impl FnMut(Piece<'_>)) {
        let &Data { seq, data, cut, ts, ack } = data;
        let Some(next) = self.next else {
            return self.hold(seq, data, cut, ts, As::Bytes(ack));
        };
        let ahead = distance(seq, next);
        if ahead > limits::WINDOW && !self.is_believed(seq, data.len()) {
            return;
        }
        if ahead > 0 {
            let wanted = unwanted.saturating_sub(ahead.unsigned_abs()) < data.len() as u64;
            return self.hold(seq, data, cut, ts, if wanted { As::Bytes(ack) } else { As::Unwanted });
        }
        let behind = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
        if behind > 0 {
            self.retransmissions = self.retransmissions.saturating_add(1);
            self.compare(seq, data, recent);
        }
        let fresh = data.get(behind..).unwrap_or_default();
        // What was captured may be wholly old while the uncaptured rest reaches further.
        let rest = (cut as usize).saturating_sub(behind.saturating_sub(data.len()));
        let rest = u32::try_from(rest).unwrap_or(0);
        let wanted = unwanted < fresh.len() as u64;
        if self.early.is_empty() && !(wanted && self.waits(ack)) {
            self.advance(fresh, rest, wanted, recent, give);
        } else {
            self.hold(next, fresh, rest, ts, if wanted { As::Bytes(ack) } else { As::Unwanted });
            self.settle(ts, recent, give);
        }
    }

    /// A segment far beyond what any window allows is an attack or a mistake, unless the other side has acknowledged up to there or further
    /// segments continue it: then the capture has lost that much.
    fn is_believed(&mut self, seq: u32, len: usize) -> bool {
        let known = self.acked.is_some_and(|acked| distance(seq, acked).abs() <= limits::WINDOW);
        let (expected, times) = self.far;
        let times = if expected == seq { times.saturating_add(1) } else { 1 };
        self.far = (seq.wrapping_add(len as u32), times);
        known || times >= limits::FAR_SEGMENTS
    }

    fn advance(&mut self, fresh: &[u8], cut: u32, wanted: bool, recent: &mut Recent, give: &mut impl FnMut(Piece<'_>)) {
        if !fresh.is_empty() {
            if wanted {
                self.remember(fresh, recent);
            }
            self.step(fresh.len() as u64);
            give(Piece::Bytes(fresh));
        }
        if cut > 0 {
            self.step(u64::from(cut));
            self.missed = self.missed.saturating_add(u64::from(cut));
            give(Piece::Gap(u64::from(cut)));
        }
    }

    /// Whether the next byte of a stream that has begun is that of `seq`.
    pub fn goes_on_at(&self, seq: u32) -> bool {
        self.stream > 0 && self.next == Some(seq)
    }

    /// Moves on by data that nobody wants to see.
    pub fn step(&mut self, n: u64) {
        self.next = self.next.map(|next| next.wrapping_add(n as u32));
        self.stream = self.stream.saturating_add(n);
    }

    /// Keeps the next bytes for a comparison with later copies.
    fn remember(&mut self, bytes: &[u8], recent: &mut Recent) {
        let shown = Shown {
            seq: self.next.unwrap_or(0),
            len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            at: recent.keep(bytes),
        };
        self.shown = [shown, self.shown[0]];
    }

    /// Counts if a later copy of bytes that were shown already is another one.
    fn compare(&mut self, seq: u32, data: &[u8], recent: &Recent) {
        let differs = self.shown.iter().any(|shown| {
            let into = distance(seq, shown.seq);
            let (skip_new, skip_old) = if into < 0 {
                (into.unsigned_abs(), 0)
            } else {
                (0, into.unsigned_abs())
            };
            let both = (data.len() as u64)
                .saturating_sub(skip_new)
                .min(u64::from(shown.len).saturating_sub(skip_old));
            let from = usize::try_from(skip_new).unwrap_or(usize::MAX);
            let copy = data.get(from..from.saturating_add(both as usize)).unwrap_or_default();
            !recent.agrees(shown.at.saturating_add(skip_old), copy)
        });
        self.disagreements = self.disagreements.saturating_add(u64::from(differs));
    }

    /// Keeps what of a segment is not held yet, in order of sequence.
    fn hold(&mut self, seq: u32, data: &[u8], cut: u32, ts: i64, as_what: As) {
        if self.early.is_empty() {
            self.hole_since = ts;
        }
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.keep(seq, data, len, ts, as_what);
        self.keep(seq.wrapping_add(len), &[], cut, ts, As::Cut);
    }

    /// Keeps `len` bytes from `seq` on, as `as_what` says, but for those that are held already.
    fn keep(&mut self, seq: u32, data: &[u8], len: u32, ts: i64, as_what: As) {
        let mut from = 0i64;
        let mut at = self.place(seq);
        while from < i64::from(len) {
            let older = self.early.get(at).map(|e| (distance(e.seq, seq), i64::from(e.len)));
            let (start, stop) = match older {
                Some((start, held)) if start < i64::from(len) => (start, start.saturating_add(held)),
                _ => (i64::from(len), i64::from(len)),
            };
            if start > from {
                self.insert(at, seq, data, from..start, ts, as_what);
                at += 1;
            }
            if stop > start {
                self.overlap(at, seq, data, start.max(from)..stop.min(i64::from(len)));
            }
            from = from.max(stop);
            at += 1;
        }
    }

    /// Before which of the held pieces those from `seq` on have their place: most come in order, or in order backwards.
    fn place(&self, seq: u32) -> usize {
        let is_before = |e: &Early| distance(e.seq, seq).saturating_add(i64::from(e.len)) <= 0;
        match (self.early.front(), self.early.back()) {
            (Some(first), _) if !is_before(first) => 0,
            (_, Some(last)) if is_before(last) => self.early.len(),
            _ => self.early.partition_point(is_before),
        }
    }

    fn insert(&mut self, at: usize, seq: u32, data: &[u8], range: std::ops::Range<i64>, ts: i64, as_what: As) {
        let content = match as_what {
            As::Bytes(_) => Content::Bytes(part(data, &range).to_vec()),
            As::Unwanted => Content::Unwanted,
            As::Cut => Content::Cut,
        };
        if let Content::Bytes(bytes) = &content {
            self.held += bytes.len();
        }
        let early = Early {
            seq: seq.wrapping_add(range.start as u32),
            len: (range.end - range.start) as u32,
            ts,
            ack: if let As::Bytes(ack) = as_what { ack } else { None },
            content,
        };
        self.early.insert(at.min(self.early.len()), early);
    }

    /// `range` of a segment at `seq` is held already, at place `at`: it was sent again.
    fn overlap(&mut self, at: usize, seq: u32, data: &[u8], range: std::ops::Range<i64>) {
        self.retransmissions = self.retransmissions.saturating_add(1);
        let Some(Early {
            seq: first,
            content: Content::Bytes(bytes),
            ..
        }) = self.early.get(at)
        else {
            return;
        };
        let shift = distance(*first, seq);
        let held = part(bytes, &(range.start - shift..range.end - shift));
        let again = part(data, &range);
        if again.len() == held.len() && again != held {
            self.disagreements = self.disagreements.saturating_add(1);
        }
    }

    /// Gives what has become in order, if anything has.
    pub fn settle(&mut self, ts: i64, recent: &mut Recent, give: &mut impl FnMut(Piece<'_>)) {
        while let (Some(first), Some(next)) = (self.early.front(), self.next) {
            let ahead = distance(first.seq, next);
            if ahead > 0 || self.waits(first.ack) {
                break;
            }
            let behind = ahead.unsigned_abs();
            let Some(early) = self.early.pop_front() else { break };
            // The next hole is as old as the first piece behind it.
            self.hole_since = self.early.front().map_or(ts, |next| next.ts);
            let fresh = u64::from(early.len).saturating_sub(behind);
            if behind > 0 {
                self.retransmissions = self.retransmissions.saturating_add(1);
            }
            if let Content::Bytes(bytes) = &early.content {
                self.held -= bytes.len();
            }
            if fresh == 0 {
                continue;
            }
            match early.content {
                Content::Bytes(bytes) => {
                    let bytes = bytes.get(usize::try_from(behind).unwrap_or(0)..).unwrap_or_default();
                    self.remember(bytes, recent);
                    self.step(fresh);
                    give(Piece::Held(bytes, early.ts));
                }
                Content::Unwanted => {
                    self.step(fresh);
                    give(Piece::Unseen(fresh));
                }
                Content::Cut => self.lose(fresh, give),
            }
        }
    }

    /// Whether it is time to give up: a hole that was acknowledged long enough ago was lost by the capture, not by the network. What waits for
    /// the other direction waits as long as interfaces may lag.
    pub fn is_due(&self, ts: i64) -> bool {
        let covered = matches!((self.acked, self.next), (Some(acked), Some(next)) if distance(acked, next) > 0);
        let age = match self.only_waits() {
            true => limits::HOLE_WAIT,
            false if covered => limits::HOLE_AGE,
            false => return false,
        };
        self.has_hole() && ts.saturating_sub(self.hole_since) > age
    }

    /// Whether nothing is missing before the first piece that is held: it waits for the other direction.
    pub fn only_waits(&self) -> bool {
        matches!((self.early.front(), self.next), (Some(first), Some(next)) if distance(first.seq, next) <= 0)
    }

    /// Whether too much is held.
    pub fn is_full(&self) -> bool {
        self.early.len() > limits::REORDER_SEGMENTS || self.held > limits::REORDER
    }

    /// Nothing more comes: what a FIN shows to have been sent and was not seen is lost too.
    pub fn finish(&mut self, give: &mut impl FnMut(Piece<'_>)) {
        if let (Some(fin), Some(next)) = (self.fin, self.next) {
            let missing = distance(fin, next);
            if (1..=limits::WINDOW).contains(&missing) {
                self.lose(missing.unsigned_abs(), give);
            }
        }
    }

    /// Declares the hole before the first piece that is held, or waits no longer for what it acknowledges; gives what is in order then.
    pub fn give_up_hole(&mut self, ts: i64, recent: &mut Recent, give: &mut impl FnMut(Piece<'_>)) {
        let Some(first) = self.early.front() else { return };
        match self.next {
            Some(_) if self.only_waits() => self.in_vain = self.other,
            Some(next) => self.lose(distance(first.seq, next).unsigned_abs(), give),
            // The beginning never came: nobody knows how much is missing.
            None => {
                self.next = Some(first.seq);
                give(Piece::Gap(0));
            }
        }
        self.settle(ts, recent, give);
    }

    fn lose(&mut self, missing: u64, give: &mut impl FnMut(Piece<'_>)) {
        self.step(missing);
        self.missed = self.missed.saturating_add(missing);
        give(Piece::Gap(missing));
    }
}

fn part<'a>(bytes: &'a [u8], range: &std::ops::Range<i64>) -> &'a [u8] {
    let at = |n: i64| usize::try_from(n).unwrap_or(0).min(bytes.len());
    bytes.get(at(range.start)..at(range.end)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
