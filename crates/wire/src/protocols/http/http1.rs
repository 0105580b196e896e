//! HTTP/1: heads, bodies, and which response answers which request (RFC 9112 9.2, 9.3.2).

use std::collections::VecDeque;

use super::exchange::Exchange;
use super::framing::{Framed, Progress};
use super::head::{end, first_line, parse, parse_cut, Head, Start};
use super::logon;
use crate::context::Context;
use crate::limits;
use crate::protocols::ntlm::Logon;
use crate::protocols::{Dir, Probe, Session, Step};

#[derive(Default)]
pub struct Http1 {
    sides: [Side; 2],
    /// Requests without a response yet, oldest first.
    waiting: VecDeque<Exchange>,
    /// The exchange whose response passes.
    answering: Option<Exchange>,
    pub requests: i64,
    left: Option<Left>,
    /// An authentication that waits for the client's answer.
    logon: Option<Box<Logon>>,
    /// The request that asked for HTTP/2 and was granted it: its response comes as stream 1. RFC 7540 3.2.
    pub upgraded: Option<Exchange>,
}

/// Why nothing more of the connection is HTTP.
#[derive(Clone, Copy)]
enum Left {
    /// After CONNECT or 101 it speaks something else. RFC 9110 sections 9.3.6 and 15.2.2.
    Tunnel,
    /// A head without end.
    Astray,
}

#[derive(Default)]
struct Side {
    body: Option<Framed>,
    /// Whether requests or responses came this way, and which request the body belongs to.
    asks: bool,
    answers: bool,
    number: Option<i64>,
    /// Its sender closed it.
    closed: bool,
    /// A head is looked for, after a loss.
    lost: bool,
    searched: usize,
    /// Bytes searched for the end of a line that begins no head.
    stray: usize,
    since: Option<i64>,
}

/// How far one look came.
enum Look {
    Used(usize),
    Wait(Step),
}

impl Session for Http1 {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let mut used = 0usize;
        while let Some(rest) = bytes.get(used..).filter(|r| !r.is_empty() && self.left.is_none()) {
            let at = cx.offset.saturating_add(used as u64);
            match self.look(dir, rest, at, cx) {
                Look::Used(n) => {
                    used = used.saturating_add(n);
                    let side = self.side(dir);
                    (side.searched, side.stray, side.since) = (0, 0, None);
                }
                Look::Wait(step) if used == 0 => {
                    let ts = cx.ts;
                    self.side(dir).since.get_or_insert(ts);
                    return step;
                }
                Look::Wait(_) => {
                    let side = self.side(dir);
                    (side.searched, side.stray) = (0, 0);
                    break;
                }
            }
        }
        match self.left {
            Some(Left::Tunnel) => Step::Turn(used),
            Some(Left::Astray) => Step::Done,
            None => Step::Took(used),
        }
    }

    /// Of a head that was cut all whole lines are read.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let side = self.side(dir);
        let expected = match first_line(bytes) {
            Probe::Certain | Probe::Likely => true,
            Probe::Unsure => !side.lost,
            Probe::Never => false,
        };
        let head = parse_cut(bytes);
        if expected && side.body.is_none() && !matches!(head.start, Start::Neither) && self.left.is_none() {
            self.take(dir, &head, bytes.len(), cx.offset, cx);
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        self.side(dir).closed = true;
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        let other = self.side(dir.other()).asks;
        let offset = cx.offset;
        let side = self.side(dir);
        let (asks, number) = (side.asks, side.number);
        let answers = side.answers || !asks && other;
        let survives = side.body.as_mut().map(|body| body.survives(offset));
        if survives.is_some() {
            if let Some(exchange) = if answers { self.answering.as_mut() } else { self.of(number) } {
                exchange.partial = true;
            }
        }
        if survives == Some(true) {
            return;
        }
        let body = self.side(dir).body.take();
        *self.side(dir) = Side {
            asks,
            answers,
            lost: true,
            ..Side::default()
        };
        self.body_ended(body, answers, number, cx);
        if answers {
            self.give_up(cx);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(mut exchange) = self.upgraded.take() {
            exchange.partial = true;
            exchange.emit(cx);
        }
        for dir in [Dir::Orig, Dir::Resp] {
            let Side {
                mut body,
                answers,
                number,
                closed,
                ..
            } = std::mem::take(self.side(dir));
            let partial = body.as_ref().is_some_and(|b| !(b.ends_with_connection() && closed));
            if partial {
                if let Some(body) = &mut body {
                    body.body.cut = true;
                }
                if let Some(exchange) = if answers { self.answering.as_mut() } else { self.of(number) } {
                    exchange.partial = true;
                }
            }
            self.body_ended(body, answers, number, cx);
        }
        if let Some(logon) = self.logon.take() {
            logon.tell(None, cx);
        }
        self.give_up(cx);
    }

    fn held(&self) -> usize {
        let bodies = self.sides.iter().filter_map(|side| side.body.as_ref());
        bodies.map(|framed| framed.body.held()).fold(0, usize::saturating_add)
    }
}

impl Http1 {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    /// The exchange of this number, if it is still open.
    fn of(&mut self, number: Option<i64>) -> Option<&mut Exchange> {
        number.and_then(|n| self.waiting.iter_mut().chain(&mut self.answering).find(|e| e.number == Some(n)))
    }

    fn look(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Look {
        if self.side(dir).body.is_some() {
            return self.body(dir, rest, at, cx);
        }
        if matches!(rest.first(), Some(b'\r' | b'\n')) {
            return Look::Used(1);
        }
        // What begins no head is looked at again when its line is there, not with every byte.
        if self.side(dir).stray > 0 && self.end_of_line(dir, rest).is_none() {
            return self.wait_for_line(dir, rest);
        }
        // A start line shows itself early; a long one is not looked at again with every byte.
        let early = self.side(dir).searched < 64;
        match if early { first_line(rest) } else { Probe::Unsure } {
            Probe::Never => return self.astray(dir, rest, at, cx),
            Probe::Certain => self.side(dir).lost = false,
            Probe::Unsure | Probe::Likely => {}
        }
        let side = self.side(dir);
        match end(rest, side.searched) {
            Some(n) if n <= limits::HTTP_HEAD => {
                self.take(dir, &parse(rest.get(..n).unwrap_or_default()), n, at, cx);
                Look::Used(n)
            }
            None if rest.len() < limits::HTTP_HEAD => {
                side.searched = rest.len();
                Look::Wait(Step::Need(rest.len().saturating_add(1)))
            }
            _ => {
                self.malformed(dir, "head too long", at, cx);
                self.left = Some(Left::Astray);
                Look::Used(rest.len())
            }
        }
    }

    /// No head where one should be: looks line by line for the next.
    fn astray(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Look {
        self.no_head(dir, at, cx);
        match self.end_of_line(dir, rest) {
            Some(n) => Look::Used(n),
            None => self.wait_for_line(dir, rest),
        }
    }

    /// Bytes up to the end of a line that begins no head, or as many as a line may have.
    fn end_of_line(&mut self, dir: Dir, rest: &[u8]) -> Option<usize> {
        let line = rest.get(..limits::HTTP_LINE).unwrap_or(rest);
        let new = line.iter().skip(self.side(dir).stray);
        let end = new.take_while(|b| **b != b'\n').count().saturating_add(self.side(dir).stray);
        match end {
            end if end < line.len() => end.checked_add(1),
            end => (end == limits::HTTP_LINE).then_some(end),
        }
    }

    fn wait_for_line(&mut self, dir: Dir, rest: &[u8]) -> Look {
        self.side(dir).stray = rest.len();
        Look::Wait(Step::Need(rest.len().saturating_add(1)))
    }

    /// Says once that a head is missing, unless the connection was picked up here.
    fn no_head(&mut self, dir: Dir, at: u64, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let known = side.answers || side.asks;
        if !std::mem::replace(&mut side.lost, true) && known {
            self.malformed(dir, "start line", at, cx);
        }
    }

    fn malformed(&mut self, dir: Dir, reason: &'static str, at: u64, cx: &mut Context<'_>) {
        let answered = if self.side(dir).asks { None } else { self.waiting.pop_front() };
        let started = self.side(dir).since.unwrap_or(cx.ts);
        let mut exchange = answered.unwrap_or_else(|| Exchange::begun(None, started, dir, at));
        exchange.malformed = Some(reason);
        exchange.partial = true;
        exchange.emit(cx);
    }

    /// A head of `length` bytes at `at`.
    fn take(&mut self, dir: Dir, head: &Head<'_>, length: usize, at: u64, cx: &mut Context<'_>) {
        let after = at.saturating_add(length as u64);
        match head.start {
            Start::Request { method, target } => self.request(dir, method, target, head, (at, after), cx),
            Start::Response { status, reason } => self.response(dir, (status, reason), head, (at, after), cx),
            Start::Neither => self.no_head(dir, at, cx),
        }
    }

    fn request(
        &mut self,
        dir: Dir,
        method: Option<&'static str>,
        target: Option<&[u8]>,
        head: &Head<'_>,
        span: (u64, u64),
        cx: &mut Context<'_>,
    ) {
        self.requests = self.requests.saturating_add(1);
        let number = Some(self.requests);
        let started = self.side(dir).since.unwrap_or(cx.ts);
        let mut exchange = Exchange::begun(number, started, dir, span.0);
        exchange.request(method, target, head, &cx.out.keys);
        exchange.logon = logon::asked(&mut self.logon, head, (started, dir, span.0));
        let body = match head.content_length {
            // Where it begins is not known.
            _ if head.cut => None,
            _ if head.chunked => Some(Framed::chunked(exchange.scan(head, false, (dir, span.1), cx))),
            Some(length) if length > 0 => Some(Framed::of_length(length, span.1, exchange.scan(head, false, (dir, span.1), cx))),
            _ => None,
        };
        let side = self.side(dir);
        (side.body, side.number, side.asks, side.answers) = (body, number, true, false);
        self.waiting.push_back(exchange);
        if self.waiting.len() > limits::HTTP_OUTSTANDING {
            if let Some(mut oldest) = self.waiting.pop_front() {
                oldest.partial = true;
                oldest.emit(cx);
            }
        }
    }

    fn response(&mut self, dir: Dir, (status, reason): (u16, &[u8]), head: &Head<'_>, span: (u64, u64), cx: &mut Context<'_>) {
        let started = self.side(dir).since.unwrap_or(cx.ts);
        let side = self.side(dir);
        (side.asks, side.answers) = (false, true);
        if status < 200 && status != 101 {
            return;
        }
        let mut exchange = self.waiting.pop_front().unwrap_or_else(|| {
            let mut unasked = Exchange::begun(None, started, dir, span.0);
            unasked.partial = true;
            unasked
        });
        if status == 101 && head.upgrade.is_some_and(|to| to.eq_ignore_ascii_case(b"h2c")) {
            self.left = Some(Left::Tunnel);
            self.upgraded = Some(exchange);
            return;
        }
        exchange.response(Some(status), reason, head, (started, span.0));
        if let Some(logon) = exchange.logon.take() {
            self.logon = logon::answered(logon, status, head, (started, dir, span.0), cx);
        }
        let turns = status == 101 || exchange.method == Some("CONNECT") && (200..300).contains(&status);
        self.left = turns.then_some(Left::Tunnel);
        let bodyless =
            turns || exchange.method == Some("HEAD") || matches!(status, 204 | 304) || head.content_length == Some(0) && !head.chunked;
        if bodyless || head.cut {
            return exchange.emit(cx);
        }
        let scan = exchange.scan(head, true, (dir, span.1), cx);
        self.side(dir).body = Some(match head.content_length {
            _ if head.chunked => Framed::chunked(scan),
            Some(length) => Framed::of_length(length, span.1, scan),
            None => Framed::until_close(scan),
        });
        self.answering = Some(exchange);
    }

    fn body(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Look {
        let side = self.side(dir);
        let (answers, number) = (side.answers, side.number);
        let Some(body) = &mut side.body else { return Look::Used(0) };
        match body.step(rest, at, cx) {
            Progress::More(Step::Took(n)) => Look::Used(n),
            Progress::More(step) => Look::Wait(step),
            Progress::Ended(n) => {
                let body = side.body.take();
                self.body_ended(body, answers, number, cx);
                Look::Used(n)
            }
            Progress::Broken => {
                body.body.cut = true;
                let body = side.body.take();
                side.lost = true;
                if let Some(exchange) = if answers { self.answering.as_mut() } else { self.of(number) } {
                    (exchange.malformed, exchange.partial) = (Some("chunk size"), true);
                }
                self.body_ended(body, answers, number, cx);
                Look::Used(1)
            }
        }
    }

    /// The end of a response ends its exchange; the end of a request's body is only noted.
    fn body_ended(&mut self, body: Option<Framed>, answers: bool, number: Option<i64>, cx: &mut Context<'_>) {
        if answers {
            if let Some(mut exchange) = self.answering.take() {
                if let Some(body) = body {
                    exchange.body(body.body, true, cx);
                }
                exchange.emit(cx);
            }
        } else if let Some(body) = body {
            match self.of(number) {
                Some(exchange) => exchange.body(body.body, false, cx),
                // It was answered before all of it was sent.
                None => body.body.leave(cx),
            }
        }
    }

    /// Requests whose response will not be known.
    fn give_up(&mut self, cx: &mut Context<'_>) {
        for mut exchange in std::mem::take(&mut self.waiting) {
            exchange.partial = true;
            exchange.emit(cx);
        }
    }
}
