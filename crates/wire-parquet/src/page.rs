//! The values of one column as the inside of Parquet pages, not yet compressed.
//!
//! Source: Apache Parquet format, README.md, "Data Pages" and "Nested Encoding"; Encodings.md.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, GenericListArray, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use parquet::basic::Encoding;

use crate::{bits, delta, hybrid};

/// A page of values, behind a page of the texts that they name where there is one.
pub struct Pages {
    pub dictionary: Option<Vec<u8>>,
    /// Texts of the dictionary.
    pub different: u32,
    pub data: Vec<u8>,
    pub encoding: Encoding,
    /// Values and nulls.
    pub values: u32,
}

/// The pages of a column.
pub fn of(column: &ArrayRef) -> Pages {
    let mut pages = Pages {
        dictionary: None,
        different: 0,
        data: Vec::new(),
        encoding: Encoding::PLAIN,
        values: column.len() as u32,
    };
    match column.data_type() {
        DataType::List(_) => lists(column.as_list(), &mut pages),
        _ => {
            levels(&mut pages.data, |out| validity(out, column));
            values(column, &mut pages);
        }
    }
    pages
}

/// Levels, with their length in front.
fn levels(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// A level of 1 for a value, of 0 for a null.
fn validity(out: &mut Vec<u8>, column: &ArrayRef) {
    match column.nulls() {
        Some(nulls) if nulls.null_count() == nulls.len() => hybrid::run(out, 1, 0, nulls.len()),
        Some(nulls) if nulls.null_count() > 0 => hybrid::bitmap(out, &nulls.inner().sliced()),
        _ => hybrid::run(out, 1, 1, column.len()),
    }
}

fn values(column: &ArrayRef, pages: &mut Pages) {
    let (nulls, valid) = (column.nulls(), column.len() - column.null_count());
    if valid == 0 {
        return;
    }
    let out = &mut pages.data;
    match column.data_type() {
        DataType::Timestamp(..) => {
            let values = column.as_primitive::<TimestampMicrosecondType>().values();
            pages.encoding = numbers(out, values, nulls, valid);
        }
        DataType::Int64 => pages.encoding = numbers(out, column.as_primitive::<Int64Type>().values(), nulls, valid),
        DataType::Float64 => {
            for value in column.as_primitive::<Float64Type>().iter().flatten() {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        DataType::Boolean => {
            let values: Vec<u32> = column.as_boolean().iter().flatten().map(u32::from).collect();
            bits::pack(out, 1, &values, values.len().next_multiple_of(8));
        }
        DataType::Dictionary(..) => words(column, valid, pages),
        _ => pages.encoding = texts(out, column.as_string(), valid),
    }
}

/// Whole numbers by their differences.
fn numbers(out: &mut Vec<u8>, values: &[i64], nulls: Option<&NullBuffer>, valid: usize) -> Encoding {
    match nulls {
        None => delta::integers(out, values),
        Some(nulls) => {
            let mut given = Vec::with_capacity(valid);
            given.extend(nulls.valid_indices().map(|place| values[place]));
            delta::integers(out, &given);
        }
    }
    Encoding::DELTA_BINARY_PACKED
}

/// Texts that differ from row to row: their lengths, then all of them (Encodings.md, "Delta-length byte array").
fn texts(out: &mut Vec<u8>, texts: &StringArray, valid: usize) -> Encoding {
    let length = |ends: &[i32]| i64::from(ends[1] - ends[0]);
    let offsets = texts.value_offsets();
    let lengths = offsets.windows(2).map(length);
    let mut given = Vec::with_capacity(valid);
    match texts.nulls() {
        None => given.extend(lengths),
        Some(nulls) => given.extend(lengths.zip(nulls).filter_map(|(length, valid)| valid.then_some(length))),
    }
    delta::integers(out, &given);
    // A null has no bytes.
    out.extend_from_slice(bytes_of(texts));
    Encoding::DELTA_LENGTH_BYTE_ARRAY
}

/// All texts, one after the other.
fn bytes_of(texts: &StringArray) -> &[u8] {
    let offsets = texts.value_offsets();
    &texts.value_data()[offsets[0] as usize..offsets[texts.len()] as usize]
}

/// Texts of few different values: the numbers that they have already are their numbers in the file.
fn words(column: &ArrayRef, valid: usize, pages: &mut Pages) {
    let array = column.as_dictionary::<Int32Type>();
    let different = array.values().as_string::<i32>();
    let codes = array.keys();
    let mut given = Vec::with_capacity(valid);
    match codes.nulls() {
        None => given.extend(codes.values().iter().map(|&code| code as u32)),
        Some(nulls) => given.extend(nulls.valid_indices().map(|place| codes.values()[place] as u32)),
    }
    // In a flood, nearly every row has an address and a connection of its own.
    if different.len() >= valid - valid / 8 {
        pages.encoding = spelled(&mut pages.data, different, &given);
        return;
    }
    let mut dictionary = Vec::with_capacity(different.value_data().len() + 4 * different.len());
    for text in different.iter().map(Option::unwrap_or_default) {
        dictionary.extend_from_slice(&(text.len() as u32).to_le_bytes());
        dictionary.extend_from_slice(text.as_bytes());
    }
    pages.dictionary = Some(dictionary);
    pages.different = different.len() as u32;
    pages.encoding = Encoding::RLE_DICTIONARY;
    let width = bits::width(different.len().saturating_sub(1) as u64);
    pages.data.push(width as u8);
    hybrid::values(&mut pages.data, width, &given);
}

/// Numbered texts, each written where it stands.
fn spelled(out: &mut Vec<u8>, different: &StringArray, codes: &[u32]) -> Encoding {
    let given = || codes.iter().map(|&code| different.value(code as usize));
    delta::integers(out, &given().map(|text| text.len() as i64).collect::<Vec<_>>());
    if codes.iter().copied().eq(0..different.len() as u32) {
        out.extend_from_slice(bytes_of(different));
    } else {
        given().for_each(|text| out.extend_from_slice(text.as_bytes()));
    }
    Encoding::DELTA_LENGTH_BYTE_ARRAY
}

/// Lists, which are never null: an empty one has a level of its own.
fn lists(lists: &GenericListArray<i32>, pages: &mut Pages) {
    const EMPTY: u32 = 1;
    const ELEMENT: u32 = 3;
    let lengths = || lists.value_offsets().windows(2).map(|ends| (ends[1] - ends[0]) as usize);
    let empty = lengths().filter(|&length| length == 0).count();
    let elements = lists.values();
    pages.values = (empty + elements.len()) as u32;
    let (mut repetition, mut definition) = (Vec::new(), Vec::new());
    for length in lengths().filter(|_| !elements.is_empty()) {
        repetition.push(0);
        repetition.resize(repetition.len() + length.saturating_sub(1), 1);
        definition.resize(definition.len() + length.max(1), if length == 0 { EMPTY } else { ELEMENT });
    }
    let out = &mut pages.data;
    if elements.is_empty() {
        levels(out, |out| hybrid::run(out, 1, 0, lists.len()));
        levels(out, |out| hybrid::run(out, 2, EMPTY, lists.len()));
    } else {
        levels(out, |out| hybrid::values(out, 1, &repetition));
        levels(out, |out| hybrid::values(out, 2, &definition));
    }
    values(elements, pages);
}
