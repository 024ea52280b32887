//! Objectives that were measured on different data: some scripts do not use the dataset's channel `validation`, but a
//! part of the training data.

use super::points::Point;
use crate::suggest::some;
use api::{ModelSelectionSpec, ObjectiveWarning, RunStatus, bounds, clip};

/// Whether a metric is measured on validation data, judging by its name: `val_accuracy`, `validation:auc`, `eval_loss`,
/// `valid_0's rmse`.
pub fn is_of_validation(metric: &str) -> bool {
    let mut words = metric.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "val" | "eval" | "valid" | "validation" | "Val" | "Eval" | "Validation"))
}

/// A warning for each objective for which some scripts measure on a split of their own.
pub(super) fn warnings(spec: &ModelSelectionSpec, runs: &[RunStatus], points: &[Point<'_>]) -> Vec<ObjectiveWarning> {
    let own_split = |point: &&Point<'_>| point.run.is_some_and(|run| runs[run].own_split);
    let mut names: Vec<&str> = points.iter().filter(own_split).map(|point| point.candidate).collect();
    // The results of one run are adjacent.
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let objectives = spec.objectives.iter().filter(|objective| of_validation(spec, &objective.metric));
    let warning = |metric: &String| {
        let message = format!(
            "'{metric}' is measured on a part of the training data for {}: their scripts do not use the channel \
             'validation'; do not compare it with that of other candidates, or rank by a metric of the channel 'test'",
            some(names.iter().copied())
        );
        ObjectiveWarning { metric: metric.clone(), message: clip(&message, bounds::MESSAGE) }
    };
    objectives.map(|objective| warning(&objective.metric)).collect()
}

/// Whether a metric of the logs, or one that a derived metric uses, is measured on validation data.
fn of_validation(spec: &ModelSelectionSpec, metric: &str) -> bool {
    match spec.derived_metrics.iter().find(|derived| derived.name == metric) {
        Some(derived) => is_of_validation(&derived.expression),
        None => is_of_validation(metric),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_metrics_are_recognized_by_their_names() {
        for (metric, expected) in [
            ("val_accuracy", true),
            ("validation:auc", true),
            ("eval_loss", true),
            ("pytorch-ic:val-accuracy", true),
            ("valid_0's rmse", true),
            ("1.0 - metrics.val_accuracy", true),
            ("test_accuracy", false),
            ("interval", false),
            ("value_loss", false),
        ] {
            assert_eq!(is_of_validation(metric), expected, "{metric}");
        }
    }
}
