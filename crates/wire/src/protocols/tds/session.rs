//! A connection, from the agreement on encryption to what came of the login.

use super::packet::{self, Packet};
use super::{login, tokens, Tds};
use crate::context::Context;
use crate::credentials;
use crate::hostname;
use crate::limits;
use crate::protocols::database::{self, software, Known, Login as _};
use crate::protocols::{Dir, Step};

#[derive(Default)]
pub struct Login {
    known: Known,
    encryption: Option<&'static str>,
    version: Option<&'static str>,
    hostname: Option<String>,
    library: Option<String>,
    /// Packets of messages that go on.
    parts: [Vec<u8>; 2],
}

impl database::Login for Login {
    fn known(&mut self) -> &mut Known {
        &mut self.known
    }

    fn read(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        // The login itself stands between packets, as TLS has it. MS-TDS 2.2.6.4.
        if self.encryption == Some("login") && matches!(bytes, [0x14..=0x17, 3, ..] | [0x14..=0x17]) {
            return match packet::tls_record(bytes) {
                Some(whole) if whole <= bytes.len() => Step::Took(whole),
                Some(whole) => Step::Need(whole),
                None if bytes.len() < 5 => Step::Need(5),
                None => self.broken("record", cx),
            };
        }
        let packet = match packet::packet(bytes) {
            Some(Ok(packet)) => packet,
            Some(Err(needed)) => return Step::Need(needed),
            None => return self.broken("length", cx),
        };
        let sound = self.packet(dir, &packet, cx);
        match sound {
            None => self.broken("message", cx),
            Some(()) if self.encryption == Some("tls") => Step::Turn(packet.whole),
            Some(()) if self.known.over => Step::Done,
            Some(()) => Step::Took(packet.whole),
        }
    }

    fn emit(&mut self, (ts, dir, at): (i64, Dir, u64), cx: &mut Context<'_>) {
        let known = &self.known;
        let row = Tds {
            server: known.server.as_deref(),
            encryption: self.encryption,
            version: self.version,
            method: known.method,
            account: known.account.as_deref(),
            database: known.database.as_deref(),
            hostname: self.hostname.as_deref(),
            application: known.application.as_deref(),
            library: self.library.as_deref(),
            success: known.success,
            error_code: known.error,
            password_seen: Some(known.password_seen),
            without_password: known.without_password,
            marks: credentials::marks(known.default),
            partial: Some(known.partial() && self.encryption != Some("tls")),
            malformed: known.malformed,
            ..Tds::default()
        };
        self.parts = Default::default();
        cx.emit(ts, dir, at, &row);
    }

    fn held(&self) -> usize {
        self.parts.iter().map(Vec::capacity).fold(0, usize::saturating_add)
    }
}

impl Login {
    fn packet(&mut self, dir: Dir, packet: &Packet<'_>, cx: &mut Context<'_>) -> Option<()> {
        // A handshake of TLS travels inside; the length of a login may look like one. MS-TDS 2.2.6.5.
        if (dir == Dir::Resp || packet.kind == packet::PRELOGIN) && packet::tls_record(packet.payload).is_some() {
            return Some(());
        }
        let parts = self.parts.get_mut(dir as usize)?;
        if packet.last && parts.is_empty() {
            return self.message(dir, packet.kind, packet.payload, cx);
        }
        if parts.len().saturating_add(packet.payload.len()) > limits::TDS_MESSAGE {
            return None;
        }
        parts.extend_from_slice(packet.payload);
        if !packet.last {
            return Some(());
        }
        let message = std::mem::take(parts);
        self.message(dir, packet.kind, &message, cx)
    }

    fn message(&mut self, dir: Dir, kind: u8, message: &[u8], cx: &mut Context<'_>) -> Option<()> {
        match (dir, kind) {
            (Dir::Resp, packet::ANSWER) if self.encryption.is_none() => self.agreed(message, cx),
            (Dir::Resp, packet::ANSWER) => {
                let verdict = tokens::read(message)?;
                if verdict.acknowledged || verdict.error.is_some() {
                    self.known.success = Some(verdict.acknowledged);
                    self.known.error = verdict.error.filter(|_| !verdict.acknowledged);
                    self.tell(cx);
                }
            }
            (Dir::Orig, packet::LOGIN) => self.login(message, cx)?,
            (Dir::Orig, packet::SSPI) if self.known.method == Some("spnego") => {
                self.known.method = Some(login::mechanism(message));
            }
            _ => {}
        }
        Some(())
    }

    fn agreed(&mut self, message: &[u8], cx: &mut Context<'_>) {
        let agreed = packet::agreed(message);
        self.known.server = agreed.server;
        // A server that says nothing of it has none.
        self.encryption = agreed.encryption.or(Some("none"));
        if self.encryption == Some("tls") {
            self.tell(cx);
        }
    }

    fn login(&mut self, message: &[u8], cx: &mut Context<'_>) -> Option<()> {
        let told = login::read(message)?;
        self.version = told.version;
        self.known.method = Some(told.method);
        self.known.user(told.user.as_bytes(), cx);
        if told.method == "password" {
            self.known.password(told.password.as_bytes());
        }
        self.known.database(told.database.as_bytes(), cx);
        // Any text may stand there: what is no name of a host is somebody's.
        self.hostname = hostname::valid(&told.host).and_then(|_| hostname::host(told.host.as_bytes()));
        self.known.application = software(told.application.as_bytes());
        self.library = software(told.library.as_bytes());
        Some(())
    }
}
