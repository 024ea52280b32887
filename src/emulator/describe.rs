//! What the service says about jobs: the request as it was understood, with everything the service adds to it.
//!
//! Sources: the Describe fixtures, after the ones of AWS's own controller; nothing is ever null, absent members are absent.

use serde_json::{Map, Value, json};

use super::clock::Moment;
use super::job::{Counters, Job, JobState};
use super::trial::{Phase, TrainingStatus, Trial, TrialState};
use super::wire::{Definition, Tag};

/// Who and where: the parts of every ARN.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Region of the credential scope.
    pub region: &'a str,
    /// Account id.
    pub account: &'a str,
}

impl Place<'_> {
    /// `aws-cn` and `aws-us-gov` where the region belongs to them.
    pub fn partition(&self) -> &'static str {
        match self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn arn(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:sagemaker:{}:{}:{kind}/{name}", self.partition(), self.region, self.account)
    }

    /// ARN of a tuning job.
    pub fn tuning_job(&self, name: &str) -> String {
        self.arn("hyper-parameter-tuning-job", name)
    }

    /// ARN of a training job.
    pub fn training_job(&self, name: &str) -> String {
        self.arn("training-job", name)
    }
}

/// `DescribeHyperParameterTuningJob`.
pub fn tuning_job(job: &Job, state: &JobState, place: &Place<'_>) -> Value {
    let mut answer = Map::new();
    for member in [
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
        "WarmStartConfig",
        "Autotune",
    ] {
        if let Some(value) = job.request.get(member).filter(|value| !value.is_null()) {
            answer.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(config) = answer.get_mut("HyperParameterTuningJobConfig").and_then(Value::as_object_mut) {
        fill(config, "TrainingJobEarlyStoppingType", json!("Off"));
    }
    let mut index = 0;
    if let Some(definition) = answer.get_mut("TrainingJobDefinition") {
        complete(job, index, definition);
        index += 1;
    }
    for definition in answer.get_mut("TrainingJobDefinitions").and_then(Value::as_array_mut).into_iter().flatten() {
        complete(job, index, definition);
        index += 1;
    }
    answer.extend(object(json!({
        "HyperParameterTuningJobName": job.name(),
        "HyperParameterTuningJobArn": place.tuning_job(job.name()),
        "HyperParameterTuningJobStatus": state.status.as_str(),
        "CreationTime": job.created().seconds(),
        "LastModifiedTime": state.modified.seconds(),
        "TrainingJobStatusCounters": training_counters(&state.counters),
        "ObjectiveStatusCounters": objective_counters(&state.counters),
    })));
    if let Some(ended) = state.ended {
        answer.insert("HyperParameterTuningEndTime".to_owned(), json!(ended.seconds()));
        let seconds = ended.since(job.created()).round();
        answer.insert("ConsumedResources".to_owned(), json!({"RuntimeInSeconds": whole(seconds)}));
    }
    if let Some(reason) = &state.failure {
        answer.insert("FailureReason".to_owned(), json!(reason));
    }
    if let Some(best) = best(job, state, place) {
        if job.parent_best.is_some() || identical_warm_start(job) {
            answer.insert("OverallBestTrainingJob".to_owned(), overall(job, &best));
        }
        answer.insert("BestTrainingJob".to_owned(), best);
    } else if let Some(parent) = &job.parent_best {
        answer.insert("OverallBestTrainingJob".to_owned(), parent.clone());
    }
    if let Some(details) = completion(job, state) {
        answer.insert("TuningJobCompletionDetails".to_owned(), details);
    }
    Value::Object(answer)
}

/// The record of `Search`: Describe without `Autotune`, with tags.
pub fn tuning_record(job: &Job, state: &JobState, tags: &[Tag], place: &Place<'_>) -> Value {
    let mut record = tuning_job(job, state, place);
    if let Some(members) = record.as_object_mut() {
        members.remove("Autotune");
        members.insert("Tags".to_owned(), json!(tags));
    }
    record
}

/// One entry of `ListHyperParameterTuningJobs`.
pub fn tuning_summary(job: &Job, state: &JobState, place: &Place<'_>) -> Value {
    let config = job.request.get("HyperParameterTuningJobConfig");
    let part = |name: &str| config.and_then(|config| config.get(name)).cloned().unwrap_or_default();
    let mut summary = object(json!({
        "HyperParameterTuningJobName": job.name(),
        "HyperParameterTuningJobArn": place.tuning_job(job.name()),
        "HyperParameterTuningJobStatus": state.status.as_str(),
        "Strategy": part("Strategy"),
        "CreationTime": job.created().seconds(),
        "LastModifiedTime": state.modified.seconds(),
        "TrainingJobStatusCounters": training_counters(&state.counters),
        "ObjectiveStatusCounters": objective_counters(&state.counters),
        "ResourceLimits": part("ResourceLimits"),
    }));
    if let Some(ended) = state.ended {
        summary.insert("HyperParameterTuningEndTime".to_owned(), json!(ended.seconds()));
    }
    Value::Object(summary)
}

/// `TrainingJobStatusCounters`.
pub fn training_counters(counters: &Counters) -> Value {
    json!({
        "Completed": counters.completed,
        "InProgress": counters.in_progress,
        "RetryableError": 0,
        "NonRetryableError": counters.non_retryable_error,
        "Stopped": counters.stopped,
    })
}

/// `ObjectiveStatusCounters`.
pub fn objective_counters(counters: &Counters) -> Value {
    json!({"Succeeded": counters.succeeded, "Pending": counters.pending, "Failed": counters.failed})
}

/// `BestTrainingJob`, as a value.
pub fn best(job: &Job, state: &JobState, place: &Place<'_>) -> Option<Value> {
    let index = state.best?;
    let (_, trial) = state.trials.iter().find(|(i, _)| *i == index)?;
    Some(training_summary(job, job.plan.trials.get(index)?, trial, place))
}

/// One entry of `ListTrainingJobsForHyperParameterTuningJob`.
pub fn training_summary(job: &Job, trial: &Trial, state: &TrialState, place: &Place<'_>) -> Value {
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
            // The service names the direction only where there are several definitions.
            metric.insert("Type".to_owned(), json!(objective.r#type));
        }
        summary.insert("FinalHyperParameterTuningJobObjectiveMetric".to_owned(), Value::Object(metric));
    }
    Value::Object(summary)
}

/// `DescribeTrainingJob`.
pub fn training_job(job: &Job, trial: &Trial, state: &TrialState, now: Moment, place: &Place<'_>) -> Value {
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
    let metrics = metrics(job, trial, state, now);
    if !metrics.is_empty() {
        answer.insert("FinalMetricDataList".to_owned(), Value::Array(metrics));
    }
    Value::Object(answer)
}

/// The record of `Search`.
pub fn training_record(job: &Job, trial: &Trial, state: &TrialState, now: Moment, place: &Place<'_>) -> Value {
    let mut record = training_job(job, trial, state, now, place);
    if let Some(members) = record.as_object_mut() {
        members.remove("ProfilingStatus");
        members.insert("Tags".to_owned(), json!(training_tags(job, trial, now)));
    }
    record
}

/// Tags of a training job: those the tuning job had at launch, then its own.
pub fn training_tags(job: &Job, trial: &Trial, now: Moment) -> Vec<Tag> {
    let launched = job.tags.at(trial.created.min(now));
    job.training_tags.get(&trial.name).map_or(launched.clone(), |own| own.over(launched))
}

fn metrics(job: &Job, trial: &Trial, state: &TrialState, now: Moment) -> Vec<Value> {
    if state.log_until <= 0.0 || trial.training > now {
        return Vec::new();
    }
    let log = job.setup.log(trial.definition, &trial.tuned);
    let log = if matches!(trial.outcome, super::trial::Outcome::Failed(_)) {
        log.into_iter().filter(|line| line.at < state.log_until).collect()
    } else {
        log
    };
    let definitions = job.setup.metric_definitions(trial.definition);
    let readers = definitions.iter().filter_map(|definition| super::results::Reader::new(definition).ok());
    readers
        .filter_map(|reader| reader.read(&log, state.log_until))
        .map(|metric| json!({"MetricName": metric.name, "Value": float(metric.value), "Timestamp": trial.training.plus(metric.at).seconds()}))
        .collect()
}

/// A definition of the request, completed as the service does, without the hyperparameters of one trial.
fn raw_definition(job: &Job, index: usize) -> Map<String, Value> {
    let several = job.request.get("TrainingJobDefinitions").and_then(Value::as_array);
    let raw = job.request.get("TrainingJobDefinition").or_else(|| several?.get(index));
    let mut definition = raw.cloned().unwrap_or_default();
    complete(job, index, &mut definition);
    object(definition)
}

fn complete(job: &Job, index: usize, definition: &mut Value) {
    let Some(parsed) = job.setup.definition(index) else { return };
    let Some(members) = definition.as_object_mut() else { return };
    for flag in ["EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"] {
        fill(members, flag, json!(false));
    }
    members.insert(
        "StaticHyperParameters".to_owned(),
        json!(job.setup.hyperparameters(index, &std::collections::BTreeMap::new())),
    );
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
}

fn fill_instances(members: &mut Map<String, Value>, parsed: &Definition) {
    for member in ["ResourceConfig", "HyperParameterTuningResourceConfig"] {
        let Some(config) = members.get_mut(member).and_then(Value::as_object_mut) else { continue };
        if let Some((_, count)) = parsed.instances().filter(|_| config.contains_key("InstanceType")) {
            fill(config, "InstanceCount", json!(count));
        }
    }
}

/// A training job always has a `ResourceConfig`, whichever of the two its tuning job was given.
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

fn identical_warm_start(job: &Job) -> bool {
    job.setup.request.warm_start_config.as_ref().is_some_and(|warm| warm.warm_start_type == "IdenticalDataAndAlgorithm")
}

fn overall(job: &Job, own: &Value) -> Value {
    let value =
        |summary: &Value| summary.pointer("/FinalHyperParameterTuningJobObjectiveMetric/Value").and_then(Value::as_f64);
    let request = &job.setup.request;
    let maximizes =
        request.definitions().next().and_then(|d| request.objective(d)).is_none_or(super::wire::Objective::maximizes);
    let parent = job.parent_best.as_ref();
    let better = parent
        .and_then(value)
        .zip(value(own))
        .is_some_and(|(theirs, ours)| if maximizes { theirs > ours } else { theirs < ours });
    parent.filter(|_| better).unwrap_or(own).clone()
}

fn completion(job: &Job, state: &JobState) -> Option<Value> {
    let config = &job.setup.request.hyper_parameter_tuning_job_config;
    config.tuning_job_completion_criteria.as_ref()?.best_objective_not_improving.as_ref()?;
    let best = state.best?;
    let after = state.trials.iter().filter(|(i, trial)| *i > best && trial.status == TrainingStatus::Completed).count();
    Some(json!({"NumberOfTrainingJobsObjectiveNotImproving": after}))
}

/// A metric on the wire: the float32 widened, as the service does; what JSON cannot say as text, as Smithy does.
pub fn float(value: f32) -> Value {
    if value.is_nan() {
        return json!("NaN");
    }
    if value.is_infinite() {
        return json!(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    json!(f64::from(value))
}

#[expect(clippy::cast_possible_truncation, reason = "durations of jobs")]
const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn fill(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.entry(name).or_insert(value);
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
