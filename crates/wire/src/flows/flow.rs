//! One connection: its counters, its state, and what it speaks.

use crate::context::{Ends, Identity, Output};
use crate::limits;
use crate::link::Link;
use crate::protocols::arp::mac_text;
use crate::protocols::conn::{tcp_state, Conn, Ending};
use crate::protocols::Dir;

use super::conversation::Speech;
use super::follow::{Follow, Where};
use super::reassembly::{Piece, Side};

#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    pub packets: u64,
    pub ip_bytes: u64,
    /// Payload bytes as sent, retransmissions included (UDP and ICMP; TCP counts by sequence).
    pub bytes: u64,
    pub l2: Option<[u8; 6]>,
    /// Letters of the history that this side has given.
    said: u16,
}

pub enum Transport {
    Tcp(Box<Tcp>),
    Udp(Speech),
    Other,
}

/// What a TCP connection needs beyond its counters.
#[derive(Default)]
pub struct Tcp {
    pub sides: [Side; 2],
    pub ending: Ending,
    pub follow: Follow,
    /// The capture shows its first SYN or SYN-ACK.
    pub from_start: bool,
}

pub struct Flow {
    pub identity: Identity,
    pub generation: u32,
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
    pub data: &'a [u8],
    /// Bytes of data that were not captured.
    pub cut: u32,
}

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

impl Flow {
    pub fn new(identity: Identity, generation: u32, ts: i64, link: &Link, transport: Transport) -> Flow {
        Flow {
            identity,
            generation,
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

    /// Counts a packet.
    pub fn count(&mut self, dir: Dir, ts: i64, ip_len: usize, payload: usize, link: &Link) {
        self.last_ts = self.last_ts.max(ts);
        if let Some(c) = self.counters.get_mut(dir as usize) {
            c.packets += 1;
            c.ip_bytes += ip_len as u64;
            c.bytes += payload as u64;
            c.l2 = c.l2.or(link.src);
        }
        if let Some(other) = self.counters.get_mut(dir.other() as usize) {
            other.l2 = other.l2.or(link.dst);
        }
    }

    /// Adds a letter to the history, once a side.
    pub fn say(&mut self, dir: Dir, letter: u8) {
        const LETTERS: &[u8] = b"SHADFRTGW^";
        let Some(bit) = LETTERS.iter().position(|&l| l == letter) else {
            return;
        };
        if let Some(c) = self.counters.get_mut(dir as usize) {
            if c.said & (1 << bit) == 0 {
                c.said |= 1 << bit;
                let shown = if dir == Dir::Orig { letter } else { letter.to_ascii_lowercase() };
                self.history.push(char::from(shown));
            }
        }
    }

    /// A new connection on the ports of an old one: its SYN is not a late copy of the one that was there.
    pub fn is_over(&self, dir: Dir, segment: &Segment<'_>) -> bool {
        let Transport::Tcp(tcp) = &self.transport else { return false };
        if segment.flags & (SYN | ACK) != SYN {
            return false;
        }
        let same = tcp
            .sides
            .get(dir as usize)
            .and_then(Side::first)
            .is_some_and(|first| first == segment.seq.wrapping_add(1));
        let ended = tcp.ending.rst.contains(&true) || tcp.ending.fin.contains(&true);
        let spoke = tcp.sides.iter().any(|s| s.stream > 0);
        !same && (ended || spoke || (tcp.ending.syn && tcp.ending.syn_ack))
    }

    pub fn segment(&mut self, dir: Dir, segment: &Segment<'_>, ts: i64, out: &mut Output) {
        self.letters(dir, segment);
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        let Tcp {
            sides: [orig, resp],
            ending,
            follow,
            from_start,
        } = tcp.as_mut();
        let (side, peer) = if dir == Dir::Orig { (orig, resp) } else { (resp, orig) };
        let data_seq = segment.seq.wrapping_add(u32::from(segment.flags & SYN != 0));
        if segment.flags & SYN != 0 {
            *from_start = true;
            side.begin(data_seq);
            match segment.flags & ACK != 0 {
                true => ending.syn_ack = true,
                false => ending.syn = true,
            }
        } else if ending.syn && ending.syn_ack {
            ending.established |= dir == Dir::Orig && segment.flags & ACK != 0;
        }
        let (before, retransmitted) = (side.missed, side.retransmitted);
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        let has_data = !segment.data.is_empty() || segment.cut > 0;
        if has_data || side.has_hole() {
            // Where the beginning was not captured, the first bytes seen are the beginning. After a SYN the other side's will come.
            if !*from_start && side.next().is_none() {
                side.begin(data_seq);
                follow.begin_midstream();
            }
            let unwanted = follow.unwanted(dir);
            let mut give = |piece: Piece<'_>| follow.piece(dir, piece, &mut at);
            if has_data {
                side.segment(data_seq, segment.data, segment.cut, ts, unwanted, &mut give);
                side.relieve(ts, &mut give);
            } else if segment.flags & SYN != 0 {
                side.segment(data_seq, &[], 0, ts, unwanted, &mut give);
            }
        }
        if segment.flags & ACK != 0 && peer.has_hole() {
            peer.acknowledged(segment.ack, ts, &mut |piece| follow.piece(dir.other(), piece, &mut at));
        }
        let (lost, again) = (side.missed > before, side.retransmitted && !retransmitted);
        for (bit, ended) in [(FIN, &mut ending.fin), (RST, &mut ending.rst)] {
            if let Some(ended) = ended.get_mut(dir as usize).filter(|_| segment.flags & bit != 0) {
                *ended = true;
            }
        }
        if lost {
            self.say(dir, b'G');
        }
        if again {
            self.say(dir, b'T');
        }
    }

    fn letters(&mut self, dir: Dir, segment: &Segment<'_>) {
        let syn = segment.flags & SYN != 0;
        if syn {
            self.say(dir, if segment.flags & ACK != 0 { b'H' } else { b'S' });
        }
        if !segment.data.is_empty() || segment.cut > 0 {
            self.say(dir, b'D');
        } else if segment.flags & (ACK | SYN | FIN | RST) == ACK {
            self.say(dir, b'A');
        }
        if segment.flags & FIN != 0 {
            self.say(dir, b'F');
        }
        if segment.flags & RST != 0 {
            self.say(dir, b'R');
        }
    }

    /// Bytes held for this connection: what came too early, and what its parser waits with.
    pub fn held(&self) -> usize {
        match &self.transport {
            Transport::Tcp(tcp) => tcp.follow.held() + tcp.sides.iter().map(Side::held).sum::<usize>(),
            Transport::Udp(_) | Transport::Other => 0,
        }
    }

    /// Lets go of all that is held: holes are declared, the parser is told of a gap.
    pub fn relieve(&mut self, ts: i64, out: &mut Output) {
        self.give_up_holes(ts, out);
        if let Transport::Tcp(tcp) = &mut self.transport {
            tcp.follow.relieve(&mut Where {
                ts,
                identity: &mut self.identity,
                out,
            });
        }
    }

    fn give_up_holes(&mut self, ts: i64, out: &mut Output) {
        let Transport::Tcp(tcp) = &mut self.transport else { return };
        let Tcp {
            sides: [orig, resp],
            follow,
            ..
        } = tcp.as_mut();
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        let lost = [(Dir::Orig, orig), (Dir::Resp, resp)].map(|(dir, side)| {
            let before = side.missed;
            side.finish(ts, &mut |piece| follow.piece(dir, piece, &mut at));
            (dir, side.missed > before)
        });
        for (dir, _) in lost.into_iter().filter(|(_, lost)| *lost) {
            self.say(dir, b'G');
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
            Transport::Tcp(tcp) if tcp.sides.iter().any(|s| s.stream > 0) || tcp.ending.established => limits::IDLE_TCP,
            Transport::Tcp(_) => limits::IDLE_HALF_OPEN,
            Transport::Udp(_) | Transport::Other => limits::IDLE_OTHER,
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
    pub fn finish(&mut self, cut_off: bool, out: &mut Output) {
        let ts = self.last_ts;
        self.give_up_holes(ts, out);
        let mut at = Where {
            ts,
            identity: &mut self.identity,
            out,
        };
        match &mut self.transport {
            Transport::Tcp(tcp) => tcp.follow.end(tcp.ending.fin, &mut at),
            Transport::Udp(speech) => speech.end(&mut at),
            Transport::Other => {}
        }
        let open = cut_off && matches!(self.transport, Transport::Tcp(_)) && !self.closed();
        self.row(false, open, out);
    }

    fn row(&mut self, interim: bool, partial: bool, out: &mut Output) {
        let [orig, resp] = self.counters;
        let ip_proto = self.identity.ends.proto;
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
        let (service, state, missed, bytes, midstream, disagreements) = match &self.transport {
            Transport::Tcp(tcp) => {
                let [a, b] = &tcp.sides;
                let state = tcp_state(&tcp.ending);
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
                    speech.service()
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
        let l2 = [orig.l2, resp.l2].map(|mac| mac.as_ref().map(mac_text));
        let int = |n: u64| Some(i64::try_from(n).unwrap_or(i64::MAX));
        let row = Conn {
            proto: Some(proto),
            service,
            duration: Some(self.last_ts.saturating_sub(self.first_ts) as f64 / 1e9),
            orig_bytes: int(bytes[0]),
            resp_bytes: int(bytes[1]),
            conn_state: Some(state),
            history: Some(&self.history),
            missed_bytes: int(missed),
            orig_pkts: int(orig.packets),
            orig_ip_bytes: int(orig.ip_bytes),
            resp_pkts: int(resp.packets),
            resp_ip_bytes: int(resp.ip_bytes),
            orig_l2_addr: l2[0].as_deref(),
            resp_l2_addr: l2[1].as_deref(),
            vlan: self.vlan.map(i64::from),
            inner_vlan: self.inner_vlan.map(i64::from),
            ip_proto: Some(i64::from(ip_proto)),
            interim: Some(interim),
            midstream: Some(midstream),
            partial: Some(partial),
            disagreements: int(disagreements),
            ..Conn::default()
        };
        let at = orig.packets.wrapping_add(resp.packets.rotate_left(32)) << 1 | u64::from(interim);
        out.emit(&mut self.identity, self.first_ts, Dir::Orig, at, &row);
    }

    pub fn ends(&self) -> &Ends {
        &self.identity.ends
    }
}
