//! Stateful items.

use super::clauses::empty_head;
use super::{Lower, P, Seen};
use crate::source::Span;
use crate::syntax::ast::{
    BudgetMost, Expr, ExprKind, ItemKind, Last, Literal, Most, Name, Origin, Per, Points, Spend, State, StateBody,
    StateKind, StateOtherwise, Warn, WindowKind, WindowValue,
};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    /// A limit, cooldown, budget, window, once, lease, states or grant item.
    pub(super) fn state(&mut self, pair: P<'_>) -> ItemKind {
        let (kind, body) = empty_body(pair.as_rule());
        let span = self.span(&pair);
        let mut state = self.empty_state(kind, body, span);
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            let Some(part) = self.shared(&mut state.head, &mut seen, part) else { continue };
            let Some(part) = self.state_shared(&mut state, &mut seen, part) else { continue };
            self.state_clause(&mut state, &mut seen, part);
        }
        if let StateBody::Cooldown { rows, .. } = &state.body {
            let own = rows.iter().filter_map(|(on, ..)| on.as_ref());
            if state.head.on.list.is_empty() && !state.head.on.any_action {
                state.head.on.list = own.clone().flat_map(|on| on.list.iter().cloned()).collect();
                state.head.on.any_action = own.clone().any(|on| on.any_action);
                state.head.on.span = own.map(|on| on.span).reduce(Span::to).unwrap_or(state.head.name.span);
            }
        }
        ItemKind::State(Box::new(state))
    }

    pub(super) fn empty_state(&self, kind: StateKind, body: StateBody, span: Span) -> State {
        State {
            kind,
            head: empty_head(span),
            waivable: None,
            otherwise: None,
            warn: None,
            keys: Vec::new(),
            most_keys: None,
            body,
        }
    }

    /// Takes a part that several kinds share; gives back what is not one.
    fn state_shared<'i>(&mut self, state: &mut State, seen: &mut Seen, part: P<'i>) -> Option<P<'i>> {
        let span = self.span(&part);
        match part.as_rule() {
            Rule::waivable => state.waivable = self.inner_by(part),
            Rule::for_each => self.keys(state, seen, part),
            Rule::keep_keys => {
                if self.once(seen, "keep … keys", span) {
                    state.most_keys = self.first_number(part).map(|n| (n, span));
                }
            }
            Rule::state_otherwise => {
                let approvable = part.clone().into_inner().any(|p| p.as_rule() == Rule::approvable);
                let (tier, span) = self.first_tier(part);
                if self.once(seen, "otherwise", span) {
                    state.otherwise = Some(StateOtherwise { tier, span, approvable });
                }
            }
            Rule::state_warn => {
                let (tier, _) = self.first_tier(part.clone());
                let at = self.first_number(part).unwrap_or(Literal::Percent(0));
                if self.once(seen, "warn", span) {
                    state.warn = Some(Warn { tier, at, span });
                }
            }
            _ => return Some(part),
        }
        None
    }

    /// `for each a, b`, wherever it stands.
    fn keys(&mut self, state: &mut State, seen: &mut Seen, part: P<'_>) {
        let span = self.span(&part);
        if self.once(seen, "for each", span) {
            state.keys = part.into_inner().filter(|p| p.as_rule() == Rule::unit).map(|p| self.unit(p)).collect();
        }
    }

    /// The `for each` inside of another clause.
    fn inner_keys(&mut self, state: &mut State, seen: &mut Seen, part: &P<'_>) {
        if let Some(keys) = part.clone().into_inner().find(|p| p.as_rule() == Rule::for_each) {
            self.keys(state, seen, keys);
        }
    }

    fn state_clause(&mut self, state: &mut State, seen: &mut Seen, part: P<'_>) {
        self.inner_keys(state, seen, &part);
        let span = self.span(&part);
        match (&mut state.body, part.as_rule()) {
            (StateBody::Limit(most), Rule::most) if self.once(seen, "at most", span) => *most = Some(self.most(part)),
            (StateBody::Cooldown { rows, across }, rule) => match rule {
                Rule::cooldown_span => {
                    let inner = part.clone().into_inner().find(|p| p.as_rule() == Rule::across);
                    if let Some(inner) = inner {
                        *across = Some(self.span(&inner));
                    }
                    if let Some(span_of) = self.first_number(part) {
                        rows.push((None, span_of, span));
                    }
                }
                Rule::cooldown_row => {
                    let on = self.patterns(part.clone());
                    if let Some(span_of) = self.first_number(part) {
                        rows.push((Some(on), span_of, span));
                    }
                }
                Rule::across => *across = Some(span),
                _ => {}
            },
            (StateBody::Budget { spend, .. }, Rule::spend) if self.once(seen, "spend", span) => {
                *spend = Some(self.spend(part));
            }
            (StateBody::Budget { most, .. }, Rule::budget_most) if self.once(seen, "at most", span) => {
                *most = self.budget_most(part);
            }
            (StateBody::Window(last), Rule::window_last) if self.once(seen, "last", span) => *last = self.last(part),
            (StateBody::Once { keep, .. }, Rule::once_keep) if self.once(seen, "keep", span) => {
                *keep = self.first_number(part).map(|n| (n, span));
            }
            (StateBody::Once { first, .. }, Rule::once_first) if self.once(seen, "otherwise", span) => {
                *first = Some(span);
            }
            (StateBody::Lease { held, .. }, Rule::lease_held) if self.once(seen, "held", span) => {
                *held = self.first_number(part).map(|n| (n, span));
            }
            (StateBody::Lease { released, .. }, Rule::lease_released) if self.once(seen, "released by", span) => {
                *released = Some(self.first_patterns(part));
            }
            (StateBody::States { .. }, _) => self.states_clause(&mut state.body, seen, part),
            (StateBody::Grant { .. }, _) => self.grant_clause(&mut state.body, seen, part),
            // What was written twice, and signs.
            _ => {}
        }
    }

    fn most(&mut self, pair: P<'_>) -> Most {
        let span = self.span(&pair);
        let mut most = Expr { span, kind: ExprKind::Unreadable };
        let mut per = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::unit => most = self.unit(part),
                Rule::number => per = Some(self.number(&part)),
                _ => {}
            }
        }
        Most { most, per, span }
    }

    fn spend(&mut self, pair: P<'_>) -> Spend {
        let span = self.span(&pair);
        let what = self.only_expr(pair.clone());
        let believing = pair.clone().into_inner().any(|p| p.as_rule() == Rule::spend_believing);
        let ceiling = pair.into_inner().find(|p| p.as_rule() == Rule::ceiling).and_then(|p| self.first_number(p));
        Spend { believing, what, ceiling, span }
    }

    fn budget_most(&mut self, pair: P<'_>) -> Option<BudgetMost> {
        let span = self.span(&pair);
        let mut numbers = Vec::new();
        let mut calendar = None;
        let mut zone = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::number => numbers.push(self.number(&part)),
                Rule::calendar => calendar = Some(Name { text: part.as_str().trim().into(), span: self.span(&part) }),
                Rule::string => zone = Some((self.string(&part), self.span(&part))),
                _ => {}
            }
        }
        let mut numbers = numbers.into_iter();
        let most = numbers.next()?;
        let per = match calendar {
            Some(unit) => Per::Calendar(unit, zone),
            None => Per::Length(numbers.next()?),
        };
        Some(BudgetMost { most, per, span })
    }

    fn last(&mut self, pair: P<'_>) -> Option<Last> {
        let span = self.span(&pair);
        let kept = self.first_number(pair.clone())?;
        let outcomes = pair.clone().into_inner().any(|p| p.as_rule() == Rule::kw_outcomes);
        let values = pair.into_inner().filter(|p| p.as_rule() == Rule::window_value);
        let values = values.map(|p| self.window_value(p)).collect();
        Some(Last { kept, outcomes, values, span })
    }

    fn window_value(&mut self, pair: P<'_>) -> WindowValue {
        let name = self.first_name(&pair);
        let mut value = WindowValue { name, what: WindowKind::Count, outcome: None, whens: Vec::new() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::window_percent => value.what = WindowKind::Percent,
                Rule::window_run => value.what = WindowKind::Run,
                Rule::window_equal => value.what = WindowKind::Equal(self.only_expr(part)),
                Rule::window_sum => value.what = WindowKind::Sum(self.only_expr(part)),
                Rule::window_where => {
                    let condition = self.only_expr(part);
                    let parts = match condition.kind {
                        ExprKind::And(parts) => parts,
                        kind => vec![Expr { kind, ..condition }],
                    };
                    for part in parts {
                        match &part.kind {
                            ExprKind::Name(word) if word == "success" => value.outcome = Some((true, part.span)),
                            ExprKind::Name(word) if word == "failure" => value.outcome = Some((false, part.span)),
                            _ => value.whens.push(part),
                        }
                    }
                }
                _ => {}
            }
        }
        value
    }

    fn states_clause(&mut self, body: &mut StateBody, seen: &mut Seen, part: P<'_>) {
        let StateBody::States { from, to, transitions } = body else { return };
        let span = self.span(&part);
        match part.as_rule() {
            Rule::states_from if self.once(seen, "from", span) => *from = Some(self.first_name(&part)),
            Rule::states_to if self.once(seen, "to", span) => *to = Some(self.only_expr(part)),
            Rule::transition => {
                let mut names = self.names(part).into_iter();
                if let Some(first) = names.next() {
                    transitions.push((first, names.collect()));
                }
            }
            _ => {}
        }
    }

    fn grant_clause(&mut self, body: &mut StateBody, seen: &mut Seen, part: P<'_>) {
        let StateBody::Grant { fields, longest, last, changed_by } = body else { return };
        let span = self.span(&part);
        match part.as_rule() {
            Rule::grant_holds if self.once(seen, "holds", span) => {
                *fields = part
                    .into_inner()
                    .filter(|p| p.as_rule() == Rule::field)
                    .map(|p| self.field(p, Origin::Parameter))
                    .collect();
            }
            Rule::grant_longest if self.once(seen, "at most", span) => {
                *longest = self.first_number(part).map(|n| (n, span));
            }
            Rule::grant_final if self.once(seen, "revocation", span) => *last = Some(span),
            Rule::changed if self.once(seen, "changed by", span) => *changed_by = self.inner_by(part),
            _ => {}
        }
    }

    /// `+0.5`, `-20`, `2`
    pub(super) fn points(&mut self, pair: P<'_>) -> Points {
        let span = self.span(&pair);
        let negative = pair.as_str().starts_with('-');
        let points = self.first_number(pair).unwrap_or(Literal::Int(0));
        Points { negative, points, span }
    }
}

/// The kind that a production is of, and its body before any clause.
fn empty_body(rule: Rule) -> (StateKind, StateBody) {
    match rule {
        Rule::limit_item => (StateKind::Limit, StateBody::Limit(None)),
        Rule::cooldown_item => (StateKind::Cooldown, StateBody::Cooldown { rows: Vec::new(), across: None }),
        Rule::budget_item => (StateKind::Budget, StateBody::Budget { spend: None, most: None }),
        Rule::window_item => (StateKind::Window, StateBody::Window(None)),
        Rule::once_item => (StateKind::Once, StateBody::Once { keep: None, first: None }),
        Rule::lease_item => (StateKind::Lease, StateBody::Lease { held: None, released: None }),
        Rule::states_item => (StateKind::States, StateBody::States { from: None, to: None, transitions: Vec::new() }),
        // The caller has looked.
        _ => (StateKind::Grant, StateBody::Grant { fields: Vec::new(), longest: None, last: None, changed_by: None }),
    }
}
