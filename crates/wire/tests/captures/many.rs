//! Many captures as one stream.

use std::fs;
use std::path::{Path, PathBuf};

use wire::capture::Captures;

use crate::making::*;

#[test]
fn many_files_are_one_stream_in_time_order() {
    let folder = Folder::new("many");
    let a: &[(i64, &[u8])] = &[(T0, b"1"), (T0 + 20_000, b"3")];
    let b: &[(i64, &[u8])] = &[(T0 + 10_000, b"2"), (T0 + 30_000, b"4")];
    folder.file("z.pcap", &pcap(a, false, false));
    folder.file("a.pcap", &pcap(b, true, true));
    folder.file("notes.txt", b"no capture");
    let captures = Captures::open(std::slice::from_ref(&folder.0), &[]).unwrap();
    assert_eq!(captures.skipped, [folder.0.join("notes.txt")]);
    let (got, _) = read(&[&folder.0]).unwrap();
    let order: Vec<u8> = got.iter().map(|(.., data)| data[0]).collect();
    assert_eq!(order, b"1234");
}

#[test]
fn one_file_by_many_names_is_read_once() {
    let folder = Folder::new("names");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    let bytes = pcap(packets, true, false);
    let file = folder.file("a.pcap", &bytes);
    std::os::unix::fs::symlink("a.pcap", folder.0.join("latest.pcap")).unwrap();
    fs::hard_link(&file, folder.0.join("b.pcap")).unwrap();
    let spelled = folder.0.join("../").join(folder.0.file_name().unwrap()).join("a.pcap");
    for paths in [
        vec![&file, &spelled],
        vec![&folder.0],
        vec![&folder.0, &file],
        vec![&file, &folder.0, &folder.0],
    ] {
        let paths: Vec<&Path> = paths.into_iter().map(PathBuf::as_path).collect();
        let (got, captures) = read_all(&paths).unwrap();
        assert_eq!(got, expected(packets), "{paths:?}");
        assert_eq!((captures.total, captures.duplicates), (bytes.len() as u64, 0), "{paths:?}");
    }
    let no_capture = folder.file("notes.txt", b"no capture");
    assert!(
        read(&[&folder.0, &no_capture]).is_err(),
        "named, it must be one, also where its folder was searched before"
    );
}

#[test]
fn a_pipe_is_read_though_it_opens_once() {
    let folder = Folder::new("pipe");
    let pipe = folder.0.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    let (bytes, to) = (pcap(packets, true, false), pipe.clone());
    let writer = std::thread::spawn(move || fs::write(to, bytes));
    assert_eq!(read(&[&pipe, &pipe]).unwrap(), (expected(packets), vec![]));
    writer.join().unwrap().unwrap();
}

#[test]
fn a_packet_that_stands_in_two_captures_is_given_once() {
    let folder = Folder::new("copies");
    let times = |packets: &[(i64, &'static [u8])]| packets.to_vec();
    let (p, q, r): (&[u8], &[u8], &[u8]) = (b"p", b"q", b"r");
    type Case<'a> = (&'a str, Vec<(i64, &'static [u8])>, Vec<(i64, &'static [u8])>, &'a [u8], u64);
    let cases: &[Case<'_>] = &[
        (
            "a copy",
            times(&[(0, p), (5, q), (9, r)]),
            times(&[(0, p), (5, q), (9, r)]),
            b"pqr",
            3,
        ),
        (
            "one goes on where the other ends",
            times(&[(0, p), (5, q)]),
            times(&[(5, q), (9, r)]),
            b"pqr",
            1,
        ),
        (
            "one that is filtered, at one time",
            times(&[(0, q)]),
            times(&[(0, p), (0, q), (0, r)]),
            b"qpr",
            1,
        ),
        (
            "in another order, at one time",
            times(&[(0, p), (0, q), (0, r)]),
            times(&[(0, r), (0, p), (0, q)]),
            b"pqr",
            3,
        ),
        (
            "twice in each",
            times(&[(0, p), (0, p), (5, q)]),
            times(&[(0, p), (0, p), (5, q)]),
            b"ppq",
            3,
        ),
        (
            "twice in one",
            times(&[(0, p), (5, q)]),
            times(&[(0, p), (0, p), (5, q)]),
            b"ppq",
            2,
        ),
        (
            "not in order of time",
            times(&[(5, p), (0, q), (9, r)]),
            times(&[(5, p), (0, q), (9, r)]),
            b"pqr",
            3,
        ),
        (
            "the same bytes at another time",
            times(&[(0, p), (5, p)]),
            times(&[(1, p), (6, p)]),
            b"pppp",
            0,
        ),
    ];
    for (name, a, b, expected, duplicates) in cases {
        let at = |packets: &[(i64, &'static [u8])]| packets.iter().map(|(ts, data)| (T0 + ts, *data)).collect::<Vec<_>>();
        let (a, b) = (
            folder.file("a", &pcap(&at(a), true, false)),
            folder.file("b", &pcap(&at(b), true, true)),
        );
        let (got, captures) = read_all(&[&a, &b]).unwrap();
        let order: Vec<u8> = got.iter().map(|(.., data)| data[0]).collect();
        assert_eq!((order.as_slice(), captures.duplicates), (*expected, *duplicates), "{name}");
    }
    let three: Vec<PathBuf> = ["a", "b", "c"]
        .iter()
        .map(|n| folder.file(n, &pcap(&[(T0, b"x"), (T0 + 1, b"y")], true, false)))
        .collect();
    let (got, captures) = read_all(&three.iter().map(PathBuf::as_path).collect::<Vec<_>>()).unwrap();
    assert_eq!((got.len(), captures.duplicates), (2, 4));
}

#[test]
fn a_capture_goes_on_where_the_one_before_it_ends() {
    let folder = Folder::new("rotated");
    let a = folder.file("part10", &pcap(&[(T0, b"1"), (T0 + 5000, b"2"), (T0 + 5000, b"3")], false, false));
    let b = folder.file("part1", &pcap(&[(T0 + 5000, b"4"), (T0 + 6000, b"5")], false, false));
    for paths in [[a.as_path(), &b], [b.as_path(), &a]] {
        let (got, _) = read(&paths).unwrap();
        assert_eq!(got.iter().map(|(.., data)| data[0]).collect::<Vec<_>>(), b"12345");
    }
}
