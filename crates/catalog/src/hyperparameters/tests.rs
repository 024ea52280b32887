use super::*;
use crate::hub_document::tests::bit;

fn range(json: serde_json::Value) -> ParameterRange {
    serde_json::from_value(json).unwrap()
}

fn resolved(json: serde_json::Value) -> Result<SearchRange, Problem> {
    let values = [("learning_rate", "0.001"), ("batch_size", "32"), ("optimizer", "adam")];
    let values = values.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    search_range("`tuning.parameterRanges`", &range(json), Some(&bit()), &values)
}

#[test]
fn multiples_are_of_the_default() {
    let values = |name: &str, factors: &[&str]| match resolved(
        serde_json::json!({"name": name, "categorical": {"multiplesOfDefault": factors}}),
    ) {
        Ok(SearchRange::Categorical { values, .. }) => values,
        other => panic!("{other:?}"),
    };
    assert_eq!(values("learning_rate", &["1", "0.2"]), ["0.001", "0.0002"]);
    assert_eq!(values("learning_rate", &["0.01"]), ["1e-05"]);
    assert_eq!(values("batch_size", &["1", "0.5", "0.51"]), ["32", "16"]);
}

#[test]
fn each_type_has_its_limits() {
    let of = |kind: &str| Hyperparameter { kind: kind.to_owned(), ..Hyperparameter::default() };
    let open = Hyperparameter { exclusive_min: Some(0.0), exclusive_max: Some(1.0), ..of("float") };
    let word = Hyperparameter { min: Some(2.0), max: Some(3.0), ..of("text") };
    for (known, text, refused) in [
        (&open, "0.5", None),
        (&open, "0", Some("must be more than 0")),
        (&open, "1", Some("must be less than 1")),
        (&word, "abc", None),
        (&word, "a", Some("must have a length of at least 2")),
        (&word, "abcd", Some("must have a length of at most 3")),
        // The type is unknown.
        (&Hyperparameter { kind: String::new(), ..word.clone() }, "abcd", None),
        (&Hyperparameter { options: vec!["a".to_owned()], ..of("enum") }, "b", Some("must be one of a")),
        (&of("bool"), "true", None),
        (&of("bool"), "yes", Some("must be 'True' or 'False'")),
        (&of("list"), "[1, 2]", None),
        (&of("int"), "5.0", Some("must be a whole number")),
    ] {
        let message = accepts("x", known, text).err().map(|problem| problem.message);
        assert_eq!(message, refused.map(|refused| format!("x: '{text}' {refused}")));
    }
}

#[test]
fn only_numbers_are_searched_between_bounds() {
    for kind in ["text", "list", "bool", "int", "float", ""] {
        let known = Hyperparameter { name: "x".to_owned(), kind: kind.to_owned(), ..Hyperparameter::default() };
        let model = Model { hyperparameters: vec![known], ..Model::default() };
        for (place, json, taken) in [
            ("continuous", serde_json::json!({"name": "x", "continuous": {"min": "1", "max": "2"}}), ["float", ""]),
            ("integer", serde_json::json!({"name": "x", "integer": {"min": "1", "max": "2"}}), ["int", ""]),
        ] {
            let found = search_range("`p`", &range(json), Some(&model), &BTreeMap::new());
            let ok = taken.contains(&kind) || (place == "integer" && kind == "float");
            assert_eq!(found.is_ok(), ok, "{place} {kind}: {found:?}");
        }
    }
    let nothing = unknown("field", "x", &Model::default()).message;
    assert!(nothing.ends_with("it has none: remove it, or choose another model"), "{nothing}");
}

#[test]
fn values_that_the_model_refuses_are_reported_with_the_remedy() {
    for (json, reason, text) in [
        (
            serde_json::json!({"name": "learning_rat", "continuous": {"min": "0.1", "max": "0.2"}}),
            Reason::UnknownHyperparameter,
            "did you mean 'learning_rate'?",
        ),
        (
            serde_json::json!({"name": "learning_rate", "continuous": {"min": "0.2", "max": "0.1"}}),
            Reason::InvalidHyperparameter,
            "`min` 0.2 must be less than `max` 0.1",
        ),
        (
            serde_json::json!({"name": "learning_rate", "continuous": {"min": "0", "max": "0.1", "scaling": "Logarithmic"}}),
            Reason::InvalidHyperparameter,
            "greater than 0 when `scaling` is 'Logarithmic'",
        ),
        (
            serde_json::json!({"name": "zzz", "continuous": {"min": "0.1", "max": "0.2"}}),
            Reason::UnknownHyperparameter,
            "it has train_only_top_layer, epochs",
        ),
        (
            serde_json::json!({"name": "learning_rate", "continuous": {"min": "0.1", "max": "2"}}),
            Reason::InvalidHyperparameter,
            "'2' must be at most 1",
        ),
        (
            serde_json::json!({"name": "batch_size", "continuous": {"min": "8", "max": "64"}}),
            Reason::InvalidHyperparameter,
            "must be `integer`",
        ),
        (
            serde_json::json!({"name": "batch_size", "integer": {"min": "0", "max": "64"}}),
            Reason::InvalidHyperparameter,
            "'0' must be at least 1",
        ),
        (
            serde_json::json!({"name": "optimizer", "integer": {"min": "1", "max": "2"}}),
            Reason::InvalidHyperparameter,
            "must be `categorical`",
        ),
        (
            serde_json::json!({"name": "optimizer", "categorical": {"values": ["adam", "lion"]}}),
            Reason::InvalidHyperparameter,
            "'lion' must be one of adam, sgd",
        ),
        (
            serde_json::json!({"name": "optimizer", "categorical": {"multiplesOfDefault": ["2"]}}),
            Reason::InvalidHyperparameter,
            "no numeric default (it is 'adam')",
        ),
    ] {
        let Problem { reason: found, message } = resolved(json).unwrap_err();
        assert_eq!(found, reason, "{message}");
        assert!(message.contains(text), "{message}");
    }
}
