//! `#[derive(IntoRaw)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Result};

use crate::fields::{Word, bare, name_of, named, push, said, words};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let body = match &input.data {
        Data::Enum(data) => variants(data)?,
        Data::Struct(_) | Data::Union(_) => record(input)?,
    };
    let ident = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::aas::IntoRaw for #ident #types #bounds {
            fn raw(&self) -> ::core::option::Option<::aas::Raw> {
                #body
            }
        }
    })
}

fn record(input: &DeriveInput) -> Result<TokenStream> {
    let mut pushes = Vec::new();
    for field in named(input, "a record")? {
        let words = words(&field.attrs, &["rename", "skip"])?;
        bare(&words, &["skip"])?;
        if said(&words, "skip").is_none() {
            pushes.push(push(&quote!(members), &name_of(field, &words)?, field));
        }
    }
    Ok(quote! {
        #[allow(unused_mut)]
        let mut members: ::aas::raw::RawFields = ::std::vec::Vec::new();
        #(#pushes)*
        ::core::option::Option::Some(::aas::Raw::Object(members))
    })
}

fn variants(data: &DataEnum) -> Result<TokenStream> {
    let mut arms = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "a variant of a policy's enum holds no data"));
        }
        let words = words(&variant.attrs, &["rename"])?;
        let name = match said(&words, "rename") {
            Some(Word { text: Some(text), .. }) => text.value(),
            Some(word) => return Err(Error::new(word.span, "write the other name: `rename = \"…\"`")),
            None => snake_case(&variant.ident.to_string()),
        };
        let ident = &variant.ident;
        arms.push(quote!(Self::#ident => #name,));
    }
    if arms.is_empty() {
        return Ok(quote!(match *self {}));
    }
    Ok(quote! {
        ::core::option::Option::Some(::aas::Raw::text(match self { #(#arms)* }))
    })
}

/// `BuildServer` as `build_server`.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
