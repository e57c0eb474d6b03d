//! A drive: documents in folders, owned or shown to users and groups.

use crate::dice::Dice;
use crate::model::{Action, App, Held, Name, Record, name, record};

const fn on_document(name: &'static str) -> Action {
    Action { name, resource: "Document", parameter: "params.document" }
}

const ACTIONS: &[Action] = &[
    on_document("read"),
    on_document("write"),
    on_document("share"),
    on_document("change_owner"),
    Action { name: "create_document", resource: "Folder", parameter: "params.folder" },
];

/// As published: what was granted lies in views that exist nowhere and are nobody's.
pub const GDRIVE: App =
    App { name: "gdrive", package: "gdrive", actions: ACTIONS, draw: as_published, allowed: [15, 18, 30] };

/// What was granted lies in the views of those to whom it was granted.
pub const GDRIVE_REPAIRED: App =
    App { name: "gdrive-repaired", package: "gdrive", actions: ACTIONS, draw: repaired, allowed: [16, 20, 33] };

fn as_published(k: usize, dice: &mut Dice) -> Vec<Record> {
    draw(k, dice, |who, n| name("View", format!("{who} {n}")))
}

fn repaired(k: usize, dice: &mut Dice) -> Vec<Record> {
    draw(k, dice, view)
}

fn view(who: &str, n: usize) -> Name {
    name("View", format!("{who} {}_{n}", who.to_lowercase()))
}

fn numbered(ty: &'static str, prefix: &str, n: usize) -> Name {
    name(ty, format!("{prefix}_{n}"))
}

fn draw(k: usize, dice: &mut Dice, granted: impl Fn(&str, usize) -> Name) -> Vec<Record> {
    let mut records = Vec::new();
    let mut members: Vec<Vec<Name>> = vec![Vec::new(); k];
    for user in 0..k {
        let groups: Vec<usize> = (0..k).filter(|_| dice.edge()).collect();
        groups.iter().for_each(|group| members[*group].push(view("User", user)));
        let documents = (0..k).filter(|_| dice.edge()).map(|n| numbered("Document", "doc", n)).collect();
        let folders = (0..k).filter(|_| dice.edge()).map(|n| numbered("Folder", "folder", n)).collect();
        let one = record(numbered("User", "user", user))
            .within(groups.into_iter().map(|n| numbered("Group", "group", n)))
            .with("view", Held::One(view("User", user)))
            .with("owned_documents", Held::Many(documents))
            .with("owned_folders", Held::Many(folders));
        records.push(one);
        records.push(record(view("User", user)));
    }
    for (group, members) in members.into_iter().enumerate() {
        records.push(record(numbered("Group", "group", group)));
        records.push(record(view("Group", group)).within(members));
    }
    let grants = |dice: &mut Dice| -> Vec<Name> {
        let users = (0..k).filter(|_| dice.edge()).collect::<Vec<_>>();
        let groups = (0..k).filter(|_| dice.edge()).collect::<Vec<_>>();
        let of_users = users.into_iter().map(|n| granted("User", n));
        of_users.chain(groups.into_iter().map(|n| granted("Group", n))).collect()
    };
    for document in 0..k {
        let is_public = dice.coin();
        let folders: Vec<Name> = (0..k).filter(|_| dice.edge()).map(|n| numbered("Folder", "folder", n)).collect();
        let one = record(numbered("Document", "doc", document)).within(folders).within(grants(dice));
        records.push(one.with("is_public", Held::Bool(is_public)));
    }
    for folder in 0..k {
        let above: Vec<Name> = (0..folder).filter(|_| dice.edge()).map(|n| numbered("Folder", "folder", n)).collect();
        records.push(record(numbered("Folder", "folder", folder)).within(above).within(grants(dice)));
    }
    records
}
