//! One direction of a TCP connection: which bytes of the stream are next (RFC 9293 section 3.4). In-order bytes pass through without a copy;
//! only what comes too early is held.

use crate::limits;

/// A piece that came too early.
#[derive(Debug)]
struct Early {
    seq: u32,
    /// Bytes of the stream, those that were not captured included.
    len: u32,
    /// The last so many were not captured.
    cut: u32,
    /// When it came.
    ts: i64,
    /// `None` where nobody wants to see the bytes.
    data: Option<Vec<u8>>,
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

#[derive(Debug, Default)]
pub struct Side {
    /// Sequence number of the first byte and of the next, once one is known.
    first: Option<u32>,
    next: Option<u32>,
    early: Vec<Early>,
    /// When the oldest hole appeared.
    hole_since: i64,
    /// Highest acknowledgement by the other side.
    acked: Option<u32>,
    /// Bytes of the stream so far, lost ones included.
    pub stream: u64,
    pub missed: u64,
    pub retransmitted: bool,
    pub disagreements: u64,
}

/// How far `a` lies behind `b`, as RFC 9293 compares sequence numbers.
fn distance(a: u32, b: u32) -> i64 {
    i64::from(a.wrapping_sub(b) as i32)
}

impl Side {
    pub fn next(&self) -> Option<u32> {
        self.next
    }

    pub fn first(&self) -> Option<u32> {
        self.first
    }

    /// Bytes held.
    pub fn held(&self) -> usize {
        self.early.iter().map(|e| e.data.as_ref().map_or(0, Vec::len)).sum()
    }

    pub fn has_hole(&self) -> bool {
        !self.early.is_empty()
    }

    /// The stream begins at `seq`: a SYN told, or it is the first byte seen of a connection that was already there.
    pub fn begin(&mut self, seq: u32) {
        self.first.get_or_insert(seq);
        self.next.get_or_insert(seq);
    }

    /// A segment of `data`, of which `cut` further bytes were not captured. `unwanted`: so many of the next bytes nobody wants to see.
    /// `give` gets what is now in order.
    pub fn segment(&mut self, seq: u32, data: &[u8], cut: u32, ts: i64, unwanted: u64, give: &mut impl FnMut(Piece<'_>)) {
        let Some(next) = self.next else {
            self.hold(seq, data, cut, ts, 0);
            return;
        };
        let ahead = distance(seq, next);
        if ahead > 0 {
            self.hold(seq, data, cut, ts, unwanted.saturating_sub(ahead.unsigned_abs()));
            return;
        }
        let behind = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
        if behind > 0 {
            self.retransmitted = true;
        }
        match data.get(behind..) {
            Some(fresh) => {
                self.advance(fresh, cut, give);
                if !self.early.is_empty() {
                    self.drain(ts, give);
                }
            }
            // Wholly old, but the uncaptured rest may reach further.
            None => {
                let old = behind - data.len();
                let rest = (cut as usize).saturating_sub(old);
                if rest > 0 {
                    self.advance(&[], u32::try_from(rest).unwrap_or(0), give);
                    self.drain(ts, give);
                }
            }
        }
    }

    fn advance(&mut self, fresh: &[u8], cut: u32, give: &mut impl FnMut(Piece<'_>)) {
        if !fresh.is_empty() {
            self.step(fresh.len() as u64);
            give(Piece::Bytes(fresh));
        }
        if cut > 0 {
            self.step(u64::from(cut));
            self.missed = self.missed.saturating_add(u64::from(cut));
            give(Piece::Gap(u64::from(cut)));
        }
    }

    fn step(&mut self, n: u64) {
        self.next = self.next.map(|next| next.wrapping_add(n as u32));
        self.stream = self.stream.saturating_add(n);
    }

    /// Keeps a piece that came too early, in order of sequence. The first copy of a byte wins; a later copy that differs is counted.
    fn hold(&mut self, seq: u32, data: &[u8], cut: u32, ts: i64, unwanted: u64) {
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(cut);
        if len == 0 {
            return;
        }
        if self.early.is_empty() {
            self.hole_since = ts;
        }
        let at = self.early.partition_point(|e| distance(e.seq, seq) <= 0);
        let data_wanted = unwanted < u64::from(len);
        if let Some(same) = at.checked_sub(1).and_then(|n| self.early.get(n)) {
            let into = distance(seq, same.seq);
            if into.saturating_add(i64::from(len)) <= i64::from(same.len) {
                self.retransmitted = true;
                let start = usize::try_from(into).unwrap_or(0);
                let first = same.data.as_ref().and_then(|d| d.get(start..start.saturating_add(data.len())));
                if first.is_some_and(|first| first != data) {
                    self.disagreements = self.disagreements.saturating_add(1);
                }
                return;
            }
        }
        let data = (data_wanted && !data.is_empty()).then(|| data.to_vec());
        self.early.insert(at, Early { seq, len, cut, ts, data });
    }

    /// Gives what has become in order.
    fn drain(&mut self, ts: i64, give: &mut impl FnMut(Piece<'_>)) {
        while let (Some(first), Some(next)) = (self.early.first(), self.next) {
            let ahead = distance(first.seq, next);
            if ahead > 0 {
                break;
            }
            let behind = ahead.unsigned_abs();
            let early = self.early.remove(0);
            let fresh = u64::from(early.len).saturating_sub(behind);
            if behind > 0 {
                self.retransmitted = true;
            }
            if fresh == 0 {
                continue;
            }
            self.step(fresh);
            let lost = u64::from(early.cut).min(fresh);
            self.missed = self.missed.saturating_add(lost);
            let Some(data) = early.data else {
                give(Piece::Unseen(fresh));
                continue;
            };
            if fresh > lost {
                give(Piece::Held(
                    data.get(usize::try_from(behind).unwrap_or(0)..).unwrap_or_default(),
                    early.ts,
                ));
            }
            if lost > 0 {
                give(Piece::Gap(lost));
            }
        }
        self.hole_since = ts;
    }

    /// The other side acknowledged `ack`: a hole that it covers and that is old was lost by the capture.
    pub fn acknowledged(&mut self, ack: u32, ts: i64, give: &mut impl FnMut(Piece<'_>)) {
        if self.acked.is_none_or(|acked| distance(ack, acked) > 0) {
            self.acked = Some(ack);
        }
        let covered = matches!((self.acked, self.next), (Some(acked), Some(next)) if distance(acked, next) > 0);
        if self.has_hole() && covered && ts.saturating_sub(self.hole_since) > limits::HOLE_AGE {
            self.give_up_hole(ts, give);
        }
    }

    /// Too much is held: the oldest hole is given up.
    pub fn relieve(&mut self, ts: i64, give: &mut impl FnMut(Piece<'_>)) {
        while self.has_hole() && (self.early.len() > limits::REORDER_SEGMENTS || self.held() > limits::REORDER) {
            self.give_up_hole(ts, give);
        }
    }

    /// Nothing more comes: every hole is given up.
    pub fn finish(&mut self, ts: i64, give: &mut impl FnMut(Piece<'_>)) {
        while self.has_hole() {
            self.give_up_hole(ts, give);
        }
    }

    fn give_up_hole(&mut self, ts: i64, give: &mut impl FnMut(Piece<'_>)) {
        let Some(first) = self.early.first() else { return };
        match self.next {
            Some(next) => {
                let missing = distance(first.seq, next).unsigned_abs();
                self.step(missing);
                self.missed = self.missed.saturating_add(missing);
                give(Piece::Gap(missing));
            }
            // The beginning never came: nobody knows how much is missing.
            None => {
                self.next = Some(first.seq);
                give(Piece::Gap(0));
            }
        }
        self.drain(ts, give);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays segments (seq, data) and gives the stream, `?` for each lost byte.
    fn play(segments: &[(u32, &[u8])], begin: Option<u32>) -> (Vec<u8>, Side) {
        let mut side = Side::default();
        let mut got = Vec::new();
        if let Some(seq) = begin {
            side.begin(seq);
        }
        let mut give = |piece: Piece<'_>| match piece {
            Piece::Bytes(b) | Piece::Held(b, _) => got.extend_from_slice(b),
            Piece::Unseen(n) | Piece::Gap(n) => got.extend(std::iter::repeat_n(b'?', n as usize)),
        };
        for (seq, data) in segments {
            side.segment(*seq, data, 0, 0, 0, &mut give);
            side.relieve(0, &mut give);
        }
        side.finish(0, &mut give);
        (got, side)
    }

    #[test]
    fn order_overlap_and_retransmission_do_not_matter() {
        assert_eq!(play(&[(10, b"abc"), (13, b"def")], Some(10)).0, b"abcdef");
        assert_eq!(play(&[(13, b"def"), (10, b"abc")], Some(10)).0, b"abcdef");
        assert_eq!(play(&[(10, b"abc"), (10, b"abc"), (12, b"cdef")], Some(10)).0, b"abcdef");
        assert_eq!(play(&[(14, b"ef"), (12, b"cd"), (10, b"ab"), (14, b"ef")], Some(10)).0, b"abcdef");
    }

    #[test]
    fn sequence_numbers_wrap() {
        assert_eq!(play(&[(2, b"def"), (u32::MAX, b"abc")], Some(u32::MAX)).0, b"abcdef");
    }

    #[test]
    fn a_hole_is_declared_not_guessed() {
        let (got, side) = play(&[(10, b"ab"), (14, b"ef")], Some(10));
        assert_eq!((got.as_slice(), side.missed, side.stream), (b"ab??ef".as_slice(), 2, 6));
    }

    #[test]
    fn the_first_copy_wins_and_disagreement_is_counted() {
        let (got, side) = play(&[(13, b"def"), (13, b"XXX"), (10, b"abc")], Some(10));
        assert_eq!((got.as_slice(), side.disagreements), (b"abcdef".as_slice(), 1));
    }

    #[test]
    fn data_before_its_syn_waits_for_it() {
        let mut side = Side::default();
        let mut got = Vec::new();
        let mut give = |piece: Piece<'_>| {
            if let Piece::Bytes(b) | Piece::Held(b, _) = piece {
                got.extend_from_slice(b);
            }
        };
        side.segment(13, b"def", 0, 0, 0, &mut give);
        side.begin(10);
        side.segment(10, b"abc", 0, 0, 0, &mut give);
        assert_eq!(got, b"abcdef");
    }

    #[test]
    fn what_the_snap_length_left_of_an_early_piece_is_shown_too() {
        for early in [false, true] {
            let mut side = Side::default();
            side.begin(10);
            let mut got = Vec::new();
            let mut give = |piece: Piece<'_>| match piece {
                Piece::Bytes(b) | Piece::Held(b, _) => got.extend_from_slice(b),
                Piece::Unseen(n) | Piece::Gap(n) => got.extend(std::iter::repeat_n(b'?', n as usize)),
            };
            let mut pieces = [(10, b"abc", 0), (13, b"def", 2), (18, b"ghi", 0)];
            if early {
                pieces.reverse();
            }
            for (seq, data, cut) in pieces {
                side.segment(seq, data, cut, 0, 0, &mut give);
            }
            assert_eq!((got.as_slice(), side.missed), (b"abcdef??ghi".as_slice(), 2), "early {early}");
        }
    }

    #[test]
    fn a_storm_of_early_segments_is_bounded() {
        let mut side = Side::default();
        side.begin(0);
        for n in 0..100_000u32 {
            side.segment(2 + n * 2, b"x", 0, 0, 0, &mut |_| {});
            side.relieve(0, &mut |_| {});
            assert!(side.early.len() <= limits::REORDER_SEGMENTS + 1);
        }
    }
}
