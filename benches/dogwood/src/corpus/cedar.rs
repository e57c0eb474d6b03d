//! Policies without their questions about the past: scopes and conditions of Cedar, from Cedar's own JSON form.

use std::collections::{BTreeMap, BTreeSet};

use dogwood_language::cedar::{EntityUid, Schema};
use dogwood_language::{LoweredPolicySet, Value};
use serde_json::Value as Json;

use super::book::{Book, Expr};
use super::reason::Reason;
use super::scope::{has, int, is, same};
use super::source::{Kind, Source, quoted};

/// Translates the policies of a case, given its questions about the past.
pub(crate) struct Policies<'b> {
    pub(crate) book: &'b mut Book,
    pub(crate) leaves: &'b BTreeMap<String, Expr>,
    /// What the conditions of a policy read, and what they ask for first.
    reads: BTreeSet<Source>,
    asked: BTreeSet<Source>,
}

/// What the decision about each kind of event needs.
pub(crate) type Needs = BTreeMap<usize, BTreeSet<Source>>;

/// A side of a comparison.
enum Side {
    Field(Source),
    Literal(Value),
}

impl<'b> Policies<'b> {
    pub(crate) fn new(book: &'b mut Book, leaves: &'b BTreeMap<String, Expr>) -> Self {
        Self { book, leaves, reads: BTreeSet::new(), asked: BTreeSet::new() }
    }

    /// Writes a rule for each permit, a guard for each forbid.
    pub(crate) fn all(mut self, set: &LoweredPolicySet) -> Result<Needs, Reason> {
        let mut needs = Needs::new();
        for policy in set.as_cedar().policies() {
            let json = policy.to_json().map_err(|_| Reason::CedarOperator)?;
            let on = self.actions(&json["action"], set.cedar_schema())?;
            let mut parts =
                vec![self.entity("principal", &json["principal"])?, self.entity("resource", &json["resource"])?];
            for condition in json["conditions"].as_array().into_iter().flatten() {
                let holds = self.truth(&condition["body"])?;
                parts.push(if condition["kind"] == "when" { holds } else { holds.not() });
            }
            let read = &std::mem::take(&mut self.reads) - &std::mem::take(&mut self.asked);
            on.iter().for_each(|event| needs.entry(*event).or_default().extend(read.iter().cloned()));
            let effect = if json["effect"] == "permit" { "rule" } else { "guard" };
            if !on.is_empty() {
                self.book.rule(effect, &on, &Expr::all(parts));
            }
        }
        Ok(needs)
    }

    /// The kinds of events that a policy decides about.
    fn actions(&self, scope: &Json, schema: &Schema) -> Result<Vec<usize>, Reason> {
        let named: Option<Vec<EntityUid>> = match scope["op"].as_str() {
            Some("All") => None,
            _ => {
                let one = scope.get("entity").into_iter();
                let entities = one.chain(scope["entities"].as_array().into_iter().flatten());
                Some(entities.map(uid).collect::<Option<_>>().ok_or(Reason::Membership)?)
            }
        };
        let groups = schema.action_entities().map_err(|_| Reason::Membership)?;
        let covers = |event: usize| {
            let event = &self.book.events[event];
            let own = uid_of(&event.namespace.join("::"), &event.action);
            let Some(own) = own else { return false };
            let within = |named: &EntityUid| *named == own || scope["op"] == "in" && groups.is_ancestor_of(named, &own);
            event.decides && named.as_ref().is_none_or(|named| named.iter().any(within))
        };
        Ok((0..self.book.events.len()).filter(|event| covers(*event)).collect())
    }

    fn entity(&mut self, root: &str, scope: &Json) -> Result<Expr, Reason> {
        let here = Source::Scope(vec![root.to_owned()]);
        match scope["op"].as_str() {
            Some("All") => Ok(Expr::constant(true)),
            Some("==") => Ok(is(self.book, &here, &entity(&scope["entity"]).ok_or(Reason::Membership)?)),
            Some("is") if scope.get("in").is_none() => {
                let ty = Value::String(scope["entity_type"].as_str().unwrap_or_default().to_owned());
                Ok(is(self.book, &Source::Scope(vec![root.to_owned(), "type".to_owned()]), &ty))
            }
            _ => Err(Reason::Membership),
        }
    }

    fn truth(&mut self, json: &Json) -> Result<Expr, Reason> {
        let (word, of) = json.as_object().and_then(|object| object.iter().next()).ok_or(Reason::CedarOperator)?;
        match word.as_str() {
            "Value" => Ok(Expr::constant(of.as_bool().ok_or(Reason::CedarOperator)?)),
            "&&" => Ok(Expr::all([self.truth(&of["left"])?, self.truth(&of["right"])?])),
            "||" => Ok(Expr::any([self.truth(&of["left"])?, self.truth(&of["right"])?])),
            "!" => Ok(self.truth(&of["arg"])?.not()),
            "if-then-else" => {
                let (when, then) = (self.truth(&of["if"])?, self.truth(&of["then"])?);
                let otherwise = self.truth(&of["else"])?;
                Ok(Expr::any([Expr::all([when.clone(), then]), Expr::all([when.not(), otherwise])]))
            }
            "." => {
                if let Some(leaf) = self.leaf(of) {
                    return Ok(leaf);
                }
                let source = self.read(json)?;
                Ok(is(self.book, &source, &Value::Bool(true)))
            }
            "has" => {
                let mut path = path(&of["left"]).ok_or(Reason::CedarOperator)?;
                path.push(of["attr"].as_str().unwrap_or_default().to_owned());
                let source = source(path).ok_or(Reason::CedarOperator)?;
                self.asked.insert(source.clone());
                Ok(has(self.book, &source))
            }
            "==" | "!=" => {
                let equal = match (self.side(&of["left"])?, self.side(&of["right"])?) {
                    (Side::Field(left), Side::Field(right)) => same(self.book, &left, &right),
                    (Side::Field(field), Side::Literal(value)) | (Side::Literal(value), Side::Field(field)) => {
                        is(self.book, &field, &value)
                    }
                    (Side::Literal(left), Side::Literal(right)) => Expr::constant(left.dom_eq(&right)),
                };
                Ok(if word == "==" { equal } else { equal.not() })
            }
            "<" | "<=" | ">" | ">=" => {
                let mut sides = Vec::new();
                let mut there = Vec::new();
                for side in [&of["left"], &of["right"]] {
                    sides.push(match self.side(side)? {
                        Side::Field(field) => {
                            let field = self.book.field(&field, Kind::Int);
                            there.push(Expr::of(format!("has {field}")));
                            field
                        }
                        Side::Literal(Value::Int(n)) => int(n),
                        Side::Literal(_) => return Err(Reason::CedarOperator),
                    });
                }
                there.push(Expr::of(format!("{} {word} {}", sides[0], sides[1])));
                Ok(Expr::all(there))
            }
            "contains" => self.contains(of),
            "like" => self.like(of),
            "in" | "is" => Err(Reason::Membership),
            _ => Err(Reason::CedarOperator),
        }
    }

    fn leaf(&self, of: &Json) -> Option<Expr> {
        let context = of["left"]["Var"] == "context";
        of["attr"].as_str().filter(|_| context).and_then(|name| self.leaves.get(name)).cloned()
    }

    /// `["a", "b"].contains(context.input.user)`
    fn contains(&mut self, of: &Json) -> Result<Expr, Reason> {
        let Side::Field(field) = self.side(&of["right"])? else { return Err(Reason::CedarOperator) };
        let words = of["left"]["Set"].as_array().ok_or(Reason::CedarOperator)?;
        let mut any = Vec::new();
        for word in words {
            let Side::Literal(value) = self.side(word)? else { return Err(Reason::CedarOperator) };
            any.push(is(self.book, &field, &value));
        }
        Ok(Expr::any(any))
    }

    fn like(&mut self, of: &Json) -> Result<Expr, Reason> {
        let Side::Field(field) = self.side(&of["left"])? else { return Err(Reason::CedarOperator) };
        let mut glob = String::new();
        for part in of["pattern"].as_array().ok_or(Reason::CedarOperator)? {
            match part["Literal"].as_str() {
                Some(text) if text.contains(['*', '?', '[', '{', '\\']) => return Err(Reason::CedarOperator),
                Some(text) => glob.push_str(text),
                None => glob.push('*'),
            }
        }
        let field = self.book.field(&field, Kind::Text);
        Ok(Expr::of(format!("(has {field} and {field} like {})", quoted(&glob))))
    }

    fn side(&mut self, json: &Json) -> Result<Side, Reason> {
        if let Some(value) = value(json) {
            return Ok(Side::Literal(value));
        }
        self.read(json).map(Side::Field)
    }

    fn read(&mut self, json: &Json) -> Result<Source, Reason> {
        let source = path(json).and_then(source).ok_or(Reason::CedarOperator)?;
        self.reads.insert(source.clone());
        Ok(source)
    }
}

/// `principal.team`, `context.input.user`
fn path(json: &Json) -> Option<Vec<String>> {
    if let Some(root) = json["Var"].as_str() {
        return Some(vec![root.to_owned()]);
    }
    let of = json.get(".")?;
    let mut path = path(&of["left"])?;
    path.push(of["attr"].as_str()?.to_owned());
    Some(path)
}

fn source(path: Vec<String>) -> Option<Source> {
    match path[0].as_str() {
        "context" if path.len() > 1 => Some(Source::Context(path[1..].to_vec())),
        "principal" | "resource" => Some(Source::Scope(path)),
        _ => None,
    }
}

fn value(json: &Json) -> Option<Value> {
    if let Some(text) = json["decimal"][0]["Value"].as_str() {
        return Some(Value::Decimal(text.to_owned()));
    }
    match json.get("Value")? {
        Json::Bool(so) => Some(Value::Bool(*so)),
        Json::String(text) => Some(Value::String(text.clone())),
        Json::Number(n) => Some(Value::Int(n.as_i64()?)),
        other => entity(other.get("__entity")?),
    }
}

fn entity(json: &Json) -> Option<Value> {
    Some(Value::Entity { ty: json["type"].as_str()?.to_owned(), id: json["id"].as_str()?.to_owned() })
}

fn uid(json: &Json) -> Option<EntityUid> {
    uid_of(json["type"].as_str()?, json["id"].as_str()?)
}

fn uid_of(ty: &str, id: &str) -> Option<EntityUid> {
    EntityUid::from_json(serde_json::json!({ "__entity": { "type": ty, "id": id } })).ok()
}
