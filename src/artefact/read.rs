//! From bytes to a policy: all of it, or what one action needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bytes::{Coded, Reader, Taken, Writer, malformed, record};
use super::container::{ArtefactId, Bytes, Container, PAGE, Page, Part, Place, pages};
use super::{ArtefactError, sound};
use crate::action_name;
use crate::check::typed::{
    ActionDef, ActionId, Duty, FactSchemas, FlagDef, Item, ItemBody, NamePatterns, Scope, TypedPolicy,
};
use crate::decision::{ItemId, PolicyHash};
use crate::settings::Settings;
use crate::source::{SourceFile, SourceSet};
use crate::types::TypeTable;

/// Most actions that the items of a policy name together: memory grows with them, the artefact does not.
const MAX_ABOUT: u64 = 1 << 26;

/// Numbers in ascending order, as runs: how many are left out before each, and how many follow one another.
pub(super) type Runs = Vec<(u32, u32)>;

/// Runs of ascending numbers.
pub(super) fn runs(numbers: &[u32]) -> Runs {
    let mut next = 0;
    let follow = numbers.chunk_by(|a, b| *b == a + 1);
    let run = |chunk: &[u32]| {
        let left_out = chunk[0] - next;
        next = chunk[0] + chunk.len() as u32;
        (left_out, chunk.len() as u32)
    };
    follow.map(run).collect()
}

/// The numbers of runs, all of them below a bound.
fn unrolled(runs: &Runs, below: u32) -> Taken<Vec<u32>> {
    let mut numbers = Vec::new();
    ranges(runs, below, |range| numbers.extend(range))?;
    Ok(numbers)
}

fn ranges(runs: &Runs, below: u32, mut each: impl FnMut(std::ops::Range<u32>)) -> Taken<()> {
    let mut next = 0_u32;
    for (left_out, count) in runs {
        let start = next.checked_add(*left_out);
        let end = start.and_then(|start| start.checked_add(*count)).filter(|end| *end <= below && *count > 0);
        let (Some(start), Some(end)) = (start, end) else {
            return Err(malformed("it names an action or item that it does not have"));
        };
        each(start..end);
        next = end;
    }
    Ok(())
}

/// What is not of any one action.
pub(super) struct Globals {
    pub(super) settings: Settings,
    pub(super) types: TypeTable,
    pub(super) facts: FactSchemas,
    pub(super) flags: Vec<FlagDef>,
    pub(super) undeclared: ActionDef,
}

record!(Globals { settings, types, facts, flags, undeclared });

impl Coded for Settings {
    fn put(&self, w: &mut Writer) {
        let Self { package, edition, default_tier, zone, case_sensitive_paths, lints } = self;
        package.put(w);
        edition.put(w);
        default_tier.put(w);
        zone.put(w);
        case_sensitive_paths.put(w);
        if !lints.is_empty() {
            w.unfit("lint levels");
        }
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        Ok(Self {
            package: Coded::take(r)?,
            edition: Coded::take(r)?,
            default_tier: Coded::take(r)?,
            zone: Coded::take(r)?,
            case_sensitive_paths: Coded::take(r)?,
            lints: Vec::new(),
        })
    }
}

/// An action with the items that concern it.
pub(super) struct StoredAction {
    pub(super) action: ActionDef,
    pub(super) items: Runs,
}

record!(StoredAction { action, items });

/// An item with the actions that it concerns; those in its scope are left out.
pub(super) struct StoredItem {
    pub(super) actions: Runs,
    pub(super) item: Item,
}

impl Coded for StoredItem {
    fn put(&self, w: &mut Writer) {
        let Item { name, package, code, kind, scope, body, obligations, believing, doc, span, name_span } = &self.item;
        span.put(w);
        name_span.put(w);
        self.actions.put(w);
        scope.undeclared.put(w);
        kind.put(w);
        package.put(w);
        name.put(w);
        // Most codes are the name.
        (code != name).then(|| code.clone()).put(w);
        body.put(w);
        obligations.put(w);
        believing.put(w);
        doc.put(w);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        let (span, name_span) = Coded::take(r)?;
        let actions = Coded::take(r)?;
        let scope = Scope { actions: Vec::new(), undeclared: Coded::take(r)? };
        let kind = Coded::take(r)?;
        let package = Coded::take(r)?;
        let name: Arc<str> = Coded::take(r)?;
        let code: Option<Arc<str>> = Coded::take(r)?;
        let code = code.unwrap_or_else(|| name.clone());
        let item = Item {
            name,
            package,
            code,
            kind,
            scope,
            body: Coded::take(r)?,
            obligations: Coded::take(r)?,
            believing: Coded::take(r)?,
            doc: Coded::take(r)?,
            span,
            name_span,
        };
        Ok(Self { actions, item })
    }
}

/// Which items concern what.
#[derive(PartialEq, Eq)]
pub(super) struct Abouts {
    /// By action, ascending.
    pub(super) actions: Vec<Runs>,
    /// Distinct lists of patterns over undeclared names, with the items that have them.
    pub(super) undeclared: Vec<(NamePatterns, Runs)>,
}

impl Abouts {
    pub(super) fn of(policy: &TypedPolicy) -> Self {
        let mut actions = vec![Vec::new(); policy.actions.len()];
        let mut lists: Vec<(&NamePatterns, u32)> = Vec::new();
        for (id, item) in (0_u32..).zip(&policy.items) {
            for ActionId(action) in &item.scope.actions {
                if let Some(list) = actions.get_mut(*action as usize) {
                    list.push(id);
                }
            }
            lists.extend(item.scope.undeclared.as_ref().map(|patterns| (patterns, id)));
        }
        lists.sort_by(|(a, i), (b, j)| (a.any, &a.parts, i).cmp(&(b.any, &b.parts, j)));
        let grouped = lists.chunk_by(|(a, _), (b, _)| a == b);
        let undeclared = grouped.map(|group| {
            let items: Vec<u32> = group.iter().map(|(_, id)| *id).collect();
            (group[0].0.clone(), runs(&items))
        });
        let undeclared = undeclared.collect();
        Self { actions: actions.iter().map(|items| runs(items)).collect(), undeclared }
    }
}

/// A rule file: its name, and where its text is.
pub(super) struct StoredFile {
    pub(super) name: String,
    pub(super) home: Option<String>,
    pub(super) lines: Part,
    pub(super) text: Part,
}

record!(StoredFile { name, home, lines, text });

/// How much of the rule files is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Names of all files, and the lines of those in which items of the policy stand: enough to say where.
    Lines,
    /// The text of those too: enough to quote the clauses of an explanation.
    OfItems,
    /// The text of all files.
    All,
}

/// An artefact whose header and index are checked. Its parts are read and checked when they are asked for.
#[derive(Debug)]
pub struct Artefact<B> {
    container: Container<B>,
}

impl<B: Bytes> Artefact<B> {
    /// Reads header and index.
    ///
    /// # Errors
    /// Where it is none, damaged, or of another version or other builtin tables.
    pub fn open(bytes: B) -> Result<Self, ArtefactError> {
        let container = Container::open(bytes)?;
        if container.index.tables != super::tables() {
            return Err(ArtefactError::Tables);
        }
        Ok(Self { container })
    }

    /// The same, of a certain artefact and no other.
    ///
    /// # Errors
    /// As [`Artefact::open`], and where it is another one.
    pub fn open_as(bytes: B, id: ArtefactId) -> Result<Self, ArtefactError> {
        let artefact = Self::open(bytes)?;
        if artefact.id() == id { Ok(artefact) } else { Err(ArtefactError::Foreign(artefact.id())) }
    }

    /// The hash of all sections, the index left out: it does not change with the builtin tables.
    #[cfg(test)]
    pub(super) fn print_of_sections(&self) -> String {
        let mut w = Writer::default();
        self.container.index.sections.put(&mut w);
        blake3::hash(&w.into_bytes()).to_string()
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> ArtefactId {
        self.container.id
    }

    /// The identity of its policy.
    #[must_use]
    pub fn policy_hash(&self) -> PolicyHash {
        PolicyHash(blake3::Hash::from_bytes(self.container.index.policy).to_hex().as_str().into())
    }

    /// The whole policy, without tests and asserts. Every part is checked, the rule files' texts excepted.
    ///
    /// # Errors
    /// Where a part is damaged or malformed.
    pub fn policy(&self) -> Result<TypedPolicy, ArtefactError> {
        let index = &self.container.index;
        let mut policy = self.empty()?;
        let mut named = 0_u64;
        let stored = self.entries(Place::Actions, index.actions, |r| StoredAction::take(r))?.into_iter();
        let actions;
        (policy.actions, actions) = stored.map(|stored| (stored.action, stored.items)).unzip();
        policy.aliases = self.entries(Place::Aliases, index.aliases, Coded::take)?;
        policy.items = self.entries(Place::Items, index.items, |r| {
            let StoredItem { actions, mut item } = Coded::take(r)?;
            named += actions.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
            if named > MAX_ABOUT {
                return Err(ArtefactError::TooLarge);
            }
            item.scope.actions = unrolled(&actions, index.actions)?.into_iter().map(ActionId).collect();
            Ok(item)
        })?;
        sound::check(&policy)?;
        // What one action is decided by and what the whole decides by is the same.
        let about = Abouts { actions, undeclared: self.undeclared()? };
        if about == Abouts::of(&policy) { Ok(policy) } else { Err(malformed("its lists of items are others")) }
    }

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
        let mut slice = Slice { artefact: self, items: BTreeMap::new(), actions: BTreeMap::new() };
        let asked = self.find(action)?;
        let about = match &asked {
            Some((_, stored)) => unrolled(&stored.items, self.container.index.items)?,
            None => self.about_undeclared(action)?,
        };
        slice.items(&about)?;
        slice.whatever_they_name()?;
        if let Some((id, stored)) = asked {
            if *stored.action.name != *action {
                policy.aliases = vec![(action.into(), id)];
            }
            slice.actions.insert(id.0, stored.action);
            slice.finish(Some(id), &about, &mut policy)?;
        } else {
            slice.finish(None, &about, &mut policy)?;
        }
        sound::check(&policy)?;
        Ok(policy)
    }

    /// The rule files that the policy, whole or in part, was compiled from. What is not wanted of them is empty.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub fn sources(&self, policy: &TypedPolicy, wanted: Texts) -> Result<SourceSet, ArtefactError> {
        let bytes = self.container.section(Place::Files)?;
        let mut r = self.container.reader(&bytes);
        let files: Vec<StoredFile> = Coded::take(&mut r)?;
        r.end()?;
        if files.len() != self.container.index.files as usize {
            return Err(malformed("its rule files are not as many as it says"));
        }
        let mut needed = vec![false; files.len()];
        for item in &policy.items {
            if let Some(needed) = needed.get_mut(item.name_span.file.0 as usize) {
                *needed = true;
            }
        }
        let mut sources = SourceSet::default();
        let mut at = 0;
        for (file, needed) in files.into_iter().zip(needed) {
            let text_at = at + file.lines.length();
            let made = match wanted {
                Texts::Lines if needed => SourceFile::outline(file.name, self.lines(at, &file.lines)?)
                    .ok_or_else(|| malformed("lines of a rule file are out of order"))?,
                Texts::All => SourceFile::new(file.name, self.text(text_at, &file.text)?),
                Texts::OfItems if needed => SourceFile::new(file.name, self.text(text_at, &file.text)?),
                Texts::Lines | Texts::OfItems => SourceFile::new(file.name, String::new()),
            };
            sources.add_file(made, file.home);
            at = text_at + file.text.length();
        }
        Ok(sources)
    }

    fn lines(&self, at: u64, part: &Part) -> Taken<Vec<u32>> {
        let bytes = self.container.blob(at, part)?;
        let mut r = self.container.reader(&bytes);
        let (mut lines, mut last) = (Vec::new(), 0_u32);
        while r.end().is_err() {
            last = last.checked_add(r.small()?).ok_or_else(|| malformed("a rule file is too long"))?;
            lines.push(last);
        }
        Ok(lines)
    }

    fn text(&self, at: u64, part: &Part) -> Taken<String> {
        let bytes = self.container.blob(at, part)?.into_owned();
        String::from_utf8(bytes).map_err(|_| malformed("a rule file is not UTF-8"))
    }

    /// The policy with what is not of any one action.
    fn empty(&self) -> Taken<TypedPolicy> {
        let bytes = self.container.section(Place::Globals)?;
        let mut r = self.container.reader(&bytes);
        let Globals { settings, types, facts, flags, undeclared } = Coded::take(&mut r)?;
        r.end()?;
        Ok(TypedPolicy {
            settings,
            types,
            facts,
            flags,
            actions: Vec::new(),
            undeclared,
            aliases: Vec::new(),
            items: Vec::new(),
            tests: Vec::new(),
            asserts: Vec::new(),
            hash: self.policy_hash(),
        })
    }

    /// All entries of a kind, in order.
    fn entries<T>(
        &self,
        place: impl Fn(usize) -> Place,
        count: u32,
        mut take: impl FnMut(&mut Reader<'_>) -> Taken<T>,
    ) -> Taken<Vec<T>> {
        let mut all = Vec::new();
        for number in 0..pages(count) {
            let bytes = self.container.section(place(number))?;
            let page = self.page(&bytes, number, count)?;
            for entry in 0..page.len() {
                let mut r = self.container.reader(page.entry(entry)?);
                all.push(take(&mut r)?);
                r.end()?;
            }
        }
        Ok(all)
    }

    /// A page with as many entries as its number asks for.
    fn page<'a>(&self, bytes: &'a [u8], number: usize, count: u32) -> Taken<Page<'a>> {
        let page = Page::new(bytes)?;
        let expected = (count as usize - number * PAGE).min(PAGE);
        if page.len() == expected { Ok(page) } else { Err(malformed("a page has another number of entries")) }
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

    /// Lists of patterns over names that nobody declares, with the items that have them.
    fn undeclared(&self) -> Taken<Vec<(NamePatterns, Runs)>> {
        let bytes = self.container.section(Place::Undeclared)?;
        let mut r = self.container.reader(&bytes);
        let lists = Coded::take(&mut r)?;
        r.end()?;
        Ok(lists)
    }

    /// The items that concern a name that nobody declares, ascending.
    fn about_undeclared(&self, name: &str) -> Taken<Vec<u32>> {
        let mut found = Vec::new();
        for (patterns, items) in self.undeclared()? {
            let parts = patterns.parts.iter().map(|(subtracts, pattern)| (*subtracts, &**pattern));
            if patterns.any || action_name::list_matches(parts, name) {
                found.extend(unrolled(&items, self.container.index.items)?);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// A part of a policy while it is gathered, by the places in the whole.
struct Slice<'a, B> {
    artefact: &'a Artefact<B>,
    items: BTreeMap<u32, Item>,
    actions: BTreeMap<u32, ActionDef>,
}

impl<B: Bytes> Slice<'_, B> {
    /// Reads items; a page is read once where several stand on it.
    fn items(&mut self, wanted: &[u32]) -> Taken<()> {
        let (container, count) = (&self.artefact.container, self.artefact.container.index.items);
        for group in wanted.chunk_by(|a, b| *a as usize / PAGE == *b as usize / PAGE) {
            let number = group[0] as usize / PAGE;
            if group.iter().any(|id| *id >= count) {
                return Err(malformed("it names an action or item that it does not have"));
            }
            let bytes = container.section(Place::Items(number))?;
            let page = self.artefact.page(&bytes, number, count)?;
            for id in group {
                let mut r = container.reader(page.entry(*id as usize % PAGE)?);
                let StoredItem { item, .. } = Coded::take(&mut r)?;
                r.end()?;
                self.items.insert(*id, item);
            }
        }
        Ok(())
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
                        let count = self.artefact.container.index.actions;
                        let stored: StoredAction = self.artefact.entry(Place::Actions, *id, count)?;
                        self.actions.insert(*id, stored.action);
                    }
                    Duty::Instead(_) | Duty::Notify(_) | Duty::Redact(_) | Duty::Run { .. } => {}
                }
            }
        }
        Ok(())
    }

    /// Numbers everything anew, in the same order.
    fn finish(self, asked: Option<ActionId>, about: &[u32], policy: &mut TypedPolicy) -> Taken<()> {
        let Self { items, actions, .. } = self;
        let lost = || malformed("it names an action or item that it does not have");
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
        let mut asked = asked;
        if let Some(id) = &mut asked {
            new_action(id)?;
        }
        for (_, id) in &mut policy.aliases {
            new_action(id)?;
        }
        policy.actions = actions.into_values().collect();
        for (id, mut item) in items {
            let concerns = about.binary_search(&id).is_ok();
            item.scope.actions = asked.filter(|_| concerns).into_iter().collect();
            item.scope.undeclared = item.scope.undeclared.filter(|_| concerns && asked.is_none());
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
