//! Tables: a matrix as one rule a cell. A missing cell is an error, so nothing falls through unseen.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Checker;
use super::expression::{Env, typed};
use super::items::{Draft, Place, all};
use super::literal::constant_expr;
use super::scope::Reach;
use super::typed::{ActionId, Branch, Comparison, ItemBody, ItemKind, Scope, TExpr, TExprKind};
use crate::decision::Tier;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Patterns};
use crate::types::{EnumId, Type};
use crate::value::Value;

/// What a row is about: its name, the actions, and a condition where rows are values.
struct Row<'t> {
    label: Arc<str>,
    scope: Scope,
    when: Option<TExpr>,
    row: &'t ast::TableRow,
}

impl Checker<'_> {
    pub(super) fn table(&mut self, place: Place<'_>, table: &ast::Table) -> Vec<Draft> {
        self.table_cells(place, table).unwrap_or_default()
    }

    fn table_cells(&mut self, place: Place<'_>, table: &ast::Table) -> Option<Vec<Draft>> {
        let head = &table.head;
        let scope = self.scope(place.package, &head.on, Reach::Declared, "table")?;
        let mut env = Env::of_scope(place.file, &scope);
        let base = self.base_condition(head, &mut env)?;
        let across = self.value(&table.across, None, &mut env)?;
        let columns = self.columns(table, &across)?;
        let rows = self.rows(place, table, &scope, &mut env)?;
        self.refuse_in_rules(head, &env.reads, "table");
        let strict = table.rows.iter().flat_map(|r| &r.cells).any(|(t, _)| *t >= Tier::Red);
        if strict && head.because.is_none() {
            self.because_missing(head, "A table with red or black cells says why.");
        }
        let because = head.because.as_ref().map(|text| self.text(text, &mut env));
        let mut out = Vec::new();
        for row in rows {
            for ((tier, span), (column, variant)) in row.row.cells.iter().zip(&columns) {
                let mut parts = base.clone();
                parts.extend(row.when.clone());
                parts.push(equals(&across, variant.clone(), *span));
                let when = all(parts, *span);
                let branch = Branch { when, tier: *tier, because: because.clone(), code: None, span: *span };
                let body = ItemBody::Rule { branches: vec![branch], relaxable: false };
                let mut draft = self.draft(place, head, ItemKind::Rule, row.scope.clone(), body);
                draft.item.code =
                    head.code.as_ref().map_or_else(|| draft.item.name.clone(), |c| c.text.as_str().into());
                draft.item.name = format!("{}[{}, {column}]", draft.item.name, row.label).into();
                draft.item.span = *span;
                out.push(draft);
            }
        }
        Some(out)
    }

    /// The enum's variants, each once, in the order of the table.
    fn columns(&mut self, table: &ast::Table, across: &TExpr) -> Option<Vec<(Arc<str>, Value)>> {
        let Type::Enum(id) = across.ty else {
            let shown = self.types.show(&across.ty);
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    across.span,
                    format!("The columns of a table are an enum, not a {shown}."),
                )
                .at("not an enum"),
            );
            return None;
        };
        self.distinct(table.columns.iter(), "column");
        let span = table.head.name.span;
        self.variants_named(id, table.columns.iter().map(|c| (c.text.as_str(), c.span)), span, "column")
    }

    /// Values of an enum by their names; one left out is a missing part of the table.
    fn variants_named<'n>(
        &mut self,
        id: EnumId,
        names: impl Iterator<Item = (&'n str, Span)>,
        span: Span,
        what: &str,
    ) -> Option<Vec<(Arc<str>, Value)>> {
        let mut out = Vec::new();
        let mut fine = true;
        for (text, at) in names {
            let name = ast::Name { text: text.to_string(), span: at };
            match self.type_member(&Type::Enum(id), &name, at).map(|m| m.kind) {
                Some(TExprKind::Const(value)) => out.push((Arc::from(text), value)),
                Some(_) | None => fine = false,
            }
        }
        let missing: Vec<String> = self
            .types
            .enum_def(id)
            .variants
            .iter()
            .filter(|v| !out.iter().any(|(n, _)| n == *v))
            .map(|v| v.to_string())
            .collect();
        if fine && !missing.is_empty() {
            self.report(
                Diagnostic::new(
                    Code::TableIncomplete,
                    span,
                    format!("The table has no {what} for {}.", missing.join(", ")),
                )
                .at("not complete")
                .note("A cell that is missing would fall through to the default unseen.")
                .help(format!("Add a {what} for each variant.")),
            );
            return None;
        }
        fine.then_some(out)
    }

    fn rows<'t>(
        &mut self,
        place: Place<'_>,
        table: &'t ast::Table,
        scope: &Scope,
        env: &mut Env,
    ) -> Option<Vec<Row<'t>>> {
        let width = table.columns.len();
        let mut fine = true;
        for row in &table.rows {
            if row.cells.len() != width {
                self.report(
                    Diagnostic::new(
                        Code::TableIncomplete,
                        row.span,
                        format!("This row has {} cells, the table {width} columns.", row.cells.len()),
                    )
                    .at(if row.cells.len() < width { "cells are missing" } else { "too many cells" })
                    .help("Write one tier for each column."),
                );
                fine = false;
            }
        }
        let rows = match &table.rows_of {
            Some(of) => self.value_rows(table, of, scope, env),
            None => self.action_rows(place, table, scope),
        };
        rows.filter(|_| fine)
    }

    fn value_rows<'t>(
        &mut self,
        table: &'t ast::Table,
        of: &ast::Expr,
        scope: &Scope,
        env: &mut Env,
    ) -> Option<Vec<Row<'t>>> {
        let of = self.value(of, None, env)?;
        let Type::Enum(id) = of.ty else {
            let shown = self.types.show(&of.ty);
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    of.span,
                    format!("The rows of a table are actions or an enum, not a {shown}."),
                )
                .at("not an enum"),
            );
            return None;
        };
        let labels: Vec<ast::Name> =
            table.rows.iter().map(|r| ast::Name { text: r.label.text.clone(), span: r.label.span }).collect();
        self.distinct(labels.iter(), "row");
        let names = table.rows.iter().map(|r| (r.label.text.as_str(), r.label.span));
        let values = self.variants_named(id, names, table.head.name.span, "row")?;
        let rows = table.rows.iter().zip(values).map(|(row, (label, value))| {
            let when = Some(equals(&of, value, row.label.span));
            Row { label, scope: scope.clone(), when, row }
        });
        Some(rows.collect())
    }

    fn action_rows<'t>(&mut self, place: Place<'_>, table: &'t ast::Table, scope: &Scope) -> Option<Vec<Row<'t>>> {
        let mut covered: BTreeSet<ActionId> = BTreeSet::new();
        let mut out = Vec::new();
        for row in &table.rows {
            let on = Patterns { any_action: false, list: vec![row.label.clone()], span: row.label.span };
            let mut of_row = self.scope(place.package, &on, Reach::Declared, "row")?;
            of_row.actions.retain(|a| scope.actions.contains(a));
            if of_row.actions.is_empty() {
                self.report(
                    Diagnostic::new(
                        Code::TableIncomplete,
                        row.label.span,
                        format!("The table is not about `{}`.", row.label.text),
                    )
                    .at("not among the actions behind `on`")
                    .help("Add it behind `on`, or remove the row."),
                );
                return None;
            }
            if let Some(twice) = of_row.actions.iter().find(|a| covered.contains(a)) {
                let name = self.actions[twice.0 as usize].name.clone();
                self.report(
                    Diagnostic::new(Code::DuplicateField, row.label.span, format!("`{name}` has a row already."))
                        .at("a second row for it")
                        .note("A table says one tier for each cell.")
                        .help("Remove one of them."),
                );
                return None;
            }
            covered.extend(&of_row.actions);
            out.push(Row { label: row.label.text.as_str().into(), scope: of_row, when: None, row });
        }
        let missing: Vec<String> = scope
            .actions
            .iter()
            .filter(|a| !covered.contains(a))
            .map(|a| self.actions[a.0 as usize].name.to_string())
            .collect();
        if !missing.is_empty() {
            self.report(
                Diagnostic::new(
                    Code::TableIncomplete,
                    table.head.name.span,
                    format!("The table has no row for {}.", missing.join(", ")),
                )
                .at("not complete")
                .note("A cell that is missing would fall through to the default unseen.")
                .help("Add the rows, or narrow `on`."),
            );
            return None;
        }
        Some(out)
    }
}

/// `of == value`
fn equals(of: &TExpr, value: Value, span: Span) -> TExpr {
    let value = constant_expr(value, of.ty.clone(), span);
    typed(TExprKind::Compare(Comparison::Equal, Box::new(of.clone()), Box::new(value)), Type::Bool, span)
}
