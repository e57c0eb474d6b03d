//! What a set of decisions reached: of every item each branch, of every branch each clause.

use crate::check::typed::{Item, ItemBody, TExpr, TExprKind, TypedPolicy};
use crate::decision::{Decision, ItemId};
use crate::entities::Entities;
use crate::facts::Facts;
use crate::interp::{Evaluator, Scene, judge};
use crate::outcome::Truth;
use crate::reader::Bound;
use crate::request::Request;
use crate::source::Span;

/// How often something was true, false, or could not be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// True.
    pub held: u64,
    /// False.
    pub failed: u64,
    /// Could not be told.
    pub erred: u64,
}

impl Counts {
    fn add(&mut self, truth: Truth) {
        match truth {
            Truth::True => self.held += 1,
            Truth::False => self.failed += 1,
            Truth::Erred => self.erred += 1,
        }
    }

    /// Whether it was both true and false at some time.
    #[must_use]
    pub fn both(&self) -> bool {
        self.held > 0 && self.failed > 0
    }
}

/// A branch of an item: a band, a line of a checklist, `otherwise`, or the one condition of other items.
#[derive(Clone, Debug)]
pub struct BranchCoverage {
    /// Where it stands.
    pub span: Span,
    /// Its whole condition.
    pub counts: Counts,
    /// The parts that `and` joins, with their places, or the one part that the condition is. The constant
    /// `true` of an item without a condition is none.
    pub clauses: Vec<(Span, Counts)>,
    /// How often it determined a decision.
    pub determined: u64,
}

/// An item over all recorded decisions.
#[derive(Clone, Debug)]
pub struct ItemCoverage {
    /// The item.
    pub item: ItemId,
    /// How many requests it was about.
    pub about: u64,
    /// Its branches in text order.
    pub branches: Vec<BranchCoverage>,
}

impl ItemCoverage {
    /// Whether a branch of it held in some decision.
    #[must_use]
    pub fn held(&self) -> bool {
        self.branches.iter().any(|b| b.counts.held > 0)
    }
}

/// What a set of decisions reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Every item of the policy, in canonical order.
    pub items: Vec<ItemCoverage>,
    /// How many decisions were recorded.
    pub decisions: u64,
    /// How many of them the default determined.
    pub by_default: u64,
    /// How many decisions ended in each tier, from green to black.
    pub tiers: [u64; 4],
}

impl Coverage {
    /// Nothing reached yet.
    #[must_use]
    pub fn new(policy: &TypedPolicy) -> Self {
        let items = policy.items.iter().enumerate().map(|(i, item)| ItemCoverage {
            item: ItemId(i as u32),
            about: 0,
            branches: branches(item).into_iter().map(|(span, when)| empty(span, when)).collect(),
        });
        Self { items: items.collect(), decisions: 0, by_default: 0, tiers: [0; 4] }
    }

    /// Records what one request reached, and what was decided of it. Conditions are judged by the interpreter.
    pub fn record(
        &mut self,
        policy: &TypedPolicy,
        request: &Request,
        facts: &Facts,
        entities: &Entities,
        decision: &Decision,
    ) {
        self.decisions += 1;
        self.tiers[decision.tier as usize] += 1;
        for determining in &decision.determining {
            let item = determining.item.and_then(|id| self.items.get_mut(id.0 as usize));
            match item.and_then(|i| i.branches.get_mut(determining.branch as usize)) {
                Some(branch) => branch.determined += 1,
                None => self.by_default += u64::from(determining.item.is_none()),
            }
        }
        let bound = Bound::new(policy, request, facts);
        if !bound.refusals.is_empty() {
            return;
        }
        let scene = Scene::new(policy, &bound, entities);
        let outcomes = judge(&scene);
        let mut evaluator = Evaluator::new(scene);
        for outcome in &outcomes.items {
            let Some(item) = self.items.get_mut(outcome.item.0 as usize) else { continue };
            item.about += 1;
            let conditions = branches(policy.item(outcome.item));
            for ((branch, truth), (_, when)) in item.branches.iter_mut().zip(&outcome.truths).zip(conditions) {
                branch.counts.add(*truth);
                for ((_, counts), part) in branch.clauses.iter_mut().zip(clauses(when)) {
                    counts.add(evaluator.truth(part).map_or(Truth::Erred, Truth::from));
                }
            }
        }
    }

    /// Items that never held, in canonical order.
    pub fn never_held(&self) -> impl Iterator<Item = ItemId> + '_ {
        self.items.iter().filter(|i| !i.held()).map(|i| i.item)
    }

    /// How many items, branches and clauses there are, and how many were reached: an item or branch that
    /// held, a clause that was both true and false.
    #[must_use]
    pub fn summary(&self) -> [(u64, u64); 3] {
        let mut sums = [(0, 0); 3];
        let mut count = |place: usize, reached: bool| {
            sums[place].0 += u64::from(reached);
            sums[place].1 += 1;
        };
        for item in &self.items {
            count(0, item.held());
            for branch in &item.branches {
                count(1, branch.counts.held > 0);
                for (_, counts) in &branch.clauses {
                    count(2, counts.both());
                }
            }
        }
        sums
    }
}

fn empty(span: Span, when: &TExpr) -> BranchCoverage {
    let clauses = clauses(when).into_iter().map(|c| (c.span, Counts::default())).collect();
    BranchCoverage { span, counts: Counts::default(), clauses, determined: 0 }
}

fn branches(item: &Item) -> Vec<(Span, &TExpr)> {
    match &item.body {
        ItemBody::Rule { branches, .. } | ItemBody::Floor { branches, .. } => {
            branches.iter().map(|b| (b.span, &b.when)).collect()
        }
        ItemBody::Relax { when, .. } | ItemBody::Exception { when, .. } | ItemBody::Approval { when, .. } => {
            vec![(item.name_span, when)]
        }
    }
}

/// The parts of a condition. `warnings` is left out: only the whole decision knows its count.
fn clauses(when: &TExpr) -> Vec<&TExpr> {
    let parts = match &when.kind {
        TExprKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(when),
    };
    parts.iter().filter(|p| !matches!(p.kind, TExprKind::Const(_)) && !reads_warnings(p)).collect()
}

fn reads_warnings(e: &TExpr) -> bool {
    matches!(e.kind, TExprKind::Warnings(_)) || e.parts().into_iter().any(reads_warnings)
}
