//! The JSON form of a decision from parts that were written beforehand.

use std::sync::Arc;

use serde::Serialize;

use super::{obligation, place};
use crate::check::typed::{FactGroup, ItemBody, TExprKind, TypedPolicy, TypedText, TypedTextPart};
use crate::decision::{Determining, Engine, ItemId, Obligation, Outcome, Tier};
use crate::interp::explain::code;
use crate::interp::{MASKED, SECRET};
use crate::plan::Inputs;
use crate::source::SourceSet;
use crate::value::{Value, text};

/// The parts of a policy's answers that are always the same, escaped already.
#[derive(Debug)]
pub struct Pieces {
    items: Vec<ItemPieces>,
    /// The default tier, where no rule matches.
    none: Around,
    /// From the action's name to the list of what determines, by tier.
    tiers: [Box<[u8]>; 4],
    /// From the end of the obligations to the engine's name, without errors.
    identity: Box<[u8]>,
}

/// What stands around the tier of a determining item.
#[derive(Clone, Debug)]
struct Around {
    before: Box<[u8]>,
    behind: Box<[u8]>,
}

/// A branch as it determines.
#[derive(Debug)]
enum Branch {
    /// Its text is always the same.
    Same(Around),
    /// Its text has holes for what stands in the request or the facts, and for nothing that is made of it.
    Filled {
        /// Around its tier, up to its text.
        around: Around,
        /// Its text.
        text: Vec<Part>,
        /// Behind its text.
        end: Box<[u8]>,
    },
    /// Its text has holes that must be evaluated.
    Evaluated,
}

/// A piece of a text.
#[derive(Clone, Debug)]
enum Part {
    /// As it is.
    Plain(Arc<str>),
    /// What stands in a field.
    Field(Arc<str>),
    /// A fact.
    Fact(FactGroup, usize),
    /// The time.
    Now,
    /// The action's name.
    Action,
}

#[derive(Debug)]
struct ItemPieces {
    /// Its name as a JSON string.
    name: Box<[u8]>,
    /// By branch.
    branches: Vec<Branch>,
    /// The obligation of an approval.
    approval: Box<[u8]>,
}

/// Adds a value as compact JSON.
fn put(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Texts and numbers into memory: nothing of it can fail.
    let _ = serde_json::to_writer(out, value);
}

fn written(value: &(impl Serialize + ?Sized)) -> Box<[u8]> {
    let mut out = Vec::new();
    put(value, &mut out);
    out.into()
}

impl Pieces {
    /// The pieces of a policy. `sources` are those that it was compiled from.
    #[must_use]
    pub fn new(policy: &TypedPolicy, sources: &SourceSet) -> Self {
        let items = (0..policy.items.len() as u32).map(|id| ItemPieces::new(policy, sources, ItemId(id)));
        let tier = |tier: Tier| {
            let mut out = b",\"tier\":".to_vec();
            put(&tier, &mut out);
            out.extend(b",\"disposition\":");
            put(&tier.disposition(), &mut out);
            out.extend(b",\"determining\":[");
            out.into()
        };
        let mut identity = b"],\"errors\":[],\"policy\":".to_vec();
        put(&policy.hash, &mut identity);
        identity.extend(b",\"engine\":");
        Self {
            items: items.collect(),
            none: Around {
                before: (*b"{\"item\":null,\"kind\":null,\"tier\":").into(),
                behind: (*b",\"code\":\"default\",\"because\":null,\"file\":null,\"line\":null}").into(),
            },
            tiers: Tier::ALL.map(tier),
            identity: identity.into(),
        }
    }

    /// Adds the answer of a decision without errors. Nothing is added, and false returned, where the text of a
    /// determining item has holes that must be evaluated.
    #[must_use]
    pub fn write(
        &self,
        policy: &TypedPolicy,
        inputs: &dyn Inputs,
        (tier, determining, obligations): (Tier, &[Determining], &[Obligation]),
        engine: Engine,
        out: &mut Vec<u8>,
    ) -> bool {
        let before = out.len();
        out.extend_from_slice(b"{\"action\":");
        put(&**inputs.action(), out);
        out.extend_from_slice(&self.tiers[tier as usize]);
        for (place, d) in determining.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            if self.determining(policy, inputs, d, obligations, out).is_none() {
                out.truncate(before);
                return false;
            }
        }
        out.extend_from_slice(b"],\"obligations\":[");
        for (place, o) in obligations.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            self.obligation(policy, o, out);
        }
        out.extend_from_slice(&self.identity);
        put(&engine, out);
        out.push(b'}');
        true
    }

    /// Adds a determining item.
    fn determining(
        &self,
        policy: &TypedPolicy,
        inputs: &dyn Inputs,
        d: &Determining,
        obligations: &[Obligation],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let branch = match d.item {
            None => {
                self.none.write(d.tier, out);
                return Some(());
            }
            Some(item) => self.items.get(item.0 as usize)?.branches.get(d.branch as usize)?,
        };
        match branch {
            Branch::Same(around) => around.write(d.tier, out),
            Branch::Filled { around, text, end } => {
                around.write(d.tier, out);
                put(&fill(policy, inputs, obligations, text), out);
                out.extend_from_slice(end);
            }
            Branch::Evaluated => return None,
        }
        Some(())
    }

    fn obligation(&self, policy: &TypedPolicy, wanted: &Obligation, out: &mut Vec<u8>) {
        let (head, word, item) = match wanted {
            Obligation::Notify { channel, item } => (&b"{\"kind\":\"notify\",\"channel\":"[..], channel, item),
            Obligation::Redact { field, item } => (&b"{\"kind\":\"redact\",\"field\":"[..], field, item),
            Obligation::Instead { action, item } => (&b"{\"kind\":\"instead\",\"action\":"[..], action, item),
            Obligation::Approve { item } => {
                if let Some(pieces) = self.items.get(item.0 as usize) {
                    out.extend_from_slice(&pieces.approval);
                }
                return;
            }
            Obligation::Run { .. } => return put(&obligation(policy, wanted), out),
        };
        out.extend_from_slice(head);
        put(word, out);
        out.extend_from_slice(b",\"item\":");
        if let Some(pieces) = self.items.get(item.0 as usize) {
            out.extend_from_slice(&pieces.name);
        }
        out.push(b'}');
    }
}

impl ItemPieces {
    fn new(policy: &TypedPolicy, sources: &SourceSet, id: ItemId) -> Self {
        let item = policy.item(id);
        let head = |branch: u32| {
            let d = Determining { item: Some(id), branch, tier: Tier::Green, outcome: Outcome::Held };
            let mut before = b"{\"item\":".to_vec();
            put(&item.name, &mut before);
            before.extend(b",\"kind\":");
            put(&item.kind, &mut before);
            before.extend(b",\"tier\":");
            let mut behind = b",\"code\":".to_vec();
            put(code(policy, &d), &mut behind);
            behind.extend(b",\"because\":");
            Around { before: before.into(), behind: behind.into() }
        };
        let mut end = b",\"file\":".to_vec();
        let (file, line) = place(sources, item);
        put(file, &mut end);
        end.extend(b",\"line\":");
        put(&line, &mut end);
        end.push(b'}');
        let branch = |place: u32, because: Option<&TypedText>| Branch::new(head(place), because, &end);
        let branches = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                branches.iter().zip(0..).map(|(b, place)| branch(place, b.because.as_ref())).collect()
            }
            ItemBody::Exception { because, .. } => vec![branch(0, Some(because))],
            ItemBody::Relax { .. } | ItemBody::Approval { .. } => vec![branch(0, None)],
        };
        let approval = match item.body {
            ItemBody::Approval { .. } => written(&obligation(policy, &Obligation::Approve { item: id })),
            ItemBody::Rule { .. } | ItemBody::Floor { .. } | ItemBody::Relax { .. } | ItemBody::Exception { .. } => {
                Box::default()
            }
        };
        Self { name: written(&item.name), branches, approval }
    }
}

impl Around {
    fn write(&self, tier: Tier, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        put(&tier, out);
        out.extend_from_slice(&self.behind);
    }
}

impl Branch {
    fn new(head: Around, because: Option<&TypedText>, end: &[u8]) -> Self {
        let parts: Option<Vec<Part>> = because.map_or(&[][..], |text| &text.parts).iter().map(Part::of).collect();
        let Some(parts) = parts else { return Self::Evaluated };
        let whole: Option<String> = parts.iter().map(Part::plain).collect();
        let Some(whole) = whole else {
            return Self::Filled { around: head, text: parts, end: end.into() };
        };
        let mut behind = head.behind.into_vec();
        put(&because.map(|_| whole), &mut behind);
        behind.extend_from_slice(end);
        Self::Same(Around { before: head.before, behind: behind.into() })
    }
}

impl Part {
    /// Its text, where it is the same for every request.
    fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Field(_) | Self::Fact(..) | Self::Now | Self::Action => None,
        }
    }

    /// None where the hole must be evaluated.
    fn of(part: &TypedTextPart) -> Option<Self> {
        let e = match part {
            TypedTextPart::Plain(text) => return Some(Self::Plain(text.clone())),
            TypedTextPart::Hole(e) => &e.kind,
        };
        if let TExprKind::Field(name) = e {
            return Some(Self::Field(name.clone()));
        }
        if let TExprKind::Fact(group, place) = e {
            return Some(Self::Fact(*group, *place as usize));
        }
        let known = [(TExprKind::Now, Self::Now), (TExprKind::ActionName, Self::Action)];
        let same = |kind: &TExprKind| std::mem::discriminant(kind) == std::mem::discriminant(e);
        known.into_iter().find(|(kind, _)| same(kind)).map(|(_, part)| part)
    }
}

/// A text with its holes filled, as [`because`](crate::interp::because) does it.
fn fill(policy: &TypedPolicy, inputs: &dyn Inputs, obligations: &[Obligation], text: &[Part]) -> String {
    text.iter().map(|part| shown(policy, inputs, obligations, part)).collect()
}

fn shown(policy: &TypedPolicy, inputs: &dyn Inputs, obligations: &[Obligation], part: &Part) -> String {
    let masks = |o: &Obligation, name: &str| matches!(o, Obligation::Redact { field, .. } if field == name);
    let found = match part {
        Part::Plain(text) => return text.to_string(),
        Part::Field(name) if obligations.iter().any(|o| masks(o, name)) => return MASKED.into(),
        Part::Field(name) => {
            let def = policy.action(inputs.action()).map_or(&policy.undeclared, |id| policy.action_def(id));
            let place = def.fields.binary_search_by(|f| f.name.cmp(name));
            place.ok().and_then(|place| inputs.field(place).clone().ok().flatten())
        }
        Part::Fact(group, place) => inputs.fact(*group, *place).clone().ok().flatten(),
        Part::Now => inputs.now().ok().map(Value::Timestamp),
        Part::Action => Some(Value::Str(inputs.action().clone())),
    };
    let Some(value) = found else { return "?".into() };
    match inputs.secrets(Some(&value)) {
        Ok(Value::Set(kinds)) if kinds.is_empty() => text::show(&value, &policy.types),
        Ok(_) | Err(_) => SECRET.into(),
    }
}
