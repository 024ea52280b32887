//! What of the status can be relied on.

use api::{Condition, ConditionType, ModelSelection};

/// Whether the status speaks of the spec as it is.
pub fn is_seen(selection: &ModelSelection) -> bool {
    let observed = selection.status.as_ref().and_then(|status| status.observed_generation);
    observed.is_some() && observed == selection.metadata.generation
}

/// The condition of a type, if it is there.
pub fn condition(selection: &ModelSelection, wanted: ConditionType) -> Option<&Condition> {
    selection.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == wanted.as_str())
}
