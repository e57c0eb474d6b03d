//! Types of the language and the schemas that declare them.

use std::sync::Arc;

use crate::source::Span;
use crate::value::time::{self, Zone};
use crate::value::{Fault, FaultKind, PathValue, UrlValue, Value, net, text};

pub use crate::ids::{EntityTypeId, EnumId, RecordId};

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "most variants are the type of the same name in the language")]
pub enum Type {
    Bool,
    Int,
    Decimal,
    Ratio,
    Percent,
    String,
    Duration,
    Timestamp,
    TimeOfDay,
    Semver,
    Ip,
    Cidr,
    Url,
    Host,
    Path,
    Ref,
    Command,
    SimpleCommand,
    Enum(EnumId),
    Record(RecordId),
    List(Arc<Type>),
    Set(Arc<Type>),
    /// `map<string, T>`
    Map(Arc<Type>),
    Entity(EntityTypeId),
    /// `T?`
    Optional(Arc<Type>),
    /// `a..b` over an ordered type
    Range(Arc<Type>),
    /// One or more globs: the right side of `like`
    Globs,
    /// One or more regular expressions: the right side of `matches`
    Regexes,
    /// `now.in("…")`: the instant in a zone, given by its index in the policy's zones
    CivilTime,
}

impl Type {
    /// `T?`; an optional of an optional is the same optional.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) => self,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// The type without `?`.
    #[must_use]
    pub fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether it is `T?`.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Optional(_))
    }

    /// The type of the elements of a list or set.
    #[must_use]
    pub fn element(&self) -> Option<&Self> {
        match self {
            Self::List(inner) | Self::Set(inner) => Some(inner),
            _ => None,
        }
    }

    /// Whether one 64-bit word holds it and orders it: `bool int decimal ratio duration timestamp`, times of day, enums.
    #[must_use]
    pub fn is_word(&self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Int
                | Self::Decimal
                | Self::Ratio
                | Self::Duration
                | Self::Timestamp
                | Self::TimeOfDay
                | Self::Enum(_)
        )
    }

    /// Whether one text compared by bytes is the whole value: `string host ref`, entities. (A `path` is not: it compares with care for case.)
    #[must_use]
    pub fn is_symbol(&self) -> bool {
        matches!(self, Self::String | Self::Host | Self::Ref | Self::Entity(_))
    }
}

/// A field as declared: its type and what a value of it must obey on the way in.
#[derive(Clone, Debug)]
pub struct FieldType {
    /// Its type; `T?` where it may be absent.
    pub ty: Type,
    /// Least and greatest value in the type's own unit, both inclusive; full range where nothing is said.
    pub range: Option<(i64, i64)>,
    /// Least and greatest length: characters of a string, elements of a list or set.
    pub length: (u64, u64),
    /// The same for elements, where it is a list, set or map.
    pub element: Option<Arc<FieldType>>,
}

/// Greatest length of a string where nothing is declared, in characters.
pub const DEFAULT_STRING_LENGTH: u64 = 65_536;
/// Greatest number of elements where nothing is declared.
pub const DEFAULT_LIST_LENGTH: u64 = 1_000;

impl FieldType {
    /// A field of a type without further limits than the default ones.
    #[must_use]
    pub fn plain(ty: Type) -> Self {
        let length = match ty.required() {
            Type::List(_) | Type::Set(_) | Type::Map(_) => (0, DEFAULT_LIST_LENGTH),
            _ => (0, DEFAULT_STRING_LENGTH),
        };
        let element = match ty.required() {
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => Some(Arc::new(Self::plain((**inner).clone()))),
            _ => None,
        };
        Self { ty, range: None, length, element }
    }
}

/// A field of an action, record, entity or fact group.
#[derive(Clone, Debug)]
pub struct FieldDef {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub ty: FieldType,
    /// Where its value comes from; `Parameter` outside actions.
    pub origin: Origin,
    /// Its default (parameters) or start value (facts).
    pub default: Option<Value>,
    /// `///` text.
    pub doc: String,
    /// Where it is declared.
    pub span: Span,
}

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// What will be done.
    Parameter,
    /// What the agent says.
    Claimed,
    /// What the runtime saw.
    Observed,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct EnumDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// Whether its variants compare in text order.
    pub ordered: bool,
    /// Its variants.
    pub variants: Vec<Arc<str>>,
}

/// A record.
#[derive(Clone, Debug)]
pub struct RecordDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// Its fields in text order.
    pub fields: Vec<FieldDef>,
}

/// An entity type.
#[derive(Clone, Debug)]
pub struct EntityDef {
    /// Its qualified name; `Agent` for the builtin one.
    pub name: Arc<str>,
    /// Types it may lie in.
    pub parents: Vec<EntityTypeId>,
    /// Its ids, where they are closed.
    pub ids: Option<Vec<Arc<str>>>,
    /// Its attributes.
    pub fields: Vec<FieldDef>,
}

/// All declared types of a policy set, with the names people gave them.
#[derive(Clone, Debug, Default)]
pub struct TypeTable {
    /// Enums; the builtin ones first.
    pub enums: Vec<EnumDef>,
    /// Records.
    pub records: Vec<RecordDef>,
    /// Entity types; `Agent` first.
    pub entities: Vec<EntityDef>,
}

impl TypeTable {
    /// An enum.
    #[must_use]
    pub fn enum_def(&self, id: EnumId) -> &EnumDef {
        &self.enums[id.0 as usize]
    }

    /// A record.
    #[must_use]
    pub fn record(&self, id: RecordId) -> &RecordDef {
        &self.records[id.0 as usize]
    }

    /// An entity type.
    #[must_use]
    pub fn entity(&self, id: EntityTypeId) -> &EntityDef {
        &self.entities[id.0 as usize]
    }

    /// The entity type with this name, qualified or short where only one has it.
    #[must_use]
    pub fn entity_named(&self, name: &str) -> Option<EntityTypeId> {
        let short = |def: &EntityDef| def.name.rsplit('.').next() == Some(name);
        let exact = self.entities.iter().position(|e| &*e.name == name);
        let found = exact.or_else(|| {
            let mut hits = self.entities.iter().enumerate().filter(|(_, e)| short(e));
            hits.next().filter(|_| hits.next().is_none()).map(|(i, _)| i)
        });
        found.map(|i| EntityTypeId(i as u32))
    }

    /// A type as an author writes it.
    #[must_use]
    pub fn show(&self, ty: &Type) -> String {
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_string();
        match ty {
            Type::Bool => "bool".into(),
            Type::Int => "int".into(),
            Type::Decimal => "decimal".into(),
            Type::Ratio => "ratio".into(),
            Type::Percent => "percent".into(),
            Type::String => "string".into(),
            Type::Duration => "duration".into(),
            Type::Timestamp => "timestamp".into(),
            Type::TimeOfDay => "time of day".into(),
            Type::Semver => "semver".into(),
            Type::Ip => "ip".into(),
            Type::Cidr => "cidr".into(),
            Type::Url => "url".into(),
            Type::Host => "host".into(),
            Type::Path => "path".into(),
            Type::Ref => "ref".into(),
            Type::Command => "command".into(),
            Type::SimpleCommand => "simple_command".into(),
            Type::Enum(id) => last(&self.enum_def(*id).name),
            Type::Record(id) => last(&self.record(*id).name),
            Type::List(t) => format!("list<{}>", self.show(t)),
            Type::Set(t) => format!("set<{}>", self.show(t)),
            Type::Map(t) => format!("map<string, {}>", self.show(t)),
            Type::Entity(id) => last(&self.entity(*id).name),
            Type::Optional(t) => format!("{}?", self.show(t)),
            Type::Range(t) => format!("range of {}", self.show(t)),
            Type::Globs => "glob".into(),
            Type::Regexes => "regex".into(),
            Type::CivilTime => "civil time".into(),
        }
    }
}

impl text::Names for TypeTable {
    fn variant_name(&self, of: EnumId, place: u32) -> &str {
        let variants = self.enums.get(of.0 as usize).map(|def| &def.variants);
        variants.and_then(|all| all.get(place as usize)).map_or("?", |name| name)
    }

    fn entity_name(&self, of: EntityTypeId) -> &str {
        let name = self.entities.get(of.0 as usize).map_or("?", |def| &def.name);
        name.rsplit('.').next().unwrap_or(name)
    }

    fn field_name(&self, of: RecordId, place: usize) -> &str {
        let fields = self.records.get(of.0 as usize).map(|def| &def.fields);
        fields.and_then(|all| all.get(place)).map_or("?", |field| &field.name)
    }
}

/// Reads a text as a value of a type that is written as text: the one way in for literals and requests.
///
/// `zone` is the zone of a time without offset. Enums and entities are read
/// by whoever knows their names; they and all types that are not written as text are `IllTyped` here.
pub fn read_text(ty: &Type, text: &str, zone: &Zone) -> Result<Value, Fault> {
    match ty.required() {
        Type::String => Ok(Value::str(text)),
        Type::Path => PathValue::read(text).map(|path| Value::Path(Arc::new(path))),
        Type::Ref => net::read_ref(text).map(Value::Ref),
        Type::Url => UrlValue::read(text).map(|url| Value::Url(Arc::new(url))),
        Type::Host => net::read_host(text).map(Value::Host),
        Type::Ip => net::read_ip(text).map(Value::Ip),
        Type::Cidr => net::read_cidr(text).map(Value::Cidr),
        Type::Semver => read_semver(text),
        Type::Timestamp => time::timestamp(text, zone).map(Value::Timestamp),
        Type::TimeOfDay => time::read_time_of_day(text).map(Value::TimeOfDay),
        Type::Duration => time::duration(text).map(Value::Duration),
        Type::Command => crate::value::command::parse(text).map(|line| Value::Command(Arc::new(line))),
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::Ratio
        | Type::Percent
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
        | Type::CivilTime => Err(Fault::new(FaultKind::IllTyped, "this type is not written as a text")),
    }
}

fn read_semver(text: &str) -> Result<Value, Fault> {
    const GREATEST: usize = 256;
    if text.len() > GREATEST {
        return Err(Fault::new(FaultKind::TooLong, "a version has at most 256 bytes"));
    }
    let bad = |_| Fault::new(FaultKind::IllTyped, "not a version such as `1.4.0`");
    semver::Version::parse(text).map(|version| Value::Semver(Arc::new(version))).map_err(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_of_their_type() {
        for (ty, text, shown) in [
            (Type::String, " as it is ", " as it is "),
            (Type::Path, "./a//b", "a/b"),
            (Type::Ref, "refs/heads/main", "main"),
            (Type::Url, "HTTP://H.example", "http://h.example/"),
            (Type::Host, "H.example.", "h.example"),
            (Type::Ip, "::ffff:1.2.3.4", "1.2.3.4"),
            (Type::Cidr, "10.0.0.0/8", "10.0.0.0/8"),
            (Type::Semver, "1.4.0-rc.1+b", "1.4.0-rc.1+b"),
            (Type::Timestamp, "2025-11-18", "2025-11-18T00:00:00Z"),
            (Type::TimeOfDay, "09:05", "09:05"),
            (Type::Duration.optional(), "90s", "1m30s"),
        ] {
            let value = read_text(&ty, text, &Zone::utc()).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            assert_eq!(text::show(&value, &TypeTable::default()), shown);
        }
    }

    #[test]
    fn what_a_type_cannot_read_is_a_fault() {
        for (ty, text) in [
            (Type::Path, ""),
            (Type::Ref, "a b"),
            (Type::Url, "h.example"),
            (Type::Semver, "v1.4.0"),
            (Type::Semver, "1.4"),
            (Type::TimeOfDay, "24:00"),
            (Type::Int, "1"),
        ] {
            let fault = read_text(&ty, text, &Zone::utc()).expect_err(text);
            assert_eq!(fault.kind, FaultKind::IllTyped, "{text}");
        }
    }

    #[test]
    fn names_of_nothing_are_no_panic() {
        use text::Names as _;
        let none = TypeTable::default();
        assert_eq!(
            (none.variant_name(EnumId(7), 7), none.entity_name(EntityTypeId(7)), none.field_name(RecordId(7), 7)),
            ("?", "?", "?")
        );
    }
}
