//! WS-Discovery over UDP (SOAP-over-UDP 1.1): a datagram is a message.

use std::collections::VecDeque;

use super::message::{Place, Soap, Transport};
use crate::context::Context;
use crate::limits;
use crate::protocols::{Conversation, Dir, Probe};

/// The namespaces of its versions: 1.1 as SDC uses it, and what came before it and is still in use (printers, cameras).
const NAMESPACES: [&[u8]; 2] = [
    b"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
    b"http://schemas.xmlsoap.org/ws/2005/04/discovery",
];

/// XML that names WS-Discovery.
pub fn probe(_port: u16, payload: &[u8]) -> Probe {
    let text = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload).trim_ascii_start();
    let names = |space: &&[u8]| text.windows(space.len()).any(|w| w == *space);
    if text.first() == Some(&b'<') && NAMESPACES.iter().any(names) {
        Probe::Certain
    } else {
        Probe::Never
    }
}

/// The messages between two ends. Copies of a message are known by its identifier.
#[derive(Debug, Default)]
pub struct Discovery {
    known: VecDeque<String>,
}

impl Discovery {
    fn message(&mut self, dir: Dir, payload: &[u8], cut: bool, cx: &mut Context<'_>) {
        let mut soap = Soap::default();
        soap.feed(payload, &cx.out.keys);
        let id = soap.message_id();
        let copy = id.is_some_and(|id| self.known.iter().any(|known| known == id));
        // What was cut before its identifier may be a copy.
        if !soap.is_medical() || copy || cut && id.is_none() {
            return;
        }
        if self.known.len() >= limits::SDC_COPIES {
            self.known.pop_front();
        }
        self.known.extend(id.map(str::to_owned));
        let (ts, at) = (cx.ts, cx.offset);
        let transport = Transport::Udp;
        soap.emit(Place { ts, dir, at, transport }, cx);
    }
}

impl Conversation for Discovery {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.message(dir, payload, false, cx);
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.message(dir, payload, true, cx);
    }

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
