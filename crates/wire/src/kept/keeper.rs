//! From the rings to the shelf: each ring fills a [`Basket`]; a thread of its own seals full ones and puts them on the shelf. When the disk is
//! slower than the wire, packets of the baskets are lost and counted; the rings never wait.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::pcapng;
use super::segment::{seal, Facts, SiteKey, HEAD};
use super::shelf::{Bounds, Shelf};
use crate::capture::Packet;
use crate::limits;

/// Where packets are kept, and how long.
#[derive(Clone)]
pub struct Plan {
    pub folder: PathBuf,
    pub bounds: Bounds,
    pub key: SiteKey,
}

/// What has become of the packets so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// On the shelf now.
    pub segments: u64,
    pub bytes: u64,
    /// Packets safe on disk since this run began, and those that could not be kept.
    pub kept: u64,
    pub lost: u64,
    /// Why nothing is kept just now.
    pub trouble: Option<String>,
}

#[derive(Default)]
struct Shared {
    segments: AtomicU64,
    bytes: AtomicU64,
    kept: AtomicU64,
    lost: AtomicU64,
    trouble: Mutex<Option<String>>,
    /// Buffers that are free again.
    empty: Mutex<Vec<Vec<u8>>>,
}

impl Shared {
    fn holds(&self, shelf: &Shelf) {
        self.segments.store(shelf.segments() as u64, Ordering::Relaxed);
        self.bytes.store(shelf.bytes(), Ordering::Relaxed);
    }
}

/// The thread that seals, until every basket is gone.
pub struct Keeper {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Packets of one ring on their way.
pub struct Basket {
    shared: Arc<Shared>,
    full: SyncSender<Full>,
    interface: String,
    segment: Full,
    /// Packets that came since `segment` was full and could not be handed over.
    lost: u64,
    began: Instant,
    age: Duration,
}

struct Full {
    bytes: Vec<u8>,
    facts: Facts,
}

impl Keeper {
    /// Opens the shelf; as many baskets as there are rings.
    pub fn open(plan: Plan, interface: &str, rings: usize) -> io::Result<(Keeper, Vec<Basket>)> {
        let shelf = Shelf::open(&plan.folder, plan.bounds, now())?;
        let (to, full) = sync_channel(limits::KEPT_WAITING);
        let shared = Arc::new(Shared::default());
        shared.holds(&shelf);
        let basket = |_| Basket {
            shared: shared.clone(),
            full: to.clone(),
            interface: interface.to_owned(),
            segment: empty(&shared),
            lost: 0,
            began: Instant::now(),
            age: Duration::from_millis(limits::KEPT_AGE_MS),
        };
        let baskets = (0..rings).map(basket).collect();
        let own = shared.clone();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || keep(shelf, &plan, &full, &own))?;
        let thread = Mutex::new(Some(thread));
        Ok((Keeper { shared, thread }, baskets))
    }

    pub fn status(&self) -> Status {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            segments: read(&self.shared.segments),
            bytes: read(&self.shared.bytes),
            kept: read(&self.shared.kept),
            lost: read(&self.shared.lost),
            trouble: self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Waits until all that the baskets held is on the shelf; they must be gone.
    pub fn finish(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(thread.map(JoinHandle::join));
    }
}

impl Basket {
    pub fn add(&mut self, packet: &Packet<'_>) {
        let held = self.segment.bytes.len();
        if held.saturating_add(pcapng::room(packet.data.len())) > limits::KEPT_SEGMENT && held > 0 && !self.hand_over() {
            self.lost = self.lost.saturating_add(1);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let Full { bytes, facts } = &mut self.segment;
        if bytes.is_empty() {
            bytes.resize(HEAD, 0);
            pcapng::section(bytes);
            pcapng::interface(bytes, &self.interface, packet.link);
            (facts.first, facts.last) = (packet.ts, packet.ts);
            facts.lost = std::mem::take(&mut self.lost);
            self.began = Instant::now();
        }
        pcapng::packet(bytes, packet);
        facts.first = facts.first.min(packet.ts);
        facts.last = facts.last.max(packet.ts);
        facts.packets = facts.packets.saturating_add(1);
    }

    /// Hands over what has waited long enough; to be called now and then.
    pub fn turn(&mut self) {
        if !self.segment.bytes.is_empty() && self.began.elapsed() >= self.age {
            self.hand_over();
        }
    }

    /// False if too much waits for the disk already.
    fn hand_over(&mut self) -> bool {
        let next = empty(&self.shared);
        match self.full.try_send(std::mem::replace(&mut self.segment, next)) {
            Ok(()) => true,
            Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => {
                let spare = std::mem::replace(&mut self.segment, back);
                give_back(&self.shared, spare.bytes);
                false
            }
        }
    }
}

impl Drop for Basket {
    /// The ring has ended: now there is time to wait for the disk.
    fn drop(&mut self) {
        if !self.segment.bytes.is_empty() {
            drop(self.full.send(std::mem::replace(
                &mut self.segment,
                Full {
                    bytes: Vec::new(),
                    facts: Facts::default(),
                },
            )));
        }
    }
}

/// The thread: seals what comes, and lets what is too old go, until no basket is left.
fn keep(mut shelf: Shelf, plan: &Plan, full: &Receiver<Full>, shared: &Shared) {
    let mut lost = 0;
    loop {
        let done = match full.recv_timeout(Duration::from_millis(limits::KEPT_LOOK_MS)) {
            Ok(mut segment) => {
                let packets = segment.facts.packets;
                segment.facts.lost = segment.facts.lost.saturating_add(lost);
                let done = shelf.expire(now()).and_then(|()| put(&mut shelf, plan, &mut segment));
                if done.is_ok() {
                    lost = 0;
                    shared.kept.fetch_add(packets, Ordering::Relaxed);
                } else {
                    lost = segment.facts.lost.saturating_add(packets);
                    shared.lost.fetch_add(packets, Ordering::Relaxed);
                }
                give_back(shared, segment.bytes);
                Some(done)
            }
            // What could not be written a while ago is no better for a shelf that was looked at.
            Err(RecvTimeoutError::Timeout) => shelf.expire(now()).err().map(Err),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if let Some(done) = done {
            *shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = done.err().map(|error| error.to_string());
        }
        shared.holds(&shelf);
    }
}

fn put(shelf: &mut Shelf, plan: &Plan, segment: &mut Full) -> io::Result<()> {
    let expires = segment.facts.last.saturating_add(plan.bounds.keep);
    seal(&mut segment.bytes, Facts { expires, ..segment.facts }, &plan.key)?;
    shelf.put(&segment.bytes, expires)
}

fn empty(shared: &Shared) -> Full {
    let bytes = shared.empty.lock().unwrap_or_else(PoisonError::into_inner).pop();
    Full {
        bytes: bytes.unwrap_or_default(),
        facts: Facts::default(),
    }
}

/// What a failed seal left must not be given to the next segment.
fn give_back(shared: &Shared, mut bytes: Vec<u8>) {
    bytes.clear();
    shared.empty.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A basket whose segments may be so old, and what comes out of it.
    fn basket(age: Duration) -> (Basket, Receiver<Full>) {
        let shared = Arc::new(Shared::default());
        let (to, full) = sync_channel(2);
        let basket = Basket {
            segment: empty(&shared),
            shared,
            full: to,
            interface: "mirror0".to_owned(),
            lost: 0,
            began: Instant::now(),
            age,
        };
        (basket, full)
    }

    #[test]
    fn a_disk_that_is_too_slow_loses_packets_of_the_basket_and_never_waits() {
        let (mut basket, full) = basket(Duration::from_secs(60));
        let shared = basket.shared.clone();
        let data = vec![7; 100_000];
        let mut add = |packets: usize| {
            for _ in 0..packets {
                basket.add(&Packet {
                    ts: 1,
                    link: 1,
                    data: &data,
                    wire_len: data.len(),
                });
            }
        };
        // Room for two that wait and one that is filled: each 167.
        add(600);
        let lost = shared.lost.load(Ordering::Relaxed);
        assert_eq!(lost, 600 - 3 * 167);
        let first: Vec<_> = [full.recv().unwrap(), full.recv().unwrap()]
            .map(|segment| segment.facts.packets)
            .into();
        assert_eq!(first, [167, 167]);
        add(1);
        drop(basket);
        let rest: Vec<_> = full.iter().map(|segment| (segment.facts.packets, segment.facts.lost)).collect();
        assert_eq!(rest, [(167, 0), (1, lost)], "the next segment tells what is missing before it");
        assert_eq!(shared.lost.load(Ordering::Relaxed), lost);
    }

    #[test]
    fn a_segment_that_is_old_enough_goes_although_it_is_not_full() {
        let (mut basket, full) = basket(Duration::from_secs(60));
        let packet = Packet {
            ts: 1,
            link: 1,
            data: &[1; 60],
            wire_len: 60,
        };
        basket.turn();
        basket.add(&packet);
        basket.turn();
        assert!(full.try_recv().is_err());
        basket.age = Duration::ZERO;
        basket.turn();
        assert_eq!(full.try_recv().unwrap().facts.packets, 1);
    }
}
