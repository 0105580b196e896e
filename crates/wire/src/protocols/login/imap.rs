//! IMAP: logins, and of the messages that are fetched or stored behind them the files. RFC 9051, RFC 3501, RFC 4978 (COMPRESS).

use super::{About, Attempt};
use crate::context::Context;
use crate::credentials::{self, User};
use crate::limits;
use crate::product;
use crate::protocols::files::message::Message;
use crate::protocols::lines::{split, Lines};
use crate::protocols::sasl::Exchange;
use crate::protocols::{Dir, Session, Step};

/// What the client asked last.
#[derive(Default)]
enum Waiting {
    #[default]
    Nothing,
    Login,
    /// The server asks for the next response.
    Sasl(Exchange),
    Tls,
    Compression,
    /// The server may refuse the message that the client is about to send.
    Append,
}

/// What files of messages come from.
const SOURCE: &str = "IMAP";

/// Bytes that are told beforehand how many they are (RFC 9051 section 4.3), as far as they are to come.
#[derive(Default)]
struct Literal {
    left: u64,
    message: Message,
    what: Fetched,
}

/// What of a message a literal holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Fetched {
    /// One part of it, without its head.
    part: bool,
    /// Its beginning, and nobody knows whether that is all.
    cut: bool,
}

impl Literal {
    fn pass(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let part = usize::try_from(self.left).ok().and_then(|left| bytes.get(..left)).unwrap_or(bytes);
        if !self.what.part {
            self.message.show(SOURCE, dir, part, cx);
        } else {
            let wanted = usize::try_from(self.left).map_or(limits::FILE_GUESS, |left| left.min(limits::FILE_GUESS));
            if self.message.is_idle() && part.len() < wanted {
                return Step::Need(wanted);
            }
            self.message.show_part(SOURCE, dir, part, cx);
        }
        self.left = self.left.saturating_sub(part.len() as u64);
        if self.left == 0 {
            self.message.ended(!self.what.cut, cx);
        }
        Step::Took(part.len())
    }

    /// It does not come, if none of it has.
    fn refused(&mut self) {
        if self.message.is_idle() {
            self.left = 0;
        }
    }

    /// Bytes were lost; says whether some of it is still to come.
    fn lose(&mut self, missing: u64, cx: &mut Context<'_>) -> bool {
        self.message.lose(cx);
        let left = self.left.checked_sub(missing).filter(|left| missing > 0 && *left > 0);
        self.left = left.unwrap_or_default();
        if left.is_none() {
            self.message.ended(false, cx);
        }
        left.is_some()
    }
}

#[derive(Default)]
pub struct Imap {
    about: About,
    lines: [Lines; 2],
    /// Bytes of a literal that the client sends next and that may be an argument of LOGIN.
    literal: Option<usize>,
    /// Messages of either side that pass.
    messages: [Literal; 2],
    /// What the server says next goes on with a response that a literal stands in.
    goes_on: bool,
    greeted: bool,
    waiting: Waiting,
    /// Which command that was: answers come with its tag.
    tag: Vec<u8>,
    /// Arguments of LOGIN that came so far.
    user: Option<User>,
    attempt: Option<Attempt>,
    logged_in: bool,
    /// What follows is compressed.
    done: bool,
}

impl Session for Imap {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.done {
            return Step::Done;
        }
        if let Some(message) = self.messages.get_mut(dir as usize).filter(|message| message.left > 0) {
            return message.pass(dir, bytes, cx);
        }
        if let (Dir::Orig, Some(length)) = (dir, self.literal) {
            return self.literal(length, bytes);
        }
        let Some(lines) = self.lines.get_mut(dir as usize) else {
            return Step::Done;
        };
        let (line, took) = match lines.next(bytes) {
            Ok(found) => found,
            Err(step) => return step,
        };
        match dir {
            Dir::Orig => {
                self.command(line, cx);
                Step::Took(took)
            }
            Dir::Resp => self.reply(line, took, cx),
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>) {
        self.about.lost = true;
        let message = self.messages.get_mut(dir as usize).filter(|message| message.left > 0);
        if message.is_some_and(|message| message.lose(missing, cx)) {
            return;
        }
        match dir {
            Dir::Orig => self.literal = None,
            Dir::Resp => self.goes_on = false,
        }
        if let Some(lines) = self.lines.get_mut(dir as usize) {
            lines.lose();
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for literal in &mut self.messages {
            literal.message.ended(false, cx);
        }
        if let Some(attempt) = self.attempt.take() {
            self.about.emit("imap", &attempt, None, cx);
        }
    }

    fn held(&self) -> usize {
        let held = self.messages.iter().map(|literal| literal.message.held());
        held.fold(0, usize::saturating_add)
    }
}

impl Imap {
    /// A literal: an argument of LOGIN, if somebody logs in, which is short.
    fn literal(&mut self, length: usize, bytes: &[u8]) -> Step {
        if self.attempt.is_none() || length > limits::LINE {
            self.literal = None;
            return Step::Skip(length as u64);
        }
        let Some(value) = bytes.get(..length) else {
            return Step::Need(length);
        };
        self.literal = None;
        self.argument(value);
        Step::Took(length)
    }

    fn command(&mut self, line: &[u8], cx: &Context<'_>) {
        if let (Waiting::Sasl(exchange), Some(attempt)) = (&mut self.waiting, &mut self.attempt) {
            exchange.encoded(line);
            attempt.take(exchange);
            return;
        }
        // Behind a literal the line of the command goes on.
        let goes_on = matches!(self.waiting, Waiting::Login) && line.first().is_none_or(|byte| *byte == b' ');
        if goes_on {
            return self.arguments(line.trim_ascii());
        }
        let (tag, command) = split(line);
        let (verb, arguments) = split(command);
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        let waiting = match () {
            () if is(b"COMPRESS") => Waiting::Compression,
            () if is(b"APPEND") && self.logged_in => {
                let [message, _] = &mut self.messages;
                message.left = literal(line).map_or(0, |length| length as u64);
                Waiting::Append
            }
            () if is(b"LOGIN") && !self.logged_in => {
                self.user = None;
                self.attempt = Some(Attempt::begin("login", cx));
                self.arguments(arguments);
                Waiting::Login
            }
            () if is(b"AUTHENTICATE") && !self.logged_in => {
                let (name, initial) = split(arguments);
                let mut exchange = Exchange::begin(name);
                if !initial.is_empty() {
                    exchange.encoded(initial);
                }
                let mut attempt = Attempt::begin(exchange.mechanism, cx);
                attempt.take(&exchange);
                self.attempt = Some(attempt);
                Waiting::Sasl(exchange)
            }
            () if is(b"STARTTLS") => Waiting::Tls,
            () => {
                self.literal = literal(line).filter(|length| *length > 0);
                return;
            }
        };
        self.waiting = waiting;
        self.tag = tag.to_vec();
    }

    /// Arguments of LOGIN: atoms, quoted strings, and perhaps a literal at the end of the line.
    fn arguments(&mut self, line: &[u8]) {
        let mut rest = line.trim_ascii();
        while !rest.is_empty() {
            if let Some(length) = literal(rest).filter(|_| rest.starts_with(b"{")) {
                match length {
                    0 => self.argument(b""),
                    _ => self.literal = Some(length),
                }
                return;
            }
            let (value, after) = string(rest);
            self.argument(&value);
            rest = after.trim_ascii_start();
        }
    }

    /// The user's name first, then the password.
    fn argument(&mut self, value: &[u8]) {
        let Some(attempt) = &mut self.attempt else { return };
        match self.user {
            None => {
                self.user = Some(credentials::user(value));
                attempt.user_seen = !value.is_empty();
            }
            Some(user) => {
                attempt.password_seen |= !value.is_empty();
                attempt.default |= user.has(value);
            }
        }
    }

    /// A line of a response that holds data. `None`: no literal stands in it.
    fn response(&mut self, line: &[u8], took: usize, goes_on: bool) -> Option<Step> {
        let Some(length) = literal(line) else {
            return goes_on.then_some(Step::Took(took));
        };
        self.goes_on = true;
        let [_, message] = &mut self.messages;
        if let Some(what) = fetched(line) {
            (message.left, message.what) = (length as u64, what);
            return Some(Step::Took(took));
        }
        Some(Step::Skip(length.saturating_add(took) as u64))
    }

    fn reply(&mut self, line: &[u8], took: usize, cx: &mut Context<'_>) -> Step {
        let goes_on = std::mem::take(&mut self.goes_on);
        if goes_on || line.starts_with(b"* ") && !is_status(line) {
            if let Some(step) = self.response(line, took, goes_on) {
                return step;
            }
        }
        let offered = |line: &[u8]| line.windows(8).any(|part| part.eq_ignore_ascii_case(b"STARTTLS"));
        if !std::mem::replace(&mut self.greeted, true) && line.starts_with(b"* OK") {
            let text = line.get(4..).unwrap_or_default().trim_ascii();
            // A response code in brackets is for the client (RFC 9051 section 7.1).
            let after = text.iter().position(|b| *b == b']').filter(|_| text.starts_with(b"["));
            let text = after.and_then(|end| text.get(end.saturating_add(1)..)).unwrap_or(text);
            self.about.server = product::greeting(text);
        }
        if line.starts_with(b"*") || line.starts_with(b"+") {
            if line.windows(10).any(|part| part.eq_ignore_ascii_case(b"CAPABILITY")) {
                *self.about.starttls_offered.get_or_insert(false) |= offered(line);
            }
            return Step::Took(took);
        }
        let (tag, result) = split(line);
        if tag != self.tag {
            return Step::Took(took);
        }
        let good = split(result).0.eq_ignore_ascii_case(b"OK");
        match std::mem::take(&mut self.waiting) {
            Waiting::Tls if good => return Step::Turn(took),
            Waiting::Compression if good => self.done = true,
            Waiting::Login | Waiting::Sasl(_) => {
                if let Some(attempt) = self.attempt.take() {
                    self.about.emit("imap", &attempt, Some(good), cx);
                }
                self.logged_in |= good;
            }
            Waiting::Append if !good => {
                let [message, _] = &mut self.messages;
                message.refused();
            }
            Waiting::Nothing | Waiting::Tls | Waiting::Compression | Waiting::Append => {}
        }
        Step::Took(took)
    }
}

/// Whether a line of the server is a status, of which the text is for people. RFC 9051 section 7.1.
fn is_status(line: &[u8]) -> bool {
    let status = split(line.get(2..).unwrap_or_default()).0;
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|known| status.eq_ignore_ascii_case(known))
}

/// What of a message the literal holds that a response goes on with, if files may be in it. RFC 9051 section 7.5.2, RFC 3501 section 7.4.2.
fn fetched(line: &[u8]) -> Option<Fetched> {
    let begin = line.iter().rposition(|b| *b == b'{').unwrap_or_default();
    let item = line.get(..begin).unwrap_or_default().trim_ascii_end();
    let item = item.rsplit(|b| matches!(b, b' ' | b'(')).next().unwrap_or_default();
    // Of what is fetched in pieces the first tells what it is.
    let (item, cut) = match item.strip_suffix(b"<0>") {
        Some(item) => (item, true),
        None => (item, false),
    };
    if item.eq_ignore_ascii_case(b"RFC822") {
        return Some(Fetched { part: false, cut });
    }
    let open = item.iter().position(|b| *b == b'[')?;
    let (name, section) = item.split_at_checked(open)?;
    let section = section.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let part = !section.is_empty();
    // Sections that are named are heads and text.
    let numbered = section.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let known = name.eq_ignore_ascii_case(b"BODY") || part && name.eq_ignore_ascii_case(b"BINARY");
    (known && numbered).then_some(Fetched { part, cut })
}

/// The length of the literal that a line ends with. RFC 9051 section 4.3, RFC 7888.
fn literal(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let begin = inner.iter().rposition(|b| *b == b'{')?.saturating_add(1);
    let digits = inner.get(begin..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The first string, and what follows it. RFC 9051 section 9: quoted.
fn string(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let (atom, rest) = split(text);
        return (atom.to_vec(), rest);
    };
    let (mut value, mut escaped) = (Vec::new(), false);
    for (n, byte) in quoted.iter().enumerate() {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => return (value, quoted.get(n.saturating_add(1)..).unwrap_or_default()),
            byte => {
                value.push(*byte);
                escaped = false;
            }
        }
    }
    (value, &[])
}
