//! Segments in a folder: the oldest go before there would be too many bytes, and all go when their time is over.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::room;
use super::segment::{self, Facts, Refused, HEAD};

const ENDING: &str = "packets";
const ASIDE: &str = "tmp";
/// What a file takes of a disk comes in such pieces, nearly everywhere.
const DISK_BLOCK: u64 = 4096;

/// What a shelf may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the disk, one that is being written counted too.
    pub size: u64,
    /// Bytes of the disk that stay free for others.
    pub reserve: u64,
    /// Nanoseconds after its last packet that a segment may stay.
    pub keep: i64,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    number: u64,
    bytes: u64,
    expires: i64,
}

/// A segment as it stands in a folder.
#[derive(Clone, Debug)]
pub struct Listed {
    pub path: PathBuf,
    pub bytes: u64,
    pub facts: Result<Facts, Refused>,
}

/// The folder of one interface. Only one process may have it open.
pub struct Shelf {
    folder: PathBuf,
    bounds: Bounds,
    /// In the order in which they came.
    pieces: VecDeque<Piece>,
    next: u64,
}

impl Shelf {
    /// Opens a folder, or makes it; removes what a killed run left half-written, what is too old by `now`, and what is too much.
    pub fn open(folder: &Path, bounds: Bounds, now: i64) -> io::Result<Shelf> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        sweep(folder, now)?;
        let mut pieces: Vec<Piece> = list(folder)?.iter().filter_map(|listed| piece(listed, bounds.keep)).collect();
        pieces.sort_by_key(|piece| piece.number);
        let next = pieces.last().map_or(1, |piece| piece.number.saturating_add(1));
        let mut shelf = Shelf {
            folder: folder.to_owned(),
            bounds,
            pieces: pieces.into(),
            next,
        };
        shelf.expire(now)?;
        shelf.make_room(0)?;
        Ok(shelf)
    }

    /// Puts a sealed segment on the shelf, safe on disk when this returns. The oldest give way to it, also where the disk is full; an error
    /// means that the disk has no room although none is left, or does not work. Then nothing of it stays.
    pub fn put(&mut self, sealed: &[u8], expires: i64) -> io::Result<()> {
        let bytes = on_disk(sealed.len() as u64);
        self.make_room(bytes)?;
        loop {
            match self.write(sealed) {
                Ok(()) => break,
                Err(error) if is_full(&error) && !self.pieces.is_empty() => self.remove_oldest()?,
                Err(error) => return Err(error),
            }
        }
        self.pieces.push_back(Piece {
            number: self.next,
            bytes,
            expires,
        });
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// Removes what is too old.
    pub fn expire(&mut self, now: i64) -> io::Result<()> {
        for _ in 0..self.pieces.len() {
            let Some(piece) = self.pieces.pop_front() else { break };
            if piece.expires > now {
                self.pieces.push_back(piece);
            } else if let Err(error) = forget(&self.path(piece.number)) {
                self.pieces.push_back(piece);
                return Err(error);
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> u64 {
        self.pieces.iter().fold(0, |all, piece| all.saturating_add(piece.bytes))
    }

    pub fn segments(&self) -> usize {
        self.pieces.len()
    }

    /// Removes the oldest until `bytes` more would be within the size, and would leave the disk its reserve.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        while self.bytes().saturating_add(bytes) > self.bounds.size && !self.pieces.is_empty() {
            self.remove_oldest()?;
        }
        if bytes > self.bounds.size {
            return Err(io::Error::other("a segment is larger than all that may be kept"));
        }
        while room::free(&self.folder)? < self.bounds.reserve.saturating_add(bytes) {
            if self.pieces.is_empty() {
                let left = format!("the last {} MiB of the disk are for the lake", self.bounds.reserve >> 20);
                return Err(io::Error::new(io::ErrorKind::StorageFull, left));
            }
            self.remove_oldest()?;
        }
        Ok(())
    }

    fn remove_oldest(&mut self) -> io::Result<()> {
        if let Some(piece) = self.pieces.front() {
            forget(&self.path(piece.number))?;
            self.pieces.pop_front();
        }
        Ok(())
    }

    fn write(&self, sealed: &[u8]) -> io::Result<()> {
        let path = self.path(self.next);
        let aside = path.with_extension(ASIDE);
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            file.write_all(sealed)?;
            file.sync_data()?;
            fs::rename(&aside, &path)?;
            File::open(&self.folder)?.sync_all()
        })();
        if written.is_err() {
            drop(fs::remove_file(&aside));
        }
        written
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:010}.{ENDING}"))
    }
}

/// The segments of a folder, in the order in which they came; none if there is no folder.
pub fn list(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    for path in entries(folder, ENDING)? {
        let bytes = match fs::metadata(&path) {
            Ok(about) => about.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // removed just now
            Err(error) => return Err(error),
        };
        let facts = segment::facts(&head(&path)?);
        found.push(Listed { path, bytes, facts });
    }
    Ok(found)
}

/// Removes from a folder that no process has open what is too old by its own head, and what a killed run left half-written.
pub fn sweep(folder: &Path, now: i64) -> io::Result<()> {
    for path in entries(folder, ASIDE)? {
        forget(&path)?;
    }
    for listed in list(folder)? {
        if listed.facts.is_ok_and(|facts| facts.expires <= now) {
            forget(&listed.path)?;
        }
    }
    Ok(())
}

/// Removes a segment for ever: without the salt in its head not even the site's key opens it, should the disk still hold its bytes.
pub fn forget(path: &Path) -> io::Result<()> {
    // First out of the way of those who read.
    let gone = path.with_extension(ASIDE);
    let removed = fs::rename(path, &gone).and_then(|()| {
        if let Ok(file) = OpenOptions::new().write(true).open(&gone) {
            // Where the disk refuses, the file goes all the same.
            drop(file.write_all_at(&[0; HEAD], 0).and_then(|()| file.sync_data()));
        }
        fs::remove_file(&gone)
    });
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn entries(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let names = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names?,
    };
    let mut paths = names.map(|name| Ok(name?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    Ok(paths)
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    match File::open(path) {
        Ok(file) => file.take(HEAD as u64).read_to_end(&mut head).map(|_| head),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(head),
        Err(error) => Err(error),
    }
}

/// One whose head cannot be read counts from when it was written: it takes room like any other.
fn piece(listed: &Listed, keep: i64) -> Option<Piece> {
    let number = listed.path.file_stem()?.to_str()?.parse().ok()?;
    let expires = match &listed.facts {
        Ok(facts) => facts.expires.min(facts.last.saturating_add(keep)),
        Err(_) => {
            let written = fs::metadata(&listed.path).and_then(|about| about.modified()).ok()?;
            let since = written.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX).saturating_add(keep)
        }
    };
    Some(Piece {
        number,
        bytes: on_disk(listed.bytes),
        expires,
    })
}

fn on_disk(bytes: u64) -> u64 {
    bytes.checked_next_multiple_of(DISK_BLOCK).unwrap_or(u64::MAX)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
