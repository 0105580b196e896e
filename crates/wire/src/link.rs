//! From a frame to the IP datagram in it: link layers, VLAN tags, MPLS, PPP.

use crate::bytes::{be16, be32};
use crate::ip::{ipv4, ipv6};
pub use crate::ip::{Datagram, Fragment};
use crate::limits;
use crate::tunnel::{Carrier, Inner};

/// What a frame says of the way that its packet came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub src: Option<[u8; 6]>,
    pub dst: Option<[u8; 6]>,
    /// Outer and inner VLAN id (IEEE 802.1Q, 802.1ad).
    pub vlan: Option<u16>,
    pub inner_vlan: Option<u16>,
    /// Hop limit of the innermost IP header that was read.
    pub hops: u8,
    /// The innermost tunnel.
    pub tunnel: Option<Carrier>,
    /// Its packet begins a connection that a control connection of FTP has announced.
    pub awaited: bool,
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

/// What comes next in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Ethernet,
    /// What an EtherType says.
    Type(u16),
    Ppp,
    /// IP of the version that it begins with.
    Ip,
}

pub const IPV4: u16 = 0x0800;
pub const IPV6: u16 = 0x86dd;
pub const MPLS: u16 = 0x8847;
const ARP: u16 = 0x0806;
const MPLS_MULTICAST: u16 = 0x8848;
const PPPOE: u16 = 0x8864;

fn mac(bytes: &[u8], at: usize) -> Option<[u8; 6]> {
    bytes.get(at..at.checked_add(6)?)?.try_into().ok()
}

/// `link_type` is the LINKTYPE_ value of the capture; `wire_len` what the frame had on the wire.
#[inline]
pub fn decode(link_type: u16, frame: &[u8], wire_len: usize) -> (Link, Content<'_>) {
    let mut link = Link::default();
    // Nearly all there is: IPv4 right behind the head of an Ethernet frame.
    if let (1, Some(([dst @ .., _, _, _, _, _, _, 8, 0], packet))) = (link_type, frame.split_first_chunk::<14>()) {
        (link.dst, link.src) = (Some(*dst), mac(frame, 6));
        let content = ip(ipv4(packet, wire_len.saturating_sub(14)), &mut link);
        return (link, content);
    }
    let content = start(link_type, frame, &mut link)
        .and_then(|(layer, at)| follow(layer, frame.get(at..)?, wire_len.saturating_sub(at), &mut link))
        .unwrap_or(Content::Other);
    (link, content)
}

/// What a tunnel carries. Where it has no addresses or tags of its own, those of the frame around it stay: they are the nearest there are.
pub fn decode_inner<'a>(outer: &Link, inner: &Inner<'a>) -> (Link, Content<'a>) {
    let mut link = Link {
        tunnel: Some(inner.carrier),
        ..*outer
    };
    if let Some(vlan) = inner.vlan {
        (link.vlan, link.inner_vlan) = (Some(vlan), None);
    }
    let content = follow(inner.layer, inner.bytes, inner.wire_len, &mut link).unwrap_or(Content::Other);
    (link, content)
}

#[inline]
fn ip<'a>(datagram: Option<Datagram<'a>>, link: &mut Link) -> Content<'a> {
    let Some(datagram) = datagram else { return Content::Malformed };
    link.hops = datagram.hops;
    Content::Ip(datagram)
}

/// Whether frames of this link type can be followed: it is one by which a frame of zeros, longer than every head, begins with something.
pub fn is_known(link_type: u16) -> bool {
    start(link_type, &[0; 64], &mut Link::default()).is_some()
}

/// What the frame begins with and where that stands, by link type.
fn start(link_type: u16, frame: &[u8], link: &mut Link) -> Option<(Layer, usize)> {
    Some(match link_type {
        1 => (Layer::Ethernet, 0),
        // LINKTYPE_NULL and LINKTYPE_LOOP: an address family of the capturing system, which the IP version tells better.
        0 | 108 => (Layer::Ip, 4),
        12 | 14 | 101 | 228 | 229 => (Layer::Ip, 0),
        // LINKTYPE_PPP; LINKTYPE_PPP_HDLC, whose first byte tells PPP (RFC 1662) from Cisco's HDLC; LINKTYPE_C_HDLC.
        9 => (Layer::Ppp, 0),
        50 if !matches!(frame.first(), Some(0x0f | 0x8f)) => (Layer::Ppp, 0),
        50 | 104 => (Layer::Type(be16(frame, 2)?), 4),
        // LINKTYPE_PPP_ETHER and LINKTYPE_MPLS.
        51 => (Layer::Type(PPPOE), 0),
        219 => (Layer::Type(MPLS), 0),
        // LINKTYPE_LINUX_SLL: only the sender's address is there.
        113 => {
            link.src = (be16(frame, 4)? == 6).then(|| mac(frame, 6)).flatten();
            (Layer::Type(be16(frame, 14)?), 16)
        }
        // LINKTYPE_LINUX_SLL2
        276 => {
            link.src = (*frame.get(11)? == 6).then(|| mac(frame, 12)).flatten();
            (Layer::Type(be16(frame, 0)?), 20)
        }
        _ => return None,
    })
}

/// Follows the layers down to what is kept. The outermost VLAN id and the next are noted; those of an Ethernet frame inside another replace
/// what stood around it.
#[inline]
fn follow<'a>(mut layer: Layer, mut rest: &'a [u8], mut wire_len: usize, link: &mut Link) -> Option<Content<'a>> {
    let mut tags = 0;
    for _ in 0..limits::NESTING {
        let (next, len) = match layer {
            Layer::Type(IPV4) => return Some(ip(ipv4(rest, wire_len), link)),
            Layer::Type(IPV6) => return Some(ip(ipv6(rest, wire_len), link)),
            Layer::Type(ARP) => return Some(Content::Arp(rest)),
            Layer::Ethernet => {
                (link.dst, link.src) = (mac(rest, 0), mac(rest, 6));
                tags = 0;
                (Layer::Type(be16(rest, 12)?), 14)
            }
            // 802.1Q, 802.1ad and the older 0x9100.
            Layer::Type(0x8100 | 0x88a8 | 0x9100) => {
                let id = be16(rest, 0)? & 0x0fff;
                match tags {
                    0 => (link.vlan, link.inner_vlan) = (Some(id), None),
                    1 => link.inner_vlan = Some(id),
                    _ => {}
                }
                tags += 1;
                (Layer::Type(be16(rest, 2)?), 4)
            }
            Layer::Type(MPLS | MPLS_MULTICAST) => mpls(rest, wire_len)?,
            Layer::Type(PPPOE) => pppoe(rest)?,
            Layer::Ppp => ppp(rest)?,
            Layer::Ip => match rest.first()? >> 4 {
                4 => (Layer::Type(IPV4), 0),
                6 => (Layer::Type(IPV6), 0),
                _ => return None,
            },
            Layer::Type(_) => return None,
        };
        (layer, rest, wire_len) = (next, rest.get(len..)?, wire_len.saturating_sub(len));
    }
    None
}

/// A session frame: version and type 1, code 0. RFC 2516 section 4.
fn pppoe(rest: &[u8]) -> Option<(Layer, usize)> {
    matches!(rest, [0x11, 0, ..]).then_some((Layer::Ppp, 6))
}

/// Address and control (RFC 1662 section 3.1) may be left out, and the first byte of a protocol number that is below 256 (RFC 1661 section 6.5).
fn ppp(rest: &[u8]) -> Option<(Layer, usize)> {
    let at = if matches!(rest, [0xff, 3, ..]) { 2 } else { 0 };
    let first = *rest.get(at)?;
    let (protocol, len) = match first & 1 {
        1 => (u16::from(first), 1),
        _ => (be16(rest, at)?, 2),
    };
    let ethertype = match protocol {
        0x0021 => IPV4,
        0x0057 => IPV6,
        0x0281 => MPLS,
        0x0283 => MPLS_MULTICAST,
        _ => return None,
    };
    Some((Layer::Type(ethertype), at + len))
}

/// Passes the label stack (RFC 3032 section 2.1). No label says what is below the stack, so its first bits are asked, as routers do (RFC 4928
/// section 3): IP, or the Ethernet frame of a pseudowire, with a control word before it (RFC 4448 section 4.6) or without.
fn mpls(rest: &[u8], wire_len: usize) -> Option<(Layer, usize)> {
    const BOTTOM: u32 = 0x100;
    let entries = (0..limits::NESTING).map(|n| be32(rest, n * 4).map(|entry| entry & BOTTOM != 0));
    let labels = entries.take_while(|bottom| *bottom == Some(false)).count();
    let at = (labels + 1) * 4;
    let below = rest.get(at..)?;
    Some(match below.first()? >> 4 {
        // A station's address may begin like an IP header, hence the second look.
        4 if header_sum(below) == Some(0xffff) || !is_ethernet(below) => (Layer::Type(IPV4), at),
        6 if usize::from(be16(below, 4)?) + 40 <= wire_len.saturating_sub(at) || !is_ethernet(below) => (Layer::Type(IPV6), at),
        // A tagged frame looks like a control word and an untagged one, hence in this order.
        _ if is_ethernet(below) => (Layer::Ethernet, at),
        0 if below.get(4..).is_some_and(is_ethernet) => (Layer::Ethernet, at + 4),
        _ => return None,
    })
}

/// Whether this can be an Ethernet frame that holds what is followed.
fn is_ethernet(frame: &[u8]) -> bool {
    let version = frame.get(14).map(|b| b >> 4);
    match be16(frame, 12) {
        Some(IPV4) => version == Some(4),
        Some(IPV6) => version == Some(6),
        Some(ARP | MPLS | MPLS_MULTICAST | PPPOE | 0x8100 | 0x88a8 | 0x9100) => true,
        _ => false,
    }
}

/// Sum of an IPv4 header's words in ones' complement: 0xffff if its checksum is right (RFC 1071).
fn header_sum(packet: &[u8]) -> Option<u32> {
    let head = packet.get(..usize::from(packet.first()? & 0x0f) * 4)?;
    let words = head.chunks_exact(2).filter_map(|word| be16(word, 0));
    let sum: u32 = words.map(u32::from).sum();
    Some((sum & 0xffff) + (sum >> 16))
}
