//! Polls the running tuning jobs of a region, once for all selections.
//!
//! A poll is one listing of the running jobs, with a page for each hundred, or one search for those of them that may
//! have ended. It is timed for when jobs are expected to end. Jobs that are no longer listed have changed: their
//! owners are woken and describe them. No job is polled individually, and nothing is polled while nothing runs.
//!
//! While events report ends ([`Observer::on_event`]), polls are only a safety net.

mod early;
mod poller;
mod regions;
mod running_jobs;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use parking_lot::{Mutex, MutexGuard};

use api::ModelSelection;
use decide::problem::Problem;
use early::EarlyEvents;
use platform::clock;
use platform::metrics::Metrics;
use poller::Poller;
pub use regions::{Pauses, Wake};
use regions::{Regions, WatchedRegion};
pub use running_jobs::{Change, RunningJob, Sighting};
use running_jobs::{EventEffect, Since};
use sagemaker::SageMaker;

/// The snapshots of all regions.
pub struct Observer {
    sagemaker: SageMaker,
    wake: Wake,
    pauses: Pauses,
    metrics: Arc<Metrics>,
    regions: Arc<Regions>,
    /// How long a region without jobs is kept.
    idle: Duration,
    /// Events of jobs that no selection tracks yet.
    early: Mutex<EarlyEvents>,
}

/// The outcome of an event, for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// The selections that track the job are woken.
    Woke,
    /// The job is tracked, and there is nothing to do.
    Noted,
    /// No selection tracks such a job.
    Unknown,
}

/// How long a region without jobs is kept.
const IDLE: Duration = Duration::from_secs(600);

impl Observer {
    /// An observer that sends the owners of changed jobs to `wake`.
    pub fn new(sagemaker: SageMaker, wake: Wake, pauses: Pauses, metrics: Arc<Metrics>) -> Self {
        Self { sagemaker, wake, pauses, metrics, regions: Arc::default(), early: Mutex::default(), idle: IDLE }
    }

    /// Registers the running jobs of `owner`, by region, and returns what is known about them. From now on the owner
    /// is woken when one of them changes; all other jobs of the owner are forgotten. Newly registered jobs may have
    /// ended already, and are polled soon.
    pub fn track(
        &self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &HashMap<&str, Vec<RunningJob<'_>>>,
    ) -> HashMap<String, Sighting> {
        self.track_since(owner, jobs, Since::Unknown)
    }

    /// The same for jobs that are known to run: the new ones were created or described just now.
    pub fn track_running(&self, owner: &ObjectRef<ModelSelection>, jobs: &HashMap<&str, Vec<RunningJob<'_>>>) {
        self.track_since(owner, jobs, Since::Now);
    }

    fn track_since(
        &self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &HashMap<&str, Vec<RunningJob<'_>>>,
        since: Since,
    ) -> HashMap<String, Sighting> {
        // Locked throughout: an event that arrives meanwhile either finds the jobs or is found.
        let mut early = self.early.lock();
        for region in jobs.iter().filter(|(_, jobs)| !jobs.is_empty()).map(|(region, _)| *region) {
            self.watch(region);
        }
        let mut sightings = HashMap::new();
        for (region, watched) in &*self.regions() {
            let jobs = jobs.get(region.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut snapshot = watched.snapshot();
            let before = snapshot.changes();
            sightings.extend(snapshot.track(owner, jobs, since, clock::steady()));
            for (name, change) in early.take(region, jobs) {
                self.wake(snapshot.on_event(&name, change, clock::steady()));
            }
            if snapshot.changes() != before {
                watched.changed.notify_one();
            }
        }
        sightings
    }

    /// Processes an event about the job `name`. An event is no proof: it wakes the selections that track the job,
    /// and these describe the job at `SageMaker`.
    pub fn on_event(&self, region: &str, name: &str, change: Change) -> EventOutcome {
        let mut early = self.early.lock();
        let effect = match self.regions().get(region) {
            None => EventEffect::UnknownJob,
            Some(watched) => {
                let effect = watched.snapshot().on_event(name, change, clock::steady());
                watched.changed.notify_one();
                effect
            }
        };
        if effect == EventEffect::UnknownJob {
            early.add(region, name, change);
        }
        self.wake(effect)
    }

    /// Records whether events can be received. While they cannot, the observer polls for ends.
    pub fn set_reading(&self, reading: bool) {
        self.regions.set_reading(reading);
    }

    fn wake(&self, effect: EventEffect) -> EventOutcome {
        match effect {
            EventEffect::Wake(owners) => {
                for owner in owners {
                    // The receiver lives as long as the controller; without it there is nothing to wake.
                    let _ = self.wake.send(owner);
                }
                EventOutcome::Woke
            }
            EventEffect::Nothing => EventOutcome::Noted,
            EventEffect::UnknownJob => EventOutcome::Unknown,
        }
    }

    /// Records that a job of `owner`, which had left the listing, was described and is running: if the next poll does
    /// not show it, that is reported again. Jobs that the operator did not create are in no listing.
    pub fn looked_at(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str) {
        if let Some(watched) = self.regions().get(region) {
            watched.snapshot().looked_at(owner, job);
            // If an event reported its end, it is polled once more soon.
            watched.changed.notify_one();
        }
    }

    /// Records the duration of a job of `owner` that ended by itself: similar jobs will take about as long.
    pub fn learn(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str, lasted: Duration) {
        if let Some(watched) = self.regions().get(region) {
            watched.snapshot().learn(owner, job, lasted, clock::steady());
        }
    }

    /// Forgets all jobs of `owner`.
    pub fn forget(&self, owner: &ObjectRef<ModelSelection>) {
        self.track(owner, &HashMap::new());
    }

    /// Why the jobs of `region` cannot be observed, if a person must act or if it lasts.
    pub fn problem(&self, region: &str) -> Option<Problem> {
        self.regions().get(region).and_then(|watched| watched.snapshot().problem())
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, Arc<WatchedRegion>>> {
        self.regions.lock()
    }

    fn watch(&self, region: &str) {
        let mut regions = self.regions();
        if !regions.contains_key(region) {
            let watched = Arc::new(WatchedRegion::default());
            let poller = Poller {
                region: self.sagemaker.region(region),
                watched: watched.clone(),
                wake: self.wake.clone(),
                pauses: self.pauses,
                metrics: self.metrics.clone(),
                idle: self.idle,
            };
            let all = self.regions.clone();
            tokio::spawn(async move { poller.poll_until_idle(&all).await });
            regions.insert(region.to_owned(), watched);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::leadership::Leadership;
    use sagemaker::Account;
    use tokio::sync::mpsc;

    /// An observer that makes no call, with its metrics and the owners that it wakes.
    async fn observer() -> (Observer, Arc<Metrics>, mpsc::UnboundedReceiver<ObjectRef<ModelSelection>>) {
        let account = Account::load(Some("us-west-2")).await;
        let sagemaker = SageMaker::new(account, None, Arc::default(), Leadership::default());
        let (wake, woken) = mpsc::unbounded_channel();
        let pauses = Pauses { min: Duration::from_secs(3_600), max: Duration::from_secs(3_600) };
        let metrics = Arc::<Metrics>::default();
        (Observer::new(sagemaker, wake, pauses, metrics.clone()), metrics, woken)
    }

    #[tokio::test]
    async fn an_event_that_is_faster_than_the_reconcile_that_created_its_job_wakes_the_owner() {
        let (observer, _, mut woken) = observer().await;
        let owner = ObjectRef::new("selection").within("default");
        let job = RunningJob { name: "ms-a", stopping: false, limit: None };
        let jobs = HashMap::from([("us-west-2", vec![job])]);
        assert_eq!(observer.on_event("us-west-2", "ms-a", Change::Ended), EventOutcome::Unknown);
        assert_eq!(observer.on_event("us-west-2", "ms-a", Change::Other), EventOutcome::Unknown);
        assert_eq!(observer.on_event("eu-west-1", "ms-b", Change::Ended), EventOutcome::Unknown);
        observer.track_running(&owner, &jobs);
        assert_eq!(woken.try_recv(), Ok(owner.clone()));
        let sightings = observer.track(&owner, &jobs);
        assert!(matches!(sightings["ms-a"], Sighting::Left(_)), "{sightings:?}");
        // It wakes once, however often it is repeated.
        assert_eq!(observer.on_event("us-west-2", "ms-a", Change::Ended), EventOutcome::Noted);
        assert!(woken.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_region_without_jobs_is_dropped() {
        let (observer, metrics, _woken) = observer().await;
        let observer = Observer { idle: Duration::from_millis(10), ..observer };
        let owner = ObjectRef::new("selection").within("default");
        let job = RunningJob { name: "ms-a", stopping: false, limit: None };
        observer.track_running(&owner, &HashMap::from([("us-west-2", vec![job])]));
        assert!(observer.regions().contains_key("us-west-2"));
        observer.forget(&owner);
        let dropped = async {
            while !observer.regions().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), dropped).await.expect("it is dropped");
        assert!(!metrics.encode().contains("us-west-2"));
    }
}
