//! What a connection and its ends are called in rows: by people, and by other tools.

use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use sha1::{Digest as _, Sha1};

use crate::context::Ends;
use crate::keys::base32;

/// The uid that stands in rows, of the hash that identifies a connection: Zeek's begin with a C, too. ASCII.
pub fn uid(hash: &[u8; 16]) -> [u8; 18] {
    let mut text = [b'C'; 18];
    if let Some(room) = text.get_mut(1..) {
        room.copy_from_slice(&base32::<17>(hash));
    }
    text
}

/// The address as people write it: mapped IPv4 as IPv4.
pub fn address(bits: u128) -> IpAddr {
    Ipv6Addr::from(bits).to_canonical()
}

/// The same as ASCII.
pub fn write_address(bits: u128, to: &mut Vec<u8>) {
    match address(bits) {
        // By hand: every connection has two, and the formatter of the library takes as long as all else that is told of it.
        IpAddr::V4(address) => {
            let (mut text, mut end) = ([b'.'; 16], 0);
            for octet in address.octets() {
                for worth in [100, 10, 1] {
                    if let Some(digit) = text.get_mut(end).filter(|_| octet >= worth || worth == 1) {
                        *digit = b'0' + octet / worth % 10;
                        end += 1;
                    }
                }
                // The dot behind it, which the last one has too.
                end += 1;
            }
            to.extend_from_slice(text.get(..end - 1).unwrap_or_default());
        }
        IpAddr::V6(address) => {
            let _ = write!(to, "{address}");
        }
    }
}

/// An address as it stands in a packet.
fn octets(bytes: &[u8; 16]) -> &[u8] {
    const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    bytes.strip_prefix(&MAPPED).unwrap_or(bytes)
}

/// The Community ID v1, seed 0 (corelight/community-id-spec), in ASCII.
pub fn community_id(ends: &Ends) -> [u8; 30] {
    let ports = matches!(ends.proto, 1 | 6 | 17 | 58 | 132);
    let addresses = [ends.orig, ends.resp].map(u128::to_be_bytes);
    let [mut src, mut dst] = addresses.each_ref().map(octets);
    let (mut sport, mut dport) = (ends.orig_port, ends.resp_port);
    let mut ordered = (src, sport) <= (dst, dport);
    if matches!(ends.proto, 1 | 58) {
        match icmp_counterpart(ends.proto, sport) {
            Some(other) => {
                dport = other;
                ordered = (src, sport) <= (dst, dport);
            }
            None => ordered = true,
        }
    }
    if !ordered {
        std::mem::swap(&mut src, &mut dst);
        std::mem::swap(&mut sport, &mut dport);
    }
    // At most 40 bytes.
    let (mut told, mut len) = ([0u8; 64], 2);
    let mut add = |part: &[u8]| {
        if let Some(room) = told.get_mut(len..len + part.len()) {
            room.copy_from_slice(part);
            len += part.len();
        }
    };
    add(src);
    add(dst);
    add(&[ends.proto, 0]);
    if ports {
        add(&sport.to_be_bytes());
        add(&dport.to_be_bytes());
    }
    let mut text = *b"1:                            ";
    if let Some(room) = text.get_mut(2..) {
        let written = STANDARD.encode_slice(Sha1::digest(told.get(..len).unwrap_or_default()), room);
        debug_assert_eq!(written, Ok(28), "20 bytes in base 64");
    }
    text
}

/// The ICMP type that answers a type, for the types that come in pairs (Community ID v1, Zeek's table).
pub fn icmp_counterpart(proto: u8, kind: u16) -> Option<u16> {
    let pairs: &[(u16, u16)] = if proto == 1 {
        &[(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)]
    } else {
        &[(128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)]
    };
    pairs.iter().find_map(|&(a, b)| {
        if kind == a {
            Some(b)
        } else if kind == b {
            Some(a)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: [u8; 4]) -> u128 {
        std::net::Ipv4Addr::from(a).to_ipv6_mapped().to_bits()
    }

    #[test]
    fn community_id_as_the_specification_has_it() {
        let ends = Ends {
            orig: v4([128, 232, 110, 120]),
            resp: v4([66, 35, 250, 204]),
            orig_port: 34855,
            resp_port: 80,
            proto: 6,
        };
        assert_eq!(&community_id(&ends), b"1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let back = Ends {
            orig: ends.resp,
            resp: ends.orig,
            orig_port: 80,
            resp_port: 34855,
            proto: 6,
        };
        assert_eq!(community_id(&back), community_id(&ends));
    }

    #[test]
    fn addresses_as_the_library_writes_them() {
        for bits in [[0, 9, 10, 99], [100, 255, 1, 109], [127, 0, 0, 1]]
            .map(v4)
            .into_iter()
            .chain([0, 1, 0xfe80 << 112 | 7])
        {
            let mut text = Vec::new();
            write_address(bits, &mut text);
            assert_eq!(text, address(bits).to_string().as_bytes());
        }
    }
}
