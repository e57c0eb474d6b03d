//! `path`: where a path lies and what its parts are.
//!
//! Parts are paths themselves, so that comparing them heeds case and Unicode form as well.

use std::sync::Arc;

use super::{Builtin, Called, Context, Kind, Simple, length, misused, yes_no};
use crate::value::{Fault, PathValue, Value, path};

const PATH: Kind = Kind::Is(Simple::Path);
const ONE: &[Kind] = &[PATH];

pub(super) const ROWS: &[Builtin] = &[
    Builtin::relation(
        "under",
        &[PATH, PATH],
        "Whether the left path is the right one or lies in it.",
        "const file: path = \"src/../secrets/x\"\nfile under \"secrets\"",
        |cx, a| match a {
            [inner, outer] => yes_no(lies_under(cx, inner, outer)?),
            _ => Err(misused()),
        },
    )
    .may_err(),
    Builtin::property(
        "name",
        ONE,
        PATH,
        "The last component.",
        "const file: path = \"config/server.key\"\nfile.name == \"server.key\"",
        |_, a| of(a, |p| Some(shared(p.name()))),
    ),
    Builtin::property(
        "extension",
        ONE,
        Kind::OptionalOf(Simple::Path),
        "What follows the last dot of the last component; absent where nothing does, or nothing stands before the dot.",
        "const file: path = \"config/server.key\"\nhas file.extension and file.extension == \"key\"",
        |_, a| of(a, |p| p.extension().map(shared)),
    ),
    Builtin::property(
        "parent",
        ONE,
        Kind::OptionalOf(Simple::Path),
        "The folder it lies in; absent for the workspace, `/` and what is only `..`.",
        "const file: path = \"config/server.key\"\nhas file.parent and file.parent == \"config\"",
        |_, a| of(a, |p| p.parent().map(shared)),
    ),
    Builtin::property(
        "depth",
        ONE,
        Kind::Is(Simple::Int),
        "How many components it has; the workspace has none.",
        "const file: path = \"a/b/c\"\nfile.depth == 3",
        |_, a| of(a, |p| Some(length(p.depth()))),
    )
    .within(0, path::GREATEST_LENGTH as i64),
    Builtin::property(
        "is_outside",
        ONE,
        Kind::Is(Simple::Bool),
        "Whether it is absolute or leads out of the workspace.",
        "const file: path = \"src/../../etc\"\nfile.is_outside",
        |_, a| of(a, |p| Some(Value::Bool(p.is_outside()))),
    ),
];

fn shared(path: PathValue) -> Value {
    Value::Path(Arc::new(path))
}

fn of(arguments: &[Value], answer: impl Fn(&PathValue) -> Option<Value>) -> Called {
    match arguments {
        [Value::Path(path)] => Ok(answer(path)),
        _ => Err(misused()),
    }
}

fn lies_under(context: &Context<'_>, inner: &Value, outer: &Value) -> Result<bool, Fault> {
    match (inner, outer) {
        (Value::Path(inner), Value::Path(outer)) => path::under(inner, outer, context.case_sensitive_paths),
        (Value::Unknown(fault), _) | (_, Value::Unknown(fault)) => Err(fault.clone()),
        (_, _) => Err(misused()),
    }
}
