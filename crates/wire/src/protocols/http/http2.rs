//! HTTP/2 in clear: frames put in order by stream, header blocks read, bodies passed on or over. RFC 9113.
//!
//! What both sides of a connection know of each other's headers (HPACK) is lost with a single frame. From then on frames are still followed,
//! and what refers to something that was not seen stays unknown.

mod block;
mod find;
mod frame;
mod stream;
mod streams;
#[cfg(test)]
mod tests;

pub use find::{find, probe};

use block::Block;
use find::{place, Place, PREFACE};
use frame::{number, settings, Frame, Kind, HEAD};
use stream::Seen;
use streams::Streams;

use super::exchange::Exchange;
use super::head::Start;
use super::hpack::Table;
use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

/// SETTINGS_HEADER_TABLE_SIZE (RFC 9113 6.5.2).
const HEADER_TABLE_SIZE: u16 = 1;

#[derive(Default)]
pub struct Http2 {
    /// Which side asks.
    client: Option<Dir>,
    sides: [Side; 2],
    streams: Streams,
    /// Where the first frame was seen.
    begun: Option<Seen>,
}

#[derive(Default)]
struct Side {
    doing: Doing,
    /// What its header blocks refer to.
    table: Table,
    /// A header block that goes on in the next frame.
    block: Option<Block>,
    /// When the frame that is waited for began.
    since: Option<i64>,
}

#[derive(Clone, Copy, Default)]
enum Doing {
    /// Nothing was seen yet.
    #[default]
    Start,
    /// A frame begins.
    Frame,
    Data(Data),
    /// A frame passes, as far as this offset, of which nothing is wanted.
    Pass(u64),
    /// The beginning of a frame is looked for.
    Lost,
}

/// A DATA frame that passes. RFC 9113 6.1.
#[derive(Clone, Copy)]
struct Data {
    stream: u32,
    answer: bool,
    /// Where its content ends, and where its padding.
    content: u64,
    end: u64,
    ends_stream: bool,
}

impl Session for Http2 {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let mut used = 0usize;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let at = cx.offset.saturating_add(used as u64);
            match self.look(dir, rest, at, cx) {
                Step::Took(n) => {
                    used = used.saturating_add(n);
                    self.side(dir).since = None;
                }
                _ if used > 0 => break,
                step => {
                    let ts = cx.ts;
                    let side = self.side(dir);
                    side.since = matches!(step, Step::Need(_)).then(|| side.since.unwrap_or(ts));
                    return step;
                }
            }
        }
        Step::Took(used)
    }

    /// Of a head that was cut all whole fields are read.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let at = cx.offset;
        let doing = self.side(dir).doing;
        if matches!(doing, Doing::Start) && PREFACE.starts_with(bytes) {
            self.client = Some(dir);
            self.begins(dir, at, cx);
        }
        let frame = Frame::read(bytes).filter(|frame| frame.is_sound() && frame.length <= limits::HTTP_HEAD);
        if let (Doing::Frame | Doing::Start, Some(frame)) = (doing, frame) {
            self.begins(dir, at, cx);
            self.header(dir, frame, bytes.get(HEAD..).unwrap_or_default(), at, cx);
        }
        self.lose(dir, cx);
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        match self.side(dir).doing {
            Doing::Data(data) if cx.offset <= data.end => {
                if let Some(stream) = self.streams.stream(data.stream) {
                    stream.lost(data.answer);
                }
                if cx.offset == data.end {
                    self.passed(dir, data, cx);
                }
            }
            Doing::Pass(end) if cx.offset <= end => {}
            _ => self.lose(dir, cx),
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            self.broken_block(dir, cx);
        }
        self.streams.end(cx);
        if let Some(begun) = self.begun.filter(|_| !self.streams.told) {
            // It speaks HTTP/2, which is all that is known.
            self.alone(None, begun, cx);
        }
    }

    fn held(&self) -> usize {
        let blocks = self.sides.iter().filter_map(|side| side.block.as_ref()).map(Block::held);
        let sides = self.sides.iter().map(|side| side.table.held()).chain(blocks);
        let all = sides.fold(self.streams.size(), usize::saturating_add);
        all.saturating_sub(limits::HTTP2_USUAL).saturating_add(self.streams.held())
    }
}

impl Http2 {
    /// The connection goes on as HTTP/2 after so many requests of HTTP/1.1.
    pub fn upgraded(exchange: Exchange, requests: i64, client: Dir) -> Http2 {
        Http2 {
            client: Some(client),
            streams: Streams::upgraded(exchange, requests),
            ..Http2::default()
        }
    }

    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    /// Whether this side answers, as far as is known.
    fn answers(&self, dir: Dir) -> bool {
        dir != self.client.unwrap_or(Dir::Orig)
    }

    fn seen(&mut self, dir: Dir, at: u64, cx: &Context<'_>) -> Seen {
        let started = self.side(dir).since.unwrap_or(cx.ts);
        Seen { dir, at, started }
    }

    fn begins(&mut self, dir: Dir, at: u64, cx: &Context<'_>) {
        let seen = self.seen(dir, at, cx);
        self.begun.get_or_insert(seen);
    }

    fn look(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        match self.side(dir).doing {
            Doing::Start => self.start(dir, rest, at, cx),
            Doing::Frame => self.frame(dir, rest, at, cx),
            Doing::Data(data) if at < data.end => self.content(dir, data, rest, at, cx),
            Doing::Pass(end) if at < end => pass(end.saturating_sub(at), rest),
            Doing::Data(_) | Doing::Pass(_) => {
                self.side(dir).doing = Doing::Frame;
                self.frame(dir, rest, at, cx)
            }
            Doing::Lost => self.search(dir, rest, at, cx),
        }
    }

    /// RFC 9113 3.4: a client begins with the preface, a server with settings; other beginnings are not those of the connection.
    fn start(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        if PREFACE.starts_with(rest) && rest.len() < PREFACE.len() {
            return Step::Need(PREFACE.len());
        }
        if rest.starts_with(PREFACE) {
            self.client = Some(dir);
            self.begins(dir, at, cx);
            self.side(dir).doing = Doing::Frame;
            return Step::Took(PREFACE.len());
        }
        let Some(first) = Frame::read(rest) else {
            return Step::Need(HEAD);
        };
        let side = self.side(dir);
        if first.kind != Kind::Settings || first.acknowledges() {
            side.table.lost();
        }
        side.doing = if first.is_usual() { Doing::Frame } else { Doing::Lost };
        self.look(dir, rest, at, cx)
    }

    fn search(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        let found = (0..rest.len()).map(|n| (n, place(rest.get(n..).unwrap_or_default())));
        match found.into_iter().find(|(_, place)| *place != Place::Not) {
            Some((0, Place::Frame)) => {
                self.side(dir).doing = Doing::Frame;
                self.frame(dir, rest, at, cx)
            }
            Some((0, Place::More(bytes))) => Step::Need(bytes),
            Some((n, _)) => Step::Took(n),
            None => Step::Took(rest.len()),
        }
    }

    fn frame(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        let Some(frame) = Frame::read(rest) else {
            return Step::Need(HEAD);
        };
        if !frame.is_sound() {
            return self.astray(dir, at, cx);
        }
        self.begins(dir, at, cx);
        let goes_on = frame.kind == Kind::Continuation;
        if self
            .side(dir)
            .block
            .as_ref()
            .is_some_and(|block| !goes_on || block.stream != frame.stream)
        {
            self.broken_block(dir, cx);
        }
        let whole = frame.whole();
        let read = !matches!(frame.kind, Kind::Priority | Kind::Ping | Kind::Window | Kind::Other);
        match frame.kind {
            Kind::Data => return self.data_frame(dir, frame, rest, at, cx),
            _ if frame.length > limits::HTTP_HEAD => self.header(dir, frame, b"", at, cx),
            _ if !read => {}
            _ if rest.len() < whole => return Step::Need(whole),
            _ => {
                self.control(dir, frame, rest.get(HEAD..whole).unwrap_or_default(), at, cx);
                return Step::Took(whole);
            }
        }
        self.pass(dir, frame, at)
    }

    /// Nothing more of this frame is wanted.
    fn pass(&mut self, dir: Dir, frame: Frame, at: u64) -> Step {
        self.side(dir).doing = Doing::Pass(at.saturating_add(frame.whole() as u64));
        Step::Took(HEAD)
    }

    /// No frame where one should be.
    fn astray(&mut self, dir: Dir, at: u64, cx: &mut Context<'_>) -> Step {
        let seen = self.seen(dir, at, cx);
        self.alone(Some("frame"), seen, cx);
        self.lose(dir, cx);
        Step::Took(1)
    }

    /// A row that belongs to no request.
    fn alone(&mut self, malformed: Option<&'static str>, seen: Seen, cx: &mut Context<'_>) {
        self.streams.told = true;
        let mut exchange = Exchange::begun(None, seen.started, seen.dir, seen.at);
        (exchange.version, exchange.partial, exchange.malformed) = (Some("2"), true, malformed);
        exchange.emit(cx);
    }

    fn control(&mut self, dir: Dir, frame: Frame, payload: &[u8], at: u64, cx: &mut Context<'_>) {
        match frame.kind {
            Kind::Settings => {
                let sizes = settings(payload).filter(|(name, _)| *name == HEADER_TABLE_SIZE);
                for (_, size) in sizes {
                    self.side(dir.other()).table.allow(usize::try_from(size).unwrap_or(usize::MAX));
                }
            }
            Kind::Reset => self.streams.reset(frame.stream, cx),
            Kind::GoAway => {
                let last = number(payload).unwrap_or_default() & 0x7fff_ffff;
                let answers = self.answers(dir);
                self.streams.refused(last, answers, cx);
            }
            _ => self.header(dir, frame, payload, at, cx),
        }
    }

    /// HEADERS, PUSH_PROMISE or CONTINUATION, of which not all may be here.
    fn header(&mut self, dir: Dir, frame: Frame, payload: &[u8], at: u64, cx: &mut Context<'_>) {
        let seen = self.seen(dir, at, cx);
        let begun = match frame.kind {
            Kind::Headers | Kind::Push => Block::new(frame, payload, seen),
            Kind::Continuation => match self.side(dir).block.take() {
                Some(block) => block.continued(frame, payload),
                None => return self.side(dir).table.lost(),
            },
            _ => return,
        };
        if begun.is_whole() {
            self.block(dir, begun, cx);
        } else {
            self.side(dir).block = Some(begun);
        }
    }

    /// A header block that will not be seen to its end.
    fn broken_block(&mut self, dir: Dir, cx: &mut Context<'_>) {
        if let Some(block) = self.side(dir).block.take() {
            self.block(dir, block, cx);
        }
    }

    /// All that will be seen of a header block.
    fn block(&mut self, dir: Dir, block: Block, cx: &mut Context<'_>) {
        let fields = block.read(&mut self.side(dir).table);
        let head = fields.head();
        let answer = match head.start {
            _ if block.is_promise => false,
            Start::Request { .. } => false,
            Start::Response { .. } => true,
            Start::Neither => self.answers(dir),
        };
        if !block.is_promise && !matches!(head.start, Start::Neither) {
            self.client = Some(if answer { dir.other() } else { dir });
        }
        self.streams.head(block.stream, answer, &head, block.seen, block.ends_stream, cx);
    }

    fn data_frame(&mut self, dir: Dir, frame: Frame, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        let padded = usize::from(frame.is_padded());
        let head = HEAD.saturating_add(padded);
        let padding = match rest.get(HEAD) {
            Some(padding) if frame.is_padded() => usize::from(*padding),
            None if frame.is_padded() => return Step::Need(head),
            _ => 0,
        };
        let Some(content) = frame.length.checked_sub(padded.saturating_add(padding)) else {
            return self.astray(dir, at, cx);
        };
        let answer = self.answers(dir);
        let stream = self.streams.stream(frame.stream);
        if !stream.is_some_and(|stream| stream.comes(answer, content as u64)) {
            return self.pass(dir, frame, at);
        }
        let data = Data {
            stream: frame.stream,
            answer,
            content: at.saturating_add(head as u64).saturating_add(content as u64),
            end: at.saturating_add(frame.whole() as u64),
            ends_stream: frame.ends_stream(),
        };
        self.side(dir).doing = Doing::Data(data);
        if head == frame.whole() {
            self.passed(dir, data, cx);
        }
        Step::Took(head)
    }

    fn content(&mut self, dir: Dir, data: Data, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Step {
        let (content, left) = (data.content.saturating_sub(at), data.end.saturating_sub(at));
        let fits = |length: u64| usize::try_from(length).ok().filter(|n| *n <= rest.len());
        let stream = self.streams.stream(data.stream).filter(|stream| stream.is_scanned(data.answer));
        let used = match stream.filter(|_| content > 0) {
            Some(stream) => {
                let used = fits(content).unwrap_or(rest.len());
                stream.show(data.answer, rest.get(..used).unwrap_or_default(), cx);
                used
            }
            None => match fits(left) {
                Some(used) => used,
                // The last byte is looked at, so that it is known whether it came.
                None => return Step::Skip(left.saturating_sub(u64::from(data.ends_stream))),
            },
        };
        if used as u64 == left {
            self.passed(dir, data, cx);
        }
        Step::Took(used)
    }

    /// A DATA frame has passed.
    fn passed(&mut self, dir: Dir, data: Data, cx: &mut Context<'_>) {
        self.side(dir).doing = Doing::Frame;
        if data.ends_stream {
            self.streams.ended(data.stream, data.answer, cx);
        }
    }

    /// Bytes of this side were lost, and with them the order of its frames.
    fn lose(&mut self, dir: Dir, cx: &mut Context<'_>) {
        self.broken_block(dir, cx);
        let side = self.side(dir);
        side.table.lost();
        side.doing = Doing::Lost;
        side.since = None;
        let answer = self.answers(dir);
        self.streams.lost(answer, cx);
    }
}

/// Passes over as many bytes.
fn pass(left: u64, rest: &[u8]) -> Step {
    match usize::try_from(left) {
        Ok(left) if left <= rest.len() => Step::Took(left),
        _ => Step::Skip(left),
    }
}
