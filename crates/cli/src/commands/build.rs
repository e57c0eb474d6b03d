//! `aasc build`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use aas::artefact::{self, Artefact};

use crate::compile::compile;
use crate::exit::{Exit, Failure, Outcome};
use crate::load::{self, ENDING_OF_ARTEFACTS, PROFILE};
use crate::out::Out;

/// Compiles a policy set into one file that decides at once.
///
/// `aasc eval --rules P.aasc` reads of it only what the request needs, however many rules there are. The file is
/// checked when it is read, and refused where anything of it was changed. Its id, which is printed, stands for
/// all of its content.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders; together they are one policy set.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// The file to write. In a folder it is named by its id, and is then never taken for another one.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let set = load::single(&args.paths)?;
    let policy = compile(&set)?;
    let said = |why: artefact::ArtefactError| Failure::said(format_args!("No artefact was written: {why}."));
    let mut sources = set.sources.clone();
    // One that cannot be used stays behind; that was said.
    if let Some(Ok(text)) = &set.profile
        && policy.clone().with_profile(text).1.is_none()
    {
        sources.add(PROFILE, text.as_str());
    }
    let bytes = artefact::write(policy.typed(), &sources).map_err(said)?;
    let id = Artefact::open(bytes.as_slice()).map_err(said)?.id();
    let file = if args.output.is_dir() {
        args.output.join(format!("{id}.{ENDING_OF_ARTEFACTS}"))
    } else {
        args.output.clone()
    };
    write_whole(&file, &bytes)
        .map_err(|error| Failure::said(format_args!("`{}` cannot be written: {error}.", file.display())))?;
    out.line(format_args!("{id}  {}", file.display()))?;
    Ok(Exit::Fine)
}

/// Writes beside the file first, so that nobody reads half of it, and an old one stays where this one fails.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::File::create_new(&beside).and_then(|mut new| {
        new.write_all(bytes)?;
        new.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, file));
    if moved.is_err() {
        // Of two failures the first one is told.
        let _ = std::fs::remove_file(&beside);
    }
    moved
}
