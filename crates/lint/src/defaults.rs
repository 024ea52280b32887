//! Fields that are not in the schema, and defaults from the schema.

use serde_json::{Map, Value};

/// The fields that are not in the schema, in the order of their paths, such as `spec.foo`.
pub(crate) fn unknown_fields(schema: &Value, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    unknown(schema, object, "", true, &mut found);
    found
}

fn unknown(schema: &Value, value: &Value, path: &str, root: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if root { name.clone() } else { format!("{path}.{name}") };
                match (&schema["properties"][name], &schema["additionalProperties"]) {
                    // Every object has these; their own fields are checked elsewhere.
                    _ if root && ["apiVersion", "kind", "metadata"].contains(&name.as_str()) => {}
                    (Value::Null, Value::Null) => found.push(path),
                    (Value::Null, values) => unknown(values, value, &path, false, found),
                    (property, _) => unknown(property, value, &path, false, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                unknown(&schema["items"], item, &format!("{path}[{index}]"), false, found);
            }
        }
        _ => {}
    }
}

/// Sets the schema's defaults for fields that are missing, or null.
pub(crate) fn apply(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            set(schema, fields);
            for (name, value) in fields {
                match &schema["properties"][name.as_str()] {
                    Value::Null => apply(&schema["additionalProperties"], value),
                    property => apply(property, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| apply(&schema["items"], item)),
        _ => {}
    }
}

fn set(schema: &Value, fields: &mut Map<String, Value>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let default = &property["default"];
        if !default.is_null() && fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.clone(), default.clone());
        }
    }
}
