//! Polls one region: waits until a poll is due, sends the request, and wakes the owners of changed jobs.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;

use super::regions::{Pauses, Regions, Wake, WatchedRegion};
use super::running_jobs::Request;
use api::ModelSelection;
use decide::job_name::JOB_NAME_PREFIX;
use decide::retry::pause;
use platform::clock;
use platform::metrics::Metrics;
use sagemaker::{Class, Region, TuningError};

/// The longest pause after a failed poll.
const RETRY_MOST: Duration = Duration::from_secs(60);
/// A poll that takes longer than this hangs, or waits for many retries.
const LONG: Duration = Duration::from_secs(60);
/// How long searches are disabled after one was denied.
const SEARCH_DENIED_PAUSE: Duration = Duration::from_secs(3_600);
/// If at least this many jobs have left the listing at once, one search for them is cheaper; fewer are described.
const SEARCH_MIN_JOBS: usize = 3;

/// Polls one region.
pub(super) struct Poller {
    pub(super) region: Region,
    pub(super) watched: Arc<WatchedRegion>,
    pub(super) wake: Wake,
    pub(super) pauses: Pauses,
    pub(super) metrics: Arc<Metrics>,
    /// How long it is kept without jobs.
    pub(super) idle: Duration,
}

impl Poller {
    /// Polls as long as jobs are tracked; then drops the region. A panic, which the log shows, does not end the polls:
    /// the jobs of all selections would run on unseen.
    pub(super) async fn poll_until_idle(&self, regions: &Regions) {
        while AssertUnwindSafe(self.sweep_while_needed(regions)).catch_unwind().await.is_err() {
            clock::sleep(RETRY_MOST).await;
        }
    }

    async fn sweep_while_needed(&self, regions: &Regions) {
        let (mut sweep, mut failures, mut tried) = (0_u64, 0_u32, clock::steady());
        loop {
            while self.watched.snapshot().is_empty() {
                // Nothing is polled or left to events, so the snapshot has no age.
                self.metrics.set_observation_age(self.region.name(), 0.0);
                self.metrics.events.drop_flow(self.region.name());
                let changed = tokio::time::timeout(self.idle, self.watched.changed.notified()).await;
                if changed.is_err() && self.drop_if_idle(regions) {
                    return;
                }
            }
            let Some(wait) = self.until_due(regions.reading(), sweep, failures, tried) else {
                (sweep, tried) = (sweep + 1, clock::steady());
                failures = self.sweep_showing_age(failures).await;
                continue;
            };
            // Jobs that are added or removed meanwhile change the time of the next poll.
            let _ = tokio::time::timeout(clock::real(wait), self.watched.changed.notified()).await;
        }
    }

    fn drop_if_idle(&self, regions: &Regions) -> bool {
        let mut regions = regions.lock();
        let idle = self.watched.snapshot().is_empty();
        if idle {
            regions.remove(self.region.name());
            self.metrics.drop_observation_age(self.region.name());
        }
        idle
    }

    /// The time until the next poll, if it is not due.
    fn until_due(&self, reading: bool, sweep: u64, failures: u32, tried: Timestamp) -> Option<Duration> {
        let Pauses { min, max } = self.pauses;
        let now = clock::steady();
        let (from, pause) = match failures {
            0 => self.watched.snapshot().next_sweep(self.pauses, reading, now),
            // After an outage, the pollers of all regions must not call at the same time.
            n => (tried, pause::jitter(pause::backoff(n, min, RETRY_MOST.min(max * 2)), self.region.name(), sweep)),
        };
        self.metrics.events.set_flow(self.region.name(), self.watched.snapshot().flows());
        Duration::try_from((from + pause).duration_since(now)).ok().filter(|wait| !wait.is_zero())
    }

    /// One poll. While it lasts unusually long, the metric shows that the snapshot gets older.
    async fn sweep_showing_age(&self, failures: u32) -> u32 {
        let mut sweep = pin!(self.sweep(failures));
        loop {
            match tokio::time::timeout(LONG, &mut sweep).await {
                Ok(failures) => return failures,
                Err(_) => self.show_age(),
            }
        }
    }

    /// One poll. Returns the number of consecutive failures.
    async fn sweep(&self, failures: u32) -> u32 {
        let started = clock::steady();
        let request = self.watched.snapshot().next_request(self.pauses.max, started);
        let searched = match request {
            Request::List => None,
            Request::Search(names) => self.search(&names, started).await,
        };
        let (concerned, failures) = match searched {
            Some(concerned) => (concerned, 0),
            None => self.list(started, failures).await,
        };
        for owner in concerned {
            // The receiver lives as long as the controller; without it there is nothing to wake.
            let _ = self.wake.send(owner);
        }
        self.show_age();
        failures
    }

    fn show_age(&self) {
        let age = self.watched.snapshot().age(clock::steady());
        self.metrics.set_observation_age(self.region.name(), age.as_secs_f64());
    }

    /// Searches for the jobs that have ended. `None` if searching is not possible.
    async fn search(&self, names: &[String], started: Timestamp) -> Option<Vec<ObjectRef<ModelSelection>>> {
        match self.region.ended_jobs(names).await {
            Ok(ended) => Some(self.watched.snapshot().searched(started, ended)),
            Err(error) => {
                self.put_off(&error, started);
                None
            }
        }
    }

    /// Lists the running jobs. Returns the owners to wake, and the number of consecutive failed listings.
    async fn list(&self, started: Timestamp, failures: u32) -> (Vec<ObjectRef<ModelSelection>>, u32) {
        let region = &self.region;
        let stopping = self.watched.snapshot().any_stopping();
        let answer = region.active_jobs(JOB_NAME_PREFIX, stopping).await;
        let failures = if answer.is_ok() { 0 } else { failures.saturating_add(1) };
        if let Err(error) = &answer {
            tracing::warn!(region = region.name(), %error, failures, "cannot list the running tuning jobs");
        }
        let concerned = self.watched.snapshot().listed(started, answer);
        let left = self.watched.snapshot().left_at(started);
        if left.len() >= SEARCH_MIN_JOBS {
            // The listing already wakes the owners.
            self.search(&left, started).await;
        }
        (concerned, failures)
    }

    /// Continues without searches for a while, as with a role that has no permission to search.
    fn put_off(&self, error: &TuningError, now: Timestamp) {
        let lasting = matches!(error.class, Class::Denied | Class::Invalid);
        let pause = if lasting { SEARCH_DENIED_PAUSE } else { self.pauses.max };
        let region = self.region.name();
        if self.watched.snapshot().put_off_search(now + pause, lasting) {
            tracing::warn!(region, %error, "cannot search for ended tuning jobs; each one is described");
        }
    }
}
