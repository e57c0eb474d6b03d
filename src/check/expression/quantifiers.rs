//! `any`, `all`, `count` over lists and sets: at most two deep, over at most 4,096 elements in all.

use super::{Env, Var, typed};
use crate::check::Checker;
use crate::check::canonical;
use crate::check::literal::constant_expr;
use crate::check::typed::{QuantifierKind, TExpr, TExprKind, VarId};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, ExprKind, Name, Quantifier};
use crate::types::{DEFAULT_LIST_LENGTH, Type};
use crate::value::Value;

/// Most quantifiers around each other.
const MAX_DEPTH: u32 = 2;
/// Greatest product of the bounds of quantifiers around each other.
const MAX_PRODUCT: u64 = 4_096;
/// Most simple commands of a command, from the limits of its type.
const MAX_COMMANDS: u64 = 64;

impl Checker<'_> {
    /// `any x in xs where f: c`
    pub(super) fn quantifier(&mut self, expr: &Expr, env: &mut Env) -> Option<TExpr> {
        let ExprKind::Quantifier { quantifier, variable, over, filter, body } = &expr.kind else { return None };
        let over = self.value(over, None, env)?;
        let Some(element) = over.ty.element().cloned() else {
            let shown = self.types.show(&over.ty);
            self.report(
                Diagnostic::new(Code::TypeMismatch, over.span, format!("`{shown}` has no elements to ask about."))
                    .at("a list or set must stand here"),
            );
            return None;
        };
        let (least, most) = self.lengths(&over, env);
        // What a filter leaves may be nothing, however long the list is.
        if *quantifier == Quantifier::All && (least == 0 || filter.is_some()) {
            env.reads.all_of_maybe_empty.get_or_insert(expr.span);
        }
        self.enter(expr, variable, element, most, env)?;
        let mark = env.mark();
        let filter = filter.as_ref().map(|f| self.condition(f, env));
        if let Some(Some(filter)) = &filter {
            env.learn_true(filter);
        }
        let body = match body {
            Some(body) => self.condition(body, env),
            None => Some(constant_expr(Value::Bool(true), Type::Bool, expr.span)),
        };
        env.forget(mark);
        env.vars.pop();
        env.depth -= 1;
        env.product /= most.max(1);
        let filter = match filter {
            Some(filter) => Some(Box::new(filter?)),
            None => None,
        };
        let (quantifier, ty, range) = match quantifier {
            Quantifier::Any => (QuantifierKind::Any, Type::Bool, None),
            Quantifier::All => (QuantifierKind::All, Type::Bool, None),
            Quantifier::Count => (QuantifierKind::Count, Type::Int, Some((0, most as i64))),
        };
        let kind = TExprKind::Quantified {
            quantifier,
            variable: VarId(env.depth),
            over: Box::new(over),
            filter,
            body: Box::new(body?),
        };
        Some(TExpr { range, ..typed(kind, ty, expr.span) })
    }

    /// Binds the variable and counts depth and bounds.
    fn enter(&mut self, expr: &Expr, variable: &Name, element: Type, most: u64, env: &mut Env) -> Option<()> {
        let product = env.product.saturating_mul(most.max(1));
        if env.depth + 1 > MAX_DEPTH || product > MAX_PRODUCT {
            let message = if env.depth + 1 > MAX_DEPTH {
                "Quantifiers are nested too deep.".to_string()
            } else {
                format!("This may look at {product} elements; at most {MAX_PRODUCT} are allowed.")
            };
            self.report(
                Diagnostic::new(Code::QuantifierTooDeep, expr.span, message)
                    .at(format!("at most {MAX_DEPTH} deep, over {MAX_PRODUCT} elements in all"))
                    .help("Bound the lists where they are declared, such as `list<path>[..64]`, or ask for membership in a set."),
            );
            return None;
        }
        if crate::hir::RESERVED.contains(&variable.text.as_str()) {
            self.report(
                Diagnostic::new(
                    Code::ReservedName,
                    variable.span,
                    format!("`{}` is a word of the language.", variable.text),
                )
                .at("cannot name a variable"),
            );
            return None;
        }
        if let Some(outer) = env.vars.iter().find(|v| v.name == variable.text) {
            let finding = Diagnostic::new(
                Code::ShadowedName,
                variable.span,
                format!("The variable `{}` hides another of this name.", variable.text),
            )
            .at("the inner one counts from here")
            .label(outer.span, "the outer one")
            .help("Give it another name.");
            self.report(finding);
        }
        env.vars.push(Var { name: variable.text.clone(), ty: element, id: VarId(env.depth), span: variable.span });
        env.depth += 1;
        env.product = product;
        Some(())
    }

    /// Least and greatest number of elements that a list or set can have.
    fn lengths(&self, over: &TExpr, env: &Env) -> (u64, u64) {
        let declared = match &over.kind {
            TExprKind::Const(Value::Set(list) | Value::List(list)) => (list.len() as u64, list.len() as u64),
            TExprKind::Field(name) => {
                let fields = env.actions.iter().flatten().filter_map(|a| self.actions[a.0 as usize].field(name));
                fields.fold((u64::MAX, 0), |(low, high), f| (low.min(f.ty.length.0), high.max(f.ty.length.1)))
            }
            TExprKind::Fact(group, i) => self.facts.group(*group)[*i as usize].ty.length,
            TExprKind::Flag(flag, _) => self.flags[flag.0 as usize].ty.length,
            TExprKind::RecordField(base, i) => match base.ty {
                Type::Record(id) => self.types.record(id).fields[*i as usize].ty.length,
                _ => (0, DEFAULT_LIST_LENGTH),
            },
            TExprKind::Attribute(base, i) => match base.ty {
                Type::Entity(id) => self.types.entity(id).fields[*i as usize].ty.length,
                _ => (0, DEFAULT_LIST_LENGTH),
            },
            // A command that was read has at least one simple command; an empty text is no command.
            TExprKind::Call(id, _) if crate::builtin::get(*id).name == "commands" => (1, MAX_COMMANDS),
            TExprKind::Call(_, arguments) if arguments.first().is_some_and(|a| a.ty == Type::SimpleCommand) => {
                (0, MAX_COMMANDS)
            }
            TExprKind::SetOf(parts) | TExprKind::ListOf(parts) => (1, parts.len() as u64),
            _ => (0, DEFAULT_LIST_LENGTH),
        };
        if declared.0 == 0 && env.knows(&format!("nonempty {}", canonical::text(over))) {
            return (1, declared.1);
        }
        declared
    }
}
