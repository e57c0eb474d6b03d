//! Rules with memory: what a request touches, and what the next one reads.

use aas::decision::Tier;
use aas::{Facts, Raw, Request};
use aas_govern::Command;
use aas_govern::command::{Ended, Grant};
use aas_govern::effect::{Problem, Standing};
use aas_govern::key::Key;

use crate::kit::{Kit, S, facts, problem, token};

const H: i64 = 3_600 * S;

fn on(action: &str, app: &str) -> Request {
    Request::new(action).param("app", Raw::text(app))
}

const LIMITS: &str = r#"package demo

facts env { name: string }

action deploy, restart { app: string }

rule runs on deploy, restart { green }

limit per_hour on deploy {
    at most 3 per 1h for each app
    warn yellow at 60%
    otherwise black
    because "{count} of {app} in the last hour."
}

limit parallel on restart { at most 2 at once  otherwise black  because "{count} run." }

cooldown quiet on restart { 60s for each app  otherwise black  code cooldown_active  because "Again in {remaining}." }
"#;

#[test]
fn a_limit_counts_what_is_reserved_and_slides() {
    let mut kit = Kit::new(LIMITS);
    for id in ["r1", "r2"] {
        assert_eq!(kit.ask(id, "bot", on("deploy", "api")).decided.tier, Tier::Green, "{id}");
    }
    assert_eq!(kit.ask("r3", "bot", on("deploy", "api")).decided.tier, Tier::Yellow, "60 percent of 3 are used");
    let refused = kit.ask("r4", "bot", on("deploy", "api"));
    assert_eq!(refused.decided.tier, Tier::Black);
    assert_eq!(refused.decided.texts, ["3 of api in the last hour.".into()]);
    assert_eq!(kit.ask("r5", "bot", on("deploy", "web")).decided.tier, Tier::Green, "each app by itself");
    // A reservation that never runs is given back.
    kit.tell(Command::Cancel { id: "r1".into() });
    assert_eq!(kit.ask("r6", "bot", on("deploy", "api")).decided.tier, Tier::Yellow);
    kit.check_replay();
}

#[test]
fn a_window_includes_its_end_and_not_its_beginning() {
    let mut kit = Kit::new(LIMITS);
    for id in ["r1", "r2", "r3"] {
        kit.run(id, "bot", on("deploy", "api"));
        kit.end(id, Ended::Success, None);
    }
    kit.wait(H - 1);
    assert_eq!(kit.ask("r4", "bot", on("deploy", "api")).decided.tier, Tier::Black);
    kit.wait(1);
    assert_eq!(kit.ask("r5", "bot", on("deploy", "api")).decided.tier, Tier::Green);
    kit.check_replay();
}

#[test]
fn at_once_means_until_the_outcome() {
    let mut kit = Kit::new(LIMITS);
    kit.run("r1", "bot", on("restart", "a"));
    kit.run("r2", "bot", on("restart", "b"));
    assert_eq!(kit.ask("r3", "bot", on("restart", "c")).decided.tier, Tier::Black);
    kit.end("r1", Ended::Failure, None);
    assert_eq!(kit.ask("r4", "bot", on("restart", "c")).decided.tier, Tier::Green);
    kit.check_replay();
}

#[test]
fn a_cooldown_holds_from_the_reservation_until_its_span_after_the_outcome() {
    let mut kit = Kit::new(LIMITS);
    kit.run("r1", "bot", on("restart", "a"));
    kit.wait(H);
    assert_eq!(kit.ask("r2", "bot", on("restart", "a")).decided.code.as_deref(), Some("cooldown_active"));
    kit.end("r1", Ended::Success, None);
    kit.wait(60 * S - 1);
    assert_eq!(kit.ask("r3", "bot", on("restart", "a")).decided.tier, Tier::Black);
    kit.wait(1);
    assert_eq!(kit.ask("r4", "bot", on("restart", "a")).decided.tier, Tier::Green, "at exactly its length");
    kit.check_replay();
}

#[test]
fn a_clock_that_goes_back_frees_nothing() {
    let mut kit = Kit::new(LIMITS);
    for id in ["r1", "r2", "r3"] {
        kit.run(id, "bot", on("deploy", "api"));
        kit.end(id, Ended::Success, None);
    }
    kit.now -= 5 * H;
    assert_eq!(kit.ask("r4", "bot", on("deploy", "api")).decided.tier, Tier::Black);
    kit.now += 5 * H;
    assert_eq!(kit.ask("r5", "bot", on("deploy", "api")).decided.tier, Tier::Black);
    kit.check_replay();
}

const BUDGETS: &str = r#"package demo

facts agent { team: string }

action llm.call { prompt: string, claimed { cost: decimal 0.00..1000.00 } }

rule calls on llm.call { green }

budget team on llm.call {
    spend believing cost ceiling 2.00
    at most 5.00 per day for each agent.team
    otherwise black
    because "{used} spent, {remaining} left."
}
"#;

fn call(kit: &mut Kit, id: &str, cost: &str) -> Tier {
    let request = Request::new("llm.call").param("prompt", Raw::text("x")).claim("cost", Raw::Number(cost.into()));
    let who = facts("bot").agent("team", Raw::text("blue"));
    let answer = kit.ask_with(id, request, who);
    if let Standing::Permitted(token) = answer.standing.clone() {
        kit.begin(id, Some(token), "bot");
    }
    answer.decided.tier
}

#[test]
fn a_budget_holds_its_ceiling_and_is_charged_what_was_spent() {
    let mut kit = Kit::new(BUDGETS);
    assert_eq!(call(&mut kit, "r1", "0.10"), Tier::Green);
    assert_eq!(call(&mut kit, "r2", "0.10"), Tier::Green);
    assert_eq!(call(&mut kit, "r3", "0.10"), Tier::Black, "two ceilings are held, one left");
    kit.end("r1", Ended::Success, Some("0.50"));
    assert_eq!(call(&mut kit, "r4", "0.10"), Tier::Green);
    kit.end("r2", Ended::Success, None);
    kit.end("r4", Ended::Success, Some("-3"));
    // 0.50 + 2.00 (nothing was reported) + 2.00 (nonsense was reported).
    assert_eq!(call(&mut kit, "r5", "0.10"), Tier::Black);
    kit.check_replay();
}

#[test]
fn what_exceeds_a_budget_is_debt_until_it_is_covered() {
    let mut kit = Kit::new(BUDGETS);
    call(&mut kit, "r1", "0.10");
    kit.end("r1", Ended::Success, Some("12.00"));
    assert_eq!(call(&mut kit, "r2", "0.10"), Tier::Black);
    kit.wait(24 * H);
    assert_eq!(call(&mut kit, "r3", "0.10"), Tier::Black, "7 of debt are more than a day");
    kit.wait(24 * H);
    assert_eq!(call(&mut kit, "r4", "0.10"), Tier::Green, "2 of 5 were owed, 2 are held");
    kit.check_replay();
}

#[test]
fn a_claim_of_less_than_nothing_is_an_error_and_an_absent_one_too() {
    let mut kit = Kit::new(BUDGETS);
    assert_eq!(call(&mut kit, "r1", "-5"), Tier::Black);
    let request = Request::new("llm.call").param("prompt", Raw::text("x"));
    let who = facts("bot").agent("team", Raw::text("blue"));
    assert_eq!(kit.ask_with("r2", request, who).decided.tier, Tier::Black);
}

const HISTORY: &str = r#"package demo

facts session { id: string }

action web.fetch { url: string, observed { trusted: bool } }
action email.send, test.run, code.write, deploy

rule runs on web.fetch, email.send, test.run, code.write { green }
rule deploys on deploy { green when seen(test.run succeeded) since(code.write) in session  otherwise red because "Test first." }

guard after_untrusted on email.send {
    when seen(web.fetch where not trusted) in session
    black
    because "This session has read untrusted content."
}

guard often on email.send {
    when count(email.send) in session within 1h >= 2
    black
    because "Two letters an hour."
}
"#;

fn within(kit: &mut Kit, session: &str, id: &str, request: Request, trusted: Option<bool>) -> Tier {
    let mut who = facts("bot").session("id", Raw::text(session));
    if let Some(trusted) = trusted {
        who = who.observed("trusted", Raw::Bool(trusted));
    }
    let answer = kit.ask_with(id, request, who);
    if let Standing::Permitted(token) = answer.standing.clone() {
        kit.begin(id, Some(token), "bot");
    }
    answer.decided.tier
}

fn fetch() -> Request {
    Request::new("web.fetch").param("url", Raw::text("https://example.org"))
}

#[test]
fn a_taint_lasts_for_the_session_and_those_it_opens() {
    let mut kit = Kit::new(HISTORY);
    let send = || Request::new("email.send");
    assert_eq!(within(&mut kit, "s1", "r1", fetch(), Some(true)), Tier::Green);
    assert_eq!(within(&mut kit, "s1", "r2", send(), None), Tier::Green);
    assert_eq!(within(&mut kit, "s1", "r3", fetch(), Some(false)), Tier::Green);
    assert_eq!(within(&mut kit, "s1", "r4", send(), None), Tier::Black);
    kit.tell(Command::OpenSession { session: "s2".into(), parent: Some("s1".into()) });
    kit.tell(Command::OpenSession { session: "s3".into(), parent: None });
    assert_eq!(within(&mut kit, "s2", "r5", send(), None), Tier::Black, "a new session does not wash");
    assert_eq!(within(&mut kit, "s3", "r6", send(), None), Tier::Green);
    let again = kit.tell(Command::OpenSession { session: "s1".into(), parent: Some("s4".into()) });
    assert!(matches!(problem(&again), Problem::BadValue(..)), "a clean parent does not wash either");
    assert_eq!(within(&mut kit, "s1", "r7", send(), None), Tier::Black);
    kit.check_replay();
}

#[test]
fn a_taint_that_cannot_be_told_counts() {
    let mut kit = Kit::new(HISTORY);
    assert_eq!(within(&mut kit, "s1", "r1", fetch(), None), Tier::Green);
    assert_eq!(within(&mut kit, "s1", "r2", Request::new("email.send"), None), Tier::Black);
}

#[test]
fn since_looks_at_the_order() {
    let mut kit = Kit::new(HISTORY);
    let deploy = || Request::new("deploy");
    assert_eq!(within(&mut kit, "s1", "d1", deploy(), None), Tier::Red);
    within(&mut kit, "s1", "t1", Request::new("test.run"), None);
    assert_eq!(within(&mut kit, "s1", "d2", deploy(), None), Tier::Red, "not before it succeeded");
    kit.end("t1", Ended::Success, None);
    assert_eq!(within(&mut kit, "s1", "d3", deploy(), None), Tier::Green);
    within(&mut kit, "s1", "w1", Request::new("code.write"), None);
    assert_eq!(within(&mut kit, "s1", "d4", deploy(), None), Tier::Red, "changed since");
    kit.check_replay();
}

#[test]
fn events_are_counted_within_their_time() {
    let mut kit = Kit::new(HISTORY);
    let send = || Request::new("email.send");
    for (id, tier) in [("r1", Tier::Green), ("r2", Tier::Green), ("r3", Tier::Black)] {
        assert_eq!(within(&mut kit, "s1", id, send(), None), tier, "{id}");
    }
    kit.wait(H);
    assert_eq!(within(&mut kit, "s1", "r4", send(), None), Tier::Green);
    kit.check_replay();
}

#[test]
fn a_history_without_a_session_is_an_error() {
    let mut kit = Kit::new(HISTORY);
    assert_eq!(kit.ask("r1", "bot", Request::new("email.send")).decided.tier, Tier::Black);
}

const TRUST: &str = r#"package demo

facts agent { trust: decimal 0..100 = 50, frozen: bool = false }

action small { severity low }
action large { severity critical }

trust default {
    range 0..100  start 50
    on success { low +0.5, medium +1, high +2, critical +3 }
    on failure { low -1, medium -3, high -8, critical -20 }
    streak +0.2 at most +2
    freeze after 3 failures in a row or 1 critical failure
    while frozen no gain
    decay 0.1 per idle day, never below 50
    levels { probation < 30 <= standard < 60 <= trusted < 85 <= autonomous }
}

rule runs on small, large { yellow }
relax trusted on small, large { when agent.trust >= 51 and not agent.frozen  yellow to green }
guard frozen on small, large { when agent.frozen  red  because "The agent is frozen." }
"#;

#[test]
fn trust_follows_outcomes_and_is_what_rules_read() {
    let mut kit = Kit::new(TRUST);
    for (id, tier) in [("r1", Tier::Yellow), ("r2", Tier::Yellow), ("r3", Tier::Green)] {
        assert_eq!(kit.run(id, "bot", Request::new("small")).decided.tier, tier, "{id}");
        kit.end(id, Ended::Success, None);
    }
    // 0.5, then 0.5 + 0.4 in a streak of two, then 0.5 + 0.6 in a streak of three.
    assert_eq!(kit.governor.state().trust(&"bot".into()), Some(52_500_000));
    let liar = Facts::of_agent("new").agent("kind", Raw::text("machine")).agent("trust", Raw::int(99));
    assert_eq!(kit.ask_with("r4", Request::new("small"), liar).decided.tier, Tier::Yellow, "trust is not what is said");
    kit.check_replay();
}

#[test]
fn a_critical_failure_freezes_and_ends_what_was_permitted() {
    let mut kit = Kit::new(TRUST);
    kit.run("r1", "bot", Request::new("large"));
    let waiting = kit.ask("r2", "bot", Request::new("small"));
    kit.end("r1", Ended::Failure, None);
    assert!(kit.governor.state().is_frozen(&"bot".into()));
    let step = kit.begin("r2", Some(token(&waiting)), "bot");
    assert!(matches!(problem(&step), Problem::WrongStanding { .. }), "its token died");
    assert_eq!(kit.ask("r3", "bot", Request::new("small")).decided.tier, Tier::Red);
    kit.check_replay();
}

#[test]
fn an_unknown_outcome_says_nothing_about_trust() {
    let mut kit = Kit::new(TRUST);
    kit.run("r1", "bot", Request::new("large"));
    kit.end("r1", Ended::Unknown, None);
    assert_eq!(kit.governor.state().trust(&"bot".into()), Some(50_000_000));
}

const KEPT: &str = r#"package demo

entity Role one of { owner }
enum Status { waiting, pending, running, done }

action call { nonce: string }
action replay { key: string }
action write, finish { run: string }
action move { op: string, to_state: Status }
action sync { org: string }

rule runs on call, replay, write, finish, move { green }
rule syncs on sync { green when consent.active and "read" in (consent.permissions ?? {})  otherwise black because "No consent." }

once nonces on call { for each nonce  keep 24h  otherwise black because "Replayed." }
once replays on replay { for each key  keep 24h  otherwise the first answer }
lease writer on write { for each run  held 60s  released by finish  otherwise black because "Another writes." }
states life on move {
    for each op  from waiting  to to_state
    waiting -> pending
    pending -> running, waiting
    running -> done
    otherwise black
    because "{op} does not go there from {current}."
}
grant consent on sync {
    for each org
    holds { permissions: set<string>[..16] }
    at most 365d
    revocation final
    changed by Role.owner
}
"#;

#[test]
fn a_key_is_used_once() {
    let mut kit = Kit::new(KEPT);
    let call = || Request::new("call").param("nonce", Raw::text("n1"));
    let first = kit.run("r1", "bot", call());
    assert_eq!(first.decided.tier, Tier::Green);
    assert_eq!(kit.ask("r2", "bot", call()).decided.tier, Tier::Black);
    kit.end("r1", Ended::Success, None);
    kit.wait(24 * H - 1);
    assert_eq!(kit.ask("r3", "bot", call()).decided.tier, Tier::Black);
    kit.wait(1);
    assert_eq!(kit.ask("r4", "bot", call()).decided.tier, Tier::Green);
    kit.check_replay();
}

#[test]
fn who_asks_again_gets_the_first_answer() {
    let mut kit = Kit::new(KEPT);
    let replay = || Request::new("replay").param("key", Raw::text("k"));
    kit.run("r1", "bot", replay());
    let entities = kit.entities.clone();
    let (id, facts) = ("r2".into(), facts("bot"));
    let ask = aas_govern::command::Ask { id, request: replay(), facts, entities, dry_run: false };
    let step = kit.tell(Command::Request(ask));
    assert!(step.events.is_empty(), "nothing new has happened: {step:#?}");
    assert!(matches!(crate::kit::reply(&step, "r1").standing, Standing::Running));
    kit.check_replay();
}

#[test]
fn a_lease_has_one_holder_and_fencing_numbers_rise() {
    let mut kit = Kit::new(KEPT);
    let write = || Request::new("write").param("run", Raw::text("x"));
    let fence = |step: &aas_govern::Step| {
        step.effects.iter().find_map(|e| match e {
            aas_govern::Effect::Execute { fences, .. } => fences.first().map(|(_, n)| *n),
            _ => None,
        })
    };
    let first = kit.ask("r1", "a", write());
    let one = fence(&kit.begin("r1", Some(token(&first)), "a")).expect("a fencing number");
    assert_eq!(kit.ask("r2", "b", write()).decided.tier, Tier::Black);
    assert_eq!(kit.ask("r3", "a", write()).decided.tier, Tier::Green, "its holder renews it");
    kit.end("r1", Ended::Success, None);
    kit.run("r4", "a", Request::new("finish").param("run", Raw::text("x")));
    kit.end("r4", Ended::Success, None);
    let second = kit.ask("r5", "b", write());
    let two = fence(&kit.begin("r5", Some(token(&second)), "b")).expect("a fencing number");
    assert!(two > one, "{one} then {two}");
    kit.check_replay();
}

#[test]
fn states_move_only_as_declared_and_only_by_success() {
    let mut kit = Kit::new(KEPT);
    let go = |to: &str| Request::new("move").param("op", Raw::text("o1")).param("to_state", Raw::text(to));
    assert_eq!(kit.ask("r1", "bot", go("running")).decided.tier, Tier::Black);
    kit.run("r2", "bot", go("pending"));
    assert_eq!(kit.ask("r3", "bot", go("pending")).decided.tier, Tier::Black, "one is under way");
    kit.end("r2", Ended::Failure, None);
    assert_eq!(kit.ask("r4", "bot", go("running")).decided.tier, Tier::Black, "it still waits");
    kit.run("r5", "bot", go("pending"));
    kit.end("r5", Ended::Success, None);
    assert_eq!(kit.ask("r6", "bot", go("running")).decided.tier, Tier::Green);
    kit.check_replay();
}

#[test]
fn consent_is_given_expires_and_revoking_is_final() {
    let mut kit = Kit::new(KEPT).people(&[("olga", "Role", "owner")]);
    let sync = || Request::new("sync").param("org", Raw::text("o1"));
    assert_eq!(kit.ask("r1", "bot", sync()).decided.tier, Tier::Black);
    let grant = |kit: &Kit, by: &str, permissions: Raw| {
        Command::Grant(Grant {
            item: "demo.consent".into(),
            key: Key::of(["o1"]),
            fields: vec![("permissions".into(), permissions)],
            until: Some(kit.now + H),
            by: kit.person(by),
        })
    };
    let read = || Raw::List(vec![Raw::text("read")]);
    let command = grant(&kit, "bob", read());
    assert!(matches!(problem(&kit.tell(command)), Problem::NotAllowed(..)));
    let command = grant(&kit, "olga", Raw::text("read"));
    assert!(matches!(problem(&kit.tell(command)), Problem::BadValue(_)));
    let command = grant(&kit, "olga", read());
    kit.tell(command);
    assert_eq!(kit.ask("r2", "bot", sync()).decided.tier, Tier::Green);
    kit.wait(H);
    assert_eq!(kit.ask("r3", "bot", sync()).decided.tier, Tier::Black, "expired");
    let by = kit.person("olga");
    kit.tell(Command::Revoke { item: "demo.consent".into(), key: Key::of(["o1"]), by });
    let command = grant(&kit, "olga", read());
    assert!(matches!(problem(&kit.tell(command)), Problem::BadValue(_)), "final");
    kit.check_replay();
}

const WINDOWS: &str = r#"package demo

action restart { app: string }

rule runs on restart { green }

window recent on restart {
    last 5 outcomes for each app: failed = count where failure, run = longest run where failure, bad = percent where failure
}

guard failures on restart { when recent.failed >= 3  black  code too_many_failures  because "{recent.failed} failures." }
guard unstable on restart { when recent.bad > 74 and recent.size >= 2  black  because "{recent.bad} percent failed." }
"#;

#[test]
fn a_window_tells_of_the_last_outcomes() {
    let mut kit = Kit::new(WINDOWS);
    let code = |kit: &mut Kit, id: &str, result| {
        let answer = kit.run(id, "bot", on("restart", "a"));
        if answer.decided.tier == Tier::Green {
            kit.end(id, result, None);
        }
        answer.decided.code.clone()
    };
    assert_eq!(code(&mut kit, "r1", Ended::Failure).as_deref(), Some("demo.runs"));
    code(&mut kit, "r2", Ended::Success);
    code(&mut kit, "r3", Ended::Failure);
    code(&mut kit, "r4", Ended::Failure);
    assert_eq!(code(&mut kit, "r5", Ended::Failure).as_deref(), Some("too_many_failures"));
    kit.check_replay();
}

#[test]
fn registers_go_on_under_another_policy_where_they_mean_the_same() {
    let mut kit = Kit::new(LIMITS);
    for id in ["r1", "r2"] {
        kit.run(id, "bot", on("deploy", "api"));
    }
    let stricter = LIMITS.replace("at most 3 per 1h", "at most 2 per 1h");
    let step = kit.tell(Command::Install { policy: crate::kit::policy(&stricter) });
    assert!(format!("{:?}", step.effects).contains("Report"), "{step:?}");
    assert_eq!(kit.ask("r3", "bot", on("deploy", "api")).decided.tier, Tier::Black);
    kit.end("r1", Ended::Success, None);
    kit.tell(Command::Install { policy: crate::kit::policy(BUDGETS) });
    kit.end("r2", Ended::Success, None);
    let back = kit.tell(Command::Install { policy: crate::kit::policy(LIMITS) });
    assert!(format!("{:?}", back.effects).contains("came back"), "{back:?}");
    assert_eq!(kit.ask("r4", "bot", on("deploy", "api")).decided.tier, Tier::Yellow, "two of three are used");
    kit.check_replay();
}

const ANYTHING: &str = r#"package demo

action known

rule runs on known { green }
guard lets on other.* { yellow because "Looked at." }

limit requests on any action { at most 2 per 1h for each agent.id  otherwise black  because "{count} requests." }
limit few on other.* { at most 1 per 1h  otherwise black  because "{count} of the others." }
approval asked on any action { by people, quorum 1, within 5m, otherwise refuse }
"#;

#[test]
fn undeclared_names_touch_what_speaks_of_them() {
    let mut kit = Kit::new(ANYTHING);
    let run = |kit: &mut Kit, id: &str, action: &str| {
        assert_eq!(kit.ask(id, "bot", Request::new(action)).standing, Standing::Waiting, "{id}");
        kit.answer(id, "demo.asked", "ada", true);
        kit.begin(id, None, "bot");
        kit.standing(id)
    };
    assert_eq!(run(&mut kit, "r1", "strange.name"), "running");
    assert_eq!(run(&mut kit, "r2", "other.name"), "running");
    assert_eq!(kit.ask("r3", "bot", Request::new("known")).decided.texts, ["2 requests.".into()]);
    let refused = kit.ask("r4", "second", Request::new("other.name"));
    assert_eq!(refused.decided.texts, ["1 of the others.".into()], "the strange name was none of them");
    kit.check_replay();
}

const NESTED: &str = r#"
package demo
action login, pay, alert { user: string }
rule runs on login, pay { green }
window logins on login { last 30m of requests for each user: n = count }
window paid on pay { when logins.n >= 1  last 2h of requests for each user: n = count }
rule alerts on alert { green when paid.n >= 1  otherwise black because "Nobody paid after a login." }
"#;

#[test]
fn a_window_asks_how_state_stands_before_it_takes_an_event_in() {
    let mut kit = Kit::new(NESTED);
    let by = |action: &str| Request::new(action).param("user", Raw::text("ada"));
    kit.run("r1", "bot", by("pay"));
    kit.end("r1", Ended::Success, None);
    assert_eq!(kit.ask("r2", "bot", by("alert")).decided.tier, Tier::Black);
    kit.run("r3", "bot", by("login"));
    kit.end("r3", Ended::Success, None);
    kit.run("r4", "bot", by("pay"));
    kit.end("r4", Ended::Success, None);
    assert_eq!(kit.ask("r5", "bot", by("alert")).decided.tier, Tier::Green);
    kit.check_replay();
}

#[test]
fn a_window_that_may_have_taken_in_too_much_tells_nothing() {
    let rules = NESTED.replace("window logins on login {", "window logins on login { keep 1 keys ");
    let mut kit = Kit::new(&rules);
    let by = |action: &str, user: &str| Request::new(action).param("user", Raw::text(user));
    kit.run("r1", "bot", by("login", "ada"));
    kit.end("r1", Ended::Success, None);
    kit.run("r2", "bot", by("pay", "bob"));
    kit.end("r2", Ended::Success, None);
    let answer = kit.ask("r3", "bot", by("alert", "bob"));
    assert_eq!(answer.decided.tier, Tier::Black, "there is no place to know of a login of his");
    assert!(!answer.decided.errors.is_empty(), "{:?}", answer.decided);
    kit.check_replay();
}
