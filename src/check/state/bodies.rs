//! What each kind of stateful item keeps.

use super::super::Checker;
use super::super::scope::Reach;
use super::super::typed::TExprKind;
use super::super::typed::state::{
    BudgetDef, CalendarUnit, CooldownDef, GrantDef, LeaseDef, LimitDef, OnceDef, Part, Period, StateBody, StatesDef,
};
use super::{Frame, Parts};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::PackageId;
use crate::source::Span;
use crate::syntax::ast::{self, Literal, Name, Per};
use crate::types::{EnumId, FieldType, Type};

/// The most that a budget tells of: a thousand million with six digits behind the point.
const MOST_AMOUNT: i64 = 1_000_000_000_000_000;

impl Checker<'_> {
    /// The body of an item and what may be read of it.
    pub(super) fn body(&mut self, frame: &mut Frame<'_>, package: PackageId) -> Option<(StateBody, Parts)> {
        let state = frame.state;
        match &state.body {
            ast::StateBody::Limit(Some(most)) => self.limit(frame, most),
            ast::StateBody::Cooldown { rows, across } if !rows.is_empty() => {
                self.cooldown(frame, rows, across.is_some(), package)
            }
            ast::StateBody::Budget { spend: Some(spend), most: Some(most) } => self.budget(frame, spend, most),
            ast::StateBody::Window(Some(last)) => self.window(frame, last),
            ast::StateBody::Once { keep: Some((keep, span)), first } => {
                let keep = self.length(keep, *span)?;
                let body = StateBody::Once(OnceDef { keep, answers_first: first.is_some() });
                Some((body, vec![flag_part(Part::Exceeded)]))
            }
            ast::StateBody::Lease { held: Some((held, span)), released } => {
                let length = self.length(held, *span)?;
                let released_by = match released {
                    Some(on) => Some(self.scope(package, on, Reach::Declared, "lease")?),
                    None => None,
                };
                let parts = [Part::Exceeded, Part::Free, Part::Mine].map(flag_part).to_vec();
                Some((StateBody::Lease(LeaseDef { length, released_by }), parts))
            }
            ast::StateBody::States { from: Some(from), to: Some(to), transitions } if !transitions.is_empty() => {
                self.states(frame, from, to, transitions)
            }
            ast::StateBody::Grant { fields, longest, last, changed_by } => {
                self.grant(frame, fields, longest.as_ref(), last.is_some(), changed_by.as_ref())
            }
            ast::StateBody::Limit(None) => self.incomplete(state, "how many", "at most 3 per 1h"),
            ast::StateBody::Cooldown { .. } => self.incomplete(state, "how long", "60s for each app_name"),
            ast::StateBody::Budget { spend: None, .. } => self.incomplete(state, "what is spent", "spend cost"),
            ast::StateBody::Budget { .. } => self.incomplete(state, "how much", "at most 25.00 per day"),
            ast::StateBody::Window(None) => {
                self.incomplete(state, "what it tells", "last 10 outcomes: failed = count where failure")
            }
            ast::StateBody::Once { .. } => self.incomplete(state, "how long a key is kept", "keep 24h"),
            ast::StateBody::Lease { .. } => self.incomplete(state, "how long it is held", "held 60s"),
            ast::StateBody::States { .. } => {
                self.incomplete(state, "what may follow what", "from open  to status  open -> done")
            }
            ast::StateBody::Trust(_)
            | ast::StateBody::Workflow(_)
            | ast::StateBody::Digest(_)
            | ast::StateBody::Schedule(_)
            | ast::StateBody::Executor(_) => None,
        }
    }

    fn incomplete(&mut self, state: &ast::State, what: &str, example: &str) -> Option<(StateBody, Parts)> {
        let (word, name) = (state.kind.keyword(), &state.head.name);
        self.report(
            Diagnostic::new(
                Code::StateIncomplete,
                name.span,
                format!("The {word} `{}` does not say {what}.", name.text),
            )
            .at("not complete")
            .help(format!("Write for example `{example}`.")),
        );
        None
    }

    fn limit(&mut self, frame: &mut Frame<'_>, most: &ast::Most) -> Option<(StateBody, Parts)> {
        let amount = self.amount(&most.most, most.per.is_some(), &mut frame.env);
        let window = match &most.per {
            Some(per) => Some(self.length(per, most.span)?),
            None => None,
        };
        let warn = self.warn(frame.state)?;
        let most = amount?;
        let upper = if window.is_some() { super::super::typed::state::MOST_STAMPS } else { i64::from(u32::MAX) };
        let mut parts = vec![
            flag_part(Part::Exceeded),
            flag_part(Part::Near),
            part(Part::Count, ranged(Type::Int, 0, upper)),
            part(Part::Remaining, ranged(Type::Int, 0, most.most())),
        ];
        if window.is_some() {
            parts.push(part(Part::RetryAfter, ranged(Type::Duration.optional(), 0, i64::MAX)));
        }
        Some((StateBody::Limit(LimitDef { most, window, warn }), parts))
    }

    /// From how many percent on there is a warning; `None` where a finding says that it cannot be told.
    fn warn(&mut self, state: &ast::State) -> Option<Option<u32>> {
        match &state.warn {
            Some(warn) => self.percent(&warn.at, warn.span).map(Some),
            None => Some(None),
        }
    }

    fn cooldown(
        &mut self,
        frame: &mut Frame<'_>,
        rows: &[(Option<ast::Patterns>, Literal, Span)],
        across: bool,
        package: PackageId,
    ) -> Option<(StateBody, Parts)> {
        let mut spans = Vec::new();
        let plain = rows.iter().filter(|(on, ..)| on.is_none()).count();
        if plain > 1 || (plain == 1 && rows.len() > 1) {
            let (_, _, span) = rows.iter().rfind(|(on, ..)| on.is_none())?;
            self.report(
                Diagnostic::new(Code::StateIncomplete, *span, "A cooldown has one span, or a table of actions.")
                    .at("for which actions?")
                    .help("Name the actions before each span: `restart 60s  scale_up, scale_down 120s`."),
            );
            return None;
        }
        if let Some(warn) = &frame.state.warn {
            self.report(
                Diagnostic::new(Code::BadAmount, warn.span, "A cooldown has no part to warn at.")
                    .at("it holds, or it does not")
                    .help("Remove `warn`."),
            );
        }
        for (on, literal, span) in rows {
            let length = self.length(literal, *span)?;
            let scope = match on {
                Some(on) => self.scope(package, on, Reach::Open, "cooldown")?,
                None => frame.scope.clone(),
            };
            spans.push((scope, length));
        }
        let longest = spans.iter().map(|(_, span)| *span).max().unwrap_or(0);
        let parts = vec![flag_part(Part::Exceeded), part(Part::Remaining, ranged(Type::Duration, 0, longest))];
        Some((StateBody::Cooldown(CooldownDef { spans, across }), parts))
    }

    fn budget(
        &mut self,
        frame: &mut Frame<'_>,
        spend: &ast::Spend,
        most: &ast::BudgetMost,
    ) -> Option<(StateBody, Parts)> {
        let what = self.value(&spend.what, None, &mut frame.env)?;
        if !matches!(what.ty, Type::Int | Type::Decimal) {
            let shown = self.types.show(&what.ty);
            self.report(
                Diagnostic::new(Code::TypeMismatch, spend.what.span, format!("A budget cannot spend a {shown}."))
                    .at("an int or a decimal must stand here"),
            );
            return None;
        }
        if what.range.is_none_or(|(low, _)| low < 0) {
            self.report_negative_spend(spend, &what.ty);
            return None;
        }
        let ty = what.ty.clone();
        let ceiling = match &spend.ceiling {
            Some(ceiling) => Some(self.amount_of(ceiling, &ty, spend.span)?),
            None => None,
        };
        let amount = self.amount_of(&most.most, &ty, most.span)?;
        let period = self.period(&most.per, most.span)?;
        let warn = self.warn(frame.state)?;
        let parts = vec![
            flag_part(Part::Exceeded),
            flag_part(Part::Near),
            part(Part::Used, ranged(ty.clone(), 0, MOST_AMOUNT)),
            part(Part::Remaining, ranged(ty.clone(), 0, amount)),
            part(Part::Debt, ranged(ty.clone(), 0, MOST_AMOUNT)),
        ];
        let decimal = ty == Type::Decimal;
        Some((StateBody::Budget(BudgetDef { spend: what, ceiling, most: amount, decimal, period, warn }), parts))
    }

    fn report_negative_spend(&mut self, spend: &ast::Spend, ty: &Type) {
        let written = self.sources.text(spend.what.span).to_string();
        let range = if *ty == Type::Decimal { "decimal >= 0.00" } else { "int >= 0" };
        self.report(
            Diagnostic::new(Code::NegativeSpend, spend.what.span, format!("`{written}` may be less than zero."))
                .at("not proved to be zero or more")
                .note("Who spends less than nothing gives itself more to spend.")
                .help(format!("Declare what it reads with a range, such as `{range}`.")),
        );
    }

    fn period(&mut self, per: &Per, span: Span) -> Option<Period> {
        let (unit, zone) = match per {
            Per::Length(length) => return self.length(length, span).map(Period::Sliding),
            Per::Calendar(unit, zone) => (unit, zone),
        };
        let unit = match unit.text.as_str() {
            "hour" => CalendarUnit::Hour,
            "day" => CalendarUnit::Day,
            "week" => CalendarUnit::Week,
            _ => CalendarUnit::Month,
        };
        let Some((zone, at)) = zone else { return Some(Period::Calendar(unit, self.settings.zone.as_str().into())) };
        self.known_zone(zone, *at).then(|| Period::Calendar(unit, zone.as_str().into()))
    }

    /// Whether there is a time zone of this name.
    pub(in crate::check) fn known_zone(&mut self, zone: &str, at: Span) -> bool {
        if crate::value::time::zone(zone).is_some() {
            return true;
        }
        let near = nearest(zone, crate::value::time::zone_names().iter().map(String::as_str)).map(str::to_string);
        let finding = Diagnostic::new(Code::UnknownZone, at, format!("There is no time zone {zone:?}."))
            .at("not in the time zone database");
        self.report(match near {
            Some(near) => finding.help(format!("Write {near:?}.")),
            None => finding.help("Write a name such as \"Europe/Warsaw\" or \"UTC\"."),
        });
        false
    }

    fn states(
        &mut self,
        frame: &mut Frame<'_>,
        from: &Name,
        to: &ast::Expr,
        transitions: &[(Name, Vec<Name>)],
    ) -> Option<(StateBody, Parts)> {
        let to = self.value(to, None, &mut frame.env)?;
        let Type::Enum(ty) = to.ty else {
            let shown = self.types.show(&to.ty);
            self.report(
                Diagnostic::new(Code::BadStates, to.span, format!("A {shown} has no states."))
                    .at("an enum must stand here")
                    .help("Declare the states as an enum, and the field with it."),
            );
            return None;
        };
        let start = self.variant(ty, from);
        let mut allowed = Vec::new();
        let mut fine = true;
        for (from, targets) in transitions {
            let from = self.variant(ty, from);
            for target in targets {
                match (from, self.variant(ty, target)) {
                    (Some(from), Some(to)) => allowed.push((from, to)),
                    (None, _) | (_, None) => fine = false,
                }
            }
        }
        allowed.sort_unstable();
        allowed.dedup();
        let start = start.filter(|_| fine)?;
        let parts = vec![flag_part(Part::Exceeded), part(Part::Current, FieldType::plain(Type::Enum(ty)))];
        Some((StateBody::States(StatesDef { ty, start, to, allowed }), parts))
    }

    /// The place of a variant.
    fn variant(&mut self, ty: EnumId, name: &Name) -> Option<u32> {
        match self.type_member(&Type::Enum(ty), name, name.span)?.kind {
            TExprKind::Const(crate::value::Value::Enum(_, place)) => Some(place),
            _ => None,
        }
    }

    fn grant(
        &mut self,
        frame: &mut Frame<'_>,
        fields: &[ast::Field],
        longest: Option<&(Literal, Span)>,
        last: bool,
        changed_by: Option<&ast::By>,
    ) -> Option<(StateBody, Parts)> {
        let file = frame.env.file;
        let fields = self.fields(file, fields, "grant");
        if frame.keys.is_empty() {
            return self.incomplete(frame.state, "for whom it is given", "for each user");
        }
        if let Some(taken) = fields.iter().find(|f| &*f.name == "active") {
            self.report(
                Diagnostic::new(Code::DuplicateField, taken.span, "`active` tells whether there is such a grant.")
                    .at("every grant has it")
                    .help("Choose another name."),
            );
            return None;
        }
        let longest = match longest {
            Some((length, span)) => Some(self.length(length, *span)?),
            None => None,
        };
        let changed_by = match changed_by {
            Some(by) => Some(self.principals(file, by)?),
            None => None,
        };
        let mut parts = vec![flag_part(Part::Active)];
        for (place, field) in fields.iter().enumerate() {
            let ty = FieldType { ty: field.ty.ty.clone().optional(), ..field.ty.clone() };
            parts.push((Part::Field(place as u32), field.name.clone(), ty));
        }
        let key_types = frame.keys.iter().map(|key| key.ty.clone()).collect();
        Some((StateBody::Grant(GrantDef { key_types, fields, longest, again: !last, changed_by }), parts))
    }
}

/// A part that is true or false.
pub(super) fn flag_part(of: Part) -> (Part, std::sync::Arc<str>, FieldType) {
    part(of, FieldType::plain(Type::Bool))
}

/// A part with a name of its own.
pub(super) fn part(of: Part, ty: FieldType) -> (Part, std::sync::Arc<str>, FieldType) {
    (of, of.word().into(), ty)
}

/// A number within ends.
pub(super) fn ranged(ty: Type, low: i64, high: i64) -> FieldType {
    FieldType { range: Some((low, high)), ..FieldType::plain(ty) }
}
