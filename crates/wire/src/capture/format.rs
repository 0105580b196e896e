//! The two capture formats: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), every byte order and resolution.

use std::io;

use super::compressed::Broken;
use super::input::Input;
use crate::limits;

/// Where the next packet stands: its time, link type, and its bytes in the input's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Nanoseconds since 1970, UTC.
    pub ts: i64,
    /// LINKTYPE_ value.
    pub link: u16,
    /// Position of its first byte in [`Input::bytes`].
    pub at: usize,
    /// Bytes captured.
    pub len: usize,
    /// Bytes that it had on the wire.
    pub wire_len: usize,
    /// How much of the input it takes with its record head.
    consume: usize,
}

/// Why no further packet comes.
#[derive(Debug)]
pub enum End {
    /// The input ends where it should.
    Clean,
    /// It ends inside a record, or a record cannot be.
    Cut(&'static str),
    /// It is compressed in a way that cannot be undone.
    Broken(&'static str),
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        let broken = error.get_ref().and_then(|e| e.downcast_ref::<Broken>());
        match (broken, error.kind()) {
            (Some(&Broken(why)), _) => End::Broken(why),
            // Only decoders say so: a plain file just ends.
            (None, io::ErrorKind::UnexpectedEof) => End::Cut("the compressed data end too early"),
            (None, _) => End::Io(error),
        }
    }
}

/// One interface of a pcapng section.
#[derive(Clone, Copy)]
pub struct Interface {
    link: u16,
    snaplen: u32,
    resolution: Resolution,
    offset: i64,
}

/// One tick of a timestamp.
#[derive(Clone, Copy)]
enum Resolution {
    /// 10^-n seconds.
    Decimal(u32),
    /// 2^-n seconds.
    Binary(u32),
}

impl Resolution {
    /// Ticks with the highest bit set are a time before 1970 (or before the offset): as a time after it, it would be one beyond the year 2262.
    fn nanoseconds(self, ticks: u64, offset: i64) -> i64 {
        // Nearly all captures count microseconds or nanoseconds since 1970.
        let common = match self {
            Resolution::Decimal(6) if offset == 0 => (ticks as i64).checked_mul(1000),
            Resolution::Decimal(9) if offset == 0 => Some(ticks as i64),
            _ => None,
        };
        common.unwrap_or_else(|| self.odd_nanoseconds(ticks, offset))
    }

    fn odd_nanoseconds(self, ticks: u64, offset: i64) -> i64 {
        let ticks = i128::from(ticks as i64);
        let ns = match self {
            Resolution::Decimal(n @ 0..=9) => ticks.saturating_mul(10i128.pow(9 - n)),
            Resolution::Decimal(n) => ticks.div_euclid(10i128.checked_pow(n.saturating_sub(9)).unwrap_or(i128::MAX)),
            Resolution::Binary(n) => ticks.saturating_mul(1_000_000_000).checked_shr(n).unwrap_or(0),
        };
        let ns = ns.saturating_add(i128::from(offset).saturating_mul(1_000_000_000));
        ns.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
}

pub enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// What the file header of a pcap capture says of all its records.
#[derive(Clone, Copy)]
pub struct Pcap {
    big: bool,
    nano: bool,
    link: u16,
    /// Length of a record's head.
    head: usize,
}

/// Where in a pcapng capture we are.
#[derive(Default)]
pub struct Pcapng {
    big: bool,
    interfaces: Vec<Interface>,
    last_ts: i64,
    /// What is left of the last packet's block: options too long to stand in the buffer.
    rest: u64,
}

fn u16_at(bytes: &[u8], at: usize, big: bool) -> Option<u16> {
    let b: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
}

fn u32_at(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let b: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
}

impl Format {
    /// Reads the file header; `None` if this is no capture.
    pub fn recognise(input: &mut Input) -> Result<Option<Format>, End> {
        if !input.fill(4)? {
            return Ok(None);
        }
        let magic = u32_at(input.bytes(), 0, true).unwrap_or(0);
        let (big, nano, head) = match magic {
            0xa1b2_c3d4 => (true, false, 16),
            0xd4c3_b2a1 => (false, false, 16),
            // Nanoseconds; the second of each is Navtel's, older than the first.
            0xa1b2_3c4d | 0xa12b_3c4d => (true, true, 16),
            0x4d3c_b2a1 | 0x4d3c_2ba1 => (false, true, 16),
            // "Modified" (Kuznetzov's libpcap of old Linux distributions): interface, protocol and packet type stand behind the usual head.
            0xa1b2_cd34 => (true, false, 24),
            0x34cd_b2a1 => (false, false, 24),
            SECTION_HEADER => return Ok(Some(Format::Pcapng(Pcapng::default()))),
            _ => return Ok(None),
        };
        if !input.fill(24)? {
            return Err(End::Cut("the file header is cut"));
        }
        // The upper bits hold the length of a frame check sequence, not the type.
        let link = u32_at(input.bytes(), 20, big).unwrap_or(0) & 0xffff;
        input.consume(24);
        let link = u16::try_from(link).unwrap_or(0);
        Ok(Some(Format::Pcap(Pcap { big, nano, link, head })))
    }

    /// Moves to the next packet; counts in `unreadable` those that are passed over because their block contradicts itself.
    pub fn next(&mut self, input: &mut Input, unreadable: &mut u64) -> Result<Head, End> {
        match self {
            Format::Pcap(pcap) => pcap.next(input),
            Format::Pcapng(pcapng) => pcapng.next(input, unreadable),
        }
    }
}

impl Head {
    /// Leaves this packet behind.
    pub fn done(&self, input: &mut Input) {
        input.consume(self.consume);
    }
}

impl Pcap {
    #[inline]
    fn next(self, input: &mut Input) -> Result<Head, End> {
        match self.record(input.bytes()) {
            Some(found) if found.len <= limits::PACKET && input.bytes().len() >= found.consume => Ok(found),
            _ => self.far(input),
        }
    }

    /// What a record's head says, if it stands there.
    #[inline]
    fn record(self, bytes: &[u8]) -> Option<Head> {
        let Pcap { big, nano, link, head } = self;
        let words = bytes.first_chunk::<16>()?.as_chunks::<4>().0.first_chunk::<4>()?;
        let [seconds, fraction, len, wire_len] = match big {
            true => words.map(u32::from_be_bytes),
            false => words.map(u32::from_le_bytes),
        };
        let (len, wire_len) = (len as usize, wire_len as usize);
        Some(Head {
            ts: i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * if nano { 1 } else { 1000 },
            link,
            at: head,
            len,
            wire_len: wire_len.max(len),
            consume: head + len,
        })
    }

    /// The next record where it does not stand whole in the buffer yet.
    #[cold]
    fn far(self, input: &mut Input) -> Result<Head, End> {
        if !input.fill(self.head)? {
            return Err(if input.bytes().is_empty() {
                End::Clean
            } else {
                End::Cut("a record head is cut")
            });
        }
        let found = self.record(input.bytes()).ok_or(End::Cut("a record head is cut"))?;
        if found.len > limits::PACKET {
            return Err(End::Cut("a record claims an impossible length"));
        }
        if !input.fill(found.consume)? {
            return Err(End::Cut("the last packet is cut"));
        }
        Ok(found)
    }
}

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET_BLOCK: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

impl Pcapng {
    fn next(&mut self, input: &mut Input, unreadable: &mut u64) -> Result<Head, End> {
        loop {
            if self.rest > 0 && !input.skip(std::mem::take(&mut self.rest))? {
                return Err(End::Cut("the last block is cut"));
            }
            if let Some(head) = at_hand(input.bytes(), self.big, &self.interfaces) {
                self.last_ts = head.ts;
                return Ok(head);
            }
            let Some((kind, total)) = self.block(input)? else {
                return Err(End::Clean);
            };
            let wanted = matches!(kind, INTERFACE_DESCRIPTION | PACKET_BLOCK | SIMPLE_PACKET | ENHANCED_PACKET);
            if !wanted {
                // Statistics, secrets, name tables (which hold names of people's machines), what others made up: never looked at.
                if !input.skip(total as u64)? {
                    return Err(End::Cut("a block is cut"));
                }
                continue;
            }
            // Options stand last: of a block that is too long for the buffer, they are passed unread.
            let shown = total.min(limits::BLOCK);
            if !input.fill(shown)? {
                return Err(End::Cut("the last block is cut"));
            }
            self.rest = total.saturating_sub(shown) as u64;
            let block = input.bytes().get(..shown).unwrap_or_default();
            if kind == INTERFACE_DESCRIPTION {
                if self.interfaces.len() >= limits::INTERFACES {
                    return Err(End::Cut("too many interfaces in one section"));
                }
                self.interfaces.push(interface(block, self.big));
                input.consume(shown);
                continue;
            }
            match packet(block, kind, self.big, &self.interfaces, self.last_ts) {
                Some(head) => {
                    self.last_ts = head.ts;
                    return Ok(head);
                }
                None => {
                    *unreadable += 1;
                    input.consume(shown);
                }
            }
        }
    }

    /// Kind and length of the block that comes; `None` at the end.
    fn block(&mut self, input: &mut Input) -> Result<Option<(u32, usize)>, End> {
        if !input.fill(12)? {
            return match input.bytes().is_empty() {
                true => Ok(None),
                false => Err(End::Cut("a block head is cut")),
            };
        }
        let kind = u32_at(input.bytes(), 0, self.big).unwrap_or(0);
        if kind == SECTION_HEADER {
            self.big = u32_at(input.bytes(), 8, true) == Some(BYTE_ORDER);
            if !self.big && u32_at(input.bytes(), 8, false) != Some(BYTE_ORDER) {
                return Err(End::Cut("a section has no byte order"));
            }
            self.interfaces.clear();
        }
        let total = u32_at(input.bytes(), 4, self.big).unwrap_or(0) as usize;
        if total < 12 || !total.is_multiple_of(4) {
            return Err(End::Cut("a block claims an impossible length"));
        }
        Ok(Some((kind, total)))
    }
}

fn interface(block: &[u8], big: bool) -> Interface {
    let mut found = Interface {
        link: u16_at(block, 8, big).unwrap_or(0),
        snaplen: u32_at(block, 12, big).unwrap_or(0),
        resolution: Resolution::Decimal(6),
        offset: 0,
    };
    let mut at = 16usize;
    while let (Some(code), Some(len)) = (u16_at(block, at, big), u16_at(block, at + 2, big)) {
        let value = at + 4;
        match (code, block.get(value)) {
            (0, _) => break,
            (9, Some(&r)) if len >= 1 => {
                found.resolution = if r & 0x80 == 0 {
                    Resolution::Decimal(u32::from(r))
                } else {
                    Resolution::Binary(u32::from(r & 0x7f))
                };
            }
            (14, _) if len >= 8 => {
                let (first, second) = (u32_at(block, value, big).unwrap_or(0), u32_at(block, value + 4, big).unwrap_or(0));
                let (high, low) = if big { (first, second) } else { (second, first) };
                found.offset = (u64::from(high) << 32 | u64::from(low)) as i64;
            }
            _ => {}
        }
        at = value + usize::from(len).div_ceil(4) * 4;
    }
    found
}

/// The block that comes if, as nearly always, it holds a packet and stands whole in the buffer. Of any other nothing is said here.
#[inline]
fn at_hand(bytes: &[u8], big: bool, interfaces: &[Interface]) -> Option<Head> {
    let [kind, total, ..] = words(bytes, big)?;
    let block = bytes.get(..total as usize)?;
    (kind == ENHANCED_PACKET && total.is_multiple_of(4)).then_some(())?;
    enhanced(block, big, interfaces)
}

fn words(block: &[u8], big: bool) -> Option<[u32; 7]> {
    let words = block.first_chunk::<28>()?.as_chunks::<4>().0.first_chunk::<7>()?;
    Some(match big {
        true => words.map(u32::from_be_bytes),
        false => words.map(u32::from_le_bytes),
    })
}

/// The block that nearly all packets stand in (section 4.3), its head read at once.
#[inline]
fn enhanced(block: &[u8], big: bool, interfaces: &[Interface]) -> Option<Head> {
    let [_, _, interface, high, low, len, wire_len] = words(block, big)?;
    let interface = interfaces.get(interface as usize)?;
    let (len, wire_len) = (len as usize, wire_len as usize);
    if len > limits::PACKET || 28 + len > block.len() {
        return None;
    }
    let ticks = u64::from(high) << 32 | u64::from(low);
    Some(Head {
        ts: interface.resolution.nanoseconds(ticks, interface.offset),
        link: interface.link,
        at: 28,
        len,
        wire_len: wire_len.max(len),
        consume: block.len(),
    })
}

/// `None` for a packet whose block contradicts itself: it is passed over, the next block is still good.
fn packet(block: &[u8], kind: u32, big: bool, interfaces: &[Interface], last_ts: i64) -> Option<Head> {
    if kind == ENHANCED_PACKET {
        return enhanced(block, big, interfaces);
    }
    let total = block.len();
    let (number, ts_at, len_at, data_at) = match kind {
        PACKET_BLOCK => (usize::from(u16_at(block, 8, big)?), Some(12), 20, 28),
        _ => (0, None, 8, 12),
    };
    let interface = *interfaces.get(number)?;
    let (len, wire_len) = match kind {
        SIMPLE_PACKET => {
            let wire = u32_at(block, 8, big)? as usize;
            let snap = if interface.snaplen == 0 {
                usize::MAX
            } else {
                interface.snaplen as usize
            };
            (wire.min(snap).min(total.checked_sub(16)?), wire)
        }
        _ => (u32_at(block, len_at, big)? as usize, u32_at(block, len_at + 4, big)? as usize),
    };
    if len > limits::PACKET || data_at + len > total {
        return None;
    }
    let ts = match ts_at {
        Some(at) => {
            let ticks = u64::from(u32_at(block, at, big)?) << 32 | u64::from(u32_at(block, at + 4, big)?);
            interface.resolution.nanoseconds(ticks, interface.offset)
        }
        None => last_ts,
    };
    Some(Head {
        ts,
        link: interface.link,
        at: data_at,
        len,
        wire_len: wire_len.max(len),
        consume: total,
    })
}
