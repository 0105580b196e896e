//! One stream: a request and its response. RFC 9113 8.1.

use crate::context::Context;
use crate::protocols::http::body::Body;
use crate::protocols::http::exchange::Exchange;
use crate::protocols::http::head::{Head, Start};
use crate::protocols::Dir;

/// Where and when a head began.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub dir: Dir,
    pub at: u64,
    pub started: i64,
}

/// What one side sends.
#[derive(Debug, Default)]
struct Part {
    head: bool,
    body: Option<Body>,
    /// Bytes of the body as the head has them.
    announced: Option<u64>,
    /// Its end was seen.
    ended: bool,
    /// Bytes were lost, perhaps its end.
    lost: bool,
}

#[derive(Debug)]
pub struct Stream {
    exchange: Exchange,
    request: Part,
    response: Part,
    /// How many streams the connection had before it. Its number does not tell it apart: who breaks the rules uses one twice.
    nth: u64,
}

impl Stream {
    pub fn new(nth: u64, number: Option<i64>, seen: Seen) -> Stream {
        let mut exchange = Exchange::begun(number, seen.started, seen.dir, seen.at);
        exchange.partial = number.is_none();
        Stream::of(nth, exchange)
    }

    /// The stream that answers a request of HTTP/1.1. RFC 7540 3.2.
    pub fn upgraded(exchange: Exchange) -> Stream {
        let mut stream = Stream::of(0, exchange);
        (stream.request.head, stream.request.ended) = (true, true);
        stream
    }

    fn of(nth: u64, exchange: Exchange) -> Stream {
        Stream {
            exchange,
            request: Part::default(),
            response: Part::default(),
            nth,
        }
    }

    /// A position that no other body of the connection has: those of streams pass among each other, so there are 8 GiB of positions for each.
    fn place(&self, answer: bool) -> u64 {
        (self.nth.saturating_add(1) << 1 | u64::from(answer)) << 33
    }

    fn part(&mut self, answer: bool) -> &mut Part {
        if answer {
            &mut self.response
        } else {
            &mut self.request
        }
    }

    pub fn is_answered(&self) -> bool {
        self.response.head
    }

    /// Whether all that will be known of it is.
    pub fn is_done(&self) -> bool {
        let asked = self.request.ended || self.request.lost || self.exchange.number.is_none();
        self.response.ended && asked
    }

    /// A head, or (after one) trailers. `ends`: no body follows.
    pub fn head(&mut self, head: &Head<'_>, answer: bool, seen: Seen, ends: bool, cx: &mut Context<'_>) {
        if !self.part(answer).head {
            match head.start {
                // RFC 9113 8.1: interim responses, of which none ends the stream.
                Start::Response { status: ..200, .. } if answer && !ends => return,
                _ if answer => self.response(head, seen),
                _ => self.request(head, cx),
            }
            if !ends {
                let scan = self.exchange.scan(head, answer, (seen.dir, self.place(answer)), cx);
                self.part(answer).body = Some(Body::new(0, scan));
            }
            let part = self.part(answer);
            (part.head, part.announced) = (true, head.content_length);
        }
        if ends {
            self.ended(answer, cx);
        }
    }

    fn request(&mut self, head: &Head<'_>, cx: &mut Context<'_>) {
        match head.start {
            Start::Request { method, target } => self.exchange.request(method, target, head, &cx.out.keys),
            _ => self.exchange.request(None, None, head, &cx.out.keys),
        }
    }

    fn response(&mut self, head: &Head<'_>, seen: Seen) {
        let status = match head.start {
            Start::Response { status, .. } => Some(status),
            _ => None,
        };
        self.exchange.response(status, b"", head, (seen.started, seen.at));
        if status.is_none() && !head.cut {
            self.wrong("header");
        }
    }

    /// So many bytes of a body come; says whether there is one.
    pub fn comes(&mut self, answer: bool, length: u64) -> bool {
        let part = self.part(answer);
        match &mut part.body {
            Some(body) => {
                body.length = body.length.saturating_add(length);
                true
            }
            None => false,
        }
    }

    pub fn is_scanned(&self, answer: bool) -> bool {
        let part = if answer { &self.response } else { &self.request };
        part.body.as_ref().is_some_and(Body::scanning)
    }

    pub fn show(&mut self, answer: bool, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(body) = &mut self.part(answer).body {
            body.show(bytes, cx);
        }
    }

    /// Bytes of this part were lost.
    pub fn lost(&mut self, answer: bool) {
        let part = self.part(answer);
        if part.ended {
            return;
        }
        if let Some(body) = &mut part.body {
            body.lost();
        }
        self.exchange.partial = true;
    }

    /// The same, and perhaps its end.
    pub fn end_lost(&mut self, answer: bool) {
        self.lost(answer);
        self.part(answer).lost = true;
    }

    /// END_STREAM.
    pub fn ended(&mut self, answer: bool, cx: &mut Context<'_>) {
        let part = self.part(answer);
        if std::mem::replace(&mut part.ended, true) {
            return;
        }
        let (announced, body) = (part.announced, part.body.take());
        let seen = body.as_ref().map_or(Some(0), |body| Some(body.length).filter(|_| !body.cut));
        // RFC 9113 8.1.1; what answers HEAD, or that nothing changed, has the length of what does not come (RFC 9110 8.6).
        let without = answer && body.is_none();
        if !without && announced.is_some_and(|length| seen.is_some_and(|seen| seen != length)) {
            self.wrong("content length");
        }
        match body {
            Some(body) => self.exchange.body(body, answer, cx),
            None => self.exchange.bodyless(answer),
        }
    }

    fn wrong(&mut self, what: &'static str) {
        self.exchange.malformed = self.exchange.malformed.or(Some(what));
    }

    pub fn held(&self) -> usize {
        let bodies = [&self.request, &self.response].into_iter().filter_map(|part| part.body.as_ref());
        bodies.map(Body::held).fold(0, usize::saturating_add)
    }

    /// Gives its rows. `malformed`: what is wrong, beyond what its heads say.
    pub fn emit(mut self, malformed: Option<&'static str>, cx: &mut Context<'_>) {
        for (answer, part) in [(false, &mut self.request), (true, &mut self.response)] {
            self.exchange.partial |= !part.ended;
            if let Some(mut body) = part.body.take() {
                body.cut = true;
                let announced = part.announced.filter(|_| part.lost);
                body.length = body.length.max(announced.unwrap_or_default());
                self.exchange.body(body, answer, cx);
            }
        }
        self.exchange.malformed = self.exchange.malformed.or(malformed);
        self.exchange.emit(cx);
    }
}
