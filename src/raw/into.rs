//! Rust values as untyped ones, without JSON in between.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Raw;
use crate::value::{Fault, number, time};

/// A Rust value that a request or a fact can hold. `#[derive(IntoRaw)]` makes one of a struct (a record) and of
/// an enum without data (a variant by its name in snake case).
///
/// Binary floating point is left out on purpose: 0.1 is no decimal. Use [`Decimal`].
pub trait IntoRaw {
    /// The untyped value; none where it is absent, which is not the same as `null`.
    fn raw(&self) -> Option<Raw>;
}

/// A decimal, in millionths.
///
/// ```
/// use aas::{IntoRaw, Raw, raw::Decimal};
/// assert_eq!(Decimal::parse("12.50").unwrap().raw(), Some(Raw::Number("12.50".into())));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    /// How many millionths.
    pub millionths: i64,
}

impl Decimal {
    /// Reads `12.50`.
    ///
    /// # Errors
    /// Where the text is no number, or has more digits than a decimal holds.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        number::decimal(text).map(|millionths| Self { millionths })
    }
}

impl IntoRaw for Decimal {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::Number(number::show_decimal(self.millionths).into()))
    }
}

macro_rules! whole_numbers {
    ($($ty:ty)*) => {$(
        impl IntoRaw for $ty {
            fn raw(&self) -> Option<Raw> {
                Some(Raw::Number(self.to_string().into()))
            }
        }
    )*};
}

whole_numbers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

macro_rules! texts {
    ($($ty:ty)*) => {$(
        impl IntoRaw for $ty {
            fn raw(&self) -> Option<Raw> {
                Some(Raw::text(self))
            }
        }
    )*};
}

texts!(str String Arc<str> Box<str> Cow<'_, str>);

impl IntoRaw for Raw {
    fn raw(&self) -> Option<Raw> {
        Some(self.clone())
    }
}

impl IntoRaw for bool {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::Bool(*self))
    }
}

impl IntoRaw for IpAddr {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::text(&self.to_string()))
    }
}

/// One that is longer than a `duration` holds is unavailable, and so an error value.
impl IntoRaw for Duration {
    fn raw(&self) -> Option<Raw> {
        Some(match i64::try_from(self.as_micros()) {
            Ok(micros) => Raw::Text(time::show_duration(micros).into()),
            Err(_) => Raw::Unavailable("the duration is too long".into()),
        })
    }
}

impl<T: IntoRaw> IntoRaw for Option<T> {
    fn raw(&self) -> Option<Raw> {
        self.as_ref().and_then(T::raw)
    }
}

/// What the host tried and could not obtain is an error value, which is not the same as absent.
impl<T: IntoRaw> IntoRaw for Result<T, String> {
    fn raw(&self) -> Option<Raw> {
        match self {
            Ok(value) => value.raw(),
            Err(why) => Some(Raw::Unavailable(why.as_str().into())),
        }
    }
}

impl<T: IntoRaw + ?Sized> IntoRaw for &T {
    fn raw(&self) -> Option<Raw> {
        (**self).raw()
    }
}

/// An absent element would shift the others, so it becomes `null`, which no list holds.
impl<T: IntoRaw> IntoRaw for [T] {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::List(self.iter().map(|e| e.raw().unwrap_or(Raw::Null)).collect()))
    }
}

impl<T: IntoRaw> IntoRaw for Vec<T> {
    fn raw(&self) -> Option<Raw> {
        self.as_slice().raw()
    }
}

impl<T: IntoRaw> IntoRaw for BTreeSet<T> {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::List(self.iter().map(|e| e.raw().unwrap_or(Raw::Null)).collect()))
    }
}

impl<T: IntoRaw> IntoRaw for BTreeMap<String, T> {
    fn raw(&self) -> Option<Raw> {
        Some(Raw::Object(self.iter().filter_map(|(k, v)| Some((k.as_str().into(), v.raw()?))).collect()))
    }
}

impl<T: IntoRaw> IntoRaw for HashMap<String, T> {
    fn raw(&self) -> Option<Raw> {
        let mut members: Vec<_> = self.iter().filter_map(|(k, v)| Some((Arc::from(k.as_str()), v.raw()?))).collect();
        members.sort_by(|a: &(Arc<str>, Raw), b| a.0.cmp(&b.0));
        Some(Raw::Object(members))
    }
}
