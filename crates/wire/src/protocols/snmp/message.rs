//! One message, taken apart. RFC 1157 4, RFC 1901 3, RFC 3412 6, RFC 3414 2.4, RFC 3416 3.

use crate::limits;
use crate::protocols::banner::ber::{element, whole, INTEGER, OCTET_STRING, SEQUENCE};
use crate::protocols::Probe;

/// RFC 2578 7.1.8: hundredths of a second.
pub const TIME_TICKS: u8 = 0x43;
pub const OBJECT_IDENTIFIER: u8 = 0x06;

/// Which version it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2c,
    V3,
}

/// What a message is, as far as it is in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Get,
    GetBulk,
    Response,
    Set,
    Trap,
    Report,
    Encrypted,
    Other,
}

#[derive(Debug)]
pub struct Message<'a> {
    pub version: Version,
    pub community: Option<&'a [u8]>,
    /// Version 3: authentication (1) and privacy (2). RFC 3412 6.4.
    pub flags: u8,
    pub engine: Option<&'a [u8]>,
    pub kind: Kind,
    bindings: &'a [u8],
}

/// What an agent says of itself: the last number of the object within `system` (RFC 3418 2), the type of the value, and it.
pub type Binding<'a> = (u8, u8, &'a [u8]);

pub fn probe(_port: u16, payload: &[u8]) -> Probe {
    match read(payload) {
        Some(message) if message.kind != Kind::Other || message.version == Version::V3 => Probe::Certain,
        _ => Probe::Never,
    }
}

/// The message that a datagram is.
pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    let (message, after) = whole(payload, SEQUENCE)?;
    let (version, rest) = whole(message, INTEGER)?;
    let version = match version {
        [0] => Version::V1,
        [1] => Version::V2c,
        [3] => Version::V3,
        _ => return None,
    };
    let read = if version == Version::V3 { secured } else { plain };
    after.is_empty().then(|| read(version, rest)).flatten()
}

/// Community and PDU.
fn plain(version: Version, rest: &[u8]) -> Option<Message<'_>> {
    let (community, pdu) = whole(rest, OCTET_STRING)?;
    let (kind, bindings) = protocol_data(pdu)?;
    Some(Message {
        version,
        community: Some(community),
        flags: 0,
        engine: None,
        kind,
        bindings,
    })
}

/// Header data, security parameters as an octet string, and data: in clear a sequence, encrypted an octet string. RFC 3412 section 6.
fn secured(version: Version, rest: &[u8]) -> Option<Message<'_>> {
    let (header, rest) = whole(rest, SEQUENCE)?;
    let (_, header) = whole(header, INTEGER)?;
    let (_, header) = whole(header, INTEGER)?;
    let (&[flags], model) = whole(header, OCTET_STRING)? else {
        return None;
    };
    let (_, end) = whole(model, INTEGER)?;
    let (parameters, data) = whole(rest, OCTET_STRING)?;
    // RFC 3414 2.4: first in them stands the engine; other models than that one have others.
    let engine = whole(parameters, SEQUENCE).and_then(|(inside, _)| whole(inside, OCTET_STRING));
    let (kind, bindings) = scoped(data).unwrap_or((Kind::Other, &[]));
    end.is_empty().then_some(Message {
        version,
        community: None,
        flags,
        engine: engine.map(|(engine, _)| engine),
        kind,
        bindings,
    })
}

/// What a scoped PDU holds behind engine and name of its context, or that it is encrypted.
fn scoped(data: &[u8]) -> Option<(Kind, &[u8])> {
    let Some((scoped, _)) = whole(data, SEQUENCE) else {
        return whole(data, OCTET_STRING).map(|_| (Kind::Encrypted, &[][..]));
    };
    let (_, scoped) = whole(scoped, OCTET_STRING)?;
    let (_, pdu) = whole(scoped, OCTET_STRING)?;
    protocol_data(pdu)
}

/// Kind and bindings. Traps of version 1 have other fields, and no bindings that are wanted.
fn protocol_data(pdu: &[u8]) -> Option<(Kind, &[u8])> {
    let found = element(pdu)?;
    if found.inside.len() != found.length || !found.after.is_empty() {
        return None;
    }
    let kind = match found.tag {
        0xa0 | 0xa1 => Kind::Get,
        0xa2 => Kind::Response,
        0xa3 => Kind::Set,
        0xa4 | 0xa6 | 0xa7 => Kind::Trap,
        0xa5 => Kind::GetBulk,
        0xa8 => Kind::Report,
        _ => return Some((Kind::Other, &[])),
    };
    Some((kind, bindings(found.inside).filter(|_| kind == Kind::Response).unwrap_or_default()))
}

/// What stands behind request, error and its index. RFC 3416 3.
fn bindings(inside: &[u8]) -> Option<&[u8]> {
    let rest = (0..3).try_fold(inside, |rest, _| whole(rest, INTEGER).map(|(_, rest)| rest))?;
    whole(rest, SEQUENCE).map(|(bindings, _)| bindings)
}

impl<'a> Message<'a> {
    /// What an answer says of the agent: objects `1.3.6.1.2.1.1.x.0`.
    pub fn system(&self) -> impl Iterator<Item = Binding<'a>> {
        const SYSTEM: &[u8] = &[0x2b, 6, 1, 2, 1, 1];
        let mut rest = self.bindings;
        let each = std::iter::from_fn(move || {
            let (binding, after) = whole(rest, SEQUENCE)?;
            rest = after;
            Some(binding)
        });
        each.take(limits::SNMP_BINDINGS).filter_map(|binding| {
            let (object, value) = whole(binding, OBJECT_IDENTIFIER)?;
            let [number, 0] = object.strip_prefix(SYSTEM)? else { return None };
            let value = element(value)?;
            Some((*number, value.tag, value.inside))
        })
    }
}
