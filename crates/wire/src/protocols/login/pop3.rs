//! POP3: logins, and of the messages that are fetched behind them the files. RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH).

use super::{About, Attempt};
use crate::context::Context;
use crate::credentials::{self, User};
use crate::product;
use crate::protocols::files::message::Message;
use crate::protocols::lines::{split, Asked, Dotted, Lines};
use crate::protocols::sasl::Exchange;
use crate::protocols::{Dir, Session, Step};

/// What the client asks and an answer settles.
enum Command {
    /// Its user's name stands for the login that the password will complete.
    User,
    Login,
    /// The server asks for the next response.
    Sasl(Exchange),
    Tls,
    /// A message is fetched.
    Retrieve,
    /// The answer has more lines, up to one of a dot.
    Lines,
    Other,
}

/// What files of messages come from.
const SOURCE: &str = "POP3";

#[derive(Default)]
pub struct Pop3 {
    about: About,
    lines: [Lines; 2],
    greeted: bool,
    asked: Asked<Command>,
    user: Option<User>,
    attempt: Option<Attempt>,
    logged_in: bool,
    /// Lines that the server says up to one of a dot, and whether they are a message.
    body: Option<(Dotted, bool)>,
    message: Message,
}

impl Session for Pop3 {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if let (Dir::Resp, Some((body, is_message))) = (dir, &mut self.body) {
            let (step, ended) = body.read(bytes, |part| {
                if *is_message {
                    self.message.show(SOURCE, dir, part, cx);
                }
            });
            if ended {
                self.body = None;
                self.message.ended(true, cx);
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
        match dir {
            Dir::Orig => {
                self.command(line, cx);
                Step::Took(took)
            }
            Dir::Resp => self.reply(line, took, cx),
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.about.lost = true;
        self.asked.lose();
        match (&mut self.body, self.lines.get_mut(dir as usize)) {
            (Some((body, _)), _) if dir == Dir::Resp => {
                body.lose();
                self.message.lose(cx);
            }
            (_, Some(lines)) => lines.lose(),
            _ => {}
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.message.ended(false, cx);
        if let Some(attempt) = self.attempt.take() {
            self.about.emit("pop3", &attempt, None, cx);
        }
    }

    fn held(&self) -> usize {
        self.asked.held().saturating_add(self.message.held())
    }
}

impl Pop3 {
    fn command(&mut self, line: &[u8], cx: &mut Context<'_>) {
        if let (Some(Command::Sasl(exchange)), Some(attempt)) = (self.asked.last(), &mut self.attempt) {
            exchange.encoded(line);
            attempt.take(exchange);
            return;
        }
        let (verb, argument) = split(line);
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        let asked = match () {
            () if is(b"RETR") => Command::Retrieve,
            () if is(b"TOP") || (is(b"LIST") || is(b"UIDL")) && argument.is_empty() => Command::Lines,
            () if self.logged_in && is(b"CAPA") => Command::Lines,
            () if self.logged_in => Command::Other,
            () if is(b"USER") => {
                self.user = Some(credentials::user(argument));
                self.attempt = Some(Attempt {
                    user_seen: !argument.is_empty(),
                    ..Attempt::begin("user", cx)
                });
                Command::User
            }
            () if is(b"PASS") => {
                let attempt = self.attempt.get_or_insert_with(|| Attempt::begin("user", cx));
                attempt.password_seen = !argument.is_empty();
                attempt.default = self.user.take().is_some_and(|user| user.has(argument));
                Command::Login
            }
            () if is(b"APOP") => {
                self.attempt = Some(Attempt {
                    user_seen: !argument.is_empty(),
                    ..Attempt::begin("apop", cx)
                });
                Command::Login
            }
            () if is(b"AUTH") && !argument.is_empty() => self.auth(argument, cx),
            () if is(b"STLS") => Command::Tls,
            () => Command::Other,
        };
        self.asked.push(asked);
    }

    fn auth(&mut self, argument: &[u8], cx: &Context<'_>) -> Command {
        let (name, initial) = split(argument);
        let mut exchange = Exchange::begin(name);
        if !initial.is_empty() {
            exchange.encoded(initial);
        }
        let mut attempt = Attempt::begin(exchange.mechanism, cx);
        attempt.take(&exchange);
        self.attempt = Some(attempt);
        Command::Sasl(exchange)
    }

    fn reply(&mut self, line: &[u8], took: usize, cx: &mut Context<'_>) -> Step {
        let good = line.starts_with(b"+OK");
        // A list of capabilities is between an answer and a dot.
        if !good && !line.starts_with(b"-ERR") {
            if line.starts_with(b"+ ") || line == b"+" {
                return Step::Took(took);
            }
            let listed = self.about.starttls_offered.get_or_insert(false);
            *listed |= line.eq_ignore_ascii_case(b"STLS");
            return Step::Took(took);
        }
        if !std::mem::replace(&mut self.greeted, true) {
            self.about.server = line.get(3..).and_then(product::greeting);
            return Step::Took(took);
        }
        match self.asked.settled() {
            Some(Command::Tls) if good => return Step::Turn(took),
            Some(Command::User) if good => {}
            Some(Command::Retrieve) if good => self.body = Some((Dotted::default(), true)),
            Some(Command::Lines) if good => self.body = Some((Dotted::default(), false)),
            Some(Command::User | Command::Login | Command::Sasl(_)) => {
                if let Some(attempt) = self.attempt.take() {
                    self.about.emit("pop3", &attempt, Some(good), cx);
                }
                self.logged_in |= good;
            }
            _ => {}
        }
        Step::Took(took)
    }
}

impl Attempt {
    /// What the exchange has shown so far.
    pub fn take(&mut self, exchange: &Exchange) {
        self.user_seen |= exchange.user_seen;
        self.password_seen |= exchange.password_seen;
        self.default |= exchange.default;
    }
}
