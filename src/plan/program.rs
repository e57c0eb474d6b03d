//! Value programs: how a slot gets its word from the request and the snapshot.
//!
//! A program is an expression with every name resolved for one action: fields by place, builtins by
//! function. Where a value is matched, `_` is any shape that its type does not promise: an error, never a guess.
//! It knows nothing of tiers or items and shares no code with the interpreter.

use std::borrow::Cow;
use std::sync::Arc;

use super::inputs::{Answer, Inputs};
use crate::builtin::{self, BuiltinId, Context, compare};
use crate::check::typed::{
    ActionDef, ActionId, Arithmetic, Comparison, FactGroup, FlagId, QuantifierKind, TExpr, TExprKind, TypedPolicy,
};
use crate::value::{Fault, FaultKind, Value};

/// A resolved expression.
#[derive(Clone)]
pub enum Program {
    /// A constant.
    Const(Value),
    /// A field of the action, by place.
    Field(u32),
    /// A field of an action that nobody declares: an error.
    Lacking(Arc<str>),
    /// A field that a declared action lacks: absent, since only `has` and `??` ask for it.
    Absent,
    /// A fact.
    Fact(FactGroup, u32),
    /// A flag.
    Flag(FlagId, Vec<Program>),
    /// The time.
    Now,
    /// The action's name.
    ActionName,
    /// The principal.
    Principal,
    /// A quantifier's variable.
    Var(u32),
    /// An attribute of an entity.
    Attribute(Box<Program>, u32),
    /// A field of a record.
    RecordField(Box<Program>, u32),
    /// An entry of a map.
    MapGet(Box<Program>, Arc<str>),
    /// Whether it is there.
    Has(Box<Program>),
    /// The first, or the second where the first is absent.
    Coalesce(Box<Program>, Box<Program>),
    /// Not.
    Not(Box<Program>),
    /// All.
    And(Vec<Program>),
    /// One.
    Or(Vec<Program>),
    /// So many.
    AtLeast(u32, Vec<Program>),
    /// A comparison.
    Compare(Comparison, Box<Program>, Box<Program>),
    /// Checked arithmetic; the result is made like the first operand, or the second where that is a decimal or duration.
    Arithmetic(Arithmetic, Box<Program>, Box<Program>),
    /// An int as a decimal.
    ToDecimal(Box<Program>),
    /// Membership.
    In(Box<Program>, Box<Program>),
    /// A builtin.
    Call(BuiltinId, Vec<Program>),
    /// A quantifier.
    Quantified {
        /// Which.
        quantifier: QuantifierKind,
        /// The variable's place.
        variable: u32,
        /// The collection.
        over: Box<Program>,
        /// Which elements.
        filter: Option<Box<Program>>,
        /// What is asked.
        body: Box<Program>,
    },
    /// A set of run-time values.
    SetOf(Vec<Program>),
    /// A list of run-time values.
    ListOf(Vec<Program>),
    /// Kinds of secrets, or whether there is one.
    Secrets {
        /// Of what; of all parameters and claims where nothing is said.
        of: Option<Box<Program>>,
        /// Whether only `found` is asked.
        found: bool,
    },
}

/// The fields of the action that a unit is for.
#[derive(Clone, Copy)]
pub struct Schema<'p> {
    /// Its fields; of an undeclared action those of any action.
    pub def: &'p ActionDef,
    /// Whether somebody declares it: then a field that it lacks is absent, otherwise an error.
    pub declared: bool,
}

impl<'p> Schema<'p> {
    /// The schema of a declared action, or that of any other.
    #[must_use]
    pub fn of(policy: &'p TypedPolicy, action: Option<ActionId>) -> Self {
        Self { def: action.map_or(&policy.undeclared, |id| policy.action_def(id)), declared: action.is_some() }
    }
}

/// What a program sees of the policy besides the inputs.
pub struct Names<'p> {
    /// The action; none for undeclared names.
    pub schema: Schema<'p>,
    /// What each `warnings >= n` is taken to be; programs run before the floors are counted.
    pub warnings: &'p dyn Fn(u32) -> bool,
}

impl Program {
    /// Resolves an expression.
    #[must_use]
    pub fn compile(names: &Names<'_>, expr: &TExpr) -> Self {
        use TExprKind as K;
        // Connectives recurse here alone, so that deep conditions need little stack.
        match &expr.kind {
            K::Not(of) => Self::Not(Box::new(Self::compile(names, of))),
            K::And(all) => Self::And(Self::compile_all(names, all)),
            K::Or(all) => Self::Or(Self::compile_all(names, all)),
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
            | K::Has(_)
            | K::Coalesce(..)
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
            | K::Warnings(_) => Self::compile_value(names, expr),
        }
    }

    fn compile_all(names: &Names<'_>, all: &[TExpr]) -> Vec<Self> {
        let mut made = Vec::with_capacity(all.len());
        for expr in all {
            made.push(Self::compile(names, expr));
        }
        made
    }

    #[inline(never)]
    fn compile_value(names: &Names<'_>, expr: &TExpr) -> Self {
        use TExprKind as K;
        let one = |e: &TExpr| Box::new(Self::compile(names, e));
        let many = |all: &[TExpr]| all.iter().map(|e| Self::compile(names, e)).collect::<Vec<_>>();
        match &expr.kind {
            K::Const(value) => Self::Const(value.clone()),
            K::Field(name) => Self::field(names, name),
            K::Fact(group, place) => Self::Fact(*group, *place),
            K::Flag(id, keys) => Self::Flag(*id, many(keys)),
            K::Now => Self::Now,
            K::ActionName => Self::ActionName,
            K::Principal => Self::Principal,
            K::Var(id) => Self::Var(id.0),
            K::Attribute(of, place) => Self::Attribute(one(of), *place),
            K::RecordField(of, place) => Self::RecordField(one(of), *place),
            K::MapGet(of, key) => Self::MapGet(one(of), key.clone()),
            K::Has(of) => Self::Has(one(of)),
            K::Coalesce(a, b) => Self::Coalesce(one(a), one(b)),
            K::Not(of) => Self::Not(one(of)),
            K::And(all) => Self::And(many(all)),
            K::Or(all) => Self::Or(many(all)),
            K::AtLeast(n, all) => Self::AtLeast(*n, many(all)),
            K::Compare(how, a, b) => Self::Compare(*how, one(a), one(b)),
            K::Arithmetic(how, a, b) => Self::Arithmetic(*how, one(a), one(b)),
            K::ToDecimal(of) => Self::ToDecimal(one(of)),
            K::In(a, b) => Self::In(one(a), one(b)),
            K::Call(id, arguments) => Self::Call(*id, many(arguments)),
            K::Quantified { quantifier, variable, over, filter, body } => Self::Quantified {
                quantifier: *quantifier,
                variable: variable.0,
                over: one(over),
                filter: filter.as_deref().map(one),
                body: one(body),
            },
            K::SetOf(all) => Self::SetOf(many(all)),
            K::ListOf(all) => Self::ListOf(many(all)),
            K::SecretsFound(of) => Self::Secrets { of: of.as_deref().map(one), found: true },
            K::SecretsKinds(of) => Self::Secrets { of: of.as_deref().map(one), found: false },
            K::Warnings(n) => Self::Const(Value::Bool((names.warnings)(*n))),
        }
    }

    /// Whether this and every program inside it passes a test.
    pub fn all(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self) && self.parts().into_iter().all(|part| part.all(test))
    }

    /// The programs right inside it.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Const(_)
            | Self::Field(_)
            | Self::Lacking(_)
            | Self::Absent
            | Self::Fact(..)
            | Self::Now
            | Self::ActionName
            | Self::Principal
            | Self::Var(_) => Vec::new(),
            Self::Attribute(of, _)
            | Self::RecordField(of, _)
            | Self::MapGet(of, _)
            | Self::Has(of)
            | Self::Not(of)
            | Self::ToDecimal(of) => vec![of],
            Self::Coalesce(a, b) | Self::Compare(_, a, b) | Self::Arithmetic(_, a, b) | Self::In(a, b) => vec![a, b],
            Self::Flag(_, all)
            | Self::And(all)
            | Self::Or(all)
            | Self::AtLeast(_, all)
            | Self::Call(_, all)
            | Self::SetOf(all)
            | Self::ListOf(all) => all.iter().collect(),
            Self::Quantified { over, filter, body, .. } => {
                [Some(over), filter.as_ref(), Some(body)].into_iter().flatten().map(|part| &**part).collect()
            }
            Self::Secrets { of, .. } => of.iter().map(|part| &**part).collect(),
        }
    }

    fn field(names: &Names<'_>, name: &Arc<str>) -> Self {
        match names.schema.def.fields.binary_search_by(|f| f.name.cmp(name)) {
            Ok(place) => Self::Field(place as u32),
            Err(_) if names.schema.declared => Self::Absent,
            Err(_) => Self::Lacking(name.clone()),
        }
    }
}

/// A value that may be absent, borrowed where it lies in the request or the policy.
type Seen<'a> = Result<Option<Cow<'a, Value>>, Fault>;

/// Runs programs over one request.
pub struct Runner<'a, I: Inputs + ?Sized> {
    /// The request and the snapshot.
    pub inputs: &'a I,
    /// Settings for builtins.
    pub context: &'a Context<'a>,
}

/// Elements that quantifier variables stand for, by place.
pub type Variables<'a> = [Option<&'a Value>];

/// Deepest nesting of quantifiers.
pub const MAX_VARIABLES: usize = 8;

impl<'a, I: Inputs + ?Sized> Runner<'a, I> {
    /// The value of a program: absent where it is `None`.
    ///
    /// # Errors
    /// Why it could not be told.
    pub fn run<'s>(&'s self, program: &'s Program, variables: &'s Variables<'s>) -> Seen<'s> {
        match program {
            Program::Const(value) => Ok(Some(Cow::Borrowed(value))),
            Program::Field(place) => borrowed(self.inputs.field(*place as usize)),
            Program::Absent => Ok(None),
            Program::Lacking(name) => {
                Err(Fault::new(FaultKind::NotOnAction, format!("the action has no field `{name}`")))
            }
            Program::Fact(group, place) => borrowed(self.inputs.fact(*group, *place as usize)),
            Program::Flag(id, keys) => {
                let keys = self.all(keys, variables)?;
                owned(self.inputs.flag(*id, &keys))
            }
            Program::Now => owned(self.inputs.now().map(|n| Some(Value::Timestamp(n)))),
            Program::ActionName => Ok(Some(Cow::Owned(Value::Str(self.inputs.action().clone())))),
            Program::Principal => owned(self.inputs.principal().map(Some)),
            Program::Var(place) => match variables.get(*place as usize).copied().flatten() {
                Some(Value::Unknown(fault)) => Err(fault.clone()),
                Some(value) => Ok(Some(Cow::Borrowed(value))),
                None => Err(unbound()),
            },
            Program::Attribute(of, place) => match &*self.there(of, variables)? {
                Value::Entity(entity) => owned(self.inputs.entities().attribute(entity, *place as usize)),
                _ => Err(unbound()),
            },
            Program::RecordField(of, place) => self.member(of, *place, variables),
            Program::MapGet(of, key) => match self.there(of, variables)? {
                Cow::Borrowed(Value::Map(entries)) => known(entries.get(key).map(Cow::Borrowed)),
                Cow::Owned(Value::Map(entries)) => known(entries.get(key).cloned().map(Cow::Owned)),
                Cow::Borrowed(_) | Cow::Owned(_) => Err(unbound()),
            },
            Program::Has(of) => yes_no(self.run(of, variables)?.is_some()),
            Program::Coalesce(a, b) => match self.run(a, variables)? {
                Some(value) => Ok(Some(value)),
                None => self.run(b, variables),
            },
            Program::Not(_) | Program::And(_) | Program::Or(_) | Program::AtLeast(..) | Program::Compare(..) => {
                yes_no(self.judge(program, variables)?)
            }
            Program::Arithmetic(how, a, b) => self.calculate(*how, a, b, variables),
            Program::ToDecimal(of) => {
                let word = self.there(of, variables)?.word().and_then(|n| n.checked_mul(1_000_000));
                owned(word.map(|n| Some(Value::Decimal(n))).ok_or_else(overflow))
            }
            Program::In(a, b) => yes_no(self.within(a, b, variables)?),
            Program::Call(id, arguments) => {
                let arguments = self.all(arguments, variables)?;
                owned((builtin::get(*id).call)(self.context, &arguments))
            }
            Program::Quantified { .. } => self.quantified(program, variables),
            Program::SetOf(all) => Ok(Some(Cow::Owned(Value::set(self.all(all, variables)?)))),
            Program::ListOf(all) => Ok(Some(Cow::Owned(Value::List(self.all(all, variables)?.into())))),
            Program::Secrets { of, found } => {
                let of = of.as_ref().map(|of| self.there(of, variables)).transpose()?;
                let kinds = self.inputs.secrets(of.as_deref())?;
                if *found { yes_no(elements(&kinds).is_some_and(|e| !e.is_empty())) } else { owned(Ok(Some(kinds))) }
            }
        }
    }

    /// The truth of a program, `None` where it errs.
    #[must_use]
    pub fn truth(&self, program: &Program, variables: &Variables<'_>) -> Option<bool> {
        self.judge(program, variables).ok()
    }

    /// Connectives recurse here alone, so that deep conditions need little stack.
    fn judge(&self, program: &Program, variables: &Variables<'_>) -> Result<bool, Fault> {
        match program {
            Program::Not(of) => self.judge(of, variables).map(|b| !b),
            Program::And(all) => self.joined(all, variables, false),
            Program::Or(all) => self.joined(all, variables, true),
            Program::AtLeast(n, all) => self.at_least(*n, all, variables),
            Program::Const(_)
            | Program::Field(_)
            | Program::Lacking(_)
            | Program::Absent
            | Program::Fact(..)
            | Program::Flag(..)
            | Program::Now
            | Program::ActionName
            | Program::Principal
            | Program::Var(_)
            | Program::Attribute(..)
            | Program::RecordField(..)
            | Program::MapGet(..)
            | Program::Has(_)
            | Program::Coalesce(..)
            | Program::Compare(..)
            | Program::Arithmetic(..)
            | Program::ToDecimal(_)
            | Program::In(..)
            | Program::Call(..)
            | Program::Quantified { .. }
            | Program::SetOf(_)
            | Program::ListOf(_)
            | Program::Secrets { .. } => self.told(program, variables),
        }
    }

    fn joined(&self, all: &[Program], variables: &Variables<'_>, strong: bool) -> Result<bool, Fault> {
        let mut fault = None;
        for program in all {
            match self.judge(program, variables) {
                Ok(b) if b == strong => return Ok(strong),
                Ok(_) => {}
                Err(f) => fault = fault.or(Some(f)),
            }
        }
        fault.map_or(Ok(!strong), Err)
    }

    fn at_least(&self, n: u32, all: &[Program], variables: &Variables<'_>) -> Result<bool, Fault> {
        let (mut held, mut possible, mut fault) = (0, 0, None);
        for program in all {
            match self.judge(program, variables) {
                Ok(b) => {
                    held += u32::from(b);
                    possible += u32::from(b);
                }
                Err(f) => {
                    possible += 1;
                    fault = fault.or(Some(f));
                }
            }
        }
        match fault {
            Some(fault) if held < n && possible >= n => Err(fault),
            Some(_) | None => Ok(held >= n),
        }
    }

    /// The truth of what is no connective.
    #[inline(never)]
    fn told(&self, program: &Program, variables: &Variables<'_>) -> Result<bool, Fault> {
        if let Program::Compare(how, a, b) = program {
            let (a, b) = (self.there(a, variables)?, self.there(b, variables)?);
            return compare_values(self.context, *how, &a, &b);
        }
        match &*self.there(program, variables)? {
            Value::Bool(b) => Ok(*b),
            _ => Err(unbound()),
        }
    }

    fn there<'s>(&'s self, program: &'s Program, variables: &'s Variables<'s>) -> Result<Cow<'s, Value>, Fault> {
        match self.run(program, variables)? {
            Some(value) => match &*value {
                Value::Unknown(fault) => Err(fault.clone()),
                _ => Ok(value),
            },
            None => Err(Fault::new(FaultKind::Missing, "it is not there")),
        }
    }

    fn all(&self, programs: &[Program], variables: &Variables<'_>) -> Result<Vec<Value>, Fault> {
        programs.iter().map(|p| self.there(p, variables).map(Cow::into_owned)).collect()
    }

    fn member<'s>(&'s self, of: &'s Program, place: u32, variables: &'s Variables<'s>) -> Seen<'s> {
        match self.there(of, variables)? {
            Cow::Borrowed(Value::Record(_, fields)) => fields.get(place as usize).map_or(Err(unbound()), borrowed),
            Cow::Owned(Value::Record(_, fields)) => {
                owned(fields.get(place as usize).cloned().unwrap_or(Err(unbound())))
            }
            Cow::Borrowed(_) | Cow::Owned(_) => Err(unbound()),
        }
    }

    fn calculate<'s>(
        &'s self,
        how: Arithmetic,
        a: &'s Program,
        b: &'s Program,
        variables: &'s Variables<'s>,
    ) -> Seen<'s> {
        let (a, b) = (self.there(a, variables)?, self.there(b, variables)?);
        let (Some(x), Some(y)) = (a.word(), b.word()) else { return Err(unbound()) };
        let word = match how {
            Arithmetic::Add => x.checked_add(y),
            Arithmetic::Subtract => x.checked_sub(y),
            Arithmetic::Multiply => x.checked_mul(y),
        };
        owned(word.map(|n| Some(result_of(how, &a, &b, n))).ok_or_else(overflow))
    }

    fn within(&self, a: &Program, b: &Program, variables: &Variables<'_>) -> Result<bool, Fault> {
        let left = self.there(a, variables)?;
        if let Program::SetOf(all) | Program::ListOf(all) = b {
            // Elements that cannot be told matter only where no other is the value.
            let one = |p| self.there(p, variables).and_then(|right| self.lies_in(&left, &right, true));
            return kleene(all.iter().map(one), true);
        }
        let right = self.there(b, variables)?;
        self.lies_in(&left, &right, false)
    }

    /// Whether `left` is a member of `right`; with `element`, whether it is `right` or lies in it as an entity.
    fn lies_in(&self, left: &Value, right: &Value, element: bool) -> Result<bool, Fault> {
        match (left, right) {
            (Value::Entity(x), Value::Entity(group)) => self.inputs.entities().is_in(x, group),
            (Value::Entity(_), Value::List(all) | Value::Set(all)) => {
                kleene(all.iter().map(|group| self.lies_in(left, group, true)), true)
            }
            (_, Value::Unknown(fault)) => Err(fault.clone()),
            (_, Value::Range(_) | Value::Cidr(_)) => compare::member(self.context, left, right),
            _ if element => compare::equal(self.context, left, right),
            _ => compare::member(self.context, left, right),
        }
    }

    fn quantified<'s>(&'s self, program: &'s Program, variables: &'s Variables<'s>) -> Seen<'s> {
        let Program::Quantified { quantifier, variable, over, filter, body } = program else { return Err(unbound()) };
        let collection = self.there(over, variables)?;
        let Some(all) = elements(&collection) else { return Err(unbound()) };
        let mut held = [None; MAX_VARIABLES];
        held[..variables.len().min(MAX_VARIABLES)].copy_from_slice(&variables[..variables.len().min(MAX_VARIABLES)]);
        let Some(place) = held.get(*variable as usize).map(|_| *variable as usize) else { return Err(unbound()) };
        let mut answers = Vec::with_capacity(all.len());
        for element in all {
            held[place] = Some(element);
            let meant = filter.as_ref().map_or(Ok(true), |f| self.judge(f, &held));
            let asked = self.judge(body, &held);
            answers.push((meant, asked));
        }
        match quantifier {
            QuantifierKind::Any => yes_no(kleene(answers.into_iter().map(|(f, b)| both(f, b)), true)?),
            QuantifierKind::All => yes_no(!kleene(answers.into_iter().map(|(f, b)| both(f, b.map(|b| !b))), true)?),
            QuantifierKind::Count => {
                let mut count = 0;
                for (meant, asked) in answers {
                    count += i64::from(both(meant, asked)?);
                }
                owned(Ok(Some(Value::Int(count))))
            }
        }
    }
}

/// `or` of answers (`strong` true) or `and` (`strong` false): one strong answer decides, else the first fault.
fn kleene(answers: impl Iterator<Item = Result<bool, Fault>>, strong: bool) -> Result<bool, Fault> {
    let mut fault = None;
    for answer in answers {
        match answer {
            Ok(b) if b == strong => return Ok(strong),
            Ok(_) => {}
            Err(f) => fault = fault.or(Some(f)),
        }
    }
    fault.map_or(Ok(!strong), Err)
}

fn both(a: Result<bool, Fault>, b: Result<bool, Fault>) -> Result<bool, Fault> {
    kleene([a, b].into_iter(), false)
}

fn compare_values(context: &Context<'_>, how: Comparison, a: &Value, b: &Value) -> Result<bool, Fault> {
    Ok(match how {
        Comparison::Equal => compare::equal(context, a, b)?,
        Comparison::NotEqual => !compare::equal(context, a, b)?,
        Comparison::Less => order(a, b)?.is_lt(),
        Comparison::LessOrEqual => order(a, b)?.is_le(),
        Comparison::Greater => order(a, b)?.is_gt(),
        Comparison::GreaterOrEqual => order(a, b)?.is_ge(),
    })
}

fn order(a: &Value, b: &Value) -> Result<std::cmp::Ordering, Fault> {
    compare::order(a, b).ok_or_else(unbound)
}

/// The elements of a list or set.
#[must_use]
pub fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(all) | Value::Set(all) => Some(all),
        _ => None,
    }
}

fn result_of(how: Arithmetic, a: &Value, b: &Value, word: i64) -> Value {
    match (a, b, how) {
        (Value::Timestamp(_), Value::Timestamp(_), Arithmetic::Subtract) => Value::Duration(word),
        (Value::Timestamp(_), ..) | (_, Value::Timestamp(_), _) => Value::Timestamp(word),
        (Value::Decimal(_), ..) | (_, Value::Decimal(_), _) => Value::Decimal(word),
        (Value::Ratio(_), ..) => Value::Ratio(word),
        (Value::Duration(_), ..) | (_, Value::Duration(_), _) => Value::Duration(word),
        _ => Value::Int(word),
    }
}

fn borrowed(value: &Answer) -> Seen<'_> {
    match value {
        Ok(Some(value)) => Ok(Some(Cow::Borrowed(value))),
        Ok(None) => Ok(None),
        Err(fault) => Err(fault.clone()),
    }
}

fn owned<'s>(value: Answer) -> Seen<'s> {
    known(value?.map(Cow::Owned))
}

fn known(value: Option<Cow<'_, Value>>) -> Seen<'_> {
    Ok(value)
}

fn yes_no<'s>(answer: bool) -> Seen<'s> {
    Ok(Some(Cow::Owned(Value::Bool(answer))))
}

fn overflow() -> Fault {
    Fault::new(FaultKind::Overflow, "calculation left the range of its type")
}

/// An operand of another shape than its type says: our own bug, answered as an error value.
fn unbound() -> Fault {
    Fault::new(FaultKind::IllTyped, "an operand is of another type than declared")
}
