//! Compressed bodies: gzip and deflate (RFC 9110 8.4.1), inflated block by block, and a bomb only for a moment.
//!
//! Blocks begin at the same places however the packets were cut, so that what was seen before an error or a bound is always the same.

use std::io::Write as _;

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
}

/// What a `Content-Encoding` says: not compressed, or how; `None` for what cannot be read here.
pub fn coding(value: Option<&[u8]>) -> Option<Option<Coding>> {
    let is = |name: &str| value.is_some_and(|v| v.eq_ignore_ascii_case(name.as_bytes()));
    match () {
        () if value.is_none() || is("identity") => Some(None),
        () if is("gzip") || is("x-gzip") => Some(Some(Coding::Gzip)),
        () if is("deflate") => Some(Some(Coding::Deflate)),
        () => None,
    }
}

#[derive(Debug)]
enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Zlib(ZlibDecoder<Vec<u8>>),
    Raw(DeflateDecoder<Vec<u8>>),
}

impl Decoder {
    /// `deflate` is the zlib format (RFC 1950), but some send what is within it alone.
    fn new(coding: Coding, begin: &[u8]) -> Decoder {
        let zlib = match begin {
            [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0,
            _ => false,
        };
        match coding {
            Coding::Gzip => Decoder::Gzip(MultiGzDecoder::new(Vec::new())),
            Coding::Deflate if zlib => Decoder::Zlib(ZlibDecoder::new(Vec::new())),
            Coding::Deflate => Decoder::Raw(DeflateDecoder::new(Vec::new())),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Decoder::Gzip(decoder) => decoder.write_all(bytes),
            Decoder::Zlib(decoder) => decoder.write_all(bytes),
            Decoder::Raw(decoder) => decoder.write_all(bytes),
        }
    }

    fn finish(&mut self) -> std::io::Result<()> {
        match self {
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Zlib(decoder) => decoder.try_finish(),
            Decoder::Raw(decoder) => decoder.try_finish(),
        }
    }

    fn made(&mut self) -> &mut Vec<u8> {
        match self {
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zlib(decoder) => decoder.get_mut(),
            Decoder::Raw(decoder) => decoder.get_mut(),
        }
    }
}

#[derive(Debug)]
pub struct Inflate {
    coding: Coding,
    decoder: Option<Decoder>,
    /// Compressed bytes that wait until they are a block.
    block: Vec<u8>,
    /// Bytes taken and made.
    taken: usize,
    made: usize,
    /// It is damaged or made too much: what follows is not seen.
    pub cut: bool,
}

impl Inflate {
    pub fn new(coding: Coding) -> Inflate {
        Inflate {
            coding,
            decoder: None,
            block: Vec::new(),
            taken: 0,
            made: 0,
            cut: false,
        }
    }

    /// Shows what `bytes` hold to `show`, which says whether it wants more; says whether there may be more.
    pub fn feed(&mut self, bytes: &[u8], mut show: impl FnMut(&[u8]) -> bool) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = limits::HTTP_INFLATE.saturating_sub(self.block.len());
            let (part, after) = rest.split_at(room.min(rest.len()));
            self.block.extend_from_slice(part);
            rest = after;
            if part.len() == room && !self.pass(&mut show) {
                return false;
            }
        }
        true
    }

    /// Nothing more comes.
    pub fn finish(&mut self, mut show: impl FnMut(&[u8]) -> bool) {
        if !self.pass(&mut show) {
            return;
        }
        let Some(decoder) = &mut self.decoder else { return };
        self.cut = decoder.finish().is_err();
        show(decoder.made());
    }

    /// Inflates the block.
    fn pass(&mut self, show: &mut impl FnMut(&[u8]) -> bool) -> bool {
        if self.block.is_empty() {
            return true;
        }
        let decoder = self.decoder.get_or_insert_with(|| Decoder::new(self.coding, &self.block));
        let sound = decoder.write(&self.block).is_ok();
        let made = decoder.made();
        self.taken = self.taken.saturating_add(self.block.len());
        self.made = self.made.saturating_add(made.len());
        let more = show(made);
        made.clear();
        self.block.clear();
        let most = limits::HTTP_INFLATE_FREE.saturating_add(self.taken.saturating_mul(limits::HTTP_INFLATE_RATIO));
        self.cut = !sound || self.made > most.min(limits::HTTP_INFLATED);
        more && !self.cut
    }
}
