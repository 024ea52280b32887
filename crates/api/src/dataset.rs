//! The data that candidates are tuned on.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{CHANNEL_NAME, NAME, S3_URI};
use super::{Hyperparameters, InputMode};

/// A named set of channels, with its own hyperparameters and facts.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// name of the dataset, unique in the selection. Required. Changing it replaces the dataset by another one.
    #[schemars(length(min = 1, max = 63), regex(pattern = NAME))]
    pub name: String,
    /// channels are the inputs of the training jobs, in the order of the request. Required. JumpStart models use the
    /// channel 'training' and, if present, 'validation' and 'test'; the operator adds their channels 'model' and
    /// 'code'.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["name".into()]),
    )]
    pub channels: Vec<Channel>,
    /// channelOverrides replace the channels for some candidates, for example with CSV instead of RecordIO. Default:
    /// none. Changing them creates new jobs for the runs of those candidates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub channel_overrides: Vec<ChannelOverride>,
    /// hyperparameters for this dataset; they override those of training. Whole numbers need no quotes. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// testSize is the number of examples in the channel 'test', for expressions of derivedMetrics. Default: none.
    /// Changing it recomputes the derived metrics and creates no job.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub test_size: Option<i64>,
    /// trainingSize is the number of examples in the channel 'training', as testSize. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub training_size: Option<i64>,
    /// validationSize is the number of examples in the channel 'validation', as testSize. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub validation_size: Option<i64>,
    /// facts are additional numbers about the dataset for expressions of derivedMetrics, decimals in quotes, such as
    /// {classes: "256"}. Default: none. Changing them creates no job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::facts_schema")]
    pub facts: BTreeMap<String, String>,
}

/// The channels of a dataset for some candidates.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ChannelOverride {
    /// candidates that have these channels, by name. Required.
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub candidates: Vec<String>,
    /// channels that replace all channels of the dataset for these candidates. Required.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub channels: Vec<Channel>,
}

impl Dataset {
    /// The channels of a candidate: those of the first override that lists it, otherwise the dataset's.
    pub fn channels_of(&self, candidate: &str) -> &[Channel] {
        let own = self.channel_overrides.iter().find(|other| other.candidates.iter().any(|name| name == candidate));
        own.map_or(&self.channels, |other| &other.channels)
    }
}

/// One input channel: its name and the location of the data.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.s3URI) != has(self.fileSystem)")
        .message("a channel must have exactly one of `s3URI` and `fileSystem`"),
    validation = Rule::new("!has(self.attributeNames) || (has(self.s3DataType) && self.s3DataType == 'AugmentedManifestFile')")
        .message("`s3DataType` must be 'AugmentedManifestFile' when `attributeNames` is set")
        .field_path(".attributeNames"),
    validation = Rule::new("!has(self.fileSystem) || !(has(self.s3DataType) || has(self.s3DataDistribution))")
        .message("`s3DataType` and `s3DataDistribution` must be left out when `fileSystem` is set")
        .field_path(".fileSystem"),
)]
pub struct Channel {
    /// name of the channel, unique in the dataset; the container finds the data in /opt/ml/input/data/NAME. JumpStart
    /// models read 'training', and if they support them 'validation' and 'test'. Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = CHANNEL_NAME))]
    pub name: String,
    /// s3URI is the prefix of the objects, s3://BUCKET/PREFIX, or a manifest, depending on s3DataType. Default: none;
    /// required without fileSystem.
    #[serde(rename = "s3URI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 6, max = 1024), regex(pattern = S3_URI))]
    pub s3_uri: Option<String>,
    /// contentType is the MIME type of the data, for algorithms that need it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub content_type: Option<String>,
    /// s3DataType is the kind of s3URI: S3Prefix (all objects below it), ManifestFile (a list of objects),
    /// AugmentedManifestFile (a list with labels) or Converse (conversations). Default: S3Prefix.
    #[serde(rename = "s3DataType", skip_serializing_if = "Option::is_none")]
    pub s3_data_type: Option<S3DataType>,
    /// s3DataDistribution is what each of several instances gets: FullyReplicated (everything) or ShardedByS3Key (one
    /// shard). Default: FullyReplicated.
    #[serde(rename = "s3DataDistribution", skip_serializing_if = "Option::is_none")]
    pub s3_data_distribution: Option<S3DataDistribution>,
    /// attributeNames are the attributes of an augmented manifest to use. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 256)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub attribute_names: Vec<String>,
    /// fileSystem is an EFS or FSx for Lustre file system instead of S3; it requires training.vpc. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_system: Option<FileSystem>,
    /// inputMode is how the data of this channel reaches the container: File, FastFile or Pipe. Default: the
    /// candidate's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<InputMode>,
    /// compression of the data: None or Gzip. SageMaker decompresses it in the mode Pipe. Default: None.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// recordWrapper is the format in which SageMaker wraps each object: None or RecordIO. Default: None.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_wrapper: Option<RecordWrapper>,
    /// shuffleSeed is the seed for shuffling the order of the objects. Default: no shuffling.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub shuffle_seed: Option<i64>,
}

/// The kind of an S3 URI.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum S3DataType {
    S3Prefix,
    ManifestFile,
    AugmentedManifestFile,
    Converse,
}

/// What each of several instances gets.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum S3DataDistribution {
    FullyReplicated,
    ShardedByS3Key,
}

/// How data is compressed.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Compression {
    None,
    Gzip,
}

/// How each object is wrapped.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RecordWrapper {
    None,
    RecordIO,
}

/// A directory of a file system.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FileSystem {
    /// id of the file system, such as 'fs-0123456789abcdef0'. Required.
    #[schemars(length(min = 11, max = 21))]
    pub id: String,
    /// type of the file system: EFS or FSxLustre. Required.
    #[serde(rename = "type")]
    pub type_: FileSystemType,
    /// directoryPath is the directory of the data. Required.
    #[schemars(length(min = 1, max = 4096))]
    pub directory_path: String,
    /// access to the file system: ReadOnly or ReadWrite. Default: ReadOnly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<FileSystemAccess>,
}

/// The kind of a file system.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FileSystemType {
    EFS,
    FSxLustre,
}

/// Access to a file system.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FileSystemAccess {
    ReadOnly,
    ReadWrite,
}
