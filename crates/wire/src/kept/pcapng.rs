//! Packets as a pcapng file (draft-ietf-opsawg-pcapng), nanoseconds: written, and read again where we wrote it.

use crate::capture::Packet;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
/// Bytes of a packet block around its data: type, length, interface, time, two lengths, length again.
const AROUND: usize = 32;
const DATA_AT: usize = 28;

/// A packet block of ours, as it stands in a file.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub ts: i64,
    pub data: &'a [u8],
    pub wire_len: usize,
    pub bytes: &'a [u8],
}

/// The block that a file begins with: section header of unknown length, little endian.
pub fn section(to: &mut Vec<u8>) {
    block(to, SECTION, |to| {
        to.extend(0x1a2b_3c4du32.to_le_bytes());
        to.extend([1, 0, 0, 0]);
        to.extend(u64::MAX.to_le_bytes());
    });
}

/// An interface: its name, link type, nanoseconds, packets of any length.
pub fn interface(to: &mut Vec<u8>, name: &str, link: u16) {
    block(to, INTERFACE, |to| {
        to.extend(link.to_le_bytes());
        to.extend([0; 6]);
        option(to, 2, name.as_bytes());
        option(to, 9, &[9]);
        option(to, 0, &[]);
    });
}

/// Bytes of a packet's block.
pub fn room(data: usize) -> usize {
    data.next_multiple_of(4).saturating_add(AROUND)
}

/// A packet of interface 0. This is done for every packet of the wire, so its head goes in at once.
pub fn packet(to: &mut Vec<u8>, packet: &Packet<'_>) {
    let ts = packet.ts.max(0).unsigned_abs();
    let len = length(room(packet.data.len()));
    let words = [
        PACKET,
        len,
        0,
        low(ts >> 32),
        low(ts),
        length(packet.data.len()),
        length(packet.wire_len),
    ];
    let mut head = [0; DATA_AT];
    for (place, word) in head.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    to.reserve(room(packet.data.len()));
    to.extend_from_slice(&head);
    to.extend_from_slice(packet.data);
    pad(to, packet.data.len());
    to.extend_from_slice(&len.to_le_bytes());
}

/// The packets of a file that the functions above wrote; ends where it does not go on as they would.
pub fn packets(mut rest: &[u8]) -> impl Iterator<Item = Block<'_>> {
    std::iter::from_fn(move || loop {
        let kind = word(rest, 0)?;
        let bytes = rest.get(..usize::try_from(word(rest, 4)?).ok().filter(|len| *len >= 12)?)?;
        rest = rest.get(bytes.len()..)?;
        if kind == PACKET {
            let ts = u64::from(word(bytes, 12)?) << 32 | u64::from(word(bytes, 16)?);
            let end = DATA_AT.checked_add(usize::try_from(word(bytes, 20)?).ok()?)?;
            return Some(Block {
                ts: i64::try_from(ts).ok()?,
                data: bytes.get(DATA_AT..end)?,
                wire_len: usize::try_from(word(bytes, 24)?).ok()?,
                bytes,
            });
        }
    })
}

/// Link type and name of the interface of such a file.
pub fn interface_of(bytes: &[u8]) -> Option<(u16, &str)> {
    let block = bytes.get(usize::try_from(word(bytes, 4)?).ok()?..)?;
    let link = u16::try_from(word(block, 8)? & 0xffff).ok()?;
    let len = usize::try_from(word(block, 16)? >> 16).ok()?;
    let name = block.get(20..)?.get(..len)?;
    Some((link, std::str::from_utf8(name).ok()?))
}

/// Where the number of the interface stands in a packet's block.
pub const INTERFACE_AT: usize = 8;

fn block(to: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = to.len();
    to.extend(kind.to_le_bytes());
    to.extend([0; 4]);
    body(to);
    let len = length(to.len().saturating_sub(begin).saturating_add(4)).to_le_bytes();
    to.extend(len);
    if let Some(place) = to.get_mut(begin..).and_then(|block| block.get_mut(4..8)) {
        place.copy_from_slice(&len);
    }
}

fn option(to: &mut Vec<u8>, code: u16, value: &[u8]) {
    to.extend(code.to_le_bytes());
    to.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    to.extend(value);
    pad(to, value.len());
}

fn pad(to: &mut Vec<u8>, len: usize) {
    to.resize(to.len().saturating_add(len.next_multiple_of(4).saturating_sub(len)), 0);
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The lower half.
fn low(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
