use std::io::Write as _;

use super::content::Content;
use super::inflate::Coding;
use super::json::Json;
use crate::limits;
use crate::protocols::http::tests::{check, uncut};
use crate::protocols::Dir;
use crate::protocols::Dir::{Orig, Resp};
use crate::testing::{output, PlainRow};

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
fn hostile_json_is_bounded() {
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
    let mut content = Content::new(Some(Coding::Gzip), false);
    content.feed(&bomb[..8 << 10], &output().keys);
    assert!(!content.wants_more());
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
            let mut scan = Json::new(false);
            let begun = std::time::Instant::now();
            body.as_bytes().chunks(1460).for_each(|part| scan.feed(part, &keys));
            assert!(scan.finish(&keys).resource_type.is_some());
            begun.elapsed().as_nanos()
        });
        println!("{} MB/s of {name}", body.len() as u128 * 1000 / best.min().unwrap());
    };
    speed("JSON", &bundle((0..240).map(observation)));
}
