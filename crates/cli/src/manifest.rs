//! Manifests from files.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;

/// The documents of a file, or of standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<Value>, Failure> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file).map_err(|error| Failure::Message(format!("{}: {error}", file.display())))?
    };
    serde_saphyr::from_multiple(&text).map_err(|error| Failure::Message(format!("{}: {error}", file.display())))
}

/// Whether a document is a selection of the supported version.
pub(crate) fn is_selection(document: &Value) -> bool {
    document["kind"] == "ModelSelection" && document["apiVersion"] == "modelselection.dev/v1alpha1"
}
