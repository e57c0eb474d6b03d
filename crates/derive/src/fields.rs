//! What all derives share: named fields and the words of `#[aas(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result};

/// A word of `#[aas(…)]`, with its text where one is given.
pub(crate) struct Word {
    pub(crate) name: String,
    pub(crate) text: Option<LitStr>,
    pub(crate) span: Span,
}

/// All words of all `#[aas(…)]`; each at most once.
pub(crate) fn words(attributes: &[Attribute], known: &[&str]) -> Result<Vec<Word>> {
    let mut words: Vec<Word> = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("aas")) {
        attribute.parse_nested_meta(|meta| {
            let word = word(&meta, known)?;
            if words.iter().any(|w| w.name == word.name) {
                return Err(meta.error(format!("`{}` is said twice", word.name)));
            }
            words.push(word);
            Ok(())
        })?;
    }
    Ok(words)
}

fn word(meta: &ParseNestedMeta<'_>, known: &[&str]) -> Result<Word> {
    let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
    if !known.contains(&name.as_str()) {
        return Err(meta.error(format!("no such word here; write one of: {}", known.join(", "))));
    }
    let text = if meta.input.peek(syn::Token![=]) { Some(meta.value()?.parse()?) } else { None };
    Ok(Word { name, text, span: meta.path.get_ident().map_or_else(Span::call_site, Ident::span) })
}

/// The word, if it was said.
pub(crate) fn said<'w>(words: &'w [Word], name: &str) -> Option<&'w Word> {
    words.iter().find(|w| w.name == name)
}

/// The named fields of a struct.
pub(crate) fn named<'i>(input: &'i DeriveInput, what: &str) -> Result<Vec<&'i Field>> {
    let why = || Error::new_spanned(&input.ident, format!("{what} is made of a struct with named fields"));
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().collect()),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(_) => Err(why()),
        },
        Data::Enum(_) | Data::Union(_) => Err(why()),
    }
}

/// The name that a field has in the policy: its own, or what `rename` says.
pub(crate) fn name_of(field: &Field, words: &[Word]) -> Result<String> {
    match said(words, "rename") {
        Some(Word { text: Some(text), .. }) => Ok(text.value()),
        Some(word) => Err(Error::new(word.span, "write the other name: `rename = \"…\"`")),
        None => Ok(field.ident.as_ref().map(|i| i.unraw().to_string()).unwrap_or_default()),
    }
}

/// Words that take no text must not have one.
pub(crate) fn bare(words: &[Word], names: &[&str]) -> Result<()> {
    match words.iter().find(|w| names.contains(&w.name.as_str()) && w.text.is_some()) {
        Some(word) => Err(Error::new(word.span, format!("`{}` stands alone, without `=`", word.name))),
        None => Ok(()),
    }
}

/// Pushes a field's value under its name, where there is one.
pub(crate) fn push(into: &TokenStream, name: &str, field: &Field) -> TokenStream {
    let ident = &field.ident;
    quote! {
        if let ::core::option::Option::Some(value) = ::aas::IntoRaw::raw(&self.#ident) {
            #into.push((::std::convert::Into::into(#name), value));
        }
    }
}
