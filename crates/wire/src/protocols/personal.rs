//! What a message says of a person, remembered only as long as the message is: texts that identify systems are not kept if they hold any of it,
//! for some senders make control ids of record numbers and fill header fields from the wrong column, and people type names where a station's
//! belongs.

use std::borrow::Cow;

use crate::hostname::is_known;
use crate::limits;

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
    fn place(characters: &[u8; limits::PERSONAL_SHORTEST]) -> (usize, u64) {
        let folded = u32::from_le_bytes(*characters) | u32::from_le_bytes([b' '; limits::PERSONAL_SHORTEST]);
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
        text.windows(limits::PERSONAL_SHORTEST)
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

    /// Remembers one value, unless it is too short to mean anybody.
    pub fn add(&mut self, value: &[u8]) {
        let room = self.values.len().saturating_add(value.len()) < limits::PERSONAL;
        if let (true, Ok(len)) = (room && value.len() >= limits::PERSONAL_SHORTEST, u8::try_from(value.len())) {
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

/// A known word that merely has the letters of a value in it, as `Philips` has those of `Philip`, holds nothing of a person.
fn holds(text: &[u8], value: &[u8]) -> bool {
    let Some(first) = value.first() else { return false };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut start = 0_usize;
    while let Some(rest) = text.get(start..).filter(|rest| rest.len() >= value.len()) {
        let Some(at) = rest.iter().position(|b| *b == lower || *b == upper) else {
            return false;
        };
        start = start.saturating_add(at);
        let end = start.saturating_add(value.len());
        let same = text.get(start..end).is_some_and(|part| part.eq_ignore_ascii_case(value));
        if same && !is_in_known_word(text, start, end) {
            return true;
        }
        start = start.saturating_add(1);
    }
    false
}

/// Whether the letters before and after make a known word of it that it is not itself.
fn is_in_known_word(text: &[u8], start: usize, end: usize) -> bool {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let letters_before = before.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    let letters_after = after.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = text.get(start.saturating_sub(letters_before)..end.saturating_add(letters_after));
    letters_before.saturating_add(letters_after) > 0 && word.and_then(|word| std::str::from_utf8(word).ok()).is_some_and(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Personal {
        let mut personal = Personal::default();
        for value in values {
            personal.add(value.as_bytes());
        }
        personal
    }

    #[test]
    fn a_text_holds_a_value_wherever_it_stands_in_it() {
        let personal = of(&["Mueller", "471100"]);
        for text in ["MUELLER", "xmuellerx", "SN-471100", "mumueller", "CT471100MUELLER"] {
            assert!(personal.is_in(text), "{text}");
        }
        for text in ["", "MUELLE", "47110", "MUELLE R"] {
            assert!(!personal.is_in(text), "{text}");
        }
    }

    #[test]
    fn what_is_too_short_means_nobody() {
        assert!(!of(&["CT", "1", "Ann", "128"]).is_in("CT 1 Ann 128"));
    }

    #[test]
    fn a_known_word_is_not_the_value_that_it_has_within() {
        let personal = of(&["Philip", "Sung", "Canon"]);
        for text in ["PHILIPS", "Philips Medical", "Samsung_1"] {
            assert!(!personal.is_in(text), "{text}");
        }
        for text in ["PHILIP", "Philips of Philip", "PHILIPSEN", "CANON", "Canon Inc.", "philip_s"] {
            assert!(personal.is_in(text), "{text}");
        }
    }
}
