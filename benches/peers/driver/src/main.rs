//! Walks round all engines, compares their decisions, times them, and writes records, tables and plots.
//!
//! `bench run --out records.jsonl` measures; `bench report records.jsonl FOLDER` draws, `bench show` prints. Each engine is a program
//! beside this one (`peer-cedar`, …), kept running while its workloads last, so that engines take turns: every
//! round visits every engine before the next begins. Nothing is timed before all decisions agree.

mod machine;
mod once;
mod plots;
mod program;
mod records;
mod run;
mod tables;

use std::process::ExitCode;

const USAGE: &str =
    "bench run [--quick] [--out FILE] [--programs a,b] [--workloads a,b] [--sections a,b] [--rounds N] [--ms N] [--aasc PATH]
bench show FILE
bench report FILE FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["run", ..] => run::Wanted::parse(&words[1..]).and_then(|wanted| run::run(&wanted)),
        ["report", records, folder] => records::Records::read(records)
            .and_then(|records| plots::draw(&records, folder).and_then(|()| tables::write(&records, folder))),
        ["show", records] => records::Records::read(records).map(|records| print!("{}", tables::all(&records))),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(said) => {
            eprintln!("{said}");
            ExitCode::FAILURE
        }
    }
}
