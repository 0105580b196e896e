//! Compressed captures: gzip members (RFC 1952) and Zstandard frames (RFC 8878), any number one after the other, as `cat`, bgzip, pzstd and
//! the seekable format leave them.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, StreamingDecoder};

use crate::limits;

/// What is wrong with compressed data, in the words of a user.
#[derive(Debug)]
pub struct Broken(pub &'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Broken {}

const DAMAGED: &str = "the compressed data are damaged";
const WINDOW: &str = "it was compressed with a window of more than 128 MiB; decompress it first (zstd -d --long=31)";
const DICTIONARY: &str = "it was compressed with a dictionary that is not here; decompress it first (zstd -d -D DICTIONARY)";
const BEHIND: &str = "what follows the compressed data is not compressed";

fn broken(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Broken(why))
}

/// Whether these first bytes of a file are those of compressed data.
pub fn is_compressed(head: [u8; 4]) -> bool {
    matches!(Magic::of(&head), Magic::Gzip | Magic::Zstandard | Magic::Skippable)
}

enum Magic {
    Gzip,
    Zstandard,
    /// RFC 8878 section 3.1.2: data for other readers, such as the frame sizes of pzstd or the index of the seekable format.
    Skippable,
    /// Zeros, as tapes and block devices pad with.
    Padding,
    End,
    /// The input ends inside a magic number.
    Cut,
    Other,
}

impl Magic {
    fn of(head: &[u8]) -> Magic {
        match *head {
            [] => Magic::End,
            [0x1f, 0x8b, ..] => Magic::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Magic::Zstandard,
            [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Magic::Skippable,
            [0x1f] | [0x28] | [0x28, 0xb5] | [0x28, 0xb5, 0x2f] => Magic::Cut,
            [0x50..=0x5f] | [0x50..=0x5f, 0x2a] | [0x50..=0x5f, 0x2a, 0x4d] => Magic::Cut,
            _ if head.iter().all(|&b| b == 0) => Magic::Padding,
            _ => Magic::Other,
        }
    }
}

/// The compressed bytes, of which the next four can be looked at.
struct Raw<R> {
    front: Vec<u8>,
    inner: BufReader<R>,
}

impl<R: Read> Raw<R> {
    /// The next four bytes, fewer at the end.
    fn peek(&mut self) -> io::Result<&[u8]> {
        let missing = 4usize.saturating_sub(self.front.len()) as u64;
        self.inner.by_ref().take(missing).read_to_end(&mut self.front)?;
        Ok(&self.front)
    }

    fn skip_frame(&mut self) -> io::Result<()> {
        let mut head = [0u8; 8];
        self.read_exact(&mut head)?;
        let [.., a, b, c, d] = head;
        let len = u64::from(u32::from_le_bytes([a, b, c, d]));
        match io::copy(&mut self.by_ref().take(len), &mut io::sink())? {
            skipped if skipped == len => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn skip_padding(&mut self) -> io::Result<()> {
        loop {
            let shown = self.fill_buf()?;
            let zeros = shown.iter().take_while(|&&b| b == 0).count();
            let all = zeros == shown.len();
            self.consume(zeros);
            if !all || zeros == 0 {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.front.is_empty() {
            return self.inner.read(to);
        }
        let n = self.front.as_slice().read(to)?;
        self.front.drain(..n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Raw<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.front.is_empty() {
            self.inner.fill_buf()
        } else {
            Ok(&self.front)
        }
    }

    fn consume(&mut self, n: usize) {
        if self.front.is_empty() {
            self.inner.consume(n);
        } else {
            self.front.drain(..n.min(self.front.len()));
        }
    }
}

enum State<R: Read> {
    Between(Raw<R>),
    Gzip(GzDecoder<Raw<R>>),
    Zstandard(Box<StreamingDecoder<Raw<R>, FrameDecoder>>),
    /// A Zstandard frame that ends too early: what was decoded of it still comes.
    Cut(Box<FrameDecoder>),
    Over,
}

/// Gives what the frames hold, one after the other.
pub struct Compressed<R: Read> {
    state: State<R>,
    /// The decoder of the last Zstandard frame: its window is taken for the next, of which a capture may have thousands.
    spare: Option<FrameDecoder>,
}

impl<R: Read> Compressed<R> {
    pub fn new(raw: BufReader<R>) -> Compressed<R> {
        let front = Vec::with_capacity(4);
        Compressed {
            state: State::Between(Raw { front, inner: raw }),
            spare: None,
        }
    }

    /// Begins the next frame.
    fn begin(&mut self, mut raw: Raw<R>) -> io::Result<State<R>> {
        loop {
            match Magic::of(raw.peek()?) {
                Magic::End => return Ok(State::Over),
                Magic::Gzip => return Ok(State::Gzip(GzDecoder::new(raw))),
                Magic::Zstandard => {
                    let mut decoder = self.spare.take().unwrap_or_default();
                    decoder.set_max_window_size(limits::ZSTD_WINDOW);
                    let decoder = StreamingDecoder::new_with_decoder(raw, decoder).map_err(|e| said_by_zstd(&e))?;
                    return Ok(State::Zstandard(Box::new(decoder)));
                }
                Magic::Skippable => raw.skip_frame()?,
                Magic::Padding => raw.skip_padding()?,
                Magic::Cut => return Err(io::ErrorKind::UnexpectedEof.into()),
                Magic::Other => return Err(broken(BEHIND)),
            }
        }
    }

    /// The input ends inside a Zstandard frame. Its decoder gives the last bytes, as many as its window has (which may be all), only when the
    /// frame is over: it is shown an empty last block (RFC 8878 section 3.1.1.2) and room for a checksum.
    fn cut(&mut self) {
        const LAST: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
        if let State::Zstandard(frame) = std::mem::replace(&mut self.state, State::Over) {
            let (_, mut decoder) = frame.into_parts();
            // If it will not, there is nothing more to give.
            let _ = decoder.decode_blocks(LAST.as_slice(), BlockDecodingStrategy::UptoBlocks(1));
            self.state = State::Cut(Box::new(decoder));
        }
    }

    /// Ends a Zstandard frame: its checksum, if it has one, must agree (RFC 8878 section 3.1.1).
    fn end(&mut self, frame: StreamingDecoder<Raw<R>, FrameDecoder>) -> io::Result<Raw<R>> {
        let (raw, decoder) = frame.into_parts();
        let agrees = decoder
            .get_checksum_from_data()
            .is_none_or(|said| decoder.get_calculated_checksum() == Some(said));
        self.spare = Some(decoder);
        if agrees {
            Ok(raw)
        } else {
            Err(broken(DAMAGED))
        }
    }
}

impl<R: Read> Read for Compressed<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = match &mut self.state {
                State::Gzip(frame) => frame.read(to).map_err(said_by_gzip)?,
                State::Zstandard(frame) => match frame.read(to).map_err(|e| said_by_zstd(&e)) {
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                        self.cut();
                        continue;
                    }
                    read => read?,
                },
                State::Cut(decoder) => decoder.read(to)?,
                State::Between(_) => 0,
                State::Over => return Ok(0),
            };
            if n > 0 || to.is_empty() {
                return Ok(n);
            }
            let raw = match std::mem::replace(&mut self.state, State::Over) {
                State::Between(raw) => raw,
                State::Gzip(frame) => frame.into_inner(),
                State::Zstandard(frame) => self.end(*frame)?,
                State::Cut(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
                State::Over => return Ok(0),
            };
            self.state = self.begin(raw)?;
        }
    }
}

fn said_by_gzip(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => broken(DAMAGED),
        _ => error,
    }
}

/// The cause of what the decoder says: the file could not be read, ends too early, asks for too much, or is damaged.
fn said_by_zstd(error: &(dyn Error + 'static)) -> io::Error {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            match (io.raw_os_error(), io.get_ref()) {
                (Some(code), _) => return io::Error::from_raw_os_error(code),
                (None, None) => return io.kind().into(),
                // Wraps what the decoder said.
                (None, Some(inner)) => cause = Some(inner),
            }
            continue;
        }
        match error.downcast_ref::<FrameDecoderError>() {
            Some(FrameDecoderError::WindowSizeTooBig { .. }) => return broken(WINDOW),
            Some(FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. })) => return broken(WINDOW),
            Some(FrameDecoderError::DictNotProvided { .. }) => return broken(DICTIONARY),
            _ => cause = error.source(),
        }
    }
    broken(DAMAGED)
}
