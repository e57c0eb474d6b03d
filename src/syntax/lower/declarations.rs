//! Packages, names of other packages, actions, fields, types, constants, flags.

use super::{Lower, P, Seen};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    Action, Const, Entity, Enum, Expr, ExprKind, Facts, Field, Fields, Flag, Inclusive, ItemKind, Literal, Name,
    Origin, Path, Patterns, Predicate, RangeExpr, Record, TypeExpr, Use, UseNames,
};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    pub(super) fn package(&mut self, pair: P<'_>) -> ItemKind {
        ItemKind::Package(self.first_path(pair))
    }

    pub(super) fn use_item(&mut self, pair: P<'_>) -> ItemKind {
        let path = self.first_path(pair.clone());
        let mut names = UseNames::Whole(None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::use_all => names = UseNames::All(self.span(&part)),
                Rule::use_as => names = UseNames::Whole(Some(self.first_name(&part))),
                Rule::use_list => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::use_name);
                    names = UseNames::List(each.map(|p| self.use_name(p)).collect());
                }
                _ => {}
            }
        }
        ItemKind::Use(Use { path, names })
    }

    fn use_name(&self, pair: P<'_>) -> (Name, Option<Name>) {
        let first = self.first_name(&pair);
        (first, self.names(pair).into_iter().nth(1))
    }

    pub(super) fn action(&mut self, pair: P<'_>) -> ItemKind {
        let mut action =
            Action { names: Vec::new(), aliases: Vec::new(), fields: Vec::new(), severity: None, braces: false };
        let mut seen = Seen::default();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::action_name => action.names.push(self.path(part)),
                Rule::also => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::action_name);
                    action.aliases.extend(each.map(|p| self.path(p)));
                }
                Rule::open => action.braces = true,
                Rule::severity => {
                    let span = self.span(&part);
                    if self.once(&mut seen, "severity", span) {
                        action.severity = Some(self.first_name(&part));
                    }
                }
                _ => self.field_or_group(&mut action.fields, part),
            }
        }
        ItemKind::Action(action)
    }

    /// A field, or `claimed`/`observed` with one or several.
    fn field_or_group(&mut self, fields: &mut Vec<Field>, part: P<'_>) {
        match part.as_rule() {
            Rule::field => fields.push(self.field(part, Origin::Parameter)),
            Rule::origin => {
                let mut origin = Origin::Observed;
                for inner in part.into_inner() {
                    match inner.as_rule() {
                        Rule::kw_claimed => origin = Origin::Claimed,
                        Rule::field => fields.push(self.field(inner, origin)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn fields_of(&mut self, pair: P<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        for part in pair.into_inner() {
            self.field_or_group(&mut fields, part);
        }
        fields
    }

    pub(super) fn field(&mut self, pair: P<'_>, origin: Origin) -> Field {
        let span = self.span(&pair);
        let docs = self.docs.before(span.start);
        let name = self.first_name(&pair);
        let ty = self.first_type(pair.clone());
        let default = pair.into_inner().find(|p| p.as_rule() == Rule::expr).map(|p| self.expr(p));
        Field { docs, name, ty, default, origin, span }
    }

    pub(super) fn fields_item(&mut self, pair: P<'_>) -> ItemKind {
        let on = self.first_patterns(pair.clone());
        ItemKind::Fields(Fields { on, fields: self.fields_of(pair) })
    }

    pub(super) fn first_patterns(&self, pair: P<'_>) -> Patterns {
        let span = self.span(&pair);
        let found = pair.into_inner().find(|p| p.as_rule() == Rule::patterns);
        found.map_or(Patterns { any_action: false, list: Vec::new(), span }, |p| self.patterns(p))
    }

    pub(super) fn entity(&mut self, pair: P<'_>) -> ItemKind {
        let name = self.first_name(&pair);
        let (mut parents, mut ids) = (Vec::new(), None);
        for part in pair.clone().into_inner() {
            match part.as_rule() {
                Rule::parents => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::path);
                    parents = each.map(|p| self.path(p)).collect();
                }
                Rule::closed_ids => ids = Some(self.names(part)),
                _ => {}
            }
        }
        ItemKind::Entity(Entity { name, parents, ids, fields: self.fields_of(pair) })
    }

    pub(super) fn facts(&mut self, pair: P<'_>) -> ItemKind {
        ItemKind::Facts(Facts { group: self.first_name(&pair), fields: self.fields_of(pair) })
    }

    pub(super) fn enumeration(&mut self, pair: P<'_>) -> ItemKind {
        let ordered = pair.clone().into_inner().any(|p| p.as_rule() == Rule::kw_ordered);
        let mut names = self.names(pair.clone()).into_iter();
        let name = names.next().unwrap_or_else(|| self.first_name(&pair));
        ItemKind::Enum(Enum { name, ordered, variants: names.collect() })
    }

    pub(super) fn record_item(&mut self, pair: P<'_>) -> ItemKind {
        ItemKind::Record(Record { name: self.first_name(&pair), fields: self.fields_of(pair) })
    }

    pub(super) fn constant(&mut self, pair: P<'_>) -> ItemKind {
        let name = self.first_name(&pair);
        let ty = self.maybe_type(pair.clone());
        ItemKind::Const(Const { name, ty, value: self.only_expr(pair) })
    }

    pub(super) fn predicate(&mut self, pair: P<'_>) -> ItemKind {
        let name = self.first_name(&pair);
        let mut parameters = Vec::new();
        for part in pair.clone().into_inner().filter(|p| p.as_rule() == Rule::parameters) {
            for parameter in part.into_inner().filter(|p| p.as_rule() == Rule::parameter) {
                parameters.push((self.first_name(&parameter), self.first_type(parameter)));
            }
        }
        let ty = self.maybe_type(pair.clone());
        ItemKind::Predicate(Predicate { name, parameters, ty, value: self.only_expr(pair) })
    }

    pub(super) fn flag(&mut self, pair: P<'_>) -> ItemKind {
        let name = self.first_name(&pair);
        let ty = self.first_type(pair.clone());
        let mut flag =
            Flag { name, keys: Vec::new(), ty, default: None, strict: None, scoped_by: Vec::new(), changed_by: None };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::keys => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::ty);
                    flag.keys = each.map(|p| self.ty(p)).collect();
                }
                Rule::start => flag.default = Some(self.only_expr(part)),
                Rule::strict => flag.strict = Some(self.only_expr(part)),
                Rule::scoped => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::unit);
                    flag.scoped_by = each.map(|p| self.unit(p)).collect();
                }
                Rule::changed => flag.changed_by = self.inner_by(part),
                _ => {}
            }
        }
        ItemKind::Flag(flag)
    }

    fn maybe_type(&mut self, pair: P<'_>) -> Option<TypeExpr> {
        pair.into_inner().find(|p| p.as_rule() == Rule::ty).map(|p| self.ty(p))
    }

    fn first_type(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        self.maybe_type(pair).unwrap_or(TypeExpr {
            name: Path { parts: Vec::new(), span },
            arguments: Vec::new(),
            bound: None,
            range: None,
            optional: false,
            span,
        })
    }

    fn ty(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        let mut ty = TypeExpr {
            name: Path { parts: Vec::new(), span },
            arguments: Vec::new(),
            bound: None,
            range: None,
            optional: false,
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => ty.name = self.path(part),
                Rule::ty2 | Rule::ty3 | Rule::ty4 => ty.arguments.push(self.ty(part)),
                Rule::bound => ty.bound = Some(self.bound(part)),
                Rule::range => ty.range = Some(self.range(part)),
                Rule::optional => ty.optional = true,
                _ => {}
            }
        }
        ty
    }

    fn bound(&mut self, pair: P<'_>) -> (u64, u64) {
        let span = self.span(&pair);
        let (mut low, mut high) = (0, 0);
        for part in pair.into_inner() {
            let slot = match part.as_rule() {
                Rule::bound_low => &mut low,
                Rule::bound_high => &mut high,
                _ => continue,
            };
            let Some(number) = part.into_inner().next() else { continue };
            match self.number(&number) {
                Literal::Int(n) if n >= 0 => *slot = n.unsigned_abs(),
                _ => {
                    let found = Diagnostic::new(Code::BadNumber, span, "A bound is a whole number, 0 or more.");
                    self.report(found.help("Write `[..100]` or `[1..100]`."));
                }
            }
        }
        (low, high)
    }

    fn range(&mut self, pair: P<'_>) -> RangeExpr {
        let mut range = RangeExpr { low: None, high: None, span: self.span(&pair) };
        let mut sign = None;
        let mut ends = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::range_sign => sign = Some(part.as_str().trim().to_owned()),
                Rule::literal => ends.push(self.literal(part)),
                _ => {}
            }
        }
        let mut ends = ends.into_iter();
        let first = ends.next();
        match sign.as_deref() {
            Some(">=") => range.low = first.map(|l| (l, Inclusive::Yes)),
            Some(">") => range.low = first.map(|l| (l, Inclusive::No)),
            Some("<=") => range.high = first.map(|l| (l, Inclusive::Yes)),
            Some(_) => range.high = first.map(|l| (l, Inclusive::No)),
            None => {
                range.low = first.map(|l| (l, Inclusive::Yes));
                range.high = ends.next().map(|l| (l, Inclusive::Yes));
            }
        }
        range
    }

    /// A literal with its sign.
    pub(super) fn literal(&mut self, pair: P<'_>) -> Literal {
        let span = self.span(&pair);
        let mut negative = false;
        let mut literal = Literal::Int(0);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::minus => negative = true,
                Rule::string => literal = Literal::String(self.string(&part)),
                Rule::number => literal = self.number(&part),
                _ => {}
            }
        }
        if negative { self.negated(literal, span) } else { literal }
    }

    fn negated(&mut self, literal: Literal, span: Span) -> Literal {
        match literal {
            Literal::Int(n) => Literal::Int(-n),
            Literal::Decimal(n) => Literal::Decimal(-n),
            Literal::Percent(n) => Literal::Percent(-n),
            Literal::Duration(n) => Literal::Duration(-n),
            other @ (Literal::Bool(_)
            | Literal::String(_)
            | Literal::Regex(_)
            | Literal::Time(_)
            | Literal::TimeOfDay(_)) => {
                let found = Diagnostic::new(Code::BadNumber, span, "Only a number or a duration can be negative.");
                self.report(found.help("Delete the `-`."));
                other
            }
        }
    }

    /// A name as an expression, for places that hold one.
    pub(super) fn unreadable(span: Span) -> Expr {
        Expr { span, kind: ExprKind::Unreadable }
    }
}
