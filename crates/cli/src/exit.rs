//! How the program ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// The exit codes of `aasc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Green or yellow; no errors; every test passed.
    Fine,
    /// The rules have errors, or a test failed, or a file is not formatted.
    Wrong,
    /// `aasc bench --compare`: something has become slower, beyond the noise.
    Slower,
    /// The decision is red.
    Red,
    /// The decision is black.
    Black,
}

/// Why something could not be done: exit code 2.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One sentence for people.
    Said(String),
    /// The rules have errors, which are printed already: exit code 1.
    Rules,
    /// The reader of our output has gone.
    Closed,
}

impl Failure {
    pub(crate) fn said(text: impl fmt::Display) -> Self {
        Self::Said(text.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Said(format!("The output cannot be written: {error}.")),
        }
    }
}

/// What a command returns.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

/// Says what is left to say and turns the outcome into the process's exit code.
pub(crate) fn finish(result: Outcome) -> ExitCode {
    let code = match result {
        Ok(Exit::Fine) => 0,
        Ok(Exit::Wrong) | Err(Failure::Rules) => 1,
        Ok(Exit::Slower) => 3,
        Ok(Exit::Red) => 10,
        Ok(Exit::Black) => 11,
        // As with other tools whose reader has gone; there is nobody to tell.
        Err(Failure::Closed) => 141,
        Err(Failure::Said(text)) => {
            crate::out::complain(&text);
            2
        }
    };
    ExitCode::from(code)
}
