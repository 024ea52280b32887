//! When what failed may be tried again. Kept in memory only: a restart tries once more at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use api::RunStatus;
use decide::cadence;
use decide::problem::Problem;

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A whole reconcile, which failed with an error of the infrastructure.
    Reconcile,
    /// Creating jobs at all.
    Creates,
    /// Finding the models of a selector, by its fingerprint.
    Expand(String),
    /// Resolving the version of a candidate's model.
    Pin(String),
    /// Resolving what the run of a candidate on a dataset asks of SageMaker.
    Resolve(String, String),
    /// Creating the job of a run.
    Create(String, String),
    /// Describing a job that has left those in progress.
    Describe(String),
    /// Reading more of a training job whose result was collected.
    Recollect(String),
    /// Finding a job that may exist, by its name.
    Find(String),
    /// Keeping all training jobs of a tuning job.
    Trials(String),
    /// Stopping a job.
    Stop(String),
}

impl Subject {
    /// Resolving that run.
    pub(super) fn resolve(run: &RunStatus) -> Self {
        Self::Resolve(run.candidate.clone(), run.dataset.clone())
    }

    /// Creating the job of that run.
    pub(super) fn create(run: &RunStatus) -> Self {
        Self::Create(run.candidate.clone(), run.dataset.clone())
    }
}

/// A row of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    /// How many.
    pub(super) times: u32,
    /// When the first was.
    pub(super) since: Timestamp,
    /// When the next try may come.
    pub(super) not_before: Timestamp,
}

/// The failures of each selection, by uid; a new generation starts from nothing.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<String, Of>>);

#[derive(Default)]
struct Of {
    generation: Option<i64>,
    /// When that generation was seen first.
    observed: Option<Timestamp>,
    failing: HashMap<Subject, Failing>,
    /// Why some of them fail, where a person must help and no run can say so.
    troubles: HashMap<Subject, Problem>,
}

impl Attempts {
    /// An edit may have cured what failed.
    pub(super) fn observe(&self, uid: &str, generation: Option<i64>, now: Timestamp) {
        let mut all = self.lock();
        if let Some(of) = all.get_mut(uid)
            && of.generation != generation
        {
            all.remove(uid);
        }
        let of = all.entry(uid.to_owned()).or_default();
        of.generation = generation;
        of.observed.get_or_insert(now);
    }

    /// When the present generation was seen first.
    pub(super) fn observed(&self, uid: &str) -> Option<Timestamp> {
        self.lock().get(uid)?.observed
    }

    /// Notes a failure and returns the row that it is part of. The next try may come after `first`, then after twice as
    /// long each time, up to `most`.
    pub(super) fn failed(
        &self,
        uid: &str,
        subject: Subject,
        first: Duration,
        most: Duration,
        now: Timestamp,
    ) -> Failing {
        let mut all = self.lock();
        let of = all.entry(uid.to_owned()).or_default();
        let before = of.failing.get(&subject);
        let times = before.map_or(0, |failing| failing.times);
        let pause = cadence::jitter(cadence::backoff(times, first, most), uid, u64::from(times));
        let since = before.map_or(now, |failing| failing.since);
        let failing = Failing { times: times.saturating_add(1), since, not_before: now + pause };
        of.failing.insert(subject, failing);
        failing
    }

    /// Notes that it went well.
    pub(super) fn succeeded(&self, uid: &str, subject: &Subject) {
        if let Some(of) = self.lock().get_mut(uid) {
            of.failing.remove(subject);
            of.troubles.remove(subject);
        }
    }

    /// Notes why it fails, if a person must help.
    pub(super) fn note_trouble(&self, uid: &str, subject: &Subject, trouble: Option<Problem>) {
        let mut all = self.lock();
        let troubles = &mut all.entry(uid.to_owned()).or_default().troubles;
        match trouble.filter(|trouble| trouble.reason.needs_person()) {
            Some(trouble) => drop(troubles.insert(subject.clone(), trouble)),
            None => drop(troubles.remove(subject)),
        }
    }

    /// Why it fails, if a person must help.
    pub(super) fn trouble(&self, uid: &str, subject: &Subject) -> Option<Problem> {
        self.lock().get(uid)?.troubles.get(subject).cloned()
    }

    /// Whether it may be tried now.
    pub(super) fn may_try(&self, uid: &str, subject: &Subject, now: Timestamp) -> bool {
        self.lock().get(uid).and_then(|of| of.failing.get(subject)).is_none_or(|failing| failing.not_before <= now)
    }

    /// Since when it has failed, if it has.
    pub(super) fn since(&self, uid: &str, subject: &Subject) -> Option<Timestamp> {
        Some(self.lock().get(uid)?.failing.get(subject)?.since)
    }

    /// How long until the next thing may be tried that might not be tried at `started`, when the pass began: what has come
    /// due since then was not tried either, and is due at once.
    pub(super) fn next_try(&self, uid: &str, started: Timestamp, now: Timestamp) -> Option<Duration> {
        let all = self.lock();
        let later = all.get(uid)?.failing.values().map(|failing| failing.not_before).filter(|time| *time > started);
        let pause = later.min()?.duration_since(now);
        Some(Duration::try_from(pause).unwrap_or_default())
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failing {
    /// Whether it has failed for at least `time`.
    pub(super) fn for_at_least(self, time: Duration, now: Timestamp) -> bool {
        Duration::try_from(now.duration_since(self.since)).is_ok_and(|failing| failing >= time)
    }
}
