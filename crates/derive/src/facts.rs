//! `#[derive(Facts)]`

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Error, Field, Result};

use crate::fields::{Word, bare, name_of, named, push, said, words};

/// Where a fact belongs.
const GROUPS: [&str; 6] = ["agent", "session", "env", "observed", "flag", "now"];

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let group = struct_group(input)?;
    let mut adds = Vec::new();
    for field in named(input, "a part of the facts")? {
        let words = words(&field.attrs, &["agent", "session", "env", "observed", "flag", "now", "rename", "skip"])?;
        bare(&words, &["agent", "session", "env", "observed", "now", "skip"])?;
        if said(&words, "skip").is_none() {
            adds.push(add(field, &words, group.as_deref())?);
        }
    }
    let ident = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::aas::AsFacts for #ident #types #bounds {
            fn add_to(&self, facts: &mut ::aas::Facts) {
                #(#adds)*
            }
        }
    })
}

fn add(field: &Field, words: &[Word], group: Option<&str>) -> Result<TokenStream> {
    let own: Vec<&Word> = words.iter().filter(|w| GROUPS.contains(&w.name.as_str())).collect();
    if let [_, second, ..] = own.as_slice() {
        return Err(Error::new(second.span, "a fact belongs to one group"));
    }
    let Some(group) = own.first().map(|w| w.name.as_str()).or(group) else {
        let help = "say where it belongs: `#[aas(agent)]`, `#[aas(session)]`, `#[aas(env)]`, `#[aas(observed)]`, \
                    `#[aas(flag)]` or `#[aas(now)]`";
        return Err(Error::new_spanned(&field.ident, help));
    };
    if group == "now" {
        let ident = &field.ident;
        return Ok(quote! {
            facts.now = ::core::convert::Into::<::core::option::Option<i64>>::into(self.#ident);
        });
    }
    let name = match said(words, "flag").and_then(|w| w.text.as_ref()) {
        Some(name) => name.value(),
        None => name_of(field, words)?,
    };
    let member = if group == "flag" { format_ident!("flags") } else { format_ident!("{group}") };
    Ok(push(&quote!(facts.#member), &name, field))
}

/// The group of fields that say none themselves.
fn struct_group(input: &DeriveInput) -> Result<Option<String>> {
    let words = words(&input.attrs, &["group"])?;
    let Some(word) = said(&words, "group") else { return Ok(None) };
    let known = ["agent", "session", "env", "observed"];
    match word.text.as_ref().map(syn::LitStr::value) {
        Some(group) if known.contains(&group.as_str()) => Ok(Some(group)),
        Some(_) | None => Err(Error::new(word.span, "write `group = \"…\"` with agent, session, env or observed")),
    }
}
