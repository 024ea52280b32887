//! The metrics by which runs are compared.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{DECIMAL, METRIC_REGEX, not_numbers};

/// A metric to maximize or minimize.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct Objective {
    /// metric is the name of a metric of training.metricDefinitions, the preset, the model or derivedMetrics. Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// goal is the direction: Maximize or Minimize. Required.
    pub goal: Goal,
    /// scale of the values for the recommendation, the hypervolume and plots: Linear (equal differences count the same)
    /// or Logarithmic (equal ratios count the same, as for throughput, latency and cost; a result that is not greater
    /// than 0 is excluded). The members of the front do not depend on it. Default: Linear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

/// The scale of the values of an objective.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
// Comments on variants would replace the description of the field.
#[allow(missing_docs)]
pub enum Scale {
    // Equal differences count the same.
    #[default]
    Linear,
    // Equal ratios count the same.
    Logarithmic,
}

impl Objective {
    /// The scale, with its default.
    pub fn scale(&self) -> Scale {
        self.scale.unwrap_or_default()
    }
}

/// The rule for the recommended member of a front.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("(has(self.rule) && self.rule == 'Best') == has(self.objective)")
        .message("`objective` must be set when `rule` is 'Best', and left out otherwise")
        .field_path(".objective"),
)]
pub struct Recommend {
    /// rule: Knee (the member nearest to the best value of every objective, each on its scale) or Best (the member with
    /// the best value of one objective). Default: Knee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RecommendationRule>,
    /// objective for the rule Best; it must be one of spec.objectives. Default: none; required with Best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub objective: Option<String>,
    /// atLeast are values that the recommended member must reach; other members stay on the front. For a minimized
    /// objective the value is a maximum. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["metric".into()]))]
    pub at_least: Vec<AtLeast>,
}

/// A value that the recommended member must reach.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct AtLeast {
    /// metric of one of spec.objectives. Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// value to reach, a decimal number in quotes such as "0.85". Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub value: String,
}

/// The rules for the recommended member of a front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
// Comments on variants would replace the description of the field.
#[allow(missing_docs)]
pub enum RecommendationRule {
    // The member nearest to the best value of every objective.
    #[default]
    Knee,
    // The member with the best value of one objective.
    Best,
}

/// The direction of an objective.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Larger is better.
    Maximize,
    /// Smaller is better.
    Minimize,
}

/// Inclusive bounds for the final value of a metric.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("has(self.min) || has(self.max)").message("a constraint must have `min`, `max` or both"),
    validation = Rule::new(format!("!has(self.min) || !has(self.max) || {} || double(self.min) <= double(self.max)", not_numbers(DECIMAL)))
        .message("`min` must be at most `max`")
        .field_path(".min")
)]
pub struct Constraint {
    /// metric is the name of a metric of training.metricDefinitions, the preset, the model or derivedMetrics. Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// min is the smallest allowed value, a decimal number in quotes such as "0.6". Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub min: Option<String>,
    /// max is the largest allowed value, a decimal number in quotes. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub max: Option<String>,
}

/// The definition of one metric in the logs.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct MetricDefinition {
    /// name of the metric, unique in its list. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// regex that matches the metric in a line of the log; its first group is the value. Required. A value such as
    /// 5.3e-05 needs a group that matches exponents, such as '([0-9.]+(?:[eE][-+]?[0-9]+)?)'.
    #[schemars(length(min = 1, max = 500), regex(pattern = METRIC_REGEX))]
    pub regex: String,
}

/// A metric that is computed from others, for each training job that has a result.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct DerivedMetric {
    /// name of the metric, different from all metrics in the logs. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// expression is a CEL expression for the value, a number, such as 'dataset.testSize / test_evaluation_latency'.
    /// All numbers are real numbers. It can use: metrics by name, or as metrics['tflow-ic:val-accuracy'] if the name is
    /// not an identifier; derived metrics that are defined earlier; hyperparameters.NAME, fixed or searched, a number
    /// if it looks like one; dataset.testSize, dataset.trainingSize, dataset.validationSize and dataset.facts.NAME;
    /// trainingSeconds, billableSeconds, instanceCount and instanceType; prices[instanceType]; and the functions abs,
    /// min, max, sqrt, pow, ln, log10 and exp. Required.
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
