//! Messages that the capture does not hold whole: because of its snap length, of losses, or because it ends there.

use super::build::{compound, Smb2, FILE};
use super::smb2::{mount, work};
use super::{actions, files, run, smb1, Script};
use crate::context::Context;
use crate::half::Half;
use crate::protocols::smb::frame::Frames;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::Session as _;
use crate::testing::{self, PlainRow, PlainRows};

/// Of piece `n` only the first `kept` bytes were captured.
fn snapped(script: &Script, n: usize, kept: usize) -> PlainRows {
    let (mut out, mut session, mut halves) = (testing::output(), Frames::default(), [Half::default(), Half::default()]);
    let mut identity = testing::identity(445, 6);
    for (at, (dir, bytes)) in script.iter().enumerate() {
        let (half, ts) = (&mut halves[*dir as usize], at as i64);
        let shown = if at == n { &bytes[..kept] } else { &bytes[..] };
        half.feed(&mut session, *dir, shown, ts, &mut identity, &mut out);
        if shown.len() < bytes.len() {
            half.gap(&mut session, *dir, (bytes.len() - kept) as u64, ts, &mut identity, &mut out);
        }
    }
    for dir in [Orig, Resp] {
        halves[dir as usize].cut(&mut session, dir, &mut identity, &mut out);
    }
    session.end(&mut Context {
        ts: 0,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    testing::rows(&mut out)
}

/// The rows of a capture that ends within the last piece, and of one that lost the rest of it and goes on.
fn ended_and_lost(script: &Script, last: usize, kept: usize) -> [PlainRows; 2] {
    let mut ended = script[..=last].to_vec();
    ended[last].1.truncate(kept);
    [run(&ended, usize::MAX), snapped(script, last, kept)]
}

fn only<'r>(rows: &'r PlainRows, action: &str) -> &'r PlainRow {
    let mut found = files(rows).iter().filter(|r| r["action"] == action);
    let row = found.next().unwrap_or_else(|| panic!("no {action} in {rows:?}"));
    assert!(found.next().is_none(), "more than one {action} in {rows:?}");
    row
}

fn holds(row: &PlainRow, wanted: &[(&str, &str)]) {
    for (column, value) in wanted {
        assert_eq!(row[*column], *value, "{column} in {row:?}");
    }
}

/// Offset of the message in a framed piece.
const FRAME: usize = 4;

#[test]
fn a_file_that_is_open_at_the_end_gives_what_was_read_and_written() {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.doc", 2, 0).framed()),
        (Resp, Smb2::created(3, 2, 0, FILE).framed()),
        (Orig, Smb2::write(4, FILE, 0, &[7; 500]).framed()),
        (Resp, Smb2::written(4, 500).framed()),
        (Orig, Smb2::write(5, FILE, 500, &[7; 500]).framed()),
        (Orig, Smb2::read(6, FILE).framed()),
    ]);
    let rows = run(&script, usize::MAX);
    assert_eq!(actions(&rows), ["create", "read", "write"]);
    holds(
        only(&rows, "write"),
        &[
            ("partial", "true"),
            ("bytes", "500"),
            ("operations", "2"),
            ("status", "0"),
            ("entropy_bytes", "1000"),
            ("extension", "doc"),
        ],
    );
    holds(
        only(&rows, "read"),
        &[("partial", "true"), ("bytes", "0"), ("operations", "1"), ("status", "-")],
    );
}

#[test]
fn of_a_write_that_was_cut_the_head_counts_and_the_data_there_are() {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.doc", 2, 0).framed()),
        (Resp, Smb2::created(3, 2, 0, FILE).framed()),
        (Orig, Smb2::write(4, FILE, 0, &[7; 20_000]).framed()),
    ]);
    let last = script.len() - 1;
    let whole = script[last].1.len();
    for kept in (FRAME + 64..FRAME + 200).chain([3000, whole - 1]) {
        for rows in ended_and_lost(&script, last, kept) {
            let write = only(&rows, "write");
            holds(
                write,
                &[
                    ("partial", "true"),
                    ("bytes", "0"),
                    ("operations", "1"),
                    ("status", "-"),
                    ("malformed", "-"),
                ],
            );
            let named = kept >= FRAME + 96;
            assert_eq!(write["extension"], if named { "doc" } else { "-" }, "{kept}");
            let sampled = kept.saturating_sub(FRAME + 112).min(4096);
            let told = if sampled > 0 { sampled.to_string() } else { "-".to_owned() };
            assert_eq!(write["entropy_bytes"], told, "{kept}");
        }
    }
}

#[test]
fn a_create_whose_name_was_cut_is_still_answered() {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "folder\\secret.doc", 2, 0).framed()),
        (Resp, Smb2::created(3, 2, 77, FILE).framed()),
        (Orig, Smb2::write(4, FILE, 0, &[7; 10]).framed()),
        (Resp, Smb2::written(4, 10).framed()),
    ]);
    for kept in FRAME + 64..script[4].1.len() {
        let rows = snapped(&script, 4, kept);
        let wanted = [
            ("partial", "true"),
            ("name", "-"),
            ("extension", "-"),
            ("depth", "-"),
            ("size", "77"),
            ("status", "0"),
            ("create_action", "created"),
        ];
        holds(only(&rows, "create"), &wanted);
        holds(only(&rows, "write"), &[("bytes", "10"), ("name", "-"), ("partial", "true")]);
        // Without an answer nothing but the request tells.
        let mut ended = script[..5].to_vec();
        ended[4].1.truncate(kept);
        let rows = run(&ended, usize::MAX);
        let action = if kept >= FRAME + 104 { "create" } else { "open" };
        holds(only(&rows, action), &[("partial", "true"), ("name", "-"), ("status", "-")]);
    }
    // The answer cut: what it says up to there.
    for kept in FRAME + 64..script[5].1.len() - 1 {
        for rows in ended_and_lost(&script, 5, kept) {
            let row = &files(&rows)[0];
            let known = kept >= FRAME + 144;
            let (partial, size) = if known { ("false", "77") } else { ("true", "-") };
            holds(row, &[("action", "create"), ("status", "0"), ("extension", "doc")]);
            holds(row, &[("partial", partial), ("size", size)]);
        }
    }
}

#[test]
fn renames_deletions_and_closes_that_were_cut() {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.doc", 2, 0).framed()),
        (Resp, Smb2::created(3, 2, 0, FILE).framed()),
    ]);
    let with = |piece: Vec<u8>| {
        let mut script = script.clone();
        script.push((Orig, piece));
        script
    };
    let rename = with(Smb2::rename(4, FILE, "a.locked").framed());
    for kept in FRAME + 64..rename[6].1.len() {
        for rows in ended_and_lost(&rename, 6, kept) {
            let action = if kept >= FRAME + 74 { "rename" } else { "set_info" };
            let row = only(&rows, action);
            holds(
                row,
                &[("partial", "true"), ("new_name", "-"), ("new_extension", "-"), ("status", "-")],
            );
            holds(row, &[("extension", if kept >= FRAME + 96 { "doc" } else { "-" })]);
        }
    }
    let deleted = with(Smb2::set_info(4, FILE, 13, &[1]).framed());
    for rows in ended_and_lost(&deleted, 6, FRAME + 96) {
        holds(
            only(&rows, "set_info"),
            &[("info_class", "13"), ("partial", "true"), ("extension", "doc")],
        );
    }
    let close = with(Smb2::close(4, FILE).framed());
    for kept in FRAME + 64..close[6].1.len() {
        for rows in ended_and_lost(&close, 6, kept) {
            let extension = if kept >= FRAME + 88 { "doc" } else { "-" };
            holds(
                only(&rows, "close"),
                &[("partial", "true"), ("status", "-"), ("extension", extension)],
            );
        }
    }
    // Opened before the capture began, closed as it ends.
    let rows = run(&vec![(Orig, Smb2::close(4, FILE).framed())], usize::MAX);
    holds(only(&rows, "close"), &[("partial", "true"), ("name", "-")]);
}

#[test]
fn a_compound_that_nobody_answered() {
    let script = vec![(
        Orig,
        compound(&[
            Smb2::create(3, "x.txt", 5, 0),
            Smb2::write(4, u128::MAX, 0, b"aaaabbbb").related(),
            Smb2::close(5, u128::MAX).related(),
        ]),
    )];
    let rows = run(&script, usize::MAX);
    assert_eq!(actions(&rows), ["create", "write", "close"]);
    for row in files(&rows) {
        holds(row, &[("partial", "true"), ("extension", "txt")]);
    }
    holds(only(&rows, "write"), &[("entropy_bytes", "8"), ("operations", "1")]);
}

#[test]
fn answers_to_reads_and_writes_that_nobody_saw_are_one_row_each_way() {
    let script = vec![
        (Resp, Smb2::was_read(3, &[1; 100]).framed()),
        (Resp, Smb2::was_read(4, &[1; 100]).framed()),
        (Resp, Smb2::written(5, 7).framed()),
    ];
    let rows = run(&script, usize::MAX);
    assert_eq!(actions(&rows), ["read", "write"]);
    holds(
        only(&rows, "read"),
        &[("bytes", "200"), ("operations", "2"), ("partial", "true"), ("name", "-")],
    );
}

#[test]
fn whatever_was_cut_the_connection_is_told_of() {
    for (script, version) in [(work(), "SMB2"), (smb1::work()[2..].to_vec(), "SMB1")] {
        for kept in FRAME + 4..FRAME + 40 {
            let rows = run(&vec![(script[0].0, script[0].1[..kept].to_vec())], usize::MAX);
            let mapping = &rows["smb_mapping"];
            assert_eq!(mapping.len(), 1);
            holds(&mapping[0], &[("version", version), ("partial", "true"), ("share", "-")]);
        }
    }
}

#[test]
fn an_answer_that_was_lost_does_not_hide_the_request() {
    let script = work();
    let whole = run(&script, usize::MAX);
    for (n, (dir, bytes)) in script.iter().enumerate().skip(4) {
        if *dir == Resp {
            let rows = snapped(&script, n, 0);
            let [lost, all] = [&rows, &whole].map(|rows| actions(rows).len());
            assert!(lost >= all - 1, "{n} ({} bytes): {rows:?}", bytes.len());
        }
    }
}

#[test]
fn smb1_cut_anywhere_tells_of_every_request() {
    let script = smb1::work();
    // Where each request stands, its row, and from which byte of its message on its file is known.
    let requests = [
        (6, "create", usize::MAX),
        (8, "write", FRAME + 33 + 6),
        (10, "read", FRAME + 33 + 6),
        (12, "rename", FRAME + 68),
        (14, "close", FRAME + 35),
        (16, "rename", usize::MAX),
        (18, "delete", usize::MAX),
    ];
    for (last, action, named) in requests {
        let mut ended = script[..=last].to_vec();
        let whole = ended[last].1.len();
        // Transactions are many things, and say which late.
        let from = if last == 12 { FRAME + 33 + 30 + 2 + 6 } else { FRAME + 33 };
        for kept in from..whole {
            ended[last].1 = script[last].1[..kept].to_vec();
            let rows = run(&ended, usize::MAX);
            let before = actions(&run(&script[..last].to_vec(), usize::MAX))
                .iter()
                .filter(|a| **a == action)
                .count();
            let found: Vec<_> = files(&rows)
                .iter()
                .filter(|r| r["action"] == action || action == "create" && r["action"] == "open")
                .collect();
            assert_eq!(found.len(), before + 1, "{last} {kept}: {rows:?}");
            let row = found[found.len() - 1];
            holds(row, &[("partial", "true"), ("malformed", "-"), ("status", "-")]);
            if last <= 14 && named < usize::MAX {
                assert_eq!(row["extension"] != "-", kept >= named, "{last} {kept}");
            }
        }
    }
}
