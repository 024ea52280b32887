//! One view of all running tuning jobs of a region, shared by all selections.
//!
//! A sweep is one listing of the jobs that run, a page for each hundred. Jobs that are no longer in it have changed:
//! their owners are woken and describe them. Nobody asks job by job, and nobody asks at all while nothing runs.

mod running_jobs;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, mpsc};

use api::ModelSelection;
use decide::cadence;
use decide::job_name::JOB_NAME_PREFIX;
use decide::problem::Problem;
use platform::clock;
use platform::metrics::Metrics;
pub use running_jobs::Sighting;
use running_jobs::View;
use sagemaker::{Region, SageMaker};

/// Wakes a selection: its next reconcile comes at once.
pub type Wake = mpsc::UnboundedSender<ObjectRef<ModelSelection>>;

/// The shortest and the longest pause between two sweeps.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

/// The views of all regions.
pub struct Observer {
    sagemaker: SageMaker,
    wake: Wake,
    pauses: Pauses,
    metrics: Arc<Metrics>,
    regions: Arc<Regions>,
}

/// The watched regions. One without jobs for a while is dropped.
#[derive(Default)]
struct Regions(Mutex<HashMap<String, Arc<Watch>>>);

/// How long a region without jobs is kept.
const IDLE: Duration = Duration::from_secs(600);

#[derive(Default)]
struct Watch {
    view: Mutex<View>,
    changed: Notify,
}

impl Observer {
    /// An observer that sends the owners of changed jobs to `wake`.
    pub fn new(sagemaker: SageMaker, wake: Wake, pauses: Pauses, metrics: Arc<Metrics>) -> Self {
        Self { sagemaker, wake, pauses, metrics, regions: Arc::default() }
    }

    /// Says which jobs of `owner` run, by region, and whether each is being stopped. Returns what is known of them. From now
    /// on the owner is woken when one of them changes; all other jobs of it are forgotten.
    pub fn track(
        &self,
        owner: &ObjectRef<ModelSelection>,
        jobs: &HashMap<&str, Vec<(&str, bool)>>,
    ) -> HashMap<String, Sighting> {
        for region in jobs.iter().filter(|(_, jobs)| !jobs.is_empty()).map(|(region, _)| *region) {
            self.watch(region);
        }
        let mut sightings = HashMap::new();
        for (region, watch) in &*self.regions() {
            let jobs = jobs.get(region.as_str()).map(Vec::as_slice).unwrap_or_default();
            sightings.extend(watch.view().track(owner, jobs, clock::steady()));
            watch.changed.notify_one();
        }
        sightings
    }

    /// Says that a job of `owner`, which was not among those that run, was looked at and runs: the next sweep tells of it
    /// again. Jobs that the operator did not make are in no sweep.
    pub fn looked_at(&self, region: &str, owner: &ObjectRef<ModelSelection>, job: &str) {
        if let Some(watch) = self.regions().get(region) {
            watch.view().looked_at(owner, job);
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
        self.regions.0.lock()
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

impl Watch {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock()
    }
}

/// What sweeps one region.
struct Sweeper {
    region: Region,
    watch: Arc<Watch>,
    wake: Wake,
    pauses: Pauses,
    metrics: Arc<Metrics>,
}

impl Sweeper {
    /// Sweeps as long as jobs are tracked; then drops the region and its connections.
    async fn sweep_while_needed(&self, regions: &Regions, sagemaker: &SageMaker) {
        let mut failures = 0_u32;
        for sweep in 0_u64.. {
            while self.watch.view().is_empty() {
                // Nothing is asked for, so nothing grows old.
                self.metrics.set_observation_age(self.region.name(), 0.0);
                let changed = tokio::time::timeout(IDLE, self.watch.changed.notified()).await;
                if changed.is_err() && self.drop_if_idle(regions, sagemaker) {
                    return;
                }
            }
            tokio::time::sleep(cadence::jitter(self.pause(failures), self.region.name(), sweep)).await;
            // The last job may have ended meanwhile.
            if !self.watch.view().is_empty() {
                failures = self.sweep(failures).await;
            }
        }
    }

    fn drop_if_idle(&self, regions: &Regions, sagemaker: &SageMaker) -> bool {
        let mut regions = regions.0.lock();
        let idle = self.watch.view().is_empty();
        if idle {
            regions.remove(self.region.name());
            sagemaker.drop_region(self.region.name());
        }
        idle
    }

    fn pause(&self, failures: u32) -> Duration {
        let Pauses { min, max } = self.pauses;
        match failures {
            0 => {
                let view = self.watch.view();
                cadence::sweep_interval(view.typical_run(clock::steady()), view.len(), min, max)
            }
            n => cadence::backoff(n, min, max * 2),
        }
    }

    /// One sweep; returns how many have failed in a row.
    async fn sweep(&self, failures: u32) -> u32 {
        let (region, watch) = (&self.region, &self.watch);
        let stopping = watch.view().any_stopping();
        let started = clock::steady();
        let answer = region.active_jobs(JOB_NAME_PREFIX, stopping).await;
        let failures = if answer.is_ok() { 0 } else { failures.saturating_add(1) };
        if let Err(error) = &answer {
            tracing::warn!(region = region.name(), %error, failures, "cannot list the running tuning jobs");
        }
        for owner in watch.view().swept(started, answer) {
            // The receiver lives as long as the controller; when it is gone there is nobody to wake.
            let _ = self.wake.send(owner);
        }
        let age = watch.view().age(clock::steady());
        self.metrics.set_observation_age(region.name(), age.as_secs_f64());
        failures
    }
}
