//! Conversations as hosts, scanners and tunnels have them, and broken ones.

use super::talk::Arrived;
use super::Talk;
use crate::context::{Context, Ends, Identity};
use crate::limits;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{output, rows, PlainRow};

fn said(number: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> Vec<u8> {
    [&[number, code, 0, 0][..], &rest, payload].concat()
}

fn echo(number: u8, identifier: u8, sequence: u8, payload: &[u8]) -> Vec<u8> {
    said(number, 0, [0, identifier, 0, sequence], payload)
}

/// The beginning of a packet of UDP.
fn packet(target: [u8; 4], port: u8) -> Vec<u8> {
    let mut head = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1];
    head.extend(target);
    head.extend([0x9c, 0x40, 0, port, 0, 20, 0, 0]);
    head
}

fn play_in(proto: u8, step: i64, script: &[(Dir, &[u8], usize)]) -> Vec<PlainRow> {
    let ends = Ends {
        orig: 0xffff_0a00_0001,
        resp: 0xffff_0a00_0002,
        orig_port: 8,
        resp_port: 0,
        proto,
    };
    let (mut out, mut identity, mut talk) = (output(), Identity::new(ends, 0, 0), Talk::default());
    let mut ts = 1_700_000_000_000_000_000;
    for (dir, bytes, cut) in script {
        let arrived = Arrived {
            dir: *dir,
            bytes,
            cut: *cut,
        };
        let mut cx = Context {
            ts,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        };
        talk.message(&arrived, &mut cx);
        ts += step;
    }
    talk.end(&mut Context {
        ts,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    rows(&mut out).remove("icmp").unwrap_or_default()
}

fn play(proto: u8, script: &[(Dir, &[u8], usize)]) -> PlainRow {
    let mut all = play_in(proto, 1_000_000, script);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn who_pings_is_counted_and_what_comes_back_compared() {
    let (ask, answer) = (echo(8, 1, 1, b"Erika Mustermann"), echo(0, 1, 1, b"Erika Mustermann"));
    let (more, other) = (echo(8, 1, 2, b"Mustermann"), echo(0, 1, 2, b"MRN004711 and more"));
    let row = play(
        1,
        &[
            (Orig, &ask, 0),
            (Resp, &answer, 0),
            (Orig, &more, 0),
            (Resp, &other, 0),
            (Resp, &other, 0),
        ],
    );
    let expected = [
        ("kind", "echo"),
        ("icmp_type", "8"),
        ("requests", "2"),
        ("replies", "3"),
        ("payload_bytes", "78"),
        ("payload_min", "10"),
        ("payload_max", "18"),
        ("payload_sizes", "3"),
        ("identifiers", "1"),
        ("replies_unlike", "1"),
        ("replies_unasked", "1"),
        ("partial", "false"),
        ("malformed", "-"),
    ];
    told(&row, &expected);
    let text = format!("{row:?}").to_lowercase();
    assert!(!text.contains("erika") && !text.contains("4711"));
}

#[test]
fn what_was_not_reached_is_told_by_what_is_quoted() {
    let errors: Vec<_> = (1..=200u8).map(|port| said(3, 3, [0; 4], &packet([10, 0, 0, 2], port))).collect();
    let script: Vec<_> = errors.iter().map(|error| (Orig, error.as_slice(), 0)).collect();
    let expected = [
        ("kind", "unreachable"),
        ("icmp_code", "3"),
        ("requests", "200"),
        ("about_proto", "17"),
        ("about_orig_h", "10.0.0.1"),
        ("about_orig_p", "40000"),
        ("about_resp_h", "10.0.0.2"),
        ("about_resp_p", "1"),
        ("about_targets", "64"),
        ("replies_unlike", "-"),
    ];
    told(&play(1, &script), &expected);
    told(
        &play(1, &[(Orig, &said(3, 4, [0, 0, 5, 0xdc], &packet([10, 0, 0, 2], 1)), 0)]),
        &[("mtu", "1500")],
    );
    told(
        &play(1, &[(Orig, &said(11, 0, [0; 4], b"none"), 0)]),
        &[("kind", "time_exceeded"), ("malformed", "quote")],
    );
}

#[test]
fn who_says_that_he_is_the_way_is_named() {
    let redirect = said(5, 1, [10, 0, 0, 66], &packet([10, 9, 0, 2], 80));
    let expected = [
        ("kind", "redirect"),
        ("gateway", "10.0.0.66"),
        ("gateways", "1"),
        ("target", "10.9.0.2"),
    ];
    told(&play(1, &[(Orig, &redirect, 0)]), &expected);
    let v6: Vec<u8> = [
        [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x66],
        [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]
    .concat();
    let expected = [
        ("kind", "redirect"),
        ("gateway", "fe80::66"),
        ("target", "2001:db8::1"),
        ("malformed", "-"),
    ];
    told(&play(58, &[(Orig, &said(137, 0, [0; 4], &v6), 0)]), &expected);
    let claimed = said(136, 0, [0x20, 0, 0, 0], &v6);
    told(
        &play(58, &[(Orig, &claimed, 0)]),
        &[("kind", "neighbour"), ("target", "fe80::66"), ("unsolicited", "1")],
    );
    told(
        &play(58, &[(Orig, &said(134, 0, [64, 0, 7, 8], &[0; 8]), 0)]),
        &[("kind", "router"), ("router_lifetime", "1800")],
    );
}

#[test]
fn cut_anywhere_it_is_partial_and_short_of_a_head_malformed() {
    let whole = said(5, 1, [10, 0, 0, 66], &packet([10, 9, 0, 2], 80));
    for kept in 2..whole.len() {
        let row = play(1, &[(Orig, &whole[..kept], whole.len() - kept)]);
        told(&row, &[("partial", "true"), ("malformed", "-"), ("payload_bytes", "28")]);
    }
    for sent in 2..8 {
        told(
            &play(1, &[(Orig, &whole[..sent], 0)]),
            &[("partial", "false"), ("malformed", "message"), ("payload_bytes", "0")],
        );
    }
}

#[test]
fn unknown_types_stay_numbers_and_floods_stay_small() {
    told(
        &play(1, &[(Orig, &said(200, 9, [0; 4], b""), 0)]),
        &[("kind", "-"), ("icmp_type", "200"), ("icmp_code", "9")],
    );
    let pings: Vec<_> = (0..=255u8).map(|n| echo(8, n, n, &vec![n; usize::from(n)])).collect();
    let script: Vec<_> = pings.iter().map(|ping| (Orig, ping.as_slice(), 0)).collect();
    told(
        &play(1, &script),
        &[("identifiers", "64"), ("payload_sizes", "64"), ("requests", "256")],
    );
}

#[test]
fn who_never_ends_is_told_every_hour() {
    let ask = echo(8, 1, 1, b"zz");
    let script = vec![(Orig, ask.as_slice(), 0); 150];
    let all = play_in(1, 60_000_000_000, &script);
    let counts: Vec<_> = all.iter().map(|row| (row["interim"].as_str(), row["requests"].as_str())).collect();
    assert_eq!(counts, [("true", "60"), ("true", "60"), ("false", "30")]);
    assert_eq!(limits::INTERIM_EVERY, 3_600_000_000_000);
}
