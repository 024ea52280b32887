//! What runs are measured by.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{DECIMAL, METRIC_REGEX, not_numbers};

/// A metric to make as large or as small as possible.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct Objective {
    /// metric is the name of a metric: of training.metricDefinitions, the preset, the model's own or derivedMetrics.
    /// Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// goal is the direction: Maximize or Minimize. Required.
    pub goal: Goal,
}

/// The direction of an objective.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Larger is better.
    Maximize,
    /// Smaller is better.
    Minimize,
}

/// Bounds, both inclusive, that the final metric of a run must keep.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("has(self.min) || has(self.max)").message("a constraint must have `min`, `max` or both"),
    validation = Rule::new(format!("!has(self.min) || !has(self.max) || {} || double(self.min) <= double(self.max)", not_numbers(DECIMAL)))
        .message("`min` must be at most `max`")
        .field_path(".min")
)]
pub struct Constraint {
    /// metric is the name of a metric: of training.metricDefinitions, the preset, the model's own or derivedMetrics.
    /// Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// min is the least value allowed, a decimal number in quotes such as "0.6". Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub min: Option<String>,
    /// max is the greatest value allowed, a decimal number in quotes. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub max: Option<String>,
}

/// How one metric is read from the logs.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct MetricDefinition {
    /// name of the metric, unique in its list. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// regex that finds the metric in a line of the log; its first group is the value. Required. A value such as 5.3e-05
    /// needs a group that takes exponents, such as '([0-9.]+(?:[eE][-+]?[0-9]+)?)'.
    #[schemars(length(min = 1, max = 500), regex(pattern = METRIC_REGEX))]
    pub regex: String,
}

/// A metric that is worked out from others, for each training job that has a result.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct DerivedMetric {
    /// name of the metric, unlike that of any metric that is read from the logs. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// expression that gives its value, a number, in CEL, such as 'dataset.testSize / test_evaluation_latency'. All
    /// numbers are real numbers. It may use: metrics by name, or as metrics['tflow-ic:val-accuracy'] where the name is no
    /// word; derived metrics that stand before it; hyperparameters.NAME, fixed or searched, a number where it is one;
    /// dataset.testSize, dataset.trainingSize, dataset.validationSize and dataset.facts.NAME; trainingSeconds,
    /// billableSeconds, instanceCount and instanceType; prices[instanceType]; and the functions abs, min, max, sqrt, pow,
    /// ln, log10 and exp. Required.
    #[schemars(length(min = 1, max = 1024))]
    pub expression: String,
}

/// A set of metric definitions for the scripts of JumpStart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MetricPreset {
    Auto,
    None,
    TensorFlowImageClassification,
    PyTorchImageClassification,
}
