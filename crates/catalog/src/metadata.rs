//! Parses the parts of a model's metadata that both sources have, each in its spelling: `ImageUri` in the hub,
//! `image_uri` in S3. Parsing is lenient: a key that is missing or has another type counts as absent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Hyperparameter, Variant};
use super::python;

/// The value of `key` (given in snake case) in either spelling; null if it is absent.
pub(super) fn get<'a>(value: &'a Value, key: &str) -> &'a Value {
    let camel = || -> String {
        let words = key.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
        words.collect()
    };
    value.get(key).or_else(|| value.get(camel())).unwrap_or(&Value::Null)
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    get(value, key).as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A whole number, which may also be written as 123.0 or as a string.
#[expect(clippy::cast_possible_truncation, reason = "a value that exceeds 64 bits exceeds 32 bits too")]
pub(super) fn number(value: &Value, key: &str) -> Option<i32> {
    let value = get(value, key);
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.fract() == 0.0)?;
    i32::try_from(number as i64).ok()
}

/// A boolean, which may also be written as a string; false if it is absent.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    let value = get(value, key);
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// The same, but `None` if it is absent.
pub(super) fn optional_flag(value: &Value, key: &str) -> Option<bool> {
    (!get(value, key).is_null()).then(|| flag(value, key))
}

pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(super) fn hyperparameters(value: &Value) -> Vec<Hyperparameter> {
    list(value, "hyperparameters").filter_map(hyperparameter).collect()
}

pub(super) fn metrics(value: &Value, key: &str) -> Vec<(String, String)> {
    list(value, key).filter_map(|metric| Some((text(metric, "name")?, text(metric, "regex")?))).collect()
}

/// The variants by instance type or family. An image is given directly, or as an alias from `aliases`, such as
/// `$gpu_image`.
pub(super) fn variants(value: &Value, aliases: &Value) -> BTreeMap<String, Variant> {
    let Some(variants) = get(value, "variants").as_object() else { return BTreeMap::new() };
    let variant = |variant: &Value| {
        let properties = get(variant, "properties");
        let image = text(get(variant, "regional_properties"), "image_uri").or_else(|| text(properties, "image_uri"));
        Variant {
            image: image.and_then(|image| match image.strip_prefix('$') {
                Some(alias) => Some(aliases.get(alias)?.as_str()?.to_owned()),
                None => Some(image),
            }),
            // Regardless of their scope: the vendor's SDK sends all of them.
            hyperparameters: hyperparameters(properties)
                .into_iter()
                .map(|hyperparameter| Hyperparameter { container: false, ..hyperparameter })
                .collect(),
            metrics: metrics(properties, "metrics"),
            environment: environment(get(properties, "environment_variables")),
            artifact: text(properties, "training_artifact_uri").or_else(|| text(properties, "training_artifact_key")),
            gated_artifact: text(properties, "gated_model_env_var_uri")
                .or_else(|| text(properties, "gated_model_key_env_var_value")),
        }
    };
    variants.iter().map(|(instance, value)| (instance.clone(), variant(value))).collect()
}

fn environment(value: &Value) -> BTreeMap<String, String> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), python::text(value))).collect()
}

fn hyperparameter(value: &Value) -> Option<Hyperparameter> {
    let bound = |key: &str| get(value, key).as_f64().or_else(|| get(value, key).as_str()?.parse().ok());
    Some(Hyperparameter {
        name: text(value, "name")?,
        kind: text(value, "type").unwrap_or_default().to_lowercase(),
        // A default that is null becomes the string None; without a key there is no default.
        default: value.get("default").or_else(|| value.get("Default")).map(python::text),
        options: list(value, "options").map(python::text).collect(),
        min: bound("min"),
        max: bound("max"),
        exclusive_min: bound("exclusive_min"),
        exclusive_max: bound("exclusive_max"),
        container: text(value, "scope").as_deref() == Some("container"),
    })
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    get(value, key).as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::hub_document::from_document;
    use crate::model::Model;
    use crate::s3_spec::{Buckets, from_spec};

    #[test]
    fn numbers_flags_and_kinds_are_read_however_they_are_written() {
        for (value, expected) in [
            (json!(123), Some(123)),
            (json!(123.0), Some(123)),
            (json!("123"), Some(123)),
            (json!(1.5), None),
            (json!(1e12), None),
            (json!(null), None),
        ] {
            assert_eq!(number(&json!({"Size": value}), "size"), expected, "{value}");
        }
        for (value, expected) in
            [(json!(true), true), (json!("true"), true), (json!("True"), true), (json!("no"), false), (json!(1), false)]
        {
            assert_eq!(flag(&json!({"Flag": value}), "flag"), expected, "{value}");
        }
        let listed = json!({"Hyperparameters": [{"Name": "a", "Type": "Float"}, {"Name": "b"}]});
        let kinds: Vec<String> = hyperparameters(&listed).into_iter().map(|known| known.kind).collect();
        assert_eq!(kinds, ["float", ""]);
    }

    proptest! {
        /// Decimals with 16 and 17 digits, too, are sent as they are written, from both sources.
        #[test]
        fn a_default_is_sent_as_it_was_written(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let written = format!("{number:e}");
            let default = |model: Option<Model>| model.unwrap().hyperparameters[0].default.clone().unwrap();
            let hub = format!(r#"{{"Hyperparameters": [{{"Name": "a", "Type": "float", "Default": {written}}}]}}"#);
            let s3 = format!(r#"{{"hyperparameters": [{{"name": "a", "type": "float", "default": {written}}}]}}"#);
            let buckets = Buckets::of("us-west-2");
            for text in [default(from_document(&hub)), default(from_spec(&s3, "us-west-2", &buckets))] {
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{} for {}", text, written);
            }
        }
    }

    #[test]
    fn a_decimal_of_seventeen_digits_is_sent_as_it_is() {
        let listed: Value = serde_json::from_str(r#"{"Default": 0.0010324779991117993}"#).unwrap();
        assert_eq!(python::text(&listed["Default"]), "0.0010324779991117993");
    }

    #[test]
    fn both_spellings_of_the_variants() {
        let ours = json!({"Variants": {
            "p3": {"properties": {"image_uri": "$gpu", "environment_variables": {"A": 1}}},
            "ml.p3.2xlarge": {"Properties": {
                "ImageUri": "repo/image:p3",
                "Metrics": [{"Name": "loss", "Regex": "loss: (.*)"}],
                "Hyperparameters": [{"Name": "epochs", "Type": "int", "Default": 7, "ExclusiveMin": 0}],
                "TrainingArtifactUri": "s3://bucket/p3/",
                "GatedModelEnvVarUri": "s3://gated/p3/",
            }},
            "broken": {"properties": {"image_uri": "$none"}},
        }});
        let variants = variants(&ours, &json!({"gpu": "repo/image:gpu"}));
        assert_eq!(variants["p3"].image.as_deref(), Some("repo/image:gpu"));
        assert_eq!(variants["p3"].environment["A"], "1");
        assert_eq!(variants["broken"], Variant::default());
        let exact = &variants["ml.p3.2xlarge"];
        assert_eq!(exact.image.as_deref(), Some("repo/image:p3"));
        assert_eq!(exact.metrics, [("loss".to_owned(), "loss: (.*)".to_owned())]);
        assert_eq!(
            (exact.hyperparameters[0].default.as_deref(), exact.hyperparameters[0].exclusive_min),
            (Some("7"), Some(0.0))
        );
        assert_eq!(exact.artifact.as_deref(), Some("s3://bucket/p3/"));
        assert_eq!(exact.gated_artifact.as_deref(), Some("s3://gated/p3/"));
    }
}
