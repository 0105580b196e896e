//! From a frame to the IP datagram in it: link layer, VLAN tags, IPv4 and IPv6 with extension headers.

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

/// An IP datagram or fragment.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// IPv6, or IPv4 mapped.
    pub src: u128,
    pub dst: u128,
    pub proto: u8,
    /// Length by the IP header (by the frame where the header says 0: segmentation offload).
    pub ip_len: usize,
    /// What follows the IP headers, as far as captured.
    pub payload: &'a [u8],
    /// Bytes of the payload that the capture cut off.
    pub cut: usize,
    pub fragment: Option<Fragment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub id: u32,
    pub offset: usize,
    pub more: bool,
}

const ETHERNET: u16 = 1;
const ARP: u16 = 0x0806;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

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

/// RFC 791 section 3.1.
fn ipv4(packet: &[u8], wire_len: usize) -> Option<Datagram<'_>> {
    let head = packet.get(..20)?;
    let header_len = usize::from(head.first()? & 0x0f) * 4;
    if head.first()? >> 4 != 4 || header_len < 20 {
        return None;
    }
    let total = usize::from(be16(head, 2)?);
    // A sender that leaves segmentation to its card shows the sensor a length of 0.
    let ip_len = if total == 0 { wire_len } else { total };
    let flags = be16(head, 6)?;
    let fragment = Fragment {
        id: u32::from(be16(head, 4)?),
        offset: usize::from(flags & 0x1fff) * 8,
        more: flags & 0x2000 != 0,
    };
    let payload = packet.get(header_len..ip_len.min(packet.len()))?;
    let address = |at: usize| Some(0xffff_0000_0000u128 | u128::from(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?)));
    Some(Datagram {
        src: address(12)?,
        dst: address(16)?,
        proto: *head.get(9)?,
        ip_len,
        payload,
        cut: ip_len.checked_sub(header_len)?.saturating_sub(payload.len()),
        fragment: (fragment.more || fragment.offset > 0).then_some(fragment),
    })
}

/// RFC 8200: hop-by-hop, routing, destination options, fragment, authentication (RFC 4302), mobility and host identity headers are passed.
fn ipv6(packet: &[u8], wire_len: usize) -> Option<Datagram<'_>> {
    let head = packet.get(..40)?;
    if head.first()? >> 4 != 6 {
        return None;
    }
    let length = usize::from(be16(head, 4)?);
    let ip_len = if length == 0 { wire_len } else { length + 40 };
    let body = packet.get(..ip_len.min(packet.len()))?;
    let address = |at: usize| Some(u128::from_be_bytes(head.get(at..at + 16)?.try_into().ok()?));
    let (mut proto, mut at, mut fragment) = (*head.get(6)?, 40usize, None);
    for _ in 0..limits::NESTING {
        let len = match proto {
            0 | 43 | 60 | 135 | 139 => (usize::from(*body.get(at + 1)?) + 1) * 8,
            51 => (usize::from(*body.get(at + 1)?) + 2) * 4,
            44 => {
                let word = be16(body, at + 2)?;
                let id = u32::from_be_bytes(body.get(at + 4..at + 8)?.try_into().ok()?);
                let found = Fragment {
                    id,
                    offset: usize::from(word & 0xfff8),
                    more: word & 1 != 0,
                };
                fragment = (found.more || found.offset > 0).then_some(found);
                8
            }
            _ => break,
        };
        proto = *body.get(at)?;
        at += len;
        if fragment.is_some_and(|f: Fragment| f.offset > 0) {
            break;
        }
    }
    let payload = body.get(at..)?;
    Some(Datagram {
        src: address(8)?,
        dst: address(24)?,
        proto,
        ip_len,
        payload,
        cut: ip_len.checked_sub(at)?.saturating_sub(payload.len()),
        fragment,
    })
}
