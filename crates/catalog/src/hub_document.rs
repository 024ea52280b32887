//! A document of the hub, reduced to what training and serving need.

use serde_json::Value;

use super::metadata::{flag, get, hosting, hyperparameters, metrics, number, optional_flag, text, texts, variants};
use super::model::Model;
use sagemaker::HubContent;

/// The model that the hub describes; `None` when the description cannot be read.
pub fn from_content(content: &HubContent) -> Option<Model> {
    let model = from_document(&content.document)?;
    Some(Model { deprecated: model.deprecated || content.deprecated, ..model })
}

/// Parses a document; `None` if it is not a JSON object.
pub fn from_document(document: &str) -> Option<Model> {
    let document: Value = serde_json::from_str(document).ok()?;
    document.as_object()?;
    let text = |key: &str| text(&document, key);
    let flag = |key: &str| flag(&document, key);
    let on_instances = get(&document, "training_instance_type_variants");
    Some(Model {
        trainable: flag("training_supported"),
        validates: optional_flag(&document, "validation_supported"),
        deprecated: flag("deprecated"),
        vulnerable: flag("training_vulnerable"),
        gated: flag("gated_bucket") || text("hosting_eula_uri").is_some(),
        license: text("hosting_eula_uri"),
        image: text("training_ecr_uri"),
        instance_types: texts(&document, "supported_training_instance_types"),
        hyperparameters: hyperparameters(&document),
        metrics: metrics(&document, "training_metrics"),
        artifact: text("training_artifact_uri"),
        gated_artifact: text("training_model_package_artifact_uri"),
        // The prepacked script contains its dependencies, so that it needs no network.
        script: text("training_prepacked_script_uri").or_else(|| text("training_script_uri")),
        volume_size_gb: number(&document, "training_volume_size"),
        max_runtime_seconds: number(&document, "max_runtime_in_seconds"),
        network_isolation: flag("training_enable_network_isolation"),
        encrypt_traffic: flag("encrypt_inter_container_traffic"),
        uncompressed_output: flag("disable_output_compression"),
        variants: variants(on_instances, get(on_instances, "aliases")),
        hosting: hosting(
            &document,
            get(get(&document, "hosting_instance_type_variants"), "aliases"),
            text("hosting_script_uri"),
            text("hosting_prepacked_artifact_uri").is_some(),
        ),
        ..Model::default()
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn bit() -> Model {
        from_document(include_str!("../../../tests/fixtures/hub-content-document.tensorflow-ic-bit-m-r101x1.json"))
            .unwrap()
    }

    #[test]
    fn a_document_is_read() {
        let model = bit();
        assert!(model.trainable && model.network_isolation && model.encrypt_traffic && !model.gated);
        assert_eq!(
            model.on("ml.p3.2xlarge").image.as_deref(),
            Some("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39")
        );
        assert_eq!(
            model.on("ml.c5.xlarge").image.as_deref(),
            Some("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-cpu-py39")
        );
        assert!(model.script.as_deref().unwrap().contains("/prepack/"));
        let epsilon = model.hyperparameter("epsilon").unwrap();
        assert_eq!(
            (epsilon.kind.as_str(), epsilon.default.as_deref(), epsilon.max),
            ("float", Some("1e-07"), Some(1.0))
        );
        assert!(model.hyperparameter("sagemaker_program").is_none());
    }

    #[test]
    fn anything_but_a_json_object_is_none() {
        assert_eq!(from_document(""), None);
        assert_eq!(from_document("[]"), None);
        assert_eq!(from_document("{}"), Some(Model::default()));
    }
}
