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
    parsed(&text).map_err(|error| Failure::Message(format!("{}: {error}", file.display())))
}

/// The documents of a text, read as kubectl does: by YAML 1.1, where `0155` is octal.
fn parsed(text: &str) -> Result<Vec<Value>, serde_saphyr::Error> {
    serde_saphyr::from_multiple_with_options(text, serde_saphyr::options! { legacy_octal_numbers: true })
}

/// Whether a document is a selection of the supported version.
pub(crate) fn is_selection(document: &Value) -> bool {
    document["kind"] == "ModelSelection" && document["apiVersion"] == "modelselection.dev/v1alpha1"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_those_that_kubectl_sends() {
        // As `kubectl label --local -f FILE a=b -o json` shows them.
        for (text, sent) in [
            ("0155", json!(109)),
            ("-010", json!(-8)),
            ("089", json!(89.0)),
            ("0", json!(0)),
            ("0x50", json!(80)),
            ("1_000", json!(1000)),
            ("8e1", json!(80.0)),
            ("yes", json!(true)),
            ("\"0155\"", json!("0155")),
        ] {
            assert_eq!(parsed(text).unwrap(), [sent], "{text}");
        }
    }
}
