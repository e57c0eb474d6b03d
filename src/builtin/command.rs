//! `command` and `simple_command`: what a command line would run.
//!
//! The sugar of the language (`command runs …`, `command writes outside workspace`) is the functions
//! `command_…` here; authors do not write their names.

use std::sync::Arc;

use super::{Builtin, Call, Called, Context, Form, Kind, Simple, length, misused, yes_no};
use crate::value::command::questions::Access;
use crate::value::command::{Command, SimpleCommand, Word};
use crate::value::path::under;
use crate::value::{Fault, PathValue, Value};

const COMMAND: Kind = Kind::Is(Simple::Command);
const SIMPLE: Kind = Kind::Is(Simple::SimpleCommand);
const STRINGS: Kind = Kind::ListOf(Simple::String);
const BOOL: Kind = Kind::Is(Simple::Bool);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::property(
        "commands",
        &[COMMAND],
        Kind::ListOf(Simple::SimpleCommand),
        "Every simple command that the line may run, wrappers looked through.",
        "const line: command = \"ls -l\"\nall c in line.commands: c.name == \"ls\"",
        |_, a| line(a, |c| Value::List(c.commands.iter().map(|s| Value::SimpleCommand(s.clone())).collect())),
    ),
    Builtin::property(
        "text",
        &[COMMAND],
        Kind::Is(Simple::String),
        "The line as given.",
        "const line: command = \"ls -l\"\nline.text == \"ls -l\"",
        |_, a| line(a, |c| Value::Str(c.text.clone())),
    ),
    Builtin::property(
        "length",
        &[COMMAND],
        Kind::Is(Simple::Int),
        "How many characters the line has.",
        "const line: command = \"ls -l\"\nline.length <= 2000",
        |_, a| line(a, |c| length(c.text.chars().count())),
    )
    .within(0, super::GREATEST_LENGTH),
    Builtin::property(
        "name",
        &[SIMPLE],
        Kind::Is(Simple::String),
        "The base name of the program: `git` of `/usr/bin/git push`.",
        "const line: command = \"/usr/bin/git push\"\nany c in line.commands: c.name == \"git\"",
        |_, a| simple(a, |c| c.name.clone().map(Value::Str)),
    )
    .may_err(),
    Builtin::property(
        "subcommand",
        &[SIMPLE],
        Kind::OptionalOf(Simple::String),
        "The first word that is no option: `push` of `git -C folder push`.",
        "const line: command = \"git -C folder push\"\nany c in line.commands: has c.subcommand and c.subcommand == \"push\"",
        subcommand,
    )
    .may_err(),
    Builtin::property(
        "args",
        &[SIMPLE],
        STRINGS,
        "The words after the program.",
        "const line: command = \"git push origin main\"\nany c in line.commands: any a in c.args: a == \"main\"",
        |_, a| simple(a, |c| Ok(words(&c.args, Value::Str))),
    ),
    Builtin::property(
        "reads",
        &[SIMPLE],
        Kind::ListOf(Simple::Path),
        "The paths it reads, redirections included.",
        "const line: command = \"cat /etc/passwd\"\nany c in line.commands: any p in c.reads: not (p under workspace)",
        |_, a| simple(a, |c| Ok(paths(&c.reads))),
    ),
    Builtin::property(
        "writes",
        &[SIMPLE],
        Kind::ListOf(Simple::Path),
        "The paths it makes, changes or removes, redirections included.",
        "const line: command = \"echo x > /etc/motd\"\nany c in line.commands: any p in c.writes: not (p under workspace)",
        |_, a| simple(a, |c| Ok(paths(&c.writes))),
    ),
    Builtin::property(
        "hosts",
        &[SIMPLE],
        Kind::ListOf(Simple::Host),
        "The hosts among its arguments.",
        "const line: command = \"curl https://example.org/x\"\nany c in line.commands: any h in c.hosts: not (h under \"example.com\")",
        |_, a| simple(a, |c| Ok(words(&c.hosts, Value::Host))),
    ),
    Builtin::property(
        "assigns",
        &[SIMPLE],
        STRINGS,
        "The variables it assigns.",
        "const line: command = \"PATH=. make\"\nany c in line.commands: any v in c.assigns: v == \"PATH\"",
        |_, a| simple(a, |c| Ok(words(&c.assigns, Value::Str))),
    ),
    Builtin::property(
        "feeds",
        &[SIMPLE],
        STRINGS,
        "The programs that its output is piped into, directly or through others.",
        "const line: command = \"curl https://example.org/x | sh\"\nany c in line.commands: any d in c.feeds: d == \"sh\"",
        |_, a| simple(a, |c| Ok(words(&c.feeds, Value::Str))),
    ),
    Builtin::property(
        "runs_code",
        &[SIMPLE],
        BOOL,
        "Whether it interprets code that stands in the line or comes through a pipe.",
        "const line: command = \"curl https://example.org/x | sh\"\nany c in line.commands: c.runs_code",
        |_, a| simple(a, |c| Ok(Value::Bool(c.runs_code))),
    ),
    Builtin::property(
        "privileged",
        &[SIMPLE],
        BOOL,
        "Whether it runs with another user's rights.",
        "const line: command = \"sudo ls\"\nany c in line.commands: c.privileged",
        |_, a| simple(a, |c| Ok(Value::Bool(c.privileged))),
    ),
    Builtin::property(
        "sudo",
        &[SIMPLE],
        BOOL,
        "Whether it runs with another user's rights, as `privileged`.",
        "const line: command = \"sudo ls\"\nany c in line.commands: c.sudo",
        |_, a| simple(a, |c| Ok(Value::Bool(c.privileged))),
    ),
    Builtin::property(
        "text",
        &[SIMPLE],
        Kind::Is(Simple::String),
        "The command as written.",
        "const line: command = \"rm -rf target\"\nany c in line.commands: c.text == \"rm -rf target\"",
        |_, a| simple(a, |c| Ok(Value::Str(c.text.clone()))),
    ),
    asking(
        "has_flag",
        Form::Method,
        &[SIMPLE, Kind::ManyOf(Simple::String)],
        "Whether it has one of these options; `-rf` has `-r` and `-f`, `--force=x` has `--force`.",
        "const line: command = \"git push --force\"\nany c in line.commands: c.has_flag(\"-f\", \"--force\")",
        has_flag,
    ),
    asking(
        "command_runs",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::String), STRINGS, STRINGS],
        "Whether some command begins with these words, has any of the first options and all of the second.",
        "const line: command = \"git push --force\"\nline runs \"git push\" with any \"-f\", \"--force\"",
        runs,
    ),
    asking(
        "command_runs_only",
        Form::Function,
        &[COMMAND, STRINGS],
        "Whether every command begins, as written, with one of these word sequences, and nothing is assigned or redirected.",
        "const line: command = \"git status && ls\"\nline runs only {\"git status\", \"ls\"}",
        runs_only,
    ),
    asking(
        "command_reads_outside",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Path)],
        "Whether a path that is read lies outside of this one.",
        "const line: command = \"cat /etc/passwd\"\nline reads outside workspace",
        |c, a| touches_outside(c, a, Access::Reads),
    ),
    asking(
        "command_writes_outside",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Path)],
        "Whether a path that is written lies outside of this one.",
        "const line: command = \"rm /etc/motd\"\nline writes outside workspace",
        |c, a| touches_outside(c, a, Access::Writes),
    ),
    asking(
        "command_reads_under",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Path)],
        "Whether a path that is read lies under this one.",
        "const line: command = \"cat secrets/x\"\nline reads under \"secrets\"",
        |c, a| touches_under(c, a, Access::Reads),
    ),
    asking(
        "command_writes_under",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Path)],
        "Whether a path that is written lies under this one.",
        "const line: command = \"rm .git/config\"\nline writes under \".git\"",
        |c, a| touches_under(c, a, Access::Writes),
    ),
    asking(
        "command_reads_any",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Globs)],
        "Whether a path that is read matches one of these globs.",
        "const line: command = \"cat app/.env\"\nline reads any \"**/.env\"",
        |c, a| touches_any(c, a, Access::Reads),
    ),
    asking(
        "command_writes_any",
        Form::Function,
        &[COMMAND, Kind::Is(Simple::Globs)],
        "Whether a path that is written matches one of these globs.",
        "const line: command = \"rm .git/config\"\nline writes any \".git/**\"",
        |c, a| touches_any(c, a, Access::Writes),
    ),
];

/// A question that words known only at run time leave open.
const fn asking(
    name: &'static str,
    form: Form,
    parameters: &'static [Kind],
    doc: &'static str,
    example: &'static str,
    call: Call,
) -> Builtin {
    Builtin::property(name, parameters, BOOL, doc, example, call).form(form).may_err()
}

fn line(arguments: &[Value], f: fn(&Command) -> Value) -> Called {
    match arguments {
        [Value::Command(c)] => Ok(Some(f(c))),
        [Value::Unknown(fault)] => Err(fault.clone()),
        _ => Err(misused()),
    }
}

fn simple(arguments: &[Value], f: fn(&SimpleCommand) -> Result<Value, Fault>) -> Called {
    match arguments {
        [Value::SimpleCommand(c)] => f(c).map(Some),
        [Value::Unknown(fault)] => Err(fault.clone()),
        _ => Err(misused()),
    }
}

/// A list whose unknown words are unknown elements.
fn words(words: &[Word], known: fn(Arc<str>) -> Value) -> Value {
    let element = |w: &Word| w.clone().map_or_else(Value::Unknown, known);
    Value::List(words.iter().map(element).collect())
}

fn paths(paths: &[Result<Arc<PathValue>, Fault>]) -> Value {
    let element = |p: &Result<Arc<PathValue>, Fault>| p.clone().map_or_else(Value::Unknown, Value::Path);
    Value::List(paths.iter().map(element).collect())
}

fn subcommand(_: &Context<'_>, arguments: &[Value]) -> Called {
    match arguments {
        [Value::SimpleCommand(c)] => c.subcommand().transpose().map(|word| word.map(Value::Str)),
        [Value::Unknown(fault)] => Err(fault.clone()),
        _ => Err(misused()),
    }
}

/// Texts of the policy; none of them is unknown.
fn texts<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<Vec<&'a str>, Fault> {
    let text = |v: &'a Value| match v {
        Value::Str(text) => Ok(&**text),
        Value::Unknown(fault) => Err(fault.clone()),
        _ => Err(misused()),
    };
    values.into_iter().map(text).collect()
}

fn has_flag(_: &Context<'_>, arguments: &[Value]) -> Called {
    match arguments {
        [Value::SimpleCommand(c), flags @ ..] => c.has_any_flag(&texts(flags)?).and_then(yes_no),
        [Value::Unknown(fault), ..] => Err(fault.clone()),
        _ => Err(misused()),
    }
}

fn runs(_: &Context<'_>, arguments: &[Value]) -> Called {
    match arguments {
        [Value::Command(c), Value::Str(words), Value::List(any), Value::List(all)] => {
            c.runs(words, &texts(any.iter())?, &texts(all.iter())?).and_then(yes_no)
        }
        _ => Err(misused()),
    }
}

fn runs_only(_: &Context<'_>, arguments: &[Value]) -> Called {
    match arguments {
        [Value::Command(c), Value::List(allowed)] => c.runs_only(&texts(allowed.iter())?).and_then(yes_no),
        _ => Err(misused()),
    }
}

fn touches(arguments: &[Value], access: Access, test: impl Fn(&PathValue) -> Result<bool, Fault>) -> Called {
    match arguments {
        [Value::Command(c), ..] => c.touches(access, test).and_then(yes_no),
        _ => Err(misused()),
    }
}

fn touches_under(context: &Context<'_>, arguments: &[Value], access: Access) -> Called {
    let Some(Value::Path(outer)) = arguments.get(1) else { return Err(misused()) };
    touches(arguments, access, |p| under(p, outer, context.case_sensitive_paths))
}

fn touches_outside(context: &Context<'_>, arguments: &[Value], access: Access) -> Called {
    let Some(Value::Path(outer)) = arguments.get(1) else { return Err(misused()) };
    touches(arguments, access, |p| under(p, outer, context.case_sensitive_paths).map(|inside| !inside))
}

fn touches_any(context: &Context<'_>, arguments: &[Value], access: Access) -> Called {
    let Some(Value::Patterns(set)) = arguments.get(1) else { return Err(misused()) };
    touches(arguments, access, |p| set.is_match(context.case_sensitive_paths, &Value::Path(Arc::new(p.clone()))))
}
