//! Beginnings as clients and servers make them, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

type Script<'a> = &'a [(Dir, &'a [u8])];

fn rows(script: Script<'_>, cut: usize) -> Vec<PlainRow> {
    let mut rows = play((PROTOCOL.session)().as_mut(), script, cut).remove("rdp").unwrap_or_default();
    rows.iter_mut().for_each(|row| drop(row.remove("ts")));
    rows
}

/// The row of a beginning, however it is cut; wherever it ends, there is one at the most.
fn row(script: Script<'_>) -> PlainRow {
    let whole = rows(script, usize::MAX);
    for cut in [1, 7] {
        assert_eq!(rows(script, cut), whole, "cut {cut}");
    }
    for (end, (dir, last)) in script.iter().enumerate() {
        for length in 0..last.len() {
            let short = [&script[..end], &[(*dir, &last[..length])]].concat();
            assert!(rows(&short, usize::MAX).len() <= 1, "{end} {length}");
        }
    }
    assert_eq!(whole.len(), 1);
    whole.into_iter().next().unwrap()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

fn packet(inside: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inside.len() + 4).unwrap();
    [&[3, 0], &length.to_be_bytes()[..], inside].concat()
}

/// X.224 connection request (0xe0) or confirm (0xd0).
fn connection(code: u8, variable: &[u8]) -> Vec<u8> {
    let indicator = u8::try_from(variable.len() + 6).unwrap();
    packet(&[&[indicator, code, 0, 0, 0, 0, 0], variable].concat())
}

fn structure(kind: u8, number: u32) -> Vec<u8> {
    [&[kind, 0, 8, 0], &number.to_le_bytes()[..]].concat()
}

fn asks(protocols: u32) -> Vec<u8> {
    let cookie = b"Cookie: mstshash=erika.mustermann\r\n";
    connection(0xe0, &[cookie, &structure(1, protocols)[..]].concat())
}

fn initial(name: &str) -> Vec<u8> {
    let mut core = vec![0; 16];
    core.extend(7601u32.to_le_bytes());
    let mut text: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    text.resize(32, 0);
    core.extend(text);
    let block = [&[0x01, 0xc0], &u16::try_from(core.len() + 4).unwrap().to_le_bytes()[..], &core].concat();
    packet(&[b"\x02\xf0\x80\x7f\x65\x82\x01\x00whatever", &b"Duca"[..], &[0x80, 0x48], &block].concat())
}

fn response(method: u32, level: u32) -> Vec<u8> {
    let core = [0x01, 0x0c, 8, 0, 4, 0, 8, 0];
    let security = [&[0x02, 0x0c, 12, 0], &method.to_le_bytes()[..], &level.to_le_bytes()].concat();
    packet(&[b"\x02\xf0\x80\x7f\x66\x82\x01\x00whatever", &b"McDn"[..], &[0x14], &core, &security].concat())
}

#[test]
fn who_proves_himself_first_has_nla() {
    let tls = b"\x16\x03\x01\x00\x05hello";
    for (chosen, name, nla) in [
        (1, "ssl", "false"),
        (2, "hybrid", "true"),
        (8, "hybrid_ex", "true"),
        (4, "rdstls", "false"),
    ] {
        let shown = row(&[(Orig, &asks(11)), (Resp, &connection(0xd0, &structure(2, chosen))), (Orig, tls)]);
        let expected = [
            ("cookie_seen", "true"),
            ("requested_protocols", "[rdp, ssl, hybrid, hybrid_ex]"),
            ("security_protocol", name),
            ("nla", nla),
            ("result", "success"),
            ("partial", "false"),
            ("malformed", "-"),
        ];
        told(&shown, &expected);
        assert!(!format!("{shown:?}").contains("erika"));
    }
}

#[test]
fn a_server_says_why_it_refuses() {
    for (code, name) in [(1, "ssl_required_by_server"), (5, "hybrid_required_by_server"), (99, "other")] {
        let shown = row(&[(Orig, &asks(0)), (Resp, &connection(0xd0, &structure(3, code)))]);
        told(
            &shown,
            &[
                ("result", name),
                ("security_protocol", "-"),
                ("nla", "-"),
                ("requested_protocols", "[rdp]"),
            ],
        );
    }
}

#[test]
fn its_own_protection_shows_client_and_encryption() {
    let own = [
        (Orig, connection(0xe0, b"Cookie: msts=3640205228.15629.0000\r\n")),
        (Resp, connection(0xd0, b"")),
        (Orig, initial("ZZTEST-WS7")),
        (Resp, response(2, 3)),
        (Orig, b"\x80\x05hidden".to_vec()),
    ];
    let script: Vec<(Dir, &[u8])> = own.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    let expected = [
        ("cookie_seen", "false"),
        ("security_protocol", "rdp"),
        ("client_build", "7601"),
        ("client_name", "ZZTEST-WS7"),
        ("encryption_method", "128bit"),
        ("encryption_level", "high"),
        ("partial", "false"),
        ("malformed", "-"),
    ];
    told(&row(&script), &expected);
    let named = initial("ERIKA-PC");
    let script = [&script[..2], &[(Orig, named.as_slice()), script[3]]].concat();
    told(&row(&script), &[("client_name", "*-PC")]);
}

#[test]
fn what_is_no_packet_ends_the_reading() {
    told(
        &row(&[(Orig, &asks(1)), (Resp, b"HTTP/1.1 400 Bad")]),
        &[("malformed", "packet"), ("result", "-")],
    );
    let odd = connection(0xd0, b"\x02\0\x09\0\0\0\0\0\0");
    told(
        &row(&[(Orig, &asks(1)), (Resp, &odd)]),
        &[("malformed", "confirm"), ("result", "-")],
    );
    let answer = connection(0xd0, &structure(2, 2));
    told(
        &row(&[(Resp, &answer)]),
        &[("cookie_seen", "-"), ("nla", "true"), ("partial", "true")],
    );
}
