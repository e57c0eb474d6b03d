//! Rehearsals: the `test` blocks of a policy, step by step, as a governor would take them.
//!
//! A test begins with nothing kept and has a governor of its own. What is decided on the way is decided by every
//! engine, and they must agree. A test that needs no governor is asked request by request.
//!
//! ```
//! use aas::{Policy, Settings, SourceSet, decision::Engine};
//! let text = r#"package demo
//! action deploy
//! rule deploys on deploy { green }
//! limit per_hour on deploy { at most 3 per 1h  otherwise black  because "{count} in an hour." }
//! test "three an hour" {
//!     repeat 3 times request deploy expect green because of deploys
//!     request deploy expect black because of per_hour
//!     wait 1h
//!     request deploy expect green because of deploys
//! }
//! "#;
//! let policy = Policy::compile(&SourceSet::single("demo.aasrule", text), &Settings::default()).expect("a policy");
//! for test in &policy.typed().tests {
//!     let rehearsed = aas_govern::rehearse(&policy, test, &[Engine::Interp, Engine::Plan]);
//!     assert!(rehearsed.misses.is_empty(), "{:?}", rehearsed.misses);
//! }
//! ```

mod deeds;
mod kept;
mod stage;
mod told;

use std::sync::Arc;

use aas::check::typed::{TestCase, TestDoes, TypedTest};
use aas::decision::{Decision, Determining, Engine};
use aas::diagnostic::Diagnostic;
use aas::source::Span;
use aas::verify::unmet;
use aas::{Entities, Facts, Policy, Request};

/// What came of a test.
#[derive(Clone, Debug, Default)]
pub struct Rehearsed {
    /// Every decision, in the order in which they were made.
    pub asked: Vec<Asked>,
    /// What is not as the test expects.
    pub misses: Vec<Miss>,
    /// Requests that pass because nothing matches, though the test does not say so.
    pub findings: Vec<Diagnostic>,
}

/// A decision of a test.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// What was known, with all that the governor told: the same request with these facts is decided the same way.
    pub facts: Facts,
    /// Entities as they were.
    pub entities: Arc<Entities>,
    /// What the rules decided.
    pub decision: Decision,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// What was expected is written here.
    pub span: Span,
    /// The decision that it is about, by its place in [`Rehearsed::asked`].
    pub asked: Option<usize>,
    /// What was expected.
    pub expected: String,
    /// What came instead.
    pub found: String,
}

/// Rehearses a test. The first engine counts; the others must agree with it.
#[must_use]
pub fn rehearse(policy: &Policy, test: &TypedTest, engines: &[Engine]) -> Rehearsed {
    if test.governed {
        return stage::play(policy, test, engines);
    }
    let mut out = Rehearsed::default();
    for step in &test.steps {
        if let TestDoes::Ask(ask) = &step.does {
            alone(policy, &ask.case, engines, &mut out);
        }
    }
    out
}

/// A request that nothing went before.
fn alone(policy: &Policy, case: &TestCase, engines: &[Engine], out: &mut Rehearsed) {
    let entities = match policy.entities(&case.entities) {
        Ok(entities) => Arc::new(entities),
        Err(error) => return out.miss(case.span, None, "entities that fit", error.to_string()),
    };
    let decide = |engine: &Engine| policy.decide_with(*engine, &case.request, &case.facts, &entities);
    let decision = engines.first().map_or_else(|| policy.decide(&case.request, &case.facts, &entities), decide);
    let other = engines.iter().skip(1).map(decide).find(|other| !same(&decision, other));
    let asked = Some(out.asked.len());
    for unmet in unmet(policy.typed(), &case.expect, &decision) {
        out.miss(unmet.span, asked, &unmet.expected, unmet.found);
    }
    if let Some(other) = other {
        out.disagree(policy, (case.span, asked), &decision, &other);
    }
    let (request, facts) = (case.request.clone(), case.facts.clone());
    out.asked.push(Asked { request, facts, entities, decision });
}

impl Rehearsed {
    fn miss(&mut self, span: Span, asked: Option<usize>, expected: &str, found: String) {
        self.misses.push(Miss { span, asked, expected: expected.to_owned(), found });
    }

    /// Notes that an engine differs from the first one.
    fn disagree(&mut self, policy: &Policy, at: (Span, Option<usize>), first: &Decision, other: &Decision) {
        let tell = |d: &Decision| format!("{} because of {} ({})", d.tier, deciders(policy, d), engine(d.engine));
        self.miss(at.0, at.1, &tell(first), tell(other));
    }
}

/// Whether two engines decide the same.
fn same(a: &Decision, b: &Decision) -> bool {
    *a == Decision { engine: a.engine, ..b.clone() }
}

fn deciders(policy: &Policy, decision: &Decision) -> String {
    let name = |d: &Determining| d.item.map_or("the default".into(), |item| policy.typed().item(item).name.to_string());
    let mut names: Vec<String> = decision.determining.iter().map(name).collect();
    names.dedup();
    if names.is_empty() {
        names.extend(decision.errors.iter().map(|error| error.message.clone()));
    }
    names.join(", ")
}

fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Interp => "interp",
        Engine::Plan => "plan",
        Engine::Jit => "jit",
    }
}
