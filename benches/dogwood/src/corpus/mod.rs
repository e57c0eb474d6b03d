//! Dogwood's own corpus through our governor.

mod book;
mod cases;
mod cedar;
mod events;
mod number;
mod play;
mod reason;
mod scope;
mod source;
mod table;
mod temporal;
mod walk;

pub(crate) use table::run;
