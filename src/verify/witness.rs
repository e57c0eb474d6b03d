//! Texts near a constant: some that a pattern matches, and some that it just misses.

use crate::value::Value;
use crate::value::pattern::PatternKind;

/// Texts near a constant of any type that has a text or is a pattern.
#[must_use]
pub fn near(hint: &Value) -> Vec<String> {
    match hint {
        Value::Patterns(set) => set.sources.iter().take(32).flat_map(|s| of_pattern(set.kind, s)).collect(),
        Value::Cidr(net) => vec![net.network().to_string(), net.broadcast().to_string(), net.to_string()],
        Value::Semver(v) => of_version(v),
        Value::Command(command) => vec![command.text.to_string()],
        other => match other.text() {
            Some(text) => around(text),
            None => Vec::new(),
        },
    }
}

/// A text, what it begins and ends in, and its neighbours.
fn around(text: &str) -> Vec<String> {
    let short: String = {
        let mut chars = text.chars();
        chars.next_back();
        chars.collect()
    };
    vec![
        text.to_string(),
        text.to_string(),
        format!("{text}x"),
        format!("x{text}"),
        format!("{text}/x"),
        format!("{text}.x"),
        format!("x.{text}"),
        format!("x/{text}/y"),
        text.to_uppercase(),
        short,
    ]
}

fn of_version(v: &semver::Version) -> Vec<String> {
    let plain = |major: u64, minor: u64, patch: u64| format!("{major}.{minor}.{patch}");
    vec![
        v.to_string(),
        plain(v.major, v.minor, v.patch.saturating_add(1)),
        plain(v.major, v.minor, v.patch.saturating_sub(1)),
        plain(v.major.saturating_add(1), 0, 0),
        format!("{}-rc.1", plain(v.major, v.minor, v.patch)),
    ]
}

fn of_pattern(kind: PatternKind, source: &str) -> Vec<String> {
    match kind {
        PatternKind::Regex => {
            let text = of_regex(source);
            vec![text.clone(), format!("{text}x"), format!("x{text}"), text.chars().rev().collect()]
        }
        PatternKind::TextGlob | PatternKind::PathGlob | PatternKind::HostGlob => {
            let filled = |long: &str, short: &str| source.replace("**", long).replace('*', short).replace('?', "q");
            let separator = if kind == PatternKind::HostGlob { "a.b" } else { "a/b" };
            let long = filled(separator, "x");
            vec![filled("a", "x"), long.clone(), filled("", ""), format!("{long}x"), long.to_uppercase()]
        }
    }
}

/// A text that a plain regular expression matches: the first of every choice. Of unusual ones it only comes near.
fn of_regex(source: &str) -> String {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    let mut skipping = 0_u32;
    while let Some(c) = chars.next() {
        let made = match c {
            '^' | '$' => continue,
            '(' => {
                if chars.peek() == Some(&'?') {
                    chars.by_ref().find(|c| *c == ':' || *c == ')');
                }
                continue;
            }
            ')' => {
                skipping = skipping.saturating_sub(1);
                continue;
            }
            '|' => {
                skipping += 1;
                continue;
            }
            '*' | '+' | '?' => continue,
            '{' => {
                let count: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let least: usize = count.split(',').next().and_then(|n| n.trim().parse().ok()).unwrap_or(1);
                let last = out.chars().next_back();
                out.extend(last.into_iter().cycle().take(least.saturating_sub(1).min(256)));
                continue;
            }
            '.' => 'x',
            '[' => class(&mut chars),
            '\\' => escaped(chars.next()),
            other => other,
        };
        if skipping == 0 {
            out.push(made);
        }
    }
    out
}

fn escaped(c: Option<char>) -> char {
    match c {
        Some('d') => '7',
        Some('w' | 'b') | None => 'w',
        Some('s') => ' ',
        Some(other) => other,
    }
}

/// A member of a class: its first, or a sign that a negated one hardly names.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> char {
    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
    match inside.strip_prefix('^') {
        Some(_) => '~',
        None => match inside.strip_prefix('\\') {
            Some(rest) => escaped(rest.chars().next()),
            None => inside.chars().next().unwrap_or('x'),
        },
    }
}
