//! Manifests for tests, built in one place. Each test changes only what it tests.

// A builder for tests panics if a test is wrong.
#![allow(clippy::missing_panics_doc)]

pub mod admission;
pub mod results;
mod selection;

use api::ModelSelectionSpec;
use serde_json::{Value, json};

pub use selection::Selection;

/// The manifest of [`spec`].
pub fn manifest(name: &str) -> Value {
    json!({
        "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection",
        "metadata": {"name": name}, "spec": spec(),
    })
}

/// The spec that unit tests share: a model of the hub and an own image. Golden tests of names and fingerprints use it,
/// so it must not change; each test changes only what it tests.
pub fn spec() -> ModelSelectionSpec {
    serde_json::from_value(json!({
        "region": "us-west-2",
        "executionRoleARN": "arn:aws:iam::111122223333:role/SageMakerTraining",
        "objectives": [
            {"metric": "test_accuracy", "goal": "Maximize"},
            {"metric": "test_throughput", "goal": "Maximize"},
        ],
        "datasets": [{"name": "caltech256", "channels": [
            {"name": "training", "s3URI": "s3://bucket/train/"},
            {"name": "test", "s3URI": "s3://bucket/test/"},
        ]}],
        "candidates": [
            {"name": "mobilenet", "jumpStart": {"modelID": "tensorflow-ic-mobilenet", "version": "4.0.2"}},
            {"name": "own", "algorithm": {"trainingImage": "123.dkr.ecr.us-west-2.amazonaws.com/own:3"}},
        ],
        "tuning": {
            "objective": {"metric": "val_accuracy", "goal": "Maximize"},
            "maxTrainingJobs": 2,
            "parameterRanges": [{"name": "learning_rate", "categorical": {"multiplesOfDefault": ["1", "0.2"]}}],
        },
        "training": {
            "instanceType": "ml.p3.2xlarge",
            "hyperparameters": {"epochs": "5"},
            "metricDefinitions": [
                {"name": "val_accuracy", "regex": "- val_accuracy: ([0-9.]+)"},
                {"name": "test_accuracy", "regex": "- Test accuracy: ([0-9.]+)"},
                {"name": "test_throughput", "regex": "- Average test throughput: ([0-9.]+)"},
            ],
            "outputS3URI": "s3://bucket/out/",
        },
    }))
    .expect("the sample is a spec")
}
