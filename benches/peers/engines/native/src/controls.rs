//! What a decision costs without us: native code made ahead of time, rules behind an index or looked at one
//! by one.

use kit::index::ActionIndex;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use limits::Decide;
use workload::{Rule, holds};

use crate::reading::ReadOnly;

fn nothing(_: &Workload) -> Files {
    Vec::new()
}

/// A perfect hash of the action, then straight-line tests.
struct Limit {
    resolve: fn(&str) -> Decide,
    asks: Vec<Ask>,
}

impl Engine for Limit {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.to_vec();
    }

    #[inline(always)]
    fn eval(&mut self, i: usize) -> Tier {
        let ask = &self.asks[i];
        (self.resolve)(&ask.action)(ask)
    }

    #[inline(always)]
    fn build(&mut self, ask: &Ask) -> Tier {
        (self.resolve)(&ask.action)(ask)
    }

    fn sibling(&self) -> Option<Box<dyn Engine + Send>> {
        Some(Box::new(Self { resolve: self.resolve, asks: Vec::new() }))
    }
}

/// The same, the action looked up when the request was made.
struct Resolved {
    resolve: fn(&str) -> Decide,
    asks: Vec<(Decide, Ask)>,
}

impl Engine for Resolved {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.iter().map(|ask| ((self.resolve)(&ask.action), ask.clone())).collect();
    }

    #[inline(always)]
    fn eval(&mut self, i: usize) -> Tier {
        let (decide, ask) = &self.asks[i];
        decide(ask)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        (self.resolve)(&ask.action)(ask)
    }
}

/// One function that matches on the action.
struct Match {
    decide: Decide,
    asks: Vec<Ask>,
}

impl Engine for Match {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.to_vec();
    }

    #[inline(always)]
    fn eval(&mut self, i: usize) -> Tier {
        (self.decide)(&self.asks[i])
    }

    #[inline(always)]
    fn build(&mut self, ask: &Ask) -> Tier {
        (self.decide)(ask)
    }
}

/// The rules of the action by a hash, their tests interpreted; or, without an index, all rules.
struct Interpreter {
    rules: Vec<Rule>,
    index: Option<ActionIndex>,
    /// All rules by falling severity, where there is no index.
    all: Vec<u32>,
    parents: Vec<u32>,
    asks: Vec<Ask>,
}

impl Interpreter {
    fn load(workload: &Workload, indexed: bool) -> Box<dyn Engine> {
        Box::new(Self {
            rules: workload.rules.clone(),
            index: indexed.then(|| ActionIndex::new(&workload.rules)),
            all: if indexed { Vec::new() } else { workload.by_severity().iter().map(|&i| i as u32).collect() },
            parents: workload.parents.clone(),
            asks: Vec::new(),
        })
    }

    #[inline(always)]
    fn decide(&self, ask: &Ask) -> Tier {
        let first = |rules: &[u32], scoped: bool| {
            rules.iter().map(|&i| &self.rules[i as usize]).find(|rule| {
                (scoped || rule.scope.covers(&ask.action))
                    && rule.tests.iter().all(|test| holds(test, &self.parents, ask))
            })
        };
        let found = match &self.index {
            Some(index) => first(index.rules(&ask.action), true).map(|rule| rule.tier),
            None => first(&self.all, false).map(|rule| rule.tier),
        };
        found.unwrap_or(DEFAULT)
    }
}

impl Engine for Interpreter {
    fn prepare(&mut self, asks: &[Ask]) {
        self.asks = asks.to_vec();
    }

    fn eval(&mut self, i: usize) -> Tier {
        self.decide(&self.asks[i])
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        self.decide(ask)
    }
}

fn known(workload: &Workload) -> bool {
    limits::resolver(&workload.name).is_some()
}

fn resolver(workload: &Workload) -> Result<fn(&str) -> Decide, String> {
    limits::resolver(&workload.name).ok_or_else(|| "no code was generated".into())
}

/// An engine of native code: it has no text to load.
fn native(
    name: &'static str,
    takes: fn(&Workload) -> bool,
    load: fn(&Files, &Workload) -> Result<Box<dyn Engine>, String>,
) -> Arm {
    Arm { name, takes, modes: &Mode::ALL, decides: true, write: nothing, load, from_text: false }
}

/// The workloads at which reading alone is timed.
fn timed(workload: &Workload) -> bool {
    matches!(workload.name.as_str(), "w1" | "w2_1000")
}

pub(crate) fn arms() -> Vec<Arm> {
    vec![
        native("limit", known, |_, w| Ok(Box::new(Limit { resolve: resolver(w)?, asks: Vec::new() }))),
        native("limit, resolved", known, |_, w| Ok(Box::new(Resolved { resolve: resolver(w)?, asks: Vec::new() }))),
        native(
            "rust match",
            |w| limits::matcher(&w.name).is_some(),
            |_, w| {
                let decide = limits::matcher(&w.name).ok_or("no code was generated")?;
                Ok(Box::new(Match { decide, asks: Vec::new() }))
            },
        ),
        native("index + interpreter", |_| true, |_, w| Ok(Interpreter::load(w, true))),
        native("naive scan", |w| w.asks.len() <= 64, |_, w| Ok(Interpreter::load(w, false))),
        Arm {
            modes: &[Mode::Json],
            decides: false,
            ..native("serde_json alone", timed, |_, _| Ok(Box::new(ReadOnly::flat())))
        },
        Arm {
            modes: &[Mode::Json],
            decides: false,
            ..native("serde_json alone, our layout", timed, |_, w| Ok(Box::new(ReadOnly::ours(w))))
        },
    ]
}
