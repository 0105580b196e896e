//! Databases, named by how a connection to them begins.

use crate::protocols::{Dir, Probe};

/// TLS whose handshake travels in such packets. MS-TDS 2.2.6.4.
pub fn tds_tls(dir: Dir, bytes: &[u8]) -> Probe {
    match bytes {
        [0x12, 1, _, _, _, _, _, _, 0x16, 3, 0..=4, ..] if dir == Dir::Orig => Probe::Certain,
        [0x12, 1, ..] if dir == Dir::Orig && bytes.len() < 11 => Probe::Unsure,
        [] => Probe::Unsure,
        [0x12] if dir == Dir::Orig => Probe::Unsure,
        _ => Probe::Never,
    }
}

/// OP_MSG, or the OP_QUERY of old clients, to a database's commands. MongoDB Wire Protocol.
pub fn mongodb(dir: Dir, bytes: &[u8]) -> Probe {
    let Some((&[a, b, c, 0, _, _, _, _, r0, r1, r2, r3, code, 7, 0, 0], rest)) = bytes.split_first_chunk() else {
        let fits = bytes.len() < 16 && bytes.get(3).is_none_or(|high| *high == 0) && bytes.get(13).is_none_or(|code| *code == 7);
        return if fits && dir == Dir::Orig { Probe::Unsure } else { Probe::Never };
    };
    let length = u32::from_le_bytes([a, b, c, 0]);
    if dir == Dir::Resp || [r0, r1, r2, r3] != [0; 4] || length < 26 {
        return Probe::Never;
    }
    match code {
        // OP_QUERY: flags, then the collection.
        0xd4 => match rest.get(4..) {
            Some(name) => super::text::start(name, &[b"admin.$cmd\0"]),
            None => Probe::Unsure,
        },
        // OP_MSG: flags, a body (kind 0), whose document fills the message or leaves room for a checksum.
        0xdd => match rest.split_first_chunk() {
            Some((&[0 | 1, 0, 0 | 1, 0, 0, x, y, z, 0], _)) if u32::from_le_bytes([x, y, z, 0]) < length => Probe::Certain,
            Some(_) => Probe::Never,
            None => Probe::Unsure,
        },
        _ => Probe::Never,
    }
}

/// CONNECT of Oracle's Transparent Network Substrate: length, no checksum, type 1, a version of the last thirty years and the oldest that is taken.
pub fn tns(dir: Dir, bytes: &[u8]) -> Probe {
    match bytes {
        [0 | 1, _, 0, 0, 1, _, 0, 0, 1, 0x2c..=0x40, 1, 0x2c..=0x40, ..] if dir == Dir::Orig => Probe::Certain,
        _ if dir == Dir::Resp || bytes.len() >= 12 => Probe::Never,
        _ => {
            const HEAD: [(u8, u8); 12] = [
                (0, 1),
                (0, 255),
                (0, 0),
                (0, 0),
                (1, 1),
                (0, 255),
                (0, 0),
                (0, 0),
                (1, 1),
                (0x2c, 0x40),
                (1, 1),
                (0x2c, 0x40),
            ];
            let fits = bytes.iter().zip(HEAD).all(|(byte, (least, most))| (least..=most).contains(byte));
            if fits {
                Probe::Unsure
            } else {
                Probe::Never
            }
        }
    }
}
