//! A request as the value of a Rust type that a form reads where it lies.

use aas::check::typed::FactGroup;
use aas::decision::Decision;
use aas::form::{Fields, Form, Given};
use aas::types::Origin;
use aas::{Entities, Facts, Policy, Raw, Request};

/// What each name stands for.
struct Offered {
    action: String,
    values: Vec<Offer>,
}

/// A value in the form that a program would hold it in.
enum Offer {
    Number(i64),
    Raw(Raw),
}

impl Fields for Offered {
    const NAMES: &'static [&'static str] = &[];

    fn action(&self) -> &str {
        &self.action
    }

    fn given(&self, place: usize) -> Given<'_> {
        match &self.values[place] {
            Offer::Number(n) => Given::Number(*n),
            Offer::Raw(Raw::Bool(b)) => Given::Bool(*b),
            Offer::Raw(Raw::Text(text)) => Given::Text(text),
            Offer::Raw(Raw::Unavailable(why)) => Given::Unavailable(why),
            Offer::Raw(raw @ (Raw::Null | Raw::Number(_) | Raw::List(_) | Raw::Object(_))) => Given::Raw(raw),
        }
    }
}

/// The decision of a form; none where the request says what no type with these names could say.
pub(crate) fn decide(policy: &Policy, request: &Request, facts: &Facts, entities: &Entities) -> Option<Decision> {
    let typed = policy.typed();
    let action = typed.action(&request.action).map(|id| typed.action_def(id));
    let mut names = Vec::new();
    let mut values = Vec::new();
    let groups = [
        ("params", &request.params),
        ("claims", &request.claims),
        ("observed", &facts.observed),
        ("agent", &facts.agent),
        ("session", &facts.session),
        ("env", &facts.env),
        ("flags", &facts.flags),
        ("state", &facts.state),
    ];
    for (group, fields) in groups {
        for (name, raw) in fields {
            let origin = match group {
                "params" => Some(Origin::Parameter),
                "claims" => Some(Origin::Claimed),
                "observed" => Some(Origin::Observed),
                _ => None,
            };
            let facts = [FactGroup::Agent, FactGroup::Session, FactGroup::Env].into_iter().find(|g| g.name() == group);
            let def = match (origin, facts) {
                (Some(origin), _) => action.and_then(|a| a.field(name)).filter(|f| f.origin == origin),
                (None, Some(facts)) => typed.facts.group(facts).iter().find(|f| f.name == *name),
                (None, None) => None,
            };
            if def.is_none() && (origin.is_some() || facts.is_some()) {
                return None;
            }
            let is_int = def.is_some_and(|def| *def.ty.ty.required() == aas::types::Type::Int);
            let number = match raw {
                Raw::Number(text) if is_int => text.parse().ok(),
                _ => None,
            };
            names.push(format!("{group}.{name}"));
            values.push(number.map_or_else(|| Offer::Raw(raw.clone()), Offer::Number));
        }
    }
    if let Some(now) = facts.now {
        names.push("now".into());
        values.push(Offer::Number(now));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // A name that stands twice or is a flag of no policy is a request that no type could make.
    let mut form = Form::<Offered>::bind_names(policy, &names).ok()?;
    let offered = Offered { action: request.action.to_string(), values };
    let tier = form.tier(&offered, entities);
    let resolved = form.action(&offered.action).map(|action| form.tier_of(action, &offered, entities));
    let ruling = form.decide(&offered, entities);
    assert_eq!(ruling.tier(), tier, "the tier alone and the ruling");
    assert!(resolved.is_none_or(|resolved| resolved == tier), "the action looked up before");
    Some(ruling.to_decision())
}
