//! A decision as a page writes it: everything that matters, in words.

use std::fmt;

use aas::check::typed::TypedPolicy;
use aas::decision::{Decision, Obligation, Tier};

/// A decision, as names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    /// Its tier.
    pub tier: Tier,
    /// Fields for which the request was refused.
    pub invalid: Vec<String>,
    /// Each clause with its sorted names.
    pub clauses: Vec<(&'static str, Vec<String>)>,
}

/// Clauses of an expectation, in the order in which they are written.
const CLAUSES: [&str; 8] = ["because of", "code", "errors", "notify", "redact", "approval", "instead", "run"];

impl Decided {
    /// Reads `red because of x, y; errors missing`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (tier, rest) = text.split_once(' ').unwrap_or((text, ""));
        let tier = Tier::from_name(tier).ok_or_else(|| format!("`{tier}` is no tier"))?;
        let mut decided = Self { tier, invalid: Vec::new(), clauses: Vec::new() };
        for clause in rest.split(';').map(str::trim).filter(|c| !c.is_empty()) {
            if let Some(fields) = clause.strip_prefix("invalid ") {
                decided.invalid = names(fields);
                continue;
            }
            let known = CLAUSES.iter().find_map(|c| clause.strip_prefix(c).map(|rest| (*c, rest)));
            let (word, rest) = known.ok_or_else(|| format!("`{clause}` is no clause of an expectation"))?;
            decided.clauses.push((word, names(rest)));
        }
        Ok(decided)
    }

    /// What a decision says. Item names lose their package where it is the given one.
    pub(crate) fn of(decision: &Decision, policy: &TypedPolicy, package: &str) -> Self {
        let item = |id| {
            let name = &*policy.item(id).name;
            let name = name.split('[').next().unwrap_or(name);
            name.strip_prefix(package).and_then(|n| n.strip_prefix('.')).unwrap_or(name).to_string()
        };
        let mut invalid = Vec::new();
        let mut errors = Vec::new();
        let judged = !decision.determining.is_empty();
        for error in &decision.errors {
            match (&error.item, &error.field) {
                (None, Some(field)) if !judged => invalid.push(field.clone()),
                (None | Some(_), _) => errors.push(error.code.to_string()),
            }
        }
        let mut because: Vec<String> =
            decision.determining.iter().map(|d| d.item.map_or_else(|| "default".into(), item)).collect();
        // Several branches of an item, and the cells of a table, are one name.
        because.dedup();
        let mut lists: [Vec<String>; 8] =
            [because, Vec::new(), errors, Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for obligation in &decision.obligations {
            match obligation {
                Obligation::Notify { channel, .. } => lists[3].push(channel.clone()),
                Obligation::Redact { field, .. } => lists[4].push(field.clone()),
                Obligation::Approve { item: id } => lists[5].push(item(*id)),
                Obligation::Instead { action, .. } => lists[6].push(action.clone()),
                Obligation::Run { workflow, .. } => lists[7].push(workflow.clone()),
            }
        }
        let clauses =
            CLAUSES.into_iter().zip(lists).map(|(word, list)| (word, sorted(list))).filter(|(_, l)| !l.is_empty());
        Self { tier: decision.tier, invalid: sorted(invalid), clauses: clauses.collect() }
    }

    /// Whether a decision is what is expected here. Codes are checked only where they are written.
    pub(crate) fn is_met_by(&self, actual: &Self, codes: &[String]) -> bool {
        let clause = |d: &Self, word: &str| {
            d.clauses.iter().find(|(w, _)| *w == word).map(|(_, l)| l.clone()).unwrap_or_default()
        };
        if !self.invalid.is_empty() {
            return self.tier == actual.tier && self.invalid == actual.invalid;
        }
        let wanted = clause(self, "code");
        self.tier == actual.tier
            && actual.invalid.is_empty()
            && CLAUSES.iter().filter(|w| **w != "code").all(|w| clause(self, w) == clause(actual, w))
            && wanted.iter().all(|c| codes.contains(c))
    }
}

/// Codes of the determining items and of their unmet lines.
pub(crate) fn codes(decision: &Decision, policy: &TypedPolicy) -> Vec<String> {
    use aas::check::typed::ItemBody;
    let mut out = Vec::new();
    for d in &decision.determining {
        let Some(id) = d.item else { continue };
        let item = policy.item(id);
        out.push(item.code.to_string());
        if let ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } = &item.body {
            out.extend(branches.get(d.branch as usize).and_then(|b| b.code.as_ref()).map(ToString::to_string));
        }
    }
    out
}

/// Whether the decision carries such an obligation.
pub(crate) fn obliged(decision: &Decision, wanted: impl Fn(&Obligation) -> bool) -> bool {
    decision.obligations.iter().any(wanted)
}

fn names(text: &str) -> Vec<String> {
    sorted(text.split(',').map(|n| n.trim().to_string()).filter(|n| !n.is_empty()).collect())
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tier)?;
        if !self.invalid.is_empty() {
            return write!(f, " invalid {}", self.invalid.join(", "));
        }
        for (i, (word, list)) in self.clauses.iter().enumerate() {
            write!(f, "{} {word} {}", if i == 0 { "" } else { ";" }, list.join(", "))?;
        }
        Ok(())
    }
}
