use super::probe::{checksum, probe};
use super::sender::Sender;
use super::session::AstmSession;
use crate::context::Context;
use crate::half::Half;
use crate::limits;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Dir, Probe};
use crate::testing::{identity, output, play, rows, PlainRow};

const RESULTS: [&str; 6] = [
    "H|\\^&|C1||c111^Roche^c111^4.2.2.1730^1^13147|||||host||P|LIS2-A2|20260101120000",
    "P|1|MRN1||X9|Doe^Jane||19640812|F",
    "C|1|I|free text",
    "O|1|S0001^5^2||^^^GLU|R",
    "R|1|^^^GLU|5.1|mmol/L||N||F||operator",
    "L|1|N",
];

/// A frame as LIS01-A2 6.3.1 has it.
fn frame(number: usize, text: &str, end: u8) -> Vec<u8> {
    let body = [format!("{}{text}", number % 8).as_bytes(), &[end]].concat();
    let sum = checksum(&body).unwrap();
    [b"\x02", body.as_slice(), format!("{sum:02X}\r\n").as_bytes()].concat()
}

/// A record a frame, as most analysers send, with what the receiver says.
fn transfer(records: &[&str]) -> Vec<(Dir, Vec<u8>)> {
    let mut script = vec![(Orig, vec![5]), (Resp, vec![6])];
    for (n, record) in records.iter().enumerate() {
        script.push((Orig, frame(n + 1, &format!("{record}\r"), 3)));
        script.push((Resp, vec![6]));
    }
    script.push((Orig, vec![4]));
    script
}

/// Rows without what depends on how the bytes were cut.
fn played(script: &[(Dir, Vec<u8>)], cut: usize) -> Vec<PlainRow> {
    let script: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    let mut got = play(&mut AstmSession::default(), &script, cut).remove("astm").unwrap_or_default();
    for row in &mut got {
        row.remove("ts");
        if row["latency"] != "-" {
            row.insert("latency".into(), "some".into());
        }
    }
    got
}

/// Rows that do not depend on the cut, of a script that may also end anywhere.
fn check(script: &[(Dir, Vec<u8>)]) -> Vec<PlainRow> {
    let whole = played(script, usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(played(script, cut), whole, "cut {cut}");
    }
    for (n, (dir, bytes)) in script.iter().enumerate() {
        for end in (0..bytes.len()).step_by(bytes.len().div_ceil(4000).pow(2).max(1)) {
            let mut part = script[..n].to_vec();
            part.push((*dir, bytes[..end].to_vec()));
            let rows = played(&part, usize::MAX);
            assert!(rows.len() <= whole.len());
        }
    }
    whole
}

fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn an_upload_of_results() {
    let rows = check(&transfer(&RESULTS));
    let keys = output().keys;
    assert_eq!(rows.len(), 1);
    let (patient, specimen) = (keys.pseudonym("MRN1").unwrap(), keys.pseudonym("S0001").unwrap());
    let bytes: usize = RESULTS.iter().map(|record| record.len() + 1).sum();
    holds(
        &rows[0],
        &[
            ("kind", "framed"),
            ("sender", "c111"),
            ("manufacturer", "Roche"),
            ("model", "c111"),
            ("software_version", "4.2.2.1730"),
            ("serial_number", "13147"),
            ("receiver", "host"),
            ("direction", "results"),
            ("control_id", "C1"),
            ("processing_id", "P"),
            ("version", "LIS2-A2"),
            ("ts_message", "1767268800000000"),
            ("records", "[H:1, P:1, C:1, O:1, R:1, L:1]"),
            ("patient_count", "1"),
            ("orders", "1"),
            ("results", "1"),
            ("queries", "0"),
            ("termination", "N"),
            ("patient", &patient),
            ("patients", &format!("[{patient}]")),
            ("order_id", &specimen),
            ("specimens", &format!("[{specimen}]")),
            ("message_bytes", &bytes.to_string()),
            ("frames", "6"),
            ("retransmitted", "0"),
            ("checksum_errors", "0"),
            ("naks", "0"),
            ("latency", "some"),
            ("encoding_characters", "|\\^&"),
            ("partial", "false"),
            ("malformed", "-"),
        ],
    );
    let all = format!("{rows:?}");
    for kept in ["Doe", "Jane", "19640812", "MRN1", "S0001", "free text", "5.1", "operator", "GLU"] {
        assert!(!all.contains(kept), "{kept}");
    }
}

#[test]
fn a_frame_that_comes_again_counts_once() {
    let mut script = transfer(&RESULTS);
    let mut damaged = script[4].1.clone();
    damaged[9] ^= 1;
    // The second frame is damaged on the way and comes again; the answer to the third is lost, so it comes again too.
    let third = script[6].1.clone();
    script.splice(8..8, [(Orig, third), (Resp, vec![6])]);
    script.splice(4..4, [(Orig, damaged), (Resp, vec![0x15])]);
    let rows = check(&script);
    assert_eq!(rows.len(), 1);
    holds(
        &rows[0],
        &[
            ("records", "[H:1, P:1, C:1, O:1, R:1, L:1]"),
            ("patients", &format!("[{}]", output().keys.pseudonym("MRN1").unwrap())),
            ("frames", "6"),
            ("retransmitted", "2"),
            ("checksum_errors", "1"),
            ("naks", "1"),
            ("malformed", "-"),
        ],
    );
}

#[test]
fn a_receiver_may_take_what_is_damaged() {
    let mut script = transfer(&RESULTS);
    let damage = |bytes: &mut Vec<u8>| {
        let at = bytes.len() - 4;
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    };
    damage(&mut script[6].1);
    damage(&mut script[12].1);
    holds(
        &check(&script)[0],
        &[
            ("records", "[H:1, P:1, C:1, O:1, R:1, L:1]"),
            ("checksum_errors", "2"),
            ("termination", "N"),
            ("partial", "false"),
        ],
    );
    // Refused to the end, the sender gives up: what was never accepted is no part of the message.
    script[13].1 = vec![0x15];
    holds(
        &check(&script)[0],
        &[
            ("records", "[H:1, P:1, C:1, O:1, R:1]"),
            ("naks", "1"),
            ("malformed", "no terminator"),
            ("partial", "false"),
        ],
    );
}

#[test]
fn a_record_may_span_frames_and_a_frame_hold_a_message() {
    let text = format!("{}\r", RESULTS.join("\r"));
    let mut script = vec![(Orig, vec![5]), (Resp, vec![6])];
    let chunks: Vec<&str> = (0..text.len()).step_by(30).map(|n| &text[n..(n + 30).min(text.len())]).collect();
    for (n, chunk) in chunks.iter().enumerate() {
        let end = if n + 1 < chunks.len() { 0x17 } else { 3 };
        script.push((Orig, frame(n + 1, chunk, end)));
        script.push((Resp, vec![6]));
    }
    script.push((Orig, vec![4]));
    let split = check(&script);
    let whole = check(&[(Orig, vec![5]), (Orig, frame(1, &text, 3)), (Orig, vec![4])]);
    for rows in [&split, &whole] {
        assert_eq!(rows.len(), 1);
        holds(
            &rows[0],
            &[
                ("records", "[H:1, P:1, C:1, O:1, R:1, L:1]"),
                ("termination", "N"),
                ("malformed", "-"),
            ],
        );
    }
    assert_eq!(
        (split[0]["frames"].as_str(), whole[0]["frames"].as_str()),
        (chunks.len().to_string().as_str(), "1")
    );
    assert_eq!(whole[0]["latency"], "-");
}

#[test]
fn a_query_and_the_orders_that_answer_it() {
    let keys = output().keys;
    let mut script = transfer(&["H|\\^&|||XN-550^00-14^11001", "Q|1|MRN7^S77\\^S78||ALL", "L|1|N"]);
    let answer = transfer(&["H|\\^&|||LIS", "P|1||MRN7", "O|1|2^1^   S77^B||^^^WBC", "O|2|S78||^^^WBC", "L|1|F"]);
    script.extend(answer.into_iter().map(|(dir, bytes)| (dir.other(), bytes)));
    let rows = check(&script);
    let (query, orders) = (&rows[0], &rows[1]);
    let patient = keys.pseudonym("MRN7").unwrap();
    let specimens = format!("[{}, {}]", keys.pseudonym("S77").unwrap(), keys.pseudonym("S78").unwrap());
    holds(
        query,
        &[
            ("direction", "query"),
            ("is_orig", "true"),
            ("model", "XN-550"),
            ("software_version", "00-14"),
            ("serial_number", "11001"),
            ("patient", &patient),
            ("specimens", &specimens),
        ],
    );
    holds(
        orders,
        &[
            ("direction", "orders"),
            ("is_orig", "false"),
            ("sender", "LIS"),
            ("model", "-"),
            ("patient", &patient),
            ("specimens", &specimens),
            ("termination", "F"),
            ("orders", "2"),
        ],
    );
}

#[test]
fn records_without_frames() {
    let text = format!("{}\r\n", RESULTS.join("\r\n"));
    let second = text.replace("|C1|", "|C2|");
    let rows = check(&[(Orig, [text.as_bytes(), second.as_bytes()].concat())]);
    assert_eq!(rows.len(), 2);
    for (row, id) in rows.iter().zip(["C1", "C2"]) {
        holds(
            row,
            &[
                ("kind", "raw"),
                ("control_id", id),
                ("results", "1"),
                ("frames", "-"),
                ("malformed", "-"),
                ("partial", "false"),
            ],
        );
    }
    let open = check(&[(Orig, b"H|\\^&|C1\rP|1|MRN1\rR|1".to_vec())]);
    holds(&open[0], &[("records", "[H:1, P:1, R:1]"), ("partial", "true"), ("malformed", "-")]);
}

#[test]
fn delimiters_are_those_of_the_header() {
    let rows = check(&transfer(&["H!~@%!!!c111@Roche@c111", "P!1!MRN%F%1", "O!1!A|B", "L!1"]));
    let keys = output().keys;
    holds(
        &rows[0],
        &[
            ("encoding_characters", "!~@%"),
            ("manufacturer", "Roche"),
            ("patient", &keys.pseudonym("MRN!1").unwrap()),
            ("order_id", &keys.pseudonym("A|B").unwrap()),
        ],
    );
}

#[test]
fn what_is_wrong_is_said() {
    let of = |records: &[&str]| check(&transfer(records)).remove(0)["malformed"].clone();
    assert_eq!(of(&["P|1|MRN1", "L|1"]), "no header");
    assert_eq!(of(&["H|\\^&", "P|1"]), "no terminator");
    assert_eq!(of(&["HELLO", "L|1"]), "delimiters");
    assert_eq!(of(&["H|\\^&", "X|1", "L|1"]), "record type");
    let two = check(&transfer(&["H|\\^&|A", "H|\\^&|B", "L|1"]));
    assert_eq!((two[0]["malformed"].as_str(), two[1]["malformed"].as_str()), ("no terminator", "-"));
    let mut skipped = transfer(&RESULTS);
    skipped.drain(6..8);
    assert_eq!(check(&skipped)[0]["malformed"], "frame number");
    let mut broken = transfer(&RESULTS);
    broken[6].1.truncate(5);
    assert_eq!(check(&broken)[0]["malformed"], "frame");
}

#[test]
fn what_is_too_long_passes() {
    let long = "x".repeat(limits::ASTM_FRAME);
    let of = |bytes: Vec<u8>| {
        let rows = played(&[(Orig, bytes.clone())], usize::MAX);
        assert_eq!(rows, played(&[(Orig, bytes)], 1460));
        rows
    };
    let frames = [
        vec![5],
        frame(1, "H|\\^&\r", 3),
        frame(2, &format!("R|1|{long}\r"), 3),
        frame(3, "L|1|N\r", 3),
        vec![4],
    ]
    .concat();
    holds(
        &of(frames)[0],
        &[("malformed", "long frame"), ("termination", "N"), ("partial", "false")],
    );
    let half = "x".repeat(limits::ASTM_FRAME / 2);
    let mut frames = vec![5];
    frames.extend(frame(1, "H|\\^&\rR|1|", 0x17));
    (2..5).for_each(|n| frames.extend(frame(n, &half, 0x17)));
    frames.extend([frame(5, "\rL|1|N\r", 3), vec![4]].concat());
    holds(
        &of(frames)[0],
        &[("malformed", "long record"), ("records", "[H:1, R:1, L:1]"), ("frames", "5")],
    );
    let raw = format!("H|\\^&\rR|1|{long}{long}\rL|1|N\r");
    assert_eq!(of(raw.into_bytes())[0]["records"], "[H:1, R:1, L:1]");
}

#[test]
fn a_gap_ends_the_message_and_the_next_is_found() {
    let (mut session, mut out, mut id, mut half) = (AstmSession::default(), output(), identity(4000, 6), Half::default());
    let bytes = |records: &[&str]| {
        transfer(records)
            .into_iter()
            .filter(|(dir, _)| *dir == Orig)
            .flat_map(|(_, b)| b)
            .collect::<Vec<u8>>()
    };
    let first = bytes(&RESULTS);
    half.feed(&mut session, Orig, &first[..140], 1, &mut id, &mut out);
    half.gap(&mut session, Orig, 50, 2, &mut id, &mut out);
    let second = bytes(&["H|\\^&|C2", "L|1|N"]);
    half.feed(&mut session, Orig, &[&first[190..], &second].concat(), 3, &mut id, &mut out);
    half.cut(&mut session, Orig, &mut id, &mut out);
    crate::protocols::Session::end(
        &mut session,
        &mut Context {
            ts: 4,
            offset: 0,
            identity: &mut id,
            out: &mut out,
        },
    );
    let rows = rows(&mut out).remove("astm").unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|r| (r["control_id"].as_str(), r["partial"].as_str(), r["malformed"].as_str()))
        .collect();
    assert_eq!(seen, [("C1", "true", "-"), ("C2", "false", "-")]);
}

#[test]
fn damaged_conversations_give_the_same_rows_however_they_are_cut() {
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for round in 0..200 {
        let mut script = transfer(&RESULTS);
        script.extend(transfer(&["H|\\^&|C2", "Q|1|^S1", "L|1|N"]));
        for _ in 0..1 + random(6) {
            let n = random(script.len());
            let at = random(script[n].1.len());
            script[n].1[at] = b"\r\n\x02\x03\x04\x05\x06\x15\x17|H0"[random(12)];
        }
        let rows = [1, 7, usize::MAX].map(|cut| played(&script, cut));
        assert!(rows[0] == rows[2] && rows[1] == rows[2], "round {round}");
    }
}

#[test]
fn makers_put_different_things_into_h5() {
    let of = |text: &str| {
        let sender = Sender::read(text.as_bytes().split(|b| *b == b'^'));
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        [
            sender.name,
            sender.manufacturer,
            sender.model,
            sender.software_version,
            sender.serial_number,
        ]
        .map(shown)
        .join(" / ")
    };
    for (text, wanted) in [
        ("c111^Roche^c111^4.2.2.1730^1^13147", "c111 / Roche / c111 / 4.2.2.1730 / 13147"),
        ("XN-550^00-14^11001^^^^AP794559", "XN-550 / - / XN-550 / 00-14 / 11001"),
        (
            "ARCHITECT^8.10^F3453010030^H1P1O1R1C1Q1L1",
            "ARCHITECT / - / ARCHITECT / 8.10 / F3453010030",
        ),
        ("ACCESS^500001", "ACCESS / - / ACCESS / - / 500001"),
        ("LAB^GeneXpert^6.4", "LAB / - / GeneXpert / 6.4 / -"),
        ("Bio-Rad", "- / Bio-Rad / - / - / -"),
        (
            "Siemens Atellica 1500^1.26.1",
            "- / Siemens Atellica 1500 / Atellica 1500 / 1.26.1 / -",
        ),
        ("LIS", "LIS / - / - / - / -"),
        ("Erika Mustermann^19640812^MUSTERMANN", "- / - / - / - / -"),
    ] {
        assert_eq!(of(text), wanted, "{text}");
    }
}

#[test]
fn no_header_field_names_a_person() {
    let rows = check(&transfer(&[
        "H|\\^&|MRN004711|secret|Mustermann^Erika^LAB-4711^MRN004711|Weg 1||0123||Mustermann|Erika|P|Erika|19640812",
        "P|1|MRN004711||4711|Mustermann^Erika|Muster|19640812|F||Weg 1||0123|Dr. Mustermann",
        "O|1|MRN004711||^^^GLU|||||||Erika",
        "R|1|^^^GLU|Mustermann||||||||Erika",
        "C|1|P|Erika Mustermann",
        "M|1|Mustermann",
        "S|1|Mustermann",
        "L|1|N",
    ]));
    let all = format!("{rows:?}").to_lowercase();
    for planted in ["mustermann", "erika", "19640812", "mrn004711", "secret", "weg", "0123"] {
        assert!(!all.contains(planted), "{planted}: {rows:?}");
    }
    assert!(rows[0]["control_id"].starts_with("k1:"));
    assert_eq!(rows[0]["patient"], rows[0]["order_id"], "one id, one pseudonym");
}

#[test]
fn the_probe_is_strict() {
    let one = frame(3, "R|1|^^^GLU|5.1\r", 3);
    let certain: &[&[u8]] = &[
        b"\x05\x021H|\\^&|",
        b"\x021H|\\^&\r",
        b"H|\\^&|||c111",
        b"H!~@%!",
        b"\x06\x06\x05\x021H|\\^&|",
        &one,
        &[b"5.1|mmol/L\r\x03A7\r\n".as_slice(), &one].concat(),
        b"L|1|N\rH|\\^&|||",
    ];
    for bytes in certain {
        assert_eq!(probe(Orig, bytes), Probe::Certain, "{}", bytes.escape_ascii());
    }
    for bytes in [
        b"\x05".as_slice(),
        b"\x06",
        b"\x06\x15\x04",
        b"\x05\x02",
        b"\x05\x021",
        b"\x021H|",
        b"\x021H|\\^",
        b"\x021P|1|",
        b"H",
        b"H|\\^&",
    ] {
        assert_eq!(probe(Resp, bytes), Probe::Unsure, "{}", bytes.escape_ascii());
    }
    let wrong = [&one[..one.len() - 4], b"00\r\n"].concat();
    let never: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HELO mail\r\n",
        b"MSH|^~\\&|A|B",
        b"\x0bMSH|^~\\&|A",
        b"\x05\x01\x00",
        b"\x05\x00\x0b\x03",
        b"\x04\x01\x00\x50",
        b"\x02abc",
        b"\x06abc",
        b"\r\n\r\n",
        b"H||||",
        b"Hello, this is text",
        b"\x16\x03\x01\x02\x00",
        &wrong,
    ];
    for bytes in never {
        assert_eq!(probe(Orig, bytes), Probe::Never, "{}", bytes.escape_ascii());
    }
}
