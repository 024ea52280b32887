//! A small selection, as a user would write it; each test changes only what it tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A manifest that is built step by step. Candidates with own images need no hub, so their tests count fewer calls.
#[derive(Clone, Debug)]
pub struct Selection(pub Value);

impl Selection {
    /// A selection without candidates: accuracy against throughput, two training jobs per run.
    pub fn new(name: &str) -> Self {
        let number = "([0-9.]+(?:[eE][-+]?[0-9]+)?)";
        Self(json!({
            "apiVersion": "modelselection.dev/v1alpha1",
            "kind": "ModelSelection",
            "metadata": {"name": name},
            "spec": {
                "executionRoleARN": "arn:aws:iam::111122223333:role/SageMakerTraining",
                "objectives": [
                    {"metric": "test_accuracy", "goal": "Maximize"},
                    {"metric": "test_throughput", "goal": "Maximize"},
                ],
                "datasets": [dataset("small")],
                "candidates": [],
                "tuning": {
                    "objective": {"metric": "val_accuracy", "goal": "Maximize"},
                    "maxTrainingJobs": 2,
                    "maxParallelTrainingJobs": 2,
                    "parameterRanges": [{"name": "learning_rate", "continuous": {"min": "0.0001", "max": "0.01", "scaling": "Logarithmic"}}],
                },
                "training": {
                    "instanceType": "ml.p3.2xlarge",
                    "hyperparameters": {"epochs": "2"},
                    "metricDefinitions": [
                        {"name": "val_accuracy", "regex": format!("- val_accuracy: {number}")},
                        {"name": "test_accuracy", "regex": format!("- Test accuracy: {number}")},
                        {"name": "test_throughput", "regex": format!("- Average test throughput: {number}")},
                    ],
                    "outputS3URI": "s3://bucket/selection/",
                },
            },
        }))
    }

    /// A smaller one: a single objective, which is also the tuning objective, and one training job per run.
    pub fn one_metric(name: &str) -> Self {
        let accuracy = json!({"metric": "accuracy", "goal": "Maximize"});
        let range = json!({"name": "learning_rate", "categorical": {"values": ["0.001"]}});
        let tuning = json!({"objective": accuracy, "maxTrainingJobs": 1, "parameterRanges": [range]});
        Self::new(name)
            .with("/objectives", json!([accuracy]))
            .with("/datasets", json!([dataset("birds")]))
            .with("/tuning", tuning)
            .with("/training/metricDefinitions", json!([{"name": "accuracy", "regex": "- val_accuracy: ([0-9.]+)"}]))
    }

    /// Adds candidates with own images, each named like its image.
    #[must_use]
    pub fn images(mut self, names: &[&str]) -> Self {
        for name in names {
            let image = format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/{name}:1");
            self.list("candidates").push(json!({"name": name, "algorithm": {"trainingImage": image}}));
        }
        self
    }

    /// Adds a candidate with a model of the hub.
    #[must_use]
    pub fn jump_start(mut self, name: &str, model_id: &str, version: &str) -> Self {
        self.list("candidates").push(json!({"name": name, "jumpStart": {"modelID": model_id, "version": version}}));
        self
    }

    /// Adds a dataset.
    #[must_use]
    pub fn dataset(mut self, name: &str) -> Self {
        self.list("datasets").push(dataset(name));
        self
    }

    /// Sets one field of the spec, by JSON pointer; its parent must exist.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, field) = pointer.rsplit_once('/').unwrap_or_else(|| panic!("no pointer: {pointer}"));
        let parent = self.0["spec"].pointer_mut(parent).unwrap_or_else(|| panic!("there is no {parent}"));
        match field.parse::<usize>() {
            Ok(index) if parent.is_array() => parent[index] = value,
            _ => parent[field] = value,
        }
        self
    }

    /// Sets fields of the spec, as YAML.
    #[must_use]
    pub fn with_yaml(mut self, fields: &str) -> Self {
        let fields: BTreeMap<String, Value> =
            serde_saphyr::from_str(fields).unwrap_or_else(|e| panic!("{e}\n{fields}"));
        for (field, value) in fields {
            self.0["spec"][field] = value;
        }
        self
    }

    /// Adds a candidate, as a YAML list item.
    #[must_use]
    pub fn candidate_yaml(mut self, item: &str) -> Self {
        let items: Vec<Value> = serde_saphyr::from_str(item).unwrap_or_else(|e| panic!("{e}\n{item}"));
        self.list("candidates").extend(items);
        self
    }

    /// Removes a candidate.
    #[must_use]
    pub fn without(mut self, candidate: &str) -> Self {
        self.list("candidates").retain(|other| other["name"] != candidate);
        self
    }

    /// Changes the name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0["metadata"]["name"] = json!(name);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().expect("a name")
    }

    /// The object as it is applied in a namespace.
    pub fn manifest(&self, namespace: &str) -> Value {
        let mut manifest = self.0.clone();
        manifest["metadata"]["namespace"] = json!(namespace);
        manifest
    }

    fn list(&mut self, field: &str) -> &mut Vec<Value> {
        self.0["spec"][field].as_array_mut().expect("a list")
    }
}

fn dataset(name: &str) -> Value {
    let channel =
        |channel: &str, folder: &str| json!({"name": channel, "s3URI": format!("s3://bucket/{name}/{folder}/")});
    let channels = [channel("training", "train"), channel("validation", "validation"), channel("test", "test")];
    json!({"name": name, "channels": channels})
}
