//! The channels of a training job definition.
#![expect(clippy::struct_field_names, reason = "the names are those of the service")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A channel, reduced to the members that the emulator uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Channel {
    /// `training`, `validation`, `test`, `model`, `code`.
    pub channel_name: String,
    /// The source of the data.
    #[serde(default)]
    pub data_source: DataSource,
    /// The mode of this channel.
    pub input_mode: Option<String>,
    /// `None` or `Gzip`.
    pub compression_type: Option<String>,
    /// Shuffling.
    pub shuffle_config: Option<Value>,
}

/// `DataSource`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DataSource {
    /// In S3.
    pub s3_data_source: Option<S3DataSource>,
    /// In EFS or `FSx`.
    pub file_system_data_source: Option<Value>,
    /// A dataset of the hub.
    pub dataset_source: Option<Value>,
}

/// `S3DataSource`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3DataSource {
    /// Prefix or object.
    pub s3_uri: String,
    /// `S3Prefix`, `ManifestFile`, `AugmentedManifestFile` or `Converse`.
    #[serde(default)]
    pub s3_data_type: String,
    /// The attributes of an augmented manifest.
    #[serde(default)]
    pub attribute_names: Vec<String>,
    /// The instance groups that get the data.
    #[serde(default)]
    pub instance_group_names: Vec<String>,
}
