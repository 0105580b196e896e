//! A header block, put together from the frames that carry it. RFC 9113 4.3.

use super::frame::{Frame, Kind};
use super::stream::Seen;
use crate::limits;
use crate::protocols::http::hpack::fields::Fields;
use crate::protocols::http::hpack::{Stop, Table};

#[derive(Debug)]
pub struct Block {
    /// Whose head it is: of a push the promised one.
    pub stream: u32,
    pub is_promise: bool,
    /// No body follows.
    pub ends_stream: bool,
    pub seen: Seen,
    bytes: Vec<u8>,
    state: State,
    /// END_HEADERS was seen.
    last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// More must come.
    Open,
    Whole,
    /// Not all of it can be seen.
    Cut,
    /// Longer than is read.
    Long,
    /// The padding of its frame cannot be.
    Broken,
}

impl Block {
    /// HEADERS or PUSH_PROMISE; `payload` may be cut short.
    pub fn new(frame: Frame, payload: &[u8], seen: Seen) -> Block {
        let begun = Block {
            stream: frame.stream,
            is_promise: frame.kind == Kind::Push,
            ends_stream: frame.kind == Kind::Push || frame.ends_stream(),
            seen,
            bytes: Vec::new(),
            state: State::Open,
            last: false,
        };
        begun.continued(frame, payload)
    }

    pub fn continued(mut self, frame: Frame, payload: &[u8]) -> Block {
        let fragment = frame.fragment(payload);
        if let Some((Some(promised), _)) = fragment {
            self.stream = promised;
        }
        let (_, bytes) = fragment.unwrap_or_default();
        let length = self.bytes.len().saturating_add(bytes.len());
        self.state = match self.state {
            State::Open if frame.length > limits::HTTP_HEAD || length > limits::HTTP_HEAD => State::Long,
            State::Open if payload.len() < frame.length => State::Cut,
            State::Open if fragment.is_none() => State::Broken,
            State::Open if frame.ends_headers() => State::Whole,
            before => before,
        };
        match self.state {
            State::Long => self.bytes = Vec::new(),
            _ => self.bytes.extend_from_slice(bytes),
        }
        self.last = frame.ends_headers();
        self
    }

    /// Whether nothing more of it comes.
    pub fn is_whole(&self) -> bool {
        self.last || self.state == State::Cut
    }

    pub fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Reads what there is of it.
    pub fn read(&self, table: &mut Table) -> Fields {
        let mut fields = Fields::default();
        let read = table.read(&self.bytes, &mut fields);
        let cut = matches!(self.state, State::Open | State::Cut);
        let wrong = match (self.state, read) {
            (State::Long, _) | (_, Err(Stop::Long)) => Some("head too long"),
            (State::Broken, _) | (_, Err(Stop::Broken)) => Some("header"),
            (_, Err(Stop::Short)) if !cut => Some("header"),
            _ => None,
        };
        if cut || wrong.is_some() {
            fields.cut = true;
            fields.malformed = wrong.or(fields.malformed);
            table.lost();
        }
        fields
    }
}
