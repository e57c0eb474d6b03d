//! Types, optionality, origins, totality: a resolved set becomes a [`typed::TypedPolicy`].
pub mod typed;
