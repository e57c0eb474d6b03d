//! How flags may be set: by whom, for what, and which value counts where several are.

use super::super::Checker;
use super::super::expression::Env;
use super::super::typed::state::{FlagMerge, FlagRules};
use super::super::typed::{FactGroup, FlagDef, Scope, TExprKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast;
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    /// What a flag says of its setting.
    pub(in crate::check) fn flag_rules(&mut self, file: usize, flag: &ast::Flag, def: &FlagDef) -> FlagRules {
        let changed_by = flag.changed_by.as_ref().and_then(|by| self.principals(file, by));
        let mut scoped_by = Vec::new();
        for expr in &flag.scoped_by {
            let mut env = Env::of_scope(file, &Scope::default());
            let Some(found) = self.value(expr, None, &mut env) else { continue };
            match found.kind {
                TExprKind::Fact(group, place) if group != FactGroup::State && super::is_key(&found.ty) => {
                    scoped_by.push((group, place));
                }
                _ => self.report(
                    Diagnostic::new(Code::WeakFlag, expr.span, "A flag is scoped by facts.")
                        .at("not a fact with one text form")
                        .help("Write for example `scoped by env.name, agent.tenant`."),
                ),
            }
        }
        FlagRules { changed_by, scoped_by, merge: self.merge(flag, def) }
    }

    /// Where an ordered type has the strict value at one of its ends, the nearer value counts.
    fn merge(&mut self, flag: &ast::Flag, def: &FlagDef) -> FlagMerge {
        let Some(strict) = def.strict.word() else { return FlagMerge::Strict };
        let ends = match &def.ty.ty {
            Type::Enum(id) => {
                let of = self.types.enum_def(*id);
                of.ordered.then(|| (0, of.variants.len() as i64 - 1))
            }
            Type::Int | Type::Decimal | Type::Ratio | Type::Duration => {
                let full = if def.ty.ty == Type::Ratio { (0, 1_000_000_000) } else { (i64::MIN, i64::MAX) };
                Some(def.ty.range.unwrap_or(full))
            }
            _ => None,
        };
        let strict = match &def.strict {
            Value::Enum(_, place) => i64::from(*place),
            _ => strict,
        };
        match ends {
            None => FlagMerge::Strict,
            Some((low, _)) if strict == low => FlagMerge::Least,
            Some((_, high)) if strict == high => FlagMerge::Greatest,
            Some(_) => {
                let span = flag.strict.as_ref().map_or(flag.name.span, |e| e.span);
                self.report(
                    Diagnostic::new(Code::WeakFlag, span, "This strict value lies in the middle of its type.")
                        .at("neither the least nor the greatest")
                        .note("Of two values that are set, the one nearer to the strict end counts.")
                        .help("Declare a range that begins or ends with it, such as `int 0..100 = 50, strict 0`."),
                );
                FlagMerge::Strict
            }
        }
    }
}
