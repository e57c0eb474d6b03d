//! Requests and decisions as people and programs see them.

use aas::check::typed::{Item, ItemBody};
use aas::decision::{Decision, Determining, Disposition, Engine, Obligation};
use aas::raw::RawFields;
use aas::{Entities, Facts, Policy, Request, SourceSet, json as raw_json};
use serde_json::{Value, json as value};

use crate::exit::Outcome;
use crate::out::{Out, Style};

/// A decision with what it answers.
pub(crate) struct View<'a> {
    pub(crate) request: &'a Request,
    pub(crate) facts: &'a Facts,
    pub(crate) entities: &'a Entities,
    pub(crate) decision: &'a Decision,
}

/// The word for an engine.
pub(crate) fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Interp => "interp",
        Engine::Plan => "plan",
        Engine::Jit => "jit",
    }
}

/// Whether two engines gave the same answer.
pub(crate) fn same(a: &Decision, b: &Decision) -> bool {
    *a == Decision { engine: a.engine, ..b.clone() }
}

fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Run => "run",
        Disposition::RunAndNotify => "run_and_notify",
        Disposition::Ask => "ask",
        Disposition::Refuse => "refuse",
    }
}

/// A request on one line: `deploy.staging {"service":"api"}`.
pub(crate) fn request(request: &Request) -> String {
    let mut text = request.action.to_string();
    for (word, fields) in [("", &request.params), (" claimed", &request.claims)] {
        text.push_str(&group(word, fields));
    }
    text
}

/// The same with all that is known.
pub(crate) fn request_and_facts(asked: &Request, facts: &Facts) -> String {
    let mut text = request(asked);
    let groups = [
        (" observed", &facts.observed),
        (" agent", &facts.agent),
        (" session", &facts.session),
        (" env", &facts.env),
        (" flags", &facts.flags),
    ];
    for (word, fields) in groups {
        text.push_str(&group(word, fields));
    }
    if let Some(now) = facts.now.and_then(|n| jiff::Timestamp::from_microsecond(n).ok()) {
        text.push_str(&format!(" at {now}"));
    }
    text
}

fn group(word: &str, fields: &RawFields) -> String {
    if fields.is_empty() {
        return String::new();
    }
    format!("{word} {}", raw_json::write(&aas::Raw::Object(fields.clone())))
}

/// Names of the items that decided.
pub(crate) fn names(policy: &Policy, decision: &Decision) -> Vec<String> {
    let name = |d: &Determining| d.item.map_or("the default".to_owned(), |i| policy.typed().item(i).name.to_string());
    let mut names: Vec<String> = decision.determining.iter().map(name).collect();
    names.dedup();
    if names.is_empty() {
        names = decision.errors.iter().map(|e| e.message.clone()).collect();
    }
    names
}

/// The code of a determining item: that of its branch, or its own.
fn code<'a>(item: &'a Item, determining: &Determining) -> &'a str {
    let branches = match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => branches.as_slice(),
        ItemBody::Relax { .. } | ItemBody::Exception { .. } | ItemBody::Approval { .. } => &[],
    };
    let own = branches.get(determining.branch as usize).and_then(|b| b.code.as_ref());
    own.unwrap_or(&item.code)
}
