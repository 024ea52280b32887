//! What the steps of one pass over one selection share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;

use super::attempts::{Failing, Subject};
use super::context::Context;
use super::slots::Pool;
use api::{ModelSelection, ModelSelectionSpec, ModelSelectionStatus, RunState, RunStatus, SuspendPolicy};
use decide::identity::Identity;
use decide::problem::Problem;
use observe::Sighting;
use platform::clock;

/// A pass over a selection.
pub(super) struct Pass<'a> {
    pub(super) ctx: &'a Context,
    pub(super) selection: &'a Arc<ModelSelection>,
    /// The spec, with the candidates that the selectors have found.
    pub(super) spec: ModelSelectionSpec,
    /// Why the selection is not all that the spec asks for, though no run says so.
    pub(super) held: Option<Problem>,
    /// Somebody else wrote the status: what it says is worked out anew.
    pub(super) doubted: bool,
    /// When the pass began.
    pub(super) started: jiff::Timestamp,
    /// Until when the pass waits for descriptions of models: other selections have a turn too.
    pub(super) until: tokio::time::Instant,
    pub(super) object: ObjectRef<ModelSelection>,
    pub(super) uid: String,
    pub(super) region: sagemaker::Region,
    pub(super) pool: Pool,
    /// What the last sweeps have shown of the selection's jobs.
    pub(super) sightings: HashMap<String, Sighting>,
}

impl Pass<'_> {
    /// The generation that the pass works on.
    pub(super) fn generation(&self) -> Option<i64> {
        self.selection.metadata.generation
    }

    /// The identity of a run's tuning job.
    pub(super) fn identity<'a>(&'a self, run: &'a RunStatus) -> Identity<'a> {
        Identity {
            scope: &self.ctx.settings.scope,
            namespace: self.selection.metadata.namespace.as_deref().unwrap_or_default(),
            name: self.selection.metadata.name.as_deref().unwrap_or_default(),
            candidate: &run.candidate,
            dataset: &run.dataset,
            definition: run.definition.as_deref().unwrap_or_default(),
            rerun: &self.spec.rerun,
            attempt: run.attempt,
        }
    }

    /// Whether the jobs of the selection are to be stopped.
    pub(super) fn stops(&self) -> bool {
        self.spec.suspend && self.spec.suspend_policy == SuspendPolicy::Stop
    }

    /// What the last sweep has shown of a job.
    pub(super) fn sighting(&self, job: &str) -> Option<Sighting> {
        self.sightings.get(job).copied()
    }

    /// Whether it may be tried now.
    pub(super) fn may_try(&self, subject: &Subject) -> bool {
        self.ctx.attempts.may_try(&self.uid, subject, clock::now())
    }

    /// Whether neither resolving nor creating the run has failed so lately that it has to wait.
    pub(super) fn may_start(&self, run: &RunStatus) -> bool {
        self.may_try(&Subject::resolve(run)) && self.may_try(&Subject::create(run))
    }

    /// Notes a failure; see [`super::attempts::Attempts::failed`].
    pub(super) fn failed(&self, subject: Subject, first: Duration, most: Duration) -> Failing {
        self.ctx.attempts.failed(&self.uid, subject, first, most, clock::now())
    }

    /// Notes that it went well.
    pub(super) fn succeeded(&self, subject: &Subject) {
        self.ctx.attempts.succeeded(&self.uid, subject);
    }

    /// Tells the observer which jobs of the selection run, so that it is woken when one of them changes, and returns what
    /// the last sweeps have shown of them.
    pub(super) fn track(&self, status: &ModelSelectionStatus) -> HashMap<String, Sighting> {
        let mut jobs: HashMap<&str, Vec<(&str, bool)>> = HashMap::new();
        for run in status.runs.iter().filter(|run| run.state.active()) {
            let job = run.tuning_job_name.as_deref().map(|name| (name, run.state == RunState::Stopping));
            jobs.entry(self.region.name()).or_default().extend(job);
        }
        for job in status.superseded.iter().filter(|job| job.stop_requested) {
            jobs.entry(&job.region).or_default().push((&job.tuning_job_name, true));
        }
        self.ctx.observer.track(&self.object, &jobs)
    }
}
