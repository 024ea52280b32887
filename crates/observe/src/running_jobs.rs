//! What the sweeps of one region have shown: no I/O.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use api::{ModelSelection, Reason};
use decide::problem::Problem;
use sagemaker::{ActiveJob, TuningError};

/// What the last sweep showed of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// No sweep has looked for it yet.
    Unseen,
    /// It runs.
    Running(ActiveJob),
    /// It is not among those that run, and has not been since that time: it has ended, or the listing lags behind. A
    /// Describe tells.
    Left(Timestamp),
}

struct Tracked {
    since: Timestamp,
    sighting: Sighting,
    stopping: bool,
}

/// The tracked jobs of one region.
#[derive(Default)]
pub(super) struct View {
    /// By owner and name: two selections may follow one job that neither has made.
    jobs: HashMap<(ObjectRef<ModelSelection>, String), Tracked>,
    /// How long the last jobs took; the newest counts for an eighth.
    typical: Option<Duration>,
    /// Why the last sweep failed, if it did.
    fault: Option<TuningError>,
    /// When SageMaker was last asked with success, or the first job was tracked.
    answered: Option<Timestamp>,
    /// The fault by which the view has become stale.
    stale: Option<TuningError>,
}

/// Older than this, the view is stale: some sweeps have failed in a row.
const STALE: Duration = Duration::from_secs(120);

impl View {
    /// Sets the jobs of `owner` and returns what is known of them.
    pub(super) fn track(
        &mut self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &[(&str, bool)],
        now: Timestamp,
    ) -> HashMap<String, Sighting> {
        let ended: Vec<_> = self
            .jobs
            .keys()
            .filter(|(of, name)| of == owner && !jobs.iter().any(|(wanted, _)| wanted == name))
            .cloned()
            .collect();
        for job in ended.iter().filter_map(|key| self.jobs.remove(key)) {
            let lasted = age(job.since, now);
            self.typical = Some(self.typical.map_or(lasted, |typical| (typical * 7 + lasted) / 8));
        }
        if self.jobs.is_empty() {
            // Nothing is listed any more, so the end of the fault would not be seen.
            (self.fault, self.stale, self.answered) = (None, None, None);
        }
        if !jobs.is_empty() {
            self.answered.get_or_insert(now);
        }
        jobs.iter()
            .map(|&(name, stopping)| {
                let fresh = || Tracked { since: now, sighting: Sighting::Unseen, stopping };
                let job = self.jobs.entry((owner.clone(), name.to_owned())).or_insert_with(fresh);
                job.stopping = stopping;
                (name.to_owned(), job.sighting)
            })
            .collect()
    }

    /// What was seen of a job is dealt with: it has not left.
    pub(super) fn looked_at(&mut self, owner: &ObjectRef<ModelSelection>, job: &str) {
        if let Some(job) = self.jobs.get_mut(&(owner.clone(), job.to_owned())) {
            job.sighting = Sighting::Unseen;
        }
    }

    /// Takes in a sweep that began at `started`, and returns whom it concerns.
    pub(super) fn swept(
        &mut self,
        started: Timestamp,
        answer: Result<HashMap<String, ActiveJob>, TuningError>,
    ) -> Vec<ObjectRef<ModelSelection>> {
        let active = match answer {
            Ok(active) => active,
            Err(error) => {
                let known = self.fault.as_ref().is_some_and(|before| before.class == error.class);
                let mut is_new = !known && error.class.reason().needs_person();
                if self.stale.is_none() && self.age(started) >= STALE {
                    self.stale = Some(error.clone());
                    is_new = true;
                }
                self.fault = Some(error);
                return if is_new { self.owners(|_| true) } else { Vec::new() };
            }
        };
        self.answered = Some(started);
        let recovered = self.fault.take().is_some_and(|error| error.class.reason().needs_person());
        let recovered = self.stale.take().is_some() || recovered;
        let mut changed = BTreeSet::new();
        for ((owner, name), job) in &mut self.jobs {
            let sighting = match active.get(name) {
                Some(active) => Sighting::Running(*active),
                // A job that was tracked only after the listing began may be missing from it.
                None if job.since >= started => continue,
                None => match job.sighting {
                    left @ Sighting::Left(_) => left,
                    Sighting::Unseen | Sighting::Running(_) => Sighting::Left(started),
                },
            };
            // One that has left is reported at every poll, until its owner has described it.
            if sighting != job.sighting || matches!(sighting, Sighting::Left(_)) {
                job.sighting = sighting;
                changed.insert(owner.to_string());
            }
        }
        self.owners(|owner| recovered || changed.contains(&owner.to_string()))
    }

    /// How old the view is: how long ago SageMaker was asked with success.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| age(answered, now))
    }

    /// Why the tracked jobs cannot be observed, when a person must help or when it lasts.
    pub(super) fn problem(&self) -> Option<Problem> {
        let lasting = self.fault.as_ref().filter(|fault| fault.class.reason().needs_person());
        if let Some(fault) = lasting {
            return Some(Problem::new(fault.class.reason(), fault.explain()));
        }
        let fault = self.stale.as_ref()?;
        let minutes = STALE.as_secs() / 60;
        let message = format!(
            "SageMaker has not shown the running tuning jobs for more than {minutes} minutes, so this status may be out of \
             date ({fault}); the operator keeps asking"
        );
        Some(Problem::new(Reason::ObservationStale, message))
    }

    /// Whether nothing is tracked.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Whether a job is being stopped, so that the jobs that are must be listed too.
    pub(super) fn any_stopping(&self) -> bool {
        self.jobs.values().any(|job| job.stopping)
    }

    /// How many jobs are tracked.
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// How long a run takes, as far as it is known: what the last ones took, or the age of the oldest if it is older yet.
    pub(super) fn typical_run(&self, now: Timestamp) -> Duration {
        let oldest = self.jobs.values().map(|job| age(job.since, now)).max().unwrap_or_default();
        self.typical.unwrap_or_default().max(oldest)
    }

    fn owners(&self, concerned: impl Fn(&ObjectRef<ModelSelection>) -> bool) -> Vec<ObjectRef<ModelSelection>> {
        let mut owners: Vec<ObjectRef<ModelSelection>> = Vec::new();
        for (owner, _) in self.jobs.keys().filter(|(owner, _)| concerned(owner)) {
            if !owners.contains(owner) {
                owners.push(owner.clone());
            }
        }
        owners
    }
}

fn age(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::TrainingJobCounts;
    use decide::observation::JobStatus;
    use sagemaker::Class;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn owner(name: &str) -> ObjectRef<ModelSelection> {
        ObjectRef::new(name).within("ns")
    }

    fn running(completed: i32) -> ActiveJob {
        let training_jobs = TrainingJobCounts { completed, ..Default::default() };
        ActiveJob { status: JobStatus::InProgress, training_jobs }
    }

    #[allow(clippy::unnecessary_wraps)] // as the service answers
    fn listing(jobs: &[(&str, ActiveJob)]) -> Result<HashMap<String, ActiveJob>, TuningError> {
        Ok(jobs.iter().map(|(name, job)| ((*name).to_owned(), *job)).collect())
    }

    #[test]
    fn owners_are_woken_when_a_job_changes_and_only_then() {
        let mut view = View::default();
        view.track(&owner("a"), &[("ms-1", false), ("ms-2", false)], at(0));
        view.track(&owner("b"), &[("ms-3", false)], at(0));
        let all = [("ms-1", running(0)), ("ms-2", running(0)), ("ms-3", running(0))];
        assert_eq!(view.swept(at(1), listing(&all)).len(), 2);
        assert_eq!(view.swept(at(2), listing(&all)), []);
        assert_eq!(
            view.swept(at(3), listing(&[("ms-1", running(0)), ("ms-3", running(1)), ("ms-2", running(0))])),
            [owner("b")]
        );
        assert_eq!(view.swept(at(4), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
        assert_eq!(view.track(&owner("a"), &[("ms-1", false), ("ms-2", false)], at(5))["ms-2"], Sighting::Left(at(4)));
        // Nobody described it yet: the owner is woken again.
        assert_eq!(view.swept(at(6), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
        // It was described, and runs: nothing is to be done until the next sweep.
        view.looked_at(&owner("a"), "ms-2");
        assert_eq!(view.track(&owner("a"), &[("ms-1", false), ("ms-2", false)], at(6))["ms-2"], Sighting::Unseen);
        assert_eq!(view.swept(at(7), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
        view.track(&owner("a"), &[("ms-1", false)], at(7));
        assert_eq!(view.swept(at(8), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), []);
        assert_eq!(view.typical_run(at(9)).as_secs(), 9); // the oldest is older than what ended took
        view.track(&owner("a"), &[], at(9));
        view.track(&owner("b"), &[], at(9));
        assert_eq!(view.typical_run(at(9)).as_secs(), 7);
    }

    #[test]
    fn a_job_younger_than_the_listing_has_not_left() {
        let mut view = View::default();
        view.track(&owner("a"), &[("ms-1", false)], at(5));
        assert_eq!(view.swept(at(4), listing(&[])), []);
        assert_eq!(view.track(&owner("a"), &[("ms-1", false)], at(6))["ms-1"], Sighting::Unseen);
    }

    #[test]
    fn trouble_that_needs_a_person_is_reported_once_and_so_is_its_end() {
        let mut view = View::default();
        view.track(&owner("a"), &[("ms-1", false)], at(0));
        let denied =
            || Err(TuningError { class: Class::Denied, operation: "List", code: None, message: String::new() });
        let away =
            || Err(TuningError { class: Class::Transient, operation: "List", code: None, message: String::new() });
        view.swept(at(1), listing(&[("ms-1", running(0))]));
        assert_eq!(view.swept(at(2), away()), []);
        assert_eq!(view.swept(at(3), denied()), [owner("a")]);
        assert_eq!(view.swept(at(4), denied()), []);
        assert_eq!(view.swept(at(5), listing(&[("ms-1", running(0))])), [owner("a")]);
        assert_eq!(view.problem(), None);
    }

    #[test]
    fn a_view_that_is_two_minutes_old_is_stale_until_an_answer_comes() {
        let mut view = View::default();
        view.track(&owner("a"), &[("ms-1", false)], at(0));
        let away = || {
            let message = "connection refused".to_owned();
            Err(TuningError { class: Class::Transient, operation: "List", code: None, message })
        };
        view.swept(at(10), listing(&[("ms-1", running(0))]));
        assert_eq!(view.swept(at(129), away()), []);
        assert_eq!(view.problem(), None);
        assert_eq!(view.swept(at(130), away()), [owner("a")]);
        assert_eq!(view.swept(at(200), away()), [], "it is said once");
        let problem = view.problem().unwrap();
        assert_eq!((problem.reason, view.age(at(200)).as_secs()), (Reason::ObservationStale, 190));
        assert!(problem.message.contains("List failed: connection refused"), "{}", problem.message);
        assert_eq!(view.swept(at(210), listing(&[("ms-1", running(0))])), [owner("a")]);
        assert_eq!(view.problem(), None);
    }
}
