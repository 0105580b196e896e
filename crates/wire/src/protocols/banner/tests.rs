//! Every protocol knows its own first bytes, and no other's.

use crate::context::Context;
use crate::protocols::{
    banner, dce_rpc, ftp, kerberos, ldap, login, mysql, postgresql, rdp, rfb, smtp, ssh, tds, telnet, Dir, Probe, Protocol, Step, UDP,
};

const ORIG: Dir = Dir::Orig;
const RESP: Dir = Dir::Resp;

/// Conversations of ours, and what of them must be certain.
const STREAMS: &[(&str, Dir, &[u8])] = &[
    (
        "dce_rpc",
        ORIG,
        b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0",
    ),
    ("dce_rpc", RESP, b"\x05\0\x0c\x03\x10\0\0\0\x3c\0\0\0\x01\0\0\0\xd0\x16\xd0\x16"),
    ("ssh", ORIG, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    ("ssh", RESP, b"SSH-1.99-Cisco-1.25\n"),
    ("ftp", RESP, b"220 ProFTPD FTP Server ready.\r\n"),
    ("ftp", ORIG, b"USER anonymous\r\nPASS x\r\n"),
    ("ftp", ORIG, b"AUTH TLS\r\n"),
    ("ftp", ORIG, b"feat\r\n"),
    ("ftp", RESP, b"331 Password required\r\n"),
    ("smtp", RESP, b"220 mail.test ESMTP Postfix\r\n"),
    ("smtp", ORIG, b"EHLO ct01\r\n"),
    ("pop3", RESP, b"+OK POP3 ready\r\n"),
    ("pop3", ORIG, b"CAPA\r\n"),
    ("imap", RESP, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
    ("imap", ORIG, b"a001 LOGIN x y\r\n"),
    ("rfb", RESP, b"RFB 003.008\n"),
    ("telnet", RESP, b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23"),
    ("telnet", RESP, b"\xff\xfb\x01login: "),
    ("rdp", ORIG, b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"),
    (
        "rdp",
        ORIG,
        b"\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=x\r\n\x01\0\x08\0\x03\0\0\0",
    ),
    ("rdp", RESP, b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x02\0\0\0"),
    ("ldap", ORIG, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"),
    ("ldap", RESP, b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"),
    ("ldap", ORIG, b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"),
    (
        "krb_tcp",
        ORIG,
        b"\0\0\0\x24\x6a\x22\x30\x20\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x14aaaaaaaaaaaaaaaaaaaa",
    ),
    ("modbus", ORIG, b"\0\x01\0\0\0\x06\x01\x03\0\0\0\x0a"),
    ("modbus", RESP, b"\0\x01\0\0\0\x05\x01\x03\x02\0\x0a"),
    ("rlogin", ORIG, b"\0zztest\0root\0xterm/38400\0"),
    ("rsh", ORIG, b"1021\0zztest\0root\0ls -l\0"),
    ("mysql", RESP, b"\x5b\0\0\0\x0a5.5.5-10.11.19-MariaDB\0\x05"),
    ("postgresql", ORIG, b"\0\0\0\x08\x04\xd2\x16\x2f"),
    ("postgresql", ORIG, b"\0\0\0\x20\0\x03\0\0user\0zztest\0database\0"),
    ("tds", ORIG, PRELOGIN),
    ("tds", RESP, b"\x04\x01\0\x2b\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01"),
    ("ssl", ORIG, b"\x12\x01\0\xc8\0\0\0\0\x16\x03\x01"),
    ("mongodb", ORIG, HELLO),
    ("mongodb", ORIG, b"\x3a\x01\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0\0\0\0\0admin.$cmd\0"),
    ("tns", ORIG, b"\0\xd0\0\0\x01\0\0\0\x01\x3f\x01\x2c\0\x41"),
];

const PRELOGIN: &[u8] = b"\x12\x01\0\x2f\0\0\0\0\0\0\x1a\0\x06\x01\0\x20\0\x01\xff";
const HELLO: &[u8] = b"\x41\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x2c\0\0\0\x01hello";

const FOREIGN: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"\x17\x03\x03\x02\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"\x01\0\0\0\0\xcd\0\x01\0\0ANY-SCP         ECHOSCU         \0\0\0\0\0\0\0\0",
    b"\x02\0\0\0\0\xb8\0\x01\0\0ANY-SCP         ECHOSCU         \0\0\0\0\0\0\0\0",
    b"\x04\0\0\0\0\x54\0\0\0\x50\x01\x03\0\0\0\0\x04\0\0\0\x42\0\0\0\0\0\x02\0",
    b"\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\r",
    b"\0\0\0\x45\xffSMBr\0\0\0\0\x18\x53\xc8\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0",
    b"\0\0\0\xe4\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\0\x1e\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04h001\x04test\0\0\x01\0\x01",
    b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc1\x02\x01\0\xc2\x02\x01\x02\xc0\x01\x0a",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb",
    b"\xd4\xc3\xb2\xa1\x02\0\x04\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"USER guest 0 * :Real Name\r\n",
    b"+OK\r\n",
];

fn all() -> [&'static Protocol; 20] {
    use banner::*;
    use login::{IMAP, POP3};
    [
        &ssh::PROTOCOL,
        &ftp::PROTOCOL,
        &telnet::PROTOCOL,
        &rdp::PROTOCOL,
        &rfb::PROTOCOL,
        &smtp::PROTOCOL,
        &POP3,
        &IMAP,
        &ldap::PROTOCOL,
        &kerberos::PROTOCOL,
        &dce_rpc::PROTOCOL,
        &MODBUS,
        &RLOGIN,
        &RSH,
        &mysql::PROTOCOL,
        &postgresql::PROTOCOL,
        &tds::PROTOCOL,
        &TDS_TLS,
        &MONGODB,
        &TNS,
    ]
}

#[test]
fn each_knows_its_own() {
    for (name, dir, bytes) in STREAMS {
        for protocol in all() {
            let found = (protocol.probe)(*dir, bytes);
            if protocol.name == *name {
                assert_eq!(found, Probe::Certain, "{name} {bytes:?}");
            } else {
                assert_ne!(found, Probe::Certain, "{} says it is {name}: {bytes:?}", protocol.name);
            }
        }
    }
}

#[test]
fn none_takes_what_is_foreign() {
    for bytes in FOREIGN {
        for protocol in all() {
            for dir in [ORIG, RESP] {
                let found = (protocol.probe)(dir, bytes);
                assert!(
                    found == Probe::Never || (protocol.name == "pop3" && *bytes == b"+OK\r\n"),
                    "{} {bytes:?}",
                    protocol.name
                );
            }
        }
    }
}

#[test]
fn too_few_bytes_are_never_refused() {
    for (name, dir, bytes) in STREAMS {
        let protocol = all().into_iter().find(|p| p.name == *name).unwrap();
        for n in 0..bytes.len() {
            assert_ne!((protocol.probe)(*dir, &bytes[..n]), Probe::Never, "{name} {:?}", &bytes[..n]);
        }
    }
}

const DATAGRAMS: &[(&str, u16, &[u8])] = &[
    (
        "snmp",
        161,
        b"\x30\x1a\x02\x01\0\x04\x06secret\xa0\x0d\x02\x01\x07\x02\x01\0\x02\x01\0\x30\x02\x05\0",
    ),
    (
        "snmp",
        9161,
        b"\x30\x1b\x02\x01\x03\x30\x0d\x02\x01\x07\x02\x02\x05\xdc\x04\x01\x04\x02\x01\x03\x04\x02\x30\0\x30\x03\x04\x01\0",
    ),
    ("ldap", 389, b"\x30\x11\x02\x01\x01\x63\x0c\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x30"),
    (
        "krb",
        88,
        b"\x6a\x16\x30\x14\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x08aaaaaaaa",
    ),
    ("bacnet", 47808, b"\x81\x0b\0\x0c\x01\x20\xff\xff\0\xff\x10\x08"),
    ("radius", 1812, b"\x04\x01\0\x1aaaaaaaaaaaaaaaaa\x28\x06\0\0\0\x01"),
    ("sip", 5060, b"OPTIONS sip:x SIP/2.0\r\n"),
    ("tftp", 69, b"\0\x01zztest.cfg\0octet\0blksize\x001468\0"),
];

#[test]
fn datagrams_are_named() {
    let ntp: Vec<u8> = [&[0x23u8, 0, 6, 0xec][..], &[0; 44]].concat();
    let mut cases = DATAGRAMS.to_vec();
    cases.push(("ntp", 123, &ntp));
    for (name, port, bytes) in cases {
        for protocol in UDP {
            let wanted = if protocol.name == name { Probe::Certain } else { Probe::Never };
            assert_eq!((protocol.probe)(port, bytes), wanted, "{} on {name}", protocol.name);
            for n in 0..bytes.len() {
                let _ = (protocol.probe)(port, &bytes[..n]);
            }
        }
    }
}

/// What a session does with what each side says, in turn.
fn steps(protocol: &Protocol, said: &[(Dir, &[u8])]) -> Vec<Step> {
    let (mut out, mut identity) = (crate::testing::output(), crate::testing::identity(1, 6));
    let mut session = (protocol.session)();
    let mut step = |(dir, bytes): &(Dir, &[u8])| {
        let mut cx = Context {
            ts: 0,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        };
        session.data(*dir, bytes, &mut cx)
    };
    said.iter().map(&mut step).collect()
}

#[test]
fn databases_turn_to_tls_where_both_sides_agree() {
    let request: Vec<u8> = [&b"\x20\0\0\x01\x85\xae"[..], &[0; 30]].concat();
    let plain: Vec<u8> = [&b"\x54\0\0\x01\x85\xa6"[..], &[0; 82]].concat();
    assert_eq!(
        steps(&mysql::PROTOCOL, &[(ORIG, &request[..9]), (ORIG, &request)]),
        [Step::Need(36), Step::Turn(36)]
    );
    assert_eq!(steps(&mysql::PROTOCOL, &[(ORIG, &plain)]), [Step::Took(88)]);

    let asked = (ORIG, &b"\0\0\0\x08\x04\xd2\x16\x2f"[..]);
    assert_eq!(steps(&postgresql::PROTOCOL, &[asked, (RESP, b"S")]), [Step::Took(8), Step::Turn(1)]);
    let startup = (ORIG, &b"\0\0\0\x20\0\x03\0\0user\0"[..]);
    let refused = steps(&postgresql::PROTOCOL, &[asked, (RESP, b"N"), startup, (RESP, b"S")]);
    assert_eq!(refused, [Step::Took(8), Step::Took(1), Step::Need(32), Step::Need(5)]);

    for (encryption, step) in [(0, Step::Took(27)), (1, Step::Turn(27)), (2, Step::Took(27)), (3, Step::Turn(27))] {
        let answer = [
            &b"\x04\x01\0\x1b\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x0f\0\x07\xd0\0\0"[..],
            &[encryption, 9],
        ]
        .concat();
        assert_eq!(steps(&tds::PROTOCOL, &[(ORIG, PRELOGIN), (RESP, &answer)])[1], step, "{encryption}");
    }
}
