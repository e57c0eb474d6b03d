//! The canonical form.

#![allow(clippy::useless_vec, reason = "the texts are joined at once")]

use proptest::prelude::*;

use super::{EVERYTHING, codes, dump, parse};
use crate::source::{FileId, SourceSet};

/// Formats a file that can be read; checks that once is enough and nothing was lost.
fn format(text: &str) -> String {
    let once =
        crate::syntax::format(&SourceSet::single("t", text), FileId(0)).unwrap_or_else(|e| panic!("{text}\n{e:#?}"));
    let twice = crate::syntax::format(&SourceSet::single("t", once.as_str()), FileId(0)).expect("reads its own");
    assert_eq!(once, twice, "not idempotent:\n{text}");
    let comments = |t: &str| parse(t).0.comments.into_iter().map(|c| c.text).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(comments(text), comments(&once));
    once
}

#[test]
fn every_item_keeps_its_tree() {
    let out = format(EVERYTHING);
    let (before, after) = (parse(EVERYTHING).0, parse(&out).0);
    assert_eq!(before.items.len(), after.items.len());
    for (a, b) in before.items.iter().zip(&after.items) {
        assert_eq!(dump(&a.kind), dump(&b.kind));
        assert_eq!(a.docs, b.docs);
    }
}

/// A text in canonical form stays as it is.
fn canonical(text: &str) {
    assert_eq!(format(text), text);
}

#[test]
fn blanks_are_canonical() {
    let cases = [
        ("package   a . b".replace(" . ", "."), "package a.b\n"),
        ("rule x on a.b{green}".into(), "rule x on a.b { green }\n"),
        (
            "rule x on a.b { when a<-b  and c!=( d ) green }".into(),
            "rule x on a.b { when a < -b and c != (d)  green }\n",
        ),
        ("const a={ 1,2, }".into(), "const a = { 1, 2 }\n"),
        ("const a : list < int 0 .. 5 > [ .. 3 ]=[ ]".into(), "const a: list<int 0..5>[..3] = []\n"),
        ("const r={a:1,b:{x,y}}".into(), "const r = { a: 1, b: { x, y } }\n"),
        (
            "predicate p( n:int ,m:T ? ):bool=f (n) [ 1 ].x.{ a,b }".into(),
            "predicate p(n: int, m: T?): bool = f(n)[1].x.{a, b}\n",
        ),
        ("const a = not   (b or c)".into(), "const a = not (b or c)\n"),
        ("const a = x  not   in  y minus z".into(), "const a = x not in y minus z\n"),
        ("const a = at least 2 of(a,b)".into(), "const a = at least 2 of (a, b)\n"),
        ("const a = 20 % of n".replace("20 %", "20%"), "const a = 20% of n\n"),
        ("use a.b.{ c as d,e }".into(), "use a.b.{c as d, e}\n"),
        ("record r {}".into(), "record r {}\n"),
        ("const a = any x in xs where x.ok:x.n>3".into(), "const a = any x in xs where x.ok: x.n > 3\n"),
        (
            "test \"t\" { cases a { x:1 } as b { { c:1 }->green,{ c:2 }->red by default } }".into(),
            "test \"t\" { cases a { x: 1 } as b { { c: 1 } -> green  { c: 2 } -> red by default } }\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(format(&text), expected);
    }
}

#[test]
fn long_lines_are_broken() {
    let out = format(&format!("rule x on a.b {{ when {} green }}\n", ["some_condition_here"; 8].join(" and ")));
    assert!(out.lines().all(|l| l.len() <= 120), "{out}");
    assert!(
        out.starts_with("rule x on a.b {\n    when some_condition_here\n        and some_condition_here\n"),
        "{out}"
    );
    assert!(out.ends_with("\n    green\n}\n"), "{out}");
    let out = format(&format!("const a = {{{}}}\n", ["\"some text here\""; 12].join(", ")));
    assert!(out.starts_with("const a = {\n    \"some text here\",\n") && out.ends_with("\",\n}\n"), "{out}");
    let out = format(&format!("rule x on {} {{ green }}\n", ["deploy.production"; 12].join(", ")));
    assert!(out.lines().all(|l| l.len() <= 120) && out.contains(",\n    deploy"), "{out}");
    let request = "test \"t\" {\n    request deploy.staging { service: \"api\", version: \"1.4.0\", region: \"eu\" } as { id: \"devops-1\", trust: 72 } observed { n: 1 }\n    expect green\n}\n";
    let out = format(request);
    assert!(out.contains("\n        as { id"), "{out}");
    assert!(out.contains("\n        observed { n: 1 }\n    expect green\n"), "{out}");
}

#[test]
fn comments_stay_where_they_are() {
    canonical(
        "// License.\n\n// About the package.\npackage a // here\n\n/// Doc.\n// remark\naction a.b { // open\n    // first\n    /// Field doc.\n    \
         a: int // trailing\n\n    // second\n    b: int\n    // last\n}\n\n// before\n\nrule x on a.b {\n    when c // why\n        and d\n    // own\n    green // ok\n}\n\n// end\n",
    );
    canonical("const a = {\n    1, // one\n    // two\n    2,\n    // rest\n}\n");
    canonical("rule x on a.b {\n    // nothing yet\n}\n");
    canonical("const a =\n    // first\n    1\n".replace("=\n    // first\n    1", "= // first\n    1").as_str());
    canonical("// only\n");
    assert_eq!(format(""), "");
    assert_eq!(format("rule x on a.b { green } // after\n"), "rule x on a.b { green } // after\n");
    assert_eq!(format("rule x on a.b { green // inside\n}\n"), "rule x on a.b {\n    green // inside\n}\n");
    assert_eq!(
        format("rule x // a\n on // b\n // c\n a.b { green }\n"),
        "rule x // a\n    on // b\n    // c\n    a.b { green }\n"
    );
}

#[test]
fn clauses_take_their_comments_along() {
    assert_eq!(
        format(
            "guard x on a.b {\n    because \"r\" // reason\n    // tier\n    red\n    code z\n    when c // cond\n}\n"
        ),
        "guard x on a.b {\n    when c // cond\n    // tier\n    red\n    because \"r\" // reason\n    code z\n}\n"
    );
}

#[test]
fn an_order_that_would_change_the_meaning_is_left() {
    let text = "guard x on a.b {\n    code y\n    require c otherwise \"t\"\n}\n";
    assert_eq!(format(text), text);
}

#[test]
fn blank_lines_and_runs_are_kept() {
    canonical(
        "use a\nuse b\n\nuse c\n\nrule x on a.b {\n    when c\n\n    green\n}\n\nrule y on a.b { red }\nrule z on a.b { red }\n",
    );
    assert_eq!(
        format("use a\n\n\n\nuse b\nrule x on a.b {\n\n    green\n\n\n    notify a\n\n}\nuse c\n"),
        "use a\n\nuse b\n\nrule x on a.b {\n    green\n\n    notify a\n}\n\nuse c\n"
    );
}

#[test]
fn tests_keep_their_lines() {
    canonical(
        "test \"t\" {\n    request a.b { x: 1 } as c expect green\n    request a.b as c\n    expect red, code d\n    cases a.b as c {\n        \
         { x: 1 }     -> green\n        { x: 1_000 } -> red because of y // why\n        {}           -> black\n    }\n}\n",
    );
}

#[test]
fn steps_of_sequences_have_one_form() {
    assert_eq!(
        format(
            "test \"t\" {\n  session  \"s2\"  opened by\"s1\"\n wait   5s\n repeat 3 times  request a.b{x:1}expect green\n\
             outcome failure cost - 0.20   expect trust 52.0,running\n approve  p.q by Agent(\"ada\")running\n\
             expect waiting,count ( per_hour )==2\n reject by{id:\"bob\"}\n stop\n resume\n}\n"
        ),
        "test \"t\" {\n    session \"s2\" opened by \"s1\"\n    wait 5s\n    repeat 3 times request a.b { x: 1 } expect green\n    \
         outcome failure cost -0.20 expect trust 52.0, running\n    approve p.q by Agent(\"ada\") running\n    \
         expect waiting, count(per_hour) == 2\n    reject by { id: \"bob\" }\n    stop\n    resume\n}\n"
    );
}

#[test]
fn what_is_done_beside_requests_has_one_form() {
    assert_eq!(
        format(
            "test \"t\" {\n grant  p.c for\"u\",mail{a:{1,2}}within 30d by ada expect refused,active ( c )==true\n\
             revoke c for \"u\"by{id:\"bob\"}\n freeze\"bot\"by ada\n unfreeze   Agent(\"bot\") by ada\n\
             agent\"sub\"made   by\"bot\"owned by \"ada\"\n set flag.x[k]= - 1 where env.name=prod until 18:00 by ada\n\
             clear flag.x where env.name=prod by ada\n close   session\"s1\"\n outcome unknown expect done\n}\n"
        ),
        "test \"t\" {\n    grant p.c for \"u\", mail { a: { 1, 2 } } within 30d by ada expect refused, active(c) == true\n    \
         revoke c for \"u\" by { id: \"bob\" }\n    freeze \"bot\" by ada\n    unfreeze Agent(\"bot\") by ada\n    \
         agent \"sub\" made by \"bot\" owned by \"ada\"\n    set flag.x[k] = -1 where env.name = prod until 18:00 by ada\n    \
         clear flag.x where env.name = prod by ada\n    close session \"s1\"\n    outcome unknown expect done\n}\n"
    );
}

#[test]
fn stateful_items_have_one_form() {
    canonical(
        "limit x on a.b {\n    at most 3 per 1h // odd\n        for each c\n    warn yellow at 80%\n    otherwise black\n    because \"…\"\n}\n",
    );
    canonical("lease w on run.* { for each run_id  held 60s  released by run.done  otherwise black  because \"x\" }\n");
    canonical("flag max: int 0..9 = 3, strict 0 scoped by env.name changed by Role.admin\n");
    assert_eq!(
        format(
            "cooldown q { otherwise black restart 60s scale.up,scale.down 2m for each  a across actions because \"x\" }"
        ),
        "cooldown q { restart 60s  scale.up, scale.down 2m  for each a  across actions  otherwise black  because \"x\" }\n"
    );
    assert_eq!(
        format(
            "trust t{on success{low + 0.5,high 2}levels{a<30<=b}freeze after 3 failures in a row or 1 critical failure}"
        ),
        "trust t {\n    on success { low +0.5, high 2 }\n    levels { a < 30 <= b }\n    \
         freeze after 3 failures in a row or 1 critical failure\n}\n"
    );
    canonical(
        "digest team { to chat, mail  every 30m  quiet 22:00..07:00 in \"UTC\"  at once from red  keep 500 entries }\n",
    );
    canonical("schedule nightly { at 03:15 on mon, tue  run report.write { kind: \"x\" } as Role.ops }\n");
    canonical(
        "workflow w {\n    input { a: int }\n    within 1h\n    step b as Role.ops c.d { a: a } after e retry 2 wait 10s // x\n    run f after b\n}\n",
    );
    assert_eq!(
        format("guard g on a.b { when seen ( a.b  where x ) in session within 5m red because \"x\" }"),
        "guard g on a.b { when seen(a.b where x) in session within 5m  red  because \"x\" }\n"
    );
}

#[test]
fn files_with_errors_are_refused() {
    let refused = crate::syntax::format(&SourceSet::single("t", "rule x on a.b { gren }\n"), FileId(0));
    assert!(refused.is_err());
    assert_eq!(codes("rule x on a.b { gren }\n"), ["AAS0101"]);
}

/// Words and signs of the language, and some that are not.
fn token() -> impl Strategy<Value = String> {
    let words = [
        "rule",
        "guard",
        "relax",
        "approval",
        "table",
        "flag",
        "limit",
        "test",
        "assert",
        "action",
        "const",
        "x",
        "a.b",
        "deploy.*",
        "on",
        "by",
        "when",
        "unless",
        "green",
        "red",
        "to",
        "because",
        "code",
        "notify",
        "otherwise",
        "and",
        "or",
        "not",
        "in",
        "any",
        "where",
        "has",
        "of",
        "at least 2 of",
        "expect",
        "request",
        "given",
        "columns",
        "row",
        "{",
        "}",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        "=",
        "==",
        "<",
        "-",
        "+",
        "*",
        "..",
        ".",
        "??",
        "->",
        "1",
        "2.5",
        "20%",
        "5m",
        "09:00",
        "2026-11-23",
        "\"t\"",
        "\"{x}\"",
        "\"{\"",
        "/x/",
        "// c\n",
        "/// d\n",
        "\n",
        "\n",
        "é",
        "\u{202e}",
        "\0",
        "\"",
        "/",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// Items that mostly can be read, with comments strewn in.
fn readable() -> impl Strategy<Value = String> {
    let gap = || prop::sample::select(vec![" ", " ", " ", "\n", "\n\n\n", " // c\n", "\n// own\n"]);
    let clause = || {
        prop::sample::select(vec![
            "when a and b",
            "unless x in {a, b}",
            "green",
            "red when n >= 3",
            "because \"{n}\"",
            "code c",
            "notify a , b",
            "redact t",
            "when any x in xs: f(x, { y: 1 }) or z",
            "when (a or b) and c.d[1].{p, q}",
            "until 2026-11-23",
        ])
    };
    let item = (gap(), gap(), prop::collection::vec((clause(), gap()), 0..7)).prop_map(|(a, b, clauses)| {
        let body: String = clauses.iter().map(|(c, g)| format!("{c}{g}")).collect();
        format!("rule x{a}on a.b{b}{{{body}}}\n")
    });
    let other = prop::sample::select(vec![
        "use a\n",
        "// c\n",
        "\n",
        "/// d\nrecord r { a: int, b: T? }\n",
        "const s = {1,\n2}\n",
    ]);
    prop::collection::vec(prop_oneof![item, other.prop_map(str::to_owned)], 0..5).prop_map(|v| v.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn token_soup_never_panics(tokens in prop::collection::vec(token(), 0..60)) {
        for glue in ["", " "] {
            let text = tokens.join(glue);
            let (file, findings) = parse(&text);
            for finding in &findings {
                let span = finding.primary.span;
                prop_assert!(span.start <= span.end && span.end as usize <= text.len());
                prop_assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
            }
            let unread = file.items.iter().any(|i| matches!(i.kind, crate::syntax::ast::ItemKind::Unreadable));
            prop_assert!(!unread || findings.iter().any(crate::diagnostic::Diagnostic::is_error));
            if !findings.iter().any(crate::diagnostic::Diagnostic::is_error) {
                format(&text);
            }
        }
    }

    #[test]
    fn formatting_is_idempotent(text in readable()) {
        if !parse(&text).1.iter().any(crate::diagnostic::Diagnostic::is_error) {
            format(&text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_never_panic(from in 0usize..6_000, length in 0usize..12, put in token()) {
        let boundary = |at: usize| (0..=at.min(EVERYTHING.len())).rev().find(|i| EVERYTHING.is_char_boundary(*i)).unwrap_or(0);
        let (start, end) = (boundary(from % EVERYTHING.len()), boundary(from % EVERYTHING.len() + length));
        let text = std::format!("{}{put}{}", &EVERYTHING[..start], &EVERYTHING[end..]);
        let (file, findings) = parse(&text);
        let unread = file.items.iter().filter(|i| matches!(i.kind, crate::syntax::ast::ItemKind::Unreadable)).count();
        prop_assert!(unread <= 3, "{unread} items lost: {findings:#?}");
    }
}
