//! When what failed may be tried again. Kept in memory only: a restart tries once more at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::decide::cadence;

/// What is tried: something of the selection as a whole, or one run of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Creating jobs at all.
    Creates,
    /// The run of a candidate on a dataset.
    Run(String, String),
    /// A reconcile that failed with an error of the infrastructure.
    Reconcile,
}

#[derive(Clone, Copy)]
struct Attempt {
    failures: u32,
    not_before: Timestamp,
}

/// The failures of each selection, by uid; a new generation starts from nothing.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<String, Of>>);

#[derive(Default)]
struct Of {
    generation: Option<i64>,
    failed: HashMap<Subject, Attempt>,
}

impl Attempts {
    /// An edit may have cured what failed.
    pub(super) fn observe(&self, uid: &str, generation: Option<i64>) {
        let mut all = self.lock();
        if let Some(of) = all.get_mut(uid)
            && of.generation != generation
        {
            all.remove(uid);
        }
        all.entry(uid.to_owned()).or_default().generation = generation;
    }

    /// How often it failed in a row.
    pub(super) fn failures(&self, uid: &str, subject: &Subject) -> u32 {
        self.lock().get(uid).and_then(|of| of.failed.get(subject)).map_or(0, |attempt| attempt.failures)
    }

    /// Notes a failure and returns how many there were in a row. The next try may come after `first`, then after twice as
    /// long each time, up to `most`.
    pub(super) fn failed(&self, uid: &str, subject: Subject, first: Duration, most: Duration, now: Timestamp) -> u32 {
        let mut all = self.lock();
        let of = all.entry(uid.to_owned()).or_default();
        let failures = of.failed.get(&subject).map_or(0, |attempt| attempt.failures);
        let pause = cadence::jitter(cadence::backoff(failures, first, most), uid, u64::from(failures));
        of.failed.insert(subject, Attempt { failures: failures.saturating_add(1), not_before: now + pause });
        failures + 1
    }

    /// Notes that it went well.
    pub(super) fn succeeded(&self, uid: &str, subject: &Subject) {
        if let Some(of) = self.lock().get_mut(uid) {
            of.failed.remove(subject);
        }
    }

    /// Whether it may be tried now.
    pub(super) fn may_try(&self, uid: &str, subject: &Subject, now: Timestamp) -> bool {
        self.lock().get(uid).and_then(|of| of.failed.get(subject)).is_none_or(|attempt| attempt.not_before <= now)
    }

    /// How long until the next thing may be tried that may not be tried now.
    pub(super) fn next_try(&self, uid: &str, now: Timestamp) -> Option<Duration> {
        let all = self.lock();
        let later = all.get(uid)?.failed.values().map(|attempt| attempt.not_before).filter(|time| *time > now).min()?;
        Duration::try_from(later.duration_since(now)).ok()
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
