//! Values worth trying: below, at and above each constant of a policy, and what a host may fail to give.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::interp::{conditions, walk};
use crate::raw::{Raw, to_raw};
use crate::types::{FieldDef, FieldType, Type};
use crate::value::{EntityRef, Value};

/// Most values tried for one field.
const MOST: usize = 24;
/// A text that the scanner of secrets knows: an access key that belongs to nobody.
const SECRET: &str = "AKIAZQ3DRSTUVWXY2345";
/// Deepest type that values are made for.
const DEEPEST: u32 = 4;

/// The constants of a policy, apart by what they can be tried as.
#[derive(Debug)]
pub(super) struct Constants<'a> {
    policy: &'a TypedPolicy,
    values: Vec<Value>,
    /// Texts that its globs match.
    matched: Vec<Arc<str>>,
}

impl<'a> Constants<'a> {
    /// Collects the constants of all conditions, and of one more.
    pub(super) fn of(policy: &'a TypedPolicy, also: &TExpr) -> Self {
        let mut constants = Self { policy, values: Vec::new(), matched: Vec::new() };
        for when in policy.items.iter().flat_map(conditions) {
            constants.expr(when);
        }
        constants.expr(also);
        constants.values.sort_by(Value::total_cmp);
        constants.values.dedup_by(|a, b| a.total_cmp(b).is_eq());
        constants.matched.sort();
        constants.matched.dedup();
        constants
    }

    fn expr(&mut self, e: &TExpr) {
        walk::visit(e, &mut |part| match &part.kind {
            TExprKind::Const(value) => self.value(value),
            TExprKind::SecretsFound(_) => self.matched.push(SECRET.into()),
            _ => {}
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::List(parts) | Value::Set(parts) => parts.iter().for_each(|p| self.value(p)),
            Value::Range(range) => {
                self.value(&range.low);
                self.value(&range.high);
            }
            Value::Patterns(set) => self.matched.extend(set.sources.iter().map(|s| example_of(s))),
            _ => self.values.push(value.clone()),
        }
    }

    /// Entities that the policy names, and the closed ones of a type.
    pub(super) fn entities(&self) -> Vec<EntityRef> {
        let named = self.values.iter().filter_map(|v| match v {
            Value::Entity(e) => Some(e.clone()),
            _ => None,
        });
        named.collect()
    }

    /// Values to try for a field, usual ones first; `None` leaves it out.
    pub(super) fn field(&self, def: &FieldDef) -> Vec<Option<Raw>> {
        let mut all: Vec<Option<Raw>> = self.typed(&def.ty, 0).into_iter().map(Some).collect();
        if def.ty.ty.is_optional() || def.default.is_some() {
            all.push(None);
        }
        all.truncate(MOST);
        all
    }

    /// Values of a type.
    fn typed(&self, ty: &FieldType, depth: u32) -> Vec<Raw> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let types = &self.policy.types;
        let mut all = match ty.ty.required() {
            Type::Bool => vec![Raw::Bool(false), Raw::Bool(true)],
            Type::Int | Type::Decimal | Type::Ratio | Type::Duration | Type::Timestamp => self.numbers(ty),
            Type::Enum(id) => types.enum_def(*id).variants.iter().map(|v| Raw::Text(v.clone())).collect(),
            Type::Entity(id) => self.references(*id),
            Type::Record(id) => self.records(&types.record(*id).fields, depth),
            Type::List(_) | Type::Set(_) => self.lists(ty, depth),
            Type::Map(_) => vec![Raw::Object(Vec::new())],
            Type::String
            | Type::Semver
            | Type::Ip
            | Type::Cidr
            | Type::Url
            | Type::Host
            | Type::Path
            | Type::Ref
            | Type::Command => self.texts(ty.ty.required()),
            Type::Percent
            | Type::TimeOfDay
            | Type::SimpleCommand
            | Type::Optional(_)
            | Type::Range(_)
            | Type::Globs
            | Type::Regexes
            | Type::CivilTime => Vec::new(),
        };
        let mut seen = Vec::new();
        all.retain(|raw| {
            !seen.contains(raw) && {
                seen.push(raw.clone());
                true
            }
        });
        all.truncate(MOST);
        all
    }

    /// Below, at and above each constant of the unit, and the ends of the range.
    fn numbers(&self, ty: &FieldType) -> Vec<Raw> {
        let of = |n: i64| match ty.ty.required() {
            Type::Decimal => Value::Decimal(n),
            Type::Ratio => Value::Ratio(n),
            Type::Duration => Value::Duration(n),
            Type::Timestamp => Value::Timestamp(n),
            _ => Value::Int(n),
        };
        let (low, high) = ty.range.unwrap_or(match ty.ty.required() {
            Type::Ratio => (0, 1_000_000_000),
            Type::Timestamp => (0, 4_102_444_800_000_000),
            _ => (i64::MIN, i64::MAX),
        });
        let mut numbers = vec![0, low, high];
        for value in &self.values {
            let at = match (value, ty.ty.required()) {
                (Value::Int(n), Type::Int) => *n,
                // A whole number in the text may be compared with a decimal.
                (Value::Int(n), Type::Decimal) => n.saturating_mul(1_000_000),
                (Value::Decimal(n), Type::Decimal)
                | (Value::Ratio(n), Type::Ratio)
                | (Value::Duration(n), Type::Duration)
                | (Value::Timestamp(n), Type::Timestamp) => *n,
                _ => continue,
            };
            numbers.extend([at, at.saturating_sub(1), at.saturating_add(1)]);
        }
        numbers.retain(|n| (low..=high).contains(n));
        numbers.into_iter().filter_map(|n| to_raw(&of(n), &self.policy.types)).collect()
    }

    fn texts(&self, ty: &Type) -> Vec<Raw> {
        let usual = match ty {
            Type::Semver => "1.2.3",
            Type::Ip => "203.0.113.7",
            Type::Cidr => "203.0.113.0/24",
            Type::Url => "https://www.example.com/a",
            Type::Host => "www.example.com",
            Type::Path => "notes/today.txt",
            Type::Ref => "feature/x",
            Type::Command => "ls -l",
            _ => "x",
        };
        let same = |v: &&Value| {
            matches!(
                (v, ty),
                (Value::Str(_), Type::String)
                    | (Value::Semver(_), Type::Semver)
                    | (Value::Ip(_), Type::Ip)
                    | (Value::Cidr(_), Type::Cidr)
                    | (Value::Url(_), Type::Url)
                    | (Value::Host(_), Type::Host)
                    | (Value::Path(_), Type::Path)
                    | (Value::Ref(_), Type::Ref)
            )
        };
        let mut all = vec![Raw::text(usual)];
        all.extend(self.values.iter().filter(same).filter_map(|v| to_raw(v, &self.policy.types)));
        if matches!(ty, Type::String | Type::Path | Type::Ref | Type::Command) {
            all.extend(self.matched.iter().map(|text| Raw::Text(text.clone())));
        }
        all
    }

    fn references(&self, ty: crate::types::EntityTypeId) -> Vec<Raw> {
        let def = self.policy.types.entity(ty);
        let closed = def.ids.iter().flatten().cloned();
        let named = self.entities().into_iter().filter(|e| e.ty == ty).map(|e| e.id);
        let ids = closed.chain(named).chain(def.ids.is_none().then(|| Arc::from("someone")));
        ids.filter_map(|id| to_raw(&Value::Entity(EntityRef { ty, id }), &self.policy.types)).collect()
    }

    /// A record with its usual values, and one more for each other value of a field.
    fn records(&self, fields: &[FieldDef], depth: u32) -> Vec<Raw> {
        let choices: Vec<(&Arc<str>, Vec<Raw>)> =
            fields.iter().map(|f| (&f.name, self.typed(&f.ty, depth + 1))).collect();
        let mut usual = BTreeMap::new();
        for (name, values) in &choices {
            if let Some(first) = values.first() {
                usual.insert((*name).clone(), first.clone());
            }
        }
        let object = |members: &BTreeMap<Arc<str>, Raw>| {
            Raw::Object(members.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
        };
        let mut all = vec![object(&usual)];
        for (name, values) in &choices {
            for value in values.iter().skip(1) {
                let mut other = usual.clone();
                other.insert((*name).clone(), value.clone());
                all.push(object(&other));
            }
        }
        all
    }

    fn lists(&self, ty: &FieldType, depth: u32) -> Vec<Raw> {
        let Some(element) = &ty.element else { return Vec::new() };
        let elements = self.typed(element, depth + 1);
        let (least, most) = (ty.length.0 as usize, ty.length.1 as usize);
        let mut all = vec![Raw::List(Vec::new())];
        all.extend(elements.iter().map(|e| Raw::List(vec![e.clone()])));
        all.push(Raw::List(elements.iter().take(2).cloned().collect()));
        if least > 0 {
            all.push(Raw::List(elements.iter().cycle().take(least.min(MOST)).cloned().collect()));
        }
        all.retain(|raw| matches!(raw, Raw::List(parts) if (least..=most).contains(&parts.len())));
        all
    }
}

/// A text that a glob matches: its wildcards become words.
fn example_of(glob: &str) -> Arc<str> {
    let plain = glob.replace("**/", "some/").replace("**", "some").replace('*', "x").replace('?', "x");
    plain.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::example_of;

    #[test]
    fn a_glob_has_an_example() {
        assert_eq!(&*example_of("**/.env*"), "some/.envx");
        assert_eq!(&*example_of("release/*"), "release/x");
        assert_eq!(&*example_of("src/**"), "src/some");
    }
}
