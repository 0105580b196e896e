//! Numbers of any width, lowest bit first; and numbers that take as many bytes as they need.

/// Writes `values` with `width` bits each, and zeros until there are `count`, which is a multiple of eight.
pub fn pack<T: Copy + Into<u64>>(out: &mut Vec<u8>, width: u32, values: &[T], count: usize) {
    if width == 0 {
        return;
    }
    let wanted = out.len() + count * width as usize / 8;
    let (mut waiting, mut bits) = (0u128, 0u32);
    for &value in values {
        waiting |= u128::from(value.into()) << bits;
        bits += width;
        if bits >= 64 {
            out.extend_from_slice(&(waiting as u64).to_le_bytes());
            waiting >>= 64;
            bits -= 64;
        }
    }
    out.extend_from_slice(&waiting.to_le_bytes()[..bits.div_ceil(8) as usize]);
    out.resize(wanted, 0);
}

/// ULEB128.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A signed number with its sign in the lowest bit.
pub fn zigzag(out: &mut Vec<u8>, value: i64) {
    varint(out, (value << 1 ^ value >> 63) as u64);
}

/// The bits that the number takes.
pub fn width(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_takes_as_many_bytes_as_it_says() {
        for bits in 0..=64 {
            let all = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
            let mut out = Vec::new();
            pack(&mut out, bits, &[all; 5], 8);
            assert_eq!(out.len(), bits as usize);
            let ones: u32 = out.iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(ones, 5 * bits);
        }
    }
}
