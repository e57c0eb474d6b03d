//! What a test does beside requests: grants, freezes, flags, agents, sessions. What the governor does not let be done is
//! a miss, unless the test expects that.

use std::sync::Arc;

use aas::Entities;
use aas::check::typed::{Deed, TestDeed, TestFlag, TestPerson, TestStep};
use aas::value::Value;

use super::stage::Play;
use crate::command::{Command, FlagPlace, Grant, Person, SetFlag};
use crate::effect::Problem;
use crate::ids::Id;
use crate::key::Key;
use crate::look::key_text;

impl Play<'_> {
    pub(super) fn deed(&mut self, step: &TestStep, deed: &TestDeed) {
        let entities = match self.policy.entities(&deed.entities) {
            Ok(entities) => Arc::new(entities),
            Err(error) => return self.out.miss(step.span, None, "entities that fit", error.to_string()),
        };
        let done = self.command(&deed.does, &entities).and_then(|command| self.tell_governor(command));
        match (done, deed.refused) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Err(problem), None) => self.out.miss(step.span, None, what(&deed.does), problem.to_string()),
            (Ok(()), Some(span)) => self.out.miss(span, None, "refused", "it was done".to_owned()),
        }
    }

    fn command(&self, deed: &Deed, entities: &Arc<Entities>) -> Result<Command, Problem> {
        let person =
            |by: &TestPerson| Person { id: by.id.clone().into(), is_person: by.is_person, entities: entities.clone() };
        Ok(match deed {
            Deed::Grant { item, keys, fields, until, by } => Command::Grant(Grant {
                item: item.clone(),
                key: self.key(keys)?,
                fields: fields.clone(),
                until: *until,
                by: person(by),
            }),
            Deed::Revoke { item, keys, by } => {
                Command::Revoke { item: item.clone(), key: self.key(keys)?, by: person(by) }
            }
            Deed::Freeze { agent, by } => Command::Freeze {
                agent: Id::from(agent.clone()),
                by: Id::from(by.id.clone()),
                reason: "the test says so".into(),
            },
            Deed::Unfreeze { agent, by } => Command::Unfreeze { agent: Id::from(agent.clone()), by: person(by) },
            Deed::Agent { agent, maker, owner } => Command::Introduce {
                agent: Id::from(agent.clone()),
                parent: maker.clone().map(Id::from),
                owner: owner.clone().map(Id::from),
            },
            Deed::SetFlag { of, value, until, by } => {
                Command::SetFlag(SetFlag { of: place(of), value: value.clone(), until: *until, by: person(by) })
            }
            Deed::ClearFlag { of, by } => Command::ClearFlag { of: place(of), by: person(by) },
            Deed::CloseSession { session } => Command::CloseSession { session: Id::from(session.clone()) },
        })
    }

    /// The key under which an item keeps what belongs to these values.
    fn key(&self, values: &[Value]) -> Result<Key, Problem> {
        let texts = values.iter().map(|value| key_text(self.policy.typed(), value));
        let texts: Vec<Arc<str>> =
            texts.collect::<Result<_, _>>().map_err(|fault| Problem::BadValue(fault.detail.to_string()))?;
        Ok(Key::of(texts.iter().map(|text| &**text)))
    }
}

fn place(of: &TestFlag) -> FlagPlace {
    FlagPlace { flag: of.flag.clone(), key: of.key.clone(), scope: of.scope.clone() }
}

/// What the step says is done.
fn what(deed: &Deed) -> &'static str {
    match deed {
        Deed::Grant { .. } => "a grant that is given",
        Deed::Revoke { .. } => "a grant that is revoked",
        Deed::Freeze { .. } => "an agent that is frozen",
        Deed::Unfreeze { .. } => "an agent that is free again",
        Deed::Agent { .. } => "an agent that belongs to them",
        Deed::SetFlag { .. } => "a flag that is set",
        Deed::ClearFlag { .. } => "a flag that is cleared",
        Deed::CloseSession { .. } => "a session that is closed",
    }
}
