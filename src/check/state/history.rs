//! `seen(…)` and `count(…)`: questions about history, each a reading without a name.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::expression::{Env, typed};
use super::super::scope::Reach;
use super::super::typed::state::{
    DEFAULT_KEYS, HistoryOf, MOST_STAMPS, Part, Reading, RelativePlace, SeenDef, SeenEvent, StateBody, StateItem,
};
use super::super::typed::{Duty, TypedText, TypedTextPart};
use super::super::typed::{FactGroup, Item, ItemBody, Scope, TExpr, TExprKind, TypedAssert};
use super::super::{Checker, canonical};
use super::bodies::ranged;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Event, History};
use crate::types::{FieldDef, FieldType, Origin, Type};
use crate::value::Value;

impl Checker<'_> {
    /// A question about history as a reading. Equal questions are one.
    pub(in crate::check) fn history(&mut self, span: Span, asked: &History, env: &mut Env) -> Option<TExpr> {
        if env.actions.is_none() {
            self.not_constant(span);
            return None;
        }
        if let Some(what) = env.stateless {
            self.report_reads_state(what, span);
            return None;
        }
        let of = self.history_of(span, asked);
        let within = match &asked.within {
            Some((length, at)) => Some(self.length(length, *at)?),
            None => None,
        };
        let event = self.event(&asked.event, env);
        let relative = match &asked.relative {
            Some((since, other)) => {
                let place = if *since { RelativePlace::Since } else { RelativePlace::Before };
                Some((place, self.event(other, env)?))
            }
            None => None,
        };
        let (of, key) = of?;
        let seen = SeenDef { counts: asked.counts, event: event?, within, relative, of };
        let place = self.interned(seen, key, span);
        Some(self.state_fact(place, span))
    }

    /// Whose history, and the fact that it is kept by.
    fn history_of(&mut self, span: Span, asked: &History) -> Option<(HistoryOf, TExpr)> {
        let Some((session, at)) = asked.of else {
            let word = if asked.counts { "count" } else { "seen" };
            self.report(
                Diagnostic::new(Code::HistoryUnbound, span, "Whose history is asked for?")
                    .at("of this session, or of this agent")
                    .note("What is kept must belong to somebody, so that it ends with it.")
                    .help(format!("Write `{word}(…) in session` or `{word}(…) by agent`.")),
            );
            return None;
        };
        if !session {
            return Some((HistoryOf::Agent, typed(TExprKind::Fact(FactGroup::Agent, 0), Type::String, at)));
        }
        let place = self.facts.session.iter().position(|f| &*f.name == "id" && f.ty.ty == Type::String);
        let Some(place) = place else {
            self.report(
                Diagnostic::new(Code::HistoryUnbound, at, "The host does not say which session this is.")
                    .at("`session.id` is not declared")
                    .help("Declare it: `facts session { id: string }`."),
            );
            return None;
        };
        Some((HistoryOf::Session, typed(TExprKind::Fact(FactGroup::Session, place as u32), Type::String, at)))
    }

    /// An event of history: its condition is typed over the fields of its own actions.
    fn event(&mut self, event: &Event, outer: &mut Env) -> Option<SeenEvent> {
        let package = self.set.package_of(outer.file);
        let scope = self.scope(package, &event.on, Reach::Open, "question")?;
        let mut env = Env::of_scope(outer.file, &scope);
        env.stateless = Some("a question about history");
        let when = match &event.when {
            Some(when) => Some(self.condition(when, &mut env)?),
            None => None,
        };
        for (claim, span) in env.reads.claims {
            outer.reads.claims.entry(claim).or_insert(span);
        }
        Some(SeenEvent { scope, when, succeeded: event.succeeded })
    }

    /// The place of the reading that answers; a new one behind all others where nobody has asked it yet.
    fn interned(&mut self, seen: SeenDef, key: TExpr, span: Span) -> u32 {
        let name = self.name_of(&seen);
        self.state.asked += 1;
        let known = self.state.asked_before.get(&name).copied();
        if let Some(known) = known.and_then(|at| self.state.histories.get_mut(at)) {
            known.span = known.span.min(span);
            return known.readings[0].place;
        }
        let place = self.facts.state.len() as u32;
        let ty = if seen.counts { ranged(Type::Int, 0, MOST_STAMPS) } else { FieldType::plain(Type::Bool) };
        self.facts.state.push(FieldDef {
            name: format!("{name}.{}", Part::Seen.word()).into(),
            ty,
            origin: Origin::Observed,
            default: Some(if seen.counts { Value::Int(0) } else { Value::Bool(false) }),
            doc: String::new(),
            span,
        });
        self.state.asked_before.insert(name.clone(), self.state.histories.len());
        self.state.histories.push(StateItem {
            name,
            package: "".into(),
            scope: seen.event.scope.clone(),
            when: None,
            keys: vec![key],
            most_keys: DEFAULT_KEYS,
            host_keyed: true,
            body: StateBody::Seen(seen),
            readings: vec![Reading { part: Part::Seen, place }],
            doc: String::new(),
            span,
        });
        place
    }

    /// What is asked, as a text that says all of it and nothing else.
    fn name_of(&self, seen: &SeenDef) -> Arc<str> {
        let mut out = String::from(if seen.counts { "~count(" } else { "~seen(" });
        self.event_text(&seen.event, &mut out);
        out.push_str(match seen.of {
            HistoryOf::Session => ") in session",
            HistoryOf::Agent => ") by agent",
        });
        if let Some(within) = seen.within {
            let _ = write!(out, " within {within}us");
        }
        if let Some((place, event)) = &seen.relative {
            out.push_str(match place {
                RelativePlace::Since => " since(",
                RelativePlace::Before => " before(",
            });
            self.event_text(event, &mut out);
            out.push(')');
        }
        out.into()
    }

    fn event_text(&self, event: &SeenEvent, out: &mut String) {
        out.push_str(&self.scope_text(&event.scope));
        if let Some(when) = &event.when {
            let _ = write!(out, " where {}", canonical::text(when));
        }
        if event.succeeded {
            out.push_str(" succeeded");
        }
    }

    fn scope_text(&self, scope: &Scope) -> String {
        let mut names: Vec<String> =
            scope.actions.iter().map(|a| self.actions[a.0 as usize].name.to_string()).collect();
        if let Some(others) = &scope.undeclared {
            names.extend(others.any.then(|| "any action".to_owned()));
            names.extend(
                others.parts.iter().map(
                    |(except, part)| {
                        if *except { format!("except {part}") } else { format!("undeclared {part}") }
                    },
                ),
            );
        }
        names.join(", ")
    }

    /// Puts the readings of history into the order of their names, whatever the order of files and items was.
    pub(super) fn sort_histories(&mut self, items: &mut [Item], asserts: &mut [TypedAssert]) {
        let first = self.facts.state.len() - self.state.histories.len();
        if self.state.histories.is_sorted_by(|a, b| a.name < b.name) {
            return;
        }
        self.state.histories.sort_by(|a, b| a.name.cmp(&b.name));
        let places = self.state.histories.iter().enumerate().map(|(at, item)| (item.name.clone(), at));
        self.state.asked_before = places.collect();
        let mut moved = vec![0; self.state.histories.len()];
        for (place, item) in self.state.histories.iter_mut().enumerate() {
            let now = (first + place) as u32;
            let before = std::mem::replace(&mut item.readings[0].place, now);
            moved[before as usize - first] = now;
        }
        self.facts.state[first..].sort_by(|a, b| a.name.cmp(&b.name));
        let mut fix = |e: &mut TExpr| {
            if let TExprKind::Fact(FactGroup::State, place) = &mut e.kind
                && let Some(now) = (*place as usize).checked_sub(first).and_then(|at| moved.get(at))
            {
                *place = *now;
            }
        };
        items.iter_mut().for_each(|item| each_expr(item, &mut fix));
        asserts.iter_mut().for_each(|assert| assert.when.change(&mut fix));
        for declared in self.state.declared.values_mut() {
            declared.item.when.iter_mut().for_each(|when| when.change(&mut fix));
        }
    }
}

/// Changes every expression of an item.
fn each_expr(item: &mut Item, change: &mut impl FnMut(&mut TExpr)) {
    fn text(text: &mut TypedText, change: &mut impl FnMut(&mut TExpr)) {
        for part in &mut text.parts {
            if let TypedTextPart::Hole(hole) = part {
                hole.change(change);
            }
        }
    }
    match &mut item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            for branch in branches {
                branch.when.change(change);
                branch.because.iter_mut().for_each(|because| text(because, change));
            }
        }
        ItemBody::Exception { when, because, .. } => {
            when.change(change);
            text(because, change);
        }
        ItemBody::Relax { when, .. } | ItemBody::Approval { when, .. } => when.change(change),
    }
    for duty in &mut item.obligations {
        if let Duty::Run { arguments, .. } = duty {
            arguments.iter_mut().for_each(|(_, argument)| argument.change(change));
        }
    }
}
