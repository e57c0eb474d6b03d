//! Compiled globs and regular expressions, with the limits that keep them linear and small.
//!
//! A set is one question: whether any of its patterns matches. Thousands of globs are not one automaton,
//! which would not fit anywhere: each is filed under the literal text it begins or ends with, and only
//! those are tried whose text is there. Regular expressions are matched in groups of bounded size, in time
//! linear in the text; they have neither back references nor look-around.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;

use super::glob::Glob;
use super::literal::{self, Literal, tail};
use super::net::HostGlob;
use super::path::{MOST_ENDS, Parts, PathGlob, agreed, may_be_inside};
use super::regex::Search;
use super::{Fault, FaultKind, PathValue, Value};

/// Greatest length of one pattern in bytes.
pub const GREATEST_PATTERN: usize = 4_096;
/// Greatest number of patterns in a set.
pub const GREATEST_SET: usize = 10_000;
/// Greatest size of one regular expression while it is compiled, in bytes. What is left of it is about a
/// quarter, and the work of a match is at most that times the length of the text: seconds for the worst.
pub const GREATEST_REGEX: usize = 1 << 20;
/// Greatest size of all regular expressions of a set when compiled, in bytes.
pub const GREATEST_REGEXES: usize = 1 << 20;
/// Greatest size of those that are searched for at once.
const GREATEST_GROUP: usize = 1 << 18;
/// How many regular expressions are searched for at once.
const GROUP: usize = 64;

/// What a pattern of a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternKind {
    /// A glob on a text: `release/*`.
    TextGlob,
    /// A glob on a path, by components: `**/*.key`.
    PathGlob,
    /// A glob on a host, by labels: `*.example.com`.
    HostGlob,
    /// A regular expression.
    Regex,
}

/// One or more patterns of one kind, compiled.
#[derive(Clone, Debug)]
pub struct PatternSet {
    /// The kind of all of them.
    pub kind: PatternKind,
    /// As written, sorted, without repeats.
    pub sources: Vec<Arc<str>>,
    matcher: Arc<Matcher>,
}

#[derive(Debug)]
enum Matcher {
    Text(Vec<Glob>, Index),
    Path {
        globs: Vec<PathGlob>,
        exact: Index,
        folded: Option<Index>,
    },
    Host(Vec<HostGlob>, Index),
    /// With the size of each while it was compiled, in bytes.
    Regex(Vec<(Search, usize)>),
}

impl PatternSet {
    /// Compiles a set, or says which pattern is wrong, by its place in `sources`, and why.
    pub fn compile<S: AsRef<str>>(kind: PatternKind, sources: &[S]) -> Result<Self, (usize, String)> {
        if sources.len() > GREATEST_SET {
            return Err((GREATEST_SET, format!("A set has at most {GREATEST_SET} patterns.")));
        }
        if let Some(long) = sources.iter().position(|s| s.as_ref().len() > GREATEST_PATTERN) {
            return Err((long, format!("A pattern has at most {GREATEST_PATTERN} bytes.")));
        }
        let mut sorted: Vec<(&str, usize)> = sources.iter().enumerate().map(|(i, s)| (s.as_ref(), i)).collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|(source, _)| *source);
        let matcher = match kind {
            PatternKind::TextGlob => text_globs(&sorted),
            PatternKind::PathGlob => path_globs(&sorted)?,
            PatternKind::HostGlob => host_globs(&sorted)?,
            PatternKind::Regex => regexes(&sorted)?,
        };
        let sources = sorted.iter().map(|(source, _)| Arc::from(*source)).collect();
        Ok(Self { kind, sources, matcher: Arc::new(matcher) })
    }

    /// Whether a pattern of the set matches the value. On paths the whole set is one comparison: a fault
    /// where the answer for it depends on case or Unicode form.
    pub fn is_match(&self, case_sensitive_paths: bool, value: &Value) -> Result<bool, Fault> {
        if let Value::Unknown(fault) = value {
            return Err(fault.clone());
        }
        match (&*self.matcher, value) {
            (Matcher::Text(globs, index), Value::Str(text) | Value::Ref(text)) => {
                Ok(index.any(text, |id| globs[id].is_match(text)))
            }
            (Matcher::Host(globs, index), Value::Host(host)) => Ok(index.any(host, |id| globs[id].is_match(host))),
            (Matcher::Path { globs, exact, folded }, Value::Path(path)) => {
                match_path(globs, exact, folded.as_ref(), path, case_sensitive_paths)
            }
            (Matcher::Regex(groups), Value::Str(_) | Value::Ref(_) | Value::Url(_)) => {
                let text = value.text().unwrap_or_default();
                Ok(groups.iter().any(|(regex, _)| regex.is_match(text)))
            }
            (Matcher::Text(..) | Matcher::Path { .. } | Matcher::Host(..) | Matcher::Regex(_), _) => {
                Err(Fault::new(FaultKind::IllTyped, "a pattern of another kind than the value"))
            }
        }
    }

    /// Whether a pattern of the set matches a text that compares by its bytes; none where the patterns are
    /// about paths.
    #[must_use]
    pub fn is_match_text(&self, text: &str) -> Option<bool> {
        match &*self.matcher {
            Matcher::Text(globs, index) => Some(index.any(text, |id| globs[id].is_match(text))),
            Matcher::Host(globs, index) => Some(index.any(text, |id| globs[id].is_match(text))),
            Matcher::Regex(groups) => Some(groups.iter().any(|(regex, _)| regex.is_match(text))),
            Matcher::Path { .. } => None,
        }
    }

    /// How many patterns are tried on one value at most, one after the other; of regular expressions, how many
    /// searches.
    #[must_use]
    pub fn most_tried(&self) -> usize {
        match &*self.matcher {
            Matcher::Text(_, index) | Matcher::Host(_, index) => index.most_tried(),
            Matcher::Path { exact, folded, .. } => exact.most_tried().max(folded.as_ref().map_or(0, Index::most_tried)),
            Matcher::Regex(groups) => groups.len(),
        }
    }

    /// How many states searches through a text are in for each of its bytes at most, all together; nothing where the
    /// patterns are globs.
    #[must_use]
    pub fn most_states(&self) -> usize {
        match &*self.matcher {
            Matcher::Text(..) | Matcher::Host(..) | Matcher::Path { .. } => 0,
            // A state takes eight bytes at least.
            Matcher::Regex(groups) => {
                groups.iter().map(|(search, size)| if search.is_table() { 1 } else { size / 8 + 1 }).sum()
            }
        }
    }

    /// The literals of the patterns; none where one of them has none.
    #[must_use]
    pub fn literals(&self) -> Option<Literals> {
        let globs = |all: &mut dyn Iterator<Item = &str>| all.map(literal::of_glob).collect::<Option<Vec<_>>>();
        if let Matcher::Path { globs: paths, .. } = &*self.matcher
            && paths.iter().all(|glob| glob.folded().is_none())
            && let Some(all) =
                paths.iter().map(|glob| literal::exact_of_path_glob(glob.normal())).collect::<Option<Vec<_>>>()
        {
            let all = all.concat();
            return Some(Literals { exact: all.clone(), folded: all, sure: true });
        }
        let (exact, folded) = match &*self.matcher {
            Matcher::Text(..) => (globs(&mut self.sources.iter().map(|source| &**source))?, Vec::new()),
            Matcher::Host(hosts, _) => (globs(&mut hosts.iter().map(HostGlob::normal))?, Vec::new()),
            Matcher::Path { globs: paths, .. } => {
                let folded = |glob: &'_ PathGlob| literal::of_glob(glob.folded().unwrap_or(glob.normal()));
                let folded = paths.iter().map(folded).collect::<Option<Vec<_>>>()?;
                (globs(&mut paths.iter().map(PathGlob::normal))?, folded)
            }
            Matcher::Regex(_) => {
                let all = self.sources.iter().map(|source| literal::of_regex(source));
                (all.collect::<Option<Vec<_>>>()?.concat(), Vec::new())
            }
        };
        Some(Literals { exact, folded, sure: false })
    }
}

/// Literals of a set's patterns: what matches one of them has one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literals {
    /// What a matching text has, as it is.
    pub exact: Vec<Literal>,
    /// Of paths: what a path has, without regard to case and form, where it matches like that.
    pub folded: Vec<Literal>,
    /// Of paths: whether a path inside the workspace that case folding leaves as it is surely matches where it
    /// has one of these.
    pub sure: bool,
}

fn match_path(
    globs: &[PathGlob],
    exact: &Index,
    folded: Option<&Index>,
    path: &PathValue,
    case_sensitive: bool,
) -> Result<bool, Fault> {
    let parts = Parts::of(path.text());
    let as_is = exact.any(path.text(), |id| globs[id].matches_exactly(&parts));
    if !as_is && may_match_inside(globs, folded.unwrap_or(exact), path) {
        return Err(may_be_inside());
    }
    if case_sensitive || (folded.is_none() && path.folded() == path.text()) {
        return Ok(as_is);
    }
    let parts = Parts::of(path.folded());
    let regardless = folded.unwrap_or(exact).any(path.folded(), |id| globs[id].matches_folded(&parts));
    agreed(as_is, regardless)
}

/// Whether a path outside the workspace may be one inside it that matches.
fn may_match_inside(globs: &[PathGlob], index: &Index, path: &PathValue) -> bool {
    if !path.is_outside() {
        return false;
    }
    let parts = Parts::of(path.folded());
    // A glob that floats matches an end where it matches the longest one.
    let may = |(place, tail): (usize, Parts<'_>)| {
        index.any(&tail.joined(), |id| (place == 0 || !globs[id].floats()) && globs[id].matches_folded(&tail))
    };
    path.depth() > MOST_ENDS || parts.tails().enumerate().any(may)
}

fn text_globs(sources: &[(&str, usize)]) -> Matcher {
    let globs = sources.iter().map(|(source, _)| Glob::new(source)).collect();
    Matcher::Text(globs, Index::new(sources.iter().map(|(source, _)| *source)))
}

fn path_globs(sources: &[(&str, usize)]) -> Result<Matcher, (usize, String)> {
    let compile = |(source, place): &(&str, usize)| PathGlob::new(source).map_err(|message| (*place, message));
    let globs = sources.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
    let exact = Index::new(globs.iter().map(PathGlob::normal));
    let differs = globs.iter().any(|glob| glob.folded().is_some());
    let folded = differs.then(|| Index::new(globs.iter().map(|glob| glob.folded().unwrap_or(glob.normal()))));
    Ok(Matcher::Path { globs, exact, folded })
}

fn host_globs(sources: &[(&str, usize)]) -> Result<Matcher, (usize, String)> {
    let compile = |(source, place): &(&str, usize)| HostGlob::new(source).map_err(|message| (*place, message));
    let globs = sources.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
    let index = Index::new(globs.iter().map(HostGlob::normal));
    Ok(Matcher::Host(globs, index))
}

/// Looks at each expression by itself, then joins them into groups.
fn regexes(sources: &[(&str, usize)]) -> Result<Matcher, (usize, String)> {
    let mut groups = Vec::new();
    let mut group: Vec<&str> = Vec::new();
    let (mut group_size, mut all) = (0, 0);
    for (source, place) in sources {
        let size = regex_size(source).map_err(|message| (*place, message))?;
        all += size;
        if all > GREATEST_REGEXES {
            return Err((
                *place,
                format!("The regular expressions of a set have at most {GREATEST_REGEXES} bytes when compiled."),
            ));
        }
        if !group.is_empty() && (group.len() == GROUP || group_size + size > GREATEST_GROUP) {
            groups.push((join(&group).map_err(|message| (*place, message))?, group_size));
            group.clear();
            group_size = 0;
        }
        group.push(source);
        group_size += size;
    }
    if let Some((_, place)) = sources.last() {
        groups.push((join(&group).map_err(|message| (*place, message))?, group_size));
    }
    Ok(Matcher::Regex(groups))
}

/// The size of one expression compiled, or why it is none.
fn regex_size(source: &str) -> Result<usize, String> {
    let parsed = syntax::parse(source).map_err(|error| {
        let whole = error.to_string();
        let reason = whole.rsplit("error: ").next().unwrap_or(&whole).trim();
        format!("This regular expression cannot be read: {reason}.")
    })?;
    let config =
        thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(GREATEST_REGEX)).shrink(false);
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(&parsed);
    nfa.map(|nfa| nfa.memory_usage()).map_err(|_| {
        format!("This regular expression is larger than {GREATEST_REGEX} bytes while it is compiled. Repeat less, or use ASCII classes such as `[a-z]`.")
    })
}

/// A group is only made where its members fit.
fn join(sources: &[&str]) -> Result<Search, String> {
    Search::new(sources, 4 * GREATEST_REGEX)
        .ok_or_else(|| "These regular expressions are too large together.".to_string())
}

/// Globs filed under what a matching text must begin or end with.
#[derive(Debug, Default)]
struct Index {
    /// Globs that match one text only.
    whole: BTreeSet<Box<str>>,
    heads: Filed,
    tails: Filed,
    /// Globs without a literal at either end.
    rest: Vec<usize>,
}

/// By length, then by text.
type Filed = BTreeMap<usize, BTreeMap<Box<[u8]>, Vec<usize>>>;

/// Longer literals are filed under so many of their bytes.
const GREATEST_KEY: usize = 64;

impl Index {
    fn new<'s>(sources: impl Iterator<Item = &'s str>) -> Self {
        let mut index = Self::default();
        for (id, source) in sources.enumerate() {
            let Some(first) = source.find(['*', '?']) else {
                index.whole.insert(source.into());
                continue;
            };
            let (head, tail) = (&source.as_bytes()[..first], tail(source).as_bytes());
            let (head, tail) =
                (&head[..head.len().min(GREATEST_KEY)], &tail[tail.len().saturating_sub(GREATEST_KEY)..]);
            let file = |filed: &mut Filed, key: &[u8]| {
                filed.entry(key.len()).or_default().entry(key.into()).or_default().push(id);
            };
            match (head.len().max(tail.len()), head.len() >= tail.len()) {
                (0, _) => index.rest.push(id),
                (_, true) => file(&mut index.heads, head),
                (_, false) => file(&mut index.tails, tail),
            }
        }
        index
    }

    /// How many globs are left to `verify` at most: of each length one key fits.
    fn most_tried(&self) -> usize {
        let most = |filed: &Filed| -> usize {
            filed.values().map(|keys| keys.values().map(Vec::len).max().unwrap_or(0)).sum()
        };
        most(&self.heads) + most(&self.tails) + self.rest.len()
    }

    /// Whether a glob matches, `verify` deciding on those that could.
    fn any(&self, text: &str, mut verify: impl FnMut(usize) -> bool) -> bool {
        if self.whole.contains(text) {
            return true;
        }
        let bytes = text.as_bytes();
        let heads = self.heads.range(..=bytes.len()).filter_map(|(len, filed)| filed.get(&bytes[..*len]));
        let tails = self.tails.range(..=bytes.len()).filter_map(|(len, filed)| filed.get(&bytes[bytes.len() - len..]));
        heads.chain(tails).flatten().chain(&self.rest).any(|id| verify(*id))
    }
}

#[cfg(test)]
#[path = "tests/pattern.rs"]
mod tests;
