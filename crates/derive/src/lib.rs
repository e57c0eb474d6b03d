//! Derive macros of `aas`: Rust structs as requests and facts, without JSON in between.
//!
//! What a macro cannot read is an error at the exact token, with what to write instead.

mod facts;
mod fields;
mod raw;
mod request;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A struct as a request. `#[aas(action = "deploy.staging")]` on the struct names the action. Fields are
/// parameters; `#[aas(claim)]` makes one a claim, `#[aas(rename = "…")]` gives it another name and
/// `#[aas(skip)]` leaves it out.
#[proc_macro_derive(Request, attributes(aas))]
pub fn derive_request(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    request::derive(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// A struct as a part of a snapshot of facts. Each field says where it belongs: `#[aas(agent)]`,
/// `#[aas(session)]`, `#[aas(env)]`, `#[aas(observed)]`, `#[aas(flag)]` (or `#[aas(flag = "demo.freeze")]`) or
/// `#[aas(now)]`; `#[aas(group = "agent")]` on the struct says it for all fields that do not.
#[proc_macro_derive(Facts, attributes(aas))]
pub fn derive_facts(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    facts::derive(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// A struct as a record, or an enum without data as a variant by its name in snake case.
#[proc_macro_derive(IntoRaw, attributes(aas))]
pub fn derive_into_raw(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    raw::derive(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}
