//! Predicts offline whether the API server accepts a `ModelSelection`, and with which message it refuses it.
//!
//! It follows kube-apiserver's steps for creating a custom resource (apiextensions-apiserver,
//! `pkg/registry/customresource/strategy.go`): unknown fields (strict, as kubectl requests it), then defaults, then the
//! schema, then the keys of lists, then the CEL rules, unless a schema fault prevents these. Pure: no I/O.

mod defaults;
mod fault;
mod lists;
mod metadata;
mod numbers;
mod quotes;
mod rules;
mod schema;

use fault::Fault;
pub use numbers::stored;
use serde_json::Value;

/// The server's message if a fault prevents the evaluation of CEL rules.
const BARRED: &str = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; \
                      correct the existing errors to complete validation";

/// The schema that manifests are checked against. Compiles the rules once.
pub struct Linter {
    schema: Value,
    rules: rules::Rules,
}

impl Linter {
    /// A linter for the CRD of this release.
    ///
    /// # Panics
    /// Never in a released binary: the CRD is fixed at build time, and the tests generate it.
    pub fn new() -> Self {
        let crd = serde_json::to_value(api::crd()).unwrap_or_default();
        let schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
        assert!(schema.is_object(), "the CRD has a schema");
        Self { rules: rules::Rules::new(&schema), schema }
    }

    /// The faults of the object, with the server's messages; empty if the server would accept it. The order of faults
    /// differs from the server's, which varies from call to call.
    pub fn check(&self, object: &Value) -> Vec<String> {
        let unknown = defaults::unknown_fields(&self.schema, object);
        if !unknown.is_empty() {
            let fields: Vec<String> = unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
            return vec![format!("strict decoding error: {}", fields.join(", "))];
        }
        let mut object = object.clone();
        defaults::apply(&self.schema, &mut object);
        let mut faults = metadata::check(&object);
        faults.extend(schema::check(&self.schema, &object));
        faults.extend(lists::check(&self.schema, &object));
        if faults.iter().any(|fault| fault.bars_rules) {
            faults.push(Fault { message: BARRED.to_owned(), bars_rules: false });
        } else {
            faults.extend(self.rules.check(&self.schema, &object));
        }
        let mut messages: Vec<String> = Vec::new();
        for fault in faults {
            // The server reports the same message only once.
            if !messages.contains(&fault.message) {
                messages.push(fault.message);
            }
        }
        messages
    }
}

/// Values without quotes, and the faults that the server does not report because of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unquoted {
    /// The text to write, for each value that needs quotes.
    pub remedies: Vec<String>,
    /// The faults that the server would report once the quotes are there.
    pub hidden: Vec<String>,
}

impl Linter {
    /// The values that need quotes, and the other faults of the object: the server checks no rule while types are
    /// wrong.
    pub fn unquoted(&self, object: &Value) -> Unquoted {
        let mut quoted = object.clone();
        let Some(spec) = quoted.get_mut("spec") else { return Unquoted::default() };
        let remedies = quotes::put(&self.schema["properties"]["spec"], spec, "spec");
        if remedies.is_empty() {
            return Unquoted::default();
        }
        let reported = self.check(object);
        let hidden = self.check(&quoted).into_iter().filter(|fault| !reported.contains(fault)).collect();
        Unquoted { remedies, hidden }
    }
}

impl Default for Linter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
