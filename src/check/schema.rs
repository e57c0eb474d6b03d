//! What a request and a snapshot hold: facts, flags, actions and their fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use super::scope::Reach;
use super::typed::{ActionDef, ActionId, FlagDef, FlagId};
use crate::action_name::SortedNames;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefKind, PackageId};
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind};
use crate::types::{EnumId, FieldDef, FieldType, Origin, Type};
use crate::value::Value;

/// Severities of an action's outcome, from `language.md`.
const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

impl Checker<'_> {
    /// Reads all `facts` items; `agent.id` and `agent.kind` are always there.
    pub(super) fn declare_facts(&mut self) {
        let builtin = |name: &str, ty, default| FieldDef {
            name: name.into(),
            ty: FieldType::plain(ty),
            origin: Origin::Parameter,
            default,
            doc: String::new(),
            span: Span::default(),
        };
        let machine = Value::Enum(EnumId::AGENT_KIND, 0);
        self.facts.agent.push(builtin("id", Type::String, None));
        self.facts.agent.push(builtin("kind", Type::Enum(EnumId::AGENT_KIND), Some(machine)));
        for f in 0..self.set.files.len() {
            let set = self.set;
            for item in &set.files[f].items {
                let ItemKind::Facts(facts) = &item.kind else { continue };
                let fields = self.fields(f, &facts.fields, "fact");
                match facts.group.text.as_str() {
                    "agent" => self.merge_facts(fields, |c| &mut c.facts.agent),
                    "session" => self.merge_facts(fields, |c| &mut c.facts.session),
                    "env" => self.merge_facts(fields, |c| &mut c.facts.env),
                    other => {
                        let near = nearest(other, ["agent", "session", "env"]).unwrap_or("env");
                        self.report(
                            Diagnostic::new(
                                Code::UnknownFactGroup,
                                facts.group.span,
                                format!("There are no `{other}` facts."),
                            )
                            .at("facts are of `agent`, `session` or `env`")
                            .help(format!("Write `facts {near} {{ … }}`.")),
                        );
                    }
                }
            }
        }
    }

    fn merge_facts(&mut self, fields: Vec<FieldDef>, group: impl Fn(&mut Self) -> &mut Vec<FieldDef>) {
        for field in fields {
            match group(self).iter().find(|f| f.name == field.name).cloned() {
                None => group(self).push(field),
                Some(first) if agree(&first, &field) => {}
                Some(first) => self.report_conflict("facts", &first, &field),
            }
        }
    }

    fn report_conflict(&mut self, of: &str, first: &FieldDef, second: &FieldDef) {
        let mut finding = Diagnostic::new(
            Code::SchemaConflict,
            second.span,
            format!("`{}` of {of} is declared in two ways.", second.name),
        )
        .at("declared otherwise here")
        .note("Schemas that meet must agree in type, origin, range and default.");
        finding = if first.span == Span::default() {
            finding.note(format!("`{}` belongs to the language: every agent has it.", first.name))
        } else {
            finding.label(first.span, "declared here")
        };
        self.report(finding.help("Declare it once, in the package that both use."));
    }

    /// Reads all flags.
    pub(super) fn declare_flags(&mut self) {
        for def in self.set.def_ids() {
            let file = self.set.def(def).place.0;
            let set = self.set;
            let ItemKind::Flag(flag) = &set.item(def).kind else { continue };
            let Some(flag_def) = self.flag(file, set.qualified(def).into(), flag) else { continue };
            self.flag_ids.insert(def, FlagId(self.flags.len() as u32));
            let rules = self.flag_rules(file, flag, &flag_def);
            self.flags.push(flag_def);
            self.state.flags.push(rules);
        }
    }

    fn flag(&mut self, file: usize, name: Arc<str>, flag: &ast::Flag) -> Option<FlagDef> {
        let ty = self.field_type(file, &flag.ty)?;
        let mut keys = Vec::new();
        for key in &flag.keys {
            let key_type = self.field_type(file, key)?.ty;
            if !matches!(key_type, Type::String | Type::Enum(_) | Type::Entity(_) | Type::Ref | Type::Host) {
                let shown = self.types.show(&key_type);
                self.report(
                    Diagnostic::new(Code::TypeMismatch, key.span, format!("A flag cannot be kept for each {shown}."))
                        .at("not a key")
                        .help("Keys are strings, enums, entities, refs or hosts."),
                );
                return None;
            }
            keys.push(key_type);
        }
        let default = match &flag.default {
            Some(expr) => Some(self.constant(file, expr, &ty)?),
            None => None,
        };
        let Some(strict) = &flag.strict else {
            self.report(
                Diagnostic::new(
                    Code::WeakFlag,
                    flag.name.span,
                    format!("The flag `{}` names no strict value.", flag.name.text),
                )
                .at("which value is the safe one?")
                .note("Scopes combine so that the strict value anywhere wins, and expiry may only move towards it.")
                .help("Add `strict false` (or the value that stops things) behind its start value."),
            );
            return None;
        };
        let strict = self.constant(file, strict, &ty)?;
        Some(FlagDef { name, keys, ty, default, strict, span: flag.name.span })
    }

    /// Reads all `action` items, then what `fields` items add.
    pub(super) fn declare_actions(&mut self) {
        let mut places: BTreeMap<String, ActionDef> = BTreeMap::new();
        let mut aliases: BTreeMap<String, (String, Span)> = BTreeMap::new();
        for f in 0..self.set.files.len() {
            let set = self.set;
            for item in &set.files[f].items {
                if let ItemKind::Action(action) = &item.kind {
                    self.action_item(f, item, action, &mut places, &mut aliases);
                }
            }
        }
        for (alias, (_, span)) in &aliases {
            if let Some(action) = places.get(alias) {
                let finding = self.duplicate_action(alias, *span, action.span);
                self.report(finding);
            }
        }
        self.actions = places.into_values().collect();
        self.action_names = SortedNames::new(self.actions.iter().map(|action| action.name.clone()));
        let packages = self.actions.iter().filter_map(|action| self.set.find_package(&action.package));
        self.action_packages = packages.collect();
        let numbered = aliases.into_iter().filter_map(|(alias, (name, _))| {
            let i = self.actions.binary_search_by(|a| (*a.name).cmp(name.as_str())).ok()?;
            Some((Arc::from(alias), ActionId(i as u32)))
        });
        self.aliases = numbered.collect();
        self.alias_names = SortedNames::new(self.aliases.iter().map(|(alias, _)| alias.clone()));
        self.add_fields();
        for action in &mut self.actions {
            action.fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }

    fn action_item(
        &mut self,
        file: usize,
        item: &ast::Item,
        action: &ast::Action,
        places: &mut BTreeMap<String, ActionDef>,
        aliases: &mut BTreeMap<String, (String, Span)>,
    ) {
        let package = self.set.package_of(file);
        let fields = self.fields(file, &action.fields, "action");
        let severity = self.severity(action.severity.as_ref());
        if action.aliases.len() > action.names.len() {
            let extra = &action.aliases[action.names.len()];
            self.report(
                Diagnostic::new(
                    Code::UnknownAction,
                    extra.span,
                    format!("The alias `{}` belongs to no action.", extra.text()),
                )
                .at("one alias too many")
                .help("The first alias belongs to the first action of the list, and so on."),
            );
        }
        for (i, path) in action.names.iter().enumerate() {
            let name = path.text();
            if let Some(first) = places.get(&name) {
                let finding = self.duplicate_action(&name, path.span, first.span);
                self.report(finding);
                continue;
            }
            if let Some(alias) = action.aliases.get(i) {
                if let Some((_, first)) = aliases.get(&alias.text()) {
                    let finding = self.duplicate_action(&alias.text(), alias.span, *first);
                    self.report(finding);
                }
                aliases.insert(alias.text(), (name.clone(), alias.span));
            }
            let def = ActionDef {
                name: name.as_str().into(),
                package: self.set.package(package).name.as_str().into(),
                fields: fields.clone(),
                severity: severity.clone(),
                doc: item.docs.join("\n"),
                span: path.span,
            };
            places.insert(name, def);
        }
    }

    fn duplicate_action(&self, name: &str, span: Span, first: Span) -> Diagnostic {
        Diagnostic::new(Code::DuplicateAction, span, format!("The action `{name}` is declared twice."))
            .at("again")
            .label(first, "first here")
            .help("Declare it once; add fields with `fields on`.")
    }

    fn severity(&mut self, word: Option<&ast::Name>) -> Arc<str> {
        let Some(word) = word else { return "medium".into() };
        if !SEVERITIES.contains(&word.text.as_str()) {
            let near = nearest(&word.text, SEVERITIES).unwrap_or("medium");
            self.report(
                Diagnostic::new(Code::UnknownVariant, word.span, format!("There is no severity `{}`.", word.text))
                    .at("low, medium, high or critical")
                    .help(format!("Write `severity {near}`.")),
            );
        }
        word.text.as_str().into()
    }

    /// Adds what `fields on <patterns>` declares to every action matched.
    fn add_fields(&mut self) {
        for f in 0..self.set.files.len() {
            let set = self.set;
            for item in &set.files[f].items {
                let ItemKind::Fields(decl) = &item.kind else { continue };
                let fields = self.fields(f, &decl.fields, "action");
                if decl.on.any_action {
                    self.refuse_decisive_fields(&fields);
                }
                let package: PackageId = set.package_of(f);
                let Some(scope) = self.scope(package, &decl.on, Reach::Open, "fields item") else { continue };
                if decl.on.any_action {
                    for field in &fields {
                        if self.undeclared.field(&field.name).is_none() {
                            self.undeclared.fields.push(field.clone());
                            self.undeclared.fields.sort_by(|a, b| a.name.cmp(&b.name));
                        }
                    }
                }
                for action in scope.actions {
                    for field in &fields {
                        self.add_field(action, field);
                    }
                }
            }
        }
    }

    /// `fields on any action` may declare optional claims and facts only.
    fn refuse_decisive_fields(&mut self, fields: &[FieldDef]) {
        for field in fields {
            let fine = match field.origin {
                Origin::Parameter => false,
                Origin::Claimed => field.ty.ty.is_optional(),
                Origin::Observed => true,
            };
            if !fine {
                self.report(
                    Diagnostic::new(
                        Code::AnyActionNotAllowed,
                        field.span,
                        format!("`{}` cannot be a field of any action.", field.name),
                    )
                    .at("a parameter or required claim")
                    .help("On any action only optional claims (`claimed x: T?`) and observed fields can be declared."),
                );
            }
        }
    }

    fn add_field(&mut self, action: ActionId, field: &FieldDef) {
        let def = &mut self.actions[action.0 as usize];
        match def.fields.iter().find(|f| f.name == field.name).cloned() {
            None => def.fields.push(field.clone()),
            Some(first) if agree(&first, field) => {}
            Some(first) => {
                let of = format!("`{}`", self.actions[action.0 as usize].name);
                self.report_conflict(&of, &first, field);
            }
        }
    }

    /// Whether a name is that of a flag in sight of a file.
    pub(super) fn flag_in_sight(&mut self, file: usize, path: &ast::Path) -> Option<FlagId> {
        let def = self.resolve(file, path, "a flag", |d| d.kind == DefKind::Flag)?;
        self.flag_ids.get(&def).copied()
    }
}

/// Whether two declarations of a field say the same.
fn agree(a: &FieldDef, b: &FieldDef) -> bool {
    let same_default = match (&a.default, &b.default) {
        (Some(x), Some(y)) => x.same(y),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    a.origin == b.origin && same_default && agree_types(&a.ty, &b.ty)
}

fn agree_types(a: &FieldType, b: &FieldType) -> bool {
    let elements = match (&a.element, &b.element) {
        (Some(x), Some(y)) => agree_types(x, y),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    a.ty == b.ty && a.range == b.range && a.length == b.length && elements
}
