//! Shapes that are hostile to parsers.

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::write::GzEncoder;
use flate2::Compression;

use super::feeding::{said, Feed};

pub fn queries_without_answers(n: usize) -> u64 {
    let mut feed = Feed::new(53);
    for n in 0..n {
        let mut query = (n as u16).to_be_bytes().to_vec();
        query.extend(b"\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01");
        feed.udp([10, 0, 0, 1], 5000, &query);
    }
    feed.finish()
}

/// An answer whose names point at names that point at names.
pub fn names_that_point(n: usize) -> u64 {
    let mut feed = Feed::new(53);
    let mut answer = b"\0\x01\x81\x80\0\x01\0\x60\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01".to_vec();
    let mut last = 12u16;
    for _ in 0..0x60 {
        let here = answer.len() as u16;
        answer.push(1);
        answer.push(b'a');
        answer.extend((0xc000 | last).to_be_bytes());
        answer.extend(b"\0\x01\0\x01\0\0\0\x01\0\x04\x0a\0\0\x01");
        last = here;
    }
    for n in 0..n {
        answer[1] = n as u8;
        feed.udp([10, 0, 0, 1], 5000, &answer);
    }
    feed.finish()
}

pub fn requests_without_answers(n: usize) -> u64 {
    said(80, b"", b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", n, 1460)
}

pub fn answers_without_requests(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".repeat(n), 1460);
    feed.finish()
}

/// Behind an answer stands a line that is none and does not end, in segments of one byte.
pub fn stray_lines_by_single_bytes(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1460);
    (0..n).for_each(|n| feed.say(1, if n % 4000 == 3999 { b"\n" } else { b"!" }, 1));
    feed.finish()
}

pub fn dicom(pdu: u8, length: u32) -> Vec<u8> {
    let mut head = vec![pdu, 0];
    head.extend(length.to_be_bytes());
    head
}

/// A-ASSOCIATE-RQ with one context, its answer, and a C-STORE-RQ whose data set is `unit` again and again. PS3.8 9.3, PS3.7 9.3.1.
pub fn dicom_data(unit: &[u8], n: usize) -> u64 {
    let item = |kind: u8, value: &[u8]| [&[kind, 0], (value.len() as u16).to_be_bytes().as_slice(), value].concat();
    let explicit = item(0x40, b"1.2.840.10008.1.2.1");
    let user = item(0x50, &item(0x51, &[0, 0, 0x40, 0]));
    let context = item(
        0x20,
        &[&[1, 0, 0, 0][..], &item(0x30, b"1.2.840.10008.5.1.4.1.1.7"), &explicit].concat(),
    );
    let accepted = item(0x21, &[&[1, 0, 0, 0][..], &explicit].concat());
    let associate = |pdu: u8, context: &[u8]| {
        let names = [&[0, 1, 0, 0][..], b"STORE           ", b"MODALITY        ", &[0; 32]].concat();
        let body = [names.as_slice(), &item(0x10, b"1.2.840.10008.3.1.1.1"), context, &user].concat();
        [dicom(pdu, body.len() as u32), body].concat()
    };
    let element = |group: u16, tag: u16, value: &[u8]| {
        let mut bytes = [group.to_le_bytes(), tag.to_le_bytes()].concat();
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
        bytes
    };
    let mut command = element(0, 2, b"1.2.840.10008.5.1.4.1.1.7\0");
    command.extend(element(0, 0x100, &[1, 0]));
    command.extend(element(0, 0x110, &[1, 0]));
    command.extend(element(0, 0x700, &[0, 0]));
    command.extend(element(0, 0x800, &[0, 0]));
    command.extend(element(0, 0x1000, b"1.2.3\0"));
    let command = [element(0, 0, &(command.len() as u32).to_le_bytes()), command].concat();
    let data = |control: u8, value: &[u8]| {
        let mut pdu = dicom(4, value.len() as u32 + 6);
        pdu.extend((value.len() as u32 + 2).to_be_bytes());
        pdu.extend([1, control]);
        pdu.extend(value);
        pdu
    };
    let mut feed = Feed::new(104);
    feed.open();
    feed.say(0, &associate(1, &context), 1460);
    feed.say(1, &associate(2, &accepted), 1460);
    feed.say(0, &data(3, &command), 1460);
    unit.repeat(n).chunks(16_000).for_each(|part| feed.say(0, &data(0, part), 1460));
    feed.finish()
}

/// Sequences of undefined length within each other: (0008,1140) SQ, an item, and again. PS3.5 7.5.
pub fn dicom_sequences_within_each_other(n: usize) -> u64 {
    dicom_data(b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff", n)
}

pub fn dicom_elements_without_value(n: usize) -> u64 {
    dicom_data(b"\x08\0\x08\0CS\0\0", n)
}

pub fn upload_in_chunks_of_one_byte(n: usize) -> u64 {
    let head = b"POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n\r\n";
    said(80, head, b"1\r\n[\r\n", n, 1460)
}

/// An answer of FHIR, each kilobyte of which was a megabyte.
pub fn bomb(n: usize) -> u64 {
    static MEMBER: OnceLock<Vec<u8>> = OnceLock::new();
    let member = MEMBER.get_or_init(|| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&[b' '; 1 << 20]).unwrap();
        gzip.finish().unwrap()
    });
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        member.len() * n
    );
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /fhir/Patient HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, head.as_bytes(), 1460);
    (0..n).for_each(|_| feed.say(1, member, 1460));
    feed.finish()
}

pub fn handshake_in_records_of_one_byte(n: usize) -> u64 {
    said(443, b"\x16\x03\x01\0\x04\x01\0\xff\xff", b"\x16\x03\x01\0\x01\0", n, 1460)
}
