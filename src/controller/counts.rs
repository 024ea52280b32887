//! Counts of selections and runs, for the metrics.

use kube::Resource as _;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error;

use api::{Condition, ConditionStatus, ConditionType, Reason, RunState};
use platform::metrics::Counts;
use store::Stores;

/// Counts the selections and runs in the stores.
pub(super) fn counts(stores: &Stores) -> Counts {
    let mut counts = Counts::default();
    for state in RunState::ALL {
        // States without runs are reported as 0, because queries compare states with each other.
        counts.runs.insert((state.as_str(), ""), 0);
    }
    for selection in stores.all() {
        let Some(status) = selection.outline() else { continue };
        let namespace = selection.meta().namespace.clone().unwrap_or_default();
        for (type_, status, reason) in status.conditions.iter().filter_map(key) {
            *counts.selections.entry((namespace.clone(), type_, status, reason)).or_default() += 1;
        }
        for ((state, reason), number) in selection.numbers_of_runs().iter() {
            *counts.runs.entry((state.as_str(), reason.map_or("", Reason::as_str))).or_default() += number;
        }
    }
    counts
}

/// The labels of a condition; none for a type that the operator does not set.
fn key(condition: &Condition) -> Option<(&'static str, &'static str, &'static str)> {
    let type_ = ConditionType::ALL.into_iter().find(|type_| type_.as_str() == condition.type_)?;
    let status = ConditionStatus::ALL.into_iter().find(|status| status.as_str() == condition.status)?;
    let reason: Result<_, Error> = Reason::deserialize(condition.reason.as_str().into_deserializer());
    Some((type_.as_str(), status.as_str(), reason.unwrap_or(Reason::Unknown).as_str()))
}
