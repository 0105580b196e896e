//! From a frame to the IP datagram in it: link layer, VLAN tags.

use crate::bytes::be16;
use crate::ip::{ipv4, ipv6};
pub use crate::ip::{Datagram, Fragment};
use crate::limits;

/// Link-layer facts of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub src: Option<[u8; 6]>,
    pub dst: Option<[u8; 6]>,
    /// Outer and inner VLAN id (IEEE 802.1Q, 802.1ad).
    pub vlan: Option<u16>,
    pub inner_vlan: Option<u16>,
}

/// What a frame holds.
#[derive(Debug)]
pub enum Content<'a> {
    Ip(Datagram<'a>),
    Arp(&'a [u8]),
    /// Something that is not followed: spanning tree, LLDP, an unknown link type.
    Other,
    /// It says that it is IP but cannot be.
    Malformed,
}

const ETHERNET: u16 = 1;
const ARP: u16 = 0x0806;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

fn mac(bytes: &[u8], at: usize) -> Option<[u8; 6]> {
    bytes.get(at..at.checked_add(6)?)?.try_into().ok()
}

/// `link_type` is the LINKTYPE_ value of the capture; `wire_len` what the frame had on the wire.
pub fn decode(link_type: u16, frame: &[u8], wire_len: usize) -> (Link, Content<'_>) {
    let mut link = Link::default();
    let content = start(link_type, frame, &mut link).and_then(|(ethertype, at)| {
        let (ethertype, at) = tags(frame, ethertype, at, &mut link)?;
        let packet = frame.get(at..)?;
        Some(match ethertype {
            IPV4 => ipv4(packet, wire_len.saturating_sub(at)).map_or(Content::Malformed, Content::Ip),
            IPV6 => ipv6(packet, wire_len.saturating_sub(at)).map_or(Content::Malformed, Content::Ip),
            ARP => Content::Arp(packet),
            _ => Content::Other,
        })
    });
    (link, content.unwrap_or(Content::Other))
}

/// The EtherType and where its payload begins, by link type.
fn start(link_type: u16, frame: &[u8], link: &mut Link) -> Option<(u16, usize)> {
    let by_version = |at: usize| match frame.get(at)? >> 4 {
        4 => Some((IPV4, at)),
        6 => Some((IPV6, at)),
        _ => None,
    };
    match link_type {
        ETHERNET => {
            link.dst = mac(frame, 0);
            link.src = mac(frame, 6);
            Some((be16(frame, 12)?, 14))
        }
        // LINKTYPE_NULL and LINKTYPE_LOOP: an address family of the capturing system, which the IP version tells better.
        0 | 108 => by_version(4),
        12 | 14 | 101 | 228 | 229 => by_version(0),
        // LINKTYPE_LINUX_SLL: only the sender's address is there.
        113 => {
            link.src = (be16(frame, 4)? == 6).then(|| mac(frame, 6)).flatten();
            Some((be16(frame, 14)?, 16))
        }
        // LINKTYPE_LINUX_SLL2
        276 => {
            link.src = (*frame.get(11)? == 6).then(|| mac(frame, 12)).flatten();
            Some((be16(frame, 0)?, 20))
        }
        _ => None,
    }
}

/// Follows VLAN tags (802.1Q, 802.1ad and the older 0x9100); the outermost and the next are kept.
fn tags(frame: &[u8], mut ethertype: u16, mut at: usize, link: &mut Link) -> Option<(u16, usize)> {
    for _ in 0..limits::NESTING {
        if !matches!(ethertype, 0x8100 | 0x88a8 | 0x9100) {
            break;
        }
        let id = be16(frame, at)? & 0x0fff;
        if link.vlan.is_none() {
            link.vlan = Some(id);
        } else if link.inner_vlan.is_none() {
            link.inner_vlan = Some(id);
        }
        ethertype = be16(frame, at.checked_add(2)?)?;
        at = at.checked_add(4)?;
    }
    Some((ethertype, at))
}
