//! `arp`: who says which link-layer address belongs to which IPv4 address. RFC 826, RFC 5227.

use crate::context::{Ends, Identity, Output};
use crate::protocols::Dir;
use crate::stream;

stream! {
    /// One ARP packet for IPv4 over Ethernet (RFC 826). The originator is the sender, the responder the address asked for.
    Arp = "arp" {
        /// Operation: 1 request, 2 reply (RFC 826; others as in the IANA registry).
        op: Int,
        /// request or reply.
        op_name: Word,
        /// Source address of the frame; differs from `sender_mac` in some spoofing.
        mac_src: Word,
        /// Hardware address that the sender claims.
        sender_mac: Word,
        /// Protocol address that the sender claims.
        sender_ip: Word,
        /// Hardware address of the target; zeros in a request.
        target_mac: Word,
        /// Protocol address of the target.
        target_ip: Word,
        /// Sender and target address are the same: an announcement (RFC 5227 section 3).
        gratuitous: Bool,
        /// What is wrong with the packet.
        malformed: Word,
    }
}

/// A link-layer address as people write it.
pub fn mac_text(mac: &[u8; 6]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value & 0x0f), 16).unwrap_or('0');
    let mut text = String::with_capacity(17);
    for (n, byte) in mac.iter().enumerate() {
        text.extend((n > 0).then_some(':'));
        text.extend([digit(byte >> 4), digit(*byte)]);
    }
    text
}

/// Writes the row of one ARP packet; packets for other hardware or protocols than Ethernet and IPv4 give none.
pub fn packet(bytes: &[u8], frame_source: Option<[u8; 6]>, ts: i64, out: &mut Output) {
    let frame_source = frame_source.as_ref().map(mac_text);
    let Some((op, sender_mac, sender_ip, target_mac, target_ip)) = fields(bytes) else {
        let ends = Ends {
            orig: 0,
            resp: 0,
            orig_port: 0,
            resp_port: 0,
            proto: 0,
        };
        let mut identity = Identity::new(ends, ts, nonce(bytes));
        out.emit(
            &mut identity,
            ts,
            Dir::Orig,
            0,
            &Arp {
                mac_src: frame_source.as_deref(),
                malformed: Some("cut, or not IPv4 over Ethernet"),
                ..Arp::default()
            },
        );
        return;
    };
    let mapped = |ip: [u8; 4]| 0xffff_0000_0000u128 | u128::from(u32::from_be_bytes(ip));
    let ends = Ends {
        orig: mapped(sender_ip),
        resp: mapped(target_ip),
        orig_port: 0,
        resp_port: 0,
        proto: 0,
    };
    let mut identity = Identity::new(ends, ts, nonce(bytes));
    let text = |ip: [u8; 4]| std::net::Ipv4Addr::from(ip).to_string();
    let (sender, target, sender_hw, target_hw) = (text(sender_ip), text(target_ip), mac_text(&sender_mac), mac_text(&target_mac));
    let row = Arp {
        op: Some(i64::from(op)),
        op_name: match op {
            1 => Some("request"),
            2 => Some("reply"),
            _ => None,
        },
        mac_src: frame_source.as_deref(),
        sender_mac: Some(&sender_hw),
        sender_ip: Some(&sender),
        target_mac: Some(&target_hw),
        target_ip: Some(&target),
        gratuitous: Some(sender_ip == target_ip),
        ..Arp::default()
    };
    out.emit(&mut identity, ts, Dir::Orig, 0, &row);
}

type Fields = (u16, [u8; 6], [u8; 4], [u8; 6], [u8; 4]);

/// RFC 826: hardware type 1, protocol 0x0800, lengths 6 and 4.
fn fields(bytes: &[u8]) -> Option<Fields> {
    if bytes.get(..6)? != [0, 1, 8, 0, 6, 4] {
        return None;
    }
    Some((
        u16::from_be_bytes(bytes.get(6..8)?.try_into().ok()?),
        bytes.get(8..14)?.try_into().ok()?,
        bytes.get(14..18)?.try_into().ok()?,
        bytes.get(18..24)?.try_into().ok()?,
        bytes.get(24..28)?.try_into().ok()?,
    ))
}

/// Tells apart different ARP packets of one microsecond.
fn nonce(bytes: &[u8]) -> u64 {
    bytes.iter().take(28).fold(0u64, |sum, &b| sum.rotate_left(7) ^ u64::from(b))
}
