//! Writes native code for the workloads; see `src/lib.rs`.

#[path = "src/perfect.rs"]
mod perfect;

use std::collections::BTreeMap;
use std::fmt::Write;

use workload::{DEFAULT, How, Rule, Scope, Test, Workload, w2};

/// The largest set that gets a plain `match`.
const PLAIN: usize = 1_000;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/perfect.rs");
    let folder = std::env::var("OUT_DIR").expect("cargo says where");
    let names = w2::SIZES.iter().map(|n| format!("w2_{n}")).chain(["w1".into()]);
    for name in names {
        let workload = Workload::by_name(&name).expect("a workload");
        std::fs::write(format!("{folder}/{name}.rs"), module(&workload)).expect("a writable folder");
    }
}

/// The rules of each name, and of each start of names, with those of shorter starts that cover it too.
struct Scopes<'a> {
    names: BTreeMap<&'a str, Vec<&'a Rule>>,
    starts: BTreeMap<&'a str, Vec<&'a Rule>>,
}

impl<'a> Scopes<'a> {
    fn new(rules: &'a [Rule]) -> Self {
        let (mut names, mut starts): (BTreeMap<&str, Vec<_>>, BTreeMap<&str, Vec<_>>) = Default::default();
        for rule in rules {
            match &rule.scope {
                Scope::Name(name) => names.entry(name).or_default().push(rule),
                Scope::Start(start) => starts.entry(start).or_default().push(rule),
            }
        }
        let own = starts.clone();
        let shorter = |key: &str, last: usize| -> Vec<&Rule> {
            (0..last).filter_map(|end| own.get(&key[..end])).flatten().copied().collect()
        };
        names.iter_mut().for_each(|(name, rules)| rules.extend(shorter(name, name.len() + 1)));
        starts.iter_mut().for_each(|(start, rules)| rules.extend(shorter(start, start.len())));
        Self { names, starts }
    }
}

fn module(workload: &Workload) -> String {
    let scopes = Scopes::new(&workload.rules);
    let mut code = String::from("use workload::{Ask, Tier};\nfn nothing(_: &Ask) -> Tier { 3 }\n");
    let mut lengths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for start in scopes.starts.keys() {
        lengths.entry(start.len()).or_default().push(start);
    }
    let names: Vec<&str> = scopes.names.keys().copied().collect();
    for (i, rules) in scopes.names.values().enumerate() {
        let _ = writeln!(code, "fn name{i}(a: &Ask) -> Tier {{ {} }}", body(rules));
    }
    table(&mut code, "NAME", "name", &names);
    for (length, starts) in &lengths {
        for (i, start) in starts.iter().enumerate() {
            let _ = writeln!(code, "fn start{length}_{i}(a: &Ask) -> Tier {{ {} }}", body(&scopes.starts[start]));
        }
        table(&mut code, &format!("START{length}"), &format!("start{length}_"), starts);
    }
    resolve(&mut code, &lengths);
    if workload.rules.len() <= PLAIN {
        plain(&mut code, &names, &lengths);
    }
    code
}

fn resolve(code: &mut String, lengths: &BTreeMap<usize, Vec<&str>>) {
    code.push_str("#[inline]\npub fn resolve(action: &str) -> crate::Decide {\n");
    code.push_str("if let Some(found) = crate::find(action, &NAME_SHIFTS, &NAME_SLOTS) { return found; }\n");
    for length in lengths.keys().rev() {
        let _ = writeln!(
            code,
            "if let Some(start) = action.get(..{length}) && let Some(found) = crate::find(start, &START{length}_SHIFTS, &START{length}_SLOTS) {{ return found; }}"
        );
    }
    code.push_str("nothing\n}\n");
}

fn plain(code: &mut String, names: &[&str], lengths: &BTreeMap<usize, Vec<&str>>) {
    code.push_str("pub fn plain(a: &Ask) -> Tier {\nmatch a.action.as_str() {\n");
    for (i, name) in names.iter().enumerate() {
        let _ = writeln!(code, "{name:?} => name{i}(a),");
    }
    for (length, starts) in lengths.iter().rev() {
        for (i, start) in starts.iter().enumerate() {
            let _ = writeln!(code, "x if x.starts_with({start:?}) => start{length}_{i}(a),");
        }
    }
    let _ = writeln!(code, "_ => {DEFAULT},\n}}\n}}");
}

/// Straight-line code: the most severe rule that holds.
fn body(rules: &[&Rule]) -> String {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.tier));
    let mut code = String::new();
    for rule in rules {
        if rule.tests.is_empty() {
            let _ = write!(code, "{}", rule.tier);
            return code;
        }
        let tests: Vec<String> = rule.tests.iter().map(test).collect();
        let _ = write!(code, "if {} {{ return {}; }} ", tests.join(" && "), rule.tier);
    }
    let _ = write!(code, "{DEFAULT}");
    code
}

fn test(test_: &Test) -> String {
    match test_ {
        Test::AtLeast(field, least) => format!("a.{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("a.{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = format!("a.{}", field.name());
            let said = match how {
                How::Is => format!("{of} == {word:?}"),
                How::StartsWith => format!("{of}.starts_with({word:?})"),
                How::EndsWith => format!("{of}.ends_with({word:?})"),
                How::Contains => format!("{of}.contains({word:?})"),
                How::Under | How::Named | How::Shaped => unreachable!("not in these workloads"),
            };
            if *not { format!("!({said})") } else { format!("({said})") }
        }
        Test::OneOf { field, words, not } => {
            let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("{}matches!(a.{}.as_str(), {})", if *not { "!" } else { "" }, field.name(), list.join(" | "))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(test).collect::<Vec<_>>().join(" || ")),
        Test::Inside(_) => unreachable!("not in these workloads"),
    }
}

/// A perfect hash table: names by slot, and for each bucket the shift that keeps its names apart.
fn table(code: &mut String, constant: &str, function: &str, names: &[&str]) {
    let (shifts, slots) = place(names);
    let _ = writeln!(code, "static {constant}_SHIFTS: [u32; {}] = {shifts:?};", shifts.len());
    let _ = write!(code, "static {constant}_SLOTS: [(&str, crate::Decide); {}] = [", slots.len());
    for slot in &slots {
        let _ = match slot {
            Some(i) => write!(code, "({:?}, {function}{i}), ", names[*i]),
            // No text that can be asked for: a name of an action is never empty.
            None => write!(code, "(\"\\0\", nothing), "),
        };
    }
    code.push_str("];\n");
}

fn place(names: &[&str]) -> (Vec<u32>, Vec<Option<usize>>) {
    let mut slots = vec![None; (names.len() * 2).next_power_of_two()];
    let mut buckets = vec![Vec::new(); (names.len() / 2).max(1).next_power_of_two()];
    let mut shifts = vec![0; buckets.len()];
    let hashes: Vec<u64> = names.iter().map(|name| workload::hash::hash(name.as_bytes())).collect();
    for (i, &hash) in hashes.iter().enumerate() {
        let bucket = hash as usize & (shifts.len() - 1);
        buckets[bucket].push(i);
    }
    let mut order: Vec<usize> = (0..buckets.len()).collect();
    order.sort_by_key(|&bucket| std::cmp::Reverse(buckets[bucket].len()));
    for bucket in order {
        let own = &buckets[bucket];
        let fits = |shift: u32| {
            let mut wanted: Vec<usize> = own.iter().map(|&i| perfect::slot(hashes[i], shift, slots.len())).collect();
            let free = wanted.iter().all(|&slot| slots[slot].is_none());
            wanted.sort_unstable();
            free && wanted.windows(2).all(|pair| pair[0] != pair[1])
        };
        let shift = (0..).find(|&shift| fits(shift)).expect("some shift keeps a few names apart");
        shifts[bucket] = shift;
        for &i in own {
            let slot = perfect::slot(hashes[i], shift, slots.len());
            slots[slot] = Some(i);
        }
    }
    (shifts, slots)
}
