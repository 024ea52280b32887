//! Whether the status is current.

use api::{Condition, ConditionType, ModelSelection};

/// Whether the status is about the current spec.
pub fn is_seen(selection: &ModelSelection) -> bool {
    let observed = selection.status.as_ref().and_then(|status| status.observed_generation);
    observed.is_some() && observed == selection.metadata.generation
}

/// The condition of a type, if it exists.
pub fn condition(selection: &ModelSelection, wanted: ConditionType) -> Option<&Condition> {
    selection.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == wanted.as_str())
}
