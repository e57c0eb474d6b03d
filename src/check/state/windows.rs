//! `window`: what is told about the last outcomes or requests.

use super::super::Checker;
use super::super::expression::Env;
use super::super::items::all;
use super::super::typed::state::{Kept, MOST_STAMPS, Part, StateBody, WindowDef, WindowValueDef, WindowWhat};
use super::bodies::{part, ranged};
use super::{Frame, Parts, is_key};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Last, Literal, WindowKind, WindowValue};
use crate::types::{FieldType, Type};

impl Checker<'_> {
    pub(super) fn window(&mut self, frame: &mut Frame<'_>, last: &Last) -> Option<(StateBody, Parts)> {
        let kept = match &last.kept {
            Literal::Int(n) if (1..=MOST_STAMPS).contains(n) => Kept::Last(*n as u32),
            Literal::Duration(_) => Kept::Within(self.length(&last.kept, last.span)?),
            _ => {
                self.report(
                    Diagnostic::new(Code::BadAmount, last.span, "A window keeps so many, or those of so long.")
                        .at(format!("a number from 1 to {MOST_STAMPS}, or a duration"))
                        .help("Write `last 10 outcomes` or `last 1h of outcomes`."),
                );
                return None;
            }
        };
        self.distinct(last.values.iter().map(|v| &v.name), "value");
        let mut parts: Parts = vec![part(Part::Size, ranged(Type::Int, 0, MOST_STAMPS))];
        let mut values = Vec::new();
        for (place, value) in last.values.iter().enumerate() {
            if value.name.text == "size" {
                self.report(
                    Diagnostic::new(Code::DuplicateField, value.name.span, "`size` tells how much the window holds.")
                        .at("every window has it")
                        .help("Choose another name."),
                );
                return None;
            }
            let (value, ty) = self.window_value(value, last.outcomes, &mut frame.env)?;
            parts.push((Part::Value(place as u32), value.name.clone(), ty));
            values.push(value);
        }
        Some((StateBody::Window(WindowDef { outcomes: last.outcomes, kept, values }), parts))
    }

    fn window_value(
        &mut self,
        value: &WindowValue,
        outcomes: bool,
        env: &mut Env,
    ) -> Option<(WindowValueDef, FieldType)> {
        if let Some((_, span)) = value.outcome
            && !outcomes
        {
            self.report(
                Diagnostic::new(Code::BadAmount, span, "A request has no outcome yet.")
                    .at("this window is over requests")
                    .help("Write `last … outcomes`, or leave it out."),
            );
            return None;
        }
        let mark = env.mark();
        let mut parts = Vec::new();
        for when in &value.whens {
            let condition = self.condition(when, env)?;
            env.learn_true(&condition);
            parts.push(condition);
        }
        let counted = ranged(Type::Int, 0, MOST_STAMPS);
        let (what, ty) = match &value.what {
            WindowKind::Count => (WindowWhat::Count, counted),
            WindowKind::Run => (WindowWhat::LongestRun, counted),
            WindowKind::Percent => (WindowWhat::Percent, ranged(Type::Int, 0, 100)),
            WindowKind::Equal(of) => {
                let of = self.value(of, None, env)?;
                if !is_key(&of.ty) {
                    let shown = self.types.show(&of.ty);
                    self.report(
                        Diagnostic::new(Code::BadKey, of.span, format!("A {shown} is not kept to be compared."))
                            .at("a value with one text form must stand here"),
                    );
                    return None;
                }
                (WindowWhat::LongestEqual(of), counted)
            }
            WindowKind::Sum(of) => {
                let of = self.value(of, None, env)?;
                if !matches!(of.ty, Type::Int | Type::Decimal) {
                    let shown = self.types.show(&of.ty);
                    self.report(
                        Diagnostic::new(Code::TypeMismatch, of.span, format!("A {shown} cannot be summed up."))
                            .at("an int or a decimal must stand here"),
                    );
                    return None;
                }
                let ty = FieldType::plain(of.ty.clone());
                (WindowWhat::Sum(of), ty)
            }
        };
        env.forget(mark);
        let when = (!parts.is_empty()).then(|| all(parts, value.name.span));
        let outcome = value.outcome.map(|(success, _)| success);
        Some((WindowValueDef { name: value.name.text.as_str().into(), what, outcome, when }, ty))
    }
}
