//! (being written)

use crate::context::Context;
use crate::protocols::{Conversation, Datagrams, Dir, Probe};
use crate::stream;

stream! {
    /// (being written)
    Dhcp = "dhcp" {
    }
}

pub static PROTOCOL: Datagrams = Datagrams { name: "dhcp", ports: &[67, 68], probe: probe_datagram, conversation: || Box::new(Silence) };

fn probe_datagram(_port: u16, _payload: &[u8]) -> Probe {
    Probe::Never
}

struct Silence;

impl Conversation for Silence {
    fn datagram(&mut self, _dir: Dir, _payload: &[u8], _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
