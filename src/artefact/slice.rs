//! The part of a policy that deciding one action needs.
//!
//! Actions and aliases are sorted by name and lie on pages whose first names stand in the index, so a name is
//! found on one page. The action says which items concern it; those, and what they name, are read and numbered
//! anew in the same order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bytes::{Coded, Reader, Taken, malformed};
use super::container::{Bytes, PAGE, Place};
use super::read::Artefact;
use super::stored::{StoredAction, StoredItem, unrolled};
use super::{ArtefactError, needs, sound};
use crate::check::typed::{ActionDef, ActionId, Duty, Item, ItemBody, TypedPolicy};
use crate::decision::ItemId;
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::Scene;
use crate::reader::Bound;
use crate::request::Request;

impl<B: Bytes> Artefact<B> {
    /// What deciding one action needs, as a policy of its own: the action under its name or alias, and the
    /// items that concern it, in their order. Its hash is that of the whole policy. A name that nobody declares
    /// gives the floors and approvals that reach it.
    ///
    /// It decides requests for this action and no other: whatever else is asked of it looks undeclared.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub fn policy_for(&self, action: &str) -> Result<TypedPolicy, ArtefactError> {
        let mut policy = self.empty()?;
        let asked = self.find(action)?;
        let about = match &asked {
            Some((_, stored)) => unrolled(&stored.items, self.container.index.items)?,
            None => self.about_undeclared(action)?,
        };
        let mut slice = Slice::new(self);
        slice.items(&about)?;
        slice.whatever_they_name()?;
        slice.finish(asked.map(|(id, stored)| (id, stored.action)), action, &about, &mut policy)?;
        sound::check(&policy)?;
        Ok(policy)
    }

    /// The action under its name or alias, with all that is not of any item: enough to read a request for it, and
    /// nothing to decide one by.
    pub(crate) fn schema_for(&self, action: &str) -> Result<TypedPolicy, ArtefactError> {
        let mut policy = self.empty()?;
        let asked = self.find(action)?.map(|(id, stored)| (id, stored.action));
        Slice::new(self).finish(asked, action, &[], &mut policy)?;
        sound::check(&policy)?;
        Ok(policy)
    }

    /// What deciding one request needs: as [`policy_for`](Self::policy_for), but of many items about the action
    /// only those that the request may concern. All others are false for it.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub(crate) fn policy_for_request(
        &self,
        (request, facts, entities): (&Request, &Facts, &Entities),
    ) -> Result<TypedPolicy, ArtefactError> {
        let action = &*request.action;
        let Some((id, stored)) = self.find(action)? else { return self.policy_for(action) };
        let Some(table) = stored.needs else { return self.policy_for(action) };
        let below = self.container.index.items;
        let schema = self.schema_for(action)?;
        let bound = Bound::new(&schema, request, facts);
        if !bound.refusals.is_empty() {
            // What is refused is masked by every item about the action, whether it holds or not.
            return self.policy_for(action);
        }
        let bytes = self.container.section(Place::Needs(table))?;
        let mut r = self.container.reader(&bytes);
        let found = needs::candidates(&mut r, &Scene::new(&schema, &bound, entities), below)?;
        let about = unrolled(&stored.items, below)?;
        if found.iter().any(|id| about.binary_search(id).is_err()) {
            return Err(malformed("a table of needs names an item of another action"));
        }
        let mut policy = self.empty()?;
        let mut slice = Slice::new(self);
        slice.items(&found)?;
        slice.whatever_they_name()?;
        slice.finish(Some((id, stored.action)), action, &found, &mut policy)?;
        sound::check(&policy)?;
        Ok(policy)
    }

    /// One entry of a kind.
    fn entry<T: Coded>(&self, place: impl Fn(usize) -> Place, id: u32, count: u32) -> Taken<T> {
        if id >= count {
            return Err(malformed("it names an action or item that it does not have"));
        }
        let (number, entry) = (id as usize / PAGE, id as usize % PAGE);
        let bytes = self.container.section(place(number))?;
        let mut r = self.container.reader(self.page(&bytes, number, count)?.entry(entry)?);
        let made = T::take(&mut r)?;
        r.end()?;
        Ok(made)
    }

    /// A declared action by its name or alias.
    fn find(&self, name: &str) -> Taken<Option<(ActionId, StoredAction)>> {
        let index = &self.container.index;
        if let Some(id) = self.named(Place::Actions, &index.first_actions, index.actions, name, |r| {
            // The name comes first.
            Arc::<str>::take(r)
        })? {
            return Ok(Some((ActionId(id), self.entry(Place::Actions, id, index.actions)?)));
        }
        let Some(alias) = self.named(Place::Aliases, &index.first_aliases, index.aliases, name, Coded::take)? else {
            return Ok(None);
        };
        let (_, id): (Arc<str>, ActionId) = self.entry(Place::Aliases, alias, index.aliases)?;
        Ok(Some((id, self.entry(Place::Actions, id.0, index.actions)?)))
    }

    /// The place of a name among sorted entries.
    fn named(
        &self,
        place: impl Fn(usize) -> Place,
        firsts: &[Arc<str>],
        count: u32,
        name: &str,
        take: impl Fn(&mut Reader<'_>) -> Taken<Arc<str>>,
    ) -> Taken<Option<u32>> {
        let Some(number) = firsts.partition_point(|first| **first <= *name).checked_sub(1) else { return Ok(None) };
        let bytes = self.container.section(place(number))?;
        let page = self.page(&bytes, number, count)?;
        for entry in 0..page.len() {
            if *take(&mut self.container.reader(page.entry(entry)?))? == *name {
                return Ok(u32::try_from(number * PAGE + entry).ok());
            }
        }
        Ok(None)
    }

    /// The items that concern a name that nobody declares, ascending.
    fn about_undeclared(&self, name: &str) -> Taken<Vec<u32>> {
        let mut found = Vec::new();
        for (patterns, items) in self.undeclared()? {
            if patterns.matches(name) {
                found.extend(unrolled(&items, self.container.index.items)?);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// The same part of a policy that is at hand: what a process that answers one request makes a plan of.
#[must_use]
pub fn part_of(policy: &TypedPolicy, action: &str) -> TypedPolicy {
    let asked = policy.action(action);
    let concerns = |item: &&Item| match asked {
        Some(id) => item.scope.actions.binary_search(&id).is_ok(),
        None => item.scope.undeclared.as_ref().is_some_and(|patterns| patterns.matches(action)),
    };
    let items = (0..).zip(&policy.items);
    let about: Vec<u32> = items.filter(|(_, item)| concerns(item)).map(|(id, _)| id).collect();
    let mut part = TypedPolicy {
        actions: Vec::new(),
        aliases: Vec::new(),
        items: Vec::new(),
        tests: Vec::new(),
        asserts: Vec::new(),
        settings: policy.settings.clone(),
        types: policy.types.clone(),
        facts: policy.facts.clone(),
        flags: policy.flags.clone(),
        undeclared: policy.undeclared.clone(),
        state: crate::check::typed::state::StateDefs::default(),
        hash: policy.hash,
    };
    let mut slice = Slice::new(policy);
    let asked = asked.map(|id| (id, policy.action_def(id).clone()));
    let gathered = slice
        .items(&about)
        .and_then(|()| slice.whatever_they_name())
        .and_then(|()| slice.finish(asked, action, &about, &mut part));
    // INVARIANT: in a checked policy every number names something, so nothing is ever missing here.
    if gathered.is_ok() { part } else { policy.clone() }
}

/// What a part is taken from.
trait Whole {
    /// Items, by ascending places.
    fn items(&self, wanted: &[u32], each: &mut dyn FnMut(u32, Item)) -> Taken<()>;
    /// An action.
    fn action(&self, id: u32) -> Taken<ActionDef>;
}

fn lost() -> ArtefactError {
    malformed("it names an action or item that it does not have")
}

impl Whole for TypedPolicy {
    fn items(&self, wanted: &[u32], each: &mut dyn FnMut(u32, Item)) -> Taken<()> {
        for id in wanted {
            each(*id, self.items.get(*id as usize).ok_or_else(lost)?.clone());
        }
        Ok(())
    }

    fn action(&self, id: u32) -> Taken<ActionDef> {
        self.actions.get(id as usize).cloned().ok_or_else(lost)
    }
}

impl<B: Bytes> Whole for Artefact<B> {
    /// A page is read once where several stand on it.
    fn items(&self, wanted: &[u32], each: &mut dyn FnMut(u32, Item)) -> Taken<()> {
        let count = self.container.index.items;
        for group in wanted.chunk_by(|a, b| *a as usize / PAGE == *b as usize / PAGE) {
            let number = group[0] as usize / PAGE;
            if group.iter().any(|id| *id >= count) {
                return Err(lost());
            }
            let bytes = self.container.section(Place::Items(number))?;
            let page = self.page(&bytes, number, count)?;
            for id in group {
                let mut r = self.container.reader(page.entry(*id as usize % PAGE)?);
                let StoredItem { item, .. } = Coded::take(&mut r)?;
                r.end()?;
                each(*id, item);
            }
        }
        Ok(())
    }

    fn action(&self, id: u32) -> Taken<ActionDef> {
        let stored: StoredAction = self.entry(Place::Actions, id, self.container.index.actions)?;
        Ok(stored.action)
    }
}

/// A part of a policy while it is gathered, by the places in the whole.
struct Slice<'a, W> {
    whole: &'a W,
    items: BTreeMap<u32, Item>,
    actions: BTreeMap<u32, ActionDef>,
}

impl<'a, W: Whole> Slice<'a, W> {
    fn new(whole: &'a W) -> Self {
        Self { whole, items: BTreeMap::new(), actions: BTreeMap::new() }
    }

    fn items(&mut self, wanted: &[u32]) -> Taken<()> {
        self.whole.items(wanted, &mut |id, item| {
            self.items.insert(id, item);
        })
    }

    /// Reads the items and actions that the items name, so that every name in the slice means something.
    fn whatever_they_name(&mut self) -> Taken<()> {
        let named = self.items.values().filter_map(|item| match &item.body {
            ItemBody::Relax { of, .. } => *of,
            ItemBody::Exception { to, .. } => Some(*to),
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Approval { .. } => None,
        });
        let mut named: Vec<u32> = named.map(|id| id.0).filter(|id| !self.items.contains_key(id)).collect();
        named.sort_unstable();
        named.dedup();
        self.items(&named)?;
        for item in self.items.values() {
            for duty in &item.obligations {
                match duty {
                    Duty::Instead(ActionId(id)) if !self.actions.contains_key(id) => {
                        self.actions.insert(*id, self.whole.action(*id)?);
                    }
                    Duty::Instead(_) | Duty::Notify(_) | Duty::Redact(_) | Duty::Run { .. } => {}
                }
            }
        }
        Ok(())
    }

    /// Numbers everything anew, in the same order. Asked is a declared action, or a name that is none.
    fn finish(
        mut self,
        asked: Option<(ActionId, ActionDef)>,
        name: &str,
        about: &[u32],
        policy: &mut TypedPolicy,
    ) -> Taken<()> {
        let mut declared = None;
        if let Some((id, action)) = asked {
            if *action.name != *name {
                policy.aliases = vec![(name.into(), id)];
            }
            self.actions.insert(id.0, action);
            declared = Some(id);
        }
        let Self { items, actions, .. } = self;
        let action_ids: Vec<u32> = actions.keys().copied().collect();
        let new_action = |id: &mut ActionId| -> Taken<()> {
            let place = action_ids.binary_search(&id.0).map_err(|_| lost())?;
            id.0 = place as u32;
            Ok(())
        };
        let item_ids: Vec<u32> = items.keys().copied().collect();
        let new_item = |id: &mut ItemId| -> Taken<()> {
            let place = item_ids.binary_search(&id.0).map_err(|_| lost())?;
            id.0 = place as u32;
            Ok(())
        };
        if let Some(id) = &mut declared {
            new_action(id)?;
        }
        for (_, id) in &mut policy.aliases {
            new_action(id)?;
        }
        policy.actions = actions.into_values().collect();
        for (id, mut item) in items {
            let concerns = about.binary_search(&id).is_ok();
            item.scope.actions = declared.filter(|_| concerns).into_iter().collect();
            item.scope.undeclared = item.scope.undeclared.filter(|_| concerns && declared.is_none());
            match &mut item.body {
                ItemBody::Relax { of, .. } => of.as_mut().map_or(Ok(()), new_item)?,
                ItemBody::Exception { to, .. } => new_item(to)?,
                ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Approval { .. } => {}
            }
            for duty in &mut item.obligations {
                match duty {
                    Duty::Instead(action) => new_action(action)?,
                    Duty::Notify(_) | Duty::Redact(_) | Duty::Run { .. } => {}
                }
            }
            policy.items.push(item);
        }
        Ok(())
    }
}
