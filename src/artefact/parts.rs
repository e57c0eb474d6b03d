//! Schemas, expressions and items.

use super::bytes::{Coded, Reader, Taken, Writer, choice, malformed, numbered, record};
use crate::builtin::BuiltinId;
use crate::check::typed::{
    ActionDef, ActionId, Arithmetic, Branch, Comparison, Duty, FactGroup, FactSchemas, FlagDef, FlagId, ItemBody,
    ItemKind, NamePatterns, Principals, QuantifierKind, TExpr, TExprKind, TypedText, TypedTextPart, VarId,
};
use crate::decision::{ItemId, Tier};
use crate::types::{EntityDef, EnumDef, FieldDef, FieldType, Origin, RecordDef, TypeTable};

numbered!(ActionId, FlagId, VarId, ItemId, BuiltinId);

choice!(Tier { 0 Green, 1 Yellow, 2 Red, 3 Black });

record!(TypeTable { enums, records, entities });
record!(EnumDef { name, ordered, variants });
record!(RecordDef { name, fields });
record!(EntityDef { name, parents, ids, fields });
record!(FieldDef { name, ty, origin, default, doc, span });
record!(FieldType { ty, range, length, element });
choice!(Origin { 0 Parameter, 1 Claimed, 2 Observed });

record!(FactSchemas { agent, session, env, state });
choice!(FactGroup { 0 Agent, 1 Session, 2 Env, 3 State });
record!(FlagDef { name, keys, ty, default, strict, span });
record!(ActionDef { name, package, fields, severity, doc, span });
record!(NamePatterns { any, parts });

choice!(ItemKind { 0 Rule, 1 Guard, 2 Limit, 3 Cooldown, 4 Budget, 5 Relax, 6 Exception, 7 Approval, 8 Once, 9 Lease, 10 States });
choice!(ItemBody {
    0 Rule { branches, relaxable },
    1 Floor { branches, if_unclear, reads_warnings, approvable },
    2 Relax { when, from, to, of },
    3 Exception { when, to, because },
    4 Approval { when, people, quorum, within, own, ask, fallback },
});
record!(Branch { when, tier, because, code, span });
record!(Principals { people, machines, entities });
choice!(Duty { 0 Notify(channel), 1 Redact(field), 2 Instead(action), 3 Run { workflow, arguments } });
record!(TypedText { parts });
choice!(TypedTextPart { 0 Plain(text), 1 Hole(value) });

record!(TExpr { kind, ty, range, errs, span });
choice!(TExprKind {
    0 Const(value), 1 Field(name), 2 Fact(group, place), 3 Flag(id, keys), 4 Now, 5 ActionName, 6 Principal, 7 Var(id),
    8 Attribute(of, place), 9 RecordField(of, place), 10 MapGet(of, key), 11 Has(of), 12 Coalesce(of, otherwise),
    13 Not(of), 14 And(all), 15 Or(all), 16 AtLeast(count, all), 17 Compare(how, a, b), 18 Arithmetic(how, a, b),
    19 ToDecimal(of), 20 In(a, b), 21 Call(id, arguments),
    22 Quantified { quantifier, variable, over, filter, body },
    23 SetOf(all), 24 ListOf(all), 25 SecretsFound(of), 26 SecretsKinds(of), 27 Warnings(count),
});
choice!(Comparison { 0 Equal, 1 NotEqual, 2 Less, 3 LessOrEqual, 4 Greater, 5 GreaterOrEqual });
choice!(Arithmetic { 0 Add, 1 Subtract, 2 Multiply });
choice!(QuantifierKind { 0 Any, 1 All, 2 Count });
