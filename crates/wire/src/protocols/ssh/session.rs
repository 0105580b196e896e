//! The beginning of a connection: a line with the version from each side, then a packet with what it offers (RFC 4253 4.2, 6 and 7.1); then, up
//! to new keys, packets in clear, and behind them the login, of which only sizes are seen.

use super::algorithms::{agreed, fingerprint, offer, weak, Agreed, Offer};
use super::login::Login;
use super::sizes::sizes;
use super::Ssh;
use crate::context::Context;
use crate::limits;
use crate::product;
use crate::protocols::lines::Lines;
use crate::protocols::{Dir, Session, Step};

const KEXINIT: u8 = 20;
const NEWKEYS: u8 = 21;

/// One side.
#[derive(Default)]
struct Side {
    lines: Lines,
    /// Lines before the version.
    before: usize,
    version: Option<i64>,
    software: Option<String>,
    offer: Option<Offer>,
    /// All that follows is encrypted.
    hidden: bool,
    /// Nothing more of it can be read.
    done: bool,
}

#[derive(Default)]
pub struct Opening {
    sides: [Side; 2],
    begun: Option<(i64, Dir, u64)>,
    /// From when both offers are known.
    login: Option<Login>,
    malformed: Option<&'static str>,
    /// The sizes of what was agreed on tell nothing.
    blind: bool,
    given: bool,
}

impl Session for Opening {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.begun.get_or_insert((cx.ts, dir, cx.offset));
        let Some(side) = self.sides.get_mut(dir as usize).filter(|side| !side.done && !self.given) else {
            return Step::Done;
        };
        let step = if side.version.is_none() {
            side.line(bytes)
        } else if !side.hidden {
            side.packet(bytes)
        } else {
            if let Some(login) = &mut self.login {
                login.hears(dir, bytes.len(), cx.ts);
            }
            Ok(Step::Took(bytes.len()))
        };
        let step = step.unwrap_or_else(|why| {
            // Behind the offer nothing is told of a side, so it may say what it likes.
            if side.offer.is_none() {
                self.malformed = Some(why);
            }
            side.done = true;
            Step::Done
        });
        self.begin_login();
        if self.is_over() {
            self.give(cx);
            return Step::Done;
        }
        step
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        if let Some(side) = self.sides.get_mut(dir as usize) {
            side.done = true;
        }
        if self.is_over() {
            self.give(cx);
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
            KEXINIT if self.offer.is_none() => {
                let end = whole.saturating_sub(usize::from(padding));
                let payload = packet.get(5..end).unwrap_or_default();
                self.offer = Some(offer(payload).ok_or("offer")?);
                Ok(Step::Took(whole))
            }
            NEWKEYS if self.offer.is_some() => {
                self.hidden = true;
                Ok(Step::Took(whole))
            }
            // The exchange of keys itself: RFC 4250 section 4.1.2.
            30..=49 if self.offer.is_some() => Ok(Step::Took(whole)),
            // Disconnect, ignore, debug: RFC 4253 section 11.
            1..=4 => Ok(Step::Took(whole)),
            _ => Err("packet"),
        }
    }
}

impl Opening {
    fn offers(&self) -> Option<(&Offer, &Offer)> {
        let [client, server] = &self.sides;
        client.offer.as_ref().zip(server.offer.as_ref())
    }

    /// Both have said what they agree on: from here on the sizes of what the server answers tell something, if they can.
    fn begin_login(&mut self) {
        if self.login.is_some() || self.given {
            return;
        }
        let Some((client, server)) = self.offers() else { return };
        let [.., cipher, integrity, compression] = agreed(client, server, Dir::Orig);
        // The one that begins behind the login changes nothing.
        let plain = matches!(compression, Some("none" | "zlib@openssh.com"));
        let sizes = cipher.filter(|_| plain).and_then(|cipher| sizes(cipher, integrity));
        self.login = sizes.map(Login::of);
        self.blind = self.login.is_none();
    }

    /// Whether nothing more can be told.
    fn is_over(&self) -> bool {
        let read = self.sides.iter().all(|side| side.done || side.offer.is_some());
        let lost = self.sides.iter().any(|side| side.done);
        read && (lost || self.blind || self.login.as_ref().is_some_and(Login::is_over))
    }

    fn give(&mut self, cx: &mut Context<'_>) {
        let Some((ts, dir, at)) = self.begun.filter(|_| !std::mem::replace(&mut self.given, true)) else {
            return;
        };
        let lost = self.sides.iter().any(|side| side.done);
        let login = self.login.as_mut().filter(|_| !lost).map(Login::outcome);
        let (auth_success, auth_attempts) = login.unwrap_or_default();
        let [client, server] = &self.sides;
        let both = client.offer.as_ref().zip(server.offer.as_ref());
        let [kex_alg, host_key_alg, cipher_alg, mac_alg, compression_alg]: Agreed =
            both.map_or([None; 5], |(client, server)| agreed(client, server, Dir::Resp));
        let hassh = client.offer.as_ref().map(|offer| fingerprint(offer, Dir::Resp));
        let hassh_server = server.offer.as_ref().map(|offer| fingerprint(offer, Dir::Orig));
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
            hassh: hassh.as_deref(),
            hassh_server: hassh_server.as_deref(),
            auth_success,
            auth_attempts,
            partial: Some(both.is_none() && !old),
            malformed: self.malformed,
            ..Ssh::default()
        };
        cx.emit(ts, dir, at, &row);
        self.sides.iter_mut().for_each(|side| side.offer = None);
    }
}
