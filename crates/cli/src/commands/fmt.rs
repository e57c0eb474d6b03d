//! `aasc fmt`

use std::io::Read;
use std::path::{Path, PathBuf};

use aas::SourceSet;

use crate::exit::{Exit, Failure, Outcome};
use crate::load::{Text, bytes_to_text, read_text, rule_files};
use crate::out::{Out, Style};
use crate::report::{Findings, plural};

/// Puts rule files into their one canonical form. Comments are kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files and folders; `-` reads one file from standard input and prints its form.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Changes nothing; shows what would change and exits with 1 where anything would.
    #[arg(long)]
    check: bool,
}

/// Lines shown around a change.
const AROUND: usize = 2;

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        return match args.paths.len() {
            1 => standard_input(args.check, out),
            _ => Err(Failure::said("`-` stands alone: standard input is one file.")),
        };
    }
    let files = rule_files(&args.paths)?;
    if files.is_empty() {
        return Err(Failure::said("There are no rule files here."));
    }
    let mut findings = Findings::default();
    let (mut changed, mut unreadable) = (0, 0);
    for path in &files {
        let Some((text, formatted)) = one(path, read_text(path)?, &mut findings) else {
            unreadable += 1;
            continue;
        };
        if text == formatted {
            continue;
        }
        changed += 1;
        if args.check {
            difference(&path.display().to_string(), &text, &formatted, out)?;
        } else {
            std::fs::write(path, formatted)
                .map_err(|error| Failure::said(format_args!("`{}` cannot be written: {error}.", path.display())))?;
            out.line(format_args!("formatted {}", path.display()))?;
        }
    }
    let total = plural(files.len(), "file");
    let left = if unreadable == 0 { String::new() } else { format!(", {unreadable} left alone because of errors") };
    match (args.check, changed) {
        (_, 0) if unreadable > 0 => out.line(format_args!("{total}{left}"))?,
        (_, 0) => out.line(format_args!("{total}, nothing to change"))?,
        (true, n) => out.line(format_args!("{total}, {n} would change{left}"))?,
        (false, n) => out.line(format_args!("{total}, {n} changed{left}"))?,
    }
    out.flush()?;
    findings.complain()?;
    Ok(if args.check && changed > 0 { Exit::Wrong } else { Exit::Fine })
}

fn standard_input(check: bool, out: &mut Out) -> Outcome {
    let mut bytes = Vec::new();
    let limit = aas::source::MAX_FILE_BYTES as u64 + 1;
    std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(Failure::said)?;
    let path = Path::new("<standard input>");
    let mut findings = Findings::default();
    let Some((text, formatted)) = one(path, bytes_to_text(path, bytes.as_slice())?, &mut findings) else {
        findings.complain()?;
        return Ok(Exit::Wrong);
    };
    if !check {
        out.text(&formatted)?;
        return Ok(Exit::Fine);
    }
    if text == formatted {
        return Ok(Exit::Fine);
    }
    difference("<standard input>", &text, &formatted, out)?;
    Ok(Exit::Wrong)
}

/// A file's text and its canonical form; nothing, with a finding, where it cannot be read as rules.
fn one(path: &Path, text: Text, findings: &mut Findings) -> Option<(String, String)> {
    let shown = path.display().to_string();
    match text {
        Text::Good(text) => {
            let sources = SourceSet::single(shown, text.clone());
            match aas::syntax::format(&sources, aas::source::FileId(0)) {
                Ok(formatted) => Some((text, formatted)),
                Err(diagnostics) => {
                    findings.add(&sources, diagnostics);
                    None
                }
            }
        }
        Text::Bad { shown: part, code, at, message } => {
            let mut sources = SourceSet::default();
            let id = sources.add(shown, part);
            findings.add(&sources, vec![Text::finding(code, id, at, message)]);
            None
        }
    }
}

/// The lines that differ, in the manner of a patch.
fn difference(name: &str, before: &str, after: &str, out: &mut Out) -> Outcome<()> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    out.line(out.paint(Style::Bold, format_args!("--- {name}")))?;
    out.line(out.paint(Style::Bold, format_args!("+++ {name} (formatted)")))?;
    for hunk in hunks(&old, &new) {
        let [from, to, new_from, new_to] = hunk;
        let head = from.saturating_sub(AROUND);
        let tail = (to + AROUND).min(old.len());
        out.line(out.paint(Style::Dim, format_args!("@@ line {} @@", from + 1)))?;
        for line in &old[head..from] {
            out.line(format_args!(" {line}"))?;
        }
        for line in &old[from..to] {
            out.line(out.paint(Style::Red, format_args!("-{line}")))?;
        }
        for line in &new[new_from..new_to] {
            out.line(out.paint(Style::Green, format_args!("+{line}")))?;
        }
        for line in &old[to..tail] {
            out.line(format_args!(" {line}"))?;
        }
    }
    if before.lines().eq(after.lines()) {
        out.line("the line ends differ")?;
    }
    Ok(())
}

/// Ranges of old and new lines that differ. After a difference the texts meet again at the nearest pair of
/// equal lines that are not blank; a formatter moves little, so the search is short.
fn hunks(old: &[&str], new: &[&str]) -> Vec<[usize; 4]> {
    const REACH: usize = 400;
    let (mut i, mut j, mut hunks) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let meeting = (1..REACH).find_map(|distance| {
            (0..=distance)
                .map(|a| (i + a, j + distance - a))
                .find(|(a, b)| *a < old.len() && *b < new.len() && old[*a] == new[*b] && !old[*a].trim().is_empty())
        });
        let (next_i, next_j) = meeting.unwrap_or((old.len(), new.len()));
        hunks.push([i, next_i, j, next_j]);
        (i, j) = (next_i, next_j);
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::hunks;

    #[test]
    fn differences_are_found_and_equal_lines_left_out() {
        assert_eq!(hunks(&["a", "b", "c"], &["a", "b", "c"]), Vec::<[usize; 4]>::new());
        assert_eq!(hunks(&["a", "b", "c"], &["a", "x", "c"]), [[1, 2, 1, 2]]);
        assert_eq!(hunks(&["a", "c"], &["a", "b", "c"]), [[1, 1, 1, 2]]);
        assert_eq!(hunks(&["a", "b"], &["a"]), [[1, 2, 1, 1]]);
        assert_eq!(hunks(&[], &["a"]), [[0, 0, 0, 1]]);
    }
}
