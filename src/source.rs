//! Rule files as text: who they are, and where in them something stands.
//!
//! A [`SourceSet`] is the input of every run of the compiler: the texts of one policy set with the
//! names they are shown under. Nothing here reads a disk; the embedder brings the texts.

use std::fmt;

/// Largest rule file in bytes (1 MiB).
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Largest policy set in bytes (16 MiB).
pub const MAX_SET_BYTES: usize = 16 * 1024 * 1024;
/// Most files in one policy set.
pub const MAX_FILES: usize = 4096;

/// A file of a [`SourceSet`], by its place in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file that the range lies in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        // INVARIANT: files are at most `MAX_FILE_BYTES` long, so offsets fit into 32 bits.
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both; they must be of one file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// The empty span just after this one.
    #[must_use]
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }

    /// The range of bytes.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One file: its shown name, its text and where its lines begin.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    line_starts: Vec<u32>,
    home: Option<String>,
}

impl SourceFile {
    /// A file shown as `name`.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        Self { name: name.into(), text, line_starts, home: None }
    }

    /// A file of which only the name and the places where its lines begin are known; none where those are not
    /// in order, from 0.
    #[must_use]
    pub fn outline(name: impl Into<String>, line_starts: Vec<u32>) -> Option<Self> {
        let ordered = line_starts.first() == Some(&0) && line_starts.is_sorted_by(|a, b| a < b);
        ordered.then(|| Self { name: name.into(), text: String::new(), line_starts, home: None })
    }

    /// Where its lines begin.
    #[must_use]
    pub fn line_starts(&self) -> &[u32] {
        &self.line_starts
    }

    /// The name diagnostics show, usually a path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The package whose `aas.toml` brought the file, where one did.
    #[must_use]
    pub fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    /// Where a byte offset stands.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.line_starts[line] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count());
        LineColumn { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// The byte offset where a line (from 1) begins; the end of the text past the last line.
    #[must_use]
    pub fn line_start(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1);
        self.line_starts.get(index).copied().unwrap_or(self.text.len() as u32)
    }
}

/// The texts of one policy set.
///
/// ```
/// use aas::SourceSet;
/// let mut sources = SourceSet::default();
/// let id = sources.add("tiers.aasrule", "package demo\n");
/// assert_eq!(sources.file(id).name(), "tiers.aasrule");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SourceSet {
    files: Vec<SourceFile>,
}

impl SourceSet {
    /// A set of one file.
    #[must_use]
    pub fn single(name: impl Into<String>, text: impl Into<String>) -> Self {
        let mut set = Self::default();
        set.add(name, text);
        set
    }

    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile::new(name, text));
        id
    }

    /// Adds a file that an `aas.toml` brings. Its packages are the one that `aas.toml` names and those
    /// below it; no other package of the set may put a file there.
    pub fn add_to(&mut self, home: &str, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = self.add(name, text);
        self.files[id.0 as usize].home = Some(home.into());
        id
    }

    /// Adds a file that was made before, with the package whose `aas.toml` brought it, and returns its id.
    pub fn add_file(&mut self, file: SourceFile, home: Option<String>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile { home, ..file });
        id
    }

    /// The file with this id.
    ///
    /// # Panics
    /// If the id is of another set: a bug of the caller.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether the set has no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text().get(span.range()).unwrap_or_default()
    }

    /// `file:line:column` of the start of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let file = self.file(span.file);
        format!("{}:{}", file.name(), file.line_column(span.start))
    }
}
