//! Messages of the event queue, whoever sent them: no panic, and what is used of one is what logs, metrics and
//! `SageMaker` may be given.

use events::{StateChange, state_change};
use serde_json::{Value, json};

/// The longest name of a tuning job, by SageMaker's API.
const NAME: usize = 32;
const SOURCE: &str = "aws.sagemaker";
const KIND: &str = "SageMaker HyperParameter Tuning Job State Change";

/// SageMaker's pattern of a name, `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}`. It is one line, and short.
fn is_name(text: &str) -> bool {
    let inner = text.trim_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.len() <= NAME && inner.is_empty() && text.starts_with(ends) && text.ends_with(ends)
}

/// The smallest event that says the same.
fn event(change: &StateChange) -> String {
    let status = if change.ended { "Completed" } else { "InProgress" };
    let detail = json!({"HyperParameterTuningJobName": change.job, "HyperParameterTuningJobStatus": status});
    json!({"source": SOURCE, "detail-type": KIND, "region": change.region, "detail": detail}).to_string()
}

/// Runs the target; returns whether the message is an event that is used.
///
/// # Panics
/// If it finds a failure.
pub fn run(data: &[u8]) -> bool {
    let Ok(body) = std::str::from_utf8(data) else { return false };
    let Ok(change) = state_change(body) else { return false };
    assert!(is_name(&change.job) && is_name(&change.region), "{change:?}");
    let sent: Value = serde_json::from_str(body).expect("an event is JSON");
    assert!(sent["source"] == SOURCE && sent["detail-type"] == KIND, "a message about another subject is used");
    assert_eq!(state_change(&event(&change)), Ok(change), "more than name, region and status is used");
    true
}
