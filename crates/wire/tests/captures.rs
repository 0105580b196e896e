//! Every form of capture gives the same packets, and whatever is no whole capture is named.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wire::capture::{Captures, Refused};

/// (time in nanoseconds, link type, bytes on the wire, data).
type Got = (i64, u16, usize, Vec<u8>);

const T0: i64 = 1_700_000_000_123_456_000;

/// A folder of this test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("asepsis-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
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

fn read(paths: &[&Path]) -> Result<(Vec<Got>, Vec<Refused>), Refused> {
    let paths: Vec<PathBuf> = paths.iter().map(|p| p.to_path_buf()).collect();
    let mut captures = Captures::open(&paths)?;
    let mut got = Vec::new();
    while captures.next(|p| got.push((p.ts, p.link, p.wire_len, p.data.to_vec()))) {}
    Ok((got, captures.problems))
}

fn n32(n: u32, big: bool) -> [u8; 4] {
    if big {
        n.to_be_bytes()
    } else {
        n.to_le_bytes()
    }
}

fn n16(n: u16, big: bool) -> [u8; 2] {
    if big {
        n.to_be_bytes()
    } else {
        n.to_le_bytes()
    }
}

fn pcap(packets: &[(i64, &[u8])], nano: bool, big: bool) -> Vec<u8> {
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

fn block(kind: u32, body: &[u8], big: bool) -> Vec<u8> {
    let padded = body.len().div_ceil(4) * 4;
    let mut block = Vec::new();
    block.extend(n32(kind, big));
    block.extend(n32(padded as u32 + 12, big));
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(n32(padded as u32 + 12, big));
    block
}

fn section(big: bool) -> Vec<u8> {
    let mut body = n32(0x1a2b_3c4d, big).to_vec();
    body.extend(n16(1, big));
    body.extend(n16(0, big));
    body.extend([0xff; 8]);
    block(0x0a0d_0d0a, &body, big)
}

fn interface(link: u16, resolution: Option<u8>, offset: Option<u64>, big: bool) -> Vec<u8> {
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

fn enhanced(interface: u32, ticks: u64, data: &[u8], big: bool) -> Vec<u8> {
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

fn expected(packets: &[(i64, &[u8])]) -> Vec<Got> {
    packets.iter().map(|(ts, data)| (*ts, 1, data.len() + 5, data.to_vec())).collect()
}

#[test]
fn pcap_in_both_resolutions_and_byte_orders() {
    let folder = Folder::new("pcap");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two packets")];
    for (nano, big) in [(false, false), (false, true), (true, false), (true, true)] {
        let path = folder.file("a.pcap", &pcap(packets, nano, big));
        assert_eq!(read(&[&path]).unwrap(), (expected(packets), vec![]), "nano {nano} big {big}");
    }
}

#[test]
fn pcapng_with_many_interfaces_resolutions_and_unknown_blocks() {
    let folder = Folder::new("pcapng");
    for big in [false, true] {
        let mut file = section(big);
        file.extend(interface(1, None, None, big));
        file.extend(block(0x8000_0bad, &[0xaa; 33], big));
        file.extend(interface(101, Some(9), None, big));
        file.extend(interface(1, Some(0x80 | 20), Some(1_600_000_000), big));
        file.extend(enhanced(0, (T0 / 1000) as u64, b"micro", big));
        file.extend(enhanced(1, T0 as u64 + 7, b"nano", big));
        file.extend(enhanced(2, 100_000_000 << 20 | 1 << 19, b"binary", big));
        file.extend(enhanced(9, 0, b"an interface that is not there", big));
        file.extend(section(!big));
        file.extend(interface(113, Some(6), None, !big));
        file.extend(enhanced(0, (T0 / 1000) as u64 + 2_000_000, b"second section", !big));
        let path = folder.file("a.pcapng", &file);
        let (got, problems) = read(&[&path]).unwrap();
        let seen: Vec<_> = got
            .iter()
            .map(|(ts, link, _, data)| (*ts, *link, std::str::from_utf8(data).unwrap()))
            .collect();
        assert_eq!(
            seen,
            [
                (T0, 1, "micro"),
                (T0 + 7, 101, "nano"),
                (1_700_000_000_500_000_000, 1, "binary"),
                (T0 + 2_000_000_000, 113, "second section")
            ],
            "big {big}"
        );
        assert_eq!(problems, []);
    }
}

#[test]
fn compressed_as_well_as_plain() {
    let folder = Folder::new("compressed");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    let plain = pcap(packets, true, false);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    // Two frames, as `cat a.zst b.zst` makes them.
    let mut zstandard = Vec::new();
    for half in [&plain[..30], &plain[30..]] {
        zstandard.extend(ruzstd::encoding::compress_to_vec(
            half,
            ruzstd::encoding::CompressionLevel::Uncompressed,
        ));
    }
    for (name, bytes) in [("gz", gzip.as_slice()), ("zst", &zstandard)] {
        let path = folder.file("capture", bytes);
        assert_eq!(read(&[&path]).unwrap(), (expected(packets), vec![]), "{name}");
    }
    let cut = folder.file("cut.gz", &gzip[..gzip.len() - 12]);
    match read(&[&cut]) {
        Ok((got, problems)) => assert!(got.len() <= 2 && problems.len() == 1),
        Err(refused) => assert!(refused.why.contains("cut")),
    }
}

/// A Zstandard frame of its own.
fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// RFC 8878 section 3.1.2.
fn skippable(len: usize) -> Vec<u8> {
    let mut frame = vec![0x5e, 0x2a, 0x4d, 0x18];
    frame.extend((len as u32).to_le_bytes());
    frame.resize(8 + len, 0xb1);
    frame
}

#[test]
fn compressed_as_tools_leave_it() {
    let folder = Folder::new("frames");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    let plain = pcap(packets, true, false);
    let (a, b) = plain.split_at(30);
    let cases: &[(&str, Vec<u8>)] = &[
        ("pzstd", [skippable(4), zst(a), skippable(4), zst(b)].concat()),
        ("seekable", [zst(a), zst(b), skippable(70_000)].concat()),
        ("an empty frame", [zst(b""), zst(&plain), zst(b"")].concat()),
        ("members", [gz(a), gz(b""), gz(b)].concat()),
        ("padded", [gz(&plain), vec![0; 300_000]].concat()),
        ("padded by three", [gz(&plain), vec![0; 3]].concat()),
        ("padded between", [gz(a), vec![0; 512], gz(b)].concat()),
        ("padded zst", [zst(&plain), vec![0; 512]].concat()),
    ];
    for (name, bytes) in cases {
        let path = folder.file("capture", bytes);
        assert_eq!(read(&[&path]).unwrap(), (expected(packets), vec![]), "{name}");
    }
}

#[test]
fn compressed_and_cut_anywhere_or_damaged_is_one_plain_line() {
    let folder = Folder::new("cut-frames");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    let plain = pcap(packets, true, false);
    for (name, whole) in [("zst", [skippable(9), zst(&plain)].concat()), ("gz", gz(&plain))] {
        for cut in 5..whole.len() {
            let why = match read(&[&folder.file("capture", &whole[..cut])]) {
                Ok((got, problems)) => {
                    assert_eq!(got, expected(packets)[..got.len()]);
                    problems.first().unwrap_or_else(|| panic!("{name} cut at {cut}")).why.clone()
                }
                Err(refused) => refused.why,
            };
            let early = why.contains("the compressed data end too early");
            // A skippable frame and nothing else is whole.
            assert!(
                early || (cut == 17 && name == "zst" && why.contains("is empty")),
                "{name} cut at {cut}: {why}"
            );
        }
    }
    let window = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3][..], &[1, 0, 0]].concat();
    let mut wrong_sum = gz(&plain);
    let len = wrong_sum.len();
    wrong_sum[len - 6] ^= 1;
    let cases: &[(&str, Vec<u8>, &str)] = &[
        (
            "window",
            window,
            "cannot be read: it was compressed with a window of more than 128 MiB",
        ),
        (
            "reserved block",
            [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 7, 0, 0].to_vec(),
            "cannot be read: the compressed data are damaged",
        ),
        (
            "garbage",
            [gz(&plain), b"garbage".to_vec()].concat(),
            "what follows the compressed data is not compressed",
        ),
        ("checksum", wrong_sum, "the compressed data are damaged"),
    ];
    for (name, bytes, expected) in cases {
        let why = match read(&[&folder.file("capture", bytes)]) {
            Ok((_, problems)) => problems.first().unwrap_or_else(|| panic!("{name}")).why.clone(),
            Err(refused) => refused.why,
        };
        assert!(why.contains(expected), "{name}: {why}");
        assert!(!why.contains(['(', '{', '"', '\n']) || why.contains("(zstd -d"), "{name}: {why}");
    }
}

#[test]
fn many_files_are_one_stream_in_time_order() {
    let folder = Folder::new("many");
    let a: &[(i64, &[u8])] = &[(T0, b"1"), (T0 + 20_000, b"3")];
    let b: &[(i64, &[u8])] = &[(T0 + 10_000, b"2"), (T0 + 30_000, b"4")];
    folder.file("z.pcap", &pcap(a, false, false));
    folder.file("a.pcap", &pcap(b, true, true));
    folder.file("notes.txt", b"no capture");
    let captures = Captures::open(std::slice::from_ref(&folder.0)).unwrap();
    assert_eq!(captures.skipped, [folder.0.join("notes.txt")]);
    let (got, _) = read(&[&folder.0]).unwrap();
    let order: Vec<u8> = got.iter().map(|(.., data)| data[0]).collect();
    assert_eq!(order, b"1234");
}

#[test]
fn a_cut_capture_gives_what_stands_before_the_cut_and_says_so() {
    let folder = Folder::new("cut");
    let packets: &[(i64, &[u8])] = &[(T0, b"first"), (T0 + 1_000_000, b"second")];
    let mut ng = section(false);
    ng.extend(interface(1, None, None, false));
    let head = ng.len();
    ng.extend(enhanced(0, (T0 / 1000) as u64, b"first", false));
    let first = ng.len();
    ng.extend(enhanced(0, (T0 / 1000) as u64 + 1000, b"second", false));
    for (whole, head, first) in [(pcap(packets, false, false), 24, 24 + 16 + 5), (ng, head, first)] {
        for cut in 0..whole.len() {
            let path = folder.file("cut", &whole[..cut]);
            match read(&[&path]) {
                Ok((got, problems)) => {
                    assert_eq!(got, expected(packets)[..usize::from(cut >= first)], "cut at {cut}");
                    let clean = cut == head || cut == first || (head != 24 && got.is_empty());
                    assert_eq!(problems.is_empty(), clean, "cut at {cut}: {problems:?}");
                }
                Err(refused) => assert!(cut < first, "cut at {cut}: {refused}"),
            }
        }
    }
}

#[test]
fn what_is_no_capture_is_refused_in_one_line() {
    let folder = Folder::new("refused");
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", b"", "is empty"),
        ("text", b"hello, world, no capture", "is not a capture"),
        ("short", b"ab", "is not a capture"),
    ];
    for (name, bytes, why) in cases {
        let refused = read(&[&folder.file(name, bytes)]).unwrap_err();
        assert!(refused.why.starts_with(why), "{name}: {refused}");
        assert!(!refused.to_string().contains('\n'));
    }
    assert!(read(&[&folder.0.join("absent")]).unwrap_err().why.contains("does not exist"));
    let lying = pcap(&[(T0, b"x")], false, false);
    let mut lying = lying.clone();
    lying[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(read(&[&folder.file("lying", &lying)]).unwrap_err().why.contains("impossible"));
}
