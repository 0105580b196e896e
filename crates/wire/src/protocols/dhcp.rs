//! What equipment says of itself when it asks for an address. RFC 2131 (messages), RFC 2132 (options).

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::context::Context;
use crate::hostname::host;
use crate::limits;
use crate::product::class;
use crate::protocols::{Conversation, Datagrams, Dir, Probe};
use crate::stream;

mod client_id;
mod options;
#[cfg(test)]
mod tests;

use options::Options;

stream! {
    /// One DHCP message. Columns as Zeek's dhcp.log where it has them.
    Dhcp = "dhcp" {
        /// Option 53: DISCOVER, OFFER, REQUEST, ...; null for BOOTP. RFC 2132 9.6.
        msg_type: Word,
        /// 1 from a client, 2 from a server. RFC 2131 section 2.
        op: Int,
        /// Identifier that pairs requests and replies. RFC 2131 section 2.
        trans_id: Int,
        /// Hardware address of the client.
        mac: Word,
        /// Address that the client has (ciaddr).
        client_addr: Text,
        /// Address that the server gives (yiaddr).
        assigned_addr: Text,
        /// Option 50: address that the client asks for. RFC 2132 9.1.
        requested_addr: Text,
        /// Option 54: address of the server. RFC 2132 9.7.
        server_addr: Word,
        /// Address of the relay (giaddr).
        relay_addr: Word,
        /// Option 12: name of the host; of somebody's telephone or computer `*` stands for the owner. RFC 2132 3.14.
        host_name: Text,
        /// Option 81: full name of the client, in the same way. RFC 4702.
        client_fqdn: Text,
        /// Option 55: options asked for, in order. RFC 2132 9.8.
        requested_params: Ints,
        /// Option 60: maker and kind of the client, without words that are no product's. RFC 2132 9.13.
        vendor_class: Word,
        /// Option 77: class of the user or of what it does, in the same way; `{}` if nothing is left of it. RFC 3004.
        user_class: Word,
        /// Option 61: its type, and in hexadecimal the hardware address or DUID (RFC 4361) that it is; of any other its pseudonym. RFC 2132 9.14.
        client_id: Text,
        /// Option 15: domain. RFC 2132 3.17.
        domain: Word,
        /// Option 51: seconds of the lease. RFC 2132 9.2.
        lease_time: Int,
        /// Option 55 as text, `1,3,6,15`: tells operating systems apart; at most 256 characters.
        fingerprint: Word,
        /// Option 82 is there: a relay told where the client is plugged in. RFC 3046.
        relay_agent: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "dhcp",
    ports: &[67, 68],
    probe,
    conversation: || Box::new(Messages),
};

const HEAD: usize = 240;
const MAGIC: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
const ETHERNET: u8 = 1;

/// The magic cookie (RFC 2131 section 3) stands 236 bytes in; BOOTP without it says nothing of interest. Of a message that is shorter (the
/// capture cut it) the port and the hardware address must tell.
fn probe(port: u16, payload: &[u8]) -> Probe {
    let begins = matches!(payload, [1 | 2, 1..=40, 0..=16, 0..=16, ..]);
    let short = payload.len() < HEAD && matches!(port, 67 | 68) && mac(payload).is_some();
    match payload.get(236..HEAD) {
        Some(cookie) if begins && cookie == MAGIC => Probe::Certain,
        None if begins && short => Probe::Certain,
        _ => Probe::Never,
    }
}

/// Each message is a row; nothing is kept between them.
struct Messages;

impl Conversation for Messages {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        message(dir, payload, false, cx);
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        message(dir, payload, true, cx);
    }

    fn end(&mut self, _cx: &mut Context<'_>) {}
}

/// `cut`: the capture does not hold all of it.
fn message(dir: Dir, payload: &[u8], cut: bool, cx: &mut Context<'_>) {
    let head = payload.get(..HEAD).unwrap_or(payload);
    let part = |from: usize, to: usize| payload.get(from..to).unwrap_or_default();
    let options = Options::parse(payload.get(HEAD..).unwrap_or_default(), part(108, 236), part(44, 108));
    let malformed = match options.malformed {
        _ if cut => Some("cut by the capture"),
        _ if payload.len() < HEAD => Some("header"),
        found => found,
    };
    let relay_agent = options.get(options::RELAY_AGENT).is_some();
    let address = |at: usize| head.get(at..)?.first_chunk::<4>().and_then(ipv4);
    let number = |code: u8| options.get(code).and_then(|value| value.first_chunk::<4>().copied());
    let (client, assigned, relay) = (address(12), address(16), address(24));
    let (server, requested) = (
        number(options::SERVER).and_then(|o| ipv4(&o)),
        number(options::REQUESTED_ADDRESS).and_then(|o| ipv4(&o)),
    );
    let name_of = |code: u8| options.get(code).and_then(|value| host(&value));
    let (host_name, domain) = (name_of(options::HOST_NAME), name_of(options::DOMAIN));
    let vendor = options.get(options::VENDOR_CLASS).and_then(|value| class(&value));
    let fqdn = options.get(options::CLIENT_FQDN).and_then(|value| options::fqdn(&value));
    let user = options.get(options::USER_CLASS).and_then(|value| options::user_class(&value));
    let client_id = options.get(options::CLIENT_ID).and_then(|value| client_id::shown(&value, cx));
    let asked = options.get(options::PARAMETERS).unwrap_or_default();
    let asked = asked.get(..limits::LIST).unwrap_or(&asked);
    let fingerprint = fingerprint(asked);
    let mac = mac(head);
    let row = Dhcp {
        msg_type: options
            .get(options::MESSAGE_TYPE)
            .and_then(|value| options::message_type(*value.first()?)),
        op: head.first().map(|&op| i64::from(op)),
        trans_id: head
            .get(4..)
            .and_then(<[u8]>::first_chunk)
            .map(|xid| i64::from(u32::from_be_bytes(*xid))),
        mac: mac.as_deref(),
        client_addr: client.as_deref(),
        assigned_addr: assigned.as_deref(),
        requested_addr: requested.as_deref(),
        server_addr: server.as_deref(),
        relay_addr: relay.as_deref(),
        host_name: host_name.as_deref(),
        client_fqdn: fqdn.as_deref(),
        requested_params: asked.iter().map(|&code| i64::from(code)).collect(),
        vendor_class: vendor.as_deref(),
        user_class: user.as_deref(),
        client_id: client_id.as_deref(),
        domain: domain.as_deref(),
        lease_time: number(options::LEASE_TIME).map(|seconds| i64::from(u32::from_be_bytes(seconds))),
        fingerprint: fingerprint.as_deref(),
        relay_agent: (relay_agent || malformed.is_none()).then_some(relay_agent),
        malformed,
        ..Dhcp::default()
    };
    cx.emit(cx.ts, dir, cx.offset, &row);
}

/// `None` for 0.0.0.0: not given.
fn ipv4(octets: &[u8; 4]) -> Option<String> {
    (*octets != [0; 4]).then(|| Ipv4Addr::from(*octets).to_string())
}

/// chaddr of an Ethernet client.
fn mac(head: &[u8]) -> Option<String> {
    match (head, head.get(28..34)?) {
        (&[_, ETHERNET, 6, ..], &[a, b, c, d, e, f]) => Some(format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")),
        _ => None,
    }
}

/// As many codes as fit into a cell.
fn fingerprint(asked: &[u8]) -> Option<String> {
    let mut text = String::new();
    for code in asked {
        let before = text.len();
        let _ = write!(text, "{}{code}", if before > 0 { "," } else { "" });
        if text.len() > limits::TEXT {
            text.truncate(before);
            break;
        }
    }
    (!text.is_empty()).then_some(text)
}
