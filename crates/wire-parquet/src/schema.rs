//! The Parquet schema of a stream, as Arrow's own writers make it of its Arrow schema.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::{Type, TypePtr};
use wire::records::{Kind, StreamSpec, COMMON};

/// Every column may be null.
pub fn of(spec: &StreamSpec) -> Result<TypePtr> {
    let columns = COMMON.iter().chain(spec.columns);
    let fields = columns.map(|column| field(column.name, column.kind)).collect::<Result<_>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(name: &str, kind: Kind) -> Result<TypePtr> {
    let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
    match kind {
        Kind::Time => value(name, Physical::INT64, Some(micros)),
        Kind::Int => value(name, Physical::INT64, None),
        Kind::Float => value(name, Physical::DOUBLE, None),
        Kind::Bool => value(name, Physical::BOOLEAN, None),
        Kind::Text | Kind::Word => value(name, Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Texts => list(name, value("element", Physical::BYTE_ARRAY, Some(LogicalType::String))?),
        Kind::Ints => list(name, value("element", Physical::INT64, None)?),
    }
}

fn value(name: &str, physical: Physical, logical: Option<LogicalType>) -> Result<TypePtr> {
    let builder = Type::primitive_type_builder(name, physical);
    let value = builder.with_logical_type(logical).with_repetition(Repetition::OPTIONAL).build()?;
    Ok(Arc::new(value))
}

/// Source: Apache Parquet format, LogicalTypes.md, "Lists".
fn list(name: &str, element: TypePtr) -> Result<TypePtr> {
    let group = |name: &str, repetition, logical, field| {
        let builder = Type::group_type_builder(name).with_repetition(repetition);
        builder.with_logical_type(logical).with_fields(vec![field]).build().map(Arc::new)
    };
    let repeated = group("list", Repetition::REPEATED, None, element)?;
    group(name, Repetition::OPTIONAL, Some(LogicalType::List), repeated)
}
