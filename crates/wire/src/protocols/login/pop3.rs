//! POP3 until somebody is logged in. RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH).

use super::{About, Attempt};
use crate::context::Context;
use crate::credentials::{self, User};
use crate::product;
use crate::protocols::lines::{split, Asked, Lines};
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
    Other,
}

#[derive(Default)]
pub struct Pop3 {
    about: About,
    lines: [Lines; 2],
    greeted: bool,
    asked: Asked<Command>,
    user: Option<User>,
    attempt: Option<Attempt>,
    /// Somebody is logged in.
    done: bool,
}

impl Session for Pop3 {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(lines) = self.lines.get_mut(dir as usize).filter(|_| !self.done) else {
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

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.about.lost = true;
        self.asked.lose();
        if let Some(lines) = self.lines.get_mut(dir as usize) {
            lines.lose();
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(attempt) = self.attempt.take() {
            self.about.emit("pop3", &attempt, None, cx);
        }
    }

    fn held(&self) -> usize {
        self.asked.held()
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
        // A list of capabilities is between an answer and a dot; mail would be too, but is never reached.
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
            Some(Command::User | Command::Login | Command::Sasl(_)) => {
                if let Some(attempt) = self.attempt.take() {
                    self.about.emit("pop3", &attempt, Some(good), cx);
                }
                if good {
                    self.done = true;
                    return Step::Done;
                }
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
