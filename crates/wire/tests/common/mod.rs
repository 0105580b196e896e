//! Shared by the tests that play the golden captures changed: the packets, a small generator, rows without what may differ.

use std::fs;
use std::path::PathBuf;

use wire::capture::{Captures, Packet};
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::{rows, PlainRows};

/// A small deterministic generator (xorshift64*, Vigna 2016): the seed of a failure is in its message.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}

/// A packet of a capture.
#[derive(Clone, Debug)]
pub struct Frame {
    pub ts: i64,
    pub link: u16,
    pub data: Vec<u8>,
    pub wire_len: usize,
}

/// The golden captures, `<stream>/<name>` and their packets.
pub fn golden() -> Vec<(String, Vec<Frame>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let folders = fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    paths.sort();
    assert!(paths.len() > 40, "{}", paths.len());
    paths.into_iter().map(|path| (name(&path), packets(path))).collect()
}

fn name(path: &std::path::Path) -> String {
    let stream = path.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
    format!(
        "{}/{}",
        stream.to_string_lossy(),
        path.file_stem().unwrap_or_default().to_string_lossy()
    )
}

fn packets(path: PathBuf) -> Vec<Frame> {
    let mut captures = Captures::open(&[path], &[]).unwrap();
    let mut packets = Vec::new();
    while captures.next(|packet| {
        packets.push(Frame {
            ts: packet.ts,
            link: packet.link,
            data: packet.data.to_vec(),
            wire_len: packet.wire_len,
        })
    }) {}
    packets
}

pub fn play(packets: &[Frame]) -> PlainRows {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    for Frame { ts, link, data, wire_len } in packets {
        pipeline.packet(Packet {
            ts: *ts,
            link: *link,
            data,
            wire_len: *wire_len,
        });
    }
    pipeline.finish();
    rows(&mut pipeline.out)
}

/// Whether the long form is asked for.
pub fn soak() -> bool {
    std::env::var_os("ASEPSIS_SOAK").is_some()
}
