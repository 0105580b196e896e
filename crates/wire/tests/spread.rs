//! However many cores follow connections, the rows are the same; captures that are read apart give the rows of each alone.

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
    all_of(Reader::begin(captures, &Keys::new(&[7; 32], "k1"), "test", cores).unwrap())
}

fn all_of(mut reader: Reader) -> (Vec<(&'static str, PlainRow)>, String) {
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

fn golden() -> Vec<PathBuf> {
    let folders = fs::read_dir(below("tests/golden")).unwrap().flatten();
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|name| name == "pcap");
    files.map(|file| file.path()).filter(is_capture).collect()
}

#[test]
fn a_morning_gives_the_same_rows() {
    same_for_any_number_of_cores(&[below("range/captures")]);
}

#[test]
fn every_golden_capture_gives_the_same_rows() {
    let captures = golden();
    assert!(captures.len() > 40);
    captures.into_iter().for_each(|path| same_for_any_number_of_cores(&[path]));
}
#[test]
fn captures_that_are_read_apart_give_the_rows_of_each_alone() {
    let files = golden();
    let mut wanted: Vec<_> = files.iter().flat_map(|file| rows(std::slice::from_ref(file), 1).0).collect();
    wanted.sort_unstable();
    assert!(wanted != rows(&files, 1).0, "what is read together differs");
    let mut told = None;
    for cores in [1, 2, 8] {
        let captures = Captures::open(&files, &[]).unwrap();
        let (got, also) = all_of(Reader::begin_apart(captures, &Keys::new(&[7; 32], "k1"), "test", cores).unwrap());
        assert!(got == wanted, "{cores} cores: {} rows instead of {}", got.len(), wanted.len());
        assert_eq!(told.get_or_insert(also.clone()), &also, "{cores} cores");
    }
}

#[test]
fn a_reader_may_be_left() {
    for cores in [1, 4] {
        let captures = Captures::open(&[below("range/captures")], &[]).unwrap();
        let mut reader = Reader::begin(captures, &Keys::new(&[7; 32], "k1"), "test", cores).unwrap();
        assert!(matches!(reader.next(Duration::from_secs(120)), Read::Rows(..)));
    }
}
