//! Handshakes as servers and viewers make them, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

type Script<'a> = &'a [(Dir, &'a [u8])];

fn rows(script: Script<'_>, cut: usize) -> Vec<PlainRow> {
    let mut rows = play((PROTOCOL.session)().as_mut(), script, cut).remove("rfb").unwrap_or_default();
    rows.iter_mut().for_each(|row| drop(row.remove("ts")));
    rows
}

/// The row of a handshake, however it is cut; wherever it ends, there is one at the most.
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

const V38: &[u8] = b"RFB 003.008\n";
const V37: &[u8] = b"RFB 003.007\n";
const V33: &[u8] = b"RFB 003.003\n";
const OK: &[u8] = &[0; 4];
const FAILED: &[u8] = &[0, 0, 0, 1];
const GREETING: &[u8] = b"\x04\0\x03\0aaaaaaaaaaaaaaaa\0\0\0\x12Erika Mustermann's";
const CHALLENGE: &[u8] = &[9; 16];

#[test]
fn nobody_is_asked() {
    let script: Script<'_> = &[
        (Resp, V38),
        (Orig, V38),
        (Resp, &[2, 1, 2]),
        (Orig, &[1]),
        (Resp, OK),
        (Orig, &[1]),
        (Resp, GREETING),
        (Orig, b"\0\0\0\0whatever"),
    ];
    let row = row(script);
    let expected = [
        ("client_major_version", "003"),
        ("server_minor_version", "008"),
        ("security_types", "[none, vnc]"),
        ("authentication_method", "none"),
        ("auth", "true"),
        ("tls", "false"),
        ("share_flag", "true"),
        ("width", "1024"),
        ("height", "768"),
        ("partial", "false"),
    ];
    told(&row, &expected);
    assert!(!format!("{row:?}").contains("Erika"));
}

#[test]
fn a_password_is_wrong() {
    let script: Script<'_> = &[
        (Resp, V38),
        (Orig, V38),
        (Resp, &[1, 2]),
        (Orig, &[2]),
        (Resp, CHALLENGE),
        (Orig, CHALLENGE),
        (Resp, FAILED),
        (Resp, b"\0\0\0\x04nope"),
    ];
    told(
        &row(script),
        &[
            ("authentication_method", "vnc"),
            ("auth", "false"),
            ("width", "-"),
            ("partial", "false"),
        ],
    );
}

#[test]
fn before_3_7_the_server_decides() {
    let script: Script<'_> = &[
        (Resp, V38),
        (Orig, V33),
        (Resp, &[0, 0, 0, 2]),
        (Resp, CHALLENGE),
        (Orig, CHALLENGE),
        (Resp, OK),
        (Orig, &[0]),
        (Resp, GREETING),
    ];
    told(
        &row(script),
        &[
            ("security_types", "[vnc]"),
            ("auth", "true"),
            ("share_flag", "false"),
            ("width", "1024"),
        ],
    );
    let none: Script<'_> = &[(Resp, V33), (Orig, V33), (Resp, &[0, 0, 0, 1]), (Orig, &[1]), (Resp, GREETING)];
    told(
        &row(none),
        &[("authentication_method", "none"), ("auth", "true"), ("share_flag", "true")],
    );
    let refused: Script<'_> = &[(Resp, V33), (Orig, V33), (Resp, b"\0\0\0\0\0\0\0\x04busy")];
    told(&row(refused), &[("security_types", "[]"), ("auth", "-"), ("partial", "false")]);
}

#[test]
fn in_3_7_who_needs_no_password_gets_no_result() {
    let script: Script<'_> = &[
        (Resp, V37),
        (Orig, V37),
        (Resp, &[1, 1]),
        (Orig, &[1]),
        (Orig, &[1]),
        (Resp, GREETING),
    ];
    told(&row(script), &[("auth", "true"), ("width", "1024"), ("partial", "false")]);
}

#[test]
fn apple_asks_for_a_name_too() {
    let key = [&[0, 2, 0, 8][..], &[7; 16]].concat();
    let script: Script<'_> = &[
        (Resp, b"RFB 003.889\n"),
        (Orig, b"RFB 003.889\n"),
        (Resp, &[2, 30, 35]),
        (Orig, &[30]),
        (Resp, &key),
        (Orig, &[5; 136]),
        (Resp, OK),
        (Orig, &[1]),
        (Resp, GREETING),
    ];
    told(
        &row(script),
        &[
            ("security_types", "[ard, apple]"),
            ("authentication_method", "ard"),
            ("auth", "true"),
            ("width", "1024"),
        ],
    );
}

#[test]
fn vencrypt_sends_a_password_in_clear_or_turns_to_tls() {
    let begins: Script<'_> = &[
        (Resp, V38),
        (Orig, V38),
        (Resp, &[2, 19, 2]),
        (Orig, &[19]),
        (Resp, &[0, 2]),
        (Orig, &[0, 2]),
        (Resp, &[0, 2, 0, 0, 1, 0, 0, 0, 1, 2]),
    ];
    let plain: Script<'_> = &[
        (Orig, &[0, 0, 1, 0]),
        (Orig, b"\0\0\0\x05\0\0\0\x07erikahunter2"),
        (Resp, OK),
        (Orig, &[1]),
        (Resp, GREETING),
    ];
    let shown = row(&[begins, plain].concat());
    told(
        &shown,
        &[
            ("authentication_method", "vencrypt"),
            ("authentication_submethod", "plain"),
            ("auth", "true"),
            ("tls", "false"),
        ],
    );
    assert!(!format!("{shown:?}").contains("hunter2"));
    let tls: Script<'_> = &[(Orig, &[0, 0, 1, 2]), (Resp, &[1])];
    told(
        &row(&[begins, tls].concat()),
        &[
            ("authentication_submethod", "tls_vnc"),
            ("tls", "true"),
            ("auth", "-"),
            ("partial", "false"),
        ],
    );
    let refused: Script<'_> = &[(Orig, &[0, 0, 1, 2]), (Resp, &[0])];
    told(&row(&[begins, refused].concat()), &[("tls", "false"), ("partial", "false")]);
}

#[test]
fn tight_holds_what_others_have() {
    let capability = [0u8; 16];
    let begins: Script<'_> = &[(Resp, V38), (Orig, V38), (Resp, &[1, 16]), (Orig, &[16])];
    let two = [&[0, 0, 0, 2][..], &capability, &capability].concat();
    let held: Script<'_> = &[
        (Resp, OK),
        (Resp, &two),
        (Orig, &[0, 0, 0, 2]),
        (Resp, CHALLENGE),
        (Orig, CHALLENGE),
        (Resp, OK),
        (Orig, &[0]),
        (Resp, GREETING),
    ];
    told(
        &row(&[begins, held].concat()),
        &[
            ("authentication_method", "tight"),
            ("authentication_submethod", "vnc"),
            ("auth", "true"),
            ("width", "1024"),
        ],
    );
    let one = [&[0, 0, 0, 1][..], &capability].concat();
    let tunnel: Script<'_> = &[(Resp, &one), (Orig, OK), (Resp, OK), (Resp, OK), (Orig, &[1]), (Resp, GREETING)];
    told(
        &row(&[begins, tunnel].concat()),
        &[("authentication_submethod", "none"), ("auth", "true"), ("share_flag", "true")],
    );
    let endless: Script<'_> = &[(Resp, &[0xff; 4])];
    told(
        &row(&[begins, endless].concat()),
        &[("authentication_submethod", "-"), ("auth", "-")],
    );
}

#[test]
fn what_is_unknown_ends_the_reading() {
    let script: Script<'_> = &[
        (Resp, V38),
        (Orig, V38),
        (Resp, &[1, 99]),
        (Orig, &[99]),
        (Resp, &[1; 50]),
        (Orig, &[1; 50]),
    ];
    told(
        &row(script),
        &[("security_types", "[other]"), ("authentication_method", "other"), ("auth", "-")],
    );
}
