//! Packets in, typed records out: the sensor core of asepsis.
//!
//! [`capture`] reads packets from files, [`link`] finds the [`ip`] datagram in each, [`fragments`] makes it whole, [`tunnel`] finds the packet
//! in it, [`flows`] follows connections and puts their bytes in order, [`protocols`] turns those bytes into rows, [`records`] keeps the rows
//! until they leave as Arrow batches; [`pipeline`] is all of it.

mod awaited;
mod bytes;
pub mod capture;
pub mod charset;
mod checksum;
mod clock;
pub mod columns;
pub mod context;
mod copies;
pub mod credentials;
pub mod exploits;
pub mod flows;
pub mod fragments;
pub mod half;
pub mod heads;
pub mod hostname;
pub mod ip;
#[cfg(target_os = "linux")]
pub mod kept;
pub mod keys;
pub mod limits;
pub mod link;
#[cfg(target_os = "linux")]
pub mod live;
pub mod memo;
pub mod names;
mod oldest;
pub mod pipeline;
pub mod product;
pub mod protocols;
pub mod reader;
pub mod records;
mod spread;
pub mod testing;
pub mod text;
mod transfers;
pub mod tunnel;
pub mod xml;
