//! What tools take for empty state is what a governor tells of it.

use aas::{Raw, Request};

use crate::kit::{Kit, facts};

const RULES: &str = r#"package demo

facts session { id: string }

enum Status { open, done }
action limited, many, cooled, spent, dear, watched, first, held, stepped, granted, seen, counted { key: string = "k" }
fields on stepped { status: Status = done }
fields on spent, dear { cost: decimal 0.00..5.00 = 1.00 }
fields on granted { purpose: string = "sale" }

rule all on limited, many, cooled, spent, dear, watched, first, held, stepped, seen, counted { green }
rule reads on granted { green when consent.active  otherwise red because "{key} has not agreed." }
approval people on any action { by people }

limit few on limited { at most 2 per 1m for each key  warn yellow at 50%  otherwise black  because "{count} of {key}." }
limit parallel on many { at most 1 at once  otherwise black  because "{count} run." }
cooldown quiet on cooled { 60s for each key  otherwise black  because "Again in {remaining}." }
budget money on spent { spend cost ceiling 2.00  at most 5.00 per day  otherwise black  because "{remaining} left." }
budget little on dear { spend cost  at most 5.00 per 1d  warn yellow at 80%  otherwise black  because "{used} spent." }
window recent on watched { last 10 outcomes for each key: failed = count where failure, share = percent where failure }
guard failing on watched { black when recent.failed >= 1  because "{recent.share} percent of {recent.size} failed." }
guard untried on watched { yellow when recent.size == 0  because "Never tried." }
once nonce on first { for each key  keep 1d  otherwise black  because "Again." }
lease one on held { for each key  held 60s  otherwise black  because "Somebody has it." }
guard taken on held { yellow when one.free  because "It is free." }
states steps on stepped { for each key  from open  to status  open -> done  otherwise black  because "At {current}." }
grant consent on granted { for each key  holds { purposes: set<string> }  changed by people }
guard after on seen { black when seen(limited) in session  because "It has done that." }
guard often on counted { yellow when count(counted) in session < 1  because "The first." }
"#;

#[test]
fn tools_take_for_empty_what_a_governor_tells_of_nothing() {
    let actions = [
        "limited",
        "many",
        "cooled",
        "spent",
        "dear",
        "watched",
        "first",
        "held",
        "granted",
        "seen",
        "counted",
        "any.other",
    ];
    for action in actions {
        let mut kit = Kit::new(RULES);
        let who = facts("bot").session("id", Raw::text("s1"));
        let governed = kit.ask_with("r1", Request::new(action), who.clone()).decided;
        let told = kit.policy.with_start_values(&who.at(kit.now));
        let decided = kit.policy.decide(&Request::new(action), &told, &kit.entities);
        assert_eq!(decided.tier, governed.tier, "{action}: {decided:?}");
        assert!(decided.errors.is_empty(), "{action}: {:?}", decided.errors);
    }
}

#[test]
fn what_depends_on_the_request_stays_unknown() {
    let kit = Kit::new(RULES);
    let told = kit.policy.with_start_values(&facts("bot").at(kit.now));
    let decided = kit.policy.decide(&Request::new("stepped"), &told, &kit.entities);
    assert_eq!(decided.tier, aas::decision::Tier::Black, "whether a step is allowed is not known beforehand");
    assert!(!decided.errors.is_empty());
}

#[test]
fn what_is_said_of_an_item_is_not_filled_up() {
    let kit = Kit::new(RULES);
    let mut said = facts("bot").at(kit.now);
    said.state.push(("demo.few".into(), Raw::Object(vec![("exceeded".into(), Raw::Bool(false))])));
    let decided = kit.policy.decide(&Request::new("limited"), &kit.policy.with_start_values(&said), &kit.entities);
    assert!(!decided.errors.is_empty(), "`near` was not told");
}
