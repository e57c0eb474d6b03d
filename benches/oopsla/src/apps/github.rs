//! Repositories with five levels of access, and organizations that own them.

use crate::dice::Dice;
use crate::model::{Action, App, Held, Name, Record, name, record};

const fn on_repository(name: &'static str) -> Action {
    Action { name, resource: "Repository", parameter: "params.repository" }
}

const ACTIONS: &[Action] = &[
    on_repository("repo.read"),
    on_repository("repo.triage"),
    on_repository("repo.write"),
    on_repository("repo.maintain"),
    on_repository("repo.admin"),
];

pub const GITHUB: App =
    App { name: "github", package: "github", actions: ACTIONS, draw, allowed: [7, 13, 29] };

const OF_ORGANIZATION: [&str; 3] = ["readers", "writers", "admins"];
const OF_REPOSITORY: [&str; 5] = ["readers", "triagers", "writers", "maintainers", "admins"];

fn of_organization(n: usize, level: usize) -> Name {
    name("OrgPermission", format!("org_{n}_{}", OF_ORGANIZATION[level]))
}

fn of_repository(n: usize, level: usize) -> Name {
    name("RepoPermission", format!("repo_{n}_{}", OF_REPOSITORY[level]))
}

/// With p for each repository: one of its levels.
fn repositories(k: usize, dice: &mut Dice) -> Vec<Name> {
    let mut found = Vec::new();
    for n in 0..k {
        if dice.edge() {
            found.push(of_repository(n, dice.below(5)));
        }
    }
    found
}

/// With p for each organization: one of its levels.
fn organizations(k: usize, dice: &mut Dice) -> Vec<Name> {
    let mut found = Vec::new();
    for n in 0..k {
        if dice.edge() {
            found.push(of_organization(n, dice.below(3)));
        }
    }
    found
}

fn some(ty: &'static str, prefix: &str, count: usize, dice: &mut Dice) -> Vec<Name> {
    (0..count).filter(|_| dice.edge()).map(|n| name(ty, format!("{prefix}_{n}"))).collect()
}

fn draw(k: usize, dice: &mut Dice) -> Vec<Record> {
    let mut records = Vec::new();
    for n in 0..k {
        let mut one = record(name("Organization", format!("org_{n}"))).within(organizations(k, dice));
        for (level, word) in OF_ORGANIZATION.into_iter().enumerate() {
            one = one.with(word, Held::One(of_organization(n, level)));
            records.push(record(of_organization(n, level)));
        }
        records.push(one);
    }
    for n in 0..k {
        let owner = name("Organization", format!("org_{}", dice.below(k)));
        let mut one = record(name("Repository", format!("repo_{n}"))).with("owner", Held::One(owner));
        for (level, word) in OF_REPOSITORY.into_iter().enumerate() {
            one = one.with(word, Held::One(of_repository(n, level)));
            records.push(record(of_repository(n, level)));
        }
        records.push(one);
    }
    for n in 0..k {
        let teams = some("Team", "team", n, dice);
        records.push(record(name("Team", format!("team_{n}"))).within(teams).within(repositories(k, dice)));
    }
    for n in 0..k {
        let one = record(name("User", format!("user_{n}"))).within(repositories(k, dice));
        let one = one.within(some("Team", "team", k, dice)).within(some("Organization", "org", k, dice));
        records.push(one.within(organizations(k, dice)));
    }
    records
}
