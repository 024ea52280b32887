//! What the document of a hub content says about serving the model. Shaped as the rest of it after the published
//! specification of a TensorFlow model; the images and scripts of other frameworks are made up after the developer
//! guide.

use serde::Serialize;
use serde_json::{Value, json};

use crate::hub::images::{self, DEEP, Variants};

/// Instance types that models are served on.
const INSTANCES: [&str; 12] = [
    "ml.p3.2xlarge",
    "ml.p2.xlarge",
    "ml.g4dn.xlarge",
    "ml.m5.xlarge",
    "ml.m4.xlarge",
    "ml.m5.large",
    "ml.c5.2xlarge",
    "ml.c5.xlarge",
    "ml.r5.xlarge",
    "ml.r5.large",
    "ml.c6i.xlarge",
    "ml.c6i.large",
];

/// The members of the document about serving.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the document of JumpStart has them")]
pub struct Hosting {
    hosting_ecr_uri: String,
    hosting_artifact_s3_data_type: &'static str,
    hosting_artifact_compression_type: &'static str,
    hosting_artifact_uri: String,
    hosting_script_uri: String,
    /// With it, the archive that training writes has the script for serving in it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    hosting_prepacked_artifact_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hosting_prepacked_artifact_version: Option<&'static str>,
    hosting_use_script_uri: bool,
    inference_environment_variables: Vec<Variable>,
    default_inference_instance_type: &'static str,
    supported_inference_instance_types: [&'static str; 12],
    inference_enable_network_isolation: bool,
    hosting_instance_type_variants: Variants,
}

/// A variable of the container.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Variable {
    name: &'static str,
    r#type: &'static str,
    default: Value,
    scope: &'static str,
    /// Whether whoever creates the model has to set it; the others are for calls without the SDK.
    required_for_model_class: bool,
}

/// What the models of a framework have in common when they are served.
struct Family {
    /// Repository and tag; `{kind}` is `cpu` or `gpu`.
    image: &'static str,
    registry: &'static str,
    /// Version of the script for serving.
    script: &'static str,
    prepacked: bool,
    instance: &'static str,
}

impl Family {
    fn of(framework: &str) -> Self {
        let torch = Self {
            image: "pytorch-inference:1.10.0-{kind}-py38",
            registry: DEEP,
            script: "2.0.0",
            prepacked: true,
            instance: "ml.m5.large",
        };
        match framework {
            "tensorflow" => {
                Self { image: "tensorflow-inference:2.8-{kind}", script: "2.0.3", instance: "ml.p3.2xlarge", ..torch }
            }
            "huggingface" => Self {
                image: "huggingface-pytorch-inference:2.0.0-transformers4.28.1-{kind}-py310",
                instance: "ml.g4dn.xlarge",
                ..torch
            },
            // Of the older kind: their archives have no script, which is to be packed in before they are served.
            "lightgbm" | "catboost" => Self { prepacked: false, ..torch },
            "xgboost" => Self { image: "sagemaker-xgboost:1.7-1", registry: "246618743249", prepacked: false, ..torch },
            _ => torch,
        }
    }

    fn image(&self, kind: &str, region: &str) -> String {
        images::uri(self.registry, self.image, kind, region)
    }
}

impl Hosting {
    /// That of a model of a framework and a task, in a region.
    pub fn of(id: &str, framework: &str, task: &str, region: &str) -> Self {
        let family = Family::of(framework);
        let bucket = format!("s3://jumpstart-cache-prod-{region}");
        let artifacts = format!("{bucket}/{framework}-{task}/{id}/artifacts");
        Self {
            hosting_ecr_uri: family.image("cpu", region),
            hosting_artifact_s3_data_type: "S3Prefix",
            hosting_artifact_compression_type: "None",
            hosting_artifact_uri: format!("{artifacts}/inference/v3.0.0/"),
            hosting_script_uri: format!(
                "{bucket}/source-directory-tarballs/{framework}/inference/{task}/v{}/sourcedir.tar.gz",
                family.script
            ),
            hosting_prepacked_artifact_uri: family.prepacked.then(|| format!("{artifacts}/inference-prepack/v1.0.0/")),
            hosting_prepacked_artifact_version: family.prepacked.then_some("1.0.0"),
            hosting_use_script_uri: !family.prepacked,
            inference_environment_variables: variables(),
            default_inference_instance_type: family.instance,
            supported_inference_instance_types: INSTANCES,
            inference_enable_network_isolation: true,
            hosting_instance_type_variants: Variants::of(|kind| family.image(kind, region)),
        }
    }
}

fn variables() -> Vec<Variable> {
    let variable = |name, r#type, default, required_for_model_class| Variable {
        name,
        r#type,
        default,
        scope: "container",
        required_for_model_class,
    };
    vec![
        variable("SAGEMAKER_PROGRAM", "text", json!("inference.py"), true),
        variable("SAGEMAKER_SUBMIT_DIRECTORY", "text", json!("/opt/ml/model/code"), false),
        variable("SAGEMAKER_CONTAINER_LOG_LEVEL", "text", json!("20"), false),
        variable("SAGEMAKER_MODEL_SERVER_TIMEOUT", "text", json!("3600"), false),
        variable("ENDPOINT_SERVER_TIMEOUT", "int", json!(3600), true),
        variable("MODEL_CACHE_ROOT", "text", json!("/opt/ml/model"), true),
        variable("SAGEMAKER_ENV", "text", json!("1"), true),
        variable("SAGEMAKER_MODEL_SERVER_WORKERS", "int", json!(1), true),
    ]
}
