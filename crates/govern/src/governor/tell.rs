//! Who is told: notices that follow a decision, one by one or in a digest.

use std::sync::Arc;

use aas::decision::{Obligation, Tier};

use super::Governor;
use super::ask::Judged;
use crate::digests::{DigestEvent, DigestPlan, Note};
use crate::effect::{Effect, Entry, Problem};
use crate::event::Event;
use crate::ids::Id;
use crate::state::State;

impl Governor {
    /// Notices for channels that a digest tells wait for it, or are told at once where it says so. What is yellow and
    /// names no channel is an entry of every digest: people are told.
    pub(super) fn note(&mut self, id: &Id, judged: &Judged, runs: bool) {
        let Some(program) = self.program.as_ref().filter(|program| !program.digests.is_empty()) else { return };
        let notices = judged.decision.obligations.iter().filter_map(|duty| match duty {
            Obligation::Notify { channel, .. } => Some(channel.as_str()),
            Obligation::Redact { .. }
            | Obligation::Approve { .. }
            | Obligation::Instead { .. }
            | Obligation::Run { .. } => None,
        });
        let notices: Vec<&str> = notices.collect();
        let tier = judged.decided.tier;
        let is_news = runs && notices.is_empty() && tier == Tier::Yellow;
        let mut found: Vec<(Arc<str>, Vec<Arc<str>>, bool)> = Vec::new();
        for digest in &program.digests {
            let about = |digest: &DigestPlan| digest.at_once.iter().any(|scope| judged.bound.is_about(scope));
            let at_once = digest.from.is_some_and(|from| tier >= from) || about(digest);
            let named: Vec<Arc<str>> =
                digest.to.iter().filter(|channel| notices.contains(&&***channel)).cloned().collect();
            if at_once || is_news {
                found.push((digest.name.clone(), digest.to.clone(), at_once));
            } else if !named.is_empty() {
                found.push((digest.name.clone(), named, false));
            }
        }
        for (digest, channels, at_once) in found {
            self.take_note(id, judged, (digest, channels, at_once));
        }
    }

    /// What people approved is told when it runs. Whoever was told at once, or by the name of a channel, knows of it.
    pub(super) fn note_approved(&mut self, id: &Id, judged: &Judged) {
        let Some(program) = &self.program else { return };
        let names = |duty: &Obligation| matches!(duty, Obligation::Notify { .. });
        if judged.decision.obligations.iter().any(names) {
            return;
        }
        let at_once = |digest: &&DigestPlan| digest.from.is_some_and(|from| Tier::Red >= from);
        let rest = program.digests.iter().filter(|digest| !at_once(digest));
        let rest: Vec<_> = rest.map(|digest| (digest.name.clone(), digest.to.clone(), false)).collect();
        for place in rest {
            self.take_note(id, judged, place);
        }
    }

    fn take_note(&mut self, id: &Id, judged: &Judged, (digest, channels, at_once): (Arc<str>, Vec<Arc<str>>, bool)) {
        let Some(entry) = self.state.requests.get(id) else { return };
        let kept = self.state.digests.get(&digest);
        let plan = self.program.iter().flat_map(|program| &program.digests).find(|plan| plan.name == digest);
        let may = plan.is_some_and(|plan| kept.is_none_or(|kept| plan.may_be_at_once(kept, self.now())));
        let at_once = at_once && !channels.is_empty() && may;
        let told = self.state.digests.get(&digest).map_or(0, |kept| kept.told);
        let note = Note {
            id: id.clone(),
            at: self.now(),
            agent: entry.agent.clone(),
            action: judged.bound.name.clone(),
            tier: judged.decided.tier,
            texts: judged.decided.texts.clone(),
            channels,
            told: if at_once { told + 1 } else { 0 },
        };
        if at_once {
            let entry = entry_of(&self.state, &note);
            let effects = note.channels.iter().map(|channel| Effect::Digest {
                digest: digest.clone(),
                channel: channel.clone(),
                number: note.told,
                entries: vec![entry.clone()],
                left_out: 0,
                at_once: true,
            });
            self.step.effects.extend(effects);
        }
        self.happen(Event::Digest(DigestEvent::Noted { digest, note: Box::new(note) }));
        self.look_again();
    }

    /// Whether a digest tells what this channel is told.
    pub(super) fn is_digested(&self, channel: &str) -> bool {
        let tells = |digest: &DigestPlan| digest.to.iter().any(|one| **one == *channel);
        self.program.as_ref().is_some_and(|program| program.digests.iter().any(tells))
    }

    /// Tells what is due. When the next one will be, where something waits.
    pub(super) fn tell_digests(&mut self) -> Option<i64> {
        let now = self.now();
        let mut next: Option<i64> = None;
        let program = self.program.as_ref()?;
        let waiting = program.digests.iter().filter_map(|digest| {
            let kept = self.state.digests.get(&digest.name).filter(|kept| kept.waits())?;
            Some((digest.name.clone(), digest.due_from(kept.since, now)))
        });
        for (name, due) in waiting.collect::<Vec<_>>() {
            if due <= now {
                self.tell_digest(&name);
            }
            // What was told waits for the host to say that it arrived.
            let again = self.program.as_ref().and_then(|program| {
                let digest = program.digests.iter().find(|digest| digest.name == name)?;
                Some(digest.due_from(self.state.digests.get(&name)?.since, now))
            });
            next = next.into_iter().chain(again).min();
        }
        next
    }

    /// Tells all that waits in a digest, each channel its own.
    pub(super) fn tell_digest(&mut self, digest: &Arc<str>) {
        let Some(kept) = self.state.digests.get(digest) else { return };
        let number = kept.told + 1;
        let mut channels: Vec<Arc<str>> = kept.notes.iter().flat_map(|note| note.channels.iter().cloned()).collect();
        channels.extend(kept.left_out.keys().filter(|channel| !channel.is_empty()).cloned());
        channels.sort();
        channels.dedup();
        let effects = channels.into_iter().map(|channel| {
            let notes = kept.notes.iter().filter(|note| note.channels.contains(&channel));
            Effect::Digest {
                digest: digest.clone(),
                entries: notes.map(|note| entry_of(&self.state, note)).collect(),
                left_out: kept.left_out.get(&channel).map_or(0, |left| left.count),
                channel,
                number,
                at_once: false,
            }
        });
        let effects: Vec<Effect> = effects.collect();
        self.happen(Event::Digest(DigestEvent::Told { digest: digest.clone(), number }));
        self.step.effects.extend(effects);
    }

    pub(super) fn delivered(&mut self, digest: Arc<str>, channel: Arc<str>, number: u64) -> Result<(), Problem> {
        let kept = self.state.digests.get(&digest).ok_or_else(|| Problem::NoSuchItem("digest", digest.clone()))?;
        if number == 0 || number > kept.told {
            return Err(Problem::BadValue(format!("`{digest}` has told nothing under the number {number}")));
        }
        self.happen(Event::Digest(DigestEvent::Delivered { digest, channel, number }));
        self.look_again();
        Ok(())
    }
}

/// A notice as people read it, with what has become of the request since.
fn entry_of(state: &State, note: &Note) -> Entry {
    let request = state.requests.get(&note.id);
    Entry {
        id: note.id.clone(),
        at: note.at,
        agent: note.agent.clone(),
        action: note.action.clone(),
        tier: note.tier,
        texts: note.texts.clone(),
        stands: request.map(|entry| entry.stage),
    }
}
