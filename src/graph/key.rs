//! When two expressions are one: a number for each distinct meaning, places in the text left out.
//!
//! Two expressions have one key exactly where they have the same form over the same names and constants.
//! Graph and plan share nodes by it.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::check::typed::{TExpr, TExprKind};
use crate::value::Value;

/// A distinct expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u32);

/// A distinct expression, the same in every run and for every list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The fingerprint of an expression.
#[must_use]
pub fn fingerprint(expr: &TExpr) -> Fingerprint {
    let mut text = String::new();
    spell(expr, &mut text);
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    Fingerprint(u128::from_le_bytes(first))
}

/// Keys given so far. Expressions are remembered by their address too, so a condition that applies to many
/// actions is spelt once.
#[derive(Default)]
pub struct Keys<'p> {
    texts: HashMap<String, Key>,
    places: HashMap<usize, Key>,
    borrowed: std::marker::PhantomData<&'p TExpr>,
}

impl<'p> Keys<'p> {
    /// The key of an expression of the policy.
    pub fn of(&mut self, expr: &'p TExpr) -> Key {
        // INVARIANT: the policy outlives the keys (`'p`), so an address stays one expression.
        let place = std::ptr::from_ref(expr).addr();
        if let Some(key) = self.places.get(&place) {
            return *key;
        }
        let mut text = String::new();
        spell(expr, &mut text);
        let key = self.of_text(text);
        self.places.insert(place, key);
        key
    }

    /// The key of an expression that does not stand in the policy, such as one that was rewritten.
    pub fn of_rewritten(&mut self, expr: &TExpr) -> Key {
        let mut text = String::new();
        spell(expr, &mut text);
        self.of_text(text)
    }

    fn of_text(&mut self, text: String) -> Key {
        let next = Key(self.texts.len() as u32);
        *self.texts.entry(text).or_insert(next)
    }
}

/// Writes what makes an expression itself. Names are written with their lengths, so nothing can run together.
fn spell(expr: &TExpr, out: &mut String) {
    // Connectives recurse here alone, so that deep conditions need little stack.
    match &expr.kind {
        TExprKind::Not(of) => spell_all("not", std::slice::from_ref(of), out),
        TExprKind::And(all) => spell_all("and", all, out),
        TExprKind::Or(all) => spell_all("or", all, out),
        TExprKind::Const(_)
        | TExprKind::Field(_)
        | TExprKind::Fact(..)
        | TExprKind::Flag(..)
        | TExprKind::Now
        | TExprKind::ActionName
        | TExprKind::Principal
        | TExprKind::Var(_)
        | TExprKind::Attribute(..)
        | TExprKind::RecordField(..)
        | TExprKind::MapGet(..)
        | TExprKind::Has(_)
        | TExprKind::Coalesce(..)
        | TExprKind::AtLeast(..)
        | TExprKind::Compare(..)
        | TExprKind::Arithmetic(..)
        | TExprKind::ToDecimal(_)
        | TExprKind::In(..)
        | TExprKind::Call(..)
        | TExprKind::Quantified { .. }
        | TExprKind::SetOf(_)
        | TExprKind::ListOf(_)
        | TExprKind::SecretsFound(_)
        | TExprKind::SecretsKinds(_)
        | TExprKind::Warnings(_) => spell_form(expr, out),
    }
}

fn spell_all<E: std::borrow::Borrow<TExpr>>(name: &str, all: &[E], out: &mut String) {
    out.push_str(name);
    out.push('(');
    for part in all {
        spell(part.borrow(), out);
        out.push(',');
    }
    out.push(')');
}

#[inline(never)]
fn spell_form(expr: &TExpr, out: &mut String) {
    use TExprKind as K;
    match &expr.kind {
        K::Const(value) => spell_value(value, out),
        K::Field(name) => named("f", name, out),
        K::Fact(group, place) => open(&format!("k{group:?}{place}"), &[], out),
        K::Flag(id, keys) => {
            let keys: Vec<&TExpr> = keys.iter().collect();
            open(&format!("g{}", id.0), &keys, out);
        }
        K::Now => out.push_str("now"),
        K::ActionName => out.push_str("action"),
        K::Principal => out.push_str("principal"),
        K::Var(id) => open(&format!("v{}", id.0), &[], out),
        K::Attribute(of, place) => open(&format!("attr{place}"), &[of], out),
        K::RecordField(of, place) => open(&format!("member{place}"), &[of], out),
        K::MapGet(of, key) => {
            named("m", key, out);
            open("get", &[of], out);
        }
        K::Has(of) => open("has", &[of], out),
        K::Coalesce(a, b) => open("else", &[a, b], out),
        K::Not(of) => open("not", &[of], out),
        K::And(all) => open("and", &all.iter().collect::<Vec<_>>(), out),
        K::Or(all) => open("or", &all.iter().collect::<Vec<_>>(), out),
        K::AtLeast(n, all) => open(&format!("atleast{n}"), &all.iter().collect::<Vec<_>>(), out),
        K::Compare(how, a, b) => open(&format!("cmp{how:?}"), &[a, b], out),
        K::Arithmetic(how, a, b) => open(&format!("calc{how:?}"), &[a, b], out),
        K::ToDecimal(of) => open("decimal", &[of], out),
        K::In(a, b) => open("in", &[a, b], out),
        K::Call(id, arguments) => open(&format!("call{}", id.0), &arguments.iter().collect::<Vec<_>>(), out),
        K::Quantified { quantifier, variable, over, filter, body } => {
            let mut parts: Vec<&TExpr> = vec![over];
            parts.extend(filter.as_deref());
            parts.push(body);
            open(&format!("{quantifier:?}{}{}", variable.0, filter.is_some()), &parts, out);
        }
        K::SetOf(all) => open("set", &all.iter().collect::<Vec<_>>(), out),
        K::ListOf(all) => open("list", &all.iter().collect::<Vec<_>>(), out),
        K::SecretsFound(of) => open("secrets", &of.iter().map(|e| &**e).collect::<Vec<_>>(), out),
        K::SecretsKinds(of) => open("kinds", &of.iter().map(|e| &**e).collect::<Vec<_>>(), out),
        K::Warnings(n) => open(&format!("warnings{n}"), &[], out),
    }
}

fn open(name: &str, parts: &[&TExpr], out: &mut String) {
    out.push_str(name);
    out.push('(');
    for part in parts {
        spell(part, out);
        out.push(',');
    }
    out.push(')');
}

fn named(prefix: &str, name: &str, out: &mut String) {
    let _ = write!(out, "{prefix}{}:{name}", name.len());
}

/// Writes a constant with its type.
fn spell_value(value: &Value, out: &mut String) {
    match value {
        Value::Bool(b) => out.push_str(if *b { "T" } else { "F" }),
        Value::Int(n) => named("i", &n.to_string(), out),
        Value::Decimal(n) => named("d", &n.to_string(), out),
        Value::Ratio(n) => named("r", &n.to_string(), out),
        Value::Duration(n) => named("D", &n.to_string(), out),
        Value::Timestamp(n) => named("t", &n.to_string(), out),
        Value::Civil(n) => named("C", &n.to_string(), out),
        Value::TimeOfDay(n) => named("o", &n.to_string(), out),
        Value::Enum(id, n) => named("e", &format!("{}.{n}", id.0), out),
        Value::Str(s) => named("s", s, out),
        Value::Host(s) => named("h", s, out),
        Value::Ref(s) => named("b", s, out),
        Value::Url(u) => named("u", u.text(), out),
        Value::Path(p) => named("p", p.text(), out),
        Value::Entity(e) => named(&format!("E{}", e.ty.0), &e.id, out),
        Value::Semver(v) => named("v", &v.to_string(), out),
        Value::Ip(ip) => named("I", &ip.to_string(), out),
        Value::Cidr(net) => named("N", &net.to_string(), out),
        Value::Command(c) => named("c", &c.text, out),
        Value::SimpleCommand(c) => named("x", &c.text, out),
        Value::Record(id, fields) => {
            let _ = write!(out, "R{}(", id.0);
            for field in fields.iter() {
                match field {
                    Ok(Some(value)) => spell_value(value, out),
                    Ok(None) => out.push('-'),
                    Err(fault) => named("!", fault.kind.code(), out),
                }
                out.push(',');
            }
            out.push(')');
        }
        Value::List(all) => spell_values("L", all, out),
        Value::Set(all) => spell_values("S", all, out),
        Value::Map(entries) => {
            out.push_str("M(");
            for (key, value) in entries.iter() {
                named("", key, out);
                spell_value(value, out);
            }
            out.push(')');
        }
        Value::Range(range) => {
            let _ = write!(out, "range{}(", range.closed);
            spell_value(&range.low, out);
            spell_value(&range.high, out);
            out.push(')');
        }
        Value::Patterns(set) => {
            let _ = write!(out, "{:?}(", set.kind);
            for source in &set.sources {
                named("", source, out);
            }
            out.push(')');
        }
        Value::Unknown(fault) => named("?", fault.kind.code(), out),
    }
}

fn spell_values(prefix: &str, all: &[Value], out: &mut String) {
    out.push_str(prefix);
    out.push('(');
    for value in all {
        spell_value(value, out);
        out.push(',');
    }
    out.push(')');
}
