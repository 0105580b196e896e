//! The whole core: frames of every link type through the pipeline; segments of one connection, pieces of one datagram with true headers, so
//! that the fuzzer need not find them.

use wire::capture::Packet;
use wire::keys::Keys;
use wire::limits;
use wire::pipeline::Pipeline;

use crate::rows;
use crate::script::Piece;

/// LINKTYPE_ values that are followed, and one that is not: what a frame's kind chooses from.
pub const LINKS: [u16; 12] = [1, 101, 113, 276, 0, 108, 109, 12, 228, 229, 9, 147];

/// LINKTYPE_RAW: an IP datagram.
const RAW: u16 = 101;

const START: i64 = 1_700_000_000_000_000_000;

/// A pipeline that is held to its bounds.
struct Held {
    pipeline: Pipeline,
    ts: i64,
}

impl Held {
    fn new() -> Held {
        Held {
            pipeline: Pipeline::new(Keys::new(&[7; 32], "k1"), "fuzz".to_owned()),
            ts: START,
        }
    }

    fn packet(&mut self, link: u16, data: &[u8], wire_len: usize) {
        self.pipeline.packet(Packet {
            ts: self.ts,
            link,
            data,
            wire_len,
        });
        let held = self.pipeline.held();
        assert!(held <= limits::HELD_ALL, "{held} bytes are held");
        while let Some((stream, batch)) = self.pipeline.batch(false) {
            rows::check_batch(stream, &batch);
        }
    }

    fn finish(mut self) {
        self.pipeline.finish();
        assert_eq!(self.pipeline.held(), 0, "bytes are held behind the end");
        rows::check(&mut self.pipeline.out);
    }
}

/// A frame of an Ethernet, or of whatever `link` is, some time after the one before.
pub fn frame(link: u16, data: &[u8], pause: i64) -> Option<Piece> {
    let link = LINKS.iter().position(|&known| known == link)?;
    let steps = pause.max(1).ilog2().min(63) as u16;
    Some(Piece::new(link as u8, steps, data))
}

/// Kind: link type, and above it whether the frame was longer. Argument: time since the frame before, as a power of two, and above it by how
/// much it was longer; the topmost bit turns time back.
pub fn play_frames(script: &[Piece]) {
    let mut held = Held::new();
    for piece in script {
        let link = LINKS[usize::from(piece.kind & 0x3f) % LINKS.len()];
        let pause = 1i64.checked_shl(u32::from(piece.arg & 0x3f)).unwrap_or(0);
        let back = piece.arg & 0x8000 != 0;
        held.ts = if back {
            held.ts.saturating_sub(pause)
        } else {
            held.ts.saturating_add(pause)
        };
        let cut = if piece.bit(7) {
            usize::from(piece.arg >> 6 & 0x1ff) * 64
        } else {
            0
        };
        held.packet(link, &piece.data, piece.data.len() + cut);
    }
    held.finish();
}

/// Kind of a segment: its direction, FIN, SYN, RST, ACK, part of it cut off, a pause before it, more to come at its place (the next segment
/// does not follow it, but has the same number). Argument: how far from where it should be.
const RESPONDER: u32 = 0;
const FIN: u32 = 1;
const SYN: u32 = 2;
const RST: u32 = 3;
const NO_ACK: u32 = 4;
const CUT: u32 = 5;
const PAUSE: u32 = 6;
const STAY: u32 = 7;

pub fn segment(from_responder: bool, flags: u8, data: &[u8]) -> Piece {
    let flag = |bit: u8, to: u32| u8::from(flags & bit != 0) << to;
    let no_ack = u8::from(flags & 16 == 0) << NO_ACK;
    let kind = u8::from(from_responder) | flag(1, FIN) | flag(2, SYN) | flag(4, RST) | no_ack;
    Piece::new(kind, 0, data)
}

/// One connection. Each side goes on where it stands, if a segment's argument does not say otherwise.
pub fn play_segments(script: &[Piece]) {
    let mut held = Held::new();
    let mut next = [0xffff_f000u32, 500];
    for piece in script {
        held.ts += if piece.bit(PAUSE) { 2_000_000_000 } else { 100_000 };
        let side = usize::from(piece.bit(RESPONDER));
        let data = piece.data.get(..1460).unwrap_or(&piece.data);
        let seq = next[side].wrapping_add_signed(i32::from(piece.arg as i16));
        let flags =
            u8::from(piece.bit(FIN)) | u8::from(piece.bit(SYN)) << 1 | u8::from(piece.bit(RST)) << 2 | u8::from(!piece.bit(NO_ACK)) << 4;
        let cut = if piece.bit(CUT) { data.len() / 2 } else { 0 };
        let packet = tcp(side == 1, seq, next[1 - side], flags, data);
        held.packet(RAW, packet.get(..packet.len() - cut).unwrap_or_default(), packet.len());
        if !piece.bit(STAY) {
            next[side] = seq
                .wrapping_add(data.len() as u32)
                .wrapping_add(u32::from(piece.bit(SYN)) + u32::from(piece.bit(FIN)));
        }
    }
    held.finish();
}

fn tcp(from_responder: bool, seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut ports = [40_000u16, 104];
    if from_responder {
        ports.reverse();
    }
    let mut payload = Vec::with_capacity(20 + data.len());
    ports.iter().for_each(|port| payload.extend(port.to_be_bytes()));
    payload.extend(seq.to_be_bytes());
    payload.extend(ack.to_be_bytes());
    payload.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    payload.extend(data);
    ipv4(from_responder, 0, 0, 6, &payload)
}

/// RFC 791 section 3.1. `place`: flags and offset of a fragment.
fn ipv4(back: bool, id: u16, place: u16, proto: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(u16::try_from(20 + payload.len()).unwrap_or(u16::MAX).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(place.to_be_bytes());
    packet.extend([64, proto, 0, 0]);
    packet.extend([10, 0, 0, 1 + u8::from(back), 10, 0, 0, 2 - u8::from(back)]);
    packet.extend(payload);
    packet
}

/// Kind of a fragment: one of four numbers, IPv6, more follow, UDP or TCP or what the kind itself says, a pause. Argument: offset in eights.
const V6: u32 = 2;
const MORE: u32 = 3;
const PROTO: u32 = 4;
const LATE: u32 = 6;

/// The pieces of one IPv4 datagram, each of `size` bytes.
pub fn fragments(udp: &[u8], size: usize) -> Vec<Piece> {
    let parts = udp.chunks(size & !7);
    let last = parts.len().saturating_sub(1);
    parts
        .enumerate()
        .map(|(n, part)| Piece::new(u8::from(n < last) << MORE, (n * (size & !7) / 8) as u16, part))
        .collect()
}

pub fn play_fragments(script: &[Piece]) {
    let mut held = Held::new();
    for piece in script {
        held.ts += if piece.bit(LATE) { 20_000_000_000 } else { 100_000 };
        let id = u16::from(piece.kind & 3);
        let proto = [17, 6, 47, 44][usize::from(piece.kind >> PROTO & 3)];
        let offset = piece.arg & 0x1fff;
        let more = u16::from(piece.bit(MORE));
        let packet = if piece.bit(V6) {
            ipv6_fragment(id, offset << 3 | more, proto, &piece.data)
        } else {
            ipv4(false, id, more << 13 | offset, proto, &piece.data)
        };
        held.packet(RAW, &packet, packet.len());
    }
    held.finish();
}

/// RFC 8200 sections 3 and 4.5.
fn ipv6_fragment(id: u16, place: u16, proto: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(8 + data.len()).unwrap_or(u16::MAX).to_be_bytes());
    packet.extend([44, 64]);
    packet.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend([proto, 0]);
    packet.extend(place.to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(id.to_be_bytes());
    packet.extend(data);
    packet
}
