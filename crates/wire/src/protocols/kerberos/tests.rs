use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, play_datagrams, PlainRow};

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, &inside].concat()
}

/// As a KDC's peers write it where it is short: what the probe sees.
fn head(kind: u8, first: u8) -> Vec<u8> {
    vec![0xa0 | first, 3, 2, 1, 5, 0xa1 + first, 3, 2, 1, kind]
}

fn field(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(0xa0 | number, parts)
}

fn int(value: i32) -> Vec<u8> {
    tlv(2, &[&value.to_be_bytes()])
}

fn text(value: &[u8]) -> Vec<u8> {
    tlv(0x1b, &[value])
}

fn name(parts: &[&[u8]]) -> Vec<u8> {
    let parts: Vec<u8> = parts.iter().flat_map(|part| text(part)).collect();
    tlv(0x30, &[&field(0, &[&int(2)]), &field(1, &[&tlv(0x30, &[&parts])])])
}

fn encrypted(cipher: i32) -> Vec<u8> {
    tlv(0x30, &[&field(0, &[&int(cipher)]), &field(2, &[&tlv(4, &[b"sealed"])])])
}

fn ticket(cipher: i32) -> Vec<u8> {
    let inside = [
        field(0, &[&int(5)]),
        field(1, &[&text(b"KLINIK.TEST")]),
        field(2, &[&name(&[b"krbtgt", b"KLINIK.TEST"])]),
    ]
    .concat();
    tlv(0x61, &[&tlv(0x30, &[&inside, &field(3, &[&encrypted(cipher)])])])
}

const REALM: &[u8] = b"KLINIK.TEST";

/// `kind` 10 or 12; the client's name only if there is one.
fn request(kind: u8, nonce: i32, client: Option<&[u8]>, service: &[&[u8]], data: &[Vec<u8>]) -> Vec<u8> {
    let list = tlv(0x30, &[&[int(18), int(23), int(-135)].concat()]);
    let address = tlv(0x30, &[&field(0, &[&int(20)]), &field(1, &[&tlv(4, &[b"ZZWS7           "])])]);
    let body = [
        field(0, &[&tlv(3, &[&[0, 0x40, 0x80, 0, 0x10]])]),
        client.map(|client| field(1, &[&name(&[client])])).unwrap_or_default(),
        field(2, &[&text(REALM)]),
        field(3, &[&name(service)]),
        field(5, &[&tlv(0x18, &[b"20370913024805Z"])]),
        field(7, &[&int(nonce)]),
        field(8, &[&list]),
        field(9, &[&tlv(0x30, &[&address])]),
    ];
    let data = tlv(0x30, &[&data.concat()]);
    let inside = [head(kind, 1), field(3, &[&data]), field(4, &[&tlv(0x30, &[&body.concat()])])].concat();
    tlv(0x60 | kind, &[&tlv(0x30, &[&inside])])
}

fn pa(kind: i32, value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&field(1, &[&int(kind)]), &field(2, &[&tlv(4, &[value])])])
}

/// PA-TGS-REQ with a ticket of that cipher.
fn tgt(cipher: i32) -> Vec<u8> {
    let inside = [field(0, &[&int(5)]), field(1, &[&int(14)]), field(3, &[&ticket(cipher)])].concat();
    pa(1, &tlv(0x6e, &[&tlv(0x30, &[&inside])]))
}

fn reply(kind: u8, client: &[u8], given: i32, cipher: i32) -> Vec<u8> {
    let inside = [
        head(kind, 0),
        field(3, &[&text(REALM)]),
        field(4, &[&name(&[client])]),
        field(5, &[&ticket(given)]),
        field(6, &[&encrypted(cipher)]),
    ];
    tlv(0x60 | kind, &[&tlv(0x30, &[&inside.concat()])])
}

fn error(code: i32) -> Vec<u8> {
    let inside = [
        head(30, 0),
        field(6, &[&int(code)]),
        field(9, &[&text(REALM)]),
        field(10, &[&name(&[b"krbtgt", REALM])]),
        field(11, &[&text(b"Erika Mustermann is locked out")]),
    ];
    tlv(0x7e, &[&tlv(0x30, &[&inside.concat()])])
}

const COLUMNS: &[&str] = &[
    "request_type",
    "hostname",
    "service",
    "service_host",
    "realm",
    "success",
    "error_msg",
    "cipher",
    "reply_cipher",
    "presented_cipher",
    "pa_types",
    "preauthenticated",
    "partial",
    "malformed",
];

fn plain(row: &PlainRow) -> String {
    COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ")
}

/// The same over UDP and, cut in two ways, over TCP.
fn told(script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    let framed: Vec<(Dir, Vec<u8>)> = script
        .iter()
        .map(|(dir, bytes)| (*dir, [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()))
        .collect();
    let framed: Vec<(Dir, &[u8])> = framed.iter().map(|(dir, bytes)| (*dir, &bytes[..])).collect();
    let streamed = |cut: usize| {
        play((PROTOCOL.session)().as_mut(), &framed, cut)
            .remove("kerberos")
            .unwrap_or_default()
    };
    let datagrams = play_datagrams((OVER_UDP.conversation)().as_mut(), 88, script)
        .remove("kerberos")
        .unwrap_or_default();
    let of = |rows: &[PlainRow]| rows.iter().map(plain).collect::<Vec<_>>();
    assert_eq!(of(&streamed(1)), of(&datagrams));
    assert_eq!(of(&streamed(1500)), of(&datagrams));
    datagrams
}

#[test]
fn a_client_is_refused_then_proves_itself_then_asks_for_a_service() {
    let krbtgt: &[&[u8]] = &[b"krbtgt", REALM];
    let first = request(10, 7, Some(b"zztest"), krbtgt, &[pa(128, b"")]);
    let rows = told(&[
        (Orig, &first),
        (Orig, &first),
        (Resp, &error(25)),
        (Orig, &request(10, 8, Some(b"zztest"), krbtgt, &[pa(2, b"x"), pa(128, b"")])),
        (Resp, &reply(11, b"zztest", 18, 18)),
        (
            Orig,
            &request(
                12,
                9,
                None,
                &[b"MSSQLSvc", b"sql1.klinik.test:1433"],
                &[tgt(23), pa(129, b""), pa(99, b"")],
            ),
        ),
        (Resp, &reply(13, b"zztest", 23, 18)),
        (Orig, &request(12, 10, None, &[b"Erika", b"19640812"], &[tgt(18)])),
    ]);
    let whole = [
        "AS zzws7 krbtgt - klinik.test false KDC_ERR_PREAUTH_REQUIRED - - - [PA-PAC-REQUEST] false false -",
        "AS zzws7 krbtgt - klinik.test true - aes256-cts-hmac-sha1-96 aes256-cts-hmac-sha1-96 - [PA-ENC-TIMESTAMP, PA-PAC-REQUEST] true false -",
        "TGS zzws7 MSSQLSvc sql1.klinik.test klinik.test true - rc4-hmac aes256-cts-hmac-sha1-96 rc4-hmac [PA-TGS-REQ, PA-FOR-USER, 99] - false -",
        "TGS zzws7 {} 19640812 klinik.test - - - - aes256-cts-hmac-sha1-96 [PA-TGS-REQ] - true -",
    ];
    assert_eq!(rows.iter().map(plain).collect::<Vec<_>>()[..3], whole[..3]);
    assert_eq!(
        (rows[0]["client"].as_str(), rows[2]["client"].as_str()),
        (rows[1]["client"].as_str(), rows[1]["client"].as_str())
    );
    assert!(rows[0]["client"].starts_with("k1:") && rows[2]["service_name"].starts_with("k1:"));
    assert_ne!(rows[2]["service_name"], rows[3]["service_name"]);
    assert_eq!(rows[0]["offered"], "[aes256-cts-hmac-sha1-96, rc4-hmac, -135]");
    assert_eq!(rows[0]["options"], "[forwardable, renewable, renewable-ok]");
    assert_eq!((rows[0]["forwardable"].as_str(), rows[0]["renewable"].as_str()), ("true", "true"));
    assert_eq!((rows[0]["till"].as_str(), rows[0]["from"].as_str()), ("2136422885000000", "-"));
    assert!(rows[3]["service"] == "{}" && rows[3]["partial"] == "true");
}

#[test]
fn machines_by_their_accounts() {
    let rows = told(&[
        (Orig, &request(10, 1, Some(b"ZZCT01$"), &[b"krbtgt", REALM], &[])),
        (Resp, &reply(11, b"ZZCT01$", 18, 23)),
        (Orig, &request(12, 2, None, &[b"ZZPACS$"], &[tgt(18)])),
        (Resp, &error(7)),
    ]);
    assert!(plain(&rows[0]).starts_with("AS zzct01 krbtgt - klinik.test true - aes256-cts-hmac-sha1-96 rc4-hmac - [] false false"));
    assert!(plain(&rows[1]).starts_with("TGS zzws7 - zzpacs klinik.test false KDC_ERR_S_PRINCIPAL_UNKNOWN"));
}

#[test]
fn answers_without_their_questions() {
    let rows = told(&[(Resp, &error(6)), (Resp, &reply(13, b"zztest", 17, 17))]);
    assert!(plain(&rows[0]).starts_with("- - krbtgt - klinik.test false KDC_ERR_C_PRINCIPAL_UNKNOWN"));
    assert!(plain(&rows[1]).starts_with("TGS - - - - true - aes128-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96"));
    assert!(rows.iter().all(|row| row["partial"] == "true"));
}

#[test]
fn what_is_no_message_is_malformed_and_a_length_that_lies_ends_it() {
    let rows = told(&[
        (Orig, &request(10, 1, None, &[b"krbtgt", REALM], &[])),
        (Resp, b"\x6f\x03abc"),
        (Resp, b"\x30\x00"),
    ]);
    assert_eq!(rows.iter().filter(|row| row["malformed"] == "message").count(), 1);
    let script: &[(Dir, &[u8])] = &[(Orig, b"\x00\x10\x00\x00\x6a\x81"), (Orig, b"more")];
    let rows = play((PROTOCOL.session)().as_mut(), script, 1500).remove("kerberos").unwrap();
    assert_eq!((rows.len(), rows[0]["malformed"].as_str()), (1, "length"));
}

#[test]
fn what_waits_is_bounded() {
    let asked: Vec<Vec<u8>> = (0..100).map(|n| request(10, n, None, &[b"krbtgt", REALM], &[])).collect();
    let script: Vec<(Dir, &[u8])> = asked.iter().map(|bytes| (Orig, &bytes[..])).collect();
    assert_eq!(told(&script).len(), 100);
    let long: Vec<Vec<u8>> = (0..300).map(|n| pa(n, b"")).collect();
    let rows = told(&[(Orig, &request(10, 1, None, &[b"krbtgt", REALM], &long))]);
    assert_eq!(rows[0]["pa_types"].matches(", ").count(), 31);
}
