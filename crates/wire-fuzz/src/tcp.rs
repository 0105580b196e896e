//! A parser over TCP: both directions, cut into segments as the script likes, with losses, ends and closes where it likes.

use wire::context::{Context, Output};
use wire::half::Half;
use wire::limits;
use wire::protocols::{Dir, Protocol};
use wire::testing::identity;

use crate::rows;
use crate::script::Piece;

/// Bits of a piece's kind: the direction; what happens instead of bytes; a pause before it.
const RESPONDER: u32 = 0;
const EVENT: u32 = 1;
const PAUSE: u32 = 2;

/// Kinds of seeds.
pub fn bytes(dir: Dir, data: &[u8]) -> Piece {
    Piece::new(dir as u8, 0, data)
}

/// Bytes that the two directions and the parser may hold: each direction waits with what may stand together and what came with it.
const HELD: usize = 6 * limits::PENDING;

pub fn play(protocol: &'static Protocol, script: &[Piece]) {
    probe(protocol, script);
    rows::checked(|out| session(protocol, script, out));
}

fn session(protocol: &'static Protocol, script: &[Piece], out: &mut Output) {
    let mut identity = identity(protocol.ports.first().copied().unwrap_or(9), 6);
    let mut halves = [Half::default(), Half::default()];
    let mut session = (protocol.session)();
    let mut closed = [false; 2];
    let mut turned = false;
    let mut ts = 1_700_000_000_000_000_000i64;
    for piece in script.iter().filter(|piece| !piece.data.is_empty() || piece.bit(EVENT)) {
        ts += if piece.bit(PAUSE) { 90_000_000_000 } else { 1_000_000 };
        let dir = if piece.bit(RESPONDER) { Dir::Resp } else { Dir::Orig };
        let half = &mut halves[dir as usize];
        if closed[dir as usize] {
            continue;
        }
        if piece.bit(EVENT) {
            let n = u64::from(piece.arg >> 2);
            match piece.arg % 4 {
                // As when too much is held over all connections.
                0 => half.gap(session.as_mut(), dir, 0, ts, &mut identity, out),
                1 => half.gap(session.as_mut(), dir, n + 1, ts, &mut identity, out),
                2 => half.gap(session.as_mut(), dir, n << 26 | 1, ts, &mut identity, out),
                _ => closed[dir as usize] = true,
            }
            continue;
        }
        let size = if piece.arg == 0 { usize::MAX } else { usize::from(piece.arg) };
        turned = piece
            .data
            .chunks(size)
            .any(|part| half.feed(session.as_mut(), dir, part, ts, &mut identity, out).is_some());
        let held = session.held() + halves.iter().map(Half::held).sum::<usize>();
        assert!(held <= HELD, "{held} bytes are held");
        if turned {
            break;
        }
    }
    if !turned {
        for (half, dir) in halves.iter_mut().zip([Dir::Orig, Dir::Resp]) {
            half.cut(session.as_mut(), dir, &mut identity, out);
        }
    }
    let mut cx = Context {
        ts,
        offset: u64::MAX,
        identity: &mut identity,
        out,
    };
    if !turned {
        for dir in [Dir::Orig, Dir::Resp].into_iter().filter(|dir| closed[*dir as usize]) {
            session.closed(dir, &mut cx);
        }
    }
    session.end(&mut cx);
}

/// What decides whether a parser is asked at all sees every beginning; what looks for a head in the middle sees all of it.
fn probe(protocol: &Protocol, script: &[Piece]) {
    for piece in script {
        for dir in [Dir::Orig, Dir::Resp] {
            (protocol.probe)(dir, &piece.data);
        }
        if let Some(at) = protocol.find.and_then(|find| find(&piece.data)) {
            assert!(at < piece.data.len(), "a head is found behind the end");
        }
    }
}
