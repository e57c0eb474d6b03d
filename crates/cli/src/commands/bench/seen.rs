//! Which items fire over the requests, and which decide.

use aas::Policy;
use aas::plan::{self, Scratch, Walker};

use super::figures::{Figures, Item};
use super::requests::Asked;

/// Counts what became of every item, over all requests.
pub(super) fn count(policy: &Policy, asked: &Asked, figures: &mut Figures) {
    let (plan, typed) = (policy.plan(), policy.typed());
    let empty = |item: &aas::check::typed::Item| Item {
        item: item.name.to_string(),
        kind: item.kind.keyword().to_owned(),
        asked: 0,
        fired: 0,
        erred: 0,
        decided: 0,
    };
    let mut items: Vec<Item> = typed.items.iter().map(empty).collect();
    let mut scratch = Scratch::default();
    for (of, action) in asked.actions.iter().zip(&mut figures.actions) {
        for one in &of.all {
            if !one.bound.refusals.is_empty() {
                action.refused += 1;
                continue;
            }
            let verdict = plan::decide(plan, typed, &Walker, &one.read(policy), &mut scratch);
            let mut decided: Vec<_> = verdict.determining.iter().map(|d| d.item).collect();
            decided.sort_unstable();
            decided.dedup();
            for id in decided {
                match id {
                    Some(id) => items.get_mut(id.0 as usize).into_iter().for_each(|item| item.decided += 1),
                    None => action.by_default += 1,
                }
            }
            for outcome in scratch.outcomes(plan).items {
                let Some(item) = items.get_mut(outcome.item.0 as usize) else { continue };
                item.asked += 1;
                item.fired += u64::from(outcome.counts());
                item.erred += u64::from(outcome.erred());
            }
        }
    }
    if asked.only_one {
        items.retain(|item| item.asked > 0);
    }
    let named = |which: &dyn Fn(&Item) -> bool| items.iter().filter(|i| which(i)).map(|i| i.item.clone()).collect();
    figures.never_asked = named(&|item| item.asked == 0);
    figures.never_fired = named(&|item| item.asked > 0 && item.fired == 0);
    figures.never_decided = named(&|item| item.fired > 0 && item.decided == 0);
    figures.items = items;
}
