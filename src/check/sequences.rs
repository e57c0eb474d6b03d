//! How the steps of a test follow each other: time, outcomes, answers of people, sessions, and what is expected of
//! what is kept.
//!
//! Time in a test is known when it is checked: each step holds its own. A governor takes the steps one by one.

use std::sync::Arc;

use super::Checker;
use super::tests_of_policy::{World, put_one};
use super::typed::{
    AgentGiven as Said, Expected, TExprKind, TestAnswer, TestAsk, TestCase, TestDoes, TestOutcome, TestPerson,
    TestStep, TypedTest,
};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hir::{DefKind, Found};
use crate::raw::{Raw, get};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Expectation, Expr, ExprKind, Given, ItemKind, Literal, Name};
use crate::types::Type;
use crate::value::{Value, number, time};

/// 2026-01-07T12:00:00Z, a Wednesday, in microseconds since the Unix epoch.
pub(crate) const START: i64 = 1_767_787_200_000_000;
/// The session that a test begins in.
const FIRST_SESSION: &str = "s1";
/// How often a request may be repeated.
const MOST_TIMES: i64 = 10_000;

impl Checker<'_> {
    /// Checks all tests in text order.
    pub(super) fn check_tests(&mut self) -> Vec<TypedTest> {
        let mut out = Vec::new();
        for file in 0..self.set.files.len() {
            let set = self.set;
            for item in &set.files[file].items {
                let ItemKind::Test(test) = &item.kind else { continue };
                let package = set.package(set.package_of(file)).name.as_str().into();
                let (governed, steps) = self.test(file, test);
                out.push(TypedTest { title: test.title.as_str().into(), package, span: item.span, governed, steps });
            }
        }
        out
    }

    fn test(&mut self, file: usize, test: &ast::Test) -> (bool, Vec<TestStep>) {
        let governed = self.state.keeps_something() || test.steps.iter().any(is_of_sequences);
        let mut world = World { governed, ..World::default() };
        world.facts.now = Some(START);
        if governed && self.facts.session.iter().any(|field| &*field.name == "id" && field.ty.ty == Type::String) {
            put_one(&mut world.facts.session, "id", Raw::text(FIRST_SESSION));
        }
        world.sessions.push(FIRST_SESSION.into());
        let mut people = self.people_of(file, test, &mut world).into_iter();
        let mut steps: Vec<TestStep> = Vec::new();
        for (place, step) in test.steps.iter().enumerate() {
            let next = test.steps.get(place + 1);
            let person = if who_acts(step).is_some() { people.next().flatten() } else { None };
            self.test_step(file, (step, next), person, &mut world, &mut steps);
        }
        let expects = |step: &TestStep| {
            let of_case = matches!(&step.does, TestDoes::Ask(ask) if !ask.case.expect.is_empty());
            of_case || !step.expect.is_empty()
        };
        if !steps.iter().any(expects) {
            self.report(
                Diagnostic::new(Code::TestWithoutExpect, test.title_span, "This test expects nothing.")
                    .at("cannot fail")
                    .help("Add `expect` and a tier behind a request."),
            );
        }
        for step in &mut steps {
            match &mut step.does {
                TestDoes::Ask(ask) => self.fill_start_values(&mut ask.case.facts, governed),
                TestDoes::Answer(answer) => self.fill_start_values(&mut answer.facts, governed),
                TestDoes::Outcome(_)
                | TestDoes::Deed(_)
                | TestDoes::Unreadable(_)
                | TestDoes::Session { .. }
                | TestDoes::Stop
                | TestDoes::Resume
                | TestDoes::Nothing => {}
            }
        }
        (governed, steps)
    }

    /// Who answers or does something in a test, in text order. People are known from its beginning: an approval that nobody could give is
    /// refused at once.
    fn people_of(&mut self, file: usize, test: &ast::Test, world: &mut World) -> Vec<Option<TestPerson>> {
        let mut people = Vec::new();
        for step in &test.steps {
            if let Some(by) = who_acts(step) {
                people.push(self.person(file, by, world));
            }
        }
        people
    }

    /// `by Agent("ada")`, `by ada` of a const, `by { id: "ada", in: { Role.ops } }`
    pub(super) fn person(&mut self, file: usize, by: &Expr, world: &mut World) -> Option<TestPerson> {
        let is_agent = match &by.kind {
            ExprKind::Record(_) => true,
            ExprKind::Name(name) => match self.set.lookup(file, name) {
                Found::One(def) => self.is_principal_const(def),
                Found::Many(_) | Found::None => true,
            },
            _ => false,
        };
        if !is_agent {
            let (ty, id) = self.entity_names(file, by)?;
            if &*ty != "Agent" {
                self.report(
                    Diagnostic::new(Code::TestStepMisplaced, by.span, format!("This is a {ty}, and people do this."))
                        .at("not an agent")
                        .help("Write `by Agent(\"ada\")`, or `by { id: \"ada\", in: { … } }`."),
                );
                return None;
            }
            return Some(TestPerson { id, is_person: true });
        }
        let mut alone = World { entities: std::mem::take(&mut world.entities), ..World::default() };
        self.principal_facts(file, Some(by), &mut alone);
        world.entities = alone.entities;
        let Some(Raw::Text(id)) = get(&alone.facts.agent, "id").cloned() else { return None };
        let machine = matches!(get(&alone.facts.agent, "kind"), Some(Raw::Text(kind)) if &**kind == "machine");
        Some(TestPerson { id, is_person: !machine })
    }

    fn test_step(
        &mut self,
        file: usize,
        (step, next): (&ast::TestStep, Option<&ast::TestStep>),
        person: Option<TestPerson>,
        world: &mut World,
        steps: &mut Vec<TestStep>,
    ) {
        let outcome_follows = matches!(next, Some(ast::TestStep::Outcome(_)));
        match step {
            ast::TestStep::At(literal, span) => self.at(literal, *span, world),
            ast::TestStep::Wait(span_of_time, span) => self.wait(span_of_time, *span, world),
            ast::TestStep::Given(given) => self.given_step(file, given, world, steps),
            ast::TestStep::Request(request) => {
                let running = request.running || outcome_follows;
                self.ask(file, request, (1, running), world, steps);
            }
            ast::TestStep::Repeat(times, request, span) => {
                let Some(times) = self.times(times, *span) else { return };
                self.ask(file, request, (times, request.running), world, steps);
            }
            ast::TestStep::Cases(rows) => {
                for (case, given) in self.test_rows(file, rows, world) {
                    self.no_standing(&case.expect);
                    steps.push(asked(case, given, world, None));
                }
            }
            ast::TestStep::Change { fields, expect, span } => {
                let last = steps.iter().rev().find_map(|step| match &step.does {
                    TestDoes::Ask(ask) => Some((ask.case.clone(), ask.given)),
                    _ => None,
                });
                let Some((mut last, given)) = last else { return };
                if world.governed {
                    last.facts.now = world.facts.now;
                }
                let case = self.changed(file, last, fields, expect, *span);
                self.no_standing(&case.expect);
                steps.push(asked(case, given, world, None));
            }
            ast::TestStep::Outcome(outcome) => self.outcome_step(file, outcome, world, steps),
            ast::TestStep::Answer(answer) => {
                let step = self.answer_step(file, answer, (person, outcome_follows), world);
                steps.extend(step);
            }
            ast::TestStep::Stop(span) => steps.push(step_at(*span, world, TestDoes::Stop, Vec::new())),
            ast::TestStep::Resume(span) => steps.push(step_at(*span, world, TestDoes::Resume, Vec::new())),
            ast::TestStep::Session { name, opener, span } => {
                self.session(name, opener.as_ref(), *span, world, steps);
            }
            ast::TestStep::Deed(deed) => {
                let step = self.deed_step(file, deed, person, world);
                steps.extend(step);
            }
            ast::TestStep::Expect(expect, span) => {
                let expect = self.expectations(file, expect);
                self.of_what_is_kept(&expect);
                steps.push(step_at(*span, world, TestDoes::Nothing, expect));
            }
        }
    }

    /// `at 2026-11-18T10:00`, `at 09:00`: a time of day is one of the same day, in the zone of the root package.
    pub(super) fn at(&mut self, literal: &Literal, span: Span, world: &mut World) {
        let now = world.facts.now.unwrap_or(START);
        let Some(then) = self.time_of(literal, span, now, ("at 09:00", "at 2026-11-18T10:00")) else { return };
        if world.governed && world.started && then < now {
            let is = time::show_timestamp(now);
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, span, "Time does not run back in a test.")
                    .at(format!("it is {is} already"))
                    .note("A time of day is one of the same day.")
                    .help("Write a date and a time that come later, or `wait` and a span."),
            );
            return;
        }
        world.facts.now = Some(then);
    }

    /// A time, or a time of the same day.
    pub(super) fn time_of(&mut self, literal: &Literal, span: Span, now: i64, examples: (&str, &str)) -> Option<i64> {
        match self.literal(literal, span, Some(&Type::Timestamp))?.kind {
            TExprKind::Const(Value::Timestamp(micros)) => Some(micros),
            TExprKind::Const(Value::TimeOfDay(seconds)) => {
                Some(self.zone().at_time_of_day(now, seconds).unwrap_or(now))
            }
            _ => {
                self.report(
                    Diagnostic::new(Code::TypeMismatch, span, "A time must stand here.")
                        .at("not a time")
                        .help(format!("Write `{}`, or `{}`.", examples.0, examples.1)),
                );
                None
            }
        }
    }

    /// A span of time, in microseconds.
    pub(super) fn span_of_time(&mut self, literal: &Literal, span: Span, example: &str) -> Option<i64> {
        match self.literal(literal, span, Some(&Type::Duration))?.kind {
            TExprKind::Const(Value::Duration(micros)) => Some(micros),
            _ => {
                self.report(
                    Diagnostic::new(Code::TypeMismatch, span, "A span of time must stand here.")
                        .at("not a span of time")
                        .help(format!("Write `{example}`.")),
                );
                None
            }
        }
    }

    fn wait(&mut self, literal: &Literal, span: Span, world: &mut World) {
        let Some(micros) = self.span_of_time(literal, span, "wait 59s") else { return };
        let then = world.facts.now.unwrap_or(START).saturating_add(micros);
        if then > time::calendar().1 {
            let message = "This wait leads beyond the calendar.";
            self.report(Diagnostic::new(Code::TestStepMisplaced, span, message).at("no such time"));
            return;
        }
        world.facts.now = Some(then);
    }

    fn times(&mut self, literal: &Literal, span: Span) -> Option<u32> {
        let Literal::Int(n) = literal else {
            let message = "A whole number must stand between `repeat` and `times`.";
            self.report(Diagnostic::new(Code::TypeMismatch, span, message).at("not a number"));
            return None;
        };
        if !(1..=MOST_TIMES).contains(n) {
            let message = format!("A request is repeated 1 to {MOST_TIMES} times.");
            self.report(Diagnostic::new(Code::TestStepMisplaced, span, message).at(format!("{n} times")));
            return None;
        }
        u32::try_from(*n).ok()
    }

    fn ask(
        &mut self,
        file: usize,
        request: &ast::TestRequest,
        (times, running): (u32, bool),
        world: &mut World,
        steps: &mut Vec<TestStep>,
    ) {
        let Some((case, given)) = self.test_request(file, request, world) else { return };
        steps.push(asked(case, given, world, Some((times, running))));
        world.started = true;
    }

    /// `given x unreadable` of an item that keeps something; anything else is a fact.
    fn given_step(&mut self, file: usize, given: &Given, world: &mut World, steps: &mut Vec<TestStep>) {
        if let Given::Unreadable(place) = given
            && let Some(path) = path_of(place)
            && !is_fact(&path)
        {
            let fits = |def: &crate::hir::Def| matches!(def.kind, DefKind::State(_));
            let Some(def) = self.resolve(file, &path, "a fact or an item that keeps something", fits) else { return };
            let Some(name) = self.state.item(def).map(|item| item.name.clone()) else {
                let shown = path.text();
                self.report(
                    Diagnostic::new(Code::TestExpectsUnkept, path.span, format!("`{shown}` keeps nothing to read."))
                        .at("nothing is kept"),
                );
                return;
            };
            steps.push(step_at(path.span, world, TestDoes::Unreadable(name), Vec::new()));
            return;
        }
        self.given(file, given, world);
    }

    /// An answer of a person to what was asked last.
    fn answer_step(
        &mut self,
        file: usize,
        answer: &ast::TestAnswer,
        (by, outcome_follows): (Option<TestPerson>, bool),
        world: &World,
    ) -> Option<TestStep> {
        self.asked_before(answer.span, world, "Nobody was asked anything yet.", "nothing to answer");
        let approval = match &answer.approval {
            Some(path) => Some(self.approval_named(file, path)?),
            None => None,
        };
        let expect = self.expectations(file, &answer.expect);
        let does = TestAnswer {
            yes: answer.yes,
            approval,
            by: by?,
            running: answer.running || outcome_follows,
            facts: world.facts.clone(),
            entities: world.entities.clone(),
        };
        Some(step_at(answer.span, world, TestDoes::Answer(Box::new(does)), expect))
    }

    /// The outcome of what ran last; behind a repeated request, of each.
    fn outcome_step(&mut self, file: usize, outcome: &ast::TestOutcome, world: &World, steps: &mut Vec<TestStep>) {
        self.asked_before(outcome.span, world, "Nothing was asked yet.", "nothing could end");
        let cost = match &outcome.cost {
            None => None,
            Some((Literal::Int(n), _)) => Some(Arc::from(n.to_string())),
            Some((Literal::Decimal(n), _)) => Some(Arc::from(number::show_decimal(*n))),
            Some((_, span)) => {
                let message = "A cost is a number.";
                self.report(Diagnostic::new(Code::TypeMismatch, *span, message).at("not a number"));
                return;
            }
        };
        let expect = self.expectations(file, &outcome.expect);
        let decisions: Vec<Expected> = expect.iter().filter(|e| e.is_of_decision()).cloned().collect();
        self.report_of_decisions(&decisions);
        let ended = TestOutcome { result: outcome.result, cost };
        if let Some(TestStep { does: TestDoes::Ask(ask), .. }) = steps.last_mut()
            && ask.times > 1
            && !ask.running
        {
            ask.ends = Some(ended);
            steps.push(step_at(outcome.span, world, TestDoes::Nothing, expect));
            return;
        }
        steps.push(step_at(outcome.span, world, TestDoes::Outcome(ended), expect));
    }

    fn session(
        &mut self,
        name: &(String, Span),
        opener: Option<&(String, Span)>,
        span: Span,
        world: &mut World,
        steps: &mut Vec<TestStep>,
    ) {
        if self.facts.session.iter().all(|field| &*field.name != "id") {
            self.report(
                Diagnostic::new(Code::TestExpectsUnkept, span, "This policy knows no sessions.")
                    .at("no `session.id`")
                    .help("Declare `facts session { id: string }`."),
            );
            return;
        }
        let opened_by = opener.map(|(text, _)| Arc::<str>::from(text.as_str()));
        if let (Some(opened_by), Some((_, at))) = (&opened_by, opener)
            && !world.sessions.contains(opened_by)
        {
            let known: Vec<&str> = world.sessions.iter().map(|s| &**s).collect();
            let known = known.join("`, `");
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, *at, format!("There was no session `{opened_by}` before."))
                    .at("not begun")
                    .help(format!("Sessions so far are `{known}`.")),
            );
            return;
        }
        if name.0.is_empty() || name.0.len() > 256 {
            let message = "The name of a session has 1 to 256 bytes.";
            self.report(Diagnostic::new(Code::TestStepMisplaced, name.1, message).at("no name"));
            return;
        }
        let id: Arc<str> = name.0.as_str().into();
        if opened_by.is_some() && world.sessions.contains(&id) {
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, name.1, format!("`{id}` has begun already."))
                    .at("opened a second time")
                    .help(format!("Go on in it by `session \"{id}\"`, or give the new one another name.")),
            );
            return;
        }
        let is_new = !world.sessions.contains(&id);
        put_one(&mut world.facts.session, "id", Raw::text(&id));
        if is_new {
            world.sessions.push(id.clone());
            let does = TestDoes::Session { name: id, opener: opened_by };
            steps.push(step_at(span, world, does, Vec::new()));
        }
    }

    /// Says that a step has nothing to be about.
    fn asked_before(&mut self, span: Span, world: &World, message: &str, at: &str) {
        if !world.started {
            let finding = Diagnostic::new(Code::TestStepMisplaced, span, message.to_owned()).at(at.to_owned());
            self.report(finding.help("Write a `request` before it."));
        }
    }

    /// The qualified name of an approval.
    fn approval_named(&mut self, file: usize, path: &ast::Path) -> Option<Arc<str>> {
        let fits = |def: &crate::hir::Def| def.kind == DefKind::Approval;
        let def = self.resolve(file, path, "an approval", fits)?;
        Some(self.set.qualified(def).into())
    }

    pub(super) fn expected_trust(&mut self, score: &Literal, span: Span) -> Option<Expected> {
        if self.state.trust.is_none() {
            self.report(
                Diagnostic::new(Code::TestExpectsUnkept, span, "This policy does not say how trust grows.")
                    .at("no trust is kept")
                    .help("Declare `trust default { … }`, or test the rule that reads `agent.trust`."),
            );
            return None;
        }
        match self.literal(score, span, Some(&Type::Decimal)).map(|found| found.kind) {
            Some(TExprKind::Const(Value::Decimal(score))) => Some(Expected::Trust(score, span)),
            Some(_) => {
                let message = "Trust is a number.";
                self.report(Diagnostic::new(Code::TypeMismatch, span, message).at("not a number"));
                None
            }
            None => None,
        }
    }

    /// `count(per_hour) == 2`
    pub(super) fn expected_reading(
        &mut self,
        file: usize,
        (part, path): (&Name, &ast::Path),
        (op, value): (BinaryOp, &Expr),
        span: Span,
    ) -> Option<Expected> {
        let fits = |def: &crate::hir::Def| matches!(def.kind, DefKind::State(_));
        let def = self.resolve(file, path, "an item that keeps something", fits)?;
        let item = self.state.item(def)?.clone();
        let found = item.readings.iter().find(|reading| item.part_name(reading.part) == part.text);
        let Some(reading) = found else {
            let known: Vec<&str> = item.readings.iter().map(|reading| item.part_name(reading.part)).collect();
            let finding = Diagnostic::new(
                Code::TestExpectsUnkept,
                part.span,
                format!("`{}` does not tell `{}`.", item.name, part.text),
            )
            .at("not told");
            self.report(match nearest(&part.text, known.iter().copied()) {
                Some(near) => finding.help(format!("Write `{near}`.")),
                None => finding.help(format!("It tells {}.", known.join(", "))),
            });
            return None;
        };
        let ty = self.facts.state.get(reading.place as usize)?.ty.ty.required().clone();
        let typed = self.const_expression(file, value, Some(&ty))?;
        if *typed.ty.required() != ty {
            self.mismatch(value.span, &ty, &typed.ty);
            return None;
        }
        let TExprKind::Const(value) = typed.kind else { return None };
        Some(Expected::Reading { item: item.name, part: part.text.as_str().into(), op, value, span })
    }

    /// A row or a change asks only: its request stands nowhere.
    fn no_standing(&mut self, expect: &[Expected]) {
        for one in expect {
            if let Expected::Standing(word, span) = one {
                self.report(
                    Diagnostic::new(
                        Code::TestStepMisplaced,
                        *span,
                        "`cases` and `change` only ask; nothing follows from them.",
                    )
                    .at(format!("never {}", word.name()))
                    .help("Write a `request` of its own."),
                );
            }
        }
    }

    /// Behind a step that asks nothing, only what is kept can be expected.
    pub(super) fn of_what_is_kept(&mut self, expect: &[Expected]) {
        let decisions: Vec<Expected> = expect.iter().filter(|e| e.is_of_decision()).cloned().collect();
        self.report_of_decisions(&decisions);
    }

    fn report_of_decisions(&mut self, expect: &[Expected]) {
        for one in expect {
            self.report(
                Diagnostic::new(Code::TestStepMisplaced, one.span(), "Nothing is decided in this step.")
                    .at("about a decision")
                    .help("Expect it of a `request`, or expect what is kept: `trust`, `count(…)`, `running`."),
            );
        }
    }
}

/// The person that acts in a step.
fn who_acts(step: &ast::TestStep) -> Option<&Expr> {
    match step {
        ast::TestStep::Answer(answer) => Some(&answer.by),
        ast::TestStep::Deed(deed) => deed.by.as_ref(),
        ast::TestStep::At(..)
        | ast::TestStep::Wait(..)
        | ast::TestStep::Given(_)
        | ast::TestStep::Request(_)
        | ast::TestStep::Repeat(..)
        | ast::TestStep::Cases(_)
        | ast::TestStep::Change { .. }
        | ast::TestStep::Outcome(_)
        | ast::TestStep::Stop(_)
        | ast::TestStep::Resume(_)
        | ast::TestStep::Session { .. }
        | ast::TestStep::Expect(..) => None,
    }
}

/// Whether a step needs a governor.
fn is_of_sequences(step: &ast::TestStep) -> bool {
    match step {
        ast::TestStep::At(..) | ast::TestStep::Wait(..) | ast::TestStep::Given(_) => false,
        ast::TestStep::Request(request) => request.running || expects_state(&request.expect),
        ast::TestStep::Change { expect, .. } => expects_state(expect),
        ast::TestStep::Cases(cases) => cases.rows.iter().any(|row| expects_state(&row.expect)),
        ast::TestStep::Repeat(..)
        | ast::TestStep::Outcome(_)
        | ast::TestStep::Answer(_)
        | ast::TestStep::Stop(_)
        | ast::TestStep::Resume(_)
        | ast::TestStep::Session { .. }
        | ast::TestStep::Deed(_)
        | ast::TestStep::Expect(..) => true,
    }
}

fn expects_state(expect: &[Expectation]) -> bool {
    let of_state =
        |e: &Expectation| matches!(e, Expectation::Standing(_) | Expectation::Trust(..) | Expectation::Reading { .. });
    expect.iter().any(of_state)
}

/// `per_hour`, `autonomy.per_hour`
fn path_of(place: &Expr) -> Option<ast::Path> {
    let mut parts = Vec::new();
    let mut at = place;
    loop {
        match &at.kind {
            ExprKind::Member(base, name) => {
                parts.push(name.clone());
                at = base;
            }
            ExprKind::Name(name) => {
                parts.push(Name { text: name.clone(), span: at.span });
                parts.reverse();
                return Some(ast::Path { parts, span: place.span });
            }
            _ => return None,
        }
    }
}

/// Whether a path is that of a fact.
fn is_fact(path: &ast::Path) -> bool {
    let group = path.parts.first().map_or("", |name| name.text.as_str());
    path.parts.len() > 1 && matches!(group, "agent" | "session" | "env" | "observed" | "flag")
}

pub(super) fn step_at(span: Span, world: &World, does: TestDoes, expect: Vec<Expected>) -> TestStep {
    TestStep { span, at: world.facts.now.unwrap_or(START), does, expect }
}

/// A request as a step: dry, or so often and, where it may run, until its outcome is told.
fn asked(case: TestCase, given: Said, world: &World, runs: Option<(u32, bool)>) -> TestStep {
    let (times, running) = runs.unwrap_or((1, false));
    let span = case.span;
    let ask = TestAsk { case, dry: runs.is_none(), times, running, ends: None, given };
    step_at(span, world, TestDoes::Ask(Box::new(ask)), Vec::new())
}
