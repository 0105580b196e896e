//! What a datagram carries that is a packet itself: GRE and what goes in it (ERSPAN, NVGRE, PPTP), IP in IP, VXLAN, GENEVE, Teredo.
//!
//! Mirrors of virtual switches and remote switches arrive this way; the connections of the hospital are inside.

use crate::bytes::be16;
use crate::ip::Datagram;
use crate::link::{Layer, IPV4, IPV6};

/// What carries a packet inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// IP in IP.
    Ip,
    /// A packet in GRE.
    Gre,
    /// A frame in GRE.
    Nvgre,
    Pptp,
    Erspan,
    Vxlan,
    Geneve,
    Teredo,
}

impl Tunnel {
    pub fn name(self) -> &'static str {
        match self {
            Tunnel::Ip => "ip",
            Tunnel::Gre => "gre",
            Tunnel::Nvgre => "nvgre",
            Tunnel::Pptp => "pptp",
            Tunnel::Erspan => "erspan",
            Tunnel::Vxlan => "vxlan",
            Tunnel::Geneve => "geneve",
            Tunnel::Teredo => "teredo",
        }
    }
}

/// What carried a packet, from where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    pub kind: Tunnel,
    /// Addresses as in [`Datagram`], in bytes: so they need no room to be aligned.
    pub src: [u8; 16],
    pub dst: [u8; 16],
}

/// A packet inside another.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'a> {
    pub carrier: Carrier,
    pub layer: Layer,
    pub bytes: &'a [u8],
    /// What it had on the wire.
    pub wire_len: usize,
    /// VLAN id that the tunnel's header tells.
    pub vlan: Option<u16>,
}

/// Which tunnel it is, what stands behind its header, where, and the VLAN id that the header tells.
type Found = (Tunnel, Layer, usize, Option<u16>);

const TRANSPARENT_ETHERNET: u16 = 0x6558;

/// The packet inside, if this is a tunnel.
pub fn inner<'a>(datagram: &Datagram<'a>) -> Option<Inner<'a>> {
    let mut payload = datagram.payload;
    let (kind, layer, at, vlan) = match datagram.proto {
        // RFC 2003; RFC 4213 section 3 and RFC 2473.
        4 => (Tunnel::Ip, Layer::Type(IPV4), 0, None),
        41 => (Tunnel::Ip, Layer::Type(IPV6), 0, None),
        47 => gre(payload)?,
        17 => {
            let len = usize::from(be16(payload, 4)?);
            payload = payload.get(..len).unwrap_or(payload);
            over_udp(payload, datagram.cut)?
        }
        _ => return None,
    };
    let bytes = payload.get(at..).filter(|bytes| !bytes.is_empty())?;
    Some(Inner {
        carrier: Carrier {
            kind,
            src: datagram.src.to_be_bytes(),
            dst: datagram.dst.to_be_bytes(),
        },
        layer,
        bytes,
        wire_len: bytes.len().saturating_add(datagram.cut),
        vlan,
    })
}

/// RFC 2784 and RFC 2890; version 1 is that of PPTP (RFC 2637 section 4.1). The source routes of RFC 1701 are not followed.
fn gre(payload: &[u8]) -> Option<Found> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGEMENT: u16 = 0x0080;
    let (flags, kind) = (be16(payload, 0)?, be16(payload, 2)?);
    let has = |flag: u16| flags & flag != 0;
    let word = |flag: u16| if has(flag) { 4 } else { 0 };
    let at = 4 + word(CHECKSUM) + word(KEY) + word(SEQUENCE);
    match (flags & 7, kind) {
        _ if has(ROUTING) => None,
        (0, 0x88be) if has(SEQUENCE) => erspan_ii(payload, at),
        // Type I has no header of its own and no sequence number.
        (0, 0x88be) => Some((Tunnel::Erspan, Layer::Ethernet, at, None)),
        (0, 0x22eb) => erspan_iii(payload, at),
        // NVGRE (RFC 7637) and any other bridge.
        (0, TRANSPARENT_ETHERNET) => Some((Tunnel::Nvgre, Layer::Ethernet, at, None)),
        (0, kind) => Some((Tunnel::Gre, Layer::Type(kind), at, None)),
        (1, 0x880b) => Some((Tunnel::Pptp, Layer::Ppp, at + word(ACKNOWLEDGEMENT), None)),
        _ => None,
    }
}

/// The VLAN of the mirrored port, in the first word of both ERSPAN headers; 0 where there is none (draft-foschiano-erspan section 4).
fn erspan_vlan(payload: &[u8], at: usize) -> Option<u16> {
    be16(payload, at).map(|word| word & 0x0fff).filter(|id| *id > 0)
}

fn erspan_ii(payload: &[u8], at: usize) -> Option<Found> {
    (payload.get(at)? >> 4 == 1).then(|| (Tunnel::Erspan, Layer::Ethernet, at + 8, erspan_vlan(payload, at)))
}

/// Its last bits say what kind of frame follows and whether eight bytes of the platform stand before it.
fn erspan_iii(payload: &[u8], at: usize) -> Option<Found> {
    let word = be16(payload, at.checked_add(10)?)?;
    let layer = match word >> 10 & 0x1f {
        0 => Layer::Ethernet,
        2 => Layer::Ip,
        _ => return None,
    };
    let len = if word & 1 == 1 { 20 } else { 12 };
    (payload.get(at)? >> 4 == 2).then(|| (Tunnel::Erspan, layer, at + len, erspan_vlan(payload, at)))
}

/// Any port can be another's: the header must be one too.
fn over_udp(datagram: &[u8], cut: usize) -> Option<Found> {
    let (from, to) = (be16(datagram, 0)?, be16(datagram, 2)?);
    let found = match to {
        // 8472: Linux, before there was a number.
        4789 | 8472 => vxlan(datagram.get(8..16)?),
        6081 => geneve(datagram.get(8..16)?),
        _ => None,
    };
    match found {
        None if to == 3544 || from == 3544 => teredo(datagram.get(8..)?, cut),
        found => found,
    }
    .map(|(tunnel, layer, at, vlan)| (tunnel, layer, at + 8, vlan))
}

/// RFC 7348 section 5; with the group that draft-smith-vxlan-group-policy puts in what was reserved.
fn vxlan(head: &[u8]) -> Option<Found> {
    let plain = matches!(head, [0x08, 0, 0, 0, _, _, _, 0]);
    let grouped = matches!(head, [0x88, flags, _, _, _, _, _, 0] if flags & !0x48 == 0);
    (plain || grouped).then_some((Tunnel::Vxlan, Layer::Ethernet, 8, None))
}

/// RFC 8926 section 3.4.
fn geneve(head: &[u8]) -> Option<Found> {
    let &[version, flags, _, _, _, _, _, 0] = head else { return None };
    if version >> 6 != 0 || flags & 0x3f != 0 {
        return None;
    }
    let at = 8 + usize::from(version & 0x3f) * 4;
    match be16(head, 2)? {
        TRANSPARENT_ETHERNET => Some((Tunnel::Geneve, Layer::Ethernet, at, None)),
        kind @ (IPV4 | IPV6) => Some((Tunnel::Geneve, Layer::Type(kind), at, None)),
        _ => None,
    }
}

/// IPv6 behind an authentication and an origin indication (RFC 4380 section 5.1.1); what carries nothing, a bubble, is left out.
fn teredo(payload: &[u8], cut: usize) -> Option<Found> {
    const NOTHING: u8 = 59;
    let mut at = 0;
    if let [0, 1, client, value, ..] = payload {
        at = 13 + usize::from(*client) + usize::from(*value);
    }
    if matches!(payload.get(at..), Some([0, 0, ..])) {
        at += 8;
    }
    let packet = payload.get(at..)?;
    let fits = usize::from(be16(packet, 4)?) + 40 == packet.len().saturating_add(cut);
    let found = packet.first()? >> 4 == 6 && fits && *packet.get(6)? != NOTHING;
    found.then_some((Tunnel::Teredo, Layer::Type(IPV6), at, None))
}
