//! Validates a request against the published service model, as the service's front end does before its own code runs.
//!
//! The model is botocore's (`service-model.json`, reduced to the supported operations). Messages follow those of AWS:
//! one sentence per violation, the path in camel case, `.member` after list positions counted from 1.

mod known;
mod pattern;
mod property;
mod violation;

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::Value;

pub use known::known_members;
use pattern::Pattern;
pub use property::{Property, property};
pub use violation::{Violation, ViolationKind, describe};

/// The embedded service model.
const SOURCE: &str = include_str!("service-model.json");

#[derive(Debug, Deserialize)]
struct Model {
    operations: BTreeMap<String, Operation>,
    shapes: HashMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    input: Option<Reference>,
    output: Option<Reference>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    shape: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Structure,
    List,
    Map,
    String,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
}

#[derive(Debug, Deserialize)]
struct Shape {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    members: BTreeMap<String, Reference>,
    member: Option<Reference>,
    key: Option<Reference>,
    value: Option<Reference>,
    min: Option<f64>,
    max: Option<f64>,
    pattern: Option<String>,
    #[serde(default, rename = "enum")]
    values: Vec<String>,
}

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| serde_json::from_str(SOURCE).ok());

/// Patterns by shape, each compiled on first use: there are dozens, and a request needs few.
static PATTERNS: LazyLock<HashMap<&str, OnceLock<Option<Pattern>>>> = LazyLock::new(|| {
    let shapes = MODEL.iter().flat_map(|model| &model.shapes);
    shapes.filter(|(_, shape)| shape.pattern.is_some()).map(|(name, _)| (name.as_str(), OnceLock::new())).collect()
});

fn pattern(name: &str) -> Option<&'static Pattern> {
    let translated = || Pattern::translate(shape(name)?.pattern.as_deref()?).ok();
    PATTERNS.get(name)?.get_or_init(translated).as_ref()
}

/// Names of the operations in the model.
pub fn operations() -> impl Iterator<Item = &'static str> {
    MODEL.iter().flat_map(|model| model.operations.keys().map(String::as_str))
}

/// All violations of the service model in this request. Unknown members are not violations: AWS ignores them.
pub fn validate(operation: &str, request: &Value) -> Vec<Violation> {
    let Some(found) = MODEL.as_ref().and_then(|model| model.operations.get(operation)) else {
        return vec![unknown_operation(operation)];
    };
    found.input.as_ref().map_or_else(Vec::new, |input| check(&input.shape, request))
}

/// The same for a response, so that tests can check the emulator.
pub fn validate_output(operation: &str, answer: &Value) -> Vec<Violation> {
    let Some(found) = MODEL.as_ref().and_then(|model| model.operations.get(operation)) else {
        return vec![unknown_operation(operation)];
    };
    found.output.as_ref().map_or_else(Vec::new, |output| check(&output.shape, answer))
}

/// Members of a request that the model does not have, as paths. AWS drops them silently, which hides misspellings.
pub fn unknown_members(operation: &str, request: &Value) -> Vec<String> {
    let input = MODEL.as_ref().and_then(|model| model.operations.get(operation)?.input.as_ref());
    input.map_or_else(Vec::new, |input| unknown_in(&input.shape, request))
}

/// The same for a response.
pub fn unknown_members_of_output(operation: &str, answer: &Value) -> Vec<String> {
    let output = MODEL.as_ref().and_then(|model| model.operations.get(operation)?.output.as_ref());
    output.map_or_else(Vec::new, |output| unknown_in(&output.shape, answer))
}

fn unknown_operation(operation: &str) -> Violation {
    Violation {
        path: String::new(),
        value: operation.to_owned(),
        constraint: format!("The operation {operation} is not supported."),
        kind: ViolationKind::UnknownOperation,
    }
}

fn shape(name: &str) -> Option<&'static Shape> {
    MODEL.as_ref()?.shapes.get(name)
}

fn unknown_in(root: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_unknown(root, value, "", &mut found);
    found
}

fn check(root: &str, value: &Value) -> Vec<Violation> {
    let mut walk = Walk::default();
    walk.value(root, value, "");
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Violation>,
}

impl Walk {
    fn value(&mut self, name: &str, value: &Value, path: &str) {
        let Some(shape) = shape(name) else { return };
        match (&shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => {
                for (member, reference) in &shape.members {
                    let path = join(path, &camel(member));
                    match members.get(member).filter(|value| !value.is_null()) {
                        Some(value) => self.value(&reference.shape, value, &path),
                        None if shape.required.contains(member) => {
                            self.constraint(&path, "null".to_owned(), "Member must not be null".to_owned());
                        }
                        None => {}
                    }
                }
            }
            (Kind::List, Value::Array(items)) => {
                self.size(shape, items.len(), value, path);
                let Some(member) = &shape.member else { return };
                for (i, item) in items.iter().enumerate() {
                    self.value(&member.shape, item, &format!("{path}.{}.member", i + 1));
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                self.size(shape, entries.len(), value, path);
                for (key, item) in entries {
                    self.entry(shape, key, item, value, path);
                }
            }
            (Kind::String, Value::String(text)) => {
                for constraint in text_constraints(name, shape, text) {
                    self.constraint(path, format!("'{text}'"), constraint);
                }
            }
            (Kind::Integer | Kind::Long, Value::Number(number))
                if number.as_f64().is_some_and(|n| n.fract() == 0.0) =>
            {
                self.number(shape, number, path);
            }
            (Kind::Float | Kind::Double, Value::Number(number)) => self.number(shape, number, path),
            // A NaN cannot be a JSON number; awsJson represents it as text.
            (Kind::Float | Kind::Double, Value::String(text))
                if ["NaN", "Infinity", "-Infinity"].contains(&text.as_str()) => {}
            (Kind::Timestamp, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => {}
            (kind, value) => self.found.push(Violation {
                path: path.to_owned(),
                value: printed(value),
                constraint: format!("{} can not be converted to {}", json_type(value), java_type(kind)),
                kind: ViolationKind::Type,
            }),
        }
    }

    fn entry(&mut self, shape: &Shape, key: &str, item: &Value, whole: &Value, path: &str) {
        let Some((key_shape, value_shape)) = shape.key.as_ref().zip(shape.value.as_ref()) else { return };
        let bad =
            self::shape(&key_shape.shape).map(|keys| text_constraints(&key_shape.shape, keys, key)).unwrap_or_default();
        if !bad.is_empty() {
            self.constraint(path, printed(whole), format!("Map keys must satisfy constraint: [{}]", bad.join(", ")));
        }
        match (self::shape(&value_shape.shape), item) {
            (Some(values @ Shape { kind: Kind::String, .. }), Value::String(text)) => {
                let bad = text_constraints(&value_shape.shape, values, text);
                if !bad.is_empty() {
                    self.constraint(
                        path,
                        printed(whole),
                        format!("Map value must satisfy constraint: [{}]", bad.join(", ")),
                    );
                }
            }
            _ => self.value(&value_shape.shape, item, &join(path, key)),
        }
    }

    fn size(&mut self, shape: &Shape, size: usize, value: &Value, path: &str) {
        for constraint in bounds(shape, as_number(size), "length") {
            self.constraint(path, printed(value), constraint);
        }
    }

    fn number(&mut self, shape: &Shape, number: &serde_json::Number, path: &str) {
        for constraint in bounds(shape, number.as_f64().unwrap_or(f64::NAN), "value") {
            self.constraint(path, format!("'{number}'"), constraint);
        }
    }

    fn constraint(&mut self, path: &str, value: String, constraint: String) {
        self.found.push(Violation { path: path.to_owned(), value, constraint, kind: ViolationKind::Constraint });
    }
}

fn text_constraints(name: &str, shape: &Shape, text: &str) -> Vec<String> {
    if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
        return vec![format!("Member must satisfy enum value set: [{}]", shape.values.join(", "))];
    }
    let mut broken = bounds(shape, as_number(text.chars().count()), "length");
    if let Some(pattern) = pattern(name).filter(|pattern| !pattern.matches(text)) {
        broken.push(format!("Member must satisfy regular expression pattern: {}", pattern.source()));
    }
    broken
}

fn bounds(shape: &Shape, size: f64, what: &str) -> Vec<String> {
    let low = shape
        .min
        .filter(|min| size < *min)
        .map(|min| format!("Member must have {what} greater than or equal to {min}"));
    let high =
        shape.max.filter(|max| size > *max).map(|max| format!("Member must have {what} less than or equal to {max}"));
    low.into_iter().chain(high).collect()
}

fn collect_unknown(name: &str, value: &Value, path: &str, found: &mut Vec<String>) {
    let Some(shape) = shape(name) else { return };
    match (&shape.kind, value) {
        (Kind::Structure, Value::Object(members)) => {
            for (member, value) in members {
                let path = join(path, member);
                match shape.members.get(member) {
                    Some(reference) => collect_unknown(&reference.shape, value, &path, found),
                    None => found.push(path),
                }
            }
        }
        (Kind::List, Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                if let Some(member) = &shape.member {
                    collect_unknown(&member.shape, item, &format!("{path}[{i}]"), found);
                }
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            for (key, item) in entries {
                if let Some(reference) = &shape.value {
                    collect_unknown(&reference.shape, item, &join(path, key), found);
                }
            }
        }
        _ => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of a request are far below 2^53")]
fn as_number(size: usize) -> f64 {
    size as f64
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}

fn camel(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Long values are truncated: the service does the same, and a log line must stay short.
fn printed(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(200).collect();
    format!("'{short}'")
}

const fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

const fn java_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure => "a structure",
        Kind::List => "a List",
        Kind::Map => "a Map",
        Kind::String => "a String",
        Kind::Boolean => "a Boolean",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Float => "a Float",
        Kind::Double => "a Double",
        Kind::Timestamp => "a Timestamp",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_embedded_model_is_readable_and_every_pattern_translates() {
        let model = MODEL.as_ref().unwrap();
        assert_eq!(model.operations.len(), 18);
        assert!(PATTERNS.len() > 50);
        for name in PATTERNS.keys() {
            assert!(pattern(name).is_some(), "{name}");
        }
    }

    #[test]
    fn messages_are_those_of_the_service() {
        let long = "a".repeat(33);
        let cases = [
            (
                "DescribeHyperParameterTuningJob",
                json!({"HyperParameterTuningJobName": "a_b"}),
                "1 validation error detected: Value 'a_b' at 'hyperParameterTuningJobName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"
                    .to_owned(),
            ),
            (
                "DescribeHyperParameterTuningJob",
                json!({}),
                "1 validation error detected: Value null at 'hyperParameterTuningJobName' failed to satisfy constraint: \
                 Member must not be null"
                    .to_owned(),
            ),
            (
                "DescribeHyperParameterTuningJob",
                json!({"HyperParameterTuningJobName": long}),
                format!(
                    "2 validation errors detected: Value '{long}' at 'hyperParameterTuningJobName' failed to satisfy constraint: \
                     Member must have length less than or equal to 32; Value '{long}' at 'hyperParameterTuningJobName' failed to \
                     satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,31}}"
                ),
            ),
            (
                "ListHyperParameterTuningJobs",
                json!({"MaxResults": 101}),
                "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: \
                 Member must have value less than or equal to 100"
                    .to_owned(),
            ),
            (
                "ListHyperParameterTuningJobs",
                json!({"SortBy": "Age"}),
                "1 validation error detected: Value 'Age' at 'sortBy' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Name, Status, CreationTime]"
                    .to_owned(),
            ),
            (
                "AddTags",
                json!({"ResourceArn": "arn:aws:sagemaker:us-west-2:111122223333:x", "Tags": [{"Key": "", "Value": "v"}]}),
                "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: \
                 Member must have length greater than or equal to 1"
                    .to_owned(),
            ),
        ];
        for (operation, request, expected) in cases {
            assert_eq!(describe(&validate(operation, &request)), expected, "{request}");
        }
    }

    #[test]
    fn a_wrong_type_is_not_a_constraint() {
        let found = validate("ListHyperParameterTuningJobs", &json!({"MaxResults": "10"}));
        assert_eq!(found[0].kind, ViolationKind::Type);
        assert_eq!(found[0].to_string(), "STRING_VALUE can not be converted to an Integer");
        assert_eq!(validate("ListHyperParameterTuningJobs", &json!({"MaxResults": 1.5})).len(), 1);
    }

    #[test]
    fn null_is_absent_and_unknown_members_are_only_reported() {
        let request = json!({"NameContains": null, "Nonsense": 1});
        assert_eq!(validate("ListHyperParameterTuningJobs", &request), []);
        assert_eq!(unknown_members("ListHyperParameterTuningJobs", &request), ["Nonsense"]);
        let tags = json!({"ResourceArn": "x", "Tags": [{"Key": "a", "Value": "b", "Colour": "c"}]});
        assert_eq!(unknown_members("AddTags", &tags), ["Tags[0].Colour"]);
    }

    #[test]
    fn an_unknown_operation_is_reported() {
        assert_eq!(validate("CreateEverything", &json!({}))[0].kind, ViolationKind::UnknownOperation);
    }
}
