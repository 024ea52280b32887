//! The state machine of a run: its state after an event. All states, reasons and messages of runs are set here.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::observation::{JobStatus, TrainingFailure, TrainingResult, TuningJob};
use super::problem::Problem;
use super::training_job::best_training_job;
use api::{Reason, RunState, RunStatus, TrainingJobCounts, Trials};

/// An event of a run.
#[derive(Clone, Debug)]
pub enum RunEvent<'a> {
    /// Its request was built.
    Resolved,
    /// Its request, or a job to adopt, is not available: see the reason. A job that may exist keeps its name.
    NotResolved(&'a Problem),
    /// It could start, but got no permit.
    Queued,
    /// Its job is about to be created under that name.
    Chosen {
        /// The name.
        job_name: &'a str,
    },
    /// SageMaker has created its job.
    Created {
        /// The job's ARN.
        arn: &'a str,
    },
    /// SageMaker was not called, or refused.
    NotCreated {
        /// Why.
        problem: &'a Problem,
        /// Whether the job may exist nevertheless.
        may_exist: bool,
    },
    /// SageMaker was not called, because another run of the pass had a fault that would affect this one too.
    NotTried {
        /// Why.
        reason: Reason,
        /// Whether the job may exist from an earlier try.
        may_exist: bool,
    },
    /// A job with its name belongs to another owner.
    NameTaken(&'a Problem),
    /// The run drops its job name, so that its job no longer counts as possibly existing.
    NameReleased,
    /// The listing of running jobs shows its job.
    Listed {
        /// The job's training jobs, by state.
        training_jobs: TrainingJobCounts,
        /// Whether the job is being stopped.
        stopping: bool,
    },
    /// Its job was described.
    Described {
        /// The job.
        job: &'a TuningJob,
        /// The best training job, if the job has ended and has one.
        result: Option<&'a TrainingResult>,
        /// A training job that failed, if none succeeded.
        failure: Option<&'a TrainingFailure>,
        /// The fixed hyperparameters that expressions use.
        used: &'a BTreeSet<String>,
    },
    /// Its best training job was described again, for inputs of expressions that were not kept before.
    DescribedAgain {
        /// The training job.
        result: &'a TrainingResult,
        /// The fixed hyperparameters that expressions use.
        used: &'a BTreeSet<String>,
    },
    /// Its job cannot be observed at the moment.
    NotObserved(&'a Problem),
    /// Its job does not exist any more.
    Deleted,
    /// Its status must not be trusted: another client wrote it, or the job was found again.
    Unverified,
    /// The job that the status names was made for it, as this attempt.
    Proven {
        /// The attempt, by the tags of the job.
        attempt: i32,
    },
    /// The job that the status names was not created for it.
    NotItsJob,
    /// Suspend requires its job to be stopped.
    StopRequested,
    /// It is tried once more, with a new job name.
    NextAttempt,
    /// The table of all its training jobs is written.
    TableKept(Trials),
    /// The table of all its training jobs cannot be stored until a person acts.
    TableNotKept(&'a Problem),
    /// The table of all its training jobs is tried again.
    TableRetried,
}

/// Applies an event to a run in place.
pub fn apply(run: &mut RunStatus, event: RunEvent<'_>) {
    *run = after(std::mem::take(run), event);
}

/// The run after an event.
pub fn after(run: RunStatus, event: RunEvent<'_>) -> RunStatus {
    let state = run.state;
    match event {
        RunEvent::Resolved => resolved(run),
        RunEvent::NotResolved(problem) => with_problem(run, RunState::Waiting, problem),
        RunEvent::Queued if run.reason == Some(Reason::QuotaExceeded) => run,
        RunEvent::Queued => run.with(RunState::Waiting, Some(Reason::Queued), None),
        RunEvent::Chosen { job_name } => {
            // The previous problem stays until the new try has a response: conditions and Events would otherwise flap
            // with each try.
            let reason = run.reason.filter(|reason| *reason != Reason::Queued).or(Some(Reason::Creating));
            RunStatus { tuning_job_name: Some(job_name.to_owned()), reason, ..run }
        }
        RunEvent::Created { arn } => {
            RunStatus { tuning_job_arn: Some(arn.to_owned()), ..run }.with(RunState::Running, None, None)
        }
        RunEvent::NotCreated { problem, may_exist } => {
            with_problem(named_if(may_exist, run), RunState::Waiting, problem)
        }
        RunEvent::NotTried { reason, may_exist } => {
            named_if(may_exist, run).with(RunState::Waiting, Some(reason), None)
        }
        RunEvent::NameTaken(problem) => {
            with_problem(RunStatus { tuning_job_arn: None, ..named_if(false, run) }, RunState::Waiting, problem)
        }
        RunEvent::NameReleased => named_if(false, run),
        RunEvent::Listed { training_jobs, stopping } => listed(run, training_jobs, stopping),
        RunEvent::Described { job, result, failure, used } => described(run, job, result, failure, used),
        RunEvent::DescribedAgain { result, used } => described_again(run, result, used),
        // That it was asked to stop is more important than that SageMaker cannot be reached.
        RunEvent::NotObserved(_) if run.reason == Some(Reason::Suspended) => run,
        RunEvent::NotObserved(problem) => with_problem(run, state, problem),
        RunEvent::Deleted => deleted(run),
        RunEvent::Unverified => unverified(run),
        RunEvent::Proven { attempt } => RunStatus { attempt, failed_attempts: run.failed_attempts.min(attempt), ..run },
        RunEvent::NotItsJob => unstarted(run),
        RunEvent::StopRequested => run.with(RunState::Stopping, Some(Reason::Suspended), None),
        RunEvent::NextAttempt => run.next_attempt(),
        RunEvent::TableKept(trials) => RunStatus { trials: Some(trials), ..run }.with(state, None, None),
        RunEvent::TableNotKept(Problem { reason, message }) => {
            let message =
                format!("only the best training job is considered, since the table of all cannot be kept: {message}");
            RunStatus { trials: None, ..run }.with(state, Some(*reason), Some(&message))
        }
        RunEvent::TableRetried => run.with(state, None, None),
    }
}

fn with_problem(run: RunStatus, state: RunState, Problem { reason, message }: &Problem) -> RunStatus {
    run.with(state, Some(*reason), Some(message))
}

fn named_if(may_exist: bool, run: RunStatus) -> RunStatus {
    if may_exist { run } else { RunStatus { tuning_job_name: None, ..run } }
}

/// Clears a reason about resolving the run; other reasons stay.
fn resolved(run: RunStatus) -> RunStatus {
    let passed = |reason: Reason| {
        let of_parent = matches!(reason, Reason::WaitingForParent | Reason::UnknownTuningJob);
        reason.of_resolution() || of_parent || reason == Reason::Progressing
    };
    if run.reason.is_some_and(passed) { run.with(RunState::Waiting, Some(Reason::Queued), None) } else { run }
}

fn listed(mut run: RunStatus, training_jobs: TrainingJobCounts, stopping: bool) -> RunStatus {
    run.training_jobs = Some(training_jobs);
    if stopping {
        run.state = RunState::Stopping;
    }
    // It could not be observed before, and now it is.
    if run.reason.is_some_and(|reason| reason.needs_person() || reason == Reason::RetryingAfterError) {
        (run.reason, run.message) = (None, None);
    }
    run
}

fn described(
    mut run: RunStatus,
    job: &TuningJob,
    result: Option<&TrainingResult>,
    failure: Option<&TrainingFailure>,
    used: &BTreeSet<String>,
) -> RunStatus {
    run.tuning_job_arn = Some(job.arn.clone());
    run.training_jobs = Some(job.training_jobs);
    run.end_time = job.ended.filter(|_| job.status.ended()).map(Time);
    if let (true, Some(best), Some(result)) = (job.status.ended(), &job.best, result) {
        run.best = Some(best_training_job(&best.training_job_name, best.hyperparameters.clone(), result, used));
    }
    match job.status {
        // The stop was requested; the listing lags behind it.
        JobStatus::InProgress if run.state == RunState::Stopping => run,
        JobStatus::InProgress => run.with(RunState::Running, None, None),
        // Only an ended job can be deleted, and its result is deleted with it.
        JobStatus::Deleting => deleted(run),
        JobStatus::Stopping => {
            let reason = run.reason.filter(|reason| *reason == Reason::Suspended);
            run.with(RunState::Stopping, reason, None)
        }
        JobStatus::Completed if run.best.is_some() => run.with(RunState::Succeeded, None, None),
        JobStatus::Completed => {
            let why = "the tuning job completed, but no training job emitted `tuning.objective.metric`; look for it in \
                       the logs of the training jobs, and check its regex against them if \
                       `training.metricDefinitions` has it";
            run.with(RunState::Failed, Some(Reason::ObjectiveNotEmitted), Some(why))
        }
        JobStatus::Failed => {
            let why = job.failure_reason.as_deref().unwrap_or("SageMaker gives no reason");
            let message = format!("the tuning job failed: {}{}", why.trim_end_matches('.'), because(failure));
            run.with(RunState::Failed, Some(Reason::TuningJobFailed), Some(&message))
        }
        JobStatus::Stopped => stopped(run),
    }
}

/// The failed training job, as the end of a message.
fn because(failure: Option<&TrainingFailure>) -> String {
    let Some(TrainingFailure { training_job_name, reason }) = failure else { return String::new() };
    format!(
        ". Training job '{training_job_name}' failed: {}; its logs are in the log group /aws/sagemaker/TrainingJobs, \
         streams {training_job_name}/",
        reason.trim_end_matches('.')
    )
}

/// A stopped job has a result if one of its training jobs has one. The result counts, unless suspend has stopped the
/// job.
fn stopped(run: RunStatus) -> RunStatus {
    if run.reason == Some(Reason::Suspended) && !run.attached {
        let why = "stopped by `suspendPolicy: Stop`; runs again when `suspend` is false";
        return run.with(RunState::Stopped, Some(Reason::Suspended), Some(why));
    }
    if run.best.is_some() {
        return run.with(RunState::Succeeded, None, None);
    }
    let why = if run.attached {
        "the tuning job was stopped and has no result; remove the candidate, or name another job"
    } else {
        "the tuning job was stopped outside of this operator and has no result; change `rerun` to run it again"
    };
    run.with(RunState::Stopped, Some(Reason::StoppedExternally), Some(why))
}

fn described_again(mut run: RunStatus, result: &TrainingResult, used: &BTreeSet<String>) -> RunStatus {
    if let Some(best) = run.best.take() {
        run.best = Some(best_training_job(&best.training_job_name, best.hyperparameters, result, used));
    }
    run
}

fn deleted(run: RunStatus) -> RunStatus {
    let why = if run.attached {
        "the tuning job no longer exists at SageMaker; remove the candidate, or name another job"
    } else {
        "the tuning job no longer exists at SageMaker; change `rerun` to run it again"
    };
    run.with(RunState::Failed, Some(Reason::TuningJobDeleted), Some(why))
}

/// A run with a job counts as running until a Describe shows otherwise; one without a job counts as not started.
/// Without an ARN, the job has yet to prove that it belongs to the run.
fn unverified(run: RunStatus) -> RunStatus {
    match (&run.tuning_job_name, run.state) {
        // Whether its job exists is checked anyway.
        (Some(_), RunState::Waiting) => run,
        (Some(_), _) => {
            let reason = run.reason.filter(|reason| *reason == Reason::Suspended);
            let state = if reason.is_some() { RunState::Stopping } else { RunState::Running };
            let run =
                RunStatus { tuning_job_arn: None, best: None, trials: None, end_time: None, pareto_rank: None, ..run };
            run.with(state, reason, None)
        }
        (None, RunState::Waiting) if run.best.is_none() && run.attempt == 0 && run.failed_attempts == 0 => run,
        (None, _) => unstarted(run),
    }
}

/// Nothing is known of it but what it is for. Jobs that it has had are found again by their names, from the first
/// attempt on.
fn unstarted(run: RunStatus) -> RunStatus {
    let run = RunStatus {
        attempt: 0,
        failed_attempts: 0,
        tuning_job_name: None,
        tuning_job_arn: None,
        best: None,
        trials: None,
        end_time: None,
        pareto_rank: None,
        training_jobs: None,
        ..run
    };
    run.with(RunState::Waiting, Some(Reason::Queued), None)
}

/// Whether the run's job has yet to prove, by its tags, that it was created for the run: another client has written its
/// name.
pub fn is_unproven(run: &RunStatus) -> bool {
    run.state.active() && !run.attached && run.tuning_job_arn.is_none()
}

#[cfg(test)]
mod tests;
