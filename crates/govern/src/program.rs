//! A policy as a governor runs it: what it keeps, and what each action reads and touches of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aas::Policy;
use aas::check::typed::runtime::{ExecutorDef, WorkflowDef};
use aas::check::typed::state::{
    self as typed, FlagMerge, FlagRules, HistoryOf, RelativePlace as Place, StateBody, StateItem,
};
use aas::check::typed::{ActionId, FactGroup, FlagDef, TypedPolicy};
use aas::json;
use aas::plan::Scratch;
use aas::raw::to_raw;
use aas::reader::{Bound, Spare};
use aas::value::{Fault, Value};

use crate::canonical::Hash;
use crate::digests::{DigestPlan, DigestSchema};
use crate::key::Key;
use crate::registers::{Calendar, CalendarPeriod};
use crate::schedules::SchedulePlan;
use crate::schema::{
    CalendarUnit, Family, FamilySchema, FlagSchema, Kept, Merge, Period, Relative, RelativePlace, Schema, SeenSchema,
    SeenWhat, TrustSchema, WindowOf, WindowSchema, WindowTest, WindowValue, WindowWhat,
};
use crate::way::Ways;

/// A policy, ready to govern.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) policy: Policy,
    pub(crate) schema: Arc<Schema>,
    pub(crate) periods: Periods,
    /// Families of history that belong to sessions.
    pub(crate) of_sessions: Vec<u32>,
    /// Hashes of what items say, made when they are first shown.
    definitions: BTreeMap<u32, Hash>,
    pub(crate) names: BTreeMap<Arc<str>, u32>,
    /// Workflows by their places, each with the hash of what it says.
    pub(crate) workflows: Vec<(Arc<WorkflowDef>, Hash)>,
    /// Its schedules, sorted by name.
    pub(crate) schedules: Vec<SchedulePlan>,
    /// Its digests, sorted by name.
    pub(crate) digests: Vec<DigestPlan>,
    /// What each action asks and touches.
    pub(crate) ways: Ways,
    /// The key of an item that has none.
    pub(crate) no_key: Key,
    /// Memory for reading and deciding.
    pub(crate) memory: Memory,
}

/// Memory that one request after the other is read and decided in; a copy begins with its own.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) scratch: Scratch,
    bound: Spare,
    keys: Vec<Result<Key, Fault>>,
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memory {
    /// What a request is read into. It is empty.
    pub(crate) fn lend(&mut self) -> (Spare, Vec<Result<Key, Fault>>) {
        (std::mem::take(&mut self.bound), std::mem::take(&mut self.keys))
    }

    /// Takes it back, emptied: nothing of a request stays here.
    pub(crate) fn take_back(&mut self, bound: Bound, mut keys: Vec<Result<Key, Fault>>) {
        keys.clear();
        (self.bound, self.keys) = (bound.into_spare(), keys);
    }
}

/// For each family that follows a calendar, that and the period it was last asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Periods(Vec<Option<(Calendar, Option<CalendarPeriod>)>>);

impl Periods {
    /// The period of its calendar that a family is in; none where it follows none, or the calendar ends before.
    pub(crate) fn at(&mut self, family: u32, at: i64) -> Option<CalendarPeriod> {
        let (calendar, last) = self.0.get_mut(family as usize)?.as_mut()?;
        // A period holds from when it was asked for until its end; the clock never runs back.
        if last.is_none_or(|period| at >= period.ends) {
            *last = calendar.period(at);
        }
        *last
    }
}

/// Why a policy cannot be governed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A value of it has no text.
    #[error("the value of the flag `{0}` cannot be kept")]
    Flag(Arc<str>),
    /// A zone of it is unknown here.
    #[error("`{0}` follows the calendar of a time zone that is not known here")]
    Zone(Arc<str>),
}

impl Program {
    /// Prepares a policy.
    ///
    /// # Errors
    /// [`Unfit`] where something that it keeps cannot be kept.
    pub fn new(policy: Policy) -> Result<Self, Unfit> {
        let typed = policy.typed();
        let families: Vec<FamilySchema> = typed.state.items.iter().map(family).collect();
        let rules = typed.flags.iter().zip(&typed.state.flags);
        let flags = rules.map(|(flag, rules)| self::flag(typed, flag, rules)).collect::<Result<_, _>>()?;
        let trust = typed.state.trust.as_ref().map(trust);
        let periods = Periods(families.iter().map(calendar).collect::<Result<_, _>>()?);
        let of_session =
            |item: &StateItem| matches!(&item.body, StateBody::Seen(seen) if seen.of == HistoryOf::Session);
        let places = (0..).zip(&typed.state.items);
        let of_sessions = places.filter(|(_, item)| of_session(item)).map(|(place, _)| place).collect();
        let names = (0..).zip(&typed.items).map(|(place, item)| (item.name.clone(), place)).collect();
        let runtime = &typed.state.runtime;
        let kept = runtime.digests.iter().map(|def| DigestSchema { name: def.name.clone(), most: def.most_entries });
        let schema = Arc::new(Schema { families, trust, flags, digests: kept.collect() });
        let plan = |def| DigestPlan::new(def).map_err(|_| Unfit::Zone(def.name.clone()));
        let hashes = crate::runs::plan::definitions(typed);
        let workflows = runtime.workflows.iter().cloned().map(Arc::new).zip(hashes).collect();
        let plan_of = |def| SchedulePlan::new(def).map_err(|_| Unfit::Zone(def.name.clone()));
        let schedules = runtime.schedules.iter().map(plan_of).collect::<Result<_, _>>()?;
        let digests = runtime.digests.iter().map(plan).collect::<Result<_, _>>()?;
        Ok(Self {
            schema,
            periods,
            of_sessions,
            definitions: BTreeMap::new(),
            names,
            workflows,
            schedules,
            digests,
            ways: Ways::new(policy.typed()),
            no_key: Key::of([]),
            memory: Memory::default(),
            policy,
        })
    }

    /// The checked policy.
    #[must_use]
    pub fn typed(&self) -> &TypedPolicy {
        self.policy.typed()
    }

    /// What the policy keeps.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// A workflow by its qualified name, with its hash.
    pub(crate) fn workflow(&self, name: &str) -> Option<(&Arc<WorkflowDef>, Hash)> {
        let place = self.workflows.binary_search_by(|(one, _)| (*one.name).cmp(name)).ok()?;
        let (workflow, hash) = self.workflows.get(place)?;
        Some((workflow, *hash))
    }

    /// The executors that are declared for an action, by name.
    pub(crate) fn executors(&self, action: ActionId) -> impl Iterator<Item = &ExecutorDef> {
        let executors = self.typed().state.runtime.executors.iter();
        executors.filter(move |executor| executor.scope.actions.binary_search(&action).is_ok())
    }

    /// The hash of what an item says.
    pub(crate) fn definition(&mut self, item: aas::decision::ItemId) -> Hash {
        let policy = &self.policy;
        *self.definitions.entry(item.0).or_insert_with(|| {
            let text = aas::check::definition(policy.typed().item(item));
            Hash(*blake3::hash(text.as_bytes()).as_bytes())
        })
    }
}

fn calendar(family: &FamilySchema) -> Result<Option<(Calendar, Option<CalendarPeriod>)>, Unfit> {
    let Family::Budget { period: Period::Calendar { unit, zone }, .. } = &family.family else { return Ok(None) };
    let calendar = Calendar::new(*unit, zone).map_err(|_| Unfit::Zone(family.name.clone()))?;
    Ok(Some((calendar, None)))
}

fn family(item: &StateItem) -> FamilySchema {
    let family = match &item.body {
        StateBody::Limit(limit) => match limit.window {
            Some(window) => Family::Rate { window },
            None => Family::Gauge,
        },
        StateBody::Cooldown(cooldown) => {
            Family::Cooldown { longest: cooldown.spans.iter().map(|(_, span)| *span).max().unwrap_or(0) }
        }
        StateBody::Budget(budget) => Family::Budget { most: budget.most, period: period(&budget.period) },
        StateBody::Window(window) => Family::Window(self::window(window)),
        StateBody::Once(once) => Family::Once { keep: once.keep },
        StateBody::Lease(lease) => Family::Lease { length: lease.length },
        StateBody::States(states) => Family::States { start: states.start, allowed: states.allowed.clone() },
        StateBody::Grant(grant) => Family::Grant { longest: grant.longest, again: grant.again },
        StateBody::Seen(seen) => Family::Seen(self::seen(seen)),
    };
    FamilySchema { name: item.name.clone(), family, most_keys: item.most_keys, host_keyed: item.host_keyed }
}

fn period(period: &typed::Period) -> Period {
    match period {
        typed::Period::Sliding(window) => Period::Sliding(*window),
        typed::Period::Calendar(unit, zone) => {
            let unit = match unit {
                typed::CalendarUnit::Hour => CalendarUnit::Hour,
                typed::CalendarUnit::Day => CalendarUnit::Day,
                typed::CalendarUnit::Week => CalendarUnit::Week,
                typed::CalendarUnit::Month => CalendarUnit::Month,
            };
            Period::Calendar { unit, zone: zone.clone() }
        }
    }
}

/// Conditions, sums and texts of a window's values have places of their own, in the order of the values.
fn window(window: &typed::WindowDef) -> WindowSchema {
    let (mut truths, mut sums, mut texts) = (0, 0, 0);
    let next = |of: &mut u32| {
        *of += 1;
        *of - 1
    };
    let values = window.values.iter().map(|value| {
        let truth = value.when.as_ref().map(|_| next(&mut truths));
        let what = match &value.what {
            typed::WindowWhat::Count => WindowWhat::Count,
            typed::WindowWhat::LongestRun => WindowWhat::LongestRun,
            typed::WindowWhat::LongestEqual(_) => WindowWhat::LongestEqual(next(&mut texts)),
            typed::WindowWhat::Percent => WindowWhat::Percent,
            typed::WindowWhat::Sum(_) => WindowWhat::Sum(next(&mut sums)),
        };
        WindowValue { name: value.name.clone(), what, test: WindowTest { outcome: value.outcome, truth } }
    });
    WindowSchema {
        values: values.collect(),
        of: if window.outcomes { WindowOf::Outcomes } else { WindowOf::Requests },
        kept: match window.kept {
            typed::Kept::Last(n) => Kept::Last(n),
            typed::Kept::Within(span) => Kept::Within(span),
        },
    }
}

fn seen(seen: &typed::SeenDef) -> SeenSchema {
    SeenSchema {
        what: if seen.counts { SeenWhat::Count } else { SeenWhat::Any },
        within: seen.within,
        succeeded: seen.event.succeeded,
        relative: seen.relative.as_ref().map(|(place, event)| Relative {
            place: match place {
                Place::Since => RelativePlace::Since,
                Place::Before => RelativePlace::Before,
            },
            succeeded: event.succeeded,
        }),
    }
}

fn trust(trust: &typed::TrustDef) -> TrustSchema {
    TrustSchema {
        range: trust.range,
        start: trust.start,
        success: trust.success,
        failure: trust.failure,
        streak: trust.streak,
        most_gain: trust.most_gain,
        freeze_after_failures: trust.freeze_after_failures,
        freeze_after_critical: trust.freeze_after_critical,
        frozen_gains_nothing: trust.frozen_gains_nothing,
        decay: trust.decay,
        levels: trust.levels.clone(),
    }
}

fn flag(policy: &TypedPolicy, flag: &FlagDef, rules: &FlagRules) -> Result<FlagSchema, Unfit> {
    let text = |value: &Value| -> Result<Arc<str>, Unfit> {
        let raw = to_raw(value, &policy.types).ok_or_else(|| Unfit::Flag(flag.name.clone()))?;
        Ok(json::write(&raw).into())
    };
    Ok(FlagSchema {
        name: flag.name.clone(),
        keys: flag.keys.len() as u32,
        most_keys: crate::schema::DEFAULT_KEYS,
        scopes: rules.scoped_by.iter().filter_map(|(group, place)| scope(policy, *group, *place)).collect(),
        start: flag.default.as_ref().map(text).transpose()?,
        strict: text(&flag.strict)?,
        merge: match rules.merge {
            FlagMerge::Least => Merge::Least,
            FlagMerge::Greatest => Merge::Greatest,
            FlagMerge::Strict => Merge::Strict,
        },
    })
}

fn scope(policy: &TypedPolicy, group: FactGroup, place: u32) -> Option<Arc<str>> {
    let def = policy.facts.group(group).get(place as usize)?;
    Some(format!("{}.{}", group.name(), def.name).into())
}
