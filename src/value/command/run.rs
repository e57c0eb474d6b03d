//! The words of one command: wrappers looked through, code read, paths and hosts collected.

use std::ops::Range;
use std::sync::Arc;

use super::args::{Arg, Valued, base_name, valued};
use super::lex::{self, unreadable};
use super::walk::{Around, Input, Redirections, Walk, blank};
use super::wrappers::{self, OTHER_SHELLS, Runs, SHELLS, Wrapper};
use super::{SimpleCommand, Word, code, files, hosts, unknown_word};
use crate::value::{Fault, FaultKind};

/// Wrappers in front of one command.
const MAX_WRAPPERS: usize = 16;

/// One command, its words not yet looked at.
struct Call<'a> {
    args: Vec<Arg>,
    assigns: Vec<Word>,
    source: &'a str,
}

/// What the words after a wrapper are.
enum Behind {
    /// It runs nothing, or nothing that is in the text.
    Nothing,
    /// The command starts here.
    Words(usize),
    /// It is code for a shell.
    Code(Word),
    /// Which word the command is cannot be told.
    Unclear,
}

impl Walk {
    /// Adds what the words of one command run; gives back which commands were added.
    pub(super) fn run(
        &mut self,
        args: Vec<Arg>,
        assigns: Vec<Word>,
        source: &str,
        redirections: &Redirections,
        around: &mut Around,
    ) -> Result<Range<usize>, Fault> {
        let start = self.out.len();
        let input = redirections.input.clone().unwrap_or_else(|| around.input.clone());
        let mut inner = Around { input, ..around.clone() };
        self.call(Call { args, assigns, source }, &mut inner)?;
        around.folders = inner.folders;
        for i in start..self.out.len() {
            files::redirect(&mut self.out[i], redirections, around);
        }
        Ok(start..self.out.len())
    }

    fn call(&mut self, call: Call<'_>, around: &mut Around) -> Result<(), Fault> {
        let Some(first) = call.args.first() else {
            return self.push(SimpleCommand {
                name: Ok("".into()),
                written: Ok("".into()),
                assigns: call.assigns,
                ..blank(call.source, around)
            });
        };
        let Some(written) = first.known().map(Arc::<str>::from) else {
            around.folders = None;
            return self.unknown(call, around);
        };
        let name: Arc<str> = base_name(&written).into();
        if name.is_empty() {
            return self.unknown(call, around);
        }
        if let Some(wrapper) = wrappers::wrapper(&name) {
            return self.wrapped(call, &written, wrapper, around);
        }
        if self.shadowed.contains(&*name) {
            around.folders = None;
        }
        match &*name {
            "eval" => self.eval(call, &written, around),
            "cd" | "pushd" | "popd" => {
                self.plain(&call, &written, around)?;
                self.change_folder(&name, &call.args, around);
                Ok(())
            }
            "trap" => self.trap(call, &written, around),
            "alias" | "hash" | "enable" => self.rename(&call, &written, around),
            "find" => self.find(call, &written, around),
            "source" | "." => {
                let piped =
                    call.args.get(1).is_some_and(|a| a.process || a.known().is_some_and(code::is_standard_input));
                self.plain(&call, &written, around)?;
                if piped {
                    self.mark_code();
                }
                around.folders = None;
                Ok(())
            }
            _ if SHELLS.contains(&&*name) => self.shell(call, &written, around),
            _ if OTHER_SHELLS.contains(&&*name) => {
                self.plain(&call, &written, around)?;
                self.mark_code();
                Ok(())
            }
            _ => {
                self.plain(&call, &written, around)?;
                if code::runs_inline_code(&name, &call.args, &around.input) {
                    self.mark_code();
                } else if let Some(interpreter) = wrappers::interpreter(&name) {
                    let script =
                        code::interpreter_operand(interpreter, call.args.get(1..).unwrap_or_default()).ok().flatten();
                    if let Some(script) = script.filter(|s| s.known().is_some_and(|t| !t.starts_with('-'))) {
                        self.read_script(script, around);
                    }
                }
                Ok(())
            }
        }
    }

    /// A command whose name is only known when it runs.
    fn unknown(&mut self, call: Call<'_>, around: &Around) -> Result<(), Fault> {
        let fault = unknown_word("the command is only known when it runs");
        let mut command = blank(call.source, around);
        command.args = call.args.iter().skip(1).map(|a| a.word.clone()).collect();
        command.assigns = call.assigns;
        command.reads = vec![Err(fault.clone())];
        command.writes = vec![Err(fault)];
        self.push(command)
    }

    /// The command just added interprets code that is not read here.
    fn mark_code(&mut self) {
        if let Some(command) = self.out.last_mut() {
            let fault = unknown_word("the code it runs is not read here");
            command.runs_code = true;
            command.name = Err(fault.clone());
            command.reads.push(Err(fault.clone()));
            command.writes.push(Err(fault));
        }
    }

    /// A program that runs nothing else.
    fn plain(&mut self, call: &Call<'_>, written: &Arc<str>, around: &Around) -> Result<(), Fault> {
        let name = base_name(written);
        let rest = call.args.get(1..).unwrap_or_default();
        let mut command = blank(call.source, around);
        command.name = Ok(name.into());
        command.written = Ok(written.clone());
        command.args = rest.iter().map(|a| a.word.clone()).collect();
        command.assigns = call.assigns.clone();
        command.hosts = hosts::hosts(name, rest);
        files::arguments(&mut command, name, rest, &around.folders);
        code::declared(self, &mut command, name, rest);
        if code::code_option(name, rest) {
            self.push(command)?;
            self.mark_code();
            return Ok(());
        }
        self.push(command)
    }

    fn wrapped(
        &mut self,
        mut call: Call<'_>,
        written: &Arc<str>,
        wrapper: &Wrapper,
        around: &mut Around,
    ) -> Result<(), Fault> {
        if around.wrappers.len() >= MAX_WRAPPERS {
            return Err(Fault::new(FaultKind::LimitExceeded, "a command stands behind too many others"));
        }
        let mut inner = around.clone();
        inner.privileged |= wrapper.privileged;
        let behind = behind(wrapper, &mut call, &mut inner);
        let in_place = matches!(wrapper.name, "builtin" | "command" | "exec");
        match behind {
            Behind::Nothing => {
                self.plain(&call, written, &inner)?;
                let starts_shell = wrapper.privileged
                    && wrapper.runs == Runs::Words
                    && !call
                        .args
                        .iter()
                        .any(|a| matches!(a.known(), Some("-l" | "-v" | "-k" | "-K" | "--list" | "-V" | "--version")));
                if starts_shell && !matches!(inner.input, Input::Inherited) {
                    self.mark_code();
                }
                Ok(())
            }
            Behind::Words(at) if wrapper.runs == Runs::Elsewhere => {
                self.plain(
                    &Call { args: call.args[..at].to_vec(), assigns: call.assigns.clone(), ..call },
                    written,
                    &inner,
                )?;
                inner.wrappers.push(written.clone());
                self.unknown(Call { args: call.args.split_off(at), ..call }, &inner)
            }
            Behind::Words(at) if wrapper.runs == Runs::Code => {
                let code = joined(&call.args[at..]);
                self.code(code, call, written, wrapper.appends, &inner)
            }
            Behind::Words(at) => {
                inner.wrappers.push(written.clone());
                call.args.drain(..at);
                if wrapper.appends {
                    append_unknown(&mut call.args);
                }
                self.call(call, &mut inner)?;
                if in_place {
                    around.folders = inner.folders;
                }
                Ok(())
            }
            Behind::Code(code) => self.code(code, call, written, false, &inner),
            Behind::Unclear => {
                inner.wrappers.push(written.clone());
                self.unknown(call, &inner)
            }
        }
    }

    /// Code for a shell of its own.
    fn code(
        &mut self,
        code: Word,
        call: Call<'_>,
        written: &Arc<str>,
        appends: bool,
        around: &Around,
    ) -> Result<(), Fault> {
        let start = self.out.len();
        match code {
            Ok(code) if !appends => {
                let mut inner = around.clone();
                inner.wrappers.push(written.clone());
                let script = lex::script(&code, inner.depth + 1)?;
                inner.depth += 1;
                self.script(&script, &mut inner)?;
            }
            Ok(_) | Err(_) => {
                self.plain(&call, written, around)?;
                self.mark_code();
            }
        }
        // Assignments in front hold for all of it.
        for command in &mut self.out[start..] {
            for name in &call.assigns {
                if !command.assigns.contains(name) {
                    command.assigns.push(name.clone());
                }
            }
        }
        Ok(())
    }

    fn eval(&mut self, call: Call<'_>, written: &Arc<str>, around: &mut Around) -> Result<(), Fault> {
        match joined(&call.args[1..]) {
            Ok(code) => {
                let script = lex::script(&code, around.depth + 1)?;
                around.depth += 1;
                around.wrappers.push(written.clone());
                self.script(&script, around)?;
                around.wrappers.pop();
                around.depth -= 1;
                Ok(())
            }
            Err(_) => {
                self.plain(&call, written, around)?;
                self.mark_code();
                self.all_shadowed = true;
                around.folders = None;
                Ok(())
            }
        }
    }

    fn trap(&mut self, call: Call<'_>, written: &Arc<str>, around: &mut Around) -> Result<(), Fault> {
        let code = call.args.get(1).map(|a| a.word.clone());
        match code {
            Some(Ok(code)) if !code.starts_with('-') && !code.is_empty() => {
                let anywhere = Around { folders: None, ..around.clone() };
                self.code(Ok(code), call, written, false, &anywhere)
            }
            Some(Err(fault)) => self.code(Err(fault), call, written, false, around),
            Some(Ok(_)) | None => self.plain(&call, written, around),
        }
    }

    /// `alias ls=…`, `hash -p file ls`: names get another meaning.
    fn rename(&mut self, call: &Call<'_>, written: &Arc<str>, around: &Around) -> Result<(), Fault> {
        for arg in &call.args[1..] {
            match arg.known() {
                Some(text) => {
                    self.shadowed.insert(text.split('=').next().unwrap_or(text).into());
                }
                None => self.all_shadowed = true,
            }
        }
        self.plain(call, written, around)
    }

    fn find(&mut self, call: Call<'_>, written: &Arc<str>, around: &Around) -> Result<(), Fault> {
        self.plain(&call, written, around)?;
        let at = self.out.len() - 1;
        files::find_paths(&mut self.out[at], &call.args[1..], &around.folders);
        let mut rest = call.args.as_slice();
        while let Some(i) = rest.iter().position(|a| matches!(a.known(), Some("-exec" | "-execdir" | "-ok" | "-okdir")))
        {
            let tail = &rest[i + 1..];
            let end = tail.iter().position(|a| matches!(a.known(), Some(";" | "+"))).unwrap_or(tail.len());
            let mut inner = around.clone();
            inner.wrappers.push(written.clone());
            inner.input = Input::Unknown;
            if rest[i].known().is_some_and(|o| o.ends_with("dir")) {
                inner.folders = None;
            }
            let holes = |a: &Arg| match a.known() {
                Some(text) if !text.contains("{}") => a.clone(),
                Some(_) | None => Arg { source: a.source.clone(), ..Arg::unknown("`find` puts a file here") },
            };
            let args = tail[..end].iter().map(holes).collect();
            self.call(Call { args, assigns: Vec::new(), source: call.source }, &mut inner)?;
            rest = &tail[end..];
        }
        Ok(())
    }

    fn shell(&mut self, call: Call<'_>, written: &Arc<str>, around: &Around) -> Result<(), Fault> {
        let mut code = false;
        let mut from_input = false;
        let mut at = 1;
        while let Some(arg) = call.args.get(at) {
            let Some(text) = arg.known() else {
                self.plain(&call, written, around)?;
                self.mark_code();
                return Ok(());
            };
            match text {
                "--" | "-" => {
                    at += 1;
                    break;
                }
                "-o" | "+o" | "-O" | "+O" | "--rcfile" | "--init-file" => at += 1,
                "--help" | "--version" => return self.plain(&call, written, around),
                _ if text.starts_with("--") => {}
                _ if text.starts_with(['-', '+']) && text.len() > 1 => {
                    code |= text.contains('c');
                    from_input |= text.contains('s');
                    // `-euo pipefail` takes a word.
                    at += usize::from(text.ends_with(['o', 'O']));
                }
                _ => break,
            }
            at += 1;
        }
        let operand = call.args.get(at).cloned();
        match operand {
            Some(arg) if code => self.code(arg.word, call, written, false, around),
            Some(arg) if !from_input && !arg.process && !arg.known().is_none_or(code::is_standard_input) => {
                self.plain(&call, written, around)?;
                self.read_script(&arg, around);
                Ok(())
            }
            None if code => Err(unreadable("a shell has no code after `-c`")),
            Some(_) => {
                self.plain(&call, written, around)?;
                self.mark_code();
                Ok(())
            }
            None => match around.input.clone() {
                Input::Known(text) => self.code(Ok(text), call, written, false, around),
                Input::Inherited | Input::Unknown => {
                    self.plain(&call, written, around)?;
                    self.mark_code();
                    Ok(())
                }
            },
        }
    }

    /// The command just added reads this file as a program.
    fn read_script(&mut self, script: &Arg, around: &Around) {
        if let Some(command) = self.out.last_mut() {
            files::add(script, &around.folders, &mut command.reads);
        }
    }

    fn change_folder(&mut self, name: &str, args: &[Arg], around: &mut Around) {
        let mut operands = args.iter().skip(1).filter(|a| !matches!(a.known(), Some("-P" | "-L" | "-e" | "-@" | "--")));
        let target = operands.next().and_then(Arg::known);
        let simple = name != "popd"
            && operands.next().is_none()
            && !self.out.iter().any(|c| c.assigns.iter().any(|a| a.as_deref().map_or(true, |a| a == "CDPATH")));
        around.folders = match (target, &around.folders) {
            (Some(target), Some(folders)) if simple && !target.starts_with(['-', '+', '~']) && !target.is_empty() => {
                Some(folders.iter().map(|f| files::join(f, target).into()).collect())
            }
            _ => None,
        };
    }
}

/// Where the command behind a wrapper starts. Assignments and folders on the way are kept.
fn behind(wrapper: &Wrapper, call: &mut Call<'_>, around: &mut Around) -> Behind {
    let mut at = 1;
    let mut operands = wrapper.operands;
    if let Some(verb) = wrapper.verb {
        match call.args.get(at).map(Arg::known) {
            Some(Some(word)) if word == verb => at += 1,
            Some(None) => return Behind::Unclear,
            Some(Some(_)) | None => return Behind::Nothing,
        }
    }
    let mut options = true;
    while let Some(arg) = call.args.get(at).cloned() {
        let Some(text) = arg.known() else { return Behind::Unclear };
        if options && text == "--" {
            options = false;
            at += 1;
        } else if options && text.starts_with('-') && text.len() > 1 {
            match option(wrapper, call, at, text, around) {
                Ok(next) => at = next,
                Err(behind) => return behind,
            }
        } else if wrapper.assigns && text.split_once('=').is_some() {
            call.assigns.push(Ok(text.split('=').next().unwrap_or_default().into()));
            at += 1;
        } else if operands > 0 {
            operands = operands.saturating_sub(usize::from(operands != usize::MAX));
            at += 1;
            // `flock file -c code`: options may follow the operand.
        } else {
            return Behind::Words(at);
        }
    }
    Behind::Nothing
}

/// An option of a wrapper: where to go on, or what it says the command is.
fn option(wrapper: &Wrapper, call: &Call<'_>, at: usize, text: &str, around: &mut Around) -> Result<usize, Behind> {
    if wrapper.asks.contains(&text) {
        return Err(Behind::Nothing);
    }
    match valued(text, wrapper.code) {
        Valued::Next(_) => {
            return Err(call
                .args
                .get(at + 1)
                .map_or(Behind::Unclear, |a| Behind::Code(code_text(wrapper, a.word.clone()))));
        }
        Valued::Here(_, code) => return Err(Behind::Code(code_text(wrapper, Ok(code.into())))),
        Valued::No => {}
    }
    match valued(text, wrapper.chdir) {
        Valued::Next(_) => {
            around.folders = None;
            return Ok(at + 2);
        }
        Valued::Here(..) => {
            around.folders = None;
            return Ok(at + 1);
        }
        Valued::No => {}
    }
    match valued(text, wrapper.valued) {
        Valued::Next(_) => Ok(at + 2),
        Valued::Here(..) => Ok(at + 1),
        // A long option that the table does not know may or may not take the next word.
        Valued::No if text.starts_with("--") && !text.contains('=') && next_is_doubtful(call, at, wrapper) => {
            Err(Behind::Unclear)
        }
        Valued::No => Ok(at + 1),
    }
}

/// After an unknown long option: whether the next word might be its value and not the command.
fn next_is_doubtful(call: &Call<'_>, at: usize, wrapper: &Wrapper) -> bool {
    const HARMLESS: [&str; 20] = [
        "--foreground",
        "--preserve-status",
        "--verbose",
        "--preserve-env",
        "--non-interactive",
        "--login",
        "--ignore-environment",
        "--null",
        "--no-run-if-empty",
        "--stdin",
        "--set-home",
        "--background",
        "--reset-timestamp",
        "--shell",
        "--interactive",
        "--open-tty",
        "--pty",
        "--user",
        "--scope",
        "--frozen",
    ];
    let text = call.args.get(at).and_then(Arg::known).unwrap_or_default();
    wrapper.runs != Runs::Code && !HARMLESS.contains(&text) && call.args.get(at + 1).is_some()
}

/// `env -S` splits its text in a way of its own.
fn code_text(wrapper: &Wrapper, code: Word) -> Word {
    if wrapper.name == "env" { Err(unknown_word("`env -S` is not read here")) } else { code }
}

/// Words joined with blanks, as `eval` does.
fn joined(args: &[Arg]) -> Word {
    let words: Result<Vec<&str>, Fault> = args.iter().map(|a| a.word.as_deref().map_err(Clone::clone)).collect();
    words.map(|w| w.join(" ").into())
}

/// What `xargs` appends, or puts in where its mark stands.
fn append_unknown(args: &mut Vec<Arg>) {
    let mark = args.iter().skip(1).position(|a| a.known().is_some_and(|t| t.contains("{}")));
    if let Some(at) = mark {
        args[at + 1] = Arg { source: args[at + 1].source.clone(), ..Arg::unknown("`xargs` puts its input here") };
    }
    args.push(Arg::unknown("`xargs` appends its input"));
}
