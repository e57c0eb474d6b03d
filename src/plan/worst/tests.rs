//! The bound is above what is counted, grows with what is declared, and knows what costs nothing.

use super::Worst;
use crate::builtin::Context;
use crate::facts::Facts;
use crate::plan::program::{MAX_VARIABLES, Program, Runner, Variables, elements};
use crate::plan::{Inputs, Read, UnitId};
use crate::raw::Raw;
use crate::reader::Bound;
use crate::value::Value;
use crate::{Entities, Policy, Request, Settings, SourceSet};

/// Most of what costs something, with a greatest length for each text and list.
fn rules(text: u64, list: u64) -> String {
    format!(
        r#"package demo

record Change {{ file: string[..{text}], lines: int 0..100 }}

action act {{
    note: string[..{text}]
    names: list<string[..{text}]>[..{list}]
    others: set<string[..{text}]>[..{list}]
    files: list<path>[..{list}]
    sizes: list<int 0..100>[..{list}]
    changes: list<Change>[..{list}]
    file: path
    branch: ref
}}

const bad: set<glob> = {{ "**/*.key", "secrets/**", "**/a/**/b?", "src/*x*" }}

rule lengths on act {{ when names.length > 3 and note.length > 3 and not files.is_empty yellow }}
rule texts on act {{ when note contains "ab" or note.lower == "x" or note like "*a*b?c*" or note matches /a+b/ yellow }}
rule lists on act {{ when names contains "x" or names contains any {{ "a", "b" }} or others intersects {{ "q" }} yellow }}
rule paths on act {{ when file like any bad or file under "src" or any f in files: f like any bad yellow }}
rule pairs on act {{ when any f in files: (any n in names: f.name == "x" and n == note) yellow }}
rule records on act {{ when any c in changes: c.file starts with "a" and c.lines > 3 yellow }}
rule sums on act {{ when sum(sizes) > 10 or (max(sizes) ?? 0) > 4 yellow }}
rule nets on act {{ when branch like "release/*" or branch in {{ "a", "b" }} yellow }}
rule does on act {{ green }}
"#
    )
}

fn policy(text: u64, list: u64) -> Policy {
    let sources = SourceSet::single("demo.aasrule", rules(text, list));
    Policy::compile(&sources, &Settings::default()).unwrap_or_else(|wrong| {
        panic!("{}", crate::diagnostic::render::human(&wrong, &sources, false));
    })
}

fn worst(policy: &Policy) -> Worst {
    policy.plan().worst(policy.typed()).into_iter().find(|worst| worst.title == "act").unwrap()
}

/// A request in which every text and list is as long as it may be.
fn greatest(text: u64, list: u64) -> Request {
    let long = |place: u64| {
        let text = text as usize;
        Raw::text(&format!("{place:x<text$}").chars().take(text).collect::<String>())
    };
    let all = |one: &dyn Fn(u64) -> Raw| Raw::List((0..list).map(one).collect());
    let change = |place| Raw::Object(vec![("file".into(), long(place)), ("lines".into(), Raw::Number("1".into()))]);
    let mut request = Request::new("act");
    request.params = vec![
        ("note".into(), long(0)),
        ("names".into(), all(&long)),
        ("others".into(), all(&long)),
        ("files".into(), all(&|place| Raw::text(&format!("a/{place}/b")))),
        ("sizes".into(), all(&|_| Raw::Number("1".into()))),
        ("changes".into(), all(&change)),
        ("file".into(), Raw::text("a/b/c")),
        ("branch".into(), Raw::text("main")),
    ];
    request
}

/// Programs that are run, and bytes of texts that calls and comparisons look at; without any that a value decides
/// early.
fn counted<I: Inputs>(runner: &Runner<'_, I>, program: &Program, variables: &Variables<'_>) -> (u64, u64) {
    let mut sum = (1, 0);
    let mut add = |(programs, bytes): (u64, u64)| sum = (sum.0 + programs, sum.1 + bytes);
    let value = |of: &Program| runner.run(of, variables).ok().flatten().map(std::borrow::Cow::into_owned);
    if let Program::Quantified { variable, over, filter, body, .. } = program {
        add(counted(runner, over, variables));
        let collection = value(over).unwrap();
        for element in elements(&collection).unwrap() {
            let mut held = [None; MAX_VARIABLES];
            held[..variables.len()].copy_from_slice(variables);
            held[*variable as usize] = Some(element);
            filter.iter().for_each(|filter| add(counted(runner, filter, &held)));
            add(counted(runner, body, &held));
        }
        return sum;
    }
    program.parts().into_iter().for_each(|part| add(counted(runner, part, variables)));
    match program {
        Program::Compare(_, a, b) => add((0, value(a).iter().chain(&value(b)).map(bytes).min().unwrap_or(0) / 8)),
        Program::Call(id, arguments) => {
            let name = crate::builtin::get(*id).name;
            let is_list = |value: &Value| elements(value).is_some();
            let free = matches!(name, "is_empty" | "starts with")
                || (name == "length" && value(&arguments[0]).is_some_and(|value| is_list(&value)));
            add((0, if free { 0 } else { value(&arguments[0]).map_or(0, |value| bytes(&value) / 8) }));
        }
        _ => {}
    }
    sum
}

fn bytes(value: &Value) -> u64 {
    match value {
        Value::List(all) | Value::Set(all) => all.iter().map(bytes).sum(),
        other => other.text().map_or(8, |text| text.len() as u64),
    }
}

#[test]
fn the_bound_is_above_what_is_counted() {
    for (text, list) in [(1, 1), (20, 3), (400, 12), (3_000, 40)] {
        let policy = policy(text, list);
        let bound = worst(&policy);
        let typed = policy.typed();
        let request = Bound::new(typed, &greatest(text, list), &Facts::of_agent("a"));
        assert!(request.refusals.is_empty(), "{:?}", request.refusals);
        let entities = Entities::none();
        let read = Read { policy: typed, bound: &request, entities: &entities };
        let context = Context { case_sensitive_paths: false, types: &typed.types };
        let runner = Runner { inputs: &read, context: &context };
        let unit = policy.plan().unit(UnitId(0));
        let (mut programs, mut bytes) = (0, 0);
        for slot in &unit.block.slots {
            let one = counted(&runner, &slot.program, &[None; MAX_VARIABLES]);
            (programs, bytes) = (programs + one.0, bytes + one.1);
            if let crate::plan::Encoding::Records(id) = slot.encoding {
                let all = runner.run(&slot.program, &[None; MAX_VARIABLES]).unwrap().unwrap().into_owned();
                let body = &unit.loops[id.0 as usize];
                for element in elements(&all).unwrap() {
                    let mut held = [None; MAX_VARIABLES];
                    held[body.variable.0 as usize] = Some(element);
                    for slot in &body.body.slots {
                        let one = counted(&runner, &slot.program, &held);
                        (programs, bytes) = (programs + one.0, bytes + one.1);
                    }
                }
            }
        }
        assert!(bound.instructions >= 40 * programs, "{text} {list}: {programs} programs, {bound:?}");
        assert!(bound.steps >= bytes, "{text} {list}: {bytes} bytes, {bound:?}");
    }
}

#[test]
fn the_bound_grows_with_what_is_declared() {
    let lengths = [0, 1, 7, 8, 100, 4_096, 65_536];
    let lists = [0, 1, 2, 9, 64];
    for pair in lengths.windows(2) {
        for list in lists {
            let (less, more) = (worst(&policy(pair[0], list)), worst(&policy(pair[1], list)));
            assert!(less.steps <= more.steps && less.instructions <= more.instructions, "{pair:?} {list}");
        }
    }
    for pair in lists.windows(2) {
        for text in lengths {
            let (less, more) = (worst(&policy(text, pair[0])), worst(&policy(text, pair[1])));
            assert!(less.steps < more.steps && less.instructions < more.instructions, "{text} {pair:?}");
        }
    }
}

/// What a guard alone comes to, less what an action without it does.
fn alone(field: &str, condition: &str) -> Worst {
    let text = format!(
        "package demo\n\naction act {{ {field} }}\n\nguard asks on act {{ when {condition} yellow because \"It asks.\" }}\nrule does on act {{ green }}\n"
    );
    let sources = SourceSet::single("demo.aasrule", text);
    let policy = Policy::compile(&sources, &Settings::default()).unwrap_or_else(|wrong| {
        panic!("{}", crate::diagnostic::render::human(&wrong, &sources, false));
    });
    worst(&policy)
}

#[test]
fn a_length_of_a_list_costs_nothing() {
    let small = alone("xs: list<path>[..2]", "xs.length > 10");
    let large = alone("xs: list<path>[..1000]", "xs.length > 10");
    assert_eq!((small.steps, large.steps), (0, 0));
    assert_eq!(small.instructions, large.instructions);
    assert!(large.instructions < 3_000, "{large:?}");
    // That of a text is counted.
    assert!(alone("x: string[..1000]", "x.length > 10").steps >= 500);
}

#[test]
fn a_comparison_costs_what_the_shorter_side_has() {
    let literal = alone("x: string", "x.trim == \"abc\"");
    let both = alone("x: string, y: string", "x.trim == y.trim");
    assert!(both.steps - 65_536 > literal.steps && literal.steps < 80_000, "{literal:?} {both:?}");
    assert!(alone("b: ref", "b in { \"main\", \"master\" }").steps < 400);
    assert!(alone("x: string", "x starts with \"abc\"").steps < 10);
}

#[test]
fn globs_and_expressions_cost_what_they_do() {
    let steps = |condition: &str| alone("x: string[..1000], p: path", condition).steps;
    // Only the ends are looked at.
    assert!(steps("x like \"release/*\"") < 20);
    // Once through the text, whatever is asked of it.
    assert!((4_000..9_000).contains(&steps("x like \"*a*b*c*\"")));
    assert!((4_000..9_000).contains(&steps("x matches /(a|b)+c[0-9]/")));
    // An expression without a table may be in all of its states.
    assert!(steps("x matches /(a|b){3}.{400}c\\w{3}/") > 100 * 4_000);
    // What is filed under different beginnings is not tried one after the other.
    let many = |n: u32| {
        let all: Vec<String> = (0..n).map(|i| format!("\"head{i:04}*x*y\"")).collect();
        steps(&format!("x like any {{ {} }}", all.join(", ")))
    };
    assert!(many(200) < 2 * many(2), "{} {}", many(200), many(2));
    assert!(steps("p like \"**/*.key\"") < steps("p like \"**/a/b/c/*.key\""));
    assert!(steps("p like \"src/*.rs\"") < 600_000);
}

#[test]
fn quantifiers_multiply_the_bounds_of_their_lists() {
    let steps = |xs: u64, ys: u64| {
        let field = format!("xs: list<string[..100]>[..{xs}], ys: list<string[..100]>[..{ys}]");
        alone(&field, "any x in xs: (any y in ys: x.trim == y.lower)").steps
    };
    let one = steps(1, 1);
    assert!(steps(10, 1) >= 9 * one / 2 && steps(10, 1) <= 10 * one);
    assert!(steps(10, 10) >= 5 * steps(10, 1) && steps(10, 10) <= 100 * one);
}

/// The secrets of one short text are those of a short text.
#[test]
fn a_scan_for_secrets_reads_what_there_is() {
    let short = alone("x: string[..100]", "secrets.found(x)").steps;
    assert_eq!(short, 256 * 400);
    assert_eq!(alone("x: string[..100]", "secrets.found").steps, 256 * 256 * 1024);
}

/// Whatever waits may cause rows to be judged again.
#[test]
fn an_order_costs_what_judging_again_does() {
    let policy = policy(10, 3);
    let slots = crate::plan::late::may_be_late(policy.plan().unit(UnitId(0)));
    let ordered = |n: usize| policy.in_order(&[(UnitId(0), slots[..n].to_vec())]).unwrap();
    let (none, one, two) = (worst(&policy), worst(&ordered(1)), worst(&ordered(2)));
    assert!(none.instructions < one.instructions && one.instructions < two.instructions);
    assert_eq!(two.instructions - one.instructions, one.instructions - none.instructions);
}
