use super::*;

fn at(seq: u32, data: &[u8]) -> Data<'_> {
    Data {
        seq,
        data,
        cut: 0,
        ts: 0,
        ack: None,
    }
}

/// Plays segments (seq, data) and gives the stream, `?` for each lost byte.
fn play(segments: &[(u32, &[u8])], begin: Option<u32>) -> (Vec<u8>, Side) {
    let mut side = Side::default();
    let mut got = Vec::new();
    if let Some(seq) = begin {
        side.begin(seq);
    }
    let mut recent = Recent::default();
    let mut give = |piece: Piece<'_>| match piece {
        Piece::Bytes(b) | Piece::Held(b, _) => got.extend_from_slice(b),
        Piece::Unseen(n) | Piece::Gap(n) => got.extend(std::iter::repeat_n(b'?', n as usize)),
    };
    for (seq, data) in segments {
        side.segment(&at(*seq, data), 0, &mut recent, &mut give);
    }
    while side.has_hole() {
        side.give_up_hole(0, &mut recent, &mut give);
    }
    side.finish(&mut give);
    (got, side)
}

#[test]
fn order_overlap_and_retransmission_do_not_matter() {
    assert_eq!(play(&[(10, b"abc"), (13, b"def")], Some(10)).0, b"abcdef");
    assert_eq!(play(&[(13, b"def"), (10, b"abc")], Some(10)).0, b"abcdef");
    assert_eq!(play(&[(10, b"abc"), (10, b"abc"), (12, b"cdef")], Some(10)).0, b"abcdef");
    assert_eq!(play(&[(14, b"ef"), (12, b"cd"), (10, b"ab"), (14, b"ef")], Some(10)).0, b"abcdef");
}

#[test]
fn sequence_numbers_wrap() {
    assert_eq!(play(&[(2, b"def"), (u32::MAX, b"abc")], Some(u32::MAX)).0, b"abcdef");
}

#[test]
fn a_hole_is_declared_not_guessed() {
    let (got, side) = play(&[(10, b"ab"), (14, b"ef")], Some(10));
    assert_eq!((got.as_slice(), side.missed, side.stream), (b"ab??ef".as_slice(), 2, 6));
}

#[test]
fn the_first_copy_wins_and_disagreement_is_counted() {
    let (got, side) = play(&[(13, b"def"), (13, b"XXX"), (10, b"abc")], Some(10));
    assert_eq!((got.as_slice(), side.disagreements), (b"abcdef".as_slice(), 1));
}

#[test]
fn the_first_copy_wins_however_the_copies_overlap() {
    // The true end came first; a forged piece that begins before it must not replace it.
    let (got, side) = play(&[(15, b"true"), (12, b"zzzXXXX"), (10, b"ab")], Some(10));
    assert_eq!((got.as_slice(), side.disagreements), (b"abzzztrue".as_slice(), 1));
    let (got, side) = play(&[(15, b"true"), (10, b"abzzzXXXXmore")], Some(10));
    assert_eq!((got.as_slice(), side.disagreements), (b"abzzztruemore".as_slice(), 1));
    let (got, side) = play(&[(12, b"c"), (16, b"g"), (11, b"bcdefgh"), (10, b"a")], Some(10));
    assert_eq!((got.as_slice(), side.disagreements), (b"abcdefgh".as_slice(), 0));
}

#[test]
fn another_copy_of_what_was_shown_already_is_counted() {
    assert_eq!(play(&[(10, b"abc"), (10, b"abX")], Some(10)).1.disagreements, 1);
    assert_eq!(play(&[(10, b"abc"), (13, b"def"), (12, b"cdef")], Some(10)).1.disagreements, 0);
    assert_eq!(play(&[(10, b"abc"), (13, b"def"), (12, b"cdXf")], Some(10)).1.disagreements, 1);
    assert_eq!(play(&[(13, b"def"), (10, b"abc"), (13, b"dXf")], Some(10)).1.disagreements, 1);
}

#[test]
fn a_syn_that_nobody_answered_gives_way() {
    let mut side = Side::default();
    side.syn(900_000);
    side.syn(100);
    assert_eq!((side.next(), side.is_astray(101)), (Some(101), false));
    assert!(side.is_astray(500_000_000));
    side.acknowledged(101);
    assert!(
        !side.is_astray(500_000_000),
        "the other end has confirmed it: then the data are astray"
    );
}

#[test]
fn an_acknowledgement_tells_where_a_stream_begins_whose_syn_was_lost() {
    let mut side = Side::default();
    side.acknowledged(500);
    assert_eq!(side.next(), Some(500));
    let mut late = Side::default();
    late.segment(&at(500, b"abc"), 0, &mut Recent::default(), &mut |_| {});
    late.acknowledged(503);
    assert_eq!(late.next(), Some(500), "its first bytes are there already");
}

#[test]
fn what_a_fin_shows_to_be_missing_is_missed() {
    let mut side = Side::default();
    side.begin(10);
    side.segment(&at(10, b"abc"), 0, &mut Recent::default(), &mut |_| {});
    side.fin(5013);
    side.finish(&mut |_| {});
    assert_eq!((side.missed, side.stream), (5000, 5003));
}

#[test]
fn a_stray_segment_far_away_is_no_gap_but_a_stream_that_goes_on_there_is() {
    assert_eq!(play(&[(10, b"abc"), (2_000_000_000, b"x"), (13, b"def")], Some(10)).1.missed, 0);
    let far: Vec<(u32, &[u8])> = (0..20).map(|n| (500_000_000 + n, b"x".as_slice())).collect();
    let side = play(&[&[(10, b"abc".as_slice())], far.as_slice()].concat(), Some(10)).1;
    assert_eq!(side.missed, 500_000_000 + 7 - 13);
}

#[test]
fn data_before_its_syn_waits_for_it() {
    let mut side = Side::default();
    let mut got = Vec::new();
    let mut give = |piece: Piece<'_>| {
        if let Piece::Bytes(b) | Piece::Held(b, _) = piece {
            got.extend_from_slice(b);
        }
    };
    let mut recent = Recent::default();
    side.segment(&at(13, b"def"), 0, &mut recent, &mut give);
    side.syn(9);
    side.segment(&at(10, b"abc"), 0, &mut recent, &mut give);
    assert_eq!(got, b"abcdef");
}

#[test]
fn what_the_snap_length_left_of_an_early_piece_is_shown_too() {
    for early in [false, true] {
        let (mut side, mut recent) = (Side::default(), Recent::default());
        side.begin(10);
        let mut got = Vec::new();
        let mut give = |piece: Piece<'_>| match piece {
            Piece::Bytes(b) | Piece::Held(b, _) => got.extend_from_slice(b),
            Piece::Unseen(n) | Piece::Gap(n) => got.extend(std::iter::repeat_n(b'?', n as usize)),
        };
        let mut pieces = [(10, b"abc", 0), (13, b"def", 2), (18, b"ghi", 0)];
        if early {
            pieces.reverse();
        }
        for (seq, data, cut) in pieces {
            side.segment(&Data { cut, ..at(seq, data) }, 0, &mut recent, &mut give);
        }
        assert_eq!((got.as_slice(), side.missed), (b"abcdef??ghi".as_slice(), 2), "early {early}");
    }
}

#[test]
fn a_storm_of_early_segments_is_bounded() {
    let mut side = Side::default();
    side.begin(0);
    let mut recent = Recent::default();
    for n in 0..100_000u32 {
        side.segment(&at(2 + n * 2, b"x"), 0, &mut recent, &mut |_| {});
        while side.is_full() {
            side.give_up_hole(0, &mut recent, &mut |_| {});
        }
        assert!(side.early.len() <= limits::REORDER_SEGMENTS);
    }
}

#[test]
fn an_answer_waits_for_what_it_acknowledges_but_not_for_ever() {
    let answer = |seq: u32, ts: i64| Data {
        ack: Some(103),
        ts,
        ..at(seq, b"abc")
    };
    let (mut side, mut recent, mut got) = (Side::default(), Recent::default(), Vec::new());
    let mut give = |piece: Piece<'_>| match piece {
        Piece::Bytes(b) | Piece::Held(b, _) => got.extend_from_slice(b),
        Piece::Unseen(_) | Piece::Gap(_) => got.push(b'?'),
    };
    side.begin(10);
    side.see(Some(100));
    side.segment(&answer(10, 0), 0, &mut recent, &mut give);
    side.segment(&answer(10, 0), 0, &mut recent, &mut give);
    side.see(Some(102));
    side.settle(1, &mut recent, &mut give);
    assert!(side.only_waits());
    side.see(Some(103));
    side.settle(2, &mut recent, &mut give);
    assert!(!side.has_hole());
    // Skipped content waits for nothing.
    side.see(Some(100));
    side.segment(&answer(13, 3), 3, &mut recent, &mut |piece| assert_eq!(piece, Piece::Bytes(b"abc")));
    // What is acknowledged was not captured: only the first answer waits for it, and others once that direction goes on.
    side.segment(&answer(16, 4), 0, &mut recent, &mut give);
    assert!(!side.is_due(limits::HOLE_AGE + 5) && side.is_due(limits::HOLE_WAIT + 5));
    side.give_up_hole(limits::HOLE_WAIT + 5, &mut recent, &mut give);
    side.segment(&answer(19, 5), 0, &mut recent, &mut give);
    assert!(!side.has_hole());
    side.see(Some(101));
    side.segment(&answer(22, 6), 0, &mut recent, &mut give);
    assert!(side.only_waits());
    assert_eq!((got.as_slice(), side.missed), (b"abcabcabc".as_slice(), 0));
}
