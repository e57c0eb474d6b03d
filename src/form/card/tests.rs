//! Cards against the interpreter, on requests near everything that their tests compare with; and seeded faults.

use super::logic::Truth;
use super::make::{CardFault, Making};
use super::symbols::{MOST_TEXTS, Slots, Symbols};
use super::{First, Head, Index, MOST_TABLED, RECORD, cells::needs};
use crate::decision::{Decision, Engine};
use crate::entities::Entities;
use crate::form::bind::Bindings;
use crate::form::{Fields, Form, Given};
use crate::plan::hash::ends;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::source::SourceSet;

const RULES: &str = r#"package cards

entity Team one of { ops, security }
facts agent { trust: int 0..100, night: bool }
fields on ** { observed cost: int -5..2_000 }

action git.read, git.push
action git.merge { branch: string, fast: bool }
action code.write { path: string[..40], note: string[2..12] }
action code.move { path: string[..40], onto: string[..40], weight: decimal, quiet: bool }
action deploy.staging { branch: string, size: int 0..60 }
action deploy.rollback { size: int 0..60, fast: bool }

rule reading on git.read { green }
rule pushing on git.push { yellow when cost <= 100 or agent.trust > 80 }
rule merging on git.merge {
    green when branch not in { "main", "master", "release/with-a-very-long-name" } and fast
    yellow when branch in { "main", "" } and not fast
    red when branch == "master"
    black when branch == "release/with-a-very-long-name" and (cost >= 1000 or agent.trust < 20 and agent.night)
    because "Mainline."
}
rule writing on code.write {
    green when not (path ends with ".env" or path contains "secrets/" or path contains "ss" or path ends with ".k") and path starts with "src/"
    yellow when path starts with "a-long-beginning/" or path ends with "-and-a-long-end"
    red when path like "infra/*"
    because "Infrastructure."
}
rule moving on code.move {
    green when path starts with "src/" and onto starts with "src/" and weight < 1.5
    yellow when weight in { 1.5, 2.25 } and (path == "a" or path == "b" or onto != "c")
}
rule staging on deploy.staging {
    green when size in { 1, 5, 60 } or size == 7
    yellow when size in 10..20 and size != 15 and branch != "main"
}
rule rolling on deploy.rollback {
    green when size <= 3
    yellow when size > 3 and size < 9223372036854775807
    black when fast and size >= 50
    because "Too fast."
}

guard spending on git.** { yellow when cost > 500  red when cost > 1_500  because "Much." }
guard night on deploy.** {
    when agent.night and agent.trust < 60
    red
    because "Nobody is there."
    notify ops
}
guard watching on deploy.rollback { yellow when not fast because "Watched." }
approval release on deploy.staging, git.merge { when cost > 50  by Team.ops, quorum 1, within 5m, otherwise refuse }
"#;

const NAMES: [&str; 12] = [
    "agent.id",
    "agent.trust",
    "agent.night",
    "observed.cost",
    "params.branch",
    "params.fast",
    "params.path",
    "params.note",
    "params.onto",
    "params.weight",
    "params.quiet",
    "params.size",
];
const ACTIONS: [&str; 7] =
    ["git.read", "git.push", "git.merge", "code.write", "code.move", "deploy.staging", "deploy.rollback"];
const TEXTS: [&str; 33] = [
    "",
    "a",
    "b",
    "c",
    "main",
    "mainx",
    "mai",
    "master",
    "release/with-a-very-long-name",
    "release/with-a-Very-long-name",
    "src/",
    "src",
    "src/x.env",
    "src/x.en",
    "src/.k",
    "src/k",
    "src/.kk",
    "xsrc/",
    "src/secrets/a",
    "src/secretsa",
    "src/secrets",
    "src/secrets/",
    "src/secretsz/abcdefgh",
    "src/abcdefss",
    "src/abcdefs",
    "src/ssabc",
    "infra/a",
    "infra/",
    "a-long-beginning/",
    "a-long-beginning",
    "x-and-a-long-end",
    "-and-a-long-en",
    "ein Text, der mit Umlauten wie ä über vierzig Byte hat",
];
const NUMBERS: [i64; 32] = [
    -6, -5, 0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 14, 15, 16, 19, 20, 49, 50, 51, 59, 60, 61, 80, 100, 101, 500, 501, 1_000,
    1_500_000, 2_000, 2_250_000,
];

struct Offer {
    action: &'static str,
    values: Vec<Value>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Absent,
    Unavailable,
    Bool(bool),
    Number(i64),
    Text(&'static str),
}

impl Fields for Offer {
    const NAMES: &'static [&'static str] = &NAMES;

    fn action(&self) -> &str {
        self.action
    }

    fn given(&self, place: usize) -> Given<'_> {
        match self.values[place] {
            Value::Absent => Given::Absent,
            Value::Unavailable => Given::Unavailable("down"),
            Value::Bool(b) => Given::Bool(b),
            Value::Number(n) => Given::Number(n),
            Value::Text(text) => Given::Text(text),
        }
    }
}

/// Numbers from a seed.
struct Source(u64);

impl Source {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn offer(&mut self) -> Offer {
        let value = |source: &mut Self, name: &str| {
            if source.below(60) == 0 {
                return source.of(&[
                    Value::Absent,
                    Value::Unavailable,
                    Value::Bool(true),
                    Value::Number(1),
                    Value::Text("a"),
                ]);
            }
            match name {
                "agent.id" => Value::Text("bot"),
                "agent.night" | "params.fast" | "params.quiet" => Value::Bool(source.below(2) == 0),
                "params.branch" | "params.path" | "params.onto" => Value::Text(source.of(&TEXTS)),
                "params.note" => {
                    Value::Text(source.of(&["fine", "12345678", "1234567890ab", "x", "1234567890abc", "äö"]))
                }
                "agent.trust" => Value::Number(source.of(&[0, 19, 20, 21, 59, 60, 61, 79, 80, 81, 100, 101])),
                "observed.cost" => {
                    Value::Number(source.of(&[-5, 0, 50, 51, 99, 100, 101, 500, 501, 999, 1_000, 1_500, 1_501, 2_001]))
                }
                _ => Value::Number(source.of(&NUMBERS)),
            }
        };
        let action = self.of(&ACTIONS);
        Offer { action, values: NAMES.iter().map(|name| value(self, name)).collect() }
    }
}

fn policy() -> Policy {
    let sources = SourceSet::single("cards.aasrule", RULES);
    Policy::compile(&sources, &Settings::default())
        .unwrap_or_else(|e| panic!("{}", crate::diagnostic::render::human(&e, &sources, false)))
}

fn form(policy: &Policy, named: bool, fault: Option<CardFault>) -> Form<Offer> {
    let mut form = Form::<Offer>::bind(policy).unwrap();
    if fault.is_some() || !named {
        form.bindings = bindings(policy, named, Making::with_fault(policy.plan().default, fault));
    }
    form
}

fn bindings(policy: &Policy, named: bool, cards: Making) -> std::sync::Arc<Bindings> {
    std::sync::Arc::new(Bindings::with_cards(policy, &NAMES, named, cards).unwrap())
}

/// The first of so many requests that a form decides otherwise than the interpreter, and how many its cards told.
fn tried(named: bool, fault: Option<CardFault>, times: usize) -> (Option<String>, usize) {
    let policy = policy();
    tried_by(&policy, form(&policy, named, fault), times)
}

fn tried_by(policy: &Policy, mut form: Form<Offer>, times: usize) -> (Option<String>, usize) {
    let none = Entities::none();
    let (mut source, mut told) = (Source(11), 0);
    for _ in 0..times {
        let offer = source.offer();
        let (request, facts) = form.request(&offer);
        let meant = policy.decide_with(Engine::Interp, &request, &facts, &none);
        let record = form.bindings.cards.find(offer.action);
        told += usize::from(record.is_some_and(|record| form.bindings.cards.tier(record, &offer).is_some()));
        let tier = form.tier(&offer, &none);
        let decided = form.decide(&offer, &none).to_decision();
        if tier != meant.tier || (Decision { engine: meant.engine, ..decided.clone() }) != meant {
            return (Some(format!("{} {:?}\n{meant:?}\n{tier} {decided:?}", offer.action, offer.values)), told);
        }
    }
    (None, told)
}

#[test]
fn cards_say_what_the_interpreter_says_and_are_asked() {
    // Laid out in cells before, and looked at one by one.
    for named in [true, false] {
        let (difference, told) = tried(named, None, 20_000);
        assert_eq!(difference, None);
        assert!(told > 10_000, "most requests are told by cards: {told}");
    }
}

#[test]
fn what_has_no_record_is_decided_all_the_same() {
    let policy = policy();
    let mut form = form(&policy, true, None);
    form.bindings = bindings(&policy, true, Making::within_lines(policy.plan().default, 12));
    let found = ACTIONS.iter().filter(|action| form.bindings.cards.find(action).is_some()).count();
    assert!(0 < found && found < ACTIONS.len() && !form.bindings.cards.hold_all(), "some have one: {found}");
    let (difference, told) = tried_by(&policy, form, 10_000);
    assert_eq!(difference, None);
    assert!(0 < told && told < 10_000, "some are told by cards: {told}");
}

#[test]
fn seeded_faults_of_cards_are_caught() {
    use CardFault as F;
    let all = [
        F::LimitTooHigh,
        F::EqualIsBelow,
        F::LostNegation,
        F::NoBounds,
        F::NoLengths,
        F::SetTooShort,
        F::StartTooShort,
        F::EndTooShort,
        F::PartTooShort,
        F::OnlyBeginning,
        F::TermsUnsorted,
        F::FloorIsRule,
        F::NothingOwed,
        F::NoApprovals,
        F::Unchecked,
        F::FirstTermOnly,
        F::ItemOfFirst,
        F::BitsSwapped,
    ];
    for fault in all {
        assert!(tried(true, Some(fault), 60_000).0.is_some(), "{fault:?} was not caught");
    }
}

#[test]
fn every_action_here_has_cards() {
    let policy = policy();
    let form = form(&policy, true, None);
    let cards = &form.bindings.cards;
    // Where the cards for the tier and for all rows begin.
    let places = |action: &str| {
        let record = cards.find(action).unwrap();
        let unit = policy.plan().declared(action).unwrap();
        assert_eq!((cards.unit(record), cards.record(unit)), (unit, record));
        assert_eq!(record.0 % 8, 0, "a record begins a line");
        (record.0 as usize + RECORD, (cards.words[record.0 as usize + 3] >> 32) as usize)
    };
    let first = |card: usize| First(cards.words[card]);
    let head = |card: usize| Head(cards.words[card + 2]);
    for action in ACTIONS {
        let (tier, whole) = places(action);
        assert!([tier, whole].iter().all(|card| cards.words[*card] != needs::NEVER), "{action}");
    }
    let [one, other] = ["deploy.staging", "git.read"].map(places);
    assert_ne!(one.0, one.1, "an approval is no business of the tier");
    assert_eq!(other.0, other.1);
    assert!(first(other.0).at_once(), "few tests have a table");
    let long = places("code.write").0;
    assert!(!first(long).tabled() && head(long).terms() > 0, "more than {MOST_TABLED} have none");
    assert!(first(places("git.merge").0).narrow() > 0, "an int has narrow bounds");
    assert!(head(places("code.move").0).wide() > 0, "a decimal has not");
    assert!(cards.hold_all() && cards.find("git.pull").is_none() && cards.find("").is_none());
}

#[test]
fn names_of_any_length_find_their_records_and_no_others_do() {
    let name =
        |n: usize, length: usize| format!("a{n}.{}", "bcdefghij".chars().cycle().take(length).collect::<String>());
    let names: Vec<String> = (0..400).map(|n| name(n % 7, n)).collect();
    let mut index = Index::for_names(names.len());
    let mut words = vec![u64::MAX; 8 * (names.len() + 1)];
    for (line, name) in (1..).zip(&names) {
        index.add(name, line, &mut words[8 * line..]);
    }
    for (line, name) in (1..).zip(&names) {
        assert_eq!(index.find(name, &words), Some(8 * line as u32), "{name}");
        for place in 0..name.len() {
            let mut other = name.clone();
            other.replace_range(place..=place, "Z");
            assert_eq!(index.find(&other, &words), None, "{other}");
        }
        assert_eq!(index.find(&name[1..], &words), None);
    }
    assert_eq!(index.find("", &words), None);
    assert_eq!(Index::for_names(0).find("a", &words), None);
}

#[test]
fn conditions_become_the_terms_that_they_mean() {
    let mut source = Source(3);
    for _ in 0..2_000 {
        // A drawn condition beside its truth table over six bits.
        let bit = |place: usize| {
            (Truth::bit(place), (0..64_u64).filter(|n| n >> place & 1 == 1).fold(0_u64, |t, n| t | 1 << n))
        };
        let mut known: Vec<(Truth, u64)> = (0..6).map(bit).collect();
        for _ in 0..4 {
            let (a, b) = (source.below(known.len()), source.below(known.len()));
            let ((a, ta), (b, tb)) = (known[a].clone(), known[b].clone());
            let made = match source.below(3) {
                0 => Some((a.not(), !ta)),
                1 => Truth::all([a, b]).map(|all| (all, ta & tb)),
                _ => Truth::any([a, b]).map(|any| (any, ta | tb)),
            };
            known.extend(made);
        }
        for (truth, table) in known {
            for bits in 0..64_u64 {
                let holds = truth.holds().iter().any(|term| bits & term.mask == term.want);
                assert_eq!(holds, table >> bits & 1 == 1);
                let fails = truth.clone().not().holds().iter().any(|term| bits & term.mask == term.want);
                assert_ne!(holds, fails);
            }
        }
    }
}

#[test]
fn a_table_finds_its_texts_and_no_others() {
    let alphabet = "abcdefghijklmnopqrstuvwxyz".repeat(2);
    let texts: Vec<String> = (0..MOST_TEXTS).map(|n| alphabet[n % 7..n % 7 + n / 2].into()).collect();
    let mut table = Symbols::default();
    let ids: Vec<u32> = texts.iter().map(|text| table.add(text)).collect();
    let mut other = Symbols::default();
    other.add("a text of another table, and a long one");
    let (slots, words) = Slots::new(&[other, table.clone()]);
    let find = |text: &str| slots.find(words[1], super::Told { text, ends: ends(text.as_bytes()) });
    for (text, id) in texts.iter().zip(&ids) {
        assert_eq!((table.add(text), find(text)), (*id, *id));
        assert_eq!(find(&format!("{text}!")), 0);
        for place in 0..text.len() {
            let mut other = text.clone();
            other.replace_range(place..=place, "#");
            assert_eq!(find(&other), 0);
        }
    }
    assert_eq!(find("a text of another table, and a long one"), 0);
    assert!(ids.iter().all(|id| *id != 0));
}
