//! What a run becomes when its tuning job was looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::derived::unquoted;
use super::fit;
use super::observation::{JobStatus, TrainingResult, TuningJob};
use api::{BestTrainingJob, MetricValue, Reason, RunState, RunStatus, decimal};

/// The run after its own job was described. `result` belongs to the job's best training job and must be given when
/// the job has ended and has one. Of its fixed hyperparameters those in `used` are kept.
pub fn seen(
    mut run: RunStatus,
    job: &TuningJob,
    result: Option<&TrainingResult>,
    used: &BTreeSet<String>,
) -> RunStatus {
    run.tuning_job_arn = Some(job.arn.clone());
    run.training_jobs = Some(job.training_jobs);
    if let (true, Some(best), Some(result)) = (job.status.ended(), &job.best, result) {
        run.best = Some(best_training_job(&best.training_job_name, best.hyperparameters.clone(), result, used));
    }
    match job.status {
        JobStatus::InProgress => {
            // A stop that was asked for is on its way; the listing lags behind it.
            if run.state == RunState::Stopping { run } else { run.with(RunState::Running, None, None) }
        }
        // Only what has ended can be deleted, and the result goes with it.
        JobStatus::Deleting => gone(run),
        JobStatus::Stopping => {
            let reason = run.reason.filter(|reason| *reason == Reason::Suspended);
            run.with(RunState::Stopping, reason, None)
        }
        // Somebody else's job is here for its result, however it came to its end.
        JobStatus::Stopped if run.attached && run.best.is_some() => run.with(RunState::Succeeded, None, None),
        JobStatus::Completed if run.best.is_some() => run.with(RunState::Succeeded, None, None),
        JobStatus::Completed => run.with(
            RunState::Failed,
            Some(Reason::ObjectiveNotEmitted),
            Some(
                "the tuning job completed, but no training job emitted `tuning.objective.metric`; look for it in \
                 the logs of the training jobs, and check its regex against them if `training.metricDefinitions` has it",
            ),
        ),
        JobStatus::Failed => {
            let why = job.failure_reason.as_deref().unwrap_or("SageMaker gives no reason");
            let message = format!("the tuning job failed: {why}");
            run.with(RunState::Failed, Some(Reason::TuningJobFailed), Some(&message))
        }
        JobStatus::Stopped if run.reason == Some(Reason::Suspended) => run.with(
            RunState::Stopped,
            Some(Reason::Suspended),
            Some("stopped by `suspendPolicy: Stop`; runs again when `suspend` is false"),
        ),
        JobStatus::Stopped => {
            let why = if run.attached {
                "the tuning job was stopped and has no result; remove the candidate, or name another job"
            } else {
                "the tuning job was stopped outside of this operator; change `rerun` to run it again"
            };
            run.with(RunState::Stopped, Some(Reason::StoppedExternally), Some(why))
        }
    }
}

/// The run after its best training job was described once more, for what was not kept the first time.
pub fn seen_again(mut run: RunStatus, result: &TrainingResult, used: &BTreeSet<String>) -> RunStatus {
    if let Some(best) = run.best.take() {
        let fresh = best_training_job(&best.training_job_name, best.hyperparameters, result, used);
        run.best = Some(fresh);
    }
    run
}

/// The run after its job is found to be gone.
pub fn gone(run: RunStatus) -> RunStatus {
    let why = if run.attached {
        "the tuning job no longer exists at SageMaker; remove the candidate, or name another job"
    } else {
        "the tuning job no longer exists at SageMaker; change `rerun` to run it again"
    };
    run.with(RunState::Failed, Some(Reason::TuningJobDeleted), Some(why))
}

/// Whether it was deleted before it could be described, so that only its name and what the search chose are known.
pub fn is_gone(best: &BestTrainingJob) -> bool {
    let unmeasured = best.metrics.is_empty() && best.non_finite_metrics.is_empty();
    unmeasured && best.instance_type.is_none() && best.training_seconds.is_none() && best.billable_seconds.is_none()
}

/// A training job that need not be the best one, with all its fixed hyperparameters.
pub fn trial(name: &str, hyperparameters: api::Hyperparameters, result: &TrainingResult) -> BestTrainingJob {
    best_training_job(name, hyperparameters, result, &result.hyperparameters.keys().cloned().collect())
}

fn best_training_job(
    name: &str,
    hyperparameters: api::Hyperparameters,
    result: &TrainingResult,
    used: &BTreeSet<String>,
) -> BestTrainingJob {
    // By name, so that the same results give the same bytes. The last of a name is the newest.
    let metrics: BTreeMap<&String, Option<String>> =
        result.metrics.iter().map(|(name, value)| (name, exact(*value))).collect();
    let fixed = result.hyperparameters.iter().filter(|(name, _)| used.contains(*name));
    let fixed = fixed.filter(|(name, _)| !hyperparameters.contains_key(*name));
    fit::training_job(BestTrainingJob {
        training_job_name: name.to_owned(),
        fixed_hyperparameters: fixed.map(|(name, value)| (name.clone(), unquoted(value))).collect(),
        hyperparameters,
        non_finite_metrics: metrics
            .iter()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| (*name).clone())
            .collect(),
        metrics: metrics
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| MetricValue { name: name.clone(), value }))
            .collect(),
        model_artifact_s3_uri: result.model_artifact.clone(),
        training_seconds: result.training_seconds,
        billable_seconds: result.billable_seconds,
        instance_type: result.instance_type.clone(),
        instance_count: result.instance_count,
        ..BestTrainingJob::default()
    })
}

/// The shortest decimal of a 32-bit float. Widening it first would turn 0.91 into 0.9100000262260437.
fn exact(value: f32) -> Option<String> {
    decimal(value.to_string().parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::BestSoFar;

    fn job(status: JobStatus) -> TuningJob {
        TuningJob {
            arn: "arn".into(),
            status,
            failure_reason: Some("No training job succeeded after 5 attempts.".into()),
            training_jobs: api::TrainingJobCounts::default(),
            best: Some(BestSoFar {
                training_job_name: "t-001".into(),
                hyperparameters: [("lr".into(), "0.1".into())].into(),
            }),
            overall_best: None,
        }
    }

    #[test]
    fn each_end_of_a_job_has_a_state_and_a_reason() {
        let result = TrainingResult { metrics: vec![("acc".into(), 0.91)], ..Default::default() };
        let running = RunStatus { state: RunState::Running, ..Default::default() };
        let stopping = RunStatus { state: RunState::Stopping, reason: Some(Reason::Suspended), ..Default::default() };
        let mut no_best = job(JobStatus::Completed);
        no_best.best = None;
        for (run, job, result, state, reason) in [
            (&running, job(JobStatus::InProgress), None, RunState::Running, None),
            (&running, job(JobStatus::Completed), Some(&result), RunState::Succeeded, None),
            (&running, no_best, None, RunState::Failed, Some(Reason::ObjectiveNotEmitted)),
            (&running, job(JobStatus::Failed), None, RunState::Failed, Some(Reason::TuningJobFailed)),
            (&running, job(JobStatus::Stopping), None, RunState::Stopping, None),
            (&running, job(JobStatus::Stopped), Some(&result), RunState::Stopped, Some(Reason::StoppedExternally)),
            (&stopping, job(JobStatus::InProgress), None, RunState::Stopping, Some(Reason::Suspended)),
            (&stopping, job(JobStatus::Stopping), None, RunState::Stopping, Some(Reason::Suspended)),
            (&stopping, job(JobStatus::Stopped), None, RunState::Stopped, Some(Reason::Suspended)),
            (&stopping, job(JobStatus::Completed), Some(&result), RunState::Succeeded, None),
        ] {
            let seen = seen(run.clone(), &job, result, &BTreeSet::new());
            assert_eq!((seen.state, seen.reason), (state, reason), "{job:?}");
            assert_eq!(seen.best.is_some(), result.is_some());
        }
    }

    #[test]
    fn metrics_are_sorted_exact_and_finite() {
        let result = TrainingResult {
            metrics: vec![
                ("b".into(), 0.91),
                ("nan".into(), f32::NAN),
                ("a".into(), 87_112_345.0),
                ("c".into(), 5.3e-5),
            ],
            ..Default::default()
        };
        let best = best_training_job("t", [].into(), &result, &BTreeSet::new());
        let shown: Vec<_> = best.metrics.iter().map(|m| (m.name.as_str(), m.value.as_str())).collect();
        assert_eq!(shown, [("a", "87112344"), ("b", "0.91"), ("c", "0.000053")]);
        assert_eq!(best.non_finite_metrics, ["nan"]);
    }

    #[test]
    fn of_a_metric_that_was_reported_more_than_once_the_newest_counts() {
        let metrics = [("a", 0.1), ("b", f32::NAN), ("c", 1.0), ("a", 0.3), ("b", 0.2), ("c", f32::NAN), ("a", 0.2)];
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let best = trial("t", [].into(), &TrainingResult { metrics, ..Default::default() });
        let shown: Vec<_> = best.metrics.iter().map(|m| (m.name.as_str(), m.value.as_str())).collect();
        assert_eq!(shown, [("a", "0.2"), ("b", "0.2")]);
        assert_eq!(best.non_finite_metrics, ["c"]);
    }

    #[test]
    fn the_fixed_hyperparameters_that_are_used_are_kept_without_their_quotes() {
        let sent = [("batch_size", "\"32\""), ("epochs", "\"5\""), ("lr", "0.1"), ("optimizer", "adam")];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let result = TrainingResult { hyperparameters: sent.into(), ..Default::default() };
        let used = ["batch_size", "lr", "optimizer", "none"].map(str::to_owned).into();
        let best = best_training_job("t", [("lr".to_owned(), "0.1".to_owned())].into(), &result, &used);
        let kept: Vec<_> = best.fixed_hyperparameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(kept, [("batch_size", "32"), ("optimizer", "adam")]);
    }
}
