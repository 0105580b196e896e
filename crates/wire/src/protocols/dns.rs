//! (being written)

use crate::context::Context;
use crate::protocols::{Conversation, Datagrams, Dir, Probe, Protocol, Session, Step};
use crate::stream;

stream! {
    /// (being written)
    Dns = "dns" {
    }
}

pub static OVER_TCP: Protocol = Protocol { name: "dns", ports: &[53], probe, session: || Box::new(Nothing) };

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

pub static DNS: Datagrams = Datagrams { name: "dns", ports: &[53, 5353, 5355], probe: probe_datagram, conversation: || Box::new(Silence) };

pub static NETBIOS: Datagrams = Datagrams { name: "netbios-ns", ports: &[137], probe: probe_datagram, conversation: || Box::new(Silence) };

fn probe_datagram(_port: u16, _payload: &[u8]) -> Probe {
    Probe::Never
}

struct Silence;

impl Conversation for Silence {
    fn datagram(&mut self, _dir: Dir, _payload: &[u8], _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
