//! One connection: its counters, its state, and what it speaks.

use std::borrow::Cow;

use crate::context::{Ends, Identity, Output};
use crate::limits;
use crate::link::Link;
use crate::names::address;
use crate::protocols::arp::mac_text;
use crate::protocols::conn::{tcp_state, Conn};
use crate::protocols::icmp::Talk;
use crate::protocols::Dir;
use crate::tunnel::Carrier;

use super::conversation::Speech;
use super::follow::Where;
use super::reassembly::{Data, Piece, Side};
use super::recent::Recent;
use super::tcp::{Syn, Tcp};

#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    pub packets: u64,
    pub ip_bytes: u64,
    /// Payload bytes as sent, retransmissions included (UDP and ICMP; TCP counts by sequence).
    pub bytes: u64,
    pub l2: Option<[u8; 6]>,
    /// Of its first packet.
    pub vlan: Option<u16>,
    pub hops: Option<u8>,
    pub tunnel: Option<Carrier>,
    /// Letters of the history that this side has given.
    said: u16,
}

pub enum Transport {
    Tcp(Box<Tcp>),
    Udp(Speech),
    Icmp(Box<Talk>),
    Other,
}

/// What a segment says of the connection that is known on its ports.
pub enum Continuity {
    /// It belongs to it.
    Same,
    /// The connection is over, the segment begins another one.
    Over,
    /// It may begin another one; it is kept until the other end agrees.
    Perhaps,
    /// It agrees to the SYN that was kept.
    Agreed(Syn),
}

pub struct Flow {
    pub identity: Identity,
    pub generation: u32,
    /// It stands in the queue of those that hold bytes.
    pub is_holding: bool,
    /// Bytes that it held when they were counted last.
    pub counted: usize,
    pub first_ts: i64,
    pub last_ts: i64,
    next_interim: i64,
    pub counters: [Counters; 2],
    vlan: Option<u16>,
    inner_vlan: Option<u16>,
    pub transport: Transport,
    history: String,
}

/// A TCP segment as far as the sensor cares (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub data: &'a [u8],
    /// Bytes of data that were not captured.
    pub cut: u32,
}

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;
pub const SYN_ACK: u8 = SYN | ACK;

impl Segment<'_> {
    /// The same without its data.
    pub fn bare(&self) -> Segment<'static> {
        Segment {
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            window: self.window,
            data: &[],
            cut: self.cut,
        }
    }

    /// Whether its sender ends the connection with it.
    pub fn ends(&self) -> bool {
        self.flags & (FIN | RST) != 0
    }
}

impl Flow {
    pub fn new(identity: Identity, generation: u32, ts: i64, link: &Link, mut transport: Transport) -> Flow {
        if let (true, Transport::Tcp(tcp)) = (link.awaited, &mut transport) {
            tcp.follow.is_awaited();
        }
        Flow {
            identity,
            generation,
            is_holding: false,
            counted: 0,
            first_ts: ts,
            last_ts: ts,
            next_interim: ts.saturating_add(limits::INTERIM_FIRST),
            counters: [Counters::default(); 2],
            vlan: link.vlan,
            inner_vlan: link.inner_vlan,
            transport,
            history: String::new(),
        }
    }

    /// Whether its parser takes segments some at a time.
    pub fn in_batches(&self) -> bool {
        matches!(&self.transport, Transport::Tcp(tcp) if tcp.follow.in_batches)
    }

    /// Counts a packet.
    pub fn count(&mut self, dir: Dir, ts: i64, ip_len: usize, payload: usize, link: &Link) {
        self.last_ts = self.last_ts.max(ts);
        count(&mut self.counters, dir, ip_len, payload, link);
    }

    /// Adds a letter to the history, once a side.
    pub fn say(&mut self, dir: Dir, letter: u8) {
        let bit = said(letter);
        if let Some(c) = self.counters.get_mut(dir as usize) {
            if c.said & bit != bit {
                c.said |= bit;
                self.write(dir, letter);
            }
        }
    }

    /// Adds a letter to the history for the first time that it happens, the tenth, the hundredth and so on.
    fn say_often(&mut self, dir: Dir, letter: u8) {
        const LETTERS: &[u8] = b"TGW";
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        let Some(at) = LETTERS.iter().position(|&l| l == letter) else {
            return;
        };
        let times = tcp.often.get_mut(dir as usize).and_then(|side| side.get_mut(at));
        let Some(times) = times else { return };
        *times = times.saturating_add(1);
        if 10u32.checked_pow(times.ilog10()) == Some(*times) {
            self.write(dir, letter);
        }
    }

    fn write(&mut self, dir: Dir, letter: u8) {
        let shown = if dir == Dir::Orig { letter } else { letter.to_ascii_lowercase() };
        self.history.push(char::from(shown));
    }

    /// Whether the segment goes on with this connection. A live one is not ended by whoever sends a SYN: only by the two ends together.
    pub fn continuity(&mut self, dir: Dir, segment: &Segment<'_>, ts: i64, ip_len: usize, link: &Link) -> Continuity {
        if segment.flags & (SYN | ACK) == SYN {
            self.count_what_nobody_answered();
        } else if !matches!(&self.transport, Transport::Tcp(tcp) if tcp.again.is_some()) {
            return Continuity::Same;
        }
        let closed = self.closed();
        let other_is_silent = self.counters.get(dir.other() as usize).is_some_and(|c| c.packets == 0);
        let Transport::Tcp(tcp) = &mut self.transport else {
            return Continuity::Same;
        };
        match segment.flags & (SYN | ACK) {
            SYN => {
                let known = tcp.sides.get(dir as usize).and_then(Side::isn) == Some(segment.seq);
                let spoke = tcp.ending.syn_ack || tcp.sides.iter().any(|s| s.stream > 0);
                match () {
                    () if known => Continuity::Same,
                    () if closed => Continuity::Over,
                    () if !spoke => Continuity::Same,
                    () => {
                        tcp.again = Some(Syn {
                            dir,
                            seq: segment.seq,
                            ts,
                            ip_len,
                            link: *link,
                        });
                        Continuity::Perhaps
                    }
                }
            }
            flags => {
                let agreed = tcp.again.filter(|syn| match flags {
                    SYN_ACK => syn.dir != dir && segment.ack == syn.seq.wrapping_add(1),
                    // Where the mirror carries one direction only, its data must do.
                    _ => other_is_silent && syn.dir == dir && segment.seq == syn.seq.wrapping_add(1) && !segment.data.is_empty(),
                });
                match agreed {
                    Some(syn) => {
                        tcp.again = None;
                        Continuity::Agreed(syn)
                    }
                    None => Continuity::Same,
                }
            }
        }
    }

    /// Takes a segment that is like the one before it, as most are: it goes on in order, nobody wants to see its bytes, and it says nothing new.
    /// False if it is not: then nothing has happened.
    pub fn passes(&mut self, dir: Dir, segment: &Segment<'_>) -> bool {
        let letter = if segment.data.is_empty() { said(b'A') } else { said(b'D') };
        let is_plain = segment.flags & (SYN | FIN | RST | ACK) == ACK && segment.window > 0 && segment.cut == 0;
        let is_new = self.counters.get(dir as usize).is_none_or(|sender| sender.said & letter == 0);
        let Transport::Tcp(tcp) = &mut self.transport else { return false };
        let Tcp {
            sides: [orig, resp],
            follow,
            again: None,
            ..
        } = tcp.as_mut()
        else {
            return false;
        };
        let (side, peer) = if dir == Dir::Orig { (orig, resp) } else { (resp, orig) };
        if !is_plain || is_new || side.has_hole() || peer.has_hole() || peer.next().is_none() {
            return false;
        }
        let len = segment.data.len() as u64;
        if len > 0 {
            if !side.goes_on_at(segment.seq) || !follow.pass(dir, len) {
                return false;
            }
            peer.acknowledged(segment.ack);
            side.see(peer.stands());
            side.step(len);
        } else {
            peer.acknowledged(segment.ack);
        }
        true
    }

    pub fn segment(&mut self, dir: Dir, segment: &Segment<'_>, ts: i64, recent: &mut Recent, out: &mut Output) {
        self.letters(dir, segment);
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        let Tcp {
            sides: [orig, resp],
            ending,
            follow,
            from_start,
            ..
        } = tcp.as_mut();
        let (side, peer) = if dir == Dir::Orig { (orig, resp) } else { (resp, orig) };
        let syn = segment.flags & SYN != 0;
        let data_seq = segment.seq.wrapping_add(u32::from(syn));
        let len = u32::try_from(segment.data.len()).unwrap_or(u32::MAX).saturating_add(segment.cut);
        if syn {
            *from_start = true;
            side.syn(segment.seq);
            match segment.flags & ACK != 0 {
                true => ending.syn_ack = true,
                false => ending.syn = true,
            }
        }
        if segment.flags & FIN != 0 {
            side.fin(data_seq.wrapping_add(len));
        }
        // An acknowledgement tells where the other side stands; where the capture did not hold its beginning, its first bytes tell.
        if segment.flags & ACK != 0 && (*from_start || peer.next().is_some()) {
            peer.acknowledged(segment.ack);
        }
        let (before, retransmitted) = ([side.missed, peer.missed], side.retransmissions);
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        if len > 0 {
            if side.is_astray(data_seq) {
                side.restart(data_seq);
                follow.begin_midstream();
            } else if !*from_start && side.next().is_none() {
                side.begin(data_seq);
                follow.begin_midstream();
            }
            side.see(peer.stands());
            let unwanted = follow.unwanted(dir);
            let mut give = |piece: Piece<'_>| follow.piece(dir, piece, &mut at);
            let data = Data {
                seq: data_seq,
                data: segment.data,
                cut: segment.cut,
                ts,
                ack: (segment.flags & ACK != 0).then_some(segment.ack),
            };
            side.segment(&data, unwanted, recent, &mut give);
        }
        let again = side.retransmissions > retransmitted;
        if segment.ends() {
            for (bit, ended) in [(FIN, &mut ending.fin), (RST, &mut ending.rst)] {
                if let Some(ended) = ended.get_mut(dir as usize).filter(|_| segment.flags & bit != 0) {
                    *ended = true;
                }
            }
        }
        tcp.proceed(recent, &mut at);
        let [ours, theirs] = before;
        let missed = tcp.missed();
        self.say_lost([(dir, ours), (dir.other(), theirs)], missed);
        if again {
            self.say_often(dir, b'T');
        }
    }

    fn letters(&mut self, dir: Dir, segment: &Segment<'_>) {
        let has = |flags: u8| segment.flags & flags == flags;
        if has(SYN) {
            self.say(dir, if has(ACK) { b'H' } else { b'S' });
        }
        if !segment.data.is_empty() || segment.cut > 0 {
            self.say(dir, b'D');
        } else if segment.flags & (ACK | SYN | FIN | RST) == ACK {
            self.say(dir, b'A');
        }
        if segment.ends() {
            if has(FIN) {
                self.say(dir, b'F');
            }
            if has(RST) {
                self.say(dir, b'R');
            }
            if has(FIN | RST) {
                self.say(dir, b'I');
            }
            if has(SYN) {
                self.say(dir, b'Q');
            }
        }
        if segment.window == 0 && has(ACK) && !has(RST) {
            self.say_often(dir, b'W');
        }
    }

    /// Bytes held for this connection: what came too early, what its parser waits with, what is summed up of it.
    fn held(&self) -> usize {
        match &self.transport {
            Transport::Tcp(tcp) => tcp.follow.held() + tcp.sides.iter().map(Side::held).sum::<usize>(),
            Transport::Udp(speech) => speech.held(),
            Transport::Icmp(_) | Transport::Other => 0,
        }
    }

    /// Counts in `all` what it holds now, and gives that.
    pub fn count_held(&mut self, all: &mut usize) -> usize {
        let now = self.held();
        *all = (*all + now).saturating_sub(std::mem::replace(&mut self.counted, now));
        now
    }

    /// Whether a hole has been open for longer than reordering explains.
    pub fn has_old_hole(&self, ts: i64) -> bool {
        matches!(&self.transport, Transport::Tcp(tcp) if tcp.sides.iter().any(|side| side.hole_is_old(ts)))
    }

    /// Lets go of all that is held: holes are declared, the parser is told of a gap.
    pub fn relieve(&mut self, ts: i64, recent: &mut Recent, out: &mut Output) {
        self.give_up_holes(ts, false, recent, out);
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        match &mut self.transport {
            Transport::Tcp(tcp) => tcp.follow.relieve(&mut at),
            Transport::Udp(speech) => speech.relieve(&mut at),
            Transport::Icmp(_) | Transport::Other => {}
        }
    }

    /// Gives all that is held, in the order in which it came: every hole is declared. `last`: nothing more comes at all.
    pub fn give_up_holes(&mut self, ts: i64, last: bool, recent: &mut Recent, out: &mut Output) {
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        let [orig, resp] = tcp.missed();
        while let Some(dir) = tcp.next_to_give_up() {
            tcp.give_up_hole(dir, recent, &mut at);
            tcp.settle(recent, &mut at);
        }
        if last {
            let Tcp { sides, follow, .. } = tcp.as_mut();
            for (dir, side) in [Dir::Orig, Dir::Resp].into_iter().zip(sides) {
                side.finish(&mut |piece| follow.piece(dir, piece, &mut at));
            }
        }
        let missed = tcp.missed();
        self.say_lost([(Dir::Orig, orig), (Dir::Resp, resp)], missed);
    }

    /// Writes in the history which side has lost more than `before`.
    fn say_lost(&mut self, before: [(Dir, u64); 2], now: [u64; 2]) {
        for (dir, before) in before {
            if now.get(dir as usize).is_some_and(|now| *now > before) {
                self.say_often(dir, b'G');
            }
        }
    }

    /// When it is time to look at this connection again, and whether silence has ended it by `now`.
    pub fn deadline(&self) -> i64 {
        self.idle_until().min(self.next_interim)
    }

    pub fn closed(&self) -> bool {
        matches!(&self.transport, Transport::Tcp(tcp) if tcp.ending.rst.contains(&true) || tcp.ending.fin == [true, true])
    }

    pub fn idle_until(&self) -> i64 {
        let idle = match &self.transport {
            Transport::Tcp(_) if self.closed() => limits::IDLE_CLOSED,
            Transport::Tcp(tcp) if tcp.sides.iter().any(|s| s.stream > 0) || (tcp.ending.syn && tcp.ending.syn_ack) => limits::IDLE_TCP,
            Transport::Tcp(_) => limits::IDLE_HALF_OPEN,
            Transport::Udp(_) | Transport::Icmp(_) | Transport::Other => limits::IDLE_OTHER,
        };
        self.last_ts.saturating_add(idle)
    }

    /// Gives the interim row if one is due.
    pub fn interim(&mut self, now: i64, out: &mut Output) {
        if now >= self.next_interim {
            self.row(true, false, out);
            while self.next_interim <= now {
                self.next_interim = self.next_interim.saturating_add(limits::INTERIM_EVERY);
            }
        }
    }

    /// Ends it: what is held is given up or parsed, open transactions and the connection give their rows. `cut_off`: the input ended first.
    pub fn finish(&mut self, cut_off: bool, recent: &mut Recent, out: &mut Output) {
        let ts = self.last_ts;
        self.count_what_nobody_answered();
        self.give_up_holes(ts, true, recent, out);
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        match &mut self.transport {
            Transport::Tcp(tcp) => tcp.follow.end(tcp.ending.fin, &mut at),
            Transport::Udp(speech) => speech.end(&mut at),
            Transport::Icmp(talk) => talk.end(&mut at.context()),
            Transport::Other => {}
        }
        let open = cut_off && matches!(self.transport, Transport::Tcp(_)) && !self.closed();
        self.row(false, open, out);
    }

    /// A SYN that was kept and came to nothing was a packet of this connection after all.
    fn count_what_nobody_answered(&mut self) {
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        if let Some(syn) = tcp.again.take() {
            if let Some(c) = self.counters.get_mut(syn.dir as usize) {
                c.packets += 1;
                c.ip_bytes += syn.ip_len as u64;
            }
        }
    }

    fn row(&mut self, interim: bool, partial: bool, out: &mut Output) {
        let [orig, resp] = self.counters;
        let ip_proto = self.identity.ends.proto;
        let (service, state, missed, bytes, midstream, disagreements) = match &self.transport {
            Transport::Tcp(tcp) => {
                let [a, b] = &tcp.sides;
                let state = tcp_state(&tcp.ending, a.stream + b.stream == 0);
                (
                    tcp.follow.service(),
                    state,
                    a.missed + b.missed,
                    [a.stream, b.stream],
                    !tcp.ending.syn,
                    a.disagreements + b.disagreements,
                )
            }
            other => {
                let service = if let Transport::Udp(speech) = other {
                    speech.service().map(Cow::Borrowed)
                } else {
                    None
                };
                let state = match (ip_proto, orig.packets, resp.packets) {
                    (1 | 58, ..) => "OTH",
                    (_, _, 0) => "S0",
                    (_, 0, _) => "SHR",
                    _ => "SF",
                };
                (service, state, 0, [orig.bytes, resp.bytes], false, 0)
            }
        };
        let row = Conn {
            service: service.as_deref(),
            orig_bytes: int(bytes[0]),
            resp_bytes: int(bytes[1]),
            conn_state: Some(state),
            history: Some(&self.history),
            missed_bytes: int(missed),
            interim: Some(interim),
            midstream: Some(midstream),
            partial: Some(partial),
            disagreements: int(disagreements),
            ..Conn::default()
        };
        let summary = Summary {
            span: (self.first_ts, self.last_ts),
            counters: &self.counters,
            vlans: (self.vlan, self.inner_vlan),
        };
        let (identity, first_ts) = (&mut self.identity, self.first_ts);
        summary.tell(row, identity.ends.proto, |at, row| out.emit(identity, first_ts, Dir::Orig, at, row));
    }

    pub fn ends(&self) -> &Ends {
        &self.identity.ends
    }
}

/// Where [`Counters::said`] tells of a letter; nowhere of one that is not said once a side.
const fn said(letter: u8) -> u16 {
    match letter {
        b'S' => 1,
        b'H' => 2,
        b'A' => 4,
        b'D' => 8,
        b'F' => 16,
        b'R' => 32,
        b'I' => 64,
        b'Q' => 128,
        b'^' => 256,
        _ => 0,
    }
}

/// Counts a packet that `dir` sent.
pub fn count(counters: &mut [Counters; 2], dir: Dir, ip_len: usize, payload: usize, link: &Link) {
    let [orig, resp] = counters;
    let (sender, receiver) = if dir == Dir::Orig { (orig, resp) } else { (resp, orig) };
    if sender.packets == 0 {
        (sender.vlan, sender.hops, sender.tunnel) = (link.vlan, Some(link.hops), link.tunnel);
    }
    sender.packets += 1;
    sender.ip_bytes += ip_len as u64;
    sender.bytes += payload as u64;
    sender.l2 = sender.l2.or(link.src);
    receiver.l2 = receiver.l2.or(link.dst);
}

fn int(n: u64) -> Option<i64> {
    Some(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What a row tells of every connection, whatever was kept of it.
pub struct Summary<'a> {
    /// Time of the first and of the last packet.
    pub span: (i64, i64),
    pub counters: &'a [Counters; 2],
    /// Outer and inner, of the first packet.
    pub vlans: (Option<u16>, Option<u16>),
}

impl Summary<'_> {
    /// The row with the rest filled in, and what tells it from others of its connection.
    pub fn tell(&self, row: Conn<'_>, ip_proto: u8, emit: impl FnOnce(u64, &Conn<'_>)) {
        let [orig, resp] = self.counters;
        let number;
        let proto = match ip_proto {
            1 | 58 => "icmp",
            6 => "tcp",
            17 => "udp",
            other => {
                number = other.to_string();
                number.as_str()
            }
        };
        let l2 = [orig.l2, resp.l2].map(|mac| mac.as_ref().map(mac_text));
        // Of a side that sent nothing the other one tells where it is sent to.
        let end = |mine: &Counters, other: &Counters| mine.tunnel.map(|t| t.src).or(other.tunnel.map(|t| t.dst));
        let tunnel_ends = [end(orig, resp), end(resp, orig)].map(|end| end.map(|bytes| address(u128::from_be_bytes(bytes)).to_string()));
        let (first, last) = self.span;
        let row = Conn {
            proto: Some(proto),
            duration: Some(last.saturating_sub(first) as f64 / 1e9),
            orig_pkts: int(orig.packets),
            orig_ip_bytes: int(orig.ip_bytes),
            resp_pkts: int(resp.packets),
            resp_ip_bytes: int(resp.ip_bytes),
            orig_l2_addr: l2[0].as_deref(),
            resp_l2_addr: l2[1].as_deref(),
            // A mirror may tag one direction only.
            vlan: self.vlans.0.or(orig.vlan).or(resp.vlan).map(i64::from),
            inner_vlan: self.vlans.1.map(i64::from),
            orig_ttl: orig.hops.map(i64::from),
            resp_ttl: resp.hops.map(i64::from),
            tunnel: orig.tunnel.or(resp.tunnel).map(|tunnel| tunnel.kind.name()),
            tunnel_orig_h: tunnel_ends[0].as_deref(),
            tunnel_resp_h: tunnel_ends[1].as_deref(),
            ip_proto: Some(i64::from(ip_proto)),
            ..row
        };
        let interim = u64::from(row.interim == Some(true));
        let at = orig.packets.wrapping_add(resp.packets.rotate_left(32)) << 1 | interim;
        emit(at, &row);
    }
}

#[cfg(test)]
mod tests;
