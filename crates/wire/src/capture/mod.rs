//! Captures in: many files as one stream of packets in time order.

mod compressed;
mod format;
mod input;
mod loss;
mod twice;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use format::{End, Format, Head};
pub use input::Block;
use input::Input;
use loss::Loss;
use twice::Twice;

/// Why a path cannot be read as a capture: one line for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub path: PathBuf,
    pub why: String,
    /// It is empty or something else, as against a capture that may not or cannot be read.
    pub no_capture: bool,
}

impl Refused {
    fn new(path: &Path, why: String) -> Refused {
        Refused {
            path: path.to_owned(),
            why,
            no_capture: false,
        }
    }

    fn no_capture(path: &Path, why: &str) -> Refused {
        Refused {
            no_capture: true,
            ..Refused::new(path, why.to_owned())
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_os_str() == "-" {
            true => write!(f, "standard input: {}", self.why),
            false => write!(f, "{}: {}", self.path.display(), self.why),
        }
    }
}

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Nanoseconds since 1970, UTC.
    pub ts: i64,
    /// LINKTYPE_ value.
    pub link: u16,
    pub data: &'a [u8],
    /// Bytes that it had on the wire; more than `data` if the capture cut it.
    pub wire_len: usize,
}

/// One open capture, standing at a packet.
struct Source {
    path: PathBuf,
    /// Tells it from the others while it is open and after.
    number: usize,
    input: Input,
    format: Format,
    first_ts: i64,
    head: Head,
    packets: u64,
    loss: Loss,
}

impl Source {
    fn packet(&self) -> Packet<'_> {
        let Head {
            ts,
            link,
            at,
            len,
            wire_len,
            ..
        } = self.head;
        let data = self.input.bytes().get(at..at.saturating_add(len)).unwrap_or_default();
        Packet { ts, link, data, wire_len }
    }

    /// What is given first: the earlier packet; at one time that of the capture which began earlier, because its successor goes on where it
    /// ends; then by name, so that the same files in any order give the same rows.
    fn order(&self) -> (i64, i64, &Path) {
        (self.head.ts, self.first_ts, &self.path)
    }
}

/// A capture that waits for its time: only its first timestamp is known, nothing is open.
struct Waiting {
    first_ts: i64,
    path: PathBuf,
    /// Standard input and pipes cannot be opened twice.
    opened: Option<Source>,
}

/// All captures as one stream.
pub struct Captures {
    /// By time of the first packet, the next one last.
    waiting: Vec<Waiting>,
    open: Vec<Source>,
    opened: usize,
    twice: Twice,
    read: Arc<AtomicU64>,
    /// Bytes of all files, 0 if not known (standard input).
    pub total: u64,
    /// Captures that did not give all that they hold: cut, not to be read, of a link type that is not known. What they gave counts.
    pub problems: Vec<Refused>,
    /// Files found in folders that are no captures, or empty.
    pub skipped: Vec<PathBuf>,
    /// Packets left out because another capture held the same.
    pub duplicates: u64,
    /// Packets that could not be taken out of their file: of an interface that the file does not describe, or longer than their block.
    pub unreadable: u64,
}

/// Opens one file at its first packet, noting what is lost before it; `Ok(None)` for a capture without packets.
fn open(path: &Path, read: &Arc<AtomicU64>, loss: &mut Loss) -> Result<Option<Source>, Refused> {
    let refuse = |why: String| Refused::new(path, why);
    let empty = || Refused::no_capture(path, "is empty; give a pcap or pcapng capture");
    let mut input = Input::open(path, read.clone()).map_err(|e| refuse(plain(&e)))?;
    let mut format = match Format::recognise(&mut input) {
        Ok(Some(format)) => Ok(format),
        Ok(None) if input.bytes().is_empty() => Err(empty()),
        Ok(None) => Err(Refused::no_capture(
            path,
            "is not a capture; give pcap or pcapng, plain, .gz or .zst",
        )),
        Err(End::Io(e)) => Err(refuse(plain(&e))),
        Err(End::Broken(why)) => Err(refuse(format!("cannot be read: {why}"))),
        Err(End::Cut(why)) => Err(refuse(format!("is cut: {why}"))),
        Err(End::Clean) => Err(empty()),
    }?;
    match format.next(&mut input, &mut loss.unreadable) {
        Ok(head) => Ok(Some(Source {
            path: path.to_owned(),
            number: 0,
            input,
            format,
            first_ts: head.ts,
            head,
            packets: 0,
            loss: Loss::default(),
        })),
        Err(End::Clean) => Ok(None),
        Err(End::Cut(why)) => Err(refuse(format!("is cut: {why}; no whole packet stands before the cut"))),
        Err(End::Broken(why)) => Err(refuse(format!("cannot be read: {why}; no whole packet stands before that"))),
        Err(End::Io(e)) => Err(refuse(plain(&e))),
    }
}

/// An I/O error in the words of a user.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "may not be read; check its permissions".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Files below a folder, sorted, links to folders not followed. A folder in it that may not be read is a problem, and the rest goes on.
fn files_below(folder: &Path, to: &mut Vec<PathBuf>, problems: &mut Vec<Refused>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if let Err(e) = files_below(&path, to, problems) {
                problems.push(Refused::new(&path, plain(&e)));
            }
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            to.push(path);
        }
    }
    Ok(())
}

impl Captures {
    /// Looks at every path: a file must be a capture, a folder is searched for captures, `-` is standard input. A file that is named in
    /// several ways (twice, by a link, alone and in its folder) is read once. `elsewhere` are files that another reader reads: they are
    /// passed over, and a folder that holds one need not hold a capture.
    pub fn open(paths: &[PathBuf], elsewhere: &[PathBuf]) -> Result<Captures, Refused> {
        let mut captures = Captures::nothing();
        let mut known: HashSet<File> = elsewhere.iter().filter_map(|path| File::at(path)).collect();
        for path in paths {
            if path.is_dir() {
                captures.wait_for_folder(path, &mut known)?;
            } else {
                captures.wait_for(path, &mut known)?;
            }
        }
        captures.or_refuse(elsewhere)?;
        captures.waiting.sort_by(|a, b| (b.first_ts, &b.path).cmp(&(a.first_ts, &a.path)));
        captures.read.store(0, Ordering::Relaxed);
        Ok(captures)
    }

    /// Refuses what gives nothing at all: folders whose captures all have a problem.
    fn or_refuse(&self, elsewhere: &[PathBuf]) -> Result<(), Refused> {
        let Some(first) = self.problems.first().filter(|_| self.waiting.is_empty() && elsewhere.is_empty()) else {
            return Ok(());
        };
        let mut refused = first.clone();
        if self.problems.len() > 1 {
            refused.why += &format!(" (and {} more)", self.problems.len() - 1);
        }
        Err(refused)
    }

    fn wait_for_folder(&mut self, path: &Path, known: &mut HashSet<File>) -> Result<(), Refused> {
        let (mut files, before) = (Vec::new(), self.problems.len());
        files_below(path, &mut files, &mut self.problems).map_err(|e| Refused::new(path, plain(&e)))?;
        let mut found = false;
        for file in files {
            match self.wait_for(&file, known) {
                Ok(()) => found = true,
                Err(refused) if refused.no_capture => self.skipped.push(file),
                Err(refused) => self.problems.push(refused),
            }
        }
        if found || self.problems.len() > before {
            return Ok(());
        }
        Err(Refused::no_capture(
            path,
            "holds no capture; give pcap or pcapng, plain, .gz or .zst",
        ))
    }

    fn wait_for(&mut self, path: &Path, known: &mut HashSet<File>) -> Result<(), Refused> {
        let stdin = path.as_os_str() == "-";
        let file = fs::metadata(path).ok().filter(|_| !stdin);
        let id = if stdin { Some(File::StandardInput) } else { File::at(path) };
        if id.as_ref().is_some_and(|id| known.contains(id)) {
            return Ok(());
        }
        let mut loss = Loss::default();
        let source = open(path, &self.read, &mut loss)?;
        known.extend(id);
        self.total = self.total.saturating_add(file.as_ref().map_or(0, fs::Metadata::len));
        let first_ts = source.as_ref().map_or(i64::MAX, |s| s.first_ts);
        let again = file.is_some_and(|f| f.is_file());
        let opened = if again { None } else { self.begin(path, source, loss) };
        if again || opened.is_some() {
            self.waiting.push(Waiting {
                first_ts,
                path: path.to_owned(),
                opened,
            });
        }
        Ok(())
    }

    /// Numbers a capture, and lets it carry what was lost before its first packet; one without packets has ended with that.
    fn begin(&mut self, path: &Path, source: Option<Source>, loss: Loss) -> Option<Source> {
        let Some(source) = source else {
            self.end(path, &loss, 0);
            return None;
        };
        self.opened += 1;
        Some(Source {
            number: self.opened,
            loss,
            ..source
        })
    }

    /// Says what a capture that has ended did not give.
    fn end(&mut self, path: &Path, loss: &Loss, packets: u64) {
        self.unreadable += loss.unreadable;
        self.problems
            .extend(loss.told(packets).into_iter().map(|why| Refused::new(path, why)));
    }

    /// Each capture for itself, by time; before them, what was noticed when they were looked at.
    pub fn apart(mut self) -> Vec<Captures> {
        let waiting = std::mem::take(&mut self.waiting);
        let alone = |waiting: Waiting| Captures {
            // A pipe was opened already, and counts there.
            read: waiting.opened.as_ref().map_or_else(Arc::default, |_| self.read.clone()),
            waiting: vec![waiting],
            ..Captures::nothing()
        };
        let mut each: Vec<_> = waiting.into_iter().map(alone).collect();
        self.read = Arc::default();
        each.push(self);
        each.reverse();
        each
    }

    fn nothing() -> Captures {
        Captures {
            waiting: Vec::new(),
            open: Vec::new(),
            opened: 0,
            twice: Twice::new(),
            read: Arc::default(),
            total: 0,
            problems: Vec::new(),
            skipped: Vec::new(),
            duplicates: 0,
            unreadable: 0,
        }
    }

    /// Bytes read of the files so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Gives the next packet in time to `take`; false when there is none.
    pub fn next(&mut self, take: impl FnOnce(Packet<'_>)) -> bool {
        self.next_in(|packet, _| take(packet))
    }

    /// The same, with the block in which it stands.
    pub fn next_in(&mut self, take: impl FnOnce(Packet<'_>, &Block)) -> bool {
        if let Some(only) = self.only() {
            take(only.packet(), only.input.block());
            self.advance_at(0);
            return true;
        }
        while let Some(at) = self.earliest() {
            let Some(source) = self.open.get(at) else { return false };
            let (number, packet) = (source.number, source.packet());
            if self.twice.was_given(&packet, number) {
                self.duplicates += 1;
                self.advance(number);
                continue;
            }
            take(packet, source.input.block());
            let mut others = self.open.iter().filter(|s| s.number != number && s.head.ts == packet.ts).peekable();
            if others.peek().is_none() {
                self.advance_at(at);
                return true;
            }
            let same = |s: &&Source| s.packet().link == packet.link && s.packet().data == packet.data;
            let copies: Vec<usize> = others.filter(same).map(|s| s.number).collect();
            self.twice.give(&packet, copies.iter().copied().chain([number]).collect());
            self.duplicates += copies.len() as u64;
            // Copies go on together, also where their packets are not in order of time.
            copies.into_iter().for_each(|copy| self.advance(copy));
            self.advance(number);
            return true;
        }
        false
    }

    /// The one open capture, if no other is to be looked at before its packet is given.
    fn only(&self) -> Option<&Source> {
        let [only] = self.open.as_slice() else { return None };
        let is_next = self.waiting.last().is_none_or(|next| next.first_ts > only.head.ts);
        (is_next && self.twice.is_empty()).then_some(only)
    }

    /// Moves an open capture to its next packet, or closes it.
    fn advance(&mut self, number: usize) {
        if let Some(at) = self.open.iter().position(|source| source.number == number) {
            self.advance_at(at);
        }
    }

    fn advance_at(&mut self, at: usize) {
        let Some(source) = self.open.get_mut(at) else { return };
        source.packets += 1;
        source.loss.look(source.head.link);
        source.head.done(&mut source.input);
        match source.format.next(&mut source.input, &mut source.loss.unreadable) {
            Ok(head) => source.head = head,
            Err(end) => {
                let source = self.open.swap_remove(at);
                self.end(&source.path, &source.loss, source.packets);
                let why = match end {
                    End::Clean => return,
                    End::Cut(why) | End::Broken(why) => why.to_owned(),
                    End::Io(e) => plain(&e),
                };
                let why = format!("is cut after packet {}: {why}; the packets before it were read", source.packets);
                self.problems.push(Refused::new(&source.path, why));
            }
        }
    }

    /// The open source with the earliest packet, after opening what begins before it.
    fn earliest(&mut self) -> Option<usize> {
        loop {
            let best = match self.open.as_slice() {
                [_] => Some(0),
                many => (0..many.len()).min_by(|&a, &b| many.get(a).map(Source::order).cmp(&many.get(b).map(Source::order))),
            };
            let best_ts = best.and_then(|n| self.open.get(n)).map(|s| s.head.ts);
            let due = match (self.waiting.last(), best_ts) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(next), Some(ts)) => next.first_ts <= ts,
            };
            if !due {
                return best;
            }
            let next = self.waiting.pop()?;
            if let Some(source) = next.opened {
                self.open.push(source);
                continue;
            }
            let mut loss = Loss::default();
            match open(&next.path, &self.read, &mut loss) {
                Ok(source) => {
                    let begun = self.begin(&next.path, source, loss);
                    self.open.extend(begun);
                }
                Err(refused) => self.problems.push(refused),
            }
        }
    }
}

/// What tells files apart, however they are named.
#[derive(PartialEq, Eq, Hash)]
enum File {
    StandardInput,
    /// Device and inode.
    Inode(u64, u64),
}

impl File {
    fn at(path: &Path) -> Option<File> {
        let file = fs::metadata(path).ok()?;
        Some(File::Inode(file.dev(), file.ino()))
    }
}
