//! Builds PDUs, command sets and data sets for tests. PS3.8 9.3, PS3.7 6.3, PS3.5 7.

use std::io::Write as _;

use crate::protocols::Dir;

pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";

pub fn pdu(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

pub fn released() -> Vec<u8> {
    pdu(5, &[0; 4])
}

fn item(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(value.len() as u16).to_be_bytes(), value].concat()
}

fn counted(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text].concat()
}

fn associate(kind: u8, items: &[Vec<u8>]) -> Vec<u8> {
    let head = [&[0, 1, 0, 0][..], b"PACS            ", b"CT01            ", &[0; 32]].concat();
    let context = item(0x10, b"1.2.840.10008.3.1.1.1");
    pdu(kind, &[head, context, items.concat()].concat())
}

fn user(more: &[Vec<u8>]) -> Vec<u8> {
    let own = [item(0x51, &16384u32.to_be_bytes()), item(0x52, b"1.2.3.4"), item(0x55, b"MAKER_1")];
    item(0x50, &[own.concat(), more.concat()].concat())
}

/// An A-ASSOCIATE-RQ that proposes (context id, abstract syntax, transfer syntax).
pub fn request<'a>(contexts: impl Iterator<Item = (u8, &'a str, &'a str)>) -> Vec<u8> {
    let mut items: Vec<Vec<u8>> = contexts
        .map(|(id, class, syntax)| {
            item(
                0x20,
                &[vec![id, 0, 0, 0], item(0x30, class.as_bytes()), item(0x40, syntax.as_bytes())].concat(),
            )
        })
        .collect();
    let role = item(0x54, &[counted(CT.as_bytes()), vec![0, 1]].concat());
    let identity = item(0x58, &[vec![2, 0], counted(b"user"), counted(b"hunter2")].concat());
    items.push(user(&[item(0x53, &[0, 3, 0, 4]), role, identity]));
    associate(1, &items)
}

/// Request and acceptance of one presentation context.
pub fn opened(class: &str, syntax: &str) -> Vec<(Dir, Vec<u8>)> {
    let context = item(0x21, &[vec![1, 0, 0, 0], item(0x40, syntax.as_bytes())].concat());
    vec![
        (Dir::Orig, request([(1, class, syntax)].into_iter())),
        (Dir::Resp, associate(2, &[context, user(&[])])),
    ]
}

/// A command set and perhaps its data set, each cut into values of at most `most` bytes, one a PDU.
pub fn data(parts: &[Vec<u8>], most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let count = part.len().div_ceil(most).max(1);
        for k in 0..count {
            let piece = &part[k * most..((k + 1) * most).min(part.len())];
            let control = u8::from(n == 0) | if k + 1 == count { 2 } else { 0 };
            bytes.extend(pdu(
                4,
                &[&(piece.len() as u32 + 2).to_be_bytes()[..], &[1, control], piece].concat(),
            ));
        }
    }
    bytes
}

fn command_set(elements: &[(u32, &[u8])]) -> Vec<u8> {
    let rest: Vec<u8> = elements
        .iter()
        .flat_map(|(tag, value)| element(Order::Implicit, *tag, b"UN", value))
        .collect();
    [element(Order::Implicit, 0, b"UL", &(rest.len() as u32).to_le_bytes()), rest].concat()
}

pub fn command(field: u16, id: u16, class: &str, has_data: bool) -> Vec<u8> {
    let class = if class.len() % 2 == 1 {
        format!("{class}\0")
    } else {
        class.to_owned()
    };
    let kind: u16 = if has_data { 1 } else { 0x0101 };
    command_set(&[
        (2, class.as_bytes()),
        (0x100, &field.to_le_bytes()),
        (0x110, &id.to_le_bytes()),
        (0x800, &kind.to_le_bytes()),
    ])
}

pub fn response(field: u16, to: u16, status: u16) -> Vec<u8> {
    command_set(&[
        (0x100, &field.to_le_bytes()),
        (0x120, &to.to_le_bytes()),
        (0x800, &[1, 1]),
        (0x900, &status.to_le_bytes()),
    ])
}

/// The same command set, but announcing a data set.
pub fn with_data(mut command: Vec<u8>) -> Vec<u8> {
    let at = command.windows(10).position(|w| w == [0, 0, 0, 8, 2, 0, 0, 0, 1, 1]).unwrap();
    command[at + 8..at + 10].copy_from_slice(&[0, 0]);
    command
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Explicit,
    Implicit,
    Big,
}

pub fn head(order: Order, tag: u32, vr: &[u8; 2], length: u32) -> Vec<u8> {
    let (group, number) = ((tag >> 16) as u16, tag as u16);
    let long = [b"SQ", b"UN", b"OW", b"OB", b"UT"].contains(&vr);
    let plain = group == 0xFFFE;
    match order {
        Order::Big => {
            let tag = [group.to_be_bytes(), number.to_be_bytes()].concat();
            match (plain, long) {
                (true, _) => [&tag[..], &length.to_be_bytes()].concat(),
                (_, true) => [&tag[..], vr, &[0, 0], &length.to_be_bytes()].concat(),
                _ => [&tag[..], vr, &(length as u16).to_be_bytes()].concat(),
            }
        }
        _ => {
            let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
            match (plain || order == Order::Implicit, long) {
                (true, _) => [&tag[..], &length.to_le_bytes()].concat(),
                (_, true) => [&tag[..], vr, &[0, 0], &length.to_le_bytes()].concat(),
                _ => [&tag[..], vr, &(length as u16).to_le_bytes()].concat(),
            }
        }
    }
}

pub fn element(order: Order, tag: u32, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    [head(order, tag, vr, value.len() as u32), value.to_vec()].concat()
}

/// A sequence and an item in it, both without an end.
pub fn open_sequence(order: Order, tag: u32) -> Vec<u8> {
    [head(order, tag, b"SQ", u32::MAX), head(order, 0xFFFE_E000, b"  ", u32::MAX)].concat()
}

/// The same with content and delimiters.
pub fn undefined(order: Order, tag: u32, vr: &[u8; 2], content: &[u8]) -> Vec<u8> {
    let parts = [
        head(order, tag, vr, u32::MAX),
        head(order, 0xFFFE_E000, b"  ", u32::MAX),
        content.to_vec(),
        head(order, 0xFFFE_E00D, b"  ", 0),
        head(order, 0xFFFE_E0DD, b"  ", 0),
    ];
    parts.concat()
}

/// The head of an image: what is wanted, and what must not be kept.
pub fn equipment(order: Order) -> Vec<u8> {
    let elements: [(u32, &[u8; 2], &[u8]); 15] = [
        (0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
        (0x0008_0018, b"UI", b"1.2.3.99"),
        (0x0008_0050, b"SH", b"ACC1"),
        (0x0008_0060, b"CS", b"CT"),
        (0x0008_0070, b"LO", b"MAKER "),
        (0x0008_0080, b"LO", b"CLINIC"),
        (0x0008_1010, b"SH", b"ROOM1 "),
        (0x0008_1090, b"LO", b"Model 1 "),
        (0x0010_0010, b"PN", b"SECRET^NAME "),
        (0x0010_0020, b"LO", b"MRN1"),
        (0x0018_0050, b"DS", b"5 "),
        (0x0018_1000, b"LO", b"SN1 "),
        (0x0018_1002, b"UI", b"1.2.3\0"),
        (0x0018_1020, b"LO", b"V1\\V2 "),
        (0x0020_000D, b"UI", b"1.2.3.4\0"),
    ];
    elements
        .iter()
        .flat_map(|(tag, vr, value)| element(order, *tag, vr, value))
        .collect()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
