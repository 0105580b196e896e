use super::scan::Scan;
use crate::protocols::http::tests::check;
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
        let mut scan = Scan::new(false);
        scan.feed(body.as_bytes(), &keys);
        assert!(scan.finish(&keys).patients.is_empty());
    }
}

#[test]
fn compressed_bodies_are_read() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, PATIENT.as_bytes()).unwrap();
    let body = gzip.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let response = [head.as_bytes(), &body].concat();
    let rows = check(&[(Orig, b"GET /fhir/Patient/p1 HTTP/1.1\r\n\r\n"), (Resp, &response)], "fhir");
    assert_eq!(rows[0]["patient"], output().keys.pseudonym("MRN1").unwrap());
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![b'['; 8 << 20]).unwrap();
    let mut content = super::content::Content::new(true, false);
    content.feed(&bomb.finish().unwrap(), &output().keys);
    assert!(!content.wants_more());
}
