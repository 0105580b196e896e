//! Fuzz targets of the packet core, and what they must hold to: no panic, no row against its stream, no more memory or time than the bytes are
//! worth. `make fuzz` runs them under libFuzzer for a minute, `make soak` for an hour; `cargo test -p wire-fuzz` replays what once crashed.

pub mod bounds;
mod heads;
pub mod mutate;
mod packets;
mod reader;
mod rows;
pub mod script;
pub mod seeds;
pub mod targets;
mod tcp;
mod udp;

/// Longest input, bytes: beyond every head, short enough that thousands run in a second.
pub const LONGEST: usize = 32 << 10;
