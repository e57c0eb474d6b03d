//! Texts of files, within the limits.

use std::io::Read;
use std::path::Path;

use aas::diagnostic::{Code, Diagnostic};
use aas::source::{FileId, MAX_FILE_BYTES, Span};

use super::find::unreadable;
use crate::exit::Outcome;

/// A file's text, or what is wrong with it.
pub(crate) enum Text {
    /// It is text.
    Good(String),
    /// It is not text, or too large: the part that can be shown, the code, the byte where it goes wrong and
    /// the sentence.
    Bad {
        /// What can be shown of it.
        shown: String,
        /// What is wrong.
        code: Code,
        /// Where.
        at: usize,
        /// The sentence.
        message: String,
    },
}

impl Text {
    /// The finding for a bad text that was added to a source set as `file`.
    pub(crate) fn finding(code: Code, file: FileId, at: usize, message: String) -> Diagnostic {
        Diagnostic::new(code, Span::new(file, at, at), message)
    }
}

/// Reads a rule file. A larger one than allowed is not read to its end.
pub(crate) fn read_text(path: &Path) -> Outcome<Text> {
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    bytes_to_text(path, file)
}

/// Reads standard input or an opened file as a rule file.
pub(crate) fn bytes_to_text(path: &Path, reader: impl Read) -> Outcome<Text> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    reader.take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Ok(Text::Bad {
            shown: String::new(),
            code: Code::FileTooLarge,
            at: 0,
            message: format!("The file is larger than {} MiB. Split it by concern.", MAX_FILE_BYTES / (1024 * 1024)),
        });
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Text::Good(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            let shown = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let message = format!("The file is not UTF-8: byte {at} is 0x{byte:02X}.");
            Text::Bad { shown, code: Code::NotUtf8, at, message }
        }
    })
}

/// The text of a recorded profile, or why it cannot be read; none where there is no such file. It is never worth a
/// failure.
pub(super) fn read_profile(path: &Path) -> Option<Result<String, String>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(format!("it cannot be read: {error}"))),
    };
    let mut bytes = Vec::new();
    let most = aas::profile::MAX_BYTES;
    Some(match file.take(most as u64 + 1).read_to_end(&mut bytes) {
        Err(error) => Err(format!("it cannot be read: {error}")),
        Ok(_) if bytes.len() > most => Err(format!("it is larger than {} MiB", most >> 20)),
        Ok(_) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
    })
}
