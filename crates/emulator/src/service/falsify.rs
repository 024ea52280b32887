//! Corrupted responses: truncated, with other types, about another job, too long.

use serde_json::{Map, Value, json};

use crate::service::faults::Kind;

/// Length of a text that is too long, in bytes.
const HUGE: usize = 1 << 20;

/// The response as changed by a fault: a body, or a text that is not JSON.
pub fn answer(fault: Option<Kind>, request: &Value, honest: &Value) -> Result<Value, String> {
    match fault {
        Some(Kind::TruncatedAnswer) => Err(cut(honest)),
        Some(Kind::WrongTypes) => Ok(of_other_types(honest)),
        Some(Kind::AnotherJob) => Ok(about_another(request, honest)),
        Some(Kind::HugeTexts) => Ok(too_long(honest)),
        Some(Kind::UnknownStatus) => Ok(of_unknown_status(honest)),
        _ => Ok(honest.clone()),
    }
}

/// The first half of the text of a response.
fn cut(body: &Value) -> String {
    let text = body.to_string();
    text.chars().take(text.chars().count() / 2).collect()
}

/// Replaces every member's value with one of another type.
fn of_other_types(body: &Value) -> Value {
    let other = |value: &Value| match value {
        Value::String(_) => json!({"value": [1]}),
        Value::Number(_) => json!("many"),
        Value::Array(_) => json!("none"),
        Value::Object(_) => json!([1]),
        Value::Bool(_) | Value::Null => json!(1.5),
    };
    let members = body.as_object().into_iter().flatten();
    let changed: Map<String, Value> = members.map(|(name, value)| (name.clone(), other(value))).collect();
    // A response without members would stay valid.
    if changed.is_empty() { json!([1]) } else { Value::Object(changed) }
}

/// The response for another job: names, ARNs and tags are changed.
fn about_another(request: &Value, body: &Value) -> Value {
    let named = |member: &str| request.get(member).and_then(Value::as_str);
    let name = named("TrainingJobName").or_else(|| named("HyperParameterTuningJobName")).unwrap_or("ms-");
    let other = format!("of-another-{name}");
    let mut answer: Value = serde_json::from_str(&body.to_string().replace(name, &other)).unwrap_or_default();
    for tag in answer.get_mut("Tags").and_then(Value::as_array_mut).into_iter().flatten() {
        let value = tag.get("Value").and_then(Value::as_str).unwrap_or_default();
        *tag = json!({"Key": tag.get("Key"), "Value": format!("another {value}")});
    }
    answer
}

/// Replaces texts with ones that are too long for any status.
fn too_long(body: &Value) -> Value {
    let mut answer = body.clone();
    let huge = "\u{1b}[31mlong\n".repeat(HUGE / 10);
    if let Some(tags) = answer.get_mut("Tags").and_then(Value::as_array_mut) {
        tags.push(json!({"Key": "huge", "Value": huge}));
    }
    if let Some(members) = answer.as_object_mut() {
        members.insert("FailureReason".to_owned(), json!(huge));
    }
    answer
}

/// Replaces every status with an unknown one.
fn of_unknown_status(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let changed = |(name, value): (&String, &Value)| {
                let is_status = name.ends_with("JobStatus") && value.is_string();
                (name.clone(), if is_status { json!("Paused") } else { of_unknown_status(value) })
            };
            Value::Object(members.iter().map(changed).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(of_unknown_status).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_changes_the_response() {
        let body = json!({"HyperParameterTuningJobName": "ms-a", "TuningJobStatus": "Completed", "Tags": [{"Key": "k", "Value": "v"}]});
        assert!(serde_json::from_str::<Value>(&cut(&body)).is_err());
        let other = of_other_types(&body);
        assert!(other.as_object().unwrap().iter().all(|(name, value)| value.is_string() != body[name].is_string()));
        let another = about_another(&json!({"HyperParameterTuningJobName": "ms-a"}), &body);
        assert_eq!(another["HyperParameterTuningJobName"], "of-another-ms-a");
        assert_eq!(another["Tags"], json!([{"Key": "k", "Value": "another v"}]));
        assert!(too_long(&body)["FailureReason"].as_str().unwrap().len() > HUGE / 2);
        assert_eq!(of_unknown_status(&json!([body]))[0]["TuningJobStatus"], "Paused");
        assert_eq!(of_other_types(&json!({})), json!([1]));
    }
}
