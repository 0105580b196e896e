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

const HELLO: &[u8] = b"SSH-2.0-x\r\n";
const NEWKEYS: &[u8] = &[0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Success and attempts of a login under these algorithms, of which each side sends so many bytes.
fn login(cipher: &str, integrity: &str, compression: &str, sizes: &[(Dir, usize)]) -> [String; 2] {
    let offer = kexinit([
        "curve25519-sha256",
        "ssh-ed25519",
        cipher,
        cipher,
        integrity,
        integrity,
        compression,
        compression,
        "",
        "",
    ]);
    let hidden = vec![0xa5; 4096];
    let mut script = vec![
        (Orig, HELLO),
        (Resp, HELLO),
        (Orig, offer.as_slice()),
        (Resp, &offer),
        (Resp, NEWKEYS),
        (Orig, NEWKEYS),
    ];
    script.extend(sizes.iter().map(|(dir, bytes)| (*dir, &hidden[..*bytes])));
    let row = row(&script);
    ["auth_success", "auth_attempts"].map(|name| row[name].clone())
}

#[test]
fn who_is_let_in_is_told_by_sizes() {
    let chacha = |sizes: &[(Dir, usize)]| login("chacha20-poly1305@openssh.com", "", "none", sizes);
    let asked = [(Orig, 44), (Resp, 44), (Orig, 68), (Resp, 76)];
    let then = |more: &[(Dir, usize)]| chacha(&[&asked[..], more].concat());
    assert_eq!(chacha(&[]), ["-", "-"]);
    assert_eq!(then(&[]), ["-", "0"], "asking for methods is no attempt");
    assert_eq!(then(&[(Orig, 148), (Resp, 28), (Orig, 112), (Resp, 76)]), ["true", "1"]);
    assert_eq!(then(&[(Orig, 148), (Resp, 76), (Orig, 148), (Resp, 76)]), ["false", "2"]);
    assert_eq!(then(&[(Orig, 148), (Resp, 76), (Orig, 148), (Resp, 28)]), ["true", "2"]);
    assert_eq!(
        then(&[(Orig, 500), (Resp, 100), (Orig, 500), (Resp, 28)]),
        ["true", "1"],
        "a key that would do"
    );
    // Nobody need prove anything; a banner before the first refusal; what is no login.
    assert_eq!(chacha(&[(Orig, 44), (Resp, 44), (Orig, 68), (Resp, 28)]), ["true", "1"]);
    let banner = [
        (Orig, 44),
        (Resp, 44),
        (Orig, 68),
        (Resp, 900),
        (Orig, 148),
        (Resp, 76),
        (Orig, 148),
        (Resp, 76),
    ];
    assert_eq!(chacha(&banner), ["false", "1"]);
    assert_eq!(
        chacha(&[(Orig, 44), (Resp, 100), (Orig, 44), (Resp, 100), (Orig, 68), (Resp, 28)]),
        ["-", "-"]
    );
    assert_eq!(chacha(&[[(Orig, 44), (Resp, 44)]; 200].concat()), ["false", "62"]);
}

#[test]
fn of_what_is_unknown_or_compressed_nothing_is_told() {
    for (cipher, integrity, compression, accept) in [
        ("aes256-gcm@openssh.com", "", "none", 52),
        ("aes128-ctr", "hmac-sha2-256", "none", 64),
        ("aes128-ctr", "umac-64-etm@openssh.com", "zlib@openssh.com", 44),
        ("3des-cbc", "hmac-md5", "none", 48),
    ] {
        let sizes = [
            (Orig, accept),
            (Resp, accept),
            (Orig, 68),
            (Resp, accept + 16),
            (Orig, 80),
            (Resp, accept - 16),
        ];
        assert_eq!(login(cipher, integrity, compression, &sizes), ["true", "1"], "{cipher}");
        for (cipher, integrity, compression) in [
            (cipher, integrity, "zlib"),
            ("erika", integrity, "none"),
            ("aes128-ctr", "erika", "none"),
        ] {
            assert_eq!(login(cipher, integrity, compression, &sizes), ["-", "-"]);
        }
    }
}

#[test]
fn fingerprints_are_those_of_the_lists_as_sent() {
    let offer = kexinit(["a,b", "k", "c1", "c2", "m1", "m2", "z1", "z2", "", ""]);
    let row = row(&[(Orig, HELLO), (Resp, HELLO), (Orig, &offer), (Resp, &offer)]);
    // printf 'a,b;c1;m1;z1' | md5sum, and of what the server sends.
    assert_eq!(
        cells(&row, &["hassh", "hassh_server"]),
        ["b059da7b15d542b020c1ee7f24be9313", "1bae2cdbcacf83f5a9b07fb71c091c69"]
    );
}
