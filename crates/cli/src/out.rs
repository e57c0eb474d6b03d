//! Output: buffered, coloured only on a terminal, quiet where the reader has gone.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use crate::exit::Outcome;

/// Standard output of one run.
pub(crate) struct Out {
    writer: BufWriter<Stdout>,
    /// Whether standard output shows colours.
    pub(crate) colour: bool,
}

/// A style of text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Green,
    Yellow,
    Red,
    /// White on black.
    Black,
    Bold,
    Dim,
}

impl Style {
    /// The style of a tier.
    pub(crate) fn of(tier: aas::decision::Tier) -> Self {
        match tier {
            aas::decision::Tier::Green => Self::Green,
            aas::decision::Tier::Yellow => Self::Yellow,
            aas::decision::Tier::Red => Self::Red,
            aas::decision::Tier::Black => Self::Black,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Green => "1;32",
            Self::Yellow => "1;33",
            Self::Red => "1;31",
            Self::Black => "1;97;40",
            Self::Bold => "1",
            Self::Dim => "2",
        }
    }
}

/// The text in a style, where colours are wanted.
pub(crate) fn paint(colour: bool, style: Style, text: impl Display) -> String {
    if colour { format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()) } else { text.to_string() }
}

/// Whether colours are refused by the environment, as <https://no-color.org> asks.
fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var_os("TERM").is_some_and(|t| t == "dumb")
}

/// Whether standard error shows colours.
pub(crate) fn stderr_colour() -> bool {
    io::stderr().is_terminal() && !no_colour()
}

impl Out {
    pub(crate) fn new() -> Self {
        Self { writer: BufWriter::new(io::stdout()), colour: io::stdout().is_terminal() && !no_colour() }
    }

    /// Writes a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Outcome<()> {
        Ok(self.writer.write_all(text.as_bytes())?)
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.writer.write_all(bytes)?)
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: impl Display) -> Outcome<()> {
        Ok(writeln!(self.writer, "{text}")?)
    }

    /// The text in a style, where standard output shows colours.
    pub(crate) fn paint(&self, style: Style, text: impl Display) -> String {
        paint(self.colour, style, text)
    }

    /// Hands all on to the reader.
    pub(crate) fn flush(&mut self) -> Outcome<()> {
        Ok(self.writer.flush()?)
    }
}

/// A line on standard error; a closed one is nobody's loss.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says on standard error why something could not be done.
pub(crate) fn complain(text: &str) {
    note(format_args!("{} {text}", paint(stderr_colour(), Style::Red, "aasc:")));
}
