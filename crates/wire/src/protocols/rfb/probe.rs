//! ProtocolVersion: `RFB 003.008` and a line feed. RFC 6143 7.1.1.

use crate::protocols::{Dir, Probe};

/// Length of a ProtocolVersion message.
pub const VERSION: usize = 12;

pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    let shown = bytes.get(..VERSION).unwrap_or(bytes);
    let fits = |(n, &byte): (usize, &u8)| match n {
        0..=3 => b"RFB ".get(n) == Some(&byte),
        7 => byte == b'.',
        11 => byte == b'\n',
        _ => byte.is_ascii_digit(),
    };
    match shown.iter().enumerate().all(fits) {
        true if shown.len() == VERSION => Probe::Certain,
        true => Probe::Unsure,
        false => Probe::Never,
    }
}
