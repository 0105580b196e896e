//! Protocols that are only named: who speaks them is what matters, so they give no rows of their own, and of what they say only that is read
//! which turns the connection into another one.

use crate::context::Context;
use crate::protocols::{Conversation, Datagrams, Dir, Protocol, Session, Step};

pub mod ber;
mod binary;
mod datagram;
mod socks;
#[cfg(test)]
mod tests;
pub mod text;
mod upgrade;

pub static TELNET: Protocol = Protocol {
    name: "telnet",
    ports: &[23],
    probe: binary::telnet,
    find: None,
    session: || Box::new(Named),
};

pub static RDP: Protocol = Protocol {
    name: "rdp",
    ports: &[3389],
    probe: binary::rdp,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::RDP),
};

pub static RFB: Protocol = Protocol {
    name: "rfb",
    ports: &[5900],
    probe: text::rfb,
    find: None,
    session: || Box::new(Named),
};

pub static KERBEROS: Protocol = Protocol {
    name: "krb_tcp",
    ports: &[88],
    probe: ber::kerberos_stream,
    find: None,
    session: || Box::new(Named),
};

pub static MODBUS: Protocol = Protocol {
    name: "modbus",
    ports: &[502],
    probe: binary::modbus,
    find: None,
    session: || Box::new(Named),
};

pub static SOCKS: Protocol = Protocol {
    name: "socks",
    ports: &[1080],
    probe: socks::probe,
    find: None,
    session: || Box::<socks::Socks>::default(),
};

pub static NTP: Datagrams = Datagrams {
    name: "ntp",
    ports: &[123],
    probe: datagram::ntp,
    conversation: || Box::new(Named),
};

pub static SNMP: Datagrams = Datagrams {
    name: "snmp",
    ports: &[161, 162],
    probe: ber::snmp,
    conversation: || Box::new(Named),
};

pub static CLDAP: Datagrams = Datagrams {
    name: "ldap",
    ports: &[389],
    probe: ber::cldap,
    conversation: || Box::new(Named),
};

pub static KERBEROS_UDP: Datagrams = Datagrams {
    name: "krb",
    ports: &[88],
    probe: ber::kerberos,
    conversation: || Box::new(Named),
};

pub static BACNET: Datagrams = Datagrams {
    name: "bacnet",
    ports: &[47808],
    probe: datagram::bacnet,
    conversation: || Box::new(Named),
};

pub static RADIUS: Datagrams = Datagrams {
    name: "radius",
    ports: &[1812, 1813],
    probe: datagram::radius,
    conversation: || Box::new(Named),
};

pub static SIP: Datagrams = Datagrams {
    name: "sip",
    ports: &[5060],
    probe: datagram::sip,
    conversation: || Box::new(Named),
};

/// Knows all it needs.
struct Named;

impl Session for Named {
    fn data(&mut self, _dir: Dir, _bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        Step::Done
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}

impl Conversation for Named {
    fn datagram(&mut self, _dir: Dir, _payload: &[u8], _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
