//! Cleanup of a deleted selection: stops its jobs before the finalizer is removed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;

use super::causes::with_causes;
use super::context::Context;
use super::pass::BELIEVED_ANSWERS;
use super::stop::{Stopped, stop_own};
use super::{previous_incarnation, record};
use api::{DeletionPolicy, ModelSelection, ModelSelectionStatus, Reason, SupersededJob};
use decide::events::EventNote;
use decide::identity::Identity;
use decide::incarnation::is_unsettled;
use decide::observation::JobStatus;
use decide::plan::left_behind;
use decide::problem::Problem;
use decide::retry::{Outcome, Task};
use platform::clock;
use sagemaker::{Class, Region, TuningError};

/// Concurrent stops.
const CONCURRENCY: usize = 8;
/// Longest duration of one round of stops, so that a round without responses ends before the deadline of the pass.
const ROUND_TIMEOUT: Duration = Duration::from_secs(120);
/// Shortest time before a job whose creation got no response counts as not created. Shorter than elsewhere, because a
/// user is waiting for the deletion.
const ABSENT_FOR: Duration = Duration::from_secs(30);
/// How long this process must have tried before it gives up. The deletion timestamp comes from another clock than ours,
/// and either clock may be wrong.
const TRIED_FOR: Duration = Duration::from_secs(60);

/// Why the finalizer of a deleted selection cannot be removed yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum CleanupError {
    #[error("running tuning jobs could not be stopped ({count}), among them {job}: {why}")]
    JobsRun { job: String, count: usize, why: String },
}

/// A job that may still run.
struct Left {
    job: String,
    why: String,
    /// Only a person can get it stopped.
    needs_person: bool,
}

/// Stops the running jobs, if the deletion policy asks for that. Uses only the status and the tags of jobs, so that
/// neither a broken spec nor a missing model can block the deletion. If AWS cannot be reached until the deadline has
/// passed, the object is deleted anyway.
pub(super) async fn cleanup(seen: &Arc<ModelSelection>, ctx: &Context) -> Result<Action, CleanupError> {
    let uid = seen.uid().unwrap_or_default();
    // The cleanup is done, and the watch still shows the object: do not stop its jobs twice.
    if ctx.is_cleaned_up(&uid) || ctx.has_gone(seen) {
        return Ok(Action::await_change());
    }
    ctx.wake_others(ctx.permits.withdraw(&uid, clock::steady()));
    // Failures before the deletion do not count for the cleanup.
    ctx.retries.note_generation(&uid, seen.metadata.generation, clock::steady());
    let stored = ctx.stores.newest(seen);
    let newest = with_unwritten(&stored, &uid, ctx);
    // The policy may be edited while the deletion waits: the newest one counts.
    let left = match seen.spec.deletion_policy {
        DeletionPolicy::Retain => Vec::new(),
        DeletionPolicy::Stop => stop_all(&newest, ctx).await,
    };
    if left.is_empty() {
        ctx.incarnations.keep(&newest);
    } else if is_over(seen, ctx) {
        give_up(seen, ctx, &left).await;
    } else {
        return Err(wait(seen, &stored, newest.status.clone(), ctx, &left).await);
    }
    ctx.note_cleaned_up(seen);
    Ok(Action::await_change())
}

/// The selection with what this process knows of it and has not written.
fn with_unwritten(stored: &Arc<ModelSelection>, uid: &str, ctx: &Context) -> Arc<ModelSelection> {
    let unwritten = ctx.unwritten.status(uid).filter(|_| ctx.writers.unverified(uid).is_none());
    let with = |status| Arc::new(ModelSelection { status: Some(status), ..(**stored).clone() });
    unwritten.map_or_else(|| stored.clone(), with)
}

/// Whether the deletion has waited for AWS as long as it may: by the time of the deletion, if this process has tried
/// for a while, or by this process' own tries, since a clock that is behind would wait for ever.
fn is_over(seen: &ModelSelection, ctx: &Context) -> bool {
    let (deadline, tried) = (ctx.settings.deletion_deadline, tried_for(seen, ctx));
    let deleted = seen.metadata.deletion_timestamp.as_ref().map(|time| time.0);
    let waited = deleted.and_then(|time| Duration::try_from(clock::now().duration_since(time)).ok());
    let is_late = waited.is_some_and(|waited| waited >= deadline);
    tried >= deadline || is_late && tried >= TRIED_FOR.min(deadline / 2)
}

/// How long this process has been trying.
fn tried_for(selection: &ModelSelection, ctx: &Context) -> Duration {
    let failures = ctx.retries.failures(&selection.uid().unwrap_or_default(), &Task::Reconcile);
    failures.map_or(Duration::ZERO, |failures| failures.lasting(clock::steady()))
}

/// Reports that the deletion waits: in the conditions, and the first time with an Event.
async fn wait(
    seen: &ModelSelection,
    stored: &Arc<ModelSelection>,
    status: Option<ModelSelectionStatus>,
    ctx: &Context,
    left: &[Left],
) -> CleanupError {
    let uid = seen.uid().unwrap_or_default();
    let Left { job, why, needs_person } = &left[0];
    let patience = ctx.settings.deletion_deadline.as_secs();
    let count = left.len();
    let note = format!(
        "the deletion waits up to {patience} s for {} to be stopped: {why}. To leave running jobs and delete at once, set \
         `deletionPolicy: Retain`",
        named(left)
    );
    let reason = if *needs_person { Reason::AccessDenied } else { Reason::RetryingAfterError };
    let problem = Problem::new(reason, note.clone());
    let reported = record::deleting(ctx, stored, status.unwrap_or_default(), &problem).await;
    if let Err(error) = reported {
        tracing::info!(error = with_causes(&error), "cannot report in the status that the deletion waits");
    }
    if ctx.retries.failures(&uid, &Task::Reconcile).is_none() {
        let event = EventNote { warning: true, reason: "TuningJobsNotStopped", note };
        record::publish(ctx, seen, "StopTuningJobs", event).await;
    }
    CleanupError::JobsRun { job: job.clone(), count, why: why.clone() }
}

/// The first of the jobs by name, the others by number.
fn named(left: &[Left]) -> String {
    match left {
        [only] => format!("tuning job {}", only.job),
        _ => format!("{} tuning jobs, {} among them,", left.len(), left[0].job),
    }
}

async fn give_up(seen: &ModelSelection, ctx: &Context, left: &[Left]) {
    let note = format!(
        "{} could not be stopped in {} s and may still run: {}",
        named(left),
        ctx.settings.deletion_deadline.as_secs(),
        left[0].why,
    );
    tracing::error!(note, "giving up on stopping tuning jobs");
    let event = EventNote { warning: true, reason: "TuningJobsLeftRunning", note };
    record::publish(ctx, seen, "StopTuningJobs", event).await;
}

/// Stops all jobs that may be running, and returns those that may still run, with those that need a person first.
async fn stop_all(selection: &ModelSelection, ctx: &Context) -> Vec<Left> {
    let mut jobs = known_jobs(selection, ctx);
    let has_runs = selection.status.as_ref().is_some_and(|status| !status.runs.is_empty());
    let unsearched = match lost_jobs(selection, ctx).await {
        Ok(found) => {
            // What SageMaker shows counts, also against a status that another client wrote.
            jobs.retain(|job| found.iter().all(|found| found.tuning_job_name != job.tuning_job_name));
            jobs.extend(found);
            None
        }
        // Usually there are no jobs: the selection was deleted before its first reconcile.
        Err(error) if !has_runs && tried_for(selection, ctx) >= TRIED_FOR => {
            tracing::warn!(%error, "cannot search for tuning jobs of a selection without a status; its deletion continues");
            None
        }
        Err(error) => {
            let needs_person = error.class.reason().needs_person();
            Some(Left { job: "those of a lost status".to_owned(), why: error.explain(), needs_person })
        }
    };
    let silent = || ("AWS did not answer in time".to_owned(), false);
    let mut running: HashMap<String, (String, bool)> =
        jobs.iter().map(|job| (job.tuning_job_name.clone(), silent())).collect();
    let mut stops = stream::iter(jobs)
        .map(async |job| {
            let seen = stop(selection, ctx, &job).await;
            (job.tuning_job_name, seen)
        })
        .buffer_unordered(CONCURRENCY);
    let round = async {
        while let Some((job, stopped)) = stops.next().await {
            match still_running(selection, ctx, &job, stopped) {
                Some(why) => running.insert(job, why),
                None => running.remove(&job),
            };
        }
    };
    let _ = tokio::time::timeout(ROUND_TIMEOUT, round).await;
    drop(stops);
    let left = running.into_iter().map(|(job, (why, needs_person))| Left { job, why, needs_person });
    let mut left: Vec<Left> = left.chain(unsearched).collect();
    left.sort_by(|a, b| b.needs_person.cmp(&a.needs_person).then_with(|| a.job.cmp(&b.job)));
    left
}

/// Stops a job. `None` when SageMaker has accepted that, without an effect yet.
async fn stop(selection: &ModelSelection, ctx: &Context, job: &SupersededJob) -> Result<Option<Stopped>, TuningError> {
    let (region, name) = (ctx.sagemaker.region(&job.region), &job.tuning_job_name);
    // A job that is stopping needs no second request.
    if job.stop_requested && is_stopping(&region, name).await?.is_some() {
        return Ok(Some(Stopped::Accepted));
    }
    match stop_own(&region, &identity(selection, ctx, job), name, job.tuning_job_arn.as_deref()).await? {
        Stopped::Accepted => is_stopping(&region, name).await,
        other => Ok(Some(other)),
    }
}

/// The jobs in the status that may be running.
fn known_jobs(selection: &ModelSelection, ctx: &Context) -> Vec<SupersededJob> {
    let Some(status) = &selection.status else { return Vec::new() };
    let region = region(selection, ctx).unwrap_or_default();
    let of_runs = status.runs.iter().filter_map(|run| left_behind(run, region));
    of_runs.chain(status.superseded.iter().cloned()).collect()
}

fn region<'a>(selection: &'a ModelSelection, ctx: &'a Context) -> Option<&'a str> {
    let of_status = selection.status.as_ref().and_then(|status| status.region.as_deref());
    of_status.or(selection.spec.region.as_deref()).or(ctx.sagemaker.default_region())
}

/// The running jobs with the selection's tags. Searched only if the status may not name all jobs: it is missing,
/// earlier jobs have not been searched for, or another client wrote it.
async fn lost_jobs(selection: &ModelSelection, ctx: &Context) -> Result<Vec<SupersededJob>, TuningError> {
    let uid = selection.uid().unwrap_or_default();
    let tells_all = selection.status.as_ref().is_some_and(|status| {
        let settled = || !is_unsettled(status, clock::now());
        status.observed_generation.is_some_and(|generation| generation >= 0)
            && ctx.incarnations.looked_for(&uid).unwrap_or_else(settled)
            && ctx.writers.unverified(&uid).is_none()
    });
    let Some(region) = region(selection, ctx).filter(|_| !tells_all) else { return Ok(Vec::new()) };
    let nobody = SupersededJob::default();
    let identity = identity(selection, ctx, &nobody);
    let region = ctx.sagemaker.region(region);
    let found = previous_incarnation::running_jobs(&region, &identity, &selection.spec.rerun, &ctx.stores).await?;
    let named = |job: &SupersededJob| {
        let mut candidates = selection.spec.candidates.iter();
        candidates.any(|candidate| candidate.tuning_job_name.as_ref() == Some(&job.tuning_job_name))
    };
    // A job that a candidate names is only read.
    Ok(found.into_iter().filter(|job| !named(job)).collect())
}

fn identity<'a>(selection: &'a ModelSelection, ctx: &'a Context, job: &'a SupersededJob) -> Identity<'a> {
    Identity {
        scope: &ctx.settings.scope,
        namespace: selection.metadata.namespace.as_deref().unwrap_or_default(),
        name: selection.metadata.name.as_deref().unwrap_or_default(),
        candidate: &job.candidate,
        dataset: &job.dataset,
        definition: &job.definition,
        rerun: selection.status.as_ref().map_or("", |status| &status.rerun),
        attempt: job.attempt,
    }
}

/// Checks whether an accepted stop has taken effect, because nobody watches the job once the selection is gone. `None`
/// if it has not yet.
async fn is_stopping(region: &Region, job: &str) -> Result<Option<Stopped>, TuningError> {
    match region.describe(job).await {
        Ok(job) => Ok((job.status != JobStatus::InProgress).then_some(Stopped::Accepted)),
        Err(error) if error.class == Class::NotFound => Ok(Some(Stopped::Accepted)),
        Err(error) => Err(error),
    }
}

/// Why a job may still run after a stop, and whether a person must help. An outcome of `None` is a stop that has not
/// taken effect yet.
fn still_running(
    selection: &ModelSelection,
    ctx: &Context,
    job: &str,
    stopped: Result<Option<Stopped>, TuningError>,
) -> Option<(String, bool)> {
    let uid = selection.uid().unwrap_or_default();
    let not_yet = |task: Task, longest: Duration, why: &str| {
        let now = clock::steady();
        let failures = ctx.retries.failed(&uid, task, Outcome::Pending, now);
        let unknown = failures.lasting(now) < longest || failures.times < BELIEVED_ANSWERS;
        unknown.then(|| (why.to_owned(), false))
    };
    let window = ctx.settings.consistency_window;
    match stopped {
        Ok(Some(Stopped::Accepted | Stopped::NothingToStop)) => None,
        Ok(None) => Some(("SageMaker has accepted to stop it, but still shows it as running".to_owned(), false)),
        Ok(Some(Stopped::Foreign)) => {
            not_yet(Task::Prove(job.to_owned()), Duration::ZERO, "its tags name another owner; they are read again")
        }
        Ok(Some(Stopped::Absent)) => not_yet(
            Task::Find(job.to_owned()),
            ABSENT_FOR.min(window),
            "it is not visible yet, though it may have been created",
        ),
        Ok(Some(Stopped::Unproven)) => not_yet(Task::Prove(job.to_owned()), window, "its tags are not visible yet"),
        Err(error) if error.class == Class::NotFound => None,
        Err(error) => Some((error.explain(), error.class.reason().needs_person())),
    }
}
