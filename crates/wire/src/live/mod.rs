//! Packets as they come: rings of an interface, each with a thread and a pipeline of its own, whose rows leave at least once a second.

mod privileges;
mod ring;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arrow_array::RecordBatch;

use crate::capture::Packet;
use crate::kept::keeper::{Basket, Keeper, Plan as Keep, Status};
use crate::keys::Keys;
use crate::limits;
use crate::pipeline::Pipeline;
use ring::{Plan, Ring};

/// What is to be heard, and how.
#[derive(Clone, Debug)]
pub struct Ear {
    pub interface: String,
    /// Rings, each with a thread: packets of one connection go to one of them.
    pub rings: usize,
    /// Bytes of each ring.
    pub bytes: usize,
    /// Also packets that are for others: what a mirror port is for.
    pub promiscuous: bool,
    /// User and group that root becomes once it listens: those whom the lake belongs to.
    pub owner: Option<(u32, u32)>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    packets: AtomicU64,
    dropped: AtomicU64,
    error: Mutex<Option<String>>,
}

/// An interface that is listened to until it is stopped or gone.
pub struct Live {
    rows: Receiver<(&'static str, RecordBatch)>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    interface: String,
    /// To each thread, one basket for the packets that are to be kept.
    baskets: Vec<Sender<Basket>>,
    keeper: OnceLock<Keeper>,
}

/// What came within a time.
pub enum Heard {
    Rows(&'static str, RecordBatch),
    Nothing,
    /// Stopped, and every row was handed over.
    End,
}

impl Live {
    /// Begins to listen, and gives up every privilege of the caller. `keys` makes the site's keys, once for each ring. Needs CAP_NET_RAW; an unknown interface is `NotFound`.
    pub fn open(ear: &Ear, keys: impl Fn() -> Keys, sensor: &str) -> io::Result<Live> {
        let many = ear.rings.clamp(1, limits::LIVE_RINGS);
        let fanout = (many > 1).then(|| std::process::id() as u16);
        let plan = Plan {
            bytes: ear.bytes,
            fanout,
            promiscuous: ear.promiscuous,
        };
        let rings = (0..many)
            .map(|_| Ring::open(&ear.interface, plan))
            .collect::<io::Result<Vec<_>>>()?;
        privileges::drop_all(ear.owner)?;
        let (to, rows) = sync_channel(limits::LIVE_BATCHES);
        let shared = Arc::new(Shared::default());
        let mut baskets = Vec::new();
        let threads = rings.into_iter().map(|ring| {
            let pipeline = Pipeline::new(keys(), sensor.to_owned());
            let (basket, keep) = channel();
            baskets.push(basket);
            let (to, shared, interface) = (to.clone(), shared.clone(), ear.interface.clone());
            std::thread::Builder::new()
                .name("sensor".to_owned())
                .spawn(move || listen(ring, &interface, pipeline, &keep, &to, &shared))
        });
        let threads = threads.collect::<io::Result<Vec<_>>>()?;
        Ok(Live {
            rows,
            shared,
            threads,
            interface: ear.interface.clone(),
            baskets,
            keeper: OnceLock::new(),
        })
    }

    /// From now on keeps the packets too, sealed, until listening ends; once.
    pub fn keep(&self, plan: Keep) -> io::Result<()> {
        let (keeper, baskets) = Keeper::open(plan, &self.interface, self.baskets.len())?;
        self.keeper.set(keeper).map_err(|_| io::ErrorKind::AlreadyExists)?;
        for (to, basket) in self.baskets.iter().zip(baskets) {
            // A ring that has ended needs none.
            drop(to.send(basket));
        }
        Ok(())
    }

    /// What has become of packets that are to be kept, if any are.
    pub fn kept(&self) -> Option<Status> {
        self.keeper.get().map(Keeper::status)
    }

    pub fn next(&self, wait: Duration) -> Heard {
        match self.rows.recv_timeout(wait) {
            Ok((stream, batch)) => Heard::Rows(stream, batch),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                if let Some(keeper) = self.keeper.get() {
                    keeper.finish();
                }
                Heard::End
            }
        }
    }

    /// Ends every connection and hands over the last rows; they come with [`next`](Self::next).
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    pub fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::Relaxed)
    }

    /// Packets that came faster than they were read.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Why listening ended by itself.
    pub fn error(&self) -> Option<String> {
        self.shared.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop();
        // Whoever waits to hand rows over must not wait for ever.
        while !matches!(self.next(Duration::from_millis(limits::LIVE_WAIT_MS)), Heard::End) {}
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// One ring, until it is stopped or its interface is gone.
fn listen(
    mut ring: Ring,
    interface: &str,
    mut pipeline: Pipeline,
    keep: &Receiver<Basket>,
    rows: &SyncSender<(&'static str, RecordBatch)>,
    shared: &Shared,
) {
    let wait = Duration::from_millis(limits::LIVE_WAIT_MS);
    let mut left = Instant::now();
    let mut basket: Option<Basket> = None;
    while !shared.stop.load(Ordering::Relaxed) {
        if basket.is_none() {
            basket = keep.try_recv().ok();
        }
        let take = |packet: Packet<'_>| {
            if let Some(basket) = &mut basket {
                basket.add(&packet);
            }
            pipeline.packet(packet);
        };
        match ring.block(wait, take) {
            Ok(packets) => drop(shared.packets.fetch_add(packets as u64, Ordering::Relaxed)),
            Err(error) => {
                *shared.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                shared.stop.store(true, Ordering::Relaxed);
            }
        }
        let all = left.elapsed() >= Duration::from_millis(limits::LIVE_FLUSH_MS);
        if all {
            left = Instant::now();
            let dropped = ring.statistics().map_or(0, |(_, dropped)| dropped);
            shared.dropped.fetch_add(dropped, Ordering::Relaxed);
            pipeline.heard(interface, dropped);
            pipeline.now(nanoseconds());
            if let Some(basket) = &mut basket {
                basket.turn();
            }
        }
        if !hand_over(&mut pipeline, all, rows) {
            return;
        }
    }
    pipeline.now(nanoseconds());
    while !pipeline.finish_some() {
        if !hand_over(&mut pipeline, true, rows) {
            return;
        }
    }
    hand_over(&mut pipeline, true, rows);
}

/// Rows that are due; false if nobody takes them any more.
fn hand_over(pipeline: &mut Pipeline, all: bool, rows: &SyncSender<(&'static str, RecordBatch)>) -> bool {
    while let Some(batch) = pipeline.batch(all) {
        if rows.send(batch).is_err() {
            return false;
        }
    }
    true
}

fn nanoseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
