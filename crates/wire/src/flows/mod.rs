//! Connections: who talks to whom, for how long, and the parser that each one's content asks for.

mod aside;
mod census;
mod conversation;
mod ending;
mod flow;
mod follow;
mod opening;
mod probing;
mod reassembly;
mod recent;
mod seek;
mod tcp;
mod timers;

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use ahash::RandomState;
use hashbrown::HashTable;

use crate::bytes::{be16, be32};
use crate::context::{Ends, Identity, Output};
use crate::limits;
use crate::link::{Datagram, Link};
use crate::names::icmp_counterpart;
use crate::protocols::{icmp, Dir, TCP};
use aside::Aside;
use census::Census;
pub use census::Heard;
use conversation::Speech;
use flow::{Continuity, Flow, Segment, Transport, ACK, FIN, RST, SYN};
use opening::{Opening, Openings};
use recent::Recent;
use tcp::Syn;
use timers::Timers;

const PROTO_TCP: u8 = 6;
const PROTO_UDP: u8 = 17;
const PROTO_SCTP: u8 = 132;

/// A place in the table of connections.
enum Place {
    Free,
    /// Small, so that a flood of these costs little.
    Opening(Opening),
    Flow(Box<Flow>),
}

impl Place {
    fn ends(&self) -> Option<&Ends> {
        match self {
            Place::Free => None,
            Place::Opening(opening) => Some(&opening.ends),
            Place::Flow(flow) => Some(flow.ends()),
        }
    }

    /// Time of the first packet and of the last.
    fn span(&self) -> Option<(i64, i64)> {
        match self {
            Place::Free => None,
            Place::Opening(opening) => Some((opening.ts, opening.ts)),
            Place::Flow(flow) => Some((flow.first_ts, flow.last_ts)),
        }
    }

    fn idle_until(&self) -> Option<i64> {
        match self {
            Place::Free => None,
            Place::Opening(opening) => Some(opening.idle_until()),
            Place::Flow(flow) => Some(flow.idle_until()),
        }
    }

    /// Whether here stands the connection of one segment that has this number.
    fn is_opening(&self, number: u32) -> bool {
        matches!(self, Place::Opening(opening) if opening.number == number)
    }

    fn flow(&mut self) -> Option<&mut Flow> {
        match self {
            Place::Flow(flow) => Some(flow),
            Place::Free | Place::Opening(_) => None,
        }
    }
}

/// A TCP segment, with what is known of it beside.
struct Arrived<'a> {
    ends: Ends,
    segment: Segment<'a>,
    ts: i64,
    ip_len: usize,
    link: &'a Link,
}

/// All connections that are alive.
pub struct Flows {
    table: HashTable<u32>,
    slab: Vec<Place>,
    /// Of each place: under which hash it stands in the table.
    hashes: Vec<u64>,
    free: Vec<u32>,
    hasher: RandomState,
    timers: Timers,
    rung: Vec<u32>,
    /// The connections that are left when the input is over.
    last_ones: Option<VecDeque<u32>>,
    clock: i64,
    /// The one in which the clock stands.
    second: RangeInclusive<i64>,
    generation: u32,
    /// Where the connection of the last packet stood.
    last: u32,
    /// Bytes held over all connections, how many at the most, and those that hold some by place and generation, in the order in which they began to.
    held: usize,
    most: usize,
    holding: VecDeque<(u32, u32)>,
    /// The same of what is summed up of conversations, so that whoever makes many of these takes nothing from connections.
    tallies: usize,
    tallying: VecDeque<(u32, u32)>,
    recent: Recent,
    aside: Aside,
    openings: Openings,
    /// Where the search for a victim goes on when the table is full.
    hand: usize,
    evicted: u64,
    malformed: u64,
    census: Census,
    /// How many of these share what may be remembered and held.
    among: usize,
    /// Time of the first packet.
    began: Option<i64>,
}

/// The same for both directions.
fn canonical(ends: &Ends) -> Ends {
    if (ends.orig, ends.orig_port) <= (ends.resp, ends.resp_port) {
        *ends
    } else {
        Ends {
            orig: ends.resp,
            resp: ends.orig,
            orig_port: ends.resp_port,
            resp_port: ends.orig_port,
            proto: ends.proto,
        }
    }
}

impl Default for Flows {
    fn default() -> Self {
        Flows {
            table: HashTable::new(),
            slab: Vec::new(),
            hashes: Vec::new(),
            free: Vec::new(),
            // Seeded at random: nobody can aim packets at one bucket. The order of the table never shows in a row.
            hasher: RandomState::new(),
            timers: Timers::new(),
            rung: Vec::new(),
            last_ones: None,
            clock: i64::MIN,
            second: i64::MIN..=i64::MIN,
            generation: 0,
            last: 0,
            held: 0,
            most: limits::HELD_ALL,
            holding: VecDeque::new(),
            tallies: 0,
            tallying: VecDeque::new(),
            recent: Recent::default(),
            aside: Aside::default(),
            openings: Openings::default(),
            hand: 0,
            evicted: 0,
            malformed: 0,
            census: Census::default(),
            among: 1,
            began: None,
        }
    }
}

impl Flows {
    /// One of so many that follow connections side by side.
    pub fn one_of(among: usize) -> Flows {
        Flows {
            among: among.max(1),
            most: limits::HELD_ALL / among.max(1),
            ..Flows::default()
        }
    }

    /// What was heard so far by these connections, whose rows go to `out`.
    pub fn heard(&self, out: &Output) -> Heard {
        Heard {
            files_given_up: out.files.given_up,
            census: self.census,
            evicted: self.evicted,
            malformed: self.malformed,
        }
    }

    /// Bytes held over all connections.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes one whole IP datagram.
    pub fn datagram(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, out: &mut Output) {
        self.tick(ts, out);
        let done = match datagram.proto {
            PROTO_TCP => self.tcp(link, datagram, ts, out),
            PROTO_UDP => self.udp(link, datagram, ts, out),
            1 | 58 => self.icmp(link, datagram, ts, out),
            PROTO_SCTP => self.sctp(link, datagram, ts, out),
            _ => {
                let ends = Ends {
                    orig: datagram.src,
                    resp: datagram.dst,
                    orig_port: 0,
                    resp_port: 0,
                    proto: datagram.proto,
                };
                self.other(link, datagram, ends, || Transport::Other, ts, out).map(|_| ())
            }
        };
        if done.is_none() {
            self.malformed += 1;
        }
    }

    fn tcp(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, out: &mut Output) -> Option<()> {
        let head = datagram.payload;
        let data_at = usize::from(*head.get(12)? >> 4) * 4;
        if data_at < 20 {
            return None;
        }
        let data = head.get(data_at..)?;
        let segment = Segment {
            seq: be32(head, 4)?,
            ack: be32(head, 8)?,
            flags: *head.get(13)?,
            window: be16(head, 14)?,
            data,
            cut: u32::try_from(datagram.cut).ok()?,
        };
        let ends = Ends {
            orig: datagram.src,
            resp: datagram.dst,
            orig_port: be16(head, 0)?,
            resp_port: be16(head, 2)?,
            proto: PROTO_TCP,
        };
        let arrived = Arrived {
            ends,
            segment,
            ts,
            ip_len: datagram.ip_len,
            link,
        };
        let mut found = self.find(&arrived.ends);
        if let Some((at, dir)) = found {
            if self.flow(at).is_some_and(|flow| flow.in_batches()) {
                if segment.flags & (SYN | FIN | RST) == 0 && data.len() <= limits::FRAME {
                    return self.set_aside(at, dir, &arrived, out);
                }
                self.catch_up(out);
                found = self.find(&arrived.ends);
            } else if self.passes(at, dir, &arrived) {
                return Some(());
            }
        }
        self.segment(found, &arrived, out)
    }

    /// Whether all that is to be done with a segment was to count it.
    fn passes(&mut self, at: u32, dir: Dir, arrived: &Arrived<'_>) -> bool {
        let Some(flow) = self.flow(at) else { return false };
        let passes = flow.passes(dir, &arrived.segment);
        if passes {
            flow.count(dir, arrived.ts, arrived.ip_len, arrived.segment.data.len(), arrived.link);
        }
        passes
    }

    /// Takes a segment of a connection that is known, or not.
    fn segment(&mut self, mut found: Option<(u32, Dir)>, arrived: &Arrived<'_>, out: &mut Output) -> Option<()> {
        let Arrived {
            ends,
            segment,
            ts,
            ip_len,
            link,
        } = arrived;
        let (ts, ip_len) = (*ts, *ip_len);
        let mut nonce = 0;
        if let Some((at, dir)) = found {
            match self.unfolded(at, out)?.continuity(dir, segment, ts, ip_len, link) {
                Continuity::Same => {}
                Continuity::Perhaps => return Some(()),
                Continuity::Over => {
                    nonce = self.nonce(at, ts, segment.seq);
                    self.remove(at, false, out);
                    found = None;
                }
                Continuity::Agreed(syn) => {
                    let ends = if syn.dir == dir { *ends } else { flip(ends) };
                    found = self
                        .replace(at, ends, &syn, out)
                        .map(|new| (new, if syn.dir == dir { Dir::Orig } else { Dir::Resp }));
                }
            }
        }
        let (at, dir) = match found {
            Some(found) => found,
            None => match self.meet(arrived, nonce, out) {
                Some(met) => met,
                None => return Some(()),
            },
        };
        let flow = self.slab.get_mut(at as usize)?.flow()?;
        flow.count(dir, ts, ip_len, segment.data.len(), link);
        let was_closed = segment.ends() && flow.closed();
        flow.segment(dir, segment, ts, &mut self.recent, out);
        let (held, closed) = (flow.count_held(&mut self.held), segment.ends() && !was_closed && flow.closed());
        if held > 0 && !std::mem::replace(&mut flow.is_holding, held > 0) {
            self.holding.push_back((at, flow.generation));
        }
        if closed {
            let deadline = flow.deadline();
            self.timers.set(at, deadline);
        }
        self.keep_bound(ts, out);
        Some(())
    }

    /// Relieves connections if too much is held over all: after what was set aside, which may be what they wait for.
    fn keep_bound(&mut self, ts: i64, out: &mut Output) {
        if self.held > self.most && !self.aside.is_taken {
            self.catch_up(out);
            self.relieve(ts, out);
        }
    }

    /// A connection that was not known: from its first segment seen. `None` if nothing more is to be done with that.
    fn meet(&mut self, arrived: &Arrived<'_>, nonce: u64, out: &mut Output) -> Option<(u32, Dir)> {
        let Arrived {
            ends,
            segment,
            ip_len,
            link,
            ..
        } = arrived;
        let began = (arrived.ts, nonce);
        let turned = turned(ends, segment);
        let ends = if turned { flip(ends) } else { *ends };
        let dir = if turned { Dir::Resp } else { Dir::Orig };
        if let Some(mut opening) = Opening::of(ends, began, dir, segment, *ip_len, link) {
            self.generation = self.generation.wrapping_add(1);
            opening.number = self.generation;
            let at = self.insert(ends, opening.idle_until(), Place::Opening(opening), out);
            self.openings.add(at, opening.number, &self.slab);
            return None;
        }
        let at = self.begin(ends, began, link, Transport::Tcp(Box::default()), out);
        if turned {
            self.flow(at)?.say(Dir::Orig, b'^');
        }
        Some((at, dir))
    }

    /// The connection at a place, which goes on.
    fn unfolded(&mut self, at: u32, out: &mut Output) -> Option<&mut Flow> {
        let place = self.slab.get_mut(at as usize)?;
        if let Place::Opening(opening) = place {
            self.generation = self.generation.wrapping_add(1);
            *place = Place::Flow(Box::new(opening.unfold(self.generation, &mut self.recent, out)));
            self.openings.live -= 1;
        }
        place.flow()
    }

    /// Ends a connection whose ports another one has taken; that one began with `syn`.
    fn replace(&mut self, at: u32, ends: Ends, syn: &Syn, out: &mut Output) -> Option<u32> {
        let nonce = self.nonce(at, syn.ts, syn.seq);
        self.remove(at, false, out);
        let at = self.begin(ends, (syn.ts, nonce), &syn.link, Transport::Tcp(Box::default()), out);
        let flow = self.slab.get_mut(at as usize)?.flow()?;
        let segment = Segment {
            seq: syn.seq,
            ack: 0,
            flags: SYN,
            window: u16::MAX,
            data: &[],
            cut: 0,
        };
        flow.count(Dir::Orig, syn.ts, syn.ip_len, 0, &syn.link);
        flow.segment(Dir::Orig, &segment, syn.ts, &mut self.recent, out);
        Some(at)
    }

    /// Too much is held over all: who has held longest lets go first, so that nobody can make the others lose by holding much himself.
    fn relieve(&mut self, ts: i64, out: &mut Output) {
        while self.held > self.most {
            let Some((at, generation)) = self.holding.pop_front() else { return };
            let recent = &mut self.recent;
            let Some(flow) = self.slab.get_mut(at as usize).and_then(Place::flow) else {
                continue;
            };
            if flow.generation == generation {
                let before = flow.counted;
                flow.relieve(ts, recent, out);
                let held = flow.count_held(&mut self.held);
                flow.is_holding = held > 0;
                // What a parser has to remember it cannot let go of: then the connection ends, and is met again midway.
                if held > before / 2 {
                    self.evicted += 1;
                    self.remove(at, false, out);
                } else if held > 0 {
                    self.holding.push_back((at, generation));
                }
            }
        }
    }

    /// Gives up the holes that are older than reordering explains.
    fn give_up_old_holes(&mut self, ts: i64, out: &mut Output) {
        for _ in 0..self.holding.len() {
            let Some((at, generation)) = self.holding.pop_front() else { return };
            let recent = &mut self.recent;
            let Some(flow) = self.slab.get_mut(at as usize).and_then(Place::flow) else {
                continue;
            };
            if flow.generation != generation {
                continue;
            }
            if flow.has_old_hole(ts) {
                flow.give_up_holes(ts, false, recent, out);
            }
            flow.is_holding = flow.count_held(&mut self.held) > 0;
            if flow.is_holding {
                self.holding.push_back((at, generation));
            }
        }
    }

    fn udp(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, out: &mut Output) -> Option<()> {
        let head = datagram.payload;
        let ends = Ends {
            orig: datagram.src,
            resp: datagram.dst,
            orig_port: be16(head, 0)?,
            resp_port: be16(head, 2)?,
            proto: PROTO_UDP,
        };
        let len = usize::from(be16(head, 4)?);
        let payload = head.get(8..)?;
        let sent = len.saturating_sub(8).min(payload.len().saturating_add(datagram.cut));
        let payload = payload.get(..sent).unwrap_or(payload);
        let (at, dir) = match self.find(&ends) {
            Some(found) => found,
            None => (self.begin(ends, (ts, 0), link, Transport::Udp(Speech::Probing(0)), out), Dir::Orig),
        };
        let flow = self.flow(at)?;
        flow.count(dir, ts, datagram.ip_len, sent, link);
        if sent > 0 {
            flow.say(dir, b'D');
        }
        let Flow {
            transport: Transport::Udp(speech),
            identity,
            ..
        } = flow
        else {
            return Some(());
        };
        speech.datagram(dir, payload, payload.len() < sent, &mut follow::Where { ts, identity, out });
        let held = speech.held();
        if held != flow.counted {
            self.count_tallies(at, ts, out);
        }
        Some(())
    }

    /// What is summed up of a conversation has grown: if that is too much over all, who has gone on longest tells it early.
    fn count_tallies(&mut self, at: u32, ts: i64, out: &mut Output) {
        let Some(flow) = self.slab.get_mut(at as usize).and_then(Place::flow) else {
            return;
        };
        let held = flow.count_held(&mut self.tallies);
        if held > 0 && !std::mem::replace(&mut flow.is_holding, true) {
            self.tallying.push_back((at, flow.generation));
        }
        for _ in 0..self.tallying.len() {
            if self.tallies <= limits::TALLIES / self.among {
                return;
            }
            let Some((at, generation)) = self.tallying.pop_front() else {
                return;
            };
            let Some(flow) = self.slab.get_mut(at as usize).and_then(Place::flow) else {
                continue;
            };
            if flow.generation == generation {
                flow.relieve(ts, &mut self.recent, out);
                flow.is_holding = flow.count_held(&mut self.tallies) > 0;
                if flow.is_holding {
                    self.tallying.push_back((at, generation));
                }
            }
        }
    }

    fn icmp(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, out: &mut Output) -> Option<()> {
        let (kind, code) = (u16::from(*datagram.payload.first()?), u16::from(*datagram.payload.get(1)?));
        let counterpart = icmp_counterpart(datagram.proto, kind).unwrap_or(code);
        let ends = Ends {
            orig: datagram.src,
            resp: datagram.dst,
            orig_port: kind,
            resp_port: counterpart,
            proto: datagram.proto,
        };
        let (at, dir) = self.other(link, datagram, ends, || Transport::Icmp(Box::default()), ts, out)?;
        let Flow {
            transport: Transport::Icmp(talk),
            identity,
            ..
        } = self.flow(at)?
        else {
            return Some(());
        };
        let arrived = icmp::Arrived {
            dir,
            bytes: datagram.payload,
            cut: datagram.cut,
        };
        talk.message(&arrived, &mut follow::Where { ts, identity, out }.context());
        Some(())
    }

    /// RFC 9260 section 3.1: the ports stand where those of TCP do.
    fn sctp(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, out: &mut Output) -> Option<()> {
        let ends = Ends {
            orig: datagram.src,
            resp: datagram.dst,
            orig_port: be16(datagram.payload, 0)?,
            resp_port: be16(datagram.payload, 2)?,
            proto: PROTO_SCTP,
        };
        self.other(link, datagram, ends, || Transport::Other, ts, out).map(|_| ())
    }

    /// Counts a packet of what is no TCP and no UDP; where its connection stands, and its direction.
    fn other(
        &mut self,
        link: &Link,
        datagram: &Datagram<'_>,
        ends: Ends,
        fresh: fn() -> Transport,
        ts: i64,
        out: &mut Output,
    ) -> Option<(u32, Dir)> {
        let (at, dir) = match self.find(&ends) {
            Some(found) => found,
            None => (self.begin(ends, (ts, 0), link, fresh(), out), Dir::Orig),
        };
        let sent = datagram.payload.len().saturating_add(datagram.cut);
        self.flow(at)?.count(dir, ts, datagram.ip_len, sent, link);
        Some((at, dir))
    }

    fn flow(&mut self, at: u32) -> Option<&mut Flow> {
        self.slab.get_mut(at as usize)?.flow()
    }

    /// The connection that a packet belongs to, and its direction. Most packets belong to that of the packet before.
    fn find(&mut self, ends: &Ends) -> Option<(u32, Dir)> {
        let last = self.slab.get(self.last as usize).and_then(Place::ends);
        let found = match last {
            Some(last) if last == ends => Some((self.last, Dir::Orig)),
            Some(last) if *last == flip(ends) => Some((self.last, Dir::Resp)),
            _ => self.look_up(ends),
        };
        self.last = found.map_or(self.last, |(at, _)| at);
        found
    }

    fn look_up(&self, ends: &Ends) -> Option<(u32, Dir)> {
        let key = canonical(ends);
        let slab = &self.slab;
        let is = |at: &u32| {
            slab.get(*at as usize)
                .and_then(Place::ends)
                .is_some_and(|known| canonical(known) == key)
        };
        let at = *self.table.find(self.hasher.hash_one(key), is)?;
        let known = slab.get(at as usize)?.ends()?;
        let dir = if (known.orig, known.orig_port) == (ends.orig, ends.orig_port) {
            Dir::Orig
        } else {
            Dir::Resp
        };
        Some((at, dir))
    }

    /// Tells a connection that begins with `seq` at `ts` from the one before it on its ports, if both began within a microsecond.
    fn nonce(&self, before: u32, ts: i64, seq: u32) -> u64 {
        let before = self.slab.get(before as usize).and_then(Place::span);
        let same = before.is_some_and(|(first_ts, _)| first_ts.div_euclid(1000) == ts.div_euclid(1000));
        if same {
            1 + u64::from(seq)
        } else {
            0
        }
    }

    /// Takes in a connection of which more is kept than its first segment.
    fn begin(&mut self, ends: Ends, (ts, nonce): (i64, u64), link: &Link, transport: Transport, out: &mut Output) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        let flow = Flow::new(Identity::new(ends, ts, nonce), self.generation, ts, link, transport);
        self.insert(ends, flow.deadline(), Place::Flow(Box::new(flow)), out)
    }

    fn insert(&mut self, ends: Ends, deadline: i64, place: Place, out: &mut Output) -> u32 {
        if self.table.len() >= limits::FLOWS / self.among {
            self.evict(out);
        }
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.slab.push(Place::Free);
                self.hashes.push(0);
                u32::try_from(self.slab.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(free) = self.slab.get_mut(at as usize) {
            *free = place;
        }
        let hash = self.hasher.hash_one(canonical(&ends));
        if let Some(place) = self.hashes.get_mut(at as usize) {
            *place = hash;
        }
        let hashes = &self.hashes;
        self.table
            .insert_unique(hash, at, |at| hashes.get(*at as usize).copied().unwrap_or(0));
        self.timers.set(at, deadline);
        at
    }
}

fn flip(ends: &Ends) -> Ends {
    Ends {
        orig: ends.resp,
        resp: ends.orig,
        orig_port: ends.resp_port,
        resp_port: ends.orig_port,
        proto: ends.proto,
    }
}

/// Whether the sender of a connection's first segment is its responder: it sends a SYN-ACK, or the capture began later and it sits on the
/// port of a service while the other end does not.
fn turned(ends: &Ends, segment: &Segment<'_>) -> bool {
    match segment.flags & (SYN | ACK) {
        f if f == SYN | ACK => true,
        SYN => false,
        _ => {
            let served = |port: u16| port < 1024 || TCP.iter().any(|p| p.ports.contains(&port));
            match (served(ends.orig_port), served(ends.resp_port)) {
                (a, b) if a != b => a,
                _ => ends.orig_port < ends.resp_port && ends.orig_port < 32_768,
            }
        }
    }
}

#[cfg(test)]
mod tests;
