//! Stops jobs: those that an edit superseded, and those of a suspended or deleted selection.

use std::collections::HashMap;
use std::future::ready;
use std::time::Duration;

use futures::{StreamExt as _, stream};

use super::pass::Pass;
use api::{ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob};
use decide::identity::{Identity, Ownership};
use decide::observation::JobStatus;
use decide::problem::Problem;
use decide::retry::{Outcome, Task};
use decide::run::{RunEvent, apply};
use observe::Sighting;
use platform::clock;
use sagemaker::{Class, Region, TuningError};

/// Jobs that are stopped at the same time.
const CONCURRENCY: usize = 4;
/// How long a pass stops jobs. The next pass continues.
const PASS_TIME_MAX: Duration = Duration::from_secs(90);

/// Stops the superseded jobs and those of a suspended selection. Superseded jobs stay listed, and hold a permit, until
/// they have ended. Returns whether a run has let go of its job.
pub(super) async fn stop(
    pass: &Pass<'_>,
    status: &mut ModelSelectionStatus,
    sightings: &HashMap<String, Sighting>,
) -> bool {
    let until = clock::after(clock::real(PASS_TIME_MAX));
    // An edit may need a job again that the one before superseded.
    let over = || pass.is_outdated() || clock::instant_now() >= until;
    let left = stream::iter(std::mem::take(&mut status.superseded))
        .map(async |job| if over() { Some(job) } else { superseded(pass, job, sightings).await })
        .buffered(CONCURRENCY);
    status.superseded = left.filter_map(ready).collect().await;
    let stopped: Vec<_> = stream::iter(to_stop(pass, &status.runs))
        .map(async |(index, name)| {
            let run = &status.runs[index];
            let (identity, arn) = (pass.identity(run), run.tuning_job_arn.as_deref());
            let stopped = if over() { None } else { Some(stop_own(&pass.region, &identity, &name, arn).await) };
            (index, stopped, name)
        })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let mut let_go = false;
    for (index, stopped, name) in stopped {
        let Some(stopped) = stopped else { continue };
        let task = Task::Stop(name.clone());
        // Repeated after a pause if the job still runs: a stop can get lost like any other call.
        pass.failed(task.clone(), Outcome::Accepted);
        if matches!(stopped, Ok(Stopped::Foreign)) && pass.note_foreign_answer(&name) {
            // Another cluster's, of which this one is a copy.
            apply(&mut status.runs[index], RunEvent::NotItsJob);
            let_go = true;
        }
        note(pass, &task, &name, stopped.err());
    }
    let_go
}

/// The runs of a suspended selection whose jobs are to be stopped now, and the jobs. After a resume, jobs that have not
/// been stopped yet keep running.
fn to_stop(pass: &Pass<'_>, runs: &[RunStatus]) -> Vec<(usize, String)> {
    let is_stopping =
        |run: &RunStatus| pass.stops() && run.state == RunState::Stopping && run.reason == Some(Reason::Suspended);
    let stopping = runs.iter().enumerate().filter(|(_, run)| is_stopping(run));
    let jobs = stopping.filter_map(|(index, run)| Some((index, run.tuning_job_name.clone()?)));
    jobs.filter(|(_, job)| pass.may_try(&Task::Stop(job.clone()))).collect()
}

/// Whether jobs are left that could be stopped at once: the pass had no time for them.
pub(super) fn more_to_do(pass: &Pass<'_>, status: &ModelSelectionStatus) -> bool {
    let may_stop = |job: &SupersededJob| {
        let name = &job.tuning_job_name;
        !job.stop_requested && pass.may_try(&Task::Find(name.clone())) && pass.may_try(&Task::Stop(name.clone()))
    };
    status.superseded.iter().any(may_stop) || !to_stop(pass, &status.runs).is_empty()
}

/// The command that stops a job which the operator does not stop.
pub(super) fn stop_command(SupersededJob { region, tuning_job_name, .. }: &SupersededJob) -> String {
    format!(
        "aws sagemaker stop-hyper-parameter-tuning-job --region {region} --hyper-parameter-tuning-job-name {tuning_job_name}"
    )
}

/// Records why a job cannot be stopped, or that it can.
fn note(pass: &Pass<'_>, task: &Task, job: &str, error: Option<TuningError>) {
    let problem = error.map(|error| {
        tracing::info!(job, %error, "a tuning job cannot be stopped; trying again");
        let message = format!("the tuning job '{job}' cannot be stopped: {}", error.explain());
        Problem::new(error.class.reason(), message)
    });
    pass.ctx.retries.note_problem(&pass.uid, task, problem);
}

/// Why a job is not stopped, if the user must act.
pub(super) fn problem(pass: &Pass<'_>, status: &ModelSelectionStatus) -> Option<Problem> {
    let of_runs = status.runs.iter().filter(|run| run.state == RunState::Stopping);
    let jobs = status.superseded.iter().map(|job| &job.tuning_job_name);
    let mut jobs = jobs.chain(of_runs.filter_map(|run| run.tuning_job_name.as_ref()));
    jobs.find_map(|job| pass.ctx.retries.problem(&pass.uid, &Task::Stop(job.clone())))
}

/// The current state of the superseded job; `None` once it has ended.
async fn superseded(
    pass: &Pass<'_>,
    job: SupersededJob,
    sightings: &HashMap<String, Sighting>,
) -> Option<SupersededJob> {
    let sighting = sightings.get(&job.tuning_job_name);
    let (task, find) = (Task::Stop(job.tuning_job_name.clone()), Task::Find(job.tuning_job_name.clone()));
    let region = pass.ctx.sagemaker.region(&job.region);
    // A stop was accepted and the job is still listed as running: the stop got lost like any other call, or the listing
    // lags behind.
    let runs_on = matches!(sighting, Some(Sighting::Running(active)) if active.status == JobStatus::InProgress);
    let has_left = matches!(sighting, Some(Sighting::Left(_) | Sighting::Ended(_)));
    let stops = if job.stop_requested { runs_on } else { true };
    if !pass.may_try(&find) || !(job.stop_requested && has_left || stops && pass.may_try(&task)) {
        return Some(job);
    }
    let stopped = if stops {
        let run = RunStatus {
            candidate: job.candidate.clone(),
            dataset: job.dataset.clone(),
            definition: Some(job.definition.clone()),
            attempt: job.attempt,
            ..RunStatus::default()
        };
        stop_own(&region, &pass.identity(&run), &job.tuning_job_name, job.tuning_job_arn.as_deref()).await
    } else {
        look(&region, &job.tuning_job_name, Stopped::Accepted).await
    };
    match stopped {
        Ok(Stopped::Accepted) => {
            // Repeated after a pause, if the job still runs.
            pass.failed(task.clone(), Outcome::Accepted);
            note(pass, &task, &job.tuning_job_name, None);
            if job.stop_requested {
                pass.ctx.observer.looked_at(&job.region, &pass.object, &job.tuning_job_name);
            }
            tracing::info!(job = job.tuning_job_name, "superseded tuning job is being stopped");
            Some(SupersededJob { stop_requested: true, ..job })
        }
        Ok(Stopped::NothingToStop) => {
            pass.succeeded(&task);
            None
        }
        Ok(Stopped::Foreign) if pass.note_foreign_answer(&job.tuning_job_name) => None,
        Ok(Stopped::Foreign) => {
            pass.failed(find, Outcome::Fault(Class::NotFound));
            Some(job)
        }
        // The job, or its tags, may not be visible yet.
        Ok(Stopped::Absent | Stopped::Unproven) => {
            let failures = pass.failed(find, Outcome::Fault(Class::NotFound));
            (!pass.is_missing(failures)).then_some(job)
        }
        Err(error) => {
            pass.failed(task.clone(), Outcome::Fault(error.class));
            note(pass, &task, &job.tuning_job_name, Some(error));
            Some(job)
        }
    }
}

/// The result of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The job is being stopped.
    Accepted,
    /// It has ended.
    NothingToStop,
    /// Its tags say that it belongs to another owner. The response may have been about another job: see
    /// [`Pass::note_foreign_answer`].
    Foreign,
    /// There is no such job, or it is not visible yet.
    Absent,
    /// It is running, and its tags are not visible yet: it may be ours.
    Unproven,
}

/// The state of a job that is not to be stopped now: `running` if it runs. A Describe that does not find it may come
/// from a replica that lags behind.
async fn look(region: &Region, name: &str, running: Stopped) -> Result<Stopped, TuningError> {
    match region.describe(name).await {
        Ok(job) if job.status.runs() => Ok(running),
        Ok(_) => Ok(Stopped::NothingToStop),
        Err(error) if error.class == Class::NotFound => Ok(Stopped::Absent),
        Err(error) => Err(error),
    }
}

/// Stops a job if it is ours. Its tags decide, not its name: a status may be a copy from another cluster, whose jobs we
/// must not stop.
pub(super) async fn stop_own(
    region: &Region,
    identity: &Identity<'_>,
    name: &str,
    arn: Option<&str>,
) -> Result<Stopped, TuningError> {
    let described;
    let arn = match arn {
        Some(arn) => arn,
        None => match region.describe(name).await {
            Ok(job) if !job.status.runs() => return Ok(Stopped::NothingToStop),
            Ok(job) => {
                described = job.arn;
                &described
            }
            Err(error) if error.class == Class::NotFound => return Ok(Stopped::Absent),
            Err(error) => return Err(error),
        },
    };
    let tags = match region.tags(arn).await {
        Ok(tags) => tags,
        // Either the job is gone, or its tags are not visible yet.
        Err(error) if error.class == Class::NotFound => return look(region, name, Stopped::Unproven).await,
        Err(error) => return Err(error),
    };
    match identity.ownership(&tags) {
        Ownership::Ours => stop_proven(region, name).await,
        Ownership::Unproven(_) => Ok(Stopped::Unproven),
        Ownership::Foreign(difference) => {
            tracing::warn!(job = name, difference, "a tuning job is not ours, and is not stopped");
            Ok(Stopped::Foreign)
        }
    }
}

async fn stop_proven(region: &Region, name: &str) -> Result<Stopped, TuningError> {
    match region.stop(name).await {
        Ok(()) => Ok(Stopped::Accepted),
        Err(error) if error.class == Class::NotFound => Ok(Stopped::Absent),
        // SageMaker's error for a job that is stopping or has ended is undocumented, so the job is described.
        Err(error) if matches!(error.class, Class::Invalid | Class::Ended) => match region.describe(name).await?.status
        {
            JobStatus::InProgress => Err(error),
            JobStatus::Stopping => Ok(Stopped::Accepted),
            JobStatus::Completed | JobStatus::Failed | JobStatus::Stopped | JobStatus::Deleting => {
                Ok(Stopped::NothingToStop)
            }
        },
        Err(error) => Err(error),
    }
}
