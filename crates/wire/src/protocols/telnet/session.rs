//! A terminal: its server asks, somebody types.

use super::options::{Agreed, Reader, Said};
use super::prompt::{Line, Prompt, Typed};
use super::Telnet;
use crate::context::Context;
use crate::credentials::{self, User};
use crate::limits;
use crate::protocols::{Dir, Session, Step};

/// A name or a password was typed.
#[derive(Clone, Copy, Default)]
struct Attempt {
    begun: (i64, u64),
    user: User,
    user_seen: bool,
    password_seen: bool,
    default: bool,
    /// The server has yet to say what came of it.
    judging: bool,
}

#[derive(Default)]
pub struct Terminal {
    readers: [Reader; 2],
    agreed: Agreed,
    line: Line,
    typed: Typed,
    /// Where the line that is typed began.
    typing: Option<(i64, u64)>,
    begun: Option<(i64, Dir, u64)>,
    asked: bool,
    attempt: Option<Attempt>,
    rows: usize,
    seen: usize,
    done: bool,
    lost: bool,
    closed: [bool; 2],
}

impl Session for Terminal {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.begun.get_or_insert((cx.ts, dir, cx.offset));
        for (n, byte) in bytes.iter().enumerate() {
            if self.done {
                return Step::Done;
            }
            self.seen = self.seen.saturating_add(1);
            self.done = self.seen > limits::TELNET_BYTES;
            let Some(reader) = self.readers.get_mut(dir as usize) else {
                return Step::Done;
            };
            match (reader.read(*byte), dir) {
                (Said::Option(command, option), dir) => self.agreed.add(dir, command, option),
                (Said::Text(byte), Dir::Resp) => self.line.push(byte),
                (Said::Text(byte), Dir::Orig) => self.typed(byte, cx.offset.saturating_add(n as u64), cx),
                (Said::Nothing, _) => {}
            }
        }
        Step::Took(bytes.len())
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.lost = true;
        self.typed.forget();
        if let Some(reader) = self.readers.get_mut(dir as usize) {
            *reader = Reader::default();
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.look();
        let open = self.lost || self.closed != [true; 2];
        if let Some(attempt) = self.attempt.take() {
            let success = self.verdict().filter(|_| attempt.judging);
            self.tell(&attempt, success, open, cx);
        }
        if let (0, Some((ts, dir, at))) = (self.rows, self.begun) {
            let row = Telnet {
                options: self.agreed.names(),
                login_prompt: Some(self.asked),
                user_seen: Some(false),
                password_seen: Some(false),
                partial: Some(open),
                ..Telnet::default()
            };
            cx.emit(ts, dir, at, &row);
        }
    }
}

impl Terminal {
    /// What a server waits for shows where somebody types, or where all ends: in what it says meanwhile (`Last login: ...`) it may stand too.
    fn look(&mut self) {
        self.asked |= self.line.prompt() == Some(Prompt::User);
    }

    /// What came of a login, as the server's last line shows: one that asks again has refused.
    fn verdict(&mut self) -> Option<bool> {
        match (self.line.prompt(), self.line.refused()) {
            (Some(Prompt::Command), _) => Some(true),
            (Some(Prompt::User | Prompt::Password), _) | (None, true) => Some(false),
            (None, false) => None,
        }
    }

    fn typed(&mut self, byte: u8, at: u64, cx: &mut Context<'_>) {
        if self.typing.is_none() {
            // What stands behind the end of a line. RFC 854, carriage return.
            if matches!(byte, 0 | b'\n') {
                return;
            }
            self.typing = Some((cx.ts, at));
            self.look();
            if let Some(attempt) = self.attempt.take_if(|attempt| attempt.judging) {
                let success = self.verdict();
                self.tell(&attempt, success, false, cx);
                self.done = success == Some(true);
                if self.done {
                    return;
                }
            }
        }
        let Some(begun) = self.typing.filter(|_| self.typed.push(byte)) else {
            return;
        };
        self.typing = None;
        match self.line.prompt() {
            Some(Prompt::User) if !self.typed.line().is_empty() => {
                self.attempt = Some(Attempt {
                    begun,
                    user: credentials::user(self.typed.line()),
                    user_seen: true,
                    ..Attempt::default()
                });
            }
            Some(Prompt::Password) => {
                let attempt = self.attempt.get_or_insert(Attempt {
                    begun,
                    ..Attempt::default()
                });
                attempt.password_seen = !self.typed.line().is_empty();
                attempt.default = attempt.user.has(self.typed.line());
                attempt.judging = true;
                self.line = Line::default();
            }
            _ => {}
        }
        self.typed.forget();
    }

    fn tell(&mut self, attempt: &Attempt, success: Option<bool>, open: bool, cx: &mut Context<'_>) {
        self.rows = self.rows.saturating_add(1);
        if self.rows > limits::LOGIN_ROWS {
            return;
        }
        let row = Telnet {
            options: self.agreed.names(),
            login_prompt: Some(self.asked),
            user_seen: Some(attempt.user_seen),
            password_seen: Some(attempt.password_seen),
            success,
            marks: credentials::marks(attempt.default),
            partial: Some(self.lost || open || success.is_none()),
            ..Telnet::default()
        };
        let (ts, at) = attempt.begun;
        cx.emit(ts, Dir::Orig, at, &row);
    }
}
