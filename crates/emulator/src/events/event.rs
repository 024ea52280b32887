//! One event, in the form of the recorded ones: capitalized names, times in milliseconds, tags as a map.
//!
//! Sources: fixtures `eventbridge.hpt-job-state-change.json` and `eventbridge.training-job-state-change.json`. No event
//! has metrics, and that of a tuning job has no best training job.

use serde_json::{Map, Value, json};

use crate::arn::Place;
use crate::clock::Moment;
use crate::jobs::job::{Job, JobState};
use crate::jobs::trial::{Trial, TrialState};
use crate::operations::definition::object;
use crate::operations::{training_job, tuning_job};
use crate::random;
use crate::request::Tag;

/// Members of Describe that are in the event of a tuning job.
const OF_TUNING: [&str; 9] = [
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "CreationTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
];
/// Members of Describe that are in the event of a training job.
const OF_TRAINING: [&str; 19] = [
    "TrainingJobName",
    "TrainingJobArn",
    "TuningJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "ModelArtifacts",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
];
const TIMES: [&str; 6] =
    ["CreationTime", "LastModifiedTime", "TrainingStartTime", "TrainingEndTime", "StartTime", "EndTime"];

/// The event of a tuning job in this state.
pub fn tuning(job: &Job, state: &JobState, place: &Place<'_>, now: Moment) -> Value {
    let described = tuning_job::describe(job, state, place);
    let arn = place.tuning_job(job.name());
    let detail = detail(described, &OF_TUNING, &job.tags.at(now));
    envelope("SageMaker HyperParameter Tuning Job State Change", &arn, &detail, place, now)
}

/// The event of a training job in this state.
pub fn training(job: &Job, trial: &Trial, state: &TrialState, place: &Place<'_>, now: Moment) -> Value {
    let described = training_job::describe(job, trial, state, place);
    let arn = place.training_job(&trial.name);
    let detail = detail(described, &OF_TRAINING, &training_job::tags(job, trial, now));
    envelope("SageMaker Training Job State Change", &arn, &detail, place, now)
}

fn detail(described: Value, members: &[&str], tags: &[Tag]) -> Value {
    let mut detail = object(described);
    detail.retain(|name, _| members.contains(&name.as_str()));
    let mut detail = object(in_milliseconds(Value::Object(detail)));
    let tags: Map<String, Value> = tags.iter().map(|tag| (tag.key.clone(), json!(tag.value))).collect();
    detail.insert("Tags".to_owned(), Value::Object(tags));
    Value::Object(detail)
}

fn in_milliseconds(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let seconds = value.as_f64().filter(|_| TIMES.contains(&name.as_str()));
                let value = seconds.map_or_else(|| in_milliseconds(value), milliseconds);
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(in_milliseconds).collect(),
        other => other,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "dates")]
fn milliseconds(seconds: f64) -> Value {
    json!((seconds * 1000.0).round() as i64)
}

fn envelope(kind: &str, arn: &str, detail: &Value, place: &Place<'_>, now: Moment) -> Value {
    let status = detail.to_string();
    let (a, b) = (random::hex(&["event", arn, &status], 16), random::hex(&["id", arn, &status], 16));
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let id =
        format!("{}-{}-{}-{}-{}", part(&a, 0, 8), part(&a, 8, 12), part(&a, 12, 16), part(&b, 0, 4), part(&b, 4, 16));
    let time =
        jiff::Timestamp::from_millisecond(now.millis()).map(|time| time.round(jiff::Unit::Second).unwrap_or(time));
    json!({
        "version": "0",
        "id": id,
        "detail-type": kind,
        "source": "aws.sagemaker",
        "account": place.account,
        "time": time.map(|time| time.to_string()).unwrap_or_default(),
        "region": place.region,
        "resources": [arn],
        "detail": detail,
    })
}
