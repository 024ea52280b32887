//! A training job definition as Describe returns it: the request with everything that the service adds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::jobs::job::Job;
use crate::request::Definition;

/// A definition of the request, completed like in the service, without the hyperparameters of one trial.
pub fn raw_definition(job: &Job, index: usize) -> Map<String, Value> {
    let several = job.request.get("TrainingJobDefinitions").and_then(Value::as_array);
    let raw = job.request.get("TrainingJobDefinition").or_else(|| several?.get(index));
    let mut definition = raw.cloned().unwrap_or_default();
    complete(job, index, &mut definition);
    object(definition)
}

/// Completes a definition like the service.
pub fn complete(job: &Job, index: usize, definition: &mut Value) {
    let Some(parsed) = job.setup.definition(index) else { return };
    let Some(members) = definition.as_object_mut() else { return };
    for flag in ["EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"] {
        fill(members, flag, json!(false));
    }
    members.insert("StaticHyperParameters".to_owned(), json!(job.setup.hyperparameters(index, &BTreeMap::new())));
    if let Some(algorithm) = members.get_mut("AlgorithmSpecification").and_then(Value::as_object_mut) {
        algorithm.insert("MetricDefinitions".to_owned(), json!(job.setup.metric_definitions(index)));
    }
    for channel in members.get_mut("InputDataConfig").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(channel) = channel.as_object_mut() {
            fill(channel, "CompressionType", json!("None"));
            fill(channel, "RecordWrapperType", json!("None"));
        }
    }
    if let Some(stopping) = members.get_mut("StoppingCondition").and_then(Value::as_object_mut) {
        fill(stopping, "MaxRuntimeInSeconds", json!(86_400));
    }
    fill_instances(members, parsed);
    fill_resources(members);
    fill(members, "RetryStrategy", json!({"MaximumRetryAttempts": 1}));
    let ranges = job.request.pointer("/HyperParameterTuningJobConfig/ParameterRanges");
    if let Some(ranges) = ranges.filter(|_| index == 0) {
        fill(members, "HyperParameterRanges", ranges.clone());
    }
}

/// The SDK from version 2.200 sends `HyperParameterTuningResourceConfig` and reads `ResourceConfig` when it attaches to
/// its own job. Its tests do so on AWS, so the service must return both; no such response was recorded.
fn fill_resources(members: &mut Map<String, Value>) {
    let Some(config) = members.get("HyperParameterTuningResourceConfig").and_then(Value::as_object) else { return };
    let names = ["InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId"];
    let copied: Map<String, Value> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), config.get(*name)?.clone()))).collect();
    if copied.contains_key("InstanceType") {
        fill(members, "ResourceConfig", Value::Object(copied));
    }
}

fn fill_instances(members: &mut Map<String, Value>, parsed: &Definition) {
    for member in ["ResourceConfig", "HyperParameterTuningResourceConfig"] {
        let Some(config) = members.get_mut(member).and_then(Value::as_object_mut) else { continue };
        if let Some((_, count)) = parsed.instances().filter(|_| config.contains_key("InstanceType")) {
            fill(config, "InstanceCount", json!(count));
        }
    }
}

/// Whole seconds, as in responses.
#[expect(clippy::cast_possible_truncation, reason = "durations of jobs")]
pub const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// Adds a member if it is absent.
pub fn fill(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.entry(name).or_insert(value);
}

/// The members of an object.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
