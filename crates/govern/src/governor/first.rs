//! `once … otherwise the first answer`: who asks again with a key that was used gets what was answered then.

use aas::Entities;
use aas::check::typed::state::StateBody;

use super::Governor;
use super::ask::Judged;
use crate::ids::Id;
use crate::registers::Register;

impl Governor {
    /// The first request of this agent with a key of this one that may be used once, while its answer is kept. Without
    /// it the item is a floor: whoever else asks with the key, or asks too late, is refused.
    pub(super) fn first_answer(&mut self, agent: &Id, judged: &mut Judged, entities: &Entities) -> Option<Id> {
        let now = self.now();
        let action = judged.bound.action;
        let look = self.look(&mut judged.bound, entities, agent)?;
        if !look.way.answers_first {
            return None;
        }
        let mut used = None;
        for id in &look.policy.state.footprints.of(action).touches {
            let Some(item) = look.policy.state.items.get(id.0 as usize) else { continue };
            if !matches!(&item.body, StateBody::Once(once) if once.answers_first) {
                continue;
            }
            let Ok(key) = look.key(item) else { continue };
            if let Some(Register::Once(register)) = look.tables.get(id.0 as usize).map(|table| table.get(&key))
                && register.used(now)
            {
                used = Some((id.0, key));
                break;
            }
        }
        let first = self.state.firsts.get(&used?)?;
        self.state.requests.get(first).filter(|entry| entry.agent == *agent)?;
        Some(first.clone())
    }
}
