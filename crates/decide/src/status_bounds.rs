//! Fits the values that SageMaker reports to the schema of the status. If one value violated the schema, the API server
//! would refuse the whole status in every pass, and the selection would make no progress without showing why.
//!
//! An invalid value is left out if its field is optional, and truncated if it is required.

use std::collections::BTreeSet;

use api::{
    BestTrainingJob, Candidate, Hosting, Hyperparameters, MetricPreset, ModelSelectionSpec, RunStatus,
    TrainingJobCounts, bounds, clip,
};

/// Most metric values in a status, at about 50 bytes each: etcd limits an object to 1.5 MiB.
const METRICS_MAX: usize = 8000;

/// Whether the status would grow too large with all metrics. This depends on the spec, including the candidates that
/// the selectors have found, and not on the results so far: so all runs keep the same metrics, regardless of when they
/// ended.
pub fn is_bounded(spec: &ModelSelectionSpec) -> bool {
    let own_image = |candidate: &Candidate| {
        candidate.algorithm.as_ref().is_some_and(|algorithm| algorithm.training_image.is_some())
            && matches!(spec.training.metric_preset, None | Some(MetricPreset::None | MetricPreset::Auto))
    };
    // Observed candidates have no runs.
    let candidates = spec.candidates.iter().filter(|candidate| candidate.observed.is_none());
    let at_most = |candidate: &Candidate| {
        let defined = spec.training.metric_definitions.len() + candidate.overrides.metric_definitions.len();
        // Models, presets and algorithms have more metrics, and so do SageMaker's own images, which accept no
        // definitions.
        if own_image(candidate) && defined > 0 {
            defined.min(bounds::METRIC_DEFINITIONS)
        } else {
            bounds::METRIC_DEFINITIONS
        }
    };
    candidates.map(at_most).sum::<usize>() * spec.datasets.len() > METRICS_MAX
}

/// A training job with values that the status and the tables accept.
pub(super) fn training_job(job: BestTrainingJob) -> BestTrainingJob {
    let named = |name: &String| fits(name, bounds::METRIC_NAME);
    let natural = |number: Option<i32>| number.filter(|number| *number >= 0);
    BestTrainingJob {
        training_job_name: clip(&job.training_job_name, bounds::TRAINING_JOB_NAME),
        hyperparameters: hyperparameters(job.hyperparameters),
        fixed_hyperparameters: hyperparameters(job.fixed_hyperparameters),
        // No field of the spec can refer to a metric with a longer name.
        metrics: job.metrics.into_iter().filter(|metric| named(&metric.name)).collect(),
        metrics_omitted: job.metrics_omitted,
        non_finite_metrics: job.non_finite_metrics.into_iter().filter(named).collect(),
        // A truncated location or type would be a wrong one.
        model_artifact_s3_uri: job.model_artifact_s3_uri.filter(|uri| fits(uri, bounds::MODEL_ARTIFACT)),
        instance_type: job.instance_type.filter(|name| fits(name, bounds::INSTANCE_TYPE)),
        instance_count: natural(job.instance_count),
        // Not zero: a run that costs nothing would win.
        training_seconds: natural(job.training_seconds),
        billable_seconds: natural(job.billable_seconds),
        derived_metrics: job.derived_metrics,
    }
}

/// Fits the values of a run, apart from its best training job, to the schema, and limits the number of metrics of that
/// job: metrics in `wanted` come first.
pub(super) fn run(run: &mut RunStatus, wanted: &BTreeSet<String>) {
    run.training_jobs = run.training_jobs.map(counts);
    // A version that is too long is refused when it is resolved; this is for values from other sources.
    run.model_version = run.model_version.take().map(|version| clip(&version, bounds::MODEL_VERSION));
    run.model_id = run.model_id.take().map(|id| clip(&id, bounds::MODEL_ID));
    run.message = run.message.take().map(|message| clip(&message, bounds::MESSAGE));
    run.attempt = run.attempt.clamp(0, ATTEMPTS_MAX);
    run.failed_attempts = run.failed_attempts.clamp(0, ATTEMPTS_MAX);
    run.tuning_job_arn = run.tuning_job_arn.take().map(|arn| clip(&arn, bounds::TUNING_JOB_ARN));
    if let Some(best) = &mut run.best {
        fewer_metrics(best, wanted);
    }
}

/// A training job as a front lists it: one of a table may have more metrics than the status takes. `is_bounded` as of
/// [`is_bounded`].
pub(super) fn listed(job: &BestTrainingJob, wanted: &BTreeSet<String>, is_bounded: bool) -> BestTrainingJob {
    let mut job = job.clone();
    job.metrics.retain(|metric| !is_bounded || wanted.contains(&metric.name));
    fewer_metrics(&mut job, wanted);
    job
}

/// Characters of all variables of a container together: a status may hold one container for each of 32 datasets.
const ENVIRONMENT_MAX: usize = 4096;

/// A container as the status takes it. Half a container would be another one: what does not fit is reported.
pub(super) fn hosting(hosting: Hosting) -> Hosting {
    let long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| !fits(text, most));
    let Hosting { image, environment, script_s3_uri, instance_type, .. } = &hosting;
    let characters: usize = environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    let fitting = characters <= ENVIRONMENT_MAX
        && environment.len() <= bounds::VARIABLES
        && environment.values().all(|value| fits(value, bounds::VARIABLE))
        && !long(image, bounds::IMAGE)
        && !long(script_s3_uri, bounds::SCRIPT)
        && !long(instance_type, bounds::INSTANCE_TYPE);
    if fitting {
        return hosting;
    }
    Hosting::none(
        "the description of the model names a container that is too long for the status; deploy it with the SDK",
    )
}

/// Keeps the metrics in `wanted`, and counts the others.
pub(super) fn keep_metrics(job: &mut BestTrainingJob, wanted: &BTreeSet<String>) {
    let all = job.metrics.len();
    job.metrics.retain(|metric| wanted.contains(&metric.name));
    job.metrics_omitted += i32::try_from(all - job.metrics.len()).unwrap_or_default();
}

fn fewer_metrics(job: &mut BestTrainingJob, wanted: &BTreeSet<String>) {
    first(&mut job.metrics, |metric| &metric.name, wanted);
    first(&mut job.non_finite_metrics, |name| name, wanted);
}

/// Most attempts of a run, as in the schema.
const ATTEMPTS_MAX: i32 = 1000;

/// The counts from SageMaker, without negative values.
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

/// In characters, as the API server counts.
fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most
}

#[cfg(test)]
mod tests;
