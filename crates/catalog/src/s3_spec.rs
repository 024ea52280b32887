//! A spec of a model in the public buckets of JumpStart, reduced to what training and serving need. It contains the
//! images of all regions, and keys instead of URIs.

use serde_json::Value;

use super::metadata::{flag, get, hosting, hyperparameters, metrics, number, optional_flag, text, texts, variants};
use super::model::Model;

/// The buckets that the keys of a spec refer to.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Scripts, and models without access restrictions.
    pub open: String,
    /// Models whose license must be accepted.
    pub gated: String,
}

impl Buckets {
    /// The buckets of a region.
    pub fn of(region: &str) -> Self {
        Self { open: format!("jumpstart-cache-prod-{region}"), gated: format!("jumpstart-private-cache-prod-{region}") }
    }
}

/// Parses a spec for a region; `None` if it is not a JSON object.
pub fn from_spec(spec: &str, region: &str, buckets: &Buckets) -> Option<Model> {
    let spec: Value = serde_json::from_str(spec).ok()?;
    spec.as_object()?;
    let text = |key: &str| text(&spec, key);
    let flag_of = |key: &str| flag(&spec, key);
    let open = |key: String| uri(&buckets.open, key);
    let artifact = |key: String| uri(if flag_of("gated_bucket") { &buckets.gated } else { &buckets.open }, key);
    let estimator = get(&spec, "estimator_kwargs");
    let packages = get(&spec, "training_model_package_artifact_uris");
    let package = packages.get(region).and_then(Value::as_str).map(str::to_owned);
    let elsewhere = package.is_none() && packages.as_object().is_some_and(|packages| !packages.is_empty());
    let on_instances = get(&spec, "training_instance_type_variants");
    let mut variants = variants(on_instances, get(get(on_instances, "regional_aliases"), region));
    for variant in variants.values_mut() {
        variant.artifact = variant.artifact.take().map(artifact);
        variant.gated_artifact = variant.gated_artifact.take().map(|key| uri(&buckets.gated, key));
    }
    Some(Model {
        trainable: flag_of("training_supported") && !elsewhere,
        validates: optional_flag(&spec, "validation_supported"),
        trainable_in: if elsewhere {
            packages.as_object().into_iter().flatten().map(|(region, _)| region.clone()).collect()
        } else {
            Vec::new()
        },
        deprecated: flag_of("deprecated"),
        vulnerable: flag_of("training_vulnerable"),
        gated: flag_of("gated_bucket") || text("hosting_eula_key").is_some(),
        license: text("hosting_eula_key").map(open),
        // `training_ecr_specs` is not used: the vendor's SDK does not build an image URI from it any more.
        image: None,
        instance_types: texts(&spec, "supported_training_instance_types"),
        hyperparameters: hyperparameters(&spec),
        metrics: metrics(&spec, "metrics"),
        artifact: text("training_artifact_key").map(artifact),
        gated_artifact: package,
        script: text("training_prepacked_script_key").or_else(|| text("training_script_key")).map(open),
        volume_size_gb: number(&spec, "training_volume_size"),
        max_runtime_seconds: number(estimator, "max_run"),
        network_isolation: flag_of("training_enable_network_isolation"),
        encrypt_traffic: flag(estimator, "encrypt_inter_container_traffic"),
        uncompressed_output: flag(estimator, "disable_output_compression"),
        variants,
        hosting: hosting(
            &spec,
            get(get(get(&spec, "hosting_instance_type_variants"), "regional_aliases"), region),
            text("hosting_script_key").map(open),
            text("hosting_prepacked_artifact_key").is_some(),
        ),
        ..Model::default()
    })
}

fn uri(bucket: &str, key: String) -> String {
    if key.starts_with("s3://") { key } else { format!("s3://{bucket}/{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosting::Hosting;
    use crate::hub_document::tests::bit;

    #[test]
    fn a_spec_and_the_document_of_the_same_model_agree() {
        let spec = include_str!("../../../tests/fixtures/jumpstart-spec.tensorflow-ic-bit-m-r101x1.v4.0.6.json");
        let spec = from_spec(spec, "us-west-2", &Buckets::of("us-west-2")).unwrap();
        // The document has general images besides.
        let document = bit();
        let hosting = Hosting { image: None, ..document.hosting.clone() };
        assert_eq!(spec, Model { image: None, hosting, ..document });
        for instance in ["ml.p3.2xlarge", "ml.g5.xlarge", "ml.c5.2xlarge"] {
            let (spec, document) = (spec.on(instance), bit().on(instance));
            assert_eq!(Model { hosting: document.hosting.clone(), ..spec }, document);
        }
    }

    #[test]
    fn the_preset_reads_what_the_real_spec_of_pytorch_reads() {
        let spec = include_str!("../../../tests/fixtures/jumpstart-spec.pytorch-ic-mobilenet-v2.v3.0.25.json");
        let model = from_spec(spec, "us-west-2", &Buckets::of("us-west-2")).unwrap().on("ml.m5.xlarge");
        // The fixture does not have this field.
        assert_eq!(model.validates, None);
        assert!(model.hyperparameter("learning_rate").is_some() && model.hyperparameter("batch_size").is_some());
        assert_eq!(model.metrics, [("pytorch-ic:val-accuracy".to_owned(), r"val_accuracy: ([0-9\.]+)".to_owned())]);
    }

    #[test]
    fn models_that_can_be_trained_elsewhere_say_where() {
        let spec = r#"{"training_supported": true, "training_model_package_artifact_uris": {"us-east-1": "s3://a/"}}"#;
        let model = |region: &str| from_spec(spec, region, &Buckets::of(region)).unwrap();
        assert_eq!((model("us-east-1").trainable, model("us-east-1").trainable_in), (true, vec![]));
        assert_eq!(
            (model("eu-central-1").trainable, model("eu-central-1").trainable_in),
            (false, vec!["us-east-1".into()])
        );
    }

    #[test]
    fn anything_but_a_json_object_is_none() {
        let read = |text: &str| from_spec(text, "us-west-2", &Buckets::of("us-west-2"));
        assert_eq!(read("[]"), None);
        assert_eq!(read("{}"), Some(Model::default()));
    }
}
