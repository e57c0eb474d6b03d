//! Atoms over entities by every way there is: interpreter, plan, native code, and a Rust type bound to the policy,
//! on generated snapshots with parents that nobody gave, and requests with names that nobody knows.

use aas::check::typed::RawEntity;
use aas::decision::Engine;
use aas::form::{Fields, Form, Given};
use aas::{Policy, Raw, Settings, SourceSet};

const RULES: &str = r#"
package t

entity Group in Group
entity Team in Group
entity User in Team, Group {
    boss: User?
    teams: set<Team>
    active: bool
    grade: int 0..9
}
entity Agent in Group
entity Doc in Team, Group {
    owner: User?
    readers: set<User>
    home: Group
}
facts agent { user: User }

action look, change, drop {
    doc: Doc
    to: Team
}

rule own on look, change {
    when has doc.owner and doc.owner == agent.user
    green
}
rule shown on look {
    when doc.readers contains agent.user or agent.user in doc.home
    green
}
rule bosses on change {
    when has agent.user.boss and agent.user.boss in doc.home
    yellow
}
rule teams on look, change, drop {
    when to in agent.user.teams or agent.user in to
    yellow
}
rule known on drop {
    when agent.user in { Team("id_1"), Team("id_2") } and agent.user.active
    green
}
rule graded on drop {
    when agent.user.grade >= 5 and doc in agent.user.teams
    yellow
}
guard not_that_team on look, drop {
    when to == Team("id_3") and to != Team("id_4")
    red
    because "Not to this team."
}
guard never on change {
    when not (doc in Group("id_0")) and not agent.user.active
    red
    because "Only what lies in the first group."
}
guard myself on drop {
    when agent in Group("id_1") or (has doc.owner and doc.owner != agent.user and doc.owner in to)
    black
    because "It belongs to somebody else."
}
"#;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % n
    }

    fn id(&mut self) -> String {
        if self.below(25) == 0 { "id_9".into() } else { format!("id_{}", self.below(6)) }
    }

    fn text(&mut self) -> Raw {
        Raw::text(&self.id())
    }
}

fn snapshot(dice: &mut Dice) -> Vec<RawEntity> {
    let mut all = Vec::new();
    for (ty, above) in [
        ("Group", &["Group"][..]),
        ("Team", &["Group"]),
        ("User", &["Team", "Group"]),
        ("Doc", &["Team", "Group"]),
        ("Agent", &["Group"]),
    ] {
        for n in 0..6 {
            if dice.below(20) == 0 {
                continue;
            }
            let mut parents = Vec::new();
            for parent in above {
                // Groups lie in later ones, so that none lies in itself; some were not given.
                let first = if ty == "Group" { n + 1 } else { 0 };
                parents.extend(
                    (first..6).filter(|_| dice.below(4) == 0).map(|m| ((*parent).into(), format!("id_{m}").into())),
                );
            }
            let some = |dice: &mut Dice| Raw::List((0..dice.below(3)).map(|_| dice.text()).collect());
            let attributes = match ty {
                "User" => {
                    let mut made = vec![("teams".into(), some(dice)), ("active".into(), Raw::Bool(dice.below(2) == 0))];
                    if dice.below(3) > 0 {
                        made.push(("boss".into(), dice.text()));
                    }
                    // Left out now and then: then it is an error.
                    if dice.below(8) > 0 {
                        made.push(("grade".into(), Raw::int(dice.below(11) as i64)));
                    }
                    made
                }
                "Doc" => {
                    let mut made = vec![("readers".into(), some(dice)), ("home".into(), dice.text())];
                    match dice.below(9) {
                        0 | 2 => {}
                        1 => made.push(("owner".into(), Raw::Unavailable("not obtained".into()))),
                        _ => made.push(("owner".into(), dice.text())),
                    }
                    made
                }
                _ => Vec::new(),
            };
            all.push(RawEntity { ty: ty.into(), id: format!("id_{n}").into(), parents, attributes });
        }
    }
    all
}

struct Asked {
    action: &'static str,
    user: Option<String>,
    doc: String,
    to: String,
}

impl Fields for Asked {
    const NAMES: &'static [&'static str] = &["agent.id", "agent.user", "params.doc", "params.to"];

    fn action(&self) -> &str {
        self.action
    }

    fn given(&self, place: usize) -> Given<'_> {
        match place {
            0 => Given::Text("id_1"),
            1 => self.user.as_deref().map_or(Given::Absent, Given::Text),
            2 => Given::Text(&self.doc),
            3 => Given::Text(&self.to),
            _ => Given::Absent,
        }
    }
}

#[test]
fn every_way_tells_the_same() {
    let walked = Policy::compile(&SourceSet::single("t.aasrule", RULES), &Settings::default());
    let walked = walked.unwrap_or_else(|found| panic!("{found:#?}"));
    let native = walked.clone().with_native().expect("native code");
    let mut forms = [Form::<Asked>::bind(&walked).unwrap(), Form::<Asked>::bind(&native).unwrap()];
    let mut seen = [0; 4];
    let mut dice = Dice(1);
    for _ in 0..60 {
        let entities = walked.entities(&snapshot(&mut dice)).expect("a snapshot");
        for _ in 0..60 {
            let action = ["look", "change", "drop"][dice.below(3) as usize];
            let user = if dice.below(12) == 0 { None } else { Some(dice.id()) };
            let asked = Asked { action, user, doc: dice.id(), to: dice.id() };
            let (request, facts) = forms[0].request(&asked);
            let meant = walked.decide_with(Engine::Interp, &request, &facts, &entities);
            let about = format!("{action} {:?} {} {}\n{meant:#?}", asked.user, asked.doc, asked.to);
            for policy in [&walked, &native] {
                assert_eq!(policy.tier(&request, &facts, &entities), meant.tier, "{about}");
                let made = policy.decide(&request, &facts, &entities);
                assert_eq!((made.tier, made.determining), (meant.tier, meant.determining.clone()), "{about}");
            }
            for form in &mut forms {
                assert_eq!(form.tier(&asked, &entities), meant.tier, "{about}");
                let made = form.decide(&asked, &entities).to_decision();
                assert_eq!((made.tier, made.determining), (meant.tier, meant.determining.clone()), "{about}");
                assert_eq!(made.errors, meant.errors, "{about}");
            }
            seen[meant.tier as usize] += 1;
        }
    }
    assert!(seen.iter().all(|n| *n > 40), "every tier occurs: {seen:?}");
}
