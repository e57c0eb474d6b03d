//! Entities and requests that belong to neither engine.

use crate::dice::Dice;

/// A type and an id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub ty: &'static str,
    pub id: String,
}

pub fn name(ty: &'static str, id: impl Into<String>) -> Name {
    Name { ty, id: id.into() }
}

/// An attribute.
#[derive(Clone, Debug)]
pub enum Held {
    Bool(bool),
    Text(String),
    One(Name),
    Many(Vec<Name>),
    /// Name, number and state of each task.
    Tasks(Vec<(String, i64, &'static str)>),
}

/// An entity.
#[derive(Clone, Debug)]
pub struct Record {
    pub name: Name,
    pub parents: Vec<Name>,
    pub attributes: Vec<(&'static str, Held)>,
}

pub fn record(name: Name) -> Record {
    Record { name, parents: Vec::new(), attributes: Vec::new() }
}

impl Record {
    pub fn within(mut self, parents: impl IntoIterator<Item = Name>) -> Self {
        self.parents.extend(parents);
        self
    }

    pub fn with(mut self, attribute: &'static str, held: Held) -> Self {
        self.attributes.push((attribute, held));
        self
    }
}

/// An action with the type of its resource, and what our rules call the resource.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub name: &'static str,
    pub resource: &'static str,
    pub parameter: &'static str,
}

/// An application.
pub struct App {
    pub name: &'static str,
    /// The folder of its policies.
    pub package: &'static str,
    pub actions: &'static [Action],
    /// Draws a hierarchy with so many entities of each main type.
    pub draw: fn(usize, &mut Dice) -> Vec<Record>,
    /// Allowed requests in percent, as found by others for k = 5, 20, 50.
    pub allowed: [u32; 3],
}

/// A request: the place of its action, a user, a resource.
#[derive(Clone, Debug)]
pub struct Asked {
    pub action: usize,
    pub user: String,
    pub resource: String,
}

/// A hierarchy with the names that requests may use.
pub struct Hierarchy {
    pub records: Vec<Record>,
    pub users: Vec<String>,
}

impl Hierarchy {
    pub fn new(records: Vec<Record>) -> Self {
        let users = ids(&records, "User");
        Self { records, users }
    }

    /// All users x actions x resources.
    pub fn all_requests(&self, app: &App) -> Vec<Asked> {
        let mut all = Vec::new();
        for (action, of) in app.actions.iter().enumerate() {
            let resources = ids(&self.records, of.resource);
            for user in &self.users {
                let one = |resource: &String| Asked { action, user: user.clone(), resource: resource.clone() };
                all.extend(resources.iter().map(one));
            }
        }
        all
    }

    /// Requests: the action uniform, then user and resource uniform, with replacement.
    pub fn draw_requests(&self, app: &App, count: usize, dice: &mut Dice) -> Vec<Asked> {
        let resources: Vec<Vec<String>> = app.actions.iter().map(|a| ids(&self.records, a.resource)).collect();
        let one = |_| {
            let action = dice.below(app.actions.len());
            let user = self.users[dice.below(self.users.len())].clone();
            let resource = resources[action][dice.below(resources[action].len())].clone();
            Asked { action, user, resource }
        };
        (0..count).map(one).collect()
    }
}

fn ids(records: &[Record], ty: &str) -> Vec<String> {
    records.iter().filter(|r| r.name.ty == ty).map(|r| r.name.id.clone()).collect()
}
