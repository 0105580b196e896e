use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::Probe;
use crate::testing::{play, PlainRow};

/// UUIDs as they stand in messages of little-endian senders.
const SVCCTL: [u8; 16] = *b"\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03";
const NETLOGON: [u8; 16] = *b"\x78\x56\x34\x12\x34\x12\xcd\xab\xef\x00\x01\x23\x45\x67\xcf\xfb";
const NDR: [u8; 16] = *b"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60";

fn pdu(kind: u8, call: u8, body: &[u8], auth: &[u8]) -> Vec<u8> {
    let length = u16::try_from(16 + body.len() + auth.len()).unwrap().to_le_bytes();
    let proof = u16::try_from(auth.len().saturating_sub(8)).unwrap().to_le_bytes();
    [&[5, 0, kind, 3, 0x10, 0, 0, 0][..], &length, &proof, &[call, 0, 0, 0], body, auth].concat()
}

fn bind(call: u8, interfaces: &[[u8; 16]], auth: &[u8]) -> Vec<u8> {
    let mut body = vec![0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, u8::try_from(interfaces.len()).unwrap(), 0, 0, 0];
    for (id, interface) in interfaces.iter().enumerate() {
        body.extend([u8::try_from(id).unwrap(), 0, 1, 0]);
        body.extend(interface);
        body.extend([2, 0, 0, 0]);
        body.extend(NDR);
        body.extend([2, 0, 0, 0]);
    }
    pdu(11, call, &body, auth)
}

/// `results`: 0 and 0 for what is taken, else result and reason.
fn taken(call: u8, results: &[(u8, u8)]) -> Vec<u8> {
    let mut body = vec![0xb8, 0x10, 0xb8, 0x10, 1, 0, 0, 0, 4, 0];
    body.extend(b"135\0\0\0");
    body.extend([u8::try_from(results.len()).unwrap(), 0, 0, 0]);
    for (result, reason) in results {
        body.extend([*result, 0, *reason, 0]);
        body.extend([0; 20]);
    }
    pdu(12, call, &body, &[])
}

fn request(call: u8, context: u8, opnum: u8, arguments: &[u8]) -> Vec<u8> {
    pdu(0, call, &[&[0, 0, 0, 0, context, 0, opnum, 0][..], arguments].concat(), &[])
}

fn response(call: u8) -> Vec<u8> {
    pdu(2, call, &[0; 32], &[])
}

fn fault(call: u8, status: u32) -> Vec<u8> {
    pdu(3, call, &[&[0; 8][..], &status.to_le_bytes(), &[0; 4]].concat(), &[])
}

/// Kerberos, privacy.
const SEALED: &[u8] = &[16, 6, 0, 0, 1, 0, 0, 0, 0x60, 0x82, 1, 2];

const COLUMNS: &[&str] = &[
    "endpoint",
    "operation",
    "opnum",
    "calls",
    "auth_type",
    "auth_level",
    "sealed",
    "fault",
    "refused",
    "marks",
    "partial",
    "malformed",
];

fn told(script: &[(Dir, &[u8])]) -> Vec<String> {
    let of = |row: &PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
    let cut = |n| -> Vec<String> {
        let rows = play((PROTOCOL.session)().as_mut(), script, n).remove("dce_rpc").unwrap_or_default();
        assert!(rows.iter().all(|row| row["carried_by"] == "tcp" && row["named_pipe"] == "-"));
        rows.iter().map(of).collect()
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

#[test]
fn calls_of_a_kind_are_two_rows() {
    let opened = (Orig, &request(2, 0, 15, &[0; 40])[..]);
    let answered = (Resp, &response(2)[..]);
    let rows = told(&[
        (Orig, &bind(1, &[SVCCTL], &[])),
        (Resp, &taken(1, &[(0, 0)])),
        opened,
        answered,
        (Orig, &request(3, 0, 12, &[0; 900])),
        (Resp, &response(3)),
        opened,
        answered,
        opened,
        answered,
        (Orig, &request(4, 0, 12, &[])),
        (Resp, &fault(4, 5)),
        (Orig, &request(5, 0, 99, &[])),
    ]);
    let whole = [
        "svcctl OpenSCManagerW 15 1 none none false - - [] false -",
        "svcctl CreateServiceW 12 1 none none false - - [] false -",
        "svcctl CreateServiceW 12 1 none none false 5 - [] false -",
        "svcctl {} 99 1 none none false - - [] true -",
        "svcctl OpenSCManagerW 15 2 none none false - - [] false -",
    ];
    assert_eq!(rows, whole);
}

#[test]
fn what_is_sealed_and_what_is_refused() {
    let rows = told(&[
        (Orig, &bind(1, &[SVCCTL, *b"ErikaMustermann0"], SEALED)),
        (Resp, &taken(1, &[(0, 0), (2, 1)])),
        (Orig, &request(2, 0, 12, &[9; 40])),
        (Resp, &response(2)),
    ]);
    let whole = [
        "{} - - - kerberos privacy true - abstract_syntax [] false -",
        "svcctl CreateServiceW 12 1 kerberos privacy true - - [] false -",
    ];
    assert_eq!(rows, whole);
    let rows = told(&[(Orig, &bind(1, &[SVCCTL], &[])), (Resp, &pdu(13, 1, &[8, 0, 1, 5, 0], &[]))]);
    assert_eq!(rows, ["svcctl - - - none none false - authentication [] false -"]);
}

/// A name as NDR writes it: room, offset, length, characters.
fn text(name: &str) -> Vec<u8> {
    let length = u32::try_from(name.len()).unwrap().to_le_bytes();
    let chars: Vec<u8> = name.bytes().flat_map(|b| [b, 0]).collect();
    [&length[..], &[0; 4], &length, &chars].concat()
}

#[test]
fn eight_zeros_where_a_secure_channel_begins() {
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let server = padded([vec![1, 0, 2, 0], text("\\\\DC1\0")].concat());
    let challenge = |chosen: [u8; 8]| [server.clone(), text("WS7\0"), chosen.to_vec()].concat();
    let account = padded([server.clone(), text("DC1$\0"), vec![6, 0]].concat());
    let credential = |chosen: [u8; 8]| [account.clone(), text("WS7\0"), chosen.to_vec(), vec![0xff; 6]].concat();
    let rows = told(&[
        (Orig, &bind(1, &[NETLOGON], &[])),
        (Resp, &taken(1, &[(0, 0)])),
        (Orig, &request(2, 0, 4, &challenge([0; 8]))),
        (Resp, &response(2)),
        (Orig, &request(3, 0, 26, &credential([0; 8]))),
        (Resp, &response(3)),
        (Orig, &request(4, 0, 4, &challenge([0, 0, 0, 0, 0, 0, 0, 1]))),
        (Resp, &response(4)),
        (Orig, &request(5, 0, 26, &credential([7; 8]))),
        (Resp, &response(5)),
        (Orig, &request(6, 0, 4, &[0xff; 40])),
        (Resp, &response(6)),
    ]);
    let whole = [
        "netlogon NetrServerReqChallenge 4 1 none none false - - [null-client-challenge] false -",
        "netlogon NetrServerAuthenticate3 26 1 none none false - - [null-client-credential] false -",
        "netlogon NetrServerReqChallenge 4 1 none none false - - [] false -",
        "netlogon NetrServerAuthenticate3 26 1 none none false - - [] false -",
        "netlogon NetrServerReqChallenge 4 1 none none false - - [] false -",
    ];
    assert_eq!(rows, whole);
}

#[test]
fn a_flood_of_calls_is_bounded() {
    let (ask, answer) = (bind(1, &[SVCCTL], &[]), taken(1, &[(0, 0)]));
    let calls: Vec<(Vec<u8>, Vec<u8>)> = (0..=255).map(|n| (request(n, 0, n, &[]), response(n))).collect();
    let mut script: Vec<(Dir, &[u8])> = vec![(Orig, &ask), (Resp, &answer)];
    for _ in 0..8 {
        script.extend(
            calls
                .iter()
                .take(32)
                .flat_map(|(ask, answer)| [(Orig, &ask[..]), (Resp, &answer[..])]),
        );
    }
    let rows = told(&script);
    assert_eq!(rows.len(), 64);
    let again: Vec<(Dir, &[u8])> = std::iter::repeat_n((Orig, &calls[3].0[..]), 200).collect();
    let rows = told(&again);
    assert_eq!(rows, ["- - 3 1 - - - - - [] true -", "- - 3 199 - - - - - [] true -"]);
    let unanswered: Vec<(Dir, &[u8])> = calls.iter().map(|(ask, _)| (Orig, &ask[..])).collect();
    let rows = told(&unanswered);
    assert_eq!(rows.len(), 256);
    assert!(rows.iter().all(|row| row.starts_with("- - ") && row.ends_with("true -")));
}

#[test]
fn calls_beyond_the_rows_there_may_be_are_one() {
    let (ask, answer) = (bind(1, &[SVCCTL], &[]), taken(1, &[(0, 0)]));
    let calls: Vec<(Vec<u8>, Vec<u8>)> = (0..65).map(|n| (request(n, 0, n, &[]), response(n))).collect();
    let mut script: Vec<(Dir, &[u8])> = vec![(Orig, &ask), (Resp, &answer)];
    for _ in 0..20 {
        script.extend(calls.iter().flat_map(|(ask, answer)| [(Orig, &ask[..]), (Resp, &answer[..])]));
    }
    let rows = told(&script);
    assert_eq!(rows.len(), crate::limits::DCE_RPC_ROWS + 1);
    assert_eq!(rows.last().unwrap(), "- - - 276 none none false - - [] true -");
}

#[test]
fn what_is_added_without_proof_is_as_sealed_as_the_rest() {
    let (mut added, mut answer) = (bind(3, &[NETLOGON], &[]), taken(3, &[(0, 0)]));
    (added[2], answer[2]) = (14, 15);
    let rows = told(&[
        (Orig, &bind(1, &[SVCCTL], SEALED)),
        (Resp, &taken(1, &[(0, 0)])),
        (Orig, &added),
        (Resp, &answer),
        (Orig, &request(4, 0, 3, &[9; 40])),
        (Resp, &response(4)),
    ]);
    assert!(rows[0].ends_with("1 kerberos privacy true - - [] false -"), "{rows:?}");
}

#[test]
fn what_is_no_message_is_malformed() {
    let rows = told(&[(Orig, &bind(1, &[SVCCTL], &[])), (Orig, b"GET / HTTP/1.1\r\n\r\n")]);
    assert_eq!(rows, ["- - - - - - - - - [] true head"]);
    let mut short = bind(1, &[SVCCTL], &[]);
    short[24] = 9;
    assert_eq!(told(&[(Orig, &short)]), ["- - - - - - - - - [] true bind"]);
}

#[test]
fn heads_are_known_and_nothing_else_is() {
    let probe = |bytes: &[u8]| (PROTOCOL.probe)(Orig, bytes);
    let whole = bind(1, &[SVCCTL], &[]);
    assert_eq!(probe(&whole), Probe::Certain);
    assert_eq!(probe(&request(7, 0, 3, &[0; 4])), Probe::Certain);
    assert_eq!(probe(&whole[..15]), Probe::Unsure);
    assert_eq!(probe(b"\x05\x01"), Probe::Unsure);
    for other in [
        &b"\x05\x02\x00\x02"[..],
        b"\x05\x01\x00\x01\x03\x0bexample.com",
        b"\x04\x00\x0b",
        &[5; 40],
    ] {
        assert_eq!(probe(other), Probe::Never, "{other:?}");
    }
}

/// What goes through a pipe comes in pieces as its client likes.
#[test]
fn a_pipe_gives_the_same_however_it_is_cut() {
    let script = [bind(1, &[SVCCTL], &[]), request(2, 0, 12, &[3; 700])];
    let answers = [taken(1, &[(0, 0)]), response(2)];
    let played = |cut: usize| {
        let (mut out, mut identity) = (crate::testing::output(), crate::testing::identity(445, 6));
        let mut pipe = Pipe::new(Some("svcctl"));
        let mut cx = crate::context::Context {
            ts: 5,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        };
        let mut at = 0;
        for (ask, answer) in script.iter().zip(&answers) {
            for (dir, bytes) in [(Orig, ask), (Resp, answer)] {
                for part in bytes.chunks(cut) {
                    pipe.heard(part, true, Begun { ts: 5, dir, at }, &mut cx);
                    at += part.len() as u64;
                }
            }
        }
        pipe.end(true, &mut cx);
        crate::testing::rows(&mut out).remove("dce_rpc").unwrap()
    };
    let whole = played(10_000);
    assert_eq!(whole.len(), 1);
    assert_eq!(
        (whole[0]["named_pipe"].as_str(), whole[0]["operation"].as_str()),
        ("svcctl", "CreateServiceW")
    );
    for cut in [1, 7, 16, 100] {
        assert_eq!(played(cut), whole);
    }
}
