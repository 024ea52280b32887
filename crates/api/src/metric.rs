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
    /// scale says how values are compared by size, for the recommendation, the hypervolume and plots: Linear (equal
    /// differences count the same) or Logarithmic (equal ratios count the same, as for throughput, latency and cost; a
    /// result that is not above 0 is excluded). Which results are on the front does not depend on it. Default: Linear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

/// How the values of an objective are compared by size.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences count the same.
    #[default]
    Linear,
    /// Equal ratios count the same.
    Logarithmic,
}

impl Objective {
    /// The scale, with its default.
    pub fn scale(&self) -> Scale {
        self.scale.unwrap_or_default()
    }
}

/// Which member of a front is recommended.
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
    /// objective that decides with the rule Best; it must be one of spec.objectives. Default: none; required with Best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub objective: Option<String>,
    /// atLeast are values that the recommended member must reach; others stay on the front. Where an objective is
    /// minimized, a value is reached by one that is as small. Default: none.
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

/// How the recommended member of a front is chosen.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecommendationRule {
    /// The member nearest to the best value of every objective.
    #[default]
    Knee,
    /// The member with the best value of one objective.
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
