//! Jobs that may exist already: found by their name, and taken up if their tags say that they are ours.

use std::time::Duration;

use super::attempts::Subject;
use super::describe::collected;
use super::pass::Pass;
use api::{Reason, RunState, RunStatus};
use decide::observation::{JobStatus, TuningJob};
use platform::clock;
use sagemaker::{Class, TuningError};

/// How long a job may be unknown after it was created: no page documents it, tools allow five minutes. Until then, not
/// found does not mean that it is not there.
pub(super) const PROPAGATION: Duration = Duration::from_secs(300);
/// Finds in one pass.
const PER_PASS: usize = 32;

/// Why a job that has a run's name was not taken up.
pub(super) enum Unattached {
    /// There is none, or it is not known yet.
    Absent(TuningError),
    /// It is somebody else's. The run says so.
    Foreign(RunStatus),
    /// It could not be looked at.
    Fault(TuningError),
}

/// Looks for the jobs of waiting runs that have a name: an answer was lost, or the process died. Those that are found are
/// taken up. Those that are not may be created, now or later. A suspended selection creates nothing: it gives the name up
/// once the job would be known. Returns whether there are more than a pass may look for.
pub(super) async fn find(at: &Pass<'_>, runs: &mut [RunStatus]) -> bool {
    let mut left = PER_PASS;
    for run in runs.iter_mut().filter(|run| run.state == RunState::Waiting) {
        let Some(name) = run.tuning_job_name.clone() else { continue };
        let subject = Subject::Find(name);
        if !at.may_try(&subject) {
            continue;
        }
        if left == 0 {
            return true;
        }
        left -= 1;
        match attach(at, run.clone()).await {
            Ok(found) | Err(Unattached::Foreign(found)) => {
                at.succeeded(&subject);
                *run = found;
            }
            Err(Unattached::Absent(_)) if run.attached => {
                at.failed(subject, Duration::from_secs(60), Duration::from_secs(600));
                let message = format!(
                    "there is no tuning job '{}' in {}; correct `tuningJobName`, or `region`",
                    run.tuning_job_name.as_deref().unwrap_or_default(),
                    at.region.name()
                );
                *run = std::mem::take(run).with(RunState::Waiting, Some(Reason::UnknownTuningJob), Some(&message));
            }
            Err(Unattached::Absent(_)) => {
                let now = clock::now();
                let failing = at.failed(subject, Duration::from_secs(2), Duration::from_secs(60));
                if at.spec.suspend && failing.for_at_least(PROPAGATION, now) {
                    run.tuning_job_name = None;
                }
            }
            Err(Unattached::Fault(error)) => {
                tracing::info!(job = run.tuning_job_name, %error, "a tuning job that may exist cannot be described; trying again");
                if run.attached {
                    let told = error.explain();
                    *run = std::mem::take(run).with(RunState::Waiting, Some(error.class.reason()), Some(&told));
                }
                at.failed(subject, Duration::from_secs(2), Duration::from_secs(60));
            }
        }
    }
    false
}

/// Takes up the job that has the run's name: ours, from before a crash, a lost answer, a deletion or another cluster's
/// life; or somebody else's, which is left alone.
pub(super) async fn attach(at: &Pass<'_>, run: RunStatus) -> Result<RunStatus, Unattached> {
    let name = run.tuning_job_name.clone().unwrap_or_default();
    match at.region.describe(&name).await {
        Ok(job) => take_up(at, &name, &job, run).await,
        Err(error) if error.class == Class::NotFound => Err(Unattached::Absent(error)),
        Err(error) => Err(Unattached::Fault(error)),
    }
}

async fn take_up(at: &Pass<'_>, name: &str, job: &TuningJob, run: RunStatus) -> Result<RunStatus, Unattached> {
    if run.attached {
        // Named by the user: whose it is does not matter, since it is only read.
        return collected(at, run, job).await.map_err(Unattached::Fault);
    }
    let tags = at.region.tags(&job.arn).await.map_err(Unattached::Fault)?;
    if let Some(difference) = at.identity(&run).foreign_tag(&tags) {
        tracing::warn!(job = name, difference, "a tuning job of that name is not ours");
        let message = format!(
            "the tuning job '{name}' exists and is not this run's: {difference}; it is left alone. Set `rerun` to \
             another value to use other names"
        );
        let run = RunStatus { tuning_job_name: None, tuning_job_arn: None, ..run };
        return Err(Unattached::Foreign(run.with(RunState::Waiting, Some(Reason::NameConflict), Some(&message))));
    }
    tracing::info!(job = name, candidate = run.candidate, dataset = run.dataset, status = ?job.status, "tuning job attached");
    match job.status {
        // Stopped in an earlier life, by a deletion or an edit: its result was given up, and now it is wanted.
        JobStatus::Stopping | JobStatus::Stopped | JobStatus::Deleting => Ok(run.next_attempt()),
        JobStatus::InProgress | JobStatus::Completed | JobStatus::Failed => {
            collected(at, run, job).await.map_err(Unattached::Fault)
        }
    }
}
