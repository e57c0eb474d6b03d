//! What an agent asks for: an action, what will be done, and what it claims.

use std::sync::Arc;

use crate::raw::RawFields;

/// A request. It may come from the agent; nothing in it is believed but as a parameter or a claim.
///
/// ```
/// use aas::{Raw, Request};
/// let request = Request::new("deploy.staging").param("service", Raw::text("api"));
/// assert_eq!(&*request.action, "deploy.staging");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The full name of the action, or an alias of it.
    pub action: Arc<str>,
    /// What will be done.
    pub params: RawFields,
    /// What the agent says about the world.
    pub claims: RawFields,
}

impl Request {
    /// A request without parameters.
    #[must_use]
    pub fn new(action: &str) -> Self {
        Self { action: action.into(), params: Vec::new(), claims: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: crate::raw::Raw) -> Self {
        self.params.push((name.into(), value));
        self
    }

    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: crate::raw::Raw) -> Self {
        self.claims.push((name.into(), value));
        self
    }
}
