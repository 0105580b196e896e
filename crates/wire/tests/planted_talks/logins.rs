//! Logins and greetings in which everything that may name somebody does.

use super::*;

/// SSH_MSG_KEXINIT that offers these algorithms for everything.
pub fn kexinit(names: &str) -> Vec<u8> {
    let list = [&u32::try_from(names.len()).unwrap().to_be_bytes()[..], names.as_bytes()].concat();
    let payload = [&[20u8; 17][..], &list.repeat(10), &[0; 5]].concat();
    let length = u32::try_from(payload.len() + 5).unwrap().to_be_bytes();
    [&length[..], &[4], &payload, &[0; 4]].concat()
}

/// Protocols that say who logs in, and those that are only named.
/// A server of MySQL greets, and a client names itself in every place it has.
pub fn mysql() -> (Vec<u8>, Vec<u8>) {
    let packet = |number: u8, payload: &[u8]| [&[u8::try_from(payload.len()).unwrap(), 0, 0, number], payload].concat();
    let salt = b"\0\x01\0\0\0saltsalt\0\xff\xf7\x21\x02\0\xff\xc1\x15\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0";
    let greeting = packet(0, &[b"\x0a8.0.36-Mustermann", &salt[..], b"Erika\0"].concat());
    let attributes =
        b"\x0cprogram_name\x0fErika 19640812\0\x03_os\x09MRN004711\x0c_client_name\x0aMustermann\x0f_client_version\x0819640812";
    let flags = (1u32 << 3 | 1 << 9 | 1 << 15 | 1 << 19 | 1 << 20).to_le_bytes();
    let names = b"Mustermann\0\x0819640812MRN004711\0mysql_clear_password\0";
    let told = [&flags, &[0; 28][..], names, &[u8::try_from(attributes.len()).unwrap()], attributes].concat();
    (greeting, packet(1, &told))
}

/// The same of SQL Server.
pub fn tds() -> (&'static [u8], &'static [u8], Vec<u8>) {
    let prelogin = b"\x12\x01\0\x1b\0\0\0\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x09\0\0\0\0\0\x02\0";
    let agreed = b"\x04\x01\0\x1a\0\0\0\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x0f\0\x07\xd0\0\0\x02";
    let mut message = vec![0; 94];
    message[7] = 0x74;
    let texts = [
        "Erika",
        "Mustermann",
        "19640812",
        "MRN004711",
        "Mustermann",
        "",
        "Erika",
        "",
        "MRN004711",
    ];
    for (n, text) in texts.iter().enumerate() {
        let place = u16::try_from(message.len()).unwrap().to_le_bytes();
        message[36 + 4 * n..38 + 4 * n].copy_from_slice(&place);
        message[38 + 4 * n] = u8::try_from(text.len()).unwrap();
        message.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    let length = u16::try_from(message.len() + 8).unwrap().to_be_bytes();
    (prelogin, agreed, [&[0x10, 1], &length[..], &[0; 4], &message].concat())
}

pub fn banners() -> Vec<Talk> {
    let (greeting, login) = mysql();
    let (prelogin, agreed, sql_server) = tds();
    let ber = |tag: u8, value: &[u8]| [&[tag, u8::try_from(value.len()).unwrap()], value].concat();
    let bind = ber(
        0x60,
        &[ber(2, &[3]), ber(4, b"cn=Erika Mustermann"), ber(0x80, b"19640812")].concat(),
    );
    let bind = ber(0x30, &[ber(2, &[1]), bind].concat());
    let refused = ber(
        0x61,
        &[ber(10, &[49]), ber(4, b"cn=Mustermann"), ber(4, b"Erika is locked out")].concat(),
    );
    let refused = ber(0x30, &[ber(2, &[1]), refused].concat());
    let filter = ber(0xa3, &[ber(4, b"sn"), ber(4, b"Mustermann")].concat());
    let numbers = [ber(10, &[2]), ber(10, &[0]), ber(2, &[0]), ber(2, &[0]), ber(1, &[0])].concat();
    let search = ber(0x63, &[ber(4, b"ou=Erika"), numbers, filter, ber(0x30, &[])].concat());
    let search = ber(0x30, &[ber(2, &[2]), search].concat());
    let radius = {
        let attributes = [&[1, 12][..], b"Mustermann", &[4, 6, 10, 0, 0, 2]].concat();
        let length = u16::try_from(20 + attributes.len()).unwrap().to_be_bytes();
        [&[1, 7][..], &length, &[5; 16], &attributes].concat()
    };
    let sip = b"INVITE sip:Mustermann@pbx SIP/2.0\r\nFrom: \"Erika Mustermann\" <sip:19640812@pbx>\r\nUser-Agent: MRN004711\r\n\r\n";
    vec![
        talk(
            "ssh",
            TCP,
            22,
            &[
                b"SSH-2.0-OpenSSH_9.2 Erika\r\n",
                b"Erika, MRN004711\r\nSSH-2.0-Mustermann_1.0\r\n",
                &kexinit("erika@mustermann.de,curve25519-sha256"),
                &kexinit("erika@mustermann.de,MRN004711"),
            ],
        )
        .of(&["ssh"]),
        talk(
            "ftp",
            TCP,
            21,
            &[
                b"",
                b"220 FTP server of Mustermann\r\n",
                b"USER Mustermann\r\n",
                b"331 ok\r\n",
                b"PASS 19640812\r\n",
                b"230 Erika logged in\r\n",
                b"RETR MRN004711.pdf\r\n",
                b"150 MRN004711.pdf\r\n226 done\r\n",
                b"STOR Mustermann.pdf\r\n",
                b"553 Mustermann.pdf\r\n",
            ],
        )
        .of(&["ftp"]),
        talk(
            "pop3",
            TCP,
            110,
            &[
                b"",
                b"+OK POP3 of Mustermann <19640812.1@mustermann>\r\n",
                b"USER Mustermann\r\n",
                b"+OK\r\n",
                b"PASS 19640812\r\n",
                b"+OK Erika\r\n",
                b"RETR 1\r\n",
                b"+OK\r\nSubject: MRN004711\r\n.\r\n",
            ],
        )
        .of(&["login"]),
        talk(
            "imap",
            TCP,
            143,
            &[
                b"",
                b"* OK [CAPABILITY IMAP4rev1] IMAP of Mustermann\r\n",
                b"a1 LOGIN {10}\r\n",
                b"+ Erika\r\n",
                b"Mustermann \"19640812\"\r\n",
                b"a1 NO Erika\r\n",
                b"MRN004711 AUTHENTICATE MUSTERMANN bXVzdGVybWFubg==\r\n",
                b"MRN004711 OK Erika\r\n",
            ],
        )
        .of(&["login"]),
        talk("rlogin", TCP, 513, &[b"\0Erika\0Mustermann\0xterm/38400\0", b"\0"]),
        talk("rsh", TCP, 514, &[b"1021\0Erika\0Mustermann\0cat MRN004711\0", b"\0"]),
        talk(
            "postgresql",
            TCP,
            5432,
            &[
                b"\0\0\0\x4c\0\x03\0\0user\0Mustermann\0database\0MRN004711\0application_name\0Erika 19640812\0\0",
                b"R\0\0\0\x08\0\0\0\x03",
                b"p\0\0\0\x0d19640812\0",
                b"R\0\0\0\x08\0\0\0\0S\0\0\0\x22server_version\x0019640812 Erika\0Z\0\0\0\x05I",
                b"Q\0\0\0\x18select 'Mustermann'\0",
            ],
        )
        .of(&["postgresql"]),
        talk(
            "mysql",
            TCP,
            3306,
            &[b"", &greeting, &login, b"\x07\0\0\x02\0\0\0\x02\0\0\0", b"\x06\0\0\0\x03Erika"],
        )
        .of(&["mysql"]),
        talk(
            "tds",
            TCP,
            1433,
            &[
                prelogin,
                agreed,
                &sql_server,
                b"\x04\x01\0\x15\0\0\0\0\xaa\x0a\0\x18\x48\0\0\x01\x0e\0\0\0\0",
            ],
        )
        .of(&["tds"]),
        talk("tftp", UDP, 69, &[b"\0\x01MRN004711-Mustermann.cfg\0octet\0"]),
        talk(
            "smtp",
            TCP,
            25,
            &[
                b"",
                b"220 mail ESMTP Mustermann\r\n",
                b"EHLO erikas-mbp\r\nMAIL FROM:<Erika@Mustermann>\r\n",
                b"250-mail greets Mustermann\r\n250 STARTTLS\r\n250 ok\r\n",
                b"AUTH PLAIN AE11c3Rlcm1hbm4AMTk2NDA4MTI=\r\nRCPT TO:<MRN004711@klinik.test>\r\nDATA\r\n",
                b"235 Erika\r\n250 MRN004711\r\n354 go\r\n",
                b"Subject: Mustermann\r\n\r\nEHLO Erika\r\n.\r\n",
                b"250 queued as MRN004711\r\n",
            ],
        )
        .of(&["smtp"]),
        talk(
            "telnet",
            TCP,
            23,
            &[
                b"\xff\xfd\x18\xff\xfd\x20Mustermann\r\n",
                b"\xff\xfb\x01Mustermann login: ",
                b"Erika\r\0",
                b"Password: ",
                b"19640812\r\0",
                b"\r\nErika, MRN004711 > ",
            ],
        )
        .of(&["telnet"]),
        talk("ldap", TCP, 389, &[&bind, &refused, &search]).of(&["ldap"]),
        talk("radius", UDP, 1812, &[&radius]),
        talk("sip", UDP, 5060, &[sip]),
    ]
}

/// A control connection on which a file is fetched, of which the data connection follows.
pub fn transfer() -> Talk {
    let said: [&[u8]; 6] = [
        b"",
        b"220 FTP server\r\n",
        b"EPSV\r\n",
        b"229 Entering Extended Passive Mode (|||50000|)\r\n",
        b"RETR /Mustermann/19640812/MRN004711 Erika.pdf\r\n",
        b"150 MRN004711 Erika.pdf\r\n",
    ];
    talk("ftp", TCP, 21, &said)
}

pub fn transferred() -> Talk {
    let file = [b"%PDF-1.7\nErika Mustermann, MRN004711, born 19640812\n".as_slice(), &[b'x'; 99]].concat();
    talk("ftp-data", TCP, 50_000, &[b"", &file])
}
