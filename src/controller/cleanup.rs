//! What happens before a deleted selection goes.

use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use kube::runtime::events::{Event, EventType};
use kube::runtime::reflector::ObjectRef;

use super::act::stop_own;
use super::context::Context;
use super::reconcile::Error;
use super::report;
use crate::api::{DeletionPolicy, ModelSelection};
use crate::decide::identity::Identity;
use crate::runtime::clock;
use crate::tuning::TuningError;

/// Stops the running jobs, if the policy says so. Works from the status alone: neither a broken spec nor a missing model
/// can keep an object from going. When AWS cannot be reached for longer than the deadline, the object goes all the same.
pub(super) async fn cleanup(seen: &ModelSelection, ctx: &Context) -> Result<Action, Error> {
    let selection = ctx.last_written(seen).unwrap_or_else(|| seen.clone());
    let uid = selection.uid().unwrap_or_default();
    // The policy may be changed while the deletion waits: what is seen now counts.
    let failed = match seen.spec.deletion_policy {
        DeletionPolicy::Retain => Vec::new(),
        DeletionPolicy::Stop => stop_all(&selection, ctx).await,
    };
    if let Some((job, error)) = failed.first() {
        let waited = seen.meta_deletion().map(|time| clock::now().duration_since(time));
        let patience = jiff::SignedDuration::try_from(ctx.settings.deletion_deadline).unwrap_or_default();
        if waited.is_none_or(|waited| waited < patience) {
            return Err(Error::Cleanup(format!("{job} and {} more: {error}", failed.len() - 1)));
        }
        let note = format!(
            "{} tuning jobs could not be stopped in {} s and may still run, {job} among them: {error}",
            failed.len(),
            patience.as_secs()
        );
        tracing::error!(note, "giving up on stopping tuning jobs");
        let event = Event {
            type_: EventType::Warning,
            reason: "TuningJobsLeftRunning".to_owned(),
            note: Some(crate::decide::outcome::clip(&note, 1024)),
            action: "Delete".to_owned(),
            secondary: None,
        };
        report::publish(ctx, seen, &event).await;
    }
    ctx.observer.forget(&ObjectRef::from_obj(seen), None);
    ctx.forget(&uid);
    for waiter in ctx.slots.remove(&uid) {
        let _ = ctx.wake.send(waiter);
    }
    Ok(Action::await_change())
}

/// Stops all jobs that may run, and returns those that could not be stopped.
async fn stop_all(selection: &ModelSelection, ctx: &Context) -> Vec<(String, TuningError)> {
    let Some(status) = &selection.status else { return Vec::new() };
    let region = status.region.as_deref().or(selection.spec.region.as_deref()).or(ctx.sagemaker.default_region());
    let (namespace, name) = (selection.namespace().unwrap_or_default(), selection.name_any());
    let identity = |candidate, dataset, definition, attempt| Identity {
        scope: &ctx.settings.scope,
        namespace: &namespace,
        name: &name,
        candidate,
        dataset,
        definition,
        rerun: &status.rerun,
        attempt,
    };
    let mut failed = Vec::new();
    for run in status.runs.iter().filter(|run| !run.state.ended()) {
        let (Some(job), Some(definition), Some(region)) = (&run.tuning_job_name, &run.definition, region) else {
            continue;
        };
        let identity = identity(&run.candidate, &run.dataset, definition, run.attempt);
        let stopped = stop_own(&ctx.sagemaker.region(region), &identity, job, run.tuning_job_arn.as_deref()).await;
        failed.extend(stopped.err().map(|error| (job.clone(), error)));
    }
    for job in &status.superseded {
        let identity = identity(&job.candidate, &job.dataset, &job.definition, job.attempt);
        let region = ctx.sagemaker.region(&job.region);
        let stopped = stop_own(&region, &identity, &job.tuning_job_name, job.tuning_job_arn.as_deref()).await;
        failed.extend(stopped.err().map(|error| (job.tuning_job_name.clone(), error)));
    }
    failed
}

impl ModelSelection {
    fn meta_deletion(&self) -> Option<jiff::Timestamp> {
        self.metadata.deletion_timestamp.as_ref().map(|time| time.0)
    }
}
