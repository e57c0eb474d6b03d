//! Declared types: enums, records, entities, and what a type expression means.

use std::collections::HashSet;
use std::sync::Arc;

use super::Checker;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefId, DefKind, Found};
use crate::source::Span;
use crate::syntax::ast::{self, Inclusive, ItemKind, Literal, TypeExpr};
use crate::types::{
    DEFAULT_LIST_LENGTH, EntityDef, EntityTypeId, EnumDef, EnumId, FieldDef, FieldType, Origin, RecordDef, RecordId,
    Type, TypeTable,
};

/// Greatest declared length of a string, in characters.
const MAX_STRING_LENGTH: u64 = 262_144;
/// Greatest declared number of elements.
const MAX_LIST_LENGTH: u64 = 10_000;

/// Names of simple types.
const SIMPLE: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("decimal", Type::Decimal),
    ("ratio", Type::Ratio),
    ("string", Type::String),
    ("duration", Type::Duration),
    ("timestamp", Type::Timestamp),
    ("semver", Type::Semver),
    ("ip", Type::Ip),
    ("cidr", Type::Cidr),
    ("url", Type::Url),
    ("host", Type::Host),
    ("path", Type::Path),
    ("ref", Type::Ref),
    ("command", Type::Command),
    ("simple_command", Type::SimpleCommand),
    ("glob", Type::Globs),
    ("regex", Type::Regexes),
    ("weekday", Type::Enum(EnumId::WEEKDAY)),
];

/// The types that every set has.
pub(crate) fn builtin_types() -> TypeTable {
    let variants = |names: &[&str]| names.iter().map(|n| Arc::from(*n)).collect();
    let enum_def =
        |name: &str, ordered, names: &[&str]| EnumDef { name: name.into(), ordered, variants: variants(names) };
    let kinds: Vec<&str> = crate::value::secrets::families().iter().map(|f| f.kind).collect();
    TypeTable {
        enums: vec![
            enum_def("Weekday", true, &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
            enum_def("AgentKind", false, &["machine", "person"]),
            enum_def("SecretKind", false, &kinds),
        ],
        records: Vec::new(),
        entities: vec![EntityDef { name: "Agent".into(), parents: Vec::new(), ids: None, fields: Vec::new() }],
    }
}

impl<'a> Checker<'a> {
    /// Gives every declared type its number, then reads what it holds.
    pub(super) fn declare_types(&mut self) {
        for def in self.set.def_ids() {
            let name: Arc<str> = self.set.qualified(def).into();
            match &self.set.item(def).kind {
                ItemKind::Enum(item) => {
                    let variants = self.distinct(item.variants.iter(), "variant");
                    self.type_ids.insert(def, Type::Enum(EnumId(self.types.enums.len() as u32)));
                    self.types.enums.push(EnumDef { name, ordered: item.ordered, variants });
                }
                ItemKind::Record(_) => {
                    self.type_ids.insert(def, Type::Record(RecordId(self.types.records.len() as u32)));
                    self.types.records.push(RecordDef { name, fields: Vec::new() });
                }
                ItemKind::Entity(item) => self.declare_entity(def, name, item),
                ItemKind::Package(_)
                | ItemKind::Use(_)
                | ItemKind::Action(_)
                | ItemKind::Fields(_)
                | ItemKind::Facts(_)
                | ItemKind::Const(_)
                | ItemKind::Predicate(_)
                | ItemKind::Rule(_)
                | ItemKind::Guard(_)
                | ItemKind::Relax(_)
                | ItemKind::Exception(_)
                | ItemKind::Approval(_)
                | ItemKind::Table(_)
                | ItemKind::Flag(_)
                | ItemKind::State(_)
                | ItemKind::Test(_)
                | ItemKind::Assert(_)
                | ItemKind::Unreadable => {}
            }
        }
        for def in self.set.def_ids() {
            let file = self.set.def(def).place.0;
            match (&self.set.item(def).kind, self.type_ids.get(&def).cloned()) {
                (ItemKind::Record(item), Some(Type::Record(id))) => {
                    let fields = self.fields(file, &item.fields, "record");
                    self.types.records[id.0 as usize].fields = fields;
                }
                (ItemKind::Entity(item), Some(Type::Entity(id))) => self.fill_entity(file, id, item),
                _ => {}
            }
        }
        self.refuse_recursive_records();
    }

    fn declare_entity(&mut self, def: DefId, name: Arc<str>, item: &'a ast::Entity) {
        let ids = item.ids.as_ref().map(|ids| self.distinct(ids.iter(), "id"));
        // An author's `entity Agent` says more of the builtin one.
        if item.name.text == "Agent" {
            self.type_ids.insert(def, Type::Entity(EntityTypeId::AGENT));
            return;
        }
        self.type_ids.insert(def, Type::Entity(EntityTypeId(self.types.entities.len() as u32)));
        self.types.entities.push(EntityDef { name, parents: Vec::new(), ids, fields: Vec::new() });
    }

    fn fill_entity(&mut self, file: usize, id: EntityTypeId, item: &'a ast::Entity) {
        let fields = self.fields(file, &item.fields, "entity");
        let parents = item.parents.iter().filter_map(|path| {
            let def = self.resolve(file, path, "an entity type", |d| d.kind == DefKind::Entity)?;
            match self.type_ids.get(&def) {
                Some(Type::Entity(parent)) => Some(*parent),
                _ => None,
            }
        });
        let parents: Vec<EntityTypeId> = parents.collect();
        let entity = &mut self.types.entities[id.0 as usize];
        entity.parents.extend(parents);
        entity.parents.sort();
        entity.parents.dedup();
        entity.fields.extend(fields);
    }

    /// Names as shared texts; reports repeats.
    pub(super) fn distinct<'n>(&mut self, names: impl Iterator<Item = &'n ast::Name>, what: &str) -> Vec<Arc<str>> {
        let mut seen: Vec<&ast::Name> = Vec::new();
        for name in names {
            if let Some(first) = seen.iter().find(|n| n.text == name.text) {
                self.report(
                    Diagnostic::new(
                        Code::DuplicateField,
                        name.span,
                        format!("The {what} `{}` is written twice.", name.text),
                    )
                    .at("again")
                    .label(first.span, "first here")
                    .help("Remove one of them."),
                );
            } else {
                seen.push(name);
            }
        }
        seen.into_iter().map(|n| n.text.as_str().into()).collect()
    }

    /// Reads the fields of a record, entity or fact group, in text order.
    pub(super) fn fields(&mut self, file: usize, fields: &[ast::Field], what: &str) -> Vec<FieldDef> {
        self.distinct(fields.iter().map(|f| &f.name), &format!("{what} field"));
        fields.iter().filter_map(|field| self.field(file, field)).collect()
    }

    /// Reads one field.
    pub(super) fn field(&mut self, file: usize, field: &ast::Field) -> Option<FieldDef> {
        if crate::hir::RESERVED.contains(&field.name.text.as_str()) {
            self.report(
                Diagnostic::new(
                    Code::ReservedName,
                    field.name.span,
                    format!("`{}` is a word of the language.", field.name.text),
                )
                .at("cannot name a field")
                .help("Choose another name."),
            );
        }
        let Some(mut ty) = self.field_type(file, &field.ty) else {
            self.unread.insert(field.name.text.clone());
            return None;
        };
        let origin = match field.origin {
            ast::Origin::Parameter => Origin::Parameter,
            ast::Origin::Claimed => Origin::Claimed,
            ast::Origin::Observed => Origin::Observed,
        };
        let default = match &field.default {
            Some(expr) if origin == Origin::Claimed => {
                self.report(
                    Diagnostic::new(
                        Code::ClaimDefault,
                        expr.span,
                        format!("The claim `{}` has a default.", field.name.text),
                    )
                    .at("silence would count as this")
                    .note("What an agent does not say must not be filled in with something it did not say.")
                    .help("Leave the default out; the claim is then an error value where it is missing."),
                );
                None
            }
            Some(expr) if origin == Origin::Observed => {
                self.observed_default(field, expr, &ty);
                None
            }
            Some(expr) => self.constant(file, expr, &ty),
            None => None,
        };
        if let Some(element) = ty.ty.required().element() {
            ty.element.get_or_insert_with(|| Arc::new(FieldType::plain(element.clone())));
        }
        Some(FieldDef {
            name: field.name.text.as_str().into(),
            ty,
            origin,
            default,
            doc: field.docs.join("\n"),
            span: field.name.span,
        })
    }

    /// What nobody saw is no value: a default of an observed field would never be taken.
    fn observed_default(&mut self, field: &ast::Field, default: &ast::Expr, ty: &FieldType) {
        let (name, value) = (&field.name.text, self.sources.text(default.span));
        let mut optional = self.sources.text(field.ty.span).trim_end().to_owned();
        if !ty.ty.is_optional() {
            optional.push('?');
        }
        let help = format!("Write `{name}: {optional}`, and `{name} ?? {value}` where it is read.");
        self.report(
            Diagnostic::new(
                Code::ObservedDefault,
                default.span,
                format!("The observed field `{name}` has a default."),
            )
            .at("never taken")
            .note("The host says what it has seen. What it does not say is an error, so that nothing decides by a guess.")
            .help(help),
        );
    }

    /// What a type expression means, with its range and bounds.
    pub(super) fn field_type(&mut self, file: usize, expr: &TypeExpr) -> Option<FieldType> {
        let name = expr.name.text();
        let mut arguments = Vec::new();
        for argument in &expr.arguments {
            arguments.push(Arc::new(self.field_type(file, argument)?));
        }
        let ty = match (name.as_str(), arguments.as_slice()) {
            ("list", [element]) => Type::List(Arc::new(element.ty.clone())),
            ("set", [element]) if matches!(element.ty, Type::Globs | Type::Regexes) => element.ty.clone(),
            ("set", [element]) => Type::Set(Arc::new(element.ty.clone())),
            ("map", [key, element]) if key.ty == Type::String => Type::Map(Arc::new(element.ty.clone())),
            ("list" | "set" | "map", _) => {
                self.report(
                    Diagnostic::new(Code::UnknownType, expr.span, format!("`{name}` needs the type of its elements."))
                        .at("incomplete")
                        .help("Write `list<path>`, `set<Role>` or `map<string, int>`."),
                );
                return None;
            }
            (_, []) => self.simple_type(file, expr)?,
            _ => {
                self.report(
                    Diagnostic::new(Code::UnknownType, expr.span, format!("`{name}` takes no types in `< >`."))
                        .at("only list, set and map do"),
                );
                return None;
            }
        };
        if arguments.iter().any(|a| a.ty.is_optional()) {
            self.report(
                Diagnostic::new(Code::BadBound, expr.span, "Elements cannot be optional.")
                    .at("`?` inside `< >`")
                    .help("An element that is not there is simply not in the list."),
            );
            return None;
        }
        let mut field = FieldType::plain(ty);
        field.element = arguments.pop().or(field.element);
        // A wrong bound or range is one finding; the field is known nevertheless.
        let _: (Option<()>, Option<()>) = (self.apply_bound(expr, &mut field), self.apply_range(expr, &mut field));
        if expr.optional {
            field.ty = field.ty.optional();
        }
        Some(field)
    }

    fn simple_type(&mut self, file: usize, expr: &TypeExpr) -> Option<Type> {
        let name = expr.name.text();
        if let Some((_, ty)) = SIMPLE.iter().find(|(n, _)| *n == name) {
            return Some(ty.clone());
        }
        if name == "Agent" && !matches!(self.set.lookup(file, "Agent"), Found::One(_)) {
            return Some(Type::Entity(EntityTypeId::AGENT));
        }
        match self.set.lookup_path(file, &expr.name) {
            Found::One(def) if self.type_ids.contains_key(&def) => {
                self.mentioned.insert(def);
                self.type_ids.get(&def).cloned()
            }
            Found::Many(defs) => {
                self.report_ambiguous(&name, expr.name.span, &defs);
                None
            }
            Found::One(_) | Found::None => {
                let sight: Vec<&str> = self.types_in_sight(file);
                let near = nearest(&name, SIMPLE.iter().map(|(n, _)| *n).chain(["list", "set", "map"]).chain(sight));
                let finding = Diagnostic::new(Code::UnknownType, expr.name.span, format!("There is no type `{name}`."))
                    .at("not a type");
                self.report(match near {
                    Some(near) => finding.help(format!("Write `{near}`.")),
                    None => finding.help("Declare it with `enum`, `record` or `entity`, or bring it with `use`."),
                });
                None
            }
        }
    }

    fn types_in_sight(&self, file: usize) -> Vec<&'a str> {
        let set = self.set;
        let names = set.names_in_sight(file).into_iter();
        names
            .filter(|n| match set.lookup(file, n) {
                Found::One(def) => self.type_ids.contains_key(&def),
                Found::Many(_) | Found::None => false,
            })
            .collect()
    }

    /// `[..4096]`, `[1..10]`
    fn apply_bound(&mut self, expr: &TypeExpr, field: &mut FieldType) -> Option<()> {
        let Some((low, high)) = expr.bound else { return Some(()) };
        let most = match field.ty {
            Type::String => MAX_STRING_LENGTH,
            Type::List(_) | Type::Set(_) | Type::Map(_) => MAX_LIST_LENGTH,
            _ => {
                let shown = self.types.show(&field.ty);
                self.report(
                    Diagnostic::new(Code::BadBound, expr.span, format!("`{shown}` has no length to bound."))
                        .at("only strings, lists, sets and maps have one")
                        .help("A range of numbers is written without brackets: `int 0..10`."),
                );
                return None;
            }
        };
        if low > high || high > most {
            self.report(
                Diagnostic::new(Code::BadBound, expr.span, format!("The bound [{low}..{high}] cannot be kept."))
                    .at(if low > high { "empty".into() } else { format!("at most {most}") })
                    .help(format!("Write a bound up to {most}; without one it is {DEFAULT_LIST_LENGTH} elements or 65536 characters.")),
            );
            return None;
        }
        field.length = (low, high);
        Some(())
    }

    /// `0..10`, `>= 0.00`, `< 5`
    fn apply_range(&mut self, expr: &TypeExpr, field: &mut FieldType) -> Option<()> {
        let Some(range) = &expr.range else { return Some(()) };
        let ty = field.ty.clone();
        let full = match ty {
            Type::Int | Type::Decimal | Type::Duration => (i64::MIN, i64::MAX),
            Type::Ratio => (0, 1_000_000_000),
            _ => {
                let shown = self.types.show(&ty);
                self.report(
                    Diagnostic::new(Code::BadRange, range.span, format!("`{shown}` has no range."))
                        .at("only int, decimal, ratio and duration have one"),
                );
                return None;
            }
        };
        let low = match &range.low {
            Some((literal, inclusive)) => {
                self.range_end(literal, range.span, &ty)? + i64::from(*inclusive == Inclusive::No)
            }
            None => full.0,
        };
        let high = match &range.high {
            Some((literal, inclusive)) => {
                self.range_end(literal, range.span, &ty)? - i64::from(*inclusive == Inclusive::No)
            }
            None => full.1,
        };
        if low > high {
            self.report(
                Diagnostic::new(Code::BadRange, range.span, "No value lies in this range.")
                    .at("empty")
                    .help("Write the smaller end first."),
            );
            return None;
        }
        field.range = Some((low.max(full.0), high.min(full.1)));
        Some(())
    }

    fn range_end(&mut self, literal: &Literal, span: Span, ty: &Type) -> Option<i64> {
        let value = self.literal(literal, span, Some(ty))?;
        match &value.kind {
            super::typed::TExprKind::Const(v) if value.ty == *ty => {
                v.word().filter(|w| *w != i64::MIN && *w != i64::MAX)
            }
            _ => {
                let shown = self.types.show(ty);
                self.report(
                    Diagnostic::new(Code::BadRange, span, format!("The ends of this range must be of type `{shown}`."))
                        .at("another type"),
                );
                None
            }
        }
    }

    /// A record that holds itself has no end. Each record is walked once, without recursion.
    fn refuse_recursive_records(&mut self) {
        let mut done: HashSet<RecordId> = HashSet::new();
        for def in self.set.def_ids() {
            let Some(Type::Record(start)) = self.type_ids.get(&def).cloned() else { continue };
            // The records that hold each other down to the one in hand, each with those it still has to look into.
            let mut path: Vec<(RecordId, Vec<RecordId>)> = Vec::new();
            let mut on_path: HashSet<RecordId> = HashSet::new();
            let mut next = (!done.contains(&start)).then_some(start);
            loop {
                if let Some(id) = next.take() {
                    on_path.insert(id);
                    path.push((id, self.records_in(id)));
                }
                let Some((id, inner)) = path.last_mut() else { break };
                match inner.pop() {
                    Some(held) if on_path.contains(&held) => {
                        // One finding a circle: the others of it need nothing else.
                        self.report_endless(held);
                        done.insert(held);
                    }
                    Some(held) if done.contains(&held) => {}
                    Some(held) => next = Some(held),
                    None => {
                        let id = *id;
                        on_path.remove(&id);
                        done.insert(id);
                        path.pop();
                    }
                }
            }
        }
    }

    fn report_endless(&mut self, record: RecordId) {
        let Some((def, _)) = self.type_ids.iter().find(|(_, ty)| **ty == Type::Record(record)) else { return };
        let (span, name) = (self.set.def(*def).span, self.set.def(*def).name.clone());
        self.report(
            Diagnostic::new(Code::RecursiveDefinition, span, format!("The record `{name}` holds itself."))
                .at("no value of it could be finite")
                .help("Hold an id, or an entity, in place of the record."),
        );
    }

    fn records_in(&self, id: RecordId) -> Vec<RecordId> {
        fn inner(ty: &Type) -> Option<RecordId> {
            match ty {
                Type::Record(id) => Some(*id),
                Type::List(t) | Type::Set(t) | Type::Map(t) | Type::Optional(t) => inner(t),
                _ => None,
            }
        }
        self.types.record(id).fields.iter().filter_map(|f| inner(&f.ty.ty)).collect()
    }
}
