//! What obligations name: fields to mask, actions to do instead, workflows to start.

use std::sync::Arc;

use super::Checker;
use super::expression::Env;
use super::items::Place;
use super::typed::{ActionId, Duty, Scope};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::DefKind;
use crate::source::Span;
use crate::syntax::ast::{self, StateKind};

impl Checker<'_> {
    pub(super) fn redacted(&mut self, field: &ast::Name, scope: &Scope) -> Option<Duty> {
        let fields = scope.actions.iter().flat_map(|a| self.actions[a.0 as usize].fields.iter());
        let names: Vec<&str> = fields.map(|f| &*f.name).collect();
        if names.contains(&field.text.as_str()) || (names.is_empty() && scope.undeclared.is_some()) {
            return Some(Duty::Redact(field.text.as_str().into()));
        }
        let near = nearest(&field.text, names).map(str::to_string);
        let finding =
            Diagnostic::new(Code::RedactTarget, field.span, format!("No action here has a field `{}`.", field.text))
                .at("nothing to mask");
        self.report(match near {
            Some(near) => finding.help(format!("Write `redact {near}`.")),
            None => finding.help("Name a field of the action."),
        });
        None
    }

    pub(super) fn instead(&mut self, place: Place<'_>, path: &ast::Path, black: bool) -> Option<Duty> {
        if !black {
            self.report(
                Diagnostic::new(
                    Code::InsteadNotBlack,
                    path.span,
                    "This item is never black, so nothing is done instead.",
                )
                .at("used only where the result is black")
                .help("Remove the `instead`, or make the item black."),
            );
        }
        let name = path.text();
        let found = self.action_names.find(&name).map(|place| ActionId(place as u32));
        let Some(action) = found.filter(|action| self.sees(place.package, *action)) else {
            let near = nearest(&name, self.visible_names(place.package)).map(str::to_string);
            let finding = Diagnostic::new(Code::InsteadTarget, path.span, format!("No action `{name}` is declared."))
                .at("not declared by this package or one it uses");
            self.report(match near {
                Some(near) => finding.help(format!("Write `instead {near}`.")),
                None => finding,
            });
            return None;
        };
        let needs = self.actions[action.0 as usize]
            .fields
            .iter()
            .find(|f| f.origin == crate::types::Origin::Parameter && !f.ty.ty.is_optional() && f.default.is_none());
        if let Some(needs) = needs {
            let (field, span) = (needs.name.clone(), needs.span);
            self.report(
                Diagnostic::new(
                    Code::InsteadTarget,
                    path.span,
                    format!("`{name}` needs `{field}`, which nobody gives."),
                )
                .at("an action without parameters must stand here")
                .label(span, "required"),
            );
            return None;
        }
        Some(Duty::Instead(action))
    }

    pub(super) fn run(
        &mut self,
        path: &ast::Path,
        arguments: &[(ast::Name, ast::Expr)],
        env: &mut Env,
    ) -> Option<Duty> {
        let wanted = |d: &crate::hir::Def| d.kind == DefKind::State(StateKind::Workflow);
        let def = self.resolve(env.file, path, super::WORKFLOW, wanted)?;
        let inputs = self.runtime.inputs.get(&def).cloned().unwrap_or_default();
        self.distinct(arguments.iter().map(|(n, _)| n), "input");
        let mut typed_arguments = Vec::new();
        for (name, value) in arguments {
            let Some(input) = inputs.iter().find(|f| *f.name == name.text) else {
                self.report_inputs(path, name.span, &format!("takes no `{}`", name.text), &inputs);
                return None;
            };
            let found = self.value(value, Some(&input.ty.ty), env)?;
            if found.ty != *input.ty.ty.required() {
                self.mismatch(value.span, &input.ty.ty, &found.ty);
                return None;
            }
            typed_arguments.push((Arc::from(name.text.as_str()), found));
        }
        let needed = |f: &&crate::types::FieldDef| !f.ty.ty.is_optional() && f.default.is_none();
        let given = |f: &&crate::types::FieldDef| arguments.iter().any(|(n, _)| *n.text == *f.name);
        if let Some(missing) = inputs.iter().filter(needed).find(|f| !given(f)) {
            self.report_inputs(path, path.span, &format!("needs `{}`", missing.name), &inputs);
            return None;
        }
        Some(Duty::Run { workflow: self.set.qualified(def).into(), arguments: typed_arguments })
    }

    fn report_inputs(&mut self, path: &ast::Path, at: Span, what: &str, inputs: &[crate::types::FieldDef]) {
        let named: Vec<&str> = inputs.iter().map(|f| &*f.name).collect();
        let finding = Diagnostic::new(Code::RunTarget, at, format!("The workflow `{}` {what}.", path.text()))
            .at("other inputs than it has");
        self.report(if named.is_empty() {
            finding.help("It has no inputs.")
        } else {
            finding.help(format!("Its inputs are {}.", named.join(", ")))
        });
    }
}
