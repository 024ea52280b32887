//! Numbers and booleans where the API has strings, the likeliest mistake in a manifest. The server then reports only
//! the type, and no other fault of the object.

use serde_json::Value;

/// Converts such values to strings, and returns the remedies, by path.
pub(crate) fn put(schema: &Value, value: &mut Value, path: &str) -> Vec<String> {
    let of_text = schema["type"] == "string" || schema["x-kubernetes-int-or-string"] == true;
    let whole = schema["x-kubernetes-int-or-string"] == true && (value.is_i64() || value.is_u64());
    match value {
        Value::Number(_) | Value::Bool(_) if of_text && !whole => {
            *value = Value::String(value.to_string());
            // Without the text: YAML has read `0155` as 109 and `yes` as true.
            vec![format!("{path}: put the value in quotes, as it is written")]
        }
        Value::Array(items) => {
            let items = items.iter_mut().enumerate();
            items.flat_map(|(index, item)| put(&schema["items"], item, &format!("{path}[{index}]"))).collect()
        }
        Value::Object(fields) => {
            let of_field = |(name, field): (&String, &mut Value)| {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match &schema["properties"][name] {
                    Value::Null => put(&schema["additionalProperties"], field, &inner),
                    property => put(property, field, &inner),
                }
            };
            fields.iter_mut().flat_map(of_field).collect()
        }
        _ => Vec::new(),
    }
}
