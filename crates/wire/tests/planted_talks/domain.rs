//! A Windows domain, and files that pass, in which everything that may name somebody does.

use super::*;

/// A bind whose interface and proof, and a call whose arguments, are a person's.
pub fn dce_rpc() -> Talk {
    let pdu = |kind: u8, proof: &[u8], body: &[u8]| {
        let lengths = [body.len() + proof.len() + 16, proof.len().saturating_sub(8)].map(|n| u16::try_from(n).unwrap().to_le_bytes());
        [&[5, 0, kind, 3, 16, 0, 0, 0][..], &lengths.concat(), &[1, 0, 0, 0], body, proof].concat()
    };
    let bind = [
        &[0; 8][..],
        &[1, 0, 0, 0, 0, 0, 1, 0],
        b"Erika Mustermann\x01\0\0\0Mustermann, Erika\x01\0\0",
    ]
    .concat();
    let taken = [
        &[0; 8][..],
        &[12, 0],
        b"MRN004711\0\0\0\0\0",
        &[1, 0, 0, 0],
        &[0; 4],
        b"Erika Mustermann\x01\0\0\0",
    ]
    .concat();
    let call = [&[0; 4][..], &[0, 0, 9, 0], b"Mustermann, Erika *19640812"].concat();
    talk(
        "dce_rpc",
        TCP,
        49_154,
        &[
            &pdu(11, b"\x63\x63\0\0Erikan1964", &bind),
            &pdu(12, b"", &taken),
            &pdu(0, b"", &call),
            &pdu(3, b"", b"\0\0\0\0\0\0\0\0\x05\0\0\0MRN004711"),
        ],
    )
    .of(&["dce_rpc"])
}

/// A request for a ticket and a refusal in which every text is a person's.
pub fn kerberos() -> Vec<u8> {
    let ber = |tag: u8, parts: &[&[u8]]| [&[tag, 0x81, u8::try_from(parts.concat().len()).unwrap()], &parts.concat()[..]].concat();
    let name = |one: &[u8], two: &[u8]| {
        let parts = ber(0x30, &[&ber(0x1b, &[one]), &ber(0x1b, &[two])]);
        ber(0x30, &[&[0xa0, 3, 2, 1, 1], &ber(0xa1, &[&parts])])
    };
    let address = ber(0x30, &[&[0xa0, 3, 2, 1, 20], &ber(0xa1, &[&ber(4, &[b"ERIKAS-MBP      "])])]);
    let body = [
        ber(0xa1, &[&name(b"Erika", b"Mustermann")]),
        ber(0xa2, &[&ber(0x1b, &[b"Mustermann, Erika"])]),
        ber(0xa3, &[&name(b"Mustermann", b"MRN004711:19640812")]),
        ber(0xa9, &[&ber(0x30, &[&address])]),
    ];
    let proof = ber(0x30, &[&[0xa1, 3, 2, 1, 2], &ber(0xa2, &[&ber(4, &[b"Erika 19640812"])])]);
    let head = [0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10];
    let inside = [
        &head[..],
        &ber(0xa3, &[&ber(0x30, &[&proof])]),
        &ber(0xa4, &[&ber(0x30, &[&body.concat()])]),
    ]
    .concat();
    let whole = [
        &[0x6a, 0x82][..],
        &u16::try_from(inside.len() + 4).unwrap().to_be_bytes(),
        &[0x30, 0x82],
    ]
    .concat();
    [&whole[..], &u16::try_from(inside.len()).unwrap().to_be_bytes(), &inside].concat()
}

pub fn refusal() -> Vec<u8> {
    let ber = |tag: u8, parts: &[&[u8]]| [&[tag, u8::try_from(parts.concat().len()).unwrap()], &parts.concat()[..]].concat();
    let text = |number: u8, value: &[u8]| ber(0xa0 | number, &[&ber(0x1b, &[value])]);
    let inside = [
        &[0xa0, 3, 2, 1, 5, 0xa1, 3, 2, 1, 30, 0xa6, 3, 2, 1, 18][..],
        &text(9, b"Erika.Mustermann"),
        &text(11, b"Mustermann MRN004711"),
        &ber(0xac, &[&ber(4, &[b"19640812 Erika"])]),
    ];
    ber(0x7e, &[&ber(0x30, &inside)])
}

/// A file sent in a form and one fetched, named and filled with what a person is called.
pub fn files() -> Talk {
    let named = "Mustermann, Erika MRN004711 19640812";
    let content = format!("%PDF-1.7 {}", format!("{named} ").repeat(4));
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{named}\"\r\n\r\n{named}\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; \
         filename=\"{named}.mustermann\"\r\nContent-Type: application/x-mustermann\r\n\r\n{content}\r\n--b--\r\n"
    );
    let post = format!(
        "POST /in HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-erika\r\nContent-Disposition: attachment; filename*=utf-8''Erika%20Mustermann.pdf\r\n\
         Content-Length: {}\r\n\r\n{content}",
        content.len()
    );
    talk("http", TCP, 80, &[post.as_bytes(), answer.as_bytes()])
}

/// The same as an attachment of a mail.
fn mail() -> String {
    let content = STANDARD.encode("%PDF-1.7 Mustermann, Erika MRN004711 19640812 ".repeat(4));
    format!(
        "Subject: Erika Mustermann\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nErika Mustermann\r\n--b\r\n\
         Content-Type: application/pdf; name=\"Erika Mustermann.pdf\"\r\nContent-Description: MRN004711\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n--b--\r\n"
    )
}

pub fn attachment() -> Talk {
    let mail = format!("{}.\r\n", mail());
    let said: &[&[u8]] = &[
        b"",
        b"220 mail.test ESMTP\r\n",
        b"EHLO ct01\r\nMAIL FROM:<a@zz.test>\r\nRCPT TO:<b@zz.test>\r\nDATA\r\n",
        b"250 mail.test\r\n250 ok\r\n250 ok\r\n354 go\r\n",
        mail.as_bytes(),
        b"250 ok\r\n",
    ];
    talk("smtp", TCP, 25, said)
}

/// The same message fetched from mailboxes.
pub fn mailboxes() -> [Talk; 2] {
    let (over_pop3, over_imap) = (format!("+OK\r\n{}.\r\n", mail()), mail());
    let pop3: &[&[u8]] = &[
        b"",
        b"+OK POP3 ready\r\n",
        b"USER zz\r\nPASS zz\r\n",
        b"+OK\r\n+OK\r\n",
        b"RETR 1\r\n",
        over_pop3.as_bytes(),
    ];
    let fetched = format!("* 1 FETCH (ENVELOPE (\"Erika\") BODY[] {{{}}}\r\n{over_imap})\r\n", over_imap.len());
    let imap: &[&[u8]] = &[
        b"",
        b"* OK IMAP4rev1 ready\r\n",
        b"a1 LOGIN zz zz\r\n",
        b"a1 OK\r\n",
        b"a2 FETCH 1 (ENVELOPE BODY[])\r\n",
        fetched.as_bytes(),
    ];
    [talk("pop3", TCP, 110, pop3), talk("imap", TCP, 143, imap)].map(|talk| talk.of(&["login", "files"]))
}
