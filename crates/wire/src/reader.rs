//! Captures read to their end in threads of their own; rows are taken as they come.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow_array::RecordBatch;

use crate::capture::{Captures, Refused};
use crate::context::Output;
use crate::keys::Keys;
use crate::limits;
use crate::pipeline::Pipeline;
use crate::spread::Spread;

/// A batch and its stream.
pub type Rows = (&'static str, RecordBatch);

/// What is known of the packets so far.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Bytes of the files read, compressed ones as they are.
    pub bytes_read: u64,
    pub packets: u64,
    /// Packets whose headers could not be read.
    pub undecoded: u64,
    /// Frames that hold neither IP nor ARP.
    pub other: u64,
    pub wrong_stamps: u64,
    /// IP fragments that held other bytes than what came first.
    pub disagreements: u64,
    /// Connections that had to be given up because there were too many at once.
    pub evicted: u64,
    /// Packets left out because another of the captures held the same.
    pub duplicates: u64,
    /// Packets that could not be taken out of their capture.
    pub unreadable: u64,
    /// Microseconds since 1970, UTC.
    pub first_ts: Option<i64>,
    pub last_ts: Option<i64>,
    /// Captures that ended too early: the packets before the cut were read.
    pub problems: Vec<Refused>,
    /// Files in given folders that are no captures.
    pub skipped: Vec<PathBuf>,
}

impl Report {
    /// Of captures that are read apart, of both.
    fn with(mut self, other: &Report) -> Report {
        self.problems.extend_from_slice(&other.problems);
        self.skipped.extend_from_slice(&other.skipped);
        Report {
            bytes_read: self.bytes_read + other.bytes_read,
            packets: self.packets + other.packets,
            undecoded: self.undecoded + other.undecoded,
            other: self.other + other.other,
            wrong_stamps: self.wrong_stamps + other.wrong_stamps,
            disagreements: self.disagreements + other.disagreements,
            evicted: self.evicted + other.evicted,
            duplicates: self.duplicates + other.duplicates,
            unreadable: self.unreadable + other.unreadable,
            first_ts: self.first_ts.into_iter().chain(other.first_ts).min(),
            last_ts: self.last_ts.max(other.last_ts),
            ..self
        }
    }
}

struct Shared {
    stop: AtomicBool,
    /// One of all captures, or of each.
    reports: Mutex<Vec<Report>>,
}

impl Shared {
    fn of(reports: usize) -> Arc<Shared> {
        Arc::new(Shared {
            stop: AtomicBool::new(false),
            reports: Mutex::new(vec![Report::default(); reports]),
        })
    }

    fn reports(&self) -> MutexGuard<'_, Vec<Report>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads captures to their end.
pub struct Reader {
    rows: Receiver<Rows>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Bytes of all files, 0 if not known (standard input).
    pub total: u64,
}

/// What came within a time.
pub enum Read {
    Rows(&'static str, RecordBatch),
    Nothing,
    /// Every row was handed over.
    End,
}

impl Reader {
    /// `paths` are files, folders or `-`; a path that is no capture is refused before anything is read. `elsewhere`: see [`Captures::open`].
    /// So many `cores` may be used, where the captures are worth it. `apart`: see [`Reader::begin_apart`].
    pub fn open(paths: &[PathBuf], elsewhere: &[PathBuf], keys: &Keys, sensor: &str, cores: usize, apart: bool) -> Result<Reader, Refused> {
        let captures = Captures::open(paths, elsewhere)?;
        let cores = if captures.total < limits::SPREAD {
            1
        } else {
            cores.min(limits::CORES)
        };
        let begin = if apart { Reader::begin_apart } else { Reader::begin };
        begin(captures, keys, sensor, cores).map_err(|error| Refused {
            path: paths.first().cloned().unwrap_or_default(),
            why: format!("cannot be read: no thread: {error}"),
            no_capture: false,
        })
    }

    /// Begins to read; of several `cores` each has the connections of its share.
    pub fn begin(captures: Captures, keys: &Keys, sensor: &str, cores: usize) -> io::Result<Reader> {
        let total = captures.total;
        let cores = cores.min(limits::CORES);
        let (to, rows) = sync_channel(limits::BATCHES * cores.max(1));
        let mut pipeline = Pipeline::new(keys.clone(), sensor.to_owned());
        if cores > 1 {
            let outputs = (1..cores).map(|_| Output::new(keys.clone(), sensor.to_owned()));
            pipeline.spread(Spread::new(outputs.collect(), &to)?);
        }
        let shared = Shared::of(1);
        let ours = shared.clone();
        let thread = std::thread::Builder::new().name("packets".to_owned());
        let thread = thread.spawn(move || read(captures, pipeline, &to, &ours, 0))?;
        Ok(Reader {
            rows,
            shared,
            threads: vec![thread],
            total,
        })
    }

    /// Begins to read each capture as if it were the only one, as many at once as there are `cores`.
    pub fn begin_apart(captures: Captures, keys: &Keys, sensor: &str, cores: usize) -> io::Result<Reader> {
        let total = captures.total;
        let each = captures.apart();
        let cores = cores.clamp(1, limits::CORES).min(each.len());
        let (to, rows) = sync_channel(limits::BATCHES * cores);
        let shared = Shared::of(each.len());
        let queue = Arc::new(Mutex::new(each.into_iter().enumerate()));
        let start = |_| {
            let (to, ours, queue) = (to.clone(), shared.clone(), queue.clone());
            let pipeline = {
                let (keys, sensor) = (keys.clone(), sensor.to_owned());
                move || Pipeline::one_of(cores, keys.clone(), sensor.clone())
            };
            let next = move || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let thread = std::thread::Builder::new().name("packets".to_owned());
            thread.spawn(move || {
                while let Some((number, captures)) = next() {
                    read(captures, pipeline(), &to, &ours, number);
                }
            })
        };
        let threads = (0..cores).map(start).collect::<io::Result<_>>();
        Ok(Reader {
            rows,
            threads: threads.inspect_err(|_| shared.stop.store(true, Ordering::Relaxed))?,
            shared,
            total,
        })
    }

    /// The next batch, if one comes within the time. A fault of ours in a thread goes on here.
    pub fn next(&mut self, wait: Duration) -> Read {
        match self.rows.recv_timeout(wait) {
            Ok((stream, batch)) => Read::Rows(stream, batch),
            Err(RecvTimeoutError::Timeout) => Read::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                for ended in self.threads.drain(..).map(JoinHandle::join) {
                    ended.unwrap_or_else(|fault| std::panic::resume_unwind(fault));
                }
                Read::End
            }
        }
    }

    pub fn report(&self) -> Report {
        self.shared.reports().iter().fold(Report::default(), Report::with)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // The threads end when they see it, or when nobody takes their rows. They are not waited for: one may wait for a pipe itself.
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

/// Every packet, to the end or until nobody wants its rows. What is known of them is the report of this number.
fn read(mut captures: Captures, mut pipeline: Pipeline, rows: &SyncSender<Rows>, shared: &Shared, number: usize) {
    let mut more = true;
    while more && !shared.stop.load(Ordering::Relaxed) {
        for _ in 0..limits::STRIDE {
            more = more
                && captures.next_in(|packet, block| {
                    pipeline.stands_in(block);
                    pipeline.packet(packet);
                });
        }
        report(&captures, &pipeline, shared, number);
        if !hand_over(&mut pipeline.out, false, rows) {
            return;
        }
    }
    if shared.stop.load(Ordering::Relaxed) {
        return;
    }
    while !pipeline.finish_some() {
        if !hand_over(&mut pipeline.out, true, rows) {
            return;
        }
    }
    report(&captures, &pipeline, shared, number);
    hand_over(&mut pipeline.out, true, rows);
}

/// Rows that are due, or `all`; false if nobody takes them any more.
pub fn hand_over(out: &mut Output, all: bool, rows: &SyncSender<Rows>) -> bool {
    while let Some(batch) = out.batch(all) {
        if rows.send(batch).is_err() {
            return false;
        }
    }
    true
}

fn report(captures: &Captures, pipeline: &Pipeline, shared: &Shared, number: usize) {
    let mut reports = shared.reports();
    let Some(report) = reports.get_mut(number) else { return };
    *report = Report {
        bytes_read: captures.bytes_read(),
        packets: pipeline.packets(),
        undecoded: pipeline.undecoded(),
        other: pipeline.other(),
        wrong_stamps: pipeline.wrong_stamps(),
        disagreements: pipeline.disagreements(),
        evicted: pipeline.evicted(),
        duplicates: captures.duplicates,
        unreadable: captures.unreadable,
        first_ts: pipeline.first_ts,
        last_ts: pipeline.last_ts,
        problems: std::mem::take(&mut report.problems),
        skipped: std::mem::take(&mut report.skipped),
    };
    if report.problems.len() != captures.problems.len() {
        report.problems.clone_from(&captures.problems);
    }
    if report.skipped.len() != captures.skipped.len() {
        report.skipped.clone_from(&captures.skipped);
    }
}
