//! From what came in to what the policy judges: untyped values become typed ones, or faults.
//!
//! * [`read`]: one value by its declared type, with every refusal of the language.
//! * [`Bound::new`]: a request and its facts by the schemas of a policy. A parameter that is unknown,
//!   missing or ill-typed refuses the request; anything else that is wrong becomes an error value in its
//!   field, and what reads it turns restrictive.
//! * [`Entities::prepare`](crate::Entities::prepare): a snapshot of entities, ancestors closed.
//! * [`wire`]: the JSON forms of requests, for tools.
//!
//! INVARIANT: whatever evaluates a policy sees a request through this module only, so that all
//! evaluators start from the same values.

mod bind;
mod field;
pub mod leaves;
mod readings;
mod snapshot;
mod start;
pub mod wire;

#[cfg(test)]
mod tests;

pub use crate::raw::to_raw;
pub use bind::{Attribute, Bound, Refusal, Spare};
pub use field::{of_field as read_field, read, refuses};
pub use readings::Readings;
pub use snapshot::EntitiesError;
pub use start::with_start_values;

pub(crate) use bind::{fact, flag, secrets_in};
pub(crate) use field::MAX_ID_BYTES;
pub(crate) use start::{add_flags, add_state};

use crate::types::TypeTable;

/// What reading a value may look at besides its type.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext<'a> {
    /// Declared types.
    pub types: &'a TypeTable,
    /// IANA name of the zone of dates and of times without one.
    pub zone: &'a str,
}
