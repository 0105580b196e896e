//! Requests and transfers, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::Probe;
use crate::testing::{play_datagrams, PlainRow};

fn play(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    play_datagrams((PROTOCOL.conversation)().as_mut(), 69, script)
        .remove("tftp")
        .unwrap_or_default()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

fn data(block: u8, len: usize) -> Vec<u8> {
    [&[0, 3, 0, block][..], &vec![b'x'; len]].concat()
}

const READ: &[u8] = b"\0\x01wards/Erika Mustermann MRN004711.cfg\0octet\0blksize\x001024\0tsize\x000\0";

#[test]
fn who_asks_for_what_is_told_without_its_name() {
    let rows = play(&[(Orig, READ), (Orig, READ)]);
    assert_eq!(rows.len(), 1);
    let expected = [
        ("kind", "request"),
        ("operation", "read"),
        ("mode", "octet"),
        ("extension", "cfg"),
        ("depth", "1"),
        ("blksize", "1024"),
        ("tsize", "0"),
        ("bytes", "-"),
        ("completed", "-"),
        ("malformed", "-"),
    ];
    told(&rows[0], &expected);
    assert!(rows[0]["name"].starts_with("k1:") && rows[0]["path"].starts_with("k1:"));
    let text = format!("{rows:?}").to_lowercase();
    assert!(["erika", "muster", "4711", "wards"].iter().all(|word| !text.contains(word)));
}

#[test]
fn a_transfer_on_its_own_connection_is_counted_to_its_end() {
    let script = [
        (Orig, data(1, 512)),
        (Resp, vec![0, 4, 0, 1]),
        (Orig, data(2, 512)),
        (Orig, data(2, 512)),
        (Resp, vec![0, 4, 0, 2]),
    ];
    let end = [(Orig, data(3, 7)), (Resp, vec![0, 4, 0, 3])];
    let all: Vec<(Dir, &[u8])> = script.iter().chain(&end).map(|(dir, said)| (*dir, said.as_slice())).collect();
    let expected = [
        ("kind", "transfer"),
        ("operation", "read"),
        ("blocks", "3"),
        ("bytes", "1031"),
        ("retransmitted", "1"),
        ("completed", "true"),
        ("error_code", "-"),
    ];
    told(&play(&all)[0], &expected);
    told(&play(&all[..6])[0], &[("bytes", "1031"), ("completed", "false")]);
    let written = [(Orig, vec![0, 4, 0, 0]), (Resp, data(1, 9)), (Orig, vec![0, 4, 0, 1])];
    let written: Vec<(Dir, &[u8])> = written.iter().map(|(dir, said)| (*dir, said.as_slice())).collect();
    told(&play(&written)[0], &[("operation", "write"), ("bytes", "9"), ("completed", "true")]);
    let agreed = b"\0\x06blksize\x001024\0tsize\x001030\0";
    let larger = [
        (Orig, agreed.to_vec()),
        (Resp, vec![0, 4, 0, 0]),
        (Orig, data(1, 1024)),
        (Resp, vec![0, 4, 0, 1]),
        (Orig, data(2, 6)),
    ];
    let larger: Vec<(Dir, &[u8])> = larger.iter().map(|(dir, said)| (*dir, said.as_slice())).collect();
    told(
        &play(&larger)[0],
        &[
            ("operation", "read"),
            ("blksize", "1024"),
            ("tsize", "1030"),
            ("bytes", "1030"),
            ("completed", "false"),
        ],
    );
}

#[test]
fn every_name_that_one_port_asks_for_is_told() {
    let asked = |name: &str| [b"\0\x01", name.as_bytes(), b"\0octet\0"].concat();
    let names = ["startup-config", "startup-config", "running-config", "HOW_TO_DECRYPT.txt"].map(asked);
    let written = b"\0\x02HOW_TO_DECRYPT.txt\0octet\0";
    let script: Vec<(Dir, &[u8])> = names
        .iter()
        .map(|name| (Orig, name.as_slice()))
        .chain([(Orig, &written[..])])
        .collect();
    let rows = play(&script);
    let operations: Vec<&str> = rows.iter().map(|row| row["operation"].as_str()).collect();
    assert_eq!(operations, ["read", "read", "read", "write"]);
    assert!(rows[2]["marks"].len() > 2, "{}", rows[2]["marks"]);
}

#[test]
fn a_block_that_the_capture_lost_is_not_sent_again() {
    let blocks = (1..=10).filter(|block| *block != 2);
    let mut script: Vec<(Dir, Vec<u8>)> = Vec::new();
    for block in blocks {
        script.push((Orig, data(block, if block < 10 { 512 } else { 9 })));
        script.push((Resp, vec![0, 4, 0, block]));
    }
    script.insert(4, (Orig, data(1, 512)));
    let script: Vec<(Dir, &[u8])> = script.iter().map(|(dir, said)| (*dir, said.as_slice())).collect();
    let expected = [
        ("blocks", "9"),
        ("bytes", "4105"),
        ("retransmitted", "1"),
        ("completed", "true"),
        ("partial", "true"),
    ];
    told(&play(&script)[0], &expected);
}

#[test]
fn refusals_are_named_and_what_they_say_is_not_kept() {
    let refused = b"\0\x05\0\x01no file of Erika Mustermann\0";
    let rows = play(&[(Orig, READ), (Resp, refused)]);
    told(
        &rows[0],
        &[("kind", "request"), ("error_code", "1"), ("error", "not_found"), ("completed", "-")],
    );
    told(
        &play(&[(Orig, refused)])[0],
        &[("kind", "transfer"), ("operation", "-"), ("completed", "false")],
    );
    assert!(!format!("{rows:?}").contains("Erika"));
}

#[test]
fn only_what_begins_a_transfer_is_taken_for_one() {
    for begins in [
        data(1, 512),
        data(1, 0),
        vec![0, 4, 0, 0],
        b"\0\x06tsize\x005\0".to_vec(),
        b"\0\x05\0\x02no\0".to_vec(),
    ] {
        assert_eq!((PROTOCOL.probe)(40_000, &begins), Probe::Certain, "{begins:?}");
        assert_eq!((PROTOCOL.probe)(53, &begins), Probe::Never, "{begins:?}");
    }
    for other in [
        data(2, 512),
        data(1, 513),
        vec![0, 4, 0, 1],
        vec![0, 4, 0, 0, 0],
        b"\0\x06\0".to_vec(),
        b"\0\x05\0\x09no\0".to_vec(),
        vec![0],
    ] {
        assert_eq!((PROTOCOL.probe)(40_000, &other), Probe::Never, "{other:?}");
    }
    for kept in 0..READ.len() {
        let _ = (PROTOCOL.probe)(69, &READ[..kept]);
        assert_eq!(play(&[(Orig, &READ[..kept])]).len(), 1);
    }
}

#[test]
fn rows_of_one_connection_are_bounded() {
    let refused = b"\0\x05\0\x01no\0";
    let script: Vec<(Dir, &[u8])> = (0..1000).flat_map(|_| [(Orig, READ), (Resp, &refused[..])]).collect();
    assert_eq!(play(&script).len(), crate::limits::TFTP_ROWS);
}
