//! Another policy takes over: what it keeps, what goes on, what begins anew.

use std::mem::discriminant;

use aas::Policy;

use super::Governor;
use crate::effect::{Effect, Problem};
use crate::event::{Event, How, Moved, Why};
use crate::program::Program;
use crate::schema::{Family, FamilySchema, Period};
use crate::state::{Stage, State};

impl Governor {
    /// Tokens of the policy before die; what runs goes on and is settled; what waits for people is decided once more when
    /// it begins.
    pub(super) fn install(&mut self, policy: Policy) -> Result<(), Problem> {
        let program = Program::new(policy).map_err(|unfit| Problem::BadValue(unfit.to_string()))?;
        let permitted = self.state.stages(|_, entry| entry.stage == Stage::Permitted);
        self.end_each(permitted, Why::PolicyChanged);
        for digest in self.state.digests.keys().cloned().collect::<Vec<_>>() {
            // Nobody would tell it any more.
            if program.digests.iter().all(|one| one.name != digest) {
                self.tell_digest(&digest);
            }
        }
        let moved = moved(&self.state, &program.schema().families);
        let mut report: Vec<String> = moved.iter().filter(|moved| moved.how != How::Kept).map(tell).collect();
        let is_other = |run: &crate::runs::Run| {
            run.ended.is_none() && program.workflow(&run.workflow).is_none_or(|(_, hash)| hash != run.definition)
        };
        let lost = self.state.runs.iter().filter(|(_, run)| is_other(run));
        report
            .extend(lost.map(|(id, run)| format!("The run `{id}` ends: `{}` is another workflow now.", run.workflow)));
        let hash = program.policy.hash().to_string().into();
        self.happen(Event::Installed { policy: hash, schema: program.schema().clone(), moved });
        let in_doubt = self.state.tables.iter().filter(|table| table.doubt().is_some());
        report.extend(in_doubt.map(|table| doubt(&table.schema().name)));
        self.program = Some(program);
        self.step.effects.push(Effect::Report(report));
        self.do_what_is_due();
        Ok(())
    }
}

/// What becomes of each item that was kept or is kept from now on, by name.
fn moved(state: &State, new: &[FamilySchema]) -> Vec<Moved> {
    let old = &state.schema.families;
    let mut moved: Vec<Moved> = Vec::new();
    for family in new {
        let how = match old.binary_search_by(|f| f.name.cmp(&family.name)).ok().and_then(|place| old.get(place)) {
            Some(before) if before == family => How::Kept,
            Some(before) if goes_on(&before.family, &family.family) => How::Adapted,
            Some(_) => How::Restarted,
            None => match state.archive.get(&family.name) {
                Some(table) if goes_on(&table.schema().family, &family.family) => How::Restored,
                Some(_) | None => How::Begun,
            },
        };
        moved.push(Moved { item: family.name.clone(), how });
    }
    let gone = old.iter().filter(|f| new.binary_search_by(|n| n.name.cmp(&f.name)).is_err());
    moved.extend(gone.map(|family| Moved { item: family.name.clone(), how: How::Archived }));
    moved.sort_by(|a, b| a.item.cmp(&b.item));
    moved
}

/// Whether registers mean the same under other numbers.
fn goes_on(old: &Family, new: &Family) -> bool {
    match (old, new) {
        (Family::Rate { .. }, Family::Rate { .. })
        | (Family::Gauge, Family::Gauge)
        | (Family::Cooldown { .. }, Family::Cooldown { .. })
        | (Family::Once { .. }, Family::Once { .. })
        | (Family::Lease { .. }, Family::Lease { .. })
        | (Family::Grant { .. }, Family::Grant { .. }) => true,
        (Family::Budget { period: a, .. }, Family::Budget { period: b, .. }) => match (a, b) {
            (Period::Sliding(a), Period::Sliding(b)) => a == b,
            (Period::Calendar { .. }, Period::Calendar { .. }) => a == b,
            (Period::Sliding(_), Period::Calendar { .. }) | (Period::Calendar { .. }, Period::Sliding(_)) => false,
        },
        (Family::Window(_), Family::Window(_))
        | (Family::States { .. }, Family::States { .. })
        | (Family::Seen(_), Family::Seen(_)) => old == new,
        (a, b) => {
            debug_assert!(discriminant(a) != discriminant(b), "families of one kind are compared above");
            false
        }
    }
}

fn doubt(name: &str) -> String {
    format!(
        "Nobody knows what `{name}` would have told before it was kept: it is an error for sessions and agents that are \
         older, until its time has passed or a person vouches for them."
    )
}

fn tell(moved: &Moved) -> String {
    let what = match moved.how {
        How::Kept => "goes on as it was",
        How::Adapted => "goes on under its new numbers",
        How::Restarted => "keeps something else now and begins empty",
        How::Begun => "is new and begins empty",
        How::Restored => "came back and goes on from the archive",
        How::Archived => "is gone; what it kept is archived",
    };
    format!("`{}` {what}.", moved.item)
}
