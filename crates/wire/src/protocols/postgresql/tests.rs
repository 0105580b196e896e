use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

const COLUMNS: &[&str] = &[
    "server",
    "encryption",
    "encryption_refused",
    "method",
    "application",
    "replication",
    "success",
    "sqlstate",
    "password_seen",
    "without_password",
    "marks",
    "partial",
    "malformed",
];

fn told(script: &[(Dir, &[u8])]) -> String {
    let of = |row: &PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
    let cut = |n| {
        let rows = play((PROTOCOL.session)().as_mut(), script, n)
            .remove("postgresql")
            .unwrap_or_default();
        assert_eq!(rows.len(), 1);
        of(&rows[0])
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

fn startup(parameters: &[u8]) -> Vec<u8> {
    let length = u32::try_from(parameters.len() + 9).unwrap().to_be_bytes();
    [&length[..], &[0, 3, 0, 0], parameters, &[0]].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

const SSL: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const GSS: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x30";
const ZZTEST: &[u8] = b"user\0zztest\0database\0zzris\0application_name\0psql\0";

fn ready() -> Vec<u8> {
    [
        message(b'R', &[0; 4]),
        message(b'S', b"server_version\x0015.18 (Debian 15.18-0+deb12u1)\0"),
        message(b'K', &[0; 8]),
        message(b'Z', b"I"),
    ]
    .concat()
}

#[test]
fn a_password_in_clear_is_seen_and_a_documented_one_marked() {
    let asks = startup(b"user\0postgres\0");
    let clear = message(b'R', &[0, 0, 0, 3]);
    let script: &[(Dir, &[u8])] = &[
        (Orig, SSL),
        (Resp, b"N"),
        (Orig, &asks),
        (Resp, &clear),
        (Orig, &message(b'p', b"postgres\0")),
        (Resp, &ready()),
        (Orig, &message(b'Q', b"select 1\0")),
    ];
    assert_eq!(
        told(script),
        "PostgreSQL 15.18 none true password - false true - true false [default-credentials] false -"
    );
}

#[test]
fn proofs_by_scram_and_what_refuses_them() {
    let asks = startup(ZZTEST);
    let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let chosen = message(b'p', b"SCRAM-SHA-256\0\0\0\0\x04n,,n");
    let refusal = message(b'E', b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0");
    assert_eq!(
        told(&[(Orig, &asks), (Resp, &sasl), (Orig, &chosen), (Resp, &refusal)]),
        "- none - SCRAM-SHA-256 psql false false 28P01 false false [] false -"
    );
    assert_eq!(
        told(&[(Orig, &asks), (Resp, &sasl), (Orig, &chosen)]),
        "- none - SCRAM-SHA-256 psql false - - false false [] true -"
    );
}

#[test]
fn who_is_asked_for_nothing_and_copies_all() {
    let asks = startup(b"user\0zztest\0replication\0true\0");
    assert_eq!(
        told(&[(Orig, GSS), (Resp, b"N"), (Orig, &asks), (Resp, &ready())]),
        "PostgreSQL 15.18 none true none - true true - false true [] false -"
    );
}

#[test]
fn behind_encryption_nothing_is_seen() {
    assert_eq!(told(&[(Orig, SSL), (Resp, b"S")]), "- tls false - - - - - false - [] false -");
    assert_eq!(told(&[(Orig, GSS), (Resp, b"G")]), "- gss false - - - - - false - [] false -");
}

#[test]
fn what_is_no_login_says_so() {
    let asks = startup(ZZTEST);
    for (answer, what) in [
        (&b"x\0\0\0\x04"[..], "message"),
        (b"R\xff\0\0\0", "length"),
        (b"R\0\0\0\x04", "message"),
    ] {
        let row = told(&[(Orig, &asks), (Resp, answer)]);
        assert!(row.ends_with(&format!("true {what}")), "{row}");
    }
    assert!(told(&[(Orig, SSL), (Resp, b"?")]).ends_with("answer"));
}
