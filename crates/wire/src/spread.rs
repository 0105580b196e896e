//! Connections spread over threads: who reads packets follows a share of them itself, and hands the datagrams of the others to their threads.
//!
//! Every thread hears each second begin, as one alone would, so that the rows are the same however many there are.

use std::sync::mpsc::{channel, sync_channel, Receiver, Sender, SyncSender};
use std::sync::Arc;
use std::thread::JoinHandle;

use ahash::RandomState;

use crate::bytes::be32;
use crate::capture::Block;
use crate::context::Output;
use crate::flows::{Flows, Heard};
use crate::ip::Datagram;
use crate::limits;
use crate::link::Link;
use crate::reader::{hand_over, Rows};
use crate::transfers::Transfer;

/// What a thread is to do, in order.
enum Item {
    Datagram(Handed),
    /// A second has begun.
    Tick(i64),
    /// A data connection of FTP that may be followed here carries this.
    Transfer(Arc<Transfer>),
    /// What was heard so far is to be told.
    Tell,
}

/// A whole datagram, its payload where that stands. Small, so that handing over costs little.
struct Handed {
    ts: i64,
    src: u128,
    dst: u128,
    ip_len: usize,
    cut: usize,
    link: Link,
    payload: Place,
    id: u16,
    hops: u8,
    proto: u8,
}

/// Where bytes stand: in the block of this number, or in the load's own.
struct Place {
    block: Option<u32>,
    at: u32,
    len: u32,
}

/// Some datagrams on their way to a thread.
#[derive(Default)]
struct Load {
    items: Vec<Item>,
    blocks: Vec<Block>,
    own: Vec<u8>,
}

impl Load {
    /// Keeps the bytes where they are if they stand in `block`.
    fn keep(&mut self, bytes: &[u8], block: Option<&Block>) -> Place {
        let len = bytes.len() as u32;
        if let Some((block, at)) = block.and_then(|block| Some((block, place_in(block, bytes)?))) {
            if !self.blocks.last().is_some_and(|last| Arc::ptr_eq(last, block)) {
                self.blocks.push(block.clone());
            }
            let block = Some(self.blocks.len() as u32 - 1);
            return Place { block, at, len };
        }
        let at = self.own.len() as u32;
        self.own.extend_from_slice(bytes);
        Place { block: None, at, len }
    }

    fn clear(&mut self) {
        self.items.clear();
        self.blocks.clear();
        self.own.clear();
    }
}

impl Handed {
    fn datagram<'a>(&self, blocks: &'a [Block], own: &'a [u8]) -> Datagram<'a> {
        Datagram {
            src: self.src,
            dst: self.dst,
            proto: self.proto,
            id: self.id,
            hops: self.hops,
            ip_len: self.ip_len,
            payload: self.payload.of(blocks, own),
            cut: self.cut,
            fragment: None,
        }
    }
}

impl Place {
    fn of<'a>(&self, blocks: &'a [Block], own: &'a [u8]) -> &'a [u8] {
        let bytes = match self.block {
            Some(number) => blocks.get(number as usize).map_or(&[][..], |block| block.as_slice()),
            None => own,
        };
        let at = self.at as usize;
        bytes.get(at..at.saturating_add(self.len as usize)).unwrap_or_default()
    }
}

/// Where in `block` these very bytes are.
fn place_in(block: &Block, bytes: &[u8]) -> Option<u32> {
    let at = (bytes.as_ptr() as usize).checked_sub(block.as_ptr() as usize)?;
    let end = at.checked_add(bytes.len())?;
    (end <= block.len()).then_some(at as u32)
}

/// One thread, and what is loaded for it.
struct Lane {
    load: Load,
    to: SyncSender<Load>,
    /// Loads that were unloaded, to be filled again.
    empty: Receiver<Load>,
    heard: Receiver<Heard>,
    thread: Option<JoinHandle<()>>,
}

/// The threads beside the one that reads, and what they follow.
pub struct Spread {
    lanes: Vec<Lane>,
    shares: Shares,
    hasher: RandomState,
    second: i64,
    /// Where the next datagrams stand.
    block: Option<Block>,
}

impl Spread {
    /// Begins as many threads as there are outputs; their rows go to `rows`.
    pub fn new(outputs: Vec<Output>, rows: &SyncSender<Rows>) -> std::io::Result<Spread> {
        let cores = outputs.len() + 1;
        let lanes = outputs.into_iter().map(|out| Lane::new(Flows::one_of(cores), out, rows.clone()));
        Ok(Spread {
            lanes: lanes.collect::<std::io::Result<_>>()?,
            shares: Shares::of(cores),
            hasher: RandomState::new(),
            second: i64::MIN,
            block: None,
        })
    }

    /// What follows the connections that stay with who reads.
    pub fn ours(&self) -> Flows {
        Flows::one_of(self.lanes.len() + 1)
    }

    /// The next datagrams stand in this block.
    pub fn stands_in(&mut self, block: &Block) {
        if !self.block.as_ref().is_some_and(|known| Arc::ptr_eq(known, block)) {
            self.block = Some(block.clone());
        }
    }

    /// It is `ts`: says whether that begins a second, which the threads are told.
    pub fn begins(&mut self, ts: i64) -> bool {
        let second = ts.div_euclid(1_000_000_000);
        let begins = second != self.second;
        if begins {
            self.second = second;
            self.lanes.iter_mut().for_each(|lane| lane.put(Item::Tick(ts)));
        }
        begins
    }

    /// Hands over one whole IP datagram; false if its connection stays with who reads.
    pub fn datagram(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64) -> bool {
        let Some(lane) = self.lane_of(datagram).and_then(|at| self.lanes.get_mut(at)) else {
            return false;
        };
        let payload = lane.load.keep(datagram.payload, self.block.as_ref());
        lane.put(Item::Datagram(Handed {
            ts,
            src: datagram.src,
            dst: datagram.dst,
            ip_len: datagram.ip_len,
            cut: datagram.cut,
            link: *link,
            payload,
            id: datagram.id,
            hops: datagram.hops,
            proto: datagram.proto,
        }));
        true
    }

    /// Every thread hears what a data connection carries: nobody knows yet which one follows it.
    pub fn transfer(&mut self, transfer: &Arc<Transfer>) {
        self.lanes.iter_mut().for_each(|lane| lane.put(Item::Transfer(transfer.clone())));
    }

    /// What all of them have heard of the datagrams so far.
    pub fn heard(&mut self) -> Heard {
        for lane in &mut self.lanes {
            lane.put(Item::Tell);
            lane.send();
        }
        self.all_heard()
    }

    /// Nothing more comes: the threads end their connections.
    pub fn close(&mut self) {
        for lane in &mut self.lanes {
            lane.send();
            // A channel that is closed is the end of the input.
            let (closed, _) = sync_channel(0);
            lane.to = closed;
        }
    }

    /// What was heard in all. The last rows of the threads have left when it returns.
    pub fn finish(&mut self) -> Heard {
        self.all_heard()
    }

    fn all_heard(&mut self) -> Heard {
        self.lanes.iter_mut().map(Lane::heard).fold(Heard::default(), |all, one| all + one)
    }

    /// Both directions of a connection go to one thread. Of what has no ports the addresses alone tell. `None`: who reads keeps it.
    fn lane_of(&mut self, datagram: &Datagram<'_>) -> Option<usize> {
        let ports = match datagram.proto {
            6 | 17 | 132 => be32(datagram.payload, 0).unwrap_or(0),
            _ => 0,
        };
        let ends = [(datagram.src, ports >> 16), (datagram.dst, ports & 0xffff)];
        let low = ends.iter().min();
        let high = ends.iter().max();
        let hash = self.hasher.hash_one((low, high));
        // Of two ports the lower one is that of the service, as a rule.
        let service = (ports >> 16).min(ports & 0xffff);
        self.shares.take(hash, service).checked_sub(1)
    }
}

/// Who follows which connections, so that each has its share of the work: 0 is who reads, whose share is smaller by the reading.
struct Shares {
    /// By hash of a connection; [`NOBODY`] as long as none of that hash was met.
    who: Box<[u8; PLACES]>,
    cores: Vec<Core>,
}

/// What one was given.
struct Core {
    /// How much it should be beside the others.
    share: u64,
    /// Connections, by what their service's port leaves.
    connections: [u64; SERVICES],
    datagrams: u64,
}

const PLACES: usize = 4096;
const SERVICES: usize = 251;
const NOBODY: u8 = u8::MAX;

impl Shares {
    fn of(cores: usize) -> Shares {
        let kept = limits::kept(cores);
        let others = 256u64.saturating_sub(kept) / (cores as u64 - 1).max(1);
        let core = |share: u64| Core {
            share: share.max(1),
            connections: [0; SERVICES],
            datagrams: 0,
        };
        Shares {
            who: Box::new([NOBODY; PLACES]),
            cores: std::iter::once(kept)
                .chain(std::iter::repeat_n(others, cores - 1))
                .map(core)
                .collect(),
        }
    }

    /// Who follows the connection of this hash, to whom a datagram is given. A connection stays where it began; it begins with who has fewest of
    /// its service, for those make about the same work, and of these with who was given least.
    fn take(&mut self, hash: u64, service: u32) -> usize {
        let Some(who) = self.who.get_mut(hash as usize % PLACES) else {
            return 0;
        };
        if *who == NOBODY {
            let service = service as usize % SERVICES;
            let after = |core: &Core| core.connections.get(service).map(|many| (many + 1) * 256 / core.share);
            let order = |core: &Core| (after(core), core.datagrams * 256 / core.share);
            let least = self.cores.iter_mut().enumerate().min_by_key(|(_, core)| order(core));
            let Some((number, core)) = least else { return 0 };
            if let Some(many) = core.connections.get_mut(service) {
                *many += 1;
            }
            *who = number as u8;
        }
        let who = usize::from(*who);
        if let Some(core) = self.cores.get_mut(who) {
            core.datagrams += 1;
        }
        who
    }
}

impl Drop for Spread {
    fn drop(&mut self) {
        for Lane { to, thread, .. } in self.lanes.drain(..) {
            drop(to);
            drop(thread.map(JoinHandle::join));
        }
    }
}

impl Lane {
    fn new(flows: Flows, out: Output, rows: SyncSender<Rows>) -> std::io::Result<Lane> {
        let (to, loads) = sync_channel(limits::LOADS);
        let (back, empty) = channel();
        let (tell, heard) = channel();
        let worker = Worker {
            flows,
            out,
            rows,
            back,
            tell,
        };
        let thread = std::thread::Builder::new().name("flows".to_owned());
        Ok(Lane {
            load: Load::default(),
            to,
            empty,
            heard,
            thread: Some(thread.spawn(move || worker.work(&loads))?),
        })
    }

    fn put(&mut self, item: Item) {
        self.load.items.push(item);
        if self.load.items.len() >= limits::LOAD_ITEMS || self.load.own.len() >= limits::LOAD_BYTES {
            self.send();
        }
    }

    /// What the thread says next. It says something before it ends, unless a fault of ours ended it: then that goes on here.
    fn heard(&mut self) -> Heard {
        self.heard
            .recv()
            .unwrap_or_else(|_| match self.thread.take().map(JoinHandle::join) {
                Some(Err(fault)) => std::panic::resume_unwind(fault),
                _ => Heard::default(),
            })
    }

    /// Waits where the thread has enough to do. If it is gone, that shows when it is asked.
    fn send(&mut self) {
        let next = self.empty.try_recv().unwrap_or_default();
        drop(self.to.send(std::mem::replace(&mut self.load, next)));
    }
}

/// What runs in a thread.
struct Worker {
    flows: Flows,
    out: Output,
    rows: SyncSender<Rows>,
    back: Sender<Load>,
    tell: Sender<Heard>,
}

impl Worker {
    fn work(mut self, loads: &Receiver<Load>) {
        for mut load in loads {
            if !self.unload(&mut load) {
                return;
            }
            drop(self.back.send(load));
        }
        while !self.flows.finish(&mut self.out) {
            if !hand_over(&mut self.out, true, &self.rows) {
                return;
            }
        }
        hand_over(&mut self.out, true, &self.rows);
        let _ = self.tell.send(self.flows.heard(&self.out));
    }

    /// False if nobody takes the rows any more.
    fn unload(&mut self, load: &mut Load) -> bool {
        for item in &load.items {
            match item {
                Item::Datagram(handed) => {
                    let datagram = handed.datagram(&load.blocks, &load.own);
                    self.flows.datagram(&handed.link, &datagram, handed.ts, &mut self.out);
                }
                Item::Tick(ts) => self.flows.now(*ts, &mut self.out),
                Item::Transfer(transfer) => self.out.transfers.tell(transfer),
                Item::Tell => {
                    self.flows.catch_up(&mut self.out);
                    let _ = self.tell.send(self.flows.heard(&self.out));
                }
            }
        }
        load.clear();
        hand_over(&mut self.out, false, &self.rows)
    }
}
