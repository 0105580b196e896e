//! Whatever a stream's rows are, the file gives them back: read by the `parquet` crate, which had no hand in the encoding.

use std::fs::File;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};
use wire::context::Ends;
use wire::heads::{Head, Origin};
use wire::protocols::{Dir, STREAMS};
use wire::records::{StreamSpec, Table};
use wire_parquet::Part;

/// Xorshift, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// A number of any size, its neighbours often alike.
    fn number(&mut self) -> i64 {
        match self.roll(5) {
            0 => self.roll(3) as i64,
            1 => -(self.roll(1 << 20) as i64),
            2 => i64::MIN,
            3 => i64::MAX,
            _ => (self.roll(u64::MAX) as i64).wrapping_mul(7),
        }
    }

    fn text(&mut self) -> String {
        let words = ["", "a", "ADT^A01", "Ünicode\u{0}", "k1:abcdefghijklmnop"];
        match self.roll(7) {
            n @ 0..5 => words[n as usize].to_owned(),
            5 => "x".repeat(self.roll(300) as usize),
            _ => self.roll(u64::MAX).to_string(),
        }
    }
}

/// What a row begins with; `nulls` of four belong to no connection.
fn head(table: &mut Table, nulls: u64, dice: &mut Dice) -> Head {
    let host = u128::from(dice.roll(1 << 40)) << dice.roll(80);
    let uid = u128::from(dice.roll(4)).to_be_bytes();
    let ends = Ends {
        orig: host,
        resp: dice.roll(4).into(),
        orig_port: dice.roll(1 << 16) as u16,
        resp_port: 80,
        proto: 6,
    };
    let origin = Origin {
        uid,
        ends,
        codes: table.heads.codes(&uid, &ends),
        dir: Dir::Orig,
    };
    Head {
        origin: (dice.roll(4) >= nulls).then_some(origin),
        ts: dice.number(),
        at: dice.roll(1 << 40),
    }
}

/// Rows with all that a column may hold; `nulls` of four are null.
fn rows(spec: &'static StreamSpec, rows: usize, nulls: u64, dice: &mut Dice) -> RecordBatch {
    use wire::records::Kind;
    let mut table = Table::new(spec, &"sensor".into());
    for _ in 0..rows {
        let head = head(&mut table, nulls, dice);
        table.row(head, |cells| {
            for column in spec.columns {
                let none = dice.roll(4) < nulls;
                match column.kind {
                    _ if none && !matches!(column.kind, Kind::Texts | Kind::Ints) => cells.put(None::<i64>),
                    Kind::Time | Kind::Int => cells.put(Some(dice.number())),
                    Kind::Float => cells.put(Some(dice.number() as f64 / 3.0)),
                    Kind::Bool => cells.put(Some(dice.roll(2) == 1)),
                    Kind::Text | Kind::Word => cells.put(Some(dice.text().as_str())),
                    Kind::Texts => {
                        let many = if none { 0 } else { dice.roll(4) };
                        let list: Vec<String> = (0..many).map(|_| dice.text()).collect();
                        cells.put(&list);
                    }
                    Kind::Ints => {
                        let many = if none { 0 } else { dice.roll(4) };
                        let list: Vec<i64> = (0..many).map(|_| dice.number()).collect();
                        cells.put(list.as_slice());
                    }
                }
            }
        });
    }
    table.finish()
}

/// What stands in a place, in the words of the reader's [`Field`].
fn said(column: &ArrayRef, place: usize) -> String {
    if let DataType::List(_) = column.data_type() {
        let list = column.as_list::<i32>().value(place);
        let fields: Vec<_> = (0..list.len()).map(|n| field(&list, n)).collect();
        return format!("ListInternal(List {{ elements: {fields:?} }})");
    }
    format!("{:?}", field(column, place))
}

fn field(column: &ArrayRef, place: usize) -> Field {
    if column.is_null(place) {
        return Field::Null;
    }
    match column.data_type() {
        DataType::Timestamp(..) => Field::TimestampMicros(column.as_primitive::<TimestampMicrosecondType>().value(place)),
        DataType::Int64 => Field::Long(column.as_primitive::<Int64Type>().value(place)),
        DataType::Float64 => Field::Double(column.as_primitive::<Float64Type>().value(place)),
        DataType::Boolean => Field::Bool(column.as_boolean().value(place)),
        DataType::Dictionary(..) => {
            let words = column.as_dictionary::<Int32Type>();
            field(words.values(), words.key(place).unwrap())
        }
        _ => Field::Str(column.as_string::<i32>().value(place).to_owned()),
    }
}

fn read(file: File) -> Vec<Row> {
    let reader = SerializedFileReader::new(file).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_row_comes_back() {
    let folder = std::env::temp_dir().join(format!("wire-parquet-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (number, spec) in STREAMS.iter().enumerate() {
        let path = folder.join(format!("{number}.parquet"));
        let mut part = Part::create(&path, spec).unwrap();
        let shapes = [(0, 0), (1, 0), (1, 4), (7, 2), (8, 1), (129, 2), (1_000, 1), (1_000, 4)];
        let batches: Vec<_> = shapes.map(|(many, nulls)| rows(spec, many, nulls, &mut dice)).into();
        batches.iter().for_each(|batch| part.write(batch).unwrap());
        part.close().unwrap();
        let got = read(File::open(&path).unwrap());
        let mut got = got.iter();
        for batch in &batches {
            for place in 0..batch.num_rows() {
                let row = got.next().unwrap().get_column_iter();
                for ((name, got), column) in row.zip(batch.columns()) {
                    assert_eq!(format!("{got:?}"), said(column, place), "{} {name} {place}", spec.name);
                }
            }
        }
        assert!(got.next().is_none());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
