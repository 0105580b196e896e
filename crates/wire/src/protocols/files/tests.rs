use crate::context::Context;
use crate::protocols::files::file::{About, File};
use crate::protocols::files::mime::Parts;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::Session;
use crate::testing::{identity, output, play, rows, PlainRow};

/// Rows of what is shown to `begin`'s parts, cut into pieces of `cut` bytes.
fn files(begin: impl Fn() -> Parts, bytes: &[u8], whole: bool, cut: usize) -> Vec<PlainRow> {
    let (mut out, mut identity) = (output(), identity(25, 6));
    let mut cx = Context {
        ts: 0,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    };
    let mut parts = begin();
    bytes.chunks(cut).for_each(|part| parts.feed(part, &mut cx));
    parts.finish(whole, &mut cx);
    rows(&mut out).remove("files").unwrap_or_default()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cells<'a>(row: &'a PlainRow, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| row[*name].as_str()).collect()
}

const TOLD: &[&str] = &["mime_type", "declared_type", "extension", "seen_bytes", "sha256", "partial"];

#[test]
fn attachments_in_every_wrapping() {
    let pdf = format!("%PDF-1.7\n{}", "x".repeat(80));
    let wrapped = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &pdf);
    let mail = format!(
        "From: a@zz.test\r\nContent-Type: multipart/mixed;\r\n boundary=\"outer\"\r\n\r\npreamble\r\n--outer\r\n\
         Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nwords\r\n--inner--\r\n\
         --outer\r\nContent-Type: application/pdf; name=\"zz report.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=utf-8''zz%20report.pdf\r\n\r\n{}\r\n{}\r\n--outer\r\n\
         Content-Type: text/csv\r\nContent-Disposition: attachment; filename=\"=?utf-8?Q?l=C3=BC.csv?=\"\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n--outerx\r\n--outer--\r\nepilogue\r\n",
        &wrapped[..60],
        &wrapped[60..]
    );
    let of = |cut| files(|| Parts::of_message("SMTP", Dir::Orig, 0), mail.as_bytes(), true, cut);
    let all = of(1 << 20);
    assert_eq!(all.len(), 2, "{all:#?}");
    assert_eq!(all[0]["sha256"], sha256(pdf.as_bytes()));
    let told = cells(&all[0], TOLD);
    assert_eq!(
        [told[0], told[1], told[2], told[3], told[5]],
        ["application/pdf", "application/pdf", "pdf", "89", "false"]
    );
    // Few bytes are not hashed; a line that only begins like a delimiter is content.
    assert_eq!(cells(&all[1], TOLD), ["text/plain", "text/csv", "csv", "13", "-", "false"]);
    for cut in [1, 2, 3, 7, 64] {
        assert_eq!(of(cut), all, "cut to {cut}");
    }
}

#[test]
fn parts_of_a_form_and_what_is_written_in_it() {
    let content: Vec<u8> = (0..=255u8).cycle().take(700).collect();
    let body = [
        b"--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nzztest\r\n".as_slice(),
        b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        &content,
        b"\r\n--b--\r\n",
    ]
    .concat();
    let begin = || Parts::of_body("HTTP", b"multipart/form-data; boundary=b", Dir::Orig, 0).unwrap();
    let all = files(begin, &body, true, 1500);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["sha256"], sha256(&content));
    assert_eq!((all[0]["seen_bytes"].as_str(), all[0]["partial"].as_str()), ("700", "false"));
    for cut in [1, 5, 100] {
        assert_eq!(files(begin, &body, true, cut), all);
    }
    // Its last delimiter is missing: nobody knows whether there was more.
    let torn = files(begin, &body[..body.len() - 9], true, 1500);
    assert_eq!((torn[0]["sha256"].as_str(), torn[0]["partial"].as_str()), ("-", "true"));
}

#[test]
fn a_message_that_is_a_file() {
    let mail = format!("Content-Type: application/zip\r\n\r\nPK\x03\x04{}", "z".repeat(100));
    let all = files(|| Parts::of_message("SMTP", Dir::Orig, 0), mail.as_bytes(), true, 1000);
    assert_eq!(
        cells(&all[0], &["mime_type", "seen_bytes", "partial"]),
        ["application/zip", "104", "false"]
    );
    let words = b"Subject: zz\r\n\r\nnothing but words\r\n";
    assert!(files(|| Parts::of_message("SMTP", Dir::Orig, 0), words, true, 1000).is_empty());
    let within = b"Content-Type: message/rfc822\r\n\r\nContent-Type: image/gif\r\n\r\nGIF89a";
    assert_eq!(files(|| Parts::of_message("SMTP", Dir::Orig, 0), within, true, 1000).len(), 1);
}

/// The rows of `files` that a session gives for a script, however it is cut.
fn told(session: fn() -> Box<dyn Session>, script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    let of = |cut| {
        let mut rows = play(session().as_mut(), script, cut).remove("files").unwrap_or_default();
        for column in ["ts", "duration"] {
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
        rows
    };
    let whole = of(usize::MAX);
    for cut in [1, 7, 1460] {
        assert_eq!(of(cut), whole, "cut {cut}");
    }
    whole
}

fn http(request: &str, answer: &[u8]) -> Vec<PlainRow> {
    told(
        crate::protocols::http::PROTOCOL.session,
        &[(Orig, request.as_bytes()), (Resp, answer)],
    )
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn program() -> Vec<u8> {
    [b"MZ\x90\0\x03\0\0\0".as_slice(), &[0xaa; 500]].concat()
}

const GET: &str = "GET /downloads/2026/tool.exe HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn what_http_fetches() {
    let rows = http(GET, &answer("Content-Type: application/octet-stream\r\n", &program()));
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        cells(row, TOLD),
        [
            "application/x-dosexec",
            "application/octet-stream",
            "exe",
            "508",
            &sha256(&program()),
            "false"
        ]
    );
    assert_eq!(
        cells(row, &["source", "is_orig", "depth", "total_bytes", "missing_bytes"]),
        ["HTTP", "false", "2", "508", "0"]
    );
    let chunked = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\n\r\n1fc\r\n".as_slice(),
        &program(),
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    assert_eq!(
        cells(&http(GET, &chunked)[0], &TOLD[2..]),
        ["bin", "508", &sha256(&program()), "false"]
    );
    let cut = http(GET, &answer("", &program())[..400]);
    assert_eq!(cells(&cut[0], &["sha256", "total_bytes", "partial"]), ["-", "508", "true"]);
    assert_eq!(cells(&cut[0], &["mime_type"]), ["application/x-dosexec"]);
}

#[test]
fn codings_are_undone() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &program()).unwrap();
    let packed = gzip.finish().unwrap();
    let rows = http(GET, &answer("Content-Encoding: gzip\r\n", &packed));
    assert_eq!(
        cells(&rows[0], &["seen_bytes", "total_bytes", "sha256", "partial"]),
        ["508", "-", &sha256(&program()), "false"]
    );
    let torn = http(GET, &answer("Content-Encoding: gzip\r\n", &packed)[..packed.len()]);
    assert!(torn.iter().all(|row| row["sha256"] == "-"));
}

#[test]
fn what_an_interface_says_is_no_file_unless_it_is_one() {
    let patient = br#"{"resourceType":"Patient","name":[{"family":"ZZTEST"}],"text":"long enough to be hashed if it were a file at all"}"#;
    for media in ["application/fhir+json", "application/json", "text/xml", "application/dicom+json"] {
        let head = format!("Content-Type: {media}\r\n");
        assert!(http(GET, &answer(&head, patient)).is_empty(), "{media}");
        assert_eq!(http(GET, &answer(&head, &program())).len(), 1, "{media}");
    }
    let form = "user=zztest&password=zz-secret-of-more-than-sixty-four-characters-0123456789-0123456789";
    for media in [
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/plain\r\n",
        "",
    ] {
        let post = format!(
            "POST /login HTTP/1.1\r\nHost: x\r\n{media}Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        assert!(http(&post, &answer("", b"")).is_empty(), "{media}");
    }
}

#[test]
fn a_range_is_no_file_unless_it_is_all() {
    for (range, many) in [
        ("bytes 0-507/508", 1),
        ("bytes 0-507/509", 0),
        ("bytes 1-508/509", 0),
        ("bytes */508", 0),
        ("zz", 0),
    ] {
        let rows = http(GET, &answer(&format!("Content-Range: {range}\r\n"), &program()));
        assert_eq!(rows.len(), many, "{range}");
    }
}

#[test]
fn dicom_files_in_parts_and_what_they_begin_with() {
    let mut file = vec![0; 132];
    file[128..].copy_from_slice(b"DICM");
    let odd = [b"MZ".as_slice(), &file[2..], &[1; 40]].concat();
    let part = |file: &[u8]| [b"--b\r\nContent-Type: application/dicom\r\n\r\n".as_slice(), file, b"\r\n"].concat();
    let meta = b"--b\r\nContent-Type: application/dicom+json\r\n\r\n[{\"00100010\":{\"Value\":[\"ZZTEST\"]}}]\r\n";
    let body = [meta.as_slice(), &part(&file), &part(&odd), b"--b--\r\n"].concat();
    let head = format!(
        "POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), &body].concat();
    let rows = told(
        crate::protocols::http::PROTOCOL.session,
        &[(Orig, &request), (Resp, b"HTTP/1.1 204 No Content\r\n\r\n")],
    );
    let columns = ["mime_type", "declared_type", "dicom_preamble", "marks", "sha256", "is_orig"];
    assert_eq!(rows.len(), 2);
    assert_eq!(
        cells(&rows[0], &columns),
        ["application/dicom", "application/dicom", "zero", "[]", &sha256(&file), "true"]
    );
    let told = cells(&rows[1], &columns);
    assert_eq!(told[2..5], ["mz", "[dicom-preamble-mz]", sha256(&odd).as_str()]);
}

#[test]
fn what_is_mailed() {
    let pdf = format!("%PDF-1.7\r\n.{}\r\n", "y".repeat(100));
    let part = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: application/pdf; name=README_FOR_DECRYPT.txt\r\n\r\n{pdf}\r\n--b--\r\n"
    );
    let stuffed = part.replace("\r\n.", "\r\n..");
    let chunk = format!("BDAT {}\r\n{part}BDAT 0 LAST\r\n", part.len());
    let rows = told(
        crate::protocols::smtp::PROTOCOL.session,
        &[
            (Resp, b"220 x ESMTP\r\n"),
            (Orig, b"EHLO x\r\n"),
            (Resp, b"250 x\r\n"),
            (Orig, b"MAIL FROM:<a@zz.test>\r\nDATA\r\n"),
            (Resp, b"250 ok\r\n354 go\r\n"),
            (Orig, stuffed.as_bytes()),
            (Orig, b".\r\n"),
            (Resp, b"250 ok\r\n"),
            (Orig, b"MAIL FROM:<a@zz.test>\r\n"),
            (Resp, b"250 ok\r\n"),
            (Orig, chunk.as_bytes()),
            (Resp, b"250 ok\r\n250 ok\r\n"),
        ],
    );
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(
            cells(&row, &["source", "mime_type", "sha256", "partial"]),
            ["SMTP", "application/pdf", &sha256(pdf.as_bytes()), "false"]
        );
    }
}

#[test]
fn what_a_data_connection_carries() {
    let data = crate::protocols::ftp::DATA.session;
    let rows = told(data, &[(Resp, &program())]);
    assert_eq!(
        cells(&rows[0], &["source", "is_orig", "seen_bytes", "sha256", "partial"]),
        ["FTP_DATA", "false", "508", &sha256(&program()), "false"]
    );
    let both = told(data, &[(Resp, &program()), (Orig, b"?")]);
    assert_eq!(cells(&both[0], &["sha256", "partial"]), ["-", "true"]);
}

#[test]
fn of_a_long_file_the_beginning_is_read() {
    let long = [program(), vec![7; usize::try_from(crate::limits::FILE_READ).unwrap()]].concat();
    let columns = ["mime_type", "sha256", "total_bytes", "overflow_bytes", "missing_bytes", "partial"];
    let announced = play(
        (crate::protocols::http::PROTOCOL.session)().as_mut(),
        &[(Orig, GET.as_bytes()), (Resp, &answer("", &long))],
        1460,
    );
    let row = &announced["files"][0];
    assert_eq!(
        [&cells(row, &columns)[..3], &cells(row, &columns)[4..]].concat(),
        ["application/x-dosexec", "-", &long.len().to_string(), "0", "false"]
    );
    assert!(row["overflow_bytes"].parse::<u64>().unwrap() > crate::limits::FILE_READ / 2);
    let sent = play((crate::protocols::ftp::DATA.session)().as_mut(), &[(Resp, &long)], 1460);
    assert_eq!(
        cells(&sent["files"][0], &columns),
        ["application/x-dosexec", "-", "-", "508", "0", "false"]
    );
}

#[test]
fn what_is_answered_before_it_was_sent() {
    let head = format!("PUT /in/a.exe HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", program().len());
    let rows = told(
        crate::protocols::http::PROTOCOL.session,
        &[
            (Orig, head.as_bytes()),
            (Resp, b"HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\n\r\n"),
            (Orig, &program()),
        ],
    );
    assert_eq!(cells(&rows[0], &TOLD[2..]), ["exe", "508", &sha256(&program()), "false"]);
}

#[test]
fn who_opens_many_files_blinds_nobody() {
    let (mut out, mut identity) = (output(), identity(445, 6));
    let mut cx = Context {
        ts: 0,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    };
    let about = |at| About {
        source: "SMB",
        dir: Orig,
        at,
        name: None,
        declared: None,
        length: None,
        doubtful: false,
    };
    let [mut whole, mut idle, mut busy] = [1, 2, 3].map(|at| File::begin(about(at), &mut cx));
    whole.feed(&program(), 1);
    [&mut idle, &mut busy].into_iter().for_each(|file| file.feed(&program()[..100], 1));
    let mut others = Vec::new();
    for at in 0..2 * crate::limits::FILES_OPEN as u64 {
        others.push(File::begin(about(10 + at), &mut cx));
        if at % 1000 == 0 {
            busy.feed(&program()[..1], 2);
        }
    }
    [&mut idle, &mut busy].into_iter().for_each(|file| file.feed(&program()[100..], 3));
    // Nothing more came of the first: then nothing was missed.
    for file in [whole, idle, busy] {
        file.finish(None, true, &mut cx);
    }
    assert!(others.len() > 8000 && cx.out.files.given_up > 4000);
    let rows = rows(&mut out).remove("files").unwrap();
    let told: Vec<_> = rows.iter().map(|row| cells(row, &["seen_bytes", "sha256", "partial"])).collect();
    assert_eq!(told[0], ["508", &sha256(&program()), "false"]);
    assert_eq!(told[1], ["508", "-", "true"]);
    assert_eq!((told[2][1].len(), told[2][2]), (64, "false"));
}

#[test]
fn tokens_are_not_hashed() {
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "e".repeat(80), "s-_".repeat(15));
    for media in [
        "application/jwt",
        "application/jose",
        "application/at+jwt",
        "text/plain",
        "Text/Plain; charset=utf-8",
    ] {
        let head = format!("Content-Type: {media}\r\n");
        let get = "GET /token HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(http(get, &answer(&head, token.as_bytes())).is_empty(), "{media}");
        assert_eq!(http(get, &answer(&head, &program())).len(), 1, "{media}");
    }
    for (sent, hashed) in [
        (token.clone(), false),
        (format!("{token}\r\n"), false),
        (format!("{token} and words"), true),
    ] {
        let rows = http(GET, &answer("Content-Type: application/octet-stream\r\n", sent.as_bytes()));
        assert_eq!(rows[0]["sha256"] != "-", hashed, "{sent}");
        let rows = http(
            "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n",
            &answer("Content-Type: text/plain\r\n", sent.as_bytes()),
        );
        assert_eq!(rows[0]["sha256"] != "-", hashed, "{sent}");
    }
}

#[test]
fn in_a_form_a_file_has_a_name() {
    let secret = "a pass phrase of more than sixty-four characters, which nobody shall try out";
    let of = |disposition: &str| {
        let body =
            format!("--b\r\nContent-Disposition: {disposition}\r\nContent-Type: application/octet-stream\r\n\r\n{secret}\r\n--b--\r\n");
        let begin = || Parts::of_body("HTTP", b"multipart/form-data; boundary=b", Dir::Orig, 0).unwrap();
        files(begin, body.as_bytes(), true, 1500).len()
    };
    assert_eq!(of("form-data; name=\"password\""), 0);
    assert_eq!(of("form-data; name=\"f\"; filename=\"x.bin\""), 1);
    assert_eq!(of("form-data; name=\"f\"; filename*=utf-8''x.bin"), 1);
}
