//! From a policy to bytes.

use super::ArtefactError;
use super::bytes::{Coded, Writer};
use super::container::{self, Index, PAGE, Part};
use super::needs::{self, Needs};
use super::read::{Artefact, Texts};
use super::stored::{Abouts, Globals, Runs, StoredAction, StoredFile, StoredItem, runs, unrolled};
use crate::check::canonical;
use crate::check::typed::{ActionDef, ActionId, Item, TypedPolicy};
use crate::settings::Settings;
use crate::source::{SourceFile, SourceSet};

/// Writes a policy with the rule files it was compiled from. The same policy and files give the same bytes.
///
/// What was written is read again and compared before it is handed out.
///
/// # Errors
/// Where the policy is too large, or holds something that cannot be kept.
pub fn write(policy: &TypedPolicy, sources: &SourceSet) -> Result<Vec<u8>, ArtefactError> {
    write_with(policy, sources, needs::MANY)
}

/// The same with a table of needs for each action that so many items concern. For tests.
///
/// # Errors
/// As [`write()`].
#[doc(hidden)]
pub fn write_with(policy: &TypedPolicy, sources: &SourceSet, many: usize) -> Result<Vec<u8>, ArtefactError> {
    let bytes = write_once(policy, sources, many)?;
    let artefact = Artefact::open(bytes.as_slice())?;
    let read = artefact.policy()?;
    let same = canonical::policy_text(&read) == canonical::policy_text(policy) && read.hash == policy.hash;
    if !same || write_once(&read, &artefact.sources(&read, Texts::All)?, many)? != bytes {
        return Err(ArtefactError::Unfit("something that is read otherwise than it was written"));
    }
    Ok(bytes)
}

fn write_once(policy: &TypedPolicy, sources: &SourceSet, many: usize) -> Result<Vec<u8>, ArtefactError> {
    let mut blobs = Vec::new();
    let files = sources.files().map(|(_, file)| stored_file(file, &mut blobs)).collect::<Result<Vec<_>, _>>()?;
    let about = Abouts::of(policy);
    let mut needs = Vec::new();
    let action = |((id, action), items): ((u32, &ActionDef), &Runs)| {
        let mut table = None;
        let about = unrolled(items, count(policy.items.len())?)?;
        if about.len() >= many
            && let Some(found) = Needs::of(policy, ActionId(id), &about)
        {
            table = Some(count(needs.len())?);
            needs.push(coded(&found)?);
        }
        coded(&StoredAction { action: action.clone(), items: items.clone(), needs: table })
    };
    let actions = (0..).zip(&policy.actions).zip(&about.actions).map(action).collect::<Result<Vec<_>, _>>()?;
    let aliases = policy.aliases.iter().map(coded).collect::<Result<Vec<_>, _>>()?;
    let items = policy.items.iter().map(|item| coded(&StoredItem::new(item))).collect::<Result<Vec<_>, _>>()?;
    let mut sections = vec![coded(&globals(policy))?, coded(&about.undeclared)?, coded(&files)?];
    for entries in [&actions, &aliases, &items] {
        sections.extend(entries.chunks(PAGE).map(container::page));
    }
    let tables = count(needs.len())?;
    sections.extend(needs);
    let index = Index {
        tables: super::tables(),
        policy: policy.hash.0,
        actions: count(actions.len())?,
        aliases: count(aliases.len())?,
        items: count(items.len())?,
        files: count(files.len())?,
        needs: tables,
        first_actions: policy.actions.chunks(PAGE).map(|page| page[0].name.clone()).collect(),
        first_aliases: policy.aliases.chunks(PAGE).map(|page| page[0].0.clone()).collect(),
        sections: sections.iter().map(|bytes| Part::of(bytes)).collect::<Result<_, _>>()?,
        blobs: blobs.iter().map(|blob| blob.len() as u64).sum(),
    };
    container::seal(&index, &sections, &blobs)
}

fn count(of: usize) -> Result<u32, ArtefactError> {
    u32::try_from(of).map_err(|_| ArtefactError::TooLarge)
}

fn coded<T: Coded>(of: &T) -> Result<Vec<u8>, ArtefactError> {
    let mut w = Writer::default();
    of.put(&mut w);
    w.unfit.map_or(Ok(()), |what| Err(ArtefactError::Unfit(what)))?;
    Ok(w.into_bytes())
}

/// What is not of any one action. Lint levels are no part of what a policy means.
fn globals(policy: &TypedPolicy) -> Globals {
    Globals {
        settings: Settings { lints: Vec::new(), ..policy.settings.clone() },
        types: policy.types.clone(),
        facts: policy.facts.clone(),
        flags: policy.flags.clone(),
        undeclared: policy.undeclared.clone(),
    }
}

fn stored_file(file: &SourceFile, blobs: &mut Vec<Vec<u8>>) -> Result<StoredFile, ArtefactError> {
    let mut lines = Writer::default();
    let mut last = 0;
    for start in file.line_starts() {
        lines.number(u64::from(start - last));
        last = *start;
    }
    let (lines, text) = (lines.into_bytes(), file.text().as_bytes().to_vec());
    let stored = StoredFile {
        name: file.name().to_owned(),
        home: file.home().map(str::to_owned),
        lines: Part::of(&lines)?,
        text: Part::of(&text)?,
    };
    blobs.extend([lines, text]);
    Ok(stored)
}

impl StoredItem {
    fn new(item: &Item) -> Self {
        let actions: Vec<u32> = item.scope.actions.iter().map(|action| action.0).collect();
        let mut item = item.clone();
        item.scope.actions.clear();
        Self { actions: runs(&actions), item }
    }
}
