use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, &inside].concat()
}

fn message(id: u8, operation: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &[&tlv(2, &[&[id]]), &tlv(operation, parts)])
}

fn bind(id: u8, name: &[u8], choice: u8, inside: &[u8]) -> Vec<u8> {
    message(id, 0x60, &[&tlv(2, &[&[3]]), &tlv(4, &[name]), &tlv(choice, &[inside])])
}

fn result(id: u8, operation: u8, code: u8) -> Vec<u8> {
    message(id, operation, &[&tlv(10, &[&[code]]), &tlv(4, &[]), &tlv(4, &[b"Erika"])])
}

fn search(id: u8) -> Vec<u8> {
    message(id, 0x63, &[&tlv(4, &[b"dc=klinik"]), &tlv(10, &[&[2]]), &tlv(10, &[&[0]])])
}

const COLUMNS: &[&str] = &[
    "message_id",
    "opcode",
    "auth",
    "mechanism",
    "password_seen",
    "result",
    "searches",
    "sealed",
    "marks",
    "partial",
    "malformed",
];

fn told(script: &[(Dir, &[u8])]) -> Vec<String> {
    let of = |row: &PlainRow| COLUMNS.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ");
    let cut = |n| -> Vec<String> {
        let rows = play((PROTOCOL.session)().as_mut(), script, n).remove("ldap").unwrap_or_default();
        rows.iter().map(of).collect()
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

#[test]
fn binds_and_searches() {
    let rows = told(&[
        (Orig, &bind(1, b"", 0x80, b"")),
        (Resp, &result(1, 0x61, 0)),
        (Orig, &bind(2, b"cn=zztest,dc=klinik", 0x80, b"zzsecret")),
        (Resp, &result(2, 0x61, 49)),
        (Orig, &bind(3, b"cn=admin,dc=klinik", 0x80, b"admin")),
        (Resp, &result(3, 0x61, 0)),
        (Orig, &search(4)),
        (Resp, &message(4, 0x64, &[&tlv(4, &[&[b'x'; 3000]]), &tlv(0x30, &[])])),
        (Resp, &result(4, 0x65, 0)),
        (Orig, &search(5)),
        (Orig, &bind(6, b"cn=zz", 0x80, b"")),
    ]);
    let whole = [
        "1 bind anonymous - false success - - [] false -",
        "2 bind simple - true invalidCredentials - - [] false -",
        "3 bind simple - true success - - [default-credentials] false -",
        "6 bind unauthenticated - false - - - [] true -",
        "- search - - - - 2 false [] false -",
    ];
    assert_eq!(rows, whole);
}

#[test]
fn names_are_pseudonyms() {
    let script: &[(Dir, &[u8])] = &[(Orig, &bind(2, b"cn=Erika", 0x80, b"zz")), (Resp, &result(2, 0x61, 0))];
    let rows = play((PROTOCOL.session)().as_mut(), script, 1500).remove("ldap").unwrap();
    assert!(rows[0]["object"].starts_with("k1:"));
    assert_eq!(rows[0]["version"], "3");
}

#[test]
fn sasl_and_what_is_sealed_behind_it() {
    let spnego = [tlv(4, &[b"GSS-SPNEGO"]), tlv(4, &[b"\x60\x82"])].concat();
    let plain = [tlv(4, &[b"PLAIN"]), tlv(4, &[b"\0zz\0zz"])].concat();
    let rows = told(&[
        (Orig, &bind(1, b"", 0xa3, &plain)),
        (Resp, &result(1, 0x61, 7)),
        (Orig, &bind(2, b"", 0xa3, &spnego)),
        (Resp, &result(2, 0x61, 14)),
        (Orig, &bind(3, b"", 0xa3, &spnego)),
        (Resp, &result(3, 0x61, 0)),
        (Orig, b"\0\0\x01\x02sealed"),
        (Resp, b"\0\0\x01\x02sealed"),
        (Orig, &search(9)),
    ]);
    let whole = [
        "1 bind sasl PLAIN true authMethodNotSupported - - [] false -",
        "2 bind sasl GSS-SPNEGO false saslBindInProgress - - [] false -",
        "3 bind sasl GSS-SPNEGO false success - - [] false -",
        "- search - - - - 0 true [] false -",
    ];
    assert_eq!(rows, whole);
}

#[test]
fn tls_ends_what_is_seen_and_other_bytes_are_malformed() {
    let asks = message(1, 0x77, &[&tlv(0x80, &[b"1.3.6.1.4.1.1466.20037"])]);
    let script: &[(Dir, &[u8])] = &[(Orig, &asks), (Resp, &result(1, 0x78, 0))];
    assert_eq!(told(script), ["1 starttls - - - success - - [] false -"]);
    let script: &[(Dir, &[u8])] = &[(Orig, &asks), (Resp, &result(1, 0x78, 2)), (Orig, b"\x16\x03\x01")];
    assert_eq!(told(script)[0], "1 starttls - - - protocolError - - [] false -");
    assert!(told(script)[1].ends_with("message"));
}
