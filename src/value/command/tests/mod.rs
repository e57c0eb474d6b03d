//! Command lines and what they are read as. The table is data: `lines.txt`.

mod hostile;
mod questions;

use super::{SimpleCommand, Word, parse};

fn word(word: &Word) -> String {
    word.as_deref().map_or_else(|_| "?".to_string(), str::to_string)
}

/// One command in the form of the table.
fn show(c: &SimpleCommand) -> String {
    let mut out = if c.name.as_deref() == Ok("") { "-".to_string() } else { word(&c.name) };
    let list = |mark: &str, items: Vec<String>| {
        if items.is_empty() { String::new() } else { format!(" {mark}{}", items.join(",")) }
    };
    let path = |p: &Result<std::sync::Arc<crate::value::PathValue>, crate::value::Fault>| {
        p.as_ref().map_or_else(|_| "?".to_string(), |p| p.text().to_string())
    };
    let args: Vec<String> = c.args.iter().map(word).collect();
    if !args.is_empty() {
        out.push_str(&format!(" ({})", args.join(" ").replace('\n', "␤")));
    }
    out.push_str(&list("r:", c.reads.iter().map(path).collect()));
    out.push_str(&list("w:", c.writes.iter().map(path).collect()));
    out.push_str(&list("h:", c.hosts.iter().map(word).collect()));
    out.push_str(&list("a:", c.assigns.iter().map(word).collect()));
    out.push_str(&list("f:", c.feeds.iter().map(word).collect()));
    for (mark, holds) in [("code", c.runs_code), ("privileged", c.privileged), ("redirects", c.redirects)] {
        if holds {
            out.push(' ');
            out.push_str(mark);
        }
    }
    out
}

/// What a line is read as, one command a line.
fn read(line: &str) -> String {
    match parse(line) {
        Ok(command) => command.commands.iter().map(|c| format!("    {}\n", show(c))).collect(),
        Err(fault) => format!("    ! {}\n", fault.kind.code()),
    }
}

#[test]
fn the_table_holds() {
    let table = include_str!("lines.txt");
    let (mut expected, mut got, mut cases) = (String::new(), String::new(), 0);
    for line in table.lines() {
        expected.push_str(line);
        expected.push('\n');
        if let Some(command) = line.strip_prefix("$ ") {
            cases += 1;
            got.push_str(line);
            got.push('\n');
            got.push_str(&read(&command.replace('␤', "\n")));
        } else if !line.starts_with("    ") {
            got.push_str(line);
            got.push('\n');
        }
    }
    if let Some(path) = option_env!("ACCEPT_LINES") {
        #[allow(clippy::disallowed_methods, reason = "only when somebody accepts new output")]
        std::fs::write(path, &got).expect("the table can be written");
    }
    assert!(cases >= 150, "the table has {cases} lines");
    pretty(&expected, &got);
}

/// Fails with the first line that differs, and its command.
fn pretty(expected: &str, got: &str) {
    let mut command = "";
    for (e, g) in expected.lines().zip(got.lines()) {
        if e.starts_with("$ ") {
            command = e;
        }
        assert_eq!(e, g, "after {command}");
    }
    assert_eq!(expected.lines().count(), got.lines().count());
}
