//! What policies ask of commands. Three-valued: an unknown word is an error unless the rest decides.

use std::sync::Arc;

use super::args::{Arg, Valued, is_flag, valued};
use super::paths::{LONG_SINGLE_DASH, SUBCOMMANDS};
use super::{Command, SimpleCommand, Word, unknown_word};
use crate::value::{Fault, PathValue};

/// Whether reading or writing is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Paths that are read.
    Reads,
    /// Paths that are written.
    Writes,
}

/// Whether any holds: true where one is true, else the first error, else false.
fn any(answers: impl IntoIterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    let mut fault = None;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(f) => fault = fault.or(Some(f)),
        }
    }
    fault.map_or(Ok(false), Err)
}

/// Whether all hold: false where one is false, else the first error, else true.
fn all(answers: impl IntoIterator<Item = Result<bool, Fault>>) -> Result<bool, Fault> {
    any(answers.into_iter().map(|a| a.map(|b| !b))).map(|b| !b)
}

impl SimpleCommand {
    /// Whether it has this option: `-rf` has `-r`, `--force=x` has `--force`. What follows `--` is no option.
    ///
    /// # Errors
    ///
    /// Where a word is only known when it runs, or a long option might be an abbreviation.
    pub fn has_flag(&self, flag: &str) -> Result<bool, Fault> {
        let single = self.name.as_deref().is_ok_and(|n| LONG_SINGLE_DASH.contains(&n));
        let options = self.args.iter().take_while(|a| a.as_deref() != Ok("--"));
        any(options.map(|word| {
            let text = word.as_deref().map_err(Clone::clone)?;
            is_flag(text, flag, single).ok_or_else(|| unknown_word("an option may be an abbreviation"))
        }))
    }

    /// Whether it has any of these options.
    ///
    /// # Errors
    ///
    /// As [`Self::has_flag`], unless one is found.
    pub fn has_any_flag(&self, flags: &[&str]) -> Result<bool, Fault> {
        any(flags.iter().map(|f| self.has_flag(f)))
    }

    /// The first word that is no option, global options with their values passed over: `push` of
    /// `git -C dir push`.
    #[must_use]
    pub fn subcommand(&self) -> Option<Word> {
        let name = match &self.name {
            Ok(name) => name,
            Err(fault) => return Some(Err(fault.clone())),
        };
        let args: Vec<Arg> =
            self.args.iter().map(|w| Arg { word: w.clone(), source: "".into(), process: false }).collect();
        match subcommand_at(name, &args) {
            Ok(at) => at.and_then(|at| self.args.get(at).cloned()),
            Err(fault) => Some(Err(fault)),
        }
    }

    /// The command word and the arguments that are no options.
    fn begins_with(&self, words: &[&str], as_written: bool) -> Result<bool, Fault> {
        let name = if as_written { &self.written } else { &self.name };
        let mut words = words.iter();
        let Some(first) = words.next() else { return Ok(true) };
        let head = name.as_deref().map(|n| n == *first).map_err(Clone::clone);
        if head == Ok(false) {
            return head;
        }
        let mut rest = self.args.iter();
        let mut answers = vec![head];
        if as_written {
            // Words as written: an option in between is another sequence.
            for word in words {
                answers.push(rest.next().map_or(Ok(false), |w| w.as_deref().map(|w| w == *word).map_err(Clone::clone)));
            }
            return all(answers);
        }
        for (i, word) in words.enumerate() {
            if i == 0 {
                answers.push(self.subcommand().map_or(Ok(false), |s| s.map(|s| &*s == *word)));
                let place = self.args.iter().position(|a| a.as_deref() == Ok(word));
                rest = self.args.get(place.map_or(0, |p| p + 1)..).unwrap_or_default().iter();
            } else {
                let next = rest.find(|w| w.as_deref().map_or(true, |w| !w.starts_with('-')));
                answers.push(next.map_or(Ok(false), |w| w.as_deref().map(|w| w == *word).map_err(Clone::clone)));
            }
        }
        all(answers)
    }
}

/// Where the subcommand of a program stands.
pub(super) fn subcommand_at(name: &str, args: &[Arg]) -> Result<Option<usize>, Fault> {
    let table = SUBCOMMANDS.iter().find(|(program, _)| *program == name).map(|(_, options)| *options);
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let text = arg.word.as_deref().map_err(Clone::clone)?;
        if !text.starts_with('-') || text == "-" {
            // `cargo +nightly build`
            if name == "cargo" && text.starts_with('+') {
                at += 1;
                continue;
            }
            return Ok(Some(at));
        }
        let Some(table) = table else {
            let clear =
                text.contains('=') || args.get(at + 1).is_none_or(|a| a.known().is_some_and(|t| t.starts_with('-')));
            if clear && text != "--" {
                at += 1;
                continue;
            }
            return Err(unknown_word("whether the next word belongs to an option is not known for this program"));
        };
        at += if matches!(valued(text, table), Valued::Next(_)) { 2 } else { 1 };
    }
    Ok(None)
}

/// Splits `"git push"` into its words.
fn sequence(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace().collect()
}

impl Command {
    /// Whether some command begins with these words, has any of `with_any` (if any are given) and all of
    /// `with_all`.
    ///
    /// # Errors
    ///
    /// Where a command that is not known could be it, and no other is.
    pub fn runs(&self, words: &str, with_any: &[&str], with_all: &[&str]) -> Result<bool, Fault> {
        let words = sequence(words);
        any(self.commands.iter().map(|c| {
            let some = if with_any.is_empty() { Ok(true) } else { c.has_any_flag(with_any) };
            let every = all(with_all.iter().map(|f| c.has_flag(f)));
            all([c.begins_with(&words, false), some, every])
        }))
    }

    /// Whether every command begins with one of the allowed word sequences, as written. False where
    /// anything assigns a variable or writes a file by redirection, or stands behind a wrapper that is not
    /// allowed itself.
    ///
    /// # Errors
    ///
    /// Where a command is not known and no other one is forbidden.
    pub fn runs_only(&self, allowed: &[&str]) -> Result<bool, Fault> {
        if self.commands.is_empty() {
            return Ok(false);
        }
        let allowed: Vec<Vec<&str>> = allowed.iter().map(|a| sequence(a)).filter(|a| !a.is_empty()).collect();
        all(self.commands.iter().map(|c| {
            let quiet = Ok(c.assigns.is_empty() && !c.redirects);
            let wrapped =
                Ok(c.wrappers.iter().all(|w| allowed.iter().any(|a| matches!(a.as_slice(), [only] if **only == **w))));
            let known = if c.name.is_ok() || c.written.is_err() { Ok(true) } else { c.name.clone().map(|_| true) };
            let listed = any(allowed.iter().map(|a| c.begins_with(a, true)));
            all([quiet, wrapped, listed, known])
        }))
    }

    /// Whether a path that is read or written fulfils `test`.
    ///
    /// # Errors
    ///
    /// Where a path is only known when it runs, or the test errs, and no other path fulfils it.
    pub fn touches(&self, access: Access, test: impl Fn(&PathValue) -> Result<bool, Fault>) -> Result<bool, Fault> {
        let paths = self.commands.iter().flat_map(|c| match access {
            Access::Reads => &c.reads,
            Access::Writes => &c.writes,
        });
        any(paths.map(|p: &Result<Arc<PathValue>, Fault>| p.as_deref().map_err(Clone::clone).and_then(&test)))
    }
}
