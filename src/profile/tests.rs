use super::*;
use crate::{Policy, Settings, SourceSet};

const RULES: &str = r#"
package demo

action ship {
    lines: int 0..1_000_000
    note: string[..4096]
}

guard secrets on ship {
    when lines > 100 and note matches /[a-z]+[0-9]+secret/
    red
    because "The note says too much."
}

rule ships on ship { green }
"#;

fn policy() -> Policy {
    Policy::compile(&SourceSet::single("demo.aasrule", RULES), &Settings::default()).unwrap()
}

/// The dearest slot waits.
fn recorded(policy: &Policy) -> Profile {
    let unit = policy.plan().unit(UnitId(0));
    let keys = slot_keys(unit);
    let atom = |(place, key): (usize, &crate::plan::late::SlotKey)| Atom {
        text: unit.block.slots[place].label.to_string(),
        key: key.to_string(),
        ns: 12.5,
        held: 3,
        erred: 0,
        late: unit.block.slots[place].label.contains("matches").then_some(1),
        asked: 10,
    };
    let row = Row { item: "demo.secrets".into(), branch: 0, held: 1, erred: 0 };
    let atoms = keys.iter().enumerate().map(atom).collect();
    let action = OfAction { name: "ship".into(), requests: 10, atoms, rows: vec![row] };
    Profile { form: FORM, policy: policy.hash().to_string(), requests: 12, actions: vec![action] }
}

#[test]
fn what_is_written_is_read() {
    let mut profile = recorded(&policy());
    profile.actions[0].atoms[0].text = "odd \"\\ \n\u{7f}\u{1}é".into();
    profile.actions[0].atoms[0].ns = 1e20;
    let text = profile.to_string();
    assert_eq!(Profile::parse(&text).unwrap(), profile, "{text}");
}

#[test]
fn a_profile_puts_work_in_its_order() {
    let policy = policy();
    assert!(policy.plan().unit(UnitId(0)).late.is_empty());
    let (policy, aside) = policy.clone().with_profile(&recorded(&policy).to_string());
    assert_eq!(aside, None);
    assert_eq!(policy.plan().unit(UnitId(0)).late.slots().count(), 1);
}

/// Whatever is wrong, the policy stays as it was and the reason is said.
#[test]
fn what_cannot_be_used_is_left_aside() {
    let policy = policy();
    let good = recorded(&policy).to_string();
    let key = recorded(&policy).actions[0].atoms[1].key.clone();
    let hash = policy.hash().to_string();
    let cases = [
        (String::new(), "the profile is damaged: line 1: missing field `form`"),
        ("form = ".into(), "the profile is damaged: line 1: "),
        ("form = 2\nwhatever = []\n".into(), "the profile has form 2, and this program reads form 1"),
        (good.replace("requests = 12", "requests = -1"), "the profile is damaged: line 5: "),
        (good.replace("ns = 12.5", "ns = nan"), "the profile is damaged: a time is no time"),
        (good.replace("ns = 12.5", "ns = -1.0"), "the profile is damaged: a time is no time"),
        (good.replace("held = 3", "help = 3"), "the profile is damaged: line "),
        (good.replace(&hash, "0"), "the profile was recorded for another policy: the rules have changed since"),
        (good.replace("late = 1", "late = 2"), "the profile does not fit the policy: places are missing"),
        (
            good.replace(&key, "truth-0"),
            "the profile does not fit the policy: something waits that is not asked of `ship`",
        ),
        (
            good.clone() + &good[good.find("\n[[action]]").unwrap()..],
            "the profile does not fit the policy: `ship` stands in it twice",
        ),
        ("[".repeat(100_000), "the profile is damaged: line 1: "),
    ];
    for (text, expected) in cases {
        assert_ne!(text, good);
        let (same, aside) = policy.clone().with_profile(&text);
        let said = aside.expect("it cannot be used").to_string();
        assert!(said.starts_with(expected), "{said}\nbut expected {expected}");
        assert!(same.plan().unit(UnitId(0)).late.is_empty());
    }
}

/// The plan of one action takes over what concerns it.
#[test]
fn other_actions_are_no_fault() {
    let policy = policy();
    let text = recorded(&policy).to_string().replace("name = \"ship\"", "name = \"other\"");
    let (policy, aside) = policy.with_profile(&text);
    assert_eq!((aside, policy.plan().unit(UnitId(0)).late.is_empty()), (None, true));
}

/// Whatever a profile says, decisions are the same.
#[test]
fn a_mangled_profile_changes_no_decision() {
    let policy = policy();
    let good = recorded(&policy).to_string();
    let request = |lines: &str, note: &str| {
        let mut request = crate::Request::new("ship");
        request.params =
            vec![("lines".into(), crate::Raw::Number(lines.into())), ("note".into(), crate::Raw::text(note))];
        request
    };
    let asked = [request("5", "a1secret"), request("500", "a1secret"), request("500", "a"), request("-1", "a")];
    let (facts, entities) = (crate::Facts::of_agent("a"), crate::Entities::none());
    let decided = |policy: &Policy| asked.clone().map(|request| policy.decide(&request, &facts, &entities));
    let meant = decided(&policy);
    let mut random = crate::verify::Random::new(7);
    let (mut used, mut aside) = (0, 0);
    for _ in 0..2_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..1 + random.below(3) {
            let place = random.below(bytes.len().max(1));
            let Some(byte) = bytes.get_mut(place) else { break };
            match random.below(3) {
                0 => *byte = 32 + random.below(95) as u8,
                1 => drop(bytes.remove(place)),
                _ => bytes.truncate(place.max(1)),
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let (mangled, why) = policy.clone().with_profile(&text);
        if why.is_some() {
            aside += 1
        } else {
            used += 1
        }
        assert_eq!(decided(&mangled), meant, "{text}");
    }
    assert!(used > 50 && aside > 500, "{used} {aside}");
}
