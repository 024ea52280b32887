//! Accepts whole numbers where the API has strings: `epochs: 5` means `epochs: "5"`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// A value that the schema accepts with `x-kubernetes-int-or-string`. A number is converted to its decimal text, so
/// that both forms mean the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum IntOrString {
    Int(i64),
    String(String),
}

impl IntOrString {
    fn text(self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::String(text) => text,
        }
    }
}

/// A map whose values may be written without quotes when they are whole numbers.
pub(super) fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let map = BTreeMap::<String, IntOrString>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(name, value)| (name, value.text())).collect())
}

/// The same for a list.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<IntOrString>::deserialize(deserializer)?.into_iter().map(IntOrString::text).collect())
}

/// The same for an optional value.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<IntOrString>::deserialize(deserializer)?.map(IntOrString::text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Dataset, Observed, ParameterRange};

    #[test]
    fn a_whole_number_means_its_text_and_other_types_are_refused() {
        let dataset = |value: &str| {
            let json = format!(r#"{{"name": "d", "channels": [], "hyperparameters": {{"epochs": {value}}}}}"#);
            serde_json::from_str::<Dataset>(&json)
        };
        assert_eq!(dataset("5").unwrap(), dataset(r#""5""#).unwrap());
        assert_eq!(dataset("-5").unwrap().hyperparameters["epochs"], "-5");
        for wrong in ["0.5", "true", "null", "[5]"] {
            assert!(dataset(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_hints_and_observed_metrics_accept_whole_numbers_too() {
        let values = json!({"name": "batch_size", "categorical": {"values": [16, "32"]}});
        let range: ParameterRange = serde_json::from_value(values).unwrap();
        assert_eq!(range.categorical.unwrap().values, ["16", "32"]);
        let hint = |hint| serde_json::from_value::<ParameterRange>(json!({"name": "a", "auto": hint})).unwrap();
        assert_eq!(hint(json!({"valueHint": 16})), hint(json!({"valueHint": "16"})));
        assert_eq!(hint(json!({})).auto.unwrap().value_hint, None);
        let observed: Observed = serde_json::from_value(json!({"metrics": {"test_throughput": 40}})).unwrap();
        assert_eq!(observed.metrics["test_throughput"], "40");
    }
}
