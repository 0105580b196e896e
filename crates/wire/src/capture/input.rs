//! Bytes of a capture: a file or standard input, decompressed if need be, through one buffer that always shows what is asked for in one piece.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::compressed::{is_compressed, Compressed};
use crate::limits;

/// Large enough that system calls do not count, small enough to stay in the second-level cache while its packets are parsed.
const BUFFER: usize = 128 << 10;

/// Bytes of a capture as they were read. Who follows connections in another thread keeps a block until its packets are looked at.
pub type Block = Arc<Vec<u8>>;

pub struct Input {
    inner: Box<dyn Read + Send>,
    buffer: Block,
    start: usize,
    end: usize,
    /// Blocks that others may still look at.
    lent: Vec<Block>,
}

/// Counts what is read of the file itself, before decompression, so that progress can be shown.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Input {
    /// Opens a file, or standard input for `-`; gzip (RFC 1952) and Zstandard (RFC 8878) are recognised by their first bytes.
    pub fn open(path: &Path, read: Arc<AtomicU64>) -> io::Result<Input> {
        if path.as_os_str() == "-" {
            return Input::decompress(Counted { inner: io::stdin(), read });
        }
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
        }
        Input::decompress(Counted {
            inner: File::open(path)?,
            read,
        })
    }

    pub fn decompress<R: Read + Send + 'static>(mut raw: R) -> io::Result<Input> {
        let mut head = [0u8; 4];
        let mut got = 0;
        while got < 4 {
            match raw.read(head.get_mut(got..).unwrap_or_default())? {
                0 => break,
                n => got += n,
            }
        }
        let raw = io::Cursor::new(head).take(got as u64).chain(raw);
        let inner: Box<dyn Read + Send> = if got == 4 && is_compressed(head) {
            Box::new(Compressed::new(BufReader::with_capacity(BUFFER, raw)))
        } else {
            Box::new(raw)
        };
        Ok(Input {
            inner,
            buffer: Arc::new(vec![0; BUFFER]),
            start: 0,
            end: 0,
            lent: Vec::new(),
        })
    }

    /// Makes `n` bytes stand together; false if the input ends before. `n` is at most [`limits::BLOCK`].
    #[inline]
    pub fn fill(&mut self, n: usize) -> io::Result<bool> {
        if self.end - self.start >= n {
            return Ok(true);
        }
        self.read(n)
    }

    #[cold]
    fn read(&mut self, n: usize) -> io::Result<bool> {
        self.make_room(n.min(limits::BLOCK));
        while self.end < n {
            let buffer = Arc::get_mut(&mut self.buffer);
            let Some(room) = buffer.and_then(|own| own.get_mut(self.end..)).filter(|room| !room.is_empty()) else {
                return Ok(false);
            };
            match self.inner.read(room) {
                Ok(0) => return Ok(false),
                Ok(got) => self.end += got,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// Moves what stands ready to the beginning of a buffer that nobody else looks at, and that has room for `n` bytes.
    fn make_room(&mut self, n: usize) {
        let ready = self.start..self.end;
        (self.start, self.end) = (0, ready.len());
        if let Some(own) = Arc::get_mut(&mut self.buffer) {
            own.copy_within(ready, 0);
            own.resize(own.len().max(n), 0);
            return;
        }
        let free = self.lent.iter().position(|block| Arc::strong_count(block) == 1);
        let mut next = free.map_or_else(|| Arc::new(vec![0; BUFFER]), |at| self.lent.swap_remove(at));
        if let Some(own) = Arc::get_mut(&mut next) {
            own.resize(own.len().max(n), 0);
            let kept = self.buffer.get(ready).unwrap_or_default();
            if let Some(to) = own.get_mut(..kept.len()) {
                to.copy_from_slice(kept);
            }
        }
        self.lent.push(std::mem::replace(&mut self.buffer, next));
    }

    /// The buffer in which [`bytes`](Self::bytes) stand.
    pub fn block(&self) -> &Block {
        &self.buffer
    }

    /// The bytes that stand ready.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Leaves `n` ready bytes behind.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }

    /// Leaves `n` bytes behind, ready or not; false if the input ends before.
    pub fn skip(&mut self, mut n: u64) -> io::Result<bool> {
        loop {
            let take = (self.end - self.start).min(usize::try_from(n).unwrap_or(usize::MAX));
            self.consume(take);
            n -= take as u64;
            if n == 0 {
                return Ok(true);
            }
            if !self.fill(1)? {
                return Ok(false);
            }
        }
    }
}
