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

/// A Rust struct that is a request: `#[derive(Request)]` with `#[aas(action = "…")]`.
///
/// ```
/// use aas::{AsRequest, Raw, Request};
///
/// #[derive(Request)]
/// #[aas(action = "deploy.staging")]
/// struct Deploy {
///     service: String,
///     #[aas(claim)]
///     confident: bool,
/// }
///
/// let request = Deploy { service: "api".into(), confident: true }.to_request();
/// assert_eq!(request, Request::new("deploy.staging").param("service", Raw::text("api")).claim("confident", Raw::Bool(true)));
/// ```
///
/// An action that is no name does not compile, nor does a field that no policy can read, such as binary
/// floating point:
///
/// ```compile_fail
/// #[derive(aas::Request)]
/// #[aas(action = "deploy staging")]
/// struct Deploy;
/// ```
///
/// ```compile_fail
/// #[derive(aas::Request)]
/// #[aas(action = "deploy.staging")]
/// struct Deploy { cost: f64 }
/// ```
pub trait AsRequest {
    /// The full name of the action.
    const ACTION: &'static str;

    /// The request: fields are parameters, those marked `#[aas(claim)]` claims.
    fn to_request(&self) -> Request;
}

impl<T: AsRequest> From<&T> for Request {
    fn from(of: &T) -> Self {
        of.to_request()
    }
}
