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
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut object = samples::manifest("least");
        change(&mut object);
        Linter::new().check(&object)
    }

    #[test]
    fn a_valid_object_has_no_fault() {
        assert_eq!(checked(|_| ()), [""; 0]);
    }

    #[test]
    fn a_whole_float_is_an_integer_where_no_rule_decides_about_it() {
        assert_eq!(checked(|object| object["spec"]["retries"] = json!(2.0)), [""; 0]);
        let hyperband = |object: &mut Value, strategy: Value| {
            object["spec"]["tuning"]["strategy"] = json!("Hyperband");
            object["spec"]["tuning"]["hyperband"] = strategy;
        };
        // The rule of both holds without a maximum.
        assert_eq!(checked(|object| hyperband(object, json!({"minResource": 2.0}))), [""; 0]);
        let faults = checked(|object| hyperband(object, json!({"minResource": 2.0, "maxResource": 3})));
        assert!(faults[0].contains(rules::FLOAT), "{faults:#?}");
    }

    #[test]
    fn each_kind_of_fault_is_reported_in_the_words_of_the_server() {
        for (field, value, expected) in [
            (
                "retries",
                json!(-1),
                "spec.retries: Invalid value: -1: spec.retries in body should be greater than or equal to 0",
            ),
            (
                "retries",
                json!(0.5),
                "spec.retries: Invalid value: \"float64\": spec.retries in body must be of type int32: \"float64\"",
            ),
            (
                "tuning",
                json!({"objective": {"metric": "val_accuracy", "goal": "Maximize"}, "maxTrainingJobs": 2.0}),
                "spec.tuning: Invalid value: \"object\": invalid data, expected int, got float64 evaluating rule: \
                 `maxTrainingJobs` must be at most 750 unless `strategy` is 'Random'",
            ),
            (
                "suspend",
                json!("no"),
                "spec.suspend: Invalid value: \"string\": spec.suspend in body must be of type boolean: \"string\"",
            ),
            (
                "readyPolicy",
                json!("Always"),
                "spec.readyPolicy: Unsupported value: \"Always\": supported values: \"Launched\", \"Completed\"",
            ),
            (
                "datasets",
                json!([]),
                "spec.datasets: Invalid value: 0: spec.datasets in body should have at least 1 items",
            ),
            ("rerun", json!("x".repeat(65)), "spec.rerun: Too long: may not be more than 64 bytes"),
            (
                "region",
                json!("Oregon"),
                "spec.region: Invalid value: \"Oregon\": `region` must be the code of an AWS region, such as 'us-west-2'",
            ),
            (
                "constraints",
                json!([{"metric": "test_accuracy"}]),
                "spec.constraints[0]: Invalid value: a constraint must have `min`, `max` or both",
            ),
            (
                "prices",
                json!({"ml.p3.2xlarge": "$3"}),
                "spec.prices[ml.p3.2xlarge]: Invalid value: \"$3\": `prices` must be a decimal number, such as '0.001'",
            ),
            ("suspendd", json!(true), "strict decoding error: unknown field \"spec.suspendd\""),
        ] {
            let faults = checked(|object| object["spec"][field] = value);
            assert!(faults.iter().any(|fault| fault == expected), "{field}: {faults:#?}");
        }
    }

    #[test]
    fn numbers_without_quotes_are_reported_with_the_remedy_and_hide_no_other_fault() {
        let edit = |object: &mut Value| {
            object["spec"]["constraints"] = json!([{"metric": "test_accuracy", "min": 0.9, "max": "0.6"}]);
            object["spec"]["training"]["hyperparameters"] = json!({"epochs": 5, "learning_rate": 0.001});
            object["spec"]["tuning"]["parameterRanges"] =
                json!([{"name": "batch_size", "integer": {"min": 64, "max": 8}}]);
        };
        let mut object = json!({
            "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection",
            "metadata": {"name": "unquoted"}, "spec": samples::spec(),
        });
        edit(&mut object);
        let Unquoted { mut remedies, mut hidden } = Linter::new().unquoted(&object);
        remedies.sort();
        hidden.sort();
        assert_eq!(
            remedies,
            [
                r#"spec.constraints[0].min: put the value in quotes: "0.9""#,
                r#"spec.training.hyperparameters.learning_rate: put the value in quotes: "0.001""#,
                r#"spec.tuning.parameterRanges[0].integer.max: put the value in quotes: "8""#,
                r#"spec.tuning.parameterRanges[0].integer.min: put the value in quotes: "64""#,
            ]
        );
        assert_eq!(
            hidden,
            [
                "spec.constraints[0].min: Invalid value: `min` must be at most `max`",
                "spec.tuning.parameterRanges[0].integer.min: Invalid value: `min` must be less than `max`",
            ]
        );
        assert_eq!(Linter::new().unquoted(&json!({"spec": samples::spec()})), Unquoted::default());
    }

    #[test]
    fn a_document_that_is_no_object_has_nothing_to_quote() {
        for document in [json!("spec"), json!(["spec"]), json!(0.5), json!(true), json!(null), json!({})] {
            assert_eq!(Linter::new().unquoted(&document), Unquoted::default(), "{document}");
        }
    }

    #[test]
    fn a_schema_fault_may_prevent_the_rules() {
        let faults = checked(|object| {
            object["spec"]["suspend"] = json!("no");
            object["spec"]["constraints"] = json!([{"metric": "test_accuracy"}]);
        });
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert_eq!(faults[1], BARRED);
    }
}
