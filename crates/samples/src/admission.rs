//! A table of manifests: those that the API server takes, and those that it refuses, with parts of the message.

mod accepted;
mod refused;

use serde_json::{Value, json};

/// Manifests that are taken.
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
/// When it is no YAML: a mistake of the test.
pub fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("not YAML: {e}\n{text}"))
}

/// The least that can be said, of a JumpStart model.
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

/// The same of an image of one's own.
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

/// JSON merge patch: what is null goes, lists are replaced.
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
    /// What is special about it.
    pub what: &'static str,
    /// The object.
    pub object: Value,
    /// What the message has to contain, whichever way the object came.
    pub expected: &'static [&'static str],
}

/// A case: the base with an edit of its spec, and the parts of its message.
pub fn edited(what: &'static str, base: Value, spec: &str, expected: &'static [&'static str]) -> Case {
    Case { what, object: merged(base, json!({"spec": yaml(spec)})), expected }
}

/// A case that is taken.
pub fn good(what: &'static str, base: Value, spec: &str) -> Case {
    edited(what, base, spec, &[])
}

/// A bad selection that is made of the JumpStart one.
pub fn bad(what: &'static str, spec: &str, expected: &'static [&'static str]) -> Case {
    edited(what, jumpstart(), spec, expected)
}

/// A bad selection that is made of the one with its own image.
pub fn bad_own(what: &'static str, spec: &str, expected: &'static [&'static str]) -> Case {
    edited(what, own(), spec, expected)
}

/// `[item(0), item(1), ...]` in YAML.
pub fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(", "))
}

/// So many candidates, in YAML.
pub fn candidates(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, jumpStart: {{modelID: m{i}}}}}"))
}

/// So many datasets, in YAML.
pub fn datasets(count: usize) -> String {
    list(count, |i| format!("{{name: d{i}, channels: [{{name: training, s3URI: s3://bucket/d{i}}}]}}"))
}

/// So many channels, in YAML.
pub fn channels(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, s3URI: s3://bucket/c{i}}}"))
}

/// So many metric definitions, in YAML.
pub fn metrics(count: usize) -> String {
    list(count, |i| format!("{{name: m{i}, regex: \"m{i}: ([0-9.]+)\"}}"))
}

/// So many ranges of so many values, in YAML.
pub fn ranges(count: usize, values: usize) -> String {
    list(count, |i| format!("{{name: p{i}, categorical: {{values: {}}}}}", list(values, |v| format!("v{v}"))))
}

/// So many hyperparameters, in YAML.
pub fn hyperparameters(count: usize) -> String {
    format!("{{{}}}", (0..count).map(|i| format!("h{i}: 'x'")).collect::<Vec<_>>().join(", "))
}

/// A tuning with one range, in YAML.
pub fn range(range: &str) -> String {
    format!("tuning: {{parameterRanges: [{{name: learning_rate, {range}}}]}}")
}
