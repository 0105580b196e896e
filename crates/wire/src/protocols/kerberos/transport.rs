//! Messages one after the other over TCP. RFC 4120 7.2.2.

use super::exchange::Exchange;
use crate::context::Context;
use crate::limits;
use crate::protocols::banner::ber;
use crate::protocols::{Dir, Probe, Session, Step};

const LENGTH: usize = 4;

#[derive(Default)]
pub struct Stream {
    exchange: Exchange,
    /// What comes may begin anywhere.
    astray: [bool; 2],
    foreign: bool,
}

impl Session for Stream {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.foreign {
            return Step::Done;
        }
        if let Some(astray) = self.astray.get_mut(dir as usize).filter(|astray| **astray) {
            *astray = ber::kerberos_stream(dir, bytes) != Probe::Certain;
            if *astray {
                return Step::Took(bytes.len());
            }
        }
        let Some(length) = bytes.first_chunk::<LENGTH>().map(|length| u32::from_be_bytes(*length)) else {
            return Step::Need(LENGTH);
        };
        let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(LENGTH);
        if !(LENGTH.saturating_add(2)..=limits::KERBEROS_MESSAGE).contains(&whole) {
            self.foreign = true;
            self.exchange.spoilt(dir, (cx.ts, cx.offset), "length", cx);
            return Step::Done;
        }
        let Some(message) = bytes.get(LENGTH..whole) else {
            return Step::Need(whole);
        };
        self.exchange.message(dir, message, false, (cx.ts, cx.offset), cx);
        Step::Took(whole)
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(message) = bytes.get(LENGTH..).filter(|_| !self.foreign) {
            self.exchange.message(dir, message, true, (cx.ts, cx.offset), cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        if let Some(astray) = self.astray.get_mut(dir as usize) {
            *astray = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.exchange.finish(cx);
    }
}
