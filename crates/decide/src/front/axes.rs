//! The axes on which values are compared.

use api::{Goal, Objective, decimal};
use pareto::{Direction, Scale};

/// The axes of the objectives.
pub(super) struct Axes {
    pub(super) directions: Vec<Direction>,
    pub(super) scales: Vec<Scale>,
}

impl Axes {
    pub(super) fn of(objectives: &[Objective]) -> Self {
        let scale = |objective: &Objective| match objective.scale() {
            api::Scale::Linear => Scale::Linear,
            api::Scale::Logarithmic => Scale::Logarithmic,
        };
        let direction = |objective: &Objective| match objective.goal {
            Goal::Maximize => Direction::Maximize,
            Goal::Minimize => Direction::Minimize,
        };
        Self { directions: objectives.iter().map(direction).collect(), scales: objectives.iter().map(scale).collect() }
    }

    /// The positions of values on the axes.
    pub(super) fn positions(&self, values: &[f64]) -> Vec<f64> {
        self.scales.iter().zip(values).map(|(scale, &value)| scale.position(value)).collect()
    }
}

/// Values as decimals for the status.
pub(super) fn decimals(values: &[f64]) -> Vec<String> {
    // All values are finite.
    values.iter().map(|value| decimal(*value).unwrap_or_default()).collect()
}
