//! Dogwood's own corpus through our governor.

mod book;
mod cases;
mod cedar;
mod compare;
mod events;
mod number;
mod page;
mod play;
mod reason;
mod scope;
mod since;
mod source;
mod streak;
mod table;
mod temporal;
mod walk;

pub(crate) use table::run;
