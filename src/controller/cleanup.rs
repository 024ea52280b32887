//! What happens before a deleted selection goes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;

use super::attempts::Subject;
use super::context::Context;
use super::reconcile::Error;
use super::report;
use super::stop::{Stopped, stop_own};
use api::{DeletionPolicy, ModelSelection, SupersededJob};
use decide::events::News;
use decide::identity::Identity;
use decide::plan::left_behind;
use platform::clock;

/// Stops at a time.
const CONCURRENCY: usize = 8;
/// Longest time of one round of stops, so that a round in which nobody answers ends before the pass is cut off.
const ROUND: Duration = Duration::from_secs(120);

/// How long a job that cannot be found is looked for before it counts as not there: it may just have been created. Shorter
/// than elsewhere, since somebody waits for the deletion.
const ABSENT_FOR: Duration = Duration::from_secs(30);

/// A job that may still run.
struct Left {
    job: String,
    why: String,
    /// It will not be stopped unless a person helps.
    needs_person: bool,
}

/// Stops the running jobs, if the policy says so. Works from the status alone: neither a broken spec nor a missing model
/// can keep an object from going. When AWS cannot be reached for longer than the deadline, the object goes all the same.
pub(super) async fn cleanup(seen: &Arc<ModelSelection>, ctx: &Context) -> Result<Action, Error> {
    let uid = seen.uid().unwrap_or_default();
    if ctx.is_cleaned_up(&uid) {
        return Ok(Action::await_change());
    }
    // The policy may be changed while the deletion waits: what is seen now counts.
    let left = match seen.spec.deletion_policy {
        DeletionPolicy::Retain => Vec::new(),
        DeletionPolicy::Stop => stop_all(&ctx.newest(seen), ctx).await,
    };
    if let Some(Left { job, why, needs_person }) = left.first() {
        let deleted = seen.metadata.deletion_timestamp.as_ref().map(|time| time.0);
        let waited = deleted.and_then(|time| Duration::try_from(clock::now().duration_since(time)).ok());
        let patience = ctx.settings.deletion_deadline.as_secs();
        if waited.is_none_or(|waited| waited.as_secs() < patience) {
            let first = ctx.attempts.since(&uid, &Subject::Reconcile).is_none();
            if *needs_person && first {
                let note = format!(
                    "{} tuning jobs cannot be stopped, {job} among them: {why}. The deletion waits up to {patience} s",
                    left.len()
                );
                let news = News { warning: true, reason: "TuningJobsNotStopped", note };
                report::publish(ctx, seen, "Delete", news).await;
            }
            return Err(Error::Cleanup(format!("{job} and {} more: {why}", left.len() - 1)));
        }
        let note = format!(
            "{} tuning jobs could not be stopped in {patience} s and may still run, {job} among them: {why}",
            left.len(),
        );
        tracing::error!(note, "giving up on stopping tuning jobs");
        let news = News { warning: true, reason: "TuningJobsLeftRunning", note };
        report::publish(ctx, seen, "Delete", news).await;
    }
    ctx.note_cleaned_up(seen);
    Ok(Action::await_change())
}

/// Stops all jobs that may run, and returns those that may still run; first those that need a person.
async fn stop_all(selection: &ModelSelection, ctx: &Context) -> Vec<Left> {
    let Some(status) = &selection.status else { return Vec::new() };
    let region = status.region.as_deref().or(selection.spec.region.as_deref()).or(ctx.sagemaker.default_region());
    let of_runs = status.runs.iter().filter_map(|run| left_behind(run, region?));
    let superseded = status.superseded.iter().filter(|job| !job.stop_requested).cloned();
    let jobs: Vec<SupersededJob> = of_runs.chain(superseded).collect();
    let silent = || ("AWS did not answer in time".to_owned(), false);
    let mut running: HashMap<String, (String, bool)> =
        jobs.iter().map(|job| (job.tuning_job_name.clone(), silent())).collect();
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
                    let failing = ctx.attempts.failed(&uid, Subject::Find(job.clone()), second, second, now);
                    let unknown = !failing.for_at_least(ABSENT_FOR, now);
                    unknown.then(|| ("it is not known yet, though it may have been created".to_owned(), false))
                }
                Err(error) => Some((error.explain(), error.class.reason().needs_person())),
            };
            match still_running {
                Some(why) => running.insert(job, why),
                None => running.remove(&job),
            };
        }
    };
    let _ = tokio::time::timeout(ROUND, round).await;
    drop(stops);
    let left = running.into_iter().map(|(job, (why, needs_person))| Left { job, why, needs_person });
    let mut left: Vec<Left> = left.collect();
    left.sort_by(|a, b| b.needs_person.cmp(&a.needs_person).then_with(|| a.job.cmp(&b.job)));
    left
}
