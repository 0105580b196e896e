//! Content as mail wraps it, unwrapped while it passes. RFC 2045 6.7 and 6.8.

use crate::limits;

/// How a part is wrapped, and what is remembered between pieces of it.
#[derive(Debug)]
pub enum Transfer {
    Plain,
    Base64 { bits: u32, characters: u8, ended: bool },
    Quoted { held: Vec<u8> },
}

/// Bytes unwrapped at a time.
const BLOCK: usize = 1024;

impl Transfer {
    pub fn of(encoding: &[u8]) -> Transfer {
        let is = |name: &str| encoding.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        match () {
            () if is("base64") => Transfer::Base64 {
                bits: 0,
                characters: 0,
                ended: false,
            },
            () if is("quoted-printable") => Transfer::Quoted { held: Vec::new() },
            () => Transfer::Plain,
        }
    }

    /// What content that begins so is wrapped in, if nothing tells: what has a letter that Base64 has not is not wrapped in that.
    pub fn guessed(begin: &[u8]) -> Transfer {
        let line = begin.get(..limits::FILE_GUESS).unwrap_or(begin).trim_ascii();
        let letters = line.iter().all(|byte| sextet(*byte).is_some() || b"=\r\n".contains(byte));
        Transfer::of(if letters { b"base64" } else { b"" })
    }

    /// Shows what `bytes` are unwrapped.
    pub fn feed(&mut self, bytes: &[u8], mut show: impl FnMut(&[u8])) {
        match self {
            Transfer::Plain => show(bytes),
            Transfer::Base64 { bits, characters, ended } => base64(bytes, bits, characters, ended, show),
            Transfer::Quoted { held } => quoted(bytes, held, show),
        }
    }

    /// Shows what was held of an end that came too early.
    pub fn finish(&mut self, mut show: impl FnMut(&[u8])) {
        match self {
            Transfer::Plain => {}
            Transfer::Base64 { bits, characters, .. } => {
                // Two characters are one byte, three are two; padding is not asked for.
                match characters {
                    2 => {
                        let [_, a, ..] = bits.wrapping_shl(12).to_be_bytes();
                        show(&[a]);
                    }
                    3 => {
                        let [_, a, b, _] = bits.wrapping_shl(6).to_be_bytes();
                        show(&[a, b]);
                    }
                    _ => {}
                }
                *characters = 0;
            }
            Transfer::Quoted { held } => show(&std::mem::take(held)),
        }
    }
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// What is no letter of it is passed over, as RFC 2045 6.8 asks; what follows a `=` is not content.
fn base64(bytes: &[u8], bits: &mut u32, characters: &mut u8, ended: &mut bool, mut show: impl FnMut(&[u8])) {
    let mut made = [0u8; BLOCK];
    for block in bytes.chunks(BLOCK) {
        let mut room = made.as_chunks_mut::<3>().0.iter_mut();
        let mut many = 0usize;
        for byte in block {
            *ended |= *byte == b'=';
            let Some(value) = sextet(*byte).filter(|_| !*ended) else { continue };
            *bits = bits.wrapping_shl(6) | value;
            *characters = characters.saturating_add(1);
            if *characters == 4 {
                let [_, a, b, c] = bits.to_be_bytes();
                if let Some(three) = room.next() {
                    *three = [a, b, c];
                    many = many.saturating_add(3);
                }
                (*bits, *characters) = (0, 0);
            }
        }
        show(made.get(..many).unwrap_or_default());
    }
}

/// `=` and two digits are a byte, `=` before the end of a line joins it to the next, blanks at the end of a line are not content.
fn quoted(bytes: &[u8], held: &mut Vec<u8>, mut show: impl FnMut(&[u8])) {
    for &byte in bytes {
        match (held.first(), byte) {
            (None, b'=' | b' ' | b'\t' | b'\r') => held.push(byte),
            (None, _) => show(&[byte]),
            (Some(b'='), _) => {
                held.push(byte);
                match held.as_slice() {
                    [_, b'\n'] | [_, b'\r', b'\n'] => held.clear(),
                    [_, b'\r' | b' ' | b'\t'] => {}
                    [_, high, low] => {
                        let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                        match digit(high).zip(digit(low)) {
                            Some((high, low)) => show(&[(high << 4) | low]),
                            None => show(held),
                        }
                        held.clear();
                    }
                    _ => {}
                }
            }
            (Some(_), b'\n') => {
                let ends = if held.contains(&b'\r') { &b"\r\n"[..] } else { b"\n" };
                show(ends);
                held.clear();
            }
            (Some(_), b'\r') => held.push(byte),
            (Some(_), b' ' | b'\t') if held.len() < BLOCK => held.push(byte),
            (Some(_), _) => {
                show(held);
                held.clear();
                if byte == b'=' {
                    held.push(byte);
                } else {
                    show(&[byte]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use base64::Engine as _;

    fn unwrapped(encoding: &str, wrapped: &[u8], cut: usize) -> Vec<u8> {
        let (mut transfer, mut made) = (Transfer::of(encoding.as_bytes()), Vec::new());
        for part in wrapped.chunks(cut) {
            transfer.feed(part, |bytes| made.extend_from_slice(bytes));
        }
        transfer.finish(|bytes| made.extend_from_slice(bytes));
        made
    }

    #[test]
    fn base64_of_every_length_in_lines() {
        for length in [0, 1, 2, 3, 57, 58, 59, 5000] {
            let file: Vec<u8> = (0..length).map(|n| (n * 7 % 251) as u8).collect();
            let text = STANDARD.encode(&file);
            let lines: Vec<_> = text.as_bytes().chunks(76).map(|line| [line, b"\r\n"].concat()).collect();
            for cut in [1, 7, 1024, 100_000] {
                assert_eq!(unwrapped("Base64", &lines.concat(), cut), file, "{length} bytes, cut to {cut}");
            }
        }
        assert_eq!(unwrapped("base64", b"QUI", 9), b"AB");
        assert_eq!(unwrapped("base64", b"QUJD=\r\ntrailing words", 9), b"ABC");
    }

    #[test]
    fn quoted_printable_as_rfc_2045_has_it() {
        for (wrapped, plain) in [
            (&b"a=3Db=\r\nc \t\r\nd=0D=0A"[..], &b"a=bc\r\nd\r\n"[..]),
            (b"gr=C3=BCn = =zz=4", b"gr\xc3\xbcn = =zz=4"),
            (b"a = 1 \nb", b"a = 1\nb"),
        ] {
            for cut in [1, 2, 100] {
                assert_eq!(unwrapped("quoted-printable", wrapped, cut), plain, "cut to {cut}");
            }
        }
        assert_eq!(unwrapped("8bit", b"as it is=", 3), b"as it is=");
    }
}
