//! Converts SageMaker's types to ours. A status that this release does not know is mapped, and never a panic.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sagemaker::operation::describe_hyper_parameter_tuning_job::DescribeHyperParameterTuningJobOutput;
use aws_sdk_sagemaker::operation::describe_training_job::DescribeTrainingJobOutput;
use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types as aws;

use api::TrainingJobCounts;
use decide::observation::{BestSoFar, JobStatus, TrainingResult, TuningJob};

/// Whether the ARN belongs to the job of that name. SageMaker's names are not case-sensitive.
pub(super) fn is_of(arn: &str, name: &str) -> bool {
    arn.rsplit_once('/').is_some_and(|(_, last)| last.eq_ignore_ascii_case(name))
}

/// The tuning job `name`; `None` if the response is about another job, or has no status.
pub(super) fn tuning_job(name: &str, output: DescribeHyperParameterTuningJobOutput) -> Option<TuningJob> {
    let arn = output.hyper_parameter_tuning_job_arn.as_deref().unwrap_or_default();
    let named = output.hyper_parameter_tuning_job_name.as_deref().unwrap_or_default();
    if !is_of(arn, name) || !named.eq_ignore_ascii_case(name) || output.hyper_parameter_tuning_job_status.is_none() {
        return None;
    }
    Some(TuningJob {
        status: status(output.hyper_parameter_tuning_job_status.as_ref()),
        arn: output.hyper_parameter_tuning_job_arn.unwrap_or_default(),
        failure_reason: output.failure_reason.filter(|reason| !reason.is_empty()),
        training_jobs: counts(output.training_job_status_counters.as_ref()),
        best: output.best_training_job.and_then(best),
        overall_best: output.overall_best_training_job.and_then(best),
        lasted: lasted(output.creation_time, output.hyper_parameter_tuning_end_time),
    })
}

/// The same for a record of `Search`, which has another type in the SDK.
pub(super) fn searched_job(record: aws::HyperParameterTuningJobSearchEntity) -> TuningJob {
    TuningJob {
        status: status(record.hyper_parameter_tuning_job_status.as_ref()),
        arn: record.hyper_parameter_tuning_job_arn.unwrap_or_default(),
        failure_reason: record.failure_reason.filter(|reason| !reason.is_empty()),
        training_jobs: counts(record.training_job_status_counters.as_ref()),
        best: record.best_training_job.and_then(best),
        overall_best: record.overall_best_training_job.and_then(best),
        lasted: lasted(record.creation_time, record.hyper_parameter_tuning_end_time),
    }
}

fn lasted(created: Option<DateTime>, ended: Option<DateTime>) -> Option<Duration> {
    Duration::try_from_secs_f64(ended?.as_secs_f64() - created?.as_secs_f64()).ok()
}

fn best(training_job: aws::HyperParameterTrainingJobSummary) -> Option<BestSoFar> {
    Some(BestSoFar {
        training_job_name: training_job.training_job_name.filter(|name| !name.is_empty())?,
        hyperparameters: training_job
            .tuned_hyper_parameters
            .unwrap_or_default()
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    })
}

/// The result of a training job. `Describe` and `Search` return different types with the same fields.
macro_rules! training_result {
    ($training_job:expr) => {{
        let job = $training_job;
        let instances = job.resource_config;
        TrainingResult {
            hyperparameters: job.hyper_parameters.unwrap_or_default().into_iter().collect(),
            instance_type: instances.as_ref().and_then(|i| Some(i.instance_type.as_ref()?.as_str().to_owned())),
            instance_count: instances.and_then(|i| i.instance_count),
            metrics: metrics(job.final_metric_data_list),
            model_artifact: job.model_artifacts.and_then(|artifacts| artifacts.s3_model_artifacts),
            training_seconds: job.training_time_in_seconds,
            billable_seconds: job.billable_time_in_seconds,
        }
    }};
}

/// The training job `name`; `None` if the response is about another job.
pub(super) fn training_result(name: &str, output: DescribeTrainingJobOutput) -> Option<TrainingResult> {
    let is_named = output.training_job_name.as_deref().unwrap_or_default().eq_ignore_ascii_case(name);
    is_named.then(|| training_result!(output))
}

pub(super) fn searched_result(record: aws::TrainingJob) -> TrainingResult {
    training_result!(record)
}

/// The metrics, ordered by time if it is known: a name may occur more than once.
fn metrics(list: Option<Vec<aws::MetricData>>) -> Vec<(String, f32)> {
    let mut list = list.unwrap_or_default();
    list.sort_by_key(|metric| metric.timestamp.map(|time| (time.secs(), time.subsec_nanos())));
    list.into_iter().filter_map(|metric| Some((metric.metric_name?, metric.value?))).collect()
}

pub(super) fn status(status: Option<&aws::HyperParameterTuningJobStatus>) -> JobStatus {
    use aws::HyperParameterTuningJobStatus as Status;
    match status {
        Some(Status::Completed) => JobStatus::Completed,
        Some(Status::Failed) => JobStatus::Failed,
        Some(Status::Stopped) => JobStatus::Stopped,
        Some(Status::Stopping) => JobStatus::Stopping,
        Some(Status::Deleting | Status::DeleteFailed) => JobStatus::Deleting,
        Some(Status::InProgress) | None => JobStatus::InProgress,
        Some(other) => {
            tracing::warn!(status = other.as_str(), "unknown status of a tuning job; taken for InProgress");
            JobStatus::InProgress
        }
    }
}

pub(super) fn counts(counters: Option<&aws::TrainingJobStatusCounters>) -> TrainingJobCounts {
    let Some(counters) = counters else { return TrainingJobCounts::default() };
    TrainingJobCounts {
        completed: counters.completed.unwrap_or_default(),
        in_progress: counters.in_progress.unwrap_or_default(),
        retryable_error: counters.retryable_error.unwrap_or_default(),
        non_retryable_error: counters.non_retryable_error.unwrap_or_default(),
        stopped: counters.stopped.unwrap_or_default(),
    }
}

/// Whether a model is deprecated. A restricted model is not: it is maintained for the accounts that may use it. Only
/// SageMaker knows these accounts, and denies access to the others.
pub(super) fn deprecated(status: Option<&aws::HubContentSupportStatus>) -> bool {
    status == Some(&aws::HubContentSupportStatus::Deprecated)
}

/// The instance types for training that this release of the SDK knows; newer ones may exist.
pub fn instance_types() -> &'static [&'static str] {
    aws::TrainingInstanceType::values()
}

/// Whether this release of the SDK knows the instance type for notebooks, processing or endpoints, but not for
/// training.
pub fn only_for_other_uses(instance_type: &str) -> bool {
    let others = [
        aws::InstanceType::values(),
        aws::ProcessingInstanceType::values(),
        aws::ProductionVariantInstanceType::values(),
    ];
    others.into_iter().flatten().any(|other| *other == instance_type) && !instance_types().contains(&instance_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_in_the_order_of_their_time() {
        let metric = |value, second: Option<i64>| {
            let metric = aws::MetricData::builder().metric_name("accuracy").value(value);
            metric.set_timestamp(second.map(DateTime::from_secs)).build()
        };
        let list = vec![metric(0.3, Some(30)), metric(0.1, None), metric(0.2, Some(20)), metric(0.4, Some(30))];
        let values: Vec<f32> = metrics(Some(list)).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [0.1, 0.2, 0.3, 0.4]);
    }

    #[test]
    fn a_response_about_another_job_is_none() {
        let arn = "arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/job";
        let job = |arn: &str, name: &str, status: Option<&str>| {
            let output = DescribeHyperParameterTuningJobOutput::builder()
                .hyper_parameter_tuning_job_arn(arn)
                .hyper_parameter_tuning_job_name(name)
                .set_hyper_parameter_tuning_job_status(status.map(aws::HyperParameterTuningJobStatus::from))
                .build();
            tuning_job("job", output)
        };
        assert!(job(arn, "job", Some("InProgress")).is_some());
        assert!(job(arn, "Job", Some("Paused")).is_some(), "names have no case, and there may be new statuses");
        assert_eq!(job("", "job", Some("InProgress")), None);
        assert_eq!(job(arn, "other", Some("InProgress")), None);
        assert_eq!(job(&format!("{arn}-2"), "job", Some("InProgress")), None);
        assert_eq!(job(arn, "job", None), None);
        assert!(training_result("t", DescribeTrainingJobOutput::builder().training_job_name("t").build()).is_some());
        assert_eq!(training_result("t", DescribeTrainingJobOutput::builder().build()), None, "not one without metrics");
    }

    #[test]
    fn only_deprecated_models_count_as_deprecated() {
        for (status, withdrawn) in
            [(None, false), (Some("Supported"), false), (Some("Restricted"), false), (Some("Deprecated"), true)]
        {
            assert_eq!(deprecated(status.map(aws::HubContentSupportStatus::from).as_ref()), withdrawn, "{status:?}");
        }
    }
}
