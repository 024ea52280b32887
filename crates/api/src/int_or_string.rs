//! Whole numbers where the API has texts: `epochs: 5` means `epochs: "5"`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// What the schema takes with `x-kubernetes-int-or-string`.
#[derive(Deserialize)]
#[serde(untagged)]
enum IntOrString {
    Int(i64),
    String(String),
}

/// A map whose values may be written without quotes when they are whole numbers. They mean the decimal text, so that the
/// object means the same either way.
pub(super) fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let map = BTreeMap::<String, IntOrString>::deserialize(deserializer)?;
    let text = |value| match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text,
    };
    Ok(map.into_iter().map(|(name, value)| (name, text(value))).collect())
}

#[cfg(test)]
mod tests {
    use crate::Dataset;

    #[test]
    fn a_number_means_its_text_and_nothing_else_is_taken() {
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
}
