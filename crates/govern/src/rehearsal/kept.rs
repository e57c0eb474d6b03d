//! What a test expects of what is kept: where a request stands, trust, readings.

use aas::check::typed::state::Part;
use aas::check::typed::{Expected, StandingWord};
use aas::reader::Attribute;
use aas::syntax::ast::BinaryOp;
use aas::value::{Value, number, text};

use super::stage::{Last, Play};
use crate::effect::Standing;
use crate::event::Why;
use crate::state::Stage;

/// Where a request stands, in the words of tests; none where it may begin and has not.
pub(super) fn word(stage: Stage) -> Option<StandingWord> {
    Some(match stage {
        Stage::Waiting => StandingWord::Waiting,
        Stage::Approved => StandingWord::Approved,
        Stage::Running => StandingWord::Running,
        Stage::Done(_) => StandingWord::Done,
        Stage::Refused | Stage::Gone(Why::Denied | Why::Refused) => StandingWord::Refused,
        Stage::Gone(
            Why::Expired
            | Why::Cancelled
            | Why::Stopped
            | Why::Frozen
            | Why::PolicyChanged
            | Why::SessionClosed
            | Why::RunOver,
        ) => StandingWord::Ended,
        Stage::Permitted => return None,
    })
}

/// Whether a reply says that the governor did not let a request go on.
pub(super) fn is_refused(standing: &Standing) -> bool {
    match standing {
        Standing::Refused | Standing::Ended(_) => true,
        Standing::Permitted(_)
        | Standing::Waiting
        | Standing::Approved
        | Standing::Running
        | Standing::Done(_)
        | Standing::Dry => false,
    }
}

impl Play<'_> {
    /// Judges what is expected of what is kept; of decisions, others do.
    pub(super) fn judge_kept(&mut self, expected: &[Expected]) {
        for one in expected {
            let (wanted, found) = match one {
                Expected::Standing(wanted, _) => {
                    let is = self.last_stage();
                    if is.and_then(word) == Some(*wanted) {
                        continue;
                    }
                    let found =
                        is.map_or("nothing was asked", |stage| word(stage).map_or("permitted", StandingWord::name));
                    (wanted.name().to_owned(), format!("the request is {found}"))
                }
                Expected::Trust(wanted, _) => {
                    let agent = self.last.as_ref().map_or_else(|| "tester".into(), |last| last.agent.clone());
                    let score = self.governor.state().trust(&agent);
                    if score == Some(*wanted) {
                        continue;
                    }
                    let show = |score| number::show_decimal(score);
                    let is = score.map_or("nobody keeps it".to_owned(), |score| format!("it is {}", show(score)));
                    (format!("trust {}", show(*wanted)), is)
                }
                Expected::Reading { item, part, op, value, .. } => {
                    let told = self.tell(item, part);
                    if matches!(&told, Ok(Some(is)) if holds(*op, is, value)) {
                        continue;
                    }
                    (format!("{part}({item}) {} {}", op.symbol(), self.show(value)), self.shown(&told))
                }
                Expected::Tier(..)
                | Expected::Because(..)
                | Expected::NotBecause(..)
                | Expected::ByDefault(_)
                | Expected::Code(..)
                | Expected::Invalid(..)
                | Expected::Instead(..)
                | Expected::Notify(..)
                | Expected::Redact(..)
                | Expected::Approval(..) => continue,
            };
            let asked = self.last.as_ref().map(|last| last.asked);
            self.out.miss(one.span(), asked, &wanted, found);
        }
    }

    fn last_stage(&self) -> Option<Stage> {
        let last = self.last.as_ref()?;
        self.governor.state().request(&last.id).map(|entry| entry.stage)
    }

    /// What an item tells for the last request.
    fn tell(&mut self, item: &str, part: &str) -> Attribute {
        let lost = |why: &'static str| aas::value::Fault::new(aas::value::FaultKind::Unavailable, why);
        let policy = self.policy.typed();
        let id = policy.state.find(item).ok_or_else(|| lost("the policy does not keep it"))?;
        let known = policy.state.items.get(id.0 as usize);
        let found = known.and_then(|item| item.readings.iter().find(|reading| item.part_name(reading.part) == part));
        let part: Part = found.map(|reading| reading.part).ok_or_else(|| lost("it does not tell that"))?;
        let Some(Last { bound, entities, agent, .. }) = &mut self.last else {
            return Err(lost("nothing was asked yet, so nobody knows for which key"));
        };
        self.governor.tell(bound, entities, (agent, id, part))
    }

    fn shown(&self, told: &Attribute) -> String {
        match told {
            Ok(Some(value)) => format!("it is {}", self.show(value)),
            Ok(None) => "it is absent".to_owned(),
            Err(fault) => format!("it cannot be told: {}", fault.detail),
        }
    }

    fn show(&self, value: &Value) -> String {
        text::show(value, &self.policy.typed().types)
    }
}

/// Numbers, spans of time and words of an order compare by their place; both are of one type.
fn holds(op: BinaryOp, is: &Value, wanted: &Value) -> bool {
    let (Some(is), Some(wanted)) = (is.word(), wanted.word()) else {
        return match op {
            BinaryOp::Equal => is.same(wanted),
            BinaryOp::NotEqual => !is.same(wanted),
            BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
            | BinaryOp::Coalesce
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply => false,
        };
    };
    match op {
        BinaryOp::Equal => is == wanted,
        BinaryOp::NotEqual => is != wanted,
        BinaryOp::Less => is < wanted,
        BinaryOp::LessOrEqual => is <= wanted,
        BinaryOp::Greater => is > wanted,
        BinaryOp::GreaterOrEqual => is >= wanted,
        BinaryOp::Coalesce | BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => false,
    }
}
