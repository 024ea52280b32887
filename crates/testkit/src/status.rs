//! Queries on the status of a selection.

use api::{Condition, ModelSelectionStatus, RunState, RunStatus};
use serde_json::Value;

/// Whether a run has a job whose creation got a response.
pub fn is_running(run: &RunStatus) -> bool {
    run.state == RunState::Running && run.tuning_job_arn.is_some()
}

/// The run of a candidate, on the first dataset that has one.
pub fn run_of<'s>(status: &'s ModelSelectionStatus, candidate: &str) -> &'s RunStatus {
    let found = status.runs.iter().find(|run| run.candidate == candidate);
    found.unwrap_or_else(|| panic!("no run of {candidate} in {status:#?}"))
}

/// The name of the job of a candidate's run.
pub fn job_of(status: &ModelSelectionStatus, candidate: &str) -> String {
    let name = run_of(status, candidate).tuning_job_name.clone();
    name.unwrap_or_else(|| panic!("no job of {candidate} in {status:#?}"))
}

/// A condition, if the status has it.
pub fn condition<'s>(status: &'s ModelSelectionStatus, kind: &str) -> Option<&'s Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Status, reason and message of a condition.
pub fn condition_parts<'s>(status: &'s ModelSelectionStatus, kind: &str) -> Option<(&'s str, &'s str, &'s str)> {
    condition(status, kind).map(|c| (c.status.as_str(), c.reason.as_str(), c.message.as_str()))
}

/// Status and reason of a condition; empty when there is none.
pub fn status_and_reason<'s>(status: &'s ModelSelectionStatus, kind: &str) -> (&'s str, &'s str) {
    condition(status, kind).map_or(("", ""), |c| (c.status.as_str(), c.reason.as_str()))
}

/// Status and reason of each condition, in the order of the status: `Ready=True/Completed`.
pub fn conditions(status: &ModelSelectionStatus) -> Vec<String> {
    status.conditions.iter().map(|c| format!("{}={}/{}", c.type_, c.status, c.reason)).collect()
}

/// A status without its times, so that equal results are identical.
pub fn timeless(status: &ModelSelectionStatus) -> Value {
    let mut value = serde_json::to_value(status).expect("a status is JSON");
    for field in ["startTime", "completionTime"] {
        value.as_object_mut().expect("an object").remove(field);
    }
    for run in value.get_mut("runs").and_then(Value::as_array_mut).into_iter().flatten() {
        run.as_object_mut().expect("an object").remove("endTime");
    }
    for condition in value["conditions"].as_array_mut().expect("conditions") {
        condition.as_object_mut().expect("an object").remove("lastTransitionTime");
    }
    value
}

/// Number of runs in a state.
pub fn runs_in(status: &ModelSelectionStatus, state: RunState) -> usize {
    status.runs.iter().filter(|run| run.state == state).count()
}
