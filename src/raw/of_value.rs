//! A typed value as untyped again: start values, arguments of workflows, witnesses.

use std::sync::Arc;

use super::Raw;
use crate::types::TypeTable;
use crate::value::{Fault, Value, number, time};

/// The untyped form that [`reader::read`](crate::reader::read) takes back to the same value. Nothing where the value is
/// one that only policies write, such as a range, or holds a fault.
#[must_use]
pub fn to_raw(value: &Value, types: &TypeTable) -> Option<Raw> {
    Some(match value {
        Value::Bool(b) => Raw::Bool(*b),
        Value::Int(n) => Raw::int(*n),
        Value::Decimal(n) => Raw::Number(number::show_decimal(*n).into()),
        Value::Ratio(n) => Raw::Number(number::show_ratio(*n).into()),
        Value::Str(s) | Value::Host(s) | Value::Ref(s) => Raw::Text(s.clone()),
        Value::Duration(n) => Raw::Text(time::show_duration(*n).into()),
        Value::Timestamp(n) => Raw::Text(time::show_timestamp(*n).into()),
        Value::TimeOfDay(s) => Raw::Text(time::show_time_of_day(*s).into()),
        Value::Semver(v) => Raw::text(&v.to_string()),
        Value::Ip(ip) => Raw::text(&ip.to_string()),
        Value::Cidr(net) => Raw::text(&net.to_string()),
        Value::Url(u) => Raw::text(u.text()),
        Value::Path(p) => Raw::text(p.text()),
        Value::Command(c) => Raw::Text(c.text.clone()),
        Value::Enum(id, place) => Raw::Text(types.enum_def(*id).variants.get(*place as usize)?.clone()),
        Value::Entity(e) => Raw::Object(vec![
            (Arc::from("type"), Raw::Text(types.entity(e.ty).name.clone())),
            (Arc::from("id"), Raw::Text(e.id.clone())),
        ]),
        Value::List(elements) | Value::Set(elements) => {
            Raw::List(elements.iter().map(|e| to_raw(e, types)).collect::<Option<_>>()?)
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| Some((k.clone(), to_raw(v, types)?)));
            Raw::Object(entries.collect::<Option<_>>()?)
        }
        Value::Record(id, members) => {
            let named = types.record(*id).fields.iter().zip(members.iter());
            let members = named.filter_map(|(f, m)| member(&f.name, m, types));
            Raw::Object(members.collect::<Option<_>>()?)
        }
        Value::Civil(_) | Value::SimpleCommand(_) | Value::Range(_) | Value::Patterns(_) | Value::Unknown(_) => {
            return None;
        }
    })
}

/// A member that is there; `Some(None)` where it holds a fault, so that the whole has no form.
fn member(
    name: &Arc<str>,
    member: &Result<Option<Value>, Fault>,
    types: &TypeTable,
) -> Option<Option<(Arc<str>, Raw)>> {
    match member {
        Ok(None) => None,
        Ok(Some(value)) => Some(to_raw(value, types).map(|raw| (name.clone(), raw))),
        Err(_) => Some(None),
    }
}
