//! Rows of the packet core into Parquet, encoded while they are hot.
//!
//! A [`Part`] is one file of one stream. The `parquet` crate frames it (pages, row groups, footer); the values are encoded here, because the
//! core has done most of that already: its texts are numbered, its nulls are bits, so nothing is hashed or looked up again.

mod bits;
mod delta;
mod hybrid;
mod ids;
mod page;
mod part;
mod press;
mod schema;

pub use ids::Ids;
pub use part::Part;
