//! Requests and decisions as people and programs see them.

use aas::answer::{Answer, principals};
use aas::check::typed::{ItemBody, ItemKind};
use aas::decision::{Decision, Determining, Disposition, Engine, Obligation};
use aas::interp::explain::Explained;
use aas::interp::{Change, ChangedField, DEFAULT_WORK, Explanation};
use aas::raw::RawFields;
use aas::{Entities, Facts, Policy, Request, SourceSet, json as raw_json};

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

/// What decided, a line each: the item, its place and its reason.
pub(crate) fn reasons(policy: &Policy, sources: &SourceSet, view: &View<'_>) -> Vec<String> {
    let mut lines: Vec<String> = determining_of(policy, sources, view).iter().map(reason).collect();
    lines.extend(view.decision.errors.iter().map(|e| e.message.clone()));
    lines
}

fn reason(e: &Explained) -> String {
    let Some(item) = &e.item else { return "the default: no rule matches".into() };
    let mut line = item.clone();
    if let (Some(file), Some(number)) = (&e.file, e.line) {
        line.push_str(&format!("  {file}:{number}"));
    }
    if let Some(because) = &e.because {
        line.push_str(&format!("  {because}"));
    }
    line
}

/// What decided, with its clauses.
fn determining_of(policy: &Policy, sources: &SourceSet, view: &View<'_>) -> Vec<Explained> {
    policy.reasons(sources, (view.request, view.facts, view.entities), view.decision)
}

fn explain(policy: &Policy, sources: &SourceSet, view: &View<'_>, work: u32) -> Explanation {
    policy.explain(sources, (view.request, view.facts, view.entities), view.decision, work)
}

/// A decision in its fixed JSON form; `explanation` follows where it is asked for.
pub(crate) fn json(policy: &Policy, sources: &SourceSet, view: &View<'_>, explained: bool) -> Answer {
    let explanation = explained.then(|| explain(policy, sources, view, DEFAULT_WORK));
    let answer = policy.answer(sources, (view.request, view.facts, view.entities), view.decision);
    Answer { explanation, ..answer }
}

/// A decision for people.
pub(crate) fn human(
    policy: &Policy,
    sources: &SourceSet,
    view: &View<'_>,
    explained: bool,
    out: &mut Out,
) -> Outcome<()> {
    let decision = view.decision;
    let explanation = explained.then(|| explain(policy, sources, view, DEFAULT_WORK));
    let what = match decision.tier.disposition() {
        Disposition::Run => "may run",
        Disposition::RunAndNotify => "may run, and people are told",
        Disposition::Ask => "waits for people",
        Disposition::Refuse => "is refused",
    };
    let tier = out.paint(Style::of(decision.tier), decision.tier);
    out.line(format_args!("{tier}  {} {what}", out.paint(Style::Bold, &decision.action)))?;
    match &explanation {
        Some(whole) => whole.determining.iter().try_for_each(|e| determining(e, true, out))?,
        None => determining_of(policy, sources, view).iter().try_for_each(|e| determining(e, false, out))?,
    }
    for error in decision.errors.iter().filter(|e| e.code != "undeclared") {
        out.line(format_args!("  error: {}", error.message))?;
    }
    for o in &decision.obligations {
        out.line(format_args!("  {}", duty(policy, o)))?;
    }
    if let Some(explanation) = &explanation {
        surroundings(policy, explanation, out)?;
    }
    let policy = decision.policy.to_string();
    let short = policy.get(..12).unwrap_or(&policy);
    out.line(out.paint(Style::Dim, format_args!("  policy {short}, by {}", engine(decision.engine))))
}

fn determining(e: &Explained, explained: bool, out: &mut Out) -> Outcome<()> {
    let Some(item) = &e.item else {
        return out.line(format_args!("  because no rule matches: the default is {}", e.tier));
    };
    let kind = e.kind.map_or("item", |k| k.keyword());
    let place = match (&e.file, e.line) {
        (Some(file), Some(line)) => out.paint(Style::Dim, format_args!("  {file}:{line}")),
        _ => String::new(),
    };
    let erred = if e.outcome == aas::decision::Outcome::Erred { " (could not be told)" } else { "" };
    out.line(format_args!("  because of {kind} {item}{erred}{place}"))?;
    if let Some(because) = &e.because {
        out.line(format_args!("    {because}"))?;
    }
    for clause in e.clauses.iter().filter(|_| explained) {
        let truth = if clause.truth == "error" { "cannot be told" } else { clause.truth };
        match clause.truth {
            "true" | "false" if clause.standing => out.line(format_args!("    {}", clause.text))?,
            _ => out.line(format_args!("    {truth}: {}", clause.text))?,
        }
    }
    if explained && !e.lift.is_empty() {
        out.line(format_args!("    {}", e.lift))?;
    }
    Ok(())
}

/// What was close, and what would give another tier.
fn surroundings(policy: &Policy, explanation: &Explanation, out: &mut Out) -> Outcome<()> {
    for close in &explanation.close {
        let (kind, item, clause) = (close.kind.keyword(), &close.item, &close.clause);
        if clause.standing {
            out.line(format_args!("  close: {kind} {item}: {}", clause.text))?;
        } else {
            out.line(format_args!("  close: {kind} {item}, but {} is {}", clause.text, clause.truth))?;
        }
    }
    for change in &explanation.changes {
        out.line(format_args!("  {}", change_text(policy, change)))?;
    }
    if explanation.stopped {
        out.line("  (the search for changes stopped at its budget)")?;
    }
    Ok(())
}

/// `with diff_lines 499 instead of 612 it would be green`, `if limit p.per_hour held it would be black`
fn change_text(policy: &Policy, change: &Change) -> String {
    let (floors, fields): (Vec<_>, Vec<_>) =
        change.fields.iter().map(|field| (field, floor_text(policy, field))).partition(|(_, floor)| floor.is_some());
    let fields: Vec<String> =
        fields.into_iter().map(|(f, _)| format!("{} {} instead of {}", f.field, f.would_be, f.is)).collect();
    let floors: Vec<String> = floors.into_iter().filter_map(|(_, floor)| floor).collect();
    let with = if fields.is_empty() { String::new() } else { format!("with {}", fields.join(" and ")) };
    let when = if floors.is_empty() { String::new() } else { format!("if {}", floors.join(" and ")) };
    let both: Vec<String> = [with, when].into_iter().filter(|part| !part.is_empty()).collect();
    format!("{} it would be {}", both.join(" and "), change.tier)
}

/// `limit p.per_hour held`, of the reading by which a stateful floor holds.
fn floor_text(policy: &Policy, field: &ChangedField) -> Option<String> {
    let (name, part) = field.field.rsplit_once('.')?;
    let kept = |kind: ItemKind| kind.is_floor() && kind != ItemKind::Guard;
    let item = policy.typed().items.iter().find(|item| *item.name == *name && kept(item.kind))?;
    let does = match (part, field.would_be.as_str()) {
        ("exceeded", "true") => "held",
        ("exceeded", _) => "did not hold",
        ("near", "true") => "warned",
        ("near", _) => "did not warn",
        _ => return None,
    };
    Some(format!("{} {name} {does}", item.kind.keyword()))
}

fn duty(policy: &Policy, obligation: &Obligation) -> String {
    match obligation {
        Obligation::Notify { channel, .. } => format!("notify {channel}"),
        Obligation::Redact { field, .. } => format!("redact {field}"),
        Obligation::Instead { action, .. } => format!("instead {action}"),
        Obligation::Run { workflow, .. } => format!("run {workflow}"),
        Obligation::Approve { item } => match &policy.typed().item(*item).body {
            ItemBody::Approval { quorum, within, people, .. } => format!(
                "approval {}: {quorum} of {} within {}",
                policy.typed().item(*item).name,
                principals(&policy.typed().types, people).join(", "),
                aas::value::time::show_duration(*within),
            ),
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } => {
                format!("approval {}", policy.typed().item(*item).name)
            }
        },
    }
}
