//! Captures made byte by byte, and what is read of them.

use std::fs;
use std::path::{Path, PathBuf};

use wire::capture::{Captures, Refused};

/// (time in nanoseconds, link type, bytes on the wire, data).
pub type Got = (i64, u16, usize, Vec<u8>);

pub const T0: i64 = 1_700_000_000_123_456_000;

/// A folder of this test's own, gone when it ends.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("asepsis-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn read(paths: &[&Path]) -> Result<(Vec<Got>, Vec<Refused>), Refused> {
    let (got, captures) = read_all(paths)?;
    Ok((got, captures.problems))
}

/// The packets, and the captures behind their end.
pub fn read_all(paths: &[&Path]) -> Result<(Vec<Got>, Captures), Refused> {
    let paths: Vec<PathBuf> = paths.iter().map(|p| p.to_path_buf()).collect();
    let mut captures = Captures::open(&paths, &[])?;
    let mut got = Vec::new();
    while captures.next(|p| got.push((p.ts, p.link, p.wire_len, p.data.to_vec()))) {}
    Ok((got, captures))
}

pub fn n32(n: u32, big: bool) -> [u8; 4] {
    if big {
        n.to_be_bytes()
    } else {
        n.to_le_bytes()
    }
}

pub fn n16(n: u16, big: bool) -> [u8; 2] {
    if big {
        n.to_be_bytes()
    } else {
        n.to_le_bytes()
    }
}

/// A file header of little-endian microseconds, and no packet.
pub fn header(link: u32) -> Vec<u8> {
    let mut file = pcap(&[], false, false);
    file.truncate(20);
    file.extend(n32(link, false));
    file
}

pub fn pcap(packets: &[(i64, &[u8])], nano: bool, big: bool) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(n32(if nano { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }, big));
    file.extend(n16(2, big));
    file.extend(n16(4, big));
    for word in [0, 0, 262_144, 1] {
        file.extend(n32(word, big));
    }
    for (ts, data) in packets {
        let fraction = ts % 1_000_000_000 / if nano { 1 } else { 1000 };
        for word in [
            (ts / 1_000_000_000) as u32,
            fraction as u32,
            data.len() as u32,
            data.len() as u32 + 5,
        ] {
            file.extend(n32(word, big));
        }
        file.extend(*data);
    }
    file
}

pub fn block(kind: u32, body: &[u8], big: bool) -> Vec<u8> {
    let padded = body.len().div_ceil(4) * 4;
    let mut block = Vec::new();
    block.extend(n32(kind, big));
    block.extend(n32(padded as u32 + 12, big));
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(n32(padded as u32 + 12, big));
    block
}

pub fn section(big: bool) -> Vec<u8> {
    let mut body = n32(0x1a2b_3c4d, big).to_vec();
    body.extend(n16(1, big));
    body.extend(n16(0, big));
    body.extend([0xff; 8]);
    block(0x0a0d_0d0a, &body, big)
}

pub fn interface(link: u16, resolution: Option<u8>, offset: Option<u64>, big: bool) -> Vec<u8> {
    let mut body = n16(link, big).to_vec();
    body.extend([0, 0]);
    body.extend(n32(0, big));
    if let Some(resolution) = resolution {
        body.extend(n16(9, big));
        body.extend(n16(1, big));
        body.extend([resolution, 0, 0, 0]);
    }
    if let Some(offset) = offset {
        body.extend(n16(14, big));
        body.extend(n16(8, big));
        body.extend(if big { offset.to_be_bytes() } else { offset.to_le_bytes() });
    }
    block(1, &body, big)
}

pub fn enhanced(interface: u32, ticks: u64, data: &[u8], big: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for word in [
        interface,
        (ticks >> 32) as u32,
        ticks as u32,
        data.len() as u32,
        data.len() as u32 + 5,
    ] {
        body.extend(n32(word, big));
    }
    body.extend(data);
    block(6, &body, big)
}

pub fn expected(packets: &[(i64, &[u8])]) -> Vec<Got> {
    packets.iter().map(|(ts, data)| (*ts, 1, data.len() + 5, data.to_vec())).collect()
}
