//! Polls the running tuning jobs of a region, once for all selections.
//!
//! A poll is one listing of the running jobs, with a page for each hundred, or one search for those of them that may
//! have ended. It is timed for when jobs are expected to end. Jobs that are no longer listed have changed: their owners
//! are woken and describe them. No job is polled individually, and nothing is polled while nothing runs.

mod regions;
mod running_jobs;
mod sweeper;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use parking_lot::MutexGuard;

use api::ModelSelection;
use decide::problem::Problem;
use platform::clock;
use platform::metrics::Metrics;
pub use regions::{Pauses, Wake};
use regions::{Regions, Watch};
use running_jobs::Since;
pub use running_jobs::{RunningJob, Sighting};
use sagemaker::SageMaker;
use sweeper::Sweeper;

/// The snapshots of all regions.
pub struct Observer {
    sagemaker: SageMaker,
    wake: Wake,
    pauses: Pauses,
    metrics: Arc<Metrics>,
    regions: Arc<Regions>,
}

impl Observer {
    /// An observer that sends the owners of changed jobs to `wake`.
    pub fn new(sagemaker: SageMaker, wake: Wake, pauses: Pauses, metrics: Arc<Metrics>) -> Self {
        Self { sagemaker, wake, pauses, metrics, regions: Arc::default() }
    }

    /// Registers the running jobs of `owner`, by region, and returns what is known about them. From now on the owner is
    /// woken when one of them changes; all other jobs of the owner are forgotten. Newly registered jobs may have ended
    /// already, and are polled soon.
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
        for region in jobs.iter().filter(|(_, jobs)| !jobs.is_empty()).map(|(region, _)| *region) {
            self.watch(region);
        }
        let mut sightings = HashMap::new();
        for (region, watch) in &*self.regions() {
            let jobs = jobs.get(region.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut view = watch.view();
            let before = view.changes();
            sightings.extend(view.track(owner, jobs, since, clock::steady()));
            if view.changes() != before {
                watch.changed.notify_one();
            }
        }
        sightings
    }

    /// Records that a job of `owner`, which had left the listing, was described and is running: if the next poll does
    /// not show it, that is reported again. Jobs that the operator did not create are in no listing.
    pub fn looked_at(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str) {
        if let Some(watch) = self.regions().get(region) {
            watch.view().looked_at(owner, job);
        }
    }

    /// Records the duration of a job of `owner` that ended by itself: similar jobs will take about as long.
    pub fn learn(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str, lasted: Duration) {
        if let Some(watch) = self.regions().get(region) {
            watch.view().learn(owner, job, lasted, clock::steady());
        }
    }

    /// Forgets all jobs of `owner`.
    pub fn forget(&self, owner: &ObjectRef<ModelSelection>) {
        self.track(owner, &HashMap::new());
    }

    /// Why the jobs of `region` cannot be observed, if a person must act or if it lasts.
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
