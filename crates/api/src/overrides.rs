//! The settings in which one candidate differs from the rest of the selection.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Training, Tuning};

/// Some of the fields of a `T`, as a JSON merge patch (RFC 7396): a field that is set replaces that of the `T`, objects
/// merge field by field, lists are replaced as a whole.
///
/// It is stored as JSON, so that one type serves for both training and tuning, and the merge rule is implemented once.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patch<T> {
    fields: Map<String, Value>,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// `whole` with the fields of the patch applied.
    ///
    /// # Errors
    /// serde's message for a field that does not exist or has the wrong type. The schema of the API prevents this.
    pub fn apply(&self, whole: &T) -> serde_json::Result<T> {
        let mut merged = serde_json::to_value(whole)?;
        merge(&mut merged, &self.fields);
        serde_json::from_value(merged)
    }
}

impl<T> Patch<T> {
    /// The text at `path`, if the patch sets it.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.fields.get(*first)?, |value, field| value.get(field))?.as_str()
    }
}

// Written by hand, because derived implementations would require the same traits of `T`.
impl<T> Clone for Patch<T> {
    fn clone(&self) -> Self {
        Self { fields: self.fields.clone(), of: PhantomData }
    }
}

impl<T> std::fmt::Debug for Patch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.fields.fmt(f)
    }
}

impl<T> PartialEq for Patch<T> {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

fn merge(whole: &mut Value, patch: &Map<String, Value>) {
    if !whole.is_object() {
        *whole = Value::Object(Map::new());
    }
    let Value::Object(whole) = whole else { return };
    for (name, value) in patch {
        match value {
            Value::Object(fields) => merge(whole.entry(name).or_insert(Value::Null), fields),
            other => drop(whole.insert(name.clone(), other.clone())),
        }
    }
}

/// The fields of training that a candidate may override: all except those that the candidate has itself.
pub(super) fn training_schema(generator: &mut SchemaGenerator) -> Schema {
    patch_of(Training::json_schema(generator), &["hyperparameters", "metricDefinitions"])
}

/// The same for tuning.
pub(super) fn tuning_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = patch_of(Tuning::json_schema(generator), &["parameterRanges", "warmStart"]);
    // The type is shared with spec.objectives, which have a scale; a search has none.
    let objective = schema.pointer_mut("/properties/objective/properties").and_then(Value::as_object_mut);
    if let Some(fields) = objective {
        fields.remove("scale");
    }
    schema
}

/// The schema of a patch: nothing is required, and nothing has a default. The CEL rules are left out, because the API
/// server multiplies their cost by the largest number of candidates; the operator checks the merged training and tuning
/// of each candidate.
fn patch_of(mut schema: Schema, but: &[&str]) -> Schema {
    schema.remove("x-kubernetes-validations");
    schema.remove("required");
    schema.insert("minProperties".to_owned(), Value::from(1));
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        but.iter().for_each(|name| drop(fields.remove(*name)));
        fields.values_mut().for_each(without_rules);
    }
    schema
}

/// Removes rules, required fields and defaults from a schema and everything below it.
fn without_rules(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    for name in ["x-kubernetes-validations", "default"] {
        // A property may have such a name; its schema is an object.
        if fields.get(name).is_some_and(|value| !value.is_object()) {
            fields.remove(name);
        }
    }
    if let Some(Value::String(text)) = fields.get_mut("description") {
        *text = text.replace("Required.", "Default: that of the selection.");
    }
    // Objects merge, so a patch may have only some of the fields. List items are replaced as a whole.
    if fields.get("required").is_some_and(Value::is_array) {
        fields.remove("required");
    }
    for (name, inner) in fields.iter_mut() {
        if name == "items" { of_item(inner) } else { without_rules(inner) }
    }
}

/// The same for the items of a list, which are replaced as a whole: they keep their required fields.
fn of_item(schema: &mut Value) {
    if let Value::Object(fields) = schema {
        fields.remove("x-kubernetes-validations");
        if let Some(Value::Object(properties)) = fields.get_mut("properties") {
            properties.values_mut().for_each(of_item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn training() -> Training {
        serde_json::from_value(json!({
            "instanceType": "ml.p3.2xlarge", "outputS3URI": "s3://bucket/", "maxRuntimeSeconds": 3600,
            "environment": {"A": "1", "B": "2"},
            "instanceFallbacks": [{"instanceType": "ml.g5.xlarge"}, {"instanceType": "ml.g4dn.xlarge"}],
            "checkpoint": {"s3URI": "s3://bucket/c/", "localPath": "/tmp"},
        }))
        .unwrap()
    }

    #[test]
    fn a_field_replaces_objects_merge_and_lists_are_replaced() {
        let patch: Patch<Training> = serde_json::from_value(json!({
            "instanceType": "ml.m5.xlarge", "environment": {"B": "3", "C": "4"},
            "instanceFallbacks": [{"instanceType": "ml.c5.xlarge"}], "checkpoint": {"s3URI": "s3://bucket/d/"},
            "spot": {},
        }))
        .unwrap();
        let merged = patch.apply(&training()).unwrap();
        assert_eq!((merged.instance_type.as_str(), merged.max_runtime_seconds), ("ml.m5.xlarge", Some(3600)));
        let environment: Vec<_> = merged.environment.iter().map(|(k, v)| format!("{k}{v}")).collect();
        assert_eq!(environment, ["A1", "B3", "C4"]);
        assert_eq!(merged.instance_fallbacks.len(), 1);
        let checkpoint = merged.checkpoint.unwrap();
        assert_eq!((checkpoint.s3_uri.as_str(), checkpoint.local_path.as_deref()), ("s3://bucket/d/", Some("/tmp")));
        assert!(merged.spot.is_some());
        assert_eq!(patch.text(&["instanceType"]), Some("ml.m5.xlarge"));
    }

    #[test]
    fn a_patch_that_does_not_fit_the_type_is_an_error_and_is_kept_unchanged() {
        let wrong = json!({"instanceCount": "many"});
        let patch: Patch<Training> = serde_json::from_value(wrong.clone()).unwrap();
        assert!(patch.apply(&training()).is_err());
        assert_eq!(serde_json::to_value(patch).unwrap(), wrong);
    }

    #[test]
    fn the_schema_requires_fields_only_in_list_items() {
        let settings = schemars::generate::SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
        let mut generator = settings.into_generator();
        let schema = serde_json::to_value(training_schema(&mut generator)).unwrap();
        assert_eq!(schema.get("required"), None);
        assert_eq!(schema["properties"]["hyperparameters"], Value::Null);
        assert_eq!(schema["properties"]["checkpoint"].get("required"), None);
        assert_eq!(schema["properties"]["instanceFallbacks"]["items"]["required"], json!(["instanceType"]));
        assert!(!schema.to_string().contains("x-kubernetes-validations"));
    }
}
