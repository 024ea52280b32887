//! Manifests, whatever is in the file: no panic, and what the API server would take, the operator can read and plan.
#![no_main]

use api::{ModelSelection, ModelSelectionStatus};
use libfuzzer_sys::fuzz_target;
use modelselection_fuzz::{faults, pass, unquoted};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(documents) = serde_saphyr::from_multiple::<Value>(text) else { return };
    for document in &documents {
        unquoted(document);
        if !document.is_object() || !faults(document).is_empty() {
            continue;
        }
        let selection: ModelSelection = serde_json::from_value(document.clone())
            .unwrap_or_else(|error| panic!("the server takes it, and the operator cannot read it: {error}"));
        pass(&selection.spec, ModelSelectionStatus::default(), false);
    }
});
