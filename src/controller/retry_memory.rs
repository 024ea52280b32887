//! The retry memory: when a failed task may be tried again. A restart tries everything again at once.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use decide::absence::{Absence, Unseen};
use decide::fault::Class;
use decide::problem::Problem;
use decide::retry::{Outcome, Task, backoff, pause};

/// Consecutive failures of a task. All times are from the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    /// Their number.
    pub(super) times: u32,
    /// When the first one occurred.
    pub(super) since: Timestamp,
    /// When the last was.
    pub(super) last: Timestamp,
    /// How many of them were faults, and not responses that something is pending.
    faults: u32,
    /// Those of them that were responses without the object. Without a response, nothing is known of it.
    unseen: Unseen,
    /// Earliest time of the next try.
    pub(super) not_before: Timestamp,
}

/// The failures of each selection, by uid; a new generation starts without any.
pub(super) struct Retries {
    /// The consistency window: how long SageMaker's responses may contradict each other.
    window: Duration,
    all: Mutex<HashMap<String, OfSelection>>,
}

#[derive(Default)]
struct OfSelection {
    generation: Option<i64>,
    /// When this process first saw that generation.
    seen_at: Option<Timestamp>,
    failing: HashMap<Task, Failures>,
    /// Why some of them fail, if the user must act and no run shows it.
    problems: HashMap<Task, Problem>,
}

impl Retries {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, all: Mutex::default() }
    }

    /// Records the current generation. Forgets the failures if it has changed: an edit may have fixed the cause.
    pub(super) fn note_generation(&self, uid: &str, generation: Option<i64>, now: Timestamp) {
        let mut all = self.all.lock();
        if let Some(of) = all.get_mut(uid)
            && of.generation != generation
        {
            all.remove(uid);
        }
        let of = all.entry(uid.to_owned()).or_default();
        of.generation = generation;
        of.seen_at.get_or_insert(now);
    }

    /// When this process first saw the current generation.
    pub(super) fn generation_seen_at(&self, uid: &str) -> Option<Timestamp> {
        self.all.lock().get(uid)?.seen_at
    }

    /// Records that a task has not succeeded, and returns its consecutive failures. See [`backoff`] for the pauses.
    pub(super) fn failed(&self, uid: &str, task: Task, outcome: Outcome, now: Timestamp) -> Failures {
        let mut all = self.all.lock();
        let of = all.entry(uid.to_owned()).or_default();
        let before = of.failing.get(&task);
        // Not a new try: the response of the last one was cached.
        if let Some(failures) = before.filter(|failures| now < failures.not_before) {
            return *failures;
        }
        let (times, faults) = before.map_or((0, 0), |failures| (failures.times, failures.faults));
        let pending = outcome == Outcome::Pending;
        let pauses = backoff(&task, outcome, self.window);
        // Pending responses do not make the pause after a fault longer.
        let doubled = if pending { times } else { faults };
        let pause = pause::jitter(pause::backoff(doubled, pauses.first, pauses.most), uid, u64::from(times));
        let since = before.map_or(now, |failures| failures.since);
        let faults = faults.saturating_add(u32::from(!pending));
        let mut unseen = before.map(|failures| failures.unseen).unwrap_or_default();
        if outcome == Outcome::Fault(Class::NotFound) {
            unseen.again(now);
        }
        let times = times.saturating_add(1);
        let failures = Failures { times, faults, unseen, since, last: now, not_before: now + pause };
        of.failing.insert(task, failures);
        failures
    }

    /// Records that a task has succeeded.
    pub(super) fn succeeded(&self, uid: &str, task: &Task) {
        if let Some(of) = self.all.lock().get_mut(uid) {
            of.failing.remove(task);
            of.problems.remove(task);
        }
    }

    /// Records why a task fails, if the user must act.
    pub(super) fn note_problem(&self, uid: &str, task: &Task, problem: Option<Problem>) {
        let mut all = self.all.lock();
        let problems = &mut all.entry(uid.to_owned()).or_default().problems;
        match problem.filter(|problem| problem.reason.needs_person()) {
            Some(problem) => drop(problems.insert(task.clone(), problem)),
            None => drop(problems.remove(task)),
        }
    }

    /// Why a task fails, if the user must act.
    pub(super) fn problem(&self, uid: &str, task: &Task) -> Option<Problem> {
        self.all.lock().get(uid)?.problems.get(task).cloned()
    }

    /// Whether a task may be tried now.
    pub(super) fn may_try(&self, uid: &str, task: &Task, now: Timestamp) -> bool {
        self.failures(uid, task).is_none_or(|failures| failures.not_before <= now)
    }

    /// The time until the next pass, after one that failed. An edit, or a deletion, is not delayed: it changes the
    /// generation.
    pub(super) fn pause(&self, uid: &str, generation: Option<i64>, now: Timestamp) -> Option<Duration> {
        let all = self.all.lock();
        let of = all.get(uid).filter(|of| of.generation == generation)?;
        let pause = of.failing.get(&Task::Reconcile)?.not_before.duration_since(now);
        Duration::try_from(pause).ok().filter(|pause| !pause.is_zero())
    }

    /// The consecutive failures of a task, if it has failed.
    pub(super) fn failures(&self, uid: &str, task: &Task) -> Option<Failures> {
        self.all.lock().get(uid)?.failing.get(task).copied()
    }

    /// The time until the next task may be tried that was not allowed at `started`, when the pass began. A task that
    /// has become due since then was not tried in this pass either, and is due at once.
    pub(super) fn next_try(&self, uid: &str, started: Timestamp, now: Timestamp) -> Option<Duration> {
        let all = self.all.lock();
        let later = all.get(uid)?.failing.values().map(|failures| failures.not_before).filter(|time| *time > started);
        let pause = later.min()?.duration_since(now);
        Some(Duration::try_from(pause).unwrap_or_default())
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.all.lock().remove(uid);
    }
}

impl Failures {
    /// The time since the first failure.
    pub(super) fn lasting(self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.since)).unwrap_or_default()
    }

    /// The responses without the object.
    pub(super) fn absence(self, now: Timestamp) -> Absence {
        self.unseen.until(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_pass_delays_the_next_one_unless_the_selection_was_edited() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let retries = Retries::new(Duration::from_secs(300));
        retries.note_generation("u", Some(1), at(0));
        assert_eq!(retries.pause("u", Some(1), at(0)), None);
        let failures = retries.failed("u", Task::Reconcile, Outcome::Refused, at(0));
        let pause = Duration::try_from(failures.not_before.duration_since(at(0))).ok();
        assert_eq!(retries.pause("u", Some(1), at(0)), pause);
        assert_eq!(retries.pause("u", Some(1), failures.not_before), None);
        assert_eq!(retries.pause("u", Some(2), at(0)), None);
        retries.note_generation("u", Some(2), at(9));
        assert_eq!(retries.failures("u", &Task::Reconcile), None, "a deletion is an edit too");
    }

    #[test]
    fn only_responses_without_the_object_count_as_its_absence() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let retries = Retries::new(Duration::from_secs(300));
        let find = || Task::Find("ms-a".to_owned());
        for second in [0, 100, 200] {
            retries.failed("u", find(), Outcome::Fault(Class::Transient), at(second));
        }
        let failures = retries.failed("u", find(), Outcome::Fault(Class::NotFound), at(300));
        assert_eq!(failures.times, 4);
        assert_eq!(failures.absence(at(310)), Absence { answers: 1, lasting: Duration::from_secs(10) });
    }
}
