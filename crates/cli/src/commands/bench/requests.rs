//! What is asked: requests drawn from the policy's own constants, or read from a log.
//!
//! In service the host prepares entities once. So entities that a request brings are prepared here, outside what
//! is timed, and its text is asked without them.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use aas::check::typed::ActionId;
use aas::plan::{Read, UnitId};
use aas::policy::Terms;
use aas::raw::{RawFields, get};
use aas::reader::Bound;
use aas::reader::wire::Placement;
use aas::verify::{Case, Generator};
use aas::{Entities, Facts, Policy, Raw, Request, json};

use super::figures::{From, Requests};
use crate::exit::{Failure, Outcome};
use crate::out;

/// The time of drawn requests that say none: the same in every run.
const SOME_TIME: i64 = 1_767_225_600_000_000;
/// Draws for each request that is wanted, to find one without errors.
const DRAWS: usize = 8;
/// What requests for undeclared actions are listed under.
const UNDECLARED: &str = "(undeclared)";

/// All requests, by their actions.
pub(in crate::commands) struct Asked {
    pub(in crate::commands) about: Requests,
    pub(in crate::commands) actions: Vec<OfAction>,
    /// Whether other actions were left out.
    pub(in crate::commands) only_one: bool,
}

/// The requests for an action, or for all names that nobody declared.
pub(in crate::commands) struct OfAction {
    pub(in crate::commands) name: String,
    /// Its unit; none for undeclared names.
    pub(in crate::commands) unit: Option<UnitId>,
    pub(in crate::commands) all: Vec<One>,
    most: usize,
}

/// A request as text, and as the reader has read it.
pub(in crate::commands) struct One {
    pub(in crate::commands) text: String,
    now: i64,
    pub(in crate::commands) entities: Arc<Entities>,
    pub(in crate::commands) bound: Bound,
}

impl OfAction {
    /// Those that are timed: all, or as many as are wanted, evenly picked.
    pub(in crate::commands) fn timed(&self) -> impl Iterator<Item = &One> {
        let (all, most) = (self.all.len(), self.most.min(self.all.len()));
        (0..most).filter_map(move |i| self.all.get(i * all / most))
    }
}

impl One {
    /// The terms on which its text is taken.
    pub(in crate::commands) fn terms(&self) -> Terms<'_> {
        terms(self.now, Some(&self.entities))
    }

    /// As the plan sees it.
    pub(in crate::commands) fn read<'a>(&'a self, policy: &'a Policy) -> Read<'a> {
        Read { policy: policy.typed(), bound: &self.bound, entities: &self.entities }
    }
}

/// As `aasc eval` takes requests.
fn terms(now: i64, entities: Option<&Entities>) -> Terms<'_> {
    Terms { placement: Placement::Tests, start_values: true, now: Some(now), entities }
}

/// Which requests are wanted.
pub(in crate::commands) struct Wanted<'a> {
    /// The log that they are read from; they are drawn where there is none.
    pub(in crate::commands) log: Option<&'a Path>,
    /// What they are drawn by.
    pub(in crate::commands) seed: u64,
    /// How many of an action are drawn, or timed of a longer log.
    pub(in crate::commands) count: u32,
    /// Only this action.
    pub(in crate::commands) action: Option<&'a str>,
}

/// The requests that the command line asks for.
pub(in crate::commands) fn gather(wanted: &Wanted<'_>, policy: &Policy) -> Outcome<Asked> {
    let only = wanted.action.map(|name| declared(policy, name)).transpose()?;
    let mut hash = blake3::Hasher::new();
    let most = wanted.count as usize;
    let (from, found) = match wanted.log {
        Some(file) => (From::Recorded, recorded(policy, file, only, &mut hash)?),
        None => (From::Generated, generated(policy, wanted.seed, most, only, &mut hash)),
    };
    if found.is_empty() {
        return Err(Failure::said(match (from, only) {
            (From::Recorded, _) => "No line of the log is a request for what is measured.",
            (From::Generated, _) => "The policy declares no action, so no request can be drawn. Use --requests.",
        }));
    }
    let count = found.values().map(Vec::len).sum();
    let seed = (from == From::Generated).then_some(wanted.seed);
    let about = Requests { from, seed, count, hash: hash.finalize().to_hex().to_string() };
    let of_action = |(group, all): (Group, Vec<One>)| {
        let name = match group {
            Group::Declared(id) => policy.typed().action_def(id).name.to_string(),
            Group::Undeclared => UNDECLARED.to_owned(),
        };
        OfAction { unit: policy.plan().declared(&name), name, all, most }
    };
    Ok(Asked { about, actions: found.into_iter().map(of_action).collect(), only_one: only.is_some() })
}

/// What requests are listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Declared(ActionId),
    Undeclared,
}

type Found = BTreeMap<Group, Vec<One>>;

fn declared(policy: &Policy, name: &str) -> Outcome<ActionId> {
    policy.typed().action(name).ok_or_else(|| {
        let near = aas::diagnostic::nearest(name, policy.typed().actions.iter().map(|a| &*a.name));
        let hint = near.map_or_else(String::new, |n| format!(" Did you mean `{n}`?"));
        Failure::said(format_args!("No rule file declares the action `{name}`.{hint}"))
    })
}

/// Requests of every declared action. Those whose decision has no errors are preferred: in service they are the rule.
fn generated(policy: &Policy, seed: u64, count: usize, only: Option<ActionId>, hash: &mut blake3::Hasher) -> Found {
    let mut generator = Generator::new(policy.typed(), seed);
    let mut found = Found::new();
    for (id, def) in (0..).map(ActionId).zip(&policy.typed().actions) {
        if only.is_some_and(|only| only != id) {
            continue;
        }
        let (mut clear, mut erred) = (Vec::new(), Vec::new());
        for _ in 0..count * DRAWS {
            if clear.len() == count {
                break;
            }
            let Some((one, errs)) = drawn(policy, &generator.case(&def.name)) else { continue };
            if !errs {
                clear.push(one);
            } else if erred.len() < count {
                erred.push(one);
            }
        }
        clear.extend(erred);
        clear.truncate(count);
        for (text, entities, _) in &clear {
            add(hash, text);
            add(hash, entities);
        }
        let ones: Vec<One> = clear.into_iter().map(|(_, _, one)| one).collect();
        if !ones.is_empty() {
            found.insert(Group::Declared(id), ones);
        }
    }
    found
}

/// A drawn case as a request, with its text and its entities spelt, and whether its decision has errors. None where
/// it cannot be written as a request.
fn drawn(policy: &Policy, case: &Case) -> Option<((String, String, One), bool)> {
    let text = text_of(&case.request, &case.facts)?;
    let entities = Arc::new(policy.entities(&case.entities).ok()?);
    let taken = policy.take(text.as_bytes(), &terms(SOME_TIME, Some(&entities))).ok()?;
    let decision = policy.decide(&taken.request, &taken.facts, &entities);
    let bound = Bound::new(policy.typed(), &taken.request, &taken.facts);
    let spelt = format!("{:?}", case.entities);
    let one = One { text: text.clone(), now: SOME_TIME, entities: entities.clone(), bound };
    Some(((text, spelt, one), !decision.errors.is_empty()))
}

/// A request in its wire form; none where it has no agent.
fn text_of(request: &Request, facts: &Facts) -> Option<String> {
    let id = get(&facts.agent, "id").filter(|id| matches!(id, Raw::Text(_)))?;
    let agent: RawFields = facts.agent.iter().filter(|(name, _)| &**name != "id").cloned().collect();
    let mut groups = RawFields::new();
    let known = [("session", &facts.session), ("env", &facts.env), ("flags", &facts.flags), ("state", &facts.state)];
    for (name, fields) in [("agent", &agent)].into_iter().chain(known) {
        group(&mut groups, name, fields);
    }
    let mut top: RawFields = vec![
        ("agent".into(), Raw::Object(vec![("id".into(), id.clone())])),
        ("action".into(), Raw::Text(request.action.clone())),
    ];
    group(&mut top, "params", &request.params);
    group(&mut top, "claims", &request.claims);
    group(&mut top, "observed", &facts.observed);
    group(&mut top, "facts", &groups);
    if let Some(now) = facts.now {
        let now = jiff::Timestamp::from_microsecond(now).ok()?;
        top.push(("now".into(), Raw::text(&now.to_string())));
    }
    Some(json::write(&Raw::Object(top)))
}

fn group(into: &mut RawFields, name: &str, fields: &RawFields) {
    if !fields.is_empty() {
        into.push((name.into(), Raw::Object(fields.clone())));
    }
}

/// The requests of a log. Lines that are none are left out, and that is said.
fn recorded(policy: &Policy, file: &Path, only: Option<ActionId>, hash: &mut blake3::Hasher) -> Outcome<Found> {
    let mut bytes = Vec::new();
    let unreadable = |error| Failure::said(format_args!("`{}` cannot be read: {error}.", file.display()));
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = std::fs::read(file).map_err(unreadable)?;
    }
    let mut log = Log { policy, now: jiff::Timestamp::now().as_microsecond(), known: HashMap::new() };
    let (mut found, mut wrong, mut first) = (Found::new(), 0_u64, None);
    for (number, line) in (1_u64..).zip(bytes.split(|b| *b == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match log.one(line.trim_ascii()) {
            Ok((group, entities, one)) => {
                if only.is_none_or(|only| group == Group::Declared(only)) {
                    add(hash, &one.text);
                    add(hash, &entities);
                    found.entry(group).or_default().push(one);
                }
            }
            Err(why) => {
                wrong += 1;
                first.get_or_insert(format!("line {number}: {why}"));
            }
        }
    }
    if let Some(first) = first {
        out::note(format_args!("warning: lines that are no requests are left out: {wrong}; {first}"));
    }
    Ok(found)
}

/// A log being read.
struct Log<'p> {
    policy: &'p Policy,
    /// The time of requests that say none.
    now: i64,
    /// Snapshots that were prepared, by their text.
    known: HashMap<String, Arc<Entities>>,
}

impl Log<'_> {
    /// A line as a request, with what it is listed under and its entities spelt.
    fn one(&mut self, line: &[u8]) -> Result<(Group, String, One), String> {
        let raw = json::parse_bytes(line).map_err(|error| error.to_string())?;
        let taken = self.policy.take_raw(&raw, &terms(self.now, None)).map_err(|error| error.to_string())?;
        let bound = Bound::new(self.policy.typed(), &taken.request, &taken.facts);
        let group = bound.action.map_or(Group::Undeclared, Group::Declared);
        let (text, spelt) = match without_entities(&raw) {
            Some((rest, spelt)) => (json::write(&rest), spelt),
            None => (String::from_utf8_lossy(line).into_owned(), String::new()),
        };
        let entities = match self.known.get(&spelt) {
            Some(known) => known.clone(),
            None => {
                let made = Arc::new(taken.entities.into_owned());
                self.known.insert(spelt.clone(), made.clone());
                made
            }
        };
        Ok((group, spelt, One { text, now: self.now, entities, bound }))
    }
}

/// A request without its entities, and those spelt, with the agent whose memberships are among them; none where it
/// brings none.
fn without_entities(raw: &Raw) -> Option<(Raw, String)> {
    let Raw::Object(top) = raw else { return None };
    let mut spelt = String::new();
    let mut rest = RawFields::new();
    for (name, value) in top {
        let (within, is_agent) = match &**name {
            "agent" => ("in", true),
            "facts" => ("entities", false),
            _ => ("", false),
        };
        let kept = match value {
            Raw::Object(members) if get(members, within).is_some() => {
                if is_agent {
                    spelt.push_str(&get(members, "id").map_or_else(String::new, json::write));
                }
                spelt.push_str(&get(members, within).map_or_else(String::new, json::write));
                Raw::Object(members.iter().filter(|(name, _)| &**name != within).cloned().collect())
            }
            other => other.clone(),
        };
        rest.push((name.clone(), kept));
    }
    (!spelt.is_empty()).then_some((Raw::Object(rest), spelt))
}

/// Adds a text to a hash so that nothing can run together.
fn add(hash: &mut blake3::Hasher, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}
