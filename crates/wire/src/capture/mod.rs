//! Captures in: many files as one stream of packets in time order.

mod compressed;
mod format;
mod input;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use format::{End, Format, Head};
use input::Input;

/// Why a path cannot be read as a capture: one line for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub path: PathBuf,
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
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
    input: Input,
    format: Format,
    head: Head,
    packets: u64,
}

/// A capture that waits for its time: only its first timestamp is known, nothing is open.
struct Waiting {
    first_ts: i64,
    path: PathBuf,
    /// Standard input cannot be opened twice.
    opened: Option<Source>,
}

/// All captures as one stream.
pub struct Captures {
    /// By time of the first packet, the next one last.
    waiting: Vec<Waiting>,
    open: Vec<Source>,
    read: Arc<AtomicU64>,
    /// Bytes of all files, 0 if not known (standard input).
    pub total: u64,
    /// Captures that ended too early: the packets before the cut were given.
    pub problems: Vec<Refused>,
    /// Files found in folders that are no captures.
    pub skipped: Vec<PathBuf>,
    /// Packets that could not be taken out of their file: of an interface that the file does not describe, or longer than their block.
    pub unreadable: u64,
}

/// Opens one file at its first packet, counting what is unreadable before it; `Ok(None)` for a capture without packets.
fn open(path: &Path, read: &Arc<AtomicU64>, unreadable: &mut u64) -> Result<Option<Source>, Refused> {
    let refuse = |why: String| Refused {
        path: path.to_owned(),
        why,
    };
    let mut input = Input::open(path, read.clone()).map_err(|e| refuse(plain(&e)))?;
    let format = match Format::recognise(&mut input) {
        Ok(Some(format)) => Ok(format),
        Ok(None) if input.bytes().is_empty() => Err("is empty; give a pcap or pcapng capture".to_owned()),
        Ok(None) => Err("is not a capture; give pcap or pcapng, plain, .gz or .zst".to_owned()),
        Err(End::Io(e)) => Err(plain(&e)),
        Err(End::Broken(why)) => Err(format!("cannot be read: {why}")),
        Err(End::Cut(why)) => Err(format!("is cut: {why}")),
        Err(End::Clean) => Err("is empty; give a pcap or pcapng capture".to_owned()),
    };
    let mut format = format.map_err(refuse)?;
    match format.next(&mut input, unreadable) {
        Ok(head) => Ok(Some(Source {
            path: path.to_owned(),
            input,
            format,
            head,
            packets: 0,
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

/// Files below a folder, sorted, links to folders not followed.
fn files_below(folder: &Path, to: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files_below(&entry.path(), to)?;
        } else if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
            to.push(entry.path());
        }
    }
    Ok(())
}

impl Captures {
    /// Looks at every path: a file must be a capture, a folder is searched for captures, `-` is standard input.
    pub fn open(paths: &[PathBuf]) -> Result<Captures, Refused> {
        let read = Arc::new(AtomicU64::new(0));
        let mut captures = Captures {
            waiting: Vec::new(),
            open: Vec::new(),
            read,
            total: 0,
            problems: Vec::new(),
            skipped: Vec::new(),
            unreadable: 0,
        };
        for path in paths {
            if path.is_dir() {
                let mut files = Vec::new();
                files_below(path, &mut files).map_err(|e| Refused {
                    path: path.clone(),
                    why: plain(&e),
                })?;
                let before = captures.waiting.len();
                for file in files {
                    if captures.wait_for(&file).is_err() {
                        captures.skipped.push(file);
                    }
                }
                if captures.waiting.len() == before {
                    return Err(Refused {
                        path: path.clone(),
                        why: "holds no capture; give pcap or pcapng, plain, .gz or .zst".to_owned(),
                    });
                }
            } else {
                captures.wait_for(path)?;
            }
        }
        // Ties in time are broken by path, so that the same files in any order give the same rows.
        captures.waiting.sort_by(|a, b| (b.first_ts, &b.path).cmp(&(a.first_ts, &a.path)));
        captures.waiting.dedup_by(|a, b| a.path == b.path);
        captures.read.store(0, Ordering::Relaxed);
        Ok(captures)
    }

    fn wait_for(&mut self, path: &Path) -> Result<(), Refused> {
        let mut unreadable = 0;
        let source = open(path, &self.read, &mut unreadable)?;
        let stdin = path.as_os_str() == "-";
        if stdin {
            self.unreadable += unreadable;
        }
        if !stdin {
            self.total = self.total.saturating_add(fs::metadata(path).map_or(0, |m| m.len()));
        }
        let first_ts = source.as_ref().map_or(i64::MAX, |s| s.head.ts);
        self.waiting.push(Waiting {
            first_ts,
            path: path.to_owned(),
            opened: source.filter(|_| stdin),
        });
        Ok(())
    }

    /// Bytes read of the files so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Gives the next packet in time to `take`; false when there is none.
    pub fn next(&mut self, take: impl FnOnce(Packet<'_>)) -> bool {
        let Some(at) = self.earliest() else { return false };
        let Some(source) = self.open.get_mut(at) else { return false };
        let head = source.head;
        let data = source
            .input
            .bytes()
            .get(head.at..head.at.saturating_add(head.len))
            .unwrap_or_default();
        take(Packet {
            ts: head.ts,
            link: head.link,
            data,
            wire_len: head.wire_len,
        });
        source.packets += 1;
        head.done(&mut source.input);
        match source.format.next(&mut source.input, &mut self.unreadable) {
            Ok(head) => source.head = head,
            Err(end) => {
                let source = self.open.swap_remove(at);
                let why = match end {
                    End::Clean => return true,
                    End::Cut(why) | End::Broken(why) => why.to_owned(),
                    End::Io(e) => plain(&e),
                };
                let why = format!("is cut after packet {}: {why}; the packets before it were read", source.packets);
                self.problems.push(Refused { path: source.path, why });
            }
        }
        true
    }

    /// The open source with the earliest packet, after opening what begins before it.
    fn earliest(&mut self) -> Option<usize> {
        loop {
            let best = match self.open.as_slice() {
                [_] => Some(0),
                many => many
                    .iter()
                    .enumerate()
                    .min_by(|(_, a), (_, b)| (a.head.ts, &a.path).cmp(&(b.head.ts, &b.path)))
                    .map(|(n, _)| n),
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
            let unreadable = &mut self.unreadable;
            match next
                .opened
                .map_or_else(|| open(&next.path, &self.read, unreadable), |s| Ok(Some(s)))
            {
                Ok(Some(source)) => self.open.push(source),
                Ok(None) => {}
                Err(refused) => self.problems.push(refused),
            }
        }
    }
}
