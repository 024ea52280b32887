//! The form of a training job in the status.

use std::collections::{BTreeMap, BTreeSet};

use super::observation::TrainingResult;
use super::status_bounds;
use api::{BestTrainingJob, MetricValue, decimal_of_f32};

/// Whether it was deleted before it could be described: only its name and the searched values are known.
pub fn is_deleted(best: &BestTrainingJob) -> bool {
    let unmeasured = best.metrics.is_empty() && best.non_finite_metrics.is_empty();
    unmeasured && best.instance_type.is_none() && best.training_seconds.is_none() && best.billable_seconds.is_none()
}

/// Any training job of a run, with all its fixed hyperparameters.
pub fn trial(name: &str, hyperparameters: api::Hyperparameters, result: &TrainingResult) -> BestTrainingJob {
    best_training_job(name, hyperparameters, result, &result.hyperparameters.keys().cloned().collect())
}

/// The best training job, with only the fixed hyperparameters that are in `used`.
pub fn best_training_job(
    name: &str,
    hyperparameters: api::Hyperparameters,
    result: &TrainingResult,
    used: &BTreeSet<String>,
) -> BestTrainingJob {
    // Sorted by name, so that equal results give identical bytes. Of several values with the same name, the last is the
    // newest.
    let mut metrics: BTreeMap<&String, Option<String>> =
        result.metrics.iter().map(|(name, value)| (name, decimal_of_f32(*value))).collect();
    drop_second_name(&mut metrics);
    let fixed = result.hyperparameters.iter().filter(|(name, _)| used.contains(*name));
    let fixed = fixed.filter(|(name, _)| !hyperparameters.contains_key(*name));
    status_bounds::training_job(BestTrainingJob {
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

/// The second name under which SageMaker reports the tuning objective.
const OBJECTIVE: &str = "ObjectiveMetric";

/// Drops SageMaker's second name of the tuning objective, so that each value has one name. It is kept if no other
/// metric has its value.
fn drop_second_name(metrics: &mut BTreeMap<&String, Option<String>>) {
    let mut others = metrics.iter().filter(|(name, _)| **name != OBJECTIVE);
    let second = metrics.iter().find(|(name, _)| **name == OBJECTIVE);
    if second.is_some_and(|(_, value)| others.any(|(_, other)| other == value)) {
        metrics.retain(|name, _| *name != OBJECTIVE);
    }
}

/// A hyperparameter as it was sent: in script mode each value is JSON, so that strings and numbers are quoted.
pub(super) fn unquoted(text: &str) -> String {
    serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_name_of_the_objective_is_left_out() {
        let kept = |metrics: &[(&str, f32)]| {
            let metrics = metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
            let best = trial("t", [].into(), &TrainingResult { metrics, ..Default::default() });
            let finite = best.metrics.into_iter().map(|metric| metric.name);
            finite.chain(best.non_finite_metrics).collect::<Vec<_>>()
        };
        assert_eq!(kept(&[("val_accuracy", 0.5), ("ObjectiveMetric", 0.5), ("z", 1.0)]), ["val_accuracy", "z"]);
        assert_eq!(kept(&[("val_accuracy", f32::NAN), ("ObjectiveMetric", f32::NAN)]), ["val_accuracy"]);
        assert_eq!(kept(&[("val_accuracy", 0.4), ("ObjectiveMetric", 0.5)]), ["ObjectiveMetric", "val_accuracy"]);
        assert_eq!(kept(&[("ObjectiveMetric", 0.5)]), ["ObjectiveMetric"]);
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
    fn the_newest_value_of_a_repeated_metric_counts() {
        let metrics = [("a", 0.1), ("b", f32::NAN), ("c", 1.0), ("a", 0.3), ("b", 0.2), ("c", f32::NAN), ("a", 0.2)];
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let best = trial("t", [].into(), &TrainingResult { metrics, ..Default::default() });
        let shown: Vec<_> = best.metrics.iter().map(|m| (m.name.as_str(), m.value.as_str())).collect();
        assert_eq!(shown, [("a", "0.2"), ("b", "0.2")]);
        assert_eq!(best.non_finite_metrics, ["c"]);
    }

    #[test]
    fn used_fixed_hyperparameters_are_kept_without_quotes() {
        let sent = [("batch_size", "\"32\""), ("epochs", "\"5\""), ("lr", "0.1"), ("optimizer", "adam")];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let result = TrainingResult { hyperparameters: sent.into(), ..Default::default() };
        let used = ["batch_size", "lr", "optimizer", "none"].map(str::to_owned).into();
        let best = best_training_job("t", [("lr".to_owned(), "0.1".to_owned())].into(), &result, &used);
        let kept: Vec<_> = best.fixed_hyperparameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(kept, [("batch_size", "32"), ("optimizer", "adam")]);
    }
}
