use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

fn told(script: &[(Dir, &[u8])]) -> Vec<String> {
    const COLUMNS: &[&str] = &[
        "options",
        "login_prompt",
        "user_seen",
        "password_seen",
        "success",
        "marks",
        "partial",
    ];
    let of = |row: &PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
    let cut = |n| -> Vec<String> {
        let rows = play((PROTOCOL.session)().as_mut(), script, n).remove("telnet").unwrap_or_default();
        rows.iter().map(of).collect()
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

const OFFERS: &[u8] = b"\xff\xfd\x18\xff\xfb\x01\xff\xfb\x03";
const TAKES: &[u8] = b"\xff\xfb\x18\xff\xfd\x01\xff\xfd\x03\xff\xfa\x18\x00xterm\xff\xf0";

#[test]
fn a_wrong_password_then_a_documented_one() {
    let rows = told(&[
        (Resp, OFFERS),
        (Orig, TAKES),
        (Resp, b"\r\nZZ router\r\nlogin: "),
        (Orig, b"zztest\r\0"),
        (Resp, b"zztest\r\nPassword: "),
        (Orig, b"zzsecret\r\0"),
        (Resp, b"\r\nLogin incorrect\r\nlogin: "),
        (Orig, b"adnm\x7f\x7fmin\r\0"),
        (Resp, b"admin\r\nPassword: "),
        (Orig, b"admin\r\0"),
        (Resp, b"\r\nLast login: # 3 failed\r\n~ # "),
        (Orig, b"cat erika\r\0"),
        (Resp, b"Password: login: "),
        (Orig, b"more\r\0"),
    ]);
    let agreed = "[echo, suppress-go-ahead, terminal-type]";
    let whole = [
        format!("{agreed} true true true false [] false"),
        format!("{agreed} true true true true [default-credentials] false"),
    ];
    assert_eq!(rows, whole);
}

#[test]
fn what_was_not_answered_and_who_was_not_asked() {
    let rows = told(&[(Resp, OFFERS), (Resp, b"Password:"), (Orig, b"zz\r\n")]);
    assert_eq!(rows, ["[] false false true - [] true"]);
    assert_eq!(told(&[(Resp, OFFERS), (Resp, b"login: ")]), ["[] true false false - [] false"]);
    assert_eq!(
        told(&[(Resp, OFFERS), (Resp, b"login: "), (Orig, b"zztest\r\n")]),
        ["[] true true false - [] true"]
    );
}

#[test]
fn guesses_are_bounded_and_so_is_what_is_read() {
    let round: &[(Dir, &[u8])] = &[
        (Resp, b"login: "),
        (Orig, b"zz\r\n"),
        (Resp, b"Password: "),
        (Orig, b"zz\r\n"),
        (Resp, b"\r\nfailed\r\n"),
    ];
    let script: Vec<(Dir, &[u8])> = std::iter::once((Resp, OFFERS))
        .chain(round.iter().copied().cycle().take(5 * 100))
        .collect();
    assert_eq!(told(&script).len(), 64);
    let long = vec![b'x'; 200_000];
    assert_eq!(
        told(&[(Resp, OFFERS), (Resp, &long), (Resp, b"login: ")]),
        ["[] false false false - [] false"]
    );
}
