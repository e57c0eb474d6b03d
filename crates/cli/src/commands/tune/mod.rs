//! `aasc tune`
//!
//! 1. [`record`]: over a log, how often each atom and condition is true, and what asking costs.
//! 2. [`choose`]: what waits, and in which order, so that as little as possible is asked.
//! 3. `bench`'s measuring: both orders in rounds that alternate; an action that does not gain keeps its order.
//! 4. [`prove`]: the policy is the same, and so is every decision.
//! 5. The profile is written beside `aas.toml`; [`show`] says what became of it.

mod choose;
mod prove;
mod record;
mod show;

use std::path::{Path, PathBuf};

use aas::Policy;
use aas::decision::Engine;
use aas::profile::{FORM, OfAction, Profile};
use clap::ValueEnum;

use super::bench::compare::{Difference, Verdict, difference};
use super::bench::requests::{self, Asked, Wanted};
use super::bench::{measure, progress};
use super::build::write_whole;
use crate::compile::{checked, with_native};
use crate::exit::{Exit, Failure, Outcome};
use crate::load::{self, PROFILE, Set};
use crate::out::Out;

/// Reorders work by a recorded log, so that decisions take less time; what is decided stays as it is.
///
/// What a condition asks is looked at only where it can still matter: the profile says what waits for what. It is
/// stored as `aas.profile` beside the package's `aas.toml`, and every command that decides uses it. A profile that no
/// longer fits the rules is left aside with a warning.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The package: a folder with an `aas.toml`.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// A file with a request on each line, as `aasc eval` takes it; `-` is standard input.
    #[arg(long, value_name = "LOG")]
    requests: PathBuf,
    /// Stores nothing. Exit code 1 where the stored profile cannot be used, 3 where it costs time, or where there is
    /// none and one would gain.
    #[arg(long)]
    check: bool,
    /// How many requests of each action are timed; all are counted and proved.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// How often both orders are measured.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(3..=1000))]
    rounds: u16,
    /// Gains below this are not worth an order of their own, whatever the rounds say.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=1000))]
    threshold: u16,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people.
    Human,
    /// One JSON object.
    Json,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nothing can wait, or what could gains nothing.
    Nothing,
    /// The profile was written.
    Stored,
    /// There is no profile, and one would gain.
    WouldGain,
    /// The stored profile is in use, and nothing is slower.
    Good,
    /// The stored profile costs time.
    Slower,
}

impl Ending {
    fn exit(self) -> Exit {
        match self {
            Self::Nothing | Self::Stored | Self::Good => Exit::Fine,
            Self::WouldGain | Self::Slower => Exit::Slower,
        }
    }
}

/// An action in an order of its own.
struct Tuned {
    recorded: OfAction,
    /// Both orders, in every way to ask.
    differences: Vec<Difference>,
    /// Whether it gains.
    kept: bool,
}

/// All that is shown.
struct Result {
    /// The log: lines that are requests, and their hash.
    requests: usize,
    hash: String,
    policy: String,
    /// How many actions the log asks for.
    asked: usize,
    tuned: Vec<Tuned>,
    proof: Option<prove::Proof>,
    /// The file of the profile, and whether there was one before.
    file: PathBuf,
    before: bool,
    ending: Ending,
}

/// What is worked on.
struct Subject<'a> {
    args: &'a Args,
    set: &'a Set,
    file: PathBuf,
    plain: Policy,
    native: Policy,
    asked: Asked,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Outcome {
    let set = load::single(std::slice::from_ref(&args.path))?;
    let Some(folder) = &set.folder else {
        return Err(Failure::said(format_args!(
            "`{}` belongs to no package, so there is no place for a profile. Write an {} above the rules.",
            args.path.display(),
            load::MANIFEST
        )));
    };
    let plain = Policy::from_typed(checked(&set)?);
    let wanted = Wanted { log: Some(&args.requests), seed: 0, count: args.count, action: None };
    let asked = requests::gather(&wanted, &plain)?;
    let native = with_native(plain.clone());
    let subject = Subject { args, set: &set, file: folder.join(PROFILE), plain, native, asked };
    let result = match (&set.profile, args.check) {
        (Some(stored), true) => subject.check(stored)?,
        (Some(_) | None, _) => subject.record()?,
    };
    match args.format {
        Format::Human => show::human(&result, out)?,
        Format::Json => show::json(&result, out)?,
    }
    Ok(result.ending.exit())
}

impl Subject<'_> {
    /// Records, chooses, measures, proves, and stores.
    fn record(&self) -> Outcome<Result> {
        let actions = self.asked.actions.iter();
        let recorded: Vec<OfAction> = actions.filter_map(|of| choose::order(&self.native, of)).collect();
        let mut tuned = self.measured(recorded)?;
        for one in &mut tuned {
            one.kept = gains(&one.differences);
        }
        let kept: Vec<OfAction> = tuned.iter().filter(|one| one.kept).map(|one| one.recorded.clone()).collect();
        if kept.is_empty() {
            return Ok(self.result(tuned, None, Ending::Nothing));
        }
        let text = self.profile(kept).to_string();
        let proof = self.proved(&text)?;
        if self.args.check {
            return Ok(self.result(tuned, Some(proof), Ending::WouldGain));
        }
        write_whole(&self.file, text.as_bytes())
            .map_err(|error| Failure::said(format_args!("`{}` cannot be written: {error}.", self.file.display())))?;
        Ok(self.result(tuned, Some(proof), Ending::Stored))
    }

    /// Proves and measures the profile that is stored.
    fn check(&self, stored: &std::result::Result<String, String>) -> Outcome<Result> {
        let text = stored.as_ref().map_err(|why| self.unusable(why))?;
        let profile = Profile::parse(text).map_err(|why| self.unusable(&why.to_string()))?;
        let proof = self.proved(text)?;
        let is_asked = |of: &OfAction| self.asked.actions.iter().any(|asked| asked.name == of.name);
        let mut tuned = self.measured(profile.actions.into_iter().filter(is_asked).collect())?;
        tuned.iter_mut().for_each(|one| one.kept = true);
        let slower = tuned.iter().flat_map(|one| &one.differences).any(|d| d.verdict == Verdict::Slower);
        Ok(self.result(tuned, Some(proof), if slower { Ending::Slower } else { Ending::Good }))
    }

    fn unusable(&self, why: &str) -> Failure {
        crate::out::complain(&format!(
            "`{}` cannot be used: {why}. Record it anew with `aasc tune`.",
            self.file.display()
        ));
        Failure::Rules
    }

    fn profile(&self, actions: Vec<OfAction>) -> Profile {
        let policy = self.plain.hash().to_string();
        Profile { form: FORM, policy, requests: self.asked.about.count as u64, actions }
    }

    /// The policy in the order of a profile, by way of its text, as every command takes it.
    fn in_order(&self, policy: &Policy, text: &str) -> Outcome<Policy> {
        match policy.clone().with_profile(text) {
            (policy, None) => Ok(policy),
            (_, Some(why)) => Err(self.unusable(&why.to_string())),
        }
    }

    /// Both orders, measured.
    fn measured(&self, recorded: Vec<OfAction>) -> Outcome<Vec<Tuned>> {
        if recorded.is_empty() {
            return Ok(Vec::new());
        }
        let text = self.profile(recorded.clone()).to_string();
        let ordered = [self.in_order(&self.plain, &text)?, self.in_order(&self.native, &text)?];
        let mut policies = vec![&self.plain, &ordered[0]];
        if self.native.engine() == Engine::Jit {
            policies.extend([&self.native, &ordered[1]]);
        }
        let find = |of: &OfAction| self.asked.actions.iter().find(|asked| asked.name == of.name);
        let actions: Vec<_> = recorded.iter().filter_map(find).collect();
        let bar = progress("measuring", u64::from(self.args.rounds) * actions.len() as u64);
        let found = measure::ways(&policies, &self.set.sources, &actions, self.args.rounds, &bar);
        bar.finish_and_clear();
        let threshold = f64::from(self.args.threshold) / 100.0;
        let one = |(recorded, ways): (OfAction, Vec<(usize, _)>)| {
            let differences = show::pairs(&ways)
                .into_iter()
                .map(|(plain, ordered)| difference(&recorded.name, plain, ordered, threshold))
                .collect();
            Tuned { recorded, differences, kept: false }
        };
        Ok(recorded.into_iter().zip(found).map(one).collect())
    }

    fn proved(&self, text: &str) -> Outcome<prove::Proof> {
        // Compiled and compared with the interpreter again, in the new order.
        let ordered = with_native(self.in_order(&self.plain, text)?);
        prove::prove(&self.plain, &ordered, &self.set.sources, &self.asked).map_err(|why| {
            Failure::said(format_args!("{why} Nothing was stored. This is a fault of aasc; please report it."))
        })
    }

    fn result(&self, tuned: Vec<Tuned>, proof: Option<prove::Proof>, ending: Ending) -> Result {
        Result {
            requests: self.asked.about.count,
            hash: self.asked.about.hash.clone(),
            policy: self.plain.hash().to_string(),
            asked: self.asked.actions.len(),
            tuned,
            proof,
            file: self.file.clone(),
            before: self.set.profile.is_some(),
            ending,
        }
    }
}

/// Whether an order is worth having: nothing is slower, and two ways to ask or more are faster. One alone of so many
/// may be noise.
fn gains(differences: &[Difference]) -> bool {
    let count = |verdict| differences.iter().filter(|d| d.verdict == verdict).count();
    count(Verdict::Slower) == 0 && count(Verdict::Faster) >= 2
}

/// A path for people.
fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}
