//! One view of all running tuning jobs of a region, shared by all selections.
//!
//! A sweep is one listing of the jobs that run, a page for each hundred, or one search for those among them that may have
//! ended. It comes when ends are expected. Jobs that are no longer listed have changed: their owners are woken and describe
//! them. Nobody asks job by job, and nobody asks at all while nothing runs.
//!
//! While events tell of ends ([`Observer::told`]), sweeps come only for safety.

mod early;
mod regions;
mod running_jobs;
mod sweeper;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use parking_lot::{Mutex, MutexGuard};

use api::ModelSelection;
use decide::problem::Problem;
use early::Early;
use platform::clock;
use platform::metrics::Metrics;
pub use regions::{Pauses, Wake};
use regions::{Regions, Watch};
pub use running_jobs::{Change, RunningJob, Sighting};
use running_jobs::{Since, Told};
use sagemaker::SageMaker;
use sweeper::Sweeper;

/// The views of all regions.
pub struct Observer {
    sagemaker: SageMaker,
    wake: Wake,
    pauses: Pauses,
    metrics: Arc<Metrics>,
    regions: Arc<Regions>,
    /// What events told of jobs before anybody followed them.
    early: Mutex<Early>,
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The selections that follow the job are woken.
    Woke,
    /// The job is followed, and nobody has to look at it.
    Noted,
    /// No such job is followed.
    Unknown,
}

impl Observer {
    /// An observer that sends the owners of changed jobs to `wake`.
    pub fn new(sagemaker: SageMaker, wake: Wake, pauses: Pauses, metrics: Arc<Metrics>) -> Self {
        Self { sagemaker, wake, pauses, metrics, regions: Arc::default(), early: Mutex::default() }
    }

    /// Says which jobs of `owner` run, by region, and returns what is known of them. From now on the owner is woken when one
    /// of them changes; all other jobs of it are forgotten. Jobs that are new may have ended, and are looked at soon.
    pub fn track(
        &self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &HashMap<&str, Vec<RunningJob<'_>>>,
    ) -> HashMap<String, Sighting> {
        self.track_since(owner, jobs, Since::Unknown)
    }

    /// The same of jobs that run, of which those that are new were created or described just now.
    pub fn track_running(&self, owner: &ObjectRef<ModelSelection>, jobs: &HashMap<&str, Vec<RunningJob<'_>>>) {
        self.track_since(owner, jobs, Since::Now);
    }

    fn track_since(
        &self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &HashMap<&str, Vec<RunningJob<'_>>>,
        since: Since,
    ) -> HashMap<String, Sighting> {
        // Held throughout: an event that comes meanwhile finds the jobs, or is found.
        let mut early = self.early.lock();
        for region in jobs.iter().filter(|(_, jobs)| !jobs.is_empty()).map(|(region, _)| *region) {
            self.watch(region);
        }
        let mut sightings = HashMap::new();
        for (region, watch) in &*self.regions() {
            let jobs = jobs.get(region.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut view = watch.view();
            let before = view.changes();
            sightings.extend(view.track(owner, jobs, since, clock::steady()));
            for (name, change) in early.take(region, jobs) {
                self.wake(view.told(&name, change, clock::steady()));
            }
            if view.changes() != before {
                watch.changed.notify_one();
            }
        }
        sightings
    }

    /// Takes in an event about the job `name`. An event is no proof: it wakes the selections that follow the job, and these ask
    /// `SageMaker`.
    pub fn told(&self, region: &str, name: &str, change: Change) -> Heard {
        let mut early = self.early.lock();
        let told = match self.regions().get(region) {
            None => Told::Unknown,
            Some(watch) => {
                watch.changed.notify_one();
                watch.view().told(name, change, clock::steady())
            }
        };
        if told == Told::Unknown {
            early.add(region, name, change);
        }
        self.wake(told)
    }

    /// Says whether events can be received. While they cannot, ends are looked for.
    pub fn set_reading(&self, reading: bool) {
        self.regions.set_reading(reading);
    }

    fn wake(&self, told: Told) -> Heard {
        match told {
            Told::New(owners) => {
                for owner in owners {
                    // The receiver lives as long as the controller; when it is gone there is nobody to wake.
                    let _ = self.wake.send(owner);
                }
                Heard::Woke
            }
            Told::Known => Heard::Noted,
            Told::Unknown => Heard::Unknown,
        }
    }

    /// Says that a job of `owner`, which was not among those that run, was looked at and runs: the next sweep tells of it
    /// again. Jobs that the operator did not make are in no listing.
    pub fn looked_at(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str) {
        if let Some(watch) = self.regions().get(region) {
            watch.view().looked_at(owner, job);
        }
    }

    /// Says how long a job of `owner` took that has come to its end by itself: others like it will take about as long.
    pub fn learn(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str, lasted: Duration) {
        if let Some(watch) = self.regions().get(region) {
            watch.view().learn(owner, job, lasted, clock::steady());
        }
    }

    /// Forgets all jobs of `owner`.
    pub fn forget(&self, owner: &ObjectRef<ModelSelection>) {
        self.track(owner, &HashMap::new());
    }

    /// Why the jobs of `region` cannot be observed, when a person must help or when it lasts.
    pub fn problem(&self, region: &str) -> Option<Problem> {
        self.regions().get(region).and_then(|watch| watch.view().problem())
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, Arc<Watch>>> {
        self.regions.lock()
    }

    fn watch(&self, region: &str) {
        let mut regions = self.regions();
        if !regions.contains_key(region) {
            let watch = Arc::new(Watch::default());
            let sweeper = Sweeper {
                region: self.sagemaker.region(region),
                watch: watch.clone(),
                wake: self.wake.clone(),
                pauses: self.pauses,
                metrics: self.metrics.clone(),
            };
            let (all, sagemaker) = (self.regions.clone(), self.sagemaker.clone());
            tokio::spawn(async move { sweeper.sweep_while_needed(&all, &sagemaker).await });
            regions.insert(region.to_owned(), watch);
        }
    }
}
