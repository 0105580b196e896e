//! A connection to a directory: questions paired with their answers by the number of the message.

use super::message::{self, Bind};
use super::Ldap;
use crate::context::Context;
use crate::credentials;
use crate::exploits::{self, Signs};
use crate::limits;
use crate::protocols::banner::ber;
use crate::protocols::{Dir, Probe, Session, Step};

/// A question that waits for its answer.
struct Question {
    id: i64,
    /// When (ns) and where it began.
    begun: (i64, u64),
    /// None: StartTLS.
    bind: Option<Asked>,
}

/// A bind, as far as it is kept.
struct Asked {
    version: i64,
    auth: &'static str,
    mechanism: Option<&'static str>,
    object: Option<String>,
    password_seen: bool,
    default: bool,
    signs: Signs,
}

#[derive(Default)]
pub struct Directory {
    waiting: Vec<Question>,
    /// Of the first search: when (ns) and where.
    searched: Option<(i64, u64)>,
    searches: i64,
    /// A bind by SASL succeeded: a security layer may follow.
    bound: bool,
    sealed: bool,
    malformed: Option<&'static str>,
    /// What comes may begin anywhere.
    astray: [bool; 2],
    lost: bool,
    closed: [bool; 2],
    rows: usize,
}

impl Session for Directory {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.sealed || self.malformed.is_some() {
            return Step::Done;
        }
        if self.is_astray(dir, bytes) {
            return Step::Took(bytes.len());
        }
        let length = match message::length(bytes) {
            Ok(length) => length,
            Err(0) => return self.foreign(cx),
            Err(more) => return Step::Need(more),
        };
        /// The number of a message and the tag of its operation stand within so many bytes.
        const HEAD: usize = 16;
        let enough = length.min(HEAD);
        if bytes.len() < enough {
            return Step::Need(enough);
        }
        let Some(head) = message::head(bytes) else {
            return self.foreign(cx);
        };
        let wanted = match dir {
            Dir::Orig => matches!(head.operation, message::BIND | message::EXTENDED),
            Dir::Resp => matches!(head.operation, message::BOUND | message::EXTENDED_RESULT),
        };
        if dir == Dir::Orig && head.operation == message::SEARCH {
            self.searches = self.searches.saturating_add(1);
            self.searched.get_or_insert((cx.ts, cx.offset));
        }
        if !wanted || length > limits::LDAP_MESSAGE {
            return Step::Skip(length as u64);
        }
        let Some(whole) = bytes.get(..length) else {
            return Step::Need(length);
        };
        let inside = message::operation(whole).unwrap_or_default();
        match dir {
            Dir::Orig => self.asked(head.id, head.operation, inside, cx),
            Dir::Resp if self.answered(head.id, inside, cx) => {
                self.finish(false, cx);
                return Step::Turn(length);
            }
            Dir::Resp => {}
        }
        Step::Took(length)
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.lost = true;
        if let Some(astray) = self.astray.get_mut(dir as usize) {
            *astray = true;
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.finish(self.closed != [true; 2], cx);
    }
}

impl Directory {
    /// Behind a gap a message is looked for where a segment begins.
    fn is_astray(&mut self, dir: Dir, bytes: &[u8]) -> bool {
        let Some(astray) = self.astray.get_mut(dir as usize) else {
            return false;
        };
        *astray &= ber::ldap(dir, bytes) != Probe::Certain;
        *astray
    }

    /// What is no message: a security layer, where there may be one.
    fn foreign(&mut self, cx: &Context<'_>) -> Step {
        if self.bound {
            self.sealed = true;
            self.searched.get_or_insert((cx.ts, cx.offset));
        } else {
            self.malformed = Some("message");
        }
        Step::Done
    }

    fn asked(&mut self, id: i64, operation: u8, inside: &[u8], cx: &mut Context<'_>) {
        let bind = match operation {
            message::BIND => match message::bind(inside) {
                Some(bind) => Some(Asked::new(&bind, cx)),
                None => {
                    self.malformed = Some("bind");
                    return;
                }
            },
            _ if message::asks_tls(inside) => None,
            _ => return,
        };
        if self.waiting.len() >= limits::LDAP_WAITING {
            let oldest = self.waiting.remove(0);
            self.give(&oldest, None, cx);
        }
        let begun = (cx.ts, cx.offset);
        self.waiting.push(Question { id, begun, bind });
    }

    /// Whether the connection turns to TLS behind this answer.
    fn answered(&mut self, id: i64, inside: &[u8], cx: &mut Context<'_>) -> bool {
        let Some(at) = self.waiting.iter().position(|question| question.id == id) else {
            return false;
        };
        let question = self.waiting.remove(at);
        let result = message::result(inside);
        self.give(&question, result, cx);
        let good = result == Some(0);
        match &question.bind {
            Some(bind) => self.bound |= good && matches!(bind.auth, "sasl" | "sicily"),
            None => return good,
        }
        false
    }

    fn give(&mut self, question: &Question, result: Option<i64>, cx: &mut Context<'_>) {
        self.rows = self.rows.saturating_add(1);
        if self.rows > limits::LDAP_ROWS {
            return;
        }
        let bind = question.bind.as_ref();
        let row = Ldap {
            message_id: Some(question.id),
            opcode: Some(if bind.is_some() { "bind" } else { "starttls" }),
            version: bind.map(|bind| bind.version),
            auth: bind.map(|bind| bind.auth),
            mechanism: bind.and_then(|bind| bind.mechanism),
            object: bind.and_then(|bind| bind.object.as_deref()),
            password_seen: bind.map(|bind| bind.password_seen),
            result_code: result,
            result: result.and_then(message::result_name),
            marks: credentials::marks(bind.is_some_and(|bind| bind.default))
                .into_iter()
                .chain(bind.map(|bind| bind.signs).unwrap_or_default().marks())
                .collect(),
            partial: Some(result.is_none()),
            ..Ldap::default()
        };
        let (ts, at) = question.begun;
        cx.emit(ts, Dir::Orig, at, &row);
    }

    /// Rows of what is still open, and of the searches.
    fn finish(&mut self, open: bool, cx: &mut Context<'_>) {
        for question in std::mem::take(&mut self.waiting) {
            self.give(&question, None, cx);
        }
        let begun = self.searched.take().or(self.malformed.map(|_| (cx.ts, u64::MAX)));
        let Some((ts, at)) = begun else { return };
        let row = Ldap {
            opcode: Some("search"),
            searches: Some(self.searches),
            sealed: Some(self.sealed),
            partial: Some(self.lost || open),
            malformed: self.malformed,
            ..Ldap::default()
        };
        cx.emit(ts, Dir::Orig, at, &row);
    }
}

impl Asked {
    fn new(bind: &Bind<'_>, cx: &Context<'_>) -> Asked {
        Asked {
            version: bind.version,
            auth: bind.auth,
            mechanism: bind.mechanism,
            object: cx.pseudonym(bind.name),
            password_seen: bind.password_seen,
            default: bind.default,
            signs: exploits::of_text(bind.name),
        }
    }
}
