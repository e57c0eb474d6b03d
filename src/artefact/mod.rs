//! A checked policy as one file: decided from at once, without the compiler.
//!
//! Checking a large set takes longer than a one-shot process may. [`write()`] turns a [`TypedPolicy`] into bytes;
//! [`Artefact`] reads them back, whole for whoever serves many requests ([`Artefact::policy`]), or only what one
//! action needs ([`Artefact::policy_for`]), or only what one request does ([`crate::one_action::OneRequest`]): neither
//! grows with the rule set. Names, places and texts are
//! kept, so that errors and explanations are told with the same words, and so are the rule files themselves.
//!
//! An artefact is content-addressed ([`ArtefactId`]): one hash stands for every byte, and each part is checked
//! against it when it is read ([`container`] has the layout). It belongs to the builtin tables that it was made
//! with ([`tables`]) and is refused by any other. What was read is looked over once more ([`sound`]), since a
//! hash says that nothing was changed, not that somebody meant well. Tests and asserts stay behind: they are
//! no part of a policy's identity.
//!
//! INVARIANT: what cannot be read as it was written is an [`ArtefactError`], never a smaller policy.
//!
//! 1. [`bytes`]: numbers, texts and lists; [`values`] and [`parts`]: types, constants, expressions, items.
//! 2. [`container`]: header, index, sections, pages.
//! 3. [`write`](mod@write), [`read`] and [`mod@slice`]: between a policy and its sections ([`stored`]).
//! 4. [`needs`]: of an action with many items, what each needs, so that a request reads few of them.
//! 5. [`sound`]: what the checker promises of a policy, asked again.

mod bytes;
mod container;
mod needs;
mod parts;
mod read;
mod slice;
mod sound;
mod stored;
mod values;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;

pub use container::{ArtefactId, Bytes};
#[doc(hidden)]
pub use container::{section, with_section};
pub use read::{Artefact, Texts};
pub use slice::part_of;
pub use write::write;
#[doc(hidden)]
pub use write::write_with;

use crate::check::canonical;

#[cfg(doc)]
use crate::check::typed::TypedPolicy;

/// Why an artefact cannot be written or used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtefactError {
    /// It does not begin like one.
    NotOne,
    /// It has another format, of this version.
    Format(u32),
    /// It was built with other builtin tables.
    Tables,
    /// It is shorter or longer than it says.
    Length {
        /// What it says.
        says: u64,
        /// What it has.
        has: u64,
    },
    /// A part of it does not have its hash.
    Damaged,
    /// It is another one than the one asked for.
    Foreign(ArtefactId),
    /// Its hashes are right, but it says what no compiler writes.
    Malformed(&'static str),
    /// It is larger than an artefact may be.
    TooLarge,
    /// Its bytes cannot be read.
    Unreadable(String),
    /// The policy holds something that has no form in an artefact.
    Unfit(&'static str),
}

impl fmt::Display for ArtefactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne => f.write_str("this is no artefact of `aasc build`"),
            Self::Format(found) => write!(
                f,
                "the artefact has format {found}, and this program reads format {}; build it again",
                container::FORMAT
            ),
            Self::Tables => {
                f.write_str("the artefact was built with other builtin functions than this program has; build it again")
            }
            Self::Length { says, has } => write!(f, "the artefact says that it has {says} bytes, but has {has}"),
            Self::Damaged => f.write_str("the artefact is damaged: a part of it does not have its hash"),
            Self::Foreign(id) => write!(f, "the artefact is another one than the one asked for: its id is {id}"),
            Self::Malformed(what) => write!(f, "the artefact is malformed: {what}"),
            Self::TooLarge => f.write_str("the artefact is larger than one may be"),
            Self::Unreadable(why) => write!(f, "the artefact cannot be read: {why}"),
            Self::Unfit(what) => write!(f, "the policy holds {what}, which an artefact cannot keep"),
        }
    }
}

impl std::error::Error for ArtefactError {}

/// What an artefact relies on besides itself: the form of meanings, the builtin functions by their numbers, the
/// families of secrets. Two programs with the same tables read an artefact alike.
fn tables() -> [u8; 32] {
    use crate::builtin::Form;
    let mut said = Vec::with_capacity(4096);
    let mut add = |text: &str, number: usize| {
        said.extend_from_slice(&(text.len() as u32).to_le_bytes());
        said.extend_from_slice(text.as_bytes());
        said.extend_from_slice(&(number as u32).to_le_bytes());
    };
    add(canonical::FORM, 0);
    for row in crate::builtin::all() {
        let form = match row.form {
            Form::Property => "property",
            Form::Method => "method",
            Form::Function => "function",
            Form::Relation => "relation",
        };
        add(row.name, row.parameters.len());
        add(form, usize::from(row.errs));
    }
    for (place, family) in crate::value::secrets::families().iter().enumerate() {
        add(family.kind, place);
    }
    *blake3::hash(&said).as_bytes()
}
