//! Manifests for tests, built in one place. Each test changes what it is about.

// A builder of tests panics where a test is wrong.
#![allow(clippy::missing_panics_doc)]

pub mod admission;
mod selection;

use api::ModelSelectionSpec;

pub use selection::Selection;

/// A selection as a person would write it, for tests; each test changes what it is about.
pub fn spec() -> ModelSelectionSpec {
    serde_json::from_value(serde_json::json!({
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
