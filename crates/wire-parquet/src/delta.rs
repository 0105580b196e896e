//! Whole numbers by their differences.
//!
//! Source: Apache Parquet format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED = 5)".

use crate::bits::{pack, varint, width, zigzag};

const BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

/// Writes `count` numbers.
pub fn integers(out: &mut Vec<u8>, count: usize, mut values: impl Iterator<Item = i64>) {
    varint(out, BLOCK as u64);
    varint(out, MINIBLOCKS as u64);
    varint(out, count as u64);
    let mut last = values.next().unwrap_or(0);
    zigzag(out, last);
    let mut left = count.saturating_sub(1);
    let mut deltas = [0i64; BLOCK];
    while left > 0 {
        let some = left.min(BLOCK);
        for (delta, value) in deltas[..some].iter_mut().zip(&mut values) {
            *delta = value.wrapping_sub(last);
            last = value;
        }
        block(out, &deltas[..some]);
        left -= some;
    }
}

/// One block: what is above the least difference, each miniblock as wide as it needs.
fn block(out: &mut Vec<u8>, deltas: &[i64]) {
    let least = deltas.iter().copied().min().unwrap_or(0);
    zigzag(out, least);
    let mut above = [0u64; BLOCK];
    for (above, delta) in above.iter_mut().zip(deltas) {
        *above = delta.wrapping_sub(least) as u64;
    }
    let above = &above[..deltas.len()];
    let mut widths = [0u8; MINIBLOCKS];
    for (bits, part) in widths.iter_mut().zip(above.chunks(MINIBLOCK)) {
        *bits = width(part.iter().fold(0, |all, value| all | value)) as u8;
    }
    out.extend_from_slice(&widths);
    for (&bits, part) in widths.iter().zip(above.chunks(MINIBLOCK)) {
        pack(out, u32::from(bits), part, MINIBLOCK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_example_of_the_format() {
        // 1, 2, 3, 4, 5: header 128, 4, 5, 1; then a least difference of 1 and four widths of 0.
        let mut out = Vec::new();
        integers(&mut out, 5, 1..=5);
        assert_eq!(out, [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn the_second_example_of_the_format() {
        // 7, 5, 3, 1, 2, 3, 4, 5: least difference -2, differences above it 0, 0, 0, 3, 3, 3, 3 with two bits each.
        let mut out = Vec::new();
        integers(&mut out, 8, [7, 5, 3, 1, 2, 3, 4, 5].into_iter());
        let mut wanted = vec![0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        wanted.resize(10 + 8, 0);
        assert_eq!(out, wanted);
    }

    #[test]
    fn differences_may_wrap() {
        let mut out = Vec::new();
        integers(&mut out, 4, [i64::MIN, i64::MAX, i64::MIN, 0].into_iter());
        assert!(out.len() > 16);
    }
}
