//! Requests and the answers that they get, which come in the same order.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::message::{self, Error, Kind, Message, Reply, Request};
use super::principal::{self, Service};
use super::{names, Kerberos};
use crate::context::Context;
use crate::limits;
use crate::protocols::{Conversation, Dir};

/// A request, as far as it is kept.
#[derive(Default)]
struct Asked {
    kind: Option<Kind>,
    /// When (ns), from where and where it began.
    begun: (i64, u64),
    dir: Option<Dir>,
    nonce: Option<i64>,
    client: Option<String>,
    hostname: Option<String>,
    service: Service,
    realm: Option<String>,
    options: Option<u32>,
    from: Option<i64>,
    till: Option<i64>,
    offered: Vec<i32>,
    preauthentication: Vec<i32>,
    presented: Option<i32>,
    cut: bool,
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    success: Option<bool>,
    error: Option<i64>,
    ticket: Option<i32>,
    cipher: Option<i32>,
}

#[derive(Default)]
pub struct Exchange {
    waiting: VecDeque<Asked>,
    malformed: bool,
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.message(dir, payload, false, (cx.ts, cx.offset), cx);
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.message(dir, payload, true, (cx.ts, cx.offset), cx);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.finish(cx);
    }
}

impl Exchange {
    /// A message, or the beginning of one that the capture cut.
    pub fn message(&mut self, dir: Dir, bytes: &[u8], cut: bool, begun: (i64, u64), cx: &mut Context<'_>) {
        match message::read(bytes) {
            Some(Message::Request(kind, request)) => {
                let asked = Asked {
                    begun,
                    dir: Some(dir),
                    cut,
                    ..Asked::new(kind, &request, cx)
                };
                self.ask(asked, cx);
            }
            Some(Message::Reply(kind, reply)) => self.reply(kind, &reply, cut, (dir, begun), cx),
            Some(Message::Error(error)) => self.error(&error, cut, (dir, begun), cx),
            None if cut => {}
            None => self.spoilt(dir, begun, "message", cx),
        }
    }

    fn ask(&mut self, asked: Asked, cx: &mut Context<'_>) {
        // Over UDP it is sent again until it is answered.
        let again = |old: &Asked| old.nonce.is_some() && old.nonce == asked.nonce && old.kind == asked.kind;
        if self.waiting.iter().any(again) {
            return;
        }
        if self.waiting.len() >= limits::KERBEROS_WAITING {
            if let Some(oldest) = self.waiting.pop_front() {
                oldest.tell(&Outcome::default(), true, cx);
            }
        }
        self.waiting.push_back(asked);
    }

    fn reply(&mut self, kind: Kind, reply: &Reply<'_>, cut: bool, (dir, begun): (Dir, (i64, u64)), cx: &mut Context<'_>) {
        let at = self.waiting.iter().position(|asked| asked.kind == Some(kind));
        let known = at.and_then(|at| self.waiting.remove(at));
        let alone = known.is_none();
        let mut asked = known.unwrap_or_else(|| Asked::unseen(Some(kind), dir, begun));
        if asked.client.is_none() {
            asked.client = principal::whole(reply.client, reply.realm, cx);
            asked.hostname = asked.hostname.or_else(|| principal::of_machine(reply.client));
        }
        let outcome = Outcome {
            success: Some(true),
            error: None,
            ticket: reply.ticket,
            cipher: reply.cipher,
        };
        asked.tell(&outcome, cut || alone, cx);
    }

    fn error(&mut self, error: &Error<'_>, cut: bool, (dir, begun): (Dir, (i64, u64)), cx: &mut Context<'_>) {
        let known = self.waiting.pop_front();
        let alone = known.is_none();
        let mut asked = known.unwrap_or_else(|| Asked {
            service: principal::service(error.service, error.realm, cx),
            realm: principal::realm(error.realm),
            ..Asked::unseen(None, dir, begun)
        });
        if asked.client.is_none() {
            asked.client = principal::whole(error.client, error.client_realm, cx);
            asked.hostname = asked.hostname.or_else(|| principal::of_machine(error.client));
        }
        let outcome = Outcome {
            success: Some(false),
            error: error.code.map(i64::from),
            ..Outcome::default()
        };
        asked.tell(&outcome, cut || alone, cx);
    }

    /// What is no message stands where one should begin.
    pub fn spoilt(&mut self, dir: Dir, (ts, at): (i64, u64), malformed: &'static str, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.malformed, true) {
            let row = Kerberos {
                partial: Some(true),
                malformed: Some(malformed),
                ..Kerberos::default()
            };
            cx.emit(ts, dir, at, &row);
        }
    }

    /// Rows of what was not answered.
    pub fn finish(&mut self, cx: &mut Context<'_>) {
        for asked in std::mem::take(&mut self.waiting) {
            asked.tell(&Outcome::default(), true, cx);
        }
    }
}

impl Asked {
    fn new(kind: Kind, request: &Request<'_>, cx: &Context<'_>) -> Asked {
        let short = |list: &[i32]| list.get(..limits::KERBEROS_FIELDS).unwrap_or(list).to_vec();
        Asked {
            kind: Some(kind),
            nonce: request.nonce,
            client: principal::whole(request.client, request.realm, cx),
            hostname: principal::of_machine(request.client).or_else(|| principal::host(request.netbios)),
            service: principal::service(request.service, request.realm, cx),
            realm: principal::realm(request.realm),
            options: Some(request.options),
            from: request.from,
            till: request.till,
            offered: short(&request.ciphers),
            preauthentication: short(&request.preauthentication),
            presented: request.presented,
            ..Asked::default()
        }
    }

    /// An answer came to what nobody saw.
    fn unseen(kind: Option<Kind>, dir: Dir, begun: (i64, u64)) -> Asked {
        Asked {
            kind,
            begun,
            dir: Some(dir),
            ..Asked::default()
        }
    }

    fn tell(&self, outcome: &Outcome, partial: bool, cx: &mut Context<'_>) {
        let options: Vec<&'static str> = self.options.map(|bits| names::options(bits).collect()).unwrap_or_default();
        let is_set = |name: &str| self.options.map(|_| options.contains(&name));
        let cipher = |number: Option<i32>| number.map(names::cipher);
        let ciphers = [cipher(outcome.ticket), cipher(outcome.cipher), cipher(self.presented)];
        let [ticket, reply, presented] = ciphers.each_ref().map(Option::as_deref);
        let proven = self.preauthentication.iter().any(|kind| names::proves(*kind));
        let row = Kerberos {
            request_type: self.kind.map(|kind| if kind == Kind::As { "AS" } else { "TGS" }),
            client: self.client.as_deref(),
            hostname: self.hostname.as_deref(),
            service: self.service.class,
            service_host: self.service.host.as_deref(),
            service_name: self.service.name.as_deref(),
            realm: self.realm.as_deref(),
            success: outcome.success,
            error_code: outcome.error,
            error_msg: outcome.error.and_then(names::error),
            from: self.from,
            till: self.till,
            cipher: ticket,
            reply_cipher: reply,
            presented_cipher: presented,
            offered: self.offered.iter().map(|number| names::cipher(*number)).collect(),
            forwardable: is_set("forwardable"),
            renewable: is_set("renewable"),
            pa_types: self.preauthentication.iter().map(|kind| names::preauthentication(*kind)).collect(),
            preauthenticated: (self.kind == Some(Kind::As) && self.options.is_some()).then_some(proven),
            partial: Some(partial || self.cut),
            options: options.iter().copied().map(Cow::Borrowed).collect(),
            ..Kerberos::default()
        };
        let (ts, at) = self.begun;
        cx.emit(ts, self.dir.unwrap_or(Dir::Orig), at, &row);
    }
}
