//! The cases of the corpus, and each as a policy of ours.

use std::collections::BTreeMap;

use aas::{Policy, Settings, SourceSet};
use dogwood_language::corpus::{CorpusTrace, TemporalCategory, macro_cases, mixed_cases, temporal_cases};
use dogwood_language::{
    Event, EventPinRoot, LoweredPolicySet, ParsedPolicySet, PolicySchema, ServiceSchema, UNPINNED_EVENT_SCHEMA,
    parse_trace,
};

use super::book::{Book, EventKind};
use super::cedar::{Needs, Policies};
use super::play::Player;
use super::reason::Reason;
use super::source::Source;
use super::temporal::Translator;

/// A case: a policy, its schemas and traces with their verdicts.
pub(crate) struct Case {
    pub(crate) name: String,
    policy: String,
    schema: String,
    events: Option<String>,
    macros: Option<String>,
    pub(crate) traces: Vec<CorpusTrace>,
    /// Dogwood refuses the policy.
    refused: bool,
}

/// All cases of the corpus.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for case in temporal_cases() {
        let refused = case.category == TemporalCategory::ParseRejected;
        let (name, traces) = (format!("temporal/{}", case.name), case.traces);
        let (policy, schema, events) = (case.policy_src, case.schema_src, case.event_schema_src);
        cases.push(Case { name, policy, schema, events, macros: None, traces, refused });
    }
    for case in macro_cases() {
        let (name, traces, macros) = (format!("macros/{}", case.name), case.traces, case.macros_src);
        let (policy, schema, events) = (case.policy_src, case.schema_src, case.event_schema_src);
        cases.push(Case { name, policy, schema, events, macros, traces, refused: false });
    }
    for case in mixed_cases() {
        let (name, traces) = (format!("mixed/{}", case.name), case.traces);
        let (policy, schema, events) = (case.policy_src, case.schema_src, case.event_schema_src);
        cases.push(Case { name, policy, schema, events, macros: None, traces, refused: false });
    }
    cases
}

/// A case as a policy of ours.
pub(crate) struct Translated {
    pub(crate) book: Book,
    pub(crate) text: String,
    policy: Policy,
    /// What conditions of Cedar read without asking whether it is there.
    needs: Needs,
}

impl Case {
    /// The policy set in Dogwood. A case without an event schema of its own is about events without pins.
    pub(crate) fn lowered(&self) -> Result<LoweredPolicySet, Reason> {
        let mut service = ServiceSchema::builder();
        service = service.event_schema_str(self.events.as_deref().unwrap_or(UNPINNED_EVENT_SCHEMA));
        if let Some(macros) = &self.macros {
            service = service.macros_str(macros);
        }
        let service = service.build().map_err(|_| Reason::Refused)?;
        let parsed = ParsedPolicySet::parse(&self.policy, &service).map_err(|_| Reason::Refused)?;
        if parsed.policies().any(|policy| policy.uses_providers()) {
            return Err(Reason::Provider);
        }
        let schema = PolicySchema::from_cedarschema_str(&self.schema).map_err(|_| Reason::Refused)?;
        let lowered = parsed.lower(&schema).map_err(|_| Reason::Refused)?;
        if self.refused { Err(Reason::Refused) } else { Ok(lowered) }
    }

    pub(crate) fn translated(&self, set: &LoweredPolicySet) -> Result<Translated, Reason> {
        let mut book = Book::new(kinds(set), parts(set));
        let mut leaves = BTreeMap::new();
        for field in set.nonrelativized_temporal_fields() {
            let leaf = Translator { book: &mut book }.leaf(&field.condition.condition)?;
            leaves.insert(field.id.clone(), leaf);
        }
        let needs = Policies::new(&mut book, &leaves).all(set)?;
        let text = book.text();
        let policy = Policy::compile(&SourceSet::single("corpus.aasrule", text.clone()), &Settings::default());
        let policy = policy.unwrap_or_else(|findings| {
            let found: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.code.name(), f.message)).collect();
            panic!("{}: {found:#?}\n{text}", self.name)
        });
        Ok(Translated { book, text, policy, needs })
    }
}

impl Translated {
    /// What it took to say it.
    pub(crate) fn means(&self) -> &'static str {
        match (self.book.levels(), self.book.tells_past(), !self.book.streaks.is_empty()) {
            (0, false, false) => "without memory",
            (_, _, true) => "with marks, for a `since` that anybody's event ends",
            (_, true, false) => "with events told after the decision, for `previous`",
            (1, false, false) => "by windows over the events",
            (_, false, false) => "with events told more than once, for questions within questions",
        }
    }

    /// The verdicts of a trace, in Dogwood's form.
    pub(crate) fn play(&self, trace: &CorpusTrace) -> Result<Vec<String>, Reason> {
        let events = parse_trace(&trace.trace_log).map_err(|_| Reason::Refused)?;
        self.sums_fit(&events)?;
        let mut player = Player::new(&self.book, &self.policy);
        let mut verdicts = Vec::new();
        for (at, event) in events.iter().enumerate() {
            let verdict = player.play(event)?;
            if let Some(verdict) = verdict {
                self.is_whole(event)?;
                verdicts.push(format!("@{} (time point {at}): {verdict}", event.timestamp()));
            }
        }
        player.check_replay();
        Ok(verdicts)
    }

    /// Whether everything that is summed up stays within 64 bits, however much of it a window holds.
    fn sums_fit(&self, events: &[Event]) -> Result<(), Reason> {
        for field in &self.book.sums {
            let amounts = events.iter().filter_map(|event| field.read(event)?.as_int());
            let most: u128 = amounts.map(|amount| u128::from(amount.unsigned_abs())).sum();
            if most > i64::MAX.unsigned_abs().into() {
                return Err(Reason::TooBig);
            }
        }
        Ok(())
    }

    /// Whether a request has what its decision needs; Cedar skips a policy that reads what is not there.
    fn is_whole(&self, event: &Event) -> Result<(), Reason> {
        if event.principal().is_none() || event.resource().is_none() {
            return Err(Reason::NoScope);
        }
        let kind = self.book.event(event.namespace(), event.action(), event.kind());
        let needs = kind.and_then(|kind| self.needs.get(&kind));
        if needs.into_iter().flatten().any(|source| source.read(event).is_none()) {
            return Err(Reason::MissingField);
        }
        Ok(())
    }
}

/// The kinds of events that the schema declares, each with a name of its own.
fn kinds(set: &LoweredPolicySet) -> Vec<EventKind> {
    let mut kinds: Vec<EventKind> = Vec::new();
    for signature in set.event_signatures() {
        let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut name: String = format!("{}_{}", signature.action(), signature.kind()).chars().map(clean).collect();
        if kinds.iter().any(|kind| kind.name == name) {
            name = format!("{name}_{}", kinds.len());
        }
        kinds.push(EventKind {
            namespace: signature.namespace().to_vec(),
            action: signature.action().to_owned(),
            kind: signature.kind().to_owned(),
            decides: signature.is_decision(),
            name,
        });
    }
    kinds
}

/// What the event schema pins: an event and a request know of each other only where these are equal.
fn parts(set: &LoweredPolicySet) -> Vec<(Source, Source)> {
    let parts = set.partition_keys().iter().map(|key| {
        let asked = match key.root {
            EventPinRoot::Scope => Source::Scope(key.context_path.clone()),
            EventPinRoot::Context => Source::Context(key.context_path.clone()),
        };
        (Source::Event(key.field_path.clone()), asked)
    });
    parts.collect()
}
