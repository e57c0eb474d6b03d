//! Numbers, texts and lists as bytes, and back within bounds.
//!
//! Whole numbers are variable-length groups of seven bits, low ones first; signed ones fold their sign into
//! the lowest bit. Texts and lists have their length before them.
//!
//! INVARIANT: reading never goes deeper than [`MAX_NESTING`], and reserves no more than a small amount before
//! it has seen the bytes that ask for it, so neither stack nor memory grows faster than what was read.

use std::sync::Arc;

use super::ArtefactError;
use crate::source::{FileId, Span};

/// How deep values, types and expressions may lie in each other. The checker stops well before
/// ([`crate::check::MAX_DEPTH`]); a type and a value may lie below the deepest expression.
pub(super) const MAX_NESTING: u32 = 128;

/// Elements that a list reserves memory for before they are read.
const RESERVED: usize = 64;

/// What a reader returns.
pub(super) type Taken<T> = Result<T, ArtefactError>;

/// Bytes while they are written.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    near: Span,
    /// The first thing that has no form in an artefact.
    pub(super) unfit: Option<&'static str>,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn all(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.all(text.as_bytes());
    }

    /// A place in the text, by its distance from the place before it.
    pub(super) fn span(&mut self, span: Span) {
        self.signed(i64::from(span.file.0) - i64::from(self.near.file.0));
        self.signed(i64::from(span.start) - i64::from(self.near.start));
        self.signed(i64::from(span.end) - i64::from(span.start));
        self.near = span;
    }

    pub(super) fn unfit(&mut self, what: &'static str) {
        self.unfit.get_or_insert(what);
    }
}

/// Bytes while they are read.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    near: Span,
    depth: u32,
    /// How many rule files there are for places to lie in.
    files: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], files: u32) -> Self {
        Self { rest: bytes, near: Span::default(), depth: 0, files }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left must be nothing.
    pub(super) fn end(&self) -> Taken<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(malformed("something stands behind its end")) }
    }

    pub(super) fn byte(&mut self) -> Taken<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(too_short)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn all(&mut self, count: usize) -> Taken<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or_else(too_short)?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Taken<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(too_short)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn number(&mut self) -> Taken<u64> {
        if let Some((first @ 0..0x80, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Ok(u64::from(*first));
        }
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits || (shift > 0 && byte == 0) {
                return Err(malformed("a number is not written the one way that it is"));
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(malformed("a number has too many bytes"))
    }

    pub(super) fn signed(&mut self) -> Taken<i64> {
        let folded = self.number()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    pub(super) fn small(&mut self) -> Taken<u32> {
        u32::try_from(self.number()?).map_err(|_| malformed("a number is too large"))
    }

    /// A count of things that follow, each of them a byte at least.
    pub(super) fn count(&mut self) -> Taken<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| too_short())?;
        if count > self.rest.len() { Err(too_short()) } else { Ok(count) }
    }

    pub(super) fn text(&mut self) -> Taken<&'a str> {
        let count = self.count()?;
        std::str::from_utf8(self.all(count)?).map_err(|_| malformed("a text is not UTF-8"))
    }

    pub(super) fn span(&mut self) -> Taken<Span> {
        let file = self.moved(self.near.file.0)?;
        let start = self.moved(self.near.start)?;
        let end = self.moved(start)?;
        if file >= self.files.max(1) {
            return Err(malformed("a place lies outside every file"));
        }
        self.near = Span { file: FileId(file), start, end };
        Ok(self.near)
    }

    fn moved(&mut self, from: u32) -> Taken<u32> {
        let to = i64::from(from).checked_add(self.signed()?);
        to.and_then(|to| u32::try_from(to).ok()).ok_or_else(|| malformed("a place lies outside every file"))
    }

    /// Reads something that may hold its own kind.
    pub(super) fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Taken<T>) -> Taken<T> {
        if self.depth == MAX_NESTING {
            return Err(malformed("something nests too deep"));
        }
        self.depth += 1;
        let made = read(self)?;
        self.depth -= 1;
        Ok(made)
    }
}

pub(super) fn malformed(what: &'static str) -> ArtefactError {
    ArtefactError::Malformed(what)
}

fn too_short() -> ArtefactError {
    malformed("it ends too early")
}

/// Something with one form as bytes. Reading what was written gives the same, and writing that again the same
/// bytes.
pub(super) trait Coded: Sized {
    fn put(&self, w: &mut Writer);
    fn take(r: &mut Reader<'_>) -> Taken<Self>;
}

/// The form of a struct: its fields in this order. A field that is forgotten does not compile.
macro_rules! record {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl Coded for $name {
            fn put(&self, w: &mut Writer) {
                let Self { $($field),* } = self;
                $($field.put(w);)*
            }

            fn take(r: &mut Reader<'_>) -> Taken<Self> {
                Ok(Self { $($field: Coded::take(r)?),* })
            }
        }
    };
}

/// The form of a struct of one number.
macro_rules! numbered {
    ($($name:ident),*) => {$(
        impl Coded for $name {
            fn put(&self, w: &mut Writer) {
                self.0.put(w);
            }

            fn take(r: &mut Reader<'_>) -> Taken<Self> {
                Coded::take(r).map(Self)
            }
        }
    )*};
}

/// The form of an enum: the number of the variant, then what it holds. A variant that is forgotten does not
/// compile; a number is never given twice, nor again to another variant without a new format version.
macro_rules! choice {
    ($name:ident { $($number:literal $variant:ident $(($($held:ident),*))? $({ $($field:ident),* })?),* $(,)? }) => {
        impl Coded for $name {
            fn put(&self, w: &mut Writer) {
                match self {
                    $(Self::$variant $(($($held),*))? $({ $($field),* })? => {
                        w.byte($number);
                        $($($held.put(w);)*)?
                        $($($field.put(w);)*)?
                    })*
                }
            }

            fn take(r: &mut Reader<'_>) -> Taken<Self> {
                Ok(match r.byte()? {
                    $($number => {
                        $($(let $held = Coded::take(r)?;)*)?
                        $($(let $field = Coded::take(r)?;)*)?
                        Self::$variant $(($($held),*))? $({ $($field),* })?
                    })*
                    _ => return Err(malformed(concat!("there is no such ", stringify!($name)))),
                })
            }
        }
    };
}

pub(super) use {choice, numbered, record};

impl Coded for bool {
    fn put(&self, w: &mut Writer) {
        w.byte(u8::from(*self));
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        match r.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(malformed("a truth is neither true nor false")),
        }
    }
}

impl Coded for i64 {
    fn put(&self, w: &mut Writer) {
        w.signed(*self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.signed()
    }
}

impl Coded for u64 {
    fn put(&self, w: &mut Writer) {
        w.number(*self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.number()
    }
}

impl Coded for u32 {
    fn put(&self, w: &mut Writer) {
        w.number(u64::from(*self));
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.small()
    }
}

impl Coded for u16 {
    fn put(&self, w: &mut Writer) {
        w.number(u64::from(*self));
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        u16::try_from(r.number()?).map_err(|_| malformed("a number is too large"))
    }
}

impl<const N: usize> Coded for [u8; N] {
    fn put(&self, w: &mut Writer) {
        w.all(self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.array()
    }
}

impl Coded for Arc<str> {
    fn put(&self, w: &mut Writer) {
        w.text(self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.text().map(Arc::from)
    }
}

impl Coded for String {
    fn put(&self, w: &mut Writer) {
        w.text(self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.text().map(String::from)
    }
}

impl Coded for Span {
    fn put(&self, w: &mut Writer) {
        w.span(*self);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.span()
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn put(&self, w: &mut Writer) {
        self.0.put(w);
        self.1.put(w);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        Ok((A::take(r)?, B::take(r)?))
    }
}

impl<T: Coded> Coded for Option<T> {
    fn put(&self, w: &mut Writer) {
        self.is_some().put(w);
        if let Some(inner) = self {
            inner.put(w);
        }
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        if bool::take(r)? { T::take(r).map(Some) } else { Ok(None) }
    }
}

impl<T: Coded, E: Coded> Coded for Result<T, E> {
    fn put(&self, w: &mut Writer) {
        self.is_ok().put(w);
        match self {
            Ok(good) => good.put(w),
            Err(bad) => bad.put(w),
        }
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        if bool::take(r)? { T::take(r).map(Ok) } else { E::take(r).map(Err) }
    }
}

impl<T: Coded> Coded for Box<T> {
    fn put(&self, w: &mut Writer) {
        (**self).put(w);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.inside(T::take).map(Self::new)
    }
}

impl<T: Coded> Coded for Arc<T> {
    fn put(&self, w: &mut Writer) {
        (**self).put(w);
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        r.inside(T::take).map(Self::new)
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn put(&self, w: &mut Writer) {
        w.number(self.len() as u64);
        self.iter().for_each(|element| element.put(w));
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        let count = r.count()?;
        r.inside(|r| {
            let mut all = Self::with_capacity(count.min(RESERVED));
            for _ in 0..count {
                all.push(T::take(r)?);
            }
            Ok(all)
        })
    }
}

impl<T: Coded> Coded for Arc<[T]> {
    fn put(&self, w: &mut Writer) {
        w.number(self.len() as u64);
        self.iter().for_each(|element| element.put(w));
    }

    fn take(r: &mut Reader<'_>) -> Taken<Self> {
        Vec::take(r).map(Self::from)
    }
}
