//! One connection: records to handshake messages to one `ssl` row, with `x509` rows where certificates pass in clear.

use std::borrow::Cow;

use super::hello::{key_exchange_group, ClientHello, ServerHello};
use super::record::{self, Head};
use super::{certificate, fingerprint, names, Ssl};
use crate::context::Context;
use crate::hostname;
use crate::limits;
use crate::protocols::{Dir, Session, Step};
use crate::text;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const SERVER_HELLO_DONE: u8 = 14;

/// The shortest record that can hold the Finished of TLS 1.3: head 4, hash 32, type 1, tag 8 (RFC 8446 4.4.4, 5.2). An alert is 19 or 11 bytes,
/// an EndOfEarlyData 21 or 13.
const FINISHED_TLS13: usize = 45;
const ALERTS_TLS13: [usize; 2] = [19, 11];

/// A place in the stream and its time.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    ts: i64,
    at: u64,
}

/// One direction of the handshake.
#[derive(Debug, Default)]
struct Side {
    /// Start of the record that is being waited for.
    record: Option<Place>,
    /// A handshake message that goes on in the next record, and where it began.
    message: Vec<u8>,
    began: Place,
    change_cipher_spec: bool,
    finished: bool,
    lost: bool,
    chain: Vec<String>,
}

/// What the row tells of the client's hello.
#[derive(Debug, Default)]
struct Offer {
    /// Only a part of the hello was captured.
    cut: bool,
    session_id: Vec<u8>,
    versions: Vec<u16>,
    ciphers: Option<usize>,
    groups: Vec<u16>,
    key_shares: Vec<u16>,
    /// As it was asked for; kept only as a host name may be.
    server_name: Option<String>,
    alpn: Vec<&'static str>,
    ja3: Option<String>,
    ja4: Option<String>,
}

/// What the row tells of the server's hello.
#[derive(Debug, Default)]
struct Choice {
    /// Only a part of the hello was captured.
    cut: bool,
    version: Option<u16>,
    cipher: Option<u16>,
    retry: bool,
    same_session: bool,
    pre_shared_key: bool,
    alpn: Option<&'static str>,
    ja3s: Option<String>,
}

#[derive(Debug, Default)]
pub struct Handshake {
    sides: [Side; 2],
    /// First byte shown of the connection.
    began: Option<(Dir, Place)>,
    client: Option<Dir>,
    offer: Option<Box<Offer>>,
    choice: Option<Box<Choice>>,
    group: Option<u16>,
    /// The server went through the whole exchange of keys.
    hello_done: bool,
    sni_matches: Option<bool>,
    last_alert: Option<&'static str>,
    malformed: Option<&'static str>,
    partial: bool,
    emitted: bool,
}

impl Session for Handshake {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let here = Place { ts: cx.ts, at: cx.offset };
        self.began.get_or_insert((dir, here));
        if self.emitted || self.side(dir).finished {
            return Step::Done;
        }
        if self.side(dir).lost {
            if let Some(step) = record::search(bytes) {
                return step;
            }
            self.side(dir).lost = false;
        }
        let begun = *self.side(dir).record.get_or_insert(here);
        if bytes.len() < record::HEAD {
            return Step::Need(record::HEAD);
        }
        let Some(head) = Head::parse(bytes) else {
            return self.sslv2(dir, bytes, cx);
        };
        let inside = match head.kind {
            record::HANDSHAKE => !self.is_encrypted(dir),
            record::ALERT => head.length == 2 && !self.side(dir).change_cipher_spec,
            _ => false,
        };
        if inside && bytes.len() < head.whole() {
            return Step::Need(head.whole());
        }
        self.side(dir).record = None;
        let body = bytes.get(record::HEAD..head.whole()).unwrap_or_default();
        match head.kind {
            record::CHANGE_CIPHER_SPEC => self.side(dir).change_cipher_spec = true,
            record::ALERT if inside => self.alert(body, cx),
            record::HANDSHAKE if inside => self.fragment(dir, body, begun, cx),
            record::HANDSHAKE => self.finish(dir, cx),
            record::APPLICATION_DATA => self.application_data(dir, head.length, cx),
            _ => {}
        }
        if self.emitted || self.side(dir).finished {
            Step::Done
        } else {
            Step::Skip(head.whole() as u64)
        }
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        if self.emitted || self.side(dir).finished || self.side(dir).lost {
            return;
        }
        self.partial = true;
        let here = Place { ts: cx.ts, at: cx.offset };
        let begun = self.side(dir).record.unwrap_or(here);
        let handshake = Head::parse(bytes).is_some_and(|head| head.kind == record::HANDSHAKE);
        if handshake && !self.is_encrypted(dir) {
            self.fragment(dir, bytes.get(record::HEAD..).unwrap_or_default(), begun, cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        if self.emitted || self.side(dir).finished {
            return;
        }
        self.partial = true;
        self.salvage(dir, cx);
        let side = self.side(dir);
        side.lost = true;
        side.record = None;
        side.message = Vec::new();
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.partial = true;
        self.salvage(Dir::Orig, cx);
        self.salvage(Dir::Resp, cx);
        self.emit(false, cx);
    }

    fn held(&self) -> usize {
        self.sides.iter().map(|side| side.message.capacity()).sum()
    }
}

impl Handshake {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    fn is_client(&self, dir: Dir) -> bool {
        self.client.unwrap_or(Dir::Orig) == dir
    }

    fn version(&self) -> Option<u16> {
        self.choice.as_ref().and_then(|choice| choice.version)
    }

    /// Up to TLS 1.2 all that follows ChangeCipherSpec is encrypted; in TLS 1.3 it means nothing. RFC 8446 appendix D.4.
    fn is_encrypted(&mut self, dir: Dir) -> bool {
        let changed = self.side(dir).change_cipher_spec;
        changed && !self.version().is_some_and(names::is_tls13)
    }

    /// Handshake messages, whole or in part. RFC 8446 5.1: they may share a record or spread over many.
    fn fragment(&mut self, dir: Dir, body: &[u8], record: Place, cx: &mut Context<'_>) {
        let at = record.at.saturating_add(record::HEAD as u64);
        let mut held = std::mem::take(&mut self.side(dir).message);
        let before = held.len();
        let mut bytes = body;
        if before > 0 {
            held.extend_from_slice(body);
            bytes = &held;
        }
        let mut used = 0usize;
        while let Some(Ok((kind, message))) = record::next_message(bytes.get(used..).unwrap_or_default()) {
            let began = match used.checked_sub(before) {
                _ if used == 0 && before > 0 => self.side(dir).began,
                skipped => Place {
                    ts: record.ts,
                    at: at.saturating_add(skipped.unwrap_or(0) as u64),
                },
            };
            used = used.saturating_add(4).saturating_add(message.len());
            self.message(dir, kind, message, began, cx);
            if self.emitted || self.side(dir).finished {
                return;
            }
        }
        let rest = bytes.get(used..).unwrap_or_default();
        if record::next_message(rest).is_some() {
            // After a loss these may be bytes from the middle of a message.
            if !self.partial {
                self.fail("handshake message", cx);
            }
            return;
        }
        if rest.len() > limits::TLS_HANDSHAKE {
            return self.fail("handshake message too long", cx);
        }
        if used > 0 || before == 0 {
            self.side(dir).began = Place {
                ts: record.ts,
                at: at.saturating_add(used.saturating_sub(before) as u64),
            };
        }
        self.side(dir).message = if before == 0 {
            rest.to_vec()
        } else {
            held.drain(..used);
            held
        };
    }

    fn message(&mut self, dir: Dir, kind: u8, body: &[u8], began: Place, cx: &mut Context<'_>) {
        match kind {
            CLIENT_HELLO if self.offer.is_none() => self.client_hello(dir, body, cx),
            SERVER_HELLO => self.server_hello(dir, body, cx),
            CERTIFICATE if self.side(dir).chain.is_empty() => self.certificates(dir, body, began, cx),
            SERVER_KEY_EXCHANGE => {
                let suite = self
                    .choice
                    .as_ref()
                    .and_then(|choice| choice.cipher)
                    .and_then(names::cipher)
                    .unwrap_or_default();
                if (suite.contains("_ECDHE_") && !suite.contains("_PSK_")) || suite.contains("_ECDH_anon_") {
                    self.group = key_exchange_group(body);
                }
            }
            SERVER_HELLO_DONE => self.hello_done = true,
            _ => {}
        }
    }

    /// What can be read of the message that goes on where bytes were lost.
    fn salvage(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let held = std::mem::take(&mut self.side(dir).message);
        let [kind, _, _, _, body @ ..] = held.as_slice() else { return };
        if self.emitted || self.side(dir).finished {
            return;
        }
        match *kind {
            CLIENT_HELLO if self.offer.is_none() => self.offered(dir, ClientHello::parse_cut(body)),
            SERVER_HELLO if self.choice.as_ref().is_none_or(|choice| choice.retry) => self.chosen(dir, ServerHello::parse_cut(body)),
            CERTIFICATE if self.side(dir).chain.is_empty() => {
                let began = self.side(dir).began;
                self.certificates(dir, body, began, cx);
            }
            _ => {}
        }
    }

    fn client_hello(&mut self, dir: Dir, body: &[u8], cx: &mut Context<'_>) {
        match ClientHello::parse(body) {
            Some(hello) => self.offered(dir, hello),
            None => {
                self.client = Some(dir);
                self.fail("client hello", cx);
            }
        }
    }

    fn offered(&mut self, dir: Dir, hello: ClientHello<'_>) {
        self.client = Some(dir);
        let whole = !hello.cut;
        let name = hello
            .server_name
            .and_then(text::clean)
            .filter(|name| hostname::valid(name).is_some());
        if hello.server_name.is_some() && name.is_none() {
            self.malformed = Some("server name");
        }
        self.offer = Some(Box::new(Offer {
            cut: hello.cut,
            session_id: hello.session_id.to_vec(),
            ciphers: Some(hello.ciphers.len()).filter(|count| whole || *count > 0),
            server_name: name.map(Cow::into_owned),
            alpn: hello.alpn.iter().take(limits::LIST).map(|protocol| names::alpn(protocol)).collect(),
            ja3: whole.then(|| fingerprint::ja3(&hello)),
            ja4: whole.then(|| fingerprint::ja4(&hello)),
            versions: bounded(hello.versions),
            groups: bounded(hello.groups),
            key_shares: bounded(hello.key_shares),
        }));
    }

    fn server_hello(&mut self, dir: Dir, body: &[u8], cx: &mut Context<'_>) {
        self.client.get_or_insert(dir.other());
        let Some(hello) = ServerHello::parse(body) else {
            return self.fail("server hello", cx);
        };
        if hello.version.is_some_and(names::is_tls13) && !hello.retry {
            self.side(dir).finished = true;
        }
        self.chosen(dir, hello);
    }

    fn chosen(&mut self, dir: Dir, hello: ServerHello<'_>) {
        self.client.get_or_insert(dir.other());
        let retry = hello.retry || self.choice.as_ref().is_some_and(|choice| choice.retry);
        let offered = self.offer.as_ref().map(|offer| offer.session_id.as_slice()).unwrap_or_default();
        self.choice = Some(Box::new(Choice {
            cut: hello.cut,
            version: hello.version,
            cipher: hello.cipher,
            retry,
            same_session: !offered.is_empty() && offered == hello.session_id,
            pre_shared_key: hello.pre_shared_key,
            alpn: hello.alpn.map(names::alpn),
            ja3s: (!hello.cut).then(|| fingerprint::ja3s(&hello)),
        }));
        self.group = hello.group.or(self.group);
    }

    /// `began` is where the message head stood.
    fn certificates(&mut self, dir: Dir, body: &[u8], began: Place, cx: &mut Context<'_>) {
        let (chain, whole) = certificate::chain(body);
        let client = self.is_client(dir);
        let wanted = if client {
            None
        } else {
            self.offer.as_ref().and_then(|offer| offer.server_name.clone())
        };
        for (n, &(distance, der)) in chain.iter().enumerate() {
            let place = certificate::Place { leaf: n == 0, client };
            let matches = certificate::describe(der, place, wanted.as_deref(), |row| {
                cx.emit(began.ts, dir, began.at.saturating_add(4).saturating_add(distance), row);
            });
            if place.leaf && !client {
                self.sni_matches = matches;
            }
            self.side(dir).chain.push(certificate::fingerprint(der));
        }
        // What the capture cut is not the sender's fault.
        if !whole && !self.partial {
            self.malformed = Some("certificate list");
        }
    }

    /// An encrypted handshake record is the Finished up to TLS 1.2; application data say that it was lost.
    fn finish(&mut self, dir: Dir, cx: &mut Context<'_>) {
        self.side(dir).finished = true;
        if self.sides.iter().all(|side| side.finished) {
            self.emit(true, cx);
        }
    }

    /// TLS 1.3 sends the client's Finished as application data; otherwise these are bytes of a connection whose start was not seen.
    fn application_data(&mut self, dir: Dir, length: usize, cx: &mut Context<'_>) {
        if self.offer.is_none() && self.choice.is_none() {
            self.partial = true;
            return self.emit(true, cx);
        }
        match self.version() {
            Some(version) if !names::is_tls13(version) => self.finish(dir, cx),
            Some(_) if self.is_client(dir) && self.side(dir.other()).finished => {
                if length >= FINISHED_TLS13 {
                    self.emit(true, cx);
                } else if ALERTS_TLS13.contains(&length) {
                    self.emit(false, cx);
                }
            }
            _ => {}
        }
    }

    fn alert(&mut self, body: &[u8], cx: &mut Context<'_>) {
        const FATAL: u8 = 2;
        if let &[level, description] = body {
            self.last_alert = names::alert(description);
            if level == FATAL {
                self.emit(false, cx);
            }
        }
    }

    /// What is no record: a hello in SSLv2 form, or not TLS.
    fn sslv2(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        const HELLO: usize = 11;
        let first = bytes.first().is_some_and(|head| head & 0x80 != 0);
        if first && bytes.len() < HELLO {
            return Step::Need(HELLO);
        }
        if self.offer.is_none() {
            if let Some((version, ciphers)) = record::sslv2_hello(bytes) {
                self.client = Some(dir);
                self.offer = Some(Box::new(Offer {
                    versions: vec![version],
                    ciphers: Some(ciphers),
                    ..Offer::default()
                }));
                self.side(dir).record = None;
                let length = bytes.iter().take(2).fold(0u64, |sum, &b| sum << 8 | u64::from(b)) & 0x7fff;
                return Step::Skip(length.saturating_add(2));
            }
        }
        if self.choice.is_none() && record::is_sslv2_server(bytes) {
            self.choice = Some(Box::new(Choice {
                version: Some(2),
                ..Choice::default()
            }));
            self.emit(false, cx);
            return Step::Done;
        }
        self.fail("record head", cx);
        Step::Done
    }

    fn fail(&mut self, what: &'static str, cx: &mut Context<'_>) {
        self.malformed = Some(what);
        self.emit(false, cx);
    }

    fn emit(&mut self, established: bool, cx: &mut Context<'_>) {
        let Some((dir, began)) = self.began else { return };
        if std::mem::replace(&mut self.emitted, true) {
            return;
        }
        let offer = self.offer.take().unwrap_or_default();
        let choice = self.choice.take();
        let chosen = choice.as_deref();
        let version = chosen.and_then(|c| c.version).map(names::version);
        let group = self.group.map(names::group);
        let hybrid = self.group.is_some_and(names::is_hybrid);
        let hybrid_offered = offer.groups.iter().chain(&offer.key_shares).any(|&g| names::is_hybrid(g));
        let server_name = offer.server_name.as_deref().map(hostname::shown);
        let offered = hybrid_offered || offer.ciphers.is_some() && !offer.cut;
        let [orig, resp] = &self.sides;
        let (ours, theirs) = if self.is_client(Dir::Orig) { (orig, resp) } else { (resp, orig) };
        let row = Ssl {
            version: version.as_deref(),
            version_num: chosen.and_then(|c| c.version).map(i64::from),
            cipher: chosen.and_then(|c| c.cipher).and_then(names::cipher),
            cipher_num: chosen.and_then(|c| c.cipher).map(i64::from),
            curve: group.as_deref(),
            curve_num: self.group.map(i64::from),
            server_name: server_name.as_deref(),
            next_protocol: chosen.and_then(|c| c.alpn),
            client_alpn: offer.alpn.iter().map(|&name| Cow::Borrowed(name)).collect(),
            resumed: chosen.and_then(|c| told(self.is_resumed(c, theirs), c)),
            established: Some(established),
            hello_retry: chosen.and_then(|c| told(c.retry, c)),
            ja3: offer.ja3.as_deref(),
            ja3s: chosen.and_then(|c| c.ja3s.as_deref()),
            ja4: offer.ja4.as_deref(),
            client_versions: offer.versions.iter().map(|&v| i64::from(v)).collect(),
            client_ciphers_count: offer.ciphers.and_then(|count| i64::try_from(count).ok()),
            key_share_groups: offer.key_shares.iter().map(|&g| names::group(g)).collect(),
            pq_hybrid_offered: offered.then_some(hybrid_offered),
            pq_hybrid: chosen.and_then(|c| told(hybrid, c)),
            cert_count: i64::try_from(theirs.chain.len()).ok(),
            cert_chain_fps: theirs.chain.iter().map(|fp| Cow::Borrowed(fp.as_str())).collect(),
            client_cert: Some(!ours.chain.is_empty()),
            client_cert_chain_fps: ours.chain.iter().map(|fp| Cow::Borrowed(fp.as_str())).collect(),
            sni_matches_cert: self.sni_matches,
            validation: Some("none"),
            last_alert: self.last_alert,
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Ssl::default()
        };
        cx.emit(began.ts, dir, began.at, &row);
    }

    /// Up to TLS 1.2: the session id came back, or (with a ticket) the server changed keys without exchanging any.
    fn is_resumed(&self, choice: &Choice, server: &Side) -> bool {
        if choice.version.is_some_and(names::is_tls13) {
            return choice.pre_shared_key;
        }
        choice.same_session || (server.change_cipher_spec && !self.hello_done && server.chain.is_empty())
    }
}

/// What the server's hello says, if it says so: of one that was cut a no means nothing.
fn told(sign: bool, choice: &Choice) -> Option<bool> {
    (sign || !choice.cut).then_some(sign)
}

fn bounded(mut values: Vec<u16>) -> Vec<u16> {
    values.truncate(limits::LIST);
    values
}
