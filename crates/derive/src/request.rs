//! `#[derive(Request)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, LitStr, Result};

use crate::fields::{bare, name_of, named, push, said, words};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let action = action(input)?;
    let mut pushes = Vec::new();
    for field in named(input, "a request")? {
        let words = words(&field.attrs, &["claim", "rename", "skip"])?;
        bare(&words, &["claim", "skip"])?;
        if said(&words, "skip").is_some() {
            continue;
        }
        let into = if said(&words, "claim").is_some() { quote!(request.claims) } else { quote!(request.params) };
        pushes.push(push(&into, &name_of(field, &words)?, field));
    }
    let ident = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::aas::AsRequest for #ident #types #bounds {
            const ACTION: &'static str = #action;

            fn to_request(&self) -> ::aas::Request {
                #[allow(unused_mut)]
                let mut request = ::aas::Request::new(Self::ACTION);
                #(#pushes)*
                request
            }
        }
    })
}

/// The action, checked here already: a name that is none would never match a declared one.
fn action(input: &DeriveInput) -> Result<LitStr> {
    let words = words(&input.attrs, &["action"])?;
    let Some(action) = said(&words, "action").and_then(|w| w.text.clone()) else {
        return Err(Error::new_spanned(&input.ident, "name the action: `#[aas(action = \"deploy.staging\")]`"));
    };
    let name = action.value();
    let segment = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !name.split('.').all(segment) {
        return Err(Error::new_spanned(
            &action,
            "an action is segments of letters, digits, `_` and `-`, joined by dots",
        ));
    }
    Ok(action)
}
