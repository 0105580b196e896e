//! The r-commands of BSD, which believe an address: who speaks them shows it by how it begins. Names and commands are passed over.

use crate::protocols::{Dir, Probe};

/// Longest of a name or a terminal here; commands of rsh may be longer.
const NAME: usize = 64;

/// NUL, the user's name there and here, the terminal and its speed, each ended by NUL. RFC 1282.
pub fn rlogin(dir: Dir, bytes: &[u8]) -> Probe {
    let rest = match bytes {
        [] => return Probe::Unsure,
        [0, rest @ ..] if dir == Dir::Orig => rest,
        _ => return Probe::Never,
    };
    let mut left = rest;
    for _ in 0..2 {
        match word(left, is_name) {
            Ok(after) => left = after,
            Err(probe) => return probe,
        }
    }
    match word(left, |byte| is_name(byte) || byte == b'/') {
        Ok(after) => {
            let shown = left.len().saturating_sub(after.len()).saturating_sub(1);
            let terminal = left.get(..shown).unwrap_or_default();
            let speed = terminal.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let sound = speed.len() < terminal.len() && !speed.is_empty() && speed.iter().all(u8::is_ascii_digit);
            if sound {
                Probe::Certain
            } else {
                Probe::Never
            }
        }
        Err(probe) => probe,
    }
}

/// The port for errors in decimal digits, the user's name there and here, and a command, each ended by NUL. rshd(8), rcmd(3).
pub fn rsh(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Resp {
        return Probe::Never;
    }
    let digits = bytes.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    if bytes.is_empty() {
        return Probe::Unsure;
    }
    if !(1..=5).contains(&digits) || bytes.get(digits).is_some_and(|byte| *byte != 0) {
        return Probe::Never;
    }
    let mut left = bytes.get(digits.saturating_add(1)..).unwrap_or_default();
    for kind in [is_name, is_name, is_printable] {
        match word(left, kind) {
            Ok(after) => left = after,
            Err(probe) => return probe,
        }
    }
    Probe::Certain
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'$' | b'+')
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

/// What follows a text of these bytes that NUL ends.
fn word(bytes: &[u8], kind: fn(u8) -> bool) -> Result<&[u8], Probe> {
    match bytes.iter().position(|byte| !kind(*byte)) {
        Some(end) if end > 0 && bytes.get(end) == Some(&0) => Ok(bytes.get(end.saturating_add(1)..).unwrap_or_default()),
        None if bytes.len() < NAME => Err(Probe::Unsure),
        _ => Err(Probe::Never),
    }
}
