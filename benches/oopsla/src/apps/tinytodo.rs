//! Lists of things to do, shared with teams.

use crate::dice::Dice;
use crate::model::{Action, App, Held, Name, Record, name, record};

const fn on_application(name: &'static str) -> Action {
    Action { name, resource: "Application", parameter: "params.application" }
}

const fn on_list(name: &'static str) -> Action {
    Action { name, resource: "List", parameter: "params.list" }
}

const ACTIONS: &[Action] = &[
    on_application("list.create"),
    on_application("list.all"),
    on_list("list.get"),
    on_list("list.update"),
    on_list("list.delete"),
    on_list("task.create"),
    on_list("task.update"),
    on_list("task.delete"),
    on_list("list.share"),
];

pub const TINYTODO: App =
    App { name: "tinytodo", package: "tinytodo", actions: ACTIONS, draw, allowed: [40, 31, 34] };

fn application() -> Name {
    name("Application", "TinyTodo")
}

fn teams(count: usize, dice: &mut Dice) -> Vec<Name> {
    (0..count).filter(|_| dice.edge()).map(|n| name("Team", format!("team_{n}"))).collect()
}

fn draw(k: usize, dice: &mut Dice) -> Vec<Record> {
    let mut records = vec![record(application())];
    for n in 0..k {
        records.push(record(name("User", format!("user_{n}"))).within(teams(k, dice)).within([application()]));
    }
    for n in 0..k {
        records.push(record(name("Team", format!("team_{n}"))).within(teams(n, dice)).within([application()]));
    }
    for n in 0..k {
        let mut team = || Held::One(name("Team", format!("team_{}", dice.below(k))));
        let (readers, editors) = (team(), team());
        let owner = Held::One(name("User", format!("user_{}", dice.below(k))));
        let tasks = (0..dice.below(51)).map(|_| task(dice)).collect();
        let id = format!("list_{n}");
        let one = record(name("List", &*id)).within([application()]).with("owner", owner).with("name", Held::Text(id));
        records.push(one.with("readers", readers).with("editors", editors).with("tasks", Held::Tasks(tasks)));
    }
    records
}

/// Ballast: no rule reads it.
fn task(dice: &mut Dice) -> (String, i64, &'static str) {
    let number = 1 + dice.below(1_000_000);
    let id = 1 + dice.below(1_000_000) as i64;
    (format!("task_{number}"), id, if dice.coin() { "Checked" } else { "Unchecked" })
}
