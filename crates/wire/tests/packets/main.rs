//! Packets made by hand: whatever a mirror wraps around a connection, the connection is found.

mod clock;
mod fragments;
mod frames;
mod making;
mod mirror;
mod real;
mod tunnels;
