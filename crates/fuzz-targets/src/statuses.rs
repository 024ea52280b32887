//! Statuses that another client wrote, as far as the API server takes them: what the operator makes of one, the server
//! takes too, and the next pass leaves it as it is.

use api::ModelSelectionStatus;
use decide::events::{NOTE_MAX, events};

use crate::reconcile::pass;
use crate::selection::{assert_accepted, faults, object, spec};

/// Runs the target; returns whether the API server would take the status.
///
/// # Panics
/// If it refuses what the operator makes of it, or if the next reconcile would change that.
pub fn run(data: &[u8]) -> bool {
    let Ok(status) = serde_json::from_slice::<ModelSelectionStatus>(data) else { return false };
    let spec = spec();
    if !faults(&object(&spec, &status)).is_empty() {
        return false;
    }
    for unverified in [true, false] {
        let written = pass(&spec, status.clone(), unverified);
        assert_accepted(&spec, &written);
        assert!(events(&status, &written).iter().all(|event| event.note.len() <= NOTE_MAX));
        assert_eq!(pass(&spec, written.clone(), false), written, "the next pass writes again");
    }
    true
}
