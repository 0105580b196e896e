//! A connection, from what the client asks first to what came of the login.

use super::message::{self, Asked, GSS_REQUEST, SSL_REQUEST};
use super::Postgresql;
use crate::context::Context;
use crate::credentials;
use crate::limits;
use crate::protocols::database::{self, software, text, version, Known, Login as _};
use crate::protocols::{Dir, Step};

/// Bytes in front of what a client says first: length and version; of every later message its type and length.
const FIRST: usize = 8;
const HEAD: usize = 5;

#[derive(Default)]
pub struct Login {
    known: Known,
    encryption: Option<&'static str>,
    refused: Option<bool>,
    replication: Option<bool>,
    /// Encryption that the client asked for last, and that was not answered yet.
    asked: Option<&'static str>,
    /// Whether the client said who it is, whether it is to choose a mechanism, and whether the server believes it.
    named: bool,
    choosing: bool,
    believed: bool,
}

impl database::Login for Login {
    fn known(&mut self) -> &mut Known {
        &mut self.known
    }

    fn read(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        match dir {
            Dir::Orig if !self.named => self.opening(bytes, cx),
            Dir::Resp if self.asked.is_some() => self.encrypting(bytes, cx),
            _ => self.message(dir, bytes, cx),
        }
    }

    fn emit(&mut self, (ts, dir, at): (i64, Dir, u64), cx: &mut Context<'_>) {
        let known = &self.known;
        let hidden = matches!(self.encryption, Some("tls" | "gss"));
        let row = Postgresql {
            server: known.server.as_deref(),
            encryption: self.encryption,
            encryption_refused: self.refused.or(hidden.then_some(false)),
            method: known.method,
            account: known.account.as_deref(),
            database: known.database.as_deref(),
            application: known.application.as_deref(),
            replication: self.replication,
            success: known.success,
            sqlstate: known.sqlstate.as_deref(),
            password_seen: Some(known.password_seen),
            without_password: known.without_password,
            marks: credentials::marks(known.default),
            partial: Some(known.partial() && !hidden),
            malformed: known.malformed,
            ..Postgresql::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

impl Login {
    /// What a client says before it is known: it asks for encryption, or names itself.
    fn opening(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(&[a, b, c, d, code @ ..]) = bytes.first_chunk::<FIRST>() else {
            return Step::Need(FIRST);
        };
        match code {
            SSL_REQUEST => self.asked = Some("tls"),
            GSS_REQUEST => self.asked = Some("gss"),
            [0, 3, ..] => return self.startup(u32::from_be_bytes([a, b, c, d]), bytes, cx),
            // A request to cancel, say.
            _ => {
                self.tell(cx);
                return Step::Done;
            }
        }
        Step::Took(FIRST)
    }

    fn startup(&mut self, length: u32, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        if !(FIRST..limits::POSTGRESQL_MESSAGE).contains(&whole) {
            return self.broken("length", cx);
        }
        let Some(parameters) = bytes.get(FIRST..whole) else {
            return Step::Need(whole);
        };
        let Some(told) = message::startup(parameters) else {
            return self.broken("startup", cx);
        };
        self.named = true;
        self.encryption = Some("none");
        self.replication = Some(told.replication);
        if let Some(user) = told.user {
            self.known.user(user, cx);
        }
        if let Some(database) = told.database {
            self.known.database(database, cx);
        }
        self.known.application = told.application.and_then(software);
        Step::Took(whole)
    }

    /// Each request for encryption is answered in one byte.
    fn encrypting(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        match (bytes.first(), self.asked.take()) {
            (Some(b'S'), Some("tls")) => {
                self.encryption = Some("tls");
                self.tell(cx);
                Step::Turn(1)
            }
            (Some(b'G'), Some("gss")) => {
                self.encryption = Some("gss");
                self.tell(cx);
                Step::Done
            }
            (Some(b'N'), _) => {
                self.refused = Some(true);
                Step::Took(1)
            }
            (Some(b'E'), _) => self.message(Dir::Resp, bytes, cx),
            _ => self.broken("answer", cx),
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(&[kind, a, b, c, d]) = bytes.first_chunk::<HEAD>() else {
            return Step::Need(HEAD);
        };
        let whole = usize::try_from(u32::from_be_bytes([a, b, c, d]))
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        if !(HEAD..limits::POSTGRESQL_MESSAGE).contains(&whole) {
            return self.broken("length", cx);
        }
        let Some(body) = bytes.get(HEAD..whole) else {
            return Step::Need(whole);
        };
        let sound = match (dir, kind) {
            (Dir::Orig, b'p') => self.proof(body),
            (Dir::Orig, _) => Some(()),
            (Dir::Resp, kind) => self.server(kind, body, cx),
        };
        match sound {
            None => self.broken("message", cx),
            Some(()) if self.known.over => Step::Done,
            Some(()) => Step::Took(whole),
        }
    }

    fn server(&mut self, kind: u8, body: &[u8], cx: &mut Context<'_>) -> Option<()> {
        match kind {
            b'R' => self.asks(message::asked(body)?),
            b'S' => self.parameter(body)?,
            b'Z' | b'E' => {
                self.known.success = Some(kind == b'Z' && self.believed);
                self.known.sqlstate = if kind == b'E' { message::code(body) } else { None };
                self.tell(cx);
            }
            // Keys to cancel by, notices, versions.
            b'K' | b'N' | b'v' => {}
            _ => return None,
        }
        Some(())
    }

    fn asks(&mut self, asked: Asked) {
        self.choosing = matches!(asked, Asked::Sasl);
        match asked {
            Asked::Nothing => {
                self.believed = true;
                if self.known.method.is_none() {
                    self.known.method = Some("none");
                    self.known.without_password = Some(true);
                }
            }
            Asked::Method(name) => {
                self.known.method = Some(name);
                self.known.without_password = Some(false);
            }
            Asked::Sasl => self.known.without_password = Some(false),
            Asked::More => {}
        }
    }

    fn parameter(&mut self, body: &[u8]) -> Option<()> {
        let (name, rest) = text(body)?;
        let (value, _) = text(rest)?;
        if name == b"server_version" {
            let told = std::str::from_utf8(value).ok().and_then(version);
            self.known.server = told.map(|version| format!("PostgreSQL {version}"));
        }
        Some(())
    }

    fn proof(&mut self, body: &[u8]) -> Option<()> {
        if std::mem::take(&mut self.choosing) {
            self.known.method = Some(message::mechanism(body)?);
        } else if self.known.method == Some("password") {
            let (password, _) = text(body)?;
            self.known.password(password);
        }
        Some(())
    }
}
