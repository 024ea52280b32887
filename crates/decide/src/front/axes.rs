//! The axes on which values are compared.

use api::{Goal, Objective, ObjectiveValue, decimal};
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

    /// Where values lie on the axes.
    pub(super) fn positions(&self, values: &[f64]) -> Vec<f64> {
        self.scales.iter().zip(values).map(|(scale, &value)| scale.position(value)).collect()
    }
}

pub(super) fn named(objectives: &[Objective], values: &[f64]) -> Vec<ObjectiveValue> {
    objectives
        .iter()
        .zip(values)
        .filter_map(|(objective, value)| {
            Some(ObjectiveValue { metric: objective.metric.clone(), value: decimal(*value)? })
        })
        .collect()
}
