//! Flags: who may set them, in which scopes, for how long, and what rules read.

use std::sync::Arc;

use aas::check::typed::state::FlagRules;
use aas::check::typed::{FlagDef, TypedPolicy};
use aas::decision::Tier;
use aas::raw::{Raw, RawFields, get};
use aas::reader::{ReadContext, read};
use aas::types::Origin;
use aas::{Facts, Request, json};

use super::Governor;
use crate::command::{FlagPlace, Person, SetFlag};
use crate::effect::Problem;
use crate::event::Event;
use crate::schema::{FlagSchema, Merge};

/// The key of a keyed flag's value for every key that has none of its own.
const EVERY_OTHER_KEY: &str = "*";

impl Governor {
    pub(super) fn set_flag(&mut self, set: SetFlag) -> Result<(), Problem> {
        let SetFlag { of, value, until, by } = set;
        let (schema, def, rules) = self.flag(&of)?;
        self.may_change(rules.changed_by.as_ref(), &by)?;
        let policy = self.program.as_ref().ok_or(Problem::NoPolicy)?.typed();
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        read(&def.ty, &value, &cx).map_err(|fault| Problem::BadValue(format!("`{}`: {}", of.flag, fault.detail)))?;
        let text: Arc<str> = json::write(&value).into();
        if until.is_some_and(|until| until <= self.now()) {
            return Err(Problem::BadValue("its time would be over at once".into()));
        }
        if until.is_some() && text == schema.strict {
            return Err(Problem::BadValue(format!(
                "{text} is the strict value of `{}`; time does not take it back, people do",
                of.flag
            )));
        }
        self.decide_change("flag.set", &of, &text, &by)?;
        if self.state.flags.len() >= self.config.most_names && !self.state.flags.contains_key(&of) {
            return Err(Problem::Full("values of flags"));
        }
        self.happen(Event::FlagSet { of, value: text, until, by: by.id });
        Ok(())
    }

    pub(super) fn clear_flag(&mut self, of: FlagPlace, by: &Person) -> Result<(), Problem> {
        let (_, _, rules) = self.flag(&of)?;
        self.may_change(rules.changed_by.as_ref(), by)?;
        if !self.state.flags.contains_key(&of) {
            return Err(Problem::BadValue(format!("`{}` has no value there", of.flag)));
        }
        self.decide_change("flag.clear", &of, "", by)?;
        self.happen(Event::FlagCleared { of, by: Some(by.id.clone()) });
        Ok(())
    }

    /// Changing a flag is an action like any other where the policy declares it: `action flag.set { name: string, key:
    /// string, value: string }`, of which it may leave out what it does not ask for. It must be green or yellow then.
    fn decide_change(&mut self, action: &str, of: &FlagPlace, value: &str, by: &Person) -> Result<(), Problem> {
        let policy = self.program.as_ref().ok_or(Problem::NoPolicy)?.typed();
        let Some(id) = policy.action(action) else { return Ok(()) };
        let mut request = Request::new(action);
        for (name, text) in [("name", &*of.flag), ("key", &*of.key), ("value", value)] {
            if policy.action_def(id).field(name).is_some_and(|field| field.origin == Origin::Parameter) {
                request = request.param(name, Raw::text(text));
            }
        }
        let kind = if by.is_person { "person" } else { "machine" };
        let facts = Facts::of_agent(by.id.as_str()).agent("kind", Raw::text(kind));
        let judged = self.judge(&by.id, &request, &facts, &by.entities)?;
        if judged.decision.tier <= Tier::Yellow {
            return Ok(());
        }
        Err(Problem::NotAllowed(by.id.clone(), "the rules about flags do not let them"))
    }

    fn flag(&self, of: &FlagPlace) -> Result<(&FlagSchema, &FlagDef, &FlagRules), Problem> {
        let program = self.program.as_ref().ok_or(Problem::NoPolicy)?;
        let missing = || Problem::NoSuchItem("flag", of.flag.clone());
        let schema = program.schema().flags.iter().find(|flag| flag.name == of.flag).ok_or_else(missing)?;
        let policy = program.typed();
        let place = policy.flags.iter().position(|flag| flag.name == of.flag).ok_or_else(missing)?;
        let def = policy.flags.get(place).ok_or_else(missing)?;
        let rules = policy.state.flags.get(place).ok_or_else(missing)?;
        if (schema.keys == 0) != of.key.is_empty() {
            let text = if schema.keys == 0 { "has no keys" } else { "is kept for each key; name one, or `*`" };
            return Err(Problem::BadValue(format!("`{}` {text}", of.flag)));
        }
        if let Some((scope, _)) = &of.scope
            && !schema.scopes.contains(scope)
        {
            return Err(Problem::BadValue(format!("`{}` has no scope `{scope}`", of.flag)));
        }
        Ok((schema, def, rules))
    }

    /// Where the time of a value is over, the strict one follows it.
    pub(super) fn end_flags(&mut self) {
        let now = self.now();
        let over = self.state.flags_due.iter().take_while(|(until, _)| *until <= now);
        let over: Vec<FlagPlace> = over.map(|(_, of)| of.clone()).collect();
        for of in over {
            let strict =
                self.state.schema.flags.iter().find(|flag| flag.name == of.flag).map(|flag| flag.strict.clone());
            let by = self.state.flags.get(&of).map(|value| value.by.clone());
            match (strict, by) {
                (Some(value), Some(by)) => self.happen(Event::FlagSet { of, value, until: None, by }),
                // The policy knows the flag no more.
                (_, _) => self.happen(Event::FlagCleared { of, by: None }),
            }
        }
    }

    /// The values of flags that count for this request, whatever the host says of flags.
    pub(super) fn flags_now(&mut self, facts: &Facts) -> Arc<RawFields> {
        let stamp = self.state.flags_changed;
        if let Some((_, flags)) = self.flags.as_ref().filter(|(of, _)| *of == stamp) {
            return flags.clone();
        }
        let flags = Arc::new(self.flags_for(facts));
        if self.state.flags.keys().all(|of| of.scope.is_none()) {
            // Without scopes every request reads the same.
            self.flags = Some((stamp, flags.clone()));
        }
        flags
    }

    fn flags_for(&self, facts: &Facts) -> RawFields {
        let mut flags = RawFields::new();
        for flag in &self.state.schema.flags {
            let value = if flag.keys == 0 {
                self.effective(flag, "", facts)
            } else {
                let mut keys: Vec<&Arc<str>> =
                    self.state.flags.keys().filter(|of| of.flag == flag.name).map(|of| &of.key).collect();
                keys.dedup();
                let others = !keys.iter().any(|key| &***key == EVERY_OTHER_KEY);
                let of_key = |key: &str| Some((key.into(), self.effective(flag, key, facts)?));
                let mut members: RawFields = keys.into_iter().filter_map(|key| of_key(key)).collect();
                members.extend(others.then(|| of_key(EVERY_OTHER_KEY)).flatten());
                Some(Raw::Object(members))
            };
            flags.extend(value.map(|value| (flag.name.clone(), value)));
        }
        flags
    }

    /// The value of a flag: of all scopes that this request is in, the stricter counts; where none has one, the value of
    /// every other key, then the start value.
    fn effective(&self, flag: &FlagSchema, key: &str, facts: &Facts) -> Option<Raw> {
        let applies = |of: &FlagPlace| {
            // A scope that cannot be told may be this one.
            let here = of.scope.as_ref().is_none_or(|(fact, at)| scope_of(facts, fact).is_none_or(|is| *is == **at));
            of.flag == flag.name && *of.key == *key && here
        };
        let set = self.state.flags.iter().filter(|(of, _)| applies(of)).map(|(_, value)| value.value.clone());
        let start = flag.start.clone();
        let stricter = |a, b| match &self.program {
            Some(program) => stricter(program.typed(), flag, a, b),
            None => flag.strict.clone(),
        };
        let text = set.reduce(stricter).or(start)?;
        // What was written by this governor can be read; what cannot is no value, so reading it errs.
        json::parse(&text).ok()
    }
}

fn scope_of(facts: &Facts, name: &str) -> Option<String> {
    let (group, member) = name.split_once('.')?;
    let fields = match group {
        "agent" => &facts.agent,
        "session" => &facts.session,
        "env" => &facts.env,
        _ => return None,
    };
    match get(fields, member)? {
        Raw::Text(text) | Raw::Number(text) => Some(text.to_string()),
        Raw::Bool(so) => Some(so.to_string()),
        Raw::Null | Raw::List(_) | Raw::Object(_) | Raw::Unavailable(_) => None,
    }
}

/// Of two values the one that restricts more; the strict one where that cannot be told.
fn stricter(policy: &TypedPolicy, flag: &FlagSchema, a: Arc<str>, b: Arc<str>) -> Arc<str> {
    if a == b || a == flag.strict {
        return a;
    }
    if b == flag.strict {
        return b;
    }
    let rank = |text: &str| {
        let def = policy.flags.iter().find(|def| def.name == flag.name)?;
        let cx = ReadContext { types: &policy.types, zone: &policy.settings.zone };
        read(&def.ty, &json::parse(text).ok()?, &cx).ok()?.word()
    };
    match (flag.merge, rank(&a), rank(&b)) {
        (Merge::Least, Some(x), Some(y)) if x <= y => a,
        (Merge::Greatest, Some(x), Some(y)) if x >= y => a,
        (Merge::Least | Merge::Greatest, Some(_), Some(_)) => b,
        (_, _, _) => flag.strict.clone(),
    }
}
