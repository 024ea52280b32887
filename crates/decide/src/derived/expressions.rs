//! The parsed expressions of a spec.

use std::sync::Arc;

use super::expression::Expression;
use api::DerivedMetric;

/// The expressions of a spec, in its order, each with its name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Expressions(Arc<[(String, Result<Expression, String>)]>);

impl Expressions {
    /// Parses them.
    pub fn read(metrics: &[DerivedMetric]) -> Self {
        let read = |metric: &DerivedMetric| (metric.name.clone(), Expression::parse(&metric.expression));
        Self(metrics.iter().map(read).collect())
    }

    /// Most operations for one training job.
    pub fn operations(&self) -> usize {
        self.iter().filter_map(|(_, expression)| Some(expression.as_ref().ok()?.operations)).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Result<Expression, String>)> {
        self.0.iter().map(|(name, expression)| (name.as_str(), expression))
    }
}
