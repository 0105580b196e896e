//! Lies, floods and losses.

use super::build::{compound, Smb2, FILE};
use super::smb2::work;
use super::{actions, files, rows, run, Script};
use crate::context::Context;
use crate::half::Half;
use crate::limits;
use crate::protocols::smb::frame::Frames;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::Session as _;
use crate::testing;

#[test]
fn lying_next_commands_end_with_the_frame() {
    for next in [1u32, 8, 63, 68, 0x7fff_fff8, u32::MAX] {
        let mut bytes = compound(&[Smb2::create(3, "x", 1, 0), Smb2::close(4, FILE)]);
        bytes[4 + 20..4 + 24].copy_from_slice(&next.to_le_bytes());
        let script = vec![(Orig, bytes), (Orig, Smb2::create(5, "after.txt", 1, 0).framed())];
        let rows = rows(&script);
        assert_eq!(files(&rows)[0]["malformed"], "NextCommand out of the frame", "{next}");
        assert_eq!(files(&rows)[1]["extension"], "txt");
    }
}

#[test]
fn offsets_beyond_the_message() {
    let lies = [
        Smb2::create(3, "x", 1, 0).set(108, &[0xff, 0xff]),
        Smb2::connect(3, "x").set(70, &[0xff, 0xff]),
        Smb2::write(3, FILE, 0, b"x").set(68, &[0xff; 4]),
        Smb2::write(3, FILE, 0, b"x").set(66, &[0, 0]),
        Smb2::rename(3, FILE, "x").set(112, &[0xff; 4]),
        Smb2::set_info(3, FILE, 20, &[0; 4]),
        Smb2::error(6, 3, 0).set(66, &[1]),
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let rows = rows(&vec![(Orig, lie.framed())]);
        assert_ne!(files(&rows)[0]["malformed"], "-", "{n}");
    }
}

#[test]
fn what_is_malformed_is_said_a_bounded_number_of_times() {
    let lie = Smb2::create(3, "x", 1, 0).set(108, &[0xff, 0xff]).framed();
    let rows = run(&(0..500).map(|_| (Orig, lie.clone())).collect(), usize::MAX);
    assert_eq!(files(&rows).len(), limits::SMB_MALFORMED as usize);
}

#[test]
fn floods_push_out_the_oldest() {
    let mut script = Script::new();
    let count = limits::SMB_FILES as u64 + 100;
    for id in 0..count {
        script.push((Orig, Smb2::create(id, "f.txt", 2, 0).framed()));
        script.push((Resp, Smb2::created(id, 2, 0, u128::from(id)).framed()));
        script.push((Orig, Smb2::write(id + count, u128::from(id), 0, b"x").framed()));
        script.push((Resp, Smb2::written(id + count, 1).framed()));
    }
    let rows = run(&script, usize::MAX);
    let (create, write) = actions(&rows)
        .iter()
        .fold((0, 0), |(c, w), a| (c + u64::from(*a == "create"), w + u64::from(*a == "write")));
    assert_eq!((create, write), (count, count));
    let asked: Script = (0..limits::SMB_REQUESTS as u64 * 3)
        .map(|id| (Orig, Smb2::create(id, "f", 1, 0).framed()))
        .collect();
    let rows = run(&asked, usize::MAX);
    assert!(files(&rows).len() == asked.len() && files(&rows).iter().all(|r| r["partial"] == "true"));
}

/// Plays `script` with the bytes of piece `lost` missing from `from` on.
fn with_loss(script: &Script, lost: usize, from: usize) -> testing::PlainRows {
    let (mut out, mut session, mut halves) = (testing::output(), Frames::default(), [Half::default(), Half::default()]);
    let mut identity = testing::identity(445, 6);
    for (n, (dir, bytes)) in script.iter().enumerate() {
        let shown = if n == lost { &bytes[..from] } else { &bytes[..] };
        let half = &mut halves[*dir as usize];
        half.feed(&mut session, *dir, shown, n as i64, &mut identity, &mut out);
        if n == lost {
            half.gap(&mut session, *dir, (bytes.len() - from) as u64, n as i64, &mut identity, &mut out);
        }
    }
    session.end(&mut Context {
        ts: 0,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    testing::rows(&mut out)
}

#[test]
fn after_a_loss_the_next_message_is_found() {
    let script = work();
    for lost in 0..script.len() {
        for from in [0, 3, 4, 50, 68] {
            let rows = with_loss(&script, lost, from.min(script[lost].1.len()));
            assert!(actions(&rows).len() > 4, "{lost} {from}");
        }
    }
    // The data of a write is skipped anyway: its loss is none.
    let rows = with_loss(&script, 7, 10_000);
    assert!(files(&rows).iter().all(|r| r["partial"] == "false"), "{rows:?}");
    // The close is lost, so what was read and written is known only so far.
    let rows = with_loss(&script, 17, 0);
    assert!(files(&rows).iter().any(|r| r["action"] == "write" && r["partial"] == "true"));
}

#[test]
fn a_session_is_picked_up_in_its_middle() {
    let mut script = work();
    script.drain(..5);
    let picked = rows(&script);
    assert_eq!(actions(&picked)[0], "create");
    assert_eq!(files(&picked)[0]["partial"], "true");
    let mut torn = vec![(Orig, b"the rest of some content S SM SMB \xfeSMB".to_vec())];
    torn.push((Orig, Smb2::create(5, "after.txt", 1, 0).framed()));
    let rows = rows(&torn);
    assert_eq!((actions(&rows), files(&rows)[0]["extension"].as_str()), (vec!["open"], "txt"));
}

#[test]
fn changed_bytes_break_nothing() {
    let script = work();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut below = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 33) as usize % n.max(1)
    };
    for _ in 0..600 {
        let mut changed = script.clone();
        for _ in 0..=below(4) {
            let piece = below(changed.len());
            let at = below(changed[piece].1.len().min(200));
            changed[piece].1[at] = [0, 1, 0x7f, 0x80, 0xff, below(256) as u8][below(6)];
        }
        run(&changed, [7, 1460, usize::MAX][below(3)]);
    }
}
