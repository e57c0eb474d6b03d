//! Drawing one value: near the constants that it is compared with, at the ends of what is declared, and
//! now and then something that no schema allows.

use std::sync::Arc;

use super::hints::{Hints, Place};
use super::random::Random;
use super::witness;
use crate::check::typed::TypedPolicy;
use crate::raw::{Raw, RawFields};
use crate::reader::{self, ReadContext};
use crate::types::{EntityTypeId, FieldDef, FieldType, Type};
use crate::value::{Value, number, time};

/// Longest list that is drawn.
const MAX_ELEMENTS: usize = 24;
/// Deepest nesting of records that is drawn.
const MAX_RECORDS: usize = 16;
/// A Wednesday noon: 2026-11-18T12:00:00Z.
pub(super) const NOON: i64 = 1_795_003_200_000_000;
const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

/// Draws values of one policy.
pub(super) struct Drawer<'p> {
    pub policy: &'p TypedPolicy,
    pub hints: &'p Hints,
    pub random: Random,
    /// How many records stand around the value in hand.
    pub records: usize,
}

impl Drawer<'_> {
    /// A field that is declared: most of the time a good value, absent where it may be, and in trouble
    /// once in `trouble` times (never where that is 0). `None` leaves it out.
    pub(super) fn field(&mut self, def: &FieldDef, place: &Place, trouble: usize) -> Option<Raw> {
        if trouble > 0 && self.random.once_in(trouble) {
            return self.trouble(&def.ty, place);
        }
        if (def.ty.ty.is_optional() || def.default.is_some()) && self.random.once_in(3) {
            return None;
        }
        Some(self.value(&def.ty, place))
    }

    /// Absent, null, unavailable, of another type, or outside what is declared.
    fn trouble(&mut self, ty: &FieldType, place: &Place) -> Option<Raw> {
        match self.random.below(6) {
            0 => None,
            1 => Some(Raw::Null),
            2 => Some(Raw::Unavailable("drawn to be unavailable".into())),
            3 => Some(Raw::List(vec![Raw::Bool(true), Raw::Null])),
            4 => Some(self.outside(ty)),
            _ => Some(self.value(&FieldType::plain(ty.ty.clone()), place)),
        }
    }

    /// Just outside the range or length.
    fn outside(&mut self, ty: &FieldType) -> Raw {
        match (ty.ty.required(), ty.range) {
            (Type::Int, Some((low, high))) => {
                Raw::int(if self.random.once_in(2) { low.saturating_sub(1) } else { high.saturating_add(1) })
            }
            (Type::Int, None) => Raw::Number("9223372036854775808".into()),
            (Type::Decimal, _) => Raw::Number("0.0000001".into()),
            (Type::Ratio, _) => Raw::Number("1.1".into()),
            (Type::String, _) if ty.length.1 < 10_000 => Raw::text(&"s".repeat(ty.length.1 as usize + 1)),
            _ => Raw::text("\u{1}"),
        }
    }

    /// A value of a type, mostly within its declared limits.
    pub(super) fn value(&mut self, ty: &FieldType, place: &Place) -> Raw {
        match ty.ty.required() {
            Type::Bool => Raw::Bool(self.random.once_in(2)),
            Type::Int => Raw::int(self.word(ty, place)),
            Type::Decimal => Raw::Number(number::show_decimal(self.word(ty, place)).into()),
            Type::Ratio => Raw::Number(number::show_ratio(self.word(ty, place).clamp(0, 1_000_000_000)).into()),
            Type::Duration => Raw::text(&time::show_duration(self.word(ty, place))),
            Type::Timestamp => {
                let at = self.moment(place);
                Raw::text(&time::show_timestamp(at))
            }
            Type::TimeOfDay => {
                let at = self.word(ty, place).rem_euclid(86_400) as u32;
                Raw::text(&time::show_time_of_day(at))
            }
            Type::Enum(id) => {
                let variants = &self.policy.types.enum_def(*id).variants;
                self.random.pick(variants).map_or(Raw::Null, |v| Raw::Text(v.clone()))
            }
            Type::Entity(id) => self.entity(*id),
            Type::Record(id) => self.record(&self.policy.types.record(*id).fields, place),
            Type::List(inner) | Type::Set(inner) => self.list(ty, inner, place),
            Type::Map(inner) => self.map(ty, inner, place),
            Type::String => {
                let text = if self.hints.secrets && self.random.once_in(8) {
                    secret_text()
                } else {
                    self.text(ty.ty.required(), place)
                };
                let most = usize::try_from(ty.length.1).unwrap_or(usize::MAX);
                Raw::text(&text.chars().take(most).collect::<String>())
            }
            Type::Semver | Type::Ip | Type::Cidr | Type::Url | Type::Host | Type::Path | Type::Ref | Type::Command => {
                self.readable(ty, place)
            }
            Type::Percent
            | Type::SimpleCommand
            | Type::Optional(_)
            | Type::Range(_)
            | Type::Globs
            | Type::Regexes
            | Type::CivilTime => Raw::Null,
        }
    }

    /// Below, at or above a constant, at an end of the range, or a small number; in the type's unit.
    fn word(&mut self, ty: &FieldType, place: &Place) -> i64 {
        let unit = match ty.ty.required() {
            Type::Decimal => 1_000_000,
            Type::Ratio => 100_000_000,
            Type::Duration => 1_000_000,
            _ => 1,
        };
        let (low, high) = ty.range.unwrap_or((i64::MIN, i64::MAX));
        let decimal = matches!(ty.ty.required(), Type::Decimal);
        let near: Vec<i64> = self
            .hints
            .at(place)
            .iter()
            .filter_map(|hint| match hint {
                Value::Int(n) if decimal => n.checked_mul(1_000_000),
                other => other.word(),
            })
            .collect();
        let drawn = match (self.random.below(8), self.random.pick(&near).copied()) {
            (0..=4, Some(n)) => n.saturating_add([-unit, -1, 0, 0, 1, unit][self.random.below(6)]),
            (5, _) => low,
            (6, _) => high,
            (_, _) => (self.random.below(200) as i64 - 20).saturating_mul(unit),
        };
        drawn.clamp(low, high)
    }

    /// A moment near a constant, or some hour of the days around noon of the tests.
    pub(super) fn moment(&mut self, place: &Place) -> i64 {
        let near: Vec<i64> = self.hints.at(place).iter().filter_map(timestamp).collect();
        let drawn = match (self.random.once_in(2), self.random.pick(&near).copied()) {
            (true, Some(at)) => {
                at.saturating_add([-45 * DAY, -91 * DAY, -1_000_000, 0, 0, 1_000_000][self.random.below(6)])
            }
            (true, None) | (false, _) => {
                let day = NOON - 12 * HOUR + self.random.below(14) as i64 * DAY;
                let minute = [0, 0, 59, 30][self.random.below(4)] * 60_000_000;
                day + self.random.below(24) as i64 * HOUR + minute
            }
        };
        drawn.clamp(0, 4_102_444_800_000_000)
    }

    fn text(&mut self, ty: &Type, place: &Place) -> String {
        let mut near: Vec<String> = Vec::new();
        for hint in self.hints.at(place) {
            let texts = witness::near(hint);
            match (ty, hint) {
                (Type::Url, Value::Host(_) | Value::Str(_) | Value::Patterns(_)) => {
                    near.extend(texts.iter().map(|t| format!("https://{t}/p?q=1")));
                    near.extend(texts);
                }
                (Type::Command, Value::Str(_)) => {
                    near.extend(texts.iter().map(|t| format!("{t} --now a.txt")));
                    near.extend(texts);
                }
                _ => near.extend(texts),
            }
        }
        match self.random.pick(&near) {
            Some(text) if !self.random.once_in(4) => text.clone(),
            Some(_) | None => self.random.pick(ordinary(ty)).map_or_else(String::new, ToString::to_string),
        }
    }

    /// A text that its type reads: a bad parameter would refuse the whole request. After some tries, whatever came.
    fn readable(&mut self, ty: &FieldType, place: &Place) -> Raw {
        let cx = ReadContext { types: &self.policy.types, zone: &self.policy.settings.zone };
        let mut drawn = Raw::Null;
        for _ in 0..6 {
            drawn = Raw::text(&self.text(ty.ty.required(), place));
            if matches!(ty.ty.required(), Type::Command) || reader::read(ty, &drawn, &cx).is_ok() {
                break;
            }
        }
        drawn
    }

    fn entity(&mut self, ty: EntityTypeId) -> Raw {
        Raw::Text(self.id(ty))
    }

    /// An id of an entity: one that the policy names, one that the snapshot often holds, or a stranger.
    pub(super) fn id(&mut self, ty: EntityTypeId) -> Arc<str> {
        if let Some(ids) = &self.policy.types.entity(ty).ids {
            return self.random.pick(ids).cloned().unwrap_or_else(|| "none".into());
        }
        let ids = self.known_ids(ty);
        self.random.pick(&ids).cloned().unwrap_or_else(|| "stranger".into())
    }

    /// Ids of a type that snapshots are drawn from.
    pub(super) fn known_ids(&self, ty: EntityTypeId) -> Vec<Arc<str>> {
        if let Some(ids) = &self.policy.types.entity(ty).ids {
            return ids.clone();
        }
        let named = self.hints.entities.iter().filter(|e| e.ty == ty).map(|e| e.id.clone());
        let mut ids: Vec<Arc<str>> = named.take(16).collect();
        ids.extend(["e1", "e2", "e3"].map(Arc::from));
        ids.dedup();
        ids
    }

    fn record(&mut self, fields: &[FieldDef], place: &Place) -> Raw {
        let mut members = RawFields::new();
        if self.records == MAX_RECORDS {
            return Raw::Object(members);
        }
        self.records += 1;
        for (i, def) in fields.iter().enumerate() {
            let member = Place::Member(Box::new(place.clone()), i as u32);
            if let Some(raw) = self.field(def, &member, 60) {
                members.push((def.name.clone(), raw));
            }
        }
        self.records -= 1;
        Raw::Object(members)
    }

    /// How many elements: near what lengths are compared with, or a few.
    fn length(&mut self, ty: &FieldType, place: &Place) -> usize {
        let near: Vec<i64> = self
            .hints
            .at(place)
            .iter()
            .filter_map(|hint| if let Value::Int(n) = hint { Some(*n) } else { None })
            .filter(|n| (0..MAX_ELEMENTS as i64).contains(n))
            .collect();
        let wanted = match self.random.pick(&near) {
            Some(n) if self.random.once_in(2) => (*n as usize + self.random.below(3)).saturating_sub(1),
            Some(_) | None => self.random.below(4),
        };
        let (least, most) = (ty.length.0 as usize, usize::try_from(ty.length.1).unwrap_or(usize::MAX));
        wanted.min(MAX_ELEMENTS).clamp(least.min(most), most)
    }

    fn list(&mut self, ty: &FieldType, inner: &Arc<Type>, place: &Place) -> Raw {
        let element = ty.element.clone().unwrap_or_else(|| Arc::new(FieldType::plain((**inner).clone())));
        let inside = Place::Element(Box::new(place.clone()));
        // `x in xs` relates constants to the list itself; `any x in xs: x == "a"` to its elements.
        let of_list = self.random.once_in(2) && !self.hints.at(place).is_empty();
        let at = if of_list || self.hints.at(&inside).is_empty() { place } else { &inside };
        let elements = (0..self.length(ty, place)).map(|_| self.value(&element, at)).collect();
        Raw::List(elements)
    }

    fn map(&mut self, ty: &FieldType, inner: &Arc<Type>, place: &Place) -> Raw {
        let element = ty.element.clone().unwrap_or_else(|| Arc::new(FieldType::plain((**inner).clone())));
        let mut keys: Vec<Arc<str>> = self.hints.keys.get(place).into_iter().flatten().cloned().collect();
        keys.push("other".into());
        let mut entries = RawFields::new();
        for key in keys.into_iter().take(usize::try_from(ty.length.1).unwrap_or(usize::MAX)) {
            if !self.random.once_in(3) {
                let entry = Place::Entry(Box::new(place.clone()), key.clone());
                let value = self.value(&element, &entry);
                entries.push((key, value));
            }
        }
        Raw::Object(entries)
    }
}

fn timestamp(value: &Value) -> Option<i64> {
    if let Value::Timestamp(at) = value { Some(*at) } else { None }
}

/// Texts that a type reads, with some that it hardly does.
fn ordinary(ty: &Type) -> &'static [&'static str] {
    match ty {
        Type::Semver => &["1.4.0", "0.0.1", "2.0.0-rc.1", "10.20.30"],
        Type::Ip => &["10.0.0.1", "192.168.1.9", "8.8.8.8", "::1", "2001:db8::1", "127.0.0.1"],
        Type::Cidr => &["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32", "0.0.0.0/0"],
        Type::Url => &["https://example.com/", "http://127.0.0.1:8080/x", "https://a.b.example.org/p?q#f", "ftp://h/"],
        Type::Host => &["example.com", "a.example.com", "localhost", "10.0.0.1"],
        Type::Path => &["src/main.rs", "./docs//a.md", "../outside", "/etc/passwd", "a/../b.key", "."],
        Type::Ref => &["main", "refs/heads/main", "origin/main", "feature/x", "release/1.0"],
        Type::Command => &[
            "git push origin main",
            "rm -rf /",
            "sudo env A=1 git push -f",
            "cat a.txt | grep x > out.txt",
            "ls $HOME",
            "python -c 'print(1)'",
            "{ { {",
            "cargo test && echo done",
        ],
        _ => &["", "a", "main", "staging", "x y", "Zürich", "0", "a/b.txt"],
    }
}

/// A text that the scanner finds something in: the shape of a cloud access key, put together here so that no
/// file holds one.
fn secret_text() -> String {
    ["AKI", "A", "QZ7XKPL2M4VNB8RT"].concat()
}
