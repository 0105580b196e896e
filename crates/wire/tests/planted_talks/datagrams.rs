//! Protocols of single datagrams in which everything that may name somebody does.

use super::*;

/// Echoes that carry a record, and an error that quotes one on its way.
pub fn icmp() -> Talk {
    let echo = |number: u8, data: &[u8]| [&[number, 0, 0, 0, 0, 1, 0, 1], data].concat();
    let quoted = [
        &datagram(true, UDP, &[0x9c, 0x40, 0, 53, 0, 26, 0, 0]),
        &b"Erika Mustermann MRN004711"[..],
    ]
    .concat();
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0][..], &quoted].concat();
    let said = [echo(8, b"Mustermann, Erika *19640812"), echo(0, b"MRN004711 Mustermann"), error];
    let said: Vec<&[u8]> = said.iter().map(Vec::as_slice).collect();
    talk("-", ICMP, 0, &said).of(&["icmp"])
}

/// A clock that is called as somebody, and an answer full of names to who reads variables.
pub fn ntp() -> Talk {
    let time = [&[0x24, 1, 6, 0xec, 0, 0, 0, 0, 0, 0, 0, 0][..], b"Erik", &[0; 32]].concat();
    let ask = [0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let vars = b"version=\"ntpd 4.2.8p15@Erika MRN004711\", system=\"Linux/Mustermann\", phone=\"19640812\"";
    let said = [&[0x16, 0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 90][..], vars].concat();
    talk("ntp", UDP, 123, &[&time, &said, &ask, &said]).of(&["ntp"])
}

/// A caller who is called as somebody, at a relay that answers with names.
pub fn stun() -> Talk {
    let attribute = |kind: u16, value: &str| {
        let padded = [value.as_bytes(), &vec![0; value.len().wrapping_neg() & 3]].concat();
        [words(&[kind, u16::try_from(value.len()).unwrap()]), padded].concat()
    };
    let message = |kind: u16, attributes: &[Vec<u8>]| {
        let all = attributes.concat();
        let head = words(&[kind, u16::try_from(all.len()).unwrap(), 0x2112, 0xa442]);
        [head, vec![7; 12], all].concat()
    };
    let named = [
        attribute(0x0006, "1700000000:Erika"),
        attribute(0x0014, "erika-mustermann.test"),
        attribute(0x8022, "Erika MRN004711"),
    ];
    let refused = [
        attribute(0x0009, "\0\0\x04\x01Mustermann may not"),
        attribute(0x0014, "Erika Mustermann"),
    ];
    talk("stun", UDP, 3478, &[&message(3, &named), &message(0x0113, &refused)]).of(&["stun"])
}

/// Logs that name patients, users and machines of people, as logs do.
pub fn syslog() -> Talk {
    let modern = b"<165>1 2026-01-01T10:00:00Z Erikas-MBP Mustermann MRN004711 19640812 [x@1 patient=\"Erika\"] Mustermann, Erika opened";
    let old = b"<38>Nov 29 16:43:56 iphone-von-erika Mustermann[19640812]: Failed password for MRN004711 from 10.0.0.9";
    talk("syslog", UDP, 514, &[old, modern, b"<13>Erika Mustermann", modern]).of(&["syslog"])
}

/// A television that is called as its owner.
pub fn ssdp() -> Talk {
    let announced =
        b"NOTIFY * HTTP/1.1\r\nLOCATION: http://erika-mustermann.local:80/MRN004711.xml\r\nNT: urn:Mustermann:device:Erika:1\r\n\
        NTS: ssdp:alive\r\nSERVER: Erika/1.0 UPnP/1.0 Mustermann 19640812\r\nUSN: uuid:MRN004711::Erika\r\nX-Friendly-Name: Erika\r\n\r\n";
    let sought = b"M-SEARCH * HTTP/1.1\r\nST: uuid:Erika-MRN004711\r\nUSER-AGENT: Erika Mustermann/19640812\r\n\r\n";
    talk("ssdp", UDP, 1900, &[announced, sought]).of(&["ssdp"])
}

/// A file of somebody, which is not there.
pub fn tftp() -> Talk {
    let asked = b"\0\x01Mustermann/Erika 19640812.MRN004711\0octet\0";
    talk("tftp", UDP, 69, &[asked, b"\0\x05\0\x01no file of Erika Mustermann\0"]).of(&["tftp"])
}
