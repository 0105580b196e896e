use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

const COLUMNS: &[&str] = &[
    "server",
    "encryption",
    "version",
    "method",
    "hostname",
    "application",
    "library",
    "success",
    "error_code",
    "password_seen",
    "without_password",
    "marks",
    "partial",
    "malformed",
];

fn told(script: &[(Dir, &[u8])]) -> String {
    let of = |row: &PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
    let cut = |n| {
        let rows = play((PROTOCOL.session)().as_mut(), script, n).remove("tds").unwrap_or_default();
        assert_eq!(rows.len(), 1);
        of(&rows[0])
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

/// MS-TDS 4.1 and 4.2.
const PRELOGIN: &[u8] = b"\x12\x01\0\x2f\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\x04\x04\0\x26\0\x01\xff\
    \x09\0\0\0\0\0\x01\0\xb8\x0d\0\0\x01";

fn agreed(level: u8) -> Vec<u8> {
    let mut answer = b"\x04\x01\0\x2b\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\0\x04\0\x22\0\x01\xff\
        \x0f\0\x07\xd0\0\0"
        .to_vec();
    answer.extend([level, 0, 0]);
    answer
}

/// MS-TDS 4.3: `sa` of `skostov1`, without a password.
const LOGIN: &[u8] = b"\x10\x01\0\x90\0\0\x01\0\x88\0\0\0\x02\0\x09\x72\0\x10\0\0\0\0\0\x07\0\x01\0\0\0\0\0\0\xe0\x03\0\0\xe0\x01\0\0\
    \x09\x04\0\0\x5e\0\x08\0\x6e\0\x02\0\x72\0\0\0\x72\0\x07\0\x80\0\0\0\x80\0\0\0\x80\0\x04\0\x88\0\0\0\x88\0\0\0\0\x50\x8b\xe2\xb7\
    \x8f\x88\0\0\0\x88\0\0\0\x88\0\0\0\0\0\0\0s\0k\0o\0s\0t\0o\0v\x001\0s\0a\0O\0S\0Q\0L\0-\x003\x002\0O\0D\0B\0C\0";

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn packet(kind: u8, last: bool, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
    [&[kind, u8::from(last)], &length[..], &[0; 4], payload].concat()
}

/// Texts in the order of MS-TDS 2.2.6.4, and the token of Windows.
fn login(texts: &[&[u8]; 9], token: &[u8]) -> Vec<u8> {
    let mut message = vec![0; 94];
    message[4..8].copy_from_slice(&[4, 0, 0, 0x74]);
    message[25] = if token.is_empty() { 0 } else { 0x80 };
    let mut put = |at: usize, text: &[u8], letter: usize| {
        let (place, length) = (message.len(), text.len() / letter);
        message[at..at + 2].copy_from_slice(&u16::try_from(place).unwrap().to_le_bytes());
        message[at + 2..at + 4].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
        message.extend(text);
    };
    for (n, text) in texts.iter().enumerate() {
        put(36 + 4 * n, text, 2);
    }
    put(78, token, 1);
    message
}

fn hidden(password: &str) -> Vec<u8> {
    wide(password).iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect()
}

fn acknowledged() -> Vec<u8> {
    let name = wide("Microsoft SQL Server");
    let length = u16::try_from(name.len() + 10).unwrap().to_le_bytes();
    let token = [&[0xad], &length[..], &[1, 0x74, 0, 0, 4, 20], &name, &[15, 0, 7, 0xd0]].concat();
    let changed = b"\xe3\x08\0\x01\x01m\0\x01m\0\0";
    packet(
        4,
        true,
        &[changed, &token[..], &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat(),
    )
}

fn refused(number: i32) -> Vec<u8> {
    let body = [&number.to_le_bytes()[..], &[1, 14, 0, 0, 0, 0, 1, 0, 0, 0]].concat();
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    packet(
        4,
        true,
        &[&[0xaa], &length[..], &body, &[0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat(),
    )
}

#[test]
fn the_login_of_the_specification() {
    let row = told(&[(Orig, PRELOGIN), (Resp, &agreed(2)), (Orig, LOGIN), (Resp, &acknowledged())]);
    assert_eq!(
        row,
        "Microsoft SQL Server 15.0.2000 none 7.2 password skostov1 OSQL-32 ODBC true - false true [] false -"
    );
}

#[test]
fn a_documented_password_is_turned_back_and_marked_and_a_message_may_be_in_pieces() {
    let (user, password, program) = (wide("SA"), hidden("V0yag3r"), wide("sqlcmd"));
    let message = login(&[b"", &user, &password, &program, b"", b"", b"", b"", b""], b"");
    let (first, second) = message.split_at(40);
    let pieces = [packet(0x10, false, first), packet(0x10, true, second)].concat();
    assert_eq!(
        told(&[(Orig, PRELOGIN), (Resp, &agreed(2)), (Orig, &pieces), (Resp, &refused(18456))]),
        "Microsoft SQL Server 15.0.2000 none 7.4 password - sqlcmd - false 18456 true false [default-credentials] false -"
    );
}

#[test]
fn what_is_no_name_of_a_host_or_of_a_program_is_left_out() {
    let texts = ["Erika Mustermann", "sa", "", "Oberhuber/80312 sqlcmd/18.2", "", "", "", "", ""].map(wide);
    let message = packet(0x10, true, &login(&texts.each_ref().map(Vec::as_slice), b""));
    let row = told(&[(Orig, PRELOGIN), (Resp, &agreed(2)), (Orig, &message)]);
    assert!(row.contains("7.4 password - sqlcmd/18.2 - "), "{row}");
}

#[test]
fn windows_proves_who_it_is() {
    for (token, method) in [
        (&b"NTLMSSP\0\x01"[..], "ntlm"),
        (b"\x60\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", "kerberos"),
        (b"\x60\x06", "spnego"),
    ] {
        let message = packet(0x10, true, &login(&[b""; 9], token));
        let row = told(&[(Orig, PRELOGIN), (Resp, &agreed(2)), (Orig, &message)]);
        assert!(row.contains(&format!("none 7.4 {method} - - - - - false - [] true")), "{row}");
    }
}

#[test]
fn of_an_encrypted_login_what_comes_of_it_shows() {
    let hello = packet(0x12, true, b"\x16\x03\x01\0\x02aa");
    let script: &[(Dir, &[u8])] = &[
        (Orig, PRELOGIN),
        (Resp, &agreed(0)),
        (Orig, &hello),
        (Resp, &hello),
        (Orig, b"\x17\x03\x03\0\x04abcd"),
        (Resp, &refused(18456)),
    ];
    assert_eq!(
        told(script),
        "Microsoft SQL Server 15.0.2000 login - - - - - false 18456 false - [] false -"
    );
}

#[test]
fn behind_tls_nothing_is_seen() {
    let row = told(&[(Orig, PRELOGIN), (Resp, &agreed(1))]);
    assert_eq!(row, "Microsoft SQL Server 15.0.2000 tls - - - - - - - false - [] false -");
}

#[test]
fn what_is_no_login_says_so() {
    let short = packet(0x10, true, &LOGIN[8..60]);
    for (said, what) in [(&b"\x10\x01\0\x02\0\0\0\0"[..], "length"), (&short, "message")] {
        let row = told(&[(Orig, PRELOGIN), (Resp, &agreed(2)), (Orig, said)]);
        assert!(row.ends_with(&format!("true {what}")), "{row}");
    }
    let row = told(&[
        (Orig, PRELOGIN),
        (Resp, &agreed(2)),
        (Orig, LOGIN),
        (Resp, &packet(4, true, b"\x42")),
    ]);
    assert!(row.ends_with("true message"), "{row}");
}
