//! The serving container of a trained model, according to its description: the one that the vendor's SDK would deploy.

use std::collections::BTreeMap;

use super::instance_type::family;

/// The serving part of a description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosting {
    /// The image if no variant has one.
    pub image: Option<String>,
    /// Environment variables that the creator of the model must set; the image sets the others.
    pub environment: BTreeMap<String, String>,
    /// The script to pack into the archive before it is served. `None` if training has packed it already.
    pub script: Option<String>,
    /// The default instance type for serving.
    pub instance_type: Option<String>,
    /// Whether the container runs without network access.
    pub network_isolation: bool,
    /// Overrides for an instance type (`ml.p3.2xlarge`) or a family (`p3`).
    pub variants: BTreeMap<String, HostingVariant>,
}

/// Overrides for some instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostingVariant {
    /// The image.
    pub image: Option<String>,
    /// Additional or replaced environment variables.
    pub environment: BTreeMap<String, String>,
}

impl Hosting {
    /// The serving container for an instance type in a region: image and variables of the exact type take precedence
    /// over those of its family. `None` without an image.
    #[must_use]
    pub fn on(&self, instance_type: &str, region: &str) -> Option<api::Hosting> {
        let Self { image, environment, script, instance_type: _, network_isolation, variants } = self;
        let (mut image, mut environment) = (image.clone(), environment.clone());
        let own = [family(instance_type), instance_type].map(|key| variants.get(key));
        for variant in own.into_iter().flatten() {
            image = variant.image.clone().or(image);
            environment.extend(variant.environment.clone());
        }
        if script.is_some() {
            environment.extend(script_mode(region));
        }
        Some(api::Hosting {
            image: Some(image?),
            environment,
            script_s3_uri: script.clone(),
            instance_type: Some(instance_type.to_owned()),
            network_isolation: *network_isolation,
            message: None,
        })
    }
}

/// The variables that the vendor's SDK adds for a script in the archive (`Model._script_mode_env_vars` of 2.257.7).
fn script_mode(region: &str) -> [(String, String); 4] {
    [
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "20"),
        ("SAGEMAKER_PROGRAM", "inference.py"),
        ("SAGEMAKER_REGION", region),
        ("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::hub_document::{from_document, tests::bit};
    use crate::model::Model;

    #[test]
    fn a_prepacked_model_is_served_without_a_script() {
        let hosting = bit().hosting("ml.c5.xlarge", "us-west-2").unwrap();
        assert_eq!(
            hosting.image.as_deref(),
            Some("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.8-gpu"),
            "on the default of the description, whatever it was trained on"
        );
        assert_eq!((hosting.script_s3_uri, hosting.instance_type.as_deref()), (None, Some("ml.p3.2xlarge")));
        let names: Vec<_> = hosting.environment.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "ENDPOINT_SERVER_TIMEOUT",
                "MODEL_CACHE_ROOT",
                "SAGEMAKER_ENV",
                "SAGEMAKER_MODEL_SERVER_WORKERS",
                "SAGEMAKER_PROGRAM"
            ]
        );
        assert!(hosting.network_isolation);
    }

    #[test]
    fn the_script_is_packed_in_unless_the_description_says_otherwise() {
        let script = |more: Value| {
            let mut document = json!({"HostingEcrUri": "image", "HostingScriptUri": "s3://bucket/script.tar.gz"});
            document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            from_document(&document.to_string())
                .unwrap()
                .hosting("ml.m5.large", "us-west-2")
                .unwrap()
                .script_s3_uri
                .is_some()
        };
        assert!(script(json!({})));
        assert!(script(json!({"HostingUseScriptUri": true})));
        assert!(!script(json!({"HostingUseScriptUri": false})));
        assert!(!script(json!({"HostingPrepackedArtifactUri": "s3://bucket/prepacked/"})));
    }

    #[test]
    fn the_type_goes_before_its_family() {
        let document = json!({
            "DefaultInferenceInstanceType": "ml.g5.xlarge",
            "HostingEcrUri": "general",
            "InferenceEnvironmentVariables": [
                {"Name": "WORKERS", "Default": 1, "RequiredForModelClass": true},
                {"Name": "LEVEL", "Default": "20", "RequiredForModelClass": false},
            ],
            "TrainingInstanceTypeVariants": {"Variants": {
                "p4d": {"Properties": {"DefaultInferenceInstanceType": "ml.g5.12xlarge"}},
            }},
            "HostingInstanceTypeVariants": {"Variants": {
                "g5": {"Properties": {"ImageUri": "family", "EnvironmentVariables": {"WORKERS": "2", "GPUS": "1"}}},
                "ml.g5.12xlarge": {"Properties": {"EnvironmentVariables": {"GPUS": "4"}}},
            }},
        });
        let model = from_document(&document.to_string()).unwrap();
        for (trained_on, served_on, gpus) in
            [("ml.p4d.24xlarge", "ml.g5.12xlarge", "4"), ("ml.p3.2xlarge", "ml.g5.xlarge", "1")]
        {
            let hosting = model.hosting(trained_on, "us-west-2").unwrap();
            assert_eq!((hosting.instance_type.as_deref(), hosting.image.as_deref()), (Some(served_on), Some("family")));
            let expected = [("GPUS", gpus), ("WORKERS", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(hosting.environment, expected.into());
        }
        assert_eq!(Model::default().hosting("ml.m5.large", "us-west-2"), None);
    }
}
