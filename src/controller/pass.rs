//! One pass over one selection: the state that all its steps share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Resource as _, ResourceExt as _};
use parking_lot::{Mutex, MutexGuard};

use super::cache::Cache;
use super::concurrency_limiter::{Claimant, Pool};
use super::context::Context;
use super::retry_memory::Failures;
use api::{ModelSelection, ModelSelectionSpec, ModelSelectionStatus, RunState, RunStatus, SuspendPolicy};
use decide::absence::Absence;
use decide::derived::{Derivations, Expressions};
use decide::fault::Class;
use decide::identity::Identity;
use decide::retry::{Outcome, Task};
use observe::{RunningJob, Sighting};
use platform::clock;
use sagemaker::Region;

/// Consecutive responses that are believed when they say that a job is another's, or that one that a candidate names is
/// not there.
pub(super) const BELIEVED_ANSWERS: u32 = 3;

/// A pass over a selection.
pub(super) struct Pass<'a> {
    pub(super) ctx: &'a Context,
    /// The newest known version of the selection.
    pub(super) selection: Arc<ModelSelection>,
    pub(super) object: ObjectRef<ModelSelection>,
    pub(super) uid: String,
    pub(super) region: Region,
    /// The selection as the limiter knows it.
    pub(super) claimant: Claimant,
    /// When the pass began, by the monotonic clock.
    pub(super) started: Timestamp,
    /// The resource version of a status that another client wrote: everything in it is verified with SageMaker.
    unverified: Option<u64>,
    expressions: Expressions,
    cache: Mutex<Cache>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(ctx: &'a Context, selection: Arc<ModelSelection>, region: &str, unverified: Option<u64>) -> Self {
        let cache = ctx.caches.take(&selection);
        Self {
            expressions: cache.expressions.clone(),
            cache: Mutex::new(cache),
            ctx,
            object: ObjectRef::from_obj(&*selection),
            uid: selection.uid().unwrap_or_default(),
            region: ctx.sagemaker.region(region),
            claimant: Claimant::of(&selection, region),
            started: clock::steady(),
            unverified,
            selection,
        }
    }

    /// The quota pool of a job that trains on `instance_type`.
    pub(super) fn pool(&self, instance_type: &str) -> Pool {
        Pool { region: self.claimant.region.clone(), instance_type: instance_type.to_owned() }
    }

    /// Values that earlier passes have computed.
    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock()
    }

    /// Whether the status is trusted only where SageMaker confirms it.
    pub(super) fn is_unverified(&self) -> bool {
        self.unverified.is_some()
    }

    /// Ends a pass that succeeded. Computed values are kept for the next pass, unless the selection is complete.
    pub(super) fn end(self, complete: bool) {
        if let Some(version) = self.unverified {
            self.ctx.writers.verified(&self.uid, version);
        }
        if !complete {
            self.ctx.caches.put_back(&self.uid, self.cache.into_inner());
        }
    }

    /// The derived metrics of `spec`, which is the selection's spec plus the candidates that the selectors have found.
    pub(super) fn derivations<'s>(&self, spec: &'s ModelSelectionSpec) -> Derivations<'s> {
        Derivations::with(spec, self.expressions.clone())
    }

    /// The generation that the pass works on.
    pub(super) fn generation(&self) -> Option<i64> {
        self.selection.metadata.generation
    }

    /// The identity of a run's tuning job.
    pub(super) fn identity<'r>(&'r self, run: &'r RunStatus) -> Identity<'r> {
        Identity::of_run(&self.ctx.settings.scope, &self.selection, run)
    }

    /// Whether the jobs of the selection are to be stopped.
    pub(super) fn stops(&self) -> bool {
        self.selection.spec.suspend && self.selection.spec.suspend_policy == SuspendPolicy::Stop
    }

    /// Whether the selection was edited or deleted after the pass had begun.
    pub(super) fn is_outdated(&self) -> bool {
        let watched = self.ctx.stores.get(&self.object);
        watched.is_none_or(|watched| outdates(watched.meta(), &self.selection.metadata))
    }

    /// Whether a task may be tried now.
    pub(super) fn may_try(&self, task: &Task) -> bool {
        self.ctx.retries.may_try(&self.uid, task, clock::steady())
    }

    /// Whether the run may be resolved and created now: neither step is waiting for a retry.
    pub(super) fn may_start(&self, run: &RunStatus) -> bool {
        self.may_try(&Task::resolve_request(run)) && self.may_try(&Task::create(run))
    }

    /// Records that a task has not succeeded; see [`super::retry_memory::Retries::failed`].
    pub(super) fn failed(&self, task: Task, outcome: Outcome) -> Failures {
        self.ctx.retries.failed(&self.uid, task, outcome, clock::steady())
    }

    /// When a task failed last.
    pub(super) fn tried(&self, task: &Task) -> Timestamp {
        self.ctx.retries.failures(&self.uid, task).map_or(Timestamp::MIN, |failures| failures.last)
    }

    /// Records that a task has succeeded.
    pub(super) fn succeeded(&self, task: &Task) {
        self.ctx.retries.succeeded(&self.uid, task);
    }

    /// Records a response whose tags say that the job belongs to another owner. Returns whether that counts: after
    /// [`BELIEVED_ANSWERS`] consecutive responses. A single response may be about another job.
    pub(super) fn note_foreign_answer(&self, job: &str) -> bool {
        let failures = self.failed(Task::Prove(job.to_owned()), Outcome::Fault(Class::NotFound));
        failures.times >= BELIEVED_ANSWERS
    }

    /// Whether something that these responses did not show counts as missing.
    pub(super) fn is_missing(&self, failures: Failures) -> bool {
        let absence: Absence = failures.absence(clock::steady());
        absence.is_certain(self.ctx.settings.consistency_window)
    }

    /// Registers the running jobs with the poller, which wakes the selection when one of them changes. Returns what the
    /// last polls saw of them.
    pub(super) fn track(&self, status: &ModelSelectionStatus) -> HashMap<String, Sighting> {
        self.ctx.observer.track(&self.object, &self.running_jobs(status))
    }

    /// The same at the end of the pass, when all of them were created or updated.
    pub(super) fn track_running(&self, status: &ModelSelectionStatus) {
        self.ctx.observer.track_running(&self.object, &self.running_jobs(status));
    }

    fn running_jobs<'s>(&'s self, status: &'s ModelSelectionStatus) -> HashMap<&'s str, Vec<RunningJob<'s>>> {
        let limit = self.selection.spec.tuning.max_runtime_seconds.and_then(|limit| u64::try_from(limit).ok());
        let job = |name, stopping| RunningJob { name, stopping, limit: limit.map(Duration::from_secs) };
        let mut jobs: HashMap<&str, Vec<_>> = HashMap::new();
        for run in status.runs.iter().filter(|run| run.state.active()) {
            let running = run.tuning_job_name.as_deref().map(|name| job(name, run.state == RunState::Stopping));
            jobs.entry(self.region.name()).or_default().extend(running);
        }
        for superseded in status.superseded.iter().filter(|job| job.stop_requested) {
            jobs.entry(&superseded.region).or_default().push(job(&superseded.tuning_job_name, true));
        }
        jobs
    }
}

/// Whether what the watch shows is an edit, the deletion or the successor of the object that a pass works on. The watch
/// may also lag behind that object, which may be the answer to a write.
fn outdates(watched: &ObjectMeta, of_pass: &ObjectMeta) -> bool {
    watched.uid != of_pass.uid || watched.generation > of_pass.generation || watched.deletion_timestamp.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    #[test]
    fn an_edit_and_a_deletion_outdate_a_pass_and_a_watch_that_lags_does_not() {
        let object = |uid: &str, generation, deleted: bool| ObjectMeta {
            uid: Some(uid.to_owned()),
            generation: Some(generation),
            deletion_timestamp: deleted.then_some(Time(Timestamp::UNIX_EPOCH)),
            ..ObjectMeta::default()
        };
        let of_pass = object("a", 2, false);
        for (watched, expected) in [
            (object("a", 2, false), false),
            (object("a", 1, false), false),
            (object("a", 3, false), true),
            (object("a", 2, true), true),
            (object("b", 2, false), true),
        ] {
            assert_eq!(outdates(&watched, &of_pass), expected, "{watched:?}");
        }
    }
}
