//! Snappy, and the room that it works in.

/// Bytes by which it is told whether a large column is worth it.
const SAMPLE: usize = 4096;
/// Room that is kept from column to column: many parts may be open at once.
const ROOM: usize = 256 << 10;

pub struct Press {
    encoder: snap::raw::Encoder,
    room: Vec<u8>,
}

impl Default for Press {
    fn default() -> Press {
        Press {
            encoder: snap::raw::Encoder::new(),
            room: Vec::new(),
        }
    }
}

impl Press {
    /// Hashes and other random texts never become smaller: of much, some in the middle is tried first.
    pub fn is_worth_it(&mut self, bytes: &[u8]) -> bool {
        let middle = bytes.len() / 2;
        match bytes.get(middle..middle + SAMPLE) {
            Some(some) if bytes.len() > 4 * SAMPLE => self.pressed(some).is_ok_and(|small| small.len() < SAMPLE - SAMPLE / 8),
            _ => true,
        }
    }

    pub fn press(&mut self, bytes: &[u8]) -> snap::Result<Vec<u8>> {
        let small = self.pressed(bytes).map(<[u8]>::to_vec);
        if self.room.len() > ROOM {
            self.room = Vec::new();
        }
        small
    }

    fn pressed(&mut self, bytes: &[u8]) -> snap::Result<&[u8]> {
        let most = snap::raw::max_compress_len(bytes.len());
        if self.room.len() < most {
            self.room.resize(most, 0);
        }
        let small = self.encoder.compress(bytes, &mut self.room)?;
        Ok(&self.room[..small])
    }
}
