//! The seam to the training service, in our words. Only [`sagemaker`] names the SDK.

mod error;
mod limiter;
mod request;
mod response;
mod sagemaker;

use std::collections::BTreeMap;

pub use error::{Class, TuningError};
pub use limiter::{Budget, Limits, Operation};
pub use sagemaker::{ActiveJob, HubContent, Region, SageMaker};

use crate::api::{EarlyStopping, Hyperband, InputMode, Objective, Strategy};

/// All that a tuning job is created with.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRequest {
    /// The name of the job, at most 32 characters.
    pub name: String,
    /// Key and value of each tag; SageMaker copies them to the training jobs.
    pub tags: Vec<(String, String)>,
    /// The role that the training jobs run as.
    pub role_arn: String,
    /// The training image.
    pub image: String,
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
    /// The searched hyperparameters.
    pub ranges: Vec<SearchRange>,
    /// The instance type.
    pub instance_type: String,
    /// Instances of a training job.
    pub instance_count: i32,
    /// Volume of an instance in GB.
    pub volume_size_gb: i32,
    /// Limit of a training job in seconds.
    pub max_runtime_seconds: i32,
    /// Where model artifacts go.
    pub output_s3_uri: String,
    /// Whether the container has no network.
    pub network_isolation: bool,
    /// Whether traffic between instances is encrypted.
    pub encrypt_traffic: bool,
    /// Variables of the container.
    pub environment: BTreeMap<String, String>,
}

/// One input of the training jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputChannel {
    /// Its name.
    pub name: String,
    /// The S3 prefix.
    pub s3_uri: String,
    /// Its MIME type.
    pub content_type: Option<String>,
    /// How it reaches the container, when not as the others do.
    pub input_mode: Option<InputMode>,
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
        /// SageMaker's word for the scaling.
        scaling: &'static str,
    },
    /// Whole numbers.
    Integer {
        /// The hyperparameter.
        name: String,
        /// Least value.
        min: String,
        /// Greatest value.
        max: String,
        /// SageMaker's word for the scaling.
        scaling: &'static str,
    },
    /// A list of values.
    Categorical {
        /// The hyperparameter.
        name: String,
        /// The values.
        values: Vec<String>,
    },
}
