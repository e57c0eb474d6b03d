//! What a test expects of a decision, and what it got instead.

use crate::check::typed::{Expected, ItemBody, TypedPolicy};
use crate::decision::{Decision, Determining, Obligation};
use crate::source::Span;

/// An expectation that a decision does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Where it is written.
    pub span: Span,
    /// What is expected: `red`, `because of autonomy.tiers.releases`.
    pub expected: String,
    /// What is the case: `yellow`, `autonomy.tiers.staging decided`.
    pub found: String,
}

/// Whether an item goes by a name: its own, or that of the table whose cell it is.
#[must_use]
pub fn is_item(item: &str, name: &str) -> bool {
    item.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with('['))
}

/// The expectations that the decision does not meet, in text order. Those of what is kept are not judged.
#[must_use]
pub fn unmet(policy: &TypedPolicy, expected: &[Expected], decision: &Decision) -> Vec<Unmet> {
    unmet_with_code(policy, expected, decision, None)
}

/// The same where a governor has refused what the rules let through, and says so by a code of its own.
#[must_use]
pub fn unmet_with_code(
    policy: &TypedPolicy,
    expected: &[Expected],
    decision: &Decision,
    code: Option<&str>,
) -> Vec<Unmet> {
    let seen = Seen { policy, decision, code };
    expected.iter().filter_map(|e| seen.judge(e)).collect()
}

struct Seen<'a> {
    policy: &'a TypedPolicy,
    decision: &'a Decision,
    code: Option<&'a str>,
}

impl Seen<'_> {
    fn judge(&self, expected: &Expected) -> Option<Unmet> {
        let (met, span, wanted, found) = match expected {
            Expected::Tier(tier, span) => {
                (self.decision.tier == *tier, *span, tier.to_string(), self.decision.tier.to_string())
            }
            Expected::Because(name, span) => {
                (self.determined_by(name), *span, format!("because of {name}"), self.deciders())
            }
            Expected::NotBecause(name, span) => {
                (!self.determined_by(name), *span, format!("not because of {name}"), self.deciders())
            }
            Expected::ByDefault(span) => {
                let met = self.decision.determining.iter().any(|d| d.item.is_none());
                (met, *span, "by default".into(), self.deciders())
            }
            Expected::Code(code, span) => {
                let codes = self.codes();
                (codes.iter().any(|c| c == &**code), *span, format!("code {code}"), list("the codes are", &codes))
            }
            Expected::Invalid(field, span) => {
                let refused: Vec<String> = self.refused();
                let met = refused.iter().any(|f| f == &**field);
                (met, *span, format!("invalid {field}"), list("invalid are", &refused))
            }
            Expected::Instead(name, span)
            | Expected::Notify(name, span)
            | Expected::Redact(name, span)
            | Expected::Approval(name, span) => return self.obliged(expected, name, *span),
            // What is kept is the governor's to tell.
            Expected::Standing(..) | Expected::Trust(..) | Expected::Reading { .. } => return None,
        };
        (!met).then_some(Unmet { span, expected: wanted, found })
    }

    /// Judges an expected obligation.
    fn obliged(&self, expected: &Expected, name: &str, span: Span) -> Option<Unmet> {
        let word = match expected {
            Expected::Instead(..) => "instead",
            Expected::Notify(..) => "notify",
            Expected::Redact(..) => "redact",
            Expected::Approval(..) => "approval",
            Expected::Tier(..)
            | Expected::Because(..)
            | Expected::NotBecause(..)
            | Expected::ByDefault(_)
            | Expected::Code(..)
            | Expected::Invalid(..)
            | Expected::Standing(..)
            | Expected::Trust(..)
            | Expected::Reading { .. } => return None,
        };
        let all: Vec<String> = self.decision.obligations.iter().map(|o| self.show(o)).collect();
        let wanted = format!("{word} {name}");
        if all.contains(&wanted) {
            return None;
        }
        Some(Unmet { span, expected: wanted, found: list("the obligations are", &all) })
    }

    fn show(&self, obligation: &Obligation) -> String {
        match obligation {
            Obligation::Notify { channel, .. } => format!("notify {channel}"),
            Obligation::Redact { field, .. } => format!("redact {field}"),
            Obligation::Approve { item } => format!("approval {}", self.policy.item(*item).name),
            Obligation::Instead { action, .. } => format!("instead {action}"),
            Obligation::Run { workflow, .. } => format!("run {workflow}"),
        }
    }

    fn determined_by(&self, name: &str) -> bool {
        let mut items = self.decision.determining.iter().filter_map(|d| d.item);
        items.any(|item| is_item(&self.policy.item(item).name, name))
    }

    fn deciders(&self) -> String {
        let names: Vec<String> = self
            .decision
            .determining
            .iter()
            .map(|d| match d.item {
                Some(item) => self.policy.item(item).name.to_string(),
                None => "the default".to_owned(),
            })
            .collect();
        match names.len() {
            0 if self.code.is_some() => format!("the governor refuses it: {}", self.code.unwrap_or_default()),
            0 => list("the request is refused for", &self.refused()),
            _ => format!("{} decided", names.join(", ")),
        }
    }

    /// Codes of the determining items and of their branches.
    fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = self.decision.determining.iter().flat_map(|d| self.codes_of(d)).collect();
        codes.dedup();
        codes.extend(self.code.map(str::to_owned));
        codes
    }

    fn codes_of(&self, determining: &Determining) -> Vec<String> {
        let Some(item) = determining.item.map(|i| self.policy.item(i)) else { return Vec::new() };
        let branches = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches.as_slice(),
            ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => &[],
        };
        let own = branches.get(determining.branch as usize).and_then(|b| b.code.as_ref());
        own.into_iter().chain(std::iter::once(&item.code)).map(ToString::to_string).collect()
    }

    /// Fields for which the request itself is refused.
    fn refused(&self) -> Vec<String> {
        let errors = self.decision.errors.iter().filter(|e| e.item.is_none() && e.code != "undeclared");
        errors.filter_map(|e| e.field.clone()).collect()
    }
}

fn list(what: &str, words: &[String]) -> String {
    match words {
        [] => "there is none".to_owned(),
        some => format!("{what} {}", some.join(", ")),
    }
}
