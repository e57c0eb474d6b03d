//! The sugar that asks commands: `command runs "git push" with any "-f"`, `command writes outside workspace`.

use std::sync::Arc;

use super::{Env, typed};
use crate::builtin::{self, Form};
use crate::check::Checker;
use crate::check::literal::constant_expr;
use crate::check::typed::{TExpr, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Access, Expr, Touch};
use crate::types::Type;
use crate::value::pattern::PatternKind;
use crate::value::{PatternSet, Value};

impl Checker<'_> {
    /// `command runs "git push" with any "-f", "--force"`
    pub(super) fn command_runs(
        &mut self,
        expr: &Expr,
        command: &Expr,
        what: &Expr,
        with: &[Expr],
        with_all: bool,
        env: &mut Env,
    ) -> Option<TExpr> {
        let command = self.command(command, env)?;
        let words = self.words(what, env)?;
        let mut flags = Vec::new();
        for flag in with {
            flags.extend(self.words(flag, env)?);
        }
        let (any, all) = if with_all { (Vec::new(), flags) } else { (flags, Vec::new()) };
        let mut alternatives = Vec::new();
        for word in words {
            let arguments = vec![
                command.clone(),
                constant_expr(word, Type::String, what.span),
                texts(any.clone(), expr.span),
                texts(all.clone(), expr.span),
            ];
            alternatives.push(self.command_call(expr, "command_runs", arguments)?);
        }
        Some(crate::check::items::any(alternatives, expr.span))
    }

    /// `command runs only { "cargo test", "git status" }`
    pub(super) fn command_runs_only(
        &mut self,
        expr: &Expr,
        command: &Expr,
        allowed: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        let command = self.command(command, env)?;
        let words = self.words(allowed, env)?;
        let arguments = vec![command, texts(words, allowed.span)];
        self.command_call(expr, "command_runs_only", arguments)
    }

    /// `command writes outside workspace`, `command reads any sensitive`
    pub(super) fn command_touches(
        &mut self,
        expr: &Expr,
        command: &Expr,
        access: Access,
        how: Touch,
        what: &Expr,
        env: &mut Env,
    ) -> Option<TExpr> {
        let command = self.command(command, env)?;
        let (name, what) = match (access, how) {
            (Access::Reads, Touch::Outside) => ("command_reads_outside", self.root(what, env)?),
            (Access::Writes, Touch::Outside) => ("command_writes_outside", self.root(what, env)?),
            (Access::Reads, Touch::Under) => ("command_reads_under", self.root(what, env)?),
            (Access::Writes, Touch::Under) => ("command_writes_under", self.root(what, env)?),
            (Access::Reads, Touch::Any) => ("command_reads_any", self.path_patterns(what, env)?),
            (Access::Writes, Touch::Any) => ("command_writes_any", self.path_patterns(what, env)?),
        };
        self.command_call(expr, name, vec![command, what])
    }

    fn command(&mut self, expr: &Expr, env: &mut Env) -> Option<TExpr> {
        let command = self.value(expr, Some(&Type::Command), env)?;
        if command.ty != Type::Command {
            self.mismatch(expr.span, &Type::Command, &command.ty);
            return None;
        }
        Some(command)
    }

    fn root(&mut self, expr: &Expr, env: &mut Env) -> Option<TExpr> {
        let root = self.value(expr, Some(&Type::Path), env)?;
        if root.ty != Type::Path {
            self.mismatch(expr.span, &Type::Path, &root.ty);
            return None;
        }
        Some(root)
    }

    /// Texts known when the policy is compiled: one, or a set or list of them.
    fn words(&mut self, expr: &Expr, env: &mut Env) -> Option<Vec<Value>> {
        let found = self.value(expr, None, env)?;
        match (&found.kind, &found.ty) {
            (TExprKind::Const(value), Type::String) => Some(vec![value.clone()]),
            (TExprKind::Const(Value::Set(list) | Value::List(list)), Type::Set(t) | Type::List(t))
                if **t == Type::String =>
            {
                Some(list.to_vec())
            }
            _ => {
                self.report(
                    Diagnostic::new(
                        Code::PatternNotLiteral,
                        expr.span,
                        "The words of a command must be texts known here.",
                    )
                    .at("not a text, or not known when the policy is compiled")
                    .help("Write them here, such as \"git push\", or as a `const` of type `set<string>`."),
                );
                None
            }
        }
    }

    fn path_patterns(&mut self, expr: &Expr, env: &mut Env) -> Option<TExpr> {
        let found = self.value(expr, Some(&Type::Globs), env)?;
        let (TExprKind::Const(Value::Set(list)), Type::Globs) = (&found.kind, &found.ty) else {
            self.report_not_pattern(expr.span);
            return None;
        };
        let sources: Vec<Arc<str>> = list.iter().filter_map(Value::text).map(Arc::from).collect();
        match PatternSet::compile(PatternKind::PathGlob, &sources) {
            Ok(set) => Some(constant_expr(Value::Patterns(Arc::new(set)), Type::Globs, expr.span)),
            Err((_, why)) => {
                self.report(Diagnostic::new(Code::BadGlob, expr.span, "This pattern cannot be used.").at(why));
                None
            }
        }
    }

    fn command_call(&mut self, expr: &Expr, name: &str, arguments: Vec<TExpr>) -> Option<TExpr> {
        // INVARIANT: the rows are part of the table of builtins; a test looks each of them up.
        let (id, row) = builtin::find(Form::Function, name, &Type::Command)?;
        Some(TExpr { errs: row.errs, ..typed(TExprKind::Call(id, arguments), Type::Bool, expr.span) })
    }
}

/// A constant list of texts.
fn texts(values: Vec<Value>, span: Span) -> TExpr {
    constant_expr(Value::List(values.into()), Type::List(Type::String.into()), span)
}
