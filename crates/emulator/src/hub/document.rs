//! The document of a hub content, which describes a `JumpStart` model, as a typed template.
//!
//! Its form is that of the document assembled from the published specification 4.0.6 of a TensorFlow model; image
//! classification on `PyTorch` follows the specification 3.0.25 of `pytorch-ic-mobilenet-v2`. The other tasks are
//! invented after the developer guide.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hub::hyperparameters::{self, Hyperparameter};

/// The first SDK version that supports these documents.
pub const MIN_SDK_VERSION: &str = "2.189.0";
const GPU: [&str; 11] = ["g4dn", "g5", "g6", "g6e", "local_gpu", "p2", "p3", "p3dn", "p4d", "p4de", "p5"];
const CPU: [&str; 21] = [
    "c4", "c5", "c5d", "c5n", "c6i", "c6id", "c7i", "local", "m4", "m5", "m5d", "m6i", "m6id", "m7i", "r5", "r5d",
    "r6i", "r6id", "r7i", "t2", "t3",
];
const INSTANCES: [&str; 21] = [
    "ml.p3.2xlarge",
    "ml.p3.8xlarge",
    "ml.p3.16xlarge",
    "ml.p2.xlarge",
    "ml.p2.8xlarge",
    "ml.p2.16xlarge",
    "ml.g5.xlarge",
    "ml.g4dn.xlarge",
    "ml.g4dn.2xlarge",
    "ml.g4dn.4xlarge",
    "ml.g4dn.8xlarge",
    "ml.g4dn.16xlarge",
    "ml.m5.xlarge",
    "ml.m5.2xlarge",
    "ml.m5.4xlarge",
    "ml.m5.12xlarge",
    "ml.m5.24xlarge",
    "ml.c5.2xlarge",
    "ml.c5.4xlarge",
    "ml.c5.9xlarge",
    "ml.c5.18xlarge",
];

/// `HubContentDocument`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the document of JumpStart has them")]
pub struct Document {
    provider: &'static str,
    url: String,
    min_sdk_version: &'static str,
    model_types: [&'static str; 1],
    capabilities: Vec<&'static str>,
    training_supported: bool,
    incremental_training_supported: bool,
    fine_tuning_supported: bool,
    validation_supported: bool,
    training_dependencies: Vec<String>,
    hyperparameters: Vec<Hyperparameter>,
    training_script_uri: String,
    training_prepacked_script_uri: String,
    training_prepacked_script_version: &'static str,
    training_ecr_uri: String,
    training_artifact_uri: String,
    training_artifact_s3_data_type: &'static str,
    training_artifact_compression_type: &'static str,
    training_metrics: [Metric; 1],
    default_training_instance_type: &'static str,
    supported_training_instance_types: [&'static str; 21],
    training_enable_network_isolation: bool,
    default_training_dataset_uri: String,
    resource_name_base: String,
    gated_bucket: bool,
    training_instance_type_variants: Variants,
    training_volume_size: u32,
    encrypt_inter_container_traffic: bool,
    max_runtime_in_seconds: u32,
    task: &'static str,
    framework: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    regex: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Variants {
    variants: BTreeMap<&'static str, Variant>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Variant {
    properties: Properties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    image_uri: String,
}

/// Common properties of the models of a framework and a task.
struct Family {
    framework: &'static str,
    /// Repository and tag; `{kind}` is `cpu` or `gpu`.
    image: &'static str,
    /// Account of the registry.
    registry: &'static str,
    metric: Metric,
    hyperparameters: Vec<Hyperparameter>,
    /// Whether the script evaluates on the user's `validation` channel; otherwise it splits the training data itself.
    validation: bool,
    /// Versions of the weights, the script and the prepacked script.
    versions: [&'static str; 3],
    instance: &'static str,
}

/// The registry of the deep-learning images.
const DEEP: &str = "763104351884";

impl Family {
    fn of(framework: &str, task: &str) -> Self {
        let tensorflow = |name, regex, hyperparameters| Self {
            framework: "tensorflow",
            image: "tensorflow-training:2.9-{kind}-py39",
            registry: DEEP,
            metric: Metric { name, regex },
            hyperparameters,
            validation: true,
            versions: ["3.0.0", "2.1.2", "1.1.2"],
            instance: "ml.p3.2xlarge",
        };
        let torch = |name, regex, hyperparameters, validation| Self {
            framework: "pytorch",
            image: "pytorch-training:1.10.0-{kind}-py38",
            registry: DEEP,
            metric: Metric { name, regex },
            hyperparameters,
            validation,
            versions: ["2.0.0", "2.3.0", "1.1.0"],
            instance: "ml.m5.xlarge",
        };
        match (framework, task) {
            ("tensorflow", "ic") | ("", _) => {
                tensorflow("tflow-ic:val-accuracy", "val_accuracy: ([0-9\\.]+)", hyperparameters::tensorflow())
            }
            ("tensorflow", "tc") => {
                tensorflow("validation:accuracy", "val_accuracy=([0-9\\.]+)", hyperparameters::other())
            }
            ("tensorflow", "od" | "od1") => {
                tensorflow("validation:localization_loss", "Val_localization=([0-9\\.]+)", hyperparameters::other())
            }
            ("tensorflow", _) => tensorflow("val_accuracy", "val_accuracy: ([0-9\\.]+)", hyperparameters::other()),
            ("pytorch", "ic") => {
                torch("pytorch-ic:val-accuracy", "val_accuracy: ([0-9\\.]+)", hyperparameters::torch(), false)
            }
            ("pytorch", _) => torch("val_loss", "val_loss: ([0-9\\.]+)", hyperparameters::other(), true),
            ("lightgbm", _) => {
                Self { framework: "lightgbm", ..torch("auc", "auc: ([0-9\\.]+)", hyperparameters::trees(), true) }
            }
            ("catboost", _) => Self {
                framework: "catboost",
                ..torch("Accuracy", "bestTest = ([0-9\\.]+)", hyperparameters::trees(), true)
            },
            ("xgboost" | "sklearn", _) => Self {
                framework: "xgboost",
                image: "sagemaker-xgboost:1.7-1",
                registry: "246618743249",
                instance: "ml.m5.xlarge",
                ..torch("validation:auc", "validation-auc:([0-9\\.]+)", hyperparameters::xgboost(), true)
            },
            _ => Self {
                framework: "huggingface",
                image: "huggingface-pytorch-training:2.0.0-transformers4.28.1-{kind}-py310-cu118-ubuntu20.04",
                ..torch("eval_loss", "'eval_loss': ([0-9]+\\.[0-9]+)", hyperparameters::other(), task != "spc")
            },
        }
    }

    fn image(&self, kind: &str, region: &str) -> String {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("{}.dkr.ecr.{region}.{domain}/{}", self.registry, self.image.replace("{kind}", kind))
    }
}

/// Framework and task as the SDK derives them from an id; both are empty if it has fewer than three parts.
pub fn framework_and_task(id: &str) -> (&str, &str) {
    match id.split('-').collect::<Vec<_>>().as_slice() {
        [framework, task, _, ..] => (framework, task),
        _ => ("", ""),
    }
}

impl Document {
    /// The document of a model, whose weights come from `url`, in a region.
    pub fn of(id: &str, url: &str, region: &str) -> Self {
        let (framework, task) = framework_and_task(id);
        let family = Family::of(framework, task);
        let framework = family.framework;
        let [weights, script, prepacked] = family.versions;
        let task = if task.is_empty() { "ic" } else { task };
        let bucket = format!("s3://jumpstart-cache-prod-{region}");
        let scripts = format!("{bucket}/source-directory-tarballs/{framework}/transfer_learning/{task}");
        let variant = |kind: &str| Variant { properties: Properties { image_uri: family.image(kind, region) } };
        let variants = GPU
            .iter()
            .map(|family| (*family, variant("gpu")))
            .chain(CPU.iter().map(|family| (*family, variant("cpu"))));
        Self {
            provider: provider(id),
            url: url.to_owned(),
            min_sdk_version: MIN_SDK_VERSION,
            model_types: ["OPEN_WEIGHTS"],
            capabilities: if family.validation {
                vec!["TRAINING", "INCREMENTAL_TRAINING", "VALIDATION"]
            } else {
                vec!["TRAINING", "INCREMENTAL_TRAINING"]
            },
            training_supported: true,
            incremental_training_supported: true,
            fine_tuning_supported: true,
            validation_supported: family.validation,
            training_dependencies: ["prepack_script_utilities==1.0.0", "script_utilities==1.1.1"]
                .iter()
                .map(|name| format!("sagemaker_jumpstart_{name}"))
                .collect(),
            training_script_uri: format!("{scripts}/v{script}/sourcedir.tar.gz"),
            training_prepacked_script_uri: format!("{scripts}/prepack/v{prepacked}/sourcedir.tar.gz"),
            training_prepacked_script_version: prepacked,
            training_ecr_uri: family.image("gpu", region),
            training_artifact_uri: format!("{bucket}/{framework}-training/v{weights}/train-{id}.tar.gz"),
            training_artifact_s3_data_type: "S3Prefix",
            training_artifact_compression_type: "None",
            default_training_instance_type: family.instance,
            supported_training_instance_types: INSTANCES,
            training_enable_network_isolation: true,
            default_training_dataset_uri: format!("{bucket}/training-datasets/tf_flowers/"),
            resource_name_base: name_base(id, framework, task),
            gated_bucket: false,
            training_instance_type_variants: Variants { variants: variants.collect() },
            training_volume_size: 30,
            encrypt_inter_container_traffic: true,
            max_runtime_in_seconds: 360_000,
            task: task_name(task),
            framework,
            training_metrics: [family.metric],
            hyperparameters: family.hyperparameters,
        }
    }
}

/// The name of a task in documents.
fn task_name(task: &str) -> &'static str {
    match task {
        "ic" => "Image Classification",
        "od" | "od1" => "Object Detection",
        "semseg" => "Semantic Segmentation",
        "tc" => "Text Classification",
        "eqa" => "Question Answering",
        "ner" => "Named Entity Recognition",
        "spc" => "Sentence Pair Classification",
        "classification" => "Tabular Classification",
        "regression" => "Tabular Regression",
        _ => "Text Generation",
    }
}

/// The provider of a model, derived from its name.
pub fn provider(id: &str) -> &'static str {
    if id.contains("swin") {
        "microsoft"
    } else if id.contains("cait") || id.contains("deit") {
        "meta"
    } else if id.starts_with("pytorch-") {
        "pytorch"
    } else {
        "google"
    }
}

fn name_base(id: &str, framework: &str, task: &str) -> String {
    let rest = rest_of(id);
    if (framework, task) == ("pytorch", "ic") { format!("pt-ic-{rest}") } else { rest }
}

/// The part of the id that names the model itself, without its revision on TensorFlow Hub.
fn rest_of(id: &str) -> String {
    if id.starts_with("pytorch-") {
        return id.splitn(3, '-').nth(2).unwrap_or(id).to_owned();
    }
    id.splitn(3, '-')
        .nth(2)
        .unwrap_or(id)
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('-')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::catalogue::Hub;
    use crate::logs::models::Table;

    /// The document fixture was assembled from a published specification; our document must agree with it about
    /// training.
    #[test]
    fn the_document_agrees_with_the_fixture() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/fixtures/hub-content-document.tensorflow-ic-bit-m-r101x1.json"
        );
        let Ok(fixture) = std::fs::read_to_string(path) else { panic!("{path}") };
        let fixture: serde_json::Value = serde_json::from_str(&fixture).unwrap();
        let hub = Hub::new(&Table::embedded());
        let model = hub.get("tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1").unwrap();
        let ours = serde_json::to_value(Document::of(&model.id, &model.url, "us-west-2")).unwrap();
        for (name, value) in ours.as_object().unwrap() {
            match name.as_str() {
                // Not in the fixture: its specification has the volume size in another member.
                "TrainingDependencies" | "TrainingVolumeSize" => {}
                "TrainingInstanceTypeVariants" => {
                    for (family, variant) in value["Variants"].as_object().unwrap() {
                        let theirs = &fixture[name]["Variants"][family];
                        assert!(theirs.is_null() || theirs == variant, "{family}");
                    }
                }
                _ => assert_eq!(value, &fixture[name], "{name}"),
            }
        }
    }
}
