//! The same rules with memory in both engines, at the same moments, with every verdict compared.
//!
//! Each policy is about an action of its own and of one of four kinds: after a login, at most so often, logged in and
//! not out since, at most so much. People log in, act and log out, an event every seven seconds, so that the 25
//! minutes that the policies look back hold about 200 events.

mod measure;
mod ours;
mod theirs;
mod work;

pub(crate) use measure::run;
