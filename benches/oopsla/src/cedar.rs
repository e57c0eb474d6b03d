//! The applications in Cedar, used as its own users would: a schema, policies with ids, entities whose ancestors
//! are closed, requests that were checked against the schema beforehand.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression, Response, Schema, ValidationMode, Validator,
};

use crate::model::{App, Asked, Held, Name, Record};

pub struct Cedar {
    policies: PolicySet,
    schema: Schema,
    authorizer: Authorizer,
    /// Names of the types of action, user, and each action's resource.
    action: EntityTypeName,
    user: EntityTypeName,
    resources: Vec<EntityTypeName>,
}

fn type_name(name: &str) -> EntityTypeName {
    EntityTypeName::from_str(name).expect("a name of a type")
}

fn uid(name: &Name) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name(name.ty), EntityId::new(&name.id))
}

fn reference(name: &Name) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(name))
}

fn value(held: &Held) -> RestrictedExpression {
    match held {
        Held::Bool(b) => RestrictedExpression::new_bool(*b),
        Held::Text(text) => RestrictedExpression::new_string(text.clone()),
        Held::One(name) => reference(name),
        Held::Many(names) => RestrictedExpression::new_set(names.iter().map(reference)),
        Held::Tasks(tasks) => RestrictedExpression::new_set(tasks.iter().map(|(name, id, state)| {
            let fields = [
                ("name".to_string(), RestrictedExpression::new_string(name.clone())),
                ("id".to_string(), RestrictedExpression::new_long(*id)),
                ("state".to_string(), RestrictedExpression::new_string((*state).to_string())),
            ];
            RestrictedExpression::new_record(fields).expect("fields that differ")
        })),
    }
}

impl Cedar {
    pub fn load(app: &App, policies: &Path) -> Self {
        let read = |ending: &str| {
            let path = policies.join(app.package).join(format!("{}.{ending}", app.package));
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let (schema, warnings) = Schema::from_cedarschema_str(&read("cedarschema")).expect("a schema");
        assert_eq!(warnings.count(), 0, "the schema of {}", app.name);
        let policies = PolicySet::from_str(&read("cedar")).expect("policies");
        let found = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        assert!(found.validation_passed(), "{}: {found}", app.name);
        let resources = app.actions.iter().map(|action| type_name(action.resource)).collect();
        let (action, user) = (type_name("Action"), type_name("User"));
        Self { policies, schema, authorizer: Authorizer::new(), action, user, resources }
    }

    /// Entities of a hierarchy: objects built, checked, closed.
    pub fn entities(&self, records: &[Record]) -> Entities {
        let one = |record: &Record| {
            let attributes: HashMap<String, RestrictedExpression> =
                record.attributes.iter().map(|(name, held)| ((*name).to_string(), value(held))).collect();
            let parents: HashSet<EntityUid> = record.parents.iter().map(uid).collect();
            Entity::new(uid(&record.name), attributes, parents).expect("an entity")
        };
        let all: Vec<Entity> = records.iter().map(one).collect();
        Entities::from_entities(all, Some(&self.schema)).expect("entities of the schema")
    }

    /// A request, checked against the schema.
    pub fn request(&self, app: &App, asked: &Asked) -> Request {
        let [user, action, resource] = self.uids(app.actions[asked.action].name, asked.action, &asked.user, &asked.resource);
        Request::new(user, action, resource, Context::empty(), Some(&self.schema)).expect("a request of the schema")
    }

    fn uids(&self, action: &str, place: usize, user: &str, resource: &str) -> [EntityUid; 3] {
        let uid = |ty: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(id));
        [uid(&self.user, user), uid(&self.action, action), uid(&self.resources[place], resource)]
    }

    #[inline]
    pub fn decide(&self, request: &Request, entities: &Entities) -> Response {
        self.authorizer.is_authorized(request, &self.policies, entities)
    }

    /// From three identifier strings. The request is not checked against the schema.
    #[inline]
    pub fn decide_strings(&self, place: usize, [user, action, resource]: [&str; 3], entities: &Entities) -> Response {
        let [user, action, resource] = self.uids(action, place, user, resource);
        let request = Request::new(user, action, resource, Context::empty(), None).expect("no schema, no error");
        self.authorizer.is_authorized(&request, &self.policies, entities)
    }

    pub fn allows(response: &Response) -> bool {
        response.decision() == Decision::Allow
    }

    /// The names of the policies that made it, sorted; none where a policy erred.
    pub fn reasons(&self, response: &Response) -> Option<Vec<String>> {
        if response.diagnostics().errors().next().is_some() {
            return None;
        }
        let name = |id| self.policies.annotation(id, "id").expect("each policy has a name").to_string();
        let mut reasons: Vec<String> = response.diagnostics().reason().map(name).collect();
        reasons.sort();
        Some(reasons)
    }
}
