//! What the phases of the compiler make of rules, as text.

use aas::pipeline::Checked;

use crate::commands::check::Emit;
use crate::exit::Outcome;
use crate::load::Set;

/// The work of a phase on a set.
pub(crate) fn emit(what: Emit, set: &Set, checked: &Checked) -> Outcome<String> {
    let Some(policy) = &checked.policy else { return Ok(String::new()) };
    Ok(match what {
        Emit::Hir => checked.set.to_string(),
        Emit::Claims => claims(set, policy),
    })
}

/// Claims that items believe.
fn claims(set: &Set, policy: &aas::check::typed::TypedPolicy) -> String {
    let mut text = String::new();
    for item in &policy.items {
        for claim in &item.believing {
            let place = set.sources.place(item.name_span);
            text.push_str(&format!("{place}: {} {} believes {claim}\n", item.kind.keyword(), item.name));
        }
    }
    text
}
