//! Statuses that another client wrote, as far as the API server takes them: what the operator makes of one, the server takes
//! too, and the next pass leaves it as it is.
#![no_main]

use api::ModelSelectionStatus;
use decide::events::{NOTE_MAX, events};
use libfuzzer_sys::fuzz_target;
use modelselection_fuzz::{faults, object, pass, spec};

fuzz_target!(|data: &[u8]| {
    let Ok(status) = serde_json::from_slice::<ModelSelectionStatus>(data) else { return };
    let spec = spec();
    if !faults(&object(&spec, &status)).is_empty() {
        return;
    }
    for unverified in [true, false] {
        let written = pass(&spec, status.clone(), unverified);
        assert_eq!(faults(&object(&spec, &written)), [""; 0], "the server refuses what is written");
        assert!(events(&status, &written).iter().all(|event| event.note.len() <= NOTE_MAX));
        assert_eq!(pass(&spec, written.clone(), false), written, "the next pass writes again");
    }
});
