//! The search over hyperparameters.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Objective;
use super::crd::{DECIMAL, INTEGER, MODEL_ID, not_numbers};

/// The search over the hyperparameters of each run.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.maxTrainingJobs) || (has(self.strategy) && self.strategy == 'Grid')")
        .message("`maxTrainingJobs` must be set unless `strategy` is 'Grid'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.maxTrainingJobs) || !has(self.maxParallelTrainingJobs) || self.maxParallelTrainingJobs <= self.maxTrainingJobs")
        .message("`maxParallelTrainingJobs` must be at most `maxTrainingJobs`")
        .field_path(".maxParallelTrainingJobs"),
    validation = Rule::new("!has(self.maxTrainingJobs) || self.maxTrainingJobs <= 750 || (has(self.strategy) && self.strategy == 'Random')")
        .message("`maxTrainingJobs` must be at most 750 unless `strategy` is 'Random'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.strategy) || self.strategy != 'Grid' || !has(self.parameterRanges) || self.parameterRanges.all(r, has(r.categorical))")
        .message("`parameterRanges` must all be `categorical` when `strategy` is 'Grid'")
        .field_path(".parameterRanges"),
    validation = Rule::new(grid("n[0] * n[1] * n[2] * n[3] * n[4] * n[5] * n[6] * n[7] * n[8] <= 750"))
        .message("`parameterRanges` must have at most 750 combinations when `strategy` is 'Grid': SageMaker trains each of them")
        .field_path(".parameterRanges"),
    validation = Rule::new(format!("!has(self.maxTrainingJobs) || {}", grid("n[0] * n[1] * n[2] * n[3] * n[4] * n[5] * n[6] * n[7] * n[8] == self.maxTrainingJobs")))
        .message("`maxTrainingJobs` must be left out, or be the number of combinations of `parameterRanges`, when `strategy` is 'Grid'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.hyperband) || (has(self.strategy) && self.strategy == 'Hyperband')")
        .message("`strategy` must be 'Hyperband' when `hyperband` is set")
        .field_path(".hyperband"),
    validation = Rule::new("!has(self.strategy) || self.strategy != 'Hyperband' || !has(self.earlyStopping) || self.earlyStopping == 'Off'")
        .message("`earlyStopping` must be 'Off' when `strategy` is 'Hyperband': Hyperband stops early by itself")
        .field_path(".earlyStopping"),
    validation = Rule::new("(has(self.autotune) && self.autotune) || !has(self.parameterRanges) || self.parameterRanges.all(r, !has(r.auto))")
        .message("`autotune` must be true when one of `parameterRanges` is `auto`")
        .field_path(".parameterRanges"),
)]
pub struct Tuning {
    /// objective is the metric that SageMaker optimizes and by which it selects the best training job of a run.
    /// Required.
    pub objective: Objective,
    /// strategy of the search: Bayesian, Random, Hyperband or Grid. Default: Bayesian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// maxTrainingJobs is the number of training jobs of a tuning job; you pay for each. At most 750, or 10000 for
    /// Random. Required, except for Grid. Default for Grid: the number of combinations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub max_training_jobs: Option<i32>,
    /// maxParallelTrainingJobs is the number of concurrent training jobs; at most maxTrainingJobs. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_parallel_training_jobs: Option<i32>,
    /// maxRuntimeSeconds ends the tuning job after this time, in seconds. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 120, max = 15_768_000))]
    pub max_runtime_seconds: Option<i32>,
    /// earlyStopping lets SageMaker stop training jobs that are no better than the median so far: Off or Auto.
    /// Default: Off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// hyperband limits the resource (epochs) of a training job; only with the strategy Hyperband. Default: SageMaker's
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hyperband: Option<Hyperband>,
    /// randomSeed makes the search repeatable, completely so for Random and Hyperband. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub random_seed: Option<i32>,
    /// completionCriteria end the tuning job before maxTrainingJobs if one of them is met. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_criteria: Option<CompletionCriteria>,
    /// autotune lets SageMaker choose the ranges of parameterRanges with 'auto'. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autotune: bool,
    /// warmStart continues the search of earlier tuning jobs. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_start: Option<WarmStart>,
    /// parameterRanges are the hyperparameters to search; a hyperparameter listed here is not sent as a fixed one.
    /// SageMaker rejects a tuning job without ranges, so each candidate needs some, here or its own. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub parameter_ranges: Vec<ParameterRange>,
}

/// The search strategy.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Strategy {
    #[default]
    Bayesian,
    Random,
    Hyperband,
    Grid,
}

/// Whether SageMaker stops unpromising training jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum EarlyStopping {
    #[default]
    Off,
    Auto,
}

/// The resource limits of Hyperband, in the unit of the algorithm (epochs).
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.minResource) || !has(self.maxResource) || self.minResource < self.maxResource")
        .message("`minResource` must be less than `maxResource`")
        .field_path(".minResource")
)]
pub struct Hyperband {
    /// minResource is the minimum that each training job uses, in epochs. Default: SageMaker's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20000))]
    pub min_resource: Option<i32>,
    /// maxResource is the maximum that a training job may use, in epochs. Default: the hyperparameter epochs, if it is
    /// fixed; otherwise required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20000))]
    pub max_resource: Option<i32>,
}

/// Criteria that end a tuning job early.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct CompletionCriteria {
    /// targetObjectiveValue ends the search when the objective reaches this value, a decimal number in quotes.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub target_objective_value: Option<String>,
    /// maxTrainingJobsNotImproving ends the search after this many training jobs without an improvement of 1 percent.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 3, max = 10000))]
    pub max_training_jobs_not_improving: Option<i32>,
    /// completeOnConvergence ends the search when SageMaker expects no better result: true or false. Default:
    /// SageMaker's default, which is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete_on_convergence: Option<bool>,
}

/// The tuning jobs whose search is continued.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct WarmStart {
    /// type: IdenticalDataAndAlgorithm (the same image and data; only ranges and limits may differ) or TransferLearning
    /// (image and data may differ). Required.
    #[serde(rename = "type")]
    pub type_: WarmStartType,
    /// parentTuningJobNames are tuning jobs of this account and region. The run waits until they have ended. Required.
    #[schemars(length(min = 1, max = 5), inner(length(min = 1, max = 32), regex(pattern = MODEL_ID)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub parent_tuning_job_names: Vec<String>,
    /// includeParentResults uses the best training job of the parents as the run's result if it is better; only with
    /// IdenticalDataAndAlgorithm. Default: false. Changing it creates no new job for runs that have one, and runs that
    /// have ended keep their result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_parent_results: bool,
}

/// What may differ between a warm start and its parents.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WarmStartType {
    IdenticalDataAndAlgorithm,
    TransferLearning,
}

/// One searched hyperparameter: exactly one of continuous, integer, categorical and auto.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(
    validation = Rule::new("[has(self.continuous), has(self.integer), has(self.categorical), has(self.auto)].filter(x, x).size() == 1")
        .message("a parameter range must have exactly one of `continuous`, `integer`, `categorical` and `auto`")
)]
pub struct ParameterRange {
    /// name of the hyperparameter. Required.
    #[schemars(length(min = 1, max = 256))]
    pub name: String,
    /// continuous searches real numbers from min to max. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous: Option<ContinuousRange>,
    /// integer searches whole numbers from min to max. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integer: Option<IntegerRange>,
    /// categorical searches a list of values. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical: Option<CategoricalRange>,
    /// auto lets SageMaker choose the range; only with autotune. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto: Option<AutoRange>,
}

/// A range that SageMaker chooses by itself.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AutoRange {
    /// valueHint is a value around which to search, in quotes unless it is a whole number. Default: the
    /// hyperparameter's default value, after the overrides of training, dataset and candidate.
    #[serde(default, deserialize_with = "super::int_or_string::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::crd::value_schema")]
    pub value_hint: Option<String>,
}

/// Real numbers between two bounds, both inclusive.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new(format!("{} || double(self.min) < double(self.max)", not_numbers(DECIMAL)))
        .message("`min` must be less than `max`")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'Logarithmic' || {} || double(self.min) > 0.0", not_numbers(DECIMAL)))
        .message("`min` must be greater than 0 when `scaling` is 'Logarithmic'")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'ReverseLogarithmic' || {} || (double(self.min) >= 0.0 && double(self.max) < 1.0)", not_numbers(DECIMAL)))
        .message("`min` must be at least 0 and `max` less than 1 when `scaling` is 'ReverseLogarithmic'")
        .field_path(".min")
)]
pub struct ContinuousRange {
    /// min is the smallest value, a decimal number in quotes such as "0.0001". Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub min: String,
    /// max is the largest value, a decimal number in quotes. Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub max: String,
    /// scaling of the search: Auto, Linear, Logarithmic (min greater than 0) or ReverseLogarithmic (at least 0, less
    /// than 1). Default: Auto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ContinuousScaling>,
}

/// Whole numbers between two bounds, both inclusive.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new(format!("{} || int(self.min) < int(self.max)", not_numbers(INTEGER)))
        .message("`min` must be less than `max`")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'Logarithmic' || {} || int(self.min) > 0", not_numbers(INTEGER)))
        .message("`min` must be greater than 0 when `scaling` is 'Logarithmic'")
        .field_path(".min")
)]
pub struct IntegerRange {
    /// min is the smallest value, a whole number in quotes such as "8". Required.
    #[schemars(length(min = 1, max = 18), regex(pattern = INTEGER))]
    pub min: String,
    /// max is the largest value, a whole number in quotes. Required.
    #[schemars(length(min = 1, max = 18), regex(pattern = INTEGER))]
    pub max: String,
    /// scaling of the search: Auto, Linear or Logarithmic (min greater than 0). Default: Auto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<IntegerScaling>,
}

/// A list of values: exactly one of values and multiplesOfDefault.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.values) != has(self.multiplesOfDefault)")
        .message("a categorical range must have exactly one of `values` and `multiplesOfDefault`")
)]
pub struct CategoricalRange {
    /// values to try, in quotes unless they are words or whole numbers. Default: none; required without
    /// multiplesOfDefault.
    #[serde(default, deserialize_with = "super::int_or_string::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "super::crd::values_schema")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub values: Vec<String>,
    /// multiplesOfDefault are factors, decimal numbers in quotes. The values to try are the hyperparameter's default
    /// value (after the overrides of training, dataset and candidate) times each factor: ["1", "0.2"] means the default
    /// value and a fifth of it. Default: none; required without values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(min = 1, max = 30),
        inner(length(min = 1, max = 64), regex(pattern = DECIMAL))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub multiples_of_default: Vec<String>,
}

/// Scaling of a continuous range.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ContinuousScaling {
    Auto,
    Linear,
    Logarithmic,
    ReverseLogarithmic,
}

/// Scaling of an integer range.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IntegerScaling {
    Auto,
    Linear,
    Logarithmic,
}

/// A CEL expression that is true unless the strategy is Grid and `condition` is false. `n` is the list of the numbers
/// of values of the ranges, padded with ones, because CEL has no product of a list. More than nine ranges with at least
/// two values exceed the allowed number of combinations.
fn grid(condition: &str) -> String {
    format!(
        "!has(self.strategy) || self.strategy != 'Grid' || !has(self.parameterRanges) \
         || !self.parameterRanges.all(r, has(r.categorical)) \
         || [self.parameterRanges.map(r, has(r.categorical.values) ? size(r.categorical.values) \
         : has(r.categorical.multiplesOfDefault) ? size(r.categorical.multiplesOfDefault) : 1).filter(n, n > 1) \
         + [1, 1, 1, 1, 1, 1, 1, 1, 1]].all(n, size(n) <= 18 && {condition})"
    )
}
