//! Stopping jobs: those that an edit left behind, and those that suspend or a deletion ends.

use std::time::Duration;

use super::attempts::Subject;
use super::pass::Pass;
use crate::api::{ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob};
use crate::decide::identity::Identity;
use crate::observe::Sighting;
use crate::tuning::{Class, Region, TuningError};

/// How long a job that cannot be found is looked for again before it counts as not there: it may just have been created.
pub(super) const ABSENT_FOR: Duration = Duration::from_secs(15);

/// Stops what is to be stopped. Superseded jobs stay listed, and hold a place, until they have ended.
pub(super) async fn stop(at: &Pass<'_>, status: &mut ModelSelectionStatus) {
    let mut left = Vec::new();
    for job in std::mem::take(&mut status.superseded) {
        left.extend(superseded(at, job).await);
    }
    status.superseded = left;
    let stopping = |run: &&RunStatus| run.state == RunState::Stopping && run.reason == Some(Reason::Suspended);
    for name in status.runs.iter().filter(stopping).filter_map(|run| run.tuning_job_name.as_ref()) {
        let subject = Subject::Stop(name.clone());
        if !at.may_try(&subject) {
            continue;
        }
        // Asked again after a while, should the job still be there: a stop may get lost like any other call.
        at.failed(subject, Duration::from_secs(10), Duration::from_secs(300));
        if let Err(error) = at.region.stop(name).await {
            tracing::info!(job = name, %error, "a tuning job cannot be stopped; trying again");
        }
    }
}

/// The superseded job as it now is; `None` once it has ended.
async fn superseded(at: &Pass<'_>, job: SupersededJob) -> Option<SupersededJob> {
    let subject = Subject::Stop(job.tuning_job_name.clone());
    if !at.may_try(&subject) {
        return Some(job);
    }
    let region = at.ctx.sagemaker.region(&job.region);
    let ended = if job.stop_requested {
        match at.sighting(&job.tuning_job_name) {
            Some(Sighting::Left) => ended(&region, &job.tuning_job_name).await,
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
            tracing::info!(job = job.tuning_job_name, "superseded tuning job is being stopped");
            Some(SupersededJob { stop_requested: true, ..job })
        }
        Ok(Stopped::NothingToStop) => None,
        Ok(Stopped::Absent) => {
            let now = crate::runtime::clock::now();
            let failing = at.failed(subject, Duration::from_secs(1), Duration::from_secs(5));
            (!failing.for_at_least(ABSENT_FOR, now)).then_some(job)
        }
        Err(error) => {
            tracing::info!(job = job.tuning_job_name, %error, "a superseded tuning job cannot be stopped; trying again");
            at.failed(subject, Duration::from_secs(2), Duration::from_secs(300));
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
        Ok(true) => Ok(Stopped::Accepted),
        Ok(false) => Ok(Stopped::NothingToStop),
        Err(error) if error.class == Class::NotFound => Ok(Stopped::Absent),
        Err(error) => Err(error),
    }
}
