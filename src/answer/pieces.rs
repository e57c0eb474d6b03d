//! The JSON form of a decision from parts that were written beforehand.

use serde::Serialize;

use super::{obligation, place};
use crate::check::typed::{ItemBody, TypedPolicy, TypedText, TypedTextPart};
use crate::decision::{Determining, Engine, ItemId, Obligation, Tier};
use crate::interp::explain::code;
use crate::source::SourceSet;

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

#[derive(Debug)]
struct ItemPieces {
    /// Its name as a JSON string.
    name: Box<[u8]>,
    /// By branch; none where its text has holes, which only the request fills.
    branches: Vec<Option<Around>>,
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
    /// determining item has holes.
    #[must_use]
    pub fn write(
        &self,
        policy: &TypedPolicy,
        action: &str,
        (tier, determining, obligations): (Tier, &[Determining], &[Obligation]),
        engine: Engine,
        out: &mut Vec<u8>,
    ) -> bool {
        let before = out.len();
        out.extend_from_slice(b"{\"action\":");
        put(action, out);
        out.extend_from_slice(&self.tiers[tier as usize]);
        for (place, d) in determining.iter().enumerate() {
            let Some(around) = self.around(d) else {
                out.truncate(before);
                return false;
            };
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&around.before);
            put(&d.tier, out);
            out.extend_from_slice(&around.behind);
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

    fn around(&self, d: &Determining) -> Option<&Around> {
        match d.item {
            None => Some(&self.none),
            Some(item) => self.items.get(item.0 as usize)?.branches.get(d.branch as usize)?.as_ref(),
        }
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
        let around = |branch: u32, because: Option<Option<String>>| {
            let d = Determining { item: Some(id), branch, tier: Tier::Green, outcome: crate::decision::Outcome::Held };
            let because = because?;
            let mut before = b"{\"item\":".to_vec();
            put(&item.name, &mut before);
            before.extend(b",\"kind\":");
            put(&item.kind, &mut before);
            before.extend(b",\"tier\":");
            let mut behind = b",\"code\":".to_vec();
            put(code(policy, &d), &mut behind);
            behind.extend(b",\"because\":");
            put(&because, &mut behind);
            let (file, line) = place(sources, item);
            behind.extend(b",\"file\":");
            put(file, &mut behind);
            behind.extend(b",\"line\":");
            put(&line, &mut behind);
            behind.push(b'}');
            Some(Around { before: before.into(), behind: behind.into() })
        };
        let branches = match &item.body {
            ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
                let texts = branches.iter().zip(0..);
                texts.map(|(b, place)| around(place, b.because.as_ref().map_or(Some(None), constant))).collect()
            }
            ItemBody::Exception { because, .. } => vec![around(0, constant(because))],
            ItemBody::Relax { .. } | ItemBody::Approval { .. } => vec![around(0, Some(None))],
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

/// The text, where it has no holes.
fn constant(text: &TypedText) -> Option<Option<String>> {
    let mut plain = String::new();
    for part in &text.parts {
        match part {
            TypedTextPart::Plain(part) => plain.push_str(part),
            TypedTextPart::Hole(_) => return None,
        }
    }
    Some(Some(plain))
}
