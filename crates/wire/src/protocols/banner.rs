//! Protocols that are only named: who speaks them is what matters, so they give no rows of their own, and of what they say only that is read
//! which turns the connection into another one.

use crate::context::Context;
use crate::protocols::{Conversation, Datagrams, Dir, Protocol, Session, Step};

pub mod ber;
pub mod binary;
mod database;
mod datagram;
mod remote;
mod socks;
#[cfg(test)]
mod tests;
pub mod text;

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

pub static RLOGIN: Protocol = Protocol {
    name: "rlogin",
    ports: &[513],
    probe: remote::rlogin,
    find: None,
    session: || Box::new(Named),
};

pub static RSH: Protocol = Protocol {
    name: "rsh",
    ports: &[514],
    probe: remote::rsh,
    find: None,
    session: || Box::new(Named),
};

/// What TDS turns into where all of it is encrypted; its packets hide the handshake, so that there is no row of `ssl`.
pub static TDS_TLS: Protocol = Protocol {
    name: "ssl",
    ports: &[1433],
    probe: database::tds_tls,
    find: None,
    session: || Box::new(Named),
};

pub static MONGODB: Protocol = Protocol {
    name: "mongodb",
    ports: &[27017],
    probe: database::mongodb,
    find: None,
    session: || Box::new(Named),
};

pub static TNS: Protocol = Protocol {
    name: "tns",
    ports: &[1521],
    probe: database::tns,
    find: None,
    session: || Box::new(Named),
};

pub static CLDAP: Datagrams = Datagrams {
    name: "ldap",
    ports: &[389],
    probe: ber::cldap,
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
