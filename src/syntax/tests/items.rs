//! Every production, read into the right place of the tree.

use super::{EVERYTHING, good};
use crate::decision::Tier;
use crate::syntax::ast::{
    BinaryOp, Claim, Deed, Expectation, ExprKind, File, Given, Inclusive, Item, ItemKind, Literal, ObligationExpr,
    Origin, OutcomeWord, Per, StateBody, StateKind, TestStep, UseNames,
};

fn everything() -> File {
    good(EVERYTHING)
}

fn find<T>(pick: impl Fn(&ItemKind) -> Option<T>) -> T {
    everything().items.iter().find_map(|i| pick(&i.kind)).expect("the item")
}

#[test]
fn every_item_is_read() {
    let file = everything();
    assert!(file.items.iter().all(|i| !matches!(i.kind, ItemKind::Unreadable)));
    assert_eq!(file.items.len(), 47);
    let starts = file.items.iter().all(|i: &Item| EVERYTHING[i.span.range()].trim() == &EVERYTHING[i.span.range()]);
    assert!(starts, "item spans begin and end at tokens");
}

#[test]
fn uses() {
    let file = everything();
    let uses: Vec<_> =
        file.items.iter().filter_map(|i| if let ItemKind::Use(u) = &i.kind { Some(u) } else { None }).collect();
    let UseNames::List(names) = &uses[0].names else { panic!() };
    assert_eq!(uses[0].path.text(), "autonomy.people");
    assert_eq!(names[1].1.as_ref().unwrap().text, "managers");
    assert!(matches!(uses[1].names, UseNames::All(_)));
    assert!(matches!(&uses[2].names, UseNames::Whole(Some(n)) if n.text == "w"));
    assert!(matches!(uses[3].names, UseNames::Whole(None)));
}

#[test]
fn actions() {
    let action = find(|k| if let ItemKind::Action(a) = k { Some(a.clone()) } else { None });
    assert_eq!(action.names.iter().map(|p| p.text()).collect::<Vec<_>>(), ["deploy.staging", "deploy.production"]);
    assert_eq!(action.aliases[1].text(), "release.production");
    let fields: Vec<_> = action.fields.iter().map(|f| (f.name.text.as_str(), f.origin)).collect();
    assert_eq!(fields[0], ("service", Origin::Parameter));
    assert_eq!(fields[4], ("diff_lines", Origin::Observed));
    assert_eq!(fields[7], ("confidence", Origin::Claimed));
    assert_eq!(action.fields[0].docs, ["What is deployed."]);
    assert!(action.fields[2].ty.optional);
    assert_eq!(action.fields[3].ty.arguments[0].bound, Some((1, 64)));
    assert_eq!(action.fields[3].ty.bound, Some((0, 10)));
    assert!(action.fields[3].default.is_some());
    let range = action.fields[6].ty.range.as_ref().unwrap();
    assert_eq!((&range.low, &range.high), (&Some((Literal::Decimal(0), Inclusive::Yes)), &None));
    assert_eq!(action.severity.unwrap().text, "high");
    assert_eq!(everything().items[6].docs.len(), 0);
    assert_eq!(everything().items[5].docs[1], "Second line.");
}

#[test]
fn declarations() {
    let entity = everything().items.into_iter().find_map(|i| match i.kind {
        ItemKind::Entity(e) if e.ids.is_some() => Some(e),
        _ => None,
    });
    assert_eq!(entity.unwrap().ids.unwrap().len(), 2);
    let ordered =
        everything().items.iter().any(|i| matches!(&i.kind, ItemKind::Enum(e) if e.ordered && e.variants.len() == 2));
    assert!(ordered);
    let predicate = find(|k| if let ItemKind::Predicate(p) = k { Some(p.clone()) } else { None });
    assert_eq!(predicate.parameters.len(), 2);
    assert_eq!(predicate.ty.unwrap().name.text(), "bool");
    let fields = find(|k| if let ItemKind::Fields(f) = k { Some(f.clone()) } else { None });
    assert_eq!(fields.on.list.iter().map(|p| p.except).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn rules_and_guards() {
    let rule = find(|k| if let ItemKind::Rule(r) = k { Some(r.clone()) } else { None });
    assert!(rule.relaxable);
    assert_eq!(rule.head.by.as_ref().unwrap().who.len(), 2);
    assert_eq!(rule.head.whens.iter().map(|w| w.unless).collect::<Vec<_>>(), [false, true]);
    assert!(rule.head.until.is_some());
    assert_eq!(rule.head.obligations.len(), 2);
    let guards: Vec<_> = everything()
        .items
        .into_iter()
        .filter_map(|i| if let ItemKind::Guard(g) = i.kind { Some(g) } else { None })
        .collect();
    assert_eq!(guards[0].if_unclear.unwrap().0, Tier::Red);
    assert!(guards[0].waivable.is_some() && guards[0].head.by.is_some());
    assert_eq!(guards[0].head.on.list.iter().map(|p| p.except).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(guards[0].head.believing.len(), 2);
    assert!(
        matches!(&guards[0].head.obligations[1], ObligationExpr::Run(p, given, _) if p.text() == "cleanup" && given.len() == 2)
    );
    assert!(guards[1].head.on.any_action);
    assert_eq!(
        guards[1].bands.iter().map(|b| (b.tier, b.when.is_some())).collect::<Vec<_>>(),
        [(Tier::Yellow, true), (Tier::Red, true)]
    );
    assert_eq!(guards[2].checklist.len(), 2);
    assert_eq!(guards[2].checklist[0].code.as_ref().unwrap().text, "no_patch");
    let website = everything().items.into_iter().find_map(|i| match i.kind {
        ItemKind::Rule(r) if r.head.name.text == "website" => Some(r),
        _ => None,
    });
    let website = website.unwrap();
    assert!(website.otherwise.unwrap().because.is_some() && website.head.because.is_none());
}

#[test]
fn relaxes_exceptions_approvals_tables() {
    let relax = find(|k| if let ItemKind::Relax(r) = k { Some(r.clone()) } else { None });
    assert_eq!(
        (relax.from, relax.to, relax.of.unwrap().text()),
        (Tier::Yellow, Tier::Green, "other.staging".to_owned())
    );
    let exception = find(|k| if let ItemKind::Exception(e) = k { Some(e.clone()) } else { None });
    assert!(exception.owner.is_some() && exception.to.text() == "weekend" && exception.head.until.is_some());
    let approvals: Vec<_> = everything()
        .items
        .into_iter()
        .filter_map(|i| if let ItemKind::Approval(a) = i.kind { Some(a) } else { None })
        .collect();
    assert!(approvals[0].otherwise_refuse && !approvals[0].own);
    assert_eq!(approvals[0].people.as_ref().unwrap().who.len(), 2);
    assert_eq!(approvals[0].within.as_ref().unwrap().0, Literal::Duration(300_000_000));
    assert_eq!(approvals[1].quorum.unwrap().0, 2);
    assert!(approvals[1].own && approvals[1].head.whens.len() == 1 && approvals[1].within.is_some());
    assert_eq!(approvals[1].ask.len(), 2);
    let tables: Vec<_> = everything()
        .items
        .into_iter()
        .filter_map(|i| if let ItemKind::Table(t) = i.kind { Some(t) } else { None })
        .collect();
    assert_eq!(tables[0].columns.len(), 3);
    assert_eq!(tables[0].rows[2].cells.iter().map(|c| c.0).collect::<Vec<_>>(), [Tier::Green, Tier::Red, Tier::Black]);
    assert!(tables[1].rows_of.is_some() && tables[1].head.by.is_some());
}

#[test]
fn flags_and_state() {
    let flag = find(|k| if let ItemKind::Flag(f) = k { Some(f.clone()) } else { None });
    assert!(flag.keys.len() == 1 && flag.default.is_some() && flag.strict.is_some() && flag.changed_by.is_some());
    let states: Vec<_> = everything()
        .items
        .into_iter()
        .filter_map(|i| if let ItemKind::State(s) = i.kind { Some(s) } else { None })
        .collect();
    let kinds: Vec<_> = states.iter().map(|s| s.kind).collect();
    use StateKind::{Budget, Cooldown, Executor, Limit, Trust, Window};
    assert_eq!(kinds, [Cooldown, Limit, Limit, Budget, Window, Trust, Executor]);
    let tier = |i: usize| states[i].otherwise.as_ref().map(|o| (o.tier, o.approvable));
    assert_eq!(tier(0), Some((Tier::Black, false)));
    assert!(matches!(&states[0].head.obligations[0], ObligationExpr::Instead(noop) if noop.text() == "noop"));
    assert_eq!(states[0].head.code.as_ref().unwrap().text, "cooldown_active");
    assert_eq!(
        states[1].warn.as_ref().map(|w| (w.tier, w.at.clone())),
        Some((Tier::Yellow, Literal::Percent(80_000_000)))
    );
    assert!(states[1].head.code.is_none() && states[1].keys.len() == 3, "a key called `code` is no clause");
    assert_eq!(tier(3), Some((Tier::Red, true)));
    let StateBody::Cooldown { rows, across: None } = &states[0].body else { panic!() };
    assert!(matches!(rows.as_slice(), [(None, Literal::Duration(60_000_000), _)]));
    let StateBody::Budget { spend: Some(spend), most: Some(most) } = &states[3].body else { panic!() };
    assert!(
        spend.believing
            && spend.ceiling.is_some()
            && matches!(&most.per, Per::Calendar(day, None) if day.text == "day")
    );
    let StateBody::Window(Some(last)) = &states[4].body else { panic!() };
    assert!(last.outcomes && last.values.len() == 2 && last.values[0].outcome.is_some());
    let StateBody::Trust(trust) = &states[5].body else { panic!() };
    assert_eq!(trust.levels.as_ref().unwrap().1.len(), 3);
    assert_eq!(trust.failure.as_ref().unwrap().0.len(), 4);
    let StateBody::Executor(executor) = &states[6].body else { panic!() };
    assert_eq!(executor.consumes.len(), 2);
}

#[test]
fn tests_and_asserts() {
    let test = find(|k| if let ItemKind::Test(t) = k { Some(t.clone()) } else { None });
    assert_eq!(test.steps.len(), 30);
    assert!(matches!(&test.steps[0], TestStep::At(Literal::Time(_), _)));
    assert!(matches!(&test.steps[1], TestStep::Given(Given::Group(n, f)) if n.text == "agent" && f.len() == 1));
    assert!(matches!(&test.steps[2], TestStep::Given(Given::Place(..))));
    assert!(matches!(&test.steps[3], TestStep::Given(Given::Unreadable(_))));
    assert!(matches!(&test.steps[4], TestStep::Given(Given::Entity { parents, .. }) if parents.len() == 2));
    let TestStep::Request(request) = &test.steps[5] else { panic!() };
    assert_eq!(request.action.0, "deploy.staging");
    assert_eq!((request.params.len(), request.observed.len(), request.expect.len()), (2, 2, 3));
    assert_eq!(request.at, Some(Literal::TimeOfDay(32_400)));
    assert!(
        matches!(&test.steps[6], TestStep::Change { fields, expect, .. } if fields.len() == 2 && expect.len() == 2)
    );
    assert!(matches!(&test.steps[7], TestStep::Cases(c) if c.rows.len() == 2 && c.principal.is_some()));
    assert!(matches!(&test.steps[8], TestStep::Cases(c) if c.params.len() == 1));
    assert!(matches!(&test.steps[9], TestStep::Wait(Literal::Duration(59_000_000), _)));
    let TestStep::Repeat(Literal::Int(3), repeated, _) = &test.steps[10] else { panic!() };
    assert_eq!((repeated.action.0.as_str(), repeated.expect.len(), repeated.running), ("deploy.staging", 1, false));
    let TestStep::Outcome(outcome) = &test.steps[11] else { panic!() };
    assert!(outcome.result == OutcomeWord::Success && matches!(outcome.cost, Some((Literal::Decimal(200_000), _))));
    let TestStep::Session { name, opener, .. } = &test.steps[12] else { panic!() };
    assert_eq!((name.0.as_str(), opener.as_ref().map(|o| o.0.as_str())), ("s2", Some("s1")));
    let TestStep::Expect(expect, _) = &test.steps[13] else { panic!() };
    assert!(matches!(&expect[0], Expectation::Trust(Literal::Decimal(52_000_000), _)));
    assert!(matches!(&expect[1], Expectation::Reading { part, op: BinaryOp::LessOrEqual, .. } if part.text == "count"));
    let TestStep::Answer(yes) = &test.steps[14] else { panic!() };
    assert!(yes.yes && yes.running && yes.approval.is_some());
    assert!(matches!(&yes.expect[0], Expectation::Standing(word) if word.text == "waiting"));
    let TestStep::Answer(no) = &test.steps[15] else { panic!() };
    assert!(!no.yes && !no.running && no.approval.is_none() && matches!(no.by.kind, ExprKind::Record(_)));
    assert!(matches!((&test.steps[16], &test.steps[17]), (TestStep::Stop(_), TestStep::Resume(_))));
    let TestStep::Request(request) = &test.steps[18] else { panic!() };
    assert_eq!((request.action.0.as_str(), request.expect.len()), ("odd name", 6));
    assert!(matches!(&request.expect[0], Expectation::ByDefault(_)));
    let TestStep::Outcome(outcome) = &test.steps[20] else { panic!() };
    assert!(outcome.result == OutcomeWord::Unknown && outcome.expect.len() == 1);
    deeds(&test.steps[21..]);
    let asserts: Vec<_> = everything()
        .items
        .into_iter()
        .filter_map(|i| if let ItemKind::Assert(a) = i.kind { Some(a) } else { None })
        .collect();
    let claims: Vec<_> = asserts.iter().map(|a| a.claim).collect();
    assert_eq!(claims, [Claim::Never, Claim::Always, Claim::NeverBelow, Claim::NeverAbove]);
    assert!(asserts[2].tested && asserts[2].whens[0].unless && asserts[1].by.is_some());
}

/// What is done beside requests.
fn deeds(steps: &[TestStep]) {
    let deeds: Vec<_> =
        steps.iter().map(|s| if let TestStep::Deed(deed) = s { deed } else { panic!("{s:?}") }).collect();
    let Deed::Grant { item, keys, fields, end: Some(end) } = &deeds[0].does else { panic!() };
    assert_eq!((item.text().as_str(), keys.len(), fields.len(), end.within), ("consent", 2, 2, true));
    assert!(matches!(end.literal, Literal::Duration(2_592_000_000_000)));
    assert!(deeds[0].by.is_some() && deeds[0].expect.len() == 1);
    let Deed::Revoke { item, keys } = &deeds[1].does else { panic!() };
    assert_eq!((item.text().as_str(), keys.len(), deeds[1].expect.len()), ("p.consent", 1, 1));
    assert!(matches!((&deeds[2].does, &deeds[3].does), (Deed::Freeze(_), Deed::Unfreeze(_))));
    assert!(matches!(&deeds[4].does, Deed::Agent { maker: Some(_), owner: Some(_), .. }));
    assert!(matches!(&deeds[5].does, Deed::Agent { maker: None, owner: Some(_), .. }));
    let Deed::SetFlag { place, value, scope: Some(_), end: Some(end) } = &deeds[6].does else { panic!() };
    assert!(matches!(place.kind, ExprKind::Index(..)) && !end.within);
    assert!(matches!(value.kind, ExprKind::Literal(Literal::Int(-1))));
    assert!(matches!(&deeds[7].does, Deed::ClearFlag { scope: Some(_), .. }));
    assert!(matches!(&deeds[8].does, Deed::CloseSession(name, _) if name == "s1"));
    assert!(deeds[8].by.is_none());
}
