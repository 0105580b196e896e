//! Databases, named by how a connection to them begins, and followed where it turns to TLS. What is asked of them is never looked at.

use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Probe, Session, Step};

/// PRELOGIN of SQL Server: type 0x12 (its answer: 4), and a list of options that begins with the version's. MS-TDS 2.2.3.1 and 2.2.6.5.
pub fn tds(dir: Dir, bytes: &[u8]) -> Probe {
    let kind = if dir == Dir::Orig { 0x12 } else { 4 };
    match bytes {
        [first, 1, high, low, _, _, _, 0, 0, place, at, 0, 6, ..] => {
            let length = u16::from_be_bytes([*high, *low]);
            let listed = u16::from_be_bytes([*place, *at]);
            if *first == kind && (20..512).contains(&length) && listed < length {
                Probe::Certain
            } else {
                Probe::Never
            }
        }
        [first, ..] if *first != kind => Probe::Never,
        [_, status, ..] if *status != 1 => Probe::Never,
        _ if bytes.len() < 13 => Probe::Unsure,
        _ => Probe::Never,
    }
}

/// TLS whose handshake travels in such packets. MS-TDS 2.2.6.4.
pub fn tds_tls(dir: Dir, bytes: &[u8]) -> Probe {
    match bytes {
        [0x12, 1, _, _, _, _, _, _, 0x16, 3, 0..=4, ..] if dir == Dir::Orig => Probe::Certain,
        [0x12, 1, ..] if dir == Dir::Orig && bytes.len() < 11 => Probe::Unsure,
        [] => Probe::Unsure,
        [0x12] if dir == Dir::Orig => Probe::Unsure,
        _ => Probe::Never,
    }
}

/// OP_MSG, or the OP_QUERY of old clients, to a database's commands. MongoDB Wire Protocol.
pub fn mongodb(dir: Dir, bytes: &[u8]) -> Probe {
    let Some((&[a, b, c, 0, _, _, _, _, r0, r1, r2, r3, code, 7, 0, 0], rest)) = bytes.split_first_chunk() else {
        let fits = bytes.len() < 16 && bytes.get(3).is_none_or(|high| *high == 0) && bytes.get(13).is_none_or(|code| *code == 7);
        return if fits && dir == Dir::Orig { Probe::Unsure } else { Probe::Never };
    };
    let length = u32::from_le_bytes([a, b, c, 0]);
    if dir == Dir::Resp || [r0, r1, r2, r3] != [0; 4] || length < 26 {
        return Probe::Never;
    }
    match code {
        // OP_QUERY: flags, then the collection.
        0xd4 => match rest.get(4..) {
            Some(name) => super::text::start(name, &[b"admin.$cmd\0"]),
            None => Probe::Unsure,
        },
        // OP_MSG: flags, a body (kind 0), whose document fills the message or leaves room for a checksum.
        0xdd => match rest.split_first_chunk() {
            Some((&[0 | 1, 0, 0 | 1, 0, 0, x, y, z, 0], _)) if u32::from_le_bytes([x, y, z, 0]) < length => Probe::Certain,
            Some(_) => Probe::Never,
            None => Probe::Unsure,
        },
        _ => Probe::Never,
    }
}

/// CONNECT of Oracle's Transparent Network Substrate: length, no checksum, type 1, a version of the last thirty years and the oldest that is taken.
pub fn tns(dir: Dir, bytes: &[u8]) -> Probe {
    match bytes {
        [0 | 1, _, 0, 0, 1, _, 0, 0, 1, 0x2c..=0x40, 1, 0x2c..=0x40, ..] if dir == Dir::Orig => Probe::Certain,
        _ if dir == Dir::Resp || bytes.len() >= 12 => Probe::Never,
        _ => {
            const HEAD: [(u8, u8); 12] = [
                (0, 1),
                (0, 255),
                (0, 0),
                (0, 0),
                (1, 1),
                (0, 255),
                (0, 0),
                (0, 0),
                (1, 1),
                (0x2c, 0x40),
                (1, 1),
                (0x2c, 0x40),
            ];
            let fits = bytes.iter().zip(HEAD).all(|(byte, (least, most))| (least..=most).contains(byte));
            if fits {
                Probe::Unsure
            } else {
                Probe::Never
            }
        }
    }
}

/// What decides whether a connection turns to TLS. Until that is known no direction is done: of one that is, segments that come before what they
/// answer are not held back, and what is said behind the turn would be lost.
#[derive(Clone, Copy)]
pub enum Kind {
    Tds,
}

pub struct Opening {
    kind: Kind,
    /// It will not turn any more.
    over: bool,
}

impl Opening {
    pub fn begin(kind: Kind) -> Box<dyn Session> {
        Box::new(Opening { kind, over: false })
    }

    fn step(&self, dir: Dir, bytes: &[u8]) -> Option<Step> {
        match self.kind {
            Kind::Tds => tds_step(dir, bytes),
        }
    }
}

/// The server's answer says what is encrypted: 1 and 3 all of it, 0 the login only, 2 nothing. MS-TDS 2.2.6.5.
fn tds_step(dir: Dir, bytes: &[u8]) -> Option<Step> {
    const ENCRYPTION: u8 = 1;
    let (&[_, _, high, low, ..], _) = bytes.split_first_chunk::<8>()?;
    let whole = usize::from(u16::from_be_bytes([high, low]));
    if dir == Dir::Orig {
        return Some(Step::Took(bytes.len()));
    }
    let packet = bytes.get(..whole)?;
    let options = packet.get(8..)?;
    let listed = options.chunks_exact(5).take_while(|option| option.first() != Some(&0xff));
    let place = listed
        .filter(|option| option.first() == Some(&ENCRYPTION))
        .find_map(|option| option.get(1..3));
    let agreed = match place {
        Some([a, b]) => options.get(usize::from(u16::from_be_bytes([*a, *b]))).copied(),
        _ => None,
    };
    Some(match agreed {
        Some(1 | 3) => Step::Turn(whole),
        _ => Step::Done,
    })
}

impl Session for Opening {
    fn data(&mut self, dir: Dir, bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        if self.over {
            return Step::Done;
        }
        let step = match self.step(dir, bytes) {
            Some(Step::Took(n) | Step::Turn(n)) if n > bytes.len() => Step::Need(n),
            Some(step) => step,
            None if bytes.len() < limits::UPGRADE_UNIT => Step::Need(bytes.len().saturating_add(1)),
            None => Step::Done,
        };
        self.over = step == Step::Done;
        step
    }

    fn gap(&mut self, _dir: Dir, _missing: u64, _cx: &mut Context<'_>) {}

    fn end(&mut self, _cx: &mut Context<'_>) {}
}
