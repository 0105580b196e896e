//! A session: takes records out of frames, and messages out of records, for both directions (LIS01-A2 6).
//!
//! Whoever wants to send asks (ENQ), is let (ACK), sends frames of which each waits for its answer, and ends (EOT). A frame that was refused
//! or not answered comes again with its number. On a serial line nothing else is said meanwhile; over TCP the answers have a direction of
//! their own.

use ahash::RandomState;

use super::message::{Carried, Message};
use super::probe::{checksum, hex, ACK, ENQ, EOT, ETB, ETX, NAK, STX};
use super::record::{kind, whole_head, DEFAULT};
use crate::context::Context;
use crate::limits;
use crate::protocols::hl7::segment::{Delimiters, Head, Segment};
use crate::protocols::{Dir, Session, Step};
use crate::text::{find, find_near};

#[derive(Default)]
pub struct AstmSession {
    sides: [Side; 2],
    /// Seeded at random: nobody can make another frame that passes for one that comes again.
    hasher: RandomState,
}

/// One direction.
struct Side {
    open: Option<Box<Message>>,
    by: Delimiters,
    carried: Carried,
    /// A sender asked and has sent no record yet: its first is a header.
    asked: bool,
    /// The number that the next frame has, if that is known, and number and content of the last.
    expected: Option<u8>,
    last: Option<(u8, u64)>,
    /// A frame whose checksum did not hold: it counts if the sender goes on without it.
    damaged: Option<Box<Damaged>>,
    /// When the frame ended that is not answered yet.
    unanswered: Option<i64>,
    /// A record whose end is awaited.
    record: Begun,
    /// The rest of a frame or line that is too long passes.
    passes: bool,
    /// How many bytes of what is awaited were already searched for its end, and when its first byte was seen.
    searched: usize,
    since: Option<i64>,
}

impl Default for Side {
    fn default() -> Self {
        Side {
            by: DEFAULT,
            open: None,
            carried: Carried::default(),
            asked: false,
            expected: None,
            last: None,
            damaged: None,
            unanswered: None,
            record: Begun::default(),
            passes: false,
            searched: 0,
            since: None,
        }
    }
}

/// A record of which frames have brought a part.
#[derive(Default)]
struct Begun {
    bytes: Vec<u8>,
    at: u64,
    since: i64,
    /// It is longer than what is kept of it.
    cut: bool,
}

struct Damaged {
    number: Option<u8>,
    text: Vec<u8>,
    ends: bool,
    place: Place,
    /// The receiver said NAK to it.
    refused: bool,
}

/// Offset of the first byte of a text, and when that was seen.
#[derive(Clone, Copy)]
struct Place {
    at: u64,
    since: i64,
}

/// A frame from its number to ETB or ETX.
struct Frame<'a> {
    number: Option<u8>,
    text: &'a [u8],
    /// ETX: the record ends with it.
    ends: bool,
    /// The checksum holds.
    whole: bool,
    place: Place,
}

impl Session for AstmSession {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let mut used = 0usize;
        while let Some(rest) = bytes.get(used..).filter(|r| !r.is_empty()) {
            let at = cx.offset.saturating_add(used as u64);
            let Some(n) = self.advance(dir, rest, at, cx) else { break };
            used = used.saturating_add(n);
            let side = self.side(dir);
            (side.searched, side.since) = (0, None);
        }
        if used > 0 {
            return Step::Took(used);
        }
        let ts = cx.ts;
        self.side(dir).since.get_or_insert(ts);
        Step::Need(bytes.len().saturating_add(1))
    }

    /// A frame or record without its end: all its whole fields count, but not its end.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let place = Place {
            at: cx.offset,
            since: cx.ts,
        };
        match bytes {
            _ if self.side(dir).passes => {}
            [STX, number, rest @ ..] => {
                let again = self.side(dir).last.is_some_and(|(last, _)| Some(last) == digit(*number));
                let text = rest.split(|b| matches!(*b, ETX | ETB)).next().unwrap_or_default();
                if !again && self.side(dir).damaged.is_none() {
                    self.unproven(dir, text, place, cx);
                }
            }
            [first, ..] if *first >= b' ' => self.line(dir, bytes, true, place, cx),
            _ => {}
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.lost(dir, cx);
        *self.side(dir) = Side::default();
        // An answer may be among what was lost.
        self.side(dir.other()).unanswered = None;
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            self.lost(dir, cx);
        }
    }

    fn held(&self) -> usize {
        let damaged = |side: &Side| side.damaged.as_ref().map_or(0, |damaged| damaged.text.capacity());
        self.sides
            .iter()
            .map(|side| side.record.bytes.capacity().saturating_add(damaged(side)))
            .sum()
    }
}

impl AstmSession {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    /// Uses what stands first in `rest`, which begins at offset `at`: a signal, a frame or a record. Says how much, or `None` to wait.
    fn advance(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Option<usize> {
        let ts = cx.ts;
        let side = self.side(dir);
        let place = Place {
            at,
            since: side.since.unwrap_or(ts),
        };
        if side.passes {
            let end = find(rest, |b| b < b' ' && b != b'\t');
            side.passes = end.is_none();
            if end != Some(0) {
                return Some(end.unwrap_or(rest.len()));
            }
        }
        match *rest.first()? {
            STX => return self.frame(dir, rest, place, cx),
            ENQ => self.enquiry(dir, cx),
            EOT => self.end_of_transfer(dir, cx),
            ACK => self.answered(dir.other(), false, ts),
            NAK => self.answered(dir.other(), true, ts),
            first if first >= b' ' || first == b'\t' => return self.unframed(dir, rest, place, cx),
            _ => {}
        }
        Some(1)
    }

    /// A sender asks to send (LIS01-A2 6.2): what it sent before is over.
    fn enquiry(&mut self, dir: Dir, cx: &mut Context<'_>) {
        self.over(dir, cx);
        let side = self.side(dir);
        (side.asked, side.expected) = (true, Some(1));
    }

    /// A sender ends (LIS01-A2 6.4), or a receiver asks to be let send (6.5.4), which also means that it took the frame.
    fn end_of_transfer(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let sends = side.open.is_some() || side.asked || side.expected.is_some();
        if !sends {
            let ts = cx.ts;
            return self.answered(dir.other(), false, ts);
        }
        self.over(dir, cx);
    }

    /// Nothing more comes of what `dir` sends.
    fn over(&mut self, dir: Dir, cx: &mut Context<'_>) {
        self.accept_damaged(dir, cx);
        self.rest_of_record(dir, cx);
        self.close(dir, false, cx);
        let side = self.side(dir);
        (side.asked, side.expected, side.last, side.unanswered) = (false, None, None, None);
        (side.damaged, side.carried) = (None, Carried::default());
    }

    /// What more `dir` sends will not be seen.
    fn lost(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let side = self.side(dir);
        if let Some(damaged) = side.damaged.take().filter(|_| side.open.is_none()) {
            self.unproven(dir, &damaged.text, damaged.place, cx);
        }
        self.rest_of_record(dir, cx);
        self.close(dir, true, cx);
    }

    /// Text whose checksum does not hold or was not seen: it tells who speaks, but ends no message.
    fn unproven(&mut self, dir: Dir, text: &[u8], place: Place, cx: &mut Context<'_>) {
        self.text(dir, text, false, place, cx);
        self.rest_of_record(dir, cx);
        if let Some(open) = &mut self.side(dir).open {
            open.ended = false;
        }
    }

    /// The other direction answered what `dir` sent last.
    fn answered(&mut self, dir: Dir, refused: bool, ts: i64) {
        let side = self.side(dir);
        let Some(sent) = side.unanswered.take() else { return };
        let took = ts.saturating_sub(sent).max(0) as f64 / 1e9;
        side.carried.latency = Some(side.carried.latency.unwrap_or(0.0).max(took));
        if refused {
            side.carried.naks = side.carried.naks.saturating_add(1);
            if let Some(damaged) = &mut side.damaged {
                damaged.refused = true;
            }
        }
    }

    /// Finds the end of a frame (LIS01-A2 6.3.1): STX, number, text, ETB or ETX, two digits of checksum. CR and LF are passed over later.
    fn frame(&mut self, dir: Dir, rest: &[u8], place: Place, cx: &mut Context<'_>) -> Option<usize> {
        let side = self.side(dir);
        let within = rest.get(..limits::ASTM_FRAME).unwrap_or(rest);
        let from = side.searched.max(1);
        let ends = |b: u8| matches!(b, STX | ETX | EOT | ENQ | ETB);
        let Some(end) = find_near(within.get(from..).unwrap_or_default(), ends).map(|n| n.saturating_add(from)) else {
            if rest.len() < limits::ASTM_FRAME {
                side.searched = rest.len();
                return None;
            }
            side.carried.malformed.get_or_insert("long frame");
            side.passes = true;
            return Some(within.len());
        };
        let body = within.get(1..end).unwrap_or_default();
        let last = within.get(end).copied().unwrap_or_default();
        if !matches!(last, ETX | ETB) {
            side.carried.malformed.get_or_insert("frame");
            return Some(end);
        }
        let Some(given) = rest.get(end.saturating_add(1)..end.saturating_add(3)) else {
            side.searched = end;
            return None;
        };
        let given = hex(given);
        let number = body.first().copied().and_then(digit);
        let frame = Frame {
            number,
            text: if number.is_some() {
                body.get(1..).unwrap_or_default()
            } else {
                body
            },
            ends: last == ETX,
            whole: given.is_some() && given == checksum(within.get(1..=end).unwrap_or_default()),
            place,
        };
        self.take(dir, &frame, cx);
        Some(end.saturating_add(if given.is_some() { 3 } else { 1 }))
    }

    /// Takes a frame once: one that comes again replaces the one before, whose number it has (LIS01-A2 6.5.1).
    fn take(&mut self, dir: Dir, frame: &Frame<'_>, cx: &mut Context<'_>) {
        let ts = cx.ts;
        let hash = self.hasher.hash_one((frame.text, frame.ends));
        let this = frame.number.map(|number| (number, hash));
        let side = self.side(dir);
        side.unanswered = Some(ts);
        let mends = side.damaged.as_ref().is_some_and(|damaged| damaged.number == frame.number);
        if mends {
            side.damaged = None;
        }
        let again = mends || (this.is_some() && this == side.last);
        if again {
            side.carried.retransmitted = side.carried.retransmitted.saturating_add(1);
        } else {
            self.accept_damaged(dir, cx);
        }
        let side = self.side(dir);
        if !frame.whole {
            side.carried.checksum_errors = side.carried.checksum_errors.saturating_add(1);
        }
        if again && !mends {
            return;
        }
        if !again && frame.number.is_none_or(|n| side.expected.is_some_and(|expected| expected != n)) {
            side.carried.malformed.get_or_insert("frame number");
        }
        side.expected = frame.number.map(following);
        if frame.whole {
            side.last = this;
            self.text(dir, frame.text, frame.ends, frame.place, cx);
            return self.counted(dir);
        }
        side.damaged = Some(Box::new(Damaged {
            number: frame.number,
            text: frame.text.to_vec(),
            ends: frame.ends,
            place: frame.place,
            refused: false,
        }));
    }

    /// The sender went on after a frame that was damaged: the receiver took it as it was, unless it said otherwise.
    fn accept_damaged(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let Some(damaged) = side.damaged.take().filter(|damaged| !damaged.refused) else {
            return;
        };
        self.text(dir, &damaged.text, damaged.ends, damaged.place, cx);
        self.counted(dir);
    }

    /// A frame was read: it counts to the message that is open then.
    fn counted(&mut self, dir: Dir) {
        let carried = &mut self.side(dir).carried;
        carried.frames = carried.frames.saturating_add(1);
    }

    /// Records end with CR, or with the frame that ends the text (ETX).
    fn text(&mut self, dir: Dir, text: &[u8], ends: bool, place: Place, cx: &mut Context<'_>) {
        let mut at = place.at;
        for part in text.split_inclusive(|b| matches!(*b, b'\r' | b'\n')) {
            let line = part.strip_suffix(b"\r").or(part.strip_suffix(b"\n")).unwrap_or(part);
            let record = &mut self.side(dir).record;
            if record.bytes.is_empty() {
                (record.at, record.since, record.cut) = (at, place.since, false);
            }
            let room = limits::ASTM_RECORD.saturating_sub(record.bytes.len());
            record.cut |= line.len() > room;
            record.bytes.extend_from_slice(line.get(..room).unwrap_or(line));
            if line.len() < part.len() {
                self.whole_record(dir, cx);
            }
            at = at.saturating_add(part.len() as u64);
        }
        if ends {
            self.whole_record(dir, cx);
        }
    }

    fn whole_record(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let record = std::mem::take(&mut self.side(dir).record);
        if record.cut {
            self.side(dir).carried.malformed.get_or_insert("long record");
        }
        self.record(dir, &record, true, cx);
    }

    /// The end of a record will not come.
    fn rest_of_record(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let mut record = std::mem::take(&mut self.side(dir).record);
        record.cut = true;
        self.record(dir, &record, true, cx);
    }

    /// A record without a frame, or whatever else stands between frames.
    fn unframed(&mut self, dir: Dir, rest: &[u8], place: Place, cx: &mut Context<'_>) -> Option<usize> {
        let side = self.side(dir);
        let within = rest.get(..limits::ASTM_RECORD).unwrap_or(rest);
        let from = side.searched;
        let end = find(within.get(from..).unwrap_or_default(), |b| b < b' ' && b != b'\t').map(|n| n.saturating_add(from));
        if end.is_none() && rest.len() < limits::ASTM_RECORD {
            side.searched = rest.len();
            return None;
        }
        side.passes = end.is_none();
        let line = within.get(..end.unwrap_or(within.len())).unwrap_or_default();
        self.line(dir, line, end.is_none(), place, cx);
        Some(line.len())
    }

    /// A line counts if it is a header, or if the message that is open came without frames.
    fn line(&mut self, dir: Dir, line: &[u8], cut: bool, place: Place, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let declares = line.first() == Some(&b'H') && matches!(whole_head(line), Head::Declares(_));
        let continues = side.open.as_ref().is_some_and(|open| !open.framed);
        if declares || continues {
            let record = Begun {
                bytes: line.to_vec(),
                at: place.at,
                since: place.since,
                cut,
            };
            self.record(dir, &record, false, cx);
        }
    }

    fn record(&mut self, dir: Dir, record: &Begun, framed: bool, cx: &mut Context<'_>) {
        let line = record.bytes.as_slice();
        if line.is_empty() {
            return;
        }
        let asked = std::mem::take(&mut self.side(dir).asked);
        if line.first() == Some(&b'H') {
            self.close(dir, false, cx);
            self.begin(dir, record, framed);
        }
        let side = self.side(dir);
        let by = side.by;
        let known = kind(line, by.field);
        if side.open.is_none() && asked {
            side.by = DEFAULT;
            let mut message = new(record, framed);
            message.malformed = Some("no header");
            side.open = Some(message);
        }
        let Some(open) = &mut side.open else { return };
        match known {
            Some(known) => open.record(known, &Segment { line, by, cut: record.cut }, cx),
            None if record.cut => {}
            None => _ = open.malformed.get_or_insert("record type"),
        }
        // Frames that come again, and answers, still belong to a message in frames.
        if open.ended && !framed {
            self.close(dir, false, cx);
        }
    }

    /// A header: a message begins with the delimiters that it declares.
    fn begin(&mut self, dir: Dir, record: &Begun, framed: bool) {
        let mut message = new(record, framed);
        self.side(dir).by = match whole_head(&record.bytes) {
            Head::Declares(by) => by,
            Head::Short | Head::Wrong => {
                message.malformed = (!record.cut).then_some("delimiters");
                DEFAULT
            }
        };
        self.side(dir).open = Some(message);
    }

    /// Writes the message that is open. `lost`: more of it may have been sent.
    fn close(&mut self, dir: Dir, lost: bool, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let Some(mut message) = side.open.take() else { return };
        let carried = std::mem::take(&mut side.carried);
        let partial = lost && !message.ended;
        if !message.ended && !lost {
            message.malformed.get_or_insert("no terminator");
        }
        message.emit(dir, &carried, partial, cx);
    }
}

fn new(record: &Begun, framed: bool) -> Box<Message> {
    Box::new(Message::new(record.at, record.since, framed))
}

/// A frame number (LIS01-A2 6.3.2).
fn digit(b: u8) -> Option<u8> {
    (b'0'..=b'7').contains(&b).then(|| b.wrapping_sub(b'0'))
}

fn following(number: u8) -> u8 {
    number.wrapping_add(1) & 7
}
