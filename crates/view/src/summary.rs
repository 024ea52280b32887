//! A selection in one row.

use api::{ConditionType, Counts, ModelSelection};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;

use crate::estimate::remaining_seconds;
use crate::seen::{condition, is_seen};

/// The summary of a selection.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The status of Ready: True, False or Unknown.
    pub ready: String,
    /// The reason of Ready; `NotSeen` before the operator has observed the current version of the object.
    pub reason: String,
    /// The message of Ready.
    pub message: String,
    /// Whether it needs a person.
    pub stalled: bool,
    /// Runs by state.
    #[serde(flatten)]
    pub counts: Counts,
    /// Size of the front of each dataset, such as `20,7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<String>,
    /// The recommended candidate of the first dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<String>,
    /// Seconds from the start to the end, or until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_seconds: Option<i64>,
    /// Estimated remaining seconds: see [`remaining_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_seconds: Option<i64>,
    /// Whether all runs have ended.
    pub complete: bool,
}

/// The summary at the time `now`.
pub fn summary(selection: &ModelSelection, now: Timestamp) -> Summary {
    let status = selection.status.clone().unwrap_or_default();
    let ready = condition(selection, ConditionType::Ready);
    let seen = is_seen(selection);
    let end = status.completion_time.as_ref().map_or(now, |time| time.0);
    let elapsed_seconds = status.start_time.as_ref().map(|start| (end.as_second() - start.0.as_second()).max(0));
    Summary {
        namespace: selection.namespace().unwrap_or_default(),
        name: selection.name_any(),
        ready: ready.filter(|_| seen).map_or("Unknown", |ready| &ready.status).to_owned(),
        reason: ready.filter(|_| seen).map_or("NotSeen", |ready| &ready.reason).to_owned(),
        message: match ready.filter(|_| seen) {
            Some(ready) => ready.message.clone(),
            None => "the operator has not seen this version of the object yet".to_owned(),
        },
        stalled: seen && condition(selection, ConditionType::Stalled).is_some_and(|stalled| stalled.status == "True"),
        counts: status.counts.unwrap_or_default(),
        front: status.front_sizes,
        best: status.recommended,
        elapsed_seconds,
        remaining_seconds: remaining_seconds(selection, now),
        complete: seen && status.completion_time.is_some(),
    }
}

impl Summary {
    /// Number of ended runs.
    pub fn ended(&self) -> i32 {
        self.counts.succeeded + self.counts.failed + self.counts.stopped
    }
}
