//! `aas-govern`: the state that rules talk about, and the only door to an effect.
//!
//! A pure state machine: commands and the time go in, events and effects come out. It reads no clock, starts no
//! thread, draws no random number and opens no file; whoever embeds it brings all of that as values.

pub mod ids;
mod names;
pub mod key;
pub mod schema;
pub mod registers;
mod daytime;
pub mod digests;
pub mod runs;
pub mod schedules;
pub mod table;
pub mod sessions;
pub mod trust;
pub mod canonical;
pub mod token;
pub mod command;
pub mod event;
pub mod effect;
pub mod state;
pub mod snapshot;
mod way;
pub mod program;
mod look;
pub mod governor;
pub mod rehearsal;

pub use command::Command;
pub use effect::Effect;
pub use event::{Event, Record};
pub use governor::{Config, Governor, Step};
pub use rehearsal::rehearse;
pub use state::State;
