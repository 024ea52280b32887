//! The remedy for each reason, in one sentence.

use api::Reason;

/// What a person can do about a reason; `None` if there is nothing to do except wait or read the result.
pub fn remedy(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::Progressing
        | Reason::TuningRunning
        | Reason::WaitingForCompletion
        | Reason::RetryingAfterError
        | Reason::Completed
        | Reason::Creating
        | Reason::Throttled
        | Reason::WaitingForParent
        | Reason::Unknown => return None,
        Reason::Suspended => "resume it: kubectl msel resume NAME",
        Reason::Queued => "raise spec.maxConcurrentTuningJobs, or the operator's --max-tuning-jobs",
        Reason::QuotaExceeded => "wait for other jobs to end, or ask AWS for a higher quota",
        Reason::NoModelFound => "relax spec.candidateSelectors: the message lists how many models each clause leaves",
        Reason::TooManyRuns => "set 'limit' in the selector, narrow it, or split the selection",
        Reason::UnknownModel => "correct jumpStart.modelID",
        Reason::UnknownVersion => "correct jumpStart.version, or set it to '*'",
        Reason::ModelNotTrainable => "choose another version or model, or set the field that the message names",
        Reason::EULANotAccepted => "read the license, then set jumpStart.acceptEULA: true",
        Reason::UnsupportedInstanceType => "set training.instanceType to one that the message names",
        Reason::UnknownHyperparameter => "rename it to a hyperparameter of the model; the message has the nearest",
        Reason::InvalidHyperparameter => "keep to the values that the message names",
        Reason::UnknownMetric => "correct the name, add the channel, or add a definition to training.metricDefinitions",
        Reason::InvalidExpression => "correct the expression at the place that the message names",
        Reason::ExpressionBudgetExceeded => {
            "shorten spec.derivedMetrics, set collect: Best, or lower tuning.maxTrainingJobs"
        }
        Reason::UnknownTuningJob => "correct the name of the tuning job, or spec.region",
        Reason::AccessDenied => "allow the operator the action that the message names (deploy/iam/operator.json)",
        Reason::CredentialsRejected => "give the operator valid AWS credentials (IRSA, Pod Identity or environment)",
        Reason::RoleNotAssumable => "let spec.executionRoleARN trust sagemaker.amazonaws.com and the operator pass it",
        Reason::DataNotFound => "correct s3URI, or let the execution role read the bucket",
        Reason::ClockSkewed => "set the clock of the operator's node: AWS refuses requests that are minutes off",
        Reason::ObservationStale => "see why SageMaker cannot be observed: the operator's logs and /readyz",
        Reason::InvalidRequest => "change what the message names: SageMaker refuses the request",
        Reason::InvalidSpec => "correct the field that the message names",
        Reason::NameConflict => "set spec.rerun to another value: a job of that name has another owner",
        Reason::ConfigMapConflict => "choose another name for spec.resultConfigMap, or delete that ConfigMap",
        Reason::TuningJobFailed => "read the training jobs' logs; spec.retries tries again by itself",
        Reason::ObjectiveNotEmitted => "check the regex of tuning.objective against the training jobs' logs",
        Reason::StoppedExternally | Reason::TuningJobDeleted => "run it again: kubectl msel rerun NAME",
        Reason::MetricMissing => {
            "check the metric's regex, and that the dataset has the channel that it is measured on"
        }
        Reason::NoUsableResult => "see why each run is excluded: kubectl msel pareto NAME --all",
    })
}

/// The reason of a condition, if this release knows it.
pub fn reason(word: &str) -> Option<Reason> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok().filter(|reason| *reason != Reason::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_that_needs_a_person_has_a_remedy() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/reasons.md"));
        let page = page.unwrap();
        let reasons: Vec<Reason> = page.lines().filter_map(|line| reason(line.split('|').nth(1)?.trim())).collect();
        assert!(reasons.len() > 30, "{reasons:?}");
        for reason in reasons.into_iter().filter(|reason| reason.needs_person()) {
            assert!(remedy(reason).is_some(), "{reason:?}");
        }
    }
}
