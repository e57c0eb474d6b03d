//! `command`: a bash command line, read by a real grammar, as what it would run.

use std::sync::Arc;

use super::{Fault, PathValue};

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
    /// The base name of the command word, wrappers looked through.
    pub name: Word,
    /// The command word as written (`/usr/bin/git`).
    pub written: Word,
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
    /// Base names of the commands that its output is piped into.
    pub feeds: Vec<Word>,
    /// Whether it interprets code given inline or by a pipe.
    pub runs_code: bool,
    /// Whether it runs with another user's rights (`sudo`, `doas`, `su` …).
    pub privileged: bool,
}
