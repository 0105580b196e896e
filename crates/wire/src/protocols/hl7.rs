//! (being written)

use crate::context::Context;
use crate::protocols::{Dir, Probe, Protocol, Session, Step};
use crate::stream;

stream! {
    /// (being written)
    Hl7 = "hl7" {
    }
}

pub static PROTOCOL: Protocol = Protocol { name: "hl7", ports: &[2575], probe, session: || Box::new(Nothing) };

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
