//! Authentications inside what carries them, whole, cut and broken.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use super::fields;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::{http, smb, Protocol};
use crate::testing::{play, PlainRow};

const UNICODE: u32 = 1;
const SIGN: u32 = 0x10;
const ESS: u32 = 0x0008_0000;
const VERSION: u32 = 0x0200_0000;
const WINDOWS_11: [u8; 8] = [10, 0, 0x5d, 0x58, 0, 0, 0, 15];

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn negotiate() -> Vec<u8> {
    [b"NTLMSSP\0\x01\0\0\0", &VERSION.to_le_bytes()[..], &[0; 16], &WINDOWS_11].concat()
}

fn challenge(nb: &str, dns: &str) -> Vec<u8> {
    let pair = |id: u16, text: &str| {
        let text = wide(text);
        [&id.to_le_bytes()[..], &u16::try_from(text.len()).unwrap().to_le_bytes(), &text].concat()
    };
    let pairs = [pair(2, "ERIKA"), pair(1, nb), pair(3, dns), pair(0, "")].concat();
    let length = u16::try_from(pairs.len()).unwrap().to_le_bytes();
    let head = [b"NTLMSSP\0\x02\0\0\0", &[0; 8][..], &VERSION.to_le_bytes(), &[9; 8], &[0; 8]].concat();
    [
        &head[..],
        &length,
        &length,
        &56u32.to_le_bytes(),
        &[10, 0, 0x63, 0x45, 0, 0, 0, 15],
        &pairs,
    ]
    .concat()
}

/// Who, on which machine, and the two answers.
fn authenticate(who: [&str; 3], lm: &[u8], nt: &[u8], flags: u32) -> Vec<u8> {
    let texts = who.map(wide);
    let parts: [&[u8]; 6] = [lm, nt, &texts[0], &texts[1], &texts[2], &[]];
    let (mut head, mut at) = (b"NTLMSSP\0\x03\0\0\0".to_vec(), 72);
    for part in parts {
        let length = u16::try_from(part.len()).unwrap().to_le_bytes();
        head.extend([length, length].concat());
        head.extend(u32::try_from(at).unwrap().to_le_bytes());
        at += part.len();
    }
    head.extend((flags | UNICODE | SIGN | VERSION).to_le_bytes());
    [head, WINDOWS_11.to_vec(), parts.concat()].concat()
}

const ERIKA: [&str; 3] = ["HOSPITAL", "erika.mustermann", "ZZTEST-WS7"];

fn rows(protocol: &Protocol, script: &[(Dir, Vec<u8>)], cut: usize) -> Vec<PlainRow> {
    let pieces: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    let mut rows = play((protocol.session)().as_mut(), &pieces, cut).remove("ntlm").unwrap_or_default();
    rows.iter_mut().for_each(|row| drop(row.remove("ts")));
    rows
}

/// The row of one authentication, however it is cut; wherever it ends, there is one at the most, and it is partial.
fn row(protocol: &Protocol, script: &[(Dir, Vec<u8>)]) -> PlainRow {
    let whole = rows(protocol, script, usize::MAX);
    for cut in [1, 7] {
        assert_eq!(rows(protocol, script, cut), whole, "cut {cut}");
    }
    for (end, (dir, last)) in script.iter().enumerate() {
        for length in 0..last.len() {
            let short = [&script[..end], &[(*dir, last[..length].to_vec())]].concat();
            let shown = rows(protocol, &short, usize::MAX);
            assert!(shown.len() <= 1, "{end} {length}");
        }
        let shown = rows(protocol, &script[..end], usize::MAX);
        assert!(shown.iter().all(|row| row["partial"] == "true"), "{end}: {shown:?}");
    }
    assert_eq!(whole.len(), 1);
    let text = format!("{whole:?}").to_lowercase();
    assert!(!text.contains("erika") && !text.contains("090909"), "{text}");
    whole.into_iter().next().unwrap()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

/// A SESSION_SETUP of SMB2: status, message and session, and a token where it stands in this direction.
fn setup(dir: Dir, status: u32, (message, session): (u64, u64), token: &[u8]) -> (Dir, Vec<u8>) {
    let mut head = b"\xfeSMB\x40\0\0\0".to_vec();
    head.extend(status.to_le_bytes());
    head.extend([1, 0, 1, 0]);
    head.extend([u8::from(dir == Resp), 0, 0, 0, 0, 0, 0, 0]);
    head.extend(message.to_le_bytes());
    head.extend([0; 8]);
    head.extend(session.to_le_bytes());
    head.extend([0; 16]);
    let length = u16::try_from(token.len()).unwrap().to_le_bytes();
    let body = match dir {
        Orig => [&[25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0][..], &length, &[0; 8], token].concat(),
        Resp => [&[9, 0, 0, 0, 72, 0][..], &length, token].concat(),
    };
    let all = [head, body].concat();
    (dir, [&u32::try_from(all.len()).unwrap().to_be_bytes()[..], &all].concat())
}

const MORE: u32 = 0xC000_0016;
const LOGON_FAILURE: u32 = 0xC000_006D;

fn over_smb(answer: &[u8], status: u32) -> Vec<(Dir, Vec<u8>)> {
    // Within SPNEGO other bytes stand before and behind.
    let spnego = |token: &[u8]| [b"\x60\x48\x06\x06+\x06\x01\x05\x05\x02", token, b"\xa3\x12rest"].concat();
    vec![
        setup(Orig, 0, (1, 0), &spnego(&negotiate())),
        setup(Resp, MORE, (1, 7), &spnego(&challenge("FILES", "files.hospital.test"))),
        setup(Orig, 0, (2, 7), &spnego(answer)),
        setup(Resp, status, (2, 7), b""),
    ]
}

#[test]
fn a_session_of_smb_begins() {
    let shown = row(&smb::PROTOCOL, &over_smb(&authenticate(ERIKA, &[9; 24], &[9; 200], ESS), 0));
    let expected = [
        ("carried_by", "smb"),
        ("username_seen", "true"),
        ("hostname", "ZZTEST-WS7"),
        ("server_nb_computer_name", "FILES"),
        ("server_dns_computer_name", "files.hospital.test"),
        ("ntlm_version", "NTLMv2"),
        ("server_os_version", "10.0.17763"),
        ("client_os_version", "10.0.22621"),
        ("signing", "true"),
        ("success", "true"),
        ("status", "0"),
        ("partial", "false"),
    ];
    told(&shown, &expected);
    let again = authenticate(["hospital", "ERIKA.Mustermann", "erika-laptop"], &[9; 24], &[9; 200], ESS);
    let refused = row(&smb::PROTOCOL, &over_smb(&again, LOGON_FAILURE));
    told(
        &refused,
        &[("success", "false"), ("status", "3221225581"), ("hostname", "*-laptop")],
    );
    assert_eq!(refused["account"], shown["account"], "letters in any case are one account");
}

#[test]
fn the_weak_are_told_from_the_strong() {
    let half = [&[9; 8][..], &[0; 16]].concat();
    let nobody = ["", "", ""];
    for (who, lm, nt, flags, version) in [
        (ERIKA, &[9; 24][..], &[9; 24][..], 0, "NTLMv1"),
        (ERIKA, &[9; 24], &[9; 24], ESS, "NTLMv1"),
        (ERIKA, &half, &[9; 24], ESS, "NTLMv1-ESS"),
        (ERIKA, &[9; 24], &[9; 44], ESS, "NTLMv2"),
        (ERIKA, &[9; 24], &[], 0, "LM"),
        (ERIKA, &[], &[], 0, "-"),
        (nobody, &[0], &[], 0x800, "anonymous"),
        (nobody, &[], &[], 0, "anonymous"),
    ] {
        let shown = row(&smb::PROTOCOL, &over_smb(&authenticate(who, lm, nt, flags), 0));
        let seen = (who == ERIKA).to_string();
        told(&shown, &[("ntlm_version", version), ("username_seen", &seen)]);
    }
}

#[test]
fn what_is_not_ntlm_gives_no_row() {
    let script = [setup(Orig, 0, (1, 0), b"\x60\x82kerberos"), setup(Resp, 0, (1, 7), b"\xa1\x00")];
    assert!(rows(&smb::PROTOCOL, &script, usize::MAX).is_empty());
    let unknown = over_smb(b"NTLMSSP\0\x09\0\0\0", LOGON_FAILURE);
    told(
        &row(&smb::PROTOCOL, &unknown),
        &[("username_seen", "-"), ("success", "-"), ("partial", "true")],
    );
}

fn head(start: &str, field: &str, scheme: &str, token: &[u8]) -> Vec<u8> {
    let token = STANDARD.encode(token);
    format!("{start}\r\nHost: zz\r\n{field}: {scheme} {token}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

fn over_http(proxy: bool, scheme: &str, last: &str) -> Vec<(Dir, Vec<u8>)> {
    let (ask, answer, code) = match proxy {
        true => ("Proxy-Authorization", "Proxy-Authenticate", "407 Proxy Authentication Required"),
        false => ("Authorization", "WWW-Authenticate", "401 Unauthorized"),
    };
    let answered = authenticate(ERIKA, &[9; 24], &[9; 200], ESS);
    vec![
        (Orig, head("GET / HTTP/1.1", ask, scheme, &negotiate())),
        (
            Resp,
            head(&format!("HTTP/1.1 {code}"), answer, scheme, &challenge("WEB", "web.hospital.test")),
        ),
        (Orig, head("GET / HTTP/1.1", ask, scheme, &answered)),
        (Resp, format!("HTTP/1.1 {last}\r\nContent-Length: 0\r\n\r\n").into_bytes()),
    ]
}

#[test]
fn requests_of_one_connection_are_one_authentication() {
    for (proxy, scheme, by) in [(false, "NTLM", "http"), (true, "NTLM", "proxy"), (false, "Negotiate", "http")] {
        let shown = row(&http::PROTOCOL, &over_http(proxy, scheme, "200 OK"));
        let expected = [
            ("carried_by", by),
            ("server_nb_computer_name", "WEB"),
            ("ntlm_version", "NTLMv2"),
            ("success", "true"),
            ("status", "200"),
            ("partial", "false"),
        ];
        told(&shown, &expected);
    }
    told(
        &row(&http::PROTOCOL, &over_http(false, "ntlm", "401 Unauthorized")),
        &[("success", "false"), ("status", "401")],
    );
    let other = vec![(Orig, head("GET / HTTP/1.1", "Authorization", "Negotiate", b"kerberos"))];
    assert!(rows(&http::PROTOCOL, &other, usize::MAX).is_empty());
}

#[test]
fn no_byte_of_a_message_breaks_it() {
    for message in [negotiate(), challenge("A", "b.test"), authenticate(ERIKA, &[9; 24], &[9; 60], ESS)] {
        for n in 0..message.len() {
            drop(fields::read(&message[..n]));
            for value in [0, 1, 0x7f, 0xff] {
                let mut odd = message.clone();
                odd[n] = value;
                drop(fields::read(&odd));
            }
        }
    }
}
