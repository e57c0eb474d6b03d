//! The checked policy: every name resolved, every expression typed, predicates inlined, sugar gone.
//!
//! INVARIANT: a `TypedPolicy` exists only for a set without errors. What it says is the input of the
//! interpreter and of the plan alike.

pub mod runtime;
pub mod state;
mod sequence;

pub use sequence::{
    AgentGiven, Deed, Expected, StandingWord, TestAnswer, TestAsk, TestCase, TestDeed, TestDoes, TestFlag, TestOutcome,
    TestPerson, TestStep, TypedTest,
};

use std::sync::Arc;

use crate::action_name;
use crate::builtin::BuiltinId;
use crate::decision::{ItemId, PolicyHash, Tier};
use crate::raw::{Raw, RawFields};
use crate::settings::Settings;
use crate::source::Span;
use crate::types::{EntityTypeId, FieldDef, FieldType, Type, TypeTable};
use crate::value::{EntityRef, Value};

/// A declared action, by its place in [`TypedPolicy::actions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u32);
/// A flag, by its place in [`TypedPolicy::flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlagId(pub u32);
/// A quantifier variable: how many quantifiers stand around the one that binds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarId(pub u32);

/// A policy set that may be evaluated.
#[derive(Clone, Debug)]
pub struct TypedPolicy {
    /// Settings of the root package.
    pub settings: Settings,
    /// Declared types.
    pub types: TypeTable,
    /// What the host supplies.
    pub facts: FactSchemas,
    /// Flags, sorted by qualified name.
    pub flags: Vec<FlagDef>,
    /// Declared actions, sorted by name.
    pub actions: Vec<ActionDef>,
    /// What `fields on any action` declares, as the schema of an action that nobody declares: optional claims
    /// and observed fields. Its parameters are not judged.
    pub undeclared: ActionDef,
    /// Aliases of actions, sorted by alias.
    pub aliases: Vec<(Arc<str>, ActionId)>,
    /// Items that decide, sorted by qualified name; an [`ItemId`] is a place in it.
    pub items: Vec<Item>,
    /// Tests in text order.
    pub tests: Vec<TypedTest>,
    /// Asserts in text order.
    pub asserts: Vec<TypedAssert>,
    /// What a governor keeps, and what requests touch of it.
    pub state: state::StateDefs,
    /// Identity of what is above, tests and asserts left out.
    pub hash: PolicyHash,
}

impl TypedPolicy {
    /// The action with this name or alias.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionId> {
        if let Ok(i) = self.actions.binary_search_by(|a| (*a.name).cmp(name)) {
            return Some(ActionId(i as u32));
        }
        let i = self.aliases.binary_search_by(|(alias, _)| (**alias).cmp(name)).ok()?;
        Some(self.aliases[i].1)
    }

    /// An action.
    #[must_use]
    pub fn action_def(&self, id: ActionId) -> &ActionDef {
        &self.actions[id.0 as usize]
    }

    /// An item.
    #[must_use]
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.0 as usize]
    }
}

/// Fields of the groups of facts. `agent[0]` is `id: string`, `agent[1]` is `kind: AgentKind`.
#[derive(Clone, Debug, Default)]
pub struct FactSchemas {
    /// `agent.*`
    pub agent: Vec<FieldDef>,
    /// `session.*`
    pub session: Vec<FieldDef>,
    /// `env.*`
    pub env: Vec<FieldDef>,
    /// Readings of state, named `pkg.item.part` and sorted by name; then those that conditions ask of history.
    pub state: Vec<FieldDef>,
}

impl FactSchemas {
    /// The fields of a group.
    #[must_use]
    pub fn group(&self, group: FactGroup) -> &[FieldDef] {
        match group {
            FactGroup::Agent => &self.agent,
            FactGroup::Session => &self.session,
            FactGroup::Env => &self.env,
            FactGroup::State => &self.state,
        }
    }
}

/// A group of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactGroup {
    /// `agent.*`
    Agent,
    /// `session.*`
    Session,
    /// `env.*`
    Env,
    /// What registers say of this request.
    State,
}

impl FactGroup {
    /// All groups.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Session, Self::Env, Self::State];

    /// The word of the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Session => "session",
            Self::Env => "env",
            Self::State => "state",
        }
    }
}

/// A flag.
#[derive(Clone, Debug)]
pub struct FlagDef {
    /// Its qualified name.
    pub name: Arc<str>,
    /// Types of its keys: strings, enums or entities.
    pub keys: Vec<Type>,
    /// Its type.
    pub ty: FieldType,
    /// Its start value, for tests and `aasc eval`.
    pub default: Option<Value>,
    /// Its strict value.
    pub strict: Value,
    /// Where it is declared.
    pub span: Span,
}

/// A declared action with all fields that `action` and `fields` items give it, sorted by name.
#[derive(Clone, Debug)]
pub struct ActionDef {
    /// Its full name.
    pub name: Arc<str>,
    /// The package that declares it.
    pub package: Arc<str>,
    /// Its fields, sorted by name.
    pub fields: Vec<FieldDef>,
    /// How much an outcome of it weighs for trust: `low`, `medium`, `high` or `critical`.
    pub severity: Arc<str>,
    /// `///` text.
    pub doc: String,
    /// Where it is declared.
    pub span: Span,
}

impl ActionDef {
    /// The schema of an action that nobody declares, without any fields yet.
    #[must_use]
    pub fn undeclared() -> Self {
        Self {
            name: "".into(),
            package: "".into(),
            fields: Vec::new(),
            severity: "medium".into(),
            doc: String::new(),
            span: Span::default(),
        }
    }

    /// A field by its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        let i = self.fields.binary_search_by(|f| (*f.name).cmp(name)).ok()?;
        Some(&self.fields[i])
    }
}

/// Which requests an item is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Declared actions, sorted.
    pub actions: Vec<ActionId>,
    /// What it matches among undeclared names: only floors and approvals.
    pub undeclared: Option<NamePatterns>,
}

/// A list of action patterns over names that nobody declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamePatterns {
    /// `on any action`
    pub any: bool,
    /// Patterns in text order with whether each subtracts; a bare `**` is left out.
    pub parts: Vec<(bool, Arc<str>)>,
}

impl NamePatterns {
    /// Whether they match a name: each `except` takes away from all that stands before it.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let step = |matched: bool, (except, pattern): &(bool, Arc<str>)| {
            if matched == *except && action_name::matches(pattern, name) { !except } else { matched }
        };
        self.parts.iter().fold(self.any, step)
    }
}

/// What kind of item it is, as decisions show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each variant is the keyword of the same name")]
pub enum ItemKind {
    Rule,
    Guard,
    Limit,
    Cooldown,
    Budget,
    Once,
    Lease,
    States,
    Relax,
    Exception,
    Approval,
}

impl ItemKind {
    /// The keyword.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Guard => "guard",
            Self::Limit => "limit",
            Self::Cooldown => "cooldown",
            Self::Budget => "budget",
            Self::Once => "once",
            Self::Lease => "lease",
            Self::States => "states",
            Self::Relax => "relax",
            Self::Exception => "exception",
            Self::Approval => "approval",
        }
    }

    /// Whether nothing relaxes it.
    #[must_use]
    pub fn is_floor(self) -> bool {
        match self {
            Self::Guard | Self::Limit | Self::Cooldown | Self::Budget | Self::Once | Self::Lease | Self::States => true,
            Self::Rule | Self::Relax | Self::Exception | Self::Approval => false,
        }
    }

    /// Whether it is a floor that a governor keeps registers for.
    #[must_use]
    pub fn is_stateful(self) -> bool {
        match self {
            Self::Limit | Self::Cooldown | Self::Budget | Self::Once | Self::Lease | Self::States => true,
            Self::Rule | Self::Guard | Self::Relax | Self::Exception | Self::Approval => false,
        }
    }
}

/// An item that takes part in decisions. A table's cells are items of their own that share its name's code.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its qualified name: `autonomy.tiers.releases`; a cell adds `[noop, dev]`.
    pub name: Arc<str>,
    /// Its package.
    pub package: Arc<str>,
    /// Its stable code.
    pub code: Arc<str>,
    /// What it is.
    pub kind: ItemKind,
    /// Which requests.
    pub scope: Scope,
    /// What it does.
    pub body: ItemBody,
    /// Its obligations in text order.
    pub obligations: Vec<Duty>,
    /// Claims it says it believes.
    pub believing: Vec<Arc<str>>,
    /// `///` text.
    pub doc: String,
    /// The whole item.
    pub span: Span,
    /// Its name in the text.
    pub name_span: Span,
}

/// What an item does.
#[derive(Clone, Debug)]
pub enum ItemBody {
    /// A rule brings the tiers of the branches that hold. A branch that errs counts with the stricter of
    /// its tier and the default.
    Rule {
        /// Bands, then `otherwise`.
        branches: Vec<Branch>,
        /// Whether other packages may relax it.
        relaxable: bool,
    },
    /// A floor raises the result to the tier of each branch that holds or errs.
    Floor {
        /// Bands, or one for each line of a checklist.
        branches: Vec<Branch>,
        /// The tier of a branch that errs, where the item says `if unclear`.
        if_unclear: Option<Tier>,
        /// Whether a branch reads `warnings`; such floors are judged after the others.
        reads_warnings: bool,
        /// Whether an approval lifts it although it is a limit, cooldown or budget.
        approvable: bool,
    },
    /// A ceiling for rules, where it is true.
    Relax {
        /// Its condition.
        when: TExpr,
        /// The highest tier it lowers.
        from: Tier,
        /// What they count as.
        to: Tier,
        /// The only rule it touches; otherwise all rules of its package.
        of: Option<ItemId>,
    },
    /// Silences a floor, where it is true: validity, owner and condition are one expression.
    Exception {
        /// Its condition.
        when: TExpr,
        /// The floor.
        to: ItemId,
        /// Why.
        because: TypedText,
    },
    /// People who may lift a red result.
    Approval {
        /// Its condition; one that errs covers.
        when: TExpr,
        /// Who may answer.
        people: Principals,
        /// How many of them.
        quorum: u32,
        /// How long they have, in microseconds.
        within: i64,
        /// Whether the requester's own people may answer.
        own: bool,
        /// Channels to ask on.
        ask: Vec<Arc<str>>,
        /// Whether it is the root package's `on any action`, used only where no other covers.
        fallback: bool,
    },
}

/// A condition with the tier it brings. `by`, `until` and all `when`s of the item are part of it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// When.
    pub when: TExpr,
    /// What it brings.
    pub tier: Tier,
    /// Why, for people.
    pub because: Option<TypedText>,
    /// Its own code, where it is a line of a checklist with one.
    pub code: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

/// Whom `by` means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    /// `people`
    pub people: bool,
    /// `machines`
    pub machines: bool,
    /// Entities that the principal must lie in.
    pub entities: Vec<EntityRef>,
}

/// An obligation of an item.
#[derive(Clone, Debug)]
pub enum Duty {
    /// `notify ops`
    Notify(Arc<str>),
    /// `redact token`
    Redact(Arc<str>),
    /// `instead noop`
    Instead(ActionId),
    /// `run cleanup { service: service }`
    Run {
        /// The workflow's qualified name.
        workflow: Arc<str>,
        /// Its inputs.
        arguments: Vec<(Arc<str>, TExpr)>,
    },
}

/// A text with typed holes.
#[derive(Clone, Debug, Default)]
pub struct TypedText {
    /// Pieces in order.
    pub parts: Vec<TypedTextPart>,
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub enum TypedTextPart {
    /// As it is.
    Plain(Arc<str>),
    /// The value of an expression; `?` where it errs.
    Hole(TExpr),
}

/// A typed expression.
#[derive(Clone, Debug)]
pub struct TExpr {
    /// What it is.
    pub kind: TExprKind,
    /// Its type.
    pub ty: Type,
    /// Least and greatest value of a number in its own unit, where known.
    pub range: Option<(i64, i64)>,
    /// Whether its own operation can err on good operands.
    pub errs: bool,
    /// Where it stands; of an inlined predicate, the call.
    pub span: Span,
}

/// Every form of typed expression. An expression yields a value, nothing (absent, only where its type is
/// `T?`), or a fault. A fault of an operand is the fault of the whole, but for `and`, `or`, `at least`,
/// quantifiers and memberships, which are Kleene. Of several faults the leftmost in source order counts.
///
/// An absent operand where a value is needed is a fault (`Missing`). The checker's narrowing proves that such
/// a fault never decides: it stands beside a false `has` in an `and`, or a true `not has` in an `or`.
#[derive(Clone, Debug)]
pub enum TExprKind {
    /// A constant.
    Const(Value),
    /// A field of the action, by name. Absent where a declared action lacks it (the checker has proved that
    /// only `has` and `??` ask then); a fault (`NotOnAction`) on an undeclared action.
    Field(Arc<str>),
    /// A fact, by its place in the group.
    Fact(FactGroup, u32),
    /// A flag with its keys.
    Flag(FlagId, Vec<TExpr>),
    /// The time of the snapshot.
    Now,
    /// The full name of the action asked for, as a string.
    ActionName,
    /// `Agent(agent.id)`
    Principal,
    /// A quantifier variable.
    Var(VarId),
    /// An attribute of an entity, by its place in the type.
    Attribute(Box<TExpr>, u32),
    /// A field of a record, by its place.
    RecordField(Box<TExpr>, u32),
    /// `m["k"]`, optional
    MapGet(Box<TExpr>, Arc<str>),
    /// `has x`: true where the optional operand is there.
    Has(Box<TExpr>),
    /// `a ?? b`
    Coalesce(Box<TExpr>, Box<TExpr>),
    /// `not a`
    Not(Box<TExpr>),
    /// All are true; the empty one is true.
    And(Vec<TExpr>),
    /// One is true; the empty one is false.
    Or(Vec<TExpr>),
    /// At least so many are true.
    AtLeast(u32, Vec<TExpr>),
    /// Equality of two values of one type ([`crate::builtin::compare::equal`]), or order of two words or semvers.
    Compare(Comparison, Box<TExpr>, Box<TExpr>),
    /// Checked arithmetic in the unit of the result; `Multiply` is `decimal × int`, `int × int` or `duration × int`.
    Arithmetic(Arithmetic, Box<TExpr>, Box<TExpr>),
    /// An int as a decimal; overflow errs.
    ToDecimal(Box<TExpr>),
    /// Membership: the right side is a set, list, range, cidr or (for entities) an entity or set of entities,
    /// where the left lies in it at any depth or is it.
    In(Box<TExpr>, Box<TExpr>),
    /// A builtin. Operands that are absent do not occur.
    Call(BuiltinId, Vec<TExpr>),
    /// `any`, `all`, `count` over a list or set. The filter and body see the variable. Kleene: an element
    /// whose filter or body errs matters only where it could change the answer; a count errs then.
    Quantified {
        /// Which.
        quantifier: QuantifierKind,
        /// The variable.
        variable: VarId,
        /// The list or set.
        over: Box<TExpr>,
        /// Which elements are meant.
        filter: Option<Box<TExpr>>,
        /// What is asked of each; `true` in `count x in xs where f`.
        body: Box<TExpr>,
    },
    /// A set of run-time values.
    SetOf(Vec<TExpr>),
    /// A list of run-time values.
    ListOf(Vec<TExpr>),
    /// Whether a secret stands in the operand's string leaves, or in all parameters and claims.
    SecretsFound(Option<Box<TExpr>>),
    /// Which kinds of secrets stand there: `set<SecretKind>`, for texts.
    SecretsKinds(Option<Box<TExpr>>),
    /// At least so many floors that do not read `warnings` hold or err at yellow or above, silenced ones left out. Never errs.
    Warnings(u32),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the operator of the same name")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the operator of the same name")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// Quantifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the word of the same name")]
pub enum QuantifierKind {
    Any,
    All,
    Count,
}

/// An entity as a host or test gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntity {
    /// The name of its type, qualified or short.
    pub ty: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// What it lies in: types and ids.
    pub parents: Vec<(Arc<str>, Arc<str>)>,
    /// Its attributes.
    pub attributes: RawFields,
}

/// A claim about every decision.
#[derive(Clone, Debug)]
pub struct TypedAssert {
    /// Its package.
    pub package: Arc<str>,
    /// What it claims.
    pub claim: AssertClaim,
    /// The tier it claims it of.
    pub tier: Tier,
    /// On which requests.
    pub scope: Scope,
    /// `by` and all conditions.
    pub when: TExpr,
    /// Whether exercise is enough.
    pub tested: bool,
    /// The whole.
    pub span: Span,
}

/// What an assert claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertClaim {
    /// Every such decision has the tier.
    Always,
    /// None has it.
    Never,
    /// None is below it.
    NeverBelow,
    /// None is above it.
    NeverAbove,
}

/// A field value given in a test, before any schema has read it.
pub type Given = (Arc<str>, Raw);

/// An entity type with an id, for messages.
#[must_use]
pub fn show_entity(types: &TypeTable, ty: EntityTypeId, id: &str) -> String {
    format!("{}({id:?})", types.show(&Type::Entity(ty)))
}
