//! The beginning of a connection: a line with the version from each side, then a packet with what it offers. RFC 4253 4.2, 6 and 7.1.

use super::algorithms::{agreed, offer, weak, Agreed, Offer};
use super::Ssh;
use crate::context::Context;
use crate::limits;
use crate::product;
use crate::protocols::lines::Lines;
use crate::protocols::{Dir, Session, Step};

const KEXINIT: u8 = 20;

/// One side.
#[derive(Default)]
struct Side {
    lines: Lines,
    /// Lines before the version.
    before: usize,
    version: Option<i64>,
    software: Option<String>,
    offer: Option<Offer>,
    done: bool,
}

#[derive(Default)]
pub struct Opening {
    sides: [Side; 2],
    begun: Option<(i64, Dir, u64)>,
    malformed: Option<&'static str>,
    given: bool,
}

impl Session for Opening {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.begun.get_or_insert((cx.ts, dir, cx.offset));
        let Some(side) = self.sides.get_mut(dir as usize).filter(|side| !side.done) else {
            return Step::Done;
        };
        let step = if side.version.is_none() {
            side.line(bytes)
        } else {
            side.packet(bytes)
        };
        let step = step.unwrap_or_else(|why| {
            self.malformed = Some(why);
            side.done = true;
            Step::Done
        });
        if self.sides.iter().all(|side| side.done) {
            self.give(cx);
        }
        step
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        if let Some(side) = self.sides.get_mut(dir as usize) {
            side.done = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.give(cx);
    }

    fn held(&self) -> usize {
        let offers = self.sides.iter().filter_map(|side| side.offer.as_ref());
        offers.map(Offer::held).fold(0, usize::saturating_add)
    }
}

impl Side {
    fn line(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        let (line, took) = match self.lines.next(bytes) {
            Ok(found) => found,
            Err(step) => return Ok(step),
        };
        let Some(rest) = line.strip_prefix(b"SSH-") else {
            self.before = self.before.saturating_add(1);
            return if self.before > limits::SSH_LINES {
                Err("version")
            } else {
                Ok(Step::Took(took))
            };
        };
        let (version, software) = rest
            .iter()
            .position(|b| *b == b'-')
            .and_then(|at| Some((rest.get(..at)?, rest.get(at.saturating_add(1)..)?)))
            .ok_or("version")?;
        self.version = match version {
            b"2.0" | b"1.99" => Some(2),
            [b'1', b'.', ..] => Some(1),
            _ => return Err("version"),
        };
        self.software = product::software(software);
        // Version 1 agrees in another way, which nobody should speak.
        self.done = self.version == Some(1);
        Ok(if self.done { Step::Done } else { Step::Took(took) })
    }

    /// A packet in clear: length, length of the padding, payload, padding.
    fn packet(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        const HEAD: usize = 6;
        let Some(&[a, b, c, d, padding, kind]) = bytes.first_chunk::<HEAD>() else {
            return Ok(Step::Need(HEAD));
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > limits::SSH_PACKET || length <= usize::from(padding) {
            return Err("packet");
        }
        let whole = length.saturating_add(4);
        let Some(packet) = bytes.get(..whole) else {
            return Ok(Step::Need(whole));
        };
        match kind {
            KEXINIT => {
                let end = whole.saturating_sub(usize::from(padding));
                let payload = packet.get(5..end).unwrap_or_default();
                self.offer = Some(offer(payload).ok_or("offer")?);
                self.done = true;
                Ok(Step::Done)
            }
            // Disconnect, ignore, debug: RFC 4253 section 11.
            1..=4 => Ok(Step::Took(whole)),
            _ => Err("packet"),
        }
    }
}

impl Opening {
    fn give(&mut self, cx: &mut Context<'_>) {
        let Some((ts, dir, at)) = self.begun.filter(|_| !std::mem::replace(&mut self.given, true)) else {
            return;
        };
        let [client, server] = &self.sides;
        let both = client.offer.as_ref().zip(server.offer.as_ref());
        let [kex_alg, host_key_alg, cipher_alg, mac_alg, compression_alg]: Agreed =
            both.map_or([None; 5], |(client, server)| agreed(client, server));
        let version = server.version.or(client.version);
        let old = self.sides.iter().all(|side| side.version.is_some()) && version == Some(1);
        let row = Ssh {
            version,
            client: client.software.as_deref(),
            server: server.software.as_deref(),
            kex_alg,
            host_key_alg,
            cipher_alg,
            mac_alg,
            compression_alg,
            weak_offered: server.offer.as_ref().map(weak).unwrap_or_default(),
            partial: Some(both.is_none() && !old),
            malformed: self.malformed,
            ..Ssh::default()
        };
        cx.emit(ts, dir, at, &row);
        self.sides.iter_mut().for_each(|side| side.offer = None);
    }
}
