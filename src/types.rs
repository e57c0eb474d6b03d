//! Types of the language and the schemas that declare them.

use std::sync::Arc;

use crate::source::Span;
use crate::value::Value;

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
