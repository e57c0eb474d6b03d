//! Requests and facts drawn from a policy's own atoms, the same for the same seed.

use std::sync::Arc;

use super::draw::Drawer;
use super::hints::{Hints, Place};
use super::random::Random;
use crate::action_name;
use crate::check::typed::{FactGroup, FlagDef, FlagId, RawEntity, TypedPolicy};
use crate::facts::Facts;
use crate::raw::{Raw, RawFields};
use crate::reader::to_raw;
use crate::request::Request;
use crate::types::{EntityTypeId, FieldDef, FieldType, Origin, Type};
use crate::value::Value;

/// A request with all that a decision looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is asked.
    pub request: Request,
    /// What is known.
    pub facts: Facts,
    /// Entities.
    pub entities: Vec<RawEntity>,
}

/// Draws cases of a policy.
///
/// ```
/// use aas::{Policy, Settings, SourceSet, verify::Generator};
/// let rules = "package demo\n\naction ping { size: int 0..9 }\n\nrule pings on ping { green when size < 5 }\n";
/// let sources = SourceSet::single("demo.aasrule", rules);
/// let policy = Policy::compile(&sources, &Settings::default()).expect("a policy without errors");
/// let mut generator = Generator::new(policy.typed(), 7);
/// let case = generator.case("ping");
/// let entities = policy.entities(&case.entities).expect("the snapshot fits");
/// let _decision = policy.decide(&case.request, &case.facts, &entities);
/// ```
#[derive(Clone, Debug)]
pub struct Generator<'p> {
    policy: &'p TypedPolicy,
    hints: Hints,
    random: Random,
}

impl<'p> Generator<'p> {
    /// A generator of cases of a policy.
    #[must_use]
    pub fn new(policy: &'p TypedPolicy, seed: u64) -> Self {
        Self { policy, hints: Hints::of(policy), random: Random::new(seed) }
    }

    /// A case of some action: mostly a declared one, sometimes an alias or a name that nobody declared.
    pub fn any(&mut self) -> Case {
        let name = self.name();
        self.case(&name)
    }

    /// A case of an action, whether it is declared or not.
    pub fn case(&mut self, action: &str) -> Case {
        let mut drawer =
            Drawer { policy: self.policy, hints: &self.hints, random: Random::new(self.random.bits()), records: 0 };
        drawer.case(action)
    }

    fn name(&mut self) -> Arc<str> {
        match self.random.below(12) {
            0 => self.undeclared(),
            1 if !self.policy.aliases.is_empty() => {
                self.random.pick(&self.policy.aliases).map_or_else(|| "no.such".into(), |(alias, _)| alias.clone())
            }
            _ => self.random.pick(&self.policy.actions).map_or_else(|| "no.such".into(), |a| a.name.clone()),
        }
    }

    /// A name that a pattern over undeclared names matches, one that nothing matches, or none at all.
    fn undeclared(&mut self) -> Arc<str> {
        let patterns: Vec<&Arc<str>> = self.hints.patterns.iter().collect();
        let name = match (self.random.below(4), self.random.pick(&patterns)) {
            (0, _) => "no.such.action".to_string(),
            (1, _) => "not a name".to_string(),
            (_, Some(pattern)) => pattern.replace("**", "zz.y").replace('*', "zz"),
            (_, None) => "zz".to_string(),
        };
        if action_name::is_well_formed(&name) && self.policy.action(&name).is_some() {
            return "no.such.action".into();
        }
        name.into()
    }
}

impl Drawer<'_> {
    fn case(&mut self, name: &str) -> Case {
        // Half of all cases are without trouble, so that decisions are reached by truths as well.
        let trouble = if self.random.once_in(2) { 6 } else { 0 };
        let mut case = Case { request: Request::new(name), facts: Facts::default(), entities: Vec::new() };
        match self.policy.action(name) {
            Some(id) => self.fields(&self.policy.action_def(id).fields, trouble, &mut case),
            None => {
                self.fields(&self.policy.undeclared.fields, trouble, &mut case);
                if self.random.once_in(2) {
                    case.request = case.request.param("anything", Raw::text("AKIA0000"));
                }
            }
        }
        case.facts.agent = self.group(FactGroup::Agent, trouble);
        case.facts.session = self.group(FactGroup::Session, trouble);
        case.facts.env = self.group(FactGroup::Env, trouble);
        for (i, flag) in self.policy.flags.iter().enumerate() {
            if trouble > 0 && self.random.once_in(trouble) {
                continue;
            }
            let value = self.flag(FlagId(i as u32), flag);
            case.facts.flags.push((flag.name.clone(), value));
        }
        case.facts.state = self.state(trouble);
        if trouble == 0 || !self.random.once_in(trouble) {
            case.facts.now = Some(self.moment(&Place::Now));
        }
        case.entities = self.entities(&case.facts);
        case
    }

    fn fields(&mut self, fields: &[FieldDef], trouble: usize, case: &mut Case) {
        // A parameter that is wrong refuses the request, and then nothing else matters: rarely.
        let of_parameters = if trouble > 0 && self.random.once_in(8) { 3 } else { 0 };
        for def in fields {
            let place = Place::Field(def.name.clone());
            let (trouble, into) = match def.origin {
                Origin::Parameter => (of_parameters, &mut case.request.params),
                Origin::Claimed => (trouble, &mut case.request.claims),
                Origin::Observed => (trouble, &mut case.facts.observed),
            };
            if let Some(raw) = self.field(def, &place, trouble) {
                into.push((def.name.clone(), raw));
            }
        }
        if of_parameters > 0 && self.random.once_in(6) {
            case.request.params.push(("nobody_declares_this".into(), Raw::Bool(true)));
        }
        if trouble > 0 && self.random.once_in(12) {
            case.facts.observed.push(("nobody_declares_this".into(), Raw::Bool(true)));
        }
    }

    fn group(&mut self, group: FactGroup, trouble: usize) -> RawFields {
        let mut fields = RawFields::new();
        for (i, def) in self.policy.facts.group(group).iter().enumerate() {
            let drawn = match (group, &*def.name) {
                (FactGroup::Agent, "id") if trouble == 0 || !self.random.once_in(4 * trouble) => {
                    Some(Raw::Text(self.id(EntityTypeId::AGENT)))
                }
                _ => {
                    let place = Place::Fact(group, i as u32);
                    // A start value is not a default here: the host says everything.
                    let said = FieldDef { default: None, ..def.clone() };
                    self.field(&said, &place, trouble)
                }
            };
            fields.extend(drawn.map(|raw| (def.name.clone(), raw)));
        }
        fields
    }

    fn flag(&mut self, id: FlagId, flag: &FlagDef) -> Raw {
        if flag.keys.is_empty() {
            return self.flag_value(id, flag);
        }
        let mut members = RawFields::new();
        if self.random.once_in(2) {
            members.push(("*".into(), self.flag_value(id, flag)));
        }
        for _ in 0..3 {
            let texts: Vec<String> = (0..).zip(&flag.keys).map(|(i, ty)| self.key(id, i, ty)).collect();
            let key: Arc<str> = texts.join("/").into();
            if !members.iter().any(|(k, _)| *k == key) {
                members.push((key, self.flag_value(id, flag)));
            }
        }
        Raw::Object(members)
    }

    /// Mostly the start value: the strict one of a flag that stops everything would hide the rest.
    fn flag_value(&mut self, id: FlagId, flag: &FlagDef) -> Raw {
        let start = flag.default.as_ref().and_then(|v| to_raw(v, &self.policy.types));
        match start {
            Some(start) if self.random.once_in(2) => start,
            Some(_) | None => self.value(&flag.ty, &Place::Flag(id)),
        }
    }

    /// A key of a flag, as the host writes it.
    fn key(&mut self, id: FlagId, place: usize, ty: &Type) -> String {
        let known: Vec<String> = self
            .hints
            .flag_keys
            .get(&(id, place))
            .into_iter()
            .flatten()
            .filter_map(|v: &Value| v.text().map(ToString::to_string))
            .collect();
        if let Some(text) = self.random.pick(&known)
            && self.random.once_in(2)
        {
            return text.clone();
        }
        match self.value(&FieldType::plain(ty.clone()), &Place::Flag(id)) {
            Raw::Text(text) => text.to_string(),
            other => other.kind().to_string(),
        }
    }

    /// Readings of state by item; sometimes a whole item is unreadable.
    fn state(&mut self, trouble: usize) -> RawFields {
        let mut state = RawFields::new();
        for (name, reading) in self.group(FactGroup::State, trouble) {
            let (item, part) = name.rsplit_once('.').unwrap_or(("", &name));
            match state.last_mut() {
                Some((of, Raw::Object(parts))) if **of == *item => parts.push((part.into(), reading)),
                Some((of, _)) if **of == *item => {}
                Some(_) | None => {
                    let unreadable = trouble > 0 && self.random.once_in(4 * trouble);
                    let raw = if unreadable {
                        Raw::Unavailable("the store is away".into())
                    } else {
                        Raw::Object(vec![(part.into(), reading)])
                    };
                    state.push((item.into(), raw));
                }
            }
        }
        state
    }

    /// A snapshot without cycles: each entity lies in some that stand before it.
    fn entities(&mut self, facts: &Facts) -> Vec<RawEntity> {
        let types = &self.policy.types;
        let mut order: Vec<(EntityTypeId, Arc<str>)> = Vec::new();
        for i in (0..types.entities.len()).rev() {
            let ty = EntityTypeId(i as u32);
            order.extend(self.known_ids(ty).into_iter().map(|id| (ty, id)));
        }
        if let Some((_, Raw::Text(id))) = facts.agent.iter().find(|(n, _)| &**n == "id")
            && !id.is_empty()
            && id.len() < 1_000
        {
            order.push((EntityTypeId::AGENT, id.clone()));
        }
        let mut given: Vec<RawEntity> = Vec::new();
        let mut kept: Vec<(EntityTypeId, Arc<str>)> = Vec::new();
        for (ty, id) in order {
            if self.random.once_in(8) || kept.contains(&(ty, id.clone())) {
                continue;
            }
            let allowed = |parent: EntityTypeId| {
                ty == EntityTypeId::AGENT && parent != EntityTypeId::AGENT || types.entity(ty).parents.contains(&parent)
            };
            let fitting: Vec<&(EntityTypeId, Arc<str>)> = kept.iter().filter(|(p, _)| allowed(*p)).collect();
            let mut parents: Vec<(Arc<str>, Arc<str>)> = Vec::new();
            for _ in 0..self.random.below(3) {
                if let Some((p, id)) = self.random.pick(&fitting) {
                    parents.push((types.entity(*p).name.clone(), id.clone()));
                }
            }
            parents.sort();
            parents.dedup();
            let attributes = self.attributes(ty);
            given.push(RawEntity { ty: types.entity(ty).name.clone(), id: id.clone(), parents, attributes });
            kept.push((ty, id));
        }
        given
    }

    fn attributes(&mut self, ty: EntityTypeId) -> RawFields {
        let mut fields = RawFields::new();
        for (i, def) in self.policy.types.entity(ty).fields.iter().enumerate() {
            let place = Place::Attribute(ty, i as u32);
            if let Some(raw) = self.field(def, &place, 20) {
                fields.push((def.name.clone(), raw));
            }
        }
        fields
    }
}
