//! Connections that turn into something else: what follows is found and read as if it stood alone.

#[allow(dead_code)]
mod common;

use common::{golden, play, Frame};
use wire::link::{self, Content};
use wire::testing::PlainRows;

const RAW: u16 = 101;
const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 1], 40_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 2], 4000);

/// Who says what: true is the client.
type Said = Vec<(bool, Vec<u8>)>;

fn frames(said: &[(bool, Vec<u8>)]) -> Vec<Frame> {
    let mut next = [100u32, 900];
    let mut frames = Vec::new();
    let mut segment = |client: bool, flags: u8, data: &[u8]| {
        let ((src, sport), (dst, dport)) = if client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        let (own, other) = if client { (0, 1) } else { (1, 0) };
        let mut p = vec![0x45, 0];
        p.extend(u16::try_from(40 + data.len()).unwrap().to_be_bytes());
        p.extend(u16::try_from(frames.len() + 1).unwrap().to_be_bytes());
        p.extend([0, 0, 64, 6, 0, 0]);
        p.extend(src);
        p.extend(dst);
        p.extend(sport.to_be_bytes());
        p.extend(dport.to_be_bytes());
        p.extend(next[own].to_be_bytes());
        p.extend(next[other].to_be_bytes());
        p.extend([0x50, flags, 255, 255, 0, 0, 0, 0]);
        p.extend(data);
        next[own] += data.len() as u32 + u32::from(flags & 3 != 0);
        frames.push(Frame {
            ts: 1_700_000_000_000_000_000 + frames.len() as i64 * 1_000_000,
            link: RAW,
            wire_len: p.len(),
            data: p,
        });
    };
    segment(true, 2, b"");
    segment(false, 18, b"");
    for (client, data) in said
        .iter()
        .flat_map(|(client, data)| data.chunks(1400).map(move |part| (*client, part)))
    {
        segment(client, 24, data);
    }
    segment(true, 17, b"");
    segment(false, 17, b"");
    frames
}

/// What both sides say in a golden capture of one connection.
fn said_in(name: &str) -> Said {
    let (_, packets) = golden().into_iter().find(|(golden, _)| golden == name).unwrap();
    let mut first = None;
    let payload = |frame: &Frame| {
        let (_, Content::Ip(datagram)) = link::decode(frame.link, &frame.data, frame.wire_len) else {
            return None;
        };
        let head = usize::from(datagram.payload.get(12)? >> 4) * 4;
        let client = *first.get_or_insert(datagram.src) == datagram.src;
        Some((client, datagram.payload.get(head..)?.to_vec()))
    };
    packets.iter().filter_map(payload).filter(|(_, data)| !data.is_empty()).collect()
}

fn texts(said: &[&str]) -> Said {
    said.iter()
        .enumerate()
        .map(|(n, text)| (n % 2 == 0, text.as_bytes().to_vec()))
        .collect()
}

fn service(rows: &PlainRows) -> &str {
    &rows["conn"][0]["service"]
}

/// Without what tells one connection from another.
fn essence(rows: &PlainRows, stream: &str) -> Vec<Vec<(String, String)>> {
    let telling = |column: &str| !column.starts_with("id_") && !matches!(column, "event_id" | "uid" | "community_id" | "ts");
    let plain = |row: &std::collections::BTreeMap<String, String>| {
        row.iter()
            .filter(|(c, _)| telling(c))
            .map(|(c, v)| (c.clone(), v.clone()))
            .collect()
    };
    rows.get(stream).map(|rows| rows.iter().map(plain).collect()).unwrap_or_default()
}

fn agreements() -> Vec<(&'static str, Said)> {
    let mut smtp = texts(&[
        "",
        "220 mail.test ESMTP\r\n",
        "EHLO a\r\n",
        "250-mail.test\r\n250 STARTTLS\r\n",
        "STARTTLS\r\n",
        "220 go\r\n",
    ]);
    smtp.remove(0);
    let mut imap = texts(&["", "* OK IMAP ready\r\n", "a1 STARTTLS\r\n", "* CAPABILITY x\r\na1 OK begin\r\n"]);
    imap.remove(0);
    let mut pop3 = texts(&["", "+OK pop ready\r\n", "STLS\r\n", "+OK begin\r\n"]);
    pop3.remove(0);
    let mut ftp = texts(&["", "220 ftp ready\r\n", "AUTH TLS\r\n", "234 go\r\n"]);
    ftp.remove(0);
    let oid = b"1.3.6.1.4.1.1466.20037";
    let ask = [&[0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22][..], oid].concat();
    let ldap = vec![(true, ask), (false, vec![0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0])];
    let rdp_ask = vec![3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];
    let rdp = vec![
        (true, rdp_ask),
        (false, vec![3, 0, 0, 19, 14, 0xd0, 0, 0, 0, 0, 0, 2, 0, 8, 0, 1, 0, 0, 0]),
    ];
    let http = texts(&[
        "CONNECT pacs.test:443 HTTP/1.1\r\nHost: pacs.test:443\r\n\r\n",
        "HTTP/1.1 200 Connection established\r\n\r\n",
    ]);
    let socks5 = vec![
        (true, vec![5, 2, 0, 2]),
        (false, vec![5, 2]),
        (true, [&[1, 5][..], b"erika", &[6], b"geheim"].concat()),
        (false, vec![1, 0]),
        (true, [&[5, 1, 0, 3, 9][..], b"pacs.test", &[1, 187]].concat()),
        (false, vec![5, 0, 0, 1, 10, 0, 0, 9, 1, 187]),
    ];
    let socks4 = vec![
        (true, vec![4, 1, 1, 187, 10, 0, 0, 9, b'u', 0]),
        (false, vec![0, 90, 0, 0, 0, 0, 0, 0]),
    ];
    vec![
        ("smtp,ssl", smtp),
        ("imap,ssl", imap),
        ("pop3,ssl", pop3),
        ("ftp,ssl", ftp),
        ("ldap,ssl", ldap),
        ("rdp,ssl", rdp),
        ("http,ssl", http),
        ("socks,ssl", socks5),
        ("socks,ssl", socks4),
    ]
}

#[test]
fn tls_after_an_agreement_is_read_as_any_other() {
    let tls = said_in("x509/old_server");
    let alone = play(&frames(&tls));
    assert_eq!((service(&alone), alone["ssl"].len()), ("ssl", 1));
    for (name, said) in agreements() {
        let rows = play(&frames(&[said, tls.clone()].concat()));
        assert_eq!(service(&rows), name);
        assert_eq!(essence(&rows, "ssl"), essence(&alone, "ssl"), "{name}");
        assert_eq!(essence(&rows, "x509"), essence(&alone, "x509"), "{name}");
        assert!(!format!("{rows:?}").contains("geheim"), "{name}");
    }
}

#[test]
fn what_is_refused_stays_what_it_was() {
    let refusals: [(&str, &[&str]); 3] = [
        (
            "smtp",
            &[
                "EHLO a\r\n",
                "220 mail.test smtp\r\n",
                "STARTTLS\r\n",
                "454 not now\r\n",
                "MAIL FROM:<a@b>\r\n",
                "250 ok\r\n",
            ],
        ),
        (
            "http",
            &[
                "CONNECT a:443 HTTP/1.1\r\n\r\n",
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            ],
        ),
        (
            "imap",
            &["a1 STARTTLS\r\n", "a1 NO later\r\n", "a2 LOGIN erika geheim\r\n", "a2 OK in\r\n"],
        ),
    ];
    for (name, said) in refusals {
        let rows = play(&frames(&texts(said)));
        assert_eq!(service(&rows), name);
        assert!(!format!("{rows:?}").contains("geheim"), "{name}");
    }
}

#[test]
fn a_message_behind_a_proxy_is_read() {
    let hl7 = "\x0bMSH|^~\\&|LAB|CORE|EHR|HOSP|20260101||ORU^R01|M1|P|2.5.1\rPID|1||ZZ1^^^H^MR\r\x1c\r";
    for (name, said) in agreements()
        .into_iter()
        .filter(|(name, _)| name.starts_with("socks") || name.starts_with("http"))
    {
        let rows = play(&frames(&[said, vec![(true, hl7.as_bytes().to_vec())]].concat()));
        assert_eq!(service(&rows), name.replace("ssl", "hl7"));
        assert_eq!(rows["hl7"][0]["sending_application"], "LAB");
    }
}

/// A request and its answer in HTTP/2: the preface, settings, one head each.
fn http2() -> Said {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let settings = frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]);
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    vec![
        (
            true,
            [
                &preface[..],
                &settings,
                &frame(1, 5, 1, b"\x82\x86\x04\x0d/fhir/Patient\x01\x03ehr"),
            ]
            .concat(),
        ),
        (false, [settings, frame(1, 5, 1, &[0x89])].concat()),
    ]
}

#[test]
fn http_2_behind_a_proxy_is_read() {
    let alone = play(&frames(&http2()));
    assert_eq!((service(&alone), alone["fhir"].len()), ("http", 1));
    for (name, said) in agreements()
        .into_iter()
        .filter(|(name, _)| name.starts_with("socks") || name.starts_with("http"))
    {
        let rows = play(&frames(&[said, http2()].concat()));
        assert_eq!(service(&rows), if name.starts_with("http") { "http" } else { "socks,http" });
        assert_eq!(rows["http"].iter().filter(|row| row["version"] == "2").count(), 1);
        assert_eq!(essence(&rows, "fhir"), essence(&alone, "fhir"), "{name}");
    }
}

#[test]
fn turning_for_ever_ends() {
    let connect = texts(&["CONNECT a:80 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"]);
    let rows = play(&frames(&connect.iter().cycle().take(100).cloned().collect::<Vec<_>>()));
    assert_eq!((service(&rows), rows["http"].len()), ("http", 4));
}
