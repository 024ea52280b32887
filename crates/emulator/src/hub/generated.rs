//! Generated models of other tasks and frameworks, so that the hub can be as large and as mixed as the real one: some
//! are deprecated, some vulnerable, some not trainable, some gated, some have meaningless ids.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::hub::model::{Edition, Model, Support, Version};

/// Prefixes of ids. None is for image classification, so that filters for it find the same models as without them.
const KINDS: [&str; 16] = [
    "huggingface-llm-generated",
    "pytorch-od-generated",
    "tensorflow-tc-generated",
    "xgboost-classification-generated",
    "meta-textgeneration-generated",
    "tensorflow-od1-generated",
    "huggingface-text2text-generated",
    "lightgbm-regression-generated",
    "huggingface-ner-generated",
    "pytorch-eqa-generated",
    "tensorflow-semseg-generated",
    "huggingface-spc-generated",
    "catboost-classification-generated",
    "model-generated",
    "sklearn-regression-generated",
    "generated",
];
/// The members of a document about training, apart from the one that says whether it is supported.
const TRAINING: [&str; 19] = [
    "Hyperparameters",
    "TrainingScriptUri",
    "TrainingPrepackedScriptUri",
    "TrainingPrepackedScriptVersion",
    "TrainingDependencies",
    "TrainingEcrUri",
    "TrainingArtifactUri",
    "TrainingArtifactS3DataType",
    "TrainingArtifactCompressionType",
    "TrainingMetrics",
    "DefaultTrainingInstanceType",
    "SupportedTrainingInstanceTypes",
    "TrainingEnableNetworkIsolation",
    "DefaultTrainingDatasetUri",
    "TrainingInstanceTypeVariants",
    "TrainingVolumeSize",
    "EncryptInterContainerTraffic",
    "MaxRuntimeInSeconds",
    "Capabilities",
];

/// `n` models, always the same.
pub fn models(n: usize, created: f64) -> impl Iterator<Item = Model> {
    (0..n).map(move |i| model(i, created))
}

fn model(i: usize, created: f64) -> Model {
    let kind = KINDS.get(i % KINDS.len()).copied().unwrap_or("generated");
    // The last two kinds have no task, and no third part either: "generated0015".
    let id = if kind.contains('-') && kind != "model-generated" {
        format!("{kind}-{i:04}")
    } else {
        format!("{kind}{i:04}")
    };
    let mut edition = Edition::plain(created);
    if i % 11 == 3 {
        edition.support = Support::Deprecated;
    }
    edition.overrides = overrides(i, kind);
    Model { id, url: String::new(), editions: BTreeMap::from([(Version::Numbers(1, 0, 0), edition)]) }
}

fn overrides(i: usize, kind: &str) -> Map<String, Value> {
    let mut overrides = Map::new();
    let mut say = |member: &str, value: Value| overrides.insert(member.to_owned(), value);
    if i % 13 == 5 {
        say("TrainingVulnerable", json!(true));
        say("TrainingVulnerabilities", json!(["CVE-2022-1941"]));
    }
    let generates_text = kind.starts_with("huggingface-llm") || kind.starts_with("meta-");
    if kind.starts_with("meta-") || i % 17 == 7 {
        say("GatedBucket", json!(true));
        say("HostingEulaUri", json!("s3://jumpstart-cache-prod-{region}/fmhMetadata/eula/generated.txt"));
    }
    if i % 7 == 2 || (generates_text && !i.is_multiple_of(3)) {
        for member in
            ["TrainingSupported", "IncrementalTrainingSupported", "FineTuningSupported", "ValidationSupported"]
        {
            say(member, json!(false));
        }
        for member in TRAINING {
            say(member, Value::Null);
        }
    }
    overrides
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::hub::document::framework_and_task;
    use crate::hub::metadata;

    #[test]
    fn a_thousand_models_are_of_every_sort_and_none_classifies_images() {
        let all: Vec<Model> = models(838, 1.0).collect();
        assert_eq!(all.iter().map(|model| &model.id).collect::<BTreeSet<_>>().len(), 838);
        let says = |member: &str, value: &Value| {
            let hits = all
                .iter()
                .filter(|model| model.editions.values().all(|edition| edition.overrides.get(member) == Some(value)));
            hits.count()
        };
        for (member, value) in
            [("TrainingVulnerable", json!(true)), ("TrainingSupported", json!(false)), ("GatedBucket", json!(true))]
        {
            assert!((40..300).contains(&says(member, &value)), "{member}: {}", says(member, &value));
        }
        let short = all.iter().filter(|model| framework_and_task(&model.id) == ("", "")).count();
        assert!(short > 50, "{short}");
        assert!(all.iter().all(|model| framework_and_task(&model.id).1 != "ic" && model.id.len() <= 63));
        let deprecated =
            all.iter().find(|model| model.editions[&Version::Numbers(1, 0, 0)].support == Support::Deprecated).unwrap();
        let spec: Value =
            serde_json::from_str(&metadata::specification(deprecated, &Version::Numbers(1, 0, 0), "r").unwrap())
                .unwrap();
        assert_eq!(spec["deprecated"], true);
    }
}
