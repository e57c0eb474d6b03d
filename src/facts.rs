//! What the host knows: the agent, the session, the environment, flags, state, what it observed, and the time.

use crate::raw::{Raw, RawFields};

/// A snapshot of facts. It comes from the host only, never from the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The agent: `id`, `kind` (`machine` or `person`) and what `facts agent { … }` declares.
    pub agent: RawFields,
    /// What `facts session { … }` declares.
    pub session: RawFields,
    /// What `facts env { … }` declares.
    pub env: RawFields,
    /// Flags by qualified name; a keyed flag is an object by key, `a/b` for two keys.
    pub flags: RawFields,
    /// Readings of state by the qualified name of their item: `{"exceeded": bool, "near": bool}` for a limit.
    pub state: RawFields,
    /// What the runtime saw of this request.
    pub observed: RawFields,
    /// Now, in microseconds since the Unix epoch.
    pub now: Option<i64>,
}

impl Facts {
    /// Facts that know an agent's id and nothing else.
    #[must_use]
    pub fn of_agent(id: &str) -> Self {
        Self { agent: vec![("id".into(), Raw::text(id))], ..Self::default() }
    }

    /// Adds a fact about the agent.
    #[must_use]
    pub fn agent(mut self, name: &str, value: Raw) -> Self {
        self.agent.push((name.into(), value));
        self
    }

    /// Adds a fact about the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: Raw) -> Self {
        self.env.push((name.into(), value));
        self
    }

    /// Adds a fact about the session.
    #[must_use]
    pub fn session(mut self, name: &str, value: Raw) -> Self {
        self.session.push((name.into(), value));
        self
    }

    /// Adds something observed.
    #[must_use]
    pub fn observed(mut self, name: &str, value: Raw) -> Self {
        self.observed.push((name.into(), value));
        self
    }

    /// Adds the readings of a stateful item.
    #[must_use]
    pub fn state(mut self, item: &str, readings: RawFields) -> Self {
        self.state.push((item.into(), Raw::Object(readings)));
        self
    }

    /// Sets a flag.
    #[must_use]
    pub fn flag(mut self, name: &str, value: Raw) -> Self {
        self.flags.push((name.into(), value));
        self
    }

    /// Adds what a Rust struct knows; see [`AsFacts`].
    #[must_use]
    pub fn with(mut self, part: &(impl AsFacts + ?Sized)) -> Self {
        part.add_to(&mut self);
        self
    }

    /// Sets the time, in microseconds since the Unix epoch.
    #[must_use]
    pub fn at(mut self, now: i64) -> Self {
        self.now = Some(now);
        self
    }
}

/// A Rust struct that is a part of a snapshot of facts: `#[derive(Facts)]`.
///
/// ```
/// use aas::{AsFacts, Facts, Raw};
///
/// #[derive(Facts)]
/// #[aas(group = "agent")]
/// struct Agent {
///     id: String,
///     trust: i64,
///     #[aas(env)]
///     name: String,
/// }
///
/// let facts = Agent { id: "bot".into(), trust: 72, name: "prod".into() }.to_facts();
/// assert_eq!(facts, Facts::of_agent("bot").agent("trust", Raw::int(72)).env("name", Raw::text("prod")));
/// ```
///
/// A field that does not say where it belongs does not compile:
///
/// ```compile_fail
/// #[derive(aas::Facts)]
/// struct Agent { id: String }
/// ```
pub trait AsFacts {
    /// Adds what it knows.
    fn add_to(&self, facts: &mut Facts);

    /// Facts that hold nothing else.
    fn to_facts(&self) -> Facts {
        let mut facts = Facts::default();
        self.add_to(&mut facts);
        facts
    }
}
