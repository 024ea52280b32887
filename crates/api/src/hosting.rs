//! What serves a trained model, in the status.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds;

/// The container that serves a trained model: what the SageMaker SDK deploys for it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Hosting {
    /// image that serves the model; absent if there is none, and message explains why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::IMAGE))]
    pub image: Option<String>,
    /// environment variables of the container.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::environment_of_hosting_schema")]
    pub environment: BTreeMap<String, String>,
    /// scriptS3URI is the inference script that must be packed into the model archive, in the folder 'code', before it
    /// can be served; absent if the training has packed it in, or if the image has it.
    #[serde(default, rename = "scriptS3URI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::SCRIPT))]
    pub script_s3_uri: Option<String>,
    /// instanceType is the default instance type for serving; absent if the model has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::INSTANCE_TYPE))]
    pub instance_type: Option<String>,
    /// networkIsolation is true if the container has no network access.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network_isolation: bool,
    /// message explains why there is no image, with the remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: Option<String>,
}

impl Hosting {
    /// No image, for that reason.
    pub fn none(message: &str) -> Self {
        Self { message: Some(super::message(message, bounds::MESSAGE)), ..Self::default() }
    }
}
