//! Texts of few different values: a column of senders, types, versions.

use std::sync::Arc;

use ahash::RandomState;
use arrow_array::types::Int32Type;
use arrow_array::{new_null_array, ArrayRef, DictionaryArray, Int32Array};
use arrow_buffer::NullBuffer;
use hashbrown::HashTable;

use super::{word_type, Texts, Values};

/// Texts of few different values: each is kept once, rows hold its number.
pub struct Words {
    codes: Values<i32>,
    dictionary: Dictionary,
}

impl Words {
    pub(super) fn new() -> Words {
        Words {
            codes: Values::new(),
            dictionary: Dictionary::default(),
        }
    }

    /// Gives `row` a text; a row that is given none is null.
    pub fn push(&mut self, row: usize, text: &str) {
        let code = self.dictionary.code(text.as_bytes());
        self.codes.push(row, code);
    }

    /// As [`Values::again`].
    pub(super) fn again(&mut self, row: usize, times: usize) {
        self.codes.again(row, times);
    }

    pub(super) fn take(&mut self, rows: usize) -> ArrayRef {
        match self.codes.take(rows) {
            Some((codes, nulls)) => self.dictionary.take(codes, nulls),
            None => new_null_array(&word_type(), rows),
        }
    }
}

/// The different texts of a column, all of them UTF-8, by number.
#[derive(Default)]
pub struct Dictionary {
    texts: Texts,
    places: HashTable<u32>,
    /// Texts that were asked for lately, by [`Ends::place`]: the rows of a stream are often alike.
    recent: Vec<Recent>,
    hasher: RandomState,
}

/// A text that was asked for lately, and its number.
#[derive(Clone, Copy, Default)]
struct Recent {
    ends: Option<Ends>,
    place: u32,
}

/// How many recent texts a column remembers: more than there are senders, types and versions in most of them.
const RECENT: usize = 32;

/// The first and last bytes of a text, which are all of a short one: so it is compared without a look at what it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

impl Ends {
    fn of(text: &[u8]) -> Ends {
        let (first, last) = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            let byte = |n: usize| u64::from(text.get(n).copied().unwrap_or(0));
            (byte(0) << 8 | byte(1), byte(2))
        };
        let len = text.len();
        Ends { first, last, len }
    }

    fn are_all(&self) -> bool {
        self.len <= 16
    }

    /// Below [`RECENT`].
    fn place(&self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ self.len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 59) as usize
    }
}

impl Dictionary {
    /// One text, by the number 0.
    pub fn of(text: &[u8]) -> Dictionary {
        let mut one = Dictionary::default();
        one.texts.push(text);
        one
    }

    /// The number of a text, which is taken in if it is new.
    #[inline]
    pub fn code(&mut self, text: &[u8]) -> i32 {
        let ends = Ends::of(text);
        match self.recent.get(ends.place()) {
            Some(known) if known.ends == Some(ends) && (ends.are_all() || self.texts.is(known.place as usize, text)) => known.place as i32,
            _ => {
                let place = self.look_up(text);
                self.remember(ends, place);
                place as i32
            }
        }
    }

    /// The number of a text that hardly any row had before: it is not looked for among the others, so that it may stand there twice.
    pub fn add(&mut self, text: &[u8]) -> i32 {
        self.texts.push(text);
        self.texts.ends.len() as i32 - 1
    }

    fn remember(&mut self, ends: Ends, place: u32) {
        self.recent.resize(RECENT, Recent::default());
        if let Some(recent) = self.recent.get_mut(ends.place()) {
            *recent = Recent { ends: Some(ends), place };
        }
    }

    fn look_up(&mut self, text: &[u8]) -> u32 {
        let (texts, hasher) = (&self.texts, &self.hasher);
        let hash = hasher.hash_one(text);
        if let Some(&place) = self.places.find(hash, |&place| texts.get(place as usize) == text) {
            return place;
        }
        let place = self.texts.ends.len() as u32;
        self.texts.push(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.places
            .insert_unique(hash, place, |&place| hasher.hash_one(texts.get(place as usize)));
        place
    }

    /// The column of rows with these numbers. What is taken in after it has numbers from 0 again.
    pub fn take(&mut self, codes: Vec<i32>, nulls: Option<NullBuffer>) -> ArrayRef {
        self.places.clear();
        self.recent.clear();
        let texts = self.texts.take(None);
        match DictionaryArray::<Int32Type>::try_new(Int32Array::new(codes.into(), nulls), texts) {
            Ok(array) => Arc::new(array),
            Err(_) => new_null_array(&word_type(), 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;
    use arrow_array::Array as _;

    use super::*;

    #[test]
    fn words_are_told_apart_whatever_their_length() {
        let mut column = Dictionary::default();
        let mut texts: Vec<String> = (0..40).map(|len| "a".repeat(len)).collect();
        for len in 1..40 {
            texts.extend((0..len).map(|at| format!("{}b{}", "a".repeat(at), "a".repeat(len - at - 1))));
        }
        for _ in 0..2 {
            let codes: Vec<i32> = texts.iter().map(|text| column.code(text.as_bytes())).collect();
            assert!(codes.iter().copied().eq(0..texts.len() as i32));
        }
    }

    #[test]
    fn a_word_is_kept_once_and_numbers_begin_anew_with_every_batch() {
        let mut column = Words::new();
        for _ in 0..2 {
            for (row, text) in [(0, "ADT"), (2, "ORU"), (3, "ADT"), (4, "")] {
                column.push(row, text);
            }
            let array = column.take(5);
            let words = array.as_dictionary::<Int32Type>();
            assert_eq!((words.len(), words.values().len(), words.null_count()), (5, 3, 1));
            let values = words.values().as_string::<i32>();
            let got: Vec<_> = words
                .keys()
                .iter()
                .map(|key| key.map(|key| values.value(key as usize).to_owned()))
                .collect();
            assert_eq!(
                got,
                [Some("ADT"), None, Some("ORU"), Some("ADT"), Some("")].map(|t| t.map(str::to_owned))
            );
        }
        assert_eq!(column.take(1).null_count(), 1);
    }
}
