//! Dogwood with its local engine in memory: nothing is written to a disk, here as there.
//!
//! The event schema is the one without pins, and each policy says itself that it means the same principal. With the
//! pins of its defaults Dogwood rewrites questions into longer ones.

use std::fmt::Write;

use dogwood_language::{
    Authorizer, Decision, Event, LoweredPolicySet, PolicySchema, ServiceSchema, UNPINNED_EVENT_SCHEMA, Validator, Value,
};
use dogwood_local_engine::LocalTemporalEngine;

use super::work::{Asked, Kind, MINUTES, MOST_AMOUNT, MOST_TIMES, What, kind};

/// Beyond so many policies Cedar's validation takes minutes; it is no condition for deciding.
const VALIDATED: usize = 1_000;

pub(crate) struct Theirs {
    authorizer: Authorizer,
}

fn schema(policies: usize) -> String {
    let mut text = String::from(
        "namespace Side {\nentity User;\nentity Host;\n\
         action \"login\", \"logout\" appliesTo { principal: [User], resource: [Host], context: { input?: {} } };\n",
    );
    for action in 0..policies {
        let _ = writeln!(
            text,
            "action \"a{action}\" appliesTo {{ principal: [User], resource: [Host], context: {{ input: {{ amount: Long }} }} }};"
        );
    }
    text + "}\n"
}

fn policies(policies: usize) -> String {
    let mut text = String::from(
        "permit (principal, action == Side::Action::\"login\", resource);\n\
         permit (principal, action == Side::Action::\"logout\", resource);\n",
    );
    let event = |action: &str, more: &str| {
        format!("Side::Action::\"{action}\"::response{{ callerPrincipal: principal{more} }}")
    };
    let (login, logout) = (event("login", ""), event("logout", ""));
    for action in 0..policies {
        let own = format!("a{action}");
        let when = match kind(action) {
            Kind::AfterLogin => format!("formerly within {MINUTES}m {login}"),
            Kind::SoOften => format!(
                "(count for (t: Timepoint). where (formerly within {MINUTES}m ({} && tp(t)))) < {MOST_TIMES}",
                event(&own, "")
            ),
            Kind::LoggedIn => format!("!{logout} since within {MINUTES}m {login}"),
            Kind::SoMuch => format!(
                "(sum a for (a: Long), (t: Timepoint). where (formerly within {MINUTES}m ({} && tp(t)))) <= {MOST_AMOUNT}",
                event(&own, ", input.amount: a")
            ),
        };
        let _ = writeln!(
            text,
            "permit (principal, action == Side::Action::\"{own}\", resource) when temporal {{ {when} }};"
        );
    }
    text
}

impl Theirs {
    pub(crate) fn load(count: usize) -> Self {
        let schema = PolicySchema::from_cedarschema_str(&schema(count)).expect("its schema is read");
        let service = ServiceSchema::builder().event_schema_str(UNPINNED_EVENT_SCHEMA).build().expect("events");
        let set = LoweredPolicySet::from_str(&policies(count), &service, &schema).expect("its policy is read");
        if count <= VALIDATED {
            let found = Validator::new().validate(&set);
            let errors: Vec<String> = found.validation_errors().map(ToString::to_string).collect();
            assert!(found.validation_passed(), "{errors:#?}");
        }
        let authorizer = Authorizer::builder(set).temporal_engine(LocalTemporalEngine::new()).build();
        Self { authorizer: authorizer.expect("its engine is made ready") }
    }

    /// The event of a request and, a second later, that of its response.
    pub(crate) fn prepare(asked: &Asked) -> (Event, Event) {
        let event = |kind: &str, at: i64| {
            let event = Event::builder_for(&["Side", "Action"], &asked.what.name(), kind)
                .timestamp(at)
                .principal_for("Side::User", &format!("p{}", asked.who))
                .resource_for("Side::Host", "host");
            match asked.what {
                What::Login | What::Logout => event.build(),
                What::Act { amount, .. } => event
                    .field("input", "amount", Value::Int(amount))
                    .request_context("input", "amount", Value::Int(amount))
                    .build(),
            }
        };
        (event("request", asked.at), event("response", asked.at + 1))
    }

    pub(crate) fn decide(&mut self, request: &Event) -> bool {
        let answer = self.authorizer.is_authorized(request).expect("a request is decided");
        assert_eq!(answer.diagnostics().errors().next(), None, "nothing goes wrong");
        answer.decision() == Decision::Allow
    }

    pub(crate) fn record(&mut self, response: &Event) {
        assert!(self.authorizer.is_authorized(response).is_none(), "a response is no question");
    }
}
