//! `create_hyper_parameter_tuning_job` of boto3: the request of the API
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html>).

use std::rc::Rc;

use api::{Channel, ContinuousRange, IntegerRange, ParameterRange, Spot};

use super::reading::Reader;
use super::sdk::objective;
use super::value::{Call, Value};
use crate::draft::channel;
use crate::draft::words::{categorical, variant};

/// Reads the values of the requests.
pub(super) fn read(calls: &[Rc<Call>], reader: &mut Reader<'_>) {
    for call in calls.iter().filter(|call| call.name() == "create_hyper_parameter_tuning_job") {
        reader.job();
        let config = call.argument("HyperParameterTuningJobConfig", None);
        let definition = call.argument("TrainingJobDefinition", None);
        match (config, definition) {
            (Some(config), Some(definition)) => {
                self::definition(definition, reader);
                self::config(config, reader);
            }
            (None, _) => reader.leave("objective: the request has no HyperParameterTuningJobConfig that can be read"),
            (_, None) => reader.leave("model: the request has no TrainingJobDefinition that can be read"),
        }
    }
}

/// A nested member of a request.
fn member<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn config(config: &Value, reader: &mut Reader<'_>) {
    let goal = member(config, &["HyperParameterTuningJobObjective", "Type"]);
    objective(member(config, &["HyperParameterTuningJobObjective", "MetricName"]), goal, reader);
    let kinds = [
        ("ContinuousParameterRanges", continuous as fn(&Value) -> Option<ParameterRange>),
        ("IntegerParameterRanges", integer),
        ("CategoricalParameterRanges", words),
    ];
    for (kind, read) in kinds {
        for range in member(config, &["ParameterRanges", kind]).map(Value::items).unwrap_or_default() {
            let name = range.get("Name").map(Value::shown).unwrap_or_default();
            match read(range) {
                Some(found) => reader.take(&format!("range of {name}"), &shown(&found), |draft| {
                    draft.add_range(found);
                    Ok(())
                }),
                None => reader.unknown(&format!("range of {name}"), range),
            }
        }
    }
    if let Some(strategy) = config.get("Strategy").and_then(Value::text) {
        reader.take("strategy", strategy, |draft| {
            draft.strategy = Some(variant(strategy, "Bayesian, Random, Hyperband, Grid")?);
            Ok(())
        });
    }
    let limit = |name| member(config, &["ResourceLimits", name]);
    reader.number("training jobs", limit("MaxNumberOfTrainingJobs"), |draft, number| {
        draft.max_training_jobs = Some(number);
    });
    reader.number("training jobs at a time", limit("MaxParallelTrainingJobs"), |draft, number| {
        draft.max_parallel_training_jobs = Some(number);
    });
    if let Some(stopping) = config.get("TrainingJobEarlyStoppingType").and_then(Value::text) {
        reader.take("early stopping", stopping, |draft| {
            draft.early_stopping = Some(variant(stopping, "Off, Auto")?);
            Ok(())
        });
    }
}

fn named(range: &Value) -> Option<ParameterRange> {
    Some(ParameterRange { name: range.get("Name")?.text()?.to_owned(), ..ParameterRange::default() })
}

fn scaling<T: serde::de::DeserializeOwned>(range: &Value) -> Option<T> {
    variant(range.get("ScalingType")?.text()?, "Auto, Linear, Logarithmic, ReverseLogarithmic").ok()
}

fn continuous(range: &Value) -> Option<ParameterRange> {
    let (min, max) = (range.get("MinValue")?.scalar()?, range.get("MaxValue")?.scalar()?);
    Some(ParameterRange { continuous: Some(ContinuousRange { min, max, scaling: scaling(range) }), ..named(range)? })
}

fn integer(range: &Value) -> Option<ParameterRange> {
    let (min, max) = (range.get("MinValue")?.scalar()?, range.get("MaxValue")?.scalar()?);
    Some(ParameterRange { integer: Some(IntegerRange { min, max, scaling: scaling(range) }), ..named(range)? })
}

fn words(range: &Value) -> Option<ParameterRange> {
    let values = range.get("Values")?.items().iter().filter_map(Value::scalar).collect();
    Some(ParameterRange { categorical: Some(categorical(values)), ..named(range)? })
}

fn shown(range: &ParameterRange) -> String {
    match (&range.continuous, &range.integer, &range.categorical) {
        (Some(bounds), ..) => format!("{}..{}", bounds.min, bounds.max),
        (_, Some(bounds), _) => format!("{}..{}", bounds.min, bounds.max),
        (.., Some(words)) => words.values.join(","),
        _ => String::new(),
    }
}

fn definition(definition: &Value, reader: &mut Reader<'_>) {
    let (model, channels) = inputs(definition, reader);
    match model {
        Some(model) => reader.text("model", Some(&Value::Text(model)), |draft, id| draft.add_model(id, None)),
        None => code(definition, reader),
    }
    reader.dataset(channels);
    reader.text("role", definition.get("RoleArn"), |draft, text| draft.role = Some(text.to_owned()));
    let output = member(definition, &["OutputDataConfig", "S3OutputPath"]);
    reader.text("output", output, |draft, text| draft.output = Some(text.to_owned()));
    instances(definition, reader);
    reader.metrics(member(definition, &["AlgorithmSpecification", "MetricDefinitions"]));
    let fixed = definition.get("StaticHyperParameters").map(Value::members).unwrap_or_default();
    let fixed: Vec<(Value, Value)> = fixed.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    reader.hyperparameters(fixed.iter().filter_map(|(name, value)| Some((name.text()?, value))));
    reader.environment(definition.get("Environment").map(Value::members).unwrap_or_default());
}

fn code(definition: &Value, reader: &mut Reader<'_>) {
    match member(definition, &["AlgorithmSpecification", "TrainingImage"]) {
        Some(Value::Text(image)) => reader.take("image", image, |draft| draft.image(image)),
        Some(other) => reader.unknown("model: image", other),
        None => reader.leave("model: the request has no AlgorithmSpecification.TrainingImage"),
    }
}

fn instances(definition: &Value, reader: &mut Reader<'_>) {
    let resources = definition.get("HyperParameterTuningResourceConfig").or_else(|| definition.get("ResourceConfig"));
    let Some(resources) = resources else { return };
    reader.text("instance type", resources.get("InstanceType"), |draft, text| {
        draft.instance_type = Some(text.to_owned());
    });
    reader.number("instances", resources.get("InstanceCount"), |draft, number| draft.instance_count = Some(number));
    reader.number("volume in GB", resources.get("VolumeSizeInGB"), |draft, number| draft.volume_size_gb = Some(number));
    let longest = member(definition, &["StoppingCondition", "MaxRuntimeInSeconds"]);
    reader.number("longest training in seconds", longest, |draft, number| draft.max_runtime_seconds = Some(number));
    if definition.get("EnableManagedSpotTraining") == Some(&Value::Flag(true)) {
        let wait = member(definition, &["StoppingCondition", "MaxWaitTimeInSeconds"]).and_then(Value::whole);
        reader.take("spot capacity", "yes", |draft| {
            draft.spot = Some(Spot { max_wait_seconds: wait });
            Ok(())
        });
    }
}

/// The JumpStart model, if its artifact is an input, and the other inputs.
fn inputs(definition: &Value, reader: &mut Reader<'_>) -> (Option<String>, Vec<Channel>) {
    let (mut model, mut channels) = (None, Vec::new());
    for input in definition.get("InputDataConfig").map(Value::items).unwrap_or_default() {
        let name = input.get("ChannelName").and_then(Value::text).unwrap_or("training");
        let Some(uri) = member(input, &["DataSource", "S3DataSource", "S3Uri"]) else {
            reader.leave(&format!("data of channel {name}: it is not in S3"));
            continue;
        };
        match (name, uri.text()) {
            ("model", Some(uri)) if model_of(uri).is_some() => model = model_of(uri),
            (_, Some(uri)) => {
                let content_type = input.get("ContentType").and_then(Value::text).map(str::to_owned);
                channels.push(Channel { content_type, ..channel(name, uri) });
            }
            (_, None) => reader.unknown(&format!("data of channel {name}"), uri),
        }
    }
    (model, channels)
}

/// The id of the model with this artifact: `s3://jumpstart-cache-prod-REGION/…/train-ID.tar.gz`.
fn model_of(uri: &str) -> Option<String> {
    let name = uri.strip_prefix("s3://jumpstart-cache-prod-")?.rsplit('/').find(|part| part.starts_with("train-"))?;
    Some(name.strip_prefix("train-")?.trim_end_matches(".tar.gz").to_owned())
}

/// A hyperparameter without the JSON quotes that the SDK writes around it.
fn plain(value: &Value) -> Value {
    let inner = value.text().and_then(|text| serde_json::from_str::<String>(text).ok());
    inner.map_or_else(|| value.clone(), Value::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifact_names_the_model() {
        let uri = "s3://jumpstart-cache-prod-us-west-2/tensorflow-training/train-tensorflow-ic-bit-m-r101x1.tar.gz";
        assert_eq!(model_of(uri).as_deref(), Some("tensorflow-ic-bit-m-r101x1"));
        assert_eq!(model_of("s3://bucket/train-x.tar.gz"), None);
    }
}
