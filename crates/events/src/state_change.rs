//! Parses an event of `EventBridge`.
//!
//! Sources: SageMaker's developer guide, "Automating Amazon SageMaker with Amazon `EventBridge`", and published
//! recordings of events. These differ: fields may be null or absent, times are numbers or strings, tags are a map or
//! a list. So only the required fields are parsed.

use serde_json::Value;

/// The source and the type of the relevant events.
const SOURCE: &str = "aws.sagemaker";
const KIND: &str = "SageMaker HyperParameter Tuning Job State Change";
/// Statuses of a job that has not ended. Any other status, or none, is a reason to describe the job.
const RUNNING: [&str; 2] = ["InProgress", "Stopping"];
/// The maximum length of the name of a tuning job, and of a region with room for new ones.
const LONGEST: usize = 32;

/// A change of a tuning job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The region of the job.
    pub region: String,
    /// Its name.
    pub job: String,
    /// Whether the event reports its end.
    pub ended: bool,
}

/// Why a message is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// It is not an event, or names no job that can exist.
    #[error("not an event of EventBridge")]
    Malformed,
    /// It is about another subject.
    #[error("not about a tuning job of SageMaker")]
    Other,
}

/// Parses the body of a message: which job has changed.
///
/// # Errors
/// The reason if the message cannot be used.
pub fn state_change(body: &str) -> Result<StateChange, Ignored> {
    let event: Value = serde_json::from_str(body).map_err(|_| Ignored::Malformed)?;
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let (source, kind) = text("/source").zip(text("/detail-type")).ok_or(Ignored::Malformed)?;
    if source != SOURCE || kind != KIND {
        return Err(Ignored::Other);
    }
    let in_arn = || text("/resources/0")?.rsplit_once(":hyper-parameter-tuning-job/").map(|(_, name)| name);
    let name = text("/detail/HyperParameterTuningJobName").or_else(in_arn).filter(|name| is_name(name));
    let (job, region) = name.zip(text("/region").filter(|region| is_name(region))).ok_or(Ignored::Malformed)?;
    let ended = text("/detail/HyperParameterTuningJobStatus").is_none_or(|status| !RUNNING.contains(&status));
    Ok(StateChange { region: region.to_owned(), job: job.to_owned(), ended })
}

/// Names of tuning jobs and of regions contain only letters, digits and `-`, which is neither the first nor the last.
fn is_name(text: &str) -> bool {
    let at_the_ends = [text.bytes().next(), text.bytes().next_back()].contains(&Some(b'-'));
    let allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=LONGEST).contains(&text.len()) && allowed && !at_the_ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const RECORDED: &str = include_str!("../../../tests/fixtures/eventbridge.hpt-job-state-change.json");
    const WITH_NULLS: &str = include_str!("../../../tests/fixtures/eventbridge.hpt-job-state-change.nulls.json");
    const OF_TRAINING: &str = include_str!("../../../tests/fixtures/eventbridge.training-job-state-change.json");
    const RECEIVED: &str = include_str!("../../../tests/fixtures/sqs.receive-message.with-event.json");

    fn change(ended: bool) -> StateChange {
        let job = "bm-0-imagenet-mobile-261124-0424".to_owned();
        StateChange { region: "us-west-2".to_owned(), job, ended }
    }

    /// The recorded event with a change applied.
    fn with(path: &str, value: Value) -> Result<StateChange, Ignored> {
        let mut event: Value = serde_json::from_str(RECORDED).unwrap();
        *event.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
        state_change(&event.to_string())
    }

    #[test]
    fn recorded_events_name_the_job_and_whether_it_has_ended() {
        let answer: Value = serde_json::from_str(RECEIVED).unwrap();
        assert_eq!(state_change(answer["Messages"][0]["Body"].as_str().unwrap()), Ok(change(true)));
        assert_eq!(state_change(RECORDED), Ok(change(true)));
        assert_eq!(state_change(WITH_NULLS), Ok(change(false)));
        assert_eq!(state_change(OF_TRAINING), Err(Ignored::Other));
    }

    #[test]
    fn what_is_missing_is_done_without_as_long_as_it_is_clear_which_job_is_meant() {
        for (path, value, expected) in [
            ("/detail/HyperParameterTuningJobStatus", json!("Stopping"), Ok(change(false))),
            ("/detail/HyperParameterTuningJobStatus", json!("Failed"), Ok(change(true))),
            ("/detail/HyperParameterTuningJobStatus", json!("DeleteFailed"), Ok(change(true))),
            ("/detail/HyperParameterTuningJobStatus", Value::Null, Ok(change(true))),
            ("/detail/HyperParameterTuningJobName", Value::Null, Ok(change(true))),
            ("/detail/Tags", json!([{"key": "a", "value": "b"}]), Ok(change(true))),
            ("/resources", Value::Null, Ok(change(true))),
            ("/account", json!("999999999999"), Ok(change(true))),
            ("/source", json!("aws.ec2"), Err(Ignored::Other)),
            ("/source", json!("my.sagemaker"), Err(Ignored::Other)),
            ("/detail-type", json!("SageMaker Endpoint State Change"), Err(Ignored::Other)),
            ("/detail-type", json!(7), Err(Ignored::Malformed)),
            ("/region", json!("us west\n2"), Err(Ignored::Malformed)),
            ("/region", Value::Null, Err(Ignored::Malformed)),
            ("/detail/HyperParameterTuningJobName", json!("ms-1\u{1b}[2J"), Err(Ignored::Malformed)),
            ("/detail/HyperParameterTuningJobName", json!("x".repeat(33)), Err(Ignored::Malformed)),
            ("/detail/HyperParameterTuningJobName", json!(""), Err(Ignored::Malformed)),
            ("/detail/HyperParameterTuningJobName", json!("-ms-1"), Err(Ignored::Malformed)),
            ("/detail/HyperParameterTuningJobName", json!("ms-1-"), Err(Ignored::Malformed)),
        ] {
            assert_eq!(with(path, value.clone()), expected, "{path}: {value}");
        }
    }

    #[test]
    fn what_is_no_event_is_ignored() {
        for body in ["", "{", "null", "[]", "\"x\"", "{\"Type\": \"Notification\", \"Message\": \"{}\"}"] {
            assert_eq!(state_change(body), Err(Ignored::Malformed), "{body}");
        }
        let deep = "[".repeat(200_000);
        assert_eq!(state_change(&deep), Err(Ignored::Malformed));
    }

    proptest! {
        #[test]
        fn no_message_can_crash_the_process(body in ".{0,200}", cut in 0_usize..8_000) {
            let _ = state_change(&body);
            let _ = state_change(RECORDED.get(..cut).unwrap_or_default());
        }
    }
}
