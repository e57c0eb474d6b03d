//! Both engines on every request: the same answer, and by the same rules.

use std::path::Path;

use aas::Entities;

use crate::apps::{GDRIVE, GDRIVE_REPAIRED, GITHUB, TINYTODO};
use crate::cedar::Cedar;
use crate::dice::Dice;
use crate::model::{App, Asked, Held, Hierarchy, Name, Record, name, record};
use crate::ours::{Ours, allows};

/// How many requests were asked, and how many are allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub asked: usize,
    pub allowed: usize,
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.allowed += other.allowed;
    }

    pub fn percent(self) -> f64 {
        100.0 * self.allowed as f64 / self.asked.max(1) as f64
    }
}

/// Asks both engines everything and stops the program at the first difference.
pub fn same(app: &App, cedar: &Cedar, ours: &Ours, records: &[Record], requests: &[Asked]) -> Count {
    let (theirs, own) = (cedar.entities(records), ours.entities(records));
    let mut form = ours.form();
    let mut count = Count::default();
    for asked in requests {
        let response = cedar.decide(&cedar.request(app, asked), &theirs);
        let reasons = cedar.reasons(&response).unwrap_or_else(|| panic!("{}: an error in cedar, {asked:?}", app.name));
        let allowed = Cedar::allows(&response);
        let strings = [&*asked.user, app.actions[asked.action].name, &*asked.resource];
        let plain = cedar.decide_strings(asked.action, strings, &theirs);
        assert_eq!(Cedar::allows(&plain), allowed, "{}: cedar, {asked:?}", app.name);
        let (action, question) = ours.question(app, asked);
        assert_eq!(allows(form.tier_of(action, &question, &own)), allowed, "{}: {asked:?}", app.name);
        let question = ours.strings(asked.action, strings);
        assert_eq!(allows(form.tier(&question, &own)), allowed, "{}: {asked:?}", app.name);
        let decision = form.decide(&question, &own).to_decision();
        assert_eq!(allows(decision.tier), allowed, "{}: {asked:?}", app.name);
        assert!(decision.errors.is_empty(), "{}: {asked:?} {:?}", app.name, decision.errors);
        assert_eq!(ours.reasons(&decision.determining), reasons, "{}: {asked:?}", app.name);
        count.add(Count { asked: 1, allowed: usize::from(allowed) });
    }
    count
}

/// The meaning of the rules, by the interpreter, is what native code says.
pub fn same_as_meaning(app: &App, ours: &Ours, records: &[Record], requests: &[Asked]) {
    let own = ours.entities(records);
    let mut form = ours.form();
    for asked in requests {
        let (action, question) = ours.question(app, asked);
        let (request, facts) = form.request(&question);
        let meant = ours.policy.decide_with(aas::decision::Engine::Interp, &request, &facts, &own).tier;
        assert_eq!(form.tier_of(action, &question, &own), meant, "{}: {asked:?}", app.name);
        assert_eq!(ours.policy.tier(&request, &facts, &own), meant, "{}: {asked:?}", app.name);
    }
}

/// Every user, action and resource of several hierarchies of each size.
pub fn exhaustive(app: &App, policies: &Path, sizes: &[usize], seeds: &[u64]) -> Vec<(usize, Count)> {
    let (cedar, ours) = (Cedar::load(app, policies), Ours::load(app, policies));
    let mut found = Vec::new();
    for k in sizes {
        let mut count = Count::default();
        for seed in seeds {
            let hierarchy = Hierarchy::new((app.draw)(*k, &mut Dice::new(*seed)));
            let requests = hierarchy.all_requests(app);
            count.add(same(app, &cedar, &ours, &hierarchy.records, &requests));
            if *k <= 20 {
                same_as_meaning(app, &ours, &hierarchy.records, &requests);
            }
        }
        found.push((*k, count));
    }
    found
}

/// A request made by hand, and whether both must allow it.
struct Case {
    app: &'static App,
    records: Vec<Record>,
    what: &'static str,
    /// User, action, resource, whether allowed.
    asked: Vec<(&'static str, &'static str, &'static str, bool)>,
}

fn users(names: &[&str]) -> Vec<Record> {
    let one = |id: &&str| {
        record(name("User", *id))
            .with("view", Held::One(name("View", *id)))
            .with("owned_documents", Held::Many(Vec::new()))
            .with("owned_folders", Held::Many(Vec::new()))
    };
    let views = names.iter().map(|id| record(name("View", *id)));
    names.iter().map(one).chain(views).collect()
}

fn owner(id: &str, documents: &[&str], folders: &[&str]) -> Record {
    let all = |ty: &'static str, ids: &[&str]| ids.iter().map(|id| name(ty, *id)).collect::<Vec<Name>>();
    record(name("User", id))
        .with("view", Held::One(name("View", id)))
        .with("owned_documents", Held::Many(all("Document", documents)))
        .with("owned_folders", Held::Many(all("Folder", folders)))
}

fn document(id: &str, parents: &[Name], public: bool) -> Record {
    record(name("Document", id)).within(parents.to_vec()).with("is_public", Held::Bool(public))
}

fn drive() -> Case {
    let folder = |id: &str| name("Folder", id);
    let mut records = users(&["ann", "bob", "cid"]);
    records.push(owner("own", &["plan"], &["top"]));
    records.push(record(name("View", "own")));
    records.push(record(name("View", "group")).within([name("View", "bob")]));
    records.push(record(folder("top")));
    records.push(record(folder("inner")).within([folder("top")]));
    records.push(record(folder("shown")).within([name("View", "group")]));
    records.push(document("plan", &[], false));
    records.push(document("deep", &[folder("inner")], false));
    records.push(document("direct", &[name("View", "ann")], false));
    records.push(document("shown", &[folder("shown")], false));
    records.push(document("public", &[], true));
    let asked = vec![
        // Reflexive: the document lies in itself, which is owned.
        ("own", "write", "plan", true),
        ("own", "change_owner", "plan", true),
        // A folder above a folder.
        ("own", "read", "deep", true),
        ("own", "change_owner", "deep", false),
        ("own", "create_document", "top", true),
        // Owning what a folder lies in is not owning it.
        ("own", "create_document", "inner", false),
        ("ann", "read", "direct", true),
        ("ann", "write", "direct", false),
        ("bob", "read", "direct", false),
        // A folder in the view of a group, that lies in the views of its members.
        ("bob", "read", "shown", true),
        ("cid", "read", "shown", false),
        ("cid", "read", "public", true),
        ("cid", "share", "public", false),
    ];
    Case { app: &GDRIVE_REPAIRED, records, what: "views, folders in folders, what lies in itself", asked }
}

fn levels() -> Case {
    let permission = |level: &str| name("RepoPermission", format!("site_{level}"));
    let of_owner = |level: &str| name("OrgPermission", format!("acme_{level}"));
    let mut records = vec![record(name("Team", "web")).within([permission("maintainers")])];
    let mut site = record(name("Repository", "site")).with("owner", Held::One(name("Organization", "acme")));
    let mut acme = record(name("Organization", "acme"));
    for level in ["readers", "triagers", "writers", "maintainers", "admins"] {
        site = site.with(level, Held::One(permission(level)));
        records.push(record(permission(level)));
        records.push(record(name("User", level)).within([permission(level)]));
    }
    for level in ["readers", "writers", "admins"] {
        acme = acme.with(level, Held::One(of_owner(level)));
        records.push(record(of_owner(level)));
    }
    records.extend([site, acme, record(name("User", "member")).within([name("Team", "core")])]);
    records.push(record(name("Team", "core")).within([name("Team", "web")]));
    records.push(record(name("User", "boss")).within([of_owner("admins")]));
    records.push(record(name("User", "nobody")));
    let mut asked = Vec::new();
    let actions = ["repo.read", "repo.triage", "repo.write", "repo.maintain", "repo.admin"];
    for (level, user) in ["readers", "triagers", "writers", "maintainers", "admins"].into_iter().enumerate() {
        asked.extend(actions.iter().enumerate().map(|(place, action)| (user, *action, "site", place <= level)));
    }
    asked.extend(actions.map(|action| ("boss", action, "site", true)));
    asked.extend(actions.map(|action| ("nobody", action, "site", false)));
    asked.extend([("member", "repo.maintain", "site", true), ("member", "repo.admin", "site", false)]);
    Case { app: &GITHUB, records, what: "each level brings those below it, through teams and organizations", asked }
}

fn lists() -> Case {
    let application = || name("Application", "TinyTodo");
    let empty = Held::One(name("Team", "empty"));
    let list = record(name("List", "home"))
        .within([application()])
        .with("owner", Held::One(name("User", "ann")))
        .with("name", Held::Text("home".into()))
        .with("readers", empty.clone())
        .with("editors", empty)
        .with("tasks", Held::Tasks(vec![("a".into(), 1, "Checked")]));
    let records = vec![
        record(application()),
        record(name("Application", "Other")),
        record(name("Team", "empty")).within([application()]),
        record(name("User", "ann")).within([application()]),
        record(name("User", "bob")).within([application()]),
        list,
    ];
    let asked = vec![
        // A list whose teams have no members.
        ("ann", "list.get", "home", true),
        ("ann", "list.delete", "home", true),
        ("bob", "list.get", "home", false),
        ("bob", "task.update", "home", false),
        // An application has no owner.
        ("bob", "list.create", "TinyTodo", true),
        ("bob", "list.create", "Other", false),
        ("bob", "list.all", "Other", false),
    ];
    Case { app: &TINYTODO, records, what: "teams without members, an application without an owner", asked }
}

fn published() -> Case {
    let mut user = owner("user_0", &[], &[]);
    user.attributes[0].1 = Held::One(name("View", "User user_0"));
    let granted = document("granted", &[name("View", "User 0")], false);
    let records = vec![user, record(name("View", "User user_0")), granted];
    let asked = vec![("user_0", "read", "granted", false)];
    Case { app: &GDRIVE, records, what: "as published, a granted view is nobody's", asked }
}

/// Cases made by hand; returns how many requests they hold.
pub fn by_hand(policies: &Path) -> usize {
    let mut count = 0;
    for case in [drive(), levels(), lists(), published()] {
        let (cedar, ours) = (Cedar::load(case.app, policies), Ours::load(case.app, policies));
        for (user, action, resource, allowed) in case.asked {
            let place = case.app.actions.iter().position(|a| a.name == action).expect("an action");
            let asked = Asked { action: place, user: user.into(), resource: resource.into() };
            let found = same(case.app, &cedar, &ours, &case.records, std::slice::from_ref(&asked));
            assert_eq!(found.allowed == 1, allowed, "{}: {asked:?}", case.what);
            same_as_meaning(case.app, &ours, &case.records, &[asked]);
            count += 1;
        }
    }
    count + unknown(policies)
}

/// Who or what the snapshot does not hold. Both deny; Cedar names an error, aas refuses by one. They differ on
/// purpose where another permit holds: Cedar passes over a policy that erred, aas never lets an error loosen.
fn unknown(policies: &Path) -> usize {
    let mut count = 0;
    for (case, user, action, resource) in [
        (drive(), "nobody", "read", "plan"),
        (drive(), "nobody", "create_document", "top"),
        (drive(), "own", "read", "nothing"),
        (levels(), "stranger", "repo.read", "site"),
        (levels(), "readers", "repo.read", "nothing"),
        (lists(), "nobody", "task.create", "home"),
        (lists(), "ann", "task.create", "nothing"),
    ] {
        let (cedar, ours) = (Cedar::load(case.app, policies), Ours::load(case.app, policies));
        let place = case.app.actions.iter().position(|a| a.name == action).expect("an action");
        let asked = Asked { action: place, user: user.into(), resource: resource.into() };
        let (theirs, own): (_, Entities) = (cedar.entities(&case.records), ours.entities(&case.records));
        let response = cedar.decide(&cedar.request(case.app, &asked), &theirs);
        let (action, question) = ours.question(case.app, &asked);
        assert!(!Cedar::allows(&response), "cedar: {asked:?}");
        assert!(!allows(ours.form().tier_of(action, &question, &own)), "{asked:?}");
        same_as_meaning(case.app, &ours, &case.records, &[asked]);
        count += 1;
    }
    count
}
