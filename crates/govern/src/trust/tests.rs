//! The arithmetic of trust, with the cases of the system that it comes from.

use super::*;

const POINT: i64 = 1_000_000;

fn schema() -> TrustSchema {
    TrustSchema {
        range: (0, 100 * POINT),
        start: 50 * POINT,
        success: [500_000, POINT, 2 * POINT, 3 * POINT],
        failure: [-POINT, -3 * POINT, -8 * POINT, -20 * POINT],
        streak: Some((200_000, 2 * POINT)),
        most_gain: None,
        freeze_after_failures: Some(3),
        freeze_after_critical: Some(1),
        frozen_gains_nothing: true,
        decay: Some((100_000, 50 * POINT)),
        levels: vec![
            ("probation".into(), 0),
            ("standard".into(), 30 * POINT),
            ("trusted".into(), 60 * POINT),
            ("autonomous".into(), 85 * POINT),
        ],
    }
}

fn at(score: i64) -> (TrustSchema, Trust) {
    let schema = TrustSchema { start: score, ..schema() };
    let trust = Trust::new(&schema, 0);
    (schema, trust)
}

#[test]
fn cases_of_one_outcome() {
    let unknown = Severity::from_name("unknown-word").unwrap_or(Severity::Medium);
    for (case, severity, success, score, frozen) in [
        ("000-tru-001", Severity::Low, true, 50_500_000, false),
        ("000-tru-002", Severity::Low, false, 49 * POINT, false),
        ("000-tru-003", Severity::Medium, true, 51 * POINT, false),
        ("000-tru-004", Severity::Medium, false, 47 * POINT, false),
        ("000-tru-006", Severity::High, false, 42 * POINT, false),
        ("000-tru-008", Severity::Critical, false, 30 * POINT, true),
        ("000-tru-009", unknown, true, 51 * POINT, false),
        ("000-tru-010", unknown, false, 47 * POINT, false),
    ] {
        let (schema, mut trust) = at(50 * POINT);
        trust.outcome(&schema, severity, success, 1);
        assert_eq!((trust.score(&schema, 1), trust.frozen().is_some()), (score, frozen), "{case}");
    }
}

#[test]
fn case_011_the_third_failure_in_a_row_freezes() {
    let schema = schema();
    let mut trust = Trust::taken_over(&schema, 0, 50 * POINT, 0, 2);
    assert_eq!(trust.frozen(), None);
    trust.outcome(&schema, Severity::Low, false, 2);
    assert_eq!(trust.score(&schema, 2), 49 * POINT);
    assert_eq!(trust.frozen(), Some(&Freeze { at: 2, why: FreezeWhy::Failures(3) }));
}

#[test]
fn case_012_a_streak_adds_for_each_of_its_successes_and_is_capped() {
    let schema = schema();
    // A single success is no streak (case 001); the fifth of one: one point, and two tenths for each of the five.
    for (before, gain) in [(0, POINT), (1, 1_400_000), (4, 2 * POINT), (9, 3 * POINT), (50, 3 * POINT)] {
        let mut trust = Trust::taken_over(&schema, 0, 50 * POINT, before, 0);
        trust.outcome(&schema, Severity::Medium, true, 5);
        assert_eq!(trust.score(&schema, 5), 50 * POINT + gain, "{before}");
    }
}

#[test]
fn case_014_the_range_holds_at_both_ends() {
    let (schema, mut trust) = at(99_500_000);
    trust.outcome(&schema, Severity::High, true, 1);
    assert_eq!(trust.score(&schema, 1), 100 * POINT);
    let (schema, mut trust) = at(POINT);
    trust.outcome(&schema, Severity::High, false, 1);
    assert_eq!(trust.score(&schema, 1), 0);
}

#[test]
fn case_016_a_frozen_agent_gains_nothing_and_loses() {
    let (schema, mut trust) = at(40 * POINT);
    trust.freeze(FreezeWhy::Said("looks odd".into()), 1);
    trust.outcome(&schema, Severity::Medium, true, 2);
    assert_eq!((trust.score(&schema, 2), trust.successes()), (40 * POINT, 0));
    trust.outcome(&schema, Severity::Medium, false, 3);
    assert_eq!(trust.score(&schema, 3), 37 * POINT);
    assert_eq!(trust.frozen().map(|freeze| freeze.at), Some(1));
    trust.outcome(&schema, Severity::Medium, true, 4);
    assert_eq!(trust.failures(), 1);
    trust.unfreeze(4);
    assert_eq!((trust.score(&schema, 4), trust.failures(), trust.frozen()), (37 * POINT, 0, None));
}

#[test]
fn case_021_a_whole_idle_day_takes_a_tenth() {
    let (schema, trust) = at(80 * POINT);
    assert_eq!(trust.score(&schema, DAY - 1), 80 * POINT);
    // However often it is looked at in between.
    assert_eq!(trust.score(&schema, DAY), 79_900_000);
    assert_eq!(trust.score(&schema, 300 * DAY), 50 * POINT);
    assert_eq!(trust.score(&schema, i64::MAX), 50 * POINT);
}

#[test]
fn case_023_idleness_does_not_move_a_score_below_its_floor() {
    let (schema, trust) = at(20 * POINT);
    assert_eq!(trust.score(&schema, 30 * DAY), 20 * POINT);
}

#[test]
fn an_outcome_settles_the_idle_days() {
    let (schema, mut trust) = at(80 * POINT);
    trust.outcome(&schema, Severity::Medium, true, 10 * DAY + 5);
    assert_eq!(trust.score(&schema, 11 * DAY), 80 * POINT);
    let what: Vec<_> = trust.reasons().map(|reason| reason.what.clone()).collect();
    assert_eq!(what, [Change::Idle(10), Change::Success(Severity::Medium)]);
}

#[test]
fn cases_024_to_031_levels_begin_at_their_lower_bound() {
    for (score, level) in [(0, 0), (30 * POINT, 1), (60 * POINT, 2), (84_990_000, 2), (85 * POINT, 3), (100 * POINT, 3)]
    {
        let (schema, trust) = at(score);
        assert_eq!(trust.level(&schema, 0), Some(level), "{score}");
    }
}

#[test]
fn no_more_is_gained_in_a_day_than_is_said() {
    let (mut schema, mut trust) = at(50 * POINT);
    schema.streak = None;
    schema.most_gain = Some((10 * POINT, DAY));
    for n in 0..30 {
        trust.outcome(&schema, Severity::Critical, true, n);
    }
    assert_eq!(trust.score(&schema, 30), 60 * POINT);
    trust.outcome(&schema, Severity::Critical, true, DAY);
    assert_eq!(trust.score(&schema, DAY), 60 * POINT);
    // A bucket is 1/128 of the window.
    trust.outcome(&schema, Severity::Critical, true, DAY + DAY / 128);
    assert_eq!(trust.score(&schema, DAY + DAY / 128), 63 * POINT);
}

#[test]
fn critical_failures_count_until_a_success() {
    let (mut schema, mut trust) = at(100 * POINT);
    schema.freeze_after_critical = Some(2);
    schema.freeze_after_failures = None;
    trust.outcome(&schema, Severity::Critical, false, 1);
    trust.outcome(&schema, Severity::Low, true, 2);
    trust.outcome(&schema, Severity::Critical, false, 3);
    assert_eq!(trust.frozen(), None);
    trust.outcome(&schema, Severity::Low, false, 4);
    trust.outcome(&schema, Severity::Critical, false, 5);
    assert_eq!(trust.frozen().map(|freeze| &freeze.why), Some(&FreezeWhy::Critical(2)));
}

#[test]
fn reasons_are_bounded() {
    let (schema, mut trust) = at(50 * POINT);
    for n in 0..100 {
        trust.outcome(&schema, Severity::Low, n % 2 == 0, n);
    }
    assert_eq!(trust.reasons().len(), MOST_REASONS);
    assert_eq!(trust.reasons().last().map(|reason| reason.at), Some(99));
}
