//! Typed records on their way to Arrow: what a stream is, and how a row of it is built.
//!
//! Each stream is declared once, with [`stream!`](crate::stream), in the file of its protocol. The declaration is the schema: the names,
//! types and comments of the columns that the lake, `asepsis lake streams --schema` and the reference print.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};

use crate::columns::{data_type, Column};
use crate::heads::{Head, Heads};
use crate::protocols::StreamId;

/// The type of a column. Only types that DuckDB, Spark and Parquet all read the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTC, microseconds.
    Time,
    /// 64-bit signed.
    Int,
    Float,
    Bool,
    /// UTF-8.
    Text,
    /// UTF-8 of few different values, kept once a batch: Arrow dictionary.
    Word,
    /// List of UTF-8, never null, possibly empty.
    Texts,
    /// List of 64-bit signed, never null, possibly empty.
    Ints,
}

/// One column: its name, type and comment.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    pub name: &'static str,
    pub kind: Kind,
    pub doc: &'static [&'static str],
}

/// One stream: a table of events.
#[derive(Clone, Copy, Debug)]
pub struct StreamSpec {
    pub id: StreamId,
    pub name: &'static str,
    pub doc: &'static [&'static str],
    pub columns: &'static [ColumnSpec],
}

/// Columns that every stream starts with, in this order.
pub const COMMON: &[ColumnSpec] = &[
    ColumnSpec {
        name: "event_id",
        kind: Kind::Text,
        doc: &["Identity of the row: the same packets give the same id, so a capture read twice adds nothing."],
    },
    ColumnSpec {
        name: "ts",
        kind: Kind::Time,
        doc: &["When it began: time of its first packet, UTC."],
    },
    ColumnSpec {
        name: "uid",
        kind: Kind::Word,
        doc: &["The connection it belongs to, the same in every stream (Zeek `uid`)."],
    },
    ColumnSpec {
        name: "community_id",
        kind: Kind::Word,
        doc: &["Community ID v1 of the connection, seed 0, as other tools compute it."],
    },
    ColumnSpec {
        name: "sensor",
        kind: Kind::Word,
        doc: &["Name of the sensor that saw it."],
    },
    ColumnSpec {
        name: "id_orig_h",
        kind: Kind::Word,
        doc: &["Address of the originator."],
    },
    ColumnSpec {
        name: "id_orig_p",
        kind: Kind::Int,
        doc: &["Port of the originator (ICMP: type)."],
    },
    ColumnSpec {
        name: "id_resp_h",
        kind: Kind::Word,
        doc: &["Address of the responder."],
    },
    ColumnSpec {
        name: "id_resp_p",
        kind: Kind::Int,
        doc: &["Port of the responder (ICMP: code)."],
    },
    ColumnSpec {
        name: "id_orig_hi",
        kind: Kind::Int,
        doc: &["Upper 64 bits of the originator's address as IPv6 (IPv4 is mapped, ::ffff:a.b.c.d: 0 here)."],
    },
    ColumnSpec {
        name: "id_orig_lo",
        kind: Kind::Int,
        doc: &["Lower 64 bits of the originator's address (IPv4: 0xffff00000000 + address)."],
    },
    ColumnSpec {
        name: "id_resp_hi",
        kind: Kind::Int,
        doc: &["Upper 64 bits of the responder's address."],
    },
    ColumnSpec {
        name: "id_resp_lo",
        kind: Kind::Int,
        doc: &["Lower 64 bits of the responder's address."],
    },
];

/// What every row of a stream can do: name its stream and write its own columns (those after [`COMMON`]) in order.
pub trait Row {
    const SPEC: &'static StreamSpec;
    fn write(&self, cells: &mut Cells<'_>);
}

/// A cursor over the columns of one table, used by the code that [`stream!`](crate::stream) makes.
pub struct Cells<'t> {
    columns: std::slice::IterMut<'t, Column>,
    row: usize,
    bytes: usize,
}

impl Cells<'_> {
    /// Writes the next cell.
    pub fn put<V: Cell>(&mut self, value: V) {
        if let Some(column) = self.columns.next() {
            self.bytes = self.bytes.wrapping_add(value.put(self.row, column));
        }
    }
}

/// A value that knows which column type it fills; returns about how many bytes it took.
pub trait Cell {
    fn put(self, row: usize, column: &mut Column) -> usize;
}

impl Cell for Option<i64> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let (Some(value), Column::Int(b) | Column::Time(b)) = (self, column) {
            b.push(row, value);
        }
        8
    }
}

impl Cell for Option<f64> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let (Some(value), Column::Float(b)) = (self, column) {
            b.push(row, value);
        }
        8
    }
}

impl Cell for Option<bool> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let (Some(value), Column::Bool(b)) = (self, column) {
            b.push(row, value);
        }
        1
    }
}

impl Cell for Option<&str> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        let Some(text) = self else { return 4 };
        match column {
            Column::Text(b) => b.push(row, text),
            Column::Word(b) => {
                b.push(row, text);
                return 4;
            }
            _ => {}
        }
        text.len().saturating_add(4)
    }
}

impl<S: AsRef<str>> Cell for &Vec<S> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let Column::Texts(b) = column {
            b.push(row, self);
        }
        let of = |text: &S| text.as_ref().len().saturating_add(4);
        self.iter().map(of).fold(4, usize::saturating_add)
    }
}

/// The texts of a list, written one after the other, and where each ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed<'a> {
    pub text: &'a str,
    pub ends: &'a [u32],
}

impl Cell for Listed<'_> {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let Column::Texts(b) = column {
            b.push_listed(row, self.text, self.ends);
        }
        self.text.len().saturating_add(4).saturating_add(self.ends.len().saturating_mul(4))
    }
}

impl Cell for &[i64] {
    fn put(self, row: usize, column: &mut Column) -> usize {
        if let Column::Ints(b) = column {
            b.push(row, self);
        }
        self.len().saturating_mul(8).saturating_add(4)
    }
}

/// Rows of one stream that wait to become a batch.
pub struct Table {
    spec: &'static StreamSpec,
    sensor: Arc<str>,
    schema: Arc<Schema>,
    pub heads: Heads,
    columns: Vec<Column>,
    bytes: usize,
    /// Of the last row.
    last: usize,
}

impl Table {
    pub fn new(spec: &'static StreamSpec, sensor: &Arc<str>) -> Self {
        Table {
            spec,
            sensor: sensor.clone(),
            schema: Arc::new(schema(spec)),
            heads: Heads::default(),
            columns: spec.columns.iter().map(|c| Column::new(c.kind)).collect(),
            bytes: 0,
            last: 0,
        }
    }

    pub fn spec(&self) -> &'static StreamSpec {
        self.spec
    }

    pub fn rows(&self) -> usize {
        self.heads.rows()
    }

    /// About how much memory the waiting rows take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Starts a row; the caller writes every cell of the stream's own columns, in order.
    pub fn row(&mut self, head: Head, write: impl FnOnce(&mut Cells<'_>)) {
        let mut cells = Cells {
            columns: self.columns.iter_mut(),
            row: self.heads.rows(),
            bytes: size_of::<Head>(),
        };
        write(&mut cells);
        self.last = cells.bytes;
        self.bytes = self.bytes.saturating_add(cells.bytes);
        self.heads.push(head);
    }

    /// Adds so many rows that differ from the last one in their beginnings only, which the caller gives.
    pub fn again(&mut self, times: usize) -> &mut Heads {
        let row = self.heads.rows();
        self.columns.iter_mut().for_each(|column| column.again(row, times));
        self.bytes = self.bytes.saturating_add(self.last.saturating_mul(times));
        &mut self.heads
    }

    /// Takes the waiting rows out as one batch.
    pub fn finish(&mut self) -> RecordBatch {
        let rows = self.heads.rows();
        let mut arrays = self.heads.take(self.spec.name, &self.sensor);
        arrays.extend(self.columns.iter_mut().map(|column| column.finish(rows)));
        self.bytes = 0;
        // A row writes each column once, so the lengths agree; an empty batch is the honest answer if that is ever broken.
        RecordBatch::try_new(self.schema.clone(), arrays).unwrap_or_else(|_| RecordBatch::new_empty(self.schema.clone()))
    }
}

/// Earliest and latest `ts` of a batch, microseconds since 1970.
pub fn span(batch: &RecordBatch) -> Option<(i64, i64)> {
    let times = batch.column_by_name("ts")?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let stamps = times.iter().flatten();
    stamps.clone().min().zip(stamps.max())
}

/// The Arrow schema of a stream.
pub fn schema(spec: &StreamSpec) -> Schema {
    let field = |c: &ColumnSpec| Field::new(c.name, data_type(c.kind), true);
    Schema::new(COMMON.iter().chain(spec.columns).map(field).collect::<Vec<_>>())
}

/// Declares a stream: its name, its comment, and its columns with a type and a comment each.
///
/// ```ignore
/// stream! {
///     /// One name look-up. RFC 1035 section 4.
///     Dns = "dns" {
///         /// Identifier of the query. RFC 1035 4.1.1.
///         trans_id: Int,
///         /// Addresses and names answered.
///         answers: Texts,
///     }
/// }
/// ```
/// makes `struct Dns<'a> { trans_id: Option<i64>, answers: Vec<Cow<'a, str>> }` with `Default` and [`Row`]; `Dns` must be a variant of
/// [`StreamId`]. Types: `Int` (`Option<i64>`), `Float`, `Bool`, `Time` (`Option<i64>`, microseconds), `Text` (`Option<&'a str>`),
/// `Word` (the same, for a text of few different values), `Texts` (`Vec<Cow<'a, str>>`), `Listed` ([`Listed`]: a column as `Texts`), `Ints` (`Vec<i64>`).
#[macro_export]
macro_rules! stream {
    ($(#[doc = $doc:literal])* $name:ident = $text:literal { $( $(#[doc = $cdoc:literal])* $field:ident : $kind:ident ),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $name<'a> {
            $( $(#[doc = $cdoc])* pub $field: $crate::stream!(@type $kind), )*
            pub lifetime: std::marker::PhantomData<&'a ()>,
        }
        impl<'a> $crate::records::Row for $name<'a> {
            const SPEC: &'static $crate::records::StreamSpec = &$crate::records::StreamSpec {
                id: $crate::protocols::StreamId::$name,
                name: $text,
                doc: &[$($doc),*],
                columns: &[ $( $crate::records::ColumnSpec {
                    name: stringify!($field), kind: $crate::stream!(@kind $kind), doc: &[$($cdoc),*],
                } ),* ],
            };
            fn write(&self, #[allow(unused_variables)] cells: &mut $crate::records::Cells<'_>) {
                $( cells.put($crate::stream!(@cell self, $field, $kind)); )*
            }
        }
    };
    (@kind Listed) => { $crate::records::Kind::Texts };
    (@kind $kind:ident) => { $crate::records::Kind::$kind };
    (@type Listed) => { $crate::records::Listed<'a> };
    (@type Int) => { Option<i64> };
    (@type Time) => { Option<i64> };
    (@type Float) => { Option<f64> };
    (@type Bool) => { Option<bool> };
    (@type Text) => { Option<&'a str> };
    (@type Word) => { Option<&'a str> };
    (@type Texts) => { Vec<std::borrow::Cow<'a, str>> };
    (@type Ints) => { Vec<i64> };
    (@cell $self:ident, $field:ident, Texts) => { &$self.$field };
    (@cell $self:ident, $field:ident, Ints) => { $self.$field.as_slice() };
    (@cell $self:ident, $field:ident, $kind:ident) => { $self.$field };
}
