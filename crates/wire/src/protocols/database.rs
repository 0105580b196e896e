//! What logins to databases have in common: streams mysql, postgresql and tds. Of who logs in a pseudonym is kept, of a password that it stood
//! there; what is asked of a database, and what it answers, is never looked at.

use crate::context::Context;
use crate::credentials::{self, User};
use crate::limits;
use crate::product;
use crate::protocols::{Dir, Session, Step};

/// What is known of a login so far.
#[derive(Default)]
pub struct Known {
    /// When, from which side and where the connection began.
    pub begun: Option<(i64, Dir, u64)>,
    pub server: Option<String>,
    pub method: Option<&'static str>,
    pub account: Option<String>,
    pub database: Option<String>,
    pub application: Option<String>,
    pub success: Option<bool>,
    pub error: Option<i64>,
    pub sqlstate: Option<String>,
    pub password_seen: bool,
    /// An empty password, or none, was enough for the client.
    pub without_password: Option<bool>,
    /// Whether name and password are documented ones.
    pub default: bool,
    pub lost: bool,
    pub malformed: Option<&'static str>,
    user: User,
    /// Nothing more is looked at.
    pub over: bool,
}

impl Known {
    pub fn user(&mut self, name: &[u8], cx: &Context<'_>) {
        let name = short(name);
        self.account = cx.pseudonym(name);
        self.user = credentials::user(name);
    }

    pub fn database(&mut self, name: &[u8], cx: &Context<'_>) {
        self.database = cx.pseudonym(short(name));
    }

    /// A password that stands there readable.
    pub fn password(&mut self, password: &[u8]) {
        self.without_password = Some(password.is_empty());
        self.password_seen |= !password.is_empty();
        self.default |= self.user.has(password);
    }

    pub fn partial(&self) -> bool {
        self.lost || self.success.is_none()
    }
}

/// A connection until it is known what came of its login: one row, when that is known or nothing more comes.
pub trait Login: Send {
    fn known(&mut self) -> &mut Known;

    /// As [`Session::data`], as long as something is looked at.
    fn read(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step;

    /// Writes the row of what began there.
    fn emit(&mut self, begun: (i64, Dir, u64), cx: &mut Context<'_>);

    /// As [`Session::held`].
    fn held(&self) -> usize {
        0
    }

    /// The row, once.
    fn tell(&mut self, cx: &mut Context<'_>) {
        let known = self.known();
        if let Some(begun) = known.begun.filter(|_| !std::mem::replace(&mut known.over, true)) {
            self.emit(begun, cx);
        }
    }

    fn broken(&mut self, what: &'static str, cx: &mut Context<'_>) -> Step {
        self.known().malformed = Some(what);
        self.tell(cx);
        Step::Done
    }
}

impl<L: Login> Session for L {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let known = self.known();
        if known.over {
            return Step::Done;
        }
        known.begun.get_or_insert((cx.ts, dir, cx.offset));
        self.read(dir, bytes, cx)
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.known().lost = true;
        self.tell(cx);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.tell(cx);
    }

    fn held(&self) -> usize {
        Login::held(self)
    }
}

/// A name, as far as one is read.
fn short(name: &[u8]) -> &[u8] {
    name.get(..limits::DATABASE_NAME).unwrap_or(name)
}

/// What a client calls itself, in known words of products and versions.
pub fn software(name: &[u8]) -> Option<String> {
    product::known(short(name))
}

/// SQLSTATE: five digits and capitals. ISO/IEC 9075-2, 24.1.
pub fn sqlstate(code: &[u8]) -> Option<String> {
    let sound = code.len() == 5 && code.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let code = std::str::from_utf8(code).ok()?;
    sound.then(|| code.to_owned())
}

/// The version that a text begins with, as far as it is numbers and dots.
pub fn version(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    product::version(text.get(..end)?.as_bytes())
}

/// The bytes before the next zero, and those behind it.
pub fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((bytes.get(..end)?, bytes.get(end.saturating_add(1)..)?))
}
