//! The instances, limits and settings of training jobs.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{INSTANCE_TYPE, KMS_KEY, S3_URI, TRAINING_PLAN, VPC_ID};
use super::{Hyperparameters, InputMode, MetricDefinition, MetricPreset, bounds};

/// The instances, limits and settings of each training job.
///
/// Changing the instances, time limits, hyperparameters, environment or metric definitions creates new jobs for all
/// runs. Changing outputs, keys, network, spot, checkpoints or retries creates none for runs that have a job, because
/// these do not affect the result.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.spot) || !has(self.spot.maxWaitSeconds) || !has(self.maxRuntimeSeconds) || self.spot.maxWaitSeconds >= self.maxRuntimeSeconds")
        .message("`spot.maxWaitSeconds` must be at least `maxRuntimeSeconds`: it is the time of waiting and training together")
        .field_path(".spot"),
    validation = Rule::new("!has(self.instanceFallbacks) || self.instanceFallbacks.all(f, f.instanceType != self.instanceType)")
        .message("`instanceFallbacks` must be other types than `instanceType`")
        .field_path(".instanceFallbacks"),
    validation = Rule::new("!has(self.instanceFallbacks) || !has(self.trainingPlanARN)")
        .message("`trainingPlanARN` must be left out when `instanceFallbacks` is set: a plan is for one instance type")
        .field_path(".trainingPlanARN"),
)]
pub struct Training {
    /// instanceType of the training instances, such as 'ml.p3.2xlarge'. Required.
    #[schemars(length(min = 4, max = 63), regex(pattern = INSTANCE_TYPE))]
    pub instance_type: String,
    /// instanceCount is the number of instances of each training job. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub instance_count: Option<i32>,
    /// instanceFallbacks are instance types to use, in this order, if there is no capacity of instanceType. Metrics
    /// such as latency then come from different machines. Default: none. Changing it creates new jobs for all runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 5))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["instanceType".into()]))]
    pub instance_fallbacks: Vec<InstanceFallback>,
    /// volumeSizeGB is the size of the storage volume of each instance, in GB. Default: the model's default, otherwise
    /// 30.
    #[serde(rename = "volumeSizeGB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16384))]
    pub volume_size_gb: Option<i32>,
    /// maxRuntimeSeconds stops a training job after this time, in seconds; at most 28 days. Default: the model's
    /// default, otherwise 86400 (a day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_419_200))]
    pub max_runtime_seconds: Option<i32>,
    /// hyperparameters of all runs; they override the model's defaults. Whole numbers need no quotes. A name that no
    /// candidate has is rejected; a name that only some candidates have is sent to all. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// inputMode is how the data reaches the container of JumpStart models: File, FastFile or Pipe; other candidates
    /// have their own inputMode. Default: File. Changing it creates new jobs for all runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<InputMode>,
    /// environment variables of the training container. Default: none. Changing them creates new jobs for all runs.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::environment_schema")]
    pub environment: BTreeMap<String, String>,
    /// metricPreset is a set of metric definitions for JumpStart's scripts: Auto (the set for each JumpStart model's
    /// framework and task), TensorFlowImageClassification, PyTorchImageClassification or None. Definitions of the model
    /// and of metricDefinitions override it. Default: Auto without metricDefinitions, None with them. Changing it
    /// creates no new job for runs that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_preset: Option<MetricPreset>,
    /// metricDefinitions are the names and regexes with which SageMaker reads metrics from the logs of a training job.
    /// They extend the definitions of a JumpStart model, and override those with the same name. Default: none. Changing
    /// them creates new jobs for the affected runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = bounds::METRIC_DEFINITIONS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metric_definitions: Vec<MetricDefinition>,
    /// outputS3URI is the prefix for model artifacts, s3://BUCKET/PREFIX. Required. Changing it creates no new job for
    /// runs that have one.
    #[serde(rename = "outputS3URI")]
    #[schemars(length(min = 6, max = 1024), regex(pattern = S3_URI))]
    pub output_s3_uri: String,
    /// outputKMSKeyID is the KMS key that encrypts the model artifacts. Default: the default encryption of S3.
    #[serde(rename = "outputKMSKeyID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048), regex(pattern = KMS_KEY))]
    pub output_kms_key_id: Option<String>,
    /// outputCompression of the model artifacts: Gzip or None. Default: Gzip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_compression: Option<OutputCompression>,
    /// volumeKMSKeyID is the KMS key that encrypts the volumes of the instances. Default: none.
    #[serde(rename = "volumeKMSKeyID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048), regex(pattern = KMS_KEY))]
    pub volume_kms_key_id: Option<String>,
    /// trainingPlanARN is the training plan with reserved capacity to use. Default: none.
    #[serde(rename = "trainingPlanARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 50, max = 2048), regex(pattern = TRAINING_PLAN))]
    pub training_plan_arn: Option<String>,
    /// maxPendingSeconds ends a training job that has waited this long for instances, in seconds. Default: SageMaker's
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1800, max = 2_419_200))]
    pub max_pending_seconds: Option<i32>,
    /// vpc connects the training containers to your VPC. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Vpc>,
    /// networkIsolation disables all network access of the container. Default: the model's default, otherwise false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_isolation: Option<bool>,
    /// encryptInterContainerTraffic encrypts the traffic between the instances of a training job. Default: the model's
    /// default, otherwise false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt_inter_container_traffic: Option<bool>,
    /// spot uses spot capacity, which costs less and can be interrupted; see checkpoint. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
    /// checkpoint copies a local folder to S3, so that an interrupted training job can resume. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// maxRetryAttempts is how often SageMaker retries a training job that failed because of an internal error;
    /// maxRuntimeSeconds then limits all attempts together. Default: SageMaker's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 30))]
    pub max_retry_attempts: Option<i32>,
}

/// An alternative instance type.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct InstanceFallback {
    /// instanceType such as 'ml.g5.2xlarge'. Required.
    #[schemars(length(min = 4, max = 63), regex(pattern = INSTANCE_TYPE))]
    pub instance_type: String,
    /// instanceCount is the number of instances of this type for each training job. Default: that of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub instance_count: Option<i32>,
    /// volumeSizeGB is the size of the storage volume of each instance, in GB. Default: that of training.
    #[serde(rename = "volumeSizeGB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16384))]
    pub volume_size_gb: Option<i32>,
}

/// How model artifacts are stored.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum OutputCompression {
    Gzip,
    None,
}

/// Security groups and subnets of your VPC.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Vpc {
    /// securityGroupIDs of the containers. Required.
    #[serde(rename = "securityGroupIDs")]
    #[schemars(length(min = 1, max = 5), inner(length(min = 1, max = 32), regex(pattern = VPC_ID)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub security_group_ids: Vec<String>,
    /// subnets of the containers. Required.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 32), regex(pattern = VPC_ID)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub subnets: Vec<String>,
}

/// Training on spot capacity.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Spot {
    /// maxWaitSeconds limits waiting for capacity and training together, in seconds; at least maxRuntimeSeconds.
    /// Default: maxRuntimeSeconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_419_200))]
    pub max_wait_seconds: Option<i32>,
}

/// The location of checkpoints.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// s3URI is the prefix for the checkpoints, s3://BUCKET/PREFIX. Each run has a folder of its own below it, named
    /// like its tuning job. Required.
    #[serde(rename = "s3URI")]
    #[schemars(length(min = 6, max = 1024), regex(pattern = S3_URI))]
    pub s3_uri: String,
    /// localPath is the folder in the container. Default: /opt/ml/checkpoints/.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub local_path: Option<String>,
    /// shared keeps s3URI as it is for all runs: a training job may then load the checkpoints of another run. Default:
    /// false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}
