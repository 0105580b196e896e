//! Whole numbers by their differences.
//!
//! Source: Apache Parquet format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED = 5)".

use crate::bits::{pack, varint, width, zigzag};

const BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

/// Writes numbers.
pub fn integers(out: &mut Vec<u8>, values: &[i64]) {
    varint(out, BLOCK as u64);
    varint(out, MINIBLOCKS as u64);
    varint(out, values.len() as u64);
    let mut last = values.first().copied().unwrap_or(0);
    zigzag(out, last);
    let mut deltas = [0i64; BLOCK];
    for some in values.get(1..).unwrap_or_default().chunks(BLOCK) {
        let before = std::iter::once(last).chain(some.iter().copied());
        for ((delta, value), before) in deltas.iter_mut().zip(some).zip(before) {
            *delta = value.wrapping_sub(before);
        }
        block(out, &deltas[..some.len()]);
        last = some[some.len() - 1];
    }
}

/// One block: what is above the least difference, each miniblock as wide as it needs.
fn block(out: &mut Vec<u8>, deltas: &[i64]) {
    let first = deltas[0];
    // Most blocks are of one number, or of numbers that rise evenly.
    if deltas.iter().fold(0, |all, delta| all | (delta ^ first)) == 0 {
        zigzag(out, first);
        out.extend_from_slice(&[0; MINIBLOCKS]);
        return;
    }
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
        integers(&mut out, &[1, 2, 3, 4, 5]);
        assert_eq!(out, [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn the_second_example_of_the_format() {
        // 7, 5, 3, 1, 2, 3, 4, 5: least difference -2, differences above it 0, 0, 0, 3, 3, 3, 3 with two bits each.
        let mut out = Vec::new();
        integers(&mut out, &[7, 5, 3, 1, 2, 3, 4, 5]);
        let mut wanted = vec![0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        wanted.resize(10 + 8, 0);
        assert_eq!(out, wanted);
    }

    #[test]
    fn differences_may_wrap() {
        let mut out = Vec::new();
        integers(&mut out, &[i64::MIN, i64::MAX, i64::MIN, 0]);
        assert!(out.len() > 16);
    }
}
