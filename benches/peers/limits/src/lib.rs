//! Native code for the workloads, made ahead of time.
//!
//! `resolve` is what a perfect compiler could do: a perfect hash of the action, and for each action one
//! function of straight-line tests, most severe first. `plain` is one `match` on the action. [`by_hand`] is W1
//! as a careful programmer writes it.

pub mod perfect;

use workload::{Ask, Tier};

/// The code of one action.
pub type Decide = fn(&Ask) -> Tier;

#[inline(always)]
fn find(key: &str, shifts: &[u32], slots: &[(&str, Decide)]) -> Option<Decide> {
    let hash = workload::hash::hash(key.as_bytes());
    let shift = shifts[hash as usize & (shifts.len() - 1)];
    let (name, decide) = slots[perfect::slot(hash, shift, slots.len())];
    (name == key).then_some(decide)
}

macro_rules! generated {
    ($($name:ident)*) => {$(
        #[allow(clippy::all, unused)]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
        }
    )*};
}

generated!(w1 w2_10 w2_100 w2_1000 w2_10000);

/// The generated code of a workload.
#[must_use]
pub fn resolver(workload: &str) -> Option<fn(&str) -> Decide> {
    Some(match workload {
        "w1" => w1::resolve,
        "w2_10" => w2_10::resolve,
        "w2_100" => w2_100::resolve,
        "w2_1000" => w2_1000::resolve,
        "w2_10000" | "w2_10000_spread" => w2_10000::resolve,
        _ => return None,
    })
}

/// The `match` on the action: by hand for W1, generated for W2. None where it would have thousands of arms.
#[must_use]
pub fn matcher(workload: &str) -> Option<Decide> {
    Some(match workload {
        "w1" => by_hand,
        "w2_10" => w2_10::plain,
        "w2_100" => w2_100::plain,
        "w2_1000" => w2_1000::plain,
        _ => return None,
    })
}

/// W1 by hand.
#[must_use]
pub fn by_hand(ask: &Ask) -> Tier {
    use workload::{BLACK, DEFAULT, GREEN, RED, YELLOW};
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
