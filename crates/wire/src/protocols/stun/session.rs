//! A session between two ends: what they asked, agreed on and sent.

use std::borrow::Cow;

use super::dtls::{self, Chosen};
use super::message::{self, Class, Message};
use super::Stun;
use crate::context::Context;
use crate::hostname;
use crate::limits;
use crate::names::address;
use crate::product;
use crate::protocols::{Conversation, Dir};

/// Refusals that every login with a password begins with: who asks is told what to sign with. RFC 8489 9.2.
const NOT_YET: [i64; 2] = [401, 438];
const UNAUTHENTICATED: i64 = 401;
/// RFC 3550 5.1.
const RTP_HEAD: usize = 12;

#[derive(Default)]
pub struct Session {
    /// When (ns), in which direction and where it began, or the last row ended.
    begun: Option<(i64, Dir, u64)>,
    last: i64,
    counts: Counts,
    about: About,
    partial: bool,
    malformed: Option<&'static str>,
}

/// What came since the row before.
#[derive(Default)]
struct Counts {
    classes: [i64; 4],
    media: [i64; 2],
    media_bytes: i64,
    data: i64,
    encrypted: Option<bool>,
    /// Media came before any keys were agreed on.
    early: bool,
}

/// What stays true as long as the session lasts.
#[derive(Default)]
struct About {
    methods: Vec<u16>,
    error: Option<i64>,
    software: [Option<String>; 2],
    username: Option<String>,
    realm: Option<String>,
    integrity: bool,
    nominated: bool,
    mapped: Option<(u128, u16)>,
    relayed: Option<(u128, u16)>,
    peers: Vec<(u128, u16)>,
    chosen: Option<Chosen>,
    protected: [bool; 2],
    /// Whether what was asked last was signed.
    signed: bool,
    refused: i64,
}

impl Conversation for Session {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.begin(dir, cx);
        self.content(dir, payload, true, cx);
    }

    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.begin(dir, cx);
        self.partial = true;
        // Of media only its first byte and its length tell, and that is not here.
        if let Some(128..=191) = payload.first() {
            self.media(dir, payload.len());
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.tell(false, cx);
    }
}

impl Session {
    fn begin(&mut self, dir: Dir, cx: &mut Context<'_>) {
        if self.begun.is_some_and(|(ts, ..)| cx.ts.saturating_sub(ts) >= limits::INTERIM_EVERY) {
            self.tell(true, cx);
        }
        self.begun.get_or_insert((cx.ts, dir, cx.offset));
        self.last = self.last.max(cx.ts);
    }

    /// What a datagram is, by its first byte (RFC 7983 section 7); `outer`: it stands by itself, not within what a relay carries.
    fn content(&mut self, dir: Dir, payload: &[u8], outer: bool, cx: &Context<'_>) {
        match payload.first() {
            Some(0..=3) => match message::read(payload) {
                Some(message) => self.message(dir, &message, outer, cx),
                None if message::claims(payload) => self.malformed = Some("message"),
                None => {}
            },
            Some(&first) if dtls::is_record(first) => self.records(dir, payload),
            Some(64..=79) if outer => {
                if let Some(carried) = message::channel(payload) {
                    self.content(dir, carried, false, cx);
                }
            }
            Some(128..=191) if payload.len() >= RTP_HEAD => self.media(dir, payload.len()),
            _ => {}
        }
    }

    fn message(&mut self, dir: Dir, message: &Message<'_>, outer: bool, cx: &Context<'_>) {
        if !message.is_whole() {
            self.malformed = Some("message");
        }
        if outer {
            if let Some(count) = self.counts.classes.get_mut(message.class as usize) {
                *count = count.saturating_add(1);
            }
            let about = &mut self.about;
            if !about.methods.contains(&message.method) && about.methods.len() < limits::STUN_METHODS {
                about.methods.push(message.method);
            }
        }
        if outer && message.class == Class::Request {
            self.about.signed = false;
        }
        for (kind, value) in message.attributes() {
            if kind == message::DATA && outer {
                self.content(dir, value, false, cx);
            } else if outer {
                self.about.attribute(dir, message, (kind, value), cx);
            }
        }
    }

    fn records(&mut self, dir: Dir, payload: &[u8]) {
        let seen = dtls::read(payload);
        self.about.chosen = self.about.chosen.or(seen.chosen);
        if let Some(protected) = self.about.protected.get_mut(dir as usize) {
            *protected |= seen.protected;
        }
        self.counts.data = self.counts.data.saturating_add(seen.data);
        if seen.malformed {
            self.malformed = self.malformed.or(Some("record"));
        }
    }

    fn media(&mut self, dir: Dir, len: usize) {
        if let Some(count) = self.counts.media.get_mut(dir as usize) {
            *count = count.saturating_add(1);
        }
        self.counts.media_bytes = self.counts.media_bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        let Some(chosen) = self.about.chosen else {
            self.counts.early = true;
            return;
        };
        if let Some(encrypts) = chosen.encrypts() {
            // Once some came without, it stays said.
            self.counts.encrypted = Some(encrypts && self.counts.encrypted.unwrap_or(true));
        }
    }

    fn tell(&mut self, interim: bool, cx: &mut Context<'_>) {
        let Some((ts, dir, at)) = self.begun.take() else { return };
        let counts = std::mem::take(&mut self.counts);
        let about = &self.about;
        let text = |end: Option<(u128, u16)>| end.map(|(bits, _)| address(bits).to_string());
        let port = |end: Option<(u128, u16)>| end.map(|(_, port)| i64::from(port));
        let peer = about.peers.first().copied();
        let [mapped_h, relayed_h, peer_h] = [about.mapped, about.relayed, peer].map(text);
        let version = about.chosen.map(|chosen| chosen.version_name());
        let cipher = about.chosen.map(|chosen| chosen.cipher_name());
        let profile = about.chosen.and_then(|chosen| chosen.srtp_name());
        let [requests, indications, successes, errors] = counts.classes;
        let [orig_media, resp_media] = counts.media;
        let [client, server] = &about.software;
        let row = Stun {
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            methods: about.methods.iter().map(|number| method(*number)).collect(),
            requests: Some(requests),
            successes: Some(successes),
            errors: Some(errors),
            indications: Some(indications),
            error_code: about.error,
            logins_refused: Some(about.refused),
            client_software: client.as_deref(),
            server_software: server.as_deref(),
            username: about.username.as_deref(),
            realm: about.realm.as_deref(),
            integrity: Some(about.integrity),
            nominated: Some(about.nominated),
            mapped_h: mapped_h.as_deref(),
            mapped_p: port(about.mapped),
            relayed_h: relayed_h.as_deref(),
            relayed_p: port(about.relayed),
            peer_h: peer_h.as_deref(),
            peer_p: port(peer),
            peers: i64::try_from(about.peers.len()).ok().filter(|peers| *peers > 0),
            dtls_version: version.as_deref(),
            dtls_cipher: cipher.as_deref(),
            srtp_profile: profile.as_deref(),
            dtls_established: about.chosen.map(|_| about.protected == [true, true]),
            orig_media_pkts: Some(orig_media),
            resp_media_pkts: Some(resp_media),
            media_bytes: Some(counts.media_bytes),
            data_records: Some(counts.data),
            // Without any handshake keys may have been agreed on elsewhere; with one, what came before it has none of it.
            media_encrypted: counts.encrypted.map(|encrypted| encrypted && !counts.early),
            interim: Some(interim),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Stun::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

impl About {
    fn attribute(&mut self, dir: Dir, message: &Message<'_>, (kind, value): (u16, &[u8]), cx: &Context<'_>) {
        match kind {
            message::USERNAME if self.username.is_none() => self.username = cx.pseudonym(value),
            message::REALM if self.realm.is_none() => self.realm = realm(value),
            message::SOFTWARE => {
                if let Some(software) = self.software.get_mut(dir as usize).filter(|software| software.is_none()) {
                    *software = product::known(value);
                }
            }
            message::INTEGRITY | message::INTEGRITY_SHA256 => {
                self.integrity = true;
                self.signed |= message.class == Class::Request;
            }
            message::USE_CANDIDATE => self.nominated = true,
            message::ERROR_CODE if message.class == Class::Error => {
                let code = error(value);
                let refused = self.signed && code == Some(UNAUTHENTICATED);
                self.refused = self.refused.saturating_add(i64::from(refused));
                self.error = self.error.or(code.filter(|code| !NOT_YET.contains(code)));
            }
            // Of two partners that ask each other the originator's is told.
            message::MAPPED if dir == Dir::Resp => self.mapped = self.mapped.or(message.address(value)),
            message::RELAYED => self.relayed = self.relayed.or(message.address(value)),
            message::PEER => {
                let new = message.address(value).filter(|peer| !self.peers.contains(peer));
                self.peers.extend(new.filter(|_| self.peers.len() < limits::STUN_PEERS));
            }
            _ => {}
        }
    }
}

/// Hundreds and the rest. RFC 8489 14.8.
fn error(value: &[u8]) -> Option<i64> {
    let (hundreds, rest) = (i64::from(value.get(2)? & 7), i64::from(*value.get(3)?));
    hundreds
        .checked_mul(100)?
        .checked_add(rest)
        .filter(|code| (300..700).contains(code))
}

fn realm(value: &[u8]) -> Option<String> {
    let name = hostname::valid(std::str::from_utf8(value).ok()?)?;
    hostname::host(name.as_bytes())
}

fn method<'a>(number: u16) -> Cow<'a, str> {
    message::method(number).map_or_else(|| Cow::Owned(number.to_string()), Cow::Borrowed)
}
