//! Damage, hostile content, and the one form of everything.

use super::bytes::{Coded, MAX_NESTING, Reader, Writer};
use super::container::{FORMAT, PAGE, Page, page as page_of};
use super::{Artefact, ArtefactError, ArtefactId, Texts, section, with_section, write, write_with};
use crate::check::typed::{TExpr, TExprKind, TypedPolicy};
use crate::decision::Tier;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::one_action::{Asked, OneAction};
use crate::policy::Policy;
use crate::raw::Raw;
use crate::request::Request;
use crate::settings::Settings;
use crate::source::{SourceSet, Span};
use crate::types::Type;
use crate::value::Value;

/// Something of every kind that an artefact keeps.
const RULES: &str = r#"package demo

ordered enum Size { small, medium, large }
record Change { path: path, lines: int 0..1_000 }
entity Role one of { ops, ci }
entity Agent in Role
facts agent { trust: decimal 0..100 = 50 }
facts env { name: string }
flag open for each string: bool = true, strict false

action noop
action deploy.staging, deploy.production also ship {
    size: Size
    note: string?
    changes: list<Change>[..20]
    target: url
    tags: map<string, string>
    command: command
    network: ip
    version: semver = "1.0.0"
}

/// Stagings run.
rule stagings on deploy.staging { green  redact note }
rule productions on deploy.* by Role.ops {
    when size <= medium or agent.trust * 2 >= 99.5
    yellow when version >= "1.2.0-rc.1"
    notify ops
}
rule quiet on noop { green }
guard keys on deploy.** {
    when any c in changes: c.path like any {"**/*.key", "secrets/**"} and c.lines >= 3
    red
    because "{size} with keys"
}
guard hosts on ** except noop {
    when not (target.host under "example.com")
    black
    instead noop
    because "Elsewhere."
}
guard late on deploy.production waivable by Role.ops {
    when now.in("Europe/Warsaw").time in 17:00..23:00 or now.weekday in {fri, sat}
    require flag.open["x"] otherwise "Closed." code closed
    red
    because "Late."
}
relax trusted on deploy.** { when agent.trust >= 60  yellow to green }
approval people on deploy.** { by Role.ops  quorum 2  within 5m }
"#;

fn sources() -> SourceSet {
    let mut sources = SourceSet::single("rules/demo.aasrule", RULES);
    sources.add_to("other", "rules/other.aasrule", "package other\n\naction ping\n\nrule pings on ping { green }\n");
    sources
}

fn policy() -> Policy {
    Policy::compile(&sources(), &Settings::default()).unwrap_or_else(|findings| {
        panic!("{}", crate::diagnostic::render::human(&findings, &sources(), false));
    })
}

/// With a table of needs for every action that can have one.
fn bytes() -> Vec<u8> {
    write_with(policy().typed(), &sources(), 0).expect("an artefact")
}

fn read(bytes: &[u8]) -> Result<TypedPolicy, ArtefactError> {
    let artefact = Artefact::open(bytes)?;
    let policy = artefact.policy()?;
    artefact.sources(&policy, Texts::Lines)?;
    artefact.sources(&policy, Texts::All)?;
    Ok(policy)
}

fn requests() -> Vec<Request> {
    let deploy = |action| {
        Request::new(action)
            .param("size", Raw::text("large"))
            .param("changes", Raw::List([].into()))
            .param("target", Raw::text("https://a.example.com/"))
            .param("tags", Raw::Object(Vec::new()))
            .param("command", Raw::text("git push -f"))
            .param("network", Raw::text("10.0.0.1"))
    };
    vec![
        deploy("deploy.staging"),
        deploy("ship"),
        deploy("deploy.production"),
        Request::new("ping"),
        Request::new("noop"),
        Request::new("deploy.moon"),
    ]
}

fn facts() -> Facts {
    let env = Facts::of_agent("bot").agent("kind", Raw::text("machine")).agent("trust", Raw::int(70));
    env.env("name", Raw::text("prod")).at(1_795_003_200_000_000)
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    assert_eq!(bytes(), bytes());
    let artefact = bytes();
    let read = read(&artefact).expect("a policy");
    assert_eq!(read.hash, *policy().hash());
    assert_eq!(Artefact::open(artefact.as_slice()).expect("an artefact").policy_hash(), read.hash);
}

#[test]
fn rule_files_come_back() {
    let (artefact, given) = (bytes(), sources());
    let artefact = Artefact::open(artefact.as_slice()).expect("an artefact");
    let policy = artefact.policy().expect("a policy");
    let all = artefact.sources(&policy, Texts::All).expect("the texts");
    let lines = artefact.sources(&policy, Texts::Lines).expect("the lines");
    let none = artefact.sources(&artefact.policy_for("ping").expect("a part"), Texts::Lines).expect("the lines");
    for (id, file) in given.files() {
        assert_eq!((all.file(id).text(), all.file(id).home()), (file.text(), file.home()));
        assert_eq!((lines.file(id).name(), lines.file(id).line_starts()), (file.name(), file.line_starts()));
        assert!(lines.file(id).text().is_empty());
        assert_eq!(none.file(id).line_starts().len() == 1, file.name().contains("demo"));
    }
}

#[test]
fn a_part_decides_its_own_action_like_the_whole() {
    let (bytes, whole) = (bytes(), policy());
    let artefact = Artefact::open(bytes.as_slice()).expect("an artefact");
    for request in requests() {
        let part = OneAction::load(&artefact, &request.action).expect("a part");
        let decision = part.decide(&request, &facts(), &Entities::none()).expect("its own action");
        let meant = whole.decide(&request, &facts(), &Entities::none());
        assert_eq!((decision.tier, &decision.action, &decision.errors), (meant.tier, &meant.action, &meant.errors));
        assert_eq!(decision.policy, meant.policy);
        let own = part.policy_for(&request).expect("its own action").typed();
        assert!(own.items.len() < whole.typed().items.len(), "{}", request.action);
        for other in requests().iter().filter(|other| other.action != request.action) {
            assert_eq!(part.decide(other, &facts(), &Entities::none()), None);
        }
    }
}

#[test]
fn every_damaged_byte_is_seen() {
    let good = bytes();
    for place in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[place] ^= flip;
            assert!(read(&bad).is_err(), "byte {place}");
        }
    }
    for length in 0..good.len() {
        assert!(read(&good[..length]).is_err(), "cut to {length}");
    }
    for more in [&b"\0"[..], b"more"] {
        assert!(read(&[&good, more].concat()).is_err());
    }
}

#[test]
fn another_version_or_another_id_is_refused_by_name() {
    let good = bytes();
    let with = |place: usize, value: &[u8]| {
        let mut bad = good.clone();
        bad[place..place + value.len()].copy_from_slice(value);
        read(&bad).err()
    };
    assert_eq!(with(0, b"\x7fELF"), Some(ArtefactError::NotOne));
    assert_eq!(with(8, &(FORMAT + 1).to_le_bytes()), Some(ArtefactError::Format(FORMAT + 1)));
    assert_eq!(with(24, &[0; 32]), Some(ArtefactError::Damaged));
    assert_eq!(with(good.len() - 1, b"\0"), Some(ArtefactError::Damaged));
    let own = Artefact::open(good.as_slice()).expect("an artefact").id();
    assert_eq!(Artefact::open_as(good.as_slice(), own).map(|a| a.id()).ok(), Some(own));
    assert_eq!(ArtefactId::from_hex(&own.to_string()), Some(own));
    let other = ArtefactId::from_hex(&"0".repeat(64)).expect("an id");
    assert_eq!(Artefact::open_as(good.as_slice(), other).err(), Some(ArtefactError::Foreign(own)));
    for none in ["", "00", &own.to_string().to_uppercase(), &"g".repeat(64)] {
        assert_eq!(ArtefactId::from_hex(none), None);
    }
}

#[test]
fn huge_lengths_reserve_nothing() {
    let good = bytes();
    for place in [12, 16] {
        let mut bad = good.clone();
        bad[place..place + 4].copy_from_slice(&[0xff; 4]);
        assert!(matches!(read(&bad), Err(ArtefactError::Length { .. })));
    }
    // A list that says it is long, with nothing in it.
    let mut list = Writer::default();
    list.number(u64::MAX);
    assert!(Vec::<u64>::take(&mut Reader::new(&list.into_bytes(), 1)).is_err());
    for number in 0..64 {
        if let Some(bad) = with_section(&good, number, &[0xff; 40]) {
            assert!(read(&bad).is_err(), "section {number}");
        }
    }
}

/// Whoever writes the file can write hashes that fit: what is behind them is refused or decides, whatever it is.
#[test]
fn content_that_no_compiler_writes_is_harmless() {
    let good = bytes();
    let mut tried = 0;
    for number in (0..).take_while(|number| section(&good, *number).is_some()) {
        let content = section(&good, number).expect("a section");
        for place in (number % 3..content.len()).step_by(3) {
            let mut bad = content.clone();
            bad[place] ^= [0x01, 0x02, 0x10, 0xff][place / 3 % 4];
            let bad = with_section(&good, number, &bad).expect("a section");
            let Ok(typed) = read(&bad) else { continue };
            tried += 1;
            let artefact = Artefact::open(bad.as_slice()).expect("an artefact");
            let whole = Policy::from_typed(typed);
            for request in requests() {
                let _ = whole.decide(&request, &facts(), &Entities::none());
                if let Ok(part) = OneAction::load(&artefact, &request.action) {
                    let _ = part.decide(&request, &facts(), &Entities::none());
                }
            }
        }
    }
    assert!(tried > 200, "{tried} changes were not refused");
}

/// Numbers that look arbitrary.
fn below(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % n.max(1)
}

/// Bytes changed, taken out, put in and copied from elsewhere.
fn mangled(content: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = content.to_vec();
    for _ in 0..=below(state, 4) {
        let at = below(state, bytes.len());
        let end = (at + 1 + below(state, 6)).min(bytes.len());
        match below(state, 5) {
            0 | 1 => {
                let new = below(state, 256) as u8;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = new;
                }
            }
            2 => drop(bytes.drain(at..end)),
            3 => bytes.insert(at, below(state, 32) as u8),
            _ => {
                let from = below(state, content.len());
                let piece = &content[from..(from + 1 + below(state, 24)).min(content.len())];
                bytes.splice(at..end, piece.iter().copied());
            }
        }
    }
    bytes
}

/// The same over content that is mangled, which a page survives where its ends still fit.
#[test]
#[ignore = "a hundred thousand tries"]
fn soak_mangled_content_is_harmless() {
    let good = bytes();
    let sections: Vec<Vec<u8>> = (0..).map_while(|number| section(&good, number)).collect();
    let mut state = 0xaa5;
    let mut decided = 0;
    for _ in 0..100_000 {
        let number = below(&mut state, sections.len());
        let content = &sections[number];
        // A page's head is mended, so that its entries are reached.
        let mended = if number > 2 && Page::new(content).is_ok() {
            mangled_page(content, &mut state)
        } else {
            mangled(content, &mut state)
        };
        let Some(bad) = with_section(&good, number, &mended) else { continue };
        let Ok(typed) = read(&bad) else { continue };
        decided += 1;
        let whole = Policy::from_typed(typed);
        for request in requests() {
            let _ = whole.decide(&request, &facts(), &Entities::none());
        }
    }
    assert!(decided > 1_000, "{decided}");
}

/// A page with one entry mangled.
fn mangled_page(content: &[u8], state: &mut u64) -> Vec<u8> {
    let page = Page::new(content).expect("a page of a good artefact");
    let mut entries: Vec<Vec<u8>> = (0..page.len()).map(|n| page.entry(n).expect("an entry").to_vec()).collect();
    let chosen = below(state, entries.len());
    entries[chosen] = mangled(&entries[chosen], state);
    page_of(&entries)
}

#[test]
fn nesting_is_bounded() {
    let mut deep = TExpr {
        kind: TExprKind::Const(Value::Bool(true)),
        ty: Type::Bool,
        range: None,
        errs: false,
        span: Span::default(),
    };
    for _ in 0..MAX_NESTING + 1 {
        deep = TExpr { kind: TExprKind::Not(Box::new(deep.clone())), ..deep };
    }
    let mut w = Writer::default();
    deep.put(&mut w);
    let error = TExpr::take(&mut Reader::new(&w.into_bytes(), 1)).err();
    assert_eq!(error, Some(ArtefactError::Malformed("something nests too deep")));
}

#[test]
fn a_number_has_one_form() {
    for number in [0, 1, 127, 128, 300, 1 << 32, i64::MAX, i64::MIN, -1, -64, -65] {
        let mut w = Writer::default();
        w.signed(number);
        let bytes = w.into_bytes();
        let mut r = Reader::new(&bytes, 1);
        assert_eq!(r.signed(), Ok(number));
        assert!(r.end().is_ok());
    }
    for bad in [&[0x80, 0x00][..], &[0xff; 10], &[0x80], &[0x80, 0x80, 0x00]] {
        assert!(Reader::new(bad, 1).number().is_err(), "{bad:?}");
    }
}

#[test]
fn many_actions_lie_on_many_pages() {
    let count = 3 * PAGE + 5;
    let mut rules = String::from("package many\n\n");
    for n in 0..count {
        rules.push_str(&format!("action a{n:04} also b{n:04} {{ n: int }}\n\n"));
        rules.push_str(&format!("rule r{n:04} on a{n:04} {{\n    green when n >= {n}\n}}\n\n"));
    }
    rules.push_str("guard all on ** {\n    when n > 1_000\n    black\n    because \"Too much.\"\n}\n");
    let sources = SourceSet::single("many.aasrule", rules);
    let policy = Policy::compile(&sources, &Settings::default()).expect("a policy");
    let bytes = write(policy.typed(), &sources).expect("an artefact");
    let artefact = Artefact::open(bytes.as_slice()).expect("an artefact");
    for n in 0..count {
        for name in [format!("a{n:04}"), format!("b{n:04}")] {
            let part = OneAction::load(&artefact, &name).expect("a part");
            for (given, tier) in
                [(n - n.min(1), if n == 0 { Tier::Green } else { Tier::Red }), (n, Tier::Green), (1_001, Tier::Black)]
            {
                let request = Request::new(&name).param("n", Raw::int(given as i64));
                let decision = part.decide(&request, &Facts::of_agent("bot"), &Entities::none()).expect("its own");
                assert_eq!((decision.tier, &*decision.action), (tier, &*format!("a{n:04}")), "{name} {given}");
            }
        }
    }
    for name in ["a", "a0000x", "b9999", "zzz", ""] {
        let typed = artefact.policy_for(name).expect("a part");
        assert!(typed.actions.is_empty() && typed.items.is_empty(), "{name}");
    }
}

/// The bytes of one policy. Where this fails the form has changed: raise [`FORMAT`], then accept the new hash.
#[test]
fn the_form_has_not_changed_in_silence() {
    let artefact = bytes();
    let artefact = Artefact::open(artefact.as_slice()).expect("an artefact");
    insta::assert_snapshot!(format!("format {FORMAT}, sections {}", artefact.print_of_sections()));
}

/// Many rules on one action, told apart by every sort of key, and some that are not.
fn crowd() -> SourceSet {
    let mut rules = String::from(
        "package crowd\n\nentity Team in Team\naction act {\n    name: string\n    file: path\n    size: int?\n    observed cost: int\n    of: Team\n}\n\n",
    );
    for n in 0..40 {
        let needs = [
            format!("name == \"n{n}\""),
            format!("name starts with \"s{n}-\""),
            format!("name ends with \"-e{n}\""),
            format!("name contains \"<{n}>\""),
            format!("file under \"d{n}\""),
            format!("file like \"**/*.x{n}\""),
            format!("has size and size in {n}0..{n}9"),
            format!("cost >= {n}5 and cost < {n}7"),
            format!("of in Team(\"t{n}\")"),
            format!("of == Team(\"o{n}\")"),
        ];
        for (kind, need) in needs.iter().enumerate() {
            let tier = ["green", "yellow"][n % 2];
            rules.push_str(&format!("rule r{n:02}_{kind} on act {{\n    when {need}\n    {tier}\n}}\n\n"));
        }
    }
    rules.push_str("guard long on act {\n    when not (name == \"n7\")\n    when has size and size > 1_000\n    red\n    because \"Long.\"\n}\n");
    SourceSet::single("crowd.aasrule", rules)
}

fn crowd_policy() -> Policy {
    Policy::compile(&crowd(), &Settings::default()).unwrap_or_else(|findings| {
        panic!("{}", crate::diagnostic::render::human(&findings, &crowd(), false));
    })
}

/// Requests near rules of every sort, with and without what may be absent, and with what errs.
fn crowd_requests() -> Vec<Request> {
    let mut all = Vec::new();
    for n in [0, 3, 39, 41] {
        for name in [format!("n{n}"), format!("s{n}-x"), format!("x-e{n}"), format!("a<{n}>b"), String::new()] {
            for file in [format!("d{n}/a"), format!("a/b.x{n}"), format!("../d{n}/a.x{n}"), format!("D{n}/a.X{n}")] {
                for size in
                    [None, Some(Raw::int(n * 10 + 6)), Some(Raw::int(2_000)), Some(Raw::Unavailable("no".into()))]
                {
                    for of in [format!("t{n}"), format!("o{n}"), "in-t3".into(), "unknown".into()] {
                        let request =
                            Request::new("act").param("name", Raw::text(&name)).param("file", Raw::text(&file));
                        let request = request.param("of", Raw::text(&of));
                        all.push(match &size {
                            Some(size) => request.param("size", size.clone()),
                            None => request,
                        });
                    }
                }
            }
        }
    }
    all
}

fn crowd_entities(policy: &Policy) -> Entities {
    let team = |id: &str, parents: &[&str]| crate::check::typed::RawEntity {
        ty: "Team".into(),
        id: id.into(),
        parents: parents.iter().map(|parent| ("Team".into(), (*parent).into())).collect(),
        attributes: Default::default(),
    };
    policy.entities(&[team("t0", &[]), team("t3", &[]), team("o3", &[]), team("in-t3", &["t3"])]).expect("a snapshot")
}

#[test]
fn a_request_is_decided_by_the_few_items_that_it_may_concern() {
    let whole = crowd_policy();
    let bytes = write(whole.typed(), &crowd()).expect("an artefact");
    let artefact = Artefact::open(bytes.as_slice()).expect("an artefact");
    assert_eq!(artefact.container.index.needs, 1);
    let asked = Asked::open(&artefact, "act").expect("a schema");
    let (facts, entities) = (Facts::of_agent("bot").observed("cost", Raw::int(36)), crowd_entities(&whole));
    let (mut read, mut held) = (Vec::new(), 0);
    for request in crowd_requests().into_iter().step_by(3) {
        let part = asked.load(request.clone(), facts.clone(), entities.clone()).expect("a part").expect("its own");
        let (said, meant) = (part.decide(), whole.decide(&request, &facts, &entities));
        let names = |policy: &Policy, decision: &crate::decision::Decision| -> Vec<String> {
            let items = decision.determining.iter().filter_map(|d| d.item);
            items.map(|id| policy.typed().item(id).name.to_string()).collect()
        };
        assert_eq!((said.tier, &said.errors), (meant.tier, &meant.errors), "{request:?}");
        assert_eq!(names(part.policy(), &said), names(&whole, &meant), "{request:?}");
        held += usize::from(!names(&whole, &meant).is_empty());
        read.push(part.policy().typed().items.len());
    }
    read.sort_unstable();
    assert!(held > 150, "{held} requests match something");
    // Half of the requests err somewhere, or name somebody whose teams are not known.
    assert!(read[0] < 8 && read[read.len() / 4] < 60, "{read:?}");
    let other = asked.load(Request::new("other"), facts, entities).expect("nothing is read");
    assert!(other.is_none());
}

#[test]
fn a_table_that_hides_an_item_or_names_a_strange_one_is_refused() {
    let policy = crowd_policy();
    let bytes = write(policy.typed(), &crowd()).expect("an artefact");
    let number = (0..).take_while(|number| section(&bytes, *number).is_some()).count() - 1;
    let table = section(&bytes, number).expect("the table of needs");
    let (facts, entities) = (Facts::of_agent("bot"), crowd_entities(&policy));
    let requests = crowd_requests();
    let mut state = 7;
    for round in 0..400 {
        let content = mangled(&table, &mut state);
        if content == table {
            continue;
        }
        let bad = with_section(&bytes, number, &content).expect("a section");
        let artefact = Artefact::open(bad.as_slice()).expect("an artefact");
        if round % 40 == 0 {
            assert!(artefact.policy().is_err(), "another table is not the one that the items give");
        }
        // A process that answers one request does not make the table again; whatever it says, nothing worse comes of it.
        let asked = Asked::open(&artefact, "act").expect("a schema");
        let request = requests[below(&mut state, requests.len())].clone();
        if let Ok(part) = asked.load(request, facts.clone(), entities.clone()) {
            let _ = part.expect("its own action").decide();
        }
    }
    let mut without = table.clone();
    without.truncate(0);
    let bad = with_section(&bytes, number, &without).expect("a section");
    let artefact = Artefact::open(bad.as_slice()).expect("an artefact");
    let asked = Asked::open(&artefact, "act").expect("a schema");
    assert!(asked.load(requests[0].clone(), facts, entities).is_err());
}
