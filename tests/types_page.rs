//! The tables of the page on types say what the code does.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use aas::types::{Type, TypeTable, read_text};
use aas::value::Value;
use aas::value::path::PathGlob;
use aas::value::text::show;
use aas::value::time::Zone;

const PAGE: &str = include_str!("../docs/src/reference/types.md");

/// Rows of all tables with this first line, each with the heading above it.
fn rows(first_line: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let (mut heading, mut inside, mut rows) = ("", false, Vec::new());
    for line in PAGE.lines() {
        if let Some(text) = line.strip_prefix("## ") {
            heading = text.trim_matches('`');
        }
        let is_row = line.starts_with("| ") && line != first_line;
        inside = line == first_line || (inside && line.starts_with('|'));
        if inside && is_row {
            rows.push((heading, line.trim_matches('|').split('|').map(str::trim).collect()));
        }
    }
    rows
}

/// The texts between back quotes.
fn quoted(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

fn read(ty: &Type, text: &str) -> Value {
    read_text(ty, text, &Zone::utc()).unwrap_or_else(|fault| panic!("{text}: {}", fault.detail))
}

#[test]
fn given_becomes_what_the_page_says() {
    let rows = rows("| given | is |");
    assert!(rows.len() >= 8, "the tables were found");
    for (heading, cells) in rows {
        let ty = if heading == "host" { Type::Host } else { Type::Path };
        let (given, is) = (quoted(cells[0]).next().expect("a text"), quoted(cells[1]).next().expect("a text"));
        let value = read(&ty, given);
        assert_eq!(value.text(), Some(is), "{given}");
        let outside = matches!(&value, Value::Path(path) if path.is_outside());
        assert_eq!(outside, cells[1].contains("outside"), "{given}");
        assert!(show(&value, &TypeTable::default()).starts_with(is), "{given}");
    }
}

#[test]
fn globs_match_what_the_page_says() {
    let rows = rows("| glob | matches | does not match |");
    assert!(rows.len() >= 5, "the table was found");
    for (_, cells) in rows {
        let source = quoted(cells[0]).next().expect("a glob");
        let glob = PathGlob::new(source).unwrap_or_else(|message| panic!("{message}"));
        for (cell, wanted) in [(cells[1], true), (cells[2], false)] {
            for text in quoted(cell) {
                let Value::Path(path) = read(&Type::Path, text) else { panic!("no path") };
                assert_eq!(glob.is_match(&path, false), Ok(wanted), "{source} on {text}");
            }
        }
    }
}
