//! Whether a program's own arguments are code: inline programs of interpreters, `awk`, `sed`, and options
//! that run something.

use super::args::{Arg, Valued, valued};
use super::walk::{Input, Walk};
use super::words::is_name;
use super::wrappers::{self, CODE_OPTIONS, DECLARERS, Interpreter};
use super::{SimpleCommand, unknown_word};

pub(super) fn is_standard_input(text: &str) -> bool {
    text == "-" || text == "/dev/stdin" || text.starts_with("/dev/fd/") || text.starts_with("/proc/self/fd/")
}

/// Whether an interpreter is given code in its arguments or by a pipe.
pub(super) fn runs_inline_code(name: &str, args: &[Arg], input: &Input) -> bool {
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
pub(super) fn interpreter_operand<'a>(interpreter: &Interpreter, args: &'a [Arg]) -> Result<Option<&'a Arg>, ()> {
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
                    Valued::No if text.starts_with('-') && text.len() > 1 => {
                        return Some(matches!(text, "--version" | "--help"));
                    }
                    Valued::No => {
                        return Some(!["system", "|", ">", "getline", "@", "close"].iter().any(|w| text.contains(w)));
                    }
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
pub(super) fn code_option(name: &str, args: &[Arg]) -> bool {
    let Some((_, table)) = CODE_OPTIONS.iter().find(|(program, _)| *program == name) else { return false };
    let before_subcommand = name == "git";
    for arg in args {
        let Some(text) = arg.known() else { continue };
        if before_subcommand && !text.starts_with('-') && table.contains(&"-c") {
            // After the subcommand `-c`, `-x` and `-O` have other meanings there.
            return args.iter().filter_map(Arg::known).any(|t| {
                matches!(
                    valued(t, &["--upload-pack", "--receive-pack", "--exec", "--extcmd", "--open-files-in-pager"]),
                    Valued::Here(..) | Valued::Next(_)
                )
            });
        }
        let direct = table.iter().any(|o| (o.ends_with('=') || *o == "+") && text.starts_with(o));
        if direct || valued(text, table) != Valued::No {
            return true;
        }
    }
    false
}

/// Builtins that name variables, and tests that evaluate what they are given.
pub(super) fn declared(walk: &mut Walk, command: &mut SimpleCommand, name: &str, args: &[Arg]) {
    let hides = |a: &Arg| a.known().is_none_or(|t| t.contains("$(") || t.contains('`'));
    if (DECLARERS.contains(&name) || matches!(name, "[" | "[[" | "test" | "printf")) && args.iter().any(hides) {
        walk.arithmetic = true;
    }
    if name == "printf"
        && let Some(at) = args.iter().position(|a| a.known() == Some("-v"))
    {
        command.assigns.extend(args.get(at + 1).map(|a| a.word.clone()));
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
                command.assigns.push(if known {
                    Ok(variable.into())
                } else {
                    Err(unknown_word("which variable it assigns is not read here"))
                });
            }
            None => {
                // `export a="$b"`: the name is in the source.
                let variable = arg.source.split('=').next().unwrap_or_default();
                command.assigns.push(if is_name(variable) && arg.source.contains('=') {
                    Ok(variable.into())
                } else {
                    Err(unknown_word("which variable it assigns is only known when it runs"))
                });
            }
        }
    }
}
