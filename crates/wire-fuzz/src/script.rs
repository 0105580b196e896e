//! What a fuzzed input says: pieces, one after the other. Any bytes are a script, so that the fuzzer may change them as it likes.

/// Bytes before those of a piece: kind, argument, length.
const HEAD: usize = 5;

/// A segment, a datagram, a frame, or something that happens instead. Each target reads kind and argument in its own way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub kind: u8,
    pub arg: u16,
    pub data: Vec<u8>,
}

impl Piece {
    pub fn new(kind: u8, arg: u16, data: &[u8]) -> Piece {
        let data = data.get(..usize::from(u16::MAX)).unwrap_or(data).to_vec();
        Piece { kind, arg, data }
    }

    pub fn bit(&self, n: u32) -> bool {
        self.kind & (1 << n) != 0
    }
}

/// The pieces that `bytes` say; the last takes what is left.
pub fn read(mut bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some((&[kind, a, b, c, d], rest)) = bytes.split_first_chunk::<HEAD>() {
        let (data, after) = rest.split_at(usize::from(u16::from_be_bytes([c, d])).min(rest.len()));
        pieces.push(Piece::new(kind, u16::from_be_bytes([a, b]), data));
        bytes = after;
    }
    pieces
}

/// The bytes that say so, without the pieces that would make it longer than `most`.
pub fn write(pieces: &[Piece], most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        if bytes.len() + HEAD + piece.data.len() > most {
            break;
        }
        bytes.push(piece.kind);
        bytes.extend(piece.arg.to_be_bytes());
        bytes.extend(u16::try_from(piece.data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(&piece.data);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let pieces = vec![Piece::new(3, 700, b"abc"), Piece::new(0, 0, b""), Piece::new(255, 1, &[7; 300])];
        assert_eq!(read(&write(&pieces, usize::MAX)), pieces);
        assert_eq!(read(&write(&pieces, 20)), pieces[..2]);
    }

    #[test]
    fn any_bytes_are_a_script() {
        assert_eq!(read(&[1, 2, 3]), []);
        assert_eq!(read(&[1, 0, 2, 0xff, 0xff, 9]), [Piece::new(1, 2, &[9])]);
    }
}
