use super::*;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::testing::{play, PlainRow};

fn kexinit(lists: [&str; 10]) -> Vec<u8> {
    let mut payload = vec![20];
    payload.extend([7; 16]);
    for list in lists {
        payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
        payload.extend(list.as_bytes());
    }
    payload.extend([0; 5]);
    let length = u32::try_from(payload.len() + 1 + 4).unwrap().to_be_bytes();
    [&length[..], &[4], &payload, &[0; 4]].concat()
}

fn row(script: &[(Dir, &[u8])]) -> PlainRow {
    let cut = |n| {
        let mut rows = play((PROTOCOL.session)().as_mut(), script, n).remove("ssh").unwrap();
        assert_eq!(rows.len(), 1);
        rows[0].remove("ts");
        rows.remove(0)
    };
    let whole = cut(1500);
    assert_eq!(cut(1), whole);
    whole
}

fn cells<'a>(row: &'a PlainRow, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| row[*name].as_str()).collect()
}

const AGREED: &[&str] = &[
    "kex_alg",
    "host_key_alg",
    "cipher_alg",
    "mac_alg",
    "compression_alg",
    "weak_offered",
];
const REST: &[&str] = &["version", "client", "server", "auth_success", "partial", "malformed"];

#[test]
fn the_first_of_the_client_that_the_server_has() {
    let kex = "ext-info-c,curve25519-sha256,diffie-hellman-group1-sha1";
    let client = kexinit([
        kex,
        "ssh-ed25519,ssh-rsa",
        "aes128-ctr",
        "x",
        "hmac-sha1",
        "x",
        "none,zlib",
        "",
        "",
        "",
    ]);
    let kex = "ext-info-c,diffie-hellman-group1-sha1,erika@klinik.test";
    let server = kexinit([kex, "ssh-rsa", "aes128-ctr", "x", "hmac-sha1", "x", "none", "", "", ""]);
    let row = row(&[
        (Resp, b"Welcome, Erika\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
        (Orig, b"SSH-2.0-PuTTY_Release_0.78\r\n"),
        (Orig, &client),
        (Resp, &[&b"\0\0\0\x0c\x0a\x02erikaaaaaa"[..], &server].concat()),
        (Resp, b"what follows"),
    ]);
    let weak = "[diffie-hellman-group1-sha1, ssh-rsa]";
    let agreed = ["diffie-hellman-group1-sha1", "ssh-rsa", "aes128-ctr", "hmac-sha1", "none", weak];
    assert_eq!(cells(&row, AGREED), agreed);
    let rest = ["2", "PuTTY_Release_0.78", "OpenSSH_9.2p1 Debian-2+deb12u3", "-", "false", "-"];
    assert_eq!(cells(&row, REST), rest);
}

#[test]
fn unknown_names_are_not_repeated_and_some_ciphers_need_no_integrity() {
    let offer = kexinit(["erika", "erika", "aes256-gcm@openssh.com", "", "hmac-md5", "", "erika", "", "", ""]);
    let hello = |side| (side, &b"SSH-2.0-x\r\n"[..]);
    let row = row(&[hello(Orig), hello(Resp), (Orig, &offer), (Resp, &offer)]);
    assert_eq!(cells(&row, AGREED), ["{}", "{}", "aes256-gcm@openssh.com", "-", "{}", "[hmac-md5]"]);
}

#[test]
fn what_is_old_cut_or_wrong() {
    let row1 = row(&[(Orig, b"SSH-1.5-x\r\n"), (Resp, b"SSH-1.5-Cisco-1.25\r\n")]);
    assert_eq!(cells(&row1, REST), ["1", "x", "Cisco-1.25", "-", "false", "-"]);
    let row2 = row(&[(Orig, b"SSH-2.0-x\r\n"), (Resp, b"SSH-2.0-x\r\nGET / HTTP/1.1")]);
    assert_eq!(cells(&row2, REST)[3..], ["-", "true", "packet"]);
}
