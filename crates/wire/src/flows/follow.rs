//! What a connection speaks, found out by content and then parsed: between the reassembler and the protocols.

use std::borrow::Cow;

use crate::context::{Context, Identity, Output};
use crate::half::Half;
use crate::limits;
use crate::protocols::{ftp, Dir, Protocol, Session};

use super::probing::{ask, Probing, Verdict};
use super::reassembly::Piece;
use super::seek::Seek;

/// A connection's payload, as far as anybody wants to see it.
#[derive(Default)]
pub struct Follow {
    state: State,
    halves: [Half; 2],
    /// Bytes of each direction that passed before a protocol was recognised.
    passed: [u64; 2],
    /// The capture does not hold the beginning, or lost it: heads are looked for in what comes later too.
    midstream: bool,
    /// A control connection of FTP has announced it: it is a file of that if it is nothing else.
    awaited: bool,
    /// It speaks what is parsed in batches.
    pub in_batches: bool,
    /// What the connection spoke before it turned into something else.
    before: Vec<&'static str>,
}

enum State {
    /// The first bytes are looked at.
    Probing(Probing),
    /// They were nobody's; a later head is looked for.
    Seeking(Box<[Seek; 2]>),
    Parsing(&'static Protocol, Box<dyn Session>),
    /// Unknown to every probe.
    Ignored,
}

impl Default for State {
    fn default() -> Self {
        State::Probing(Probing::default())
    }
}

/// Everything that one call needs to give rows.
pub struct Where<'a> {
    pub ts: i64,
    pub identity: &'a mut Identity,
    pub out: &'a mut Output,
}

impl Where<'_> {
    /// For a parser of whole messages, whose rows are told apart by their times.
    pub fn context(&mut self) -> Context<'_> {
        Context {
            ts: self.ts,
            offset: 0,
            identity: self.identity,
            out: self.out,
        }
    }

    /// The same at another time.
    fn when(&mut self, ts: i64) -> Where<'_> {
        Where {
            ts,
            identity: self.identity,
            out: self.out,
        }
    }
}

impl Follow {
    /// The capture does not hold the beginning.
    pub fn begin_midstream(&mut self) {
        self.midstream = true;
    }

    /// A control connection of FTP has announced it. Anybody can forge that, so whatever its first bytes surely are it is.
    pub fn is_awaited(&mut self) {
        self.awaited = true;
    }

    /// What it speaks, and before that what it spoke, each once: `smtp,ssl`, as Zeek writes it.
    pub fn service(&self) -> Option<Cow<'static, str>> {
        let now = match &self.state {
            State::Parsing(protocol, _) => Some(protocol.name),
            State::Probing(_) if self.awaited => Some(ftp::DATA.name),
            _ => None,
        };
        if self.before.is_empty() {
            return now.map(Cow::Borrowed);
        }
        let mut all = self.before.clone();
        all.extend(now);
        all.dedup();
        Some(Cow::Owned(all.join(",")))
    }

    /// How many of the next bytes of `dir` nobody wants to see.
    pub fn unwanted(&self, dir: Dir) -> u64 {
        match &self.state {
            State::Probing(_) => 0,
            State::Seeking(seeks) => seeks.get(dir as usize).map_or(0, Seek::pause),
            State::Parsing(..) => half(&self.halves, dir).map_or(0, Half::unwanted),
            State::Ignored => u64::MAX,
        }
    }

    /// Passes over the next bytes of `dir`, if a parser wants to see none of them, or there is none.
    pub fn pass(&mut self, dir: Dir, n: u64) -> bool {
        match &self.state {
            State::Ignored => true,
            State::Parsing(..) => self.halves.get_mut(dir as usize).is_some_and(|half| half.pass(n)),
            State::Probing(_) | State::Seeking(_) => false,
        }
    }

    /// Bytes held for a parser.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Probing(probing) => probing.held(),
            State::Seeking(seeks) => seeks.iter().map(Seek::held).sum(),
            State::Parsing(_, session) => self.halves.iter().map(Half::held).sum::<usize>() + session.held(),
            State::Ignored => 0,
        }
    }

    pub fn piece(&mut self, dir: Dir, piece: Piece<'_>, at: &mut Where<'_>) {
        match piece {
            Piece::Bytes(bytes) => self.bytes(dir, bytes, at),
            Piece::Held(bytes, ts) => self.bytes(dir, bytes, &mut at.when(ts)),
            Piece::Unseen(n) | Piece::Gap(n) => self.gap(dir, n, at),
        }
    }

    fn bytes(&mut self, dir: Dir, bytes: &[u8], at: &mut Where<'_>) {
        match &mut self.state {
            State::Ignored => {}
            State::Parsing(_, session) => {
                let turned = self
                    .halves
                    .get_mut(dir as usize)
                    .and_then(|half| half.feed(session.as_mut(), dir, bytes, at.ts, at.identity, at.out));
                if let Some(used) = turned {
                    self.turn(at);
                    let rest = bytes.get(used..).unwrap_or_default();
                    if !rest.is_empty() {
                        self.bytes(dir, rest, at);
                    }
                }
            }
            State::Probing(probing) => {
                let verdict = probing.see(dir, bytes, at.ts, at.identity);
                self.act(verdict, dir, bytes, at);
            }
            State::Seeking(_) => self.seek(dir, bytes, at),
        }
    }

    /// The parser has said that something else begins: it ends, and the next bytes are looked at as the first.
    fn turn(&mut self, at: &mut Where<'_>) {
        (self.in_batches, self.awaited) = (false, false);
        self.passed = self.halves.each_ref().map(Half::passed);
        let State::Parsing(protocol, mut session) = std::mem::replace(&mut self.state, State::Ignored) else {
            return;
        };
        session.end(&mut Context {
            ts: at.ts,
            offset: u64::MAX,
            identity: at.identity,
            out: at.out,
        });
        self.before.push(protocol.name);
        if self.before.len() < limits::TURNS {
            self.state = State::default();
        }
    }

    /// Acts on what the probes said of `bytes` and all before them.
    fn act(&mut self, verdict: Verdict, dir: Dir, bytes: &[u8], at: &mut Where<'_>) {
        match verdict {
            Verdict::Unsure => {}
            Verdict::AtOnce(protocol) => {
                self.begin(protocol);
                self.bytes(dir, bytes, at);
            }
            Verdict::Known(protocol) => {
                let State::Probing(probing) = std::mem::take(&mut self.state) else {
                    return;
                };
                self.begin(protocol);
                probing.replay(|dir, bytes, ts| self.bytes(dir, bytes, &mut at.when(ts)));
            }
            Verdict::Nobody if self.awaited => self.act(Verdict::Known(&ftp::DATA), dir, bytes, at),
            Verdict::Nobody if self.midstream => {
                let State::Probing(probing) = std::mem::replace(&mut self.state, State::Seeking(Box::default())) else {
                    return;
                };
                probing.replay(|dir, bytes, ts| self.bytes(dir, bytes, &mut at.when(ts)));
            }
            Verdict::Nobody => self.state = State::Ignored,
        }
    }

    /// It speaks this from its next byte on.
    pub fn begin(&mut self, protocol: &'static Protocol) {
        if let State::Seeking(seeks) = &mut self.state {
            for (seek, passed) in seeks.iter_mut().zip(&mut self.passed) {
                *passed += seek.forget();
            }
        }
        self.halves = self.passed.map(Half::at);
        let session = (protocol.session)();
        self.in_batches = session.in_batches();
        self.state = State::Parsing(protocol, session);
    }

    /// Looks for the head of a message: where a segment begins, else anywhere in a window of bytes.
    fn seek(&mut self, dir: Dir, bytes: &[u8], at: &mut Where<'_>) {
        let State::Seeking(seeks) = &mut self.state else { return };
        let (Some(seek), Some(passed)) = (seeks.get_mut(dir as usize), self.passed.get_mut(dir as usize)) else {
            return;
        };
        let mut all = u64::MAX;
        if let Some(protocol) = (seek.pause() == 0).then(|| ask(dir, bytes, &mut all, at.identity)).flatten() {
            self.begin(protocol);
            return self.bytes(dir, bytes, at);
        }
        let (dropped, found) = seek.see(bytes);
        *passed += dropped;
        if let Some((protocol, window)) = found {
            self.begin(protocol);
            self.bytes(dir, &window, at);
        }
    }

    /// What follows the bytes of `dir` seen so far is lost or will never come: now likely is enough.
    fn settle(&mut self, dir: Dir, at: &mut Where<'_>) {
        if let State::Probing(probing) = &self.state {
            let awaited = (self.awaited && probing.has_seen(dir)).then_some(&ftp::DATA);
            if let Some(protocol) = awaited.or_else(|| probing.likely(dir, at.identity)) {
                self.act(Verdict::Known(protocol), dir, &[], at);
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, at: &mut Where<'_>) {
        self.settle(dir, at);
        match &mut self.state {
            State::Ignored => {}
            State::Probing(probing) => {
                self.midstream = true;
                if let Some(passed) = self.passed.get_mut(dir as usize) {
                    *passed += probing.forget(dir) + missing;
                }
            }
            State::Seeking(seeks) => {
                if let (Some(seek), Some(passed)) = (seeks.get_mut(dir as usize), self.passed.get_mut(dir as usize)) {
                    *passed += seek.forget() + missing;
                }
            }
            State::Parsing(_, session) => {
                if let Some(half) = self.halves.get_mut(dir as usize) {
                    half.gap(session.as_mut(), dir, missing, at.ts, at.identity, at.out);
                }
            }
        }
    }

    /// Lets go of what a parser or probe waits with.
    pub fn relieve(&mut self, at: &mut Where<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            self.gap(dir, 0, at);
        }
    }

    /// Nothing more comes. `closed`: which directions their senders closed.
    pub fn end(&mut self, closed: [bool; 2], at: &mut Where<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            self.settle(dir, at);
        }
        let State::Parsing(_, session) = &mut self.state else { return };
        for (half, dir) in self.halves.iter_mut().zip([Dir::Orig, Dir::Resp]) {
            half.cut(session.as_mut(), dir, at.identity, at.out);
        }
        let mut cx = Context {
            ts: at.ts,
            offset: u64::MAX,
            identity: at.identity,
            out: at.out,
        };
        for (_, dir) in closed.into_iter().zip([Dir::Orig, Dir::Resp]).filter(|(closed, _)| *closed) {
            session.closed(dir, &mut cx);
        }
        session.end(&mut cx);
    }
}

fn half(halves: &[Half; 2], dir: Dir) -> Option<&Half> {
    halves.get(dir as usize)
}
