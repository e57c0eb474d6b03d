//! The file: a header, an index, and sections that the index names by length and hash.
//!
//! ```text
//! header    magic 8, format 4, length of the index 4, length of the whole 8, id 32 (numbers little-endian)
//! index     tables, policy hash, counts, the first name of each page of names, length and hash of each section
//! sections  globals, undeclared, files, pages of actions, pages of aliases, pages of items, tables of needs
//! blobs     of each rule file: where its lines begin, and its text; named by the section `files`
//! ```
//!
//! The id is the BLAKE3 hash of what stands before it in the header and of the index; the index holds the hash
//! of every section and the section `files` that of every blob. So one id stands for every byte, and a part is
//! checked by itself when it is read.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::ArtefactError;
use super::bytes::{Coded, Reader, Taken, Writer, malformed, record};

/// What every artefact begins with. The first byte is no text; the line ends show what a careless transfer did.
const MAGIC: [u8; 8] = *b"\x89AASC\r\n\x1a";
/// Version of the format. Whatever changes the bytes of any artefact changes it.
pub(super) const FORMAT: u32 = 3;
const HEADER: usize = 56;
const BEFORE_ID: usize = 24;
/// Most bytes of an index; that of 100,000 rules has less than one.
const MAX_INDEX: usize = 16 << 20;
/// Most bytes of a section.
const MAX_SECTION: u32 = 64 << 20;
/// Most bytes of an artefact.
pub(super) const MAX_BYTES: u64 = 1 << 30;
/// How many entries a page holds.
pub(super) const PAGE: usize = 64;

/// Where the bytes of an artefact come from: memory, or a file of which only parts are read.
pub trait Bytes {
    /// How many there are.
    fn length(&self) -> u64;

    /// So many of them from a place on. Asked only for what lies within [`Bytes::length`].
    ///
    /// # Errors
    /// Why they cannot be read, for people.
    fn read(&self, at: u64, length: usize) -> Result<Cow<'_, [u8]>, String>;
}

impl Bytes for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, at: u64, length: usize) -> Result<Cow<'_, [u8]>, String> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let found = self.get(at..).and_then(|rest| rest.get(..length));
        found.map(Cow::Borrowed).ok_or_else(|| "it ends too early".to_owned())
    }
}

/// The identity of an artefact: the BLAKE3 hash over all of its content, part by part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtefactId([u8; 32]);

impl ArtefactId {
    /// The id that 64 hexadecimal digits in lower case write.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && !text.bytes().any(|b| b.is_ascii_uppercase());
        fits.then(|| blake3::Hash::from_hex(text).ok()).flatten().map(|hash| Self(*hash.as_bytes()))
    }
}

impl fmt::Display for ArtefactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for ArtefactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A run of bytes with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    length: u32,
    hash: [u8; 32],
}

record!(Part { length, hash });

impl Part {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let length = u32::try_from(bytes.len()).ok().filter(|l| *l <= MAX_SECTION).ok_or(ArtefactError::TooLarge)?;
        Ok(Self { length, hash: *blake3::hash(bytes).as_bytes() })
    }

    pub(super) fn length(&self) -> u64 {
        u64::from(self.length)
    }
}

/// What is in an artefact and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// Of the builtin tables that the artefact was made with.
    pub(super) tables: [u8; 32],
    /// Hash of the policy.
    pub(super) policy: [u8; 32],
    pub(super) actions: u32,
    pub(super) aliases: u32,
    pub(super) items: u32,
    /// Number of rule files.
    pub(super) files: u32,
    /// Number of actions with a table of needs.
    pub(super) needs: u32,
    /// The first name of each page of actions.
    pub(super) first_actions: Vec<Arc<str>>,
    /// The first name of each page of aliases.
    pub(super) first_aliases: Vec<Arc<str>>,
    /// Every section, in the order of [`Place`].
    pub(super) sections: Vec<Part>,
    /// Bytes of all blobs.
    pub(super) blobs: u64,
}

record!(Index { tables, policy, actions, aliases, items, files, needs, first_actions, first_aliases, sections, blobs });

/// A section by what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Globals,
    Undeclared,
    Files,
    Actions(usize),
    Aliases(usize),
    Items(usize),
    Needs(u32),
}

/// How many pages so many entries need.
pub(super) fn pages(entries: u32) -> usize {
    (entries as usize).div_ceil(PAGE)
}

impl Index {
    fn number(&self, place: Place) -> usize {
        match place {
            Place::Globals => 0,
            Place::Undeclared => 1,
            Place::Files => 2,
            Place::Actions(page) => 3 + page,
            Place::Aliases(page) => 3 + pages(self.actions) + page,
            Place::Items(page) => 3 + pages(self.actions) + pages(self.aliases) + page,
            Place::Needs(table) => {
                let before = 3 + pages(self.actions) + pages(self.aliases) + pages(self.items);
                before.saturating_add(table as usize)
            }
        }
    }

    /// Whether its numbers fit each other.
    fn check(&self) -> Taken<()> {
        let expected = 3 + pages(self.actions) + pages(self.aliases) + pages(self.items) + self.needs as usize;
        let named = (self.first_actions.len(), self.first_aliases.len());
        if self.sections.len() != expected || named != (pages(self.actions), pages(self.aliases)) {
            return Err(malformed("its index does not fit itself"));
        }
        if self.sections.iter().any(|s| s.length > MAX_SECTION) {
            return Err(ArtefactError::TooLarge);
        }
        Ok(())
    }
}

/// An artefact whose header and index are checked.
#[derive(Debug)]
pub(super) struct Container<B> {
    bytes: B,
    pub(super) id: ArtefactId,
    pub(super) index: Index,
    /// Where each section begins, and where the last one ends.
    starts: Vec<u64>,
}

impl<B: Bytes> Container<B> {
    /// Reads header and index.
    pub(super) fn open(bytes: B) -> Taken<Self> {
        let length = bytes.length();
        if length < HEADER as u64 {
            return Err(ArtefactError::NotOne);
        }
        if length > MAX_BYTES {
            return Err(ArtefactError::TooLarge);
        }
        let header = bytes.read(0, HEADER).map_err(ArtefactError::Unreadable)?.into_owned();
        let mut r = Reader::new(&header, 0);
        if r.array()? != MAGIC {
            return Err(ArtefactError::NotOne);
        }
        let format = u32::from_le_bytes(r.array()?);
        if format != FORMAT {
            return Err(ArtefactError::Format(format));
        }
        let index_length = u32::from_le_bytes(r.array()?) as usize;
        let whole = u64::from_le_bytes(r.array()?);
        let id = ArtefactId(r.array()?);
        if whole != length || index_length > MAX_INDEX || (HEADER + index_length) as u64 > length {
            return Err(ArtefactError::Length { says: whole, has: length });
        }
        let index = bytes.read(HEADER as u64, index_length).map_err(ArtefactError::Unreadable)?.into_owned();
        if index.len() != index_length || id_of(&header[..BEFORE_ID], &index) != id {
            return Err(ArtefactError::Damaged);
        }
        let mut r = Reader::new(&index, 0);
        let index = Index::take(&mut r)?;
        r.end()?;
        index.check()?;
        let mut at = (HEADER + index_length) as u64;
        let mut starts = vec![at];
        for section in &index.sections {
            at += section.length();
            starts.push(at);
        }
        if at.checked_add(index.blobs) != Some(length) {
            return Err(malformed("its parts do not fill it"));
        }
        Ok(Self { bytes, id, index, starts })
    }

    /// A section, checked.
    pub(super) fn section(&self, place: Place) -> Taken<Cow<'_, [u8]>> {
        let number = self.index.number(place);
        let (Some(part), Some(start)) = (self.index.sections.get(number), self.starts.get(number)) else {
            return Err(malformed("it names a part that it does not have"));
        };
        self.part(*start, part)
    }

    /// A blob, checked, by its distance from the first one.
    pub(super) fn blob(&self, at: u64, part: &Part) -> Taken<Cow<'_, [u8]>> {
        let start = self.starts.last().copied().unwrap_or_default();
        let end = at.checked_add(part.length());
        if end.is_none_or(|end| end > self.index.blobs) {
            return Err(malformed("a rule file lies outside it"));
        }
        self.part(start + at, part)
    }

    fn part(&self, at: u64, part: &Part) -> Taken<Cow<'_, [u8]>> {
        let bytes = self.bytes.read(at, part.length as usize).map_err(ArtefactError::Unreadable)?;
        if bytes.len() as u64 == part.length() && *blake3::hash(&bytes).as_bytes() == part.hash {
            Ok(bytes)
        } else {
            Err(ArtefactError::Damaged)
        }
    }

    pub(super) fn reader<'a>(&self, bytes: &'a [u8]) -> Reader<'a> {
        Reader::new(bytes, self.index.files)
    }
}

fn id_of(before: &[u8], index: &[u8]) -> ArtefactId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(index);
    ArtefactId(*hasher.finalize().as_bytes())
}

/// Puts header, index, sections and blobs together.
pub(super) fn seal(index: &Index, sections: &[Vec<u8>], blobs: &[Vec<u8>]) -> Result<Vec<u8>, ArtefactError> {
    let mut w = Writer::default();
    index.put(&mut w);
    let index = w.into_bytes();
    let all = sections.iter().chain(blobs);
    let whole = (HEADER + index.len() + all.clone().map(Vec::len).sum::<usize>()) as u64;
    if index.len() > MAX_INDEX || whole > MAX_BYTES {
        return Err(ArtefactError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(whole as usize);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&(index.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&whole.to_le_bytes());
    let id = id_of(&bytes, &index);
    bytes.extend_from_slice(&id.0);
    bytes.extend_from_slice(&index);
    all.for_each(|part| bytes.extend_from_slice(part));
    Ok(bytes)
}

/// The artefact with another content in one section, and the hashes that fit it; none where there is no such
/// section. For tests of what is behind the hashes: whoever can write a file can do the same.
#[doc(hidden)]
#[must_use]
pub fn with_section(bytes: &[u8], number: usize, content: &[u8]) -> Option<Vec<u8>> {
    let Container { index: Index { mut sections, .. }, starts, .. } = Container::open(bytes).ok()?;
    *sections.get_mut(number)? = Part::of(content).ok()?;
    let index = Index { sections, ..Container::open(bytes).ok()?.index };
    let range = |pair: &[u64]| bytes.get(pair[0] as usize..pair[1] as usize).map(<[u8]>::to_vec);
    let mut all = starts.windows(2).map(range).collect::<Option<Vec<_>>>()?;
    all[number] = content.to_vec();
    let blobs = bytes.get(*starts.last()? as usize..)?.to_vec();
    seal(&index, &all, &[blobs]).ok()
}

/// A section's content; none where there is no such section.
#[doc(hidden)]
#[must_use]
pub fn section(bytes: &[u8], number: usize) -> Option<Vec<u8>> {
    let starts = Container::open(bytes).ok()?.starts;
    bytes.get(*starts.get(number)? as usize..*starts.get(number + 1)? as usize).map(<[u8]>::to_vec)
}

/// A page: how many entries, where each ends, and the entries one after the other.
pub(super) fn page(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = (entries.len() as u32).to_le_bytes().to_vec();
    let mut end = 0_u32;
    for entry in entries {
        // INVARIANT: a section that is longer than 32 bits can tell is refused when it is hashed.
        end = end.wrapping_add(entry.len() as u32);
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    entries.iter().for_each(|entry| bytes.extend_from_slice(entry));
    bytes
}

/// A page that was read.
pub(super) struct Page<'a> {
    ends: &'a [u8],
    entries: &'a [u8],
}

impl<'a> Page<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Taken<Self> {
        let bad = || malformed("a page does not fit itself");
        let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(bad)?;
        let count = u32::from_le_bytes(*count) as usize;
        if count == 0 || count > PAGE {
            return Err(bad());
        }
        let (ends, entries) = rest.split_at_checked(4 * count).ok_or_else(bad)?;
        let page = Self { ends, entries };
        if page.end(count - 1) == Some(entries.len()) { Ok(page) } else { Err(bad()) }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() / 4
    }

    fn end(&self, entry: usize) -> Option<usize> {
        let bytes = self.ends.get(4 * entry..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    }

    pub(super) fn entry(&self, entry: usize) -> Taken<&'a [u8]> {
        let start = if entry == 0 { Some(0) } else { self.end(entry - 1) };
        let range = start.zip(self.end(entry)).map(|(start, end)| Range { start, end });
        range.and_then(|range| self.entries.get(range)).ok_or_else(|| malformed("a page has no such entry"))
    }
}
