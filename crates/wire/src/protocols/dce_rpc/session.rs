//! Messages one after the other over TCP. MS-RPCE 2.1.1.1.

use super::association::{Association, Begun};
use super::pdu::{self, Head, HEAD};
use crate::context::Context;
use crate::protocols::{Dir, Probe, Session, Step};

#[derive(Default)]
pub struct Connection {
    association: Association,
    /// What comes may begin anywhere.
    astray: [bool; 2],
    closed: [bool; 2],
    lost: bool,
    foreign: bool,
}

impl Session for Connection {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.foreign {
            return Step::Done;
        }
        if self.is_astray(dir, bytes) {
            return Step::Took(bytes.len());
        }
        let Some(head) = Head::read(bytes) else {
            if bytes.len() < HEAD {
                return Step::Need(HEAD);
            }
            self.foreign = true;
            self.association.spoilt(begun(dir, cx), "head", cx);
            return Step::Done;
        };
        let wanted = head.wanted();
        let Some(seen) = bytes.get(..wanted) else {
            return Step::Need(wanted);
        };
        self.association.pdu(&head, seen, begun(dir, cx), cx);
        Step::Skip(head.length as u64)
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(head) = Head::read(bytes).filter(|_| !self.foreign) {
            self.association.pdu(&head, bytes, begun(dir, cx), cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.lost = true;
        if let Some(astray) = self.astray.get_mut(dir as usize) {
            *astray = true;
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.association.end(self.lost || self.closed != [true; 2], cx);
    }

    fn held(&self) -> usize {
        self.association.held()
    }
}

impl Connection {
    /// Behind a gap a message is looked for where a segment begins.
    fn is_astray(&mut self, dir: Dir, bytes: &[u8]) -> bool {
        let Some(astray) = self.astray.get_mut(dir as usize) else {
            return false;
        };
        *astray &= pdu::probe(dir, bytes) != Probe::Certain;
        *astray
    }
}

fn begun(dir: Dir, cx: &Context<'_>) -> Begun {
    Begun {
        ts: cx.ts,
        dir,
        at: cx.offset,
    }
}
