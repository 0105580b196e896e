//! Compressed captures: every frame, and what is wrong with one.

use std::io::Write as _;

use crate::making::*;

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
fn what_stands_before_the_cut_of_a_frame_is_read() {
    let folder = Folder::new("blocks-before-cut");
    // More than the 128 kB of one block, and bytes that do not compress.
    let mut random = 1u64;
    let mut noise = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 56) as u8
    };
    let datas: Vec<Vec<u8>> = (0..1000).map(|_| (0..1000).map(|_| noise()).collect()).collect();
    let packets: Vec<(i64, &[u8])> = datas.iter().enumerate().map(|(n, data)| (T0 + n as i64, data.as_slice())).collect();
    let whole = zst(&pcap(&packets, true, false));
    for cut in [whole.len() / 2, whole.len() - 1] {
        let (got, problems) = read(&[&folder.file("capture", &whole[..cut])]).unwrap();
        let blocks = cut / (128 << 10) * (128 << 10);
        assert!(got.len() >= blocks / 1016 - 1, "{} packets before {cut}", got.len());
        assert_eq!(got, expected(&packets)[..got.len()]);
        assert!(problems[0].why.contains("the compressed data end too early"), "{problems:?}");
    }
}
