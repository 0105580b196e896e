//! Captures in, Arrow batches out: the whole sensor core as one pull.

use std::path::PathBuf;

use arrow_array::RecordBatch;

use crate::capture::{Captures, Packet, Refused};
use crate::clock::Clock;
use crate::context::Output;
use crate::flows::Flows;
use crate::fragments::Fragments;
use crate::ip::{self, Datagram};
use crate::keys::Keys;
use crate::limits;
use crate::link::{self, Content, Link};
use crate::protocols::arp;
use crate::tunnel;

/// Turns packets into rows.
pub struct Pipeline {
    clock: Clock,
    flows: Flows,
    fragments: Fragments,
    pub out: Output,
    pub packets: u64,
    /// Frames that hold no IP or ARP, or whose headers cannot be.
    pub other: u64,
    pub malformed: u64,
    /// Microseconds since 1970 of the first and last packet, by time.
    pub first_ts: Option<i64>,
    pub last_ts: Option<i64>,
}

impl Pipeline {
    pub fn new(keys: Keys, sensor: String) -> Pipeline {
        Pipeline {
            clock: Clock::default(),
            flows: Flows::default(),
            fragments: Fragments::default(),
            out: Output::new(keys, sensor),
            packets: 0,
            other: 0,
            malformed: 0,
            first_ts: None,
            last_ts: None,
        }
    }

    /// Takes the next packet.
    pub fn packet(&mut self, packet: Packet<'_>) {
        self.packets += 1;
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
        self.first_ts = Some(self.first_ts.map_or(us, |first| first.min(us)));
        self.last_ts = Some(self.last_ts.map_or(us, |last| last.max(us)));
        let (link, content) = link::decode(packet.link, packet.data, packet.wire_len);
        match content {
            Content::Other => self.other += 1,
            content => self.content(&link, content, packet.ts, 0),
        }
    }

    /// `depth`: packets around this one.
    fn content(&mut self, link: &Link, content: Content<'_>, ts: i64, depth: usize) {
        match content {
            Content::Ip(datagram) if datagram.fragment.is_none() => self.datagram(link, &datagram, ts, depth),
            Content::Ip(fragment) => self.fragment(link, &fragment, ts, depth),
            Content::Arp(bytes) => arp::packet(bytes, link.src, ts, &mut self.out),
            // What a tunnel carries beside IP and ARP: the tunnel itself was counted.
            Content::Other => {}
            Content::Malformed => self.malformed += 1,
        }
    }

    /// A tunnel is a connection of its ends, and what it carries is another.
    fn datagram(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64, depth: usize) {
        self.flows.datagram(link, datagram, ts, &mut self.out);
        if let Some(inner) = tunnel::inner(datagram).filter(|_| depth < limits::NESTING) {
            let (link, content) = link::decode_inner(link, &inner);
            self.content(&link, content, ts, depth + 1);
        }
    }

    fn fragment(&mut self, link: &Link, fragment: &Datagram<'_>, ts: i64, depth: usize) {
        let Some(whole) = self.fragments.add(fragment, ts) else { return };
        match ip::put_together(fragment, whole.proto, &whole.payload, whole.ip_len) {
            // A fragment may hold a fragment.
            Some(datagram) if depth < limits::NESTING => self.content(link, Content::Ip(datagram), ts, depth + 1),
            _ => self.malformed += 1,
        }
    }

    /// It is `ts`, whether or not packets say so: what waited for its time is taken, and silence ends connections.
    pub fn now(&mut self, ts: i64) {
        let waited = self.clock.settle();
        waited.packets().for_each(|packet| self.take(packet));
        self.flows.now(ts, &mut self.out);
    }

    /// The input is over.
    pub fn finish(&mut self) {
        let left = self.clock.settle();
        left.packets().for_each(|packet| self.take(packet));
        self.fragments.finish();
        self.flows.finish(&mut self.out);
    }

    /// Packets whose IP, TCP, UDP or ICMP header could not be read, and datagrams that were never put together.
    pub fn undecoded(&self) -> u64 {
        self.malformed + self.flows.malformed + self.fragments.given_up
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
        self.flows.evicted
    }

    /// Bytes held over all connections, for whatever reason.
    pub fn held(&self) -> usize {
        self.flows.held()
    }

    /// A batch that is due: full, or `all` for whatever waits.
    pub fn batch(&mut self, all: bool) -> Option<(&'static str, RecordBatch)> {
        let due = |rows: usize, bytes: usize| rows >= limits::BATCH_ROWS || bytes >= limits::BATCH_BYTES || (all && rows > 0);
        let table = self.out.tables.iter_mut().find(|t| due(t.rows(), t.bytes()))?;
        Some((table.spec().name, table.finish()))
    }
}

/// Reads captures to their end.
pub struct Reader {
    pub captures: Captures,
    pub pipeline: Pipeline,
    finished: bool,
}

/// Packets between two looks at whether a batch is due.
const STRIDE: usize = 256;

impl Reader {
    /// `paths` are files, folders or `-`; a path that is no capture is refused before anything is read.
    pub fn open(paths: &[PathBuf], keys: Keys, sensor: String) -> Result<Reader, Refused> {
        Ok(Reader {
            captures: Captures::open(paths)?,
            pipeline: Pipeline::new(keys, sensor),
            finished: false,
        })
    }

    /// The next batch and the stream that it belongs to, or `None` when there is none before about `packets` more packets or the end;
    /// [`finished`](Self::finished) tells which.
    pub fn next(&mut self, packets: usize) -> Option<(&'static str, RecordBatch)> {
        let mut left = packets;
        loop {
            if let Some(batch) = self.pipeline.batch(self.finished) {
                return Some(batch);
            }
            if self.finished || left == 0 {
                return None;
            }
            for _ in 0..STRIDE {
                let pipeline = &mut self.pipeline;
                if !self.captures.next(|packet| pipeline.packet(packet)) {
                    pipeline.finish();
                    self.finished = true;
                    break;
                }
            }
            left = left.saturating_sub(STRIDE);
        }
    }

    pub fn finished(&self) -> bool {
        self.finished
    }
}
