//! `path`: one normalised form, one matcher.
//!
//! A path is relative to the workspace. On the way in back slashes become slashes, `.`, doubled and
//! trailing slashes go, and `..` takes away the component before it. What begins with `/`, or still with
//! `..`, is a value too: it lies outside the workspace. Symbolic links are nobody's business here.
//!
//! INVARIANT: every comparison of paths goes through this module, and one that would come out otherwise on
//! a file system that ignores case or Unicode form is a fault (`CaseOrForm`), whichever way it is asked.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::glob::Glob;
use super::{Fault, FaultKind};

/// Greatest length of a path in bytes; no system opens a longer one.
pub const GREATEST_LENGTH: usize = 4_096;

/// Most components of a path outside the workspace whose ends are looked at; a longer one may be anything.
pub const MOST_ENDS: usize = 256;

/// A normalised path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathValue {
    text: Arc<str>,
    /// The text without regard to case and form, where that is another text.
    folded: Option<Arc<str>>,
}

impl PathValue {
    /// Reads and normalises a path.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let bad = |detail: &str| Err(Fault::new(FaultKind::IllTyped, detail));
        if text.is_empty() {
            return bad("a path is not empty");
        }
        if text.len() > GREATEST_LENGTH {
            return Err(Fault::new(FaultKind::TooLong, "a path has at most 4096 bytes"));
        }
        if text.chars().any(|c| c.is_control() || is_line_break(c)) {
            return bad("a path holds no control characters");
        }
        if text.starts_with('~') {
            return bad("a path is relative to the workspace or absolute; `~` is neither");
        }
        let normal = normalise(&text.replace('\\', "/"));
        // Looked at again afterwards: `./~` and `a/../C:x` would otherwise be read differently the second time.
        if normal.starts_with('~') || has_drive(&normal) || has_drive(text) {
            return bad("a path begins neither with `~` nor with a drive letter");
        }
        Ok(Self::from_normal(normal))
    }

    /// The workspace itself.
    #[must_use]
    pub fn workspace() -> Self {
        Self { text: ".".into(), folded: None }
    }

    fn from_normal(text: String) -> Self {
        let folded = fold(&text).map(Arc::from);
        Self { text: text.into(), folded }
    }

    /// The normalised text: relative to the workspace, or from `/` or `..` where it lies outside.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text without regard to case and Unicode form.
    #[must_use]
    pub fn folded(&self) -> &str {
        self.folded.as_ref().unwrap_or(&self.text)
    }

    /// Whether it lies outside the workspace.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        Parts::of(&self.text).root != Root::Workspace
    }

    /// How many components it has, leading `..` counted.
    #[must_use]
    pub fn depth(&self) -> usize {
        let parts = Parts::of(&self.text);
        parts.components.len() + if let Root::Above(levels) = parts.root { levels } else { 0 }
    }

    /// Its last component, as a path, so that comparing it heeds case; of a root, itself.
    #[must_use]
    pub fn name(&self) -> Self {
        match Parts::of(&self.text).components.last() {
            Some(name) => Self::from_normal((*name).to_string()),
            None => self.clone(),
        }
    }

    /// What follows the last dot of its name, if a dot stands there and not only at the start.
    #[must_use]
    pub fn extension(&self) -> Option<Self> {
        let name = *Parts::of(&self.text).components.last()?;
        let (stem, extension) = name.rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then(|| Self::from_normal(extension.to_string()))
    }

    /// The folder it lies in; none of a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        Parts::of(&self.text).components.last()?;
        Some(match self.text.rsplit_once('/') {
            Some(("", _)) => Self::from_normal("/".into()),
            Some((folder, _)) => Self::from_normal(folder.to_string()),
            None => Self::workspace(),
        })
    }
}

/// Whether both are the same path. Where one lies outside the workspace and ends like the other, it may be the
/// same file, since nobody said where the workspace is: a fault.
pub fn equal(a: &PathValue, b: &PathValue, case_sensitive: bool) -> Result<bool, Fault> {
    let (x, y) = (Parts::of(a.folded()), Parts::of(b.folded()));
    if x.may_be(&y) || y.may_be(&x) {
        return Err(may_be_inside());
    }
    let exact = a.text == b.text;
    if case_sensitive || (a.folded.is_none() && b.folded.is_none()) {
        return Ok(exact);
    }
    agreed(exact, a.folded() == b.folded())
}

/// Whether `inner` is `outer` or lies in it. A path outside the workspace is not under it, but it may be under a
/// folder of it, where that folder's name is on its way: a fault.
pub fn under(inner: &PathValue, outer: &PathValue, case_sensitive: bool) -> Result<bool, Fault> {
    let (x, y) = (Parts::of(inner.folded()), Parts::of(outer.folded()));
    if y.root == Root::Workspace && !y.components.is_empty() && x.tails().any(|tail| tail.under(&y)) {
        return Err(may_be_inside());
    }
    let exact = Parts::of(&inner.text).under(&Parts::of(&outer.text));
    if case_sensitive || (inner.folded.is_none() && outer.folded.is_none()) {
        return Ok(exact);
    }
    agreed(exact, Parts::of(inner.folded()).under(&Parts::of(outer.folded())))
}

/// The ends of a path outside the workspace, without regard to case and form: where it may lead to inside. None
/// for a path inside.
pub fn tails(path: &PathValue) -> impl Iterator<Item = String> {
    let tails: Vec<String> = Parts::of(path.folded()).tails().map(|tail| tail.joined()).collect();
    tails.into_iter()
}

/// The exact answer, if the one without regard to case and form is the same.
pub(super) fn agreed(exact: bool, folded: bool) -> Result<bool, Fault> {
    if exact == folded {
        return Ok(exact);
    }
    Err(Fault::new(FaultKind::CaseOrForm, "the answer depends on upper and lower case or on Unicode form"))
}

/// Nobody said where the workspace is, so a path that leaves it may come back: `../here/.env`.
pub(super) fn may_be_inside() -> Fault {
    let detail = "the path leaves the workspace, and what it means there may be a file inside it";
    Fault::new(FaultKind::OutsideRoot, detail)
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Workspace,
    /// `/`
    Absolute,
    /// So many levels above the workspace.
    Above(usize),
}

/// A normalised path cut into components; `..` is never among them.
pub(super) struct Parts<'t> {
    root: Root,
    components: Vec<&'t str>,
}

impl<'t> Parts<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let components = |text: &'t str| text.split('/').filter(|c| !c.is_empty());
        if let Some(rest) = text.strip_prefix('/') {
            return Self { root: Root::Absolute, components: components(rest).collect() };
        }
        if text == "." {
            return Self { root: Root::Workspace, components: Vec::new() };
        }
        let above = components(text).take_while(|c| *c == "..").count();
        let root = if above == 0 { Root::Workspace } else { Root::Above(above) };
        Self { root, components: components(text).skip(above).collect() }
    }

    /// What a path outside the workspace may be inside it: each of its ends. None for a path inside.
    pub(super) fn tails(&self) -> impl Iterator<Item = Parts<'t>> + '_ {
        let from = if self.root == Root::Workspace { self.components.len() } else { 0 };
        (from..self.components.len())
            .map(|i| Parts { root: Root::Workspace, components: self.components[i..].to_vec() })
    }

    /// The components joined.
    pub(super) fn joined(&self) -> String {
        self.components.join("/")
    }

    /// Whether this path outside the workspace may be that one inside it.
    fn may_be(&self, inside: &Self) -> bool {
        self.root != Root::Workspace
            && inside.root == Root::Workspace
            && !inside.components.is_empty()
            && self.components.ends_with(&inside.components)
    }

    fn under(&self, outer: &Self) -> bool {
        match (self.root, outer.root) {
            (Root::Workspace, Root::Workspace) | (Root::Absolute, Root::Absolute) => {
                self.components.starts_with(&outer.components)
            }
            (Root::Above(n), Root::Above(m)) if n == m => self.components.starts_with(&outer.components),
            // Whatever lies further down lies in a folder further up. What that folder calls its own is not known.
            (Root::Above(n), Root::Above(m)) => n < m && outer.components.is_empty(),
            (Root::Workspace, Root::Above(_)) => outer.components.is_empty(),
            (Root::Workspace | Root::Above(_), Root::Absolute) => outer.components.is_empty(),
            (Root::Absolute | Root::Above(_), Root::Workspace) | (Root::Absolute, Root::Above(_)) => false,
        }
    }
}

/// A glob on paths: `*` and `?` within a component, `**` for any number of components.
///
/// It is anchored at the workspace, or at `/` or above where it begins so. A last `**` stands for at least
/// one component: `secrets/**` is what lies in `secrets`.
#[derive(Clone, Debug)]
pub struct PathGlob {
    exact: Tokens,
    /// The glob without regard to case and form, where that is another glob.
    folded: Option<Tokens>,
}

#[derive(Clone, Debug)]
struct Tokens {
    source: String,
    root: Root,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
enum Token {
    /// `**`: any run of components, the empty one too.
    Run,
    /// One component.
    One(Glob),
}

impl PathGlob {
    /// Compiles a glob, or says what is wrong with it.
    pub fn new(source: &str) -> Result<Self, String> {
        check_glob(source)?;
        let normal = source.strip_prefix("./").unwrap_or(source);
        Ok(Self { exact: Tokens::new(normal), folded: fold(normal).map(|folded| Tokens::new(&folded)) })
    }

    /// Whether the path matches.
    pub fn is_match(&self, path: &PathValue, case_sensitive: bool) -> Result<bool, Fault> {
        let exact = self.matches_exactly(&Parts::of(&path.text));
        if !exact && Parts::of(path.folded()).tails().any(|tail| self.matches_folded(&tail)) {
            return Err(may_be_inside());
        }
        if case_sensitive || (path.folded.is_none() && self.folded.is_none()) {
            return Ok(exact);
        }
        agreed(exact, self.matches_folded(&Parts::of(path.folded())))
    }

    /// The glob as it is compared.
    #[must_use]
    pub fn normal(&self) -> &str {
        &self.exact.source
    }

    /// The glob without regard to case and form, where that is another glob.
    pub(super) fn folded(&self) -> Option<&str> {
        self.folded.as_ref().map(|tokens| tokens.source.as_str())
    }

    /// Whether it begins with any run of components.
    pub(super) fn floats(&self) -> bool {
        self.exact.root == Root::Workspace && matches!(self.exact.tokens.first(), Some(Token::Run))
    }

    pub(super) fn matches_exactly(&self, path: &Parts<'_>) -> bool {
        self.exact.is_match(path)
    }

    pub(super) fn matches_folded(&self, folded: &Parts<'_>) -> bool {
        self.folded.as_ref().unwrap_or(&self.exact).is_match(folded)
    }
}

impl Tokens {
    fn new(normal: &str) -> Self {
        let parts = Parts::of(normal);
        let mut tokens = Vec::new();
        for component in &parts.components {
            match (*component, tokens.last()) {
                ("**", Some(Token::Run)) => {}
                ("**", _) => tokens.push(Token::Run),
                (one, _) => tokens.push(Token::One(Glob::new(one))),
            }
        }
        if let Some(Token::Run) = tokens.last() {
            // At least one component, so that `a/**` is not `a`.
            tokens.push(Token::One(Glob::new("*")));
        }
        Self { root: parts.root, tokens, source: normal.to_string() }
    }

    /// Only the last run that was met is ever tried again: at most components times tokens steps.
    fn is_match(&self, path: &Parts<'_>) -> bool {
        if self.root != path.root {
            return false;
        }
        let (mut at, mut token) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(component) = path.components.get(at) {
            match self.tokens.get(token) {
                Some(Token::Run) => {
                    token += 1;
                    retry = Some((at, token));
                }
                Some(Token::One(glob)) if glob.is_match(component) => {
                    at += 1;
                    token += 1;
                }
                Some(Token::One(_)) | None => {
                    let Some((from, after)) = retry else { return false };
                    at = from + 1;
                    token = after;
                    retry = Some((at, after));
                }
            }
        }
        self.tokens[token..].iter().all(|token| matches!(token, Token::Run))
    }
}

/// Globs that would never match, or not what they seem to, with what to write instead.
fn check_glob(source: &str) -> Result<(), String> {
    let components: Vec<_> = source.split('/').collect();
    if source.is_empty() {
        return Err("A path glob is not empty.".into());
    }
    if source.chars().any(|c| c.is_control() || is_line_break(c)) {
        return Err("A path holds no control characters.".into());
    }
    if source.contains('\\') {
        return Err("Paths are compared with `/`, also where they came in with `\\`.".into());
    }
    if source.starts_with('~') || has_drive(source) {
        return Err("A path begins neither with `~` nor with a drive letter; this would never match.".into());
    }
    if let Some(mixed) = components.iter().find(|c| c.contains("**") && **c != "**") {
        let rest = mixed.trim_start_matches('*');
        return Err(format!("`**` stands for whole components. Write `**/*{rest}`, or `*` for a run inside one."));
    }
    let after_ups = components.iter().skip_while(|c| **c == "..").collect::<Vec<_>>();
    if after_ups.iter().any(|c| **c == "..") || after_ups.iter().skip(1).any(|c| **c == ".") {
        return Err("Paths are normalised before they are compared; write the glob without `.` and `..`.".into());
    }
    if source.ends_with('/') {
        return Err(format!("Write `{source}**` for what lies in it, or leave out the last `/`."));
    }
    if components.iter().skip(1).any(|c| c.is_empty()) {
        return Err("Paths are normalised before they are compared; write one `/`.".into());
    }
    Ok(())
}

/// The text with `.`, `..` and superfluous slashes worked out.
fn normalise(text: &str) -> String {
    let absolute = text.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if absolute => {}
            other => kept.push(other),
        }
    }
    match (absolute, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".into(),
        (false, false) => kept.join("/"),
    }
}

/// `C:`, also where something follows.
fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Characters that end a line although they are no control characters.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that some file systems leave out of a name.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text without regard to case, Unicode form and invisible characters; `None` where that is the text itself.
///
/// Lower, upper and lower again brings together what any of the two would (`ß` and `ẞ` and `ss`, `ς` and `σ`).
fn fold(text: &str) -> Option<String> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return None;
    }
    let folded: String = text
        .nfd()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect();
    (folded != text).then_some(folded)
}

#[cfg(test)]
#[path = "tests/path.rs"]
mod tests;
