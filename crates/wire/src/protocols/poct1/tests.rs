use super::probe::probe;
use super::session::Poct1Session;
use crate::context::Context;
use crate::half::Half;
use crate::limits;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Dir, Probe, Session};
use crate::testing::{identity, output, play, rows, PlainRow};

const HELLO: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HEL.R01>\n <HDR>\n  <HDR.message_type V=\"HEL.R01\" SN=\"POCT1\" SV=\"1\"/>\n  \
    <HDR.control_id V=\"101\"/><HDR.version_id V=\"POCT1\"/><HDR.creation_dttm V=\"2026-01-01T12:00:00.50+01:00\"/>\n </HDR>\n <DEV>\n  \
    <DEV.device_id V=\"00-1B-44-11-3A-B7\"/><DEV.vendor_id V='NOVABIO'/><DEV.model_id V=\"StatStrip\"/><DEV.serial_id V=\"0600100736\"/>\
    <DEV.manufacturer_name V=\"Nova Biomedical\"/><DEV.hw_version V=\"K1\"/><DEV.sw_version V=\"3.10.8.0\">3.10.8.0_it-IT</DEV.sw_version>\
    <DEV.device_name V=\"Erika's meter\"/><DCP><DCP.application_timeout V=\"120\"/></DCP>\
    <DSC><DSC.connection_profile_cd V=\"SA\"/><DSC.topics_supported_cd V=\"D_EV\"/></DSC>\n </DEV>\n</HEL.R01>\n";
const OBSERVATIONS: &str = "<OBS.R01><HDR><HDR.control_id V=\"103\"/></HDR>\
    <SVC><SVC.role_cd V=\"OBS\"/><PT><PT.patient_id V=\"MRN1\"/><PT.name V=\"Jane Doe\"><FAM V=\"Doe\"/><GIV V=\"Jane\"/></PT.name>\
    <PT.birth_date V=\"1964-08-12\"/><OBS><OBS.observation_id V=\"2340-8\"/><OBS.value V=\"5.1\" U=\"mmol/L\"/></OBS>\
    <OBS><NTE><NTE.text V=\"a &lt;note&gt;\"/></NTE></OBS></PT><OPR><OPR.operator_id V=\"nurse7\"/></OPR><ORD><ORD.order_id V=\"O77\"/></ORD></SVC>\
    <SVC><PT><PT.patient_id V=\"MRN2\"/></PT></SVC><!-- > --></OBS.R01>";

fn ack(id: &str, acked: &str) -> String {
    format!(
        "<ACK.R01><HDR><HDR.control_id V=\"{id}\"/></HDR><ACK><ACK.type_cd V=\"AE\"/><ACK.ack_control_id V=\"{acked}\"/>\
        <ACK.note_txt V=\"Mustermann\"/><ACK.error_detail_cd V=\"208\"/></ACK></ACK.R01>"
    )
}

/// Rows without what depends on how the bytes were cut.
fn played(script: &[(Dir, &str)], cut: usize) -> Vec<PlainRow> {
    let script: Vec<(Dir, &[u8])> = script.iter().map(|(dir, text)| (*dir, text.as_bytes())).collect();
    let mut got = play(&mut Poct1Session::default(), &script, cut).remove("poct1").unwrap_or_default();
    for row in &mut got {
        row.remove("ts");
        if row["latency"] != "-" {
            row.insert("latency".into(), "some".into());
        }
    }
    got
}

/// Rows that do not depend on the cut, of a script that may also end anywhere.
fn check(script: &[(Dir, &str)]) -> Vec<PlainRow> {
    let whole = played(script, usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(played(script, cut), whole, "cut {cut}");
    }
    for (n, (dir, text)) in script.iter().enumerate() {
        for end in (0..text.len()).step_by(text.len().div_ceil(4000).pow(2).max(1)) {
            let mut part = script[..n].to_vec();
            part.push((*dir, &text[..end]));
            assert!(played(&part, usize::MAX).len() <= whole.len());
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
fn a_hello_and_its_acknowledgement() {
    let rows = check(&[(Orig, HELLO), (Resp, &ack("9", "101"))]);
    assert_eq!(rows.len(), 2);
    let of = |kind: &str| rows.iter().find(|r| r["message_type"] == kind).unwrap();
    let body = HELLO.trim_end().len() - HELLO.find("<HEL").unwrap();
    holds(
        of("HEL.R01"),
        &[
            ("control_id", "101"),
            ("version", "POCT1"),
            ("ts_message", "1767265200500000"),
            ("device_id", "00:1B:44:11:3A:B7"),
            ("vendor_id", "NOVABIO"),
            ("manufacturer", "Nova Biomedical"),
            ("model", "StatStrip"),
            ("serial_number", "0600100736"),
            ("software_version", "3.10.8.0"),
            ("hardware_version", "K1"),
            ("connection_profile", "SA"),
            ("is_ack", "false"),
            ("latency", "some"),
            ("message_bytes", &body.to_string()),
            ("partial", "false"),
            ("malformed", "-"),
        ],
    );
    holds(
        of("ACK.R01"),
        &[
            ("control_id", "9"),
            ("is_ack", "true"),
            ("ack_code", "AE"),
            ("error_code", "208"),
            ("acked_control_id", "101"),
            ("latency", "-"),
        ],
    );
    let all = format!("{rows:?}");
    assert!(!all.contains("Erika") && !all.contains("Mustermann") && !all.contains("it-IT"));
}

#[test]
fn observations_are_counted_and_nobody_is_named() {
    let keys = output().keys;
    let (one, two) = (keys.pseudonym("MRN1").unwrap(), keys.pseudonym("MRN2").unwrap());
    let rows = check(&[(Orig, OBSERVATIONS)]);
    holds(
        &rows[0],
        &[
            ("services", "2"),
            ("observations", "2"),
            ("patient_count", "2"),
            ("operators", "1"),
            ("patient", &one),
            ("patients", &format!("[{one}, {two}]")),
            ("order_id", &keys.pseudonym("O77").unwrap()),
            ("control_id", "103"),
            ("latency", "-"),
        ],
    );
    let all = format!("{rows:?}");
    for planted in ["MRN", "Jane", "Doe", "1964", "nurse", "5.1", "2340", "note", "O77"] {
        assert!(!all.contains(planted), "{planted}");
    }
}

#[test]
fn status_requests_and_directives() {
    let rows = check(&[
        (Orig, "\x0b<DST.R01><HDR><HDR.control_id V='1'/></HDR><DST><DST.new_observations_qty V='3'/><DST.condition_cd V='R'/></DST></DST.R01>\x1c\r"),
        (Resp, "<REQ.R01><HDR><HDR.control_id V='2'/></HDR><REQ><REQ.request_cd V='ROBS'/></REQ></REQ.R01>"),
        (Resp, "<DTV.R01><HDR><HDR.control_id V='3'/></HDR><DTV><DTV.command_cd V='LOCK'/></DTV></DTV.R01>"),
        (Orig, "<ESC.R01><HDR><HDR.control_id V='4'/></HDR><ESC><ESC.esc_control_id V='3'/><ESC.detail_cd V='OTH'/></ESC></ESC.R01>"),
        (Orig, "<EOT.R01><HDR><HDR.control_id V='5'/></HDR><EOT><EOT.topic_cd V='OBS'/></EOT></EOT.R01>"),
        (Resp, "<END.R01><HDR><HDR.control_id V='6'/></HDR><TRM><TRM.reason_cd V='NRM'/></TRM></END.R01><KPA.R01/>"),
    ]);
    let of = |kind: &str| rows.iter().find(|r| r["message_type"] == kind).unwrap();
    holds(
        of("DST.R01"),
        &[("device_state", "R"), ("new_observations", "3"), ("malformed", "-")],
    );
    for (kind, code) in [
        ("REQ.R01", "ROBS"),
        ("DTV.R01", "LOCK"),
        ("ESC.R01", "OTH"),
        ("EOT.R01", "OBS"),
        ("END.R01", "NRM"),
        ("KPA.R01", "-"),
    ] {
        holds(of(kind), &[("code", code), ("partial", "false"), ("malformed", "-")]);
    }
    assert_eq!(
        (of("DTV.R01")["latency"].as_str(), of("ESC.R01")["acked_control_id"].as_str()),
        ("some", "3")
    );
}

#[test]
fn a_control_id_that_holds_a_person_is_a_pseudonym_at_both_ends() {
    let message = OBSERVATIONS.replace("\"103\"", "\"19640812-mrn1\"");
    let rows = check(&[(Orig, &message), (Resp, &ack("MRN1", "19640812-mrn1")), (Resp, &ack("A2", "MRN2"))]);
    let of = |kind: &'static str| rows.iter().filter(move |r| r["message_type"] == kind);
    let asked = of("OBS.R01").next().unwrap();
    assert!(asked["control_id"].starts_with("k1:"));
    assert_eq!(of("ACK.R01").next().unwrap()["acked_control_id"], asked["control_id"]);
    assert!(of("ACK.R01").all(|row| row["control_id"].starts_with("k1:") && row["acked_control_id"].starts_with("k1:")));
}

#[test]
fn what_is_wrong_is_said() {
    let of = |text: &str| {
        check(&[(Orig, text)])
            .into_iter()
            .map(|r| [r["message_type"].clone(), r["malformed"].clone()].join(" "))
            .collect::<Vec<_>>()
    };
    let message = "<KPA.R01><HDR><HDR.control_id V='1'/></HDR></KPA.R01>";
    assert_eq!(of(&format!("<OBS.R01><SVC>{message}")), ["OBS.R01 no end", "KPA.R01 -"]);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    assert_eq!(of(&format!("{bomb}{message}")), ["KPA.R01 document type"]);
    assert_eq!(
        of(&format!("<OBS.R01>{bomb}</OBS.R01>{message}")),
        ["OBS.R01 document type", "KPA.R01 -"]
    );
    assert_eq!(of("<OBS.R01>< x></OBS.R01>"), ["OBS.R01 markup"]);
    let deep = "<a>".repeat(limits::POCT1_DEPTH as usize + 1);
    assert_eq!(of(&format!("<OBS.R01>{deep}</OBS.R01>")), ["OBS.R01 nesting"]);
    let long = format!("<OBS.R01><x V=\"{}\"/></OBS.R01>", "y".repeat(limits::POCT1_TAG));
    let [one, other] = [usize::MAX, 1460].map(|cut| played(&[(Orig, &long)], cut));
    assert_eq!((one[0]["malformed"].as_str(), one == other), ("long tag", true));
    assert_eq!(check(&[(Orig, "<OBS.R01><HDR><HDR.control_id V='7'/>")])[0]["partial"], "true");
}

#[test]
fn unanswered_messages_are_bounded() {
    let many: String = (0..100)
        .map(|n| format!("<EVS.R01><HDR><HDR.control_id V='{n}'/></HDR><EVT/></EVS.R01>"))
        .collect();
    let (mut session, mut out, mut id) = (Poct1Session::default(), output(), identity(3001, 6));
    let mut cx = Context {
        ts: 0,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    };
    session.data(Orig, many.as_bytes(), &mut cx);
    assert_eq!(rows(&mut out)["poct1"].len(), 100 - limits::POCT1_OUTSTANDING);
    assert_eq!(check(&[(Orig, &many)]).len(), 100);
}

#[test]
fn a_gap_ends_the_message_and_the_next_is_found() {
    let (mut session, mut out, mut id, mut half) = (Poct1Session::default(), output(), identity(3001, 6), Half::default());
    half.feed(&mut session, Orig, &OBSERVATIONS.as_bytes()[..200], 1, &mut id, &mut out);
    half.gap(&mut session, Orig, 50, 2, &mut id, &mut out);
    let rest = [&OBSERVATIONS.as_bytes()[250..], HELLO.as_bytes()].concat();
    half.feed(&mut session, Orig, &rest, 3, &mut id, &mut out);
    let mut cx = Context {
        ts: 4,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    };
    session.end(&mut cx);
    let rows = rows(&mut out).remove("poct1").unwrap();
    let seen: Vec<_> = rows.iter().map(|r| (r["message_type"].as_str(), r["partial"].as_str())).collect();
    assert_eq!(seen, [("OBS.R01", "true"), ("HEL.R01", "false")]);
}

#[test]
fn damaged_conversations_give_the_same_rows_however_they_are_cut() {
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for round in 0..200 {
        let mut text = [HELLO, OBSERVATIONS, HELLO].concat().into_bytes();
        for _ in 0..1 + random(6) {
            let at = random(text.len());
            text[at] = b"<>/\"!-?&"[random(8)];
        }
        let text = String::from_utf8(text).unwrap();
        let script = [(Orig, text.as_str()), (Resp, &ack("1", "103"))];
        let rows = [1, 7, usize::MAX].map(|cut| played(&script, cut));
        assert!(rows[0] == rows[2] && rows[1] == rows[2], "round {round}: {text}");
    }
}

#[test]
fn the_probe_is_strict() {
    for bytes in [
        "<HEL.R01>",
        "<?xml version='1.0'?>\r\n<OBS.R02 x='1'>",
        "\x0b<ACK.R01>",
        "\u{feff}<KPA.R01/>",
        "\r\n<QCN.R01>",
        "V='x'/></PT></OBS.R01><ACK.R01>",
    ] {
        assert_eq!(probe(Orig, bytes.as_bytes()), Probe::Certain, "{bytes}");
    }
    for bytes in ["<", "<?xm", "<?xml version='1.0'?>\n", "<HEL.R", "<HEL.R01", "\x0b"] {
        assert_eq!(probe(Orig, bytes.as_bytes()), Probe::Unsure, "{bytes}");
    }
    for bytes in [
        "<html>",
        "<?xml version='1.0'?><Envelope>",
        "<HEL.R01x>",
        "<ADT_A01>",
        "GET / HTTP/1.1\r\n",
        "MSH|^~\\&|",
        "\n\n\n\n\n",
        "<!ELEMENT>",
        "<stream:stream>",
    ] {
        assert_eq!(probe(Orig, bytes.as_bytes()), Probe::Never, "{bytes}");
    }
}
