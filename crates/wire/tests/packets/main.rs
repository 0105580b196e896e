//! Packets made by hand.

mod fragments;
mod making;
