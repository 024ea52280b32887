//! How much of what SageMaker reports the status takes: said once, for the schema and for what fits the values to it.

/// Characters of the name of a metric.
pub const METRIC_NAME: usize = 255;
/// Metric definitions of a tuning job, as many as SageMaker takes.
pub const METRIC_DEFINITIONS: usize = 40;
/// Metrics of a training job; SageMaker takes 40 definitions.
pub const METRICS: usize = 64;
/// Hyperparameters of a training job, as many as SageMaker has.
pub const HYPERPARAMETERS: usize = 100;
/// Characters of the value of a hyperparameter, as many as SageMaker has.
pub const HYPERPARAMETER: usize = 2500;
/// Characters of the name of a training job, as many as SageMaker has.
pub const TRAINING_JOB_NAME: usize = 63;
/// Characters of the ARN of a tuning job, as many as SageMaker has.
pub const TUNING_JOB_ARN: usize = 256;
/// Characters of an instance type.
pub const INSTANCE_TYPE: usize = 63;
/// Characters of the place of a model.
pub const MODEL_ARTIFACT: usize = 1200;
/// Characters of the path of an image, as many as SageMaker has.
pub const IMAGE: usize = 255;
/// Characters of the place of a script, as many as SageMaker has.
pub const SCRIPT: usize = 1024;
/// Variables of a container that serves a model.
pub const VARIABLES: usize = 64;
/// Characters of the value of a variable, as many as SageMaker has.
pub const VARIABLE: usize = 1024;
/// Characters of the id of a model in the hub, as many as SageMaker has.
pub const MODEL_ID: usize = 63;
/// Characters of the version of a model.
pub const MODEL_VERSION: usize = 32;
/// Characters of the message of a run.
pub const MESSAGE: usize = 512;
/// Characters of the warning of a run.
pub const WARNING: usize = 128;
/// The largest Pareto rank that the status shows. There may be more, with all trials of many runs.
pub const PARETO_RANK: i32 = 1024;
/// Characters of the sizes of all fronts: with all trials, those of 32 datasets may be long.
pub const FRONT_SIZES: usize = 128;
/// Alternatives that a recommendation lists.
pub const ALTERNATIVES: usize = 4;
/// Candidates that a selection may have that are observed elsewhere.
pub const OBSERVED: usize = 8;
/// Candidates that are listed as better than an observed one.
pub const BEATEN_BY: usize = 16;
/// The largest number of training jobs, instances or seconds: as much as the field holds.
pub const NUMBER: i32 = i32::MAX;
/// The largest generation: the largest number that every reader of JSON takes exactly, 2^53 - 1.
pub const GENERATION: i64 = 9_007_199_254_740_991;
