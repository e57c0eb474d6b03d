//! The canonical form of a request: what is hashed, shown to people, and executed.

use std::sync::Arc;

use aas::check::typed::TypedPolicy;
use aas::interp::MASKED;
use aas::json;
use aas::raw::{Raw, RawFields};
use aas::reader::Bound;
use aas::types::Origin;
use serde::{Deserialize, Serialize};

/// A request in its canonical form: aliases replaced, defaults filled in, values as their types write them, members
/// sorted by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// The full name of the action.
    pub action: Arc<str>,
    /// Parameters as one JSON object.
    pub params: Arc<str>,
    /// Claims as one JSON object.
    pub claims: Arc<str>,
    /// What the runtime had observed, as one JSON object.
    pub observed: Arc<str>,
}

impl Canonical {
    /// The canonical form of a request that was read. Nothing where a value has no text, which no parameter lacks.
    #[must_use]
    pub fn of(policy: &TypedPolicy, bound: &Bound) -> Option<Self> {
        let Some(id) = bound.action else {
            // Nobody declares the action: its parameters are taken as they came.
            let mut given = bound.given.clone();
            sort(&mut given);
            let (params, none) = (json::write(&Raw::Object(given)), Arc::<str>::from("{}"));
            return Some(Self {
                action: bound.name.clone(),
                params: params.into(),
                claims: none.clone(),
                observed: none,
            });
        };
        let mut groups = [const { String::new() }; 3];
        for (def, value) in policy.action_def(id).fields.iter().zip(&bound.fields) {
            let group = match def.origin {
                Origin::Parameter => 0,
                Origin::Claimed => 1,
                Origin::Observed => 2,
            };
            let out = &mut groups[group];
            let value = match value {
                Ok(None) => continue,
                Ok(Some(value)) => Ok(value),
                Err(_) if def.origin == Origin::Parameter => return None,
                Err(fault) => Err(fault.kind.code()),
            };
            out.push(if out.is_empty() { '{' } else { ',' });
            json::write_string(&def.name, out);
            out.push(':');
            match value {
                Ok(value) => json::write_value(value, &policy.types, out)?,
                Err(code) => json::write_into(&Raw::Object(vec![("$error".into(), Raw::text(code))]), out),
            }
        }
        let [params, claims, observed] = groups.map(|mut text| {
            text.push_str(if text.is_empty() { "{}" } else { "}" });
            text.into()
        });
        Some(Self { action: bound.name.clone(), params, claims, observed })
    }

    /// The hash of what will be done and by whom: BLAKE3 over the agent's id, the action and its parameters, each with its
    /// length. Claims and observations are no part of it.
    #[must_use]
    pub fn hash(&self, agent: &str) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"aas request 1\0");
        for part in [agent, &self.action, &self.params] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Hash(*hasher.finalize().as_bytes())
    }
}

impl Canonical {
    /// The same with these fields masked, for people: what is executed is never masked.
    #[must_use]
    pub fn masked(&self, fields: &[Arc<str>]) -> Self {
        if fields.is_empty() {
            return self.clone();
        }
        let mask = |text: &Arc<str>| -> Arc<str> {
            match json::parse(text) {
                Ok(Raw::Object(mut members)) => {
                    for (name, value) in &mut members {
                        if fields.contains(name) {
                            *value = Raw::text(MASKED);
                        }
                    }
                    json::write(&Raw::Object(members)).into()
                }
                // What cannot be read is not shown.
                Ok(_) | Err(_) => "{}".into(),
            }
        };
        let [params, claims, observed] = [&self.params, &self.claims, &self.observed].map(mask);
        Self { action: self.action.clone(), params, claims, observed }
    }
}

fn sort(fields: &mut RawFields) {
    fields.sort_by(|a, b| a.0.cmp(&b.0));
}

/// A BLAKE3 hash; in text 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// As hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let hash = blake3::Hash::from_hex(&*text).map_err(serde::de::Error::custom)?;
        Ok(Self(*hash.as_bytes()))
    }
}
