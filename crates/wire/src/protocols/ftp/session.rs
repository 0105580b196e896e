//! A control connection: commands, and the replies that settle them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Ftp;
use crate::context::Context;
use crate::credentials::{self, User};
use crate::exploits::{self, Signs};
use crate::limits;
use crate::product;
use crate::protocols::lines::{reply, split, Asked, Lines};
use crate::protocols::smb::paths;
use crate::protocols::{Dir, Session, Step};

/// What the client asks and a final reply settles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    User,
    Password,
    Tls,
    Retrieve,
    Store,
    Other,
}

/// What will be a row.
#[derive(Default)]
struct Login {
    /// When (ns), in which direction and where it began.
    begun: Option<(i64, Dir, u64)>,
    user: Option<User>,
    anonymous: bool,
    password_seen: bool,
    default: bool,
    bounce: bool,
    signs: Signs,
    notes: Vec<&'static str>,
    ok: Option<bool>,
    code: Option<u16>,
    tls: Option<&'static str>,
    commands: i64,
    retrieved: i64,
    stored: i64,
}

impl Login {
    /// A file of this path is fetched or stored: whether ransomware is known to leave such a note.
    fn note(&mut self, path: &[u8]) {
        let path = String::from_utf8_lossy(path.get(..limits::TEXT).unwrap_or(path));
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        for mark in paths::marks(name) {
            if !self.notes.contains(&mark) {
                self.notes.push(mark);
            }
        }
    }

    fn marks(&self) -> Vec<Cow<'static, str>> {
        let notes = self.notes.iter().copied().map(Cow::Borrowed);
        credentials::marks(self.default)
            .into_iter()
            .chain(self.bounce.then_some(Cow::Borrowed("bounce")))
            .chain(self.signs.marks())
            .chain(notes)
            .collect()
    }
}

#[derive(Default)]
pub struct Control {
    lines: [Lines; 2],
    server: Option<String>,
    greeted: bool,
    /// A reply of several lines goes on.
    within: bool,
    asked: Asked<Command>,
    login: Login,
    rows: usize,
    lost: bool,
    closed: [bool; 2],
}

impl Session for Control {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(lines) = self.lines.get_mut(dir as usize) else {
            return Step::Done;
        };
        let (line, took) = match lines.next(bytes) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let turns = match dir {
            Dir::Orig => {
                self.command(line, cx);
                false
            }
            Dir::Resp => self.reply(line),
        };
        self.login.begun.get_or_insert((cx.ts, dir, cx.offset));
        if turns {
            self.give(false, cx);
            Step::Turn(took)
        } else {
            Step::Took(took)
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.lost = true;
        self.asked.lose();
        self.within &= dir != Dir::Resp;
        if let Some(lines) = self.lines.get_mut(dir as usize) {
            lines.lose();
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.give(self.closed != [true; 2], cx);
    }

    fn held(&self) -> usize {
        self.asked.held()
    }
}

impl Control {
    fn command(&mut self, line: &[u8], cx: &mut Context<'_>) {
        let (verb, argument) = split(line);
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        let asked = match () {
            () if is(b"USER") => Command::User,
            () if is(b"PASS") => Command::Password,
            () if is(b"AUTH") && is_tls(argument) => Command::Tls,
            () if is(b"RETR") => Command::Retrieve,
            () if is(b"STOR") || is(b"STOU") || is(b"APPE") => Command::Store,
            () => Command::Other,
        };
        if asked == Command::User && self.login.code.is_some() && self.rows < limits::LOGIN_ROWS {
            self.give(false, cx);
        }
        self.asked.push(asked);
        let login = &mut self.login;
        login.commands = login.commands.saturating_add(1);
        login.bounce |= opened(verb, argument).is_some_and(|to| is_elsewhere(to, cx.identity.ends.orig));
        if asked != Command::Password {
            login.signs.join(exploits::of_text(argument));
        }
        if matches!(asked, Command::Retrieve | Command::Store) {
            login.note(argument);
        }
        match asked {
            Command::User => {
                login.user = Some(credentials::user(argument));
                login.anonymous = argument.eq_ignore_ascii_case(b"anonymous") || argument.eq_ignore_ascii_case(b"ftp");
            }
            Command::Password => {
                login.password_seen |= !argument.is_empty() && !login.anonymous;
                login.default |= login.user.is_some_and(|user| user.has(argument));
            }
            Command::Tls => login.tls = Some("asked"),
            _ => {}
        }
    }

    /// Whether the connection turns to TLS behind this line.
    fn reply(&mut self, line: &[u8]) -> bool {
        let Some((code, last)) = reply(line).filter(|(_, last)| *last || !self.within) else {
            return false;
        };
        self.within = !last;
        if !std::mem::replace(&mut self.greeted, true) && code == 220 && self.login.commands == 0 {
            self.server = line.get(4..).and_then(product::greeting);
            return false;
        }
        if !last || code < 200 {
            return false;
        }
        self.settle(code)
    }

    /// A final reply settles what was asked. RFC 959 section 5.4, RFC 4217 section 4.
    fn settle(&mut self, code: u16) -> bool {
        let login = &mut self.login;
        let good = (200..300).contains(&code);
        match self.asked.settled() {
            // 331 and 332: a password, an account is wanted.
            Some(Command::User | Command::Password) if !(300..400).contains(&code) => {
                login.ok = Some(good);
                login.code = Some(code);
            }
            Some(Command::Tls) => {
                login.tls = Some(if code == 234 { "accepted" } else { "refused" });
                return code == 234;
            }
            Some(Command::Retrieve) if good => login.retrieved = login.retrieved.saturating_add(1),
            Some(Command::Store) if good => login.stored = login.stored.saturating_add(1),
            _ => {}
        }
        false
    }

    /// Writes the row of the login so far; the next begins.
    fn give(&mut self, open: bool, cx: &mut Context<'_>) {
        let login = std::mem::take(&mut self.login);
        let Some((ts, dir, at)) = login.begun else { return };
        self.rows = self.rows.saturating_add(1);
        let row = Ftp {
            server: self.server.as_deref(),
            user_seen: Some(login.user.is_some()),
            anonymous: login.user.map(|_| login.anonymous),
            password_seen: Some(login.password_seen),
            login_ok: login.ok,
            reply_code: login.code.map(i64::from),
            auth_tls: login.tls,
            commands: Some(login.commands),
            retrieved: Some(login.retrieved),
            stored: Some(login.stored),
            marks: login.marks(),
            partial: Some(self.lost || open),
            ..Ftp::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

/// TLS by the names that it has and had here. RFC 4217 section 17.
fn is_tls(name: &[u8]) -> bool {
    [&b"TLS"[..], b"TLS-C", b"SSL", b"TLS-P"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Where the client says that it waits for a file: `PORT h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2), `EPRT |1|address|port|` (RFC 2428).
fn opened(verb: &[u8], argument: &[u8]) -> Option<(IpAddr, u16)> {
    let argument = std::str::from_utf8(argument).ok()?.trim();
    if verb.eq_ignore_ascii_case(b"PORT") {
        let numbers: Vec<u8> = argument.splitn(7, ',').map_while(|digits| digits.parse().ok()).collect();
        let [a, b, c, d, high, low] = *numbers.as_slice() else {
            return None;
        };
        Some((Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])))
    } else if verb.eq_ignore_ascii_case(b"EPRT") {
        let separator = argument.chars().next()?;
        let mut parts = argument.split(separator).skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    } else {
        None
    }
}

/// Whether that is a place where no client waits: on another host's address, or at a port of services. RFC 2577 section 3. Behind a
/// translator of addresses a client says the private one that it knows of.
pub(super) fn is_elsewhere((address, port): (IpAddr, u16), client: u128) -> bool {
    let client = Ipv6Addr::from(client).to_canonical();
    let translated = is_private(address) && !is_private(client);
    port < 1024 || (address.to_canonical() != client && !translated)
}

/// RFC 1918.
fn is_private(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_private())
}
