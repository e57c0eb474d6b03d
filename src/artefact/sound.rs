//! What the checker promises of a policy, asked again of one that was read: every number names something, what
//! is searched by halves is sorted, quantifiers nest as they say, the builtin types stand where they belong.
//!
//! Whether an expression has the type that it says is not asked: an operand of another type is an error value
//! wherever it is read, which never loosens.

use std::sync::Arc;

use super::ArtefactError;
use super::bytes::{Taken, malformed};
use crate::builtin;
use crate::check::declared::builtin_types;
use crate::check::typed::{
    ActionDef, ActionId, Duty, Item, ItemBody, ItemKind, TExpr, TExprKind, TypedPolicy, TypedText, TypedTextPart, VarId,
};
use crate::check::{MAX_ITEMS, MAX_NODES};
use crate::decision::{ItemId, Tier};
use crate::ids::{EntityTypeId, EnumId, RecordId};
use crate::types::{FieldDef, FieldType, Type};
use crate::value::{Value, time};

/// Deepest quantifier that the language has.
const MAX_QUANTIFIERS: u32 = 2;

/// Refuses what no checker would have let through.
pub(super) fn check(policy: &TypedPolicy) -> Result<(), ArtefactError> {
    let sound = Sound { policy };
    sound.settings()?;
    sound.types()?;
    sound.schemas()?;
    if policy.items.len() > MAX_ITEMS {
        return Err(ArtefactError::TooLarge);
    }
    policy.items.iter().try_for_each(|item| sound.item(item))
}

/// The same of an expression that is asked by itself.
pub(super) fn key(policy: &TypedPolicy, of: &TExpr) -> Result<(), ArtefactError> {
    Sound { policy }.expr(of, 0, &mut 0)
}

fn require(holds: bool, what: &'static str) -> Taken<()> {
    if holds { Ok(()) } else { Err(malformed(what)) }
}

/// Whether names stand in order, each once.
fn ascending<'n>(mut names: impl Iterator<Item = &'n Arc<str>>) -> Taken<()> {
    let Some(mut last) = names.next() else { return Ok(()) };
    for name in names {
        require(last < name, "names are out of order")?;
        last = name;
    }
    Ok(())
}

struct Sound<'p> {
    policy: &'p TypedPolicy,
}

impl Sound<'_> {
    fn settings(&self) -> Taken<()> {
        let settings = &self.policy.settings;
        require(settings.edition == 2026, "there is no such edition")?;
        require(settings.default_tier >= Tier::Red, "the default is neither red nor black")?;
        require(time::zone(&settings.zone).is_some(), "there is no such time zone")
    }

    fn types(&self) -> Taken<()> {
        let (types, own) = (&self.policy.types, builtin_types());
        let same = own.enums.iter().zip(&types.enums).filter(|(a, b)| a.name == b.name && a.variants == b.variants);
        require(same.count() == own.enums.len(), "the builtin enums are others")?;
        let agent = types.entities.first().is_some_and(|agent| agent.name == own.entities[0].name);
        require(agent, "the entity type of agents is not the first")?;
        types.records.iter().try_for_each(|record| self.fields(&record.fields))?;
        for entity in &types.entities {
            entity.parents.iter().try_for_each(|parent| self.entity(*parent))?;
            self.fields(&entity.fields)?;
        }
        // A record that holds itself would have no end.
        let mut open = vec![false; types.records.len()];
        (0..types.records.len()).try_for_each(|record| self.finite(record, &mut open, 0))
    }

    fn finite(&self, record: usize, open: &mut Vec<bool>, depth: usize) -> Taken<()> {
        const DEEPEST: usize = 64;
        require(!open[record] && depth < DEEPEST, "a record holds itself")?;
        open[record] = true;
        for field in &self.policy.types.records[record].fields {
            if let Some(inner) = record_in(&field.ty.ty) {
                self.finite(inner.0 as usize, open, depth + 1)?;
            }
        }
        open[record] = false;
        Ok(())
    }

    fn schemas(&self) -> Taken<()> {
        let policy = self.policy;
        let facts = &policy.facts;
        let first = |place: usize, name: &str, ty: &Type| {
            facts.agent.get(place).is_some_and(|field| &*field.name == name && field.ty.ty == *ty)
        };
        let kind = Type::Enum(EnumId::AGENT_KIND);
        require(first(0, "id", &Type::String) && first(1, "kind", &kind), "the facts of agents are others")?;
        for group in [&facts.agent, &facts.session, &facts.env, &facts.state] {
            self.fields(group)?;
        }
        ascending(policy.flags.iter().map(|flag| &flag.name))?;
        for flag in &policy.flags {
            flag.keys.iter().try_for_each(|key| self.ty(key))?;
            self.field_type(&flag.ty)?;
            flag.default.iter().chain([&flag.strict]).try_for_each(|value| self.value(value))?;
        }
        ascending(policy.actions.iter().map(|action| &action.name))?;
        for action in policy.actions.iter().chain([&policy.undeclared]) {
            self.action(action)?;
        }
        ascending(policy.aliases.iter().map(|(alias, _)| alias))?;
        policy.aliases.iter().try_for_each(|(_, id)| self.action_id(*id))
    }

    fn action(&self, action: &ActionDef) -> Taken<()> {
        ascending(action.fields.iter().map(|field| &field.name))?;
        self.fields(&action.fields)
    }

    fn fields(&self, fields: &[FieldDef]) -> Taken<()> {
        for field in fields {
            self.field_type(&field.ty)?;
            field.default.iter().try_for_each(|value| self.value(value))?;
        }
        Ok(())
    }

    fn field_type(&self, ty: &FieldType) -> Taken<()> {
        self.ty(&ty.ty)?;
        let holds = matches!(ty.ty.required(), Type::List(_) | Type::Set(_) | Type::Map(_));
        require(holds == ty.element.is_some(), "a list does not say what it holds")?;
        ty.element.as_ref().map_or(Ok(()), |element| self.field_type(element))
    }

    fn ty(&self, ty: &Type) -> Taken<()> {
        match ty {
            Type::Enum(id) => self.enumeration(*id),
            Type::Record(id) => self.record(*id),
            Type::Entity(id) => self.entity(*id),
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) | Type::Optional(inner) | Type::Range(inner) => {
                self.ty(inner)
            }
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::Ratio
            | Type::Percent
            | Type::String
            | Type::Duration
            | Type::Timestamp
            | Type::TimeOfDay
            | Type::Semver
            | Type::Ip
            | Type::Cidr
            | Type::Url
            | Type::Host
            | Type::Path
            | Type::Ref
            | Type::Command
            | Type::SimpleCommand
            | Type::Globs
            | Type::Regexes
            | Type::CivilTime => Ok(()),
        }
    }

    fn enumeration(&self, id: EnumId) -> Taken<()> {
        require((id.0 as usize) < self.policy.types.enums.len(), "there is no such enum")
    }

    fn record(&self, id: RecordId) -> Taken<()> {
        require((id.0 as usize) < self.policy.types.records.len(), "there is no such record")
    }

    fn entity(&self, id: EntityTypeId) -> Taken<()> {
        require((id.0 as usize) < self.policy.types.entities.len(), "there is no such entity type")
    }

    fn action_id(&self, id: ActionId) -> Taken<()> {
        require((id.0 as usize) < self.policy.actions.len(), "there is no such action")
    }

    fn value(&self, value: &Value) -> Taken<()> {
        let types = &self.policy.types;
        match value {
            Value::Enum(id, place) => {
                self.enumeration(*id)?;
                require((*place as usize) < types.enum_def(*id).variants.len(), "there is no such variant")
            }
            Value::Record(id, fields) => {
                self.record(*id)?;
                require(fields.len() == types.record(*id).fields.len(), "a record has other fields")?;
                fields.iter().flatten().flatten().try_for_each(|field| self.value(field))
            }
            Value::List(all) => all.iter().try_for_each(|value| self.value(value)),
            Value::Set(all) => {
                let sorted = all.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_lt());
                require(sorted, "a set is out of order")?;
                all.iter().try_for_each(|value| self.value(value))
            }
            Value::Map(entries) => entries.values().try_for_each(|value| self.value(value)),
            Value::Entity(entity) => self.entity(entity.ty),
            Value::Range(range) => [&range.low, &range.high].into_iter().try_for_each(|value| self.value(value)),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Ratio(_)
            | Value::Str(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::TimeOfDay(_)
            | Value::Civil(_)
            | Value::Semver(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Url(_)
            | Value::Host(_)
            | Value::Path(_)
            | Value::Ref(_)
            | Value::Command(_)
            | Value::SimpleCommand(_)
            | Value::Patterns(_)
            | Value::Unknown(_) => Ok(()),
        }
    }

    fn item(&self, item: &Item) -> Taken<()> {
        let mut nodes = 0;
        let mut expr = |e: &TExpr| self.expr(e, 0, &mut nodes);
        let kind = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                for branch in branches {
                    expr(&branch.when)?;
                    branch.because.as_ref().map_or(Ok(()), |text| texts(text, &mut expr))?;
                }
                let rule = matches!(item.body, ItemBody::Rule { .. });
                if rule { item.kind == ItemKind::Rule } else { item.kind.is_floor() }
            }
            ItemBody::Relax { when, of, from, to } => {
                expr(when)?;
                let rule = of.is_none_or(|of| self.is(of, |kind| kind == ItemKind::Rule));
                require(rule && to < from, "a relax lowers what is no rule")?;
                item.kind == ItemKind::Relax
            }
            ItemBody::Exception { when, to, because } => {
                expr(when)?;
                texts(because, &mut expr)?;
                require(self.is(*to, ItemKind::is_floor), "an exception silences what is no floor")?;
                item.kind == ItemKind::Exception
            }
            ItemBody::Approval { when, people, .. } => {
                expr(when)?;
                people.entities.iter().try_for_each(|person| self.entity(person.ty))?;
                item.kind == ItemKind::Approval
            }
        };
        require(kind, "an item is not what it says")?;
        item.scope.actions.iter().try_for_each(|action| self.action_id(*action))?;
        let decides = matches!(item.kind, ItemKind::Rule | ItemKind::Relax | ItemKind::Exception);
        require(!decides || item.scope.undeclared.is_none(), "a rule is about names that nobody declares")?;
        for duty in &item.obligations {
            match duty {
                Duty::Notify(_) | Duty::Redact(_) => {}
                Duty::Instead(action) => self.action_id(*action)?,
                Duty::Run { arguments, .. } => arguments.iter().try_for_each(|(_, argument)| expr(argument))?,
            }
        }
        Ok(())
    }

    fn is(&self, item: ItemId, wanted: impl Fn(ItemKind) -> bool) -> bool {
        self.policy.items.get(item.0 as usize).is_some_and(|item| wanted(item.kind))
    }

    /// An expression under so many quantifiers.
    fn expr(&self, e: &TExpr, around: u32, nodes: &mut usize) -> Taken<()> {
        *nodes += 1;
        require(*nodes <= MAX_NODES, "an item has too many conditions")?;
        self.ty(&e.ty)?;
        let mut inside = |e: &TExpr| self.expr(e, around, nodes);
        match &e.kind {
            TExprKind::Const(value) => self.value(value),
            TExprKind::Fact(group, place) => {
                require((*place as usize) < self.policy.facts.group(*group).len(), "there is no such fact")
            }
            TExprKind::Flag(id, keys) => {
                require((id.0 as usize) < self.policy.flags.len(), "there is no such flag")?;
                keys.iter().try_for_each(inside)
            }
            TExprKind::Var(VarId(id)) => require(*id < around, "a variable belongs to no quantifier"),
            TExprKind::Attribute(of, place) => {
                let Type::Entity(id) = of.ty.required() else { return Err(malformed("an attribute of no entity")) };
                inside(of)?;
                require((*place as usize) < self.policy.types.entity(*id).fields.len(), "there is no such attribute")
            }
            TExprKind::RecordField(of, place) => {
                let Type::Record(id) = of.ty.required() else { return Err(malformed("a field of no record")) };
                inside(of)?;
                require((*place as usize) < self.policy.types.record(*id).fields.len(), "there is no such field")
            }
            TExprKind::MapGet(of, _) | TExprKind::Has(of) | TExprKind::Not(of) | TExprKind::ToDecimal(of) => inside(of),
            TExprKind::SecretsFound(of) | TExprKind::SecretsKinds(of) => of.as_ref().map_or(Ok(()), |of| inside(of)),
            TExprKind::Coalesce(a, b)
            | TExprKind::Compare(_, a, b)
            | TExprKind::Arithmetic(_, a, b)
            | TExprKind::In(a, b) => {
                inside(a)?;
                inside(b)
            }
            TExprKind::Call(id, arguments) => {
                let row = builtin::all().get(id.0 as usize).ok_or_else(|| malformed("there is no such function"))?;
                let many = matches!(row.parameters.last(), Some(builtin::Kind::ManyOf(_)));
                let fits =
                    arguments.len() == row.parameters.len() || (many && arguments.len() + 1 >= row.parameters.len());
                require(fits, "a function has another number of arguments")?;
                arguments.iter().try_for_each(inside)
            }
            TExprKind::And(all)
            | TExprKind::Or(all)
            | TExprKind::AtLeast(_, all)
            | TExprKind::SetOf(all)
            | TExprKind::ListOf(all) => all.iter().try_for_each(inside),
            TExprKind::Quantified { variable, over, filter, body, .. } => {
                require(variable.0 == around && around < MAX_QUANTIFIERS, "quantifiers nest otherwise than they say")?;
                inside(over)?;
                filter.as_ref().map_or(Ok(()), |filter| self.expr(filter, around + 1, nodes))?;
                self.expr(body, around + 1, nodes)
            }
            TExprKind::Field(_)
            | TExprKind::Now
            | TExprKind::ActionName
            | TExprKind::Principal
            | TExprKind::Warnings(_) => Ok(()),
        }
    }
}

fn texts(text: &TypedText, expr: &mut impl FnMut(&TExpr) -> Taken<()>) -> Taken<()> {
    text.parts.iter().try_for_each(|part| match part {
        TypedTextPart::Plain(_) => Ok(()),
        TypedTextPart::Hole(hole) => expr(hole),
    })
}

/// The record that a value of this type may hold.
fn record_in(ty: &Type) -> Option<RecordId> {
    match ty {
        Type::Record(id) => Some(*id),
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) | Type::Optional(inner) | Type::Range(inner) => {
            record_in(inner)
        }
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::Ratio
        | Type::Percent
        | Type::String
        | Type::Duration
        | Type::Timestamp
        | Type::TimeOfDay
        | Type::Semver
        | Type::Ip
        | Type::Cidr
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Ref
        | Type::Command
        | Type::SimpleCommand
        | Type::Enum(_)
        | Type::Entity(_)
        | Type::Globs
        | Type::Regexes
        | Type::CivilTime => None,
    }
}
