//! The first bytes of a connection, shown to the probes until one is certain or all say never.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::context::Identity;
use crate::limits;
use crate::protocols::{Dir, Probe, Protocol, TCP};

/// What the probes say.
pub enum Verdict {
    Unsure,
    /// Known by the bytes just shown, the first of all: nothing needs to be shown again.
    AtOnce(&'static Protocol),
    /// Known; what was seen before is to be replayed.
    Known(&'static Protocol),
    Nobody,
}

/// Bytes so far, in the order in which they came; which protocols are still possible.
pub struct Probing {
    seen: [Vec<u8>; 2],
    order: Vec<(Dir, usize, i64)>,
    possible: u64,
    /// Bytes of each direction at which the probes are asked again: not with every byte of a long head.
    ask_at: [usize; 2],
}

impl Default for Probing {
    fn default() -> Self {
        Probing {
            seen: [Vec::new(), Vec::new()],
            order: Vec::new(),
            possible: u64::MAX,
            ask_at: [0, 0],
        }
    }
}

impl Probing {
    pub fn held(&self) -> usize {
        self.seen.iter().map(Vec::capacity).sum()
    }

    /// Takes the next bytes of a direction.
    pub fn see(&mut self, dir: Dir, bytes: &[u8], ts: i64, identity: &Identity) -> Verdict {
        let (Some(so_far), Some(ask_at)) = (self.seen.get_mut(dir as usize), self.ask_at.get_mut(dir as usize)) else {
            return Verdict::Nobody;
        };
        // The usual case needs no copy: the first bytes already tell.
        let first = so_far.is_empty().then(|| ask(dir, bytes, &mut self.possible, identity));
        match first {
            Some(Some(protocol)) if self.order.is_empty() => return Verdict::AtOnce(protocol),
            _ => {}
        }
        let many = self.order.len() >= limits::PROBE_PIECES;
        match self.order.last_mut() {
            Some((last, len, _)) if many && *last == dir => *len += bytes.len(),
            _ => self.order.push((dir, bytes.len(), ts)),
        }
        so_far.extend_from_slice(bytes);
        let verdict = match first {
            Some(verdict) => verdict,
            None if so_far.len() >= *ask_at => {
                *ask_at = so_far.len() + so_far.len() / 8;
                ask(dir, so_far, &mut self.possible, identity)
            }
            None => None,
        };
        let room = self.order.len() <= limits::PROBE_PIECES && self.seen.iter().all(|seen| seen.len() < limits::PROBE_BYTES);
        match verdict {
            Some(protocol) => Verdict::Known(protocol),
            None if room && self.possible != 0 => Verdict::Unsure,
            None => Verdict::Nobody,
        }
    }

    /// What the bytes of `dir` are by what was seen of them, if no more comes.
    pub fn likely(&self, dir: Dir, identity: &Identity) -> Option<&'static Protocol> {
        let bytes = self.seen.get(dir as usize).filter(|seen| !seen.is_empty())?;
        let enough = |protocol: &&Protocol| matches!((protocol.probe)(dir, bytes), Probe::Certain | Probe::Likely);
        candidates(self.possible, identity).map(|(_, protocol)| protocol).find(enough)
    }

    pub fn has_seen(&self, dir: Dir) -> bool {
        self.seen.get(dir as usize).is_some_and(|seen| !seen.is_empty())
    }

    /// Shows all again, in the order in which it came.
    pub fn replay(&self, mut show: impl FnMut(Dir, &[u8], i64)) {
        let mut used = [0usize; 2];
        for &(dir, len, ts) in &self.order {
            let (Some(used), Some(seen)) = (used.get_mut(dir as usize), self.seen.get(dir as usize)) else {
                continue;
            };
            let part = seen.get(*used..used.saturating_add(len)).unwrap_or_default();
            *used = used.saturating_add(len);
            show(dir, part, ts);
        }
    }

    /// Bytes of `dir` were lost: what was seen of it will not go on. Says how many bytes that were.
    pub fn forget(&mut self, dir: Dir) -> u64 {
        self.possible = u64::MAX;
        self.order.retain(|(d, ..)| *d != dir);
        if let Some(at) = self.ask_at.get_mut(dir as usize) {
            *at = 0;
        }
        self.seen.get_mut(dir as usize).map_or(0, |seen| std::mem::take(seen).len() as u64)
    }
}

/// One bit for each protocol.
const ALL: u64 = (1 << TCP.len()) - 1;

/// Ports, each with the protocols that are at home there.
static HOMES: LazyLock<Vec<(u16, u64)>> = LazyLock::new(|| {
    let ports = TCP
        .iter()
        .enumerate()
        .flat_map(|(n, p)| p.ports.iter().map(move |port| (*port, 1 << n)));
    let homes = ports.fold(BTreeMap::new(), |mut homes, (port, bit)| {
        *homes.entry(port).or_insert(0) |= bit;
        homes
    });
    homes.into_iter().collect()
});

/// The protocols that are still possible, those at home on the port first.
fn candidates(possible: u64, identity: &Identity) -> impl Iterator<Item = (usize, &'static Protocol)> {
    let living = |port: u16| {
        let at = HOMES.binary_search_by_key(&port, |(port, _)| *port);
        at.ok().and_then(|at| HOMES.get(at)).map_or(0, |(_, protocols)| *protocols)
    };
    let home = living(identity.ends.orig_port) | living(identity.ends.resp_port);
    let listed = |mut bits: u64| {
        std::iter::from_fn(move || {
            let n = bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
            TCP.get(n).map(|protocol| (n, *protocol))
        })
    };
    listed(possible & home).chain(listed(possible & ALL & !home))
}

/// Asks the probes that are still possible. `possible` loses those that say never.
pub fn ask(dir: Dir, bytes: &[u8], possible: &mut u64, identity: &Identity) -> Option<&'static Protocol> {
    for (n, protocol) in candidates(*possible, identity) {
        match (protocol.probe)(dir, bytes) {
            Probe::Certain => return Some(protocol),
            Probe::Unsure | Probe::Likely => {}
            Probe::Never => *possible &= !(1 << n),
        }
    }
    *possible &= ALL;
    None
}
