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
        ("datasets", json!([]), "spec.datasets: Invalid value: 0: spec.datasets in body should have at least 1 items"),
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
        object["spec"]["tuning"]["parameterRanges"] = json!([{"name": "batch_size", "integer": {"min": 64, "max": 8}}]);
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
            "spec.constraints[0].min: put the value in quotes, as it is written",
            "spec.training.hyperparameters.learning_rate: put the value in quotes, as it is written",
            "spec.tuning.parameterRanges[0].integer.max: put the value in quotes, as it is written",
            "spec.tuning.parameterRanges[0].integer.min: put the value in quotes, as it is written",
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
