//! (being written)

use crate::context::Context;
use crate::protocols::{Conversation, Datagrams, Dir, Probe, Protocol, Session, Step};

pub static SSH: Protocol = Protocol { name: "ssh", ports: &[22], probe, session: || Box::new(Nothing) };

pub static FTP: Protocol = Protocol { name: "ftp", ports: &[21], probe, session: || Box::new(Nothing) };

pub static TELNET: Protocol = Protocol { name: "telnet", ports: &[23], probe, session: || Box::new(Nothing) };

pub static RDP: Protocol = Protocol { name: "rdp", ports: &[3389], probe, session: || Box::new(Nothing) };

pub static RFB: Protocol = Protocol { name: "rfb", ports: &[5900], probe, session: || Box::new(Nothing) };

pub static SMTP: Protocol = Protocol { name: "smtp", ports: &[25], probe, session: || Box::new(Nothing) };

fn probe(_dir: Dir, _bytes: &[u8]) -> Probe {
    Probe::Never
}

struct Nothing;

impl Session for Nothing {
    fn data(&mut self, _dir: Dir, _bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        Step::Done
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}

pub static NTP: Datagrams = Datagrams { name: "ntp", ports: &[123], probe: probe_datagram, conversation: || Box::new(Silence) };

pub static SNMP: Datagrams = Datagrams { name: "snmp", ports: &[161], probe: probe_datagram, conversation: || Box::new(Silence) };

fn probe_datagram(_port: u16, _payload: &[u8]) -> Probe {
    Probe::Never
}

struct Silence;

impl Conversation for Silence {
    fn datagram(&mut self, _dir: Dir, _payload: &[u8], _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
