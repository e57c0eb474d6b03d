//! The tests and asserts of a set, on every engine.

use std::time::{Duration, Instant};

use aas::check::typed::{AssertClaim, TypedAssert, TypedTest};
use aas::decision::{Decision, Engine};
use aas::source::Span;
use aas::verify::{Case, Coverage, exercise_assert};
use aas::{Entities, Facts, Policy, Request};
use aas_govern::rehearsal::{Asked, Miss};
use indicatif::ProgressBar;

use crate::exit::Outcome;
use crate::load::Set;
use crate::shown;

/// All evaluators, the readable one first: the others are held against it.
pub(super) const ENGINES: [Engine; 3] = [Engine::Interp, Engine::Plan, Engine::Jit];
/// Fewest requests made for one assert.
const LEAST: usize = 400;
/// Fewest requests made for each action of an assert.
const EACH: usize = 24;

/// What became of the tests of a set.
pub(super) struct Report {
    pub(super) set: Set,
    pub(super) policy: Policy,
    pub(super) results: Vec<Tested>,
    pub(super) coverage: Coverage,
    /// Requests of tests.
    pub(super) requests: usize,
    /// Requests made for asserts.
    pub(super) generated: usize,
}

/// One test or assert.
pub(super) struct Tested {
    pub(super) title: String,
    pub(super) package: String,
    pub(super) span: Span,
    pub(super) is_assert: bool,
    /// Requests that counted.
    pub(super) requests: usize,
    pub(super) took: Duration,
    pub(super) failures: Vec<Failed>,
}

/// One thing that is not as it should be.
pub(super) struct Failed {
    pub(super) span: Span,
    /// What was asked.
    pub(super) request: String,
    pub(super) expected: String,
    pub(super) found: String,
    /// What decided, with its reason, a line each.
    pub(super) because: Vec<String>,
}

pub(super) fn run(set: Set, policy: Policy, filter: &str, progress: &ProgressBar) -> Outcome<Report> {
    let coverage = Coverage::new(policy.typed());
    let mut report = Report { set, policy, results: Vec::new(), coverage, requests: 0, generated: 0 };
    let tests: Vec<TypedTest> = report.policy.typed().tests.iter().filter(|t| report.is_own(t.span)).cloned().collect();
    for test in tests.iter().filter(|t| t.title.contains(filter) || t.package.contains(filter)) {
        progress.set_message(test.title.to_string());
        let result = report.test(test);
        report.results.push(result);
    }
    let asserts: Vec<(usize, TypedAssert)> = report.policy.typed().asserts.iter().cloned().enumerate().collect();
    for (place, assert) in &asserts {
        if !report.is_own(assert.span) {
            continue;
        }
        let title = report.title_of(assert);
        if title.contains(filter) || assert.package.contains(filter) {
            progress.set_message(title.clone());
            let result = report.assert(*place, assert, title);
            report.results.push(result);
        }
    }
    Ok(report)
}

impl Report {
    fn is_own(&self, span: Span) -> bool {
        (span.file.0 as usize) < self.set.own
    }

    /// An assert as it is written, on one line.
    fn title_of(&self, assert: &TypedAssert) -> String {
        let text = self.set.sources.text(assert.span);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn test(&mut self, test: &TypedTest) -> Tested {
        let started = Instant::now();
        let rehearsed = aas_govern::rehearse(&self.policy, test, &ENGINES);
        for asked in &rehearsed.asked {
            self.coverage.record(self.policy.typed(), &asked.request, &asked.facts, &asked.entities, &asked.decision);
        }
        self.requests += rehearsed.asked.len();
        let failures = rehearsed.misses.iter().map(|miss| self.failed(miss, &rehearsed.asked)).collect();
        Tested {
            title: test.title.to_string(),
            package: test.package.to_string(),
            span: test.span,
            is_assert: false,
            requests: rehearsed.asked.len(),
            took: started.elapsed(),
            failures,
        }
    }

    fn failed(&self, miss: &Miss, asked: &[Asked]) -> Failed {
        let (mut request, mut because) = (String::new(), Vec::new());
        if let Some(asked) = miss.asked.and_then(|place| asked.get(place)) {
            let Asked { request: of, facts, entities, decision } = asked;
            request = shown::request(of);
            because = shown::reasons(
                &self.policy,
                &self.set.sources,
                &shown::View { request: of, facts, entities, decision },
            );
        }
        let (expected, found) = (miss.expected.clone(), miss.found.clone());
        Failed { span: miss.span, request, expected, found, because }
    }

    fn assert(&mut self, place: usize, assert: &TypedAssert, title: String) -> Tested {
        let started = Instant::now();
        let policy = &self.policy;
        let cases = LEAST.max(EACH * assert.scope.actions.len());
        let mut disagreed: Option<Failed> = None;
        let exercised = exercise_assert(policy, place, cases as u32, &mut |case: &Case, entities: &Entities| {
            let decisions = decide_all(policy, &case.request, &case.facts, entities);
            if let Some((expected, found)) = disagreement(policy, &decisions) {
                let request = shown::request_and_facts(&case.request, &case.facts);
                disagreed = Some(Failed { span: assert.span, request, expected, found, because: Vec::new() });
                return None;
            }
            let [first, ..] = decisions;
            Some(first)
        });
        self.generated += exercised.tried as usize;
        let mut failures: Vec<Failed> = disagreed.into_iter().collect();
        if let Some(broken) = exercised.refuted {
            let expected = match assert.claim {
                AssertClaim::Always => format!("always {}", assert.tier),
                AssertClaim::Never => format!("never {}", assert.tier),
                AssertClaim::NeverBelow => format!("never below {}", assert.tier),
                AssertClaim::NeverAbove => format!("never above {}", assert.tier),
            };
            failures.push(Failed {
                span: assert.span,
                request: shown::request_and_facts(&broken.case.request, &broken.case.facts),
                expected,
                found: broken.decision.tier.to_string(),
                because: shown::names(policy, &broken.decision),
            });
        } else if exercised.applied == 0 && failures.is_empty() {
            failures.push(Failed {
                span: assert.span,
                request: format!("{} generated requests", exercised.tried),
                expected: "a request that the assert is about".into(),
                found: "its condition was never true, so nothing was tried".into(),
                because: Vec::new(),
            });
        }
        Tested {
            title,
            package: assert.package.to_string(),
            span: assert.span,
            is_assert: true,
            requests: exercised.applied as usize,
            took: started.elapsed(),
            failures,
        }
    }
}

fn decide_all(policy: &Policy, request: &Request, facts: &Facts, entities: &Entities) -> [Decision; 3] {
    ENGINES.map(|engine| policy.decide_with(engine, request, facts, entities))
}

/// Where an engine differs from the readable one.
fn disagreement(policy: &Policy, decisions: &[Decision; 3]) -> Option<(String, String)> {
    let [first, rest @ ..] = decisions;
    let other = rest.iter().find(|d| !shown::same(first, d))?;
    let tell = |d: &Decision| format!("{} because of {}", d.tier, shown::names(policy, d).join(", "));
    Some((format!("{} (interp)", tell(first)), format!("{} ({})", tell(other), shown::engine(other.engine))))
}
