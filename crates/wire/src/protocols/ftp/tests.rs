use std::net::Ipv4Addr;

use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

fn rows(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    let cut = |n| play((PROTOCOL.session)().as_mut(), script, n).remove("ftp").unwrap_or_default();
    let rows = cut(1500);
    let told = |rows: &[PlainRow]| -> Vec<PlainRow> {
        let without = |row: &PlainRow| {
            row.iter()
                .filter(|(name, _)| *name != "ts")
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        };
        rows.iter().map(without).collect()
    };
    assert_eq!(told(&cut(1)), told(&rows));
    rows
}

fn cells<'a>(row: &'a PlainRow, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| row[*name].as_str()).collect()
}

const LOGIN: &[&str] = &["user_seen", "anonymous", "password_seen", "login_ok", "reply_code", "marks"];
const REST: &[&str] = &["server", "auth_tls", "commands", "retrieved", "stored", "partial"];

#[test]
fn a_login_files_and_the_end() {
    let rows = rows(&[
        (Resp, b"220-Welcome\r\n220 (vsFTPd 3.0.3)\r\n"),
        (Orig, b"USER zztest\r\n"),
        (Resp, b"331 Please specify the password.\r\n"),
        (Orig, b"PASS zzsecret\r\n"),
        (Resp, b"230-Hello\r\n 530 no reply\r\n230 Login successful.\r\n"),
        (Orig, b"RETR a\r\n"),
        (Resp, b"150 Opening\r\n226 Done\r\n"),
        (Orig, b"STOR b\r\n"),
        (Resp, b"553 Could not create file.\r\n"),
        (Orig, b"APPE c\r\nQUIT\r\n"),
        (Resp, b"150 Ok\r\n226 Done\r\n221 Goodbye.\r\n"),
    ]);
    assert_eq!(rows.len(), 1);
    assert_eq!(cells(&rows[0], LOGIN), ["true", "false", "true", "true", "230", "[]"]);
    assert_eq!(cells(&rows[0], REST), ["-", "-", "6", "1", "1", "false"]);
}

#[test]
fn each_guess_is_a_row() {
    let rows = rows(&[
        (Resp, b"220 ProFTPD 1.3.5 Server\r\n"),
        (Orig, b"USER admin\r\nPASS wrong\r\n"),
        (Resp, b"331 x\r\n530 Login incorrect.\r\n"),
        (Orig, b"USER admin\r\n"),
        (Resp, b"331 x\r\n"),
        (Orig, b"PASS admin\r\n"),
        (Resp, b"230 x\r\n"),
    ]);
    let told: Vec<_> = rows.iter().map(|row| cells(row, LOGIN)).collect();
    assert_eq!(told[0], ["true", "false", "true", "false", "530", "[]"]);
    assert_eq!(told[1], ["true", "false", "true", "true", "230", "[default-credentials]"]);
    assert_eq!(rows[1]["server"], "ProFTPD 1.3.5 Server");
}

#[test]
fn what_anonymous_gives_is_no_password() {
    let rows = rows(&[
        (Orig, b"USER Anonymous\r\nPASS erika@klinik.test\r\n"),
        (Resp, b"331 x\r\n230 x\r\n"),
    ]);
    assert_eq!(cells(&rows[0], LOGIN)[..4], ["true", "true", "false", "true"]);
}

#[test]
fn tls_ends_what_is_seen_and_a_refusal_does_not() {
    let rows = rows(&[
        (Orig, b"AUTH GSSAPI\r\nAUTH TLS\r\n"),
        (Resp, b"504 x\r\n500 x\r\n"),
        (Orig, b"USER a\r\n"),
        (Resp, b"331 x\r\n"),
    ]);
    assert_eq!(cells(&rows[0], REST), ["-", "refused", "3", "0", "0", "false"]);
    let script: &[(Dir, &[u8])] = &[(Resp, b"220 FTP\r\n"), (Orig, b"AUTH TLS\r\n"), (Resp, b"234 x\r\n\x16\x03")];
    let rows = play((PROTOCOL.session)().as_mut(), script, 1500).remove("ftp").unwrap();
    assert_eq!(cells(&rows[0], REST), ["FTP", "accepted", "1", "0", "0", "false"]);
}

#[test]
fn notes_and_exploits_are_marked() {
    let rows = rows(&[
        (Resp, b"220 x\r\n"),
        (Orig, b"USER ${jndi:ldap://x}\r\n"),
        (Resp, b"331 x\r\n"),
        (Orig, b"PASS x\r\n"),
        (Resp, b"230 x\r\n"),
        (Orig, b"STOR /share/zz/README_FOR_DECRYPT.txt\r\n"),
        (Resp, b"226 x\r\n"),
    ]);
    assert_eq!(rows[0]["marks"], "[exploit-log4shell, ransom-note]");
}

#[test]
fn a_server_that_is_sent_to_somebody_else_is_marked() {
    let marks = |line: &'static [u8]| rows(&[(Resp, b"220 x\r\n"), (Orig, line)])[0]["marks"].clone();
    for harmless in [
        &b"PORT 10,0,0,1,232,157\r\n"[..],
        b"eprt |1|10.0.0.1|59549|\r\n",
        b"PORT 10,0,0,9\r\n",
        b"EPRT |1|10.0.0.9\r\n",
    ] {
        assert_eq!(marks(harmless), "[]", "{}", harmless.escape_ascii());
    }
    for sent in [
        &b"PORT 10,0,0,9,232,157\r\n"[..],
        b"PORT 10,0,0,1,0,80\r\n",
        b"EPRT |1|10.0.0.9|59549|\r\n",
        b"EPRT |2|fd00::9|59549|\r\n",
    ] {
        assert_eq!(marks(sent), "[bounce]", "{}", sent.escape_ascii());
    }
}

#[test]
fn a_client_behind_a_translator_says_its_own_address() {
    let to = |address: &str| (address.parse().unwrap(), 50_000);
    let client = u128::from(Ipv4Addr::new(198, 51, 100, 7).to_ipv6_mapped());
    assert!(!session::is_elsewhere(to("192.168.1.5"), client));
    assert!(session::is_elsewhere(to("203.0.113.9"), client));
}
