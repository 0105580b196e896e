use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

const COLUMNS: &[&str] = &[
    "server",
    "encryption",
    "method_offered",
    "method",
    "application",
    "library",
    "success",
    "error_code",
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
        let rows = play((PROTOCOL.session)().as_mut(), script, n).remove("mysql").unwrap_or_default();
        assert_eq!(rows.len(), 1);
        of(&rows[0])
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

fn packet(number: u8, payload: &[&[u8]]) -> Vec<u8> {
    let payload = payload.concat();
    let mut packet = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
    packet[3] = number;
    packet.extend(payload);
    packet
}

fn greeting(version: &[u8], method: &[u8]) -> Vec<u8> {
    let flags: &[&[u8]] = &[&[0xff, 0xff], &[33], &[2, 0], &[0xff, 0xc1], &[21], &[0; 10]];
    packet(
        0,
        &[
            &[10],
            version,
            &[0],
            &[1, 0, 0, 0],
            b"saltsalt\0",
            &flags.concat(),
            b"saltsaltsalt\0",
            method,
            &[0],
        ],
    )
}

const FLAGS: u32 = 1 << 3 | 1 << 9 | 1 << 15 | 1 << 19 | 1 << 20;

fn login(user: &[u8], answer: &[u8], method: &[u8]) -> Vec<u8> {
    let attributes = b"\x0c_client_name\x08libmysql\x0f_client_version\x068.0.36\x0cprogram_name\x05mysql";
    packet(
        1,
        &[
            &FLAGS.to_le_bytes(),
            &[0; 28],
            user,
            &[0, u8::try_from(answer.len()).unwrap()],
            answer,
            b"ris\0",
            method,
            &[0, u8::try_from(attributes.len()).unwrap()],
            attributes,
        ],
    )
}

#[test]
fn a_login_that_is_taken_and_one_that_is_not() {
    let greets = greeting(b"8.0.36-0ubuntu0.22.04.1", b"caching_sha2_password");
    let asks = login(b"zztest", &[7; 20], b"mysql_native_password");
    let head = "MySQL 8.0.36 none caching_sha2_password mysql_native_password mysql libmysql/8.0.36";
    assert_eq!(
        told(&[
            (Resp, &greets),
            (Orig, &asks),
            (Resp, b"\x07\0\0\x02\0\0\0\x02\0\0\0"),
            (Orig, b"\x05\0\0\0\x03SELE")
        ]),
        format!("{head} true - - false false [] false -")
    );
    let refused = packet(2, &[b"\xff\x15\x04#28000Access denied for user"]);
    assert_eq!(
        told(&[(Resp, &greets), (Orig, &asks), (Resp, &refused)]),
        format!("{head} false 1045 28000 false false [] false -")
    );
    assert_eq!(
        told(&[(Resp, &greets), (Orig, &asks)]),
        format!("{head} - - - false false [] true -")
    );
}

#[test]
fn a_password_in_clear_is_seen_and_a_documented_one_marked() {
    let greets = greeting(b"5.5.5-10.11.6-MariaDB", b"mysql_native_password");
    let switch = packet(2, &[b"\xfemysql_clear_password\0"]);
    let answer = packet(3, &[b"root\0"]);
    let asks = login(b"root", b"", b"mysql_native_password");
    assert_eq!(
        told(&[
            (Resp, &greets),
            (Orig, &asks),
            (Resp, &switch),
            (Orig, &answer),
            (Resp, b"\x07\0\0\x04\0\0\0\x02\0\0\0")
        ]),
        "MariaDB 10.11.6 none mysql_native_password mysql_clear_password mysql libmysql/8.0.36 true - - true false [default-credentials] false -"
    );
}

#[test]
fn an_empty_password_is_told() {
    let greets = greeting(b"5.5.5-10.11.6-MariaDB", b"mysql_native_password");
    let asks = login(b"root", b"", b"mysql_native_password");
    let row = told(&[(Resp, &greets), (Orig, &asks), (Resp, b"\x07\0\0\x02\0\0\0\x02\0\0\0")]);
    assert!(row.ends_with("true - - false true [] false -"), "{row}");
}

#[test]
fn behind_tls_nothing_is_seen() {
    let greets = greeting(b"5.5.5-10.11.6-MariaDB", b"zz-plugin");
    let request = packet(1, &[&(FLAGS | 1 << 11).to_le_bytes(), &[0; 28]]);
    assert_eq!(
        told(&[(Resp, &greets), (Orig, &request)]),
        "MariaDB 10.11.6 tls {} - - - - - - false - [] false -"
    );
}

#[test]
fn what_is_no_login_says_so() {
    let greets = greeting(b"8.4.0", b"caching_sha2_password");
    let row = told(&[(Resp, &greets), (Orig, b"\xff\xff\x7f\x01aaaa")]);
    assert!(row.ends_with("true packet-too-long"), "{row}");
    let row = told(&[(Resp, &greets), (Orig, b"\x02\0\0\x01aa")]);
    assert!(row.ends_with("true packet"), "{row}");
}
