//! The name of the object.

use regex::Regex;
use serde_json::Value;

use crate::fault::Fault;

/// The pattern in kube-apiserver (apimachinery, `pkg/util/validation`).
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

/// The faults of the name.
pub(crate) fn check(object: &Value) -> Vec<Fault> {
    let metadata = &object["metadata"];
    let Some(name) = metadata["name"].as_str() else {
        // The server generates a name from `generateName`.
        let message = "metadata.name: Required value: name or generateName is required";
        let missing = metadata["generateName"].is_null();
        return missing.then(|| Fault { message: message.to_owned(), bars_rules: true }).into_iter().collect();
    };
    let mut messages = Vec::new();
    if name.len() > 253 {
        messages.push("must be no more than 253 characters".to_owned());
    }
    if !Regex::new(&format!("^{SUBDOMAIN}$")).is_ok_and(|regex| regex.is_match(name)) {
        messages.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
             and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
        ));
    }
    let fault =
        |message| Fault { message: format!("metadata.name: Invalid value: {name:?}: {message}"), bars_rules: false };
    messages.into_iter().map(fault).collect()
}
