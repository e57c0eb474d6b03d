//! Actions that run too long: they are told to end, and after a while their outcome is unknown.

use super::Governor;
use crate::command::{Ended, Outcome};
use crate::effect::Effect;
use crate::event::{Event, Why};
use crate::ids::Id;

impl Governor {
    /// When a request that begins now must have ended, as its executor and the step that it is say.
    pub(super) fn must_end_at(&self, id: &Id) -> Option<i64> {
        let program = self.program.as_ref()?;
        let runtime = &program.typed().state.runtime;
        if runtime.executors.is_empty() && self.state.runs.is_empty() {
            return None;
        }
        let name = &self.state.requests.get(id)?.request.as_ref()?.action;
        let action = program.typed().action(name);
        let executors = action.into_iter().flat_map(|action| program.executors(action));
        let step = self.state.runs.step_of(id).and_then(|(run, step)| {
            let (workflow, _) = program.workflow(&self.state.runs.get(run)?.workflow)?;
            workflow.steps.get(*step as usize)?.within
        });
        let within = executors.filter_map(|executor| executor.within).chain(step).min()?;
        Some(self.now().saturating_add(within))
    }

    /// Tells a running action to end, once, and waits a while for its outcome.
    pub(super) fn hurry(&mut self, id: &Id, why: Why) {
        let is_told = |effect: &Effect| matches!(effect, Effect::Abort { id: told, .. } if told == id);
        if !self.step.effects.iter().any(is_told) {
            self.step.effects.push(Effect::Abort { id: id.clone(), why });
        }
        let ends = self.state.requests.get(id).and_then(|entry| entry.ends);
        if ends.is_none_or(|ends| !ends.told) {
            let until = self.now().saturating_add(self.config.abort_within);
            self.happen(Event::Late { id: id.clone(), until });
        }
    }

    /// Running actions whose time is over.
    pub(super) fn end_what_is_late(&mut self) {
        while let Some((at, id)) = self.state.late.first().cloned() {
            if at > self.now() {
                break;
            }
            let told = self.state.requests.get(&id).and_then(|entry| entry.ends).is_none_or(|ends| ends.told);
            if !told {
                self.hurry(&id, Why::Expired);
                continue;
            }
            let unknown = Outcome { result: Ended::Unknown, cost: None, output: Vec::new() };
            if self.outcome(&id, &unknown).is_err() {
                break;
            }
        }
    }
}
