//! Connections spread over threads: who reads packets finds the thread of each datagram's connection and hands it over.
//!
//! Every thread hears each second begin, as one alone would, so that the rows are the same however many there are.

use std::ops::Range;
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

/// What a thread is to do, in order.
enum Item {
    Datagram {
        link: Link,
        /// Without its payload.
        bare: Datagram<'static>,
        payload: Place,
        ts: i64,
    },
    /// A second has begun.
    Tick(i64),
    /// What was heard so far is to be told.
    Tell,
}

/// Where bytes stand: in the block of this number, or in the load's own.
struct Place {
    block: Option<usize>,
    at: Range<usize>,
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
        if let Some((block, at)) = block.and_then(|block| Some((block, place_in(block, bytes)?))) {
            if !self.blocks.last().is_some_and(|last| Arc::ptr_eq(last, block)) {
                self.blocks.push(block.clone());
            }
            let block = Some(self.blocks.len() - 1);
            return Place { block, at };
        }
        let start = self.own.len();
        self.own.extend_from_slice(bytes);
        Place {
            block: None,
            at: start..self.own.len(),
        }
    }

    fn clear(&mut self) {
        self.items.clear();
        self.blocks.clear();
        self.own.clear();
    }
}

impl Place {
    fn of<'a>(&self, blocks: &'a [Block], own: &'a [u8]) -> &'a [u8] {
        let bytes = match self.block {
            Some(number) => blocks.get(number).map(|block| block.as_slice()),
            None => Some(own),
        };
        bytes.and_then(|bytes| bytes.get(self.at.clone())).unwrap_or_default()
    }
}

/// Where in `block` these very bytes are.
fn place_in(block: &Block, bytes: &[u8]) -> Option<Range<usize>> {
    let at = (bytes.as_ptr() as usize).checked_sub(block.as_ptr() as usize)?;
    let end = at.checked_add(bytes.len())?;
    (end <= block.len()).then_some(at..end)
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

/// The threads that follow connections.
pub struct Spread {
    lanes: Vec<Lane>,
    hasher: RandomState,
    second: i64,
    /// Where the next datagrams stand.
    block: Option<Block>,
}

impl Spread {
    /// Begins as many threads as there are outputs; their rows go to `rows`.
    pub fn new(outputs: Vec<Output>, rows: &SyncSender<Rows>) -> std::io::Result<Spread> {
        let many = outputs.len();
        let lanes = outputs.into_iter().map(|out| Lane::new(Flows::one_of(many), out, rows.clone()));
        Ok(Spread {
            lanes: lanes.collect::<std::io::Result<_>>()?,
            hasher: RandomState::new(),
            second: i64::MIN,
            block: None,
        })
    }

    /// The next datagrams stand in this block.
    pub fn stands_in(&mut self, block: &Block) {
        if !self.block.as_ref().is_some_and(|known| Arc::ptr_eq(known, block)) {
            self.block = Some(block.clone());
        }
    }

    /// Hands over one whole IP datagram.
    pub fn datagram(&mut self, link: &Link, datagram: &Datagram<'_>, ts: i64) {
        let second = ts.div_euclid(1_000_000_000);
        if second != self.second {
            self.second = second;
            self.lanes.iter_mut().for_each(|lane| lane.put(Item::Tick(ts)));
        }
        let at = self.lane_of(datagram);
        if let Some(lane) = self.lanes.get_mut(at) {
            let payload = lane.load.keep(datagram.payload, self.block.as_ref());
            let bare = Datagram { payload: &[], ..*datagram };
            lane.put(Item::Datagram {
                link: *link,
                bare,
                payload,
                ts,
            });
        }
    }

    /// What all of them have heard of the datagrams so far.
    pub fn heard(&mut self) -> Heard {
        for lane in &mut self.lanes {
            lane.put(Item::Tell);
            lane.send();
        }
        self.all_heard()
    }

    /// Ends every connection, and gives what was heard in all. The last rows have left when it returns.
    pub fn finish(&mut self) -> Heard {
        for lane in &mut self.lanes {
            lane.send();
            // A channel that is closed is the end of the input.
            let (closed, _) = sync_channel(0);
            lane.to = closed;
        }
        self.all_heard()
    }

    fn all_heard(&mut self) -> Heard {
        self.lanes.iter_mut().map(Lane::heard).fold(Heard::default(), |all, one| all + one)
    }

    /// Both directions of a connection go to one thread. Of what has no ports the addresses alone tell.
    fn lane_of(&self, datagram: &Datagram<'_>) -> usize {
        let ports = match datagram.proto {
            6 | 17 | 132 => be32(datagram.payload, 0).unwrap_or(0),
            _ => 0,
        };
        let ends = [(datagram.src, ports >> 16), (datagram.dst, ports & 0xffff)];
        let low = ends.iter().min();
        let high = ends.iter().max();
        let hash = self.hasher.hash_one((low, high));
        (hash % self.lanes.len().max(1) as u64) as usize
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
        let _ = self.tell.send(self.flows.heard());
    }

    /// False if nobody takes the rows any more.
    fn unload(&mut self, load: &mut Load) -> bool {
        for item in &load.items {
            match item {
                Item::Datagram { link, bare, payload, ts } => {
                    let payload = payload.of(&load.blocks, &load.own);
                    self.flows.datagram(link, &Datagram { payload, ..*bare }, *ts, &mut self.out);
                }
                Item::Tick(ts) => self.flows.now(*ts, &mut self.out),
                Item::Tell => {
                    let _ = self.tell.send(self.flows.heard());
                }
            }
        }
        load.clear();
        hand_over(&mut self.out, false, &self.rows)
    }
}
