//! A connection of SMTP: commands and replies, and messages that pass unread between them.

use std::borrow::Cow;

use super::{address, Smtp};
use crate::context::Context;
use crate::credentials;
use crate::exploits::{self, Signs};
use crate::limits;
use crate::product;
use crate::protocols::files::message::Message;
use crate::protocols::lines::{reply, split, Asked, Dotted, Lines};
use crate::protocols::sasl::Exchange;
use crate::protocols::{Dir, Session, Step};

/// What files of messages come from.
const SOURCE: &str = "SMTP";

/// What the client asks and a final reply settles.
enum Command {
    Hello,
    Tls,
    /// The server asks for the next response.
    Auth(Exchange),
    Recipient,
    /// DATA: the server says whether the message may come (354).
    Data,
    /// The message was sent.
    Message,
    Other,
}

#[derive(Default)]
pub struct Mail {
    lines: [Lines; 2],
    /// When (ns), in which direction and where it began.
    begun: Option<(i64, Dir, u64)>,
    asked: Asked<Command>,
    /// A message that DATA has begun.
    body: Option<Dotted>,
    /// Bytes of a chunk that are to come, and whether it is the last of its message.
    chunk: Option<(u64, bool)>,
    message: Message,
    greeted: bool,
    helo: Option<String>,
    server: Option<String>,
    starttls_offered: Option<bool>,
    auth: Option<&'static str>,
    auth_ok: Option<bool>,
    password_seen: bool,
    default: bool,
    signs: Signs,
    messages: i64,
    recipients: i64,
    from: Vec<String>,
    to: Vec<String>,
    last: Option<u16>,
    lost: bool,
    closed: [bool; 2],
    given: bool,
}

impl Session for Mail {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.begun.get_or_insert((cx.ts, dir, cx.offset));
        if let (Dir::Orig, Some((left, last))) = (dir, self.chunk) {
            return self.chunked(bytes, left, last, cx);
        }
        if let (Dir::Orig, Some(body)) = (dir, &mut self.body) {
            let (step, ended) = body.read(bytes, |part| self.message.show(SOURCE, dir, part, cx));
            if ended {
                self.body = None;
                self.asked.push(Command::Message);
                self.message_ended(true, cx);
            }
            return step;
        }
        let Some(lines) = self.lines.get_mut(dir as usize) else {
            return Step::Done;
        };
        let (line, took) = match lines.next(bytes) {
            Ok(found) => found,
            Err(step) => return step,
        };
        if dir == Dir::Orig {
            return self.command(line, took, cx);
        }
        if self.reply(line) {
            self.give(true, false, cx);
            return Step::Turn(took);
        }
        Step::Took(took)
    }

    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>) {
        self.lost = true;
        self.asked.lose();
        if dir == Dir::Orig && (self.body.is_some() || self.chunk.is_some() || !self.message.is_idle()) {
            self.message.lose(cx);
        }
        if let Some((left, last)) = self.chunk.filter(|_| dir == Dir::Orig) {
            let left = left.checked_sub(missing).filter(|left| missing > 0 && *left > 0);
            self.chunk = left.map(|left| (left, last));
            if left.is_some() {
                return;
            }
        }
        match (&mut self.body, self.lines.get_mut(dir as usize)) {
            (Some(body), _) if dir == Dir::Orig => body.lose(),
            (None, Some(lines)) => lines.lose(),
            _ => {}
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.message_ended(false, cx);
        self.give(false, self.closed != [true; 2], cx);
    }

    fn held(&self) -> usize {
        let domains = self.from.iter().chain(&self.to).map(String::capacity);
        let held = self.asked.held().saturating_add(self.message.held());
        domains.fold(held, usize::saturating_add)
    }
}

impl Mail {
    fn command(&mut self, line: &[u8], took: usize, cx: &mut Context<'_>) -> Step {
        if let Some(Command::Auth(exchange)) = self.asked.last() {
            exchange.encoded(line);
            let seen = *exchange;
            self.shown(&seen);
            return Step::Took(took);
        }
        self.signs.join(exploits::of_text(line));
        let (verb, argument) = split(line);
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        let asked = match () {
            () if is(b"EHLO") || is(b"HELO") => {
                self.helo = address::host(argument);
                Command::Hello
            }
            () if is(b"STARTTLS") => Command::Tls,
            () if is(b"AUTH") => {
                let (name, initial) = split(argument);
                let mut exchange = Exchange::begin(name);
                if !initial.is_empty() {
                    exchange.encoded(initial);
                }
                (self.auth, self.auth_ok) = (Some(exchange.mechanism), None);
                self.shown(&exchange);
                Command::Auth(exchange)
            }
            () if is(b"MAIL") => {
                self.message_ended(false, cx);
                keep(&mut self.from, path(line, b"MAIL FROM:"));
                Command::Other
            }
            () if is(b"RCPT") => {
                keep(&mut self.to, path(line, b"RCPT TO:"));
                Command::Recipient
            }
            () if is(b"DATA") => Command::Data,
            () if is(b"BDAT") => return self.chunk(argument, took, cx),
            () => Command::Other,
        };
        self.asked.push(asked);
        Step::Took(took)
    }

    /// A chunk of a message: its length, and `LAST` for the last. RFC 3030 section 2.
    fn chunk(&mut self, argument: &[u8], took: usize, cx: &mut Context<'_>) -> Step {
        let (length, last) = split(argument);
        let length = std::str::from_utf8(length).ok().and_then(|digits| digits.parse::<u64>().ok());
        let last = last.eq_ignore_ascii_case(b"LAST");
        self.asked.push(if last { Command::Message } else { Command::Other });
        self.chunk = length.filter(|length| *length > 0).map(|length| (length, last));
        if length == Some(0) && last {
            self.message_ended(true, cx);
        }
        Step::Took(took)
    }

    fn chunked(&mut self, bytes: &[u8], left: u64, last: bool, cx: &mut Context<'_>) -> Step {
        let part = usize::try_from(left).ok().and_then(|left| bytes.get(..left)).unwrap_or(bytes);
        self.message.show(SOURCE, Dir::Orig, part, cx);
        let left = left.saturating_sub(part.len() as u64);
        self.chunk = Some((left, last)).filter(|_| left > 0);
        if left == 0 && last {
            self.message_ended(true, cx);
        }
        Step::Took(part.len())
    }

    fn message_ended(&mut self, whole: bool, cx: &mut Context<'_>) {
        let signs = self.message.ended(whole, cx);
        self.signs.join(signs);
    }

    fn shown(&mut self, exchange: &Exchange) {
        self.password_seen |= exchange.password_seen;
        self.default |= exchange.default;
    }

    /// Whether the connection turns to TLS behind this line.
    fn reply(&mut self, line: &[u8]) -> bool {
        let Some((code, last)) = reply(line) else { return false };
        let text = line.get(4..).unwrap_or_default();
        if !std::mem::replace(&mut self.greeted, true) && code == 220 {
            // First its name, then what it is (RFC 5321 4.2).
            self.server = product::greeting(split(text).1);
            self.last = Some(code);
            return false;
        }
        self.last = Some(code);
        let good = (200..300).contains(&code);
        if matches!(self.asked.next(), Some(Command::Hello)) && code == 250 {
            let offered = self.starttls_offered.get_or_insert(false);
            *offered |= text.trim_ascii().eq_ignore_ascii_case(b"STARTTLS");
        }
        if !last {
            return false;
        }
        match self.asked.settled() {
            Some(Command::Tls) => return code == 220,
            Some(Command::Auth(exchange)) if code == 334 => self.asked.back(Command::Auth(exchange)),
            Some(Command::Auth(_)) => self.auth_ok = Some(code == 235),
            Some(Command::Recipient) if good => self.recipients = self.recipients.saturating_add(1),
            Some(Command::Data) if code == 354 => self.body = Some(Dotted::default()),
            Some(Command::Message) if good => self.messages = self.messages.saturating_add(1),
            _ => {}
        }
        false
    }

    /// Writes the row.
    fn give(&mut self, tls: bool, open: bool, cx: &mut Context<'_>) {
        let Some((ts, dir, at)) = self.begun.filter(|_| !std::mem::replace(&mut self.given, true)) else {
            return;
        };
        let row = Smtp {
            helo: self.helo.as_deref(),
            server: self.server.as_deref(),
            starttls_offered: self.starttls_offered,
            tls: Some(tls),
            auth: self.auth,
            auth_ok: self.auth_ok,
            password_seen: Some(self.password_seen),
            messages: Some(self.messages),
            recipients: Some(self.recipients),
            from_domains: texts(&self.from),
            to_domains: texts(&self.to),
            last_reply: self.last.map(i64::from),
            marks: credentials::marks(self.default).into_iter().chain(self.signs.marks()).collect(),
            partial: Some(self.lost || open),
            ..Smtp::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

/// What follows the command, which ends with a colon and not with a space.
fn path<'a>(line: &'a [u8], command: &[u8]) -> Option<&'a [u8]> {
    let (begin, rest) = line.split_at_checked(command.len())?;
    begin.eq_ignore_ascii_case(command).then_some(rest)
}

fn keep(list: &mut Vec<String>, path: Option<&[u8]>) {
    if let Some(domain) = path.and_then(address::domain) {
        if list.len() < limits::SMTP_DOMAINS && !list.contains(&domain) {
            list.push(domain);
        }
    }
}

fn texts(list: &[String]) -> Vec<Cow<'_, str>> {
    list.iter().map(|text| Cow::Borrowed(text.as_str())).collect()
}
