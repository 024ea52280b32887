//! What SageMaker reports, fitted to the schema of the status. With one value outside of it the API server refuses the
//! whole status, again and again, and the selection stands still without a word.
//!
//! What cannot be right is left out where it may be absent, and cut where it must be there.

use std::collections::BTreeSet;

use api::{BestTrainingJob, Hyperparameters, RunStatus, TrainingJobCounts, bounds, clip};

/// A training job as the status and the tables take it.
pub(super) fn training_job(job: BestTrainingJob) -> BestTrainingJob {
    let named = |name: &String| fits(name, bounds::METRIC_NAME);
    let natural = |number: Option<i32>| number.filter(|number| *number >= 0);
    BestTrainingJob {
        training_job_name: clip(&job.training_job_name, bounds::TRAINING_JOB_NAME),
        hyperparameters: hyperparameters(job.hyperparameters),
        fixed_hyperparameters: hyperparameters(job.fixed_hyperparameters),
        // No field of the spec can name a metric by a longer name.
        metrics: job.metrics.into_iter().filter(|metric| named(&metric.name)).collect(),
        non_finite_metrics: job.non_finite_metrics.into_iter().filter(named).collect(),
        // Half a place or type would be another one.
        model_artifact_s3_uri: job.model_artifact_s3_uri.filter(|uri| fits(uri, bounds::MODEL_ARTIFACT)),
        instance_type: job.instance_type.filter(|name| fits(name, bounds::INSTANCE_TYPE)),
        instance_count: natural(job.instance_count),
        // Not zero: what costs nothing would win.
        training_seconds: natural(job.training_seconds),
        billable_seconds: natural(job.billable_seconds),
        derived_metrics: job.derived_metrics,
    }
}

/// Fits to the schema what a run says beyond its best training job, and how many metrics that has: those in `wanted`
/// before others.
pub(super) fn run(run: &mut RunStatus, wanted: &BTreeSet<String>) {
    run.training_jobs = run.training_jobs.map(counts);
    // A version that is too long to be shown is refused when it is resolved; this is for what came another way.
    run.model_version = run.model_version.take().map(|version| clip(&version, bounds::MODEL_VERSION));
    run.model_id = run.model_id.take().map(|id| clip(&id, bounds::MODEL_ID));
    run.message = run.message.take().map(|message| clip(&message, bounds::MESSAGE));
    run.attempt = run.attempt.clamp(0, ATTEMPTS);
    run.failed_attempts = run.failed_attempts.clamp(0, ATTEMPTS);
    run.tuning_job_arn = run.tuning_job_arn.take().map(|arn| clip(&arn, bounds::TUNING_JOB_ARN));
    if let Some(best) = &mut run.best {
        first(&mut best.metrics, |metric| &metric.name, wanted);
        first(&mut best.non_finite_metrics, |name| name, wanted);
    }
}

/// The most attempts of a run, as in the schema.
const ATTEMPTS: i32 = 1000;

/// What SageMaker counts, with nothing below zero.
fn counts(counts: TrainingJobCounts) -> TrainingJobCounts {
    let TrainingJobCounts { completed, in_progress, retryable_error, non_retryable_error, stopped } = counts;
    TrainingJobCounts {
        completed: completed.max(0),
        in_progress: in_progress.max(0),
        retryable_error: retryable_error.max(0),
        non_retryable_error: non_retryable_error.max(0),
        stopped: stopped.max(0),
    }
}

fn hyperparameters(all: Hyperparameters) -> Hyperparameters {
    let cut = |(name, value): (String, String)| (name, clip(&value, bounds::HYPERPARAMETER));
    all.into_iter().take(bounds::HYPERPARAMETERS).map(cut).collect()
}

fn first<T>(list: &mut Vec<T>, name: fn(&T) -> &String, wanted: &BTreeSet<String>) {
    if list.len() > bounds::METRICS {
        list.sort_by(|a, b| (!wanted.contains(name(a)), name(a)).cmp(&(!wanted.contains(name(b)), name(b))));
        list.truncate(bounds::METRICS);
        list.sort_by(|a, b| name(a).cmp(name(b)));
    }
}

/// As the API server counts: characters.
fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most
}

#[cfg(test)]
mod tests;
