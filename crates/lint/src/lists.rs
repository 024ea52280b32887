//! Checks that list items are unique: as a whole in a list of type set, by their keys in one of type map.

use serde_json::Value;

use crate::fault::Fault;

/// The faults of all lists in the object.
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
            let keys = schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
            match schema["x-kubernetes-list-type"].as_str() {
                Some("map") => {
                    let keys: Vec<&str> = keys.collect();
                    faults.extend(duplicates(&items.iter().map(|item| key(item, &keys)).collect::<Vec<_>>(), path));
                }
                Some("set") => faults.extend(duplicates(items, path)),
                _ => {}
            }
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{index}]"), faults);
            }
        }
        _ => {}
    }
}

/// The keys of an item.
fn key(item: &Value, keys: &[&str]) -> Value {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone()))).collect()
}

fn duplicates(all: &[Value], path: &str) -> Vec<Fault> {
    let repeated = all.iter().enumerate().filter(|(index, key)| all[..*index].contains(key));
    let fault = |(index, key): (usize, &Value)| Fault {
        message: format!("{path}[{index}]: Duplicate value: {key}"),
        bars_rules: false,
    };
    repeated.map(fault).collect()
}
