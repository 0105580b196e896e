//! Changes scripts as a network would: pieces cut, joined, lost, repeated, in another order; and what stands in one by libFuzzer's own means.

use crate::script::{self, Piece};

/// A small deterministic generator (xorshift64*, Vigna 2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u32) -> Random {
        Random(u64::from(seed) << 1 | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}

/// Another script of at most `most` bytes. `bytes_of` changes plain bytes, to at most so many.
pub fn mutate(script: &[u8], most: usize, random: &mut Random, mut bytes_of: impl FnMut(&[u8], usize) -> Vec<u8>) -> Vec<u8> {
    let mut pieces = script::read(script);
    if pieces.is_empty() || random.below(16) == 0 {
        return bytes_of(script, most);
    }
    let at = random.below(pieces.len());
    match random.below(16) {
        0 => pieces[at].kind = random.below(256) as u8,
        1 => pieces[at].kind ^= 1 << random.below(8),
        2 => pieces[at].arg = random.below(1 << 16) as u16,
        3 => pieces[at].arg = random.below(16) as u16,
        4 => split(&mut pieces, at, random),
        5 => join(&mut pieces, at),
        6 => drop(pieces.remove(at)),
        7 => pieces.insert(random.below(pieces.len() + 1), pieces[at].clone()),
        8 => {
            let other = random.below(pieces.len());
            pieces.swap(at, other);
        }
        _ => {
            let room = (pieces[at].data.len() + most.saturating_sub(script.len())).min(usize::from(u16::MAX));
            pieces[at].data = bytes_of(&pieces[at].data, room);
        }
    }
    script::write(&pieces, most)
}

fn split(pieces: &mut Vec<Piece>, at: usize, random: &mut Random) {
    let where_to = random.below(pieces[at].data.len() + 1);
    let data = pieces[at].data.split_off(where_to);
    let Piece { kind, arg, .. } = pieces[at];
    let second = Piece { kind, arg, data };
    pieces.insert(at + 1, second);
}

fn join(pieces: &mut Vec<Piece>, at: usize) {
    if at + 1 < pieces.len() {
        let second = pieces.remove(at + 1);
        let data = [pieces[at].data.as_slice(), &second.data].concat();
        pieces[at] = Piece::new(pieces[at].kind, pieces[at].arg, &data);
    }
}
