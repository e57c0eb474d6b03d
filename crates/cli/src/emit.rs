//! What the phases of the compiler make of rules, as text.

use aas::check::typed::{Item, TypedPolicy};
use aas::pipeline::Checked;
use aas::{Span, graph, jit, plan};

use crate::commands::check::Emit;
use crate::commands::graph::Format;
use crate::exit::{Failure, Outcome};
use crate::footprint;
use crate::load::Set;
use crate::worst;

/// The work of a phase on a set; nothing where the set has errors.
pub(crate) fn emit(what: Emit, set: &Set, checked: &Checked) -> Outcome<String> {
    let Some(policy) = &checked.policy else { return Ok(String::new()) };
    Ok(match what {
        Emit::Hir => checked.set.to_string(),
        Emit::Graph => graph::build(policy).to_string(),
        Emit::Plan => plan::build(&graph::build(policy)).to_string(),
        Emit::Clif => jit::clif(&plan::build(&graph::build(policy)), &jit::Options::default())
            .map_err(|error| Failure::said(format_args!("There is no native code: {error}.")))?,
        Emit::Claims => claims(set, policy),
        Emit::Footprint => footprint::table(policy),
        Emit::Cost => worst::table(&worst::worst(policy)),
    })
}

/// Claims that items believe, and expressions that can err on good values.
fn claims(set: &Set, policy: &TypedPolicy) -> String {
    let mut text = String::new();
    for item in &policy.items {
        for claim in &item.believing {
            let place = set.sources.place(item.name_span);
            text.push_str(&format!("{place}: {} {} believes {claim}\n", item.kind.keyword(), item.name));
        }
        for span in erring(item) {
            let shown = set.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
            let place = set.sources.place(span);
            text.push_str(&format!("{place}: {} {} can err at `{shown}`\n", item.kind.keyword(), item.name));
        }
    }
    text
}

/// Places of an item's conditions whose own operation can err.
fn erring(item: &Item) -> Vec<Span> {
    let mut spans = Vec::new();
    for when in item.conditions() {
        when.visit(&mut |e| {
            if e.errs {
                spans.push(e.span);
            }
        });
    }
    spans.sort();
    spans.dedup();
    spans
}

/// A drawing of the whole graph or of one action.
pub(crate) fn draw(policy: &TypedPolicy, action: Option<&str>, format: Format) -> String {
    let graph = match action.and_then(|name| policy.action(name)) {
        Some(id) => graph::DecisionGraph { policy, parts: vec![graph::build_part(policy, id)] },
        None => graph::build(policy),
    };
    match format {
        Format::Svg => graph::draw::svg(&graph),
        Format::Dot => graph::draw::dot(&graph),
        Format::Mermaid => graph::draw::mermaid(&graph),
        Format::Text => graph.to_string(),
    }
}
