//! `aas-govern`: the state that rules talk about, and the only door to an effect.
//!
//! A pure state machine: commands and the time go in, events and effects come out. It reads no clock, starts no
//! thread, draws no random number and opens no file; whoever embeds it brings all of that as values.

pub mod key;
pub mod schema;

pub mod registers;

pub mod table;
pub mod trust;
