//! The document of a hub content: what `JumpStart` says about a model, as a typed template.
//!
//! Shaped as the one assembled from the published specification 4.0.6 of a TensorFlow model; the `PyTorch` models have another
//! vocabulary of hyperparameters and metrics, as in the sibling notebook.

use std::collections::BTreeMap;

use serde::Serialize;

use super::hub::Model;

const GPU: [&str; 10] = ["g4dn", "g5", "g6", "g6e", "local_gpu", "p2", "p3", "p3dn", "p4d", "p4de"];
const CPU: [&str; 13] = ["c4", "c5", "c5d", "c5n", "c6i", "c6id", "c7i", "local", "m4", "m5", "m5d", "m6i", "m7i"];
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
    capabilities: [&'static str; 3],
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

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Hyperparameter {
    name: &'static str,
    r#type: &'static str,
    default: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i32>,
    scope: &'static str,
}

impl Document {
    /// The document of a model in a region.
    pub fn of(model: &Model, region: &str) -> Self {
        let torch = model.id.starts_with("pytorch-");
        let framework = if torch { "pytorch" } else { "tensorflow" };
        let bucket = format!("s3://jumpstart-cache-prod-{region}");
        let scripts = format!("{bucket}/source-directory-tarballs/{framework}/transfer_learning/ic");
        let image = |kind: &str| {
            let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            let tag = if torch {
                format!("pytorch-training:1.10.0-{kind}-py38")
            } else {
                format!("tensorflow-training:2.9-{kind}-py39")
            };
            format!("763104351884.dkr.ecr.{region}.{domain}/{tag}")
        };
        let variant = |kind: &str| Variant { properties: Properties { image_uri: image(kind) } };
        let variants = GPU
            .iter()
            .map(|family| (*family, variant("gpu")))
            .chain(CPU.iter().map(|family| (*family, variant("cpu"))));
        Self {
            provider: provider(&model.id),
            url: model.url.clone(),
            min_sdk_version: "2.189.0",
            model_types: ["OPEN_WEIGHTS"],
            capabilities: ["TRAINING", "INCREMENTAL_TRAINING", "VALIDATION"],
            training_supported: true,
            incremental_training_supported: true,
            fine_tuning_supported: true,
            validation_supported: true,
            training_dependencies: ["prepack_script_utilities==1.0.0", "script_utilities==1.1.1"]
                .iter()
                .map(|name| format!("sagemaker_jumpstart_{name}"))
                .collect(),
            hyperparameters: if torch { torch_hyperparameters() } else { tensorflow_hyperparameters() },
            training_script_uri: format!("{scripts}/v2.1.2/sourcedir.tar.gz"),
            training_prepacked_script_uri: format!("{scripts}/prepack/v1.1.2/sourcedir.tar.gz"),
            training_prepacked_script_version: "1.1.2",
            training_ecr_uri: image("gpu"),
            training_artifact_uri: format!("{bucket}/{framework}-training/v3.0.0/train-{}.tar.gz", model.id),
            training_artifact_s3_data_type: "S3Prefix",
            training_artifact_compression_type: "None",
            training_metrics: [if torch {
                Metric { name: "pytorch-ic:val-accuracy", regex: "val Acc: ([0-9\\.]+)" }
            } else {
                Metric { name: "tflow-ic:val-accuracy", regex: "val_accuracy: ([0-9\\.]+)" }
            }],
            default_training_instance_type: "ml.p3.2xlarge",
            supported_training_instance_types: INSTANCES,
            training_enable_network_isolation: true,
            default_training_dataset_uri: format!("{bucket}/training-datasets/tf_flowers/"),
            resource_name_base: name_base(&model.id),
            gated_bucket: false,
            training_instance_type_variants: Variants { variants: variants.collect() },
            training_volume_size: 30,
            encrypt_inter_container_traffic: true,
            max_runtime_in_seconds: 360_000,
            task: "Image Classification",
            framework,
        }
    }
}

/// Who made a model, as far as its name tells.
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

fn name_base(id: &str) -> String {
    id.splitn(3, '-')
        .nth(2)
        .unwrap_or(id)
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('-')
        .to_owned()
}

fn text(name: &'static str, default: &str, options: &[&'static str]) -> Hyperparameter {
    let options = Some(options.to_vec()).filter(|options| !options.is_empty());
    Hyperparameter { name, r#type: "text", default: default.into(), options, min: None, max: None, scope: "algorithm" }
}

fn flag(name: &'static str, default: &str) -> Hyperparameter {
    text(name, default, &["False", "True"])
}

fn int(name: &'static str, default: i32, min: i32, max: Option<i32>) -> Hyperparameter {
    Hyperparameter {
        name,
        r#type: "int",
        default: default.into(),
        options: None,
        min: Some(min),
        max,
        scope: "algorithm",
    }
}

fn float(name: &'static str, default: f64, min: i32, max: i32) -> Hyperparameter {
    Hyperparameter {
        name,
        r#type: "float",
        default: default.into(),
        options: None,
        min: Some(min),
        max: Some(max),
        scope: "algorithm",
    }
}

fn container() -> [Hyperparameter; 3] {
    let fixed = |name, default: &str| Hyperparameter { scope: "container", ..text(name, default, &[]) };
    [
        fixed("sagemaker_submit_directory", "/opt/ml/input/data/code/sourcedir.tar.gz"),
        fixed("sagemaker_program", "transfer_learning.py"),
        fixed("sagemaker_container_log_level", "20"),
    ]
}

fn tensorflow_hyperparameters() -> Vec<Hyperparameter> {
    let mut all = vec![
        flag("train_only_top_layer", "True"),
        int("epochs", 5, 1, Some(1000)),
        int("batch_size", 32, 1, Some(1024)),
        text("optimizer", "adam", &["adam", "sgd", "nesterov", "rmsprop", "adagrad", "adadelta"]),
        float("learning_rate", 0.001, 0, 1),
        float("beta_1", 0.9, 0, 1),
        float("beta_2", 0.999, 0, 1),
        float("momentum", 0.9, 0, 1),
        float("epsilon", 1e-7, 0, 1),
        float("rho", 0.95, 0, 1),
        float("initial_accumulator_value", 0.1, 0, 1),
        text("reinitialize_top_layer", "Auto", &["Auto", "True", "False"]),
        flag("early_stopping", "False"),
        int("early_stopping_patience", 5, 1, Some(1000)),
        float("early_stopping_min_delta", 0.0, 0, 1),
        float("dropout_rate", 0.2, 0, 1),
        float("regularizers_l2", 0.0001, 0, 1),
        float("label_smoothing", 0.1, 0, 1),
        text(
            "image_resize_interpolation",
            "bilinear",
            &["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"],
        ),
        flag("augmentation", "False"),
        text(
            "augmentation_random_flip",
            "horizontal_and_vertical",
            &["horizontal_and_vertical", "horizontal", "vertical", "None"],
        ),
        float("augmentation_random_rotation", 0.2, -1, 1),
        float("augmentation_random_zoom", 0.1, -1, 1),
        flag("binary_mode", "False"),
        text("eval_metric", "accuracy", &["accuracy", "precision", "recall", "auc", "prc"]),
        float("validation_split_ratio", 0.2, 0, 1),
        int("random_seed", 123, 0, None),
    ];
    all.extend(container());
    all
}

fn torch_hyperparameters() -> Vec<Hyperparameter> {
    let mut all = vec![
        flag("train_only_top_layer", "True"),
        int("epochs", 5, 1, Some(1000)),
        int("batch_size", 4, 1, Some(1024)),
        float("adam_learning_rate", 0.05, 0, 1),
        text("reinitialize_top_layer", "Auto", &["Auto", "True", "False"]),
    ];
    all.extend(container());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::hub::Hub;
    use crate::emulator::models::Table;

    /// The document fixture was assembled from a published specification; ours has to say the same about training.
    #[test]
    fn the_document_says_what_the_fixture_says() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hub-content-document.tensorflow-ic-bit-m-r101x1.json");
        let Ok(fixture) = std::fs::read_to_string(path) else { panic!("{path}") };
        let fixture: serde_json::Value = serde_json::from_str(&fixture).unwrap();
        let hub = Hub::new(&Table::embedded());
        let model = hub.get("tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1").unwrap();
        let ours = serde_json::to_value(Document::of(model, "us-west-2")).unwrap();
        for (name, value) in ours.as_object().unwrap() {
            match name.as_str() {
                // Not in the fixture: the specification it was made of has the volume size elsewhere.
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
