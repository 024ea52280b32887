//! A table of manifests: those that the API server accepts, and those that it refuses, with parts of the message.

mod accepted;
mod refused;

use serde_json::{Value, json};

/// Manifests that are accepted.
pub fn accepted() -> Vec<Case> {
    accepted::cases()
}

/// Manifests that are refused.
pub fn refused() -> Vec<Case> {
    refused::cases()
}

/// A value written in YAML.
///
/// # Panics
/// The text is not YAML: a mistake of the test.
pub fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("not YAML: {e}\n{text}"))
}

/// A minimal selection with a JumpStart model.
pub fn jumpstart() -> Value {
    yaml(
        r#"
        apiVersion: modelselection.dev/v1alpha1
        kind: ModelSelection
        metadata: {name: least}
        spec:
          executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
          objectives: [{metric: test_accuracy, goal: Maximize}]
          datasets: [{name: flowers, channels: [{name: training, s3URI: "s3://bucket/train/"}]}]
          candidates: [{name: mobilenet, jumpStart: {modelID: tensorflow-ic-mobilenet}}]
          tuning: {objective: {metric: val_accuracy, goal: Maximize}, maxTrainingJobs: 2}
          training: {instanceType: ml.p3.2xlarge, outputS3URI: "s3://bucket/out/"}
        "#,
    )
}

/// A minimal selection with an own image.
pub fn own() -> Value {
    merged(
        jumpstart(),
        yaml(
            r#"
            spec:
              candidates: [{name: own, algorithm: {trainingImage: "1234.dkr.ecr.us-west-2.amazonaws.com/resnet:3"}}]
              training:
                metricDefinitions:
                - {name: val_accuracy, regex: "val: ([0-9.]+)"}
                - {name: test_accuracy, regex: "test: ([0-9.]+)"}
            "#,
        ),
    )
}

/// Applies a JSON merge patch: null removes a field, lists are replaced.
pub fn merged(base: Value, patch: Value) -> Value {
    match (base, patch) {
        (Value::Object(mut base), Value::Object(patch)) => {
            for (key, value) in patch {
                let old = base.remove(&key);
                if !value.is_null() {
                    base.insert(key, merged(old.unwrap_or(Value::Null), value));
                }
            }
            Value::Object(base)
        }
        (_, Value::Object(patch)) => merged(json!({}), Value::Object(patch)),
        (_, patch) => patch,
    }
}

/// A selection with an edit of its spec.
pub struct Case {
    /// The description of the case.
    pub what: &'static str,
    /// The object.
    pub object: Value,
    /// Parts of the expected message, however the object is sent.
    pub expected: &'static [&'static str],
}

/// A case: the base with an edit of its spec, and the parts of its message.
pub fn edited(what: &'static str, base: Value, spec: &str, expected: &'static [&'static str]) -> Case {
    Case { what, object: merged(base, json!({"spec": yaml(spec)})), expected }
}

/// A case that is accepted.
pub fn good(what: &'static str, base: Value, spec: &str) -> Case {
    edited(what, base, spec, &[])
}

/// A refused selection, based on the one with a JumpStart model.
pub fn bad(what: &'static str, spec: &str, expected: &'static [&'static str]) -> Case {
    edited(what, jumpstart(), spec, expected)
}

/// A refused selection, based on the one with an own image.
pub fn bad_own(what: &'static str, spec: &str, expected: &'static [&'static str]) -> Case {
    edited(what, own(), spec, expected)
}

/// `[item(0), item(1), ...]` in YAML.
pub fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(", "))
}

/// `count` candidates, in YAML.
pub fn candidates(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, jumpStart: {{modelID: m{i}}}}}"))
}

/// `count` datasets, in YAML.
pub fn datasets(count: usize) -> String {
    list(count, |i| format!("{{name: d{i}, channels: [{{name: training, s3URI: s3://bucket/d{i}}}]}}"))
}

/// `count` channels, in YAML.
pub fn channels(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, s3URI: s3://bucket/c{i}}}"))
}

/// `count` metric definitions, in YAML.
pub fn metrics(count: usize) -> String {
    list(count, |i| format!("{{name: m{i}, regex: \"m{i}: ([0-9.]+)\"}}"))
}

/// `count` ranges with `values` values each, in YAML.
pub fn ranges(count: usize, values: usize) -> String {
    list(count, |i| format!("{{name: p{i}, categorical: {{values: {}}}}}", list(values, |v| format!("v{v}"))))
}

/// `count` hyperparameters, in YAML.
pub fn hyperparameters(count: usize) -> String {
    format!("{{{}}}", (0..count).map(|i| format!("h{i}: 'x'")).collect::<Vec<_>>().join(", "))
}

/// A tuning with one range, in YAML.
pub fn range(range: &str) -> String {
    format!("tuning: {{parameterRanges: [{{name: learning_rate, {range}}}]}}")
}
