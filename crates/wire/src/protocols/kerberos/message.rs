//! Messages, as far as they are wanted, taken apart. RFC 4120 5.2, 5.4, 5.5.1, 5.9.1. What was cut off reads as if it were not there.

use crate::limits;
use crate::protocols::banner::ber::{element, Element, INTEGER, OCTET_STRING, SEQUENCE};
use crate::protocols::hl7::segment::time;

const BIT_STRING: u8 = 0x03;
const GENERALIZED_TIME: u8 = 0x18;
const GENERAL_STRING: u8 = 0x1b;

/// RFC 4120 5.10: application tags.
const AS_REQ: u8 = 0x6a;
const AS_REP: u8 = 0x6b;
const TGS_REQ: u8 = 0x6c;
const TGS_REP: u8 = 0x6d;
const AP_REQ: u8 = 0x6e;
const ERROR: u8 = 0x7e;
const TICKET: u8 = 0x61;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    As,
    Tgs,
}

pub enum Message<'a> {
    Request(Kind, Request<'a>),
    Reply(Kind, Reply<'a>),
    Error(Error<'a>),
}

/// Parts of a principal's name, as they stand one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    pub fn parts(self) -> impl Iterator<Item = &'a [u8]> {
        each(self.0).filter(|part| part.tag == GENERAL_STRING).map(|part| part.inside)
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// RFC 4120 5.4.1.
#[derive(Default)]
pub struct Request<'a> {
    pub client: Name<'a>,
    pub realm: &'a [u8],
    pub service: Name<'a>,
    pub options: u32,
    pub from: Option<i64>,
    pub till: Option<i64>,
    pub nonce: Option<i64>,
    pub ciphers: Vec<i32>,
    pub preauthentication: Vec<i32>,
    /// Of the ticket that comes with it.
    pub presented: Option<i32>,
    /// What the client's machine says it is called.
    pub netbios: &'a [u8],
}

/// RFC 4120 5.4.2.
#[derive(Default)]
pub struct Reply<'a> {
    pub realm: &'a [u8],
    pub client: Name<'a>,
    pub ticket: Option<i32>,
    pub cipher: Option<i32>,
}

/// RFC 4120 5.9.1.
#[derive(Default)]
pub struct Error<'a> {
    pub code: Option<i32>,
    pub client_realm: &'a [u8],
    pub client: Name<'a>,
    pub realm: &'a [u8],
    pub service: Name<'a>,
}

/// The message that `bytes` are, or the beginning of.
pub fn read(bytes: &[u8]) -> Option<Message<'_>> {
    let outer = element(bytes)?;
    let fields = inside(outer.inside, SEQUENCE)?;
    Some(match outer.tag {
        AS_REQ => Message::Request(Kind::As, request(fields)),
        TGS_REQ => Message::Request(Kind::Tgs, request(fields)),
        AS_REP => Message::Reply(Kind::As, reply(fields)),
        TGS_REP => Message::Reply(Kind::Tgs, reply(fields)),
        ERROR => Message::Error(error(fields)),
        _ => return None,
    })
}

/// Elements one after the other.
fn each(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let found = element(bytes)?;
        bytes = found.after;
        Some(found)
    })
    .take(limits::KERBEROS_FIELDS)
}

/// Contents of an element with this tag.
fn inside(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    element(bytes).filter(|found| found.tag == tag).map(|found| found.inside)
}

/// What stands in the field with this number.
fn field(fields: &[u8], number: u8) -> Option<&[u8]> {
    each(fields).find(|found| found.tag == 0xa0 | number).map(|found| found.inside)
}

fn number(bytes: &[u8]) -> Option<i32> {
    i32::try_from(long(bytes)?).ok()
}

/// A number of at most eight bytes. X.690 8.3.
fn long(bytes: &[u8]) -> Option<i64> {
    let found = element(bytes).filter(|found| found.tag == INTEGER && found.inside.len() == found.length)?;
    let first = found.inside.first().filter(|_| found.length <= 8)?;
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Some(found.inside.iter().fold(sign, |sum, byte| sum << 8 | i64::from(*byte)))
}

/// RFC 4120 5.2.2.
fn name(bytes: &[u8]) -> Option<Name<'_>> {
    let parts = field(inside(bytes, SEQUENCE)?, 1)?;
    inside(parts, SEQUENCE).map(Name)
}

/// The type of cipher of encrypted data. RFC 4120 5.2.9.
fn cipher(bytes: &[u8]) -> Option<i32> {
    number(field(inside(bytes, SEQUENCE)?, 0)?)
}

/// The same of a ticket. RFC 4120 5.3.
fn ticket(bytes: &[u8]) -> Option<i32> {
    cipher(field(inside(inside(bytes, TICKET)?, SEQUENCE)?, 3)?)
}

fn request(fields: &[u8]) -> Request<'_> {
    let mut request = field(fields, 4)
        .and_then(|body| inside(body, SEQUENCE))
        .map(body)
        .unwrap_or_default();
    for data in field(fields, 3).and_then(|list| inside(list, SEQUENCE)).into_iter().flat_map(each) {
        let Some(kind) = field(data.inside, 1).and_then(number) else {
            continue;
        };
        if request.preauthentication.len() < limits::KERBEROS_FIELDS {
            request.preauthentication.push(kind);
        }
        if kind == 1 {
            let value = field(data.inside, 2).and_then(|value| inside(value, OCTET_STRING));
            request.presented = value.and_then(presented);
        }
    }
    request
}

/// The ticket of a PA-TGS-REQ. RFC 4120 5.5.1.
fn presented(value: &[u8]) -> Option<i32> {
    ticket(field(inside(inside(value, AP_REQ)?, SEQUENCE)?, 3)?)
}

fn body(fields: &[u8]) -> Request<'_> {
    let mut request = Request::default();
    for found in each(fields) {
        let value = found.inside;
        match found.tag & 0x1f {
            0 => request.options = inside(value, BIT_STRING).and_then(bits).unwrap_or_default(),
            1 => request.client = name(value).unwrap_or_default(),
            2 => request.realm = inside(value, GENERAL_STRING).unwrap_or_default(),
            3 => request.service = name(value).unwrap_or_default(),
            4 => request.from = inside(value, GENERALIZED_TIME).and_then(moment),
            5 => request.till = inside(value, GENERALIZED_TIME).and_then(moment),
            7 => request.nonce = long(value),
            8 => {
                let list = inside(value, SEQUENCE).unwrap_or_default();
                request.ciphers = each(list).filter_map(|found| integer(&found)).collect();
            }
            9 => request.netbios = inside(value, SEQUENCE).and_then(netbios).unwrap_or_default(),
            _ => {}
        }
    }
    request
}

fn integer(found: &Element<'_>) -> Option<i32> {
    let first = found
        .inside
        .first()
        .filter(|_| found.tag == INTEGER && found.inside.len() == found.length && found.length <= 4)?;
    let sign = if first & 0x80 == 0 { 0 } else { -1i32 };
    Some(found.inside.iter().fold(sign, |sum, byte| sum << 8 | i32::from(*byte)))
}

/// Behind the count of unused bits at least 32 stand. RFC 4120 5.2.8.
fn bits(inside: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(inside.get(1..5)?.try_into().ok()?))
}

/// The address that is a NetBIOS name, padded with blanks to sixteen characters. RFC 4120 7.5.3.
fn netbios(list: &[u8]) -> Option<&[u8]> {
    let address = each(list).find(|found| field(found.inside, 0).and_then(number) == Some(20))?;
    Some(inside(field(address.inside, 1)?, OCTET_STRING)?.trim_ascii_end())
}

fn reply(fields: &[u8]) -> Reply<'_> {
    Reply {
        realm: field(fields, 3).and_then(|realm| inside(realm, GENERAL_STRING)).unwrap_or_default(),
        client: field(fields, 4).and_then(name).unwrap_or_default(),
        ticket: field(fields, 5).and_then(ticket),
        cipher: field(fields, 6).and_then(cipher),
    }
}

fn error(fields: &[u8]) -> Error<'_> {
    let text = |number| {
        field(fields, number)
            .and_then(|text| inside(text, GENERAL_STRING))
            .unwrap_or_default()
    };
    let named = |number| field(fields, number).and_then(name).unwrap_or_default();
    Error {
        code: field(fields, 6).and_then(number),
        client_realm: text(7),
        client: named(8),
        realm: text(9),
        service: named(10),
    }
}

/// `YYYYMMDDHHMMSSZ` in microseconds since 1970. RFC 4120 5.2.3.
fn moment(text: &[u8]) -> Option<i64> {
    text.strip_suffix(b"Z").filter(|digits| digits.len() == 14).and_then(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(b"19700101000000Z"), Some(0));
        assert_eq!(moment(b"20370913024805Z"), Some(2_136_422_885_000_000));
        for none in [
            &b"20371313024805Z"[..],
            b"20370913024805",
            b"2037091302480Z",
            b"20370913244805Z",
            b"",
        ] {
            assert_eq!(moment(none), None);
        }
    }

    #[test]
    fn numbers_have_a_sign() {
        assert_eq!(number(&[2, 1, 0x80]), Some(-128));
        assert_eq!(number(&[2, 2, 0xff, 0x79]), Some(-135));
        assert_eq!(number(&[2, 1, 18]), Some(18));
        assert_eq!(long(&[2, 5, 0, 0xff, 0, 0, 1]), Some(0xff00_0001));
        assert_eq!(
            (number(&[2, 0]), number(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]), number(&[4, 1, 1])),
            (None, None, None)
        );
    }
}
