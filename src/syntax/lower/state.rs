//! Stateful items: the parts that every phase needs are read, the rest of the body stays text.

use super::{Lower, P, Seen};
use crate::source::Span;
use crate::syntax::ast::{ItemKind, State, StateKind};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    pub(super) fn state(&mut self, pair: P<'_>) -> ItemKind {
        let span = self.span(&pair);
        let name = self.first_name(&pair);
        let mut head_end = name.span.end;
        let mut state = State {
            kind: StateKind::Limit,
            name,
            on: None,
            waivable: None,
            otherwise: None,
            warn: None,
            approvable: false,
            because: None,
            code: None,
            instead: None,
            body: span,
        };
        let mut seen = Seen::default();
        let mut body = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::state_word => {
                    let word = part.as_str();
                    state.kind = StateKind::ALL.into_iter().find(|k| k.keyword() == word).unwrap_or(state.kind);
                }
                Rule::patterns => {
                    let on = self.patterns(part);
                    head_end = on.span.end;
                    state.on = Some(on);
                }
                Rule::waivable => {
                    head_end = self.span(&part).end;
                    state.waivable = self.inner_by(part);
                }
                Rule::state_body => {
                    let whole = self.span(&part);
                    body = Some(Span { start: whole.start + 1, end: whole.end.saturating_sub(1), ..whole });
                    for inner in part.into_inner() {
                        self.state_part(&mut state, &mut seen, inner);
                    }
                }
                _ => self.state_part(&mut state, &mut seen, part),
            }
        }
        state.body = body.unwrap_or(Span { start: head_end, ..span });
        ItemKind::State(state)
    }

    fn state_part(&mut self, state: &mut State, seen: &mut Seen, part: P<'_>) {
        let span = self.span(&part);
        match part.as_rule() {
            Rule::because => {
                let text = self.because(part);
                if self.once(seen, "because", span) {
                    state.because = text;
                }
            }
            Rule::code if self.once(seen, "code", span) => {
                state.code = Some(self.first_name(&part));
            }
            Rule::instead if self.once(seen, "instead", span) => {
                state.instead = Some(self.first_path(part));
            }
            Rule::state_otherwise if self.once(seen, "otherwise", span) => {
                state.otherwise = Some(self.first_tier(part));
            }
            Rule::state_warn if self.once(seen, "warn", span) => {
                state.warn = Some(self.first_tier(part));
            }
            Rule::approvable => state.approvable = true,
            _ => {}
        }
    }
}
