//! What a connection speaks, found out by content and then parsed: between the reassembler and the protocols.

use crate::context::{Context, Identity, Output};
use crate::half::Half;
use crate::limits;
use crate::protocols::{Dir, Probe, Protocol, Session, TCP};

use super::reassembly::Piece;

/// A connection's payload, as far as anybody wants to see it.
pub struct Follow {
    state: State,
    halves: [Half; 2],
    /// Bytes of each direction that came before what is probed or parsed.
    passed: [u64; 2],
    /// Bytes that may still be looked at although nothing was recognised: a capture that begins inside a message shows none of its head.
    patience: u64,
}

enum State {
    /// Bytes so far, in the order in which they came; which protocols are still possible.
    Probing {
        seen: [Vec<u8>; 2],
        order: Vec<(Dir, usize, i64)>,
        possible: u32,
    },
    Parsing(&'static Protocol, Box<dyn Session>),
    /// Unknown to every probe.
    Ignored,
}

impl State {
    fn fresh() -> State {
        State::Probing {
            seen: [Vec::new(), Vec::new()],
            order: Vec::new(),
            possible: u32::MAX,
        }
    }
}

/// Everything that one call needs to give rows.
pub struct Where<'a> {
    pub ts: i64,
    pub identity: &'a mut Identity,
    pub out: &'a mut Output,
}

impl Where<'_> {
    /// The same at another time.
    fn when(&mut self, ts: i64) -> Where<'_> {
        Where {
            ts,
            identity: self.identity,
            out: self.out,
        }
    }
}

impl Default for Follow {
    fn default() -> Self {
        Follow {
            state: State::fresh(),
            halves: [Half::default(), Half::default()],
            passed: [0; 2],
            patience: 0,
        }
    }
}

impl Follow {
    /// The capture does not hold the beginning: heads are looked for in later segments too.
    pub fn begin_midstream(&mut self) {
        self.patience = limits::MIDSTREAM_BYTES;
    }

    pub fn service(&self) -> Option<&'static str> {
        match &self.state {
            State::Parsing(protocol, _) => Some(protocol.name),
            _ => None,
        }
    }

    /// How many of the next bytes of `dir` nobody wants to see.
    pub fn unwanted(&self, dir: Dir) -> u64 {
        match &self.state {
            State::Probing { .. } => 0,
            State::Parsing(..) => half(&self.halves, dir).map_or(0, Half::unwanted),
            State::Ignored => u64::MAX,
        }
    }

    /// Bytes held for a parser.
    pub fn held(&self) -> usize {
        let pending: usize = self.halves.iter().map(Half::held).sum();
        match &self.state {
            State::Probing { seen, .. } => pending + seen.iter().map(Vec::len).sum::<usize>(),
            _ => pending,
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
                if let Some(half) = half_mut(&mut self.halves, dir) {
                    half.feed(session.as_mut(), dir, bytes, at.ts, at.identity, at.out);
                }
            }
            State::Probing { .. } => self.probe(dir, bytes, at),
        }
    }

    fn probe(&mut self, dir: Dir, bytes: &[u8], at: &mut Where<'_>) {
        let State::Probing { seen, order, possible } = &mut self.state else {
            return;
        };
        let Some(so_far) = seen.get_mut(dir as usize) else { return };
        // The usual case needs no copy: the first bytes already tell.
        let verdict = if so_far.is_empty() {
            ask(dir, bytes, possible, at.identity)
        } else {
            None
        };
        if let Some(protocol) = verdict.filter(|_| order.is_empty()) {
            self.begin(protocol, at);
            return self.bytes(dir, bytes, at);
        }
        if *possible == 0 {
            return self.lose_hope(dir, bytes.len());
        }
        order.push((dir, bytes.len(), at.ts));
        so_far.extend_from_slice(bytes);
        let verdict = verdict.or_else(|| ask(dir, so_far, possible, at.identity));
        let undecided = order.len() < 64 && so_far.len() < limits::PROBE_BYTES && *possible != 0;
        match verdict {
            Some(protocol) => self.begin(protocol, at),
            None if undecided => {}
            None => self.lose_hope(dir, 0),
        }
    }

    /// What was seen so far is shown to the parser of `protocol`, and all that comes.
    fn begin(&mut self, protocol: &'static Protocol, at: &mut Where<'_>) {
        let parsing = State::Parsing(protocol, (protocol.session)());
        self.halves = self.passed.map(Half::at);
        if let State::Probing { seen, order, .. } = std::mem::replace(&mut self.state, parsing) {
            self.replay(&seen, &order, at);
        }
    }

    /// What follows the bytes of `dir` seen so far is lost or will never come: now likely is enough.
    fn settle(&mut self, dir: Dir, at: &mut Where<'_>) {
        let State::Probing { seen, possible, .. } = &self.state else {
            return;
        };
        let bytes = seen.get(dir as usize).map(Vec::as_slice).unwrap_or_default();
        let likely = |protocol: &&Protocol| (protocol.probe)(dir, bytes) == Probe::Likely;
        let found = candidates(*possible, at.identity).map(|(_, protocol)| protocol).find(likely);
        if let Some(protocol) = found.filter(|_| !bytes.is_empty()) {
            self.begin(protocol, at);
        }
    }

    /// What was seen is nobody's, nor are `more` bytes of `dir`; the next segment may still be.
    fn lose_hope(&mut self, dir: Dir, more: usize) {
        let before: u64 = self.passed.iter().sum();
        self.pass(dir, more as u64);
        if let State::Probing { seen, .. } = std::mem::replace(&mut self.state, State::fresh()) {
            for (passed, seen) in self.passed.iter_mut().zip(&seen) {
                *passed = passed.saturating_add(seen.len() as u64);
            }
        }
        self.patience = self.patience.saturating_sub(self.passed.iter().sum::<u64>().saturating_sub(before));
        if self.patience == 0 {
            self.state = State::Ignored;
        }
    }

    /// So many bytes of `dir` are nobody's.
    fn pass(&mut self, dir: Dir, count: u64) {
        if let Some(passed) = self.passed.get_mut(dir as usize) {
            *passed = passed.saturating_add(count);
        }
    }

    fn replay(&mut self, seen: &[Vec<u8>; 2], order: &[(Dir, usize, i64)], at: &mut Where<'_>) {
        let mut used = [0usize; 2];
        for &(dir, len, ts) in order {
            let (Some(used), Some(seen)) = (used.get_mut(dir as usize), seen.get(dir as usize)) else {
                continue;
            };
            let part = seen.get(*used..used.saturating_add(len)).unwrap_or_default();
            *used = used.saturating_add(len);
            self.bytes(dir, part, &mut at.when(ts));
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, at: &mut Where<'_>) {
        self.settle(dir, at);
        match &mut self.state {
            State::Ignored => {}
            State::Probing { seen, order, possible } => {
                let seen = seen.get_mut(dir as usize).map(std::mem::take).unwrap_or_default();
                order.retain(|(d, ..)| *d != dir);
                *possible = u32::MAX;
                self.pass(dir, missing.saturating_add(seen.len() as u64));
                // What comes next may begin anywhere, as if the capture began here.
                self.begin_midstream();
            }
            State::Parsing(_, session) => {
                if let Some(half) = half_mut(&mut self.halves, dir) {
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
        if let State::Probing { .. } = self.state {
            self.state = State::Ignored;
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

fn half_mut(halves: &mut [Half; 2], dir: Dir) -> Option<&mut Half> {
    halves.get_mut(dir as usize)
}

/// The protocols that are still possible, those at home on the port first.
fn candidates(possible: u32, identity: &Identity) -> impl Iterator<Item = (usize, &'static Protocol)> {
    let (orig, resp) = (identity.ends.orig_port, identity.ends.resp_port);
    let at_home = move |p: &Protocol| p.ports.contains(&resp) || p.ports.contains(&orig);
    let listed = |home: bool| TCP.iter().enumerate().filter(move |(_, p)| at_home(p) == home);
    let still = move |(n, _): &(usize, &&'static Protocol)| possible & (1 << n) != 0;
    listed(true).chain(listed(false)).filter(still).map(|(n, p)| (n, *p))
}

/// Asks the probes that are still possible. `possible` loses those that say never.
fn ask(dir: Dir, bytes: &[u8], possible: &mut u32, identity: &Identity) -> Option<&'static Protocol> {
    for (n, protocol) in candidates(*possible, identity) {
        match (protocol.probe)(dir, bytes) {
            Probe::Certain => return Some(protocol),
            Probe::Unsure | Probe::Likely => {}
            Probe::Never => *possible &= !(1 << n),
        }
    }
    *possible &= (1 << TCP.len()) - 1;
    None
}
