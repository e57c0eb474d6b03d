//! From the decision graph to the plan.
//!
//! Conditions keep the shape that the graph gave them. Atoms are taken apart as far as words go:
//! comparisons, sums and memberships of numbers, enums, times and texts against constants become nodes
//! over slots. What is left is one slot with one truth, computed on the values while the frame is built.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use super::combine::Combine;
use super::dispatch::Dispatch;
use super::frame::{Block, Encoding, Slot};
use super::hash::Table;
use super::lanes::{self, Choice, Lanes, Piece};
use super::late::Late;
use super::names::NameIndex;
use super::node::{Loop, LoopId, Node, NodeId, SlotId};
use super::program::{Names, Program, Schema};
use super::take::Take;
use super::{Plan, PlanRow, RunDuty, Unit, UnitId};
use crate::check::typed::{
    ActionId, Arithmetic, Comparison, Duty, QuantifierKind, TExpr, TExprKind, TypedPolicy, VarId,
};
use crate::graph::key::{Keys, fingerprint};
use crate::graph::{self, About, DecisionGraph, Effect, Key, Part, label};
use crate::types::Type;
use crate::value::Value;

/// Builds the plan of a policy set.
#[must_use]
pub fn build(graph: &DecisionGraph<'_>) -> Plan {
    build_with(graph, Choice::default())
}

/// Builds it with lanes from so many rows on.
#[must_use]
pub fn build_with(graph: &DecisionGraph<'_>, choice: Choice) -> Plan {
    build_keeping(graph, choice, |_| None)
}

/// Builds it with units that are known already.
pub(super) fn build_keeping(
    graph: &DecisionGraph<'_>,
    choice: Choice,
    mut known: impl FnMut(ActionId) -> Option<Unit>,
) -> Plan {
    let policy = graph.policy;
    let mut keys = Keys::default();
    let mut units = Vec::with_capacity(graph.parts.len());
    let mut names = NameIndex::default();
    for part in &graph.parts {
        if let About::Undeclared(patterns) = part.about {
            names.add(patterns, UnitId(units.len() as u32));
        }
        let kept = if let About::Action(action) = part.about { known(action) } else { None };
        units.push(kept.unwrap_or_else(|| unit(policy, part, &mut keys, choice)));
    }
    let own = (0..).map(UnitId).zip(&policy.actions).map(|(unit, action)| (&*action.name, unit));
    let aliases = policy.aliases.iter().map(|(alias, id)| (&**alias, UnitId(id.0)));
    let dispatch = Dispatch::new(&own.chain(aliases).collect::<Vec<_>>());
    Plan { default: policy.settings.default_tier, units, dispatch, names }
}

/// Lowers one part.
fn unit<'p>(policy: &'p TypedPolicy, part: &Part<'p>, keys: &mut Keys<'p>, choice: Choice) -> Unit {
    let (action, title) = match part.about {
        About::Action(id) => (Some(id), policy.action_def(id).name.to_string()),
        About::Undeclared(patterns) => (None, graph::draw::patterns(patterns)),
    };
    let mut order = part.rows.clone();
    order.sort_by_key(|row| (rank(&row.effect), row.item, row.branch));
    let reads = |row: &graph::Row| matches!(row.effect, Effect::Floor { reads_warnings: true, .. });
    let counts_warnings = action.is_none() || order.iter().any(reads);
    let chosen = lanes::choose::choose(policy, part, keys, &order, counts_warnings, choice);
    let lanes = lower_lanes(policy, part, keys, action, chosen.lanes);
    let mut lower = Lower::new(policy, part, keys, action, &[]);
    let mut rows: Vec<PlanRow> = Vec::with_capacity(chosen.main.len());
    let (mut for_tier, mut slots_for_tier) = (0, 0);
    for row in &chosen.main {
        let condition = lower.condition(row.condition);
        if !matches!(row.effect, Effect::Approval { .. }) {
            for_tier = rows.len() + 1;
            slots_for_tier = lower.blocks[0].block.slots.len();
        }
        rows.push(plan_row(policy, row, condition));
    }
    let first = rows.iter().take_while(|row| !matches!(row.effect, Effect::Floor { reads_warnings: true, .. })).count();
    let mut combine = Combine::new(policy, &rows);
    combine.shared = !lanes.is_empty();
    let loops = lower.loops;
    let block = lower.blocks.swap_remove(0).block;
    let runs = runs(policy, action, &part.rows);
    Unit {
        action,
        title,
        block,
        loops,
        rows,
        first,
        for_tier,
        slots_for_tier,
        combine,
        runs,
        lanes,
        late: Late::default(),
    }
}

fn plan_row(policy: &TypedPolicy, row: &graph::Row, condition: NodeId) -> PlanRow {
    let owes = matches!(row.effect, Effect::Approval { .. }) || !policy.item(row.item).obligations.is_empty();
    PlanRow { item: row.item, branch: row.branch, condition, effect: row.effect, owes }
}

/// Lowers lanes: each piece is a block of its own.
fn lower_lanes<'p>(
    policy: &'p TypedPolicy,
    part: &Part<'p>,
    keys: &mut Keys<'p>,
    action: Option<ActionId>,
    chosen: Vec<lanes::choose::ChosenLane<'p>>,
) -> Lanes {
    let mut made = Lanes::default();
    let names = Names { schema: Schema::of(policy, action), warnings: &|_| false };
    for lane in chosen {
        let mut pieces = Vec::with_capacity(lane.pieces.len());
        for piece in lane.pieces {
            let mut lower = Lower::new(policy, part, keys, action, &piece.sure);
            let mut rows = Vec::with_capacity(piece.rows.len());
            for row in &piece.rows {
                let condition = lower.condition(row.condition);
                rows.push(plan_row(policy, row, condition));
            }
            let open = lower.blocks.swap_remove(0);
            let given = piece.sure.iter().filter_map(|key| open.slots.get(&(*key, Kind::Truth))).copied().collect();
            let piece_made = Piece::new(open.block, lower.loops, rows, given, piece.need);
            pieces.push(lanes::NewPiece { piece: piece_made, whole: piece.whole, guarded: piece.guarded });
        }
        let label = label::expr(policy, lane.of).into();
        let program = Program::compile(&names, lane.of);
        made.add(lanes::NewLane { label, kind: lane.kind, program, pieces });
    }
    made
}

/// Workflows that the items of these rows may start.
fn runs(policy: &TypedPolicy, action: Option<ActionId>, rows: &[graph::Row]) -> Vec<RunDuty> {
    let names = Names { schema: Schema::of(policy, action), warnings: &|_| false };
    let mut items: Vec<_> = rows.iter().map(|row| row.item).collect();
    items.sort_unstable();
    items.dedup();
    let mut found = Vec::new();
    for item in items {
        for (duty, wanted) in policy.item(item).obligations.iter().enumerate() {
            if let Duty::Run { workflow, arguments } = wanted {
                let compile = |(name, e): &(Arc<str>, TExpr)| (name.clone(), Program::compile(&names, e));
                let arguments = arguments.iter().map(compile).collect();
                found.push(RunDuty { item, duty, workflow: workflow.clone(), arguments });
            }
        }
    }
    found
}

/// The order of rows: what changes others first, then by tier from black down, then what reads the count.
fn rank(effect: &Effect) -> (u8, Reverse<u8>) {
    match effect {
        Effect::Exception { .. } => (0, Reverse(0)),
        Effect::Relax { to, .. } => (1, Reverse(*to as u8)),
        Effect::Floor { tier, reads_warnings: false, .. } => (2, Reverse(*tier as u8)),
        Effect::Rule { tier } => (3, Reverse(*tier as u8)),
        Effect::Approval { .. } => (4, Reverse(0)),
        Effect::Floor { tier, reads_warnings: true, .. } => (5, Reverse(*tier as u8)),
    }
}

/// A block while it grows.
#[derive(Default)]
struct Open {
    block: Block,
    known: HashMap<Node, NodeId>,
    slots: HashMap<(Key, Kind), SlotId>,
    outer: Vec<NodeId>,
}

/// What a slot of an expression is for; one expression may have several.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Word,
    Truth,
    Symbol,
    Presence,
    /// A word computed as if so many floors warned.
    AssumedWord(u32),
    /// A truth computed as if so many floors warned.
    AssumedTruth(u32),
    Records(u32),
}

struct Lower<'a, 'p> {
    policy: &'p TypedPolicy,
    schema: Schema<'p>,
    keys: &'a mut Keys<'p>,
    part: &'a Part<'p>,
    done: HashMap<NodeIndex, NodeId>,
    /// The unit's block, and that of the loop whose body is being lowered.
    blocks: Vec<Open>,
    loops: Vec<Loop>,
    /// Which loop a quantifier became: equal ones are one.
    quantified: HashMap<Key, LoopId>,
    /// The variable of the loop whose body is being lowered.
    variable: VarId,
    /// Atoms of a piece that follow from its need: one truth each.
    sure: &'a [Key],
}

impl<'a, 'p> Lower<'a, 'p> {
    fn new(
        policy: &'p TypedPolicy,
        part: &'a Part<'p>,
        keys: &'a mut Keys<'p>,
        action: Option<ActionId>,
        sure: &'a [Key],
    ) -> Self {
        Self {
            policy,
            schema: Schema::of(policy, action),
            keys,
            part,
            done: HashMap::new(),
            blocks: vec![Open::default()],
            loops: Vec::new(),
            quantified: HashMap::new(),
            variable: VarId(0),
            sure,
        }
    }

    fn condition(&mut self, node: NodeIndex) -> NodeId {
        if let Some(done) = self.done.get(&node) {
            return *done;
        }
        let part = self.part;
        let operands: Vec<NodeId> = part.operands(node).into_iter().map(|n| self.condition(n)).collect();
        let made = match &part.dag[node] {
            graph::Node::Atom(expr, _) => {
                let follows = !self.sure.is_empty() && self.sure.contains(&self.keys.of(expr));
                if follows { self.truth_slot(0, expr) } else { self.truth(0, expr) }
            }
            graph::Node::Truth(b) => self.node(0, Node::Always(*b)),
            graph::Node::Not => self.node(0, Node::Not(operands[0])),
            graph::Node::And => self.node(0, Node::And(operands.into())),
            graph::Node::Or => self.node(0, Node::Or(operands.into())),
            graph::Node::AtLeast(n) => self.node(0, Node::AtLeast(*n, operands.into())),
            // INVARIANT: a row's condition is made of atoms, constants and connectives only.
            graph::Node::Source(_) | graph::Node::Item(_) | graph::Node::Default | graph::Node::Tier(_) => {
                unreachable!("a condition is not an item")
            }
        };
        self.done.insert(node, made);
        made
    }

    fn node(&mut self, level: usize, node: Node) -> NodeId {
        let open = &mut self.blocks[level];
        let next = NodeId(open.block.nodes.len() as u32);
        *open.known.entry(node).or_insert_with_key(|node| {
            open.block.nodes.push(node.clone());
            next
        })
    }

    /// Where an expression belongs: what does not see the loop's variable is computed once, outside.
    fn hoisted(&mut self, level: usize, expr: &'p TExpr, make: impl FnOnce(&mut Self) -> NodeId) -> Option<NodeId> {
        if level == 0 || sees(expr, self.variable) || matches!(expr.kind, TExprKind::Const(_)) {
            return None;
        }
        let inside = (self.blocks.split_off(level), self.variable);
        let outside = make(self);
        self.blocks.extend(inside.0);
        self.variable = inside.1;
        let open = &mut self.blocks[level];
        if !open.outer.contains(&outside) {
            open.outer.push(outside);
        }
        Some(self.node(level, Node::Outer(outside)))
    }

    /// A boolean expression as a truth.
    fn truth(&mut self, level: usize, expr: &'p TExpr) -> NodeId {
        use TExprKind as K;
        if let Some(outside) = self.hoisted(level, expr, |lower| lower.truth(0, expr)) {
            return outside;
        }
        match &expr.kind {
            K::Const(Value::Bool(b)) => self.node(level, Node::Always(*b)),
            K::Not(of) => {
                let of = self.truth(level, of);
                self.node(level, Node::Not(of))
            }
            K::And(all) => {
                let all = self.truths(level, all);
                self.node(level, Node::And(all))
            }
            K::Or(all) => {
                let all = self.truths(level, all);
                self.node(level, Node::Or(all))
            }
            K::AtLeast(n, all) => {
                let all = self.truths(level, all);
                self.node(level, Node::AtLeast(*n, all))
            }
            K::Compare(how, a, b) => self.comparison(level, expr, *how, a, b),
            K::In(a, b) => self.membership(level, expr, a, b),
            K::Has(of) => self.there(level, of),
            K::Coalesce(a, b) => {
                let there = self.there(level, a);
                let first = self.truth(level, a);
                let second = self.truth(level, b);
                let first = self.node(level, Node::AsWord(first));
                let second = self.node(level, Node::AsWord(second));
                let chosen = self.node(level, Node::Select(there, first, second));
                self.node(level, Node::IsTrue(chosen))
            }
            K::Warnings(n) => self.node(level, Node::Warnings(*n)),
            K::Quantified { over, .. } if level == 0 && graph::warnings_in(over).is_empty() => {
                let id = self.quantified(expr);
                self.node(0, Node::Loop(id))
            }
            K::Const(_)
            | K::Field(_)
            | K::Fact(..)
            | K::Flag(..)
            | K::Now
            | K::ActionName
            | K::Principal
            | K::Var(_)
            | K::Attribute(..)
            | K::RecordField(..)
            | K::MapGet(..)
            | K::Arithmetic(..)
            | K::ToDecimal(_)
            | K::Call(..)
            | K::Quantified { .. }
            | K::SetOf(_)
            | K::ListOf(_)
            | K::SecretsFound(_)
            | K::SecretsKinds(_) => self.truth_slot(level, expr),
        }
    }

    /// Whether an optional value is there.
    fn there(&mut self, level: usize, expr: &'p TExpr) -> NodeId {
        if let Some(outside) = self.hoisted(level, expr, |lower| lower.there(0, expr)) {
            return outside;
        }
        let slot = self.slot(level, expr, Kind::Presence);
        self.node(level, Node::Truth(slot))
    }

    fn truths(&mut self, level: usize, all: &'p [TExpr]) -> Arc<[NodeId]> {
        all.iter().map(|e| self.truth(level, e)).collect()
    }

    fn comparison(&mut self, level: usize, expr: &'p TExpr, how: Comparison, a: &'p TExpr, b: &'p TExpr) -> NodeId {
        let ordered = !matches!(how, Comparison::Equal | Comparison::NotEqual);
        let (left, right) = (a.ty.required(), b.ty.required());
        if is_number(left) && is_number(right) {
            let (a, b) = (self.word(level, a), self.word(level, b));
            return self.node(level, Node::Compare(how, a, b));
        }
        if *left == Type::Bool && *right == Type::Bool {
            let (a, b) = (self.truth(level, a), self.truth(level, b));
            let (a, b) = (self.node(level, Node::AsWord(a)), self.node(level, Node::AsWord(b)));
            return self.node(level, Node::Compare(how, a, b));
        }
        if !ordered && left.is_symbol() && left == right {
            let pair = match (&a.kind, &b.kind) {
                (TExprKind::Const(_), TExprKind::Const(_)) => None,
                (_, TExprKind::Const(value)) => Some((a, value)),
                (TExprKind::Const(value), _) => Some((b, value)),
                // Two run-time texts are compared while the frame is built.
                _ => None,
            };
            if let Some((of, text)) = pair.and_then(|(of, value)| Some((of, value.text()?))) {
                let (slot, id) = self.symbol(level, of, text);
                let (field, constant) = (self.node(level, Node::Load(slot)), self.node(level, Node::Const(id)));
                return self.node(level, Node::Compare(how, field, constant));
            }
        }
        self.truth_slot(level, expr)
    }

    fn membership(&mut self, level: usize, expr: &'p TExpr, a: &'p TExpr, b: &'p TExpr) -> NodeId {
        let of = a.ty.required();
        let text = of.is_symbol() && !matches!(of, Type::Entity(_));
        match &b.kind {
            TExprKind::Const(Value::Set(all) | Value::List(all)) if is_number(of) => {
                if let Some(mut words) = all.iter().map(Value::word).collect::<Option<Vec<i64>>>() {
                    let a = self.word(level, a);
                    words.sort_unstable();
                    words.dedup();
                    return self.node(level, Node::InSet(a, words.into()));
                }
            }
            TExprKind::Const(Value::Set(all) | Value::List(all)) if text => {
                if let Some(texts) = all.iter().map(Value::text).collect::<Option<Vec<&str>>>() {
                    let slot = self.slot(level, a, Kind::Symbol);
                    let mut ids: Vec<i64> = texts.into_iter().map(|t| self.symbol(level, a, t).1).collect();
                    let field = self.node(level, Node::Load(slot));
                    ids.sort_unstable();
                    ids.dedup();
                    return self.node(level, Node::InSet(field, ids.into()));
                }
            }
            TExprKind::Const(Value::Range(range)) if is_number(of) => {
                if let (Some(low), Some(high)) = (range.low.word(), range.high.word()) {
                    let a = self.word(level, a);
                    // A span of the day whose end lies before its start goes over midnight.
                    let over_midnight = *of == Type::TimeOfDay && low > high;
                    let (low, high) = (self.node(level, Node::Const(low)), self.node(level, Node::Const(high)));
                    let upper = if range.closed { Comparison::LessOrEqual } else { Comparison::Less };
                    let above = self.node(level, Node::Compare(Comparison::GreaterOrEqual, a, low));
                    let below = self.node(level, Node::Compare(upper, a, high));
                    let both = [above, below].into();
                    return self.node(level, if over_midnight { Node::Or(both) } else { Node::And(both) });
                }
            }
            TExprKind::SetOf(all) | TExprKind::ListOf(all) if is_number(of) && !all.is_empty() => {
                let a = self.word(level, a);
                let words: Vec<NodeId> = all.iter().map(|e| self.word(level, e)).collect();
                let equal =
                    words.into_iter().map(|b| self.node(level, Node::Compare(Comparison::Equal, a, b))).collect();
                return self.node(level, Node::Or(equal));
            }
            // Every other collection is asked for its members while the frame is built.
            _ => {}
        }
        self.truth_slot(level, expr)
    }

    /// A number, enum or time as a word.
    fn word(&mut self, level: usize, expr: &'p TExpr) -> NodeId {
        use TExprKind as K;
        if let Some(outside) = self.hoisted(level, expr, |lower| lower.word(0, expr)) {
            return outside;
        }
        match &expr.kind {
            K::Const(value) => {
                if let Some(word) = value.word() {
                    return self.node(level, Node::Const(word));
                }
            }
            K::Arithmetic(how, a, b) if is_number(a.ty.required()) && is_number(b.ty.required()) => {
                let (a, b) = (self.word(level, a), self.word(level, b));
                return self.node(level, Node::Arithmetic(*how, a, b));
            }
            K::ToDecimal(of) if is_number(of.ty.required()) => {
                let (of, scale) = (self.word(level, of), self.node(level, Node::Const(1_000_000)));
                return self.node(level, Node::Arithmetic(Arithmetic::Multiply, of, scale));
            }
            K::Coalesce(a, b) if is_number(b.ty.required()) => {
                let there = self.there(level, a);
                let first = self.word(level, a);
                let second = self.word(level, b);
                return self.node(level, Node::Select(there, first, second));
            }
            K::Quantified { quantifier: QuantifierKind::Count, over, .. }
                if level == 0 && graph::warnings_in(over).is_empty() =>
            {
                let id = self.quantified(expr);
                return self.node(0, Node::Loop(id));
            }
            K::Field(_)
            | K::Fact(..)
            | K::Flag(..)
            | K::Now
            | K::ActionName
            | K::Principal
            | K::Var(_)
            | K::Attribute(..)
            | K::RecordField(..)
            | K::MapGet(..)
            | K::Has(_)
            | K::Coalesce(..)
            | K::Not(_)
            | K::And(_)
            | K::Or(_)
            | K::AtLeast(..)
            | K::Compare(..)
            | K::Arithmetic(..)
            | K::ToDecimal(_)
            | K::In(..)
            | K::Call(..)
            | K::Quantified { .. }
            | K::SetOf(_)
            | K::ListOf(_)
            | K::SecretsFound(_)
            | K::SecretsKinds(_)
            | K::Warnings(_) => {}
        }
        self.word_slot(level, expr)
    }

    /// A word that is computed while the frame is built.
    fn word_slot(&mut self, level: usize, expr: &'p TExpr) -> NodeId {
        let asked = graph::warnings_in(expr);
        let slot = self.slot(level, expr, if asked.is_empty() { Kind::Word } else { Kind::AssumedWord(0) });
        let mut word = self.node(level, Node::Load(slot));
        // Values are computed before floors are counted: compute one for each answer, then choose.
        for n in asked {
            let slot = self.slot(level, expr, Kind::AssumedWord(n));
            let (which, more) = (self.node(level, Node::Warnings(n)), self.node(level, Node::Load(slot)));
            word = self.node(level, Node::Select(which, more, word));
        }
        word
    }

    fn truth_slot(&mut self, level: usize, expr: &'p TExpr) -> NodeId {
        let asked = graph::warnings_in(expr);
        if asked.is_empty() {
            let slot = self.slot(level, expr, Kind::Truth);
            return self.node(level, Node::Truth(slot));
        }
        let assumed = |lower: &mut Self, n: u32| {
            let slot = lower.slot(level, expr, Kind::AssumedTruth(n));
            let truth = lower.node(level, Node::Truth(slot));
            lower.node(level, Node::AsWord(truth))
        };
        let mut word = assumed(self, 0);
        for n in asked {
            let (which, more) = (self.node(level, Node::Warnings(n)), assumed(self, n));
            word = self.node(level, Node::Select(which, more, word));
        }
        self.node(level, Node::IsTrue(word))
    }

    fn slot(&mut self, level: usize, expr: &'p TExpr, kind: Kind) -> SlotId {
        let key = self.keys.of(expr);
        if let Some(known) = self.blocks[level].slots.get(&(key, kind)) {
            return *known;
        }
        let encoding = match kind {
            Kind::Word | Kind::AssumedWord(_) => Encoding::Word,
            Kind::Truth | Kind::AssumedTruth(_) => Encoding::Truth,
            Kind::Symbol => Encoding::Symbol(Table::default()),
            Kind::Presence => Encoding::Presence,
            Kind::Records(id) => Encoding::Records(LoopId(id)),
        };
        let assumes = match kind {
            Kind::AssumedWord(warn) | Kind::AssumedTruth(warn) => Some(warn),
            Kind::Word | Kind::Truth | Kind::Symbol | Kind::Presence | Kind::Records(_) => None,
        };
        let assumed = |n: u32| assumes.is_some_and(|warn| n <= warn);
        let names = Names { schema: self.schema, warnings: &assumed };
        let program = Program::compile(&names, expr);
        let open = &mut self.blocks[level];
        let id = SlotId(open.block.slots.len() as u32);
        let label = label::expr(self.policy, expr).into();
        let take = Take::of(&encoding, &program);
        open.block.slots.push(Slot { encoding, take, program, of: fingerprint(expr), assumes, label });
        open.slots.insert((key, kind), id);
        id
    }

    /// The id of a text among those that a field is compared with.
    fn symbol(&mut self, level: usize, of: &'p TExpr, text: &str) -> (SlotId, i64) {
        let slot = self.slot(level, of, Kind::Symbol);
        let Encoding::Symbol(table) = &mut self.blocks[level].block.slots[slot.0 as usize].encoding else {
            unreachable!("a slot of kind symbol has a table")
        };
        let next = table.len() as i64 + 1;
        (slot, *table.entry(text.into()).or_insert(next))
    }

    fn quantified(&mut self, expr: &'p TExpr) -> LoopId {
        let TExprKind::Quantified { quantifier, variable, over, filter, body } = &expr.kind else {
            unreachable!("only quantifiers are loops")
        };
        let key = self.keys.of(expr);
        if let Some(known) = self.quantified.get(&key) {
            return *known;
        }
        self.blocks.push(Open::default());
        self.variable = *variable;
        let filter = filter.as_deref().map(|f| self.truth(1, f));
        let asked = self.truth(1, body);
        let Some(open) = self.blocks.pop() else { unreachable!("the block was pushed above") };
        let id = LoopId(self.loops.len() as u32);
        let records = self.slot(0, over, Kind::Records(id.0));
        self.quantified.insert(key, id);
        self.loops.push(Loop {
            of: fingerprint(expr),
            quantifier: *quantifier,
            variable: *variable,
            records,
            body: open.block,
            filter,
            asked,
            outer: open.outer,
        });
        id
    }
}

/// A type whose values are words and no truths.
fn is_number(ty: &Type) -> bool {
    ty.is_word() && *ty != Type::Bool
}

/// Whether it reads the variable of a quantifier that does not stand inside it.
fn sees(expr: &TExpr, variable: VarId) -> bool {
    let mut seen = false;
    graph::visit(expr, &mut |e| seen |= matches!(e.kind, TExprKind::Var(id) if id == variable));
    seen
}
