//! Trust by definition: from the first outcome on, day by day.

use aas_govern::schema::{Severity, TrustSchema};
use aas_govern::trust::{FreezeWhy, Trust};

use crate::random::Random;
use crate::run::same;

const DAY: i64 = 86_400_000_000;

#[derive(Clone, Copy, Debug)]
enum Told {
    Outcome(Severity, bool),
    Freeze,
    Unfreeze,
}

#[derive(Debug, PartialEq, Eq)]
struct Profile {
    score: i64,
    frozen: Option<(i64, FreezeWhy)>,
    level: Option<usize>,
}

fn decayed(schema: &TrustSchema, mut score: i64, since: i64, now: i64) -> i64 {
    let Some((each, floor)) = schema.decay else { return score };
    let mut day = since + DAY;
    while day <= now && score > floor {
        score = floor.max(score - each);
        day += DAY;
    }
    score
}

fn profile(schema: &TrustSchema, born: i64, history: &[(i64, Told)], now: i64) -> Profile {
    let (mut score, mut active) = (schema.start, born);
    // The outcomes since the last unfreezing, and those that count: a success of a frozen agent that gains nothing does
    // not.
    let mut row: Vec<(Severity, bool)> = Vec::new();
    let mut gains: Vec<(i64, i64)> = Vec::new();
    let mut frozen: Option<(i64, FreezeWhy)> = None;
    // The successes in a row outlast an unfreezing.
    let mut streak = 0_i64;
    for (at, told) in history {
        let (severity, success) = match told {
            Told::Outcome(severity, success) => (*severity, *success),
            Told::Freeze => {
                frozen = frozen.or(Some((*at, FreezeWhy::Said("odd".into()))));
                continue;
            }
            Told::Unfreeze => {
                if frozen.take().is_some() {
                    row.clear();
                }
                continue;
            }
        };
        score = decayed(schema, score, active, *at);
        active = *at;
        if success && frozen.is_some() && schema.frozen_gains_nothing {
            continue;
        }
        row.push((severity, success));
        if success {
            streak += 1;
            let bonus = schema.streak.map_or(0, |(each, most)| if streak == 1 { 0 } else { most.min(each * streak) });
            let mut gain = schema.success[severity as usize] + bonus;
            if let Some((most, window)) = schema.most_gain {
                let bucket = (window + 127) / 128;
                let inside = |gained: i64| gained - gained.rem_euclid(bucket) + bucket + window > *at;
                let gained: i64 = gains.iter().filter(|(at, _)| inside(*at)).map(|(_, gain)| gain).sum();
                gain = gain.min(most - gained);
            }
            gain = gain.min(schema.range.1 - score);
            score += gain;
            gains.push((*at, gain));
            continue;
        }
        streak = 0;
        score = (score + schema.failure[severity as usize]).max(schema.range.0);
        let failures = row.iter().rev().take_while(|(_, success)| !success).count() as u32;
        let critical = |(severity, _): &&(Severity, bool)| *severity == Severity::Critical;
        let criticals = row.iter().rev().take_while(|(_, success)| !success).filter(critical).count() as u32;
        let why = if severity == Severity::Critical && schema.freeze_after_critical.is_some_and(|n| criticals >= n) {
            Some(FreezeWhy::Critical(criticals))
        } else {
            schema.freeze_after_failures.filter(|n| failures >= *n).map(|_| FreezeWhy::Failures(failures))
        };
        frozen = frozen.or(why.map(|why| (*at, why)));
    }
    score = decayed(schema, score, active, now);
    let level = (0..schema.levels.len()).filter(|place| schema.levels[*place].1 <= score).max().unwrap_or(0);
    Profile { score, frozen, level: (!schema.levels.is_empty()).then_some(level) }
}

fn schema(random: &mut Random) -> TrustSchema {
    TrustSchema {
        range: (0, *random.pick(&[20, 100])),
        start: random.between(0, 20),
        success: [0, 1, 2, 3].map(|n| n + random.between(0, 2)),
        failure: [0, -3, -8, -20].map(|n| n - random.between(0, 2)),
        streak: random.percent(50).then(|| (random.between(0, 2), random.between(0, 6))),
        most_gain: random.percent(50).then(|| (random.between(1, 20), *random.pick(&[1, 128, 1_000, DAY]))),
        freeze_after_failures: random.percent(50).then(|| *random.pick(&[1, 2, 3, 5])),
        freeze_after_critical: random.percent(50).then(|| *random.pick(&[1, 2])),
        frozen_gains_nothing: random.percent(50),
        decay: random.percent(70).then(|| (random.between(0, 3), random.between(0, 80))),
        levels: if random.percent(80) { vec![("l".into(), 10), ("m".into(), 40), ("n".into(), 80)] } else { vec![] },
    }
}

/// A random run; a text about the first difference.
pub(crate) fn run(seed: u64, steps: usize) -> Result<(), String> {
    let mut random = Random::new(seed);
    let schema = schema(&mut random);
    let successes = *random.pick(&[60, 80, 95]);
    let born = random.between(-5, 5) * DAY;
    let mut trust = Trust::new(&schema, born);
    let mut history = Vec::new();
    let mut now = born;
    for step in 0..steps {
        now += match random.below(100) {
            0..40 => 0,
            40..70 => random.between(1, 1_200),
            70..85 => random.between(1, 3) * DAY - 1 + random.between(0, 2),
            85..90 => random.between(1, 200) * DAY,
            _ => random.between(1, DAY),
        };
        let severity = *random.pick(&[Severity::Low, Severity::Medium, Severity::High, Severity::Critical]);
        let told = match random.below(100) {
            0..10 => Told::Unfreeze,
            10..12 => Told::Freeze,
            _ => Told::Outcome(severity, random.percent(successes)),
        };
        match told {
            Told::Outcome(severity, success) => trust.outcome(&schema, severity, success, now),
            Told::Freeze => trust.freeze(FreezeWhy::Said("odd".into()), now),
            Told::Unfreeze => trust.unfreeze(now),
        }
        history.push((now, told));
        for at in [now, now + DAY - 1, now + DAY, now + random.between(0, 300) * DAY] {
            let told = Profile {
                score: trust.score(&schema, at),
                frozen: trust.frozen().map(|freeze| (freeze.at, freeze.why.clone())),
                level: trust.level(&schema, at),
            };
            same(&format!("step {step} at {at}, {schema:?}"), told, profile(&schema, born, &history, at))?;
        }
        let text = serde_json::to_string(&trust).map_err(|error| error.to_string())?;
        same("what was written", serde_json::from_str(&text).map_err(|error| error.to_string())?, trust.clone())?;
    }
    Ok(())
}
