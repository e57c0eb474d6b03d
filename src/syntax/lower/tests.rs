//! Tests: steps, requests, boundary tables, expectations.

use super::{Lower, P};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Expectation, Expr, ExprKind, Given, ItemKind, Literal, Name, OutcomeWord, Path, Test, TestAnswer,
    TestCases, TestOutcome, TestRequest, TestRow, TestStep,
};
use crate::syntax::parser::Rule;

impl Lower<'_, '_> {
    pub(super) fn test(&mut self, pair: P<'_>) -> ItemKind {
        let mut test = Test { title: String::new(), title_span: self.span(&pair), steps: Vec::new() };
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::string => {
                    test.title_span = span;
                    test.title = self.string(&part);
                }
                Rule::at_step => {
                    let time = self.first_number(part).unwrap_or(Literal::Int(0));
                    test.steps.push(TestStep::At(time, span));
                }
                Rule::given => test.steps.extend(self.given(part).map(TestStep::Given)),
                Rule::request => test.steps.push(TestStep::Request(self.request(part))),
                Rule::cases => test.steps.push(TestStep::Cases(self.cases(part))),
                Rule::change => {
                    let fields = self.fields_given(part.clone());
                    let expect = self.expectations(part);
                    test.steps.push(TestStep::Change { fields, expect, span });
                }
                _ => test.steps.extend(self.sequence_step(part)),
            }
        }
        ItemKind::Test(test)
    }

    /// A step about time, people or state.
    fn sequence_step(&mut self, part: P<'_>) -> Option<TestStep> {
        let span = self.span(&part);
        Some(match part.as_rule() {
            Rule::wait_step => TestStep::Wait(self.first_number(part).unwrap_or(Literal::Int(0)), span),
            Rule::repeat => {
                let times = self.first_number(part.clone()).unwrap_or(Literal::Int(0));
                let request = part.into_inner().find(|p| p.as_rule() == Rule::request)?;
                TestStep::Repeat(times, self.request(request), span)
            }
            Rule::outcome => TestStep::Outcome(self.outcome(part)),
            Rule::answer_step => TestStep::Answer(self.answer(part)),
            Rule::stop_step => TestStep::Stop(span),
            Rule::resume_step => TestStep::Resume(span),
            Rule::session_step => {
                let opener = part.clone().into_inner().find(|p| p.as_rule() == Rule::session_opener);
                let opener = opener.map(|p| self.quoted(p));
                TestStep::Session { name: self.quoted(part), opener, span }
            }
            Rule::expect_alone => TestStep::Expect(self.expectations(part), span),
            _ => TestStep::Deed(Box::new(self.deed(part)?)),
        })
    }

    /// The first text in quotes among a pair's children.
    pub(super) fn quoted(&mut self, pair: P<'_>) -> (String, Span) {
        let span = self.span(&pair);
        match pair.into_inner().find(|p| p.as_rule() == Rule::string) {
            Some(text) => (self.string(&text), self.span(&text)),
            None => (String::new(), span),
        }
    }

    fn outcome(&mut self, pair: P<'_>) -> TestOutcome {
        let span = self.span(&pair);
        let said = |word| pair.clone().into_inner().any(|p| p.as_rule() == word);
        let result = if said(Rule::kw_success) {
            OutcomeWord::Success
        } else if said(Rule::kw_failure) {
            OutcomeWord::Failure
        } else {
            OutcomeWord::Unknown
        };
        let cost = pair.clone().into_inner().find(|p| p.as_rule() == Rule::outcome_cost);
        let cost = cost.and_then(|p| p.into_inner().find(|p| p.as_rule() == Rule::literal));
        let cost = cost.map(|p| {
            let span = self.span(&p);
            (self.literal(p), span)
        });
        TestOutcome { result, cost, expect: self.expectations(pair), span }
    }

    fn answer(&mut self, pair: P<'_>) -> TestAnswer {
        let span = self.span(&pair);
        let mut answer = TestAnswer {
            yes: false,
            approval: None,
            by: Self::unreadable(span),
            running: false,
            expect: Vec::new(),
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_approve => answer.yes = true,
                Rule::path => answer.approval = Some(self.path(part)),
                Rule::unit => answer.by = self.unit(part),
                Rule::stays_running => answer.running = true,
                Rule::expect => answer.expect.extend(self.expectations(part)),
                _ => {}
            }
        }
        answer
    }

    fn given(&mut self, pair: P<'_>) -> Option<Given> {
        let part = pair.into_inner().find(|p| p.as_rule() != Rule::kw_given)?;
        Some(match part.as_rule() {
            Rule::given_group => Given::Group(self.first_name(&part), self.inner_fields(part)),
            Rule::given_unreadable => Given::Unreadable(self.only_expr(part)),
            Rule::given_entity => self.given_entity(part),
            _ => {
                let span = self.span(&part);
                let (mut place, mut value) = (Self::unreadable(span), Self::unreadable(span));
                for inner in part.into_inner() {
                    match inner.as_rule() {
                        Rule::unit => place = self.unit(inner),
                        Rule::expr => value = self.expr(inner),
                        _ => {}
                    }
                }
                Given::Place(place, value)
            }
        })
    }

    fn given_entity(&mut self, pair: P<'_>) -> Given {
        let mut entity = Self::unreadable(self.span(&pair));
        let mut parents = Vec::new();
        let fields = self.inner_fields(pair.clone());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::unit => entity = self.unit(part),
                Rule::given_parents => {
                    let each = part.into_inner().filter(|p| p.as_rule() == Rule::unit);
                    parents = each.map(|p| self.unit(p)).collect();
                }
                _ => {}
            }
        }
        Given::Entity { entity, parents, fields }
    }

    /// The fields of a `fields_given` among a pair's children.
    pub(super) fn inner_fields(&mut self, pair: P<'_>) -> Vec<(Name, Expr)> {
        let found = pair.into_inner().find(|p| p.as_rule() == Rule::fields_given);
        found.map(|p| self.fields_given(p)).unwrap_or_default()
    }

    fn request(&mut self, pair: P<'_>) -> TestRequest {
        let span = self.span(&pair);
        let mut request = TestRequest {
            action: (String::new(), span),
            params: Vec::new(),
            principal: None,
            observed: Vec::new(),
            claimed: Vec::new(),
            at: None,
            running: false,
            expect: Vec::new(),
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::test_action => request.action = self.test_action(part),
                Rule::fields_given => request.params = self.fields_given(part),
                Rule::as_who => request.principal = Some(self.principal(part)),
                Rule::test_observed => request.observed.extend(self.inner_fields(part)),
                Rule::test_claimed => request.claimed.extend(self.inner_fields(part)),
                Rule::request_at => request.at = self.first_number(part),
                Rule::stays_running => request.running = true,
                Rule::expect => request.expect.extend(self.expectations(part)),
                _ => {}
            }
        }
        request
    }

    fn test_action(&mut self, pair: P<'_>) -> (String, Span) {
        let span = self.span(&pair);
        match pair.into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::string => (self.string(&inner), span),
            Some(inner) => (inner.as_str().to_owned(), span),
            None => (String::new(), span),
        }
    }

    /// `as newcomer`, `as { id: "x" }`; empty braces are a record without fields.
    fn principal(&mut self, pair: P<'_>) -> Expr {
        let mut who = self.only_expr(pair);
        if matches!(&who.kind, ExprKind::Set(elements) if elements.is_empty()) {
            who.kind = ExprKind::Record(Vec::new());
        }
        who
    }

    fn cases(&mut self, pair: P<'_>) -> TestCases {
        let span = self.span(&pair);
        let mut cases = TestCases {
            action: (String::new(), span),
            params: Vec::new(),
            principal: None,
            observed: Vec::new(),
            rows: Vec::new(),
            span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::test_action => cases.action = self.test_action(part),
                Rule::fields_given => cases.params = self.fields_given(part),
                Rule::as_who => cases.principal = Some(self.principal(part)),
                Rule::test_observed => cases.observed.extend(self.inner_fields(part)),
                Rule::case_row => {
                    let span = self.span(&part);
                    let fields = self.inner_fields(part.clone());
                    cases.rows.push(TestRow { fields, expect: self.expectations(part), span });
                }
                _ => {}
            }
        }
        cases
    }

    /// The expectations among a pair's children, those inside `expect …` included.
    pub(super) fn expectations(&mut self, pair: P<'_>) -> Vec<Expectation> {
        let mut out = Vec::new();
        for part in pair.into_inner() {
            let span = self.span(&part);
            out.push(match part.as_rule() {
                Rule::expect => {
                    // `expect` holds no other `expect`: this goes one level down and ends.
                    out.extend(self.expectations(part));
                    continue;
                }
                Rule::expect_tier => {
                    let (tier, span) = self.first_tier(part);
                    Expectation::Tier(tier, span)
                }
                Rule::expect_because => Expectation::Because(self.first_path(part)),
                Rule::expect_not_because => Expectation::NotBecause(self.first_path(part)),
                Rule::expect_default => Expectation::ByDefault(span),
                Rule::code => Expectation::Code(self.first_name(&part)),
                Rule::expect_invalid => Expectation::Invalid(self.first_name(&part)),
                Rule::instead => Expectation::Instead(self.first_path(part)),
                Rule::expect_notify => Expectation::Notify(self.first_name(&part)),
                Rule::expect_redact => Expectation::Redact(self.first_name(&part)),
                Rule::expect_approval => Expectation::Approval(self.first_path(part)),
                Rule::expect_trust => {
                    let score = part.into_inner().find(|p| p.as_rule() == Rule::literal);
                    Expectation::Trust(score.map_or(Literal::Int(0), |p| self.literal(p)), span)
                }
                Rule::expect_standing => {
                    Expectation::Standing(Name { text: part.as_str().trim_end().to_owned(), span })
                }
                Rule::expect_reading => self.expected_reading(part),
                _ => continue,
            });
        }
        out
    }

    /// `count(per_hour) == 2`
    fn expected_reading(&mut self, pair: P<'_>) -> Expectation {
        let span = self.span(&pair);
        let mut part = Name { text: String::new(), span };
        let (mut item, mut op) = (Path { parts: Vec::new(), span }, BinaryOp::Equal);
        let mut value = Self::unreadable(span);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::reading_name => part = self.name(&inner),
                Rule::reading_of => item = self.first_path(inner),
                Rule::compare => op = compare(inner.as_str()),
                Rule::expect_value => value = self.expected_value(inner),
                _ => {}
            }
        }
        Expectation::Reading { part, item, op, value: Box::new(value), span }
    }

    fn expected_value(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::literal => ExprKind::Literal(self.literal(inner)),
            Some(inner) => match inner.as_str() {
                "true" => ExprKind::Literal(Literal::Bool(true)),
                "false" => ExprKind::Literal(Literal::Bool(false)),
                name => ExprKind::Name(name.to_owned()),
            },
            None => ExprKind::Unreadable,
        };
        Expr { span, kind }
    }
}

fn compare(sign: &str) -> BinaryOp {
    match sign {
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessOrEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterOrEqual,
        _ => BinaryOp::Equal,
    }
}
