//! Responses about tuning jobs: the parsed request, with everything that the service adds.
//!
//! Sources: the Describe fixtures, which follow those of AWS's own controller; no member is ever null, and absent
//! members are missing.

use serde_json::{Map, Value, json};

use crate::arn::Place;
use crate::jobs::job::{Counters, Job, JobState, JobStatus};
use crate::jobs::progress::Progress;
use crate::operations::definition::{complete, fill, object, whole};
use crate::operations::training_job;
use crate::request::{Objective, Tag};

/// `DescribeHyperParameterTuningJob`.
pub fn describe(job: &Job, state: &JobState, place: &Place<'_>) -> Value {
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
        // The service is known to add these (ACK's list of late-initialized members). The values here and in `complete`
        // are the documented defaults, because no response was recorded.
        fill(
            config,
            "TuningJobCompletionCriteria",
            json!({"ConvergenceDetected": {"CompleteOnConvergence": "Disabled"}}),
        );
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
pub fn record(job: &Job, state: &JobState, tags: &[Tag], place: &Place<'_>) -> Value {
    let mut record = describe(job, state, place);
    if let Some(members) = record.as_object_mut() {
        members.remove("Autotune");
        members.insert("Tags".to_owned(), json!(tags));
    }
    record
}

/// One entry of `ListHyperParameterTuningJobs`.
pub fn summary(job: &Job, state: &JobState, place: &Place<'_>) -> Value {
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
    Some(training_job::summary(job, job.plan.trials.get(index)?, trial, place))
}

fn identical_warm_start(job: &Job) -> bool {
    job.setup.request.warm_start_config.as_ref().is_some_and(|warm| warm.warm_start_type == "IdenticalDataAndAlgorithm")
}

fn overall(job: &Job, own: &Value) -> Value {
    let value =
        |summary: &Value| summary.pointer("/FinalHyperParameterTuningJobObjectiveMetric/Value").and_then(Value::as_f64);
    let request = &job.setup.request;
    let maximizes = request.definitions().next().and_then(|d| request.objective(d)).is_none_or(Objective::maximizes);
    let parent = job.parent_best.as_ref();
    let better = parent
        .and_then(value)
        .zip(value(own))
        .is_some_and(|(theirs, ours)| if maximizes { theirs > ours } else { theirs < ours });
    parent.filter(|_| better).unwrap_or(own).clone()
}

fn completion(job: &Job, state: &JobState) -> Option<Value> {
    let criteria = job.setup.request.hyper_parameter_tuning_job_config.tuning_job_completion_criteria.as_ref();
    let watched = criteria.is_some_and(|criteria| criteria.best_objective_not_improving.is_some());
    if !watched && state.status != JobStatus::Completed {
        return None;
    }
    state.best?;
    let mut ended: Vec<_> =
        state.trials.iter().filter_map(|(i, trial)| Some((trial.ended?, *i, trial.usable_objective()?))).collect();
    ended.sort_by_key(|(at, index, _)| (*at, *index));
    let mut progress = Progress::new(job.setup.maximizes());
    ended.into_iter().for_each(|(_, _, value)| progress.add(value));
    Some(json!({"NumberOfTrainingJobsObjectiveNotImproving": progress.not_improving}))
}
