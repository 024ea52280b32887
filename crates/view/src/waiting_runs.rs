//! The waiting runs, grouped by reason.

use api::{ModelSelection, Reason, RunState};
use serde::Serialize;

use crate::advice::remedy;

/// Runs that wait for the same reason with the same message.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The reason.
    pub reason: String,
    /// Whether a person must act.
    pub needs_person: bool,
    /// Number of runs.
    pub runs: usize,
    /// The candidate of the first of them.
    pub example: String,
    /// The operator's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The groups of waiting runs: those that need a person first, then the largest.
pub fn waiting(selection: &ModelSelection) -> Vec<Waiting> {
    let runs = selection.status.as_ref().map(|status| status.runs.as_slice()).unwrap_or_default();
    let mut groups: Vec<Waiting> = Vec::new();
    for run in runs.iter().filter(|run| run.state == RunState::Waiting) {
        let reason = run.reason.unwrap_or(Reason::Queued);
        let same = |group: &&mut Waiting| group.reason == reason.as_str() && group.message == run.message;
        match groups.iter_mut().find(same) {
            Some(group) => group.runs += 1,
            None => groups.push(Waiting {
                reason: reason.as_str().to_owned(),
                needs_person: reason.needs_person(),
                runs: 1,
                example: run.candidate.clone(),
                message: run.message.clone(),
                remedy: remedy(reason).map(str::to_owned),
            }),
        }
    }
    groups.sort_by_key(|group| (!group.needs_person, std::cmp::Reverse(group.runs)));
    groups
}
