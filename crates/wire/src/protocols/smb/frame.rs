//! Where messages begin and end: the session service under SMB, the compounds and envelopes of SMB2, and the way back after a loss.

use crate::context::Context;
use crate::protocols::smb::contents::Passage;
use crate::protocols::smb::state::Start;
use crate::protocols::smb::talk::Talk;
use crate::protocols::smb::view::{Fault, View};
use crate::protocols::smb::{smb1, smb2};
use crate::protocols::{Dir, Probe, Session, Step};

/// RFC 1002 4.3.1: packet types of the session service. Over TCP 445 there is only the first (MS-SMB2 2.1).
const SESSION_MESSAGE: u8 = 0x00;
const SESSION_REQUEST: u8 = 0x81;
const POSITIVE_SESSION_RESPONSE: u8 = 0x82;
const NEGATIVE_SESSION_RESPONSE: u8 = 0x83;
const RETARGET_SESSION_RESPONSE: u8 = 0x84;
const SESSION_KEEP_ALIVE: u8 = 0x85;

/// Length of a session service head, and of it with the signature that follows in a message.
const HEAD: usize = 4;
const SIGNED: usize = 8;

/// First byte of the signature, before `SMB`: MS-CIFS 2.2.3.1, MS-SMB2 2.2.1, 2.2.41, 2.2.42.
const SMB1: u8 = 0xFF;
const SMB2: u8 = 0xFE;
const ENCRYPTED: u8 = 0xFD;
const COMPRESSED: u8 = 0xFC;

/// Whether these are the first bytes of SMB, or of a later message of it.
pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    match head(bytes) {
        Head::Message(_) => Probe::Certain,
        Head::Request(_) if bytes.len() >= HEAD.saturating_add(NAMES) => Probe::Certain,
        Head::Request(_) | Head::Short(_) => Probe::Unsure,
        // What a server says before the first message: four bytes of evidence, so what follows decides.
        Head::Control(length) => match bytes.get(length..).filter(|rest| !rest.is_empty()) {
            Some(rest) => match head(rest) {
                Head::Message(_) => Probe::Certain,
                Head::Short(_) => Probe::Unsure,
                _ => Probe::Never,
            },
            None => Probe::Unsure,
        },
        Head::Foreign => Probe::Never,
    }
}

/// Position of the first head of a message.
pub fn find(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).enumerate().filter(|(_, w)| *w == b"SMB").find_map(|(at, _)| {
        let from = at.checked_sub(SIGNED.saturating_sub(3))?;
        matches!(head(bytes.get(from..)?), Head::Message(_)).then_some(from)
    })
}

/// Bytes of the called and the calling name (RFC 1002 4.3.2 without scopes: length, 32 characters, end; twice).
const NAMES: usize = 68;

/// What a session service head announces.
enum Head {
    /// A message of so many bytes.
    Message(usize),
    /// A session request, so long with its head.
    Request(usize),
    /// A packet of the session service, so long with its head.
    Control(usize),
    /// So many bytes are needed to tell.
    Short(usize),
    /// None of it.
    Foreign,
}

fn head(bytes: &[u8]) -> Head {
    let &[kind, a, b, c, ..] = bytes else {
        return if matches!(bytes.first(), Some(0x00 | 0x81..=0x85)) {
            Head::Short(HEAD)
        } else {
            Head::Foreign
        };
    };
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    match (kind, length) {
        (SESSION_MESSAGE, 32..) => signed(bytes, length),
        (SESSION_REQUEST, 68..=512) if names(bytes.get(HEAD..).unwrap_or_default()) => Head::Request(HEAD.saturating_add(length)),
        (POSITIVE_SESSION_RESPONSE | SESSION_KEEP_ALIVE, 0) => Head::Control(HEAD),
        (NEGATIVE_SESSION_RESPONSE, 1) => Head::Control(5),
        (RETARGET_SESSION_RESPONSE, 6) => Head::Control(10),
        _ => Head::Foreign,
    }
}

fn signed(bytes: &[u8], length: usize) -> Head {
    match bytes.get(HEAD..) {
        Some([SMB1 | SMB2 | ENCRYPTED | COMPRESSED, b'S', b'M', b'B', ..]) => Head::Message(length),
        Some([] | [SMB1 | SMB2 | ENCRYPTED | COMPRESSED]) => Head::Short(SIGNED),
        Some([SMB1 | SMB2 | ENCRYPTED | COMPRESSED, b'S'] | [SMB1 | SMB2 | ENCRYPTED | COMPRESSED, b'S', b'M']) => Head::Short(SIGNED),
        _ => Head::Foreign,
    }
}

/// Whether `bytes` are, as far as they go, two first-level encoded names: a nibble a letter, A to P (RFC 1001 14.1).
fn names(bytes: &[u8]) -> bool {
    bytes.iter().take(NAMES).enumerate().all(|(at, byte)| match at % 34 {
        0 => *byte == 32,
        33 => *byte == 0,
        _ => (b'A'..=b'P').contains(byte),
    })
}

/// What comes next in one direction.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Head,
    /// A message; so many bytes of its frame are left.
    Message(usize),
    /// Anything: the next head is to be found.
    Lost,
}

/// One direction.
#[derive(Default)]
struct Half {
    next: Next,
    /// Whether a frame was read here: before it, whatever comes may be the rest of one that began before the capture.
    met: bool,
    /// Whether the message is the first of its frame.
    first: bool,
    /// When the message, or the head before it, began.
    began: Option<i64>,
    compound: smb2::Compound,
    /// Content of a file that passes.
    passage: Option<Passage>,
}

/// A connection that speaks SMB.
#[derive(Default)]
pub struct Frames {
    orig: Half,
    resp: Half,
    talk: Talk,
}

impl Session for Frames {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let (half, talk) = self.half(dir);
        if let Some(passage) = &mut half.passage {
            let (step, over) = passage.step(bytes, &mut talk.contents, cx);
            half.passage.take_if(|_| over);
            if step != Step::Skip(0) {
                return step;
            }
        }
        let start = Start {
            dir,
            at: cx.offset,
            ts: *half.began.get_or_insert(cx.ts),
            cut: false,
        };
        let step = match half.next {
            Next::Head => half.head(bytes, start, talk, cx),
            Next::Message(left) => half.message(bytes, left, start, talk, cx),
            Next::Lost => half.find(bytes, start, talk, cx),
        };
        // What waits keeps its time, and a message has that of the head before it.
        let kept = matches!(step, Step::Need(_)) || (half.first && half.next != Next::Head);
        if !kept {
            half.began = None;
        }
        step
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let (half, talk) = self.half(dir);
        let Next::Message(left) = half.next else { return };
        let start = Start {
            dir,
            at: cx.offset,
            ts: half.began.unwrap_or(cx.ts),
            cut: true,
        };
        if let Err(Fault::Malformed(reason)) = half.read(&View::cut(bytes, left), start, talk, cx) {
            talk.malformed(start, reason, cx);
        }
        talk.contents.forget();
    }

    fn closed(&mut self, _dir: Dir, _cx: &mut Context<'_>) {
        self.talk.closed = true;
    }

    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>) {
        let (half, talk) = self.half(dir);
        if missing == 0 {
            talk.contents.let_go();
        }
        if let Some(passage) = &mut half.passage {
            let (survives, over) = passage.survives(cx.offset, &mut talk.contents);
            half.passage.take_if(|_| over);
            // As long as the end of a message is known, the next one is not lost.
            if survives && missing > 0 {
                return;
            }
        }
        *half = Half {
            next: Next::Lost,
            ..Half::default()
        };
        talk.lost();
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.talk.end(cx);
    }

    fn held(&self) -> usize {
        self.talk.held()
    }
}

impl Frames {
    fn half(&mut self, dir: Dir) -> (&mut Half, &mut Talk) {
        let half = if dir == Dir::Orig { &mut self.orig } else { &mut self.resp };
        (half, &mut self.talk)
    }
}

impl Half {
    fn head(&mut self, bytes: &[u8], start: Start, talk: &mut Talk, cx: &mut Context<'_>) -> Step {
        let step = match head(bytes) {
            Head::Message(length) => {
                (self.next, self.first) = (Next::Message(length), true);
                Step::Took(HEAD)
            }
            Head::Request(length) | Head::Control(length) => Step::Skip(length as u64),
            Head::Short(needed) => return Step::Need(needed),
            Head::Foreign => {
                if self.met {
                    talk.malformed(start, "neither a message nor of the session service", cx);
                    talk.lost();
                }
                (self.next, self.met) = (Next::Lost, false);
                return Step::Took(1);
            }
        };
        self.met = true;
        step
    }

    /// A message, or the next one of a compound. Every one uses at least its header, so a frame ends whatever NextCommand says.
    fn message(&mut self, bytes: &[u8], left: usize, start: Start, talk: &mut Talk, cx: &mut Context<'_>) -> Step {
        let length = match self.read(&View::new(bytes, left), start, talk, cx) {
            Ok(length) => length,
            Err(Fault::Need(n)) => return Step::Need(n),
            Err(Fault::Malformed(reason)) => {
                talk.malformed(start, reason, cx);
                left
            }
        };
        self.first = false;
        self.next = match left.saturating_sub(length) {
            0 => Next::Head,
            rest => Next::Message(rest),
        };
        match talk.contents.passage(start.at, length) {
            Some((step, passage)) => {
                self.passage = Some(passage);
                step
            }
            None => Step::Skip(length as u64),
        }
    }

    /// Reads one message and says how long it is.
    fn read(&mut self, frame: &View<'_>, start: Start, talk: &mut Talk, cx: &mut Context<'_>) -> Result<usize, Fault> {
        let left = frame.len();
        match frame.take(0, 4)? {
            [SMB2, b'S', b'M', b'B'] => {
                talk.meet("SMB2", start);
                let length = smb2::length(frame, left)?;
                if self.first {
                    self.compound = smb2::Compound::default();
                }
                match smb2::message(talk, &frame.first(length), start, &mut self.compound, cx) {
                    // What one message of a compound lacks is no fault of the next.
                    Err(Fault::Malformed(reason)) => talk.malformed(start, reason, cx),
                    result => result?,
                }
                Ok(length)
            }
            [SMB1, b'S', b'M', b'B'] if self.first => {
                talk.meet("SMB1", start);
                smb1::message(talk, frame, start, cx).map(|()| left)
            }
            [ENCRYPTED, b'S', b'M', b'B'] if self.first => {
                talk.meet("SMB2", start);
                talk.encrypted(start, frame.u64(44)?, left, cx);
                Ok(left)
            }
            [COMPRESSED, b'S', b'M', b'B'] if self.first => {
                talk.meet("SMB2", start);
                // MS-SMB2 2.2.42.1: without chaining, the compressed part begins this many bytes after the 16-byte header.
                let (flags, offset) = (frame.u16(10)?, frame.u32(12)? as usize);
                talk.compressed(start, left);
                if flags & 1 == 0 && offset > left.saturating_sub(16) {
                    return Err(Fault::Malformed("compressed data beyond the message"));
                }
                Ok(left)
            }
            _ => Err(Fault::Malformed("compound without an SMB2 header")),
        }
    }

    /// Looks for the next head of a message; keeps what may be the beginning of one.
    fn find(&mut self, bytes: &[u8], start: Start, talk: &mut Talk, cx: &mut Context<'_>) -> Step {
        match find(bytes) {
            Some(0) => {
                self.next = Next::Head;
                self.head(bytes, start, talk, cx)
            }
            Some(from) => Step::Took(from),
            None if bytes.len() < SIGNED => Step::Need(SIGNED),
            None => Step::Took(bytes.len().saturating_sub(SIGNED.saturating_sub(1))),
        }
    }
}
