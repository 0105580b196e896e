//! Packets that a site decided to keep for some hours: sealed under the site's key before they touch the disk, within a size, and gone when
//! their time is over. Off unless a size is given, because packets hold patient data.
//!
//! [`pcapng`] is what a segment says when it is opened, [`segment`] seals and opens it, [`shelf`] keeps segments in a folder and within its
//! bounds, [`keeper`] brings packets from the rings to the shelf, [`export`] gives back those that a person asked for.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

pub mod export;
pub mod keeper;
mod pcapng;
mod room;
pub mod segment;
pub mod shelf;
