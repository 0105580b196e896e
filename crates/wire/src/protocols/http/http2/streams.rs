//! The streams of a connection that are open, and which of them give rows. RFC 9113 5.1.

use std::collections::{BTreeMap, VecDeque};

use super::stream::{Seen, Stream};
use crate::context::Context;
use crate::limits;
use crate::protocols::http::exchange::Exchange;
use crate::protocols::http::head::Head;

#[derive(Debug, Default)]
pub struct Streams {
    open: BTreeMap<u32, Stream>,
    /// How many there were.
    begun: u64,
    requests: i64,
    /// Those that ended early, of which more may come that was on its way.
    gone: VecDeque<u32>,
    /// Requests that were withdrawn unanswered, less those that were answered.
    resets: usize,
    /// Whether any row was given.
    pub told: bool,
}

impl Streams {
    /// Goes on after so many requests of HTTP/1.1, the last of which is answered by stream 1.
    pub fn upgraded(exchange: Exchange, requests: i64) -> Streams {
        Streams {
            open: BTreeMap::from([(1, Stream::upgraded(exchange))]),
            begun: 1,
            requests,
            ..Streams::default()
        }
    }

    /// A head, or trailers; `answer`: of a response.
    pub fn head(&mut self, id: u32, answer: bool, head: &Head<'_>, seen: Seen, ends: bool, cx: &mut Context<'_>) {
        if self.gone.contains(&id) {
            return;
        }
        if !self.open.contains_key(&id) {
            let number = (!answer).then(|| {
                self.requests = self.requests.saturating_add(1);
                self.requests
            });
            self.open.insert(id, Stream::new(self.begun, number, seen));
            self.begun = self.begun.saturating_add(1);
        }
        if let Some(stream) = self.open.get_mut(&id) {
            stream.head(head, answer, seen, ends, cx);
        }
        self.settle(id, cx);
        if self.open.len() > limits::HTTP2_STREAMS {
            if let Some((oldest, stream)) = self.open.pop_first() {
                self.leave(oldest);
                self.emit(stream, None, cx);
            }
        }
    }

    pub fn stream(&mut self, id: u32) -> Option<&mut Stream> {
        self.open.get_mut(&id)
    }

    /// END_STREAM with the last byte of a body.
    pub fn ended(&mut self, id: u32, answer: bool, cx: &mut Context<'_>) {
        if let Some(stream) = self.open.get_mut(&id) {
            stream.ended(answer, cx);
        }
        self.settle(id, cx);
    }

    /// Rows of a stream that is done.
    fn settle(&mut self, id: u32, cx: &mut Context<'_>) {
        if self.open.get(&id).is_some_and(Stream::is_done) {
            if let Some(stream) = self.open.remove(&id) {
                self.resets = self.resets.saturating_sub(1);
                self.emit(stream, None, cx);
            }
        }
    }

    /// RST_STREAM. Who opens and withdraws streams in numbers (CVE-2023-44487) gets a few rows, and one that says so.
    pub fn reset(&mut self, id: u32, cx: &mut Context<'_>) {
        let Some(stream) = self.open.remove(&id) else { return };
        self.leave(id);
        if stream.is_answered() {
            return self.emit(stream, None, cx);
        }
        self.resets = self.resets.saturating_add(1);
        match self.resets.cmp(&limits::HTTP2_RESETS) {
            std::cmp::Ordering::Less => self.emit(stream, None, cx),
            std::cmp::Ordering::Equal => self.emit(stream, Some("resets"), cx),
            std::cmp::Ordering::Greater => {}
        }
    }

    /// GOAWAY: of the streams that the other side opened, those after `last` were not looked at. RFC 9113 6.8.
    pub fn refused(&mut self, last: u32, odd: bool, cx: &mut Context<'_>) {
        let after = self.open.range(last.saturating_add(1)..).map(|(id, _)| *id);
        for id in after.filter(|id| (id % 2 == 1) == odd).collect::<Vec<_>>() {
            if let Some(stream) = self.open.remove(&id) {
                self.leave(id);
                self.emit(stream, None, cx);
            }
        }
    }

    /// Frames of one side were lost, nobody knows of which streams.
    pub fn lost(&mut self, answer: bool, cx: &mut Context<'_>) {
        self.open.values_mut().for_each(|stream| stream.end_lost(answer));
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            self.settle(id, cx);
        }
    }

    /// Nothing more comes.
    pub fn end(&mut self, cx: &mut Context<'_>) {
        for stream in std::mem::take(&mut self.open).into_values() {
            self.emit(stream, None, cx);
        }
    }

    fn leave(&mut self, id: u32) {
        self.gone.push_back(id);
        if self.gone.len() > limits::HTTP2_STREAMS {
            self.gone.pop_front();
        }
    }

    fn emit(&mut self, stream: Stream, malformed: Option<&'static str>, cx: &mut Context<'_>) {
        self.told = true;
        stream.emit(malformed, cx);
    }

    /// Bytes of what is open, bodies apart.
    pub fn size(&self) -> usize {
        self.open.len().saturating_mul(size_of::<Stream>())
    }

    /// Bytes held of bodies.
    pub fn held(&self) -> usize {
        self.open.values().map(Stream::held).fold(0, usize::saturating_add)
    }
}
