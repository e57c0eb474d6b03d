//! What stands in the sections: globals, actions, items, rule files, and which items concern what.

use std::sync::Arc;

use super::bytes::{Coded, Reader, Taken, Writer, malformed, record};
use super::container::Part;
use crate::check::typed::{ActionDef, ActionId, FactSchemas, FlagDef, Item, NamePatterns, Scope, TypedPolicy};
use crate::settings::Settings;
use crate::types::TypeTable;

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
pub(super) fn unrolled(runs: &Runs, below: u32) -> Taken<Vec<u32>> {
    let mut numbers = Vec::new();
    ranges(runs, below, |range| numbers.extend(range))?;
    Ok(numbers)
}

pub(super) fn ranges(runs: &Runs, below: u32, mut each: impl FnMut(std::ops::Range<u32>)) -> Taken<()> {
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
    /// Its table of needs, where there is one.
    pub(super) needs: Option<u32>,
}

record!(StoredAction { action, items, needs });

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
