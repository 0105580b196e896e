//! Whether bytes are HL7: a message head, or, picked up in the middle of one, what only HL7 looks like.

use super::segment::{declares, head, Head};
use crate::protocols::{Dir, Probe};

/// Segments that most messages hold; two of them at the start of lines are no coincidence.
const COMMON: &[&[u8; 4]] = &[
    b"EVN|", b"PID|", b"PD1|", b"NK1|", b"PV1|", b"PV2|", b"ORC|", b"OBR|", b"OBX|", b"NTE|", b"MSA|", b"ERR|", b"AL1|", b"DG1|", b"IN1|",
    b"TXA|", b"SCH|", b"RGS|", b"SPM|", b"QRD|", b"QPD|", b"RXA|", b"RXE|", b"FT1|", b"GT1|", b"ZDS|", b"PRT|",
];

pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    let begins = bytes
        .iter()
        .take(4)
        .position(|b| !matches!(b, 0x0B | b'\r' | b'\n'))
        .and_then(|n| bytes.get(n..));
    match begins {
        None if bytes.len() < 4 && bytes.first().is_none_or(|b| *b == 0x0B) => Probe::Unsure,
        None => Probe::Never,
        Some(line) => match message_head(line) {
            // A bare M or MS is also how much else begins; only after a start block it is a sign.
            Probe::Never => midstream(bytes),
            other => other,
        },
    }
}

/// Whether a segment that declares delimiters begins here.
fn message_head(line: &[u8]) -> Probe {
    let known = [b"MSH", b"FHS", b"BHS"];
    if line.len() < 3 {
        return if known.iter().any(|name| name.starts_with(line)) {
            Probe::Unsure
        } else {
            Probe::Never
        };
    }
    if !line.get(..3).is_some_and(declares) {
        return Probe::Never;
    }
    match head(line) {
        Head::Declares(_) => Probe::Certain,
        Head::Short => Probe::Unsure,
        Head::Wrong => Probe::Never,
    }
}

/// Position of the first message head that begins a block or a line.
pub fn find(bytes: &[u8]) -> Option<usize> {
    let starts = bytes.iter().enumerate().filter(|(_, b)| matches!(b, 0x0B | b'\r' | b'\n'));
    starts.map(|(at, _)| at).find(|&at| {
        let line = bytes.get(at.saturating_add(1)..).unwrap_or_default();
        line.starts_with(b"MSH") && matches!(head(line), Head::Declares(_))
    })
}

/// What follows the first end of a segment decides. Without one, text with several field separators may be the middle of a segment.
fn midstream(bytes: &[u8]) -> Probe {
    if bytes
        .iter()
        .any(|b| *b < 0x20 && !matches!(b, b'\r' | b'\n' | b'\t' | 0x0B | 0x1B | 0x1C))
    {
        return Probe::Never;
    }
    let mut common = 0usize;
    let mut lines = bytes.split(|b| *b == b'\r');
    let first = lines.next().unwrap_or_default();
    for line in lines {
        let line = line.strip_prefix(b"\n").unwrap_or(line);
        let line = line.strip_prefix(b"\x0b").unwrap_or(line);
        if message_head(line) == Probe::Certain {
            return Probe::Certain;
        }
        let name = line.get(..3).unwrap_or(line);
        let named = name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) && line.get(3).is_none_or(u8::is_ascii_punctuation);
        if !named && !line.starts_with(b"\x1c") {
            return Probe::Never;
        }
        common = common.saturating_add(usize::from(
            line.get(..4).is_some_and(|head| COMMON.iter().any(|c| c.as_slice() == head)),
        ));
    }
    let separators = first.iter().filter(|b| **b == b'|').count();
    match common {
        0 if separators < 3 => Probe::Never,
        0 | 1 => Probe::Unsure,
        _ => Probe::Certain,
    }
}
