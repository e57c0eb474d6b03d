//! Which packages and loose files the paths mean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aas::source::MAX_FILES;
use walkdir::{DirEntry, WalkDir};

use super::{ENDING, MANIFEST};
use crate::exit::{Failure, Outcome};

/// Deepest folder that is searched.
const MAX_DEPTH: usize = 64;

/// What the paths mean.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Folders with an `aas.toml`, sorted.
    pub(super) packages: BTreeSet<PathBuf>,
    /// Rule files under no package, sorted.
    pub(super) loose: BTreeSet<PathBuf>,
}

pub(super) fn find(paths: &[PathBuf]) -> Outcome<Found> {
    let mut found = Found::default();
    for path in paths {
        let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if let Some(package) = package_above(path) {
            // The same folder may be written in two ways.
            let real = |folder: &Path| std::fs::canonicalize(folder).ok();
            if !found.packages.iter().any(|known| real(known) == real(&package)) {
                found.packages.insert(package);
            }
        } else if about.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.loose.insert(path.clone());
        }
    }
    Ok(found)
}

/// All rule files that the paths mean, whatever package they belong to, sorted; for the formatter.
pub(crate) fn rule_files(paths: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut files = BTreeSet::new();
    for path in paths {
        let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if about.is_dir() {
            let mut under = Found::default();
            walk_until(path, &mut under, false)?;
            files.append(&mut under.loose);
        } else {
            files.insert(path.clone());
        }
    }
    Ok(files.into_iter().collect())
}

/// The nearest folder upwards that holds an `aas.toml`; the path itself where it is a folder.
fn package_above(path: &Path) -> Option<PathBuf> {
    let start = if path.is_dir() { path } else { path.parent()? };
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    // First as it is written, so that names stay as short as the author's; then all the way up.
    let written = start.ancestors().filter(|f| !f.as_os_str().is_empty()).find(|f| f.join(MANIFEST).is_file());
    if let Some(folder) = written {
        return Some(folder.to_path_buf());
    }
    let absolute = std::fs::canonicalize(start).ok()?;
    absolute.ancestors().find(|f| f.join(MANIFEST).is_file()).map(Path::to_path_buf)
}

/// The rule files under a package's folder of sources; other packages inside it are left out.
pub(super) fn own_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Found::default();
    walk(folder, &mut found)?;
    Ok(found.loose.into_iter().collect())
}

fn walk(folder: &Path, found: &mut Found) -> Outcome<()> {
    walk_until(folder, found, true)
}

/// Collects rule files. With `packages`, folders below that have an `aas.toml` are collected as such instead.
fn walk_until(folder: &Path, found: &mut Found, packages: bool) -> Outcome<()> {
    let walker = WalkDir::new(folder).follow_links(true).sort_by_file_name().max_depth(MAX_DEPTH).into_iter();
    let mut walker = walker.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
    while let Some(entry) = walker.next() {
        let entry = entry.map_err(|error| entry_failure(folder, &error))?;
        let is_package = packages && entry.depth() > 0 && entry.file_type().is_dir();
        if is_package && entry.path().join(MANIFEST).is_file() {
            found.packages.insert(entry.path().to_path_buf());
            walker.skip_current_dir();
        } else if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == ENDING) {
            found.loose.insert(tidy(entry.path()));
        }
        if found.loose.len() > MAX_FILES {
            let shown = folder.display();
            return Err(Failure::said(format_args!("`{shown}` holds more than {MAX_FILES} rule files.")));
        }
    }
    Ok(())
}

/// Hidden folders, and those that tools fill.
fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.') || (entry.file_type().is_dir() && (name == "target" || name == "node_modules"))
}

/// Without a leading `./`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

fn entry_failure(folder: &Path, error: &walkdir::Error) -> Failure {
    let at = error.path().unwrap_or(folder).display();
    match (error.loop_ancestor(), error.io_error()) {
        (Some(above), _) => Failure::said(format_args!(
            "The link `{at}` leads back to `{}`, above it. Remove the link.",
            above.display()
        )),
        (None, Some(io)) => unreadable(error.path().unwrap_or(folder), io),
        (None, None) => Failure::said(format_args!("`{at}` cannot be read.")),
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let shown = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::said(format_args!("There is no file or folder `{shown}`.")),
        std::io::ErrorKind::PermissionDenied => Failure::said(format_args!("`{shown}` may not be read.")),
        _ => Failure::said(format_args!("`{shown}` cannot be read: {error}.")),
    }
}
