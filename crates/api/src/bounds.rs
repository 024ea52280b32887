//! Size limits of the values in the status, defined once for the schema and for the code that trims values from
//! SageMaker to fit it.

/// Longest name of a metric, in characters.
pub const METRIC_NAME: usize = 255;
/// Most metric definitions of a tuning job: SageMaker's limit.
pub const METRIC_DEFINITIONS: usize = 40;
/// Most metrics of a training job: more than the 40 definitions that SageMaker allows.
pub const METRICS: usize = 64;
/// Most hyperparameters of a training job: SageMaker's limit.
pub const HYPERPARAMETERS: usize = 100;
/// Longest value of a hyperparameter, in characters: SageMaker's limit.
pub const HYPERPARAMETER: usize = 2500;
/// Longest name of a training job, in characters: SageMaker's limit.
pub const TRAINING_JOB_NAME: usize = 63;
/// Longest ARN of a tuning job, in characters: SageMaker's limit.
pub const TUNING_JOB_ARN: usize = 256;
/// Longest instance type, in characters.
pub const INSTANCE_TYPE: usize = 63;
/// Longest location of a model artifact, in characters.
pub const MODEL_ARTIFACT: usize = 1200;
/// Longest registry path of an image, in characters: SageMaker's limit.
pub const IMAGE: usize = 255;
/// Longest location of a script, in characters: SageMaker's limit.
pub const SCRIPT: usize = 1024;
/// Most environment variables of a serving container.
pub const VARIABLES: usize = 64;
/// Longest value of an environment variable, in characters: SageMaker's limit.
pub const VARIABLE: usize = 1024;
/// Longest id of a model in the hub, in characters: SageMaker's limit.
pub const MODEL_ID: usize = 63;
/// Longest version of a model, in characters.
pub const MODEL_VERSION: usize = 32;
/// Longest message of a run, in characters.
pub const MESSAGE: usize = 512;
/// Longest warning of a run, in characters.
pub const WARNING: usize = 128;
/// The largest Pareto rank that the status shows. With all trials of many runs, there may be higher ranks.
pub const PARETO_RANK: i32 = 1024;
/// Longest `frontSizes`, in characters: with all trials, the sizes for 32 datasets can be long.
pub const FRONT_SIZES: usize = 128;
/// Most alternatives in a recommendation.
pub const ALTERNATIVES: usize = 4;
/// Most observed candidates of a selection.
pub const OBSERVED: usize = 8;
/// Most candidates listed as better than an observed one.
pub const BEATEN_BY: usize = 16;
/// The largest number of training jobs, instances or seconds: the maximum of the field's type.
pub const NUMBER: i32 = i32::MAX;
/// The largest generation: 2^53 - 1, the largest integer that every JSON parser reads exactly.
pub const GENERATION: i64 = 9_007_199_254_740_991;
