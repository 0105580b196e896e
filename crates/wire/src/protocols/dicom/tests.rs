//! Conversations built here, byte by byte as the standard has them, and what they must become.

mod build;
mod hostile;

use std::collections::BTreeMap;

use build::*;

use super::{probe::probe, PROTOCOL};
use crate::context::Context;
use crate::half::Half;
use crate::protocols::{Dir, Probe};
use crate::testing::{identity, output, play, rows, PlainRow, PlainRows};

type Script = Vec<(Dir, Vec<u8>)>;

/// Plays it whole and cut in several ways: the rows are the same but for times.
fn played(script: &Script) -> PlainRows {
    let parts: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    let run = |cut: usize| {
        let mut rows = play(&mut *(PROTOCOL.session)(), &parts, cut);
        for row in rows.values_mut().flatten() {
            row.remove("ts");
            row.remove("duration");
        }
        rows
    };
    let whole = run(usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(run(cut), whole, "cut into {cut}");
    }
    whole
}

fn one<'r>(rows: &'r PlainRows, command: &str) -> &'r PlainRow {
    let mut found = rows["dicom_message"].iter().filter(|row| row["command"] == command);
    let row = found.next().unwrap_or_else(|| panic!("no {command}"));
    assert!(found.next().is_none(), "more than one {command}");
    row
}

fn stored(syntax: &str, data_set: &[u8]) -> PlainRow {
    let mut script = opened(CT, syntax);
    script.push((Dir::Orig, data(&[command(1, 1, CT, true), data_set.to_vec()], 50)));
    script.push((Dir::Orig, released()));
    script.push((Dir::Resp, pdu(6, &[0; 4])));
    one(&played(&script), "C-STORE-RQ").clone()
}

#[test]
fn an_association_from_request_to_release() {
    let mut script = opened(CT, EXPLICIT);
    script.push((Dir::Orig, data(&[command(0x30, 7, "1.2.840.10008.1.1", false)], 4096)));
    script.push((Dir::Resp, data(&[response(0x8030, 7, 0)], 4096)));
    script.push((Dir::Orig, released()));
    script.push((Dir::Resp, pdu(6, &[0; 4])));
    let rows = played(&script);
    let row = &rows["dicom_association"][0];
    let wanted = [
        ("calling_ae", "CT01"),
        ("called_ae", "PACS"),
        ("result", "released"),
        ("released_by", "requestor"),
        ("calling_max_pdu", "16384"),
        ("calling_implementation_class_uid", "1.2.3.4"),
        ("calling_implementation_version", "MAKER_1"),
        ("protocol_version", "1"),
        ("proposed_names", "[CT Image Storage]"),
        ("accepted", "[1:0:1.2.840.10008.1.2.1]"),
        ("roles", "[1.2.840.10008.5.1.4.1.1.2:0:1]"),
        ("user_identity", "username_passcode"),
        ("async_ops", "3:4"),
        ("dimse_messages", "2"),
        ("midstream", "false"),
        ("partial", "false"),
        ("malformed", "-"),
        ("proposed_transfer", "[1:1.2.840.10008.1.2.1]"),
        ("app_context", "1.2.840.10008.3.1.1.1"),
    ];
    for (column, value) in wanted {
        assert_eq!(row[column], value, "{column}");
    }
    assert_eq!(row["contexts_hash"].len(), 16);
    let sent: usize = script
        .iter()
        .filter(|(dir, _)| *dir == Dir::Orig)
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert_eq!(row["bytes_orig"], sent.to_string());
    let echo = one(&rows, "C-ECHO-RSP");
    assert_eq!(
        (
            echo["responded_to_id"].as_str(),
            echo["status_name"].as_str(),
            echo["calling_ae"].as_str()
        ),
        ("7", "Success", "CT01")
    );
    assert!(!format!("{rows:?}").contains("hunter2"));
}

#[test]
fn an_id_is_one_in_every_character_set() {
    let set = |charset: &[u8], id: &[u8]| {
        let elements = [(0x0008_0005, b"CS", charset), (0x0008_0050, b"SH", id), (0x0010_0020, b"LO", id)];
        let set: Vec<u8> = elements
            .iter()
            .flat_map(|(tag, vr, value)| element(Order::Explicit, *tag, vr, value))
            .collect();
        set
    };
    let row = |charset: &[u8], id: &[u8]| stored(EXPLICIT, &set(charset, id));
    let utf8 = row(b"ISO_IR 192", "\u{422}\u{410}-17 ".as_bytes());
    for (charset, id) in [
        (&b"ISO_IR 144"[..], &b"\xc2\xb0-17 "[..]),
        (b"ISO 2022 IR 144", b"\xc2\xb0-17 "),
        (b"\\ISO 2022 IR 144", b"\x1b-L\xc2\xb0-17"),
    ] {
        let other = row(charset, id);
        assert_eq!((&other["patient"], &other["accession"]), (&utf8["patient"], &utf8["accession"]));
    }
    // Of a query too, where a list of character sets is no list of keys.
    let mut script = opened("1.2.840.10008.5.1.4.1.2.2.1", EXPLICIT);
    let find = command(0x20, 1, "1.2.840.10008.5.1.4.1.2.2.1", true);
    script.push((Dir::Orig, data(&[find, set(b"\\ISO 2022 IR 144 ", b"\x1b-L\xc2\xb0-17")], 50)));
    assert_eq!(one(&played(&script), "C-FIND-RQ")["patient"], utf8["patient"]);
}

#[test]
fn a_station_named_by_its_owner() {
    let station = |name: &[u8]| {
        let set = [
            element(Order::Explicit, 0x0008_0060, b"CS", b"CT"),
            element(Order::Explicit, 0x0008_1010, b"SH", name),
        ];
        stored(EXPLICIT, &set.concat())["station_name"].clone()
    };
    assert_eq!(station(b"CT ROOM 1 "), "CT ROOM 1");
    assert_eq!(station(b"ERIKA-PC"), "*-PC");
    assert_eq!(station(b"MUSTERMANN^ERIKA"), "*");
    assert_eq!(station(b"MRN004711 "), "MRN*");
}

#[test]
fn a_look_up_in_what_is_read_is_marked() {
    let marks = |tag: u32, vr: &[u8; 2], value: &[u8]| stored(EXPLICIT, &element(Order::Explicit, tag, vr, value))["marks"].clone();
    let call = b"${jndi:ldap://x/a} ";
    for (tag, vr) in [
        (0x0008_0070, b"LO"),
        (0x0008_1010, b"SH"),
        (0x0010_0010, b"PN"),
        (0x0010_0020, b"LO"),
    ] {
        assert_eq!(marks(tag, vr, call), "[exploit-log4shell]", "{tag:08x}");
    }
    assert_eq!(marks(0x0008_0070, b"LO", b"$5 {CT} ${a}"), "[]");
    let mut script = opened(CT, EXPLICIT);
    script.push((
        Dir::Orig,
        data(
            &[command(0x20, 3, CT, true), element(Order::Explicit, 0x0010_0010, b"PN", call)],
            64,
        ),
    ));
    script.push((Dir::Orig, data(&[command(0x20, 4, "${jndi:ldap://x}", false)], 64)));
    let rows = played(&script);
    let marked: Vec<_> = rows["dicom_message"].iter().map(|row| row["marks"].as_str()).collect();
    assert_eq!(marked, ["[exploit-log4shell]"; 2]);
}

/// An image of PLANTMUELLER^PLANTHANS, number PLANT471100, and other elements, which replace those.
fn of_patient(elements: &[(u32, &[u8; 2], &[u8])]) -> Vec<u8> {
    let patient: [(u32, &[u8; 2], &[u8]); 3] = [
        (0x0010_0010, b"PN", b"PLANTMUELLER^PLANTHANS"),
        (0x0010_0020, b"LO", b"PLANT471100 "),
        (0x0010_0030, b"DA", b"19010203"),
    ];
    let mut all: BTreeMap<u32, (&[u8; 2], &[u8])> = patient.into_iter().map(|(tag, vr, value)| (tag, (vr, value))).collect();
    all.extend(elements.iter().map(|(tag, vr, value)| (*tag, (*vr, *value))));
    all.iter()
        .flat_map(|(tag, (vr, value))| element(Order::Explicit, *tag, vr, value))
        .collect()
}

#[test]
fn equipment_that_bears_what_the_data_set_tells_of_its_patient_is_withheld() {
    let columns = [
        (0x0008_0060, b"CS", "modality"),
        (0x0008_0070, b"LO", "manufacturer"),
        (0x0008_1010, b"SH", "station_name"),
        (0x0008_1090, b"LO", "model"),
        (0x0018_1000, b"LO", "serial"),
        (0x0018_1020, b"LO", "software_versions"),
    ];
    for (tag, vr, column) in columns {
        for value in [
            "PLANT471100",
            "PLANTMUELLER",
            "MUELLER PLANTHANS",
            "CT plantmueller",
            "V1\\SN-19010203-2",
        ] {
            let row = stored(EXPLICIT, &of_patient(&[(tag, vr, value.as_bytes())]));
            assert_eq!(row[column], "-", "{column} {value}");
        }
        let row = stored(EXPLICIT, &of_patient(&[(tag, vr, b"MRROOM")]));
        assert_eq!(row[column], "MRROOM", "{column}");
    }
    let row = stored(
        EXPLICIT,
        &of_patient(&[
            (0x0008_0080, b"LO", b"PLANTMUELLER"),
            (0x0010_0020, b"LO", b"47110815"),
            (0x0018_1002, b"UI", b"1.2.47110815.3"),
        ]),
    );
    assert_eq!((row["device_uid"].as_str(), row["institution_present"].as_str()), ("-", "true"));
    assert!(row["patient"].starts_with("k1:"));
}

#[test]
fn whatever_names_the_patient_is_compared() {
    let model = |told: &[(u32, &[u8; 2], &[u8])], model: &[u8]| {
        let told = [told, &[(0x0008_1090, b"LO", model)]].concat();
        stored(EXPLICIT, &of_patient(&told))["model"].clone()
    };
    let charset = |name: &'static [u8]| (0x0008_0005, b"CS", name);
    // Every component group and every component; each name of somebody who has several.
    let yamada = "Yamada^Tarou=\u{5c71}\u{7530}^\u{592a}\u{90ce}=\u{3084}\u{307e}\u{3060}^\u{305f}\u{308d}\u{3046}";
    let person: &[(u32, &[u8; 2], &[u8])] = &[charset(b"ISO_IR 192"), (0x0010_0010, b"PN", yamada.as_bytes())];
    for part in ["tarou", "\u{5c71}\u{7530}", "\u{305f}\u{308d}\u{3046}"] {
        assert_eq!(model(person, format!("CT {part}").as_bytes()), "-", "{part}");
    }
    let of = |tag: u32, vr: &'static [u8; 2], value: &'static [u8]| [(tag, vr, value)];
    assert_eq!(model(&of(0x0010_1000, b"LO", b"OTHER1\\OTHER2 "), b"X-OTHER2"), "-");
    assert_eq!(model(&of(0x0010_1001, b"PN", b"Alias^Anna\\Mayer^Lotte "), b"LOTTE 2"), "-");
    assert_eq!(model(&of(0x0010_1005, b"PN", b"Schulze "), b"SCHULZE"), "-");
    assert_eq!(model(&of(0x0010_0010, b"PN", b"van der Maaten, Hendrik "), b"Maaten"), "-");
    assert_eq!(model(&of(0x0010_0020, b"LO", b"ABC123^^^HOSP "), b"ABC123"), "-");
    assert_eq!(model(&of(0x0010_0020, b"LO", b"ABC123^^^HOSP "), b"HOSP"), "HOSP");
    assert_eq!(model(&of(0x0008_0050, b"SH", b"ACC4711 "), b"ACC4711"), "-");
    // As text, in whichever of its character sets both are written.
    let switched = [
        charset(b"\\ISO 2022 IR 144"),
        (0x0010_0010, b"PN", b"\x1b-L\xbc\xd8\xe8\xda\xd8\xdd"),
    ];
    assert_eq!(model(&switched, b"CT \x1b-L\xbc\xd8\xe8\xda\xd8\xdd 2"), "-");
    // Ids in a sequence, with and without lengths.
    for order in [Order::Explicit, Order::Implicit, Order::Big] {
        let id = element(order, 0x0010_0020, b"LO", b"OTHER471100 ");
        let item = [&head(order, 0xFFFE_E000, b"  ", id.len() as u32), &id[..]].concat();
        for ids in [element(order, 0x0010_1002, b"SQ", &item), undefined(order, 0x0010_1002, b"SQ", &id)] {
            let set = [
                element(order, 0x0010_0020, b"LO", b"MRN1"),
                ids,
                element(order, 0x0018_1000, b"LO", b"OTHER471100 "),
                element(order, 0x0018_1020, b"LO", b"V1"),
            ]
            .concat();
            let row = stored([EXPLICIT, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"][order as usize], &set);
            let got = [&row["serial"], &row["software_versions"], &row["malformed"]];
            assert_eq!(got, ["-", "V1", "-"], "{order:?}");
        }
    }
}

#[test]
fn a_phantom_does_not_erase_the_maker() {
    let told = |name: &[u8], id: &[u8]| {
        let set = of_patient(&[
            (0x0008_0070, b"LO", b"PHILIPS Medical Systems"),
            (0x0008_1010, b"SH", b"CT1"),
            (0x0008_1090, b"LO", b"Ingenuity CT 128"),
            (0x0010_0010, b"PN", name),
            (0x0010_0020, b"LO", id),
            (0x0018_1000, b"LO", b"SN-1"),
        ]);
        let row = stored(EXPLICIT, &set);
        ["manufacturer", "station_name", "model", "serial"].map(|column| row[column].clone())
    };
    let whole = ["PHILIPS Medical Systems", "CT1", "Ingenuity CT 128", "SN-1"];
    assert_eq!(told(b"CT^QA", b"1 "), whole);
    assert_eq!(told(b"CT1 ", b"128 "), whole);
    // A maker's name is not that of a patient because it begins alike.
    assert_eq!(told(b"Smith^Philip", b"QA "), whole);
    assert_eq!(told(b"Philips^QA", b"1 ")[0], "-");
}

#[test]
fn titles_and_versions_that_bear_it_are_withheld_from_there_on() {
    let mut script = opened(CT, EXPLICIT);
    script.push((Dir::Orig, data(&[command(0x30, 6, "1.2.840.10008.1.1", false)], 4096)));
    let set = of_patient(&[(0x0010_0020, b"LO", b"CT01"), (0x0010_1000, b"LO", b"MAKER_1 ")]);
    script.push((Dir::Orig, data(&[command(1, 7, CT, true), set], 4096)));
    script.push((Dir::Resp, data(&[response(0x8001, 7, 0)], 4096)));
    // Of the next patient nothing stands there: what was withheld stays withheld.
    script.push((Dir::Orig, data(&[command(1, 8, CT, true), of_patient(&[])], 4096)));
    script.extend([(Dir::Orig, released()), (Dir::Resp, pdu(6, &[0; 4]))]);
    let rows = played(&script);
    let titles: Vec<[&str; 3]> = rows["dicom_message"]
        .iter()
        .map(|row| ["command", "calling_ae", "called_ae"].map(|column| row[column].as_str()))
        .collect();
    let wanted = [
        ["C-ECHO-RQ", "CT01", "PACS"],
        ["C-STORE-RQ", "-", "PACS"],
        ["C-STORE-RSP", "-", "PACS"],
        ["C-STORE-RQ", "-", "PACS"],
    ];
    assert_eq!(titles, wanted);
    let row = &rows["dicom_association"][0];
    let got = [
        "calling_ae",
        "called_ae",
        "calling_implementation_version",
        "called_implementation_version",
    ]
    .map(|column| &row[column]);
    assert_eq!(got, ["-", "PACS", "-", "-"]);
    assert_eq!(row["calling_implementation_class_uid"], "1.2.3.4");
    // The next association of the connection says it for itself.
    script.extend(opened(CT, EXPLICIT));
    assert_eq!(played(&script)["dicom_association"][1]["calling_ae"], "CT01");
}

#[test]
fn a_query_is_compared_with_what_it_asks_for() {
    let class = "1.2.840.10008.5.1.4.1.2.2.2";
    for (tag, vr, asked) in [
        (0x0010_0010, b"PN", &b"CT01* "[..]),
        (0x0010_0020, b"LO", b"X\\CT01"),
        (0x0010_0030, b"DA", b"19010203-"),
    ] {
        let set = [
            element(Order::Explicit, 0x0008_1010, b"SH", b"S19010203 "),
            element(Order::Explicit, tag, vr, asked),
        ]
        .concat();
        let mut script = opened(class, EXPLICIT);
        let mut find = command(0x21, 1, class, true);
        let destination = element(Order::Implicit, 0x0000_0600, b"AE", b"CT01");
        let at = find.len() - 10;
        find.splice(at..at, destination);
        script.push((Dir::Orig, data(&[find, set], 4096)));
        let row = one(&played(&script), "C-MOVE-RQ").clone();
        let got = ["move_destination", "calling_ae", "station_name"].map(|column| row[column].as_str());
        let wanted = if tag == 0x0010_0030 {
            ["CT01", "CT01", "-"]
        } else {
            ["-", "-", "S*"]
        };
        assert_eq!(got, wanted, "{tag:x}");
    }
}

#[test]
fn equipment_in_every_encoding() {
    let head = |order: Order| {
        let mut set = equipment(order);
        set.extend(element(order, 0x7FE0_0010, b"OW", &[0x55; 5000]));
        set
    };
    let plain = stored(EXPLICIT, &head(Order::Explicit));
    let wanted = [
        ("modality", "CT"),
        ("manufacturer", "MAKER"),
        ("model", "Model 1"),
        ("serial", "SN1"),
        ("software_versions", "V1\\V2"),
        ("station_name", "ROOM1"),
        ("device_uid", "1.2.3"),
        ("institution_present", "true"),
        ("sop_class_name", "CT Image Storage"),
        ("malformed", "-"),
        ("partial", "false"),
    ];
    for (column, value) in wanted {
        assert_eq!(plain[column], value, "{column}");
    }
    assert_eq!(plain["dataset_bytes"], head(Order::Explicit).len().to_string());
    for id in ["patient", "study", "accession", "affected_sop_instance"] {
        assert!(plain[id].starts_with("k1:"), "{id}");
    }
    assert!(!format!("{plain:?}").contains("MRN1") && !format!("{plain:?}").contains("CLINIC"));
    let deflated = deflate(&head(Order::Explicit));
    let others = [
        ("1.2.840.10008.1.2", head(Order::Implicit)),
        ("1.2.840.10008.1.2.2", head(Order::Big)),
        ("1.2.840.10008.1.2.1.99", deflated),
        ("1.2.840.10008.1.2.4.80", head(Order::Explicit)),
    ];
    for (syntax, set) in others {
        let row = stored(syntax, &set);
        for (column, value) in &plain {
            if !["transfer_syntax", "dataset_bytes", "event_id"].contains(&column.as_str()) {
                assert_eq!(&row[column], value, "{column} in {syntax}");
            }
        }
    }
}

#[test]
fn a_data_set_that_is_not_in_the_accepted_syntax_is_read_and_named() {
    let row = stored("1.2.840.10008.1.2", &equipment(Order::Explicit));
    assert_eq!(
        (row["model"].as_str(), row["malformed"].as_str()),
        ("Model 1", "data set is not in the accepted transfer syntax")
    );
}

#[test]
fn sequences_and_private_elements_are_passed_by_structure() {
    for order in [Order::Explicit, Order::Implicit, Order::Big] {
        let inner = element(order, 0x0010_0020, b"LO", b"OTHER ID");
        let nested = undefined(
            order,
            0x0008_1115,
            b"SQ",
            &[undefined(order, 0x0008_1199, b"SQ", &inner), inner.clone()].concat(),
        );
        let private = element(order, 0x0009_1001, b"UN", &[7; 3000]);
        let mut set = element(order, 0x0008_0060, b"CS", b"MR");
        for part in [
            nested,
            private,
            element(order, 0x0010_0020, b"LO", b"MRN1"),
            element(order, 0x0018_1000, b"LO", b"SN9 "),
        ] {
            set.extend(part);
        }
        let syntax = [EXPLICIT, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"][order as usize];
        let row = stored(syntax, &set);
        assert_eq!(
            (row["modality"].as_str(), row["serial"].as_str(), row["malformed"].as_str()),
            ("MR", "SN9", "-"),
            "{order:?}"
        );
        assert_eq!(row["patient"], stored(EXPLICIT, &equipment(Order::Explicit))["patient"]);
    }
}

#[test]
fn what_a_query_asks_and_how() {
    for order in [Order::Explicit, Order::Implicit] {
        let station = [
            element(order, 0x0040_0001, b"AE", b"CT01"),
            element(order, 0x0040_0002, b"DA", b"20240101-20240131"),
        ]
        .concat();
        let item = [&[0xFE, 0xFF, 0x00, 0xE0][..], &(station.len() as u32).to_le_bytes(), &station].concat();
        let keys: [(u32, &[u8; 2], &[u8]); 8] = [
            (0x0008_0020, b"DA", b"20240101-"),
            (0x0008_0052, b"CS", b"STUDY "),
            (0x0008_0061, b"CS", b"CT\\MR"),
            (0x0010_0010, b"PN", b"SECRET* "),
            (0x0010_0020, b"LO", b"MRN1"),
            (0x0018_9999, b"LO", b""),
            (0x0020_000D, b"UI", b"1.2\\1.3\0"),
            (0x0040_0100, b"SQ", &item),
        ];
        let set: Vec<u8> = keys.iter().flat_map(|(tag, vr, value)| element(order, *tag, vr, value)).collect();
        let mut script = opened(
            "1.2.840.10008.5.1.4.31",
            if order == Order::Explicit { EXPLICIT } else { "1.2.840.10008.1.2" },
        );
        script.push((Dir::Orig, data(&[command(0x20, 3, "1.2.840.10008.5.1.4.31", true), set], 64)));
        let answer = equipment(order);
        script.push((Dir::Resp, data(&[with_data(response(0x8020, 3, 0xFF00)), answer], 4096)));
        script.push((Dir::Resp, data(&[response(0x8020, 3, 0)], 4096)));
        let rows = played(&script);
        let row = one(&rows, "C-FIND-RQ");
        let keys = "[StudyDate:range, QueryRetrieveLevel:value, ModalitiesInStudy:list, PatientName:wildcard, PatientID:value, 0018,9999:universal, \
                    StudyInstanceUID:list, ScheduledProcedureStepSequence:sequence, ScheduledProcedureStepSequence.ScheduledStationAETitle:value, \
                    ScheduledProcedureStepSequence.ScheduledProcedureStepStartDate:range]";
        assert_eq!(row["query_keys"], keys);
        assert_eq!(
            (row["query_level"].as_str(), row["study"].as_str(), row["modality"].as_str()),
            ("STUDY", "-", "-")
        );
        assert!(row["patient"].starts_with("k1:") && !format!("{rows:?}").contains("SECRET"));
        let pending: Vec<&PlainRow> = rows["dicom_message"].iter().filter(|r| r["command"] == "C-FIND-RSP").collect();
        assert_eq!(
            (pending.len(), pending[0]["status_name"].as_str(), &pending[0]["patient"]),
            (2, "Pending", &row["patient"])
        );
        assert_eq!(rows["dicom_association"][0]["result"], "accepted");
        assert_eq!(rows["dicom_association"][0]["partial"], "true");
    }
}

#[test]
fn rejected_and_aborted() {
    let mut script = vec![opened(CT, EXPLICIT).remove(0)];
    script.push((Dir::Resp, pdu(3, &[0, 1, 1, 7])));
    let row = &played(&script)["dicom_association"][0];
    let got = [
        &row["result"],
        &row["result_source"],
        &row["reject_reason"],
        &row["reject_permanent"],
        &row["partial"],
    ];
    assert_eq!(got, ["rejected", "service-user", "called-AE-title-not-recognized", "true", "false"]);
    let mut script = opened(CT, EXPLICIT);
    script.push((Dir::Orig, data(&[command(0x20, 1, CT, true)], 4096)));
    script.push((Dir::Resp, pdu(7, &[0, 0, 2, 2])));
    script.push((Dir::Orig, data(&[command(0x20, 2, CT, false)], 4096)));
    let rows = played(&script);
    let row = &rows["dicom_association"][0];
    let got = [&row["result"], &row["aborted_by"], &row["abort_source"], &row["abort_reason"]];
    assert_eq!(got, ["aborted", "acceptor", "service-provider", "unexpected-PDU"]);
    assert_eq!(one(&rows, "C-FIND-RQ")["partial"], "true");
}

#[test]
fn a_second_association_on_one_connection() {
    let mut script = opened(CT, EXPLICIT);
    script.extend([(Dir::Orig, released()), (Dir::Resp, pdu(6, &[0; 4]))]);
    script.extend(script.clone());
    let rows = played(&script);
    assert_eq!(rows["dicom_association"].len(), 2);
    assert_ne!(rows["dicom_association"][0]["event_id"], rows["dicom_association"][1]["event_id"]);
}

/// The script with its last piece cut after `end` bytes: because the input ends there, and because the rest was lost.
fn cut_at(script: &Script, end: usize) -> [PlainRows; 2] {
    [false, true].map(|lost| {
        let (mut out, mut identity, mut session) = (output(), identity(104, 6), (PROTOCOL.session)());
        let mut halves = [Half::default(), Half::default()];
        for (n, (dir, bytes)) in script.iter().enumerate() {
            let half = &mut halves[*dir as usize];
            let last = n + 1 == script.len();
            let shown = if last { &bytes[..end] } else { &bytes[..] };
            half.feed(&mut *session, *dir, shown, 1, &mut identity, &mut out);
            if last && lost {
                half.gap(&mut *session, *dir, (bytes.len() - end) as u64, 2, &mut identity, &mut out);
            }
        }
        for dir in [Dir::Orig, Dir::Resp] {
            halves[dir as usize].cut(&mut *session, dir, &mut identity, &mut out);
        }
        session.end(&mut Context {
            ts: 3,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        });
        rows(&mut out)
    })
}

#[test]
fn an_association_that_was_cut_in_its_negotiation() {
    let script = opened(CT, EXPLICIT);
    let request = &script[0].1;
    let at = |text: &[u8]| request.windows(text.len()).position(|w| w == text).unwrap() + text.len();
    for end in 6..request.len() {
        for rows in cut_at(&script[..1].to_vec(), end) {
            let row = &rows["dicom_association"][0];
            let shown = |at: usize, value: &'static str| if end >= at { value } else { "-" };
            let abstract_syntax = if end >= at(EXPLICIT.as_bytes()) {
                "[CT Image Storage]"
            } else {
                "[]"
            };
            let wanted = [
                ("result", "open"),
                ("partial", "true"),
                ("malformed", "-"),
                ("contexts_hash", "-"),
                ("called_ae", shown(26, "PACS")),
                ("calling_ae", shown(42, "CT01")),
                ("proposed_names", abstract_syntax),
                ("calling_implementation_class_uid", shown(at(b"1.2.3.4"), "1.2.3.4")),
                ("calling_implementation_version", shown(at(b"MAKER_1"), "MAKER_1")),
                ("user_identity", "-"),
                ("protocol_version", shown(8, "1")),
            ];
            for (column, value) in wanted {
                assert_eq!(row[column], value, "{column} at {end}");
            }
        }
    }
    // The answer cut: the request stands, and what is asked later is known to be of it.
    for end in 6..script[1].1.len() {
        for rows in cut_at(&script, end) {
            let row = &rows["dicom_association"][0];
            let got = ["result", "partial", "malformed", "calling_ae"].map(|column| row[column].as_str());
            assert_eq!(got, ["accepted", "true", "-", "CT01"], "{end}");
            assert_ne!(row["contexts_hash"], "-");
        }
    }
    let ends = [(3, "rejected"), (5, "released"), (6, "released"), (7, "aborted")];
    for (kind, result) in ends {
        let script = [script.clone(), vec![(Dir::Resp, pdu(kind, &[0, 1, 2, 2]))]].concat();
        for end in 6..10 {
            for rows in cut_at(&script, end) {
                let row = &rows["dicom_association"][0];
                let got = ["result", "partial", "abort_reason", "reject_reason"].map(|column| row[column].as_str());
                assert_eq!(got, [result, "true", "-", "-"], "{kind} {end}");
            }
        }
    }
}

#[test]
fn a_message_that_was_cut() {
    let set = [
        element(Order::Explicit, 0x0008_0052, b"CS", b"STUDY "),
        element(Order::Explicit, 0x0010_0010, b"PN", b"SECRET* "),
        element(Order::Explicit, 0x0010_0020, b"LO", b"MRN1"),
    ]
    .concat();
    let mut script = opened("1.2.840.10008.5.1.4.31", EXPLICIT);
    script.push((Dir::Orig, data(&[command(0x20, 3, "1.2.840.10008.5.1.4.31", true), set], 4096)));
    let piece = script[2].1.clone();
    let field = piece.windows(4).position(|w| w == [0, 0, 0, 1]).unwrap() + 10;
    let level = piece.windows(6).position(|w| w == b"STUDY ").unwrap() + 6;
    for end in 12..piece.len() {
        for rows in cut_at(&script, end) {
            let row = &rows["dicom_message"][0];
            assert_eq!((row["partial"].as_str(), row["malformed"].as_str()), ("true", "-"), "{end}");
            assert_eq!(row["command"], if end >= field { "C-FIND-RQ" } else { "-" }, "{end}");
            assert_eq!(row["query_level"], if end >= level { "STUDY" } else { "-" }, "{end}");
            assert_eq!(row["patient"], "-");
            assert_eq!(rows["dicom_association"][0]["partial"], "true");
        }
    }
}

#[test]
fn met_half_way() {
    let stored = data(&[command(1, 1, CT, true), equipment(Order::Implicit)], 4096);
    let script = vec![
        (Dir::Orig, [&[0x17; 333][..], &stored].concat()),
        (Dir::Resp, data(&[response(0x8001, 1, 0)], 4096)),
    ];
    assert_eq!(probe(Dir::Orig, &script[0].1), Probe::Certain);
    let rows = played(&script);
    assert_eq!(one(&rows, "C-STORE-RQ")["model"], "Model 1");
    assert_eq!(one(&rows, "C-STORE-RQ")["malformed"], "-");
    let row = &rows["dicom_association"][0];
    assert_eq!(
        (row["midstream"].as_str(), row["result"].as_str(), row["dimse_messages"].as_str()),
        ("true", "open", "2")
    );
}

#[test]
fn probes() {
    let script = opened(CT, EXPLICIT);
    for (dir, bytes) in &script {
        assert_eq!(probe(*dir, bytes), Probe::Certain);
        for end in 1..90 {
            let expected = if end < 26 { Probe::Unsure } else { Probe::Likely };
            assert_eq!(probe(*dir, &bytes[..end]), expected, "{end}");
        }
    }
    let store = data(&[command(1, 1, CT, true), vec![0; 9000]], 8000);
    assert_eq!(probe(Dir::Orig, &store), Probe::Certain);
    assert_eq!(probe(Dir::Orig, &data(&[command(1, 1, CT, true)], 30)), Probe::Certain);
    assert_eq!(probe(Dir::Orig, &store[..8]), Probe::Unsure);
    assert_eq!(probe(Dir::Orig, &released()), Probe::Unsure);
    let others: [&[u8]; 12] = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x0bMSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5\r",
        b"\0\0\0\x45\xffSMBr\0\0\0\0",
        b"\0\0\0\xa4\xfeSMB@\0\0\0",
        b"220 ftp ready\r\n",
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
        b"RFB 003.008\n",
        b"\xff\xfd\x18\xff\xfd\x20",
        b"\x04\x01\x00\x50\x0a\x00\x00\x01\x00\x00\x00\x00\x00",
    ];
    for bytes in others {
        assert_eq!(probe(Dir::Orig, bytes), Probe::Never, "{bytes:?}");
    }
    let mut noise = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..2000 {
        let random: Vec<u8> = (0..64)
            .flat_map(|_| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                noise.to_le_bytes()
            })
            .collect();
        assert_eq!(probe(Dir::Resp, &random), Probe::Never);
    }
}
