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

/// A message with an attachment, and what is told of it.
const MAIL: &str = "From: a@zz.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n.words\r\n--b\r\n\
    Content-Type: application/pdf; name=zz.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK\r\n--b--\r\n";

fn attached(protocol: &Protocol, script: &[(Dir, &[u8])]) -> Vec<String> {
    let cut = |n| {
        let rows = play((protocol.session)().as_mut(), script, n).remove("files").unwrap_or_default();
        let columns = ["source", "is_orig", "mime_type", "extension", "seen_bytes", "partial"];
        let of = |row: &crate::testing::PlainRow| columns.map(|name| row[name].as_str()).join(" ");
        rows.iter().map(of).collect::<Vec<_>>()
    };
    let whole = cut(1500);
    for n in [1, 2, 3, 7, 50] {
        assert_eq!(cut(n), whole, "cut to {n}");
    }
    whole
}

#[test]
fn what_is_fetched_by_pop3() {
    let mail = format!("+OK 300 octets\r\n{}.\r\n", MAIL.replace("\r\n.", "\r\n.."));
    let script: &[(Dir, &[u8])] = &[
        (Resp, b"+OK ready\r\n"),
        (Orig, b"USER zz\r\nPASS zz\r\n"),
        (Resp, b"+OK\r\n+OK Logged in.\r\n"),
        (Orig, b"STAT\r\nLIST\r\nUIDL 1\r\nRETR 9\r\n"),
        (Resp, b"+OK 1 300\r\n+OK list\r\n1 300\r\n.\r\n+OK 1 x\r\n-ERR no such message\r\n"),
        (Orig, b"TOP 1 99\r\nRETR 1\r\nRETR 2\r\n"),
        (Resp, mail.as_bytes()),
        (Resp, mail.as_bytes()),
        (Resp, &mail.as_bytes()[..mail.len() - 12]),
    ];
    let whole = "POP3 false application/pdf pdf 9";
    assert_eq!(attached(&POP3, script), [format!("{whole} false"), format!("{whole} true")]);
    // Nobody has logged in.
    assert!(attached(&POP3, &[(Resp, b"+OK\r\n"), (Orig, b"RETR 1\r\n"), (Resp, b"-ERR\r\n")]).is_empty());
}

#[test]
fn what_is_fetched_and_stored_by_imap() {
    let message = |item: &str, after: &str| format!("* 1 FETCH (UID 7 {item} {{{}}}\r\n{MAIL}{after})\r\n", MAIL.len());
    let texts = [
        "* OK IMAP {9}\r\n".to_owned(),
        format!("* LIST () \"/\" {{5}}\r\nINBOX\r\n{}", message("BODY[]", " FLAGS (\\Seen)")),
        message("BODY[TEXT]", " rfc822 {3}\r\nA:b"),
        message("RFC822", " RFC822.SIZE 300"),
        format!("a5 APPEND Sent (\\Seen) {{{}}}\r\n", MAIL.len()),
        format!("{MAIL}\r\na6 COMPRESS DEFLATE\r\n"),
        message("BODY[]", ""),
    ];
    let [greeting, first, text, second, append, stored, compressed] = texts.each_ref().map(String::as_bytes);
    let script: &[(Dir, &[u8])] = &[
        (Resp, greeting),
        (Orig, b"a1 LOGIN zz zz\r\n"),
        (Resp, b"a1 OK\r\n"),
        (Orig, b"a2 UID FETCH 1 (BODY.PEEK[])\r\n"),
        (Resp, first),
        (Resp, text),
        (Resp, second),
        (Resp, b"a2 OK\r\n"),
        (Orig, b"a4 APPEND Full {9}\r\n"),
        (Resp, b"a4 NO [OVERQUOTA]\r\n"),
        (Orig, append),
        (Resp, b"+ go\r\n"),
        (Orig, stored),
        (Resp, b"a5 OK\r\na6 OK DEFLATE active\r\n"),
        (Resp, compressed),
    ];
    let of = |orig: bool| format!("IMAP {orig} application/pdf pdf 9 false");
    assert_eq!(attached(&IMAP, script).len(), 3);
    let mut told = attached(&IMAP, script);
    told.sort();
    assert_eq!(told, [of(false), of(false), of(true)]);
}

#[test]
fn a_part_is_a_file_if_it_begins_as_one() {
    let pdf = format!("%PDF-1.7\n{}", "x".repeat(80));
    let wrapped = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &pdf);
    let of = |item: &str, content: &str| {
        let said = format!("* 1 FETCH ({item} {{{}}}\r\n{content})\r\na2 OK\r\n", content.len());
        let script: &[(Dir, &[u8])] = &[
            (Resp, b"* OK IMAP\r\n"),
            (Orig, b"a1 LOGIN zz zz\r\n"),
            (Resp, b"a1 OK\r\n"),
            (Resp, said.as_bytes()),
        ];
        attached(&IMAP, script)
    };
    let told = |partial: &str| vec![format!("IMAP false application/pdf - 89 {partial}")];
    for item in ["BODY[2]", "body[1.2]", "BINARY[2]"] {
        assert_eq!(of(item, &wrapped), told("false"), "{item}");
        assert_eq!(of(item, &pdf), told("false"), "{item}");
        assert!(of(item, "words that somebody has written to somebody else").is_empty());
        assert!(of(item, "OnlyLettersThatSomebodyHasWrittenWithoutABlank").is_empty());
    }
    assert_eq!(of("BODY[2]<0>", &wrapped), told("true"));
    // The end of its part is seen.
    assert_eq!(of("BODY[]<0>", MAIL), ["IMAP false application/pdf pdf 9 false"]);
    for item in ["BODY[2.MIME]", "BODY[2]<99>", "BODY[HEADER]", "BINARY[]", "ENVELOPE"] {
        assert!(of(item, &wrapped).is_empty(), "{item}");
    }
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
