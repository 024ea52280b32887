//! The keys of lists: in a list of type map no two items have the same.

use serde_json::{Map, Value};

use crate::Fault;

/// The faults of all lists below.
pub(crate) fn check(schema: &Value, object: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(schema, object, "", &mut faults);
    faults
}

fn walk(schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match &schema["properties"][name] {
                    Value::Null => walk(&schema["additionalProperties"], value, &format!("{path}[{name}]"), faults),
                    property => walk(property, value, &inner, faults),
                }
            }
        }
        Value::Array(items) => {
            if schema["x-kubernetes-list-type"] == "map" {
                faults.extend(duplicates(schema, items, path));
            }
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{index}]"), faults);
            }
        }
        _ => {}
    }
}

fn duplicates(schema: &Value, items: &[Value], path: &str) -> Vec<Fault> {
    let keys: Vec<&str> =
        schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let key = |item: &Value| -> Map<String, Value> {
        keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone()))).collect()
    };
    let all: Vec<Map<String, Value>> = items.iter().map(key).collect();
    let repeated = all.iter().enumerate().filter(|(index, key)| all[..*index].contains(key));
    let fault = |(index, key): (usize, &Map<String, Value>)| Fault {
        message: format!("{path}[{index}]: Duplicate value: {}", Value::Object(key.clone())),
        bars_rules: false,
    };
    repeated.map(fault).collect()
}
