//! What a policy compares with what: for each place that a value can come from, the constants near which
//! decisions change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::typed::{
    Duty, FactGroup, FlagId, Item, ItemBody, NamePatterns, TExpr, TExprKind, TypedPolicy, VarId,
};
use crate::types::{EntityTypeId, Type};
use crate::value::{EntityRef, Value};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A field of the action.
    Field(Arc<str>),
    /// A fact.
    Fact(FactGroup, u32),
    /// A flag.
    Flag(FlagId),
    /// The time.
    Now,
    /// The agent.
    Principal,
    /// An attribute of an entity.
    Attribute(EntityTypeId, u32),
    /// A member of a record there.
    Member(Box<Place>, u32),
    /// An entry of a map there.
    Entry(Box<Place>, Arc<str>),
    /// An element of a list or set there.
    Element(Box<Place>),
}

/// Constants of a policy by the places that they are compared with.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    values: BTreeMap<Place, Vec<Value>>,
    /// Keys that maps are asked for.
    pub keys: BTreeMap<Place, BTreeSet<Arc<str>>>,
    /// Entities that the policy names.
    pub entities: BTreeSet<EntityRef>,
    /// Constants that flags are asked for, key by key.
    pub flag_keys: BTreeMap<(FlagId, usize), Vec<Value>>,
    /// Whether the scanner of secrets is asked.
    pub secrets: bool,
    /// Patterns over undeclared names.
    pub patterns: BTreeSet<Arc<str>>,
}

impl Hints {
    /// Collects the constants of all conditions of a policy.
    #[must_use]
    pub fn of(policy: &TypedPolicy) -> Self {
        let mut hints = Self::default();
        for item in &policy.items {
            hints.item(item);
        }
        for assert in &policy.asserts {
            hints.scope(assert.scope.undeclared.as_ref());
            hints.condition(&assert.when, &mut Vec::new());
        }
        hints
    }

    /// What the value at a place is compared with.
    #[must_use]
    pub fn at(&self, place: &Place) -> &[Value] {
        self.values.get(place).map_or(&[], Vec::as_slice)
    }

    fn item(&mut self, item: &Item) {
        self.scope(item.scope.undeclared.as_ref());
        match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                for branch in branches {
                    self.condition(&branch.when, &mut Vec::new());
                }
            }
            ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } | ItemBody::Approval { when, .. } => {
                self.condition(when, &mut Vec::new());
            }
        }
        for duty in &item.obligations {
            if let Duty::Run { arguments, .. } = duty {
                for (_, argument) in arguments {
                    self.condition(argument, &mut Vec::new());
                }
            }
        }
    }

    fn scope(&mut self, undeclared: Option<&NamePatterns>) {
        let parts = undeclared.into_iter().flat_map(|p| &p.parts);
        self.patterns.extend(parts.map(|(_, pattern)| pattern.clone()));
    }

    /// Walks connectives and quantifiers; whatever else is a bool relates the places and constants in it.
    fn condition(&mut self, e: &TExpr, variables: &mut Vec<Option<Place>>) {
        match &e.kind {
            TExprKind::And(parts) | TExprKind::Or(parts) | TExprKind::AtLeast(_, parts) => {
                for part in parts {
                    self.condition(part, variables);
                }
            }
            TExprKind::Not(inner) => self.condition(inner, variables),
            _ => {
                let mut found = Found::default();
                self.gather(e, variables, &mut found);
                for place in &found.places {
                    let known = self.values.entry(place.clone()).or_default();
                    for value in &found.constants {
                        if !known.iter().any(|k| k.same(value)) {
                            known.push(value.clone());
                        }
                    }
                }
            }
        }
    }

    fn gather(&mut self, e: &TExpr, variables: &mut Vec<Option<Place>>, found: &mut Found) {
        if let Some(place) = self.place(e, variables) {
            found.places.push(place);
        }
        match &e.kind {
            TExprKind::Const(value) => self.constant(value, found),
            TExprKind::SecretsFound(of) | TExprKind::SecretsKinds(of) => {
                self.secrets = true;
                if let Some(of) = of {
                    self.gather(of, variables, found);
                }
            }
            TExprKind::Flag(id, keys) => self.flag(*id, keys, variables, found),
            TExprKind::Quantified { over, filter, body, .. } => {
                self.gather(over, variables, found);
                let list = self.place(over, variables);
                variables.push(list.map(|p| Place::Element(Box::new(p))));
                if let Some(filter) = filter {
                    self.condition(filter, variables);
                }
                self.condition(body, variables);
                variables.pop();
            }
            _ => {
                for child in e.parts() {
                    match child.ty {
                        // An inner condition is a question of its own.
                        Type::Bool if is_connective(child) => self.condition(child, variables),
                        _ => self.gather(child, variables, found),
                    }
                }
            }
        }
    }

    fn constant(&mut self, value: &Value, found: &mut Found) {
        match value {
            Value::Set(elements) | Value::List(elements) => {
                for element in elements.iter() {
                    self.constant(element, found);
                }
            }
            Value::Range(range) => found.constants.extend([range.low.clone(), range.high.clone()]),
            Value::Entity(entity) => {
                self.entities.insert(entity.clone());
            }
            other => found.constants.push(other.clone()),
        }
    }

    fn flag(&mut self, id: FlagId, keys: &[TExpr], variables: &mut Vec<Option<Place>>, found: &mut Found) {
        for (i, key) in keys.iter().enumerate() {
            match &key.kind {
                TExprKind::Const(value) => self.flag_keys.entry((id, i)).or_default().push(value.clone()),
                _ => self.gather(key, variables, found),
            }
        }
    }

    fn place(&mut self, e: &TExpr, variables: &[Option<Place>]) -> Option<Place> {
        match &e.kind {
            TExprKind::Field(name) => Some(Place::Field(name.clone())),
            TExprKind::Fact(group, place) => Some(Place::Fact(*group, *place)),
            TExprKind::Flag(id, _) => Some(Place::Flag(*id)),
            TExprKind::Now => Some(Place::Now),
            TExprKind::Principal => Some(Place::Principal),
            TExprKind::Var(VarId(n)) => variables.get(*n as usize).cloned().flatten(),
            TExprKind::Attribute(owner, place) => match owner.ty.required() {
                Type::Entity(ty) => Some(Place::Attribute(*ty, *place)),
                _ => None,
            },
            TExprKind::RecordField(owner, place) => {
                Some(Place::Member(Box::new(self.place(owner, variables)?), *place))
            }
            TExprKind::MapGet(owner, key) => {
                let owner = self.place(owner, variables)?;
                self.keys.entry(owner.clone()).or_default().insert(key.clone());
                Some(Place::Entry(Box::new(owner), key.clone()))
            }
            _ => None,
        }
    }
}

#[derive(Default)]
struct Found {
    places: Vec<Place>,
    constants: Vec<Value>,
}

fn is_connective(e: &TExpr) -> bool {
    matches!(e.kind, TExprKind::And(_) | TExprKind::Or(_) | TExprKind::AtLeast(..) | TExprKind::Not(_))
}
