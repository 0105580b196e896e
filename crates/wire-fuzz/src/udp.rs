//! A parser over UDP: a conversation of datagrams, whole or cut by the capture.

use wire::context::{Context, Output};
use wire::protocols::{Datagrams, Dir};
use wire::testing::identity;

use crate::rows;
use crate::script::Piece;

/// Bits of a piece's kind: the direction; the capture does not hold all of it; a pause before it.
const RESPONDER: u32 = 0;
const CUT: u32 = 1;
const PAUSE: u32 = 2;

pub fn datagram(dir: Dir, data: &[u8]) -> Piece {
    Piece::new(dir as u8, 0, data)
}

pub fn play(protocol: &'static Datagrams, script: &[Piece]) {
    rows::checked(|out| conversation(protocol, script, out));
}

fn conversation(protocol: &'static Datagrams, script: &[Piece], out: &mut Output) {
    let port = protocol.ports.first().copied().unwrap_or(9);
    let mut identity = identity(port, 17);
    let mut conversation = (protocol.conversation)();
    let mut ts = 1_700_000_000_000_000_000i64;
    for (n, piece) in script.iter().enumerate().filter(|(_, piece)| !piece.data.is_empty()) {
        ts += if piece.bit(PAUSE) { 90_000_000_000 } else { 1_000_000 };
        let dir = if piece.bit(RESPONDER) { Dir::Resp } else { Dir::Orig };
        (protocol.probe)(port, &piece.data);
        (protocol.probe)(piece.arg, &piece.data);
        let mut cx = Context {
            ts,
            offset: n as u64,
            identity: &mut identity,
            out,
        };
        if piece.bit(CUT) {
            conversation.cut(dir, &piece.data, &mut cx);
        } else {
            conversation.datagram(dir, &piece.data, &mut cx);
        }
    }
    conversation.end(&mut Context {
        ts,
        offset: u64::MAX,
        identity: &mut identity,
        out,
    });
}
