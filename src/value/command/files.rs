//! The files of a command: its arguments and redirections, sorted into what is read and what is written.

use std::sync::Arc;

use super::args::{Arg, Valued, is_flag, valued};
use super::hosts::remote_host;
use super::paths::{self, Operands};
use super::walk::{Around, Folders, Redirections};
use super::{SimpleCommand, questions, unknown_word};
use crate::value::{Fault, PathValue, net};

/// A list of paths of a command.
type Found = Vec<Result<Arc<PathValue>, Fault>>;

/// Files and folders of a redirection, as those of a command.
pub(super) fn redirect(command: &mut SimpleCommand, redirections: &Redirections, around: &Around) {
    for arg in &redirections.reads {
        if let Some(address) = arg.known().and_then(device_host) {
            command.hosts.push(net::read_host(address));
        }
        add(arg, &around.folders, &mut command.reads);
    }
    for arg in &redirections.writes {
        if let Some(address) = arg.known().and_then(device_host) {
            command.hosts.push(net::read_host(address));
        }
        let before = command.writes.len();
        add(arg, &around.folders, &mut command.writes);
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
    matches!(
        text,
        "/dev/null"
            | "/dev/stdin"
            | "/dev/stdout"
            | "/dev/stderr"
            | "/dev/tty"
            | "/dev/zero"
            | "/dev/random"
            | "/dev/urandom"
    ) || text.strip_prefix("/dev/fd/").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Adds a path argument, as seen from every folder the command may be in.
pub(super) fn add(arg: &Arg, folders: &Folders, to: &mut Found) {
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

pub(super) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() || folder == "." || path.starts_with('/') {
        path.to_string()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/'))
    }
}

/// Sorts the arguments of a program into what it reads and what it writes.
pub(super) fn arguments(command: &mut SimpleCommand, name: &str, args: &[Arg], folders: &Folders) {
    if name == "tar" || name == "bsdtar" {
        return tar(command, args, folders);
    }
    if name == "git" {
        return git(command, args, folders);
    }
    let Some(usage) = paths::usage(name) else { return guess(command, args, folders) };
    let (mut options, mut at) = (true, 0);
    let (mut operands, mut skip, mut in_place, mut here, mut target) =
        (Vec::new(), usage.skip, false, usage.writes_here.contains(&""), false);
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
        let given = |table: &[&'static str]| table.iter().any(|o| is_flag(text, o, false) != Some(false));
        in_place |= given(usage.in_place);
        here |= given(usage.writes_here);
        if given(usage.skip_given) {
            skip = 0;
        }
        let mut value = |table: &[&'static str], to: &mut Found| match valued(text, table) {
            Valued::Next(_) => {
                if let Some(next) = args.get(at) {
                    add(next, folders, to);
                }
                at += 1;
                true
            }
            Valued::Here(_, value) => {
                add(&Arg { word: Ok(value.into()), source: arg.source.clone(), process: false }, folders, to);
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
                Valued::Here(_, value) => at_files(
                    command,
                    name,
                    Some(&Arg { word: Ok(value.into()), source: arg.source.clone(), process: false }),
                    folders,
                ),
                Valued::No => attached_path(command, arg, folders),
            }
        }
    }
    if here {
        add(&Arg { word: Ok(".".into()), source: ".".into(), process: false }, folders, &mut command.writes);
    }
    let operands = operands.get(skip..).unwrap_or_default();
    operands_of(command, usage.operands, operands, (in_place, target), folders);
}

fn operands_of(
    command: &mut SimpleCommand,
    kind: Operands,
    operands: &[Arg],
    (in_place, target): (bool, bool),
    folders: &Folders,
) {
    let all = |list: &[Arg], to: &mut Found| list.iter().filter(|a| !is_remote(a)).for_each(|a| add(a, folders, to));
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
                add(&Arg { word: Ok(".".into()), source: ".".into(), process: false }, folders, &mut command.writes);
            }
        }
        Operands::KeyValue => {
            for arg in operands {
                match arg.word.as_deref().map(|t| t.split_once('=')) {
                    Ok(Some(("if", value))) => {
                        add(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.reads)
                    }
                    Ok(Some(("of", value))) => {
                        add(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.writes)
                    }
                    Ok(_) => {}
                    Err(_) => {
                        add(arg, folders, &mut command.reads);
                        add(arg, folders, &mut command.writes);
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
    let file = text
        .strip_prefix('@')
        .or_else(|| text.split_once("=@").map(|(_, f)| f))
        .or_else(|| text.split_once("=<").map(|(_, f)| f));
    if let Some(file) = file {
        let file = file.split(';').next().unwrap_or(file);
        add(&Arg { word: Ok(file.into()), ..arg.clone() }, folders, &mut command.reads);
    }
}

/// `--anything=/some/path` of an option that no table knows.
fn attached_path(command: &mut SimpleCommand, arg: &Arg, folders: &Folders) {
    if let Some((_, value)) = arg.known().and_then(|t| t.split_once('='))
        && looks_like_path(value)
    {
        add(&Arg { word: Ok(value.into()), ..arg.clone() }, folders, &mut command.reads);
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
            None => add(arg, folders, &mut command.reads),
            Some(text) if looks_like_path(text) && !is_remote(arg) => add(arg, folders, &mut command.reads),
            Some(_) => attached_path(command, arg, folders),
        }
    }
}

pub(super) fn find_paths(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    let start = args
        .iter()
        .position(|a| a.known().is_some_and(|t| t.starts_with(['-', '(', '!']) && !matches!(t, "-H" | "-L" | "-P")));
    let (roots, tests) = args.split_at(start.unwrap_or(args.len()));
    let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
    let roots: Vec<&Arg> = roots.iter().filter(|a| !matches!(a.known(), Some("-H" | "-L" | "-P"))).collect();
    let roots = if roots.is_empty() { vec![&here] } else { roots };
    let deletes = tests.iter().any(|a| a.known().is_none_or(|t| t == "-delete"));
    for root in roots {
        add(root, folders, &mut command.reads);
        if deletes {
            add(root, folders, &mut command.writes);
        }
    }
    for (i, test) in tests.iter().enumerate() {
        let Some(next) = tests.get(i + 1) else { break };
        match test.known() {
            Some("-fprint" | "-fprintf" | "-fls" | "-fprint0") => add(next, folders, &mut command.writes),
            Some("-newer" | "-samefile" | "-files0-from") => add(next, folders, &mut command.reads),
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
        match valued(
            if bundled { "" } else { text },
            &["-f", "--file", "-C", "--directory", "-T", "--files-from", "-X", "--exclude-from", "--exclude"],
        ) {
            Valued::Next(option) | Valued::Here(option, _)
                if matches!(option, "-f" | "--file" | "-C" | "--directory") =>
            {
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
        add(archive, folders, if creates { &mut command.writes } else { &mut command.reads });
    }
    let inside: Folders = if targets.is_empty() { folders.clone() } else { None };
    if creates {
        operands.iter().for_each(|a| add(a, &inside, &mut command.reads));
        targets.iter().for_each(|a| add(a, folders, &mut command.reads));
    }
    if extracts {
        let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
        let targets = if targets.is_empty() { vec![here] } else { targets };
        targets.iter().for_each(|a| add(a, folders, &mut command.writes));
    }
}

/// `git`: which subcommands change the files they name.
fn git(command: &mut SimpleCommand, args: &[Arg], folders: &Folders) {
    let moved = args
        .iter()
        .any(|a| a.known().is_none_or(|t| t == "-C" || t.starts_with("--work-tree") || t.starts_with("--git-dir")));
    let elsewhere: Folders = if moved { None } else { folders.clone() };
    let subcommand = questions::subcommand_at("git", args);
    let Ok(Some(at)) = subcommand else { return guess(command, args, &elsewhere) };
    let rest = args.get(at + 1..).unwrap_or_default();
    guess(command, &args[..at], folders);
    let operands: Vec<Arg> = rest.iter().filter(|a| a.known().is_none_or(|t| !t.starts_with('-'))).cloned().collect();
    let here = Arg { word: Ok(".".into()), source: ".".into(), process: false };
    match args[at].known() {
        Some("rm" | "mv" | "restore" | "init" | "clean" | "checkout-index") => {
            operands.iter().for_each(|a| add(a, &elsewhere, &mut command.writes));
            if operands.is_empty() {
                add(&here, &elsewhere, &mut command.writes);
            }
        }
        Some("clone") => {
            let target = operands.get(1).unwrap_or(&here);
            add(target, &elsewhere, &mut command.writes);
            operands.first().filter(|a| !is_remote(a)).iter().for_each(|a| add(a, &elsewhere, &mut command.reads));
        }
        Some(
            "checkout" | "switch" | "stash" | "reset" | "merge" | "rebase" | "pull" | "apply" | "am" | "cherry-pick"
            | "revert",
        ) => {
            guess(command, rest, &elsewhere);
            add(&here, &elsewhere, &mut command.writes);
        }
        Some("worktree" | "submodule" | "archive" | "bundle" | "format-patch") => {
            guess(command, rest, &elsewhere);
            operands
                .iter()
                .filter(|a| a.known().is_none_or(looks_like_path))
                .for_each(|a| add(a, &elsewhere, &mut command.writes));
        }
        Some("add" | "blame" | "ls-files") => operands.iter().for_each(|a| add(a, &elsewhere, &mut command.reads)),
        Some(_) | None => {
            guess(command, rest, &elsewhere);
            for arg in rest {
                if let Some(file) = arg.known().and_then(|t| t.strip_prefix("--output=")) {
                    add(&Arg { word: Ok(file.into()), ..arg.clone() }, &elsewhere, &mut command.writes);
                }
            }
        }
    }
}
