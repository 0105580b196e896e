//! Frames of HTTP/2. RFC 9113 4.1, 6.

/// Bytes of a frame's head.
pub const HEAD: usize = 9;

/// Payload that every receiver takes (RFC 9113 4.2), and nearly all senders keep to.
const USUAL: usize = 16 << 10;

const ACK: u8 = 0x1;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    Push,
    Ping,
    GoAway,
    Window,
    Continuation,
    /// An extension (RFC 9113 5.5).
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Of the payload.
    pub length: usize,
    pub kind: Kind,
    flags: u8,
    pub stream: u32,
}

impl Frame {
    pub fn read(bytes: &[u8]) -> Option<Frame> {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *bytes.first_chunk::<HEAD>()?;
        Some(Frame {
            length: usize::try_from(u32::from_be_bytes([0, l0, l1, l2])).ok()?,
            kind: match kind {
                0 => Kind::Data,
                1 => Kind::Headers,
                2 => Kind::Priority,
                3 => Kind::Reset,
                4 => Kind::Settings,
                5 => Kind::Push,
                6 => Kind::Ping,
                7 => Kind::GoAway,
                8 => Kind::Window,
                9 => Kind::Continuation,
                _ => Kind::Other,
            },
            flags,
            stream: u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]),
        })
    }

    /// Bytes with the head.
    pub fn whole(&self) -> usize {
        self.length.saturating_add(HEAD)
    }

    pub fn ends_stream(&self) -> bool {
        self.flags & END_STREAM != 0
    }

    pub fn ends_headers(&self) -> bool {
        self.flags & END_HEADERS != 0
    }

    pub fn acknowledges(&self) -> bool {
        self.flags & ACK != 0
    }

    pub fn is_padded(&self) -> bool {
        self.flags & PADDED != 0 && matches!(self.kind, Kind::Data | Kind::Headers | Kind::Push)
    }

    /// Length and stream are as they must be.
    pub fn is_sound(&self) -> bool {
        let on_stream = self.stream != 0;
        match self.kind {
            Kind::Data => on_stream && !(self.is_padded() && self.length == 0),
            Kind::Headers => on_stream && self.length > 0,
            Kind::Continuation => on_stream,
            Kind::Priority => on_stream && self.length == 5,
            Kind::Reset => on_stream && self.length == 4,
            Kind::Settings => !on_stream && self.length.is_multiple_of(6) && !(self.acknowledges() && self.length > 0),
            Kind::Push => on_stream && self.length >= 4,
            Kind::Ping => !on_stream && self.length == 8,
            Kind::GoAway => !on_stream && self.length >= 8,
            Kind::Window => self.length == 4,
            Kind::Other => true,
        }
    }

    /// Sound, with no more than is usual: where it is not known that a frame begins here.
    pub fn is_usual(&self) -> bool {
        let flags = match self.kind {
            Kind::Data => END_STREAM | PADDED,
            Kind::Headers => END_STREAM | END_HEADERS | PADDED | PRIORITY,
            Kind::Settings | Kind::Ping => ACK,
            Kind::Push => END_HEADERS | PADDED,
            Kind::Continuation => END_HEADERS,
            Kind::Priority | Kind::Reset | Kind::GoAway | Kind::Window | Kind::Other => 0,
        };
        self.is_sound() && self.kind != Kind::Other && self.length <= USUAL && self.flags & !flags == 0
    }

    /// The part of a header block that this payload holds, which may be cut short; of a push the promised stream too. `None` if the padding
    /// cannot be. RFC 9113 6.2, 6.6.
    pub fn fragment<'a>(&self, payload: &'a [u8]) -> Option<(Option<u32>, &'a [u8])> {
        let (mut rest, mut end) = (payload, self.length);
        if self.is_padded() {
            let (padding, after) = payload.split_first()?;
            rest = after;
            end = end.checked_sub(usize::from(*padding).saturating_add(1))?;
        }
        if self.kind == Kind::Headers && self.flags & PRIORITY != 0 {
            rest = rest.get(5..)?;
            end = end.checked_sub(5)?;
        }
        let mut promised = None;
        if self.kind == Kind::Push {
            promised = Some(number(rest)? & 0x7fff_ffff);
            rest = rest.get(4..)?;
            end = end.checked_sub(4)?;
        }
        Some((promised, rest.get(..end.min(rest.len()))?))
    }
}

/// The 32 bits that these bytes begin with.
pub fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// SETTINGS: names and values. RFC 9113 6.5.1.
pub fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> + '_ {
    payload.chunks_exact(6).filter_map(|entry| {
        let name = u16::from_be_bytes(*entry.first_chunk()?);
        Some((name, number(entry.get(2..)?)?))
    })
}
