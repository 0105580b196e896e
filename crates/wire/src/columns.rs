//! The columns of a table while rows are added: a null costs nothing until a value follows it, and a text of few different values is kept
//! once with a number a row, as Parquet keeps it too.

use std::sync::Arc;

use ahash::RandomState;
use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    new_null_array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, TimeUnit};
use hashbrown::HashTable;

use crate::records::Kind;

/// Which rows hold a value.
#[derive(Default)]
struct Nulls {
    /// Rows up to the last one with a value.
    len: usize,
    /// A bit a row, only once one was null.
    bits: Option<BooleanBufferBuilder>,
}

impl Nulls {
    /// `row` has a value, those since the last such have none.
    #[inline]
    fn valid(&mut self, row: usize) {
        if row > self.len || self.bits.is_some() {
            self.push_bits(row);
        }
        self.len = row.saturating_add(1);
    }

    fn push_bits(&mut self, row: usize) {
        self.pad(row);
        if let Some(bits) = &mut self.bits {
            bits.append(true);
        }
    }

    /// The rows up to here have no value.
    fn pad(&mut self, rows: usize) {
        let bits = self.bits.get_or_insert_with(|| {
            let mut bits = BooleanBufferBuilder::new(self.len.saturating_add(1024));
            bits.append_n(self.len, true);
            bits
        });
        bits.append_n(rows.saturating_sub(self.len), false);
    }

    /// Of so many rows.
    fn take(&mut self, rows: usize) -> Option<NullBuffer> {
        if rows > self.len {
            self.pad(rows);
        }
        let bits = std::mem::take(self).bits;
        bits.map(|mut bits| NullBuffer::new(bits.finish()))
    }
}

/// Values of fixed width.
pub struct Values<T> {
    values: Vec<T>,
    nulls: Nulls,
}

impl<T: Copy + Default> Values<T> {
    fn new() -> Values<T> {
        Values {
            values: Vec::new(),
            nulls: Nulls::default(),
        }
    }

    /// Gives `row` a value; a row that is given none is null.
    #[inline]
    pub fn push(&mut self, row: usize, value: T) {
        if self.values.len() < row {
            self.values.resize(row, T::default());
        }
        self.values.push(value);
        self.nulls.valid(row);
    }

    /// All values and which are null; `None` for the values if there are none at all.
    fn take(&mut self, rows: usize) -> Option<(Vec<T>, Option<NullBuffer>)> {
        if self.values.is_empty() {
            return None;
        }
        let mut values = std::mem::take(&mut self.values);
        values.resize(rows, T::default());
        self.values.reserve(rows);
        Some((values, self.nulls.take(rows)))
    }
}

/// Texts one after the other.
#[derive(Default)]
pub struct Texts {
    ends: Vec<i32>,
    bytes: Vec<u8>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    /// Makes it so many, the new ones empty.
    fn pad(&mut self, len: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.resize(len, end);
    }

    fn get(&self, n: usize) -> &[u8] {
        let end = |n: usize| self.ends.get(n).map_or(0, |&end| end as usize);
        let start = n.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(n)).unwrap_or_default()
    }

    /// Whether the text at this place is `bytes`; a place without a text is none.
    fn is(&self, n: usize, bytes: &[u8]) -> bool {
        n < self.ends.len() && self.get(n) == bytes
    }

    fn take(&mut self, nulls: Option<NullBuffer>) -> ArrayRef {
        let Texts { ends, bytes } = std::mem::take(self);
        self.ends.reserve(ends.len());
        self.bytes.reserve(bytes.len());
        let mut offsets = Vec::with_capacity(ends.len().saturating_add(1));
        offsets.push(0);
        offsets.extend(ends);
        let len = offsets.len() - 1;
        let array = StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(bytes), nulls);
        array.map_or_else(|_| new_null_array(&DataType::Utf8, len), |array| Arc::new(array))
    }
}

/// Texts that may be null.
#[derive(Default)]
pub struct OptionalTexts {
    texts: Texts,
    nulls: Nulls,
}

impl OptionalTexts {
    /// Gives `row` a text; a row that is given none is null.
    pub fn push(&mut self, row: usize, text: &str) {
        if self.texts.ends.len() < row {
            self.texts.pad(row);
        }
        self.texts.push(text);
        self.nulls.valid(row);
    }

    fn take(&mut self, rows: usize) -> ArrayRef {
        if self.texts.ends.is_empty() {
            return new_null_array(&DataType::Utf8, rows);
        }
        self.texts.pad(rows);
        let nulls = self.nulls.take(rows);
        self.texts.take(nulls)
    }
}

/// Texts of few different values: each is kept once, rows hold its number.
pub struct Words {
    codes: Values<i32>,
    texts: Texts,
    places: HashTable<u32>,
    /// The numbers of the two texts that were asked for last: the rows of a stream are often alike, or question and answer in turn.
    last: [u32; 2],
    hasher: RandomState,
    /// How often the numbers have begun anew: a number that is remembered elsewhere counts only within one of these.
    pub generation: u32,
}

impl Words {
    fn new() -> Words {
        Words {
            codes: Values::new(),
            texts: Texts::default(),
            places: HashTable::new(),
            last: [0; 2],
            hasher: RandomState::new(),
            generation: 0,
        }
    }

    /// The number of a text, which is taken in if it is new.
    pub fn code(&mut self, text: &str) -> i32 {
        self.recall(text, Words::look_up)
    }

    /// The number of a text that was hardly ever taken in before: it is not looked for among all, so that it may stand there twice.
    pub fn add(&mut self, text: &str) -> i32 {
        self.recall(text, |words, text| {
            words.texts.push(text);
            words.texts.ends.len() as u32 - 1
        })
    }

    fn recall(&mut self, text: &str, otherwise: impl FnOnce(&mut Words, &str) -> u32) -> i32 {
        let [newer, older] = self.last;
        for place in [newer, older] {
            if self.texts.is(place as usize, text.as_bytes()) {
                return place as i32;
            }
        }
        let place = otherwise(self, text);
        self.last = [place, newer];
        place as i32
    }

    fn look_up(&mut self, text: &str) -> u32 {
        let (texts, hasher) = (&self.texts, &self.hasher);
        let hash = hasher.hash_one(text.as_bytes());
        if let Some(&place) = self.places.find(hash, |&place| texts.get(place as usize) == text.as_bytes()) {
            return place;
        }
        let place = self.texts.ends.len() as u32;
        self.texts.push(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.places
            .insert_unique(hash, place, |&place| hasher.hash_one(texts.get(place as usize)));
        place
    }

    /// Gives `row` a text; a row that is given none is null.
    pub fn push(&mut self, row: usize, text: &str) {
        let code = self.code(text);
        self.codes.push(row, code);
    }

    pub fn push_code(&mut self, row: usize, code: i32) {
        self.codes.push(row, code);
    }

    fn take(&mut self, rows: usize) -> ArrayRef {
        self.generation = self.generation.wrapping_add(1);
        self.places.clear();
        self.last = [0; 2];
        let texts = self.texts.take(None);
        let Some((codes, nulls)) = self.codes.take(rows) else {
            return new_null_array(&words(), rows);
        };
        match DictionaryArray::<Int32Type>::try_new(Int32Array::new(codes.into(), nulls), texts) {
            Ok(array) => Arc::new(array),
            Err(_) => new_null_array(&words(), 0),
        }
    }
}

fn words() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Lists, never null: a row that is given none has an empty one.
#[derive(Default)]
pub struct Lists<V> {
    ends: Vec<i32>,
    pub values: V,
}

impl<V> Lists<V> {
    /// Ends the list of a row, after which `len` values stand in all.
    fn close(&mut self, row: usize, len: usize) {
        self.pad(row);
        self.ends.push(i32::try_from(len).unwrap_or(i32::MAX));
    }

    fn pad(&mut self, rows: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.resize(rows, end);
    }

    fn take(&mut self, item: DataType, values: ArrayRef, rows: usize) -> ArrayRef {
        self.pad(rows);
        let ends = std::mem::take(&mut self.ends);
        self.ends.reserve(ends.len());
        let mut offsets = Vec::with_capacity(ends.len().saturating_add(1));
        offsets.push(0);
        offsets.extend(ends);
        let field = Arc::new(Field::new("item", item, true));
        let list = ListArray::try_new(field.clone(), OffsetBuffer::new(ScalarBuffer::from(offsets)), values, None);
        list.map_or_else(|_| new_null_array(&DataType::List(field), rows), |list| Arc::new(list))
    }
}

impl Lists<Texts> {
    pub fn push<S: AsRef<str>>(&mut self, row: usize, list: &[S]) {
        if !list.is_empty() {
            list.iter().for_each(|text| self.values.push(text.as_ref()));
            self.close(row, self.values.ends.len());
        }
    }
}

impl Lists<Vec<i64>> {
    pub fn push(&mut self, row: usize, list: &[i64]) {
        if !list.is_empty() {
            self.values.extend_from_slice(list);
            self.close(row, self.values.len());
        }
    }
}

/// One column of a table.
pub enum Column {
    Time(Values<i64>),
    Int(Values<i64>),
    Float(Values<f64>),
    Bool(Values<bool>),
    Text(OptionalTexts),
    Word(Words),
    Texts(Lists<Texts>),
    Ints(Lists<Vec<i64>>),
}

impl Column {
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Time => Column::Time(Values::new()),
            Kind::Int => Column::Int(Values::new()),
            Kind::Float => Column::Float(Values::new()),
            Kind::Bool => Column::Bool(Values::new()),
            Kind::Text => Column::Text(OptionalTexts::default()),
            Kind::Word => Column::Word(Words::new()),
            Kind::Texts => Column::Texts(Lists::default()),
            Kind::Ints => Column::Ints(Lists::default()),
        }
    }

    /// Takes all `rows` out.
    pub fn finish(&mut self, rows: usize) -> ArrayRef {
        match self {
            Column::Time(c) => match c.take(rows) {
                Some((values, nulls)) => Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC")),
                None => new_null_array(&data_type(Kind::Time), rows),
            },
            Column::Int(c) => match c.take(rows) {
                Some((values, nulls)) => Arc::new(Int64Array::new(values.into(), nulls)),
                None => new_null_array(&DataType::Int64, rows),
            },
            Column::Float(c) => match c.take(rows) {
                Some((values, nulls)) => Arc::new(Float64Array::new(values.into(), nulls)),
                None => new_null_array(&DataType::Float64, rows),
            },
            Column::Bool(c) => match c.take(rows) {
                Some((values, nulls)) => Arc::new(BooleanArray::new(values.into(), nulls)),
                None => new_null_array(&DataType::Boolean, rows),
            },
            Column::Text(c) => c.take(rows),
            Column::Word(c) => c.take(rows),
            Column::Texts(c) => {
                let values = c.values.take(None);
                c.take(DataType::Utf8, values, rows)
            }
            Column::Ints(c) => {
                let values = Arc::new(Int64Array::new(std::mem::take(&mut c.values).into(), None));
                c.take(DataType::Int64, values, rows)
            }
        }
    }
}

/// The Arrow type of a kind of column.
pub fn data_type(kind: Kind) -> DataType {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    match kind {
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Int => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Text => DataType::Utf8,
        Kind::Word => words(),
        Kind::Texts => list(DataType::Utf8),
        Kind::Ints => list(DataType::Int64),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;
    use arrow_array::Array as _;

    use super::*;

    fn texts(array: &ArrayRef) -> Vec<Option<String>> {
        let plain = array.as_string::<i32>();
        plain.iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn nulls_before_between_and_after_stay_where_they_are() {
        for pattern in [
            vec![],
            vec![0],
            vec![1],
            vec![0, 0, 1],
            vec![1, 1, 0],
            vec![0, 1, 0, 1, 1, 0],
            vec![0, 0, 0],
        ] {
            let mut column = OptionalTexts::default();
            let mut ints = Values::<i64>::new();
            let text = |n: usize| ["a", "bb", "ccc"][n % 3];
            for (n, _) in pattern.iter().enumerate().filter(|(_, some)| **some == 1) {
                column.push(n, text(n));
                ints.push(n, n as i64);
            }
            let rows = pattern.iter().enumerate();
            let wanted: Vec<_> = rows.clone().map(|(n, &some)| (some == 1).then_some(text(n).to_owned())).collect();
            assert_eq!(texts(&column.take(pattern.len())), wanted);
            let array = Column::Int(ints).finish(pattern.len());
            let got: Vec<_> = array.as_primitive::<arrow_array::types::Int64Type>().iter().collect();
            assert_eq!(got, rows.map(|(n, &some)| (some == 1).then_some(n as i64)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_word_is_kept_once_and_numbers_begin_anew_with_every_batch() {
        let mut column = Words::new();
        for round in 0..2 {
            assert_eq!(column.generation, round);
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

    #[test]
    fn lists_may_be_empty() {
        let mut column = Lists::<Texts>::default();
        column.push::<&str>(0, &[]);
        column.push(1, &["a", "b"]);
        column.push::<&str>(2, &[]);
        let array = Column::Texts(column).finish(3);
        assert_eq!(
            array.as_list::<i32>().iter().map(|list| list.unwrap().len()).collect::<Vec<_>>(),
            [0, 2, 0]
        );
    }
}
