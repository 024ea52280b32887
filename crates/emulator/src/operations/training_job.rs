//! Responses about training jobs.
//!
//! Sources: the fixtures of `DescribeTrainingJob`, which follow those of AWS's own controller.

use serde_json::{Map, Value, json};

use crate::arn::Place;
use crate::clock::Moment;
use crate::jobs::job::Job;
use crate::jobs::trial::{Phase, Trial, TrialState};
use crate::logs::metrics::{Line, Reader};
use crate::operations::definition::{fill, object, raw_definition, whole};
use crate::request::Tag;

/// One entry of `ListTrainingJobsForHyperParameterTuningJob`.
pub fn summary(job: &Job, trial: &Trial, state: &TrialState, place: &Place<'_>) -> Value {
    let mut summary = object(json!({
        "TrainingJobName": trial.name,
        "TrainingJobArn": place.training_job(&trial.name),
        "CreationTime": trial.created.seconds(),
        "TrainingJobStatus": state.status.as_str(),
        "TunedHyperParameters": trial.tuned,
        "ObjectiveStatus": state.objective_status(),
    }));
    let definition = job.setup.definition(trial.definition);
    let several = job.setup.request.training_job_definitions.is_some();
    if let Some(name) = definition.and_then(|definition| definition.definition_name.as_ref()) {
        summary.insert("TrainingJobDefinitionName".to_owned(), json!(name));
    }
    if let Some(started) = state.started {
        summary.insert("TrainingStartTime".to_owned(), json!(started.seconds()));
    }
    if let Some(ended) = state.ended {
        summary.insert("TrainingEndTime".to_owned(), json!(ended.seconds()));
    }
    if let Some(reason) = &state.failure {
        summary.insert("FailureReason".to_owned(), json!(reason));
    }
    let objective = definition.and_then(|definition| job.setup.request.objective(definition));
    if let Some((value, objective)) = state.usable_objective().zip(objective) {
        let mut metric = object(json!({"MetricName": objective.metric_name, "Value": float(value)}));
        if several {
            // The service includes the direction only if there are several definitions.
            metric.insert("Type".to_owned(), json!(objective.r#type));
        }
        summary.insert("FinalHyperParameterTuningJobObjectiveMetric".to_owned(), Value::Object(metric));
    }
    Value::Object(summary)
}

/// One entry of `ListTrainingJobs`.
pub fn brief(trial: &Trial, state: &TrialState, place: &Place<'_>) -> Value {
    let mut brief = object(json!({
        "TrainingJobName": trial.name,
        "TrainingJobArn": place.training_job(&trial.name),
        "CreationTime": trial.created.seconds(),
        "LastModifiedTime": state.modified.seconds(),
        "TrainingJobStatus": state.status.as_str(),
        "SecondaryStatus": state.phases.last().map_or("Starting", |phase| phase.status),
    }));
    if let Some(ended) = state.ended {
        brief.insert("TrainingEndTime".to_owned(), json!(ended.seconds()));
    }
    Value::Object(brief)
}

/// The training plan of a training job.
pub fn plan<'a>(job: &'a Job, trial: &Trial) -> Option<&'a str> {
    let several = job.request.get("TrainingJobDefinitions").and_then(Value::as_array);
    let definition = job.request.get("TrainingJobDefinition").or_else(|| several?.get(trial.definition))?;
    definition.pointer("/ResourceConfig/TrainingPlanArn")?.as_str()
}

/// `DescribeTrainingJob`.
pub fn describe(job: &Job, trial: &Trial, state: &TrialState, place: &Place<'_>) -> Value {
    let base = raw_definition(job, trial.definition);
    let mut answer = Map::new();
    for member in [
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "StoppingCondition",
        "VpcConfig",
        "CheckpointConfig",
        "Environment",
        "RetryStrategy",
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ] {
        if let Some(value) = base.get(member) {
            answer.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(output) = answer.get_mut("OutputDataConfig").and_then(Value::as_object_mut) {
        fill(output, "KmsKeyId", json!(""));
    }
    let mut algorithm = base.get("AlgorithmSpecification").cloned().unwrap_or_default();
    if let Some(algorithm) = algorithm.as_object_mut() {
        fill(algorithm, "EnableSageMakerMetricsTimeSeries", json!(false));
    }
    let output = job
        .setup
        .definition(trial.definition)
        .map_or("", |definition| definition.output_data_config.s3_output_path.as_str());
    answer.extend(object(json!({
        "TrainingJobName": trial.name,
        "TrainingJobArn": place.training_job(&trial.name),
        "TuningJobArn": place.tuning_job(job.name()),
        "ModelArtifacts": {"S3ModelArtifacts": format!("{}/{}/output/model.tar.gz", output.trim_end_matches('/'), trial.name)},
        "TrainingJobStatus": state.status.as_str(),
        "SecondaryStatus": state.phases.last().map_or("Starting", |phase| phase.status),
        "HyperParameters": job.setup.hyperparameters(trial.definition, &trial.tuned),
        "AlgorithmSpecification": algorithm,
        "ResourceConfig": resources(&base),
        "CreationTime": trial.created.seconds(),
        "LastModifiedTime": state.modified.seconds(),
        "SecondaryStatusTransitions": state.phases.iter().map(transition).collect::<Vec<_>>(),
        "ProfilingStatus": "Disabled",
    })));
    if let Some(started) = state.started {
        answer.insert("TrainingStartTime".to_owned(), json!(started.seconds()));
    }
    if let Some(ended) = state.ended {
        answer.insert("TrainingEndTime".to_owned(), json!(ended.seconds()));
    }
    if let Some((started, ended)) = state.started.zip(state.ended) {
        let seconds = ended.since(started).round().max(1.0);
        // Spot instances cost about a third.
        let spot =
            job.setup.definition(trial.definition).is_some_and(|definition| definition.enable_managed_spot_training);
        let billed = if spot { (seconds * 0.3).ceil() } else { seconds };
        answer.insert("TrainingTimeInSeconds".to_owned(), json!(whole(seconds)));
        answer.insert("BillableTimeInSeconds".to_owned(), json!(whole(billed)));
    }
    if let Some(reason) = &state.failure {
        answer.insert("FailureReason".to_owned(), json!(reason));
    }
    let metrics = metrics(job, trial, state);
    if !metrics.is_empty() {
        answer.insert("FinalMetricDataList".to_owned(), Value::Array(metrics));
    }
    Value::Object(answer)
}

/// The record of `Search`.
pub fn record(job: &Job, trial: &Trial, state: &TrialState, tags: &[Tag], place: &Place<'_>) -> Value {
    let mut record = describe(job, trial, state, place);
    if let Some(members) = record.as_object_mut() {
        members.remove("ProfilingStatus");
        members.insert("Tags".to_owned(), json!(tags));
    }
    record
}

/// Tags of a training job: those of the tuning job at launch, then its own.
pub fn tags(job: &Job, trial: &Trial, now: Moment) -> Vec<Tag> {
    let launched = job.tags.at(trial.created.min(now));
    job.training_tags.get(&trial.name).map_or(launched.clone(), |own| own.over(launched))
}

/// The current log. A container that failed or was stopped writes no more.
pub fn log(job: &Job, trial: &Trial, state: &TrialState) -> Vec<Line> {
    let mut lines = job.setup.log(trial.definition, &trial.tuned);
    lines.retain(|line| line.at <= state.log_until);
    lines
}

fn metrics(job: &Job, trial: &Trial, state: &TrialState) -> Vec<Value> {
    let log = log(job, trial, state);
    let definitions = job.setup.metric_definitions(trial.definition);
    let readers = definitions.iter().filter_map(|definition| Reader::new(definition).ok());
    readers
        .filter_map(|reader| reader.read(&log, state.log_until))
        .map(|metric| {
            let at = trial.training.plus(metric.at).seconds();
            json!({"MetricName": metric.name, "Value": float(metric.value), "Timestamp": at})
        })
        .collect()
}

/// A training job always has a `ResourceConfig`, whichever of the two its tuning job has.
fn resources(definition: &Map<String, Value>) -> Value {
    if let Some(config) = definition.get("ResourceConfig") {
        return config.clone();
    }
    let flexible = definition.get("HyperParameterTuningResourceConfig");
    let first = flexible.and_then(|config| config.get("InstanceConfigs")?.as_array()?.first());
    let mut config = Map::new();
    for member in ["InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId"] {
        let value = flexible.and_then(|config| config.get(member)).or_else(|| first?.get(member));
        if let Some(value) = value {
            config.insert(member.to_owned(), value.clone());
        }
    }
    Value::Object(config)
}

fn transition(phase: &Phase) -> Value {
    let message = match phase.status {
        "Starting" => "Preparing the instances for training",
        "Downloading" => "Downloading input data",
        "Training" => "Training image download completed. Training in progress.",
        "Uploading" => "Uploading generated training model",
        "Completed" => "Training job completed",
        "Stopping" => "Stopping the training job",
        "Stopped" => "Training job stopped",
        "MaxRuntimeExceeded" => "Training job runtime exceeded MaxRuntimeInSeconds provided",
        _ => "Training job failed",
    };
    let mut transition =
        object(json!({"Status": phase.status, "StartTime": phase.start.seconds(), "StatusMessage": message}));
    if let Some(end) = phase.end {
        transition.insert("EndTime".to_owned(), json!(end.seconds()));
    }
    Value::Object(transition)
}

/// A metric on the wire: the float32 widened, like in the service; values that JSON cannot represent as text, like in
/// Smithy.
pub fn float(value: f32) -> Value {
    if value.is_nan() {
        return json!("NaN");
    }
    if value.is_infinite() {
        return json!(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    json!(f64::from(value))
}
