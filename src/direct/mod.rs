//! Requests straight from JSON bytes: by the schemas of a policy, in one pass, without a tree.
//!
//! [`wire::request`](crate::reader::wire::request) and [`Bound`](crate::reader::Bound) define what a text means.
//! Nearly all requests are *plain*: strict JSON of the wire form, declared members only, values of their types,
//! all parameters there. Such a request is read here into a [`Sheet`]: numbers, bools and variants as words,
//! strings as places in the text, the rest by the definition's own functions. A [`View`] shows it to the plan.
//! Whatever else comes in is left to the definition: this module never refuses a request and never explains one.
//!
//! INVARIANT: a request that is read here gives the decision that the definition gives, and would not be refused by it.

mod keys;
mod read;
mod schema;
mod sheet;
mod view;

#[cfg(test)]
mod tests;

pub use read::{Given, request};
pub use schema::Schemas;
pub use sheet::Sheet;
pub use view::View;
