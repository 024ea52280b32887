//! The seam to the training service, in our words. Only [`sagemaker`] names the SDK.

mod account;
mod error;
mod hub;
mod metadata;
mod pages;
mod rate_limiter;
mod regions;
mod request;
mod response;
mod s3;
mod sagemaker;
mod search;
mod span;
mod tagged;
mod timeouts;
mod training_jobs;

use std::collections::BTreeMap;

pub use self::sagemaker::{ActiveJob, Region, SageMaker};
pub use account::Account;
pub use error::{Class, TuningError};
pub use hub::{HubContent, Listed, PUBLIC_HUB};
pub use metadata::JUMPSTART_BUCKET_PREFIX;
pub use pages::Pages;
pub use rate_limiter::{Budget, Limits, Operation};
pub use response::{instance_types, only_for_other_uses};
pub use search::EndedJob;
pub use training_jobs::EndedTrainingJob;

use api::{
    Channel, Checkpoint, CompletionCriteria, ContinuousScaling, EarlyStopping, Hyperband, InputMode, InstanceFallback,
    IntegerScaling, Objective, OutputCompression, Strategy, Vpc, WarmStart,
};

/// All that a tuning job is created with.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "most are members of SageMaker's request")]
pub struct JobRequest {
    /// The name of the job, at most 32 characters.
    pub name: String,
    /// Key and value of each tag; SageMaker copies them to the training jobs.
    pub tags: Vec<(String, String)>,
    /// The role that the training jobs run as.
    pub role_arn: String,
    /// The code.
    pub code: Code,
    /// How data reaches the container, unless a channel says otherwise.
    pub input_mode: InputMode,
    /// The inputs, in order.
    pub channels: Vec<InputChannel>,
    /// The fixed hyperparameters, encoded as the container reads them.
    pub hyperparameters: BTreeMap<String, String>,
    /// Name and regex of each metric.
    pub metric_definitions: Vec<(String, String)>,
    /// By which the search is steered.
    pub objective: Objective,
    /// The search strategy.
    pub strategy: Strategy,
    /// Hyperband's bounds.
    pub hyperband: Option<Hyperband>,
    /// Whether unpromising training jobs are stopped.
    pub early_stopping: EarlyStopping,
    /// Seed of the search.
    pub random_seed: Option<i32>,
    /// Training jobs in all; `None` for Grid.
    pub max_training_jobs: Option<i32>,
    /// Training jobs at a time.
    pub max_parallel_training_jobs: i32,
    /// Limit of the tuning job in seconds.
    pub tuning_runtime_seconds: Option<i32>,
    /// When the search has found enough.
    pub completion_criteria: Option<CompletionCriteria>,
    /// Whether SageMaker chooses ranges.
    pub autotune: bool,
    /// What the search begins from.
    pub warm_start: Option<WarmStart>,
    /// The searched hyperparameters.
    pub ranges: Vec<SearchRange>,
    /// The instance type.
    pub instance_type: String,
    /// Instances of a training job.
    pub instance_count: i32,
    /// Instance types to fall back to, in order.
    pub instance_fallbacks: Vec<InstanceFallback>,
    /// Reserved capacity.
    pub training_plan_arn: Option<String>,
    /// Volume of an instance in GB.
    pub volume_size_gb: i32,
    /// The key that encrypts volumes.
    pub volume_kms_key_id: Option<String>,
    /// Limit of a training job in seconds.
    pub max_runtime_seconds: i32,
    /// Limit of waiting for instances in seconds.
    pub max_pending_seconds: Option<i32>,
    /// On spot capacity: limit of waiting and training together, in seconds. `None` for other capacity.
    pub spot_max_wait_seconds: Option<i32>,
    /// Where checkpoints are kept.
    pub checkpoint: Option<Checkpoint>,
    /// How often a training job is repeated after an internal error.
    pub max_retry_attempts: Option<i32>,
    /// Where model artifacts go.
    pub output_s3_uri: String,
    /// The key that encrypts them.
    pub output_kms_key_id: Option<String>,
    /// How they are compressed.
    pub output_compression: Option<OutputCompression>,
    /// Environment variables of the container.
    pub environment: BTreeMap<String, String>,
    /// The VPC of the containers.
    pub vpc: Option<Vpc>,
    /// Whether the container has no network.
    pub network_isolation: bool,
    /// Whether traffic between instances is encrypted.
    pub encrypt_traffic: bool,
    /// What a person should know of the job; not sent.
    pub warning: Option<String>,
    /// Whether the model's script measures validation metrics on a part of the training data.
    pub own_split: bool,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A training image.
    Image(String),
    /// An algorithm resource, by name or ARN.
    Algorithm(String),
}

/// One input of the training jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputChannel {
    /// Its name, where the data lies, and how it reaches the container.
    pub channel: Channel,
    /// Whether the licence of the model in it is accepted.
    pub accept_eula: bool,
}

/// One searched hyperparameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchRange {
    /// Real numbers.
    Continuous {
        /// The hyperparameter.
        name: String,
        /// Least value.
        min: String,
        /// Greatest value.
        max: String,
        /// How the search steps through them.
        scaling: ContinuousScaling,
    },
    /// Whole numbers.
    Integer {
        /// The hyperparameter.
        name: String,
        /// Least value.
        min: String,
        /// Greatest value.
        max: String,
        /// How the search steps through them.
        scaling: IntegerScaling,
    },
    /// A list of values.
    Categorical {
        /// The hyperparameter.
        name: String,
        /// The values.
        values: Vec<String>,
    },
    /// A range that SageMaker chooses.
    Auto {
        /// The hyperparameter.
        name: String,
        /// A value near which to search.
        hint: String,
    },
}

impl SearchRange {
    /// The hyperparameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Continuous { name, .. }
            | Self::Integer { name, .. }
            | Self::Categorical { name, .. }
            | Self::Auto { name, .. } => name,
        }
    }
}
