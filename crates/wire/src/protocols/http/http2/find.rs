//! Where HTTP/2 shows itself: the preface of a connection, the first settings, or a frame whose block begins a request or a response.

use super::frame::{settings, Frame, Kind, HEAD};
use crate::protocols::http::head::Start;
use crate::protocols::http::hpack::fields::Fields;
use crate::protocols::http::hpack::Table;
use crate::protocols::Probe;

/// RFC 9113 3.4.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Settings of RFC 9113 6.5.2, RFC 8441 and RFC 9218.
const SETTINGS: [u16; 8] = [1, 2, 3, 4, 5, 6, 8, 9];
/// Bytes of the settings that a server begins with: servers send three or four.
const FIRST_SETTINGS: usize = 6 * 16;

/// Whether these bytes are HTTP/2.
pub fn probe(bytes: &[u8]) -> Probe {
    let same = PREFACE.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    match same {
        16.. => Probe::Certain,
        5.. if same == bytes.len() => Probe::Likely,
        _ if same == bytes.len() => Probe::Unsure,
        _ => first_frame(bytes),
    }
}

fn first_frame(bytes: &[u8]) -> Probe {
    let Some(frame) = Frame::read(bytes) else {
        // Like the head of a server's settings so far.
        let like = bytes.iter().enumerate().all(|(n, byte)| match n {
            2 => byte % 6 == 0 && usize::from(*byte) <= FIRST_SETTINGS,
            3 => *byte == 4,
            _ => *byte == 0,
        });
        return if like { Probe::Unsure } else { Probe::Never };
    };
    let rest = bytes.get(HEAD..).unwrap_or_default();
    match frame.kind {
        Kind::Settings if frame.is_usual() && !frame.acknowledges() && frame.length <= FIRST_SETTINGS => {
            let known = settings(rest.get(..frame.length).unwrap_or(rest)).all(|(name, _)| SETTINGS.contains(&name));
            match (known, Frame::read(rest)) {
                (false, _) => Probe::Never,
                (true, _) if frame.length > rest.len() => Probe::Unsure,
                (true, _) if frame.length > 0 => Probe::Certain,
                (true, None) => Probe::Unsure,
                (true, Some(next)) if next.is_usual() => Probe::Certain,
                (true, Some(_)) => Probe::Never,
            }
        }
        _ if is_head(&frame, bytes) => Probe::Certain,
        _ => Probe::Never,
    }
}

/// Whether a whole header block stands here that begins with what only heads of requests and responses have.
fn is_head(frame: &Frame, bytes: &[u8]) -> bool {
    let whole = frame.kind == Kind::Headers && frame.is_usual() && frame.ends_headers();
    let Some(payload) = bytes.get(HEAD..frame.whole()).filter(|_| whole) else {
        return false;
    };
    let Some((_, block)) = frame.fragment(payload) else { return false };
    let (mut table, mut fields) = (Table::default(), Fields::default());
    table.lost();
    let read = table.read(block, &mut fields).is_ok();
    read && fields.malformed.is_none() && begins_head(block) && !matches!(fields.head().start, Start::Neither)
}

/// The first field, beyond changes of the table's size, is one of those that begin with a colon in the static table (RFC 7541 appendix A).
fn begins_head(block: &[u8]) -> bool {
    let first = block.iter().find(|byte| **byte & 0xe0 != 0x20);
    first.is_some_and(|byte| matches!(byte, 0x81..=0x8e | 0x41..=0x4e | 0x01..=0x0e | 0x11..=0x1e))
}

/// What is said of a place where a frame may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Frame,
    Not,
    /// More must be seen: so many bytes.
    More(usize),
}

/// Whether a frame begins here, on a connection that is known to be HTTP/2.
pub fn place(bytes: &[u8]) -> Place {
    let Some(frame) = Frame::read(bytes) else {
        return Place::More(HEAD);
    };
    if !frame.is_usual() {
        return Place::Not;
    }
    if frame.kind == Kind::Headers {
        if bytes.len() < frame.whole() {
            return Place::More(frame.whole());
        }
        if is_head(&frame, bytes) {
            return Place::Frame;
        }
    }
    match bytes.get(frame.whole()..).and_then(Frame::read) {
        Some(next) if next.is_usual() => Place::Frame,
        Some(_) => Place::Not,
        None => Place::More(frame.whole().saturating_add(HEAD)),
    }
}

/// The first head of a request or a response that a frame follows.
pub fn find(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| {
        let rest = bytes.get(*at..).unwrap_or_default();
        let Some(frame) = Frame::read(rest).filter(|frame| frame.kind == Kind::Headers) else {
            return false;
        };
        is_head(&frame, rest) && rest.get(frame.whole()..).and_then(Frame::read).is_some_and(|next| next.is_usual())
    })
}
