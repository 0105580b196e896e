//! Whole conversations, and what happens when they are cut, lie or break off.

mod build;
mod contents;
mod cut;
mod hostile;
mod smb1;
mod smb2;

use crate::protocols::smb::frame::{probe, Frames};
use crate::protocols::{Dir, Probe};
use crate::testing::{play, PlainRow, PlainRows};

type Script = Vec<(Dir, Vec<u8>)>;

fn run(script: &Script, cut: usize) -> PlainRows {
    let pieces: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    play(&mut Frames::default(), &pieces, cut)
}

fn without_time(mut rows: PlainRows) -> PlainRows {
    for row in rows.values_mut().flatten() {
        row.remove("ts");
        row.remove("duration");
    }
    rows
}

/// The rows of `script`, however it is cut; wherever it ends, nothing breaks.
fn rows(script: &Script) -> PlainRows {
    let whole = without_time(run(script, usize::MAX));
    for cut in [1, 7, 1460] {
        assert_eq!(without_time(run(script, cut)), whole, "cut {cut}");
    }
    let mut mapped = false;
    for end in 0..script.len() {
        let (dir, last) = &script[end];
        for length in (0..last.len().min(300)).chain(last.len().saturating_sub(40)..last.len()) {
            let mut short: Script = script[..end].to_vec();
            short.push((*dir, last[..length].to_vec()));
            let short = run(&short, usize::MAX);
            // A close that nobody answered is one of a file that could not be opened, perhaps: then the whole has no row of it.
            let sure = files(&short)
                .iter()
                .filter(|r| (r["action"].as_str(), r["status"].as_str()) != ("close", "-"));
            assert!(sure.count() <= files(&whole).len(), "{end} {length}: {short:?}");
            assert!(!mapped || short.contains_key("smb_mapping"), "{end} {length}");
            mapped |= short.contains_key("smb_mapping");
        }
    }
    let mut ids: Vec<_> = whole.values().flatten().map(|r| r["event_id"].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), whole.values().flatten().count(), "two rows with one identity");
    whole
}

fn files(rows: &PlainRows) -> &[PlainRow] {
    rows.get("smb_files").map_or(&[], Vec::as_slice)
}

fn actions(rows: &PlainRows) -> Vec<&str> {
    files(rows).iter().map(|r| r["action"].as_str()).collect()
}

fn pseudonym(text: &str) -> String {
    crate::testing::output().keys.pseudonym(text).unwrap()
}

#[test]
fn the_probe_knows_smb_and_nothing_else() {
    let verdict = |bytes: &[u8]| probe(Dir::Orig, bytes);
    for magic in [0xff, 0xfe, 0xfd, 0xfc] {
        let head = [0, 0, 0, 90, magic, b'S', b'M', b'B', 0, 0];
        assert_eq!(verdict(&head), Probe::Certain);
        assert_eq!(probe(Dir::Resp, &head), Probe::Certain);
        for short in 1..8 {
            assert_eq!(verdict(&head[..short]), Probe::Unsure);
        }
    }
    let request = build::session_request();
    assert_eq!(verdict(&request), Probe::Certain);
    assert_eq!(verdict(&request[..20]), Probe::Unsure);
    assert_eq!(verdict(&[0x82, 0, 0, 0]), Probe::Unsure);
    assert_eq!(verdict(&[0x82, 0, 0, 0, 0, 0, 0, 90, 0xff, b'S', b'M', b'B']), Probe::Certain);
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00",
        b"\x0bMSH|^~\\&|A|B",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 ready\r\n",
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00",
        b"\x00\x1d\x12\x34\x01\x00\x00\x01",
        b"\x05\x00\x0b\x03\x10\x00",
        b"\x00\x00\x00\x05\xfeSMB",
        b"\x00\x00\x00\x5a\xfeSMX",
        b"\x81\x00\x00\x44\x20hello",
        b"\x82\x00\x00\x01x",
        b"\x82\x00\x00\x00GET",
    ] {
        assert_eq!(verdict(other), Probe::Never, "{other:?}");
    }
}
