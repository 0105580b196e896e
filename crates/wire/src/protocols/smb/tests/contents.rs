//! What is written and read of files, seen whole or not.

use sha2::{Digest as _, Sha256};

use super::build::{compound, Smb2, FILE};
use super::smb2::{mount, work};
use super::{rows, run, Script};
use crate::limits;
use crate::protocols::Dir::{Orig, Resp};
use crate::testing::PlainRow;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn noise(many: u32) -> Vec<u8> {
    (0..many).map(|n| (n % 251) as u8).collect()
}

fn read(id: u64, offset: u64) -> Vec<u8> {
    Smb2::read(id, FILE).set(72, &offset.to_le_bytes()).framed()
}

fn files(script: &Script) -> Vec<PlainRow> {
    rows(script).remove("files").unwrap_or_default()
}

fn told(row: &PlainRow) -> [&str; 6] {
    ["is_orig", "extension", "seen_bytes", "total_bytes", "sha256", "partial"].map(|column| row[column].as_str())
}

#[test]
fn a_file_is_written_in_pieces() {
    let written: Vec<u8> = (0..20_000u32).map(|n| (n % 256) as u8).collect();
    let files = files(&work());
    let hash = sha256(&written);
    assert_eq!(told(&files[1]), ["true", "dcm", "20000", "20000", &hash, "false"]);
    assert_eq!(files[1]["source"], "SMB");
    // What is read of a file that is being written is not all of it.
    assert_eq!(told(&files[0])[4..], ["-", "true"]);
}

/// A file of 5,000 bytes is read by these requests: where each begins, and how much comes.
fn reads(pieces: &[(usize, usize)]) -> Script {
    let content = noise(5000);
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.pdf", 1, 0).framed()),
        (Resp, Smb2::created(3, 1, 5000, FILE).framed()),
    ]);
    for (id, (at, many)) in (4..).zip(pieces) {
        script.push((Orig, read(id, *at as u64)));
        script.push((Resp, Smb2::was_read(id, &content[*at..at + many]).framed()));
    }
    script.extend([(Orig, Smb2::close(90, FILE).framed()), (Resp, Smb2::closed(90, 5000).framed())]);
    script
}

fn reading(pieces: &[(usize, usize)]) -> Vec<PlainRow> {
    files(&reads(pieces))
}

#[test]
fn a_file_is_read_in_order_or_not() {
    let hash = sha256(&noise(5000));
    for pieces in [
        &[(0, 5000)][..],
        &[(0, 1000), (1000, 4000)],
        // Its head is read first, then all of it.
        &[(0, 100), (0, 5000)],
        &[(0, 100), (0, 50), (60, 2940), (3000, 2000), (0, 5000)],
        // As a server answers some at once.
        &[(0, 1000), (3000, 1000), (4000, 1000), (2000, 1000), (1000, 1000)],
        &[(0, 1000), (2000, 3000), (1000, 4000)],
    ] {
        assert_eq!(
            told(&reading(pieces)[0]),
            ["false", "pdf", "5000", "5000", &hash, "false"],
            "{pieces:?}"
        );
    }
    for pieces in [
        &[(0, 4999)][..],
        &[(0, 1000), (2000, 3000)],
        &[(0, 1000), (2000, 2000), (4500, 500)],
    ] {
        let rows = reading(pieces);
        assert_eq!(told(&rows[0])[4..], ["-", "true"], "{pieces:?}");
        assert_ne!(rows[0]["missing_bytes"], "0", "{pieces:?}");
    }
    assert!(reading(&[(1000, 4000)]).is_empty(), "its beginning was not seen");
}

#[test]
fn what_comes_too_early_waits_in_few_pieces() {
    let pieces = |many: usize| -> Vec<(usize, usize)> {
        let early = (0..many).rev().map(|n| (1000 + 10 * n, 10));
        [(0, 990)]
            .into_iter()
            .chain(early)
            .chain([(990, 10), (1000 + 10 * many, 4000 - 10 * many)])
            .collect()
    };
    let hash = sha256(&noise(5000));
    for (many, expected) in [(limits::SMB_EARLY_PIECES, hash.as_str()), (limits::SMB_EARLY_PIECES + 1, "-")] {
        assert_eq!(told(&run(&reads(&pieces(many)), 1460)["files"][0])[4], expected, "{many}");
    }
}

/// A file of so many bytes is opened, written as told, and closed at that size.
fn writing(size: u64, action: u8, pieces: &[(u64, &[u8])]) -> Vec<PlainRow> {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.txt", 5, 0).framed()),
        (Resp, Smb2::created(3, action, size, FILE).framed()),
    ]);
    for (id, (at, bytes)) in (4..).zip(pieces) {
        script.push((Orig, Smb2::write(id, FILE, *at, bytes).framed()));
        script.push((Resp, Smb2::written(id, bytes.len() as u32).framed()));
    }
    script.extend([(Orig, Smb2::close(90, FILE).framed()), (Resp, Smb2::error(6, 90, 0).framed())]);
    files(&script)
}

#[test]
fn a_file_that_is_written_over_is_not_what_passed() {
    let content = noise(300);
    let hash = sha256(&content);
    let (first, second) = content.split_at(100);
    let whole = [(0, first), (100, second)];
    assert_eq!(told(&writing(0, 2, &whole)[0]), ["true", "txt", "300", "300", &hash, "false"]);
    assert_eq!(told(&writing(300, 1, &whole)[0])[4], hash, "all that was there is written over");
    for (size, action, pieces) in [
        (301, 1, &whole[..]),
        (0, 2, &[(0, first), (100, second), (4, b"changed")]),
        (0, 2, &[(0, first), (200, second)]),
    ] {
        assert_eq!(told(&writing(size, action, pieces)[0])[4..], ["-", "true"], "{pieces:?}");
    }
}

#[test]
fn a_write_that_is_refused_and_one_within_a_compound() {
    let content = noise(200);
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (
            Orig,
            compound(&[
                Smb2::create(3, "x.TXT", 5, 0),
                Smb2::write(4, u128::MAX, 0, &content).related(),
                Smb2::close(5, u128::MAX).related(),
            ]),
        ),
        (
            Resp,
            compound(&[Smb2::created(3, 3, 0, FILE), Smb2::written(4, 200), Smb2::closed(5, 200)]),
        ),
        (Orig, Smb2::create(6, "y.txt", 5, 0).framed()),
        (Resp, Smb2::created(6, 2, 0, 77).framed()),
        (Orig, Smb2::write(7, 77, 0, &content).framed()),
        (Resp, Smb2::error(9, 7, 0xc000_007f).framed()),
        (Orig, Smb2::close(8, 77).framed()),
        (Resp, Smb2::closed(8, 0).framed()),
    ]);
    let files = files(&script);
    assert_eq!(told(&files[0])[1..], ["txt", "200", "200", &sha256(&content), "false"]);
    assert_eq!(told(&files[1])[4..], ["-", "true"]);
}
