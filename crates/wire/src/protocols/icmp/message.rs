//! One message, taken apart. RFC 792, RFC 1256, RFC 4443, RFC 4861.

use crate::bytes::{be16, be32};
use crate::ip::{self, Datagram};

const V6: u8 = 58;

/// What a message is about, beyond its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Echo,
    Error,
    Redirect,
    Router,
    Neighbour,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    v6: bool,
    pub kind: Kind,
    pub number: u8,
    pub code: u8,
    bytes: &'a [u8],
}

/// Name and kind of a type.
fn meaning(v6: bool, number: u8) -> (Option<&'static str>, Kind) {
    let (name, kind) = match (v6, number) {
        (false, 0 | 8) | (true, 128 | 129) => ("echo", Kind::Echo),
        (false, 3) | (true, 1) => ("unreachable", Kind::Error),
        (false, 11) | (true, 3) => ("time_exceeded", Kind::Error),
        (false, 12) | (true, 4) => ("parameter_problem", Kind::Error),
        (true, 2) => ("too_big", Kind::Error),
        (false, 4) => ("source_quench", Kind::Error),
        (false, 5) | (true, 137) => ("redirect", Kind::Redirect),
        (false, 9 | 10) | (true, 133 | 134) => ("router", Kind::Router),
        (true, 135 | 136) => ("neighbour", Kind::Neighbour),
        (true, 130..=132 | 143) => ("listener", Kind::Other),
        (true, 139 | 140) => ("node_information", Kind::Other),
        (false, 13 | 14) => ("timestamp", Kind::Other),
        (false, 15 | 16) => ("information", Kind::Other),
        (false, 17 | 18) => ("address_mask", Kind::Other),
        _ => return (None, Kind::Other),
    };
    (Some(name), kind)
}

/// The message that a packet of this IP protocol holds; `None` if it has no whole head.
pub fn read(proto: u8, bytes: &[u8]) -> Option<Message<'_>> {
    let (&[number, code, ..], _) = bytes.split_first_chunk::<8>()?;
    let v6 = proto == V6;
    let (_, kind) = meaning(v6, number);
    Some(Message {
        v6,
        kind,
        number,
        code,
        bytes,
    })
}

/// What a type of this IP protocol means.
pub fn name(proto: u8, number: u8) -> Option<&'static str> {
    meaning(proto == V6, number).0
}

impl<'a> Message<'a> {
    /// What stands behind the head.
    pub fn payload(&self) -> &'a [u8] {
        self.bytes.get(8..).unwrap_or_default()
    }

    /// Of echo: the identifier, and that with the number of the message.
    pub fn identifier(&self) -> Option<(u16, u32)> {
        Some((be16(self.bytes, 4)?, be32(self.bytes, 4)?)).filter(|_| self.kind == Kind::Echo)
    }

    /// The packet that an error quotes, as far as it does. IPv6's redirect quotes it as an option that is not looked for.
    pub fn quoted(&self) -> Option<Datagram<'a>> {
        let payload = self.payload();
        if self.v6 {
            ip::ipv6(payload, payload.len())
        } else {
            ip::ipv4(payload, payload.len())
        }
    }

    /// Whether it has to quote a packet.
    pub fn quotes(&self) -> bool {
        self.kind == Kind::Error || self.kind == Kind::Redirect && !self.v6
    }

    fn address(&self, at: usize) -> Option<u128> {
        let end = at.checked_add(16)?;
        Some(u128::from_be_bytes(self.bytes.get(at..end)?.try_into().ok()?))
    }

    pub fn gateway(&self) -> Option<u128> {
        match (self.kind, self.v6) {
            (Kind::Redirect, true) => self.address(8),
            (Kind::Redirect, false) => Some(0xffff_0000_0000 | u128::from(be32(self.bytes, 4)?)),
            _ => None,
        }
    }

    pub fn target(&self) -> Option<u128> {
        match (self.kind, self.v6) {
            (Kind::Redirect, true) => self.address(24),
            (Kind::Redirect, false) => self.quoted().map(|quoted| quoted.dst),
            (Kind::Neighbour, _) => self.address(8),
            _ => None,
        }
    }

    /// RFC 4861 4.4: the bits S and O of an advertisement.
    pub fn is_unsolicited(&self) -> bool {
        self.kind == Kind::Neighbour && self.number == 136 && self.bytes.get(4).is_some_and(|flags| flags & 0x60 == 0x20)
    }

    pub fn router_lifetime(&self) -> Option<u16> {
        let advertises = matches!((self.v6, self.number), (false, 9) | (true, 134));
        be16(self.bytes, 6).filter(|_| advertises)
    }

    pub fn mtu(&self) -> Option<u32> {
        match (self.v6, self.number, self.code) {
            (false, 3, 4) => be16(self.bytes, 6).map(u32::from).filter(|mtu| *mtu > 0),
            (true, 2, _) => be32(self.bytes, 4),
            _ => None,
        }
    }
}
