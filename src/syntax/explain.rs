//! A failure of the grammar, told to an author: what stands there, what could, what to write.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::parser::Rule;
use super::scan::is_word_byte;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{FileId, Span};

/// The finding for a failed production. `text` begins `base` bytes into `file`.
pub(super) fn failure(error: &Error<Rule>, text: &str, file: FileId, base: usize, item: &str) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((at, _)) => at,
    };
    let at = at.min(text.len());
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives),
        ErrorVariant::CustomError { message } => {
            return custom(message, Span::new(file, base + at, base + at));
        }
    };
    let found = token_at(text, at);
    let span = Span::new(file, base + at, base + at + found.len());
    let message = if found.is_empty() {
        format!("This {} ends too early.", kind_of(item))
    } else {
        format!("`{found}` cannot stand here.")
    };
    let span = if found.is_empty() { last_token(text, at, file, base) } else { span };
    let mut diagnostic = Diagnostic::new(Code::UnexpectedText, span, message);
    if !expected.is_empty() {
        diagnostic = diagnostic.at(format!("{} expected", list(&expected)));
    }
    let help = advice(found, text, at, item, &expected);
    diagnostic.help(help.unwrap_or_else(|| shape(item)))
}

/// An item that begins with a sign or a number.
pub(super) fn no_item(found: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{found}` cannot begin an item."))
        .at("an item word such as `rule` or `guard` expected")
        .help("Delete it, or write the item's first word before it.")
}

fn custom(message: &str, span: Span) -> Diagnostic {
    // The only one the parser makes itself is about its stack.
    Diagnostic::new(Code::NestedTooDeep, span, format!("This item cannot be read: {message}."))
        .help("Give inner parts names with `const` or `predicate` and use the names.")
}

fn kind_of(item: &str) -> String {
    if item == "expression" { "expression".to_owned() } else { format!("`{item}`") }
}

/// The token that begins at `at`.
fn token_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return "" };
    let length = if first.is_ascii_alphanumeric() || first == '_' {
        rest.bytes().position(|b| !is_word_byte(b)).unwrap_or(rest.len())
    } else if first == '"' {
        let line = rest.find('\n').unwrap_or(rest.len());
        rest.get(1..line).and_then(|inner| inner.find('"')).map_or(line, |end| end + 2)
    } else {
        const PAIRS: [&str; 8] = ["==", "!=", "<=", ">=", "->", "&&", "||", ".."];
        if PAIRS.iter().any(|p| rest.starts_with(p)) { 2 } else { first.len_utf8() }
    };
    let token = rest.get(..length).unwrap_or_default();
    // A message shows no more than a line of it.
    token.char_indices().nth(80).map_or(token, |(end, _)| &token[..end])
}

fn last_token(text: &str, at: usize, file: FileId, base: usize) -> Span {
    let end = text.get(..at).unwrap_or_default().trim_end().len();
    let start = text.get(..end).and_then(|t| t.char_indices().next_back()).map_or(0, |(i, _)| i);
    Span::new(file, base + start, base + end)
}

/// What the rules that were tried are called, without repeats.
fn expected(rules: &[Rule]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for rule in rules {
        if let Some(phrase) = phrase(*rule).filter(|p| !out.contains(p)) {
            out.push(phrase);
        }
    }
    // Where a clause may begin, the value before it could also go on: that is seldom the news.
    let closes = out.iter().any(|p| p == "`}`");
    if out.iter().any(|p| p == "`because`") && closes {
        let approval = out.iter().any(|p| p == "`quorum`");
        let clause = if approval { "a clause (`by`, `quorum` …)" } else { "a clause (`when`, a tier …)" };
        return vec![clause.to_owned(), "`}`".to_owned()];
    }
    if out.len() > 1 {
        out.retain(|p| p != "an operator");
    }
    out.sort_by_key(|p| p.starts_with('`'));
    out
}

fn phrase(rule: Rule) -> Option<String> {
    let known = match rule {
        Rule::name | Rule::use_name => "a name",
        Rule::path => "a name",
        Rule::action_name | Rule::segment | Rule::test_action => "an action",
        Rule::patterns | Rule::pattern => "an action pattern",
        Rule::expr | Rule::unit | Rule::operand_name | Rule::approval_expr | Rule::body | Rule::over => "a value",
        Rule::string => "a text in quotes",
        Rule::number => "a number",
        Rule::literal => "a number or text",
        Rule::tier | Rule::band | Rule::cell | Rule::lowers | Rule::expect_tier => "a tier (`green yellow red black`)",
        Rule::infix | Rule::over_infix | Rule::runs | Rule::runs_only | Rule::touches | Rule::compare => "an operator",
        Rule::kw_runs | Rule::kw_reads | Rule::kw_writes | Rule::kw_minus => "an operator",
        Rule::angle_close => "`>`",
        Rule::ty | Rule::ty2 | Rule::ty3 | Rule::ty4 => "a type",
        Rule::field | Rule::pair => "a field",
        Rule::open => "`{`",
        Rule::close => "`}`",
        Rule::colon => "`:`",
        Rule::equal => "`=`",
        Rule::paren_close => "`)`",
        Rule::bracket_close => "`]`",
        Rule::when | Rule::approval_when => "`when`",
        Rule::most | Rule::budget_most | Rule::grant_longest => "`at most`",
        Rule::for_each => "`for each`",
        Rule::state_otherwise | Rule::once_first => "`otherwise`",
        Rule::points => "points (`+0.5`)",
        Rule::window_value => "a value (`name = count`)",
        Rule::event => "an action pattern",
        Rule::calendar => "`hour`, `day`, `week` or `month`",
        Rule::EOI => "the next item",
        Rule::claim => "`always` or `never`",
        _ => {
            let named = format!("{rule:?}");
            let word = named.strip_prefix("kw_")?;
            return Some(format!("`{word}`"));
        }
    };
    Some(known.to_owned())
}

fn list(phrases: &[String]) -> String {
    const MOST: usize = 8;
    let shown = &phrases[..phrases.len().min(MOST)];
    match shown {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] if phrases.len() <= MOST => format!("{} or {last}", most.join(", ")),
        _ => format!("{} …", shown.join(", ")),
    }
}

/// What to write instead, where the mistake is a known one.
fn advice(found: &str, text: &str, at: usize, item: &str, expected: &[String]) -> Option<String> {
    let could = |what: &str| expected.iter().any(|e| e.starts_with(what));
    let known = match found {
        "=" if could("`:`") => Some("A type stands before the value: `name: type = value`."),
        "=" => Some("Compare with `==`."),
        "==" if could("`=`") => Some("A value is given with one `=`: `name: type = value`."),
        "ordered" if item == "enum" => Some("Write `ordered enum` and the name: `ordered enum Risk { low, high }`."),
        "&&" => Some("Write `and`."),
        "||" => Some("Write `or`."),
        "!" => Some("Write `not`."),
        "!=" | "==" | "<" | ">" | "<=" | ">=" | "and" | "or" => Some("An operator needs a value on both sides."),
        ";" => Some("Nothing ends with `;`: delete it."),
        "'" | "`" => Some("Texts stand in double quotes."),
        "if" => Some("A condition begins with `when`."),
        "when" | "unless" if could("`{`") || expected.iter().any(|e| e == "`{`") => {
            Some("Conditions stand inside the braces: `{ when … }`.")
        }
        "allow" | "permit" if could("a clause") => Some("The tier of what may run is `green`."),
        "deny" | "forbid" | "block" if could("a clause") => Some("The tier of what is refused is `black`."),
        "else" => Some("Write `otherwise`."),
        "return" | "let" | "fn" => Some("Rules hold no statements: write a condition behind `when`."),
        "." => Some("Members are written `value.name`; a number has digits on both sides of the point."),
        "/" => Some("A pattern `/…/` stands after `matches`; there is no division: write `a * 100 >= b * 80`."),
        "%" => Some("A percentage is written without a blank: `20% of n`."),
        "," if could("`)`") => Some("A set is written with braces: `{a, b}`."),
        "," if could("a clause") => Some("Clauses are not separated by commas: delete it."),
        _ => None,
    };
    let known = known.or_else(|| match expected {
        [one] if one == "a text in quotes" => Some("Put the text into double quotes."),
        [one] if one == "a name" && found.starts_with('"') => Some("Write the name without quotes."),
        [one] if one == "`on`" => Some("Write `on` and the actions it is about: `on deploy.*`."),
        [one] if (one == "`}`" || one == "`]`") && is_value(found) => Some("Write `,` between two values."),
        [one] if one == "the next item" => Some("Delete it, or begin an item on a new line."),
        _ => None,
    });
    if let Some(known) = known {
        return Some(known.to_owned());
    }
    if item == "relax" && could("`to`") && text.get(at..).is_some_and(|t| !t.starts_with('}')) {
        return Some("A relax says from and to: `yellow to green`.".to_owned());
    }
    if found.len() < 3 || !found.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let tiers: &[&str] = if could("a tier") { &["green", "yellow", "red", "black"] } else { &[] };
    let words = expected.iter().map(|e| e.trim_matches('`')).filter(|e| e.bytes().all(is_word_byte));
    let near = nearest(found, words.chain(clause_words(item).iter().copied()).chain(tiers.iter().copied()))?;
    (near != found).then(|| format!("Did you mean `{near}`?"))
}

/// Whether a token is a value by its look.
fn is_value(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '"'))
}

/// Words that begin the clauses of an item.
fn clause_words(item: &str) -> &'static [&'static str] {
    match item {
        "rule" | "guard" | "relax" | "exception" | "table" => &[
            "when",
            "unless",
            "because",
            "code",
            "notify",
            "redact",
            "instead",
            "believing",
            "until",
            "otherwise",
            "green",
            "yellow",
            "red",
            "black",
            "require",
            "owner",
            "columns",
            "row",
            "rows",
        ],
        "limit" | "cooldown" | "budget" | "window" | "once" | "lease" | "states" | "grant" => &[
            "when",
            "unless",
            "because",
            "code",
            "believing",
            "notify",
            "redact",
            "instead",
            "otherwise",
            "warn",
            "keep",
            "spend",
            "last",
            "held",
            "released by",
            "across actions",
            "holds",
            "revocation final",
            "changed by",
        ],
        "workflow" => &["input", "budget", "within", "each step within", "on failure", "step", "run", "after", "retry"],
        "digest" => &["to", "every", "quiet", "at once", "keep"],
        "schedule" => &["every", "at", "run"],
        "executor" => &["consumes", "within", "idempotent"],
        "trust" => &["range", "start", "streak", "gain", "freeze", "while", "decay", "levels"],
        "approval" => &["by", "quorum", "within", "otherwise refuse", "ask", "may approve own", "when", "because"],
        "test" => &[
            "request", "given", "expect", "cases", "change", "at", "as", "observed", "claimed", "wait", "repeat",
            "outcome", "approve", "reject", "stop", "resume", "session", "grant", "revoke", "freeze", "unfreeze",
            "agent", "set", "clear", "close",
        ],
        _ => &[],
    }
}

/// How an item looks, for want of better advice.
fn shape(item: &str) -> String {
    let shape = match item {
        "package" => "package autonomy.deploy",
        "use" => "use autonomy.people.{maintainers, release_managers}",
        "action" => "action deploy.staging { service: string  observed { diff_lines: int } }",
        "fields" => "fields on deploy.* { observed { diff_lines: int } }",
        "entity" => "entity User in Team { level: int }",
        "facts" => "facts agent { trust: decimal 0..100 = 50 }",
        "enum" | "ordered" => "enum Env { dev, staging, production }",
        "record" => "record Window { from: timestamp, until: timestamp? }",
        "const" => "const mainline: set<ref> = {\"main\"}",
        "predicate" => "predicate small(n: int): bool = n < 3",
        "rule" => "rule staging on deploy.staging { when tests_passed  green }",
        "guard" => "guard size on deploy.* { red when diff_lines >= 2000  because \"…\" }",
        "relax" => "relax trusted on deploy.staging { when agent.trust >= 60  yellow to green }",
        "exception" => {
            "exception x to weekend on deploy.production { owner Team(\"ops\")  because \"…\"  until 2026-11-23 }"
        }
        "approval" => "approval people on deploy.production { by maintainers, quorum 1, within 5m, otherwise refuse }",
        "table" => "table t on noop, restart across env.name { columns dev prod  row noop green green  because \"…\" }",
        "flag" => "flag halt: bool = false, strict true changed by Role.admin",
        "test" => "test \"a sentence\" { request deploy.staging { service: \"api\" } expect green }",
        "assert" => "assert never green on deploy.production when flag.halt",
        "expression" => "agent.trust >= 60 and not agent.frozen",
        "cooldown" => "cooldown quiet on restart { 60s for each app_name  otherwise black  because \"…\" }",
        "budget" => {
            "budget llm on llm.call { spend cost  at most 25.00 per day for each agent.team  otherwise black  because \"…\" }"
        }
        "window" => "window failures on restart { last 10 outcomes for each app_name: failed = count where failure }",
        "trust" => {
            "trust default { range 0..100  start 50  on success { low +0.5 }  on failure { low -1 }  levels { new < 30 <= known } }"
        }
        "once" => "once nonces on signed.call { for each nonce  keep 24h  otherwise black  because \"…\" }",
        "lease" => "lease writer on run.* { for each run_id  held 60s  otherwise black  because \"…\" }",
        "states" => {
            "states moves on task.move { for each task  from open  to status  open -> done  otherwise black  because \"…\" }"
        }
        "grant" => {
            "grant consent on data.* { for each user  holds { purposes: set<string> }  at most 365d  changed by people }"
        }
        "digest" => "digest team { to chat  every 30m }",
        "workflow" => "workflow release { input { service: string }  step ship deploy.app { service: service } }",
        "schedule" => "schedule nightly { at 03:15  run report.write }",
        "executor" => "executor deployer on deploy.* { consumes service, version }",
        _ => "limit per_hour on deploy.production { at most 3 per 1h  otherwise black  because \"…\" }",
    };
    format!("It looks like this: `{shape}`.")
}
