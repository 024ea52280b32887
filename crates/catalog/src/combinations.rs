//! The number of different training jobs that a search can make.
//!
//! SageMaker refuses to create more training jobs than that: "The total number of hyperparameter combinations for the
//! provided ranges [3.0] must be equal or greater than the value of `MaxNumberOfJobs`, [10]" (public report:
//! aws/amazon-sagemaker-operator-for-k8s, issue 123).

use api::{Reason, Strategy, parse_decimal};
use decide::fingerprint::Definition;
use decide::problem::Problem;
use sagemaker::SearchRange;

/// SageMaker's limit on the training jobs of a grid search, which has one for each combination.
const GRID_MOST: u64 = 750;

/// Checks that the ranges have at least as many combinations as there are training jobs; for Grid exactly as many.
pub(super) fn enough(definition: &Definition, ranges: &[SearchRange], field: &str) -> Result<(), Problem> {
    let all = combinations(ranges).filter(|all| definition.strategy == Strategy::Grid && *all > GRID_MOST);
    if let Some(all) = all {
        let message = format!(
            "{field} has {all} combinations; SageMaker trains each of them when `tuning.strategy` is 'Grid', and takes at most \
             {GRID_MOST}; remove values, or choose another strategy"
        );
        return Err(Problem::new(Reason::InvalidHyperparameter, message));
    }
    let (Some(most), Some(jobs)) = (combinations(ranges), definition.max_training_jobs) else { return Ok(()) };
    let asked = u64::try_from(jobs).unwrap_or_default();
    let grid = definition.strategy == Strategy::Grid;
    if asked <= most && !(grid && asked < most) {
        return Ok(());
    }
    let (verb, remedy) = if grid { ("be left out, or be", "") } else { ("be at most", ", or widen the ranges") };
    let message = format!(
        "`tuning.maxTrainingJobs` {jobs} must {verb} {most}, the number of combinations of {field}; set it to {most}{remedy}"
    );
    Err(Problem::new(Reason::InvalidHyperparameter, message))
}

/// The number of combinations; `None` if a range has infinitely many values.
fn combinations(ranges: &[SearchRange]) -> Option<u64> {
    ranges.iter().try_fold(1_u64, |product, range| Some(product.saturating_mul(values(range)?)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number from 0 on; a float saturates"
)]
fn values(range: &SearchRange) -> Option<u64> {
    match range {
        SearchRange::Continuous { .. } | SearchRange::Auto { .. } => None,
        SearchRange::Categorical { values, .. } => u64::try_from(values.len()).ok(),
        SearchRange::Integer { min, max, .. } => {
            let width = parse_decimal(max)?.floor() - parse_decimal(min)?.ceil();
            Some(width.max(0.0) as u64 + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{ContinuousScaling, IntegerScaling};

    #[test]
    fn ranges_multiply_and_a_continuous_one_has_no_end() {
        let integer = |min: &str, max: &str| SearchRange::Integer {
            name: "i".into(),
            min: min.into(),
            max: max.into(),
            scaling: IntegerScaling::Auto,
        };
        let words = SearchRange::Categorical { name: "c".into(), values: vec!["a".into(), "b".into()] };
        let real = SearchRange::Continuous {
            name: "r".into(),
            min: "0".into(),
            max: "1".into(),
            scaling: ContinuousScaling::Auto,
        };
        assert_eq!(combinations(&[]), Some(1));
        assert_eq!(combinations(&[integer("1", "3")]), Some(3));
        assert_eq!(combinations(&[integer("1", "3"), words.clone()]), Some(6));
        assert_eq!(combinations(&[words, real]), None);
        assert_eq!(
            combinations(&[integer("0", "999999999999999999"), integer("0", "999999999999999999")]),
            Some(u64::MAX)
        );
    }
}
