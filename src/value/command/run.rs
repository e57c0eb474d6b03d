//! The words of one command: wrappers looked through, code read, paths and hosts collected.

use std::ops::Range;
use std::sync::Arc;

use super::args::{Arg, Valued, base_name, valued};
use super::lex::{self, is_name, unreadable};
use super::paths::{self, Network, Operands};
use super::walk::{Around, Folders, Input, Redirections, Walk, blank};
use super::wrappers::{self, CODE_OPTIONS, DECLARERS, Interpreter, OTHER_SHELLS, Runs, SHELLS, Wrapper};
use super::{SimpleCommand, Word, unknown_word};
use crate::value::{Fault, FaultKind, PathValue};

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
            redirect(&mut self.out[i], redirections, around);
        }
        Ok(start..self.out.len())
    }

    fn call(&mut self, call: Call<'_>, around: &mut Around) -> Result<(), Fault> {
        let Some(first) = call.args.first() else {
            return self.push(SimpleCommand { name: Ok("".into()), written: Ok("".into()), assigns: call.assigns, ..blank(call.source, around) });
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
                let piped = call.args.get(1).is_some_and(|a| a.process || a.known().is_some_and(is_standard_input));
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
                if runs_inline_code(&name, &call.args, &around.input) {
                    self.mark_code();
                } else if let Some(interpreter) = wrappers::interpreter(&name) {
                    let script = interpreter_operand(interpreter, call.args.get(1..).unwrap_or_default()).ok().flatten();
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
        command.hosts = hosts(name, rest);
        arguments(&mut command, name, rest, &around.folders);
        declared(self, &mut command, name, rest);
        if code_option(name, rest) {
            self.push(command)?;
            self.mark_code();
            return Ok(());
        }
        self.push(command)
    }

    fn wrapped(&mut self, mut call: Call<'_>, written: &Arc<str>, wrapper: &Wrapper, around: &mut Around) -> Result<(), Fault> {
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
                let starts_shell = wrapper.privileged && wrapper.runs == Runs::Words && !call.args.iter().any(|a| matches!(a.known(), Some("-l" | "-v" | "-k" | "-K" | "--list" | "-V" | "--version")));
                if starts_shell && !matches!(inner.input, Input::Inherited) {
                    self.mark_code();
                }
                Ok(())
            }
            Behind::Words(at) if wrapper.runs == Runs::Elsewhere => {
                self.plain(&Call { args: call.args[..at].to_vec(), assigns: call.assigns.clone(), ..call }, written, &inner)?;
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
    fn code(&mut self, code: Word, call: Call<'_>, written: &Arc<str>, appends: bool, around: &Around) -> Result<(), Fault> {
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
        find_paths(&mut self.out[at], &call.args[1..], &around.folders);
        let mut rest = call.args.as_slice();
        while let Some(i) = rest.iter().position(|a| matches!(a.known(), Some("-exec" | "-execdir" | "-ok" | "-okdir"))) {
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
            Some(arg) if !from_input && !arg.process && !arg.known().is_none_or(is_standard_input) => {
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
            paths(script, &around.folders, &mut command.reads);
        }
    }

    fn change_folder(&mut self, name: &str, args: &[Arg], around: &mut Around) {
        let mut operands = args.iter().skip(1).filter(|a| !matches!(a.known(), Some("-P" | "-L" | "-e" | "-@" | "--")));
        let target = operands.next().and_then(Arg::known);
        let simple = name != "popd" && operands.next().is_none() && !self.out.iter().any(|c| c.assigns.iter().any(|a| a.as_deref().map_or(true, |a| a == "CDPATH")));
        around.folders = match (target, &around.folders) {
            (Some(target), Some(folders)) if simple && !target.starts_with(['-', '+', '~']) && !target.is_empty() => {
                Some(folders.iter().map(|f| join(f, target).into()).collect())
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
        Valued::Next(_) => return Err(call.args.get(at + 1).map_or(Behind::Unclear, |a| Behind::Code(code_text(wrapper, a.word.clone())))),
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
        Valued::No if text.starts_with("--") && !text.contains('=') && next_is_doubtful(call, at, wrapper) => Err(Behind::Unclear),
        Valued::No => Ok(at + 1),
    }
}

/// After an unknown long option: whether the next word might be its value and not the command.
fn next_is_doubtful(call: &Call<'_>, at: usize, wrapper: &Wrapper) -> bool {
    const HARMLESS: [&str; 20] = [
        "--foreground", "--preserve-status", "--verbose", "--preserve-env", "--non-interactive", "--login", "--ignore-environment", "--null",
        "--no-run-if-empty", "--stdin", "--set-home", "--background", "--reset-timestamp", "--shell", "--interactive", "--open-tty", "--pty", "--user",
        "--scope", "--frozen",
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

fn is_standard_input(text: &str) -> bool {
    text == "-" || text == "/dev/stdin" || text.starts_with("/dev/fd/") || text.starts_with("/proc/self/fd/")
}

/// Whether an interpreter is given code in its arguments or by a pipe.
fn runs_inline_code(name: &str, args: &[Arg], input: &Input) -> bool {
    if let Some(plain) = plain_filter(name, args) {
        return !plain;
    }
    let Some(interpreter) = wrappers::interpreter(name) else { return false };
    let rest = args.get(1..).unwrap_or_default();
    match interpreter_operand(interpreter, rest) {
        Ok(Some(operand)) => operand.process || operand.known().is_none_or(is_standard_input),
        Ok(None) => !matches!(input, Input::Inherited) || rest.is_empty(),
        Err(()) => true,
    }
}

/// The script that an interpreter is given; `Err` where it is given code.
fn interpreter_operand<'a>(interpreter: &Interpreter, args: &'a [Arg]) -> Result<Option<&'a Arg>, ()> {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let text = arg.known().ok_or(())?;
        if interpreter.code.contains(&text) {
            return Err(());
        }
        if !text.starts_with('-') || text == "-" {
            return Ok(Some(arg));
        }
        if text == "--" {
            return Ok(args.get(at + 1));
        }
        if interpreter.module.iter().any(|m| text == *m || (m.len() == 2 && text.starts_with(m))) {
            return Ok(Some(arg));
        }
        if valued(text, interpreter.code) != Valued::No {
            return Err(());
        }
        at += if matches!(valued(text, interpreter.valued), Valued::Next(_)) { 2 } else { 1 };
        if matches!(text, "--version" | "-V" | "--help" | "-h" | "-v") {
            return Ok(Some(arg));
        }
    }
    Ok(None)
}

/// `awk` and `sed` run programs of their own, which may run others and write files; `Some(true)` where
/// this program plainly does neither.
fn plain_filter(name: &str, args: &[Arg]) -> Option<bool> {
    let rest = args.get(1..).unwrap_or_default();
    match name {
        "awk" | "gawk" | "mawk" | "nawk" => {
            let mut at = 0;
            while let Some(arg) = rest.get(at) {
                let Some(text) = arg.known() else { return Some(false) };
                match valued(text, &["-F", "-v", "--field-separator", "--assign"]) {
                    Valued::Next(_) => at += 2,
                    Valued::Here(..) => at += 1,
                    Valued::No if text.starts_with('-') && text.len() > 1 => return Some(matches!(text, "--version" | "--help")),
                    Valued::No => return Some(!["system", "|", ">", "getline", "@", "close"].iter().any(|w| text.contains(w))),
                }
            }
            Some(true)
        }
        "sed" => {
            let mut scripts = Vec::new();
            let mut at = 0;
            let mut operand = None;
            while let Some(arg) = rest.get(at) {
                let Some(text) = arg.known() else {
                    // An unknown file is no program, an unknown program is.
                    if operand.is_none() && scripts.is_empty() {
                        return Some(false);
                    }
                    at += 1;
                    continue;
                };
                match valued(text, &["-e", "--expression", "-l", "-f", "--file"]) {
                    Valued::Next("-e" | "--expression") => {
                        scripts.push(rest.get(at + 1)?.known()?);
                        at += 2;
                        continue;
                    }
                    Valued::Here("-e" | "--expression", code) => scripts.push(code),
                    Valued::Next(option) | Valued::Here(option, _) if option != "-l" => return Some(false),
                    Valued::Next(_) => at += 1,
                    Valued::Here(..) => {}
                    Valued::No if text.starts_with('-') && text.len() > 1 => {}
                    Valued::No => operand = operand.or(Some(text)),
                }
                at += 1;
            }
            if scripts.is_empty() {
                scripts.extend(operand);
            }
            Some(scripts.iter().all(|s| plain_sed(s)))
        }
        _ => None,
    }
}

/// Whether a `sed` program only prints, deletes and substitutes.
fn plain_sed(script: &str) -> bool {
    script.split(['\n', ';']).all(|command| {
        let command = command.trim().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | ' ' | '!' | '+' | '~'));
        let command = match command.strip_prefix('/').and_then(|c| c.split_once('/')) {
            Some((address, rest)) if !address.contains('\\') => rest.trim_start_matches(['I', '!', ' ']),
            Some(_) => return false,
            None => command,
        };
        let mut chars = command.chars();
        match chars.next() {
            None | Some('p' | 'd' | 'q' | 'n' | '=' | 'D' | 'P' | 'N' | 'h' | 'g' | 'G' | 'H' | 'x' | '}' | '{') => chars.all(|c| c.is_ascii_digit() || c == '}'),
            Some('s' | 'y') => {
                let Some(mark) = chars.next().filter(|c| c.is_ascii_punctuation() && *c != '\\') else { return false };
                let rest = chars.as_str();
                if rest.contains('\\') && rest.contains(&format!("\\{mark}")) {
                    return false;
                }
                let pieces: Vec<&str> = rest.split(mark).collect();
                matches!(pieces.as_slice(), [_, _, flags] if flags.trim_end_matches(['}', ' ']).chars().all(|c| "gpiI0123456789".contains(c)))
            }
            Some(_) => false,
        }
    })
}

/// Whether an option of an ordinary program runs code.
fn code_option(name: &str, args: &[Arg]) -> bool {
    let Some((_, table)) = CODE_OPTIONS.iter().find(|(program, _)| *program == name) else { return false };
    let before_subcommand = name == "git";
    for arg in args {
        let Some(text) = arg.known() else { continue };
        if before_subcommand && !text.starts_with('-') && table.contains(&"-c") {
            // After the subcommand `-c`, `-x` and `-O` have other meanings there.
            return args.iter().filter_map(Arg::known).any(|t| matches!(valued(t, &["--upload-pack", "--receive-pack", "--exec", "--extcmd", "--open-files-in-pager"]), Valued::Here(..) | Valued::Next(_)));
        }
        let direct = table.iter().any(|o| (o.ends_with('=') || *o == "+") && text.starts_with(o));
        if direct || valued(text, table) != Valued::No {
            return true;
        }
    }
    false
}

/// Builtins that name variables, and tests that evaluate what they are given.
fn declared(walk: &mut Walk, command: &mut SimpleCommand, name: &str, args: &[Arg]) {
    let hides = |a: &Arg| a.known().is_none_or(|t| t.contains("$(") || t.contains('`'));
    if (DECLARERS.contains(&name) || matches!(name, "[" | "[[" | "test" | "printf")) && args.iter().any(hides) {
        walk.arithmetic = true;
    }
    if name == "printf" {
        if let Some(at) = args.iter().position(|a| a.known() == Some("-v")) {
            command.assigns.extend(args.get(at + 1).map(|a| a.word.clone()));
        }
    }
    if !DECLARERS.contains(&name) {
        return;
    }
    for arg in args {
        match arg.known() {
            Some(text) if text.starts_with(['-', '+']) => {}
            Some(text) => {
                let variable = text.split(['=', '+', '[']).next().unwrap_or(text);
                let known = is_name(variable) && name != "let";
                command.assigns.push(if known { Ok(variable.into()) } else { Err(unknown_word("which variable it assigns is not read here")) });
            }
            None => {
                // `export a="$b"`: the name is in the source.
                let variable = arg.source.split('=').next().unwrap_or_default();
                command.assigns.push(if is_name(variable) && arg.source.contains('=') { Ok(variable.into()) } else { Err(unknown_word("which variable it assigns is only known when it runs")) });
            }
        }
    }
}

/// Files and folders of a redirection, as those of a command.
pub(super) fn redirect(command: &mut SimpleCommand, redirections: &Redirections, around: &Around) {
    for arg in &redirections.reads {
        if let Some(address) = arg.known().and_then(device_host) {
            command.hosts.push(Ok(address.into()));
        }
        paths(arg, &around.folders, &mut command.reads);
    }
    for arg in &redirections.writes {
        if let Some(address) = arg.known().and_then(device_host) {
            command.hosts.push(Ok(address.into()));
        }
        let before = command.writes.len();
        paths(arg, &around.folders, &mut command.writes);
        command.redirects |= command.writes.len() > before;
    }
}

/// The host of `/dev/tcp/host/port`.
fn device_host(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("/dev/tcp/").or_else(|| text.strip_prefix("/dev/udp/"))?;
    rest.split('/').next().filter(|h| !h.is_empty())
}

/// Devices that hold nothing and change nothing.
fn is_harmless_device(text: &str) -> bool {
    matches!(text, "/dev/null" | "/dev/stdin" | "/dev/stdout" | "/dev/stderr" | "/dev/tty" | "/dev/zero" | "/dev/random" | "/dev/urandom")
        || text.strip_prefix("/dev/fd/").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Adds a path argument, as seen from every folder the command may be in.
fn paths(arg: &Arg, folders: &Folders, to: &mut Vec<Result<Arc<PathValue>, Fault>>) {
    if arg.process {
        return;
    }
    let mut add = |path: Result<Arc<PathValue>, Fault>| {
        if !to.contains(&path) {
            to.push(path);
        }
    };
    match &arg.word {
        Err(fault) => add(Err(fault.clone())),
        Ok(text) if &**text == "-" || text.is_empty() || is_harmless_device(text) => {}
        Ok(text) if text.starts_with('/') => add(PathValue::read(text).map(Arc::new)),
        Ok(text) => match folders {
            None => add(Err(unknown_word("the folder is only known when it runs"))),
            Some(folders) => folders.iter().for_each(|f| add(PathValue::read(&join(f, text)).map(Arc::new))),
        },
    }
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() || folder == "." || path.starts_with('/') {
        path.to_string()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/'))
    }
}

/// Sorts the arguments of a program into what it reads and what it writes.
fn arguments(command: &mut SimpleCommand, name: &str, args: &[Arg], folders: &Folders) {
    if name == "tar" || name == "bsdtar" {
        return tar(command, args, folders);
    }
    if name == "git" {
        return git(command, args, folders);
    }
    let Some(usage) = paths::usage(name) else { return guess(command, args, folders) };
    let (mut options, mut at) = (true, 0);
    let (mut operands, mut skip, mut in_place, mut here, mut target) = (Vec::new(), usage.skip, false, usage.writes_here.contains(&""), false);
    while let Some(arg) = args.get(at) {
        at += 1;
        let text = arg.known().unwrap_or_default();
        if !options || !text.starts_with('-') || text == "-" {
            operands.push(arg.clone());
            continue;
        }
        if text == "--" {
            options = false;
            continue;
        }
        let given = |table: &[&'static str]| table.iter().any(|o| super::args::is_flag(text, o, false) != Some(false));
        in_place |= given(usage.in_place);
        here |= given(usage.writes_here);
        if given(usage.skip_given) {
            skip = 0;
        }
        let mut value = |table: &[&'static str], to: &mut Vec<Result<Arc<PathValue>, Fault>>| match valued(text, table) {
            Valued::Next(_) => {
                if let Some(next) = args.get(at) {
                    paths(next, folders, to);
                }
                at += 1;
                true
            }
            Valued::Here(_, value) => {
                paths(&Arg { word: Ok(value.into()), source: arg.source.clone(), process: false }, folders, to);
                true
            }
            Valued::No => false,
        };
        if value(usage.writes, &mut command.writes) {
            target |= matches!(text.get(..2), Some("-t")) || text.starts_with("--target");
        } else if !value(usage.reads, &mut command.reads) {
            match valued(text, usage.valued) {
                Valued::Next(_) => {
                    at_files(command, name, args.get(at), folders);
                    at += 1;
                }
                Valued::Here(_, value) => at_files(command, name, Some(&Arg { word: Ok(value.into()), source: arg.source.clone(), process: false }), folders),
                Valued::No => attached_path(command, arg, folders),
            }
        }
    }
    if here {
        paths(&Arg { word: Ok(".".into()), source: ".".into(), process: false }, folders, &mut command.writes);
    }
    let operands = operands.get(skip..).unwrap_or_default();
    operands_of(command, usage.operands, operands, (in_place, target), folders);
}

fn operands_of(command: &mut SimpleCommand, kind: Operands, operands: &[Arg], (in_place, target): (bool, bool), folders: &Folders) {
    let all = |list: &[Arg], to: &mut Vec<Result<Arc<PathValue>, Fault>>| list.iter().filter(|a| !is_remote(a)).for_each(|a| paths(a, folders, to));
    match kind {
        Operands::None => {}
        Operands::Read => {
            all(operands, &mut command.reads);
            if in_place {
                all(operands, &mut command.writes);
            }
        }
        Operands::Write => all(operands, &mut command.writes),
        Operands::Copy | Operands::Move => {
            // A word that may be several, or none, may be the last.
            let unclear = operands.iter().any(|a| a.word.is_err());
            let last = operands.len() - usize::from(!target && operands.len() > 1);
            let (sources, targets) = operands.split_at(last);
            all(sources, &mut command.reads);
            all(targets, &mut command.writes);
            if kind == Operands::Move || in_place || unclear {
                all(sources, &mut command.writes);
            }
            if targets.is_empty() && !target && !operands.is_empty() && kind == Operands::Copy {
                // `ln file` makes a link here.
                paths(&Arg { word: Ok(".".into()), source: ".".into(), process: false }, folders, &mut command.writes);
            }
        }
        Operands::KeyValue => {
            for arg in operands {
                match arg.word.as_deref().map(|t| t.split_once('=')) {
                    Ok(Some(("if", value))) => paths(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.reads),
                    Ok(Some(("of", value))) => paths(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.writes),
                    Ok(_) => {}
                    Err(_) => {
                        paths(arg, folders, &mut command.reads);
                        paths(arg, folders, &mut command.writes);
                    }
                }
            }
        }
        Operands::Guess => guess(command, operands, folders),
    }
}

/// `curl -d @file`, `-F name=@file`.
fn at_files(command: &mut SimpleCommand, name: &str, arg: Option<&Arg>, folders: &Folders) {
    let Some(arg) = arg.filter(|_| name == "curl") else { return };
    let Some(text) = arg.known() else { return };
    let file = text.strip_prefix('@').or_else(|| text.split_once("=@").map(|(_, f)| f)).or_else(|| text.split_once("=<").map(|(_, f)| f));
    if let Some(file) = file {
        let file = file.split(';').next().unwrap_or(file);
        paths(&Arg { word: Ok(file.into()), ..arg.clone() }, folders, &mut command.reads);
    }
}

/// `--anything=/some/path` of an option that no table knows.
fn attached_path(command: &mut SimpleCommand, arg: &Arg, folders: &Folders) {
    if let Some((_, value)) = arg.known().and_then(|t| t.split_once('=')) {
        if looks_like_path(value) {
            paths(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.reads);
        }
    }
}

fn looks_like_path(text: &str) -> bool {
    (text.contains('/') || text.starts_with('.')) && !text.contains("://") && !text.starts_with('-')
}

/// `host:path` and URLs lie elsewhere.
fn is_remote(arg: &Arg) -> bool {
    arg.known().is_some_and(|t| t.contains("://") || remote_host(t).is_some())
}

/// A program that no table knows: what looks like a path may be read.
fn guess(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    for arg in args {
        match arg.known() {
            None => paths(arg, folders, &mut command.reads),
            Some(text) if looks_like_path(text) && !is_remote(arg) => paths(arg, folders, &mut command.reads),
            Some(_) => attached_path(command, arg, folders),
        }
    }
}

fn find_paths(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    let start = args.iter().position(|a| a.known().is_some_and(|t| t.starts_with(['-', '(', '!']) && !matches!(t, "-H" | "-L" | "-P")));
    let (roots, tests) = args.split_at(start.unwrap_or(args.len()));
    let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
    let roots: Vec<&Arg> = roots.iter().filter(|a| !matches!(a.known(), Some("-H" | "-L" | "-P"))).collect();
    let roots = if roots.is_empty() { vec![&here] } else { roots };
    let deletes = tests.iter().any(|a| a.known().is_none_or(|t| t == "-delete"));
    for root in roots {
        paths(root, folders, &mut command.reads);
        if deletes {
            paths(root, folders, &mut command.writes);
        }
    }
    for (i, test) in tests.iter().enumerate() {
        let Some(next) = tests.get(i + 1) else { break };
        match test.known() {
            Some("-fprint" | "-fprintf" | "-fls" | "-fprint0") => paths(next, folders, &mut command.writes),
            Some("-newer" | "-samefile" | "-files0-from") => paths(next, folders, &mut command.reads),
            Some(_) | None => {}
        }
    }
}

/// `tar`: what is packed is read, what is unpacked is written.
fn tar(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    let (mut extracts, mut creates, mut at) = (false, false, 0);
    let mut archive = None;
    let mut targets = Vec::new();
    let mut operands = Vec::new();
    while let Some(arg) = args.get(at) {
        at += 1;
        let Some(text) = arg.known() else {
            (extracts, creates) = (true, true);
            operands.push(arg);
            continue;
        };
        let bundled = at == 1 && !text.starts_with('-');
        if !bundled && !text.starts_with('-') {
            operands.push(arg);
            continue;
        }
        if let Some(long) = text.strip_prefix("--") {
            extracts |= matches!(long, "extract" | "get");
            creates |= matches!(long, "create" | "append" | "update" | "concatenate" | "catenate" | "delete");
        } else {
            extracts |= text.contains('x');
            creates |= text.contains(['c', 'r', 'u', 'A']);
        }
        let here = |value: &str| Arg { word: Ok(value.into()), ..arg.clone() };
        match valued(if bundled { "" } else { text }, &["-f", "--file", "-C", "--directory", "-T", "--files-from", "-X", "--exclude-from", "--exclude"]) {
            Valued::Next(option) | Valued::Here(option, _) if matches!(option, "-f" | "--file" | "-C" | "--directory") => {
                let value = match valued(text, &["-f", "--file", "-C", "--directory"]) {
                    Valued::Here(_, value) => Some(here(value)),
                    Valued::Next(_) | Valued::No => {
                        at += 1;
                        args.get(at - 1).cloned()
                    }
                };
                if option.ends_with('f') || option == "--file" { archive = value } else { targets.extend(value) }
            }
            Valued::Next(_) => at += 1,
            Valued::Here(..) => {}
            Valued::No if bundled && text.contains('f') => {
                archive = args.get(at).cloned();
                at += 1;
            }
            Valued::No => {}
        }
    }
    if let Some(archive) = &archive {
        paths(archive, folders, if creates { &mut command.writes } else { &mut command.reads });
    }
    let inside: Folders = if targets.is_empty() { folders.clone() } else { None };
    if creates {
        operands.iter().for_each(|a| paths(a, &inside, &mut command.reads));
        targets.iter().for_each(|a| paths(a, folders, &mut command.reads));
    }
    if extracts {
        let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
        let targets = if targets.is_empty() { vec![here] } else { targets };
        targets.iter().for_each(|a| paths(a, folders, &mut command.writes));
    }
}

/// `git`: which subcommands change the files they name.
fn git(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    let moved = args.iter().any(|a| a.known().is_none_or(|t| t == "-C" || t.starts_with("--work-tree") || t.starts_with("--git-dir")));
    let elsewhere: Folders = if moved { None } else { folders.clone() };
    let subcommand = super::questions::subcommand_at("git", args);
    let Ok(Some(at)) = subcommand else { return guess(command, args, &elsewhere) };
    let rest = args.get(at + 1..).unwrap_or_default();
    guess(command, &args[..at], folders);
    let operands: Vec<Arg> = rest.iter().filter(|a| a.known().is_none_or(|t| !t.starts_with('-'))).cloned().collect();
    let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
    match args[at].known() {
        Some("rm" | "mv" | "restore" | "init" | "clean" | "checkout-index") => {
            operands.iter().for_each(|a| paths(a, &elsewhere, &mut command.writes));
            if operands.is_empty() {
                paths(&here, &elsewhere, &mut command.writes);
            }
        }
        Some("clone") => {
            let target = operands.get(1).unwrap_or(&here);
            paths(target, &elsewhere, &mut command.writes);
            operands.first().filter(|a| !is_remote(a)).iter().for_each(|a| paths(a, &elsewhere, &mut command.reads));
        }
        Some("checkout" | "switch" | "stash" | "reset" | "merge" | "rebase" | "pull" | "apply" | "am" | "cherry-pick" | "revert") => {
            guess(command, rest, &elsewhere);
            paths(&here, &elsewhere, &mut command.writes);
        }
        Some("worktree" | "submodule" | "archive" | "bundle" | "format-patch") => {
            guess(command, rest, &elsewhere);
            operands.iter().filter(|a| a.known().is_none_or(looks_like_path)).for_each(|a| paths(a, &elsewhere, &mut command.writes));
        }
        Some("add" | "blame" | "ls-files") => operands.iter().for_each(|a| paths(a, &elsewhere, &mut command.reads)),
        Some(_) | None => {
            guess(command, rest, &elsewhere);
            for arg in rest {
                if let Some(file) = arg.known().and_then(|t| t.strip_prefix("--output=")) {
                    paths(&Arg { word: Ok(file.into()), ..arg.clone() }, &elsewhere, &mut command.writes);
                }
            }
        }
    }
}

/// The host of `[user@]host:path`.
fn remote_host(text: &str) -> Option<&str> {
    let (host, _) = text.split_once(':')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    (!host.is_empty() && !host.contains('/') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))).then_some(host)
}

/// The host of an address with or without a scheme.
fn address_host(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split_inclusive(']').next()? } else { host.split(':').next()? };
    (!host.is_empty()).then_some(host)
}

/// The hosts among the arguments.
fn hosts(name: &str, args: &[Arg]) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut add = |host: Word| {
        let host = host.map(|h| h.to_lowercase().trim_end_matches('.').into());
        if !out.contains(&host) {
            out.push(host);
        }
    };
    let network = paths::NETWORK.iter().find(|(program, ..)| *program == name);
    for arg in args {
        match arg.known() {
            Some(text) if text.contains("://") => {
                for piece in text.split(['=', ' ', ',']).filter(|p| p.contains("://")) {
                    add(address_host(piece).map(Into::into).ok_or_else(|| unknown_word("an address has no host")));
                }
            }
            Some(_) => {}
            None if network.is_some() => add(arg.word.clone()),
            None => {}
        }
    }
    let Some((_, kind, own)) = network else { return out };
    let usage = paths::usage(name);
    let mut table: Vec<&'static str> = own.to_vec();
    if let Some(usage) = usage {
        table.extend(usage.valued.iter().chain(usage.reads).chain(usage.writes));
    }
    if let Some(wrapper) = wrappers::wrapper(name) {
        table.extend(wrapper.valued);
    }
    let mut at = 0;
    let mut first = true;
    while let Some(arg) = args.get(at) {
        at += 1;
        let Some(text) = arg.known() else { continue };
        if text.starts_with('-') && text.len() > 1 {
            match valued(text, paths::CURL_HOSTS) {
                Valued::Next(_) if name == "curl" => {
                    if let Some(value) = args.get(at).and_then(Arg::known) {
                        address_host(value).into_iter().for_each(|h| add(Ok(h.into())));
                    }
                    at += 1;
                    continue;
                }
                Valued::Here(_, value) if name == "curl" => address_host(value).into_iter().for_each(|h| add(Ok(h.into()))),
                Valued::Next(_) | Valued::Here(..) | Valued::No => {}
            }
            if let Valued::Next(option) = valued(text, &table) {
                if name == "ssh" && matches!(option, "-J" | "-W") {
                    if let Some(value) = args.get(at).and_then(Arg::known) {
                        value.split(',').filter_map(address_host).for_each(|h| add(Ok(h.into())));
                    }
                }
                at += 1;
            }
            continue;
        }
        match kind {
            Network::None => {}
            Network::Addresses => address_host(text.trim_start_matches(['@', '+'])).into_iter().for_each(|h| add(Ok(h.into()))),
            Network::First if first => {
                address_host(text).into_iter().for_each(|h| add(Ok(h.into())));
                first = false;
            }
            Network::First => {}
            Network::Remote if !text.contains("://") => remote_host(text).into_iter().for_each(|h| add(Ok(h.into()))),
            Network::Remote => {}
            Network::Socat => {
                let mut pieces = text.split(':');
                let protocol = pieces.next().unwrap_or_default().to_uppercase();
                if ["TCP", "UDP", "SSL", "OPENSSL", "SOCKS", "PROXY", "SCTP"].iter().any(|p| protocol.starts_with(p)) {
                    pieces.next().filter(|h| !h.is_empty()).into_iter().for_each(|h| add(Ok(h.into())));
                }
            }
        }
    }
    out
}
