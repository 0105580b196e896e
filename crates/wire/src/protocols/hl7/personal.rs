//! What a message says of a person, remembered only as long as the message is: texts that identify systems are not kept if they hold any of it,
//! for some senders make control ids of record numbers and fill header fields from the wrong column.

use std::borrow::Cow;

use super::segment::{Fields, Segment};
use crate::limits;
use crate::text::pieces;

/// Identifiers, names and dates of birth of one message, each with its length before it.
#[derive(Debug, Default)]
pub struct Personal {
    values: Vec<u8>,
    beginnings: Beginnings,
}

/// The first characters of all values, a bit each: a text in which none of them stands holds no value, and most hold none.
#[derive(Debug, Default)]
struct Beginnings([u64; 4]);

impl Beginnings {
    /// Which word and which bit of it these characters are, in any case.
    fn place(characters: &[u8; limits::HL7_PERSONAL_SHORTEST]) -> (usize, u64) {
        let folded = u32::from_le_bytes(*characters) | u32::from_le_bytes([b' '; limits::HL7_PERSONAL_SHORTEST]);
        let mixed = folded.wrapping_mul(0x9e37_79b1);
        ((mixed >> 30) as usize, 1 << (mixed >> 24 & 63))
    }

    fn add(&mut self, value: &[u8]) {
        let place = value.first_chunk().map(Self::place);
        if let Some((word, bit)) = place.and_then(|(word, bit)| Some((self.0.get_mut(word)?, bit))) {
            *word |= bit;
        }
    }

    fn may_be_in(&self, text: &[u8]) -> bool {
        text.windows(limits::HL7_PERSONAL_SHORTEST)
            .filter_map(<[u8]>::first_chunk)
            .map(Self::place)
            .any(|(word, bit)| self.0.get(word).is_some_and(|bits| bits & bit != 0))
    }
}

impl Personal {
    pub fn clear(&mut self) {
        self.values.clear();
        self.beginnings = Beginnings::default();
    }

    /// Takes what identifies persons and their orders from a segment: PID-2 to 5, 7, 18 and 19 (3.4.2), MRG-1 to 3 (3.4.9), order numbers
    /// (4.5.1, 4.5.3), the subject of a query (QRD-8).
    pub fn take(&mut self, name: [u8; 3], segment: &Segment<'_>, fields: &Fields<'_>) {
        let wanted: &[usize] = match &name {
            b"PID" => &[2, 3, 4, 5, 7, 18, 19],
            b"MRG" => &[1, 2, 3],
            b"ORC" | b"OBR" => &[2, 3],
            b"QRD" => &[8],
            _ => return,
        };
        for (number, field) in wanted.iter().filter_map(|number| Some((*number, fields.get(*number)?))) {
            for one in segment.repetitions(field).take(limits::HL7_PERSONAL_REPETITIONS) {
                // Of a name family and given name, of an identifier the identifier.
                let parts = if matches!((&name, number), (b"PID", 5)) { 2 } else { 1 };
                // Of a time of birth the date.
                let most = if matches!((&name, number), (b"PID", 7)) { 8 } else { usize::MAX };
                for part in pieces(one, segment.by.component).take(parts) {
                    self.add(part.get(..most).unwrap_or(part));
                }
            }
        }
    }

    /// Remembers one value, unless it is too short to mean anybody.
    pub fn add(&mut self, value: &[u8]) {
        let room = self.values.len().saturating_add(value.len()) < limits::HL7_PERSONAL;
        if let (true, Ok(len)) = (room && value.len() >= limits::HL7_PERSONAL_SHORTEST, u8::try_from(value.len())) {
            self.values.push(len);
            self.values.extend_from_slice(value);
            self.beginnings.add(value);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.values.as_slice();
        std::iter::from_fn(move || {
            let (len, more) = rest.split_first()?;
            let (value, next) = more.split_at_checked(usize::from(*len))?;
            rest = next;
            Some(value)
        })
    }

    /// Whether `text` holds any of it, in any case.
    pub fn is_in(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        self.beginnings.may_be_in(text) && self.iter().any(|value| holds(text, value))
    }

    /// `text` if it holds none of it.
    pub fn without<'t>(&self, text: Option<&'t str>) -> Option<&'t str> {
        text.filter(|text| !self.is_in(text))
    }

    /// `text`, or its pseudonym if it holds any of it.
    pub fn hidden<'t>(&self, text: &'t str, pseudonym: impl FnOnce(&[u8]) -> Option<String>) -> Option<Cow<'t, str>> {
        if self.is_in(text) {
            pseudonym(text.as_bytes()).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(text))
        }
    }
}

fn holds(text: &[u8], value: &[u8]) -> bool {
    let Some(first) = value.first() else { return false };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut rest = text;
    while rest.len() >= value.len() {
        let Some(at) = rest.iter().position(|b| *b == lower || *b == upper) else {
            return false;
        };
        let from = rest.get(at..).unwrap_or_default();
        if from.get(..value.len()).is_some_and(|part| part.eq_ignore_ascii_case(value)) {
            return true;
        }
        rest = from.get(1..).unwrap_or_default();
    }
    false
}
