//! Packets in, Arrow batches out: the whole sensor core.

use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::awaited::{Awaited, Seen};
use crate::capture::{Block, Packet};
use crate::checksum;
use crate::clock::Clock;
use crate::context::Output;
use crate::copies::{Copies, Copy};
use crate::flows::{Flows, Heard};
use crate::fragments::Fragments;
use crate::ip::{self, Datagram};
use crate::keys::Keys;
use crate::limits;
use crate::link::{self, Content, Link};
use crate::protocols::arp;
use crate::protocols::stats::{Counted, Minutes};
use crate::spread::Spread;
use crate::transfers::Transfer;
use crate::tunnel;

/// Turns packets into rows.
pub struct Pipeline {
    clock: Clock,
    copies: Copies,
    flows: Box<Flows>,
    /// Threads that follow a share of the connections.
    spread: Option<Spread>,
    fragments: Fragments,
    awaited: Awaited,
    minutes: Minutes,
    counted: Counted,
    /// What connections in threads of their own told when they were last asked.
    heard: Heard,
    /// What time it was said to be.
    now: i64,
    pub out: Output,
    malformed: u64,
    /// Microseconds since 1970 of the first and last packet, by time.
    pub first_ts: Option<i64>,
    pub last_ts: Option<i64>,
}

impl Pipeline {
    pub fn new(keys: Keys, sensor: String) -> Pipeline {
        Pipeline {
            clock: Clock::default(),
            copies: Copies::default(),
            flows: Box::default(),
            spread: None,
            fragments: Fragments::default(),
            awaited: Awaited::default(),
            minutes: Minutes::default(),
            counted: Counted::default(),
            heard: Heard::default(),
            now: i64::MIN,
            out: Output::new(keys, sensor),
            malformed: 0,
            first_ts: None,
            last_ts: None,
        }
    }

    /// One of so many that share what may be remembered and held.
    pub fn one_of(among: usize, keys: Keys, sensor: String) -> Pipeline {
        Pipeline {
            flows: Box::new(Flows::one_of(among)),
            ..Pipeline::new(keys, sensor)
        }
    }

    /// Has a share of the connections followed in threads. The rows of those leave by themselves; what is made here leaves as ever.
    pub fn spread(&mut self, spread: Spread) {
        *self.flows = spread.ours();
        self.spread = Some(spread);
    }

    /// The next packet stands in this block: where connections are followed elsewhere, it is not copied.
    pub fn stands_in(&mut self, block: &Block) {
        if let Some(spread) = &mut self.spread {
            spread.stands_in(block);
        }
    }

    /// Takes the next packet.
    pub fn packet(&mut self, packet: Packet<'_>) {
        self.counted.packets += 1;
        if !self.clock.in_step(packet.ts) {
            if let Some(right) = self.clock.wait(&packet) {
                right.packets().for_each(|packet| self.take(packet));
            }
            return;
        }
        if let Some(wrong) = self.clock.go_on(packet.ts) {
            wrong.packets().for_each(|packet| self.take(packet));
        }
        self.take(packet);
    }

    fn take(&mut self, packet: Packet<'_>) {
        let us = packet.ts.div_euclid(1000);
        let counted = &mut self.counted;
        counted.bytes += packet.wire_len as u64;
        counted.truncated += u64::from(packet.data.len() < packet.wire_len);
        counted.giants += u64::from(packet.wire_len > limits::FRAME);
        counted.late += u64::from(self.last_ts.is_some_and(|last| us.saturating_add(limits::LATE / 1000) < last));
        self.first_ts = Some(self.first_ts.map_or(us, |first| first.min(us)));
        self.last_ts = Some(self.last_ts.map_or(us, |last| last.max(us)));
        let (link, content) = link::decode(packet.link, packet.data, packet.wire_len);
        // The bit of a group address: the first of the first byte on the wire (IEEE 802 section 8.2.2).
        counted.unicast += u64::from(link.dst.is_some_and(|[first, ..]| first & 1 == 0));
        match content {
            Content::Other => counted.other += 1,
            _ => self.content(&link, &content, packet.ts, 0),
        }
        if self.minutes.due(packet.ts) {
            self.tell(packet.ts);
        }
    }

    /// Writes what was heard since it was last told.
    fn tell(&mut self, ts: i64) {
        self.flows.catch_up(&mut self.out);
        if let Some(spread) = &mut self.spread {
            self.heard = spread.heard();
        }
        self.tell_heard(ts);
    }

    /// What connections have told: in threads of their own, when they were last asked.
    fn told(&self) -> Heard {
        self.flows.heard(&self.out) + self.heard
    }

    fn tell_heard(&mut self, ts: i64) {
        let Heard {
            census,
            evicted,
            files_given_up,
            ..
        } = self.told();
        let counted = Counted {
            undecoded: self.undecoded(),
            wrong_stamps: self.clock.wrong,
            clock_steps: self.clock.steps,
            conns: census.conns,
            one_way: census.one_way,
            midstream: census.midstream,
            vlan_one_way: census.vlan_one_way,
            missed_bytes: census.missed_bytes,
            conn_bytes: census.bytes,
            evicted,
            files_given_up,
            ..self.counted
        };
        self.minutes.tell(ts, &counted, &mut self.out);
    }

    /// Whether the packet is a copy of one that came a moment ago; if so, it is counted.
    fn is_copy(&mut self, copy: Copy) -> bool {
        match copy {
            Copy::First => return false,
            Copy::Again => self.counted.copies += 1,
            Copy::Routed => self.counted.routed_copies += 1,
        }
        true
    }

    /// `depth`: packets around this one.
    fn content(&mut self, link: &Link, content: &Content<'_>, ts: i64, depth: usize) {
        match content {
            Content::Ip(datagram) => {
                let copy = self.copies.of(datagram, ts);
                if !self.is_copy(copy) {
                    self.check(datagram);
                    match datagram.fragment {
                        None => self.datagram(link, datagram, ts, depth),
                        Some(_) => self.fragment(link, datagram, ts, depth),
                    }
                }
            }
            Content::Arp(bytes) => {
                let copy = self.copies.of_arp(bytes, ts);
                if !self.is_copy(copy) {
                    arp::packet(bytes, link.src, ts, &mut self.out);
                }
            }
            // What a tunnel carries beside IP and ARP: the tunnel itself was counted.
            Content::Other => {}
            Content::Malformed => self.malformed += 1,
        }
    }

    /// Looks at the checksum of some packets. A wrong one changes nothing: what the ends have made of it is seen in the stream.
    fn check(&mut self, datagram: &Datagram<'_>) {
        if self.counted.packets % limits::CHECKSUM_EVERY == 1 && datagram.ip_len <= limits::FRAME {
            if let Some(holds) = checksum::holds(datagram) {
                self.counted.checksums += 1;
                self.counted.wrong_checksums += u64::from(!holds);
            }
        }
    }

    /// A tunnel is a connection of its ends, and what it carries is another.
    fn datagram(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, depth: usize) {
        let awaited = Link { awaited: true, ..*link };
        let seen = match self.awaited.see(datagram, ts) {
            Seen::Nothing => link,
            Seen::Begins => &awaited,
            Seen::Tells(transfer) => {
                self.transfer(*transfer);
                link
            }
        };
        if !self.is_handed_over(seen, datagram, ts) {
            self.flows.datagram(seen, datagram, ts, &mut self.out);
        }
        if let Some(inner) = tunnel::inner(datagram).filter(|_| depth < limits::NESTING) {
            let (link, content) = link::decode_inner(link, &inner);
            self.content(&link, &content, ts, depth + 1);
        }
    }

    /// Whoever may follow the data connection hears what it carries.
    fn transfer(&mut self, transfer: Transfer) {
        self.out.transfers.tell(&transfer);
        if let Some(spread) = &mut self.spread {
            spread.transfer(&Arc::new(transfer));
        }
    }

    /// Whether a thread beside this one follows the datagram's connection; then it has it now.
    fn is_handed_over(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64) -> bool {
        let Some(spread) = &mut self.spread else { return false };
        if spread.begins(ts) {
            self.flows.now(ts, &mut self.out);
        }
        spread.datagram(link, datagram, ts)
    }

    fn fragment(&mut self, link: &Link, fragment: &Datagram<'_>, ts: i64, depth: usize) {
        let Some(whole) = self.fragments.add(fragment, ts) else { return };
        match ip::put_together(fragment, whole.proto, &whole.payload, whole.ip_len) {
            // A fragment may hold a fragment.
            Some(datagram) if depth < limits::NESTING && datagram.fragment.is_none() => self.datagram(link, &datagram, ts, depth),
            Some(datagram) if depth < limits::NESTING => self.fragment(link, &datagram, ts, depth + 1),
            _ => self.malformed += 1,
        }
    }

    /// It is `ts`, whether or not packets say so: what waited for its time is taken, and silence ends connections.
    pub fn now(&mut self, ts: i64) {
        let waited = self.clock.settle();
        waited.packets().for_each(|packet| self.take(packet));
        self.flows.now(ts, &mut self.out);
        if let Some(spread) = &mut self.spread {
            spread.begins(ts);
        }
        self.now = ts;
        if self.minutes.due(ts) {
            self.tell(ts);
        }
    }

    /// The packets come from this interface, which has dropped so many more.
    pub fn heard(&mut self, interface: &str, dropped: u64) {
        self.minutes.interface.get_or_insert_with(|| interface.to_owned());
        self.counted.dropped = Some(self.counted.dropped.unwrap_or(0) + dropped);
    }

    /// The input is over.
    pub fn finish(&mut self) {
        while !self.finish_some() {}
    }

    /// The input is over: gives about one batch of the rows that are left, and says whether they were the last.
    pub fn finish_some(&mut self) -> bool {
        let left = self.clock.settle();
        left.packets().for_each(|packet| self.take(packet));
        self.fragments.finish();
        if let Some(spread) = &mut self.spread {
            spread.close();
        }
        if !self.flows.finish(&mut self.out) {
            return false;
        }
        if let Some(spread) = &mut self.spread {
            self.heard = spread.finish();
        }
        let last = self.last_ts.map_or(i64::MIN, |us| us.saturating_mul(1000));
        self.tell_heard(last.max(self.now));
        true
    }

    pub fn packets(&self) -> u64 {
        self.counted.packets
    }

    /// Frames that hold neither IP nor ARP.
    pub fn other(&self) -> u64 {
        self.counted.other
    }

    /// Packets whose IP, TCP, UDP or ICMP header could not be read, and datagrams that were never put together.
    pub fn undecoded(&self) -> u64 {
        self.malformed + self.told().malformed + self.fragments.given_up
    }

    /// Packets whose time could not be and was taken from the packet before.
    pub fn wrong_stamps(&self) -> u64 {
        self.clock.wrong
    }

    /// Fragments that held other bytes than what came first.
    pub fn disagreements(&self) -> u64 {
        self.fragments.disagreements
    }

    pub fn evicted(&self) -> u64 {
        self.told().evicted
    }

    /// Bytes held over all connections, for whatever reason.
    pub fn held(&self) -> usize {
        self.flows.held()
    }

    /// A batch that is due: full, or `all` for whatever waits.
    pub fn batch(&mut self, all: bool) -> Option<(&'static str, RecordBatch)> {
        self.out.batch(all)
    }
}
