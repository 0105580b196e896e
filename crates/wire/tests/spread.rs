//! However many cores follow connections, the rows are the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wire::capture::Captures;
use wire::keys::Keys;
use wire::reader::{Read, Reader};
use wire::testing::{plain, PlainRow};

/// Every row of captures, and what was told of the packets.
fn rows(paths: &[PathBuf], cores: usize) -> (Vec<(&'static str, PlainRow)>, String) {
    let captures = Captures::open(paths, &[]).unwrap();
    let mut reader = Reader::begin(captures, || Keys::new(&[7; 32], "k1"), "test", cores).unwrap();
    let mut rows = Vec::new();
    loop {
        match reader.next(Duration::from_secs(120)) {
            Read::Rows(stream, batch) => rows.extend(plain(&batch).into_iter().map(|row| (stream, row))),
            Read::Nothing => panic!("no rows within two minutes"),
            Read::End => break,
        }
    }
    rows.sort_unstable();
    (rows, format!("{:?}", reader.report()))
}

fn same_for_any_number_of_cores(paths: &[PathBuf]) {
    let (wanted, told) = rows(paths, 1);
    assert!(!wanted.is_empty());
    for cores in [2, 3, 8] {
        let (got, also) = rows(paths, cores);
        assert_eq!(told, also, "{cores} cores");
        let missing: Vec<_> = wanted.iter().filter(|row| got.binary_search(row).is_err()).take(3).collect();
        let new: Vec<_> = got.iter().filter(|row| wanted.binary_search(row).is_err()).take(3).collect();
        assert!(missing.is_empty() && new.is_empty(), "{cores} cores: {missing:#?} {new:#?}");
        assert_eq!(wanted.len(), got.len(), "{cores} cores");
    }
}

fn below(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

#[test]
fn a_morning_gives_the_same_rows() {
    same_for_any_number_of_cores(&[below("range/captures")]);
}

#[test]
fn every_golden_capture_gives_the_same_rows() {
    let folders = fs::read_dir(below("tests/golden")).unwrap().flatten();
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    let captures = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|name| name == "pcap"));
    let mut many = 0;
    for path in captures {
        same_for_any_number_of_cores(&[path]);
        many += 1;
    }
    assert!(many > 40);
}

#[test]
fn a_reader_may_be_left() {
    for cores in [1, 4] {
        let captures = Captures::open(&[below("range/captures")], &[]).unwrap();
        let mut reader = Reader::begin(captures, || Keys::new(&[7; 32], "k1"), "test", cores).unwrap();
        assert!(matches!(reader.next(Duration::from_secs(120)), Read::Rows(..)));
    }
}
