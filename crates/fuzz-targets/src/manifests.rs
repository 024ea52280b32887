//! Manifests, whatever is in the file: no panic, and what the API server would take, the operator can read and plan.

use api::{ModelSelection, ModelSelectionStatus};
use serde_json::Value;

use crate::reconcile::pass;
use crate::selection::{faults, unquoted};

/// Runs the target; returns whether the API server would take one of the documents.
///
/// # Panics
/// If the operator cannot read or plan one that the API server would take.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(documents) = serde_saphyr::from_multiple::<Value>(text) else { return false };
    let mut accepted = false;
    for document in &documents {
        unquoted(document);
        if !document.is_object() || !faults(document).is_empty() {
            continue;
        }
        let selection: ModelSelection = serde_json::from_value(lint::stored(document.clone()))
            .unwrap_or_else(|error| panic!("the server takes it, and the operator cannot read it: {error}"));
        pass(&selection.spec, ModelSelectionStatus::default(), false);
        accepted = true;
    }
    accepted
}
