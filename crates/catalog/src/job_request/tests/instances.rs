//! The instances of the request: keys and sizes of their volumes, and where checkpoints are kept.

use serde_json::json;

use super::request;
use crate::hub_document::tests::bit;
use crate::model::Model;
use api::{ModelSelectionSpec, Reason};

fn spec(training: &serde_json::Value) -> ModelSelectionSpec {
    let mut spec = samples::spec();
    spec.training.hyperparameters.insert("learning_rate".into(), "0.01".into());
    let mut all = serde_json::to_value(spec).unwrap();
    all["training"].as_object_mut().unwrap().extend(training.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

#[test]
fn a_key_is_refused_for_instances_with_local_disks() {
    let with = |instance_type: &str, fallback: &str, key: serde_json::Value| {
        let fallbacks = json!([{"instanceType": fallback}]);
        spec(&json!({"instanceType": instance_type, "instanceFallbacks": fallbacks, "volumeKMSKeyID": key}))
    };
    for (instance_type, fallback, key, expected) in [
        ("ml.g5.2xlarge", "ml.p3.2xlarge", json!(null), None),
        ("ml.p3.2xlarge", "ml.m5.xlarge", json!("alias/k"), None),
        ("ml.g5.2xlarge", "ml.p3.2xlarge", json!("alias/k"), Some("`instanceType` 'ml.g5.2xlarge'")),
        ("ml.p3.2xlarge", "ml.g5.2xlarge", json!("alias/k"), Some("`instanceFallbacks` 'ml.g5.2xlarge'")),
    ] {
        let found = request(&with(instance_type, fallback, key), 1, None).err().map(|problem| problem.message);
        assert_eq!(found.is_some(), expected.is_some(), "{instance_type} {fallback} {found:?}");
        assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()));
    }
}

#[test]
fn fallbacks_get_the_volume_size_of_the_model_unless_the_spec_has_one() {
    let fallbacks = json!([{"instanceType": "ml.p3.8xlarge"}, {"instanceType": "ml.p2.xlarge", "volumeSizeGB": 7}]);
    let sizes = |training: serde_json::Value, candidate: usize| -> Vec<_> {
        let mut training = training;
        training["instanceFallbacks"] = fallbacks.clone();
        let model = Model { volume_size_gb: Some(77), ..bit() };
        let sent = request(&spec(&training), candidate, (candidate == 0).then_some(&model)).unwrap();
        sent.instance_fallbacks.into_iter().map(|fallback| fallback.volume_size_gb).collect()
    };
    assert_eq!(sizes(json!({"volumeSizeGB": null}), 0), [Some(77), Some(7)]);
    assert_eq!(sizes(json!({"volumeSizeGB": 50}), 0), [Some(50), Some(7)]);
    assert_eq!(sizes(json!({"volumeSizeGB": null}), 1), [None, Some(7)]);
}

#[test]
fn a_location_of_checkpoints_that_is_too_long_with_the_name_of_the_job_is_refused() {
    let with = |length: usize, shared: bool| {
        let uri = format!("s3://bucket/{}", "p".repeat(length));
        spec(&json!({"checkpoint": {"s3URI": uri, "shared": shared}}))
    };
    assert!(request(&with(900, false), 1, None).is_ok());
    assert!(request(&with(1000, true), 1, None).is_ok());
    let problem = request(&with(1000, false), 1, None).unwrap_err();
    assert_eq!(problem.reason, Reason::InvalidRequest);
    assert!(problem.message.contains("choose a shorter prefix"), "{}", problem.message);
}
