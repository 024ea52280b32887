//! The interface to SageMaker, in the operator's own types. Only [`sagemaker`] uses the SDK.

mod account;
mod error;
mod hub;
mod metadata;
mod pages;
mod preview;
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
pub use hub::{HubContent, ListedModel, PUBLIC_HUB};
pub use metadata::JUMPSTART_BUCKET_PREFIX;
pub use pages::Pages;
pub use preview::preview;
pub use rate_limiter::{Budget, Limits, Operation};
pub use response::{instance_types, only_for_other_uses};
pub use search::EndedJob;
pub use training_jobs::EndedTrainingJob;

use api::{
    Channel, Checkpoint, CompletionCriteria, ContinuousScaling, EarlyStopping, Hyperband, InputMode, InstanceFallback,
    IntegerScaling, Objective, OutputCompression, Strategy, Vpc, WarmStart,
};

/// Everything that defines a tuning job to create.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "most are members of SageMaker's request")]
pub struct JobRequest {
    /// The name of the job, at most 32 characters.
    pub name: String,
    /// Key and value of each tag; SageMaker copies them to the training jobs.
    pub tags: Vec<(String, String)>,
    /// The role that the training jobs run as.
    pub role_arn: String,
    /// The training image or algorithm.
    pub code: Code,
    /// How data reaches the container, unless a channel overrides it.
    pub input_mode: InputMode,
    /// The inputs, in order.
    pub channels: Vec<InputChannel>,
    /// The fixed hyperparameters, encoded for the container.
    pub hyperparameters: BTreeMap<String, String>,
    /// Name and regex of each metric.
    pub metric_definitions: Vec<(String, String)>,
    /// The metric that SageMaker optimizes.
    pub objective: Objective,
    /// The search strategy.
    pub strategy: Strategy,
    /// The resource limits of Hyperband.
    pub hyperband: Option<Hyperband>,
    /// Whether unpromising training jobs are stopped.
    pub early_stopping: EarlyStopping,
    /// Seed of the random search.
    pub random_seed: Option<i32>,
    /// Number of training jobs; `None` for Grid.
    pub max_training_jobs: Option<i32>,
    /// Number of concurrent training jobs.
    pub max_parallel_training_jobs: i32,
    /// Time limit of the tuning job, in seconds.
    pub tuning_runtime_seconds: Option<i32>,
    /// Criteria that end the search early.
    pub completion_criteria: Option<CompletionCriteria>,
    /// Whether SageMaker chooses ranges.
    pub autotune: bool,
    /// The tuning jobs whose search is continued.
    pub warm_start: Option<WarmStart>,
    /// The searched hyperparameters.
    pub ranges: Vec<SearchRange>,
    /// The instance type.
    pub instance_type: String,
    /// Number of instances of a training job.
    pub instance_count: i32,
    /// Instance types to fall back to, in order.
    pub instance_fallbacks: Vec<InstanceFallback>,
    /// The training plan with reserved capacity.
    pub training_plan_arn: Option<String>,
    /// Volume size of an instance, in GB.
    pub volume_size_gb: i32,
    /// The key that encrypts volumes.
    pub volume_kms_key_id: Option<String>,
    /// Time limit of a training job, in seconds.
    pub max_runtime_seconds: i32,
    /// Time limit for waiting for instances, in seconds.
    pub max_pending_seconds: Option<i32>,
    /// For spot capacity: time limit of waiting and training together, in seconds. `None` for other capacity.
    pub spot_max_wait_seconds: Option<i32>,
    /// The location of checkpoints.
    pub checkpoint: Option<Checkpoint>,
    /// How often a training job is retried after an internal error.
    pub max_retry_attempts: Option<i32>,
    /// The location of model artifacts.
    pub output_s3_uri: String,
    /// The key that encrypts model artifacts.
    pub output_kms_key_id: Option<String>,
    /// The compression of model artifacts.
    pub output_compression: Option<OutputCompression>,
    /// Environment variables of the container.
    pub environment: BTreeMap<String, String>,
    /// The VPC of the containers.
    pub vpc: Option<Vpc>,
    /// Whether the container has no network.
    pub network_isolation: bool,
    /// Whether traffic between instances is encrypted.
    pub encrypt_traffic: bool,
    /// A warning for the user; not sent.
    pub warning: Option<String>,
    /// Whether the model's script measures validation metrics on a part of the training data.
    pub own_split: bool,
}

/// The code of a training job.
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
    /// Its name, the location of its data, and how the data reaches the container.
    pub channel: Channel,
    /// Whether the license of the model in it is accepted.
    pub accept_eula: bool,
}

/// One searched hyperparameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchRange {
    /// Real numbers.
    Continuous {
        /// The hyperparameter.
        name: String,
        /// Smallest value.
        min: String,
        /// Largest value.
        max: String,
        /// The scale on which the search samples values.
        scaling: ContinuousScaling,
    },
    /// Whole numbers.
    Integer {
        /// The hyperparameter.
        name: String,
        /// Smallest value.
        min: String,
        /// Largest value.
        max: String,
        /// The scale on which the search samples values.
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
        /// A value around which to search.
        hint: String,
    },
}

impl SearchRange {
    /// The name of the hyperparameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Continuous { name, .. }
            | Self::Integer { name, .. }
            | Self::Categorical { name, .. }
            | Self::Auto { name, .. } => name,
        }
    }
}
