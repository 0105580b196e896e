use super::objects::Objects;
use super::parts::{parameter, Parts};
use super::request::{asked, Service};
use crate::protocols::http::tests::{check, uncut};
use crate::protocols::Dir::{Orig, Resp};
use crate::testing::{output, PlainRow};

/// A DICOM file with this preamble.
fn file(begin: &[u8]) -> Vec<u8> {
    let mut file = begin.to_vec();
    file.resize(128, 0);
    file.extend(b"DICM\x02\0\0\0UL\x04\0\0\r\n--\0\0\r\n--boundar!");
    file
}

fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, content) in parts {
        body.extend(format!("--boundary\r\nContent-Type: {kind}\r\n\r\n").into_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--boundary--\r\n");
    body
}

fn message(first: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    [
        format!("{first}\r\n{fields}Content-Length: {}\r\n\r\n", body.len()).as_bytes(),
        body,
    ]
    .concat()
}

const RELATED: &str = "Content-Type: multipart/related; type=\"application/dicom\"; boundary=\"boundary\"\r\n";

fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

fn pseudonym(id: &str) -> String {
    output().keys.pseudonym(id).unwrap()
}

#[test]
fn files_that_are_stored_are_counted_and_looked_at() {
    let body = multipart(&[
        ("application/dicom", &file(b"")),
        ("application/dicom", &file(b"MZ\x90\0")),
        ("application/dicom", b"\r\n--boundar"),
        ("image/jpeg", &file(b"II*\0")[..100]),
        ("application/dicom; transfer-syntax=1.2.840.10008.1.2.1", &file(b"#!/bin/sh")),
    ]);
    let request = message(
        "POST /dicom-web/studies/1.2.3 HTTP/1.1",
        &format!("Authorization: Basic dTpw\r\nAccept: application/dicom+json\r\n{RELATED}"),
        &body,
    );
    let answer = message(
        "HTTP/1.1 409 Conflict",
        "Content-Type: application/dicom+json\r\n",
        b"{\"00081198\":{\"Value\":[{}]}}",
    );
    let script = [(Orig, &request[..]), (Resp, &answer)];
    holds(
        &check(&script, "dicomweb")[0],
        &[
            ("service", "stow"),
            ("level", "study"),
            ("study", &pseudonym("1.2.3")),
            ("parts", "5"),
            ("instances", "3"),
            ("marks", "[dicom-preamble-mz, dicom-preamble-script]"),
            ("malformed", "no DICM"),
            ("media_types", "[application/dicom+json]"),
            ("status_code", "409"),
            ("auth_scheme", "basic"),
            ("matches", "-"),
            ("partial", "false"),
        ],
    );
    let http = &check(&script, "http")[0];
    holds(
        http,
        &[
            ("carries", "dicomweb"),
            ("uri", "/dicom-web/studies/{}"),
            ("content_type", "multipart/related"),
        ],
    );
    // Not to its end.
    let rows = uncut(&[(Orig, &request[..request.len() - 30])], "dicomweb");
    holds(&rows[0], &[("partial", "true"), ("instances", "3"), ("status_code", "-")]);
}

#[test]
fn a_search_tells_who_is_asked_for_and_how_many_were_found() {
    let query = "PatientID=MRN1&PatientName=DOE*&00080060=CT&includefield=all&limit=5";
    let request = message(
        &format!("GET /dicom-web/studies?{query} HTTP/1.1"),
        "Accept: application/dicom+json, multipart/related; type=\"application/dicom+xml\", application/x-DOE\r\n",
        b"",
    );
    let body = br#"[ {"00100010":{"Value":["DOE]{"]}}, {"a":[{}],"b\"[":"\\"} ,{}]"#;
    let answer = message("HTTP/1.1 200 OK", "Content-Type: application/dicom+json\r\n", body);
    let rows = check(&[(Orig, &request), (Resp, &answer)], "dicomweb");
    holds(
        &rows[0],
        &[
            ("service", "qido"),
            ("level", "study"),
            ("patient", &pseudonym("MRN1")),
            ("study", "-"),
            ("matches", "3"),
            ("parts", "-"),
            ("instances", "-"),
            ("media_types", "[application/dicom+json, application/dicom+xml, application/{}]"),
            ("partial", "false"),
        ],
    );
    assert!(!format!("{rows:?}").contains("DOE") && !format!("{rows:?}").contains("MRN1"));
}

#[test]
fn what_is_retrieved() {
    let request = message(
        "GET /wado/rs/studies/1.2.3/series/1.2.4 HTTP/1.1",
        "Accept: multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.50, */*;q=0.1, multipart/related; transfer-syntax=*; type=image/jpeg\r\n",
        b"",
    );
    let answer = message(
        "HTTP/1.1 200 OK",
        RELATED,
        &multipart(&[("application/dicom", &file(b"")), ("application/dicom", &file(b"PK"))]),
    );
    let row = &check(&[(Orig, &request), (Resp, &answer)], "dicomweb")[0];
    holds(
        row,
        &[
            ("service", "wado"),
            ("level", "series"),
            ("resource", "-"),
            ("transfer_syntaxes", "[1.2.840.10008.1.2.4.50, *]"),
            ("media_types", "[application/dicom, */*, image/jpeg]"),
            ("parts", "2"),
            ("instances", "2"),
            ("marks", "[dicom-preamble-zip]"),
        ],
    );
    let request = message("GET /wado?requestType=WADO&studyUID=1.2.3&objectUID=1.2.5&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.1 HTTP/1.1", "", b"");
    let answer = message("HTTP/1.1 200 OK", "Content-Type: application/dicom\r\n", &file(b"%PDF"));
    let row = &check(&[(Orig, &request), (Resp, &answer)], "dicomweb")[0];
    holds(
        row,
        &[
            ("service", "wado-uri"),
            ("study", &pseudonym("1.2.3")),
            ("transfer_syntaxes", "[1.2.840.10008.1.2.1]"),
            ("parts", "-"),
            ("instances", "1"),
            ("marks", "[dicom-preamble-pdf]"),
        ],
    );
    // An archive's own interface, not DICOMweb's.
    let request = message("POST /instances HTTP/1.1", "Content-Type: application/dicom\r\n", &file(b"\x7fELF"));
    let answer = message("HTTP/1.1 200 OK", "Content-Type: application/json\r\n", b"{}");
    let row = &check(&[(Orig, &request), (Resp, &answer)], "dicomweb")[0];
    holds(
        row,
        &[
            ("service", "file"),
            ("instances", "1"),
            ("marks", "[dicom-preamble-elf]"),
            ("level", "-"),
        ],
    );
}

#[test]
fn targets_of_the_standard_and_of_others() {
    let keys = output().keys;
    let of = |method: &str, target: &str, accept: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = asked(method, path.as_bytes(), query.as_bytes(), [accept.as_bytes(), b""], &keys);
        found.map(|a| (a.service, a.level.unwrap_or("-"), a.resource.unwrap_or("-")))
    };
    use Service::{Delete, Qido, Stow, Wado};
    for (method, target, expected) in [
        ("GET", "/dicomweb/studies", (Qido, "study", "-")),
        ("GET", "/aets/A/rs/studies/1.2/series", (Qido, "series", "-")),
        ("GET", "/rs/instances?limit=1", (Qido, "instance", "-")),
        ("GET", "/rs/studies/1.2/series/1.3/instances/1.4", (Wado, "instance", "-")),
        (
            "GET",
            "/rs/studies/1.2/series/1.3/instances/1.4/frames/1,2",
            (Wado, "instance", "frames"),
        ),
        ("GET", "/rs/studies/1.2/metadata", (Wado, "study", "metadata")),
        ("GET", "/x/studies/1.2/series/1.3/rendered", (Wado, "series", "rendered")),
        ("POST", "/dicom-web/studies", (Stow, "study", "-")),
        ("DELETE", "/rs/studies/1.2", (Delete, "study", "-")),
    ] {
        assert_eq!(of(method, target, ""), Some(expected), "{target}");
    }
    assert_eq!(of("GET", "/api/studies", "application/dicom+json"), Some((Qido, "study", "-")));
    for (method, target) in [
        ("GET", "/studies"),
        ("GET", "/studies/6b9e19d9-62094390-5f9ddb01"),
        ("GET", "/series/12/episodes"),
        ("POST", "/rs/instances"),
        ("PUT", "/rs/studies/1.2"),
        ("GET", "/"),
    ] {
        assert_eq!(of(method, target, "*/*"), None, "{target}");
    }
    let wild = asked("GET", b"/rs/studies", b"PatientID=MRN*&StudyInstanceUID=1.2,1.3", [b"", b""], &keys).unwrap();
    assert_eq!((wild.patient, wild.study), (None, None));
}

#[test]
fn parts_are_the_same_however_they_are_cut_and_hostile_ones_are_bounded() {
    let body = multipart(&[("application/dicom", &file(b"MZ")), ("application/dicom", &file(b"")), ("a/b", b"")]);
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for round in 0..300 {
        let mut body = body.clone();
        for _ in 0..round.min(3) {
            let at = random(body.len());
            body[at] = b"\r\n-b:\0"[random(6)];
        }
        let request = message("POST /rs/studies HTTP/1.1", RELATED, &body);
        uncut(
            &[(Orig, &request), (Resp, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
            "dicomweb",
        );
    }
    let fed = |kind: &str, body: &[u8]| {
        let mut parts = Parts::new(kind.as_bytes());
        parts.feed(body);
        (parts.parts, parts.instances, parts.malformed)
    };
    assert_eq!(fed("multipart/related; boundary=b", &b"\r\n--b\n\r\n".repeat(10_000)).0, 10_000);
    assert_eq!(
        fed(
            "multipart/related; boundary=b",
            &[b"--b\r\n".to_vec(), vec![b'x'; 1 << 20]].concat()
        )
        .2,
        Some("part head")
    );
    assert_eq!(fed("multipart/related", b"--b\r\n").2, Some("boundary"));
    assert_eq!(
        fed(&format!("multipart/related; boundary={}", "b".repeat(71)), b"--b\r\n").2,
        Some("boundary")
    );
    assert_eq!(fed("multipart/related; boundary=b", &b"\r\n--bb".repeat(1000)).0, 0);
    let mut objects = Objects::default();
    objects.feed("[{".repeat(200_000).as_bytes());
    objects.feed("]}".repeat(300_000).as_bytes());
    assert_eq!((objects.count, objects.whole), (1, true));
}

#[test]
fn parameters_of_media_types() {
    for (value, expected) in [
        ("a/b; x=1; boundary=\"q;=\"", Some("q;=")),
        ("a/b;BOUNDARY = z ;y", Some("z")),
        ("a/b; x=\"; boundary=no\"", None),
        ("boundary=no", None),
        ("a/b; boundary", Some("")),
        ("a/b; boundary=\"", Some("")),
    ] {
        let found = parameter(value.as_bytes(), b"boundary").map(|v| std::str::from_utf8(v).unwrap());
        assert_eq!(found, expected, "{value}");
    }
}
