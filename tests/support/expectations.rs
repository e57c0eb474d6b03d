//! Whether a decision is what a `test` block expects; written for the tests alone, so that what `aasc test`
//! says has a second opinion.

use aas::check::typed::{Expected, TypedPolicy};
use aas::decision::{Decision, Obligation};

use super::decided::{codes, obliged};

/// What a decision does not fulfil, one line each.
pub(crate) fn unmet(policy: &TypedPolicy, expected: &[Expected], decision: &Decision) -> Vec<String> {
    let determining: Vec<&str> =
        decision.determining.iter().filter_map(|d| d.item).map(|id| cell_of(&policy.item(id).name)).collect();
    let by_default = decision.determining.iter().any(|d| d.item.is_none());
    let mut out = Vec::new();
    for one in expected {
        let (met, wanted) = match one {
            Expected::Tier(tier, _) => (decision.tier == *tier, format!("{tier}")),
            Expected::Because(item, _) => (determining.contains(&&**item), format!("because of {item}")),
            Expected::NotBecause(item, _) => (!determining.contains(&&**item), format!("not because of {item}")),
            Expected::ByDefault(_) => (by_default, "by default".into()),
            Expected::Code(code, _) => (codes(decision, policy).iter().any(|c| **c == **code), format!("code {code}")),
            Expected::Invalid(field, _) => {
                let named = decision.errors.iter().any(|e| e.item.is_none() && e.field.as_deref() == Some(&**field));
                (named && decision.determining.is_empty(), format!("invalid {field}"))
            }
            Expected::Instead(action, _) => (
                obliged(decision, |o| matches!(o, Obligation::Instead { action: a, .. } if **a == **action)),
                format!("instead {action}"),
            ),
            Expected::Notify(name, _) => (
                obliged(decision, |o| matches!(o, Obligation::Notify { channel, .. } if **channel == **name)),
                format!("notify {name}"),
            ),
            Expected::Redact(name, _) => (
                obliged(decision, |o| matches!(o, Obligation::Redact { field, .. } if **field == **name)),
                format!("redact {name}"),
            ),
            Expected::Approval(name, _) => {
                let found =
                    |o: &Obligation| matches!(o, Obligation::Approve { item } if *policy.item(*item).name == **name);
                (obliged(decision, found), format!("approval {name}"))
            }
            // What is kept has no second opinion here: the oracle of the registers has one.
            Expected::Standing(..) | Expected::Trust(..) | Expected::Reading { .. } => continue,
        };
        if !met {
            out.push(format!("expected {wanted}, got {} because of {determining:?}", decision.tier));
        }
    }
    out
}

/// The table that a cell belongs to; any other name as it is.
fn cell_of(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}
