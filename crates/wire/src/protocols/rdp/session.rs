//! The beginning of a connection: request and confirm, and where RDP protects itself the two messages in which it says how.

use super::connect::{self, Client, Encryption};
use super::negotiation::{failure, is_nla, protocol, Answer, Asked};
use super::probe::HEAD;
use super::Rdp;
use crate::context::Context;
use crate::hostname;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

#[derive(Default)]
pub struct Beginning {
    began: Option<(i64, Dir, u64)>,
    asked: Option<Asked>,
    answer: Option<Answer>,
    client: Option<Client>,
    encryption: Option<Encryption>,
    /// The server has answered once more.
    connected: bool,
    malformed: Option<&'static str>,
    lost: bool,
    closed: [bool; 2],
    told: bool,
}

impl Session for Beginning {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.began.get_or_insert((cx.ts, dir, cx.offset));
        if self.told {
            return Step::Done;
        }
        // RFC 1006 section 6: version 3, a byte of nothing, the length with this head.
        let Some(&[version, _, high, low]) = bytes.first_chunk() else {
            return Step::Need(4);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if version != 3 || !(7..=limits::RDP_PACKET).contains(&length) {
            self.malformed = self.malformed.or(Some("packet"));
            self.tell(self.lost, cx);
            return Step::Done;
        }
        match bytes.get(4..length) {
            Some(packet) if dir == Dir::Orig => self.client(packet),
            Some(packet) => self.server(packet),
            None => return Step::Need(length),
        }
        let turns = matches!(self.answer, Some(Answer::Chosen(1..)));
        if turns || self.connected || matches!(self.answer, Some(Answer::Refused(_) | Answer::Malformed)) {
            self.tell(self.lost || self.asked.is_none(), cx);
        }
        match turns && dir == Dir::Resp {
            true => Step::Turn(length),
            false => Step::Took(length),
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.lost = true;
        if self.answer.is_some() {
            // What comes next may begin anywhere.
            self.tell(true, cx);
        }
    }

    fn cut(&mut self, dir: Dir, _bytes: &[u8], cx: &mut Context<'_>) {
        self.began.get_or_insert((cx.ts, dir, cx.offset));
        self.lost = true;
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.tell(self.lost || self.closed != [true; 2], cx);
    }
}

impl Beginning {
    fn client(&mut self, packet: &[u8]) {
        match self.asked {
            None => self.asked = variable(packet, 0xe0).map(Asked::read),
            Some(_) => self.client = self.client.take().or_else(|| connect::client(packet)),
        }
    }

    fn server(&mut self, packet: &[u8]) {
        match self.answer {
            None => {
                self.answer = variable(packet, 0xd0).map(Answer::read);
                self.malformed = (self.answer == Some(Answer::Malformed)).then_some("confirm");
            }
            Some(_) => {
                self.connected = true;
                self.encryption = connect::server(packet);
            }
        }
    }

    fn tell(&mut self, partial: bool, cx: &mut Context<'_>) {
        let (Some((ts, dir, at)), false) = (self.began, self.told) else {
            return;
        };
        self.told = true;
        let chosen = match self.answer {
            Some(Answer::Chosen(chosen)) => Some(chosen),
            _ => None,
        };
        let refused = match self.answer {
            Some(Answer::Refused(code)) => Some(failure(code)),
            _ => None,
        };
        let name = self.client.as_ref().and_then(|client| hostname::host(client.name.as_bytes()));
        let requested = self.asked.map(|asked| asked.names()).unwrap_or_default();
        let row = Rdp {
            cookie_seen: self.asked.map(|asked| asked.cookie),
            requested_protocols: requested.into_iter().map(Into::into).collect(),
            security_protocol: chosen.map(protocol),
            nla: chosen.map(is_nla),
            result: refused.or(chosen.map(|_| "success")),
            client_build: self.client.as_ref().map(|client| i64::from(client.build)),
            client_name: name.as_deref(),
            encryption_method: self.encryption.map(|told| connect::method(told.method)),
            encryption_level: self.encryption.map(|told| connect::level(told.level)),
            partial: Some(partial),
            malformed: self.malformed,
            ..Rdp::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

/// The variable part of an X.224 packet of this code. X.224 13.3 and 13.4.
fn variable(packet: &[u8], code: u8) -> Option<&[u8]> {
    (packet.get(1) == Some(&code))
        .then(|| packet.get(HEAD.saturating_sub(4)..))
        .flatten()
}
