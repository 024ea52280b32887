//! What happens before a deleted selection goes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use kube::runtime::events::{Event, EventType};

use super::attempts::Subject;
use super::context::Context;
use super::reconcile::Error;
use super::report;
use super::stop::{ABSENT_FOR, Stopped, stop_own};
use crate::api::{DeletionPolicy, ModelSelection, SupersededJob, clip};
use crate::decide::identity::Identity;
use crate::decide::plan::left_behind;
use crate::runtime::clock;

/// Stops at a time.
const CONCURRENCY: usize = 8;
/// Longest time of one round of stops, so that a round in which nobody answers ends before the pass is cut off.
const ROUND: Duration = Duration::from_secs(120);

/// Stops the running jobs, if the policy says so. Works from the status alone: neither a broken spec nor a missing model
/// can keep an object from going. When AWS cannot be reached for longer than the deadline, the object goes all the same.
pub(super) async fn cleanup(seen: &Arc<ModelSelection>, ctx: &Context) -> Result<Action, Error> {
    if seen.uid().is_some_and(|uid| ctx.is_cleaned_up(&uid)) {
        return Ok(Action::await_change());
    }
    // The policy may be changed while the deletion waits: what is seen now counts.
    let running = match seen.spec.deletion_policy {
        DeletionPolicy::Retain => Vec::new(),
        DeletionPolicy::Stop => stop_all(&ctx.newest(seen), ctx).await,
    };
    if let Some((job, why)) = running.first() {
        let deleted = seen.metadata.deletion_timestamp.as_ref().map(|time| time.0);
        let waited = deleted.and_then(|time| Duration::try_from(clock::now().duration_since(time)).ok());
        let patience = ctx.settings.deletion_deadline;
        if waited.is_none_or(|waited| waited < patience) {
            return Err(Error::Cleanup(format!("{job} and {} more: {why}", running.len() - 1)));
        }
        let note = format!(
            "{} tuning jobs could not be stopped in {} s and may still run, {job} among them: {why}",
            running.len(),
            patience.as_secs()
        );
        tracing::error!(note, "giving up on stopping tuning jobs");
        let event = Event {
            type_: EventType::Warning,
            reason: "TuningJobsLeftRunning".to_owned(),
            note: Some(clip(&note, 1024)),
            action: "Delete".to_owned(),
            secondary: None,
        };
        report::publish(ctx, seen, &event).await;
    }
    ctx.note_cleaned_up(seen);
    Ok(Action::await_change())
}

/// Stops all jobs that may run, and returns those that may still run, with the reason.
async fn stop_all(selection: &ModelSelection, ctx: &Context) -> Vec<(String, String)> {
    let Some(status) = &selection.status else { return Vec::new() };
    let region = status.region.as_deref().or(selection.spec.region.as_deref()).or(ctx.sagemaker.default_region());
    let of_runs = status.runs.iter().filter_map(|run| left_behind(run, region?));
    let superseded = status.superseded.iter().filter(|job| !job.stop_requested).cloned();
    let jobs: Vec<SupersededJob> = of_runs.chain(superseded).collect();
    let mut running: HashMap<String, String> =
        jobs.iter().map(|job| (job.tuning_job_name.clone(), "AWS did not answer in time".to_owned())).collect();
    let uid = selection.uid().unwrap_or_default();
    let mut stops = stream::iter(jobs)
        .map(async |job| {
            let identity = Identity {
                scope: &ctx.settings.scope,
                namespace: selection.metadata.namespace.as_deref().unwrap_or_default(),
                name: selection.metadata.name.as_deref().unwrap_or_default(),
                candidate: &job.candidate,
                dataset: &job.dataset,
                definition: &job.definition,
                rerun: &status.rerun,
                attempt: job.attempt,
            };
            let region = ctx.sagemaker.region(&job.region);
            let stopped = stop_own(&region, &identity, &job.tuning_job_name, job.tuning_job_arn.as_deref()).await;
            (job.tuning_job_name, stopped)
        })
        .buffer_unordered(CONCURRENCY);
    let round = async {
        while let Some((job, stopped)) = stops.next().await {
            let still_running = match stopped {
                Ok(Stopped::Accepted | Stopped::NothingToStop) => None,
                Ok(Stopped::Absent) => {
                    let (now, second) = (clock::now(), Duration::from_secs(1));
                    let failing = ctx.attempts.failed(&uid, Subject::Stop(job.clone()), second, second, now);
                    let known = !failing.for_at_least(ABSENT_FOR, now);
                    known.then(|| "it is not known yet, though it may have been created".to_owned())
                }
                Err(error) => Some(error.to_string()),
            };
            match still_running {
                Some(why) => running.insert(job, why),
                None => running.remove(&job),
            };
        }
    };
    let _ = tokio::time::timeout(ROUND, round).await;
    drop(stops);
    let mut running: Vec<(String, String)> = running.into_iter().collect();
    running.sort();
    running
}
