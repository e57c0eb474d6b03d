//! Dogwood beside us: its corpus through our governor, and rules with memory timed in both.

#![allow(clippy::disallowed_methods, reason = "a program reads its arguments")]

mod corpus;
mod temporal;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let good = match words[..] {
        ["corpus"] => corpus::run(None, false),
        ["corpus", only] => corpus::run(Some(only), true),
        ["temporal"] => {
            temporal::run(&[10, 100, 1_000, 10_000]);
            true
        }
        ["temporal", size] => size.parse().map(|size| temporal::run(&[size])).is_ok(),
        _ => {
            eprintln!("beside-dogwood corpus [part of a name] | temporal [policies]");
            false
        }
    };
    if good { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
