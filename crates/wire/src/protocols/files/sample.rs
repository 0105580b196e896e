//! How random a file looks, by a sample of it.

use crate::limits;

/// Bytes counted by value: the first [`limits::FILE_SAMPLE`] of every [`limits::FILE_SAMPLED`], so that what encrypts parts only shows too.
#[derive(Debug)]
pub struct Sample {
    counts: Box<[u32; 256]>,
    pub counted: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Sample {
            counts: Box::new([0; 256]),
            counted: 0,
        }
    }
}

impl Sample {
    /// `bytes` stand at `at` of the file.
    pub fn add(&mut self, bytes: &[u8], at: u64) {
        let (mut rest, mut at) = (bytes, at % limits::FILE_SAMPLED);
        while !rest.is_empty() {
            let sampled = at < limits::FILE_SAMPLE;
            let end = if sampled { limits::FILE_SAMPLE } else { limits::FILE_SAMPLED };
            let many = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(rest.len());
            let (part, after) = rest.split_at(many);
            if sampled {
                self.count(part);
            }
            rest = after;
            at = if end == limits::FILE_SAMPLED { 0 } else { end };
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(count) = self.counts.get_mut(usize::from(byte)) {
                *count = count.saturating_add(1);
            }
        }
        self.counted = self.counted.saturating_add(bytes.len() as u64);
    }

    /// Shannon entropy of the byte values, bits per byte, to four places; `None` if nothing was counted.
    pub fn entropy(&self) -> Option<f64> {
        let total = self.counted as f64;
        let bits = |count: &u32| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        };
        let sum: f64 = self.counts.iter().filter(|count| **count > 0).map(bits).sum();
        (self.counted > 0).then(|| (sum * 10_000.0).round().abs() / 10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_every_block_counts_however_it_is_cut() {
        let file: Vec<u8> = (0..200_000u32).map(|n| (n >> 8) as u8).collect();
        let of = |cut: usize| {
            let (mut sample, mut at) = (Sample::default(), 0);
            for part in file.chunks(cut) {
                sample.add(part, at);
                at += part.len() as u64;
            }
            (sample.counted, sample.entropy())
        };
        let whole = of(file.len());
        assert_eq!(whole.0, 3 * 4096 + (200_000 - 3 * 65_536));
        assert_eq!([of(1), of(1000), of(65_537)], [whole; 3]);
        assert_eq!(Sample::default().entropy(), None);
    }

    #[test]
    fn bits_per_byte() {
        let (mut noise, mut flat) = (Sample::default(), Sample::default());
        noise.add(&(0..=255u8).collect::<Vec<_>>(), 0);
        flat.add(b"aaaa", 0);
        assert_eq!((noise.entropy(), flat.entropy()), (Some(8.0), Some(0.0)));
    }
}
