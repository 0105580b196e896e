//! The columns of a table while rows are added: what is null in every row, or in none, costs next to nothing, and a text of few different
//! values is kept once with a number a row, as Parquet keeps it too.

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
    len: usize,
    valid: usize,
    /// Only once there are both.
    bits: Option<BooleanBufferBuilder>,
}

impl Nulls {
    fn push(&mut self, valid: bool) {
        let all_alike = self.valid == if valid { self.len } else { 0 };
        if self.bits.is_none() && !all_alike {
            let mut bits = BooleanBufferBuilder::new(self.len.saturating_add(1024));
            bits.append_n(self.len, self.valid > 0);
            self.bits = Some(bits);
        }
        if let Some(bits) = &mut self.bits {
            bits.append(valid);
        }
        self.len += 1;
        self.valid += usize::from(valid);
    }

    fn take(&mut self) -> Option<NullBuffer> {
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

    pub fn push(&mut self, value: Option<T>) {
        if let Some(value) = value {
            self.values.resize(self.nulls.len, T::default());
            self.values.push(value);
        }
        self.nulls.push(value.is_some());
    }

    /// All values and which are null; `None` for the values if there are none at all.
    fn take(&mut self) -> (usize, Option<Vec<T>>, Option<NullBuffer>) {
        let (len, any) = (self.nulls.len, self.nulls.valid > 0);
        let mut values = std::mem::take(&mut self.values);
        values.resize(len, T::default());
        self.values.reserve(if any { len } else { 0 });
        (len, any.then_some(values), self.nulls.take())
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

    fn repeat_end(&mut self, rows: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.resize(self.ends.len().saturating_add(rows), end);
    }

    fn get(&self, n: usize) -> &[u8] {
        let end = |n: usize| self.ends.get(n).map_or(0, |&end| end as usize);
        let start = n.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(n)).unwrap_or_default()
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
    pub fn push(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                let missing = self.nulls.len.saturating_sub(self.texts.ends.len());
                self.texts.repeat_end(missing);
                self.texts.push(text);
            }
            None if self.nulls.valid > 0 => self.texts.repeat_end(1),
            None => {}
        }
        self.nulls.push(text.is_some());
    }

    fn take(&mut self) -> ArrayRef {
        let len = self.nulls.len;
        match self.nulls.valid {
            0 => {
                self.nulls = Nulls::default();
                new_null_array(&DataType::Utf8, len)
            }
            _ => {
                let nulls = self.nulls.take();
                self.texts.take(nulls)
            }
        }
    }
}

/// Texts of few different values: each is kept once, rows hold its number.
pub struct Words {
    codes: Values<i32>,
    texts: Texts,
    places: HashTable<u32>,
    /// The number of the text that was asked for last: rows that follow each other are often alike.
    last: u32,
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
            last: 0,
            hasher: RandomState::new(),
            generation: 0,
        }
    }

    /// The number of a text, which is taken in if it is new.
    pub fn code(&mut self, text: &str) -> i32 {
        let (texts, hasher) = (&self.texts, &self.hasher);
        if texts.get(self.last as usize) == text.as_bytes() && !texts.ends.is_empty() {
            return self.last as i32;
        }
        let hash = hasher.hash_one(text.as_bytes());
        if let Some(&place) = self.places.find(hash, |&place| texts.get(place as usize) == text.as_bytes()) {
            self.last = place;
            return place as i32;
        }
        let place = self.texts.ends.len() as u32;
        self.texts.push(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.places
            .insert_unique(hash, place, |&place| hasher.hash_one(texts.get(place as usize)));
        self.last = place;
        place as i32
    }

    pub fn push(&mut self, text: Option<&str>) {
        let code = text.map(|text| self.code(text));
        self.codes.push(code);
    }

    pub fn push_code(&mut self, code: i32) {
        self.codes.push(Some(code));
    }

    fn take(&mut self) -> ArrayRef {
        self.generation = self.generation.wrapping_add(1);
        self.places.clear();
        self.last = 0;
        let texts = self.texts.take(None);
        match self.codes.take() {
            (_, Some(codes), nulls) => match DictionaryArray::<Int32Type>::try_new(Int32Array::new(codes.into(), nulls), texts) {
                Ok(array) => Arc::new(array),
                Err(_) => new_null_array(&words(), 0),
            },
            (len, None, _) => new_null_array(&words(), len),
        }
    }
}

fn words() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Lists, never null.
#[derive(Default)]
pub struct Lists<V> {
    ends: Vec<i32>,
    pub values: V,
}

impl<V> Lists<V> {
    /// Ends the list of one row, after which `len` values stand in all.
    fn close(&mut self, len: usize) {
        self.ends.push(i32::try_from(len).unwrap_or(i32::MAX));
    }

    fn take(&mut self, item: DataType, values: ArrayRef) -> ArrayRef {
        let ends = std::mem::take(&mut self.ends);
        self.ends.reserve(ends.len());
        let mut offsets = Vec::with_capacity(ends.len().saturating_add(1));
        offsets.push(0);
        offsets.extend(ends);
        let rows = offsets.len() - 1;
        let field = Arc::new(Field::new("item", item, true));
        let list = ListArray::try_new(field.clone(), OffsetBuffer::new(ScalarBuffer::from(offsets)), values, None);
        list.map_or_else(|_| new_null_array(&DataType::List(field), rows), |list| Arc::new(list))
    }
}

impl Lists<Texts> {
    pub fn push<S: AsRef<str>>(&mut self, list: &[S]) {
        list.iter().for_each(|text| self.values.push(text.as_ref()));
        self.close(self.values.ends.len());
    }
}

impl Lists<Vec<i64>> {
    pub fn push(&mut self, list: &[i64]) {
        self.values.extend_from_slice(list);
        self.close(self.values.len());
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

    /// Takes all rows out.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Time(c) => match c.take() {
                (_, Some(values), nulls) => Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC")),
                (len, None, _) => new_null_array(&data_type(Kind::Time), len),
            },
            Column::Int(c) => match c.take() {
                (_, Some(values), nulls) => Arc::new(Int64Array::new(values.into(), nulls)),
                (len, None, _) => new_null_array(&DataType::Int64, len),
            },
            Column::Float(c) => match c.take() {
                (_, Some(values), nulls) => Arc::new(Float64Array::new(values.into(), nulls)),
                (len, None, _) => new_null_array(&DataType::Float64, len),
            },
            Column::Bool(c) => match c.take() {
                (_, Some(values), nulls) => Arc::new(BooleanArray::new(values.into(), nulls)),
                (len, None, _) => new_null_array(&DataType::Boolean, len),
            },
            Column::Text(c) => c.take(),
            Column::Word(c) => c.take(),
            Column::Texts(c) => {
                let values = c.values.take(None);
                c.take(DataType::Utf8, values)
            }
            Column::Ints(c) => {
                let values = Arc::new(Int64Array::new(std::mem::take(&mut c.values).into(), None));
                c.take(DataType::Int64, values)
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
            for (n, &some) in pattern.iter().enumerate() {
                column.push((some == 1).then_some(["a", "bb", "ccc"][n % 3]));
                ints.push((some == 1).then_some(n as i64));
            }
            let wanted: Vec<_> = pattern
                .iter()
                .enumerate()
                .map(|(n, &some)| (some == 1).then_some(["a", "bb", "ccc"][n % 3].to_owned()))
                .collect();
            assert_eq!(texts(&column.take()), wanted);
            let array = Column::Int(ints).finish();
            let got: Vec<_> = array.as_primitive::<arrow_array::types::Int64Type>().iter().collect();
            assert_eq!(
                got,
                pattern
                    .iter()
                    .enumerate()
                    .map(|(n, &some)| (some == 1).then_some(n as i64))
                    .collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_word_is_kept_once_and_numbers_begin_anew_with_every_batch() {
        let mut column = Words::new();
        for round in 0..2 {
            assert_eq!(column.generation, round);
            for text in [Some("ADT"), None, Some("ORU"), Some("ADT"), Some("")] {
                column.push(text);
            }
            let array = column.take();
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
        column.push(None);
        assert_eq!(column.take().null_count(), 1);
    }

    #[test]
    fn lists_may_be_empty() {
        let mut column = Lists::<Texts>::default();
        column.push::<&str>(&[]);
        column.push(&["a", "b"]);
        column.push::<&str>(&[]);
        let array = Column::Texts(column).finish();
        assert_eq!(
            array.as_list::<i32>().iter().map(|list| list.unwrap().len()).collect::<Vec<_>>(),
            [0, 2, 0]
        );
    }
}
