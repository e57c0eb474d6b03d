//! From bytes to a policy and its rule files.

use super::bytes::{Coded, Reader, Taken, Writer, malformed};
use super::container::{ArtefactId, Bytes, Container, PAGE, Page, Part, Place, pages};
use super::needs::Needs;
use super::stored::{Abouts, Globals, Runs, StoredAction, StoredFile, StoredItem, unrolled};
use super::{ArtefactError, sound};
use crate::check::typed::{ActionId, NamePatterns, TypedPolicy};
use crate::decision::PolicyHash;
use crate::source::{SourceFile, SourceSet, Span};

/// Most actions that the items of a policy name together: memory grows with them, the artefact does not.
const MAX_ABOUT: u64 = 1 << 26;

/// How much of the rule files is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Names of all files, and the lines of those in which items of the policy stand: enough to say where.
    Lines,
    /// The texts of the files in which items of the policy and their conditions stand (an inlined predicate is
    /// somewhere else than its item): enough to quote the clauses of an explanation.
    OfItems,
    /// The text of all files.
    All,
}

/// An artefact whose header and index are checked. Its parts are read and checked when they are asked for.
#[derive(Debug)]
pub struct Artefact<B> {
    pub(super) container: Container<B>,
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
        let mut w = super::bytes::Writer::default();
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
        PolicyHash(self.container.index.policy)
    }

    /// The whole policy, without tests and asserts. Every part is checked, the rule files' texts excepted.
    ///
    /// # Errors
    /// Where a part is damaged or malformed.
    pub fn policy(&self) -> Result<TypedPolicy, ArtefactError> {
        let index = &self.container.index;
        let mut policy = self.empty()?;
        let mut named = 0_u64;
        let stored = self.entries(Place::Actions, index.actions, StoredAction::take)?.into_iter();
        let mut actions = Vec::new();
        let mut tables = Vec::new();
        for (id, stored) in (0..).map(ActionId).zip(stored) {
            tables.extend(stored.needs.map(|table| (id, table)));
            policy.actions.push(stored.action);
            actions.push(stored.items);
        }
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
        if about != Abouts::of(&policy) {
            return Err(malformed("its lists of items are others"));
        }
        self.tables(&policy, &tables, &about)?;
        Ok(policy)
    }

    /// Each table of needs must be the one that its items give, or a request would be decided by other items.
    fn tables(&self, policy: &TypedPolicy, tables: &[(ActionId, u32)], about: &Abouts) -> Taken<()> {
        let others = || malformed("its tables of needs are others");
        let count = self.container.index.needs;
        if !tables.iter().map(|(_, table)| *table).eq(0..count) {
            return Err(others());
        }
        for (action, table) in tables {
            let items = about.actions.get(action.0 as usize).ok_or_else(others)?;
            let made = Needs::of(policy, *action, &unrolled(items, self.container.index.items)?).ok_or_else(others)?;
            let mut w = Writer::default();
            made.put(&mut w);
            if *w.into_bytes() != *self.container.section(Place::Needs(*table))? {
                return Err(others());
            }
        }
        Ok(())
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
        let mut need = |span: Span| needed.get_mut(span.file.0 as usize).map_or((), |needed| *needed = true);
        for item in &policy.items {
            need(item.name_span);
            if wanted == Texts::OfItems {
                item.conditions().into_iter().for_each(|when| when.visit(&mut |e| need(e.span)));
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

    /// The text of the file of this name that was written with the policy; none where there is no such file. So a
    /// [profile](crate::profile) is found.
    ///
    /// # Errors
    /// Where a part that is needed is damaged or malformed.
    pub fn text_of(&self, name: &str) -> Result<Option<String>, ArtefactError> {
        let bytes = self.container.section(Place::Files)?;
        let mut r = self.container.reader(&bytes);
        let files: Vec<StoredFile> = Coded::take(&mut r)?;
        r.end()?;
        let mut at = 0;
        for file in files {
            let text_at = at + file.lines.length();
            if file.name == name {
                return self.text(text_at, &file.text).map(Some);
            }
            at = text_at + file.text.length();
        }
        Ok(None)
    }

    fn lines(&self, at: u64, part: &Part) -> Taken<Vec<u32>> {
        let bytes = self.container.blob(at, part)?;
        let mut r = self.container.reader(&bytes);
        let (mut lines, mut last) = (Vec::with_capacity(bytes.len()), 0_u32);
        while !r.is_empty() {
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
    pub(super) fn empty(&self) -> Taken<TypedPolicy> {
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
            state: crate::check::typed::state::StateDefs::default(),
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
    pub(super) fn page<'a>(&self, bytes: &'a [u8], number: usize, count: u32) -> Taken<Page<'a>> {
        let page = Page::new(bytes)?;
        let expected = (count as usize - number * PAGE).min(PAGE);
        if page.len() == expected { Ok(page) } else { Err(malformed("a page has another number of entries")) }
    }

    /// Lists of patterns over names that nobody declares, with the items that have them.
    pub(super) fn undeclared(&self) -> Taken<Vec<(NamePatterns, Runs)>> {
        let bytes = self.container.section(Place::Undeclared)?;
        let mut r = self.container.reader(&bytes);
        let lists = Coded::take(&mut r)?;
        r.end()?;
        Ok(lists)
    }
}
