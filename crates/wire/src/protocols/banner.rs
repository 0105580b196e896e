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
mod text;
mod upgrade;

pub static SSH: Protocol = Protocol {
    name: "ssh",
    ports: &[22],
    probe: text::ssh,
    find: None,
    session: || Box::new(Named),
};

pub static FTP: Protocol = Protocol {
    name: "ftp",
    ports: &[21],
    probe: text::ftp,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::FTP),
};

pub static TELNET: Protocol = Protocol {
    name: "telnet",
    ports: &[23],
    probe: binary::telnet,
    find: None,
    session: || Box::new(Named),
};

pub static SMTP: Protocol = Protocol {
    name: "smtp",
    ports: &[25, 587],
    probe: text::smtp,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::SMTP),
};

pub static POP3: Protocol = Protocol {
    name: "pop3",
    ports: &[110],
    probe: text::pop3,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::POP3),
};

pub static IMAP: Protocol = Protocol {
    name: "imap",
    ports: &[143],
    probe: text::imap,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::IMAP),
};

pub static LDAP: Protocol = Protocol {
    name: "ldap",
    ports: &[389, 3268],
    probe: ber::ldap,
    find: None,
    session: || upgrade::Upgrade::begin(&upgrade::LDAP),
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
