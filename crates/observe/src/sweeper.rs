//! What sweeps one region: waits until it is time, asks, and wakes those whom the answer concerns.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use super::regions::{Pauses, Regions, Wake, Watch};
use super::running_jobs::Ask;
use api::ModelSelection;
use decide::cadence;
use decide::job_name::JOB_NAME_PREFIX;
use platform::clock;
use platform::metrics::Metrics;
use sagemaker::{Class, Region, SageMaker, TuningError};

/// How long a region without jobs is kept.
const IDLE: Duration = Duration::from_secs(600);
/// The longest pause after a sweep that has failed.
const RETRY_MOST: Duration = Duration::from_secs(60);
/// How long nothing is searched for after it was denied.
const DENIED: Duration = Duration::from_secs(3_600);
/// So many jobs that have left the listing at once are searched for; fewer are as well described.
const SEARCHED: usize = 3;

/// What sweeps one region.
pub(super) struct Sweeper {
    pub(super) region: Region,
    pub(super) watch: Arc<Watch>,
    pub(super) wake: Wake,
    pub(super) pauses: Pauses,
    pub(super) metrics: Arc<Metrics>,
}

impl Sweeper {
    /// Sweeps as long as jobs are tracked; then drops the region and its connections.
    pub(super) async fn sweep_while_needed(&self, regions: &Regions, sagemaker: &SageMaker) {
        let (mut sweep, mut failures, mut tried) = (0_u64, 0_u32, clock::steady());
        loop {
            while self.watch.view().is_empty() {
                // Nothing is asked for, so nothing grows old.
                self.metrics.set_observation_age(self.region.name(), 0.0);
                let changed = tokio::time::timeout(IDLE, self.watch.changed.notified()).await;
                if changed.is_err() && self.drop_if_idle(regions, sagemaker) {
                    return;
                }
            }
            let Some(wait) = self.until_due(regions.reading(), sweep, failures, tried) else {
                (sweep, tried) = (sweep + 1, clock::steady());
                failures = self.sweep(failures).await;
                continue;
            };
            // Jobs that come or go meanwhile change the time.
            let _ = tokio::time::timeout(clock::real(wait), self.watch.changed.notified()).await;
        }
    }

    fn drop_if_idle(&self, regions: &Regions, sagemaker: &SageMaker) -> bool {
        let mut regions = regions.lock();
        let idle = self.watch.view().is_empty();
        if idle {
            regions.remove(self.region.name());
            sagemaker.drop_region(self.region.name());
        }
        idle
    }

    /// How long until the next sweep, if it is not due.
    fn until_due(&self, reading: bool, sweep: u64, failures: u32, tried: Timestamp) -> Option<Duration> {
        let Pauses { min, max } = self.pauses;
        let now = clock::steady();
        let (from, pause) = match failures {
            0 => self.watch.view().next_sweep(self.pauses, reading, now),
            n => (tried, cadence::backoff(n, min, RETRY_MOST.min(max * 2))),
        };
        self.metrics.events.set_flow(self.region.name(), self.watch.view().flows());
        let due = from + cadence::jitter(pause, self.region.name(), sweep).min(pause.max(max).max(min));
        Duration::try_from(due.duration_since(now)).ok().filter(|wait| !wait.is_zero())
    }

    /// One sweep; returns how many have failed in a row.
    async fn sweep(&self, failures: u32) -> u32 {
        let started = clock::steady();
        let ask = self.watch.view().ask(self.pauses.max, started);
        let searched = match ask {
            Ask::List => None,
            Ask::Search(names) => self.search(&names, started).await,
        };
        let (concerned, failures) = match searched {
            Some(concerned) => (concerned, 0),
            None => self.list(started, failures).await,
        };
        for owner in concerned {
            // The receiver lives as long as the controller; when it is gone there is nobody to wake.
            let _ = self.wake.send(owner);
        }
        let age = self.watch.view().age(clock::steady());
        self.metrics.set_observation_age(self.region.name(), age.as_secs_f64());
        failures
    }

    /// Asks which of the jobs have ended. `None` if it cannot be searched.
    async fn search(&self, names: &[String], started: Timestamp) -> Option<Vec<ObjectRef<ModelSelection>>> {
        match self.region.ended_jobs(names).await {
            Ok(ended) => Some(self.watch.view().searched(started, ended)),
            Err(error) => {
                self.put_off(&error, started);
                None
            }
        }
    }

    /// Lists what runs; returns whom it concerns, and how many listings have failed in a row.
    async fn list(&self, started: Timestamp, failures: u32) -> (Vec<ObjectRef<ModelSelection>>, u32) {
        let region = &self.region;
        let stopping = self.watch.view().any_stopping();
        let answer = region.active_jobs(JOB_NAME_PREFIX, stopping).await;
        let failures = if answer.is_ok() { 0 } else { failures.saturating_add(1) };
        if let Err(error) = &answer {
            tracing::warn!(region = region.name(), %error, failures, "cannot list the running tuning jobs");
        }
        let concerned = self.watch.view().listed(started, answer);
        let left = self.watch.view().left_at(started);
        if left.len() >= SEARCHED {
            // Whoever is concerned is woken by the listing already.
            self.search(&left, started).await;
        }
        (concerned, failures)
    }

    /// Goes on without searching for a while, as a role without the right does all the time.
    fn put_off(&self, error: &TuningError, now: Timestamp) {
        let lasting = matches!(error.class, Class::Denied | Class::Invalid);
        let pause = if lasting { DENIED } else { self.pauses.max };
        let region = self.region.name();
        if self.watch.view().put_off_search(now + pause, lasting) {
            tracing::warn!(region, %error, "cannot search for ended tuning jobs; each one is described");
        }
    }
}
