//! What has become of the running jobs. Those that the shared sweep still sees running cost nothing; those that have
//! left it are described.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::act::{Unattached, attach};
use super::attempts::Subject;
use super::reconcile::Subjects;
use crate::api::{Reason, RunState, RunStatus, SuspendPolicy};
use crate::decide::observation::{JobStatus, TuningJob};
use crate::observe::Sighting;
use crate::runtime::clock;
use crate::tuning::{Class, TuningError};

/// Describes at a time.
const CONCURRENCY: usize = 4;
/// A job may be unknown to Describe for some minutes after it was created.
const PROPAGATION_TRIES: u32 = 6;
/// One that was seen before is asked for once more, in case the answer came from a replica that lags.
const GONE_TRIES: u32 = 2;

/// Brings the active runs up to date. Returns why SageMaker cannot be observed, when a person must help.
pub(super) async fn observe(at: &Subjects<'_>, runs: &mut [RunStatus]) -> Option<(Reason, String)> {
    let names: Vec<String> =
        runs.iter().filter(|run| run.state.active()).filter_map(|r| r.tuning_job_name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sightings = at.ctx.observer.track(at.region.name(), &at.object, &names);
    let active: Vec<(usize, RunStatus)> =
        runs.iter().cloned().enumerate().filter(|(_, run)| run.state.active()).collect();
    let looked_at: Vec<(usize, RunStatus)> = stream::iter(active)
        .map(async |(index, run)| {
            let sighting = run.tuning_job_name.as_ref().and_then(|name| sightings.get(name));
            let now = match sighting {
                Some(Sighting::Running(job)) => {
                    let training_jobs = Some(job.training_jobs);
                    match job.status {
                        JobStatus::Stopping => RunStatus { training_jobs, state: RunState::Stopping, ..run },
                        _ => RunStatus { training_jobs, ..run },
                    }
                }
                Some(Sighting::Left) => described(at, run).await,
                Some(Sighting::Unseen) | None => run,
            };
            (index, now)
        })
        .buffered(CONCURRENCY)
        .collect()
        .await;
    for (index, run) in looked_at {
        runs[index] = run;
    }
    if at.selection.spec.suspend {
        for run in runs.iter_mut().filter(|run| run.state == RunState::Waiting && run.tuning_job_name.is_some()) {
            *run = unsure(at, std::mem::take(run)).await;
        }
    }
    let fault = at.ctx.observer.fault(at.region.name())?;
    let waits = runs.iter().any(|run| run.state.active());
    (waits && fault.class.reason().needs_person()).then(|| (fault.class.reason(), fault.explain()))
}

/// A run whose job may have been created, while suspend forbids to create it: found and taken up, or known not to be.
async fn unsure(at: &Subjects<'_>, run: RunStatus) -> RunStatus {
    let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
    if !at.ctx.attempts.may_try(&at.uid, &subject, clock::now()) {
        return run;
    }
    let (first, most) = (Duration::from_secs(2), Duration::from_secs(60));
    match attach(at, run.clone()).await {
        Ok(run) | Err(Unattached::Foreign(run)) => run,
        Err(Unattached::Fault(error)) => {
            let tries = at.ctx.attempts.failed(&at.uid, subject, first, most, clock::now());
            if error.class == Class::NotFound && tries >= PROPAGATION_TRIES {
                RunStatus { tuning_job_name: None, ..run }.with(RunState::Waiting, Some(Reason::Queued), None)
            } else {
                run
            }
        }
    }
}

/// The run after its job was described; the run as it was when that is not possible now.
async fn described(at: &Subjects<'_>, run: RunStatus) -> RunStatus {
    let subject = Subject::Run(run.candidate.clone(), run.dataset.clone());
    let (Some(name), true) = (&run.tuning_job_name, at.ctx.attempts.may_try(&at.uid, &subject, clock::now())) else {
        return run;
    };
    let failed = |error: &TuningError, first: Duration| {
        tracing::info!(job = name, %error, "a tuning job cannot be described; trying again");
        at.ctx.attempts.failed(&at.uid, subject.clone(), first, Duration::from_secs(60), clock::now())
    };
    match at.region.describe(name).await {
        Ok(job) => match collected(at, run.clone(), &job).await {
            Ok(run) => {
                at.ctx.attempts.succeeded(&at.uid, &subject);
                run
            }
            Err(error) => {
                failed(&error, Duration::from_secs(2));
                run
            }
        },
        Err(error) if error.class == Class::NotFound => {
            let tries = if run.training_jobs.is_some() { GONE_TRIES } else { PROPAGATION_TRIES };
            if failed(&error, Duration::from_secs(5)) >= tries { run.gone() } else { run }
        }
        Err(error) => {
            failed(&error, Duration::from_secs(2));
            run
        }
    }
}

/// The run as its job shows it, with the metrics of the best training job once it has ended.
pub(super) async fn collected(at: &Subjects<'_>, run: RunStatus, job: &TuningJob) -> Result<RunStatus, TuningError> {
    let ended = matches!(job.status, JobStatus::Completed | JobStatus::Failed | JobStatus::Stopped);
    let result = match job.best.as_ref().filter(|_| ended) {
        None => None,
        Some(best) => match at.region.training_result(&best.training_job_name).await {
            Ok(result) => Some(result),
            // Deleted by somebody: the run has succeeded, and its metrics are missing.
            Err(error) if error.class == Class::NotFound => Some(crate::decide::observation::TrainingResult::default()),
            Err(error) => return Err(error),
        },
    };
    // A stop that was asked for just before a crash is still ours.
    let spec = &at.selection.spec;
    let suspended = spec.suspend && spec.suspend_policy == SuspendPolicy::Stop;
    let run = if suspended && job.status == JobStatus::Stopped {
        RunStatus { reason: Some(Reason::Suspended), ..run }
    } else {
        run
    };
    let run = run.seen(job, result.as_ref());
    if run.state.ended() {
        tracing::info!(job = run.tuning_job_name, candidate = run.candidate, dataset = run.dataset, state = ?run.state, "run ended");
    }
    Ok(run)
}
