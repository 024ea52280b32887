//! One view of all running tuning jobs of a region, shared by all selections.
//!
//! A sweep is one listing of the jobs that run, a page for each hundred. Jobs that are no longer in it have changed:
//! their owners are woken and describe them. Nobody asks job by job, and nobody asks at all while nothing runs.

mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use tokio::sync::{Notify, mpsc};

use api::ModelSelection;
use decide::cadence;
use decide::identity::JOB_NAME_PREFIX;
use platform::clock;
use sagemaker::{SageMaker, TuningError};
pub use view::Sighting;
use view::View;

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
    regions: Mutex<HashMap<String, Arc<Watch>>>,
}

#[derive(Default)]
struct Watch {
    view: Mutex<View>,
    changed: Notify,
}

impl Observer {
    /// An observer that sends the owners of changed jobs to `wake`.
    pub fn new(sagemaker: SageMaker, wake: Wake, pauses: Pauses) -> Self {
        Self { sagemaker, wake, pauses, regions: Mutex::default() }
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
            sightings.extend(watch.view().track(owner, jobs, clock::now()));
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

    /// Why the last sweep of `region` failed, if it did.
    pub fn fault(&self, region: &str) -> Option<TuningError> {
        self.regions().get(region).and_then(|watch| watch.view().fault.clone())
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, Arc<Watch>>> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, region: &str) {
        let mut regions = self.regions();
        if !regions.contains_key(region) {
            let watch = Arc::new(Watch::default());
            tokio::spawn(sweep_forever(self.sagemaker.region(region), watch.clone(), self.wake.clone(), self.pauses));
            regions.insert(region.to_owned(), watch);
        }
    }
}

impl Watch {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep_forever(region: sagemaker::Region, watch: Arc<Watch>, wake: Wake, pauses: Pauses) {
    let mut failures = 0_u32;
    for sweep in 0_u64.. {
        while watch.view().is_empty() {
            watch.changed.notified().await;
        }
        let pause = match failures {
            0 => {
                let view = watch.view();
                cadence::sweep_interval(view.typical_run(clock::now()), view.len(), pauses.min, pauses.max)
            }
            n => cadence::backoff(n, pauses.min, pauses.max * 2),
        };
        tokio::time::sleep(cadence::jitter(pause, region.name(), sweep)).await;
        if watch.view().is_empty() {
            // The last job has ended meanwhile.
            continue;
        }
        let stopping = watch.view().any_stopping();
        let started = clock::now();
        let answer = region.active_jobs(JOB_NAME_PREFIX, stopping).await;
        failures = if answer.is_ok() { 0 } else { failures.saturating_add(1) };
        if let Err(error) = &answer {
            tracing::warn!(region = region.name(), %error, failures, "cannot list the running tuning jobs");
        }
        for owner in watch.view().swept(started, answer) {
            // The receiver lives as long as the controller; when it is gone there is nobody to wake.
            let _ = wake.send(owner);
        }
    }
}
