//! The files of a package and of those it depends on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aas::diagnostic::{Code, Diagnostic};
use aas::settings::Manifest;
use aas::source::{MAX_FILES, MAX_SET_BYTES, SourceSet};
use aas::{Settings, Span};

use super::find::{own_files, unreadable};
use super::read::read_profile;
use super::{ENDING, MANIFEST, PROFILE, Set, Text, read_text};
use crate::exit::{Failure, Outcome};

/// Loads the package of a folder.
pub(super) fn load(folder: &Path) -> Outcome<Set> {
    let mut loader = Loader::default();
    let settings = loader.package(folder, None)?;
    let own = loader.sources.len();
    while let Some((folder, name)) = loader.waiting.pop() {
        loader.package(&folder, Some(&name))?;
    }
    if own == 0 && loader.wrong.is_empty() {
        return Err(Failure::said(format_args!("The package `{}` holds no .{ENDING} file.", folder.display())));
    }
    let made = loader.finish(folder.display().to_string(), settings, own);
    Ok(Set { folder: Some(folder.to_path_buf()), profile: read_profile(&folder.join(PROFILE)), ..made })
}

/// Loads files that belong to no package.
pub(super) fn loose(title: String, files: &BTreeSet<PathBuf>) -> Outcome<Set> {
    let mut loader = Loader::default();
    for file in files {
        loader.file(file, None)?;
    }
    let own = loader.sources.len();
    Ok(loader.finish(title, Settings::default(), own))
}

#[derive(Default)]
struct Loader {
    sources: SourceSet,
    bytes: usize,
    /// Real paths of folders that are loaded or wait.
    seen: BTreeSet<PathBuf>,
    /// Dependencies to load: folder and the name they go by.
    waiting: Vec<(PathBuf, String)>,
    /// Manifests and bad files, for findings that stand outside of rule texts.
    aside: SourceSet,
    wrong: Vec<Diagnostic>,
}

impl Loader {
    fn finish(self, title: String, settings: Settings, own: usize) -> Set {
        let wrong = if self.wrong.is_empty() { None } else { Some((self.aside, self.wrong)) };
        Set { title, sources: self.sources, own, folder: None, profile: None, settings, wrong }
    }

    /// Loads a package's manifest and files, and notes what it depends on.
    fn package(&mut self, folder: &Path, expected: Option<&str>) -> Outcome<Settings> {
        self.seen.insert(std::fs::canonicalize(folder).map_err(|error| unreadable(folder, &error))?);
        let path = folder.join(MANIFEST);
        let shown = path.display().to_string();
        let text = match read_text(&path)? {
            Text::Good(text) => text,
            Text::Bad { shown: part, code, at, message } => {
                let file = self.aside.add(shown, part);
                self.wrong.push(Text::finding(code, file, at, message));
                return Ok(Settings::default());
            }
        };
        let id = self.aside.add(shown, text.clone());
        let (manifest, mut wrong) = Manifest::parse(&text, id);
        if let Some(expected) = expected.filter(|e| wrong.is_empty() && *e != manifest.settings.package) {
            let name = &manifest.settings.package;
            let at = text.find(name.as_str()).unwrap_or(0);
            let message = format!("This package is called `{name}`, but it is used as `{expected}`.");
            wrong.push(Diagnostic::new(Code::BadSetting, Span::new(id, at, at + name.len()), message));
        }
        let usable = wrong.is_empty();
        self.wrong.append(&mut wrong);
        if usable {
            self.files(folder, &manifest)?;
            self.dependencies(folder, &manifest);
        }
        Ok(manifest.settings)
    }

    fn files(&mut self, folder: &Path, manifest: &Manifest) -> Outcome<()> {
        let mut files = BTreeSet::new();
        for source in &manifest.sources {
            let folder = if source == "." { folder.to_path_buf() } else { folder.join(source) };
            files.extend(own_files(&folder)?);
        }
        files.iter().try_for_each(|file| self.file(file, Some(&manifest.settings.package)))
    }

    fn dependencies(&mut self, folder: &Path, manifest: &Manifest) {
        for dependency in &manifest.dependencies {
            let path = folder.join(&dependency.path);
            match std::fs::canonicalize(&path) {
                Ok(real) if path.join(MANIFEST).is_file() => {
                    if self.seen.insert(real) {
                        self.waiting.push((path, dependency.name.clone()));
                    }
                }
                Ok(_) | Err(_) => self.wrong.push(
                    Diagnostic::new(
                        Code::BadSetting,
                        dependency.span,
                        format!("The dependency `{}` is not at `{}`.", dependency.name, dependency.path),
                    )
                    .note(format!("`{}` holds no {MANIFEST}.", path.display())),
                ),
            }
        }
    }

    fn file(&mut self, path: &Path, home: Option<&str>) -> Outcome<()> {
        if self.sources.len() >= MAX_FILES {
            return Err(Failure::said(format_args!("The policy set has more than {MAX_FILES} files.")));
        }
        let shown = path.display().to_string();
        match read_text(path)? {
            Text::Good(text) => {
                self.bytes += text.len();
                if self.bytes > MAX_SET_BYTES && self.wrong.iter().all(|d| d.code != Code::FileTooLarge) {
                    let id = self.aside.add(shown.clone(), String::new());
                    let message = format!("The policy set is larger than {} MiB.", MAX_SET_BYTES / (1024 * 1024));
                    self.wrong.push(Text::finding(Code::FileTooLarge, id, 0, message));
                }
                match home {
                    Some(home) => self.sources.add_to(home, shown, text),
                    None => self.sources.add(shown, text),
                };
            }
            Text::Bad { shown: part, code, at, message } => {
                let id = self.aside.add(shown, part);
                self.wrong.push(Text::finding(code, id, at, message));
            }
        }
        Ok(())
    }
}
