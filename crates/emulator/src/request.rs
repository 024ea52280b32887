//! The parts of `CreateHyperParameterTuningJob` that determine the behaviour of a job. The rest is kept as JSON and
//! returned.
#![expect(clippy::struct_field_names, reason = "the names are those of the service")]

mod channel;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use channel::Channel;

/// A create request, reduced to the members that the emulator uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRequest {
    /// Unique per account and region, for ever, and not case-sensitive.
    pub hyper_parameter_tuning_job_name: String,
    /// Strategy, limits, objective and ranges.
    pub hyper_parameter_tuning_job_config: JobConfig,
    /// A single definition.
    pub training_job_definition: Option<Definition>,
    /// Several definitions.
    pub training_job_definitions: Option<Vec<Definition>>,
    /// The parents of a warm start.
    pub warm_start_config: Option<WarmStart>,
    /// Whether the service chooses ranges.
    pub autotune: Option<Autotune>,
    /// Tags of the job, copied to its training jobs.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl CreateRequest {
    /// The definitions, from whichever of the two members has them.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.training_job_definition.iter().chain(self.training_job_definitions.iter().flatten())
    }

    /// The objective of a definition: its own, or that of the job.
    pub fn objective<'a>(&'a self, definition: &'a Definition) -> Option<&'a Objective> {
        definition
            .tuning_objective
            .as_ref()
            .or(self.hyper_parameter_tuning_job_config.hyper_parameter_tuning_job_objective.as_ref())
    }

    /// The ranges of a definition: its own, or those of the job.
    pub fn ranges<'a>(&'a self, definition: &'a Definition) -> Option<&'a Ranges> {
        definition.hyper_parameter_ranges.as_ref().or(self.hyper_parameter_tuning_job_config.parameter_ranges.as_ref())
    }
}

/// The search strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    Bayesian,
    Random,
    Hyperband,
    Grid,
}

/// `HyperParameterTuningJobConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobConfig {
    /// The search strategy.
    pub strategy: Strategy,
    /// Settings of Hyperband.
    pub strategy_config: Option<StrategyConfig>,
    /// The metric to maximize or minimize.
    pub hyper_parameter_tuning_job_objective: Option<Objective>,
    /// Limits of the search.
    pub resource_limits: Limits,
    /// The ranges to search.
    pub parameter_ranges: Option<Ranges>,
    /// `Auto` or `Off`.
    pub training_job_early_stopping_type: Option<String>,
    /// Criteria that end the search early.
    pub tuning_job_completion_criteria: Option<Criteria>,
    /// Seed of the search.
    pub random_seed: Option<u64>,
}

/// `StrategyConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StrategyConfig {
    /// Bounds of the epochs.
    pub hyperband_strategy_config: Option<Hyperband>,
}

/// `HyperbandStrategyConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hyperband {
    /// Smallest number of epochs.
    pub min_resource: Option<i64>,
    /// Largest number of epochs.
    pub max_resource: Option<i64>,
}

/// An objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Objective {
    /// `Maximize` or `Minimize`.
    pub r#type: String,
    /// The name of a metric definition.
    pub metric_name: String,
}

impl Objective {
    /// Whether larger is better.
    pub fn maximizes(&self) -> bool {
        self.r#type == "Maximize"
    }
}

/// `ResourceLimits`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Limits {
    /// Number of training jobs.
    pub max_number_of_training_jobs: Option<u32>,
    /// Number of concurrent training jobs.
    pub max_parallel_training_jobs: u32,
    /// Time limit of the tuning job, in seconds.
    pub max_runtime_in_seconds: Option<u32>,
}

/// `TuningJobCompletionCriteria`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Criteria {
    /// The objective value that ends the search.
    pub target_objective_metric_value: Option<f32>,
    /// Ends the search after too many training jobs without improvement.
    pub best_objective_not_improving: Option<NotImproving>,
}

/// `BestObjectiveNotImproving`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NotImproving {
    /// That number of training jobs.
    pub max_number_of_training_jobs_not_improving: Option<u32>,
}

/// `ParameterRanges` and `HyperParameterRanges`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ranges {
    /// Whole numbers.
    pub integer_parameter_ranges: Vec<NumericRange>,
    /// Real numbers.
    pub continuous_parameter_ranges: Vec<NumericRange>,
    /// Sets of values.
    pub categorical_parameter_ranges: Vec<CategoricalRange>,
    /// Hints for autotune.
    pub auto_parameters: Vec<AutoParameter>,
}

/// A range of numbers, written as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NumericRange {
    /// The hyperparameter.
    pub name: String,
    /// Inclusive.
    pub min_value: String,
    /// Inclusive.
    pub max_value: String,
    /// `Auto`, `Linear`, `Logarithmic` or `ReverseLogarithmic`.
    pub scaling_type: Option<String>,
}

/// A set of values.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CategoricalRange {
    /// The hyperparameter.
    pub name: String,
    /// The values.
    pub values: Vec<String>,
}

/// A hint for autotune.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoParameter {
    /// The hyperparameter.
    pub name: String,
    /// A value to start from.
    pub value_hint: String,
}

/// A training job definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Definition {
    /// Needed with several definitions.
    pub definition_name: Option<String>,
    /// Needed with several definitions.
    pub tuning_objective: Option<Objective>,
    /// Needed with several definitions.
    pub hyper_parameter_ranges: Option<Ranges>,
    /// Values that are not tuned.
    #[serde(default)]
    pub static_hyper_parameters: BTreeMap<String, String>,
    /// Image and metrics.
    pub algorithm_specification: Algorithm,
    /// The execution role.
    pub role_arn: String,
    /// Channels.
    #[serde(default)]
    pub input_data_config: Vec<Channel>,
    /// The location of artifacts.
    pub output_data_config: Output,
    /// The instances, without alternatives.
    pub resource_config: Option<Resources>,
    /// The instances, with alternatives.
    pub hyper_parameter_tuning_resource_config: Option<Resources>,
    /// Time limits.
    pub stopping_condition: Stopping,
    /// Spot instances.
    #[serde(default)]
    pub enable_managed_spot_training: bool,
    /// Network.
    pub vpc_config: Option<serde_json::Value>,
    /// Variables of the container.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The location of checkpoints.
    pub checkpoint_config: Option<Checkpoint>,
}

impl Definition {
    /// Instance type and count of one training job; the first choice if there are several.
    pub fn instances(&self) -> Option<(&str, u32)> {
        let config = self.resource_config.as_ref().or(self.hyper_parameter_tuning_resource_config.as_ref())?;
        let mut choices = config.instance_configs.iter().chain(&config.instance_groups);
        let own = config.instance_type.as_deref().map(|kind| (kind, config.instance_count.unwrap_or(1)));
        own.or_else(|| choices.find_map(|c| Some((c.instance_type.as_deref()?, c.instance_count.unwrap_or(1)))))
    }
}

/// `AlgorithmSpecification`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Algorithm {
    /// A training image.
    pub training_image: Option<String>,
    /// An algorithm resource.
    pub algorithm_name: Option<String>,
    /// `File`, `Pipe` or `FastFile`, the default of channels.
    pub training_input_mode: Option<String>,
    /// The metric definitions.
    #[serde(default)]
    pub metric_definitions: Vec<MetricDefinition>,
}

/// The definition of one metric in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricDefinition {
    /// The metric.
    pub name: String,
    /// A regex with one capture group for the number.
    pub regex: String,
}

/// `CheckpointConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Checkpoint {
    /// `/opt/ml/checkpoints/` when absent.
    pub local_path: Option<String>,
}

/// `OutputDataConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    /// Prefix of the artifacts.
    pub s3_output_path: String,
}

/// `ResourceConfig` and `HyperParameterTuningResourceConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resources {
    /// The type.
    pub instance_type: Option<String>,
    /// Number of instances for one training job.
    pub instance_count: Option<u32>,
    /// Size of the volume.
    #[serde(rename = "VolumeSizeInGB")]
    pub volume_size_in_gb: Option<u32>,
    /// Alternatives, by preference.
    #[serde(default)]
    pub instance_configs: Vec<Instances>,
    /// Heterogeneous groups.
    #[serde(default)]
    pub instance_groups: Vec<Instances>,
}

/// A type and a count.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instances {
    /// The name of a heterogeneous group.
    pub instance_group_name: Option<String>,
    /// The type.
    pub instance_type: Option<String>,
    /// Number of instances.
    pub instance_count: Option<u32>,
}

/// `StoppingCondition`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stopping {
    /// Seconds; a day if absent.
    pub max_runtime_in_seconds: Option<u32>,
    /// For spot instances.
    pub max_wait_time_in_seconds: Option<u32>,
}

/// `WarmStartConfig`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WarmStart {
    /// The parents, which must have ended.
    pub parent_hyper_parameter_tuning_jobs: Vec<Parent>,
    /// `IdenticalDataAndAlgorithm` or `TransferLearning`.
    pub warm_start_type: String,
}

/// A parent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parent {
    /// Its name.
    pub hyper_parameter_tuning_job_name: Option<String>,
}

/// `Autotune`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Autotune {
    /// Only `Enabled`.
    pub mode: String,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Unique per resource.
    pub key: String,
    /// Possibly empty.
    pub value: String,
}
