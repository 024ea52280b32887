//! Requests as the service keeps them: without what it does not know.

use serde_json::Value;

use super::{Kind, MODEL, shape};

/// A request without the members that the model does not have, and without null members, which count as absent.
pub fn known_members(operation: &str, request: &Value) -> Value {
    let mut request = request.clone();
    let input = MODEL.as_ref().and_then(|model| model.operations.get(operation)?.input.as_ref());
    if let Some(input) = input {
        keep(&input.shape, &mut request);
    }
    request
}

fn keep(name: &str, value: &mut Value) {
    let Some(found) = shape(name) else { return };
    match (&found.kind, value) {
        (Kind::Structure, Value::Object(members)) => {
            members.retain(|member, value| !value.is_null() && found.members.contains_key(member));
            for (member, value) in members {
                if let Some(reference) = found.members.get(member) {
                    keep(&reference.shape, value);
                }
            }
        }
        (Kind::List, Value::Array(items)) => {
            for (item, member) in items.iter_mut().zip(found.member.iter().cycle()) {
                keep(&member.shape, item);
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            entries.retain(|_, value| !value.is_null());
            for (item, reference) in entries.values_mut().zip(found.value.iter().cycle()) {
                keep(&reference.shape, item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_and_null_members_are_dropped_at_every_depth() {
        let request = json!({
            "HyperParameterTuningJobName": "a", "Nonsense": 1, "WarmStartConfig": null,
            "TrainingJobDefinition": {
                "StaticHyperParameters": {"any": "name", "gone": null},
                "OutputDataConfig": {"S3OutputPaht": "s3://b/", "S3OutputPath": "s3://b/"},
            },
            "Tags": [{"Key": "k", "Value": "v", "Colour": "red"}],
        });
        let kept = json!({
            "HyperParameterTuningJobName": "a",
            "TrainingJobDefinition": {
                "StaticHyperParameters": {"any": "name"},
                "OutputDataConfig": {"S3OutputPath": "s3://b/"},
            },
            "Tags": [{"Key": "k", "Value": "v"}],
        });
        assert_eq!(known_members("CreateHyperParameterTuningJob", &request), kept);
        assert_eq!(known_members("CreateHyperParameterTuningJob", &kept), kept);
    }
}
