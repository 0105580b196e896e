//! A session: cuts both directions into segments and messages, and joins each message with its acknowledgement.

use std::collections::VecDeque;

use super::long::Long;
use super::message::{control_id, Kind, Message, Sender, Slot};
use super::segment::{declares, head, name, segment_ends, Delimiters, Head, Segment, END_BLOCK, START_BLOCK};
use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};
use crate::text::find_control;

#[derive(Debug, Default)]
pub struct Hl7Session {
    sides: [Side; 2],
    /// The bodies of HTTP hold the messages.
    http: bool,
    spoke: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Side {
    open: Option<Box<Message>>,
    by: Delimiters,
    sender: Sender,
    /// Between start and end block.
    framed: bool,
    /// A segment longer than [`limits::HL7_SEGMENT`] passes.
    long: Option<Box<Long>>,
    /// An FHS or BHS is open.
    batch: Option<Batch>,
    /// Messages whose acknowledgement is awaited, oldest first.
    outstanding: VecDeque<Box<Message>>,
    /// How many bytes of the segment that is awaited were already searched for its end, and when its first byte was seen.
    searched: usize,
    since: Option<i64>,
}

/// A segment without its end, from offset `at` to `end`. `cut`: not all of it is here.
#[derive(Clone, Copy)]
struct Line<'a> {
    bytes: &'a [u8],
    cut: bool,
    at: u64,
    end: u64,
}

/// The envelope of a batch, itself a message as long as it holds none.
#[derive(Debug, Default)]
struct Batch {
    file: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    empty: Option<Box<Message>>,
}

impl Session for Hl7Session {
    fn in_batches(&self) -> bool {
        true
    }

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
        let side = self.side(dir);
        side.since.get_or_insert(ts);
        Step::Need(bytes.len().saturating_add(1))
    }

    /// A segment without its end: all its whole fields count.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let segment = bytes.get(..3).is_some() && bytes.first() != Some(&START_BLOCK);
        if segment && self.side(dir).long.is_none() {
            let line = Line {
                bytes,
                cut: true,
                at: cx.offset,
                end: cx.offset.saturating_add(bytes.len() as u64),
            };
            self.segment(dir, line, cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.body_ended(dir, true, cx);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            let side = self.side(dir);
            let cut = side.framed || side.long.is_some() || side.since.is_some();
            self.passed(dir, true, cx);
            self.close(dir, None, cut, cx);
            self.leave_batch(dir, cut, cx);
        }
        for dir in [Dir::Orig, Dir::Resp] {
            while let Some(message) = self.side(dir).outstanding.pop_front() {
                self.write(dir, message, cx);
            }
        }
    }
}

impl Hl7Session {
    pub fn over_http() -> Hl7Session {
        Hl7Session {
            http: true,
            ..Hl7Session::default()
        }
    }

    /// Whether there was a message.
    pub fn spoke(&self) -> bool {
        self.spoke
    }

    /// What comes next has nothing to do with what came, of which (`cut`) not all was seen.
    pub fn body_ended(&mut self, dir: Dir, cut: bool, cx: &mut Context<'_>) {
        self.passed(dir, cut, cx);
        self.close(dir, None, cut, cx);
        self.leave_batch(dir, cut, cx);
        let side = self.side(dir);
        (side.framed, side.batch, side.searched, side.since) = (false, None, 0, None);
    }

    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    /// Uses what stands first in `rest`, which begins at offset `at`: a control byte or a whole segment. Says how much, or `None` to wait.
    fn advance(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Option<usize> {
        if let Some(long) = &mut self.side(dir).long {
            let end = long.feed(rest);
            if end.is_some() {
                self.passed(dir, false, cx);
            }
            if end != Some(0) {
                return Some(end.unwrap_or(rest.len()));
            }
        }
        match rest.first()? {
            b'\r' | b'\n' => {
                self.segment_ended(dir, at.saturating_add(1));
                Some(1)
            }
            &END_BLOCK => {
                self.end_of_block(dir, at, cx);
                Some(1)
            }
            &START_BLOCK => self.start_of_block(dir, rest, at, cx),
            _ => self.line(dir, rest, at, cx),
        }
    }

    fn end_of_block(&mut self, dir: Dir, at: u64, cx: &mut Context<'_>) {
        if let Some(open) = &mut self.side(dir).open {
            open.bytes = at.saturating_sub(open.at);
        }
        self.close(dir, None, false, cx);
        self.leave_batch(dir, false, cx);
        self.side(dir).framed = false;
    }

    /// A start block in an open message counts only before a message: then the end block of the former was lost.
    fn start_of_block(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Option<usize> {
        if self.side(dir).framed {
            let name = rest.get(1..4)?;
            if declares(name) {
                if let Some(open) = &mut self.side(dir).open {
                    open.bytes = at.saturating_sub(open.at);
                }
                self.close(dir, Some("no end block"), false, cx);
                self.leave_batch(dir, false, cx);
            }
        } else {
            self.close(dir, None, false, cx);
            self.leave_batch(dir, false, cx);
        }
        self.side(dir).framed = true;
        Some(1)
    }

    /// A segment with its end; one that is too long to be awaited passes, the beginnings of its fields kept.
    fn line(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Option<usize> {
        let side = self.side(dir);
        let within = rest.get(..limits::HL7_SEGMENT).unwrap_or(rest);
        let end = within
            .get(side.searched..)
            .and_then(|bytes| find_control(bytes, segment_ends))
            .map(|n| n.saturating_add(side.searched));
        let Some(end) = end else {
            if rest.len() < limits::HL7_SEGMENT {
                side.searched = rest.len();
                return None;
            }
            let mut long = Long::new(within, side.by, at, side.since.unwrap_or(cx.ts));
            long.feed(within);
            side.long = Some(Box::new(long));
            return Some(within.len());
        };
        let line = Line {
            bytes: within.get(..end).unwrap_or_default(),
            cut: false,
            at,
            end: at.saturating_add(end as u64),
        };
        self.segment(dir, line, cx);
        if rest.get(end) != Some(&b'\r') {
            return Some(end);
        }
        let used = end.saturating_add(1);
        self.segment_ended(dir, at.saturating_add(used as u64));
        Some(used)
    }

    /// A CR or LF is part of the message, up to `end`.
    fn segment_ended(&mut self, dir: Dir, end: u64) {
        if let Some(open) = &mut self.side(dir).open {
            open.bytes = end.saturating_sub(open.at);
        }
    }

    /// A long segment ended, or (`cut`) its end will not be seen: then the fields before count.
    fn passed(&mut self, dir: Dir, cut: bool, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let Some(long) = side.long.take() else { return };
        side.since = Some(long.since);
        let line = Line {
            bytes: long.kept(),
            cut: cut || long.full,
            at: long.at,
            end: long.end,
        };
        self.segment(dir, line, cx);
        if let Some(open) = self.side(dir).open.as_mut().filter(|_| long.full) {
            open.malformed.get_or_insert("long segment");
        }
    }

    fn segment(&mut self, dir: Dir, line: Line<'_>, cx: &mut Context<'_>) {
        let Line { bytes, cut, at, end } = line;
        if bytes.get(..3).is_some_and(declares) {
            return self.declaration(dir, line, cx);
        }
        let framed = self.side(dir).framed;
        let by = self.side(dir).by;
        let Some(name) = name(bytes, by.field) else {
            let empty = self.side(dir).open.is_none() && self.side(dir).batch.is_none();
            if framed && empty && !matches!(bytes, [0x06] | [0x15]) {
                self.headless(dir, at, cx);
            }
            return;
        };
        if matches!(&name, b"BTS" | b"FTS") {
            self.close(dir, None, false, cx);
            return self.trailer(dir, &name, cx);
        }
        if self.side(dir).open.is_none() && framed && self.side(dir).batch.is_none() {
            self.headless(dir, at, cx);
        }
        let ts = cx.ts;
        if let Some(open) = &mut self.side(dir).open {
            open.segment(name, &Segment { line: bytes, by, cut }, cx);
            open.ended = ts;
            open.bytes = end.saturating_sub(open.at);
        }
        if &name == b"MSA" {
            self.acknowledge(dir);
        }
    }

    /// MSH, FHS or BHS: whatever was open ends here.
    fn declaration(&mut self, dir: Dir, line: Line<'_>, cx: &mut Context<'_>) {
        let Line { bytes, cut, at, end } = line;
        let unended = self.side(dir).framed && self.side(dir).batch.is_none();
        self.close(dir, unended.then_some("no end block"), false, cx);
        let mut message = self.begin(dir, at, cx);
        let by = match head(bytes) {
            Head::Declares(by) => by,
            Head::Short if cut => Delimiters::default(),
            Head::Short | Head::Wrong => {
                message.malformed = Some("delimiters");
                Delimiters::default()
            }
        };
        self.side(dir).by = by;
        let segment = Segment { line: bytes, by, cut };
        message.header(&segment, &mut self.side(dir).sender);
        message.bytes = end.saturating_sub(at);
        if !bytes.starts_with(b"MSH") {
            return self.envelope(dir, message, &segment, cx);
        }
        if let Some(batch) = &mut self.side(dir).batch {
            message.kind = Kind::Batch;
            message.set_utf8(Slot::Batch, batch.id.as_deref().or(batch.file.as_deref()));
            batch.empty = None;
        }
        message.segment(*b"MSH", &segment, cx);
        self.side(dir).open = Some(message);
    }

    /// FHS-11 and BHS-11 (2.14.7, 2.14.2): the control id of the file and of the batch.
    fn envelope(&mut self, dir: Dir, mut message: Box<Message>, segment: &Segment<'_>, cx: &mut Context<'_>) {
        let id = segment.header(11).and_then(control_id).map(<[u8]>::to_vec);
        let name = if segment.line.starts_with(b"FHS") { *b"FHS" } else { *b"BHS" };
        message.kind = Kind::Batch;
        message.segment(name, segment, cx);
        message.set_utf8(Slot::Batch, id.as_deref());
        if &name == b"FHS" {
            self.leave_batch(dir, false, cx);
            self.side(dir).batch = Some(Batch {
                file: id,
                id: None,
                empty: Some(message),
            });
        } else {
            let file = self.side(dir).batch.take().and_then(|b| b.file);
            self.side(dir).batch = Some(Batch {
                file,
                id,
                empty: Some(message),
            });
        }
    }

    /// BTS ends the batch, FTS the file.
    fn trailer(&mut self, dir: Dir, name: &[u8; 3], cx: &mut Context<'_>) {
        let file = self.side(dir).batch.as_ref().and_then(|b| b.file.clone());
        self.leave_batch(dir, false, cx);
        if name == b"BTS" && (file.is_some() || self.side(dir).framed) {
            self.side(dir).batch = Some(Batch {
                file,
                id: None,
                empty: None,
            });
        }
    }

    /// An envelope that held no message gives the row itself.
    fn leave_batch(&mut self, dir: Dir, partial: bool, cx: &mut Context<'_>) {
        if let Some(mut envelope) = self.side(dir).batch.take().and_then(|b| b.empty) {
            envelope.partial = partial;
            self.write(dir, envelope, cx);
        }
    }

    /// A block that holds something, but no message head.
    fn headless(&mut self, dir: Dir, at: u64, cx: &mut Context<'_>) {
        let mut message = self.begin(dir, at, cx);
        message.malformed = Some("no MSH");
        self.side(dir).open = Some(message);
    }

    fn begin(&mut self, dir: Dir, at: u64, cx: &mut Context<'_>) -> Box<Message> {
        let mut message = cx.out.messages.blank();
        let http = self.http;
        let side = self.side(dir);
        message.at = at;
        message.started = side.since.unwrap_or(cx.ts);
        message.ended = cx.ts;
        message.kind = match side.framed {
            _ if http => Kind::Http,
            true => Kind::Mllp,
            false => Kind::Raw,
        };
        self.spoke = true;
        message
    }

    /// Gives the message of the other direction that this one acknowledges the time that took.
    fn acknowledge(&mut self, dir: Dir) {
        let [orig, resp] = &mut self.sides;
        let (side, other) = if dir == Dir::Orig { (orig, resp) } else { (resp, orig) };
        let Some(open) = side.open.as_ref() else { return };
        let Some(acked) = open.get(Slot::AckedControlId) else { return };
        let waiting = other.outstanding.iter_mut().chain(&mut other.open);
        let mut waiting = waiting.filter(|m| !m.is_ack && m.latency.is_none());
        if let Some(message) = waiting.find(|m| m.get(Slot::ControlId) == Some(acked)) {
            message.latency = Some(open.started.saturating_sub(message.ended).max(0) as f64 / 1e9);
            let plain = message.control_id_is_plain();
            if let Some(open) = &mut side.open {
                (open.acked_is_known, open.acked_is_plain) = (true, plain);
            }
        }
    }

    /// Ends the open message: it waits for its acknowledgement if one may come, else its row is written.
    fn close(&mut self, dir: Dir, malformed: Option<&'static str>, partial: bool, cx: &mut Context<'_>) {
        // What it acknowledges may have come since its MSA was read.
        if self.side(dir).open.as_ref().is_some_and(|m| m.is_ack && !m.acked_is_known) {
            self.acknowledge(dir);
        }
        let Some(mut message) = self.side(dir).open.take() else { return };
        message.malformed = message.malformed.or(malformed);
        message.partial = partial;
        let awaited = !message.is_ack && !message.unanswered && message.latency.is_none() && message.get(Slot::ControlId).is_some();
        let answers = message.get(Slot::AckedControlId).is_some();
        if awaited {
            let side = self.side(dir);
            side.outstanding.push_back(message);
            if side.outstanding.len() > limits::HL7_OUTSTANDING {
                if let Some(oldest) = side.outstanding.pop_front() {
                    self.write(dir, oldest, cx);
                }
            }
        } else {
            self.write(dir, message, cx);
        }
        if answers {
            self.write_answered(dir.other(), cx);
        }
    }

    fn write_answered(&mut self, dir: Dir, cx: &mut Context<'_>) {
        while let Some(at) = self.side(dir).outstanding.iter().position(|m| m.latency.is_some()) {
            if let Some(message) = self.side(dir).outstanding.remove(at) {
                self.write(dir, message, cx);
            }
        }
    }

    fn write(&mut self, dir: Dir, message: Box<Message>, cx: &mut Context<'_>) {
        cx.out.later(cx.identity, dir, message);
    }
}
