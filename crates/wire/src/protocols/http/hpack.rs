//! HPACK: header blocks of HTTP/2 read as they pass, with what may be missing of them. RFC 7541.
//!
//! Our own, because what was not captured must stay unknown here (`docs/decisions/0009-hpack.md`).

pub mod fields;
mod huffman;
mod tables;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::VecDeque;

use fields::{Fields, Name};
use tables::STATIC;

use crate::limits;

/// Before any setting (RFC 9113 6.5.2).
const SIZE: usize = 4096;
/// What an entry counts beyond its texts (RFC 7541 4.1).
const ENTRY: usize = 32;

/// An entry of the dynamic table. Of what is not wanted only its size is known.
#[derive(Debug)]
struct Entry {
    name: Name,
    name_length: usize,
    value: Option<Box<[u8]>>,
    value_length: usize,
}

impl Entry {
    fn size(&self) -> usize {
        self.name_length.saturating_add(self.value_length).saturating_add(ENTRY)
    }
}

/// Why a block was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It ends within a field.
    Short,
    /// It cannot be.
    Broken,
    /// More than [`limits::HTTP2_FIELDS`].
    Long,
}

/// A name, and how many bytes it has.
type Named = (Name, usize);

/// The dynamic table of one direction.
#[derive(Debug)]
pub struct Table {
    /// The newest first.
    entries: VecDeque<Entry>,
    size: usize,
    most: usize,
    /// What the other side allows, as far as seen.
    allowed: Option<usize>,
    /// Entries that are older than those are known not to be.
    whole: bool,
}

impl Default for Table {
    fn default() -> Table {
        Table {
            entries: VecDeque::new(),
            size: 0,
            most: SIZE,
            allowed: None,
            whole: true,
        }
    }
}

impl Table {
    /// Blocks were not seen: what they entered is not known, nor how long the table may be. What is entered from now on is, because entries
    /// are counted from the newest.
    pub fn lost(&mut self) {
        *self = Table {
            most: self.allowed.unwrap_or(limits::HTTP2_TABLE).min(limits::HTTP2_TABLE),
            allowed: self.allowed,
            whole: false,
            ..Table::default()
        };
    }

    /// The other side allows so many bytes (SETTINGS_HEADER_TABLE_SIZE); it may have allowed more before.
    pub fn allow(&mut self, bytes: usize) {
        self.allowed = Some(self.allowed.unwrap_or(SIZE).max(bytes));
    }

    /// Bytes held, at the most.
    pub fn held(&self) -> usize {
        self.size.saturating_add(self.entries.capacity().saturating_mul(size_of::<Entry>()))
    }

    /// Reads a block, or as much as there is of one.
    pub fn read(&mut self, block: &[u8], fields: &mut Fields) -> Result<(), Stop> {
        let mut rest = block;
        while let Some(first) = rest.first() {
            let used = match first {
                0x80.. => self.indexed(rest, fields),
                0x40..=0x7f => self.literal(rest, 6, true, fields),
                0x20..=0x3f => self.resize(rest),
                _ => self.literal(rest, 4, false, fields),
            }?;
            rest = rest.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// RFC 7541 6.1.
    fn indexed(&mut self, bytes: &[u8], fields: &mut Fields) -> Result<usize, Stop> {
        let (index, used) = integer(bytes, 7)?;
        let more = if let Some((name, value)) = fixed(index) {
            let size = name.len().saturating_add(value.len()).saturating_add(ENTRY);
            fields.add(Name::of(name.as_bytes()), Some(value.as_bytes()), size)
        } else {
            match self.entry(index)? {
                Some(entry) => fields.add(entry.name, entry.value.as_deref(), entry.size()),
                None => fields.add(Name::Unknown, None, ENTRY),
            }
        };
        more.then_some(used).ok_or(Stop::Long)
    }

    /// RFC 7541 6.2.
    fn literal(&mut self, bytes: &[u8], prefix: u32, enter: bool, fields: &mut Fields) -> Result<usize, Stop> {
        let (index, mut used) = integer(bytes, prefix)?;
        let (name, name_length) = if index == 0 {
            let (name, n) = string(bytes.get(used..).unwrap_or_default())?;
            used = used.saturating_add(n);
            (Name::of(&name), name.len())
        } else {
            self.named(index)?
        };
        let (value, n) = string(bytes.get(used..).unwrap_or_default())?;
        let entry = Entry {
            name,
            name_length,
            value: (enter && matches!(name, Name::Wanted(_))).then(|| value.as_ref().into()),
            value_length: value.len(),
        };
        let more = fields.add(name, Some(&value), entry.size());
        if enter {
            self.enter(entry);
        }
        more.then_some(used.saturating_add(n)).ok_or(Stop::Long)
    }

    /// RFC 7541 6.3.
    fn resize(&mut self, bytes: &[u8]) -> Result<usize, Stop> {
        let (size, used) = integer(bytes, 5)?;
        let bound = self.allowed.unwrap_or(limits::HTTP2_TABLE).min(limits::HTTP2_TABLE);
        self.most = size.min(bound);
        // What does not find room here is there all the same.
        self.whole &= size <= bound;
        self.evict();
        Ok(used)
    }

    fn named(&self, index: usize) -> Result<Named, Stop> {
        if let Some((name, _)) = fixed(index) {
            return Ok((Name::of(name.as_bytes()), name.len()));
        }
        let entry = self.entry(index)?;
        Ok(entry.map_or((Name::Unknown, 0), |entry| (entry.name, entry.name_length)))
    }

    /// `None` if it was not seen.
    fn entry(&self, index: usize) -> Result<Option<&Entry>, Stop> {
        let nth = index.checked_sub(STATIC.len().saturating_add(1)).ok_or(Stop::Broken)?;
        match self.entries.get(nth) {
            None if self.whole => Err(Stop::Broken),
            found => Ok(found),
        }
    }

    /// RFC 7541 4.4.
    fn enter(&mut self, entry: Entry) {
        self.size = self.size.saturating_add(entry.size());
        self.entries.push_front(entry);
        self.evict();
    }

    fn evict(&mut self) {
        while self.size > self.most {
            let Some(oldest) = self.entries.pop_back() else { break };
            self.size = self.size.saturating_sub(oldest.size());
        }
    }
}

fn fixed(index: usize) -> Option<(&'static str, &'static str)> {
    STATIC.get(index.checked_sub(1)?).copied()
}

/// RFC 7541 5.1: the number and the bytes it took. No number of a block needs more than five.
fn integer(bytes: &[u8], prefix: u32) -> Result<(usize, usize), Stop> {
    let most = 0xffu8.checked_shr(8u32.saturating_sub(prefix)).unwrap_or_default();
    let first = bytes.first().ok_or(Stop::Short)? & most;
    let mut value = u64::from(first);
    if first < most {
        return Ok((usize::from(first), 1));
    }
    for (n, shift) in (1usize..6).zip((0u32..).step_by(7)) {
        let byte = bytes.get(n).ok_or(Stop::Short)?;
        value = value.saturating_add(u64::from(byte & 0x7f) << shift);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| Stop::Broken)?;
            return Ok((value as usize, n.saturating_add(1)));
        }
    }
    Err(Stop::Broken)
}

/// RFC 7541 5.2: the plain text and the bytes it took.
fn string(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, usize), Stop> {
    let (length, at) = integer(bytes, 7)?;
    let end = at.saturating_add(length);
    let text = bytes.get(at..end).ok_or(Stop::Short)?;
    let coded = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let plain = if coded {
        Cow::Owned(huffman::decoded(text).ok_or(Stop::Broken)?)
    } else {
        Cow::Borrowed(text)
    };
    Ok((plain, end))
}
