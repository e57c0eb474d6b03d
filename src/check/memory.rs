//! What a checker remembers of items, so that the next run checks only what may have changed.
//!
//! An item is taken from the last run where its file is as it was, byte for byte and at the same place, nothing
//! was found in it, and all that it could see is the same: settings, and the text of every item that declares
//! something. Where a name was given or taken away, no file that is taken from the last run may say that name.
//! Relaxes, exceptions and stateful items refer to others by name and are always checked.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::items::Draft;
use super::said::Said;
use super::typed::state::StateBody;
use super::typed::{Item, TypedPolicy};
use super::{Checker, canonical};
use crate::hir::{DefId, DefKind, PolicySet};
use crate::settings::Settings;
use crate::source::SourceSet;
use crate::syntax::ast::ItemKind;

/// Names that may have come or gone before everything is checked anew.
const MOST_NAMES: usize = 64;

/// A package and a name in it.
type Named = (Arc<str>, Arc<str>);

/// What a run leaves for the next one.
#[derive(Debug, Default)]
pub struct Memory {
    /// A digest of all that items see of others.
    seen: Option<blake3::Hash>,
    /// Every named item and what it is.
    names: Vec<(Named, DefKind)>,
    files: Vec<KeptFile>,
    /// What is told of each item of the last good run, sorted by name.
    said: Vec<(Arc<str>, Arc<Said>)>,
    /// Items that were checked since.
    stale: HashSet<Arc<str>>,
    /// The canonical form of all that is declared.
    declared: Option<Arc<str>>,
    /// What the last good run asked of history.
    histories: Vec<Arc<str>>,
    /// How many items the last run checked and how many it took from the one before.
    pub work: ItemWork,
    /// What changed since [`Memory::changes`] was last asked.
    changes: Changes,
}

/// How much of the items was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemWork {
    /// Items that were checked.
    pub checked: usize,
    /// Items that were taken from the run before.
    pub kept: usize,
}

/// Items that may differ from those of an earlier run.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Whether any may: what they see has changed.
    pub all: bool,
    /// The names of those that were checked.
    pub items: HashSet<Arc<str>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { all: true, items: HashSet::new() }
    }
}

#[derive(Debug)]
struct KeptFile {
    text: blake3::Hash,
    items: HashMap<usize, Kept>,
}

/// An item in which nothing was found.
#[derive(Debug)]
struct Kept {
    drafts: Vec<Draft>,
    /// What it mentions, and its number in the last run.
    mentioned: Vec<(Named, DefId)>,
}

/// A run that looks back.
pub(super) struct Recall<'m> {
    memory: &'m mut Memory,
    /// Whether all named items are those of the last run, so that their numbers are the same.
    same_names: bool,
}

impl Memory {
    /// What changed since this was last asked.
    pub fn changes(&mut self) -> Changes {
        std::mem::replace(&mut self.changes, Changes { all: false, items: HashSet::new() })
    }

    /// Begins a run: forgets what is not as it was.
    pub(super) fn recall(&mut self, set: &PolicySet, sources: &SourceSet, settings: &Settings) -> Recall<'_> {
        let seen = seen(set, sources, settings);
        let names = names(set);
        let texts: Vec<blake3::Hash> = sources.files().map(|(_, file)| blake3::hash(file.text().as_bytes())).collect();
        let same = |(kept, text): &(&KeptFile, &blake3::Hash)| kept.text == **text;
        let unchanged: HashSet<usize> =
            self.files.iter().zip(&texts).enumerate().filter(|(_, f)| same(f)).map(|(place, _)| place).collect();
        let usable = self.seen == Some(seen) && self.names_are_foreign(&names, &unchanged, sources);
        self.changes.all |= !usable;
        if !usable {
            self.said.clear();
        }
        if self.seen != Some(seen) {
            self.declared = None;
        }
        let same_names = self.names == names;
        let mut old = std::mem::take(&mut self.files).into_iter().enumerate();
        let mut kept = |text| {
            let stays = |(place, _): &(usize, KeptFile)| usable && unchanged.contains(place);
            let items = old.next().filter(stays).map_or_else(HashMap::new, |(_, file)| file.items);
            KeptFile { text, items }
        };
        self.files = texts.into_iter().map(&mut kept).collect();
        (self.seen, self.names, self.work) = (Some(seen), names, ItemWork::default());
        Recall { memory: self, same_names }
    }

    /// What is told of each item, as far as it is not known.
    pub(super) fn said(&mut self, items: &[Item]) -> Vec<Arc<Said>> {
        let mut known = std::mem::take(&mut self.said).into_iter().peekable();
        let stale = std::mem::take(&mut self.stale);
        let mut told = |item: &Item| {
            while known.next_if(|(name, _)| *name < item.name).is_some() {}
            let same = known.next_if(|(name, _)| *name == item.name).filter(|(name, _)| !stale.contains(name));
            same.map_or_else(|| Said::of(item), |(_, said)| said)
        };
        self.said = items.iter().map(|item| (item.name.clone(), told(item))).collect();
        self.said.iter().map(|(_, said)| said.clone()).collect()
    }

    /// Notes what is asked of history: where that changes, readings have other places.
    fn note_histories(&mut self, policy: &TypedPolicy) {
        let asked = policy.state.items.iter().filter(|item| matches!(item.body, StateBody::Seen(_)));
        let asked: Vec<Arc<str>> = asked.map(|item| item.name.clone()).collect();
        self.changes.all |= asked != self.histories;
        self.histories = asked;
    }

    /// The canonical form of all that is declared.
    pub(super) fn declared(&mut self, policy: &TypedPolicy) -> Arc<str> {
        self.note_histories(policy);
        self.declared.get_or_insert_with(|| canonical::declared_text(policy).into()).clone()
    }

    /// Whether no file that stays says a name that came or went.
    fn names_are_foreign(&self, now: &[(Named, DefKind)], stay: &HashSet<usize>, sources: &SourceSet) -> bool {
        if self.names == now {
            return true;
        }
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (self.names.iter().collect(), now.iter().collect());
        let differ = old.symmetric_difference(&new).take(MOST_NAMES + 1);
        let differ: BTreeSet<&str> = differ.map(|((_, name), _)| &**name).collect();
        let texts = || sources.files().enumerate().filter(|(place, _)| stay.contains(place)).map(|(_, (_, file))| file);
        differ.len() <= MOST_NAMES && !texts().any(|file| differ.iter().any(|name| file.text().contains(name)))
    }
}

impl Recall<'_> {
    /// Takes one item from the last run, or checks it.
    pub(super) fn item(&mut self, checker: &mut Checker<'_>, def: DefId, out: &mut Vec<Draft>) {
        let (file, item) = checker.set.def(def).place;
        if let Some(kept) = self.memory.files.get_mut(file).and_then(|file| file.items.get_mut(&item)) {
            if !self.same_names {
                let now = |(package, name): &Named| {
                    let package = checker.set.find_package(package)?;
                    checker.set.package(package).names.get(&**name).copied()
                };
                kept.mentioned.retain_mut(|(name, id)| now(name).map(|now| *id = now).is_some());
            }
            checker.mentioned.extend(kept.mentioned.iter().map(|(_, id)| *id));
            out.extend(kept.drafts.iter().cloned().map(|draft| Draft { def, ..draft }));
            self.memory.work.kept += 1;
            return;
        }
        let (found, lost, asked) = (checker.out.len(), checker.lost, checker.state.asked);
        let before = std::mem::take(&mut checker.mentioned);
        let drafts = checker.item(def);
        self.memory.stale.extend(drafts.iter().map(|draft| draft.item.name.clone()));
        let mentioned = std::mem::replace(&mut checker.mentioned, before);
        self.memory.work.checked += usize::from(checker.set.def(def).kind.decides());
        self.memory.changes.items.extend(drafts.iter().map(|draft| draft.item.name.clone()));
        // The place of a reading of history depends on what others ask, so who asks is checked each time.
        let same = checker.out.len() == found && checker.lost == lost && checker.state.asked == asked;
        if stands_alone(checker.set.def(def).kind) && same {
            let name = |def: &DefId| (named(checker.set, *def), *def);
            self.keep(file, item, Kept { drafts: drafts.clone(), mentioned: mentioned.iter().map(name).collect() });
        }
        checker.mentioned.extend(mentioned);
        out.extend(drafts);
    }

    fn keep(&mut self, file: usize, item: usize, kept: Kept) {
        if let Some(of_file) = self.memory.files.get_mut(file) {
            of_file.items.insert(item, kept);
        }
    }
}

fn named(set: &PolicySet, def: DefId) -> Named {
    let def = set.def(def);
    (set.package(def.package).name.as_str().into(), def.name.as_str().into())
}

/// All named items with their kinds, sorted as the items are.
fn names(set: &PolicySet) -> Vec<(Named, DefKind)> {
    let packages: Vec<Arc<str>> = set.packages.iter().map(|package| package.name.as_str().into()).collect();
    let package = |id: crate::hir::PackageId| packages.get(id.0 as usize).cloned().unwrap_or_default();
    set.defs.iter().map(|def| ((package(def.package), def.name.as_str().into()), def.kind)).collect()
}

/// Whether an item looks at no other item that decides.
fn stands_alone(kind: DefKind) -> bool {
    match kind {
        DefKind::Rule | DefKind::Guard | DefKind::Approval | DefKind::Table => true,
        DefKind::Relax
        | DefKind::Exception
        | DefKind::State(_)
        | DefKind::Entity
        | DefKind::Enum
        | DefKind::Record
        | DefKind::Const
        | DefKind::Predicate
        | DefKind::Flag => false,
    }
}

/// Whether what an item says may give other items another meaning.
fn declares(kind: &ItemKind) -> bool {
    match kind {
        ItemKind::Rule(_)
        | ItemKind::Guard(_)
        | ItemKind::Approval(_)
        | ItemKind::Table(_)
        | ItemKind::Relax(_)
        | ItemKind::Exception(_)
        | ItemKind::Test(_)
        | ItemKind::Assert(_) => false,
        ItemKind::Package(_)
        | ItemKind::Use(_)
        | ItemKind::Action(_)
        | ItemKind::Fields(_)
        | ItemKind::Entity(_)
        | ItemKind::Facts(_)
        | ItemKind::Enum(_)
        | ItemKind::Record(_)
        | ItemKind::Const(_)
        | ItemKind::Predicate(_)
        | ItemKind::Flag(_)
        | ItemKind::State(_)
        | ItemKind::Unreadable => true,
    }
}

/// A digest of all that items see of others, in text order, each text with its length.
fn seen(set: &PolicySet, sources: &SourceSet, settings: &Settings) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&format!("{settings:?}"));
    for (place, file) in set.files.iter().enumerate() {
        add(&set.package(set.package_of(place)).name);
        add(file.home.as_deref().unwrap_or_default());
        for item in file.items.iter().filter(|item| declares(&item.kind)) {
            add(sources.text(item.span));
            // What is written out where it is named brings its places along.
            if matches!(item.kind, ItemKind::Const(_) | ItemKind::Predicate(_)) {
                add(&format!("{:?}", item.span));
            }
            item.docs.iter().for_each(|line| add(line));
        }
    }
    hasher.finalize()
}
