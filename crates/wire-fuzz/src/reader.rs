//! The reader of capture files: pcap and pcapng, as they are and compressed.

use std::io::Write as _;
use std::path::PathBuf;

use flate2::write::GzEncoder;
use flate2::Compression;
use ruzstd::encoding::{compress_to_vec, CompressionLevel};
use wire::capture::Captures;
use wire::limits;

use crate::bounds::holds;

/// Packets that are read of one file.
const PACKETS: usize = 4096;

/// How the file that stands behind the first byte is given: as it is, or compressed, so that the fuzzer changes what was compressed.
const PLAIN: u8 = 0;
const GZIP: u8 = 1;
const ZSTD: u8 = 2;

/// What a capture makes it hold at the most: the window of a Zstandard frame, doubled while it grows, and the buffers.
const MEMORY: i64 = 2 * limits::ZSTD_WINDOW as i64 + (16 << 20);

/// The same capture in every way in which it may lie on a disk.
pub fn seeds(pcap: &[u8]) -> Vec<Vec<u8>> {
    let ways = [
        (PLAIN, pcap.to_vec()),
        (GZIP, pcap.to_vec()),
        (ZSTD, pcap.to_vec()),
        (PLAIN, gzip(pcap)),
        (PLAIN, compress_to_vec(pcap, CompressionLevel::Fastest)),
        (PLAIN, pcapng(pcap)),
    ];
    ways.into_iter().map(|(way, file)| [&[way], file.as_slice()].concat()).collect()
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // Memory takes what is written.
    let _ = gzip.write_all(file);
    gzip.finish().unwrap_or_default()
}

/// A section, an interface, and the packets of a little-endian pcap in simple and enhanced blocks (draft-ietf-opsawg-pcapng).
fn pcapng(pcap: &[u8]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = ((12 + body.len() + padding.len()) as u32).to_le_bytes();
        [&kind.to_le_bytes(), length.as_slice(), body, &padding, &length].concat()
    };
    let mut section = 0x1a2b_3c4du32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let mut file = block(0x0a0d_0d0a, &section);
    let link = pcap.get(20..22).unwrap_or(&[1, 0]);
    file.extend(block(1, &[link, &[0, 0, 0, 0, 4, 0][..]].concat()));
    let mut rest = pcap.get(24..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<16>() {
        let len = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
        let (data, after) = after.split_at(len.min(after.len()));
        let enhanced = [&[0u8; 12][..], &head[8..16], data].concat();
        file.extend(block(6, &enhanced));
        file.extend(block(3, &[&head[12..16], data].concat()));
        rest = after;
    }
    file
}

/// Where the file lies for the reader: one a thread, in memory if the machine has such a place.
fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("wire-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()))
}

pub fn play(input: &[u8]) {
    let Some((way, file)) = input.split_first() else { return };
    let file = match *way {
        GZIP => gzip(file),
        ZSTD => compress_to_vec(file, CompressionLevel::Fastest),
        _ => file.to_vec(),
    };
    let path = place();
    if std::fs::write(&path, &file).is_ok() {
        holds(file.len(), MEMORY, || read(&path));
        let _ = std::fs::remove_file(&path);
    }
}

fn read(path: &std::path::Path) {
    let Ok(mut captures) = Captures::open(&[path.to_owned()], &[]) else {
        return;
    };
    let check = |packet: wire::capture::Packet<'_>| {
        assert!(packet.data.len() <= limits::PACKET, "a packet of {} bytes", packet.data.len());
    };
    for _ in 0..PACKETS {
        if !captures.next(check) {
            break;
        }
    }
}
