//! Precedence, literals, texts, and exact spans.

use super::{dump, expression, good, parse};
use crate::diagnostic::Code;
use crate::source::FileId;
use crate::syntax::ast::{Event, Expr, ExprKind, ItemKind, Literal, TextPart};

/// The tree with parentheses around everything that has parts.
fn shape(expr: &Expr) -> String {
    let list = |xs: &[Expr]| xs.iter().map(shape).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(l) => format!("{l:?}"),
        ExprKind::Name(n) => n.clone(),
        ExprKind::Member(e, n) => format!("{}.{}", shape(e), n.text),
        ExprKind::Call(e, xs) => format!("{}({})", shape(e), list(xs)),
        ExprKind::Index(e, i) => format!("{}[{}]", shape(e), shape(i)),
        ExprKind::Variants(e, ns) => {
            format!("{}.{{{}}}", shape(e), ns.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(" "))
        }
        ExprKind::Set(xs) => format!("{{{}}}", list(xs)),
        ExprKind::List(xs) => format!("[{}]", list(xs)),
        ExprKind::Record(fs) => {
            format!(
                "{{{}}}",
                fs.iter().map(|(n, e)| format!("{}: {}", n.text, shape(e))).collect::<Vec<_>>().join(", ")
            )
        }
        ExprKind::Range(a, b) => format!("({} .. {})", shape(a), shape(b)),
        ExprKind::Not(e) => format!("(not {})", shape(e)),
        ExprKind::Negate(e) => format!("(- {})", shape(e)),
        ExprKind::Has(e) => format!("(has {})", shape(e)),
        ExprKind::And(xs) => format!("({})", xs.iter().map(shape).collect::<Vec<_>>().join(" and ")),
        ExprKind::Or(xs) => format!("({})", xs.iter().map(shape).collect::<Vec<_>>().join(" or ")),
        ExprKind::Binary(op, a, b) => format!("({} {} {})", shape(a), op.symbol(), shape(b)),
        ExprKind::Relation { relation, negated, left, right } => {
            let not = if *negated { "not " } else { "" };
            format!("({} {not}{} {})", shape(left), relation.words(), shape(right))
        }
        ExprKind::Quantifier { quantifier, variable, over, filter, body } => {
            let part = |sign: &str, e: &Option<Box<Expr>>| {
                e.as_ref().map_or(String::new(), |e| format!(" {sign} {}", shape(e)))
            };
            format!("({quantifier:?} {} in {}{}{})", variable.text, shape(over), part("where", filter), part(":", body))
        }
        ExprKind::AtLeast(n, xs) => format!("(at least {n} of {})", list(xs)),
        ExprKind::PercentOf(a, b) => format!("({} of {})", shape(a), shape(b)),
        ExprKind::Runs { command, what, with, with_all } => {
            format!("({} runs {} with_all={with_all} [{}])", shape(command), shape(what), list(with))
        }
        ExprKind::RunsOnly(a, b) => format!("({} runs only {})", shape(a), shape(b)),
        ExprKind::Touches { command, access, how, what } => {
            format!("({} {access:?} {how:?} {})", shape(command), shape(what))
        }
        ExprKind::History(asked) => {
            let event = |e: &Event| {
                let on: Vec<&str> = e.on.list.iter().map(|p| p.text.as_str()).collect();
                let when = e.when.as_ref().map(|w| format!(" where {}", shape(w))).unwrap_or_default();
                format!("{}{when}{}", on.join(" "), if e.succeeded { " succeeded" } else { "" })
            };
            let of = asked.of.map(|(session, _)| if session { " session" } else { " agent" }).unwrap_or_default();
            let within = if asked.within.is_some() { " within" } else { "" };
            let other = asked.relative.as_ref().map(|(since, e)| format!(" since={since} {}", event(e)));
            let word = if asked.counts { "count" } else { "seen" };
            format!("({word} {}{of}{within}{})", event(&asked.event), other.unwrap_or_default())
        }
        ExprKind::Unreadable => "?".to_owned(),
    }
}

#[test]
fn operators_bind_as_documented() {
    let cases = [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c and d", "((a and b) or (c and d))"),
        ("not a and b", "((not a) and b)"),
        ("not a < b", "(not (a < b))"),
        ("not not a", "(not (not a))"),
        ("a and b and c", "(a and b and c)"),
        ("a and (b and c) and (d and e)", "(a and b and c and d and e)"),
        ("(a and b) and c", "(a and b and c)"),
        ("(a or b) and (c or d)", "((a or b) and (c or d))"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a ?? b == c", "((a ?? b) == c)"),
        ("x in a..b + c", "(x in (a .. (b + c)))"),
        ("x in a minus b", "(x in (a minus b))"),
        ("x not in a", "(x not in a)"),
        ("seen(a.b) in session and c", "((seen a.b session) and c)"),
        (
            "not seen(a.b, c.* where x in y succeeded) by agent within 5m",
            "(not (seen a.b c.* where (x in y) succeeded agent within))",
        ),
        (
            "count(a.b) since(c.d where e) by agent in 1..5",
            "((count a.b agent since=true c.d where e) in (Int(1) .. Int(5)))",
        ),
        ("seen(a.b) before(c.d) in session", "(seen a.b session since=false c.d)"),
        ("x not  like any a", "(x not like any a)"),
        ("not x in a", "(not (x in a))"),
        ("-a * b", "((- a) * b)"),
        ("- a.b", "(- a.b)"),
        ("a - -b", "(a - (- b))"),
        ("has a and a == b", "((has a) and (a == b))"),
        ("a == has b", "(a == (has b))"),
        ("20% of n + 1 < m", "(((Percent(20000000) of n) + Int(1)) < m)"),
        ("any x in xs: x > 1 or b", "(Any x in xs : ((x > Int(1)) or b))"),
        ("any x in xs where x.a: all y in x.ys: y", "(Any x in xs where x.a : (All y in x.ys : y))"),
        ("(count x in xs where x.bad) >= 3", "((Count x in xs where x.bad) >= Int(3))"),
        ("count x in xs minus ys: c", "(Count x in (xs minus ys) : c)"),
        ("a and any x in xs: x and b", "(a and (Any x in xs : (x and b)))"),
        ("at least 2 of (a, b and c, d,)", "(at least 2 of a, (b and c), d)"),
        ("flag.website[area].x(1, y).{p, q}", "flag.website[area].x(Int(1), y).{p q}"),
        ("now.in(\"Europe/Warsaw\").hour in 9..17", "(now.in(String(\"Europe/Warsaw\")).hour in (Int(9) .. Int(17)))"),
        (
            "command runs \"git push\" with any \"-f\", \"--force\"",
            "(command runs String(\"git push\") with_all=false [String(\"-f\"), String(\"--force\")])",
        ),
        ("command runs only {\"ls\"} and a", "((command runs only {String(\"ls\")}) and a)"),
        ("not command writes outside workspace", "(not (command Writes Outside workspace))"),
        ("command reads any sensitive", "(command Reads Any sensitive)"),
        ("v matches /^v[0-9]\\/+$/", "(v matches Regex(\"^v[0-9]/+$\"))"),
        ("v matches any {/a/, /b/}", "(v matches any {Regex(\"a\"), Regex(\"b\")})"),
        ("t in 09:00..17:30", "(t in (TimeOfDay(32400) .. TimeOfDay(63000)))"),
        ("{ id: \"x\", trust: 72 }", "{id: String(\"x\"), trust: Int(72)}"),
        ("{a, b,}", "{a, b}"),
        ("[]", "[]"),
        ("a starts with b or c ends with d", "((a starts with b) or (c ends with d))"),
        ("a subset of b and c intersects d", "((a subset of b) and (c intersects d))"),
        ("inner == order and notes == hash", "((inner == order) and (notes == hash))"),
        ("window.limit < action + trust", "(window.limit < (action + trust))"),
        ("count >= 3 and any == all", "((count >= Int(3)) and (any == all))"),
        ("doc in folder", "(doc in folder)"),
        ("t within 5m", "(t within Duration(300000000))"),
    ];
    for (text, expected) in cases {
        assert_eq!(shape(&expression(text)), expected, "{text}");
    }
}

#[test]
fn literals_have_their_values() {
    let cases = [
        ("1_000", Literal::Int(1000)),
        ("9223372036854775807", Literal::Int(i64::MAX)),
        ("2MiB", Literal::Int(2 << 20)),
        ("3KiB", Literal::Int(3072)),
        ("1GiB", Literal::Int(1 << 30)),
        ("0.99", Literal::Decimal(990_000)),
        ("25.000001", Literal::Decimal(25_000_001)),
        ("20%", Literal::Percent(20_000_000)),
        ("0.5%", Literal::Percent(500_000)),
        ("true", Literal::Bool(true)),
        ("60s", Literal::Duration(60_000_000)),
        ("500ms", Literal::Duration(500_000)),
        ("1h30m", Literal::Duration(5_400_000_000)),
        ("2w", Literal::Duration(14 * 86_400_000_000)),
        ("2026-11-23", Literal::Time("2026-11-23".into())),
        ("2026-11-18T10:00", Literal::Time("2026-11-18T10:00".into())),
        ("2026-11-18T10:00:30Z", Literal::Time("2026-11-18T10:00:30Z".into())),
        ("09:00", Literal::TimeOfDay(32_400)),
        ("24:00", Literal::TimeOfDay(86_400)),
        (r#""a\"\\\n\t\u{41}ż""#, Literal::String("a\"\\\n\tAż".into())),
    ];
    for (text, expected) in cases {
        let ExprKind::Literal(found) = expression(text).kind else { panic!("{text}") };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn bad_literals_say_so() {
    let cases = [
        ("0.1234567", Code::BadNumber),
        ("9223372036854775808", Code::BadNumber),
        ("9999999999999.0", Code::BadNumber),
        ("9007199254740993GiB", Code::BadNumber),
        ("3MB", Code::BadNumber),
        ("1__0", Code::BadNumber),
        ("30m1h", Code::BadNumber),
        ("3x", Code::BadNumber),
        ("25:00", Code::BadNumber),
        ("2026-02-30", Code::BadNumber),
        (r#""\q""#, Code::BadEscape),
        (r#""\u{d800}""#, Code::BadEscape),
        (r#""\u41""#, Code::BadEscape),
        ("a < b < c", Code::UnexpectedText),
        ("a == b in c", Code::UnexpectedText),
        ("1..2..3", Code::UnexpectedText),
        ("any x in xs", Code::UnexpectedText),
        ("a = b", Code::UnexpectedText),
        ("a && b", Code::UnexpectedText),
        ("a b", Code::UnexpectedText),
        ("", Code::UnexpectedText),
        ("(a", Code::UnclosedBrace),
    ];
    for (text, code) in cases {
        let (_, findings) = crate::syntax::parse_expression(text, FileId(0), 0);
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [code], "{text}: {findings:#?}");
    }
}

#[test]
fn comparisons_may_stand_on_both_sides_of_and() {
    assert_eq!(shape(&expression("a < b and b < c or d == e")), "(((a < b) and (b < c)) or (d == e))");
}

#[test]
fn spans_are_exact() {
    let text = "rule x on a.b {\n    when name == \"żó\" and (size > 3)\n    green\n}\n";
    let file = good(text);
    let ItemKind::Rule(rule) = &file.items[0].kind else { panic!() };
    let at = |span: crate::source::Span| &text[span.range()];
    let condition = &rule.head.whens[0].condition;
    assert_eq!(at(file.items[0].span), text.trim_end());
    assert_eq!(at(condition.span), "name == \"żó\" and (size > 3)");
    let ExprKind::And(operands) = &condition.kind else { panic!() };
    let [left, right] = operands.as_slice() else { panic!() };
    assert_eq!(at(left.span), "name == \"żó\"");
    assert_eq!(at(right.span), "(size > 3)");
    assert_eq!(at(rule.head.on.span), "a.b");
    assert_eq!(at(rule.bands[0].tier_span), "green");
}

#[test]
fn holes_are_expressions_at_their_place() {
    let text = "guard g on a.b { black because \"{{é}} {n + 1} of {env.name}.\\u{41}\" }\n";
    let file = good(text);
    let ItemKind::Guard(guard) = &file.items[0].kind else { panic!() };
    let parts = &guard.head.because.as_ref().unwrap().parts;
    let at = |span: crate::source::Span| &text[span.range()];
    match parts.as_slice() {
        [TextPart::Plain(a), TextPart::Hole(n), TextPart::Plain(b), TextPart::Hole(name), TextPart::Plain(c)] => {
            assert_eq!((a.as_str(), b.as_str(), c.as_str()), ("{é} ", " of ", ".A"));
            assert_eq!((at(n.span), at(name.span)), ("n + 1", "env.name"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_holes_say_so() {
    for hole in ["{n +}", "{}", "{a b}", "{n", "n}", "{(}", "{\\\"a\\\"}"] {
        let (_, findings) = parse(&format!("guard g on a.b {{ black because \"x {hole} y\" }}\n"));
        assert!(!findings.is_empty(), "{hole}");
        assert!(findings.iter().all(|f| f.code == Code::BadTextHole), "{hole}: {findings:#?}");
        assert!(findings.iter().all(|f| f.primary.span.start >= 31), "{hole}: {findings:#?}");
    }
}

#[test]
fn trees_do_not_depend_on_layout() {
    assert_eq!(dump(&expression("a and not(b)or c")), dump(&expression(" a\n and not ( b )\n or c ")));
}
