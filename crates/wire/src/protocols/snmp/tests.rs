//! Conversations as managers and agents have them, and broken ones.

use super::PROTOCOL;
use crate::context::Context;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{identity, output, play_datagrams, rows, PlainRow};

fn ber(tag: u8, inside: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], inside].concat()
}

fn binding(object: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    ber(0x30, &[ber(6, object), ber(tag, value)].concat())
}

fn pdu(kind: u8, bindings: &[Vec<u8>]) -> Vec<u8> {
    let number = ber(2, &[0]);
    ber(
        kind,
        &[number.clone(), number.clone(), number, ber(0x30, &bindings.concat())].concat(),
    )
}

fn plain(version: u8, community: &[u8], pdu: &[u8]) -> Vec<u8> {
    ber(0x30, &[ber(2, &[version]), ber(4, community), pdu.to_vec()].concat())
}

fn secured(flags: u8, engine: &[u8], data: &[u8]) -> Vec<u8> {
    let header = ber(0x30, &[ber(2, &[1]), ber(2, &[5, 0xdc]), ber(4, &[flags]), ber(2, &[3])].concat());
    let parameters = [
        ber(4, engine),
        ber(2, &[1]),
        ber(2, &[1]),
        ber(4, b"erika"),
        ber(4, &[7; 12]),
        ber(4, b""),
    ]
    .concat();
    ber(
        0x30,
        &[ber(2, &[3]), header, ber(4, &ber(0x30, &parameters)), data.to_vec()].concat(),
    )
}

fn scoped(pdu: &[u8]) -> Vec<u8> {
    ber(0x30, &[ber(4, b""), ber(4, b""), pdu.to_vec()].concat())
}

fn play(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    play_datagrams((PROTOCOL.conversation)().as_mut(), 161, script)
        .remove("snmp")
        .unwrap_or_default()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

const SYSTEM: [u8; 6] = [0x2b, 6, 1, 2, 1, 1];

fn system(number: u8) -> Vec<u8> {
    [&SYSTEM[..], &[number, 0]].concat()
}

#[test]
fn an_agent_says_what_it_is() {
    let answer = [
        binding(&system(1), 4, b"Linux erika-mustermann 6.1.0-28-amd64 #1 SMP Debian x86_64"),
        binding(&system(2), 6, &[0x2b, 6, 1, 4, 1, 0xbf, 0x08, 3, 2, 10]),
        binding(&system(3), 0x43, &[0, 0x98, 0x96, 0x80]),
        binding(&system(4), 4, b"Erika Mustermann, -4711"),
        binding(&system(5), 4, b"ct01"),
        binding(&system(6), 4, b"Plumtree Lane 77"),
    ];
    let (ask, answer) = (plain(0, b"public", &pdu(0xa0, &[])), plain(0, b"public", &pdu(0xa2, &answer)));
    let shown = play(&[(Orig, &ask), (Resp, &answer)]).remove(0);
    let expected = [
        ("version", "1"),
        ("marks", "[snmp-default-community]"),
        ("communities", "1"),
        ("get_requests", "1"),
        ("get_responses", "1"),
        ("set_requests", "0"),
        ("sys_descr", "Linux 6.1.0-28-amd64 Debian x86_64"),
        ("sys_object_id", "1.3.6.1.4.1.8072.3.2.10"),
        ("sys_name", "ct01"),
        ("up_since", "1699900000002000"),
        ("security_level", "-"),
        ("interim", "false"),
        ("malformed", "-"),
    ];
    told(&shown, &expected);
    let text = format!("{shown:?}").to_lowercase();
    assert!(
        ["erika", "muster", "plumtree", "4711", "public"]
            .iter()
            .all(|word| !text.contains(word)),
        "{text}"
    );
}

#[test]
fn guesses_are_counted_and_not_kept() {
    let guesses: Vec<Vec<u8>> = (0..200)
        .map(|n| plain(1, format!("guess-{n}").as_bytes(), &pdu(0xa1, &[])))
        .collect();
    let script: Vec<(Dir, &[u8])> = guesses.iter().chain(&guesses).map(|guess| (Orig, guess.as_slice())).collect();
    let shown = play(&script);
    told(
        &shown[0],
        &[("version", "2c"), ("communities", "64"), ("get_requests", "400"), ("marks", "[]")],
    );
    assert!(!format!("{shown:?}").contains("guess"));
}

#[test]
fn each_version_has_a_row_and_each_kind_a_count() {
    let said = [
        plain(1, b"private", &pdu(0xa5, &[])),
        plain(1, b"private", &pdu(0xa3, &[])),
        plain(1, b"x", &pdu(0xa7, &[])),
        plain(1, b"x", &pdu(0xa6, &[])),
        plain(0, b"x", &ber(0xa4, b"anything")),
    ];
    let script: Vec<(Dir, &[u8])> = said.iter().map(|bytes| (Orig, bytes.as_slice())).collect();
    let shown = play(&script);
    told(&shown[0], &[("version", "1"), ("traps", "1"), ("marks", "[]")]);
    let expected = [
        ("version", "2c"),
        ("get_bulk_requests", "1"),
        ("set_requests", "1"),
        ("traps", "2"),
        ("communities", "2"),
    ];
    told(&shown[1], &expected);
}

#[test]
fn an_answer_to_a_trap_says_nothing_of_who_answers() {
    let uptime = binding(&system(3), 0x43, &[1]);
    let said = [
        plain(1, b"x", &pdu(0xa6, std::slice::from_ref(&uptime))),
        plain(1, b"x", &pdu(0xa2, &[uptime])),
    ];
    told(
        &play(&[(Orig, &said[0]), (Resp, &said[1])])[0],
        &[("up_since", "-"), ("get_responses", "1")],
    );
}

#[test]
fn version_3_shows_its_level_and_its_engine() {
    let engine = [&[0x80, 0, 0x1f, 0x88][..], &[4; 9]].concat();
    let said = [
        secured(4, b"", &scoped(&pdu(0xa0, &[]))),
        secured(0, &engine, &scoped(&pdu(0xa8, &[]))),
        secured(7, &engine, &ber(4, b"hidden")),
    ];
    let script: Vec<(Dir, &[u8])> = said.iter().map(|bytes| (Orig, bytes.as_slice())).collect();
    let shown = play(&script).remove(0);
    let expected = [
        ("version", "3"),
        ("get_requests", "1"),
        ("reports", "1"),
        ("encrypted", "1"),
        ("security_level", "authPriv"),
        ("engine_enterprise", "8072"),
        ("communities", "-"),
    ];
    told(&shown, &expected);
    assert!(!format!("{shown:?}").contains("erika"));
}

#[test]
fn what_is_none_is_told_once_and_cut_messages_are_partial() {
    let ask = plain(0, b"x", &pdu(0xa0, &[]));
    for n in 0..ask.len() {
        let shown = play(&[(Orig, &ask), (Orig, &ask[..n])]);
        told(&shown[0], &[("get_requests", "1"), ("malformed", "message")]);
    }
    let (mut out, mut identity) = (output(), identity(161, 17));
    let mut conversation = (PROTOCOL.conversation)();
    let mut cx = Context {
        ts: 0,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    };
    conversation.datagram(Orig, &ask, &mut cx);
    conversation.cut(Orig, &ask[..9], &mut cx);
    conversation.end(&mut cx);
    told(&rows(&mut out)["snmp"][0], &[("partial", "true"), ("malformed", "-")]);
}

#[test]
fn who_never_ends_is_told_every_hour() {
    let ask = plain(0, b"x", &pdu(0xa0, &[]));
    let (mut out, mut identity) = (output(), identity(161, 17));
    let mut conversation = (PROTOCOL.conversation)();
    let mut at = |ts: i64, conversation: &mut dyn crate::protocols::Conversation| {
        let mut cx = Context {
            ts,
            offset: ts as u64,
            identity: &mut identity,
            out: &mut out,
        };
        if ts < i64::MAX {
            conversation.datagram(Orig, &ask, &mut cx);
        } else {
            conversation.end(&mut cx);
        }
    };
    const MINUTE: i64 = 60_000_000_000;
    for minute in 0..150 {
        at(minute * MINUTE, conversation.as_mut());
    }
    at(i64::MAX, conversation.as_mut());
    let shown = rows(&mut out).remove("snmp").unwrap();
    let counts: Vec<_> = shown
        .iter()
        .map(|row| (row["interim"].as_str(), row["get_requests"].as_str()))
        .collect();
    assert_eq!(counts, [("true", "60"), ("true", "60"), ("false", "30")]);
    let mut ids: Vec<_> = shown.iter().map(|row| &row["event_id"]).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}
