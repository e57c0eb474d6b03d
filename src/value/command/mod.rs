//! `command`: a bash command line, read by a real grammar, as what it would run.
//!
//! In comes the text of a command line and the folder it starts in; out comes every *simple command* that
//! it may run, wherever it hides: in pipelines, branches, loops, substitutions, here-documents, behind
//! `sudo` or `find -exec`, in the code of `bash -c`. Whatever is only known when it runs is an error value
//! in its place, so a rule that reads it turns restrictive.
//!
//! The steps, in order:
//!
//! 1. [`lex`] scans the text once, within limits, into words ([`words`]) and tokens;
//! 2. [`grammar`] lets a real shell grammar build the tree;
//! 3. [`walk`] goes over the tree and keeps account of folders, pipes and assignments;
//! 4. [`run`] looks at each command's words: what wrappers run ([`wrappers`]), which arguments are files
//!    ([`files`], by the table in [`paths`]), hosts ([`hosts`]) or code ([`code`]);
//! 5. [`questions`] answers what policies ask.
//!
//! INVARIANT: a command that bash would run is in the list by its name, or the list holds a command whose
//! name is an error.

mod args;
mod code;
mod files;
mod grammar;
mod hosts;
mod lex;
mod paths;
pub mod questions;
mod run;
mod walk;
mod words;
mod wrappers;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Fault, FaultKind, PathValue};

/// Bytes that a command line may have.
pub const MAX_BYTES: usize = 32 * 1024;
/// Simple commands that it may hold.
pub const MAX_COMMANDS: usize = 64;

/// A word of a simple command: its text, or why it is only known when it runs.
pub type Word = Result<Arc<str>, Fault>;

/// A whole command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As given.
    pub text: Arc<str>,
    /// Every simple command that it may run, wrappers looked through, in text order.
    pub commands: Vec<Arc<SimpleCommand>>,
}

/// One simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimpleCommand {
    /// As written, for texts.
    pub text: Arc<str>,
    /// The base name of the command word, wrappers looked through. Empty where nothing but an assignment
    /// or a redirection is done.
    pub name: Word,
    /// The command word as written (`/usr/bin/git`).
    pub written: Word,
    /// The wrappers that were looked through, as written, outermost first.
    pub wrappers: Vec<Arc<str>>,
    /// Its arguments, without the command word.
    pub args: Vec<Word>,
    /// Paths it reads.
    pub reads: Vec<Result<Arc<PathValue>, Fault>>,
    /// Paths it writes.
    pub writes: Vec<Result<Arc<PathValue>, Fault>>,
    /// Hosts among its arguments.
    pub hosts: Vec<Word>,
    /// Variables it assigns.
    pub assigns: Vec<Word>,
    /// Base names of the commands that its output is piped into, directly or through others.
    pub feeds: Vec<Word>,
    /// Whether it interprets code given inline or by a pipe.
    pub runs_code: bool,
    /// Whether it runs with another user's rights (`sudo`, `doas`, `su` …).
    pub privileged: bool,
    /// Whether it writes a file by redirection.
    pub redirects: bool,
}

/// Reads a command line that starts in the workspace's root.
///
/// # Errors
///
/// Beyond a limit, or where bash would not read it.
pub fn parse(text: &str) -> Result<Command, Fault> {
    parse_in(text, None)
}

/// Reads a command line that starts in the folder `cwd`; relative paths in it mean files there.
///
/// # Errors
///
/// Beyond a limit, or where bash would not read it.
pub fn parse_in(text: &str, cwd: Option<&PathValue>) -> Result<Command, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::new(FaultKind::LimitExceeded, "a command line is longer than 32 KiB"));
    }
    let script = lex::script(text, 0)?;
    let commands = walk::commands(&script, cwd.map_or("", PathValue::text))?;
    Ok(Command { text: text.into(), commands })
}

/// The fault of a word that is only known when it runs.
fn unknown_word(why: &str) -> Fault {
    Fault::new(FaultKind::UnknownWord, why)
}
