//! The columns of a table while rows are added: a null costs nothing until a value follows it, and a text of few different values is kept
//! once with a number a row, as Parquet keeps it too.

mod words;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{new_null_array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, TimestampMicrosecondArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, TimeUnit};

use crate::records::Kind;
pub use words::{Dictionary, Words};

/// Which rows hold a value.
#[derive(Default)]
struct Nulls {
    /// Rows up to the last one with a value.
    len: usize,
    /// A bit a row up to the last one with a value, only once one was null.
    bits: Option<Vec<u8>>,
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
        let bits = self.bits();
        if bits.len() <= row / 8 {
            bits.resize(row / 8 + 1, 0);
        }
        if let Some(byte) = bits.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }

    fn bits(&mut self) -> &mut Vec<u8> {
        self.bits.get_or_insert_with(|| {
            let mut bits = vec![0xff; self.len / 8];
            bits.push((1 << (self.len % 8)) - 1);
            bits
        })
    }

    /// Of so many rows.
    fn take(&mut self, rows: usize) -> Option<NullBuffer> {
        if rows > self.len {
            self.bits();
        }
        let mut bits = std::mem::take(self).bits?;
        bits.resize(rows.div_ceil(8), 0);
        Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, rows)))
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
        if self.nulls.bits.is_some() || self.nulls.len != row {
            return self.push_among_nulls(row, value);
        }
        self.values.push(value);
        self.nulls.len = row + 1;
    }

    #[inline(never)]
    fn push_among_nulls(&mut self, row: usize, value: T) {
        if self.values.len() < row {
            self.values.resize(row, T::default());
        }
        self.values.push(value);
        self.nulls.valid(row);
    }

    /// Gives the `times` rows from `row` what the row before them was given.
    fn again(&mut self, row: usize, times: usize) {
        let last = self.values.last().copied();
        let Some(value) = last.filter(|_| self.nulls.len == row) else {
            return;
        };
        if self.nulls.bits.is_some() {
            (row..row + times).for_each(|row| self.push_among_nulls(row, value));
        } else {
            self.values.resize(row + times, value);
            self.nulls.len = row + times;
        }
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
    /// UTF-8.
    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    /// Makes it so many, the new ones empty.
    fn pad(&mut self, len: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.resize(len, end);
    }

    fn get(&self, n: usize) -> &[u8] {
        self.bytes.get(self.range(n)).unwrap_or_default()
    }

    /// Where the text at this place stands.
    fn range(&self, n: usize) -> Range<usize> {
        let end = |n: usize| self.ends.get(n).map_or(0, |&end| end as usize);
        n.checked_sub(1).map_or(0, end)..end(n)
    }

    /// Pushes the text at this place once more.
    fn again(&mut self, n: usize) {
        self.bytes.extend_from_within(self.range(n));
        self.ends.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
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
        self.texts.push(text.as_bytes());
        self.nulls.valid(row);
    }

    /// As [`Values::again`].
    fn again(&mut self, row: usize, times: usize) {
        if self.nulls.len == row && row > 0 {
            for row in row..row + times {
                self.texts.again(row - 1);
                self.nulls.valid(row);
            }
        }
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

/// The Arrow type of a column of words.
fn word_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Lists, never null: a row that is given none has an empty one.
#[derive(Default)]
pub struct Lists<V> {
    ends: Vec<i32>,
    pub values: V,
}

impl<V> Lists<V> {
    /// Where the values of the row before `row` stand, if it was given any.
    fn last(&self, row: usize) -> Option<Range<usize>> {
        let [.., end] = self.ends.as_slice() else { return None };
        let start = self.ends.len().checked_sub(2).and_then(|n| self.ends.get(n)).copied().unwrap_or(0);
        (self.ends.len() == row && start < *end).then_some(start as usize..*end as usize)
    }

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
            list.iter().for_each(|text| self.values.push(text.as_ref().as_bytes()));
            self.close(row, self.values.ends.len());
        }
    }

    /// As [`Values::again`].
    fn again(&mut self, row: usize, times: usize) {
        let Some(last) = self.last(row) else { return };
        for row in row..row + times {
            last.clone().for_each(|n| self.values.again(n));
            self.close(row, self.values.ends.len());
        }
    }

    /// The same of texts that stand one after the other in `text`, each with its end, the last of which is that of `text`.
    pub fn push_listed(&mut self, row: usize, text: &str, ends: &[u32]) {
        if ends.last().is_some_and(|end| *end as usize == text.len()) {
            let start = self.values.bytes.len();
            let end = |end: &u32| i32::try_from(start.saturating_add(*end as usize)).unwrap_or(i32::MAX);
            self.values.ends.extend(ends.iter().map(end));
            self.values.bytes.extend_from_slice(text.as_bytes());
            self.close(row, self.values.ends.len());
        }
    }
}

impl Lists<Vec<i64>> {
    /// As [`Values::again`].
    fn again(&mut self, row: usize, times: usize) {
        let Some(last) = self.last(row) else { return };
        for row in row..row + times {
            self.values.extend_from_within(last.clone());
            self.close(row, self.values.len());
        }
    }

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

    /// Gives the `times` rows from `row` what the row before them was given.
    pub fn again(&mut self, row: usize, times: usize) {
        match self {
            Column::Time(c) | Column::Int(c) => c.again(row, times),
            Column::Float(c) => c.again(row, times),
            Column::Bool(c) => c.again(row, times),
            Column::Text(c) => c.again(row, times),
            Column::Word(c) => c.again(row, times),
            Column::Texts(c) => c.again(row, times),
            Column::Ints(c) => c.again(row, times),
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
        Kind::Word => word_type(),
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
    fn what_is_said_again_is_what_would_have_been_written() {
        fn write(column: &mut Column, row: usize, texts: &[&str]) {
            match column {
                Column::Time(c) | Column::Int(c) => texts.iter().for_each(|text| c.push(row, text.len() as i64)),
                Column::Float(c) => texts.iter().for_each(|text| c.push(row, text.len() as f64)),
                Column::Bool(c) => texts.iter().for_each(|text| c.push(row, text.is_empty())),
                Column::Text(c) => texts.iter().for_each(|text| c.push(row, text)),
                Column::Word(c) => texts.iter().for_each(|text| c.push(row, text)),
                Column::Texts(c) => c.push(row, texts),
                Column::Ints(c) => c.push(row, &texts.iter().map(|text| text.len() as i64).collect::<Vec<_>>()),
            }
        }
        let kinds = [
            Kind::Time,
            Kind::Int,
            Kind::Float,
            Kind::Bool,
            Kind::Text,
            Kind::Word,
            Kind::Texts,
            Kind::Ints,
        ];
        let many: [&[&str]; 3] = [&[], &["one"], &["", "two"]];
        for kind in kinds {
            let texts = if matches!(kind, Kind::Texts | Kind::Ints) {
                &many[..]
            } else {
                &many[..2]
            };
            for runs in 0..3_usize.pow(5) {
                let runs = (0..5).map(|n| runs / 3_usize.pow(n) % 3).map(|which| texts[which % texts.len()]);
                let (mut short, mut long, mut row) = (Column::new(kind), Column::new(kind), 0);
                for (times, run) in runs.enumerate() {
                    write(&mut short, row, run);
                    short.again(row + 1, times);
                    (row..=row + times).for_each(|row| write(&mut long, row, run));
                    row += times + 1;
                }
                assert_eq!(&short.finish(row), &long.finish(row), "{kind:?}");
            }
        }
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
