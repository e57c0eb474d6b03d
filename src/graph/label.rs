//! Expressions as an author would read them, for pictures, plans and coverage.

use std::fmt::Write as _;

use crate::builtin::{self, Form};
use crate::check::typed::{Arithmetic, Comparison, FactGroup, TExpr, TExprKind, TypedPolicy};
use crate::types::Type;
use crate::value::Value;

/// Deeper parts are left out: nobody reads them, and the stack is small.
const MAX_DEPTH: u32 = 24;

/// How tightly the outermost operator binds; a looser operand gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Compare,
    Add,
    Multiply,
    Tight,
}

/// An expression as text.
#[must_use]
pub fn expr(policy: &TypedPolicy, expr: &TExpr) -> String {
    let mut printer = Printer { policy, out: String::new(), depth: 0 };
    printer.expr(expr, Binding::Or);
    printer.out
}

/// A constant as text.
#[must_use]
pub fn value(policy: &TypedPolicy, value: &Value) -> String {
    let mut printer = Printer { policy, out: String::new(), depth: 0 };
    printer.value(value);
    printer.out
}

/// A name without its package.
#[must_use]
pub fn short(name: &str) -> &str {
    let stem = name.split('[').next().unwrap_or(name);
    let start = stem.rfind('.').map_or(0, |dot| dot + 1);
    &name[start..]
}

struct Printer<'a> {
    policy: &'a TypedPolicy,
    out: String,
    depth: u32,
}

impl Printer<'_> {
    fn expr(&mut self, expr: &TExpr, around: Binding) {
        if self.depth == MAX_DEPTH {
            self.out.push('…');
            return;
        }
        self.depth += 1;
        self.nested(expr, around);
        self.depth -= 1;
    }

    fn nested(&mut self, expr: &TExpr, around: Binding) {
        let own = binding(&expr.kind);
        if own < around {
            self.out.push('(');
        }
        self.bare(expr, own);
        if own < around {
            self.out.push(')');
        }
    }

    fn bare(&mut self, expr: &TExpr, own: Binding) {
        use TExprKind as K;
        match &expr.kind {
            K::Const(value) => self.value(value),
            K::Field(name) => self.out.push_str(name),
            K::Fact(group, place) => self.fact(*group, *place),
            K::Flag(id, keys) => {
                let name = self.policy.flags.get(id.0 as usize).map_or("?", |f| short(&f.name));
                let _ = write!(self.out, "flag.{name}");
                for key in keys {
                    self.out.push('[');
                    self.expr(key, Binding::Or);
                    self.out.push(']');
                }
            }
            K::Now => self.out.push_str("now"),
            K::ActionName => self.out.push_str("action"),
            K::Principal => self.out.push_str("agent"),
            K::Var(id) => self.variable(id.0),
            K::Attribute(of, place) => self.attribute(of, *place),
            K::RecordField(of, place) => self.record_field(of, *place),
            K::MapGet(of, key) => {
                self.expr(of, Binding::Tight);
                let _ = write!(self.out, "[{key:?}]");
            }
            K::Has(of) => self.prefixed("has ", of),
            K::Not(of) => self.prefixed("not ", of),
            K::Coalesce(a, b) => self.infix(a, " ?? ", b, Binding::Add),
            K::And(all) => self.joined(all, " and ", own, "true"),
            K::Or(all) => self.joined(all, " or ", own, "false"),
            K::AtLeast(n, all) => {
                let _ = write!(self.out, "at least {n} of ");
                self.listed("(", all, ")");
            }
            K::Compare(how, a, b) => self.infix(a, comparison(*how), b, Binding::Add),
            K::Arithmetic(how, a, b) => self.infix(a, arithmetic(*how), b, own),
            K::ToDecimal(of) => self.expr(of, Binding::Tight),
            K::In(a, b) => self.infix(a, " in ", b, Binding::Add),
            K::Call(id, arguments) => self.call(*id, arguments),
            K::Quantified { .. } => self.quantified(&expr.kind),
            K::SetOf(all) => self.listed("{", all, "}"),
            K::ListOf(all) => self.listed("[", all, "]"),
            K::SecretsFound(of) => self.secrets("found", of.as_deref()),
            K::SecretsKinds(of) => self.secrets("kinds", of.as_deref()),
            K::Warnings(n) => {
                let _ = write!(self.out, "warnings >= {n}");
            }
        }
    }

    fn prefixed(&mut self, word: &str, of: &TExpr) {
        self.out.push_str(word);
        self.expr(of, Binding::Compare);
    }

    fn infix(&mut self, a: &TExpr, word: &str, b: &TExpr, around: Binding) {
        self.expr(a, around);
        self.out.push_str(word);
        self.expr(b, around);
    }

    fn joined(&mut self, all: &[TExpr], word: &str, own: Binding, empty: &str) {
        if all.is_empty() {
            self.out.push_str(empty);
        }
        let inner = if own == Binding::Or { Binding::And } else { Binding::Not };
        for (i, part) in all.iter().enumerate() {
            if i > 0 {
                self.out.push_str(word);
            }
            self.expr(part, inner);
        }
    }

    fn listed(&mut self, open: &str, all: &[TExpr], close: &str) {
        self.out.push_str(open);
        for (i, part) in all.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.expr(part, Binding::Or);
        }
        self.out.push_str(close);
    }

    fn fact(&mut self, group: FactGroup, place: u32) {
        let field = self.policy.facts.group(group).get(place as usize).map_or("?", |f| &f.name);
        let _ = match (group, field.rsplit_once('.')) {
            // The reading of an item is known by the item's own name.
            (FactGroup::State, Some((item, part))) => write!(self.out, "{}.{part}", short(item)),
            (_, _) => write!(self.out, "{}.{field}", group.name()),
        };
    }

    fn variable(&mut self, depth: u32) {
        match depth {
            0 => self.out.push('x'),
            1 => self.out.push('y'),
            deeper => {
                let _ = write!(self.out, "x{deeper}");
            }
        }
    }

    fn attribute(&mut self, of: &TExpr, place: u32) {
        self.expr(of, Binding::Tight);
        let name = match of.ty.required() {
            Type::Entity(id) => {
                self.policy.types.entities.get(id.0 as usize).and_then(|e| e.fields.get(place as usize))
            }
            _ => None,
        };
        let _ = write!(self.out, ".{}", name.map_or("?", |f| &f.name));
    }

    fn record_field(&mut self, of: &TExpr, place: u32) {
        self.expr(of, Binding::Tight);
        let name = match of.ty.required() {
            Type::Record(id) => self.policy.types.records.get(id.0 as usize).and_then(|r| r.fields.get(place as usize)),
            _ => None,
        };
        let _ = write!(self.out, ".{}", name.map_or("?", |f| &f.name));
    }

    fn call(&mut self, id: builtin::BuiltinId, arguments: &[TExpr]) {
        let Some(row) = builtin::all().get(id.0 as usize) else {
            self.listed("?(", arguments, ")");
            return;
        };
        match (row.form, arguments) {
            (Form::Property, [of]) => {
                self.expr(of, Binding::Tight);
                let _ = write!(self.out, ".{}", row.name);
            }
            (Form::Relation, [a, b]) => self.infix(a, &format!(" {} ", row.name), b, Binding::Add),
            (Form::Method, [of, rest @ ..]) => {
                self.expr(of, Binding::Tight);
                self.listed(&format!(".{}(", row.name), rest, ")");
            }
            (Form::Property | Form::Relation | Form::Method | Form::Function, all) => {
                self.listed(&format!("{}(", row.name), all, ")");
            }
        }
    }

    fn quantified(&mut self, kind: &TExprKind) {
        let TExprKind::Quantified { quantifier, variable, over, filter, body } = kind else { return };
        let word = format!("{quantifier:?} ").to_lowercase();
        self.out.push_str(&word);
        self.variable(variable.0);
        self.out.push_str(" in ");
        self.expr(over, Binding::Add);
        if let Some(filter) = filter {
            self.out.push_str(" where ");
            self.expr(filter, Binding::Not);
        }
        if !matches!(body.kind, TExprKind::Const(Value::Bool(true))) {
            self.out.push_str(": ");
            self.expr(body, Binding::Not);
        }
    }

    /// `secrets.found`, over the whole request or one value.
    fn secrets(&mut self, member: &str, of: Option<&TExpr>) {
        self.out.push_str("secrets.");
        self.out.push_str(member);
        if let Some(of) = of {
            self.out.push('(');
            self.expr(of, Binding::Or);
            self.out.push(')');
        }
    }

    fn value(&mut self, value: &Value) {
        let text = match value {
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => grouped(*n),
            Value::Decimal(n) => fraction(*n, 6, 2),
            Value::Ratio(n) => fraction(*n, 9, 1),
            Value::Duration(n) => duration(*n),
            Value::Timestamp(n) | Value::Civil(n) => moment(*n),
            Value::TimeOfDay(s) => format!("{:02}:{:02}", s / 3600, s / 60 % 60),
            Value::Enum(id, place) => self
                .policy
                .types
                .enums
                .get(id.0 as usize)
                .and_then(|e| e.variants.get(*place as usize))
                .map_or_else(|| "?".into(), ToString::to_string),
            Value::Str(s) | Value::Host(s) | Value::Ref(s) => format!("{s:?}"),
            Value::Url(u) => format!("{:?}", u.text()),
            Value::Path(p) => format!("{:?}", p.text()),
            Value::Entity(e) => crate::check::typed::show_entity(&self.policy.types, e.ty, &e.id),
            Value::Semver(v) => format!("{:?}", v.to_string()),
            Value::Ip(ip) => format!("{:?}", ip.to_string()),
            Value::Cidr(net) => format!("{:?}", net.to_string()),
            Value::Command(c) => format!("{:?}", c.text),
            Value::SimpleCommand(c) => format!("{:?}", c.text),
            Value::Record(..) => "{…}".into(),
            Value::List(all) => self.values("[", all, "]"),
            Value::Set(all) => self.values("{", all, "}"),
            Value::Map(entries) => {
                let shown: Vec<_> =
                    entries.iter().map(|(k, v)| format!("{k:?}: {}", self::value(self.policy, v))).collect();
                format!("{{{}}}", shown.join(", "))
            }
            Value::Range(r) => {
                format!("{}..{}", self::value(self.policy, &r.low), self::value(self.policy, &r.high))
            }
            Value::Patterns(set) => set.sources.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", "),
            Value::Unknown(_) => "?".into(),
        };
        self.out.push_str(&text);
    }

    fn values(&self, open: &str, all: &[Value], close: &str) -> String {
        let shown: Vec<_> = all.iter().map(|v| self::value(self.policy, v)).collect();
        format!("{open}{}{close}", shown.join(", "))
    }
}

fn binding(kind: &TExprKind) -> Binding {
    use TExprKind as K;
    match kind {
        K::Or(all) if all.len() > 1 => Binding::Or,
        K::And(all) if all.len() > 1 => Binding::And,
        K::Quantified { .. } => Binding::Or,
        K::Not(_) | K::Has(_) => Binding::Not,
        K::Compare(..) | K::In(..) | K::Coalesce(..) | K::Warnings(_) => Binding::Compare,
        K::Call(id, arguments) => match builtin::all().get(id.0 as usize).map(|row| row.form) {
            Some(Form::Relation) if arguments.len() == 2 => Binding::Compare,
            Some(Form::Relation | Form::Property | Form::Method | Form::Function) | None => Binding::Tight,
        },
        K::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => Binding::Add,
        K::Arithmetic(Arithmetic::Multiply, ..) => Binding::Multiply,
        K::Or(_)
        | K::And(_)
        | K::Const(_)
        | K::Field(_)
        | K::Fact(..)
        | K::Flag(..)
        | K::Now
        | K::ActionName
        | K::Principal
        | K::Var(_)
        | K::Attribute(..)
        | K::RecordField(..)
        | K::MapGet(..)
        | K::AtLeast(..)
        | K::ToDecimal(_)
        | K::SetOf(_)
        | K::ListOf(_)
        | K::SecretsFound(_)
        | K::SecretsKinds(_) => Binding::Tight,
    }
}

fn comparison(how: Comparison) -> &'static str {
    match how {
        Comparison::Equal => " == ",
        Comparison::NotEqual => " != ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

fn arithmetic(how: Arithmetic) -> &'static str {
    match how {
        Arithmetic::Add => " + ",
        Arithmetic::Subtract => " - ",
        Arithmetic::Multiply => " * ",
    }
}

/// `1_000_000`
fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// A fixed-point number with at least `least` places.
fn fraction(n: i64, places: usize, least: usize) -> String {
    let digits = format!("{:0>width$}", n.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let kept = part.trim_end_matches('0').len().max(least);
    format!("{}{whole}.{}", if n < 0 { "-" } else { "" }, &part[..kept])
}

/// `90s`, `5m`, `1h`
fn duration(micros: i64) -> String {
    const UNITS: [(i64, &str); 6] =
        [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms"), (1, "us")];
    let (size, unit) = UNITS.into_iter().find(|(size, _)| micros % size == 0).unwrap_or((1, "us"));
    if micros == 0 { "0s".into() } else { format!("{}{unit}", micros / size) }
}

/// A time of the calendar, without zone.
fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |t| t.to_string())
}
