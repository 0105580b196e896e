//! Protocols that turn into TLS once both sides have agreed. What they say before is looked at for that agreement, and not kept.

use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

/// How an upgrade is agreed on.
pub struct Agreement {
    /// Where what is said ends: after that many bytes, `None` if more must be seen.
    pub whole: fn(&[u8]) -> Option<usize>,
    /// Whether the client asks for it.
    pub asks: fn(&[u8]) -> bool,
    /// Whether the server agrees to what was asked.
    pub agrees: fn(&[u8]) -> bool,
}

/// MS-RDPBCGR 2.2.1.1 and 2.2.1.2: the negotiation asks for security protocols, the answer selects one (PROTOCOL_RDP, 0, is none).
pub static RDP: Agreement = Agreement {
    whole: |bytes| {
        let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        (4..=bytes.len()).contains(&length).then_some(length)
    },
    asks: |_| true,
    agrees: |said| matches!(said.get(11..), Some([2, _, 8, 0, selected, ..]) if *selected != 0),
};

/// A conversation before it turns, if it does.
pub struct Upgrade {
    agreement: &'static Agreement,
    asked: bool,
    /// Bytes that are still looked at.
    left: [usize; 2],
}

impl Upgrade {
    pub fn begin(agreement: &'static Agreement) -> Box<dyn Session> {
        Box::new(Upgrade {
            agreement,
            asked: false,
            left: [limits::UPGRADE; 2],
        })
    }
}

impl Session for Upgrade {
    fn data(&mut self, dir: Dir, bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        let Some(left) = self.left.get_mut(dir as usize) else {
            return Step::Done;
        };
        let end = (self.agreement.whole)(bytes);
        let Some(end) = end.filter(|end| *end <= *left && *end > 0) else {
            let need = bytes.len().saturating_add(1);
            return if end.is_none() && need <= (*left).min(limits::UPGRADE_UNIT) {
                Step::Need(need)
            } else {
                Step::Done
            };
        };
        *left = left.saturating_sub(end);
        let said = bytes.get(..end).unwrap_or_default();
        match dir {
            Dir::Orig => {
                self.asked = (self.agreement.asks)(said);
                Step::Took(end)
            }
            Dir::Resp if self.asked && (self.agreement.agrees)(said) => Step::Turn(end),
            Dir::Resp => Step::Took(end),
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        // What was asked may be in it.
        self.asked |= dir == Dir::Orig;
    }

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
