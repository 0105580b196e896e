use super::*;
use crate::protocols::Dir::{Orig, Resp};
use crate::testing::play;

const COLUMNS: &[&str] = &[
    "method",
    "user_seen",
    "password_seen",
    "success",
    "starttls_offered",
    "marks",
    "partial",
];

/// What is told of each attempt, in one text.
fn told(protocol: &Protocol, script: &[(Dir, &[u8])]) -> Vec<String> {
    let cut = |n| {
        let rows = play((protocol.session)().as_mut(), script, n).remove("login").unwrap_or_default();
        let of = |row: &crate::testing::PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
        rows.iter().map(of).collect::<Vec<_>>()
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

#[test]
fn pop3() {
    let script: &[(Dir, &[u8])] = &[
        (Resp, b"+OK Dovecot (Debian) ready.\r\n"),
        (Orig, b"CAPA\r\n"),
        (Resp, b"+OK\r\nUIDL\r\nSTLS\r\n.\r\n"),
        (Orig, b"USER admin\r\nPASS wrong\r\n"),
        (Resp, b"+OK\r\n-ERR [AUTH] Authentication failed.\r\n"),
        (Orig, b"AUTH PLAIN AGFkbWluAGFkbWlu\r\n"),
        (Resp, b"+OK Logged in.\r\n"),
        (Orig, b"USER zz\r\n"),
        (Resp, b"+OK 1 message\r\n"),
    ];
    let whole = [
        "user true true false true [] false",
        "PLAIN true true true true [default-credentials] false",
    ];
    assert_eq!(told(&POP3, script), whole);
    let script: &[(Dir, &[u8])] = &[
        (Resp, b"+OK <1896.697170952@klinik.test>\r\n"),
        (Orig, b"APOP zztest c4c9334bac560ecc979e58001b3e22fb\r\n"),
        (Resp, b"-ERR\r\n"),
        (Orig, b"AUTH LOGIN\r\n"),
        (Resp, b"+ VXNlcm5hbWU6\r\n"),
        (Orig, b"YWRtaW4=\r\n"),
        (Resp, b"+ UGFzc3dvcmQ6\r\n"),
        (Orig, b"cGFzc3dvcmQ=\r\n"),
        (Resp, b"-ERR\r\n"),
        (Orig, b"USER zz\r\n"),
    ];
    let whole = [
        "apop true false false - [] false",
        "LOGIN true true false - [default-credentials] false",
        "user true false - - [] true",
    ];
    assert_eq!(told(&POP3, script), whole);
}

#[test]
fn imap() {
    let script: &[(Dir, &[u8])] = &[
        (Resp, b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n"),
        (Orig, b"a1 LOGIN \"zz \\\"test\" {8}\r\n"),
        (Resp, b"+ OK\r\n"),
        (Orig, b"zzsecret\r\n"),
        (Resp, b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"),
        (Orig, b"a2 login admin \"password\"\r\na3 NOOP\r\n"),
        (Resp, b"* BYE x\r\na3 OK x\r\na2 NO x\r\n"),
        (Orig, b"a4 LOGIN {5+}\r\nadmin {0}\r\n\r\n"),
        (Resp, b"a4 NO x\r\n"),
        (Orig, b"a5 AUTHENTICATE PLAIN\r\n"),
        (Resp, b"+ \r\n"),
        (Orig, b"AHp6dGVzdAB6enRlc3Q=\r\n"),
        (Resp, b"a5 OK Logged in\r\n"),
        (Orig, b"a6 APPEND x {20}\r\na7 LOGIN a b 7890123\r\n"),
    ];
    let whole = [
        "login true true false true [] false",
        "login true true false true [default-credentials] false",
        "login true false false true [] false",
        "PLAIN true true true true [] false",
    ];
    assert_eq!(told(&IMAP, script), whole);
}

#[test]
fn literals_of_others_are_no_commands() {
    let script: &[(Dir, &[u8])] = &[
        (Resp, b"* OK IMAP\r\n"),
        (Orig, b"a1 ID {17+}\r\na7 LOGIN a b 7890\r\na2 LOGIN a b\r\n"),
        (Resp, b"a2 NO x\r\n"),
    ];
    assert_eq!(told(&IMAP, script), ["login true true false - [] false"]);
}
