//! IP in pieces.

use crate::making::*;

/// Pieces of `payload` at these (offset, end), the last of which ends it.
fn pieces4(payload: &[u8], cuts: &[(usize, usize)]) -> Vec<Vec<u8>> {
    let piece = |&(from, to): &(usize, usize)| {
        let more = if to < payload.len() { 0x2000 } else { 0 };
        ip4_piece([10, 9, 0, 1], [10, 9, 0, 2], 17, more | (from / 8) as u16, &payload[from..to])
    };
    cuts.iter().map(piece).collect()
}

fn piece6(next: u8, from: usize, more: bool, payload: &[u8]) -> Vec<u8> {
    let word = be(from | usize::from(more));
    ip6(1, 2, 44, &[&[next, 0, word[0], word[1], 0, 0, 0, 9], payload].concat())
}

fn pieces6(next: u8, payload: &[u8], cuts: &[(usize, usize)]) -> Vec<Vec<u8>> {
    let piece = |&(from, to): &(usize, usize)| piece6(next, from, to < payload.len(), &payload[from..to]);
    cuts.iter().map(piece).collect()
}

#[test]
fn extension_headers_behind_the_fragment_header_are_passed() {
    let len = question().len();
    // Destination options and a routing header before the datagram; they stand in the first piece, or go over into the second.
    let headers = [&[43, 0, 1, 4, 0, 0, 0, 0][..], &[17, 0, 0, 0, 0, 0, 0, 0], &question()].concat();
    let cuts: &[&[(usize, usize)]] = &[
        &[(0, 32), (32, len + 16)],
        &[(0, 8), (8, 32), (32, len + 16)],
        &[(8, len + 16), (0, 8)],
    ];
    for cuts in cuts {
        let (rows, pipeline) = read(101, &pieces6(60, &headers, cuts));
        found(&rows, "extension headers");
        assert_eq!((rows["conn"].len(), pipeline.undecoded()), (1, 0), "{cuts:?}");
    }
    // Only the first piece says what is inside (RFC 8200 section 4.5).
    let mut pieces = pieces6(60, &headers, &[(0, 32), (32, len + 16)]);
    pieces[1][40] = 99;
    found(&read(101, &pieces).0, "another next header");
    // A fragment that is whole (RFC 6946) waits for nothing.
    found(&read(101, &[piece6(60, 0, false, &headers)]).0, "atomic");
}

#[test]
fn the_first_copy_of_a_byte_wins_in_any_order() {
    let payload = question();
    let len = payload.len();
    let mut other = payload.clone();
    other[16..24].fill(0xff);
    let cases = [
        (
            "a later piece begins before",
            pieces4(&payload, &[(16, len), (0, 16)]),
            pieces4(&other, &[(8, 24)]),
        ),
        (
            "a later piece goes over",
            pieces4(&payload, &[(0, 24), (24, len)]),
            pieces4(&other, &[(16, 32)]),
        ),
        (
            "a later piece is the same",
            pieces4(&payload, &[(16, len), (0, 16)]),
            pieces4(&other, &[(16, len)]),
        ),
    ];
    for (name, mut pieces, late) in cases {
        pieces.splice(1..1, late);
        let (rows, pipeline) = read(101, &pieces);
        found(&rows, name);
        assert_eq!((pipeline.disagreements(), pipeline.undecoded()), (1, 0), "{name}");
    }
    // A piece that fills two holes and meets what lies between.
    let mut pieces = pieces4(&payload, &[(8, 16), (24, 32)]);
    pieces.extend(pieces4(&payload, &[(0, len)]));
    pieces[2][6] |= 0x20;
    pieces.extend(pieces4(&payload, &[(40, len)]));
    let (rows, pipeline) = read(101, &pieces);
    found(&rows, "holes");
    assert_eq!((pipeline.disagreements(), pipeline.undecoded()), (0, 0));
}

#[test]
fn pieces_of_ipv6_that_overlap_drop_the_datagram() {
    let payload = question();
    let len = payload.len();
    let overlapping = pieces6(17, &payload, &[(0, 24), (16, 32), (24, len), (0, 16), (16, len)]);
    let (rows, pipeline) = read(101, &overlapping);
    assert!(rows.is_empty(), "{rows:?}");
    assert_eq!((pipeline.undecoded(), pipeline.disagreements()), (1, 0));
    // The same piece twice is no overlap (RFC 8200 section 4.5).
    let (rows, pipeline) = read(101, &pieces6(17, &payload, &[(0, 24), (0, 24), (24, len)]));
    found(&rows, "twice");
    assert_eq!(pipeline.undecoded(), 0);
}

#[test]
fn what_never_becomes_whole_is_counted() {
    let payload = question();
    let (rows, pipeline) = read(101, &pieces4(&payload, &[(0, 16)]));
    assert!(rows.is_empty());
    assert_eq!(pipeline.undecoded(), 1);
}

#[test]
fn floods_of_pieces_are_bounded_and_do_not_slow_down() {
    let began = std::time::Instant::now();
    let mut pipeline = pipeline();
    let mut sent = 0u64;
    for n in 0..200_000u32 {
        let mut packet = ip4_piece(
            [10, 9, (n >> 16) as u8, 1],
            [10, 9, 0, 2],
            17,
            0x2000 | (n % 100) as u16,
            &[7; 1400],
        );
        packet[4..6].copy_from_slice(&((n % 65_536) as u16).to_be_bytes());
        pipeline.packet(wire::capture::Packet {
            ts: T0 + i64::from(n),
            link: 101,
            data: &packet,
            wire_len: packet.len(),
        });
        sent += 1;
    }
    pipeline.finish();
    assert_eq!(pipeline.undecoded(), sent);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
