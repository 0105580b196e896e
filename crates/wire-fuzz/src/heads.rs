//! First bytes of protocols of which no golden capture is kept, because nothing is read of them but what they are.

use wire::protocols::Dir::{self, Orig, Resp};

/// Target, who says it, and what.
pub const HEADS: &[(&str, Dir, &[u8])] = &[
    (
        "tcp-dns",
        Orig,
        b"\0\x1e\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04h001\x04test\0\0\x01\0\x01",
    ),
    ("tcp-ssh", Orig, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    ("tcp-ftp", Resp, b"220 ProFTPD FTP Server ready.\r\n"),
    ("tcp-ftp", Orig, b"AUTH TLS\r\n"),
    (
        "tcp-ftp-data",
        Resp,
        b"%PDF-1.7\n0123456789012345678901234567890123456789012345678901234567890123456789",
    ),
    ("tcp-telnet", Resp, b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23"),
    (
        "tcp-smtp",
        Resp,
        b"220 mail.test ESMTP Postfix\r\n250-mail.test\r\n250 STARTTLS\r\n220 go\r\n",
    ),
    ("tcp-smtp", Orig, b"EHLO ct01\r\nSTARTTLS\r\n"),
    ("tcp-pop3", Resp, b"+OK POP3 ready\r\n+OK begin\r\n"),
    ("tcp-pop3", Orig, b"CAPA\r\nSTLS\r\n"),
    ("tcp-imap", Resp, b"* OK [CAPABILITY IMAP4rev1] ready\r\na1 OK begin\r\n"),
    ("tcp-imap", Orig, b"a1 STARTTLS\r\n"),
    ("tcp-ldap", Orig, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"),
    ("tcp-ldap", Resp, b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"),
    (
        "tcp-krb_tcp",
        Orig,
        b"\0\0\0\x24\x6a\x22\x30\x20\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x14aaaaaaaaaaaaaaaaaaaa",
    ),
    ("tcp-modbus", Orig, b"\0\x01\0\0\0\x06\x01\x03\0\0\0\x0a"),
    ("tcp-modbus", Resp, b"\0\x01\0\0\0\x05\x01\x03\x02\0\x0a"),
    ("tcp-socks", Orig, b"\x05\x01\0\x05\x01\0\x01\x0a\0\0\x01\x01\xbb"),
    ("tcp-socks", Resp, b"\x05\0\x05\0\0\x01\x0a\0\0\x01\x01\xbb"),
    (
        "udp-netbios-ns",
        Orig,
        b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0 FHEPFCELEHFCEPFFFACACACACACACAAA\0\0\x20\0\x01",
    ),
    (
        "udp-ldap",
        Orig,
        b"\x30\x11\x02\x01\x01\x63\x0c\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x30",
    ),
    (
        "udp-krb",
        Orig,
        b"\x6a\x16\x30\x14\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x08aaaaaaaa",
    ),
    ("udp-bacnet", Orig, b"\x81\x0b\0\x0c\x01\x20\xff\xff\0\xff\x10\x08"),
    ("udp-radius", Orig, b"\x04\x01\0\x1aaaaaaaaaaaaaaaaa\x28\x06\0\0\0\x01"),
    ("tcp-rlogin", Orig, b"\0zztest\0root\0xterm/38400\0"),
    ("tcp-rsh", Orig, b"1021\0zztest\0root\0ls -l\0"),
    ("tcp-ssl-1433", Orig, b"\x12\x01\0\xc8\0\0\0\0\x16\x03\x01"),
    (
        "tcp-mongodb",
        Orig,
        b"\x41\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x2c\0\0\0\x01hello",
    ),
    ("tcp-tns", Orig, b"\0\xd0\0\0\x01\0\0\0\x01\x3f\x01\x2c\0\x41"),
    ("udp-sip", Orig, b"OPTIONS sip:x SIP/2.0\r\n"),
];
