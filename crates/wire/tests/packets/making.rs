//! Frames and datagrams byte by byte, and what becomes of them.

use wire::capture::Packet;
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::{rows, PlainRow, PlainRows};

pub const T0: i64 = 1_700_000_000_000_000_000;
pub const ETHERNET: u16 = 1;
pub const A: [u8; 6] = [0x02, 0, 0, 0, 0, 0x0a];
pub const B: [u8; 6] = [0x02, 0, 0, 0, 0, 0x0b];
/// Stations inside a tunnel; the second begins as an IP header would.
pub const C: [u8; 6] = [0x02, 0, 0, 0, 0, 0x0c];
pub const D: [u8; 6] = [0x45, 0, 0, 0, 0, 0x0d];

pub fn be(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap().to_be_bytes()
}

pub fn ethernet(src: [u8; 6], dst: [u8; 6], kind: u16, payload: &[u8]) -> Vec<u8> {
    [&dst[..], &src, &kind.to_be_bytes(), payload].concat()
}

/// What stands behind the EtherType of a tag.
pub fn tagged(id: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
    [&(0x2000 | id).to_be_bytes()[..], &kind.to_be_bytes(), payload].concat()
}

/// `word` is the one with the flags and the offset of a fragment.
pub fn ip4_piece(src: [u8; 4], dst: [u8; 4], proto: u8, word: u16, payload: &[u8]) -> Vec<u8> {
    let len = be((20 + payload.len()) & 0xffff);
    let mut head = vec![0x45, 0, len[0], len[1], 0, 9];
    head.extend(word.to_be_bytes());
    head.extend([64, proto, 0, 0]);
    head.extend(src);
    head.extend(dst);
    let sum: u32 = head.chunks(2).map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    head[10..12].copy_from_slice(&sum.to_be_bytes());
    head.extend(payload);
    head
}

pub fn ip4(src: [u8; 4], dst: [u8; 4], proto: u8, payload: &[u8]) -> Vec<u8> {
    ip4_piece(src, dst, proto, 0, payload)
}

/// 2001:db8::`src` to 2001:db8::`dst`.
pub fn ip6(src: u8, dst: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(be(payload.len() & 0xffff));
    packet.extend([next, 64]);
    for end in [src, dst] {
        packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, end]);
    }
    packet.extend(payload);
    packet
}

pub fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    [&src.to_be_bytes()[..], &dst.to_be_bytes(), &be(8 + payload.len()), &[0, 0], payload].concat()
}

/// A question for the address of pacs.hospital.test.
pub fn question() -> Vec<u8> {
    udp(
        40_000,
        53,
        b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x04pacs\x08hospital\x04test\0\0\x01\0\x01",
    )
}

/// The connection to be found: 10.9.0.1 asks 10.9.0.2.
pub fn inside() -> Vec<u8> {
    ip4([10, 9, 0, 1], [10, 9, 0, 2], 17, &question())
}

/// The same over IPv6.
pub fn inside6() -> Vec<u8> {
    ip6(1, 2, 17, &question())
}

/// The same in a frame of its own.
pub fn inside_frame() -> Vec<u8> {
    ethernet(C, D, 0x0800, &inside())
}

/// From 172.16.0.1 to 172.16.0.2 in a frame from A to B with VLAN 7.
pub fn around(proto: u8, payload: &[u8]) -> Vec<u8> {
    let packet = ip4([172, 16, 0, 1], [172, 16, 0, 2], proto, payload);
    ethernet(A, B, 0x8100, &tagged(7, 0x0800, &packet))
}

pub fn pipeline() -> Pipeline {
    Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned())
}

/// Shows the frames, a microsecond apart; ends the input. Rows about the sensor itself are left out.
pub fn read(link: u16, frames: &[Vec<u8>]) -> (PlainRows, Pipeline) {
    let mut pipeline = pipeline();
    for (n, data) in frames.iter().enumerate() {
        pipeline.packet(Packet {
            ts: T0 + n as i64 * 1000,
            link,
            data,
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    let mut rows = rows(&mut pipeline.out);
    rows.remove("stats");
    (rows, pipeline)
}

/// The connections of one frame as (originator, responder, protocol, service).
pub fn connections(rows: &PlainRows) -> Vec<(&str, &str, &str, &str)> {
    rows.get("conn")
        .map(|rows| {
            rows.iter()
                .map(|r| {
                    (
                        r["id_orig_h"].as_str(),
                        r["id_resp_h"].as_str(),
                        r["proto"].as_str(),
                        r["service"].as_str(),
                    )
                })
                .collect()
        })
        .unwrap_or_default()
}

/// The row of the connection to be found.
pub fn found<'r>(rows: &'r PlainRows, name: &str) -> &'r PlainRow {
    let asks = |row: &&PlainRow| row["service"] == "dns";
    let conn = rows.get("conn").unwrap_or_else(|| panic!("{name}: no connection"));
    let row = conn.iter().find(asks).unwrap_or_else(|| panic!("{name}: {:?}", connections(rows)));
    assert_eq!(rows["dns"][0]["query"], "pacs.hospital.test", "{name}");
    assert_eq!(row["orig_bytes"], "36", "{name}");
    row
}
