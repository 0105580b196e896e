//! The last bytes that parsers were shown, over all connections in one ring: what a retransmission is compared with.

use crate::limits;

/// A ring of bytes. Positions count all bytes ever kept, so that an old one shows by itself that it was overwritten.
pub struct Recent {
    ring: Vec<u8>,
    written: u64,
}

impl Default for Recent {
    fn default() -> Self {
        Recent {
            ring: vec![0; limits::RECENT],
            written: 0,
        }
    }
}

impl Recent {
    /// Keeps `bytes` (their end, where they are longer than the ring) and says at which position they began.
    pub fn keep(&mut self, bytes: &[u8]) -> u64 {
        let began = self.written;
        let skipped = bytes.len().saturating_sub(self.ring.len());
        self.written += skipped as u64;
        let mut rest = bytes.get(skipped..).unwrap_or_default();
        while !rest.is_empty() {
            let at = self.slot(self.written);
            let room = self.ring.get_mut(at..).unwrap_or_default();
            let n = room.len().min(rest.len());
            let (now, later) = rest.split_at(n);
            if let Some(room) = room.get_mut(..n) {
                room.copy_from_slice(now);
            }
            self.written += n as u64;
            rest = later;
        }
        began
    }

    /// Whether `bytes` are what was kept from position `at` on; what was overwritten since cannot differ.
    pub fn agrees(&self, at: u64, bytes: &[u8]) -> bool {
        let oldest = self.written.saturating_sub(self.ring.len() as u64);
        let gone = usize::try_from(oldest.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut rest = bytes.get(gone..).unwrap_or_default();
        let mut at = at.max(oldest);
        while !rest.is_empty() && at < self.written {
            let kept = self.ring.get(self.slot(at)..).unwrap_or_default();
            let n = kept.len().min(rest.len());
            if kept.get(..n) != rest.get(..n) {
                return false;
            }
            at += n as u64;
            rest = rest.get(n..).unwrap_or_default();
        }
        true
    }

    fn slot(&self, position: u64) -> usize {
        usize::try_from(position % limits::RECENT as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_known_until_it_is_overwritten() {
        let mut recent = Recent::default();
        let at = recent.keep(b"MSH|^~\\&|LAB");
        assert!(recent.agrees(at, b"MSH|^~\\&|LAB"));
        assert!(recent.agrees(at + 4, b"^~\\&"));
        assert!(!recent.agrees(at, b"MSH|^~\\&|BAD"));
        let filler = vec![7; limits::RECENT - 20];
        recent.keep(&filler);
        assert!(!recent.agrees(at, b"XXX"), "still there");
        recent.keep(&filler);
        assert!(recent.agrees(at, b"XXX"), "overwritten: nobody knows");
    }

    #[test]
    fn bytes_around_the_end_of_the_ring_stay_whole() {
        let mut recent = Recent::default();
        recent.keep(&vec![1; limits::RECENT - 3]);
        let at = recent.keep(b"abcdef");
        assert!(recent.agrees(at, b"abcdef"));
        assert!(!recent.agrees(at, b"abcdeX"));
    }

    #[test]
    fn more_than_the_ring_keeps_its_end() {
        let mut recent = Recent::default();
        let mut long = vec![1; limits::RECENT];
        long.extend_from_slice(b"end");
        let at = recent.keep(&long);
        assert!(recent.agrees(at + limits::RECENT as u64, b"end"));
        assert!(!recent.agrees(at + limits::RECENT as u64, b"xnd"));
    }
}
