//! Jobs that may exist already: found by their name, and adopted if their tags say that they are ours.

use std::collections::HashMap;

use super::fetch::{Fetched, applied, complete};
use super::pass::{BELIEVED_ANSWERS, Pass};
use api::{ModelSelectionSpec, Reason, RunState, RunStatus};
use decide::identity::Ownership;
use decide::observation::{JobStatus, TuningJob};
use decide::problem::Problem;
use decide::retry::{Outcome, Task};
use decide::run::{RunEvent, after, apply};
use sagemaker::{Class, TuningError};

/// Most jobs looked for in one pass: the status shows their results before the next ones.
const PER_PASS: usize = 32;

/// The result of looking for a job.
pub(super) enum Found {
    /// The run with its job. If that job was stopped earlier, the run waits for its next attempt.
    Adopted(RunStatus),
    /// The job belongs to another owner. The run reports it.
    Foreign(RunStatus),
    /// There is no such job, or it is not visible yet.
    Absent(TuningError),
    /// The tags of the job are not visible yet: it may be ours.
    Unproven(TuningError),
    /// The call failed.
    Fault(TuningError),
}

/// Looks for the jobs of waiting runs that already have a job name: a response was lost, or the process died. Adopts
/// the jobs that exist; the others may be created. A suspended selection creates nothing: it drops the name once the
/// job would have become visible. Returns whether jobs remain for the next pass.
pub(super) async fn find(pass: &Pass<'_>, spec: &ModelSelectionSpec, runs: &mut [RunStatus]) -> bool {
    let mut left = PER_PASS;
    // Several candidates may refer to the same job: it is fetched once.
    let mut named: HashMap<String, Fetched> = HashMap::new();
    for run in runs.iter_mut().filter(|run| run.state == RunState::Waiting) {
        let Some(name) = run.tuning_job_name.clone() else { continue };
        if let Some(fetched) = named.get(&name).filter(|_| run.attached) {
            *run = applied(pass, std::mem::take(run), fetched);
            continue;
        }
        let task = Task::Find(name.clone());
        if !pass.may_try(&task) {
            continue;
        }
        if left == 0 {
            return true;
        }
        left -= 1;
        if run.attached {
            named.extend(follow(pass, spec, run, name, task).await);
        } else {
            find_own(pass, spec, run, task).await;
        }
    }
    false
}

/// Follows the job that a candidate refers to. The operator only reads it, so its owner does not matter.
async fn follow(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    run: &mut RunStatus,
    name: String,
    task: Task,
) -> Option<(String, Fetched)> {
    match super::fetch::fetch(pass, spec, run, &name).await {
        Ok(fetched) => {
            pass.succeeded(&task);
            *run = applied(pass, std::mem::take(run), &fetched);
            Some((name, fetched))
        }
        Err(error) if error.class == Class::NotFound => {
            apply(run, RunEvent::NotResolved(&not_there(pass, &name, task)));
            None
        }
        Err(error) => {
            tracing::info!(job = name, %error, "a tuning job that a candidate names cannot be described; trying again");
            pass.failed(task, Outcome::Fault(error.class));
            apply(run, RunEvent::NotResolved(&Problem::new(error.class.reason(), error.explain())));
            None
        }
    }
}

/// The problem of an attached run whose tuning job SageMaker does not show: the job may be new.
fn not_there(pass: &Pass<'_>, name: &str, task: Task) -> Problem {
    let before = pass.ctx.retries.failures(&pass.uid, &task).map_or(0, |failures| failures.times);
    if before + 1 < BELIEVED_ANSWERS {
        pass.failed(task, Outcome::Fault(Class::NotFound));
        let message = format!("SageMaker does not show the tuning job '{name}' yet; the operator looks again");
        return Problem::new(Reason::RetryingAfterError, message);
    }
    pass.failed(task, Outcome::Refused);
    let region = pass.region.name();
    let message = format!("there is no tuning job '{name}' in {region}; correct `tuningJobName`, or `region`");
    Problem::new(Reason::UnknownTuningJob, message)
}

async fn find_own(pass: &Pass<'_>, spec: &ModelSelectionSpec, run: &mut RunStatus, task: Task) {
    match adopt(pass, spec, run.clone()).await {
        Found::Adopted(found) => {
            pass.succeeded(&task);
            *run = found;
        }
        Found::Foreign(found) => {
            pass.succeeded(&task);
            // Only an edit gives the run another name.
            pass.failed(Task::create(&found), Outcome::Fault(Class::Invalid));
            *run = found;
        }
        Found::Absent(error) => {
            let failures = pass.failed(task, Outcome::Fault(error.class));
            if spec.suspend && pass.is_missing(failures) {
                apply(run, RunEvent::NameReleased);
            }
        }
        Found::Unproven(error) | Found::Fault(error) => {
            tracing::info!(job = run.tuning_job_name, %error, "a tuning job that may exist cannot be adopted yet; trying again");
            pass.failed(task, Outcome::Fault(error.class));
        }
    }
}

/// Looks for the job with the run's name. It may be ours, from before a crash, a lost response, a deletion or a rebuilt
/// cluster. A job of another owner is left alone.
pub(super) async fn adopt(pass: &Pass<'_>, spec: &ModelSelectionSpec, run: RunStatus) -> Found {
    let name = run.tuning_job_name.clone().unwrap_or_default();
    match pass.region.describe(&name).await {
        Ok(job) => take_over(pass, spec, &name, job, run).await,
        Err(error) if error.class == Class::NotFound => Found::Absent(error),
        Err(error) => Found::Fault(error),
    }
}

async fn take_over(pass: &Pass<'_>, spec: &ModelSelectionSpec, name: &str, job: TuningJob, run: RunStatus) -> Found {
    let tags = match pass.region.tags(&job.arn).await {
        Ok(tags) => tags,
        Err(error) => return Found::Fault(error),
    };
    let difference = match pass.identity(&run).ownership(&tags) {
        Ownership::Ours => {
            pass.succeeded(&Task::Prove(name.to_owned()));
            return adopted(pass, spec, name, job, run).await;
        }
        Ownership::Foreign(difference) if !pass.note_foreign_answer(name) => {
            return Found::Unproven(TuningError::unproven(&difference));
        }
        Ownership::Foreign(difference) => difference,
        // The tags become visible later than the job.
        Ownership::Unproven(missing) => {
            let failures = pass.failed(Task::Prove(name.to_owned()), Outcome::Fault(Class::NotFound));
            if !pass.is_missing(failures) {
                return Found::Unproven(TuningError::unproven(&missing));
            }
            missing
        }
    };
    pass.succeeded(&Task::Prove(name.to_owned()));
    tracing::warn!(job = name, difference, "a tuning job of that name is not ours");
    let message = format!(
        "the tuning job '{name}' exists and is not this run's: {difference}; it is left alone. Set `rerun` to another \
         value to use other names"
    );
    Found::Foreign(after(run, RunEvent::NameTaken(&Problem::new(Reason::NameConflict, message))))
}

async fn adopted(pass: &Pass<'_>, spec: &ModelSelectionSpec, name: &str, job: TuningJob, run: RunStatus) -> Found {
    tracing::info!(job = name, candidate = run.candidate, dataset = run.dataset, status = ?job.status, "tuning job adopted");
    match job.status {
        // A deletion or an edit stopped the job, so it has no result, and the run needs one again.
        JobStatus::Stopping | JobStatus::Stopped | JobStatus::Deleting => {
            Found::Adopted(after(run, RunEvent::NextAttempt))
        }
        JobStatus::InProgress | JobStatus::Completed | JobStatus::Failed => {
            match complete(pass, spec, &run, name, job, None).await {
                Ok(fetched) => Found::Adopted(applied(pass, run, &fetched)),
                Err(error) => Found::Fault(error),
            }
        }
    }
}
