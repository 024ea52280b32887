//! Stopping jobs: those that an edit left behind, and those that suspend or a deletion ends.

use std::time::Duration;

use super::attach::PROPAGATION;
use super::attempts::Subject;
use super::pass::Pass;
use api::{ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob};
use decide::identity::Identity;
use decide::observation::JobStatus;
use decide::problem::Problem;
use observe::Sighting;
use sagemaker::{Class, Region, TuningError};

/// Stops what is to be stopped. Superseded jobs stay listed, and hold a place, until they have ended.
pub(super) async fn stop(at: &Pass<'_>, status: &mut ModelSelectionStatus) {
    let mut left = Vec::new();
    for job in std::mem::take(&mut status.superseded) {
        left.extend(superseded(at, job).await);
    }
    status.superseded = left;
    // A selection that goes on again leaves those that were not stopped in time alone.
    let stopping =
        |run: &&RunStatus| at.stops() && run.state == RunState::Stopping && run.reason == Some(Reason::Suspended);
    for run in status.runs.iter().filter(stopping) {
        let Some(name) = &run.tuning_job_name else { continue };
        let subject = Subject::Stop(name.clone());
        if !at.may_try(&subject) {
            continue;
        }
        let stopped = stop_own(&at.region, &at.identity(run), name, run.tuning_job_arn.as_deref()).await;
        // Asked again after a while, should the job still be there: a stop may get lost like any other call.
        at.failed(subject.clone(), Duration::from_secs(10), Duration::from_secs(300));
        note(at, &subject, name, stopped.err());
    }
}

/// Notes why a job cannot be stopped, if it cannot.
fn note(at: &Pass<'_>, subject: &Subject, job: &str, error: Option<TuningError>) {
    let trouble = error.map(|error| {
        tracing::info!(job, %error, "a tuning job cannot be stopped; trying again");
        Problem::new(error.class.reason(), format!("the tuning job '{job}' cannot be stopped: {}", error.explain()))
    });
    at.ctx.attempts.note_trouble(&at.uid, subject, trouble);
}

/// Why a job that is to be stopped is not, when a person must help.
pub(super) fn trouble(at: &Pass<'_>, status: &ModelSelectionStatus) -> Option<Problem> {
    let of_runs = status.runs.iter().filter(|run| run.state == RunState::Stopping);
    let jobs = status.superseded.iter().map(|job| &job.tuning_job_name);
    let mut jobs = jobs.chain(of_runs.filter_map(|run| run.tuning_job_name.as_ref()));
    jobs.find_map(|job| at.ctx.attempts.trouble(&at.uid, &Subject::Stop(job.clone())))
}

/// The superseded job as it now is; `None` once it has ended.
async fn superseded(at: &Pass<'_>, job: SupersededJob) -> Option<SupersededJob> {
    let (subject, find) = (Subject::Stop(job.tuning_job_name.clone()), Subject::Find(job.tuning_job_name.clone()));
    if !at.may_try(&subject) || !at.may_try(&find) {
        return Some(job);
    }
    let region = at.ctx.sagemaker.region(&job.region);
    let ended = if job.stop_requested {
        match at.sighting(&job.tuning_job_name) {
            Some(Sighting::Left(_)) => ended(&region, &job.tuning_job_name).await,
            Some(Sighting::Running(_) | Sighting::Unseen) | None => return Some(job),
        }
    } else {
        let run = RunStatus {
            candidate: job.candidate.clone(),
            dataset: job.dataset.clone(),
            definition: Some(job.definition.clone()),
            attempt: job.attempt,
            ..RunStatus::default()
        };
        stop_own(&region, &at.identity(&run), &job.tuning_job_name, job.tuning_job_arn.as_deref()).await
    };
    match ended {
        Ok(Stopped::Accepted) => {
            at.succeeded(&subject);
            if job.stop_requested {
                at.ctx.observer.looked_at(&job.region, &at.object, &job.tuning_job_name);
            }
            tracing::info!(job = job.tuning_job_name, "superseded tuning job is being stopped");
            Some(SupersededJob { stop_requested: true, ..job })
        }
        Ok(Stopped::NothingToStop) => None,
        Ok(Stopped::Absent) => {
            // It may have been created just now, and not be known yet.
            let failing = at.failed(find, Duration::from_secs(1), Duration::from_secs(60));
            (!failing.for_at_least(PROPAGATION, platform::clock::now())).then_some(job)
        }
        Err(error) => {
            at.failed(subject.clone(), Duration::from_secs(2), Duration::from_secs(300));
            note(at, &subject, &job.tuning_job_name, Some(error));
            Some(job)
        }
    }
}

/// What came of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The job is being stopped.
    Accepted,
    /// It has ended, or is not ours.
    NothingToStop,
    /// There is no such job, or it is not known yet.
    Absent,
}

async fn ended(region: &Region, name: &str) -> Result<Stopped, TuningError> {
    match region.describe(name).await {
        Ok(job) if job.status.runs() => Ok(Stopped::Accepted),
        Ok(_) => Ok(Stopped::NothingToStop),
        // It was there when its stop was accepted.
        Err(error) if error.class == Class::NotFound => Ok(Stopped::NothingToStop),
        Err(error) => Err(error),
    }
}

/// Stops a job that is ours. One whose ARN was never seen may not exist, or be somebody else's: its tags tell.
pub(super) async fn stop_own(
    region: &Region,
    identity: &Identity<'_>,
    name: &str,
    arn: Option<&str>,
) -> Result<Stopped, TuningError> {
    if arn.is_none() {
        let job = match region.describe(name).await {
            Ok(job) => job,
            Err(error) if error.class == Class::NotFound => return Ok(Stopped::Absent),
            Err(error) => return Err(error),
        };
        if !job.status.runs() || identity.foreign_tag(&region.tags(&job.arn).await?).is_some() {
            return Ok(Stopped::NothingToStop);
        }
    }
    match region.stop(name).await {
        Ok(()) => Ok(Stopped::Accepted),
        Err(error) if error.class == Class::NotFound => Ok(Stopped::Absent),
        // What is stopping already, or has ended, is refused in words that nobody has written down.
        Err(error) if error.class == Class::Invalid => match region.describe(name).await?.status {
            JobStatus::InProgress => Err(error),
            JobStatus::Stopping => Ok(Stopped::Accepted),
            JobStatus::Completed | JobStatus::Failed | JobStatus::Stopped | JobStatus::Deleting => {
                Ok(Stopped::NothingToStop)
            }
        },
        Err(error) => Err(error),
    }
}
