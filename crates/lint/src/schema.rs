//! The structural schema: types, bounds, enums, patterns, required fields. The messages are those of kube-apiserver's
//! validator (kube-openapi, `pkg/validation`), as recorded from a real server.

use regex::Regex;
use serde_json::Value;

use crate::fault::Fault;
use crate::numbers;

/// The faults of the object.
pub(crate) fn check(schema: &Value, object: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(schema, object, "", &mut faults);
    faults
}

fn fault(message: String) -> Fault {
    Fault { message, bars_rules: false }
}

fn barring(message: String) -> Fault {
    Fault { message, bars_rules: true }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn walk(schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let actual = type_of(value);
    let is_whole = numbers::whole(value).is_some();
    if let Some(expected) = schema["type"].as_str()
        && expected != actual
        && !(is_whole && ["integer", "number"].contains(&expected))
    {
        // Of a number the server names the formats, and checks the bounds too.
        let format = schema["format"].as_str().filter(|_| value.is_number());
        let (expected, actual) = format.map_or((expected, actual), |format| (format, "float64"));
        let words = format!("{path}: Invalid value: {actual:?}: {path} in body must be of type {expected}: {actual:?}");
        faults.push(barring(words));
        if format.is_some() {
            number(schema, value, path, faults);
        }
        return;
    }
    if schema["x-kubernetes-int-or-string"] == true && !is_whole && actual != "string" {
        let words =
            format!("{path}: Invalid value: {actual:?}: {path} in body must be of type integer,string: {actual:?}");
        return faults.push(barring(words));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        faults.push(barring(format!("{path}: Unsupported value: {value}: supported values: {}", allowed.join(", "))));
    }
    match value {
        Value::String(text) => string(schema, text, path, faults),
        Value::Number(_) => number(schema, value, path, faults),
        Value::Array(items) => {
            count(schema, ["minItems", "maxItems"], items.len(), "items", path, faults);
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{index}]"), faults);
            }
        }
        Value::Object(fields) => {
            count(schema, ["minProperties", "maxProperties"], fields.len(), "properties", path, faults);
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    faults.push(barring(format!("{}: Required value", below(path, name))));
                }
            }
            for (name, value) in fields {
                let schema = match &schema["properties"][name] {
                    Value::Null => &schema["additionalProperties"],
                    property => property,
                };
                // Metadata has no schema of its own in a CRD.
                if schema.is_object() {
                    walk(schema, value, &below(path, name), faults);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The type by the server's name.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn string(schema: &Value, text: &str, path: &str, faults: &mut Vec<Fault>) {
    let length = text.chars().count();
    if let Some(most) = schema["maxLength"].as_u64()
        && length as u64 > most
    {
        // The server checks nothing else of a string that is too long.
        return faults.push(barring(format!("{path}: Too long: may not be more than {most} bytes")));
    }
    if let Some(least) = schema["minLength"].as_u64()
        && (length as u64) < least
    {
        let words = format!("{path} in body should be at least {least} chars long");
        faults.push(fault(format!("{path}: Invalid value: {text:?}: {words}")));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    {
        faults.push(fault(format!("{path}: Invalid value: {text:?}: {path} in body should match '{pattern}'")));
    }
}

fn number(schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let number = value.as_f64().unwrap_or_default();
    let shown = numbers::shown(value);
    let format = schema["format"].as_str().unwrap_or_default();
    if ["int32", "int64"].contains(&format) && !numbers::fits(value, format) {
        let words = format!("Checked value must be of type integer with format {format} in {path}");
        faults.push(fault(format!("<nil>: Invalid value: \"\": {words}")));
        // The server also checks the bounds of the format.
        let (bound, word) = if number > 0.0 { (i32::MAX, "less") } else { (i32::MIN, "greater") };
        if format == "int32" && schema["maximum"].is_null() && schema["minimum"].is_null() {
            let words = format!("{path} in body should be {word} than or equal to {bound}");
            faults.push(fault(format!("{path}: Invalid value: {shown}: {words}")));
        }
    }
    for (bound, word, broken) in [
        ("maximum", "less", (|number, bound| number > bound) as fn(f64, f64) -> bool),
        ("minimum", "greater", |number, bound| number < bound),
    ] {
        if let Some(limit) = schema[bound].as_f64()
            && broken(number, limit)
        {
            // The server writes the limit like the number: as an integer, or as a float.
            let limit = if value.is_i64() { limit.to_string() } else { numbers::float(limit) };
            let words = format!("{path} in body should be {word} than or equal to {limit}");
            faults.push(fault(format!("{path}: Invalid value: {shown}: {words}")));
        }
    }
}

/// The number of items of a list, or of entries of a map.
fn count(schema: &Value, bounds: [&str; 2], number: usize, noun: &str, path: &str, faults: &mut Vec<Fault>) {
    let [least, most] = bounds.map(|bound| schema[bound].as_u64());
    if let Some(most) = most.filter(|most| number as u64 > *most) {
        faults.push(barring(format!("{path}: Too many: {number}: must have at most {most} items")));
    }
    if let Some(least) = least.filter(|least| (number as u64) < *least) {
        let words = format!("{path} in body should have at least {least} {noun}");
        faults.push(fault(format!("{path}: Invalid value: {number}: {words}")));
    }
}
