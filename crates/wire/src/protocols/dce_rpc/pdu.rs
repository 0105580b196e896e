//! The head that every message has. C706 12.6.3.1, MS-RPCE 2.2.2.

use crate::limits;
use crate::protocols::{Dir, Probe};

/// Length of the head.
pub const HEAD: usize = 16;

/// C706 12.6.3.1 PFC flags.
const FIRST_FRAGMENT: u8 = 0x01;
const OBJECT: u8 = 0x80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request,
    Response,
    Fault,
    Bind,
    BindAck,
    BindNak,
    AlterContext,
    AlterContextAnswer,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub kind: Kind,
    /// The first fragment, or the only one.
    pub first: bool,
    /// An object's UUID stands before the arguments.
    pub object: bool,
    pub little: bool,
    /// Of the whole message.
    pub length: usize,
    /// Of what proves it.
    pub auth: usize,
    pub call: u32,
}

impl Head {
    /// `None` for what is no head, or not all of one.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let &[5, minor @ 0..=1, kind @ 0..=20, flags, integers, floats @ 0..=3, 0, 0, a, b, c, d, ref call @ ..] =
            bytes.first_chunk::<HEAD>()?
        else {
            return None;
        };
        let little = match integers {
            0x10 | 0x11 => true,
            0x00 | 0x01 => false,
            _ => return None,
        };
        let short = |bytes: [u8; 2]| {
            usize::from(if little {
                u16::from_le_bytes(bytes)
            } else {
                u16::from_be_bytes(bytes)
            })
        };
        let kind = match kind {
            0 => Kind::Request,
            2 => Kind::Response,
            3 => Kind::Fault,
            11 => Kind::Bind,
            12 => Kind::BindAck,
            13 => Kind::BindNak,
            14 => Kind::AlterContext,
            15 => Kind::AlterContextAnswer,
            _ => Kind::Other,
        };
        let head = Head {
            kind,
            first: flags & FIRST_FRAGMENT != 0,
            object: flags & OBJECT != 0,
            little,
            length: short([a, b]),
            auth: short([c, d]),
            call: if little {
                u32::from_le_bytes(*call)
            } else {
                u32::from_be_bytes(*call)
            },
        };
        let sense = floats == 0 || minor == 0;
        (sense && head.length >= HEAD.saturating_add(head.auth)).then_some(head)
    }

    /// How much of the message is worth seeing.
    pub fn wanted(&self) -> usize {
        let most = match self.kind {
            Kind::Bind | Kind::BindAck | Kind::BindNak | Kind::AlterContext | Kind::AlterContextAnswer => limits::DCE_RPC_BIND,
            Kind::Request => limits::DCE_RPC_CALL,
            Kind::Fault => 28,
            Kind::Response | Kind::Other => HEAD,
        };
        most.min(self.length)
    }
}

/// Numbers in the byte order of a message, and its UUIDs.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub bytes: &'a [u8],
    pub little: bool,
}

impl<'a> Fields<'a> {
    pub fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    pub fn u8(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub fn u16(&self, at: usize) -> Option<u16> {
        let read = if self.little { u16::from_le_bytes } else { u16::from_be_bytes };
        self.array(at).map(read)
    }

    pub fn u32(&self, at: usize) -> Option<u32> {
        let read = if self.little { u32::from_le_bytes } else { u32::from_be_bytes };
        self.array(at).map(read)
    }

    /// A UUID as people write it, as one number. C706 A.1.
    pub fn uuid(&self, at: usize) -> Option<u128> {
        let (low, mid, high) = (self.u32(at)?, self.u16(at.checked_add(4)?)?, self.u16(at.checked_add(6)?)?);
        let rest = u64::from_be_bytes(self.array(at.checked_add(8)?)?);
        Some(u128::from(low) << 96 | u128::from(mid) << 80 | u128::from(high) << 64 | u128::from(rest))
    }
}

/// The head of a message that begins something: without one of a bind what comes after may be anything, so that the sender's byte order has to be
/// the usual one.
pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    match Head::read(bytes) {
        Some(head) => match head.kind {
            Kind::Bind | Kind::AlterContext if head.first && head.length >= 72 => Probe::Certain,
            Kind::BindAck | Kind::AlterContextAnswer if head.first && head.length >= 56 => Probe::Certain,
            Kind::Request | Kind::Response if head.little && head.length >= 24 => Probe::Certain,
            Kind::BindNak | Kind::Fault if head.little && head.first => Probe::Certain,
            _ => Probe::Never,
        },
        None if bytes.len() < HEAD && begins(bytes) => Probe::Unsure,
        None => Probe::Never,
    }
}

/// Whether fewer bytes than a head could begin one.
fn begins(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match at {
        0 => *byte == 5,
        1 => *byte <= 1,
        2 => *byte <= 20,
        4 => matches!(byte, 0x00 | 0x01 | 0x10 | 0x11),
        5 => *byte <= 3,
        6 | 7 => *byte == 0,
        _ => true,
    })
}
