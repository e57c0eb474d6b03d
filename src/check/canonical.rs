//! The canonical form: what a policy means, as text that does not depend on files, order, comments or aliases.
//!
//! The hash over it is the identity of a policy. The same texts tell the checker that two expressions are one.

use std::fmt::Write as _;
use std::sync::Arc;

use super::said::Said;
use super::typed::{
    Branch, Duty, FlagDef, Item, ItemBody, Principals, Scope, TExpr, TExprKind, TypedPolicy, TypedText, TypedTextPart,
};
use crate::decision::PolicyHash;
use crate::hir::PolicySet;
use crate::syntax::ast;
use crate::types::{FieldDef, FieldType, Type};
use crate::value::Value;

/// Version of the canonical form and of the builtin tables it stands for; a change of meaning changes it.
pub(crate) const FORM: &str = "aas-canonical-1";

/// The identity of a policy. Beside what decides it covers what people and the governor read: the texts of
/// all items, and whatever stateful and runtime items say.
pub(super) fn hash(declared: &str, state: &str, said: &[Arc<Said>], set: &PolicySet) -> PolicyHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(declared.as_bytes());
    hasher.update(state.as_bytes());
    for item in said {
        hasher.update(item.text.as_bytes());
    }
    for line in docs(set) {
        hasher.update(line.as_bytes());
    }
    PolicyHash(*hasher.finalize().as_bytes())
}

/// `///` texts of items that do not decide by themselves.
fn docs(set: &PolicySet) -> Vec<String> {
    let mut out = Vec::new();
    for id in set.def_ids() {
        let item = set.item(id);
        if !item.docs.is_empty() && !set.def(id).kind.decides() {
            out.push(format!("doc {} {:?}\n", set.qualified(id), item.docs));
        }
    }
    for (f, file) in set.files.iter().enumerate() {
        for item in file.items.iter().filter(|item| !item.docs.is_empty()) {
            if matches!(item.kind, ast::ItemKind::Facts(_) | ast::ItemKind::Fields(_)) {
                out.push(format!("doc {} {:?}\n", set.package(set.package_of(f)).name, item.docs));
            }
        }
    }
    out.sort();
    out
}

/// The canonical form of a policy as far as decisions go: what a governor keeps is left out.
#[must_use]
pub(crate) fn policy_text(policy: &TypedPolicy) -> String {
    let mut out = declared_text(policy);
    let _ = writeln!(out, "state{}", sorted_fields(&policy.facts.state));
    for item in &policy.items {
        item_text(item, &mut out);
    }
    out
}

/// The canonical form of all that is declared: everything but the items.
pub(super) fn declared_text(policy: &TypedPolicy) -> String {
    let mut out = String::new();
    let s = &policy.settings;
    let _ = writeln!(
        out,
        "{FORM}\nedition {}\ndefault {}\nzone {}\ncase {}",
        s.edition, s.default_tier, s.zone, s.case_sensitive_paths
    );
    let _ = writeln!(out, "secrets {}", crate::value::secrets::families().len());
    for def in &policy.types.enums {
        let _ = writeln!(out, "enum {} {} {}", def.name, def.ordered, def.variants.join(" "));
    }
    for def in &policy.types.records {
        let _ = writeln!(out, "record {}{}", def.name, fields(&def.fields));
    }
    for def in &policy.types.entities {
        let _ = writeln!(out, "entity {} in {:?} ids {:?}{}", def.name, def.parents, def.ids, fields(&def.fields));
    }
    let _ = writeln!(out, "agent{}", sorted_fields(&policy.facts.agent));
    let _ = writeln!(out, "session{}", sorted_fields(&policy.facts.session));
    let _ = writeln!(out, "env{}", sorted_fields(&policy.facts.env));
    for flag in &policy.flags {
        flag_line(flag, &mut out);
    }
    for action in &policy.actions {
        let _ = writeln!(out, "action {} {} {:?}{}", action.name, action.severity, action.doc, fields(&action.fields));
    }
    let _ = writeln!(out, "undeclared{}", fields(&policy.undeclared.fields));
    for (alias, action) in &policy.aliases {
        let _ = writeln!(out, "alias {alias} {}", action.0);
    }
    out
}

fn flag_line(flag: &FlagDef, out: &mut String) {
    let default = flag.default.as_ref().map(value);
    let _ = writeln!(
        out,
        "flag {} {:?} {} {default:?} {}",
        flag.name,
        flag.keys,
        field_type(&flag.ty),
        value(&flag.strict)
    );
}

fn sorted_fields(list: &[FieldDef]) -> String {
    let mut list = list.to_vec();
    list.sort_by(|a, b| a.name.cmp(&b.name));
    fields(&list)
}

pub(super) fn fields(list: &[FieldDef]) -> String {
    let mut out = String::new();
    for field in list {
        let default = field.default.as_ref().map(value);
        let _ =
            write!(out, "\n  {} {:?} {} {default:?} {:?}", field.name, field.origin, field_type(&field.ty), field.doc);
    }
    out
}

fn field_type(ty: &FieldType) -> String {
    let element = ty.element.as_ref().map(|e| field_type(e)).unwrap_or_default();
    format!("{:?} {:?} {:?} [{element}]", ty.ty, ty.range, ty.length)
}

/// The canonical form of an item.
pub(super) fn item_text(item: &Item, out: &mut String) {
    let _ = writeln!(out, "{} {} code {} doc {:?}", item.kind.keyword(), item.name, item.code, item.doc);
    let _ = writeln!(out, "  on {} believing {:?}", scope(&item.scope), item.believing);
    match &item.body {
        ItemBody::Rule { branches: list, relaxable } => {
            let _ = writeln!(out, "  relaxable {relaxable}");
            branches(list, out);
        }
        ItemBody::Floor { branches: list, if_unclear, reads_warnings, approvable } => {
            let _ = writeln!(out, "  unclear {if_unclear:?} warnings {reads_warnings} approvable {approvable}");
            branches(list, out);
        }
        ItemBody::Relax { when, from, to, of } => {
            let _ = writeln!(out, "  {from} to {to} of {of:?} when {}", text(when));
        }
        ItemBody::Exception { when, to, because } => {
            let _ = writeln!(out, "  to {to:?} because {} when {}", text_text(because), text(when));
        }
        ItemBody::Approval { when, people, quorum, within, own, ask, fallback } => {
            let _ = writeln!(
                out,
                "  by {} quorum {quorum} within {within} own {own} ask {ask:?} fallback {fallback} when {}",
                principals(people),
                text(when)
            );
        }
    }
    for duty in &item.obligations {
        let _ = match duty {
            Duty::Notify(channel) => writeln!(out, "  notify {channel}"),
            Duty::Redact(field) => writeln!(out, "  redact {field}"),
            Duty::Instead(action) => writeln!(out, "  instead {}", action.0),
            Duty::Run { workflow, arguments } => {
                let arguments: Vec<String> = arguments.iter().map(|(n, e)| format!("{n}={}", text(e))).collect();
                writeln!(out, "  run {workflow} {}", arguments.join(" "))
            }
        };
    }
}

pub(super) fn scope(scope: &Scope) -> String {
    let actions: Vec<String> = scope.actions.iter().map(|a| a.0.to_string()).collect();
    format!("{} and {:?}", actions.join(" "), scope.undeclared)
}

fn branches(list: &[Branch], out: &mut String) {
    for branch in list {
        let because = branch.because.as_ref().map(text_text);
        let _ =
            writeln!(out, "  {} code {:?} because {because:?} when {}", branch.tier, branch.code, text(&branch.when));
    }
}

fn text_text(text_: &TypedText) -> String {
    let parts = text_.parts.iter().map(|part| match part {
        TypedTextPart::Plain(plain) => format!("{plain:?}"),
        TypedTextPart::Hole(hole) => text(hole),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Whom `by` means, as text.
#[must_use]
pub(crate) fn principals(who: &Principals) -> String {
    format!("people {} machines {} {:?}", who.people, who.machines, who.entities)
}

/// A constant as text that no other constant has.
#[must_use]
pub(crate) fn value(v: &Value) -> String {
    match v {
        Value::Str(s) => format!("{s:?}"),
        Value::Host(s) => format!("host {s:?}"),
        Value::Ref(s) => format!("ref {s:?}"),
        Value::Path(p) => format!("path {:?}", p.text()),
        Value::Url(u) => format!("url {:?}", u.text()),
        Value::List(list) => format!("[{}]", list.iter().map(value).collect::<Vec<_>>().join(" ")),
        Value::Set(list) => format!("{{{}}}", list.iter().map(value).collect::<Vec<_>>().join(" ")),
        Value::Range(r) => format!("{}..{} {}", value(&r.low), value(&r.high), r.closed),
        Value::Patterns(p) => format!("{:?} {:?}", p.kind, p.sources),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Ratio(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::TimeOfDay(_)
        | Value::Civil(_)
        | Value::Semver(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Command(_)
        | Value::SimpleCommand(_)
        | Value::Enum(..)
        | Value::Record(..)
        | Value::Map(_)
        | Value::Entity(_)
        | Value::Unknown(_) => format!("{v:?}"),
    }
}

/// An expression as text, without spans: equal texts mean the same.
#[must_use]
pub(crate) fn text(expr: &TExpr) -> String {
    let mut out = String::new();
    write_expr(expr, &mut out);
    out
}

fn write_list(head: &str, parts: &[TExpr], out: &mut String) {
    let _ = write!(out, "({head}");
    for part in parts {
        out.push(' ');
        write_expr(part, out);
    }
    out.push(')');
}

fn write_pair(head: &str, a: &TExpr, b: &TExpr, out: &mut String) {
    let _ = write!(out, "({head} ");
    write_expr(a, out);
    out.push(' ');
    write_expr(b, out);
    out.push(')');
}

fn write_one(head: &str, a: &TExpr, out: &mut String) {
    let _ = write!(out, "({head} ");
    write_expr(a, out);
    out.push(')');
}

fn write_expr(expr: &TExpr, out: &mut String) {
    use TExprKind as K;
    let _ = match &expr.kind {
        K::Const(v) => write!(out, "{}", constant(v, &expr.ty)),
        K::Field(name) => write!(out, "field:{name}"),
        K::Fact(group, i) => write!(out, "{}:{i}", group.name()),
        K::Flag(flag, keys) => return write_list(&format!("flag:{}", flag.0), keys, out),
        K::Now => write!(out, "now"),
        K::ActionName => write!(out, "action"),
        K::Principal => write!(out, "agent"),
        K::Var(v) => write!(out, "var:{}", v.0),
        K::Attribute(base, i) => return write_one(&format!("attribute:{i}"), base, out),
        K::RecordField(base, i) => return write_one(&format!("member:{i}"), base, out),
        K::MapGet(base, key) => return write_one(&format!("get:{key:?}"), base, out),
        K::Has(base) => return write_one("has", base, out),
        K::Coalesce(a, b) => return write_pair("??", a, b, out),
        K::Not(a) => return write_one("not", a, out),
        K::And(parts) => return write_list("and", parts, out),
        K::Or(parts) => return write_list("or", parts, out),
        K::AtLeast(n, parts) => return write_list(&format!("at-least:{n}"), parts, out),
        K::Compare(op, a, b) => return write_pair(&format!("{op:?}"), a, b, out),
        K::Arithmetic(op, a, b) => return write_pair(&format!("{op:?}"), a, b, out),
        K::ToDecimal(a) => return write_one("to-decimal", a, out),
        K::In(a, b) => return write_pair("in", a, b, out),
        K::Call(id, arguments) => {
            let row = crate::builtin::get(*id);
            return write_list(&format!("{:?}:{}:{:?}", row.form, row.name, row.parameters.first()), arguments, out);
        }
        K::Quantified { quantifier, variable, over, filter, body } => {
            let _ = write!(out, "({quantifier:?} var:{} ", variable.0);
            write_expr(over, out);
            if let Some(filter) = filter {
                out.push_str(" where ");
                write_expr(filter, out);
            }
            out.push_str(" : ");
            write_expr(body, out);
            write!(out, ")")
        }
        K::SetOf(parts) => return write_list("set", parts, out),
        K::ListOf(parts) => return write_list("list", parts, out),
        K::SecretsFound(None) => write!(out, "secrets"),
        K::SecretsFound(Some(of)) => return write_one("secrets-in", of, out),
        K::SecretsKinds(None) => write!(out, "secret-kinds"),
        K::SecretsKinds(Some(of)) => return write_one("secret-kinds-in", of, out),
        K::Warnings(n) => write!(out, "warnings:{n}"),
    };
}

/// A constant with as much of its type as tells it from others.
fn constant(v: &Value, ty: &Type) -> String {
    match v {
        Value::Int(_) | Value::Bool(_) | Value::Str(_) => value(v),
        _ => format!("{}<{ty:?}>", value(v)),
    }
}
