//! Answers as text. RFC 1035 3.3 and 3.4, RFC 3596 (AAAA), RFC 2782 (SRV), RFC 1002 4.2.13 (NB).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::names::write_address;

use super::message::{name, number, Message, Record};
use super::{names, netbios};

/// What a record answers. Free text (TXT and all that is not an address or a name) is only measured.
pub fn answers(message: &Message<'_>, record: &Record<'_>, is_netbios: bool) -> Vec<String> {
    if is_netbios && record.kind == names::NBSTAT {
        return netbios::node_status(record.data);
    }
    if is_netbios && record.kind == names::NB {
        return record.data.chunks_exact(6).filter_map(|entry| address4(entry.get(2..)?)).collect();
    }
    vec![answer(message, record).unwrap_or_else(|| format!("{} {}", names::record_type(record.kind, is_netbios), record.data.len()))]
}

fn answer(message: &Message<'_>, record: &Record<'_>) -> Option<String> {
    let target = |skip: usize| name(message.bytes, record.at.checked_add(skip)?);
    let field = |n: usize| number(record.data, n);
    match record.kind {
        names::A => address4(record.data),
        names::AAAA => <[u8; 16]>::try_from(record.data)
            .ok()
            .map(|octets| Ipv6Addr::from(octets).to_string()),
        names::NS | names::CNAME | names::SOA | names::PTR | names::DNAME => target(0),
        names::MX => Some(format!("{} {}", field(0)?, target(2)?)),
        names::SRV => Some(format!("{} {} {} {}", field(0)?, field(2)?, field(4)?, target(6)?)),
        _ => None,
    }
}

fn address4(data: &[u8]) -> Option<String> {
    let octets = <[u8; 4]>::try_from(data).ok()?;
    let mut text = Vec::with_capacity(15);
    write_address(Ipv4Addr::from(octets).to_ipv6_mapped().to_bits(), &mut text);
    String::from_utf8(text).ok()
}
