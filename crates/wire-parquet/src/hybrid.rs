//! Small numbers, as levels and dictionary indices are: the run-length and bit-packing hybrid.
//!
//! Source: Apache Parquet format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".

use crate::bits::{pack, varint};

/// A run of at least so many equal values is written as one; a shorter one costs less packed.
const RUN: usize = 16;

/// `count` times the same value.
pub fn run(out: &mut Vec<u8>, width: u32, value: u32, count: usize) {
    varint(out, (count as u64) << 1);
    out.extend(value.to_le_bytes().iter().take(width.div_ceil(8) as usize));
}

/// Values of `width` bits each.
pub fn values(out: &mut Vec<u8>, width: u32, values: &[u32]) {
    let mut rest = values;
    while let Some(&first) = rest.first() {
        let alike = rest.iter().take_while(|&&value| value == first).count();
        if alike >= RUN || alike == rest.len() {
            run(out, width, first, alike);
            rest = &rest[alike..];
        } else {
            let (packed, behind) = rest.split_at(mixed(rest));
            varint(out, (packed.len().div_ceil(8) as u64) << 1 | 1);
            pack(out, width, packed, packed.len().next_multiple_of(8));
            rest = behind;
        }
    }
}

/// Bits of one each, as Arrow has them too: packed from the lowest bit of each byte on.
pub fn bitmap(out: &mut Vec<u8>, bits: &[u8]) {
    varint(out, (bits.len() as u64) << 1 | 1);
    out.extend_from_slice(bits);
}

/// How many values stand before the next run, in whole groups of eight.
fn mixed(values: &[u32]) -> usize {
    let mut n = 8;
    while n < values.len() {
        let next = &values[n..];
        if next.len() >= RUN && next[..RUN].iter().all(|&value| value == next[0]) {
            return n;
        }
        n += 8;
    }
    values.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_format() {
        // Encodings.md: the numbers 0 to 7 with bit width 3.
        let mut out = Vec::new();
        values(&mut out, 3, &[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(out, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        out.clear();
        run(&mut out, 1, 1, 300);
        assert_eq!(out, [0xd8, 0x04, 1]);
        out.clear();
        run(&mut out, 0, 0, 3);
        assert_eq!(out, [6]);
    }

    #[test]
    fn runs_begin_behind_whole_groups() {
        let mut given = vec![1, 2, 3];
        given.extend([7; 40]);
        let mut out = Vec::new();
        values(&mut out, 3, &given);
        // A group of eight that holds the first five of the sevens, then 35 of them.
        assert_eq!(out[0], 0b11);
        assert_eq!(&out[4..], [70, 7]);
    }
}
