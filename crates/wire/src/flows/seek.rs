//! The search for the head of a message in one direction of a connection whose beginning the capture does not hold.

use crate::limits;
use crate::protocols::{Protocol, TCP};

/// Bytes of a window that stay when no head was found: one record of TLS, whose head may be at its beginning.
const OVERLAP: usize = limits::SEEK_WINDOW / 2;

/// A search with pauses: a stream that nobody knows is looked at now and then, for as long as it lives.
pub struct Seek {
    window: Vec<u8>,
    /// Bytes still to be searched in this round.
    left: u64,
    /// Bytes still to pass over, and how many it will be the next time.
    pause: u64,
    next_pause: u64,
}

impl Default for Seek {
    fn default() -> Self {
        Seek {
            window: Vec::new(),
            left: limits::SEEK_BYTES,
            pause: 0,
            next_pause: limits::SEEK_PAUSE,
        }
    }
}

impl Seek {
    pub fn held(&self) -> usize {
        self.window.capacity()
    }

    /// How many of the next bytes are passed over.
    pub fn pause(&self) -> u64 {
        self.pause
    }

    /// Takes the next bytes. Says how many were left behind, and the protocol whose head was found with all bytes from there on.
    pub fn see(&mut self, bytes: &[u8]) -> (u64, Option<(&'static Protocol, Vec<u8>)>) {
        let len = bytes.len() as u64;
        if self.pause > 0 {
            self.pause = self.pause.saturating_sub(len);
            return (len, None);
        }
        self.window.extend_from_slice(bytes);
        self.left = self.left.saturating_sub(len);
        if self.window.len() < limits::SEEK_WINDOW && self.left > 0 {
            return (0, None);
        }
        let found = TCP.iter().find_map(|protocol| Some((*protocol, (protocol.find?)(&self.window)?)));
        if let Some((protocol, at)) = found {
            let rest = self.window.split_off(at.min(self.window.len()));
            return (at as u64, Some((protocol, rest)));
        }
        if self.left == 0 {
            (self.pause, self.left) = (self.next_pause, limits::SEEK_BYTES);
            self.next_pause = (self.next_pause * 2).min(limits::SEEK_PAUSE_MOST);
            return (self.forget(), None);
        }
        let dropped = self.window.len().saturating_sub(OVERLAP);
        self.window.drain(..dropped);
        (dropped as u64, None)
    }

    /// What was seen will not go on. Says how many bytes that were.
    pub fn forget(&mut self) -> u64 {
        std::mem::take(&mut self.window).len() as u64
    }
}
