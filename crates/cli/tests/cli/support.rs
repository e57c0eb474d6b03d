//! What the tests share: a folder of their own and the program in it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A small package that checks clean.
pub(crate) const RULES: &str = r#"package desk

/// Who may let a mail out.
entity Role one of { desk }

/// Sends a mail.
action mail.send {
    to: string
    observed { outside: bool }
}

rule sending on mail.send {
    yellow
    notify ops
}

guard outside on mail.send {
    when outside
    red
    because "{to} is not one of us."
}

approval letting_out on mail.send {
    by Role.desk, quorum 1, within 2h, otherwise refuse
}
"#;

/// A folder that goes away with the test.
pub(crate) struct Folder {
    inner: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { inner: tempfile::tempdir().expect("a folder can be made") }
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.inner.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file can be read")
    }

    /// Runs `aasc` in the folder.
    pub(crate) fn aasc(&self, arguments: &[&str]) -> Ran {
        self.aasc_with(arguments, "")
    }

    /// Runs `aasc` in the folder with a text on standard input.
    pub(crate) fn aasc_with(&self, arguments: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        run(self.inner.path(), arguments, input.into())
    }
}

/// Runs `aasc` at the root of the repository.
pub(crate) fn at_root(arguments: &[&str]) -> Ran {
    run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), arguments, Vec::new())
}

fn run(folder: &Path, arguments: &[&str], input: Vec<u8>) -> Ran {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("aasc"))
        .current_dir(folder)
        .args(arguments)
        .write_stdin(input)
        .env_remove("NO_COLOR")
        .output()
        .expect("aasc can be run");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("output is UTF-8"),
    }
}

/// What became of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        assert!(!self.out.contains('\u{1b}') && !self.err.contains('\u{1b}'), "a pipe gets no colours: {self:#?}");
        self
    }

    /// Demands a text on standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "{text:?} is not printed: {self:#?}");
        self
    }

    /// Demands a text on standard error.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} is not said: {self:#?}");
        self
    }
}
