//! Messages through a named pipe: written and read in pieces as its client likes, so that they are put together here. MS-RPCE 2.1.1.2.

use super::association::{Association, Begun};
use super::pdu::{Head, HEAD};
use crate::context::Context;
use crate::protocols::Dir;

pub struct Pipe {
    association: Association,
    halves: [Half; 2],
    /// Something else goes through it.
    foreign: bool,
    /// Some of it was not seen.
    lost: bool,
}

/// What goes one way.
#[derive(Default)]
struct Half {
    /// The beginning of a message, as far as it is wanted.
    begun: Option<Begun>,
    seen: Vec<u8>,
    /// Bytes of the message still to come that nobody wants.
    rest: usize,
    met: bool,
    astray: bool,
}

impl Half {
    fn go_astray(&mut self) {
        *self = Half {
            met: self.met,
            astray: true,
            ..Half::default()
        };
    }
}

impl Pipe {
    pub fn new(name: Option<&str>) -> Pipe {
        Pipe {
            association: Association::piped(name),
            halves: Default::default(),
            foreign: false,
            lost: false,
        }
    }

    /// What was written, or read: the first of them stands at `begun`. `whole`: the capture holds all of it.
    pub fn heard(&mut self, bytes: &[u8], whole: bool, begun: Begun, cx: &mut Context<'_>) {
        let Some(half) = self.halves.get_mut(begun.dir as usize).filter(|_| !self.foreign) else {
            return;
        };
        if std::mem::take(&mut half.astray) && Head::read(bytes).is_none() {
            half.astray = true;
            return;
        }
        let mut at = 0usize;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let passed = half.rest.min(rest.len());
            if passed > 0 {
                half.rest = half.rest.saturating_sub(passed);
                at = at.saturating_add(passed);
                continue;
            }
            let here = Begun {
                at: begun.at.saturating_add(at as u64),
                ..begun
            };
            let first = *half.begun.get_or_insert(here);
            let known = Head::read(&half.seen);
            let wanted = known.map_or(HEAD, |head| head.wanted());
            let (part, _) = rest.split_at(wanted.saturating_sub(half.seen.len()).min(rest.len()));
            half.seen.extend_from_slice(part);
            at = at.saturating_add(part.len());
            let Some(head) = Head::read(&half.seen) else {
                if half.seen.len() < HEAD {
                    continue;
                }
                if half.met {
                    self.association.spoilt(first, "head", cx);
                }
                self.foreign = true;
                return;
            };
            half.met = true;
            if half.seen.len() >= head.wanted() {
                half.rest = head.length.saturating_sub(half.seen.len());
                half.begun = None;
                self.association.pdu(&head, &half.seen, first, cx);
                half.seen.clear();
            }
        }
        if !whole {
            self.cut(begun.dir, cx);
        }
    }

    /// What comes next this way may begin anywhere.
    fn cut(&mut self, dir: Dir, cx: &mut Context<'_>) {
        self.lost = true;
        let Some(half) = self.halves.get_mut(dir as usize) else { return };
        if let (Some(head), Some(begun)) = (Head::read(&half.seen), half.begun) {
            self.association.pdu(&head, &half.seen, begun, cx);
        }
        half.go_astray();
    }

    /// Some of the connection was lost, and maybe of this.
    pub fn lose(&mut self) {
        self.lost = true;
        for half in &mut self.halves {
            half.go_astray();
        }
    }

    /// `closed`: it was seen to be.
    pub fn end(&mut self, closed: bool, cx: &mut Context<'_>) {
        self.association.end(self.lost || !closed, cx);
    }

    /// Bytes that it takes.
    pub fn held(&self) -> usize {
        let seen = self.halves.iter().map(|half| half.seen.capacity()).fold(0, usize::saturating_add);
        self.association.held().saturating_add(seen)
    }
}
