//! Texts with holes: what a `because` shows.

use super::Checker;
use super::expression::Env;
use super::typed::{TypedText, TypedTextPart};
use crate::syntax::ast::{Text, TextPart};

impl Checker<'_> {
    /// A text whose holes may read whatever the item may, claims included: showing is not deciding.
    pub(super) fn text(&mut self, text: &Text, env: &mut Env) -> TypedText {
        let deciding = std::mem::take(&mut env.reads);
        let parts = text.parts.iter().filter_map(|part| match part {
            TextPart::Plain(plain) => Some(TypedTextPart::Plain(plain.as_str().into())),
            TextPart::Hole(hole) => self.place(hole, None, env).map(TypedTextPart::Hole),
        });
        let parts = parts.collect();
        env.reads = deciding;
        TypedText { parts }
    }
}
