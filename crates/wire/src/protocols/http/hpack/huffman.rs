//! Strings in the Huffman code of HPACK. RFC 7541 5.2.

use std::sync::LazyLock;

use super::tables::LENGTHS;

/// Bits of the longest code.
const LONGEST: usize = 30;
/// The end of a string, which no string may hold.
const END: u16 = 256;

/// Codes of one length: the first of them, how many there are, and where their symbols begin.
#[derive(Clone, Copy, Default)]
struct Length {
    first: u32,
    count: u32,
    at: u32,
}

struct Code {
    lengths: [Length; LONGEST + 1],
    /// By length of code, then by value.
    symbols: Vec<u16>,
}

static CODE: LazyLock<Code> = LazyLock::new(|| {
    let mut code = Code {
        lengths: [Length::default(); LONGEST + 1],
        symbols: Vec::new(),
    };
    let mut first = 0u32;
    for (bits, length) in (0u8..).zip(&mut code.lengths) {
        let at = code.symbols.len();
        let of_length = LENGTHS.iter().zip(0u16..).filter(|(own, _)| **own == bits && bits > 0);
        code.symbols.extend(of_length.map(|(_, symbol)| symbol));
        let count = u32::try_from(code.symbols.len().saturating_sub(at)).unwrap_or_default();
        let at = u32::try_from(at).unwrap_or_default();
        *length = Length { first, count, at };
        first = first.saturating_add(count) << 1;
    }
    code
});

/// The plain text; `None` if it holds its end, or does not end with fewer than eight ones.
pub fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let code = &*CODE;
    let mut plain = Vec::with_capacity(text.len().saturating_mul(8) / 5);
    let (mut word, mut bits) = (0u32, 0usize);
    for byte in text {
        for shift in (0..8).rev() {
            word = word << 1 | u32::from(byte >> shift & 1);
            bits = bits.saturating_add(1);
            let length = code.lengths.get(bits)?;
            let Some(nth) = word.checked_sub(length.first).filter(|nth| *nth < length.count) else {
                continue;
            };
            let symbol = code.symbols.get(usize::try_from(length.at.saturating_add(nth)).ok()?)?;
            if *symbol == END {
                return None;
            }
            plain.push(u8::try_from(*symbol).ok()?);
            (word, bits) = (0, 0);
        }
    }
    let padding = (1u32 << bits.min(8)).wrapping_sub(1);
    (bits < 8 && word == padding).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let code = |symbol: u16| {
            let bits = usize::from(LENGTHS[usize::from(symbol)]);
            let length = CODE.lengths[bits];
            let at = length.at as usize;
            let nth = CODE.symbols[at..at + length.count as usize]
                .iter()
                .position(|s| *s == symbol)
                .unwrap();
            (length.first + nth as u32, bits)
        };
        // RFC 7541 appendix B.
        for (symbol, word, bits) in [
            (b'0', 0x0, 5),
            (b' ', 0x14, 6),
            (b'A', 0x21, 6),
            (b'X', 0xfc, 8),
            (b'\\', 0x7fff0, 19),
            (10, 0x3fff_fffc, 30),
        ] {
            assert_eq!(code(u16::from(symbol)), (word, bits), "{symbol}");
        }
        assert_eq!((code(255), code(END)), ((0x3ff_ffee, 26), (0x3fff_ffff, 30)));
        let filled: u64 = LENGTHS.iter().map(|bits| 1 << (30 - bits)).sum();
        assert_eq!(filled, 1 << 30);
    }

    #[test]
    fn strings_end_as_they_must() {
        // RFC 7541 C.4.1, C.6.1.
        assert_eq!(
            decoded(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff").unwrap(),
            b"www.example.com"
        );
        assert_eq!(decoded(b"\x64\x02").unwrap(), b"302");
        assert_eq!(decoded(b"").unwrap(), b"");
        // Eight ones, zeros, the end within.
        for wrong in [&b"\x64\x02\xff"[..], b"\x00\x00", b"\xff\xff\xff\xff"] {
            assert_eq!(decoded(wrong), None, "{wrong:x?}");
        }
    }
}
