//! Cedar's three applications of its OOPSLA'24 paper, decided by `cedar-policy` and by aas.
//!
//! ```text
//! oopsla check   [--policies DIR] [--sizes 5,20,50] [--seeds 1,2,3,4,5]
//! oopsla bench   [--policies DIR] [--sizes 5,20,50] [--hierarchies 200] [--requests 500] [--passes 3] [--seed 1]
//!                [--only APP] [--out FILE]
//! ```
//!
//! `check` asks both engines every user x action x resource and compares answers and the rules behind them.
//! `bench` measures, prints a table and appends JSON lines to FILE. Every number is in nanoseconds.

mod apps;
mod cedar;
mod check;
mod dice;
mod model;
mod ours;
mod report;
mod time;

use std::path::PathBuf;
use std::process::ExitCode;

struct Options {
    policies: PathBuf,
    sizes: Vec<usize>,
    seeds: Vec<u64>,
    effort: time::Effort,
    only: Option<String>,
    out: Option<PathBuf>,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut made = Options {
        policies: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies"),
        sizes: vec![5, 20, 50],
        seeds: vec![1, 2, 3, 4, 5],
        effort: time::Effort { hierarchies: 200, requests: 500, passes: 3, seed: 1 },
        only: None,
        out: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse::<usize>().map_err(|e| format!("{word} {value}: {e}"));
        match &*word {
            "--policies" => made.policies = value.into(),
            "--sizes" => made.sizes = list(&value)?,
            "--seeds" => made.seeds = list(&value)?,
            "--hierarchies" => made.effort.hierarchies = number()?,
            "--requests" => made.effort.requests = number()?,
            "--passes" => made.effort.passes = number()?,
            "--seed" => made.effort.seed = number()? as u64,
            "--only" => made.only = Some(value),
            "--out" => made.out = Some(value.into()),
            _ => return Err(format!("{word} is no option")),
        }
    }
    Ok(made)
}

fn list<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|one| one.parse().map_err(|_| format!("`{one}` is no number"))).collect()
}

fn check(options: &Options) {
    println!("{} cases made by hand agree", check::by_hand(&options.policies));
    for app in chosen(options) {
        for (k, count) in check::exhaustive(app, &options.policies, &options.sizes, &options.seeds) {
            let (asked, percent) = (count.asked, count.percent());
            println!("{:<16} k = {k:<3} {asked:>6} requests agree, {percent:>4.1} % allowed", app.name);
        }
    }
}

fn chosen(options: &Options) -> impl Iterator<Item = &'static model::App> {
    apps::ALL.into_iter().filter(|app| options.only.as_ref().is_none_or(|only| only == app.name))
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let options = match options(words) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    match &*command {
        "check" => check(&options),
        "bench" => {
            for app in chosen(&options) {
                let points: Vec<_> = options
                    .sizes
                    .iter()
                    .map(|k| time::point(app, &options.policies, *k, options.effort))
                    .collect();
                report::table(app, &points, options.effort);
                if let Some(path) = &options.out {
                    report::append(path, app, &points, options.effort);
                }
            }
        }
        _ => {
            eprintln!("write `oopsla check` or `oopsla bench`");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
