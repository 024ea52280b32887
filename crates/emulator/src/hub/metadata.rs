//! `JumpStart`'s older metadata, objects in S3: the manifest of all models, and the specification of each version.
//!
//! A specification is derived from the document of the hub, member by member, so that both sources agree about training
//! and serving even after a test has changed a model. Names follow the specification 4.0.6 of a TensorFlow model in the
//! SDK's tests.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::hub::catalogue::Hub;
use crate::hub::document::{MIN_SDK_VERSION, framework_and_task};
use crate::hub::model::{Edition, Model, Support, Version};

const MANIFEST: &str = "models_manifest.json";
/// Regions in every specification, in addition to the requested one.
const REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];
/// Members of the document that a specification does not have.
const HUB_ONLY: [&str; 7] =
    ["Provider", "ModelTypes", "Capabilities", "Task", "Framework", "TrainingEcrUri", "HostingEcrUri"];

/// The region of a `JumpStart` bucket.
pub fn region(bucket: &str) -> Option<&str> {
    bucket.strip_prefix("jumpstart-cache-prod-").filter(|region| !region.is_empty())
}

/// The content of an object.
pub fn object(hub: &Hub, region: &str, key: &str, now: f64) -> Option<String> {
    if key == MANIFEST {
        return Some(manifest(hub, now));
    }
    let (id, file) = key.strip_prefix("community_models/")?.split_once('/')?;
    let version = file.strip_prefix("specs_v")?.strip_suffix(".json")?;
    let version = Version::parse(version).unwrap_or_else(|| Version::Odd(version.to_owned()));
    specification(hub.get(id)?, &version, region)
}

/// `models_manifest.json`: every version of every model.
pub fn manifest(hub: &Hub, now: f64) -> String {
    let entry = |id: &str, version: &Version, edition: &Edition| {
        let min = edition.overrides.get("MinSdkVersion").and_then(Value::as_str).unwrap_or(MIN_SDK_VERSION);
        json!({
            "model_id": id,
            "version": version.to_string(),
            "min_version": min,
            "spec_key": format!("community_models/{id}/specs_v{version}.json"),
        })
    };
    let entries = hub.models().flat_map(|model| {
        let versions = model.editions_at(now).rev();
        versions.map(|(version, edition)| entry(&model.id, version, edition))
    });
    Value::Array(entries.collect()).to_string()
}

/// The specification of a version. A document that is not a JSON object is returned unchanged.
pub fn specification(model: &Model, version: &Version, region: &str) -> Option<String> {
    let edition = model.editions.get(version)?;
    let document = match model.document(edition, region) {
        Ok(document) => document,
        Err(raw) => return Some(raw),
    };
    let mut spec = Map::new();
    let mut say = |name: &str, value: Value| spec.insert(name.to_owned(), value);
    say("model_id", json!(model.id));
    say("version", json!(version.to_string()));
    say("deprecated", json!(edition.support == Support::Deprecated));
    say("training_vulnerable", json!(false));
    say("training_vulnerabilities", json!([]));
    say("fit_kwargs", json!({}));
    if let Some(image) = document.get("TrainingEcrUri").and_then(Value::as_str) {
        say("training_ecr_specs", image_parts(&model.id, image));
    }
    let kwargs =
        [("EncryptInterContainerTraffic", "encrypt_inter_container_traffic"), ("MaxRuntimeInSeconds", "max_run")];
    let given = kwargs.iter().filter_map(|(member, name)| Some(((*name).to_owned(), document.get(*member)?.clone())));
    say("estimator_kwargs", Value::Object(given.collect()));
    for (member, value) in &document {
        if HUB_ONLY.contains(&member.as_str()) || kwargs.iter().any(|(name, _)| name == member) {
            continue;
        }
        let (name, value) = translated(member, value, region);
        say(&name, value);
    }
    Some(Value::Object(spec).to_string())
}

/// A member of the document with the name and form of the specification.
fn translated(member: &str, value: &Value, region: &str) -> (String, Value) {
    match member {
        "TrainingMetrics" => ("metrics".to_owned(), value.clone()),
        "TrainingInstanceTypeVariants" | "HostingInstanceTypeVariants" => (snake(member), variants(value, region)),
        "Hyperparameters" | "InferenceEnvironmentVariables" => (snake(member), lower(value)),
        _ => match (member.strip_suffix("Uri"), value.as_str().and_then(key)) {
            // The URI of an object becomes its key; the bucket is implied.
            (Some(stem), Some(key)) => (format!("{}_key", snake(stem)), json!(key)),
            _ => (snake(member), value.clone()),
        },
    }
}

fn key(uri: &str) -> Option<&str> {
    uri.strip_prefix("s3://")?.split_once('/').map(|(_, key)| key)
}

/// Converts member names to lower case with underscores, one level below lists.
fn lower(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(lower).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (snake(name), value.clone())).collect(),
        other => other.clone(),
    }
}

/// `TrainingArtifactS3DataType` becomes `training_artifact_s3_data_type`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Framework, its version and that of Python, parsed from the image.
fn image_parts(id: &str, image: &str) -> Value {
    let tag = image.rsplit(':').next().unwrap_or_default();
    let framework = match framework_and_task(id).0 {
        "" => "tensorflow",
        framework => framework,
    };
    let mut parts = tag.split('-');
    let version = parts.next().unwrap_or_default();
    let python = parts.find(|part| part.starts_with("py")).unwrap_or("py3");
    json!({"framework": framework, "framework_version": version, "py_version": python})
}

/// Images by name for each region, and the names by instance family.
fn variants(value: &Value, region: &str) -> Value {
    let families = value.get("Variants").and_then(Value::as_object);
    let image = |variant: &Value| variant.pointer("/Properties/ImageUri").and_then(Value::as_str).map(str::to_owned);
    let mut aliases_of: BTreeMap<String, String> = BTreeMap::new();
    let mut by_family = Map::new();
    for (family, variant) in families.into_iter().flatten() {
        let Some(image) = image(variant) else { continue };
        let kind = if image.contains("-gpu") { "gpu" } else { "cpu" };
        let next = format!("{kind}_ecr_uri_{}", aliases_of.len() + 1);
        let name = aliases_of.entry(image).or_insert(next);
        by_family.insert(family.clone(), json!({"regional_properties": {"image_uri": format!("${name}")}}));
    }
    let others = REGIONS.iter().copied().filter(|other| *other != region);
    let aliases = others.chain([region]).map(|other| {
        let images = aliases_of.iter().map(|(image, name)| (name.clone(), json!(image.replace(region, other))));
        (other.to_owned(), Value::Object(images.collect()))
    });
    json!({"regional_aliases": aliases.collect::<Map<_, _>>(), "variants": by_family})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::models::Table;

    fn fixture(name: &str) -> Value {
        let path = format!("{}/../../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
    }

    #[test]
    fn a_specification_agrees_with_the_real_one() {
        let hub = Hub::new(&Table::embedded());
        let id = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1";
        let ours = object(&hub, "us-west-2", &format!("community_models/{id}/specs_v4.0.6.json"), f64::MAX).unwrap();
        let ours: Value = serde_json::from_str(&ours).unwrap();
        let real = fixture("jumpstart-spec.tensorflow-ic-bit-m-r101x1.v4.0.6.json");
        for (name, value) in ours.as_object().unwrap() {
            match name.as_str() {
                // Missing in the real one of this model, or shorter here.
                "training_volume_size"
                | "training_dependencies"
                | "gated_bucket"
                | "training_artifact_s3_data_type"
                | "training_artifact_compression_type" => {}
                _ => assert_eq!(value, &real[name], "{name}"),
            }
        }
        for name in ["training_script_key", "hyperparameters", "training_instance_type_variants", "metrics", "url"] {
            assert!(ours.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn image_classification_on_torch_is_as_in_the_real_specification() {
        let hub = Hub::new(&Table::embedded());
        let model = hub.get("pytorch-ic-mobilenet-v2").unwrap();
        let ours = specification(model, model.editions.keys().next_back().unwrap(), "us-west-2").unwrap();
        let ours: Value = serde_json::from_str(&ours).unwrap();
        let real = fixture("jumpstart-spec.pytorch-ic-mobilenet-v2.v3.0.25.json");
        for name in [
            "hyperparameters",
            "metrics",
            "default_training_instance_type",
            "training_artifact_key",
            "training_script_key",
            "training_prepacked_script_key",
            "training_ecr_specs",
            "training_enable_network_isolation",
            "incremental_training_supported",
            "estimator_kwargs",
            "resource_name_base",
        ] {
            assert_eq!(ours[name], real[name], "{name}");
        }
        assert_eq!(ours["validation_supported"], false, "the script splits the training data itself");
    }

    #[test]
    fn the_manifest_has_every_model_of_the_real_one() {
        let ours: Value = serde_json::from_str(&manifest(&Hub::new(&Table::embedded()), f64::MAX)).unwrap();
        let ours = ours.as_array().unwrap();
        let real = fixture("jumpstart-models-manifest.ic.json");
        let image = |entry: &&Value| entry["model_id"].as_str().unwrap().contains("-ic-");
        for entry in real.as_array().unwrap().iter().filter(image) {
            assert!(ours.contains(entry), "{entry}");
        }
    }

    #[test]
    fn other_keys_are_no_objects() {
        let hub = Hub::new(&Table::embedded());
        for key in [
            "",
            "models_manifest.json/x",
            "community_models/nobody/specs_v1.0.0.json",
            "community_models/pytorch-ic-alexnet/specs_v9.9.9.json",
            "community_models/pytorch-ic-alexnet/3.1.7.json",
        ] {
            assert_eq!(object(&hub, "us-west-2", key, f64::MAX), None, "{key}");
        }
        assert_eq!(region("jumpstart-cache-prod-us-west-2"), Some("us-west-2"));
        assert_eq!(region("bucket"), None);
    }
}
