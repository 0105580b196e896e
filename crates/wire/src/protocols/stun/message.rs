//! One message of STUN or TURN, taken apart. RFC 8489 5 and 14, RFC 8656 12 and 18.

use crate::bytes::be16;
use crate::limits;
use crate::protocols::Probe;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEAD: usize = 20;

/// RFC 8489 18.3, RFC 8656 18.2, RFC 8445 16.1.
pub const USERNAME: u16 = 0x0006;
pub const INTEGRITY: u16 = 0x0008;
pub const ERROR_CODE: u16 = 0x0009;
pub const PEER: u16 = 0x0012;
pub const DATA: u16 = 0x0013;
pub const REALM: u16 = 0x0014;
pub const RELAYED: u16 = 0x0016;
pub const INTEGRITY_SHA256: u16 = 0x001c;
pub const MAPPED: u16 = 0x0020;
pub const USE_CANDIDATE: u16 = 0x0025;
pub const SOFTWARE: u16 = 0x8022;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Request,
    Indication,
    Success,
    Error,
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub class: Class,
    pub method: u16,
    /// The cookie and the transaction, with which addresses are mixed.
    mask: &'a [u8],
    attributes: &'a [u8],
}

pub fn probe(_port: u16, payload: &[u8]) -> Probe {
    match read(payload) {
        Some(message) if message.is_whole() => Probe::Certain,
        _ => Probe::Never,
    }
}

/// The message that a datagram is: its length is that of the datagram.
pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    let (head, attributes) = payload.split_at_checked(HEAD)?;
    let kind = be16(head, 0)?;
    let mask = head.get(4..).filter(|mask| mask.starts_with(&COOKIE))?;
    let length = usize::from(be16(head, 2)?);
    if kind >> 14 != 0 || length != attributes.len() || length & 3 != 0 {
        return None;
    }
    let class = match (kind >> 7 & 2) | (kind >> 4 & 1) {
        0 => Class::Request,
        1 => Class::Indication,
        2 => Class::Success,
        _ => Class::Error,
    };
    Some(Message {
        class,
        method: (kind & 0xf) | (kind >> 1 & 0x70) | (kind >> 2 & 0xf80),
        mask,
        attributes,
    })
}

/// Whether a datagram says that it is one, whole or not.
pub fn claims(payload: &[u8]) -> bool {
    payload.get(4..8) == Some(&COOKIE[..])
}

/// Name of a method.
pub fn method(number: u16) -> Option<&'static str> {
    Some(match number {
        0x001 => "binding",
        0x003 => "allocate",
        0x004 => "refresh",
        0x006 => "send",
        0x007 => "data",
        0x008 => "create_permission",
        0x009 => "channel_bind",
        _ => return None,
    })
}

/// What a relay carries in a channel: its number (0x4000 to 0x4fff), the length, the data. RFC 8656 12.4.
pub fn channel(payload: &[u8]) -> Option<&[u8]> {
    let (_, data) = payload.split_at_checked(4)?;
    be16(payload, 0).filter(|number| (0x4000..0x5000).contains(number))?;
    data.get(..usize::from(be16(payload, 2)?))
}

impl<'a> Message<'a> {
    /// Type and value of each attribute, which are padded to four bytes.
    pub fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.attributes;
        let each = std::iter::from_fn(move || {
            let (kind, value, after) = attribute(rest)?;
            rest = after;
            Some((kind, value))
        });
        each.take(limits::STUN_ATTRIBUTES)
    }

    /// Whether attributes fill it.
    pub fn is_whole(&self) -> bool {
        let mut rest = self.attributes;
        while let Some((.., after)) = attribute(rest) {
            rest = after;
        }
        rest.is_empty()
    }

    /// Address and port of an attribute that mixes them with the head: family, port, address. RFC 8489 14.2.
    pub fn address(&self, value: &[u8]) -> Option<(u128, u16)> {
        let mixed = |at: usize, mask: usize| Some(value.get(at)? ^ self.mask.get(mask)?);
        let port = u16::from_be_bytes([mixed(2, 0)?, mixed(3, 1)?]);
        let bytes = |count: usize| (0..count).try_fold(0u128, |bits, n| Some(bits << 8 | u128::from(mixed(n.checked_add(4)?, n)?)));
        let address = match value.get(1)? {
            1 => 0xffff_0000_0000 | bytes(4)?,
            2 => bytes(16)?,
            _ => return None,
        };
        Some((address, port))
    }
}

fn attribute(rest: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (kind, length) = (be16(rest, 0)?, usize::from(be16(rest, 2)?));
    let (value, after) = rest.get(4..)?.split_at_checked(length)?;
    let padding = length.wrapping_neg() & 3;
    Some((kind, value, after.get(padding..)?))
}
