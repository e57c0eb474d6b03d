//! `like` and `matches`: a value against globs or regular expressions that were compiled with the policy.

use super::{Builtin, Called, Context, Kind, Simple, misused, yes_no};
use crate::value::Value;

const GLOBS: Kind = Kind::Is(Simple::Globs);
const REGEXES: Kind = Kind::Is(Simple::Regexes);

pub(super) const ROWS: &[Builtin] = &[
    like(&[Kind::Is(Simple::String), GLOBS], r#""release/1" like "release/*""#),
    like(&[Kind::Is(Simple::Ref), GLOBS], "const branch: ref = \"refs/heads/release/1\"\nbranch like \"release/*\""),
    like(&[Kind::Is(Simple::Path), GLOBS], "const file: path = \"./config//server.key\"\nfile like \"**/*.key\"")
        .may_err(),
    like(&[Kind::Is(Simple::Host), GLOBS], "const h: host = \"API.Example.com\"\nh like \"*.example.com\""),
    like_any(&[Kind::Is(Simple::String), GLOBS], r#""release/1" like any { "main", "release/*" }"#),
    like_any(
        &[Kind::Is(Simple::Ref), GLOBS],
        "const branch: ref = \"origin/main\"\nbranch like any { \"main\", \"release/*\" }",
    ),
    like_any(
        &[Kind::Is(Simple::Path), GLOBS],
        "const file: path = \"secrets/a\"\nfile like any { \"secrets/**\", \"**/*.key\" }",
    )
    .may_err(),
    like_any(
        &[Kind::Is(Simple::Host), GLOBS],
        "const h: host = \"a.b.example.com\"\nh like any { \"**.example.com\", \"*.test\" }",
    ),
    matches(&[Kind::Is(Simple::String), REGEXES], r#""v12" matches /^v[0-9]+$/"#),
    matches(
        &[Kind::Is(Simple::Ref), REGEXES],
        "const branch: ref = \"release/12\"\nbranch matches /^release\\/[0-9]+$/",
    ),
    matches(&[Kind::Is(Simple::Url), REGEXES], "const u: url = \"HTTPS://A.example\"\nu matches /^https:/"),
    matches_any(&[Kind::Is(Simple::String), REGEXES], r#""v12" matches any { /^v[0-9]+$/, /^release-/ }"#),
    matches_any(
        &[Kind::Is(Simple::Ref), REGEXES],
        "const branch: ref = \"v12\"\nbranch matches any { /^v[0-9]+$/, /-rc$/ }",
    ),
    matches_any(
        &[Kind::Is(Simple::Url), REGEXES],
        "const u: url = \"http://a.example\"\nu matches any { /^http:/, /^ws:/ }",
    ),
];

const fn like(parameters: &'static [Kind], example: &'static str) -> Builtin {
    let doc = "Whether the whole value matches the glob: `*` any run, `?` one character; `*` stops at a `/` of a path and a dot of a host, `**` does not.";
    Builtin::relation("like", parameters, doc, example, against)
}

const fn like_any(parameters: &'static [Kind], example: &'static str) -> Builtin {
    Builtin::relation("like any", parameters, "Whether the whole value matches one of the globs.", example, against)
}

const fn matches(parameters: &'static [Kind], example: &'static str) -> Builtin {
    let doc = "Whether the regular expression is found in the text; `^` and `$` stand for its ends.";
    Builtin::relation("matches", parameters, doc, example, against)
}

const fn matches_any(parameters: &'static [Kind], example: &'static str) -> Builtin {
    let doc = "Whether one of the regular expressions is found in the text.";
    Builtin::relation("matches any", parameters, doc, example, against)
}

fn against(context: &Context<'_>, arguments: &[Value]) -> Called {
    match arguments {
        [value, Value::Patterns(patterns)] => yes_no(patterns.is_match(context.case_sensitive_paths, value)?),
        _ => Err(misused()),
    }
}
