//! IP datagrams: addresses, lengths, the extension headers of IPv6. RFC 791, RFC 8200.

use crate::bytes::be16;
use crate::limits;

/// An IP datagram or fragment.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// IPv6, or IPv4 mapped.
    pub src: u128,
    pub dst: u128,
    pub proto: u8,
    /// Identification (0 in IPv6 without fragments) and hop limit.
    pub id: u16,
    pub hops: u8,
    /// Length by the IP header (by the frame where the header cannot say it).
    pub ip_len: usize,
    /// What follows the IP headers, as far as captured. Of a fragment: what follows its fragment header.
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
    /// Of IPv6: extension headers may stand in what is put together, and pieces must not overlap.
    pub v6: bool,
}

/// Longest datagram that the 16 bits of its header can tell.
const LONGEST: usize = 65_535;

/// Length of a datagram of which a header of `fixed` bytes is not in the length that it says. What the frame holds behind it is padding or a
/// check sequence. Senders that leave segmentation to their card show 0, or of more than 64 kB what fits into 16 bits: then the frame tells.
fn length(said: usize, fixed: usize, wire_len: usize) -> usize {
    let giant = wire_len > LONGEST + fixed && said == (wire_len - fixed) & LONGEST;
    if said == 0 || giant {
        wire_len
    } else {
        said + fixed
    }
}

/// RFC 791 section 3.1.
#[inline]
pub fn ipv4(packet: &[u8], wire_len: usize) -> Option<Datagram<'_>> {
    let head = packet.get(..20)?;
    let header_len = usize::from(head.first()? & 0x0f) * 4;
    if head.first()? >> 4 != 4 || header_len < 20 {
        return None;
    }
    let ip_len = length(usize::from(be16(head, 2)?), 0, wire_len);
    let flags = be16(head, 6)?;
    let fragment = Fragment {
        id: u32::from(be16(head, 4)?),
        offset: usize::from(flags & 0x1fff) * 8,
        more: flags & 0x2000 != 0,
        v6: false,
    };
    let payload = packet.get(header_len..ip_len.min(packet.len()))?;
    let address = |at: usize| Some(0xffff_0000_0000u128 | u128::from(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?)));
    Some(Datagram {
        src: address(12)?,
        dst: address(16)?,
        proto: *head.get(9)?,
        id: be16(head, 4)?,
        hops: *head.get(8)?,
        ip_len,
        payload,
        cut: ip_len.checked_sub(header_len)?.saturating_sub(payload.len()),
        fragment: (fragment.more || fragment.offset > 0).then_some(fragment),
    })
}

/// RFC 8200 section 3.
pub fn ipv6(packet: &[u8], wire_len: usize) -> Option<Datagram<'_>> {
    let head = packet.get(..40)?;
    if head.first()? >> 4 != 6 {
        return None;
    }
    let (said, next) = (usize::from(be16(head, 4)?), *head.get(6)?);
    let ip_len = match jumbo(packet, next).filter(|_| said == 0) {
        Some(long) => long.checked_add(40)?,
        None => length(said, 40, wire_len),
    };
    let body = packet.get(..ip_len.min(packet.len()))?;
    let address = |at: usize| Some(u128::from_be_bytes(head.get(at..at + 16)?.try_into().ok()?));
    let Headers { proto, at, fragment } = headers(body, next, 40)?;
    let payload = body.get(at..)?;
    Some(Datagram {
        src: address(8)?,
        dst: address(24)?,
        proto,
        id: 0,
        hops: *head.get(7)?,
        ip_len,
        payload,
        cut: ip_len.checked_sub(at)?.saturating_sub(payload.len()),
        fragment,
    })
}

/// The length that a jumbo payload option tells, which stands in a hop-by-hop header right behind the fixed one. RFC 2675 section 2.
fn jumbo(packet: &[u8], next: u8) -> Option<usize> {
    if next != 0 {
        return None;
    }
    let len = (usize::from(*packet.get(41)?) + 1) * 8;
    let mut options = packet.get(42..40 + len)?;
    while let Some((&kind, rest)) = options.split_first() {
        options = match kind {
            0 => rest,
            _ => {
                let (&len, rest) = rest.split_first()?;
                let value = rest.get(..usize::from(len))?;
                if kind == 0xc2 {
                    let long = u32::from_be_bytes(value.try_into().ok()?) as usize;
                    return (long > LONGEST).then_some(long);
                }
                rest.get(value.len()..)?
            }
        };
    }
    None
}

struct Headers {
    /// What the last header that was passed says comes next.
    proto: u8,
    at: usize,
    fragment: Option<Fragment>,
}

/// Passes extension headers: hop-by-hop, routing, destination options, authentication (RFC 4302), mobility, host identity, and the header of
/// a fragment that is whole by itself (RFC 6946). Behind the header of any other fragment stands a piece of something.
fn headers(body: &[u8], mut proto: u8, mut at: usize) -> Option<Headers> {
    let mut fragment = None;
    for _ in 0..limits::NESTING {
        let len = match proto {
            0 | 43 | 60 | 135 | 139 => (usize::from(*body.get(at + 1)?) + 1) * 8,
            51 => (usize::from(*body.get(at + 1)?) + 2) * 4,
            44 => {
                let word = be16(body, at + 2)?;
                let found = Fragment {
                    id: u32::from_be_bytes(body.get(at + 4..at + 8)?.try_into().ok()?),
                    offset: usize::from(word & 0xfff8),
                    more: word & 1 != 0,
                    v6: true,
                };
                fragment = (found.more || found.offset > 0).then_some(found);
                8
            }
            _ => break,
        };
        proto = *body.get(at)?;
        at += len;
        if fragment.is_some() {
            break;
        }
    }
    Some(Headers { proto, at, fragment })
}

/// The datagram whose pieces were put together to `payload`; `last` is the piece that came last, `proto` what the first piece says.
pub fn put_together<'a>(last: &Datagram<'_>, proto: u8, payload: &'a [u8], ip_len: usize) -> Option<Datagram<'a>> {
    let v6 = last.fragment.is_some_and(|f| f.v6);
    let Headers { proto, at, fragment } = match v6 {
        true => headers(payload, proto, 0)?,
        false => Headers {
            proto,
            at: 0,
            fragment: None,
        },
    };
    Some(Datagram {
        src: last.src,
        dst: last.dst,
        proto,
        id: last.id,
        hops: last.hops,
        ip_len,
        payload: payload.get(at..)?,
        cut: 0,
        fragment,
    })
}
