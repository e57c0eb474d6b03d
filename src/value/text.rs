//! Text for people: escaping, cutting, and each value as one would write it in a sentence.
//!
//! What came from a request may try to look like something else. Control characters, and those that turn
//! the direction of writing or cannot be seen, are written out as `\u{202e}`; a host that is not plain
//! ASCII is followed by its wire form; and nothing is longer than [`GREATEST_SHOWN`] characters.

use crate::ids::{EntityTypeId, EnumId, RecordId};

use super::{Fault, Value, net, number, time};

/// Greatest length of a shown value in characters, without the `…` that says it was cut.
pub const GREATEST_SHOWN: usize = 200;

/// Names of declared things; the table of types knows them.
pub trait Names {
    /// The name of an enum's variant.
    fn variant_name(&self, of: EnumId, place: u32) -> &str;
    /// The short name of an entity type.
    fn entity_name(&self, of: EntityTypeId) -> &str;
    /// The name of a record's field.
    fn field_name(&self, of: RecordId, place: usize) -> &str;
}

/// A value as texts inside a `because` show it.
#[must_use]
pub fn show(value: &Value, names: &impl Names) -> String {
    let mut shown = Shown::default();
    shown.value(value, names);
    shown.text
}

/// Text from a request, with what could mislead written out, cut.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = Shown::default();
    shown.foreign(text);
    shown.text
}

/// Whether a character is written out because it cannot be seen, or turns or breaks the line.
#[must_use]
pub fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text that grows until it is full.
#[derive(Default)]
struct Shown {
    text: String,
    count: usize,
    full: bool,
}

impl Shown {
    /// Adds a piece as a whole or not at all.
    fn piece(&mut self, piece: &str) {
        let count = piece.chars().count();
        if self.full {
            return;
        }
        if self.count + count > GREATEST_SHOWN {
            self.full = true;
            self.text.push('…');
            return;
        }
        self.count += count;
        self.text.push_str(piece);
    }

    /// Our own words, character by character.
    fn own(&mut self, text: &str) {
        let mut buffer = [0; 4];
        for c in text.chars() {
            if self.full {
                return;
            }
            self.piece(c.encode_utf8(&mut buffer));
        }
    }

    /// Words of a request.
    fn foreign(&mut self, text: &str) {
        let mut buffer = [0; 4];
        for c in text.chars() {
            if self.full {
                return;
            }
            match c {
                '\n' => self.piece("\\n"),
                '\t' => self.piece("\\t"),
                c if is_misleading(c) => self.piece(&format!("\\u{{{:x}}}", u32::from(c))),
                c => self.piece(c.encode_utf8(&mut buffer)),
            }
        }
    }

    fn host(&mut self, host: &str) {
        if let Some(wire) = net::wire(host) {
            self.own(" (");
            self.own(&wire);
            self.own(")");
        }
    }

    fn all<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>, names: &impl Names) {
        for (place, value) in values.into_iter().enumerate() {
            if self.full {
                return;
            }
            if place > 0 {
                self.own(", ");
            }
            self.value(value, names);
        }
    }

    fn fields(&mut self, of: RecordId, fields: &[Result<Option<Value>, Fault>], names: &impl Names) {
        let mut first = true;
        for (place, field) in fields.iter().enumerate() {
            let shown = match field {
                Ok(None) => continue,
                Ok(Some(value)) => Some(value),
                Err(_) => None,
            };
            if !first {
                self.own(", ");
            }
            first = false;
            self.own(names.field_name(of, place));
            self.own(": ");
            match shown {
                Some(value) => self.value(value, names),
                None => self.own("?"),
            }
        }
    }

    fn value(&mut self, value: &Value, names: &impl Names) {
        match value {
            Value::Bool(b) => self.own(if *b { "true" } else { "false" }),
            Value::Int(n) => self.own(&n.to_string()),
            Value::Decimal(n) => self.own(&number::show_decimal(*n)),
            Value::Ratio(n) => self.own(&number::show_ratio(*n)),
            Value::Duration(n) => self.own(&time::show_duration(*n)),
            Value::Timestamp(n) => self.own(&time::show_timestamp(*n)),
            Value::TimeOfDay(n) => self.own(&time::show_time_of_day(*n)),
            // What a zone's clocks show carries no zone.
            Value::Civil(n) => self.own(time::show_timestamp(*n).trim_end_matches('Z')),
            Value::Semver(version) => self.foreign(&version.to_string()),
            Value::Ip(ip) => self.own(&ip.to_string()),
            Value::Cidr(net) => self.own(&net.to_string()),
            Value::Str(text) | Value::Ref(text) => self.foreign(text),
            Value::Path(path) => self.foreign(path.text()),
            Value::Url(url) => {
                self.foreign(url.text());
                self.host(url.host());
            }
            Value::Host(host) => {
                self.foreign(host);
                self.host(host);
            }
            Value::Command(command) => self.foreign(&command.text),
            Value::SimpleCommand(command) => self.foreign(&command.text),
            Value::Enum(of, place) => self.own(names.variant_name(*of, *place)),
            Value::Record(of, fields) => self.fields(*of, fields, names),
            Value::List(values) | Value::Set(values) => self.all(values.iter(), names),
            Value::Map(entries) => {
                for (place, (key, value)) in entries.iter().enumerate() {
                    self.own(if place > 0 { ", " } else { "" });
                    self.foreign(key);
                    self.own(": ");
                    self.value(value, names);
                }
            }
            Value::Entity(entity) => {
                self.own(names.entity_name(entity.ty));
                self.own(" ");
                self.foreign(&entity.id);
            }
            Value::Range(range) => {
                self.value(&range.low, names);
                self.own("..");
                self.value(&range.high, names);
            }
            Value::Patterns(patterns) => {
                for (place, source) in patterns.sources.iter().enumerate() {
                    self.own(if place > 0 { ", " } else { "" });
                    self.foreign(source);
                }
            }
            Value::Unknown(_) => self.own("?"),
        }
    }
}

#[cfg(test)]
#[path = "tests/text.rs"]
mod tests;
