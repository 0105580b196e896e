//! How random the start of a written file looks: ransomware writes what looks like noise.

use crate::limits;

/// Bytes counted by value over the first [`limits::SMB_SAMPLE`] bytes of a file, as far as they are written in order.
#[derive(Default)]
pub struct Sample {
    seen: usize,
    counts: Option<Box<[u16; 256]>>,
}

impl Sample {
    /// How many bytes of a write at `offset` are of interest.
    pub fn wants(&self, offset: u64) -> usize {
        if offset == self.seen as u64 {
            limits::SMB_SAMPLE.saturating_sub(self.seen)
        } else {
            0
        }
    }

    pub fn add(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(..limits::SMB_SAMPLE.saturating_sub(self.seen)).unwrap_or(bytes);
        if bytes.is_empty() {
            return;
        }
        let counts = self.counts.get_or_insert_with(|| Box::new([0; 256]));
        for &byte in bytes {
            if let Some(count) = counts.get_mut(usize::from(byte)) {
                *count = count.saturating_add(1);
            }
        }
        self.seen = self.seen.saturating_add(bytes.len());
    }

    /// Bytes counted.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Shannon entropy of the byte values, bits per byte, to four places; `None` if nothing was counted.
    pub fn entropy(&self) -> Option<f64> {
        let total = self.seen as f64;
        let bits = |count: &u16| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        };
        let sum: f64 = self.counts.as_ref()?.iter().filter(|c| **c > 0).map(bits).sum();
        Some((sum * 10_000.0).round().abs() / 10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_per_byte() {
        let mut noise = Sample::default();
        noise.add(&(0..=255u8).collect::<Vec<_>>());
        assert_eq!(noise.entropy(), Some(8.0));
        let mut flat = Sample::default();
        flat.add(b"aaaa");
        assert_eq!(flat.entropy(), Some(0.0));
        assert_eq!(Sample::default().entropy(), None);
    }

    #[test]
    fn only_the_start_of_a_file_counts() {
        let mut sample = Sample::default();
        assert_eq!((sample.wants(0), sample.wants(100)), (4096, 0));
        sample.add(&[1; 100]);
        assert_eq!((sample.wants(0), sample.wants(100)), (0, 3996));
        sample.add(&[2; 9000]);
        assert_eq!((sample.seen(), sample.wants(4096)), (4096, 0));
    }
}
