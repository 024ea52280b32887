//! The calls of the vendor's Python SDK (sagemaker 2) that start tuning jobs, with the names and positions of their
//! arguments as in its reference (<https://sagemaker.readthedocs.io/en/v2/api/training/>).

use std::rc::Rc;

use api::{Channel, ContinuousRange, IntegerRange, Objective, ParameterRange, Spot};

use super::reading::Reader;
use super::value::{Call, Value};
use crate::draft::words::{categorical, goal, variant};
use crate::draft::{Draft, channel};

/// Estimators that train a script in one of the vendor's images.
const SCRIPTS: [&str; 7] = ["TensorFlow", "PyTorch", "HuggingFace", "MXNet", "SKLearn", "XGBoost", "Chainer"];
const SCALINGS: &str = "Auto, Linear, Logarithmic, ReverseLogarithmic";

/// Reads the values of the calls.
pub(super) fn read(calls: &[Rc<Call>], reader: &mut Reader<'_>) {
    for call in calls {
        region(call, reader);
        match call.name() {
            "JumpStartEstimator" => {
                reader.job();
                model(call, call.argument("model_id", Some(0)), call.argument("model_version", Some(1)), reader);
                estimator(call, [None; 3], reader);
            }
            "Estimator" => {
                reader.job();
                image(call.argument("image_uri", Some(0)), reader);
                estimator(call, [Some(1), Some(2), Some(3)], reader);
            }
            name if SCRIPTS.contains(&name) && call.argument("entry_point", None).is_some() => {
                reader.job();
                let script = call.argument("entry_point", None).map(Value::shown).unwrap_or_default();
                reader.leave(&format!(
                    "model: {name} with the script {script}: put it into a training image, and use --image"
                ));
                estimator(call, [None; 3], reader);
            }
            "retrieve" if call.function.contains("_uris.") && call.argument("model_id", None).is_some() => {
                reader.job();
                model(call, call.argument("model_id", None), call.argument("model_version", None), reader);
            }
            "HyperparameterTuner" => {
                reader.job();
                tuner(call, reader);
            }
            "set_hyperparameters" if call.receiver.is_some() => {
                reader.hyperparameters(call.named.iter().map(|(name, value)| (name.as_str(), value)));
            }
            "fit" if is_job(call.receiver.as_ref()) => data(call.argument("inputs", Some(0)), reader),
            _ => {}
        }
    }
}

/// Whether an object is a tuner or an estimator.
fn is_job(object: Option<&Value>) -> bool {
    let known = ["HyperparameterTuner", "JumpStartEstimator", "Estimator"];
    object.is_some_and(|object| known.iter().chain(&SCRIPTS).any(|name| object.made_by(name).is_some()))
}

fn region(call: &Call, reader: &mut Reader<'_>) {
    if let Some(region) = call.argument("region_name", None).filter(|region| region.text().is_some()) {
        reader.text("region", Some(region), |draft, text| draft.region = Some(text.to_owned()));
    }
}

fn model(call: &Call, id: Option<&Value>, version: Option<&Value>, reader: &mut Reader<'_>) {
    let Some(id) = id else { return reader.leave(&format!("model: {} without model_id", call.function)) };
    // Several calls name the same model; some of them without a version.
    let version = version.and_then(Value::text);
    reader.text("model", Some(id), |draft, id| {
        let known = draft
            .candidates
            .iter()
            .any(|candidate| candidate.jump_start.as_ref().is_some_and(|model| model.model_id == id));
        if !known {
            draft.add_model(id, version);
        }
    });
}

fn image(image: Option<&Value>, reader: &mut Reader<'_>) {
    // The operator finds the image of a JumpStart model.
    let of_model =
        |image: &&Value| image.made_by("retrieve").is_some_and(|call| call.argument("model_id", None).is_some());
    let Some(image) = image.filter(|image| !of_model(image)) else { return };
    match (image.text(), image.made_by("retrieve")) {
        (Some(text), _) => reader.take("image", text, |draft| draft.image(text)),
        (None, Some(retrieve)) => {
            let framework = retrieve.argument("framework", Some(0)).map(Value::shown).unwrap_or_default();
            reader.leave(&format!("model: the image of '{framework}' by image_uris.retrieve: name it by --image"));
        }
        (None, None) => reader.unknown("model: image", image),
    }
}

/// What all estimators have. The positions are those of `role`, `instance_count` and `instance_type`.
fn estimator(call: &Call, [role, count, instance]: [Option<usize>; 3], reader: &mut Reader<'_>) {
    reader.text("role", call.argument("role", role), |draft, text| draft.role = Some(text.to_owned()));
    let instance_type = call.argument("instance_type", instance).or_else(|| call.argument("train_instance_type", None));
    reader.text("instance type", instance_type, |draft, text| draft.instance_type = Some(text.to_owned()));
    reader.number("instances", call.argument("instance_count", count), |draft, number| {
        draft.instance_count = Some(number);
    });
    reader.number("volume in GB", call.argument("volume_size", None), |draft, number| {
        draft.volume_size_gb = Some(number);
    });
    reader.number("longest training in seconds", call.argument("max_run", None), |draft, number| {
        draft.max_runtime_seconds = Some(number);
    });
    reader.text("output", call.argument("output_path", None), |draft, text| draft.output = Some(text.to_owned()));
    if call.argument("use_spot_instances", None) == Some(&Value::Flag(true)) {
        let wait = call.argument("max_wait", None).and_then(Value::whole);
        reader.take("spot capacity", "yes", |draft| {
            draft.spot = Some(Spot { max_wait_seconds: wait });
            Ok(())
        });
    }
    if let Some(hyperparameters) = call.argument("hyperparameters", None) {
        named_values(hyperparameters, reader);
    }
    reader.metrics(call.argument("metric_definitions", None));
    reader.environment(call.argument("environment", None).map(Value::members).unwrap_or_default());
}

fn named_values(hyperparameters: &Value, reader: &mut Reader<'_>) {
    match hyperparameters {
        Value::Dict(members) => {
            reader.hyperparameters(members.iter().filter_map(|(name, value)| Some((name.text()?, value))));
        }
        other => reader.unknown("hyperparameters", other),
    }
}

fn tuner(call: &Call, reader: &mut Reader<'_>) {
    reader.metrics(call.argument("metric_definitions", Some(3)));
    objective(call.argument("objective_metric_name", Some(1)), call.argument("objective_type", Some(5)), reader);
    let ranges = call.argument("hyperparameter_ranges", Some(2));
    match ranges {
        Some(Value::Dict(members)) => {
            for (name, range) in members {
                self::range(name, range, reader);
            }
        }
        Some(other) => reader.unknown("range", other),
        None => {}
    }
    if let Some(strategy) = call.argument("strategy", Some(4)).and_then(Value::text) {
        reader.take("strategy", strategy, |draft| {
            draft.strategy = Some(variant(strategy, "Bayesian, Random, Hyperband, Grid")?);
            Ok(())
        });
    }
    reader.number("training jobs", call.argument("max_jobs", Some(6)), |draft, number| {
        draft.max_training_jobs = Some(number);
    });
    reader.number("training jobs at a time", call.argument("max_parallel_jobs", Some(7)), |draft, number| {
        draft.max_parallel_training_jobs = Some(number);
    });
    if let Some(stopping) = call.argument("early_stopping_type", None).and_then(Value::text) {
        reader.take("early stopping", stopping, |draft| {
            draft.early_stopping = Some(variant(stopping, "Off, Auto")?);
            Ok(())
        });
    }
}

/// The SDK maximizes by default.
pub(super) fn objective(metric: Option<&Value>, direction: Option<&Value>, reader: &mut Reader<'_>) {
    let Some(metric) = metric else { return };
    let Some(text) = metric.text() else { return reader.unknown("objective", metric) };
    let direction = direction.and_then(Value::text).unwrap_or("Maximize");
    reader.take("objective", &format!("{text}:{direction}"), |draft| {
        draft.search = Some(Objective { metric: text.to_owned(), goal: goal(direction)?, scale: None });
        Ok(())
    });
}

fn range(name: &Value, range: &Value, reader: &mut Reader<'_>) {
    let (Some(name), Value::Call(call)) = (name.text(), range) else { return reader.unknown("range", range) };
    let what = format!("range of {name}");
    let bound = |name, position| call.argument(name, Some(position)).and_then(Value::scalar);
    let mut found = ParameterRange { name: name.to_owned(), ..ParameterRange::default() };
    let scaling = call.argument("scaling_type", Some(2)).and_then(Value::text).unwrap_or_default();
    let shown = match (call.name(), bound("min_value", 0), bound("max_value", 1)) {
        ("ContinuousParameter", Some(min), Some(max)) => {
            let shown = format!("{min}..{max}");
            found.continuous = Some(ContinuousRange { min, max, scaling: variant(scaling, SCALINGS).ok() });
            shown
        }
        ("IntegerParameter", Some(min), Some(max)) => {
            let shown = format!("{min}..{max}");
            found.integer = Some(IntegerRange { min, max, scaling: variant(scaling, SCALINGS).ok() });
            shown
        }
        ("CategoricalParameter", ..) => {
            let values = call.argument("values", Some(0)).map(Value::items).unwrap_or_default();
            let values: Vec<String> = values.iter().filter_map(Value::scalar).collect();
            found.categorical = Some(categorical(values.clone()));
            values.join(",")
        }
        _ => return reader.unknown(&what, range),
    };
    reader.take(&what, &shown, |draft: &mut Draft| {
        draft.add_range(found);
        Ok(())
    });
}

/// `fit(uri)`, `fit({"training": uri})`, or with a `TrainingInput` instead of the URI.
fn data(inputs: Option<&Value>, reader: &mut Reader<'_>) {
    match inputs {
        Some(Value::Dict(members)) => {
            let found = members.iter().filter_map(|(name, input)| Some((name.text()?, input)));
            let channels = found.filter_map(|(name, input)| input_of(name, input, reader)).collect();
            reader.dataset(channels);
        }
        Some(input) => {
            let channels = input_of("training", input, reader);
            reader.dataset(channels.into_iter().collect());
        }
        None => {}
    }
}

fn input_of(name: &str, input: &Value, reader: &mut Reader<'_>) -> Option<Channel> {
    let made = input.made_by("TrainingInput").or_else(|| input.made_by("s3_input"));
    let uri = made.map_or(Some(input), |made| made.argument("s3_data", Some(0)))?;
    let Some(uri) = uri.text() else {
        reader.unknown(&format!("data of channel {name}"), uri);
        return None;
    };
    let content_type = made.and_then(|made| made.argument("content_type", None)?.text().map(str::to_owned));
    Some(Channel { content_type, ..channel(name, uri) })
}
