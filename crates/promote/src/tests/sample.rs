//! Selections whose models can be deployed.

use api::ModelSelection;
use serde_json::{Value, json};

/// A complete selection; `status` replaces members of its status.
#[allow(clippy::needless_pass_by_value)] // written with json! where it is called
pub(crate) fn selection(status: Value) -> ModelSelection {
    let mut object = samples::manifest("caltech256");
    object["metadata"]["namespace"] = json!("vision");
    object["status"] = samples::results::complete();
    object["status"]["region"] = json!("us-west-2");
    object["status"]["fronts"][0]["recommendation"]["hosting"] = json!({
        "image": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.8-gpu",
        "environment": {"SAGEMAKER_ENV": "1", "SAGEMAKER_PROGRAM": "inference.py"},
        "instanceType": "ml.p3.2xlarge",
        "networkIsolation": true,
    });
    for (member, value) in status.as_object().into_iter().flatten() {
        object["status"][member] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

/// A selection with a second dataset that has no front yet.
pub(crate) fn two_datasets() -> ModelSelection {
    let mut selection = selection(json!({}));
    let second = api::Dataset { name: "flowers".into(), ..selection.spec.datasets[0].clone() };
    selection.spec.datasets.push(second);
    selection
}
