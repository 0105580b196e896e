//! Clients, servers and who asks them for more, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::Probe;
use crate::testing::{play_datagrams, PlainRow};

fn time(first: u8, stratum: u8, reference: &[u8; 4], rest: &[u8]) -> Vec<u8> {
    let mut said = vec![first, stratum, 6, 0xec, 0, 0, 0x80, 0, 0, 1, 0, 0];
    said.extend(reference);
    said.extend([0; 24]);
    said.extend([0xe9, 0x3c, 0x2e, 0x80, 0x80, 0, 0, 0]);
    said.extend(rest);
    said
}

fn play(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    play_datagrams((PROTOCOL.conversation)().as_mut(), 123, script)
        .remove("ntp")
        .unwrap_or_default()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn a_client_and_its_server_have_a_row_each() {
    let (ask, answer) = (time(0x23, 0, &[0; 4], &[]), time(0x24, 2, &[10, 0, 0, 9], &[]));
    let rows = play(&[(Orig, &ask), (Resp, &answer), (Orig, &ask), (Resp, &answer)]);
    told(
        &rows[0],
        &[
            ("version", "4"),
            ("mode", "3"),
            ("stratum", "0"),
            ("ref_id", "-"),
            ("messages", "2"),
            ("bytes", "96"),
            ("kisses", "0"),
        ],
    );
    let expected = [
        ("mode", "4"),
        ("stratum", "2"),
        ("poll", "64"),
        ("root_delay", "0.5"),
        ("root_disp", "1"),
        ("ref_id", "10.0.0.9"),
        ("ref_time", "-"),
        ("xmt_time", "1704046592500000"),
        ("num_exts", "0"),
        ("authenticated", "false"),
        ("opcode", "-"),
        ("interim", "false"),
        ("malformed", "-"),
    ];
    told(&rows[1], &expected);
}

#[test]
fn clocks_are_named_and_nothing_else_is() {
    told(
        &play(&[(Resp, &time(0x24, 1, b"GPS\0", &[]))])[0],
        &[("ref_id", "GPS"), ("kisses", "0")],
    );
    told(
        &play(&[(Resp, &time(0xe4, 0, b"RATE", &[]))])[0],
        &[("ref_id", "RATE"), ("kisses", "1"), ("leap", "3")],
    );
    told(&play(&[(Resp, &time(0x24, 1, b"ERIK", &[]))])[0], &[("ref_id", "*")]);
    // Seconds of the next era.
    let mut late = time(0x24, 1, b"PPS\0", &[]);
    late[40..44].copy_from_slice(&[0, 0, 0, 1]);
    told(&play(&[(Resp, &late)])[0], &[("xmt_time", "2085978497500000")]);
}

#[test]
fn keys_and_nts_are_seen() {
    let digest = [7; 20];
    told(
        &play(&[(Orig, &time(0x23, 0, &[0; 4], &digest))])[0],
        &[("authenticated", "true"), ("nts", "false"), ("num_exts", "0")],
    );
    let field = |kind: u16, len: u16| [&kind.to_be_bytes()[..], &len.to_be_bytes(), &vec![0; usize::from(len) - 4]].concat();
    let fields = [field(0x0104, 36), field(0x0204, 104), field(0x0404, 40)].concat();
    told(
        &play(&[(Orig, &time(0x23, 0, &[0; 4], &fields))])[0],
        &[("authenticated", "true"), ("nts", "true"), ("num_exts", "3")],
    );
}

#[test]
fn lists_of_callers_and_variables_are_asked_for() {
    let monlist = [0x17, 0, 3, 42, 0, 0, 0, 0];
    let answer = [&[0xd7, 0, 3, 42, 0, 6, 0, 72][..], b"Erika"].concat();
    let script = vec![(Orig, &monlist[..]), (Resp, &answer), (Resp, &answer)];
    let rows = play(&script);
    told(
        &rows[0],
        &[
            ("mode", "7"),
            ("request", "monlist"),
            ("opcode", "42"),
            ("response", "false"),
            ("messages", "1"),
            ("stratum", "-"),
        ],
    );
    told(&rows[1], &[("response", "true"), ("messages", "2"), ("bytes", "26")]);
    let read = [0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let text = b"version=\"ntpd 4.2.8p15@1.3728-o Erika\", processor=\"x86_64\", system=\"Linux/6.1.0\", leap=0";
    let said = [&[0x16, 0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 90][..], text].concat();
    let rows = play(&[(Orig, &read), (Resp, &said)]);
    told(
        &rows[1],
        &[
            ("request", "read_variables"),
            ("software", "ntpd 4.2.8p15"),
            ("system", "Linux/6.1.0"),
        ],
    );
    assert!(!format!("{rows:?}").contains("Erika"));
}

#[test]
fn kinds_are_bounded_and_what_is_none_is_told() {
    let all: Vec<Vec<u8>> = (0..=255u8).map(|code| vec![0x17, 0, 3, code, 0, 0, 0, 0]).collect();
    let script: Vec<(Dir, &[u8])> = all.iter().map(|said| (Orig, said.as_slice())).collect();
    assert_eq!(play(&script).len(), crate::limits::NTP_KINDS);
    let whole = time(0x23, 0, &[0; 4], &[]);
    for kept in 0..whole.len() {
        assert_eq!((PROTOCOL.probe)(123, &whole[..kept]), Probe::Never);
        told(
            &play(&[(Orig, &whole), (Orig, &whole[..kept])])[0],
            &[("messages", "1"), ("malformed", "message")],
        );
    }
    assert_eq!((PROTOCOL.probe)(124, &whole), Probe::Never);
}
