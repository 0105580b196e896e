//! What a UDP conversation speaks, by content.

use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

use crate::context::Context;
use crate::limits;
use crate::protocols::{Conversation, Datagrams, Dir, Probe, UDP};

use super::follow::Where;

pub enum Speech {
    Probing(u8),
    Parsing(&'static Datagrams, Box<dyn Conversation>),
    Ignored,
}

impl Speech {
    pub fn service(&self) -> Option<&'static str> {
        match self {
            Speech::Parsing(protocol, _) => Some(protocol.name),
            _ => None,
        }
    }

    /// `cut`: the capture does not hold all of it.
    pub fn datagram(&mut self, dir: Dir, payload: &[u8], cut: bool, at: &mut Where<'_>) {
        if payload.is_empty() {
            return;
        }
        if let Speech::Probing(asked) = self {
            let ends = at.identity.ends;
            let known = [ends.resp_port, ends.orig_port].into_iter().find_map(|port| {
                let by_port = UDP.iter().filter(|p| p.ports.contains(&port));
                let others = UDP.iter().filter(|p| !p.ports.contains(&port));
                by_port.chain(others).find(|p| (p.probe)(port, payload) == Probe::Certain)
            });
            *self = match known {
                Some(protocol) => Speech::Parsing(protocol, (protocol.conversation)()),
                None if *asked + 1 < limits::PROBE_DATAGRAMS => Speech::Probing(*asked + 1),
                None => Speech::Ignored,
            };
        }
        if let Speech::Parsing(_, conversation) = self {
            let mut hash = SipHasher13::new();
            hash.write_i64(at.ts);
            hash.write(payload);
            let mut cx = Context {
                ts: at.ts,
                offset: hash.finish(),
                identity: at.identity,
                out: at.out,
            };
            if cut {
                conversation.cut(dir, payload, &mut cx);
            } else {
                conversation.datagram(dir, payload, &mut cx);
            }
        }
    }

    /// Bytes held for what it speaks.
    pub fn held(&self) -> usize {
        match self {
            Speech::Parsing(_, conversation) => conversation.held(),
            _ => 0,
        }
    }

    /// Tells early what was summed up.
    pub fn relieve(&mut self, at: &mut Where<'_>) {
        if let Speech::Parsing(_, conversation) = self {
            conversation.relieve(&mut last(at));
        }
    }

    pub fn end(&mut self, at: &mut Where<'_>) {
        if let Speech::Parsing(_, conversation) = self {
            conversation.end(&mut last(at));
        }
    }
}

/// Where rows are given that belong to no datagram.
fn last<'a>(at: &'a mut Where<'_>) -> Context<'a> {
    Context {
        ts: at.ts,
        offset: u64::MAX,
        identity: at.identity,
        out: at.out,
    }
}
