//! One value by its declared type.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::ReadContext;
use crate::check::typed::show_entity;
use crate::raw::{Raw, RawFields, get};
use crate::types::{EntityTypeId, EnumId, FieldDef, FieldType, RecordId, Type, read_text};
use crate::value::time::{self, Zone};
use crate::value::{EntityRef, Evaluated, Fault, FaultKind, Value, command, number};

/// Longest id of an entity, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 1024;

/// Reads a value that is there. What is not there is the caller's question: see [`of_field`].
///
/// # Errors
/// The fault that the value's field holds from now on.
pub fn read(ty: &FieldType, raw: &Raw, cx: &ReadContext<'_>) -> Evaluated {
    match raw {
        Raw::Null => return Err(Fault::new(FaultKind::Null, "null is no value; leave the field out to mean absent")),
        Raw::Unavailable(why) => return Err(Fault::new(FaultKind::Unavailable, why.clone())),
        Raw::Bool(_) | Raw::Number(_) | Raw::Text(_) | Raw::List(_) | Raw::Object(_) => {}
    }
    let required = ty.ty.required();
    let value = match (required, raw) {
        (Type::Bool, Raw::Bool(b)) => Value::Bool(*b),
        (Type::Int, Raw::Number(n)) => Value::Int(number::int(n)?),
        (Type::Decimal, Raw::Number(n)) => Value::Decimal(number::decimal(n)?),
        (Type::Ratio, Raw::Number(n)) => Value::Ratio(number::ratio(n)?),
        (Type::String, Raw::Text(t)) => {
            within_length(ty, t.chars().count(), "characters")?;
            Value::Str(t.clone())
        }
        (Type::Command, Raw::Text(t)) => Value::Command(Arc::new(command::parse(t)?)),
        (Type::Enum(id), Raw::Text(t)) => variant(*id, t, cx)?,
        (Type::Entity(id), Raw::Text(_) | Raw::Object(_)) => Value::Entity(entity(*id, raw, cx)?),
        (Type::Record(id), Raw::Object(members)) => record(*id, members, cx)?,
        (Type::List(inner), Raw::List(raws)) => Value::List(elements(ty, inner, raws, cx)?.into()),
        (Type::Set(inner), Raw::List(raws)) => Value::set(elements(ty, inner, raws, cx)?),
        (Type::Map(inner), Raw::Object(members)) => map(ty, inner, members, cx)?,
        (texty, Raw::Text(t)) if is_written_as_text(texty) => text(texty, t, cx)?,
        (_, _) => return Err(ill_typed(required, raw, cx)),
    };
    within_range(ty, &value)?;
    Ok(value)
}

/// Reads a field of a record, entity or group of facts: required and not there is a fault.
///
/// # Errors
/// The fault that the field holds from now on.
pub fn of_field(def: &FieldDef, raw: Option<&Raw>, cx: &ReadContext<'_>) -> Result<Option<Value>, Fault> {
    match raw {
        Some(raw) => read(&def.ty, raw, cx).map(Some),
        None if def.ty.ty.is_optional() => Ok(None),
        None => {
            let ty = cx.types.show(&def.ty.ty);
            Err(Fault::new(FaultKind::Missing, format!("{} is required and not there", with_article(&ty))))
        }
    }
}

/// The first fault that makes a parameter ill-typed: its own, or that of a member of a record in it. A
/// command that cannot be read is an error value, not an ill-typed parameter.
pub(super) fn ill(read: &Result<Option<Value>, Fault>) -> Option<&Fault> {
    match read {
        Err(fault) => Some(fault).filter(|f| !of_command(f.kind)),
        Ok(None) => None,
        Ok(Some(value)) => ill_inside(value),
    }
}

/// Whether what was read of a parameter refuses the request.
#[must_use]
pub fn refuses(read: &Result<Option<Value>, Fault>) -> bool {
    ill(read).is_some()
}

/// Whether a fault is one of those that only reading a command raises.
fn of_command(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::UnreadableCommand | FaultKind::UnknownWord | FaultKind::LimitExceeded)
}

fn ill_inside(value: &Value) -> Option<&Fault> {
    match value {
        Value::Record(_, members) => members.iter().find_map(ill),
        Value::List(elements) | Value::Set(elements) => elements.iter().find_map(ill_inside),
        Value::Map(entries) => entries.values().find_map(ill_inside),
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
        | Value::Enum(..)
        | Value::Entity(_)
        | Value::Range(_)
        | Value::Patterns(_)
        | Value::Unknown(_) => None,
    }
}

/// A text as a value of its type. Only times without an offset look at the zone.
fn text(ty: &Type, text: &str, cx: &ReadContext<'_>) -> Evaluated {
    let zone = match ty {
        Type::Timestamp => time::zone(cx.zone),
        _ => Some(Zone::utc()),
    };
    match zone {
        Some(zone) => read_text(ty, text, &zone),
        None => Err(Fault::new(FaultKind::Unavailable, "the policy's time zone is unknown here")),
    }
}

/// Types whose values are written as text and read by [`read_text`].
fn is_written_as_text(ty: &Type) -> bool {
    match ty {
        Type::Duration
        | Type::Timestamp
        | Type::TimeOfDay
        | Type::Semver
        | Type::Ip
        | Type::Cidr
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Ref => true,
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::Ratio
        | Type::Percent
        | Type::String
        | Type::Command
        | Type::SimpleCommand
        | Type::Enum(_)
        | Type::Record(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(_)
        | Type::Entity(_)
        | Type::Optional(_)
        | Type::Range(_)
        | Type::Globs
        | Type::Regexes
        | Type::CivilTime => false,
    }
}

fn ill_typed(ty: &Type, raw: &Raw, cx: &ReadContext<'_>) -> Fault {
    let expected = with_article(&cx.types.show(ty));
    Fault::new(FaultKind::IllTyped, format!("expected {expected}, got {}", raw.kind()))
}

fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

fn within_range(ty: &FieldType, value: &Value) -> Result<(), Fault> {
    let (Some((least, greatest)), Some(word)) = (ty.range, value.word()) else {
        return Ok(());
    };
    if (least..=greatest).contains(&word) {
        return Ok(());
    }
    let side = if word < least { "below the least" } else { "above the greatest" };
    Err(Fault::new(FaultKind::OutOfRange, format!("the value is {side} that the field declares")))
}

fn within_length(ty: &FieldType, length: usize, unit: &str) -> Result<(), Fault> {
    let (least, greatest) = ty.length;
    let length = length as u64;
    if length > greatest {
        return Err(Fault::new(FaultKind::TooLong, format!("{length} {unit}, and at most {greatest} are declared")));
    }
    if length < least {
        return Err(Fault::new(FaultKind::OutOfRange, format!("{length} {unit}, and at least {least} are declared")));
    }
    Ok(())
}

fn variant(id: EnumId, text: &str, cx: &ReadContext<'_>) -> Evaluated {
    let def = cx.types.enum_def(id);
    match def.variants.iter().position(|v| &**v == text) {
        Some(place) => Ok(Value::Enum(id, place as u32)),
        None => {
            let name = cx.types.show(&Type::Enum(id));
            Err(Fault::new(FaultKind::IllTyped, format!("not a variant of {name}")))
        }
    }
}

/// An entity given as `"id"` or `{"type": …, "id": …}`.
pub(super) fn entity(ty: EntityTypeId, raw: &Raw, cx: &ReadContext<'_>) -> Result<EntityRef, Fault> {
    let id = match raw {
        Raw::Text(id) => id,
        Raw::Object(members) => match (members.len(), get(members, "type"), get(members, "id")) {
            (2, Some(Raw::Text(name)), Some(Raw::Text(id))) if cx.types.entity_named(name) == Some(ty) => id,
            _ => {
                let name = cx.types.show(&Type::Entity(ty));
                return Err(Fault::new(FaultKind::IllTyped, format!("expected the type {name:?} with an id")));
            }
        },
        Raw::Null | Raw::Bool(_) | Raw::Number(_) | Raw::List(_) | Raw::Unavailable(_) => {
            return Err(ill_typed(&Type::Entity(ty), raw, cx));
        }
    };
    known_id(ty, id, cx)
}

/// An entity of a type, where its ids are open or this is one of them.
pub(super) fn known_id(ty: EntityTypeId, id: &Arc<str>, cx: &ReadContext<'_>) -> Result<EntityRef, Fault> {
    if id.len() > MAX_ID_BYTES {
        return Err(Fault::new(FaultKind::TooLong, format!("an id of more than {MAX_ID_BYTES} bytes")));
    }
    match &cx.types.entity(ty).ids {
        Some(ids) if !ids.contains(id) => {
            let shown: String = id.chars().take(64).collect();
            Err(Fault::new(FaultKind::IllTyped, format!("{} is not declared", show_entity(cx.types, ty, &shown))))
        }
        Some(_) | None => Ok(EntityRef { ty, id: id.clone() }),
    }
}

fn record(id: RecordId, members: &RawFields, cx: &ReadContext<'_>) -> Evaluated {
    let def = cx.types.record(id);
    once(members)?;
    for (name, _) in members {
        if !def.fields.iter().any(|f| f.name == *name) {
            let shown: String = name.chars().take(64).collect();
            let record = cx.types.show(&Type::Record(id));
            return Err(Fault::new(FaultKind::UnknownField, format!("{record} has no member {shown:?}")));
        }
    }
    let read: Vec<_> = def
        .fields
        .iter()
        .map(|f| match (get(members, &f.name), &f.default) {
            (None, Some(default)) => Ok(Some(default.clone())),
            (raw, _) => of_field(f, raw, cx),
        })
        .collect();
    Ok(Value::Record(id, read.into()))
}

fn elements(ty: &FieldType, inner: &Arc<Type>, raws: &[Raw], cx: &ReadContext<'_>) -> Result<Vec<Value>, Fault> {
    within_length(ty, raws.len(), "elements")?;
    let element = element_type(ty, inner);
    raws.iter().map(|raw| read(&element, raw, cx)).collect()
}

fn map(ty: &FieldType, inner: &Arc<Type>, members: &RawFields, cx: &ReadContext<'_>) -> Evaluated {
    within_length(ty, members.len(), "entries")?;
    once(members)?;
    let element = element_type(ty, inner);
    let entries: Result<BTreeMap<_, _>, Fault> =
        members.iter().map(|(key, raw)| Ok((key.clone(), read(&element, raw, cx)?))).collect();
    Ok(Value::Map(Arc::new(entries?)))
}

fn element_type(ty: &FieldType, inner: &Arc<Type>) -> Arc<FieldType> {
    ty.element.clone().unwrap_or_else(|| Arc::new(FieldType::plain((**inner).clone())))
}

/// A key given twice could be read one way here and another way where it is executed.
fn once(members: &RawFields) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    match members.iter().find(|(name, _)| !seen.insert(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let shown: String = name.chars().take(64).collect();
            Err(Fault::new(FaultKind::Malformed, format!("the member {shown:?} is given twice")))
        }
    }
}
