//! Where a body of HTTP/1 ends (RFC 9112 6.3, 7.1).

use super::body::Body;
use super::content::Content;
use crate::context::Context;
use crate::limits;
use crate::protocols::Step;

#[derive(Debug)]
enum Framing {
    /// Ends before this offset.
    Length(u64),
    /// A chunk-size line comes.
    Size,
    /// A chunk that ends before this offset.
    Chunk(u64),
    Trailers,
    /// Until the connection closes.
    Close,
}

#[derive(Debug)]
pub struct Framed {
    framing: Framing,
    pub body: Body,
}

/// What became of the bytes shown.
pub enum Progress {
    More(Step),
    /// The body ended after this many bytes.
    Ended(usize),
    Broken,
}

impl Framed {
    fn new(framing: Framing, length: u64, scan: Option<Box<Content>>) -> Framed {
        Framed {
            framing,
            body: Body::new(length, scan),
        }
    }

    pub fn of_length(length: u64, at: u64, scan: Option<Box<Content>>) -> Framed {
        let mut framed = Framed::new(Framing::Length(at.saturating_add(length)), length, scan);
        framed.body.announced = true;
        framed
    }

    pub fn chunked(scan: Option<Box<Content>>) -> Framed {
        Framed::new(Framing::Size, 0, scan)
    }

    pub fn until_close(scan: Option<Box<Content>>) -> Framed {
        Framed::new(Framing::Close, 0, scan)
    }

    /// Whether the end of the connection is its proper end.
    pub fn ends_with_connection(&self) -> bool {
        matches!(self.framing, Framing::Close)
    }

    /// Whether, after a loss, the body still goes on at this offset.
    pub fn survives(&mut self, at: u64) -> bool {
        self.body.lost();
        match self.framing {
            Framing::Length(until) | Framing::Chunk(until) => at < until,
            Framing::Close => true,
            Framing::Size | Framing::Trailers => false,
        }
    }

    pub fn step(&mut self, bytes: &[u8], at: u64, cx: &mut Context<'_>) -> Progress {
        match self.framing {
            Framing::Length(until) => {
                let remaining = until.saturating_sub(at);
                match self.content(bytes, remaining, cx) {
                    Some(n) => Progress::Ended(n),
                    None if self.body.scanning() => Progress::More(Step::Took(bytes.len())),
                    // The last byte is looked at, so that it is known whether it came.
                    None => Progress::More(Step::Skip(remaining.saturating_sub(1))),
                }
            }
            Framing::Chunk(until) => {
                let remaining = until.saturating_sub(at);
                match self.content(bytes, remaining, cx) {
                    Some(n) => {
                        self.framing = Framing::Size;
                        let line_end = bytes.get(n..).and_then(|rest| rest.first_chunk()) == Some(b"\r\n");
                        Progress::More(Step::Took(if line_end { n.saturating_add(2) } else { n }))
                    }
                    None if self.body.scanning() => Progress::More(Step::Took(bytes.len())),
                    None => Progress::More(Step::Skip(remaining)),
                }
            }
            Framing::Size => self.chunk_size(bytes, at),
            Framing::Trailers => match line(bytes) {
                Some((b"", n)) => Progress::Ended(n),
                Some((_, n)) => Progress::More(Step::Took(n)),
                None => more(bytes),
            },
            Framing::Close => {
                self.content(bytes, u64::MAX, cx);
                self.body.length = self.body.length.saturating_add(bytes.len() as u64);
                Progress::More(Step::Took(bytes.len()))
            }
        }
    }

    /// Shows content to the scanner; says how much of it there is if all that remains is here.
    fn content(&mut self, bytes: &[u8], remaining: u64, cx: &mut Context<'_>) -> Option<usize> {
        let whole = usize::try_from(remaining).ok().filter(|n| *n <= bytes.len());
        self.body.show(bytes.get(..whole.unwrap_or(bytes.len())).unwrap_or_default(), cx);
        whole
    }

    fn chunk_size(&mut self, bytes: &[u8], at: u64) -> Progress {
        let Some((line, used)) = line(bytes) else { return more(bytes) };
        if line.is_empty() && self.body.length > 0 {
            return Progress::More(Step::Took(used));
        }
        let Some(size) = size(line) else { return Progress::Broken };
        self.body.length = self.body.length.saturating_add(size);
        self.framing = if size == 0 {
            Framing::Trailers
        } else {
            Framing::Chunk(at.saturating_add(used as u64).saturating_add(size))
        };
        Progress::More(Step::Took(used))
    }
}

/// A chunk's size, before its extensions.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line
        .iter()
        .position(|b| *b == b';')
        .map_or(line, |n| line.get(..n).unwrap_or_default());
    let digits = digits.trim_ascii();
    let more = |size: u64, digit: &u8| size.checked_mul(16)?.checked_add(u64::from(char::from(*digit).to_digit(16)?));
    let size = digits.iter().try_fold(0, more)?;
    (!digits.is_empty() && size <= u64::MAX >> 1).then_some(size)
}

/// The first line, without its end, and its length with it.
fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.iter().take(limits::HTTP_LINE).position(|b| *b == b'\n')?;
    let line = bytes.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), end.checked_add(1)?))
}

fn more(bytes: &[u8]) -> Progress {
    if bytes.len() >= limits::HTTP_LINE {
        Progress::Broken
    } else {
        Progress::More(Step::Need(bytes.len().saturating_add(1)))
    }
}
