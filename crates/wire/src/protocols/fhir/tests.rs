use std::io::Write as _;

use super::json::Json;
use super::xml::Xml;
use crate::context::Context;
use crate::limits;
use crate::protocols::http::content::{Content, Readers, Scan};
use crate::protocols::http::inflate::Coding;
use crate::protocols::http::tests::{check, uncut};
use crate::protocols::Dir;
use crate::protocols::Dir::{Orig, Resp};
use crate::testing::{identity, output, PlainRow};

fn fhir(request: &str, kind: &str, body: &str) -> Vec<PlainRow> {
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    check(
        &[
            (
                Orig,
                format!("{request} HTTP/1.1\r\nHost: ehr\r\nAuthorization: Bearer TOKEN\r\n\r\n").as_bytes(),
            ),
            (Resp, response.as_bytes()),
        ],
        "fhir",
    )
}

const PATIENT: &str = r#"{"identifier":[{"system":"urn:x","value":"SSN9"},{"type":{"coding":[{"system":"v2","code":"MR"}]},"value":"MR\u004e1"}],
    "name":[{"family":"DOE"}],"id":"p1","contained":[{"resourceType":"Device","id":"d"}],"resourceType":"Patient"}"#;

#[test]
fn a_patient_asked_by_identifier() {
    let rows = fhir(
        "GET /fhir/Patient?identifier=urn:mrn%7CMRN1&_count=5",
        "application/fhir+json",
        PATIENT,
    );
    let mrn = output().keys.pseudonym("MRN1").unwrap();
    for (column, value) in [
        ("interaction", "search"),
        ("resource_type", "Patient"),
        ("level", "type"),
        ("patient", &mrn),
        ("patients", &format!("[{mrn}]")),
        ("patient_count", "1"),
        ("search_params", "[identifier, _count]"),
        ("auth_scheme", "bearer"),
        ("status_code", "200"),
        ("partial", "false"),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    let all = format!("{rows:?}");
    assert!(!all.contains("MRN1") && !all.contains("DOE") && !all.contains("TOKEN") && !all.contains("SSN9"));
}

#[test]
fn subjects_and_references_of_a_bundle() {
    let bundle = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"resource":{PATIENT}}},{{"resource":{{"resourceType":"Observation","identifier":[{{"value":"OBS1"}}],
        "subject":{{"reference":"Patient/p7","identifier":{{"value":"MRN2"}}}},"device":{{"reference":"http://x/Device/mon-12"}}}}}}]}}"#
    );
    let rows = fhir("GET /fhir/Observation?subject=Patient/p9", "application/fhir+json", &bundle);
    let keys = output().keys;
    let pseudonyms = |ids: [&str; 2]| {
        let mut all = ids.map(|i| keys.pseudonym(i).unwrap());
        all.sort();
        format!("[{}, {}]", all[0], all[1])
    };
    assert_eq!(rows[0]["patients"], pseudonyms(["MRN1", "MRN2"]));
    assert_eq!(rows[0]["patient_refs"], pseudonyms(["p7", "p9"]));
    assert_eq!(
        (rows[0]["device_refs"].as_str(), rows[0]["patient_count"].as_str()),
        ("[Device/mon-12]", "2")
    );
}

#[test]
fn interactions_of_the_specification() {
    let of = |request: &str| {
        let row = fhir(request, "application/fhir+json", "{}").remove(0);
        (row["interaction"].clone(), row["level"].clone(), row["operation"].clone())
    };
    for (request, interaction, level, operation) in [
        ("GET /fhir/metadata", "capabilities", "system", "-"),
        ("GET /fhir/Patient/1", "read", "instance", "-"),
        ("GET /r4/Patient/1/_history/2", "vread", "instance", "-"),
        ("GET /fhir/Patient/_history", "history", "type", "-"),
        ("POST /fhir/Patient/_search", "search", "type", "-"),
        ("POST /fhir/Patient", "create", "type", "-"),
        ("PUT /fhir/Patient/1", "update", "instance", "-"),
        ("PATCH /fhir/Patient/1", "patch", "instance", "-"),
        ("DELETE /fhir/Patient/1", "delete", "instance", "-"),
        ("POST /fhir", "batch", "system", "-"),
        ("GET /fhir/$export?_type=Patient", "operation", "system", "$export"),
        ("GET /fhir/Patient/1/$everything", "operation", "instance", "$everything"),
        ("GET /fhir/Patient/1/Observation", "search", "type", "-"),
        ("GET /fhir/Patient/$MRN1", "operation", "type", "${}"),
    ] {
        assert_eq!(of(request), (interaction.into(), level.into(), operation.into()), "{request}");
    }
}

#[test]
fn fhir_shows_itself_in_the_body_and_other_json_does_not() {
    assert_eq!(fhir("GET /api/Patient/1", "application/json", PATIENT).len(), 1);
    assert!(fhir("GET /api/items", "application/json", r#"{"items":[{"name":"x"}]}"#).is_empty());
    let lines = format!(
        "{}\n{}\n",
        PATIENT.replace('\n', " "),
        PATIENT.replace('\n', " ").replace("u004e1", "u004e2")
    );
    assert_eq!(
        fhir("GET /bulk/files/1", "application/fhir+ndjson", &lines)[0]["patient_count"],
        "2"
    );
    let statement = r#"{"resourceType":"CapabilityStatement","publisher":"Maker","software":{"name":"HAPI","version":"6.1"},"rest":[{"resource":[{"type":"Patient"}]}]}"#;
    let rows = fhir("GET /fhir/metadata", "application/fhir+json", statement);
    assert_eq!((rows[0]["software"].as_str(), rows[0]["publisher"].as_str()), ("HAPI 6.1", "Maker"));
}

#[test]
fn damaged_bodies_give_the_same_rows_however_they_are_cut() {
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for round in 0..400 {
        let (kind, body) = [
            ("application/fhir+json", bundle((0..2).map(observation))),
            ("application/json", PATIENT.to_owned()),
            ("application/fhir+xml", PATIENT_XML.to_owned()),
            ("text/xml", PATIENT_XML.repeat(2)),
        ][round % 4]
            .clone();
        let mut body = body.into_bytes();
        for _ in 0..1 + random(4) {
            let at = random(body.len());
            body[at] = b"\"\\{}[],:<>/!-= &?"[random(17)];
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        let response = [head.as_bytes(), &body].concat();
        uncut(&[(Orig, b"GET /a HTTP/1.1\r\n\r\n"), (Resp, &response)], "fhir");
    }
}

#[test]
fn hostile_bodies_are_bounded() {
    let keys = output().keys;
    for body in [
        "[".repeat(400_000),
        "{\"a\":".repeat(100_000),
        "}".repeat(1000),
        format!("{{\"resourceType\":\"{}", "x".repeat(400_000)),
        "{\"resource\":{".repeat(9000),
    ] {
        let mut scan = Json::new(false);
        scan.feed(body.as_bytes(), &keys);
        assert_eq!(scan.finish(&keys).patients.count(), 0);
    }
    for body in [
        "<a>".repeat(400_000),
        "<Patient><identifier><value value='".to_owned() + &"x".repeat(400_000),
        "</a>".repeat(1000),
        "<resource><Patient>".repeat(9000),
        format!("<{}", "x".repeat(400_000)),
        "<a b".repeat(1000),
        "<Patient><identifier><value value='&".repeat(1000),
        "<!".repeat(10),
    ] {
        let mut xml = Xml::new(false);
        xml.feed(body.as_bytes(), &keys);
        assert_eq!(xml.finish(&keys).patients.count(), 0);
    }
}

#[test]
fn compressed_bodies_are_read() {
    use flate2::{write, Compression};
    let body = bundle((0..1200).map(observation));
    let (first, second) = body.as_bytes().split_at(body.len() / 2);
    let gzip = |bytes: &[u8]| {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(body.as_bytes()).unwrap();
    let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(body.as_bytes()).unwrap();
    let row = |coding: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let response = [head.as_bytes(), body].concat();
        uncut(&[(Orig, b"GET /fhir/Patient/p1 HTTP/1.1\r\n\r\n"), (Resp, &response)], "fhir").remove(0)
    };
    let counted = |row: PlainRow| (row["patient_count"].parse::<usize>().unwrap(), row["partial"] == "true");
    let whole = gzip(body.as_bytes());
    assert_eq!(counted(row("gzip", &whole)), (1200, false));
    assert_eq!(counted(row("x-gzip", &[gzip(first), gzip(second)].concat())), (1200, false));
    assert_eq!(counted(row("deflate", &zlib.finish().unwrap())), (1200, false));
    assert_eq!(counted(row("deflate", &raw.finish().unwrap())), (1200, false));
    assert_eq!(counted(row("gzip", &gzip(PATIENT.as_bytes()))), (1, false));
    assert_eq!(counted(row("gzip", b"")), (1, false));
    assert_eq!(counted(row("br", &whole)), (1, false));
    let (most, partial) = counted(row("gzip", &whole[..whole.len() / 2]));
    assert!(partial && (100..1200).contains(&most), "{most}");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2..][..9].fill(0xff);
    let (most, partial) = counted(row("gzip", &damaged));
    assert!(partial && (100..1200).contains(&most), "{most}");
    // A bomb is let go after a moment, and says so.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert_eq!(counted(row("gzip", &bomb)), (1, true));
    let readers = Readers {
        scan: Some(Scan::fhir_json(false)),
        ..Readers::default()
    };
    let mut content = Content::new(readers, Some(Coding::Gzip));
    content.feed(
        &bomb[..8 << 10],
        &mut Context {
            ts: 0,
            offset: 0,
            identity: &mut identity(80, 6),
            out: &mut output(),
        },
    );
    assert!(!content.wants_more());
}

const PATIENT_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- <identifier><value value="NOT1"/></identifier> -- ->-->
<Patient xmlns="http://hl7.org/fhir"><id value="p1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">DOE <b>x</b><![CDATA[</div>]]]]></div></text>
  <contained><Device><id value="d"/><identifier><value value="NOT2"/></identifier></Device></contained>
  <identifier><system value='urn:x'/><value value="SSN9"/></identifier>
  <identifier ><type><coding><system value="v2"/><code value="MR"/></coding></type><value  id="a>b" value = 'MR&#x4e;1' /></identifier>
  <name><family value="DOE"/></name></Patient>"#;

#[test]
fn xml_tells_the_same_as_json() {
    let (json, xml) = (
        fhir("GET /fhir/Patient/p1", "application/fhir+json", PATIENT),
        fhir("GET /fhir/Patient/p1", "application/fhir+xml; charset=UTF-8", PATIENT_XML),
    );
    for column in ["patient", "patients", "patient_refs", "patient_count", "resource_type", "partial"] {
        assert_eq!(xml[0][column], json[0][column], "{column}");
    }
    assert_eq!(xml[0]["patient"], output().keys.pseudonym("MRN1").unwrap());
    let all = format!("{xml:?}");
    assert!(!all.contains("MRN1") && !all.contains("DOE") && !all.contains("SSN9"));
    let observation = r#"<Observation><identifier><value value="OBS1"/></identifier><subject><reference value="Patient/p7"/><identifier><value value="R&amp;D&quot;2"/></identifier></subject>
        <device><reference value="http://x/Device/mon-12"/></device></Observation>"#;
    let (_, patient) = PATIENT_XML.split_once("?>").unwrap();
    let bundle = format!(
        r#"<f:Bundle xmlns:f="http://hl7.org/fhir"><f:entry><f:resource>{patient}</f:resource></f:entry><entry><resource>{observation}</resource></entry></f:Bundle>"#
    );
    let rows = fhir("GET /r4/Observation", "application/fhir+xml", &bundle);
    let keys = output().keys;
    let mut patients = ["MRN1", "R&D\"2"].map(|id| keys.pseudonym(id).unwrap());
    patients.sort();
    assert_eq!(rows[0]["patients"], format!("[{}, {}]", patients[0], patients[1]));
    assert_eq!(rows[0]["patient_refs"], format!("[{}]", keys.pseudonym("p7").unwrap()));
    assert_eq!(rows[0]["device_refs"], "[Device/mon-12]");
    let statement = r#"<CapabilityStatement xmlns="http://hl7.org/fhir"><publisher value="Maker"/><software><name value="HAPI"/><version value="6.1"/></software>
        <rest><resource><type value="Patient"/></resource></rest></CapabilityStatement>"#;
    let rows = fhir("GET /fhir/metadata", "application/xml", statement);
    let told = ["software", "publisher", "resource_type"].map(|column| rows[0][column].as_str());
    assert_eq!(told, ["HAPI 6.1", "Maker", "CapabilityStatement"]);
}

#[test]
fn xml_must_say_that_it_is_fhir() {
    assert_eq!(fhir("GET /api/Patient/1", "text/xml", PATIENT_XML)[0]["patient_count"], "1");
    for other in [
        PATIENT_XML.replace("http://hl7.org/fhir", "urn:other"),
        format!("<!--{}-->{PATIENT_XML}", " ".repeat(limits::FHIR_SNIFF)),
        format!("<!DOCTYPE Patient>{PATIENT_XML}"),
        "<Envelope xmlns=\"http://hl7.org/fhir\"/>".to_owned(),
        "<html><body>GET /fhir</body></html>".to_owned(),
    ] {
        assert!(fhir("GET /api/items", "text/xml", &other).is_empty(), "{other}");
    }
    let entity = r#"<!DOCTYPE Patient [<!ENTITY e "MRN7">]><Patient xmlns="http://hl7.org/fhir"><identifier><value value="&e;"/></identifier></Patient>"#;
    let row = fhir("GET /fhir/Patient/1", "application/fhir+xml", entity).remove(0);
    assert_eq!((row["patients"].as_str(), row["partial"].as_str()), ("[]", "true"));
}

#[test]
fn patients_are_counted_to_the_end_of_the_body() {
    let rows = |kind: &str, body: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        let response = [head.as_bytes(), body.as_bytes()].concat();
        let script: [(Dir, &[u8]); 2] = [(Orig, b"GET /fhir/Observation HTTP/1.1\r\n\r\n"), (Resp, &response)];
        uncut(&script, "fhir").remove(0)
    };
    let keys = output().keys;
    let large = bundle((0..1200).map(|n| observation(n % 600)));
    assert!(large.len() > 768 << 10);
    let row = rows("application/fhir+json", &large);
    assert_eq!((row["patient_count"].as_str(), row["partial"].as_str()), ("600", "false"));
    for (column, id) in [("patients", "MRN255"), ("patient_refs", "p0")] {
        assert_eq!(row[column].split(',').count(), limits::LIST);
        assert!(row[column].contains(&keys.pseudonym(id).unwrap()));
    }
    let lines = (0..3000).map(|n| format!(r#"{{"resourceType":"Patient","identifier":[{{"value":"MRN{n}"}}]}}"#));
    let lines = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(rows("application/fhir+ndjson", &lines)["patient_count"], "3000");
    // What the request and its answer tell is told apart as well.
    let of = |from: usize, to: usize| {
        let mut json = Json::new(false);
        json.feed(bundle((from..to).map(observation)).as_bytes(), &keys);
        json.finish(&keys)
    };
    let mut both = of(0, 400);
    both.extend(of(200, 500));
    assert_eq!((both.patients.count(), both.patients.kept().len()), (500, limits::LIST));
    let all = of(0, limits::FHIR_PATIENTS + 10);
    assert_eq!(all.patients.count(), limits::FHIR_PATIENTS);
    both.extend(all);
    assert_eq!(both.patient_refs.count(), limits::FHIR_PATIENTS);
}

/// An Observation as servers write it.
fn observation(patient: usize) -> String {
    format!(
        r#"{{"fullUrl":"urn:uuid:0{patient}","resource":{{"resourceType":"Observation","id":"o{patient}","meta":{{"versionId":"1","lastUpdated":"2026-01-01T12:00:00.000+00:00"}},"status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}}],"text":"Body Height"}},"subject":{{"reference":"Patient/p{patient}","identifier":{{"system":"urn:mrn","value":"MRN{patient}"}}}},"encounter":{{"reference":"Encounter/e{patient}"}},"effectiveDateTime":"2026-01-01T12:00:00+00:00","valueQuantity":{{"value":165.9,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}}}}}"#
    )
}

fn bundle(entries: impl Iterator<Item = String>) -> String {
    format!(
        r#"{{"resourceType":"Bundle","type":"searchset","entry":[{}]}}"#,
        entries.collect::<Vec<_>>().join(",")
    )
}

/// Prints what bodies cost: `cargo test -p wire --release --lib cost_of_a_body -- --ignored --nocapture`.
#[test]
#[ignore = "a measure, not a proof"]
fn cost_of_a_body() {
    let keys = output().keys;
    let speed = |name: &str, body: &str| {
        let best = (0..40).map(|_| {
            let begun = std::time::Instant::now();
            let parts = body.as_bytes().chunks(1460);
            let found = if body.starts_with('<') {
                let mut scan = Xml::new(false);
                parts.for_each(|part| scan.feed(part, &keys));
                scan.finish(&keys)
            } else {
                let mut scan = Json::new(false);
                parts.for_each(|part| scan.feed(part, &keys));
                scan.finish(&keys)
            };
            assert!(found.resource_type.is_some());
            begun.elapsed().as_nanos()
        });
        println!("{} MB/s of {name}", body.len() as u128 * 1000 / best.min().unwrap());
    };
    speed("JSON", &bundle((0..240).map(observation)));
    let xml = |n: usize| {
        format!(
            r#"<entry><fullUrl value="urn:uuid:0{n}"/><resource><Observation><id value="o{n}"/><meta><versionId value="1"/></meta><status value="final"/><code><coding><system value="http://loinc.org"/><code value="8302-2"/><display value="Body Height"/></coding><text value="Body Height"/></code><subject><reference value="Patient/p{n}"/><identifier><value value="MRN{n}"/></identifier></subject><effectiveDateTime value="2026-01-01T12:00:00+00:00"/><valueQuantity><value value="165.9"/><unit value="cm"/></valueQuantity></Observation></resource></entry>"#
        )
    };
    let entries = (0..240).map(xml).collect::<String>();
    speed("XML", &format!(r#"<Bundle xmlns="http://hl7.org/fhir">{entries}</Bundle>"#));
}
