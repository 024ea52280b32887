//! Reads a tuning job with the result of its best training job, or with the reason of its failure.

use super::pass::Pass;
use api::{ModelSelectionSpec, RunStatus};
use decide::observation::{JobStatus, TrainingFailure, TrainingResult, TuningJob};
use decide::retry::{Outcome, Task};
use decide::run::{RunEvent, after};
use sagemaker::{Class, EndedJob, TuningError};

/// A tuning job as SageMaker describes it.
#[derive(Clone)]
pub(super) struct Fetched {
    pub(super) job: TuningJob,
    result: Option<TrainingResult>,
    failure: Option<TrainingFailure>,
}

/// Describes the tuning job of that name.
pub(super) async fn fetch(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    run: &RunStatus,
    name: &str,
) -> Result<Fetched, TuningError> {
    complete(pass, spec, run, name, pass.region.describe(name).await?, None).await
}

/// The tuning job of that name, as a search returned it.
pub(super) async fn found(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    run: &RunStatus,
    name: &str,
    EndedJob { job, result }: &EndedJob,
) -> Result<Fetched, TuningError> {
    complete(pass, spec, run, name, job.clone(), result.as_ref()).await
}

/// Adds to a job what its run needs once the job has ended. `known` is a training job whose result is known already.
pub(super) async fn complete(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    run: &RunStatus,
    name: &str,
    job: TuningJob,
    known: Option<&(String, TrainingResult)>,
) -> Result<Fetched, TuningError> {
    let job = with_parent_results(spec, run, job);
    let best = job.best.as_ref().filter(|_| job.status.ended());
    let known = known.filter(|(name, _)| best.is_some_and(|best| best.training_job_name == *name));
    let result = match (best, known) {
        (None, _) => None,
        (Some(_), Some((_, result))) => Some(result.clone()),
        (Some(best), None) => Some(result_of(pass, &best.training_job_name).await?),
    };
    let failure = match job.status {
        JobStatus::Failed => failure_of(pass, name).await?,
        _ => None,
    };
    Ok(Fetched { job, result, failure })
}

/// The result of the best training job; an empty one if it was deleted: the run has succeeded, and its metrics are
/// missing.
async fn result_of(pass: &Pass<'_>, training_job: &str) -> Result<TrainingResult, TuningError> {
    let find = Task::Find(training_job.to_owned());
    let result = pass.region.training_result(training_job).await;
    match result {
        Err(error) if error.class == Class::NotFound => {
            let failures = pass.failed(find.clone(), Outcome::Fault(error.class));
            if !pass.is_missing(failures) {
                return Err(TuningError::not_shown(training_job));
            }
            pass.succeeded(&find);
            Ok(TrainingResult::default())
        }
        result => {
            pass.succeeded(&find);
            result
        }
    }
}

/// Why a training job of a failed tuning job failed. The reason is for people: without the right to list, or with a
/// list that lags, the failure is reported without it.
async fn failure_of(pass: &Pass<'_>, tuning_job: &str) -> Result<Option<TrainingFailure>, TuningError> {
    match pass.region.failed_training_job(tuning_job).await {
        Err(error) if !matches!(error.class, Class::Throttled | Class::Transient) => Ok(None),
        failure => failure,
    }
}

/// The run, updated from its job.
pub(super) fn applied(pass: &Pass<'_>, run: RunStatus, fetched: &Fetched) -> RunStatus {
    let Fetched { job, result, failure } = fetched;
    // A stop that we requested just before a crash is still ours.
    let ours = pass.stops() && !run.attached && job.status == JobStatus::Stopped;
    let run = if ours { after(run, RunEvent::StopRequested) } else { run };
    let used = &pass.derivations(&pass.selection.spec).hyperparameters_used();
    let event = RunEvent::Described { job, result: result.as_ref(), failure: failure.as_ref(), used };
    let run = after(run, event);
    if run.state.ended() {
        tracing::info!(job = run.tuning_job_name, candidate = run.candidate, dataset = run.dataset, state = ?run.state, "run ended");
    }
    run
}

/// The job with the best training job among its own and its warm start's parents', if the spec asks for that.
fn with_parent_results(spec: &ModelSelectionSpec, run: &RunStatus, job: TuningJob) -> TuningJob {
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == run.candidate);
    let warm_start = candidate.and_then(|candidate| candidate.warm_start.as_ref()).or(spec.tuning.warm_start.as_ref());
    let asked = warm_start.is_some_and(|warm_start| warm_start.include_parent_results);
    let best = job.overall_best.clone().filter(|_| asked).or_else(|| job.best.clone());
    TuningJob { best, ..job }
}
