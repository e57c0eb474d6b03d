//! Any text is a command line or a fault; every question to what was read has an answer.
#![no_main]

use aas::value::command;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(command) = command::parse(text) {
        assert!(command.commands.len() <= 64, "{} simple commands", command.commands.len());
        let _ = command.runs("git push", &["-f"], &[]);
        let _ = command.runs_only(&["git", "ls"]);
        for simple in &command.commands {
            let _ = (simple.has_flag("-r"), simple.subcommand());
        }
    }
});
