//! Conversations of frames made by hand.

mod hostile;
mod lossy;

use super::find::probe;
use super::PREFACE;
use crate::protocols::http::session::HttpSession;
use crate::protocols::http::tests::{check, uncut};
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Dir, Probe};
use crate::testing::{play, PlainRow};

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const WHOLE: u8 = END_STREAM | END_HEADERS;

/// A frame. RFC 9113 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn data(flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(0, flags, stream, payload)
}

fn headers(flags: u8, stream: u32, block: &[u8]) -> Vec<u8> {
    frame(1, flags, stream, block)
}

fn settings() -> Vec<u8> {
    frame(4, 0, 0, &[0, 3, 0, 0, 0, 100])
}

/// Fields as literals that enter no table; names may be of the static one. RFC 7541 6.2.2.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    fields
        .iter()
        .flat_map(|(name, value)| match *name {
            ":method" => [vec![0x02], text(value)].concat(),
            ":status" => [vec![0x08], text(value)].concat(),
            _ => [vec![0x00], text(name), text(value)].concat(),
        })
        .collect()
}

fn get(path: &str) -> Vec<u8> {
    block(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "pacs.local:8080"),
    ])
}

fn status(code: &str) -> Vec<u8> {
    block(&[(":status", code), ("server", "nginx/1.22.1")])
}

/// What the client says: the preface, settings, these frames.
fn client(frames: &[Vec<u8>]) -> Vec<u8> {
    [PREFACE, &settings(), &frames.concat()].concat()
}

fn server(frames: &[Vec<u8>]) -> Vec<u8> {
    [settings(), frame(4, 1, 0, &[]), frames.concat()].concat()
}

fn http(asks: &[Vec<u8>], answers: &[Vec<u8>]) -> Vec<PlainRow> {
    check(&[(Orig, &client(asks)), (Resp, &server(answers))], "http")
}

fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn a_request_and_its_response() {
    let asked = block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/static/js/app.js?page=2&mrn=MRN1"),
        (":authority", "PACS.local:8080"),
        ("user-agent", "curl/8.1"),
        ("authorization", "Bearer SECRET"),
        ("cookie", "s=SECRET"),
        ("referer", "http://portal.local/patient/DOE"),
        ("content-type", "application/grpc"),
        ("content-length", "5"),
    ]);
    let said = block(&[
        (":status", "200"),
        ("server", "nginx/1.22.1"),
        ("content-type", "text/html; charset=utf-8"),
    ]);
    let rows = http(
        &[headers(END_HEADERS, 1, &asked), data(0, 1, b"he"), data(END_STREAM, 1, b"llo")],
        &[
            headers(END_HEADERS, 1, &said),
            data(0, 1, b"some text"),
            headers(WHOLE, 1, &block(&[("grpc-status", "0")])),
        ],
    );
    assert_eq!(rows.len(), 1);
    holds(
        &rows[0],
        &[
            ("trans_depth", "1"),
            ("method", "POST"),
            ("uri", "/static/js/app.js"),
            ("query_keys", "[page, {}]"),
            ("host", "pacs.local"),
            ("version", "2"),
            ("user_agent", "curl/8.1"),
            ("referrer_host", "portal.local"),
            ("auth_scheme", "bearer"),
            ("username_seen", "false"),
            ("content_type", "application/grpc"),
            ("request_body_len", "5"),
            ("status_code", "200"),
            ("status_msg", "-"),
            ("server", "nginx/1.22.1"),
            ("resp_mime", "text/html"),
            ("response_body_len", "9"),
            ("partial", "false"),
            ("malformed", "-"),
        ],
    );
    let all = format!("{rows:?}");
    for secret in ["MRN1", "SECRET", "DOE"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn streams_among_each_other_padded_and_with_priorities() {
    let padded = |block: &[u8]| [&[3, 0, 0, 0, 0, 200], block, &[0; 3]].concat();
    let asks = [
        headers(WHOLE | 0x28, 1, &padded(&get("/a.pdf"))),
        frame(2, 0, 3, &[0, 0, 0, 0, 16]),
        headers(END_STREAM, 3, &get("/index.html")[..7]),
        frame(9, 0, 3, &get("/index.html")[7..20]),
        frame(9, END_HEADERS, 3, &get("/index.html")[20..]),
        frame(8, 0, 0, &[0, 0, 1, 0]),
        headers(WHOLE, 5, &block(&[(":method", "HEAD"), (":scheme", "http"), (":path", "/")])),
        frame(6, 0, 0, &[1; 8]),
        frame(0x42, 7, 9, b"an extension"),
    ];
    let answers = [
        headers(WHOLE, 5, &block(&[(":status", "204"), ("content-length", "900")])),
        headers(END_HEADERS, 1, &status("103")),
        headers(END_HEADERS, 3, &status("404")),
        headers(END_HEADERS, 1, &status("200")),
        data(0, 3, b"not "),
        data(8, 1, b"\x02abcd\0\0"),
        data(8 | END_STREAM, 3, b"\x04found\0\0\0\0"),
        data(END_STREAM, 1, b""),
    ];
    let rows = http(&asks, &answers);
    let of = |column: &str| rows.iter().map(|r| r[column].clone()).collect::<Vec<_>>();
    assert_eq!(of("trans_depth"), ["3", "2", "1"]);
    assert_eq!(of("status_code"), ["204", "404", "200"]);
    assert_eq!(of("uri"), ["/", "/index.html", "/{}.pdf"]);
    assert_eq!(of("response_body_len"), ["0", "9", "4"]);
    assert!(rows.iter().all(|r| r["partial"] == "false" && r["malformed"] == "-"), "{rows:?}");
}

#[test]
fn bodies_are_read_as_those_of_http_1() {
    let found = br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p1","identifier":[{"value":"MRN9"}]}}]}"#;
    let asked = block(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/fhir/Patient?identifier=MRN9"),
        (":authority", "ehr"),
    ]);
    let kind = block(&[(":status", "200"), ("content-type", "application/fhir+json")]);
    let asks = client(&[headers(WHOLE, 1, &asked)]);
    let answers = server(&[
        headers(END_HEADERS, 1, &kind),
        data(0, 1, &found[..40]),
        data(END_STREAM, 1, &found[40..]),
    ]);
    let fhir = check(&[(Orig, &asks), (Resp, &answers)], "fhir");
    let line = "GET /fhir/Patient?identifier=MRN9 HTTP/1.1\r\nHost: ehr\r\n\r\n";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\n\r\n",
        found.len()
    );
    let mut one = uncut(&[(Orig, line.as_bytes()), (Resp, &[head.as_bytes(), found].concat())], "fhir");
    one[0].insert("event_id".to_owned(), fhir[0]["event_id"].clone());
    assert_eq!(fhir, one);

    let message = "MSH|^~\\&|LAB|CORE|EHR|MAIN|20260101||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||ZZ1^^^MAIN^MR\r";
    let hl7 = |stream: u32| {
        let asked = block(&[
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/hl7"),
            ("content-type", "application/hl7-v2"),
        ]);
        [headers(END_HEADERS, stream, &asked), data(0, stream, &message.as_bytes()[..30])]
    };
    let rest = |stream: u32| data(END_STREAM, stream, &message.as_bytes()[30..]);
    let answer = |stream: u32| headers(WHOLE, stream, &status("200"));
    let asks = client(&[hl7(1).concat(), hl7(3).concat(), rest(1), rest(3)]);
    let answers = server(&[answer(1), answer(3)]);
    let rows = play(&mut HttpSession::default(), &[(Orig, &asks), (Resp, &answers)], 50);
    assert_eq!((rows["hl7"].len(), rows["http"].len()), (2, 2));
    assert!(rows["http"].iter().all(|row| row["carries"] == "hl7"));
    assert_ne!(rows["hl7"][0]["event_id"], rows["hl7"][1]["event_id"]);
}

#[test]
fn an_upgraded_request_is_answered_by_stream_1() {
    let asked = "GET /index.html HTTP/1.1\r\nHost: pacs.local\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
    let agreed = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    let answers = server(&[headers(END_HEADERS, 1, &status("200")), data(END_STREAM, 1, b"hello")]);
    let more = headers(WHOLE, 3, &get("/a.pdf"));
    let script: &[(Dir, &[u8])] = &[
        (Orig, asked.as_bytes()),
        (Resp, &[&agreed[..], &answers].concat()),
        (Orig, &client(&[more])),
        (Resp, &headers(WHOLE, 3, &status("404"))),
    ];
    let rows = check(script, "http");
    assert_eq!(rows.len(), 2);
    holds(
        &rows[0],
        &[
            ("uri", "/index.html"),
            ("version", "1.1"),
            ("status_code", "200"),
            ("response_body_len", "5"),
            ("partial", "false"),
        ],
    );
    holds(
        &rows[1],
        &[("uri", "/{}.pdf"), ("version", "2"), ("status_code", "404"), ("trans_depth", "2")],
    );
    // Wherever the agreement ends, the request is told.
    for end in 0..=agreed.len() {
        let cut = [(Orig, asked.as_bytes()), (Resp, &agreed[..end])];
        let rows = play(&mut HttpSession::default(), &cut, usize::MAX).remove("http").unwrap();
        assert_eq!(rows.len(), 1, "{end}");
        holds(&rows[0], &[("uri", "/index.html"), ("partial", "true")]);
    }
}

#[test]
fn pushes_resets_and_refusals() {
    let promised = [&[0, 0, 0, 2], &get("/static/js/app.js")[..]].concat();
    let answers = [
        frame(5, END_HEADERS, 1, &promised),
        headers(END_HEADERS, 1, &status("200")),
        headers(END_HEADERS, 2, &status("200")),
        data(END_STREAM, 2, b"js"),
        data(0, 1, b"part"),
        frame(7, 0, 0, &[0, 0, 0, 3, 0, 0, 0, 0]),
    ];
    let asks = [
        headers(WHOLE, 1, &get("/")),
        headers(WHOLE, 3, &get("/index.html")),
        headers(WHOLE, 5, &get("/a.pdf")),
    ];
    let late = [frame(3, 0, 1, &[0, 0, 0, 8]), frame(3, 0, 3, &[0, 0, 0, 8])].concat();
    let script: &[(Dir, &[u8])] = &[
        (Orig, &client(&asks)),
        (Resp, &server(&answers)),
        (Orig, &late),
        (Resp, &[data(END_STREAM, 1, b"late"), headers(WHOLE, 3, &status("200"))].concat()),
    ];
    let rows = check(script, "http");
    let of = |column: &str| rows.iter().map(|r| r[column].clone()).collect::<Vec<_>>();
    assert_eq!(of("uri"), ["/static/js/app.js", "/{}.pdf", "/", "/index.html"]);
    assert_eq!(of("status_code"), ["200", "-", "200", "-"]);
    assert_eq!(of("partial"), ["false", "true", "true", "true"]);
    assert_eq!(of("response_body_len"), ["2", "-", "4", "-"]);
}

#[test]
fn the_probe_is_strict() {
    for bytes in [
        PREFACE,
        &PREFACE[..16],
        &settings(),
        &[frame(4, 0, 0, &[]), frame(8, 0, 0, &[0, 0, 1, 0])].concat(),
    ] {
        assert_eq!(probe(bytes), Probe::Certain, "{}", bytes.escape_ascii());
    }
    for bytes in [
        &PREFACE[..1],
        &PREFACE[..4],
        &[0, 0],
        &[0, 0, 6, 4, 0],
        &settings()[..12],
        &frame(4, 0, 0, &[]),
    ] {
        assert_eq!(probe(bytes), Probe::Unsure, "{}", bytes.escape_ascii());
    }
    assert_eq!(probe(&PREFACE[..12]), Probe::Likely);
    let never: &[&[u8]] = &[
        b"POST / HTTP/1.1\r\n",
        b"PRX",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"\x00\x00\x00\x85\xffSMB\x72\x00",
        b"\x00\x00\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01",
        b"\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00",
        b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00",
        b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00",
        &[0; 40],
    ];
    for bytes in never {
        assert_eq!(probe(bytes), Probe::Never, "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_broken_says_so() {
    let only = |asks: &[Vec<u8>], answers: &[Vec<u8>]| http(asks, answers)[0].clone();
    let one = [headers(WHOLE, 1, &get("/"))];
    holds(
        &only(&one, &[headers(WHOLE, 1, &block(&[("server", "nginx")]))]),
        &[("malformed", "header"), ("status_code", "-")],
    );
    holds(
        &only(&one, &[headers(WHOLE, 1, &[0x88, 0xff, 0x20])]),
        &[("malformed", "header"), ("status_code", "200"), ("partial", "true")],
    );
    let length = block(&[(":status", "200"), ("content-length", "9")]);
    holds(
        &only(&one, &[headers(END_HEADERS, 1, &length), data(END_STREAM, 1, b"four")]),
        &[("malformed", "content length"), ("response_body_len", "4")],
    );
    holds(
        &only(&[headers(WHOLE, 1, &block(&[(":method", "GET")]))], &[]),
        &[("malformed", "header")],
    );
    let twice = block(&[(":method", "GET"), (":method", "PUT"), (":path", "/")]);
    holds(
        &only(&[headers(WHOLE, 1, &twice)], &[]),
        &[("malformed", "header"), ("method", "GET")],
    );
    holds(
        &only(&[frame(6, 0, 0, b"short")], &[]),
        &[("malformed", "frame"), ("partial", "true")],
    );
    holds(
        &only(&[headers(WHOLE | 8, 1, &[200, 0x82])], &[]),
        &[("malformed", "header"), ("method", "-")],
    );
    // A row where nothing was asked: the connection speaks HTTP/2.
    holds(
        &only(&[], &[]),
        &[("version", "2"), ("method", "-"), ("partial", "true"), ("malformed", "-")],
    );
    // An unknown method may be anybody's.
    holds(
        &only(&[headers(WHOLE, 1, &block(&[(":method", "ERIKA"), (":path", "/")]))], &[]),
        &[("method", "-"), ("uri", "/")],
    );
}
