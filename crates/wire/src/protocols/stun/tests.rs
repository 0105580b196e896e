//! Sessions as browsers and relays have them, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::Probe;
use crate::testing::{play_datagrams, PlainRow};

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const ALLOCATE: u16 = 0x0003;
const SUCCESS: u16 = 0x0100;
const ERROR: u16 = 0x0110;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let padding = vec![0; value.len().wrapping_neg() & 3];
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), value, &padding].concat()
}

fn stun(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    let all = attributes.concat();
    let length = u16::try_from(all.len()).unwrap();
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), &COOKIE, &[9; 12], &all].concat()
}

/// 10.0.0.7:4660, mixed with the cookie.
fn mixed() -> Vec<u8> {
    vec![0, 1, 0x12 ^ 0x21, 0x34 ^ 0x12, 10 ^ 0x21, 0x12, 0xa4, 7 ^ 0x42]
}

fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0][..], &length, body].concat()
}

fn server_hello(profile: u8) -> Vec<u8> {
    let extensions = [&[0, 14, 0, 5, 0, 2, 0, profile, 0][..]].concat();
    let hello = [&[0xfe, 0xfd][..], &[7; 32], &[0], &[0xc0, 0x2b, 0], &[0, 9], &extensions].concat();
    let length = [0, 0, u8::try_from(hello.len()).unwrap()];
    record(22, 0, &[&[2][..], &length, &[0, 0], &[0, 0, 0], &length, &hello].concat())
}

fn play(script: &[(Dir, &[u8])]) -> PlainRow {
    let mut all = play_datagrams((PROTOCOL.conversation)().as_mut(), 3478, script)
        .remove("stun")
        .unwrap_or_default();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn a_visit_shows_that_what_is_said_is_encrypted() {
    let ask = stun(1, &[attribute(6, b"Erika:4711"), attribute(0x25, b""), attribute(8, &[0; 20])]);
    let answer = stun(1 | SUCCESS, &[attribute(0x20, &mixed())]);
    let (hello, done, chat) = (server_hello(7), record(22, 1, &[1; 40]), record(23, 1, b"Erika Mustermann"));
    let media = [&[0x80, 111][..], &[0; 30]].concat();
    let script: [(Dir, &[u8]); 8] = [
        (Orig, &ask),
        (Resp, &answer),
        (Resp, &hello),
        (Orig, &done),
        (Resp, &done),
        (Orig, &chat),
        (Orig, &media),
        (Resp, &media),
    ];
    let row = play(&script);
    let expected = [
        ("methods", "[binding]"),
        ("requests", "1"),
        ("successes", "1"),
        ("integrity", "true"),
        ("nominated", "true"),
        ("mapped_h", "10.0.0.7"),
        ("mapped_p", "4660"),
        ("dtls_version", "DTLSv12"),
        ("dtls_cipher", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("srtp_profile", "SRTP_AEAD_AES_128_GCM"),
        ("dtls_established", "true"),
        ("orig_media_pkts", "1"),
        ("resp_media_pkts", "1"),
        ("media_bytes", "64"),
        ("data_records", "1"),
        ("media_encrypted", "true"),
        ("partial", "false"),
        ("malformed", "-"),
    ];
    told(&row, &expected);
    assert!(row["username"].starts_with("k1:"));
    let text = format!("{row:?}").to_lowercase();
    assert!(!text.contains("erika") && !text.contains("4711"));
}

#[test]
fn media_without_keys_is_told_as_what_it_is() {
    let ask = stun(1, &[]);
    let media = [&[0x80, 0][..], &[0; 30]].concat();
    told(
        &play(&[(Orig, &ask), (Orig, &media)]),
        &[("orig_media_pkts", "1"), ("media_encrypted", "-"), ("dtls_established", "-")],
    );
    let signed = server_hello(5);
    told(
        &play(&[(Orig, &ask), (Resp, &signed), (Orig, &media)]),
        &[
            ("srtp_profile", "SRTP_NULL_HMAC_SHA1_80"),
            ("media_encrypted", "false"),
            ("dtls_established", "false"),
        ],
    );
    let unknown = server_hello(99);
    told(
        &play(&[(Orig, &ask), (Resp, &unknown)]),
        &[("srtp_profile", "unknown-99"), ("media_encrypted", "-")],
    );
}

#[test]
fn media_before_the_keys_are_not_encrypted_with_them() {
    let (ask, hello) = (stun(1, &[]), server_hello(7));
    let media = [&[0x80, 111][..], &[0; 30]].concat();
    let row = play(&[(Orig, &ask), (Orig, &media), (Resp, &hello), (Orig, &media)]);
    told(&row, &[("orig_media_pkts", "2"), ("media_encrypted", "false")]);
}

#[test]
fn a_relay_tells_where_it_answers_and_who_was_refused() {
    let code = |code: [u8; 2]| attribute(9, &[&[0, 0][..], &code, b"Erika may not"].concat());
    let plain = stun(ALLOCATE, &[]);
    let asked = stun(
        ALLOCATE,
        &[
            attribute(6, b"zztest"),
            attribute(0x14, b"relay.hospital.test"),
            attribute(8, &[0; 20]),
        ],
    );
    let wanted = stun(ALLOCATE | ERROR, &[code([4, 1]), attribute(0x8022, b"Coturn-4.6.1 'Erika'")]);
    let given = stun(ALLOCATE | SUCCESS, &[attribute(0x16, &mixed())]);
    let hello = server_hello(1);
    let channel = [&[0x40, 1][..], &u16::try_from(hello.len()).unwrap().to_be_bytes(), &hello].concat();
    let data = stun(
        0x0016,
        &[attribute(0x12, &mixed()), attribute(0x13, &[&[0x80, 111][..], &[0; 10]].concat())],
    );
    let script: [(Dir, &[u8]); 9] = [
        (Orig, &plain),
        (Resp, &wanted),
        (Orig, &asked),
        (Resp, &wanted),
        (Orig, &asked),
        (Resp, &given),
        (Resp, &channel),
        (Orig, &data),
        (Resp, &stun(ALLOCATE | ERROR, &[code([4, 86])])),
    ];
    let row = play(&script);
    let expected = [
        ("methods", "[allocate, send]"),
        ("requests", "3"),
        ("errors", "3"),
        ("indications", "1"),
        ("error_code", "486"),
        ("logins_refused", "1"),
        ("server_software", "Coturn-4.6.1"),
        ("realm", "relay.hospital.test"),
        ("relayed_h", "10.0.0.7"),
        ("peer_p", "4660"),
        ("peers", "1"),
        ("dtls_version", "DTLSv12"),
        ("orig_media_pkts", "1"),
        ("media_encrypted", "true"),
    ];
    told(&row, &expected);
    assert!(!format!("{row:?}").contains("Erika"));
}

#[test]
fn cut_anywhere_it_is_none_and_what_is_broken_is_told() {
    let ask = stun(1, &[attribute(6, b"abcd:efgh")]);
    assert_eq!((PROTOCOL.probe)(40_000, &ask), Probe::Certain);
    for kept in 0..ask.len() {
        assert_eq!((PROTOCOL.probe)(40_000, &ask[..kept]), Probe::Never);
        let malformed = if kept < 8 { "-" } else { "message" };
        told(
            &play(&[(Orig, &ask), (Orig, &ask[..kept])]),
            &[("requests", "1"), ("malformed", malformed)],
        );
    }
    let hello = server_hello(7);
    for kept in 1..hello.len() {
        told(
            &play(&[(Orig, &ask), (Orig, &hello[..kept])]),
            &[("dtls_version", "-"), ("malformed", "record")],
        );
    }
    let mut lying = ask.clone();
    lying[23] = 200;
    assert_eq!((PROTOCOL.probe)(40_000, &lying), Probe::Never);
    told(
        &play(&[(Orig, &ask), (Orig, &lying)]),
        &[("requests", "2"), ("malformed", "message")],
    );
}

#[test]
fn methods_and_peers_are_bounded() {
    let peer = |n: u8| stun(0x0016, &[attribute(0x12, &[0, 1, n, 1, 1, 1, 1, 1])]);
    let odd = |n: u16| stun(0x0020 + (n & 15) + ((n & 0x70) << 1), &[]);
    let all: Vec<_> = (0..=255).map(peer).chain((0..128).map(odd)).collect();
    let script: Vec<(Dir, &[u8])> = all.iter().map(|said| (Orig, said.as_slice())).collect();
    let row = play(&script);
    told(&row, &[("peers", "64")]);
    assert!(row["methods"].matches(',').count() < crate::limits::STUN_METHODS);
}
