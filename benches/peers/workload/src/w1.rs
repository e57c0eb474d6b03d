//! W1: 32 rules of the kind that govern an agent which builds software, and twelve requests.

use crate::{
    Ask, BLACK, DEFAULT, GREEN, How, Number, RED, Rule, Test, Text, Tier, Workload, YELLOW, one_of, rule, word,
};

/// Where secrets lie, or (`not`) where they do not.
fn secret(not: bool) -> Vec<Test> {
    [(How::EndsWith, ".env"), (How::Contains, "secrets/"), (How::EndsWith, ".key"), (How::EndsWith, ".pem")]
        .map(|(how, text)| word(Text::Path, how, text, not))
        .into()
}

fn rules() -> Vec<Rule> {
    let mainline = |not| one_of(Text::Branch, &["main", "master"], not);
    let major = |not| word(Text::Bump, How::Is, "major", not);
    let free = |tier, scopes: &[&str]| scopes.iter().map(move |scope| rule(tier, scope, vec![])).collect::<Vec<_>>();
    let reading = ["git.read*", "test.run*", "test.generate*", "code.read", "code.analyze", "code.review", "code.lint"];
    let mut all = free(GREEN, &reading);
    all.extend(free(GREEN, &["docs.*", "research.*", "analyze.*", "monitor.*"]));
    all.push(rule(GREEN, "code.write", secret(true)));
    all.extend(free(YELLOW, &["git.create_pull_request"]));
    all.push(rule(YELLOW, "git.merge", vec![mainline(true)]));
    all.extend(free(YELLOW, &["deploy.staging", "scan.security"]));
    all.push(rule(YELLOW, "dependency.update", vec![major(true)]));
    all.push(rule(YELLOW, "test.run*", vec![Test::Below(Number::Trust, 40)]));
    all.push(rule(YELLOW, "*", vec![Test::AtLeast(Number::Cost, 100)]));
    all.push(rule(RED, "code.write", vec![Test::Either(secret(false))]));
    all.extend(free(RED, &["deploy.production"]));
    all.push(rule(RED, "git.merge", vec![mainline(false)]));
    all.extend(free(RED, &["git.force_push", "secrets.rotate", "infrastructure.modify"]));
    all.push(rule(RED, "dependency.update", vec![major(false)]));
    all.push(rule(RED, "*", vec![Test::AtLeast(Number::Cost, 1000)]));
    all.push(rule(RED, "*", vec![Test::Below(Number::Trust, 20)]));
    all.extend(free(BLACK, &["secrets.expose", "data.exfiltrate", "audit.delete", "audit.modify"]));
    all
}

#[must_use]
pub fn workload() -> Workload {
    let ask = |action: &str, path: &str, branch: &str, bump: &str, trust, cost| Ask {
        agent: "builder-1".into(),
        action: action.into(),
        path: path.into(),
        branch: branch.into(),
        bump: bump.into(),
        env: "dev".into(),
        trust,
        cost,
    };
    let feature = "feature/rate-limit";
    let asks = vec![
        ask("git.read_log", "", feature, "", 50, 0),
        ask("test.run_suite", "tests/", feature, "", 50, 2),
        ask("test.run_suite", "tests/", feature, "", 30, 2),
        ask("code.write", "src/api/rate_limit.rs", feature, "", 62, 15),
        ask("code.write", "deploy/secrets/db.yaml", feature, "", 62, 15),
        ask("git.create_pull_request", "", feature, "", 51, 15),
        ask("git.merge", "", feature, "", 70, 1),
        ask("git.merge", "", "main", "", 90, 1),
        ask("dependency.update", "Cargo.toml", "chore/deps", "minor", 55, 120),
        ask("dependency.update", "Cargo.toml", "chore/deps", "major", 55, 5),
        ask("audit.delete", "/var/audit/log", "", "", 99, 0),
        ask("calendar.create_event", "", "", "", 50, 0),
    ];
    Workload::new("w1", rules(), asks)
}

/// W1 as a careful programmer writes it.
#[must_use]
pub fn by_hand(ask: &Ask) -> Tier {
    let secret = |path: &str| {
        path.ends_with(".env") || path.contains("secrets/") || path.ends_with(".key") || path.ends_with(".pem")
    };
    let own = match ask.action.as_str() {
        "secrets.expose" | "data.exfiltrate" | "audit.delete" | "audit.modify" => return BLACK,
        "deploy.production" | "git.force_push" | "secrets.rotate" | "infrastructure.modify" => return RED,
        "code.read" | "code.analyze" | "code.review" | "code.lint" => Some(GREEN),
        "code.write" => Some(if secret(&ask.path) { RED } else { GREEN }),
        "git.merge" => Some(if matches!(ask.branch.as_str(), "main" | "master") { RED } else { YELLOW }),
        "dependency.update" => Some(if ask.bump == "major" { RED } else { YELLOW }),
        "git.create_pull_request" | "deploy.staging" | "scan.security" => Some(YELLOW),
        action if action.starts_with("test.run") => Some(if ask.trust < 40 { YELLOW } else { GREEN }),
        action => ["git.read", "test.generate", "docs.", "research.", "analyze.", "monitor."]
            .iter()
            .any(|start| action.starts_with(start))
            .then_some(GREEN),
    };
    if ask.trust < 20 || ask.cost >= 1000 {
        return RED;
    }
    match own {
        Some(tier) if ask.cost >= 100 => tier.max(YELLOW),
        Some(tier) => tier,
        None if ask.cost >= 100 => YELLOW,
        None => DEFAULT,
    }
}
