//! A recorded profile: how often what a policy asks is true, what asking costs, and the order of work that follows.
//!
//! `aasc tune` writes it as `aas.profile` beside the package's `aas.toml`. It is text that people can read, and no part
//! of the policy's identity. Its only effect is which slots of the plan are [late](crate::plan::late), and that never
//! changes a decision: so a profile needs no trust. What it is keyed by are names (actions, items) and fingerprints of
//! expressions, and it belongs to the policy with the hash that it names.
//!
//! INVARIANT: a profile is taken over whole or not at all.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use serde::Deserialize;

use crate::check::typed::TypedPolicy;
use crate::plan::late::{MAX_LATE, Order, may_be_late, slot_keys};
use crate::plan::{Plan, SlotId, UnitId};

/// The name of the file: beside a package's `aas.toml`, and in an artefact among the files of its rules.
pub const FILE: &str = "aas.profile";
/// The form of the file that this version writes and reads.
pub const FORM: u32 = 1;
/// Most bytes of a profile.
pub const MAX_BYTES: usize = 16 << 20;

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The form of the file.
    pub form: u32,
    /// The hash of the policy that it was recorded for.
    pub policy: String,
    /// How many requests were recorded.
    pub requests: u64,
    /// Actions with something to wait for, in their order.
    #[serde(rename = "action", default)]
    pub actions: Vec<OfAction>,
}

/// What was recorded of an action.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfAction {
    /// Its name.
    pub name: String,
    /// How many requests there were.
    pub requests: u64,
    /// What the plan asks of a request.
    #[serde(rename = "atom", default)]
    pub atoms: Vec<Atom>,
    /// The conditions of its items.
    #[serde(rename = "row", default)]
    pub rows: Vec<Row>,
}

/// Something that the plan asks of a request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Atom {
    /// The expression, for people.
    pub text: String,
    /// What it is: [`SlotKey`](crate::plan::late::SlotKey) as text.
    pub key: String,
    /// Nanoseconds that asking took, on average.
    pub ns: f64,
    /// In how many requests it was true; of numbers and texts, known.
    pub held: u64,
    /// In how many it could not be told.
    pub erred: u64,
    /// Its place among those that wait, from 1 on; none where it is asked at once.
    #[serde(default)]
    pub late: Option<u32>,
    /// In how many requests it is asked by that order.
    pub asked: u64,
}

/// A condition of an item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The item's qualified name.
    pub item: String,
    /// The place of the branch in its text.
    pub branch: u32,
    /// In how many requests it was true.
    pub held: u64,
    /// In how many it erred.
    pub erred: u64,
}

/// Why a profile is left aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// It is no profile.
    Damaged(String),
    /// It has another form.
    Form(u64),
    /// It was recorded for another policy.
    Stale,
    /// It does not fit the policy that it names.
    Unfit(String),
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) => write!(f, "the profile is damaged: {why}"),
            Self::Form(found) => write!(f, "the profile has form {found}, and this program reads form {FORM}"),
            Self::Stale => f.write_str("the profile was recorded for another policy: the rules have changed since"),
            Self::Unfit(why) => write!(f, "the profile does not fit the policy: {why}"),
        }
    }
}

impl std::error::Error for ProfileError {}

/// What every form of the file says.
#[derive(Deserialize)]
struct Form {
    form: u64,
}

impl Profile {
    /// Reads the text of a profile.
    ///
    /// # Errors
    /// Where it is none, or one of another form.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let damaged = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).map_or(1, |before| 1 + before.matches('\n').count());
            let said = error.message().lines().next().unwrap_or_default();
            ProfileError::Damaged(format!("line {line}: {}", said.trim_end_matches('.')))
        };
        if text.len() > MAX_BYTES {
            return Err(ProfileError::Damaged("it is larger than a profile can be".into()));
        }
        let form: Form = toml::from_str(text).map_err(damaged)?;
        if form.form != u64::from(FORM) {
            return Err(ProfileError::Form(form.form));
        }
        let made: Self = toml::from_str(text).map_err(damaged)?;
        let times = made.actions.iter().flat_map(|action| &action.atoms).map(|atom| atom.ns);
        if times.into_iter().any(|ns| !ns.is_finite() || ns < 0.0) {
            return Err(ProfileError::Damaged("a time is no time".into()));
        }
        Ok(made)
    }

    /// The order of work that it says for the plan of a policy, whole or of one action.
    ///
    /// # Errors
    /// Where it was recorded for another policy or does not fit.
    pub fn order(&self, policy: &TypedPolicy, plan: &Plan) -> Result<Order, ProfileError> {
        if self.policy != policy.hash.to_string() {
            return Err(ProfileError::Stale);
        }
        let units: HashMap<&str, UnitId> =
            plan.units().filter(|(_, unit)| unit.action.is_some()).map(|(id, unit)| (&*unit.title, id)).collect();
        let mut order = Order::new();
        for action in &self.actions {
            // The plan of one action does not have the others.
            let Some(id) = units.get(&*action.name) else { continue };
            if order.iter().any(|(known, _)| known == id) {
                return Err(ProfileError::Unfit(format!("`{}` stands in it twice", action.name)));
            }
            order.push((*id, action.late(plan, *id)?));
        }
        Ok(order)
    }
}

impl OfAction {
    /// Its late slots in their order.
    fn late(&self, plan: &Plan, id: UnitId) -> Result<Vec<SlotId>, ProfileError> {
        let unit = plan.unit(id);
        let unfit = |why: &str| ProfileError::Unfit(format!("{why} of `{}`", self.name));
        let mut late: Vec<(u32, &Atom)> = self.atoms.iter().filter_map(|a| Some((a.late?, a))).collect();
        late.sort_unstable_by_key(|(place, _)| *place);
        if late.len() > MAX_LATE {
            return Err(unfit("too much waits"));
        }
        let keys: Vec<String> = slot_keys(unit).iter().map(ToString::to_string).collect();
        let may = may_be_late(unit);
        let mut slots = Vec::with_capacity(late.len());
        for (place, (said, atom)) in (1..).zip(late) {
            if place != said {
                return Err(unfit("places are missing or stand twice in the order"));
            }
            let found = keys.iter().position(|key| *key == atom.key);
            let slot = found.map(|place| SlotId(place as u32)).filter(|slot| may.contains(slot));
            slots.push(slot.ok_or_else(|| unfit("something waits that is not asked"))?);
        }
        Ok(slots)
    }
}

impl fmt::Display for Profile {
    /// The text of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "# Recorded by `aasc tune`. It says in which order work is done, and never what is decided:\n\
             # left out, stale or damaged, it changes nothing but time. Keep it beside aas.toml.\n",
        )?;
        writeln!(f, "form = {}\npolicy = {}\nrequests = {}", self.form, quoted(&self.policy), self.requests)?;
        for action in &self.actions {
            writeln!(f, "\n[[action]]\nname = {}\nrequests = {}", quoted(&action.name), action.requests)?;
            for atom in &action.atoms {
                writeln!(f, "\n[[action.atom]]\ntext = {}\nkey = {}", quoted(&atom.text), quoted(&atom.key))?;
                writeln!(f, "ns = {:?}\nheld = {}\nerred = {}", atom.ns, atom.held, atom.erred)?;
                if let Some(late) = atom.late {
                    writeln!(f, "late = {late}")?;
                }
                writeln!(f, "asked = {}", atom.asked)?;
            }
            for row in &action.rows {
                writeln!(f, "\n[[action.row]]\nitem = {}\nbranch = {}", quoted(&row.item), row.branch)?;
                writeln!(f, "held = {}\nerred = {}", row.held, row.erred)?;
            }
        }
        Ok(())
    }
}

/// A text in quotes, as TOML takes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
