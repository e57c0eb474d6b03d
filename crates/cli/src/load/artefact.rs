//! An artefact of `aasc build` on disk: header, index and what a request needs are read, the rest stays there.
//!
//! Each part is checked against its hash when it is read, so a file that is replaced in between is seen.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};

use aas::artefact::{Artefact, ArtefactError, ArtefactId, Bytes};

use crate::exit::{Failure, Outcome};

/// The ending of artefacts.
pub(crate) const ENDING: &str = "aasc";

/// A file of which ranges are read.
pub(crate) struct OnDisk {
    file: File,
    length: u64,
}

impl Bytes for OnDisk {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, at: u64, length: usize) -> Result<Cow<'_, [u8]>, String> {
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, at).map_err(|error| error.to_string())?;
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(not(unix))]
fn read_exact_at(mut file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}

/// Whether a path is named as an artefact is.
pub(crate) fn is_artefact(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == ENDING)
}

/// The artefact that the paths name; none where they name rules.
///
/// # Errors
/// Where an artefact stands beside other paths: it is a whole policy.
pub(crate) fn named(paths: &[PathBuf]) -> Outcome<Option<&Path>> {
    let Some(artefact) = paths.iter().find(|path| is_artefact(path)) else { return Ok(None) };
    if paths.len() > 1 {
        return Err(Failure::said(format_args!(
            "`{}` is an artefact, which is a whole policy; name nothing beside it.",
            artefact.display()
        )));
    }
    Ok(Some(artefact))
}

/// Opens an artefact. One whose name is an id must be the artefact with that id.
pub(crate) fn open(path: &Path) -> Outcome<Artefact<OnDisk>> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::said(format_args!("There is no file `{}`.", path.display())),
        _ => Failure::said(format_args!("`{}` cannot be read: {error}.", path.display())),
    };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(Failure::said(format_args!("`{}` is no file.", path.display())));
    }
    let bytes = OnDisk { file, length: about.len() };
    let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(ArtefactId::from_hex);
    let opened = match id {
        Some(id) => Artefact::open_as(bytes, id),
        None => Artefact::open(bytes),
    };
    opened.map_err(|why| refused(path, &why))
}

/// An artefact that cannot be used, for people.
pub(crate) fn refused(path: &Path, why: &ArtefactError) -> Failure {
    Failure::said(format_args!("`{}`: {why}.", path.display()))
}
