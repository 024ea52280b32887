//! The CRD as it is shipped: the output of the derive macro, plus what the macro cannot express.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use schemars::{JsonSchema as _, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::ModelSelection;

// The patterns of the spec. `MEANINGS` has a message for each. Matches the same as that of an image, but needs a
// message of its own.
pub(super) const ALGORITHM: &str = r"^\S+$";
pub(super) const CHANNEL_NAME: &str = r"^[A-Za-z0-9.\-_]+$";
pub(super) const DECIMAL: &str = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$";
pub(super) const GLOB: &str = r"^[a-zA-Z0-9*?-]+$";
pub(super) const IMAGE: &str = r"^[^\s]+$";
pub(super) const INSTANCE_TYPE: &str = r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$";
pub(super) const INTEGER: &str = r"^[+-]?[0-9]+$";
// SageMaker's patterns for keys, and for security groups and subnets.
pub(super) const KMS_KEY: &str = r"^[a-zA-Z0-9:/_-]+$";
// An unescaped parenthesis that opens a capture group, and not a group of another kind.
pub(super) const METRIC_REGEX: &str = r"(^|[^\\])(\\\\)*\(\??[^?:]";
pub(super) const MODEL_ID: &str = r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$";
pub(super) const NAME: &str = r"^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$";
pub(super) const OBJECT_NAME: &str = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$";
// The pattern of the vendor's SDKs for regions, which also accepts future regions.
pub(super) const REGION: &str = r"^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso[a-z]?|eu-isoe|eusc-de)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$";
pub(super) const ROLE_ARN: &str = r"^arn:aws[a-z\-]*:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$";
// A bucket of 3 to 63 characters, or the ARN of an access point.
pub(super) const S3_URI: &str = r"^s3://(arn:[^\s]+|[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9](/[^\n]*)?)$";
pub(super) const TRAINING_PLAN: &str = r"^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:training-plan/\S+$";
pub(super) const VERSION: &str = r"^(\*|[0-9]+(\.[0-9]+)?\.\*|[0-9]+\.[0-9]+\.[0-9]+)$";
pub(super) const VPC_ID: &str = r"^[a-zA-Z0-9-]+$";
pub(super) const WORD: &str = r"^[a-zA-Z0-9]+$";

/// A CEL expression that is true if `min` or `max` is not a number: the pattern already reports that, and a rule that
/// converts the value would add an error of its own.
pub(super) fn not_numbers(pattern: &str) -> String {
    format!("[self.min, self.max].exists(x, !x.matches(r'{pattern}'))")
}

/// The message for a value that does not match the pattern, after the name of the field.
const MEANINGS: [(&str, &str); 18] = [
    (ALGORITHM, "must be the name or ARN of an algorithm resource, without spaces"),
    (CHANNEL_NAME, "must consist of letters, digits, '-', '_' and '.'"),
    (DECIMAL, "must be a decimal number, such as '0.001'"),
    (GLOB, "must be a pattern of model ids: letters, digits, '-', '*' and '?'"),
    (IMAGE, "must be the registry path of an image, without spaces"),
    (INSTANCE_TYPE, "must be an instance type of SageMaker, such as 'ml.g5.2xlarge'"),
    (INTEGER, "must be a whole number, such as '8'"),
    (KMS_KEY, "must be the id, ARN or alias of a KMS key, such as 'alias/models'"),
    (METRIC_REGEX, "must have a capture group, such as '([0-9.]+)', for the value"),
    (MODEL_ID, "must consist of letters and digits, with '-' between them"),
    (NAME, "must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit"),
    (REGION, "must be the code of an AWS region, such as 'us-west-2'"),
    (ROLE_ARN, "must be the ARN of an IAM role, such as 'arn:aws:iam::111122223333:role/SageMakerTraining'"),
    (
        S3_URI,
        "must be an S3 URI, such as 's3://bucket/prefix/', with a bucket of 3 to 63 letters, digits, '-', '_' and '.'",
    ),
    (TRAINING_PLAN, "must be the ARN of a training plan of SageMaker"),
    (VERSION, "must be a version such as '4.0.2', a prefix such as '4.*', or '*' for the newest"),
    (VPC_ID, "must be ids of your VPC, such as 'sg-0123456789abcdef0' or 'subnet-0123456789abcdef0'"),
    (WORD, "must be one part of a model id, of letters and digits, such as 'ic' or 'tensorflow'"),
];

/// The CRD of [`ModelSelection`].
///
/// # Panics
/// Never in a released binary: the schema is fixed at build time, and a test generates it.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = serde_json::to_value(ModelSelection::crd()).expect("a CRD is JSON");
    // Flux would replace `${` in descriptions and patterns with its own variables.
    crd["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/substitute": "disabled"});
    let schema = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    tidy(schema, false);
    explain_patterns(&mut schema["properties"]["spec"], "");
    // The type is shared with spec.objectives, whose description also mentions derived metrics.
    let of_tuning = &mut schema["properties"]["spec"]["properties"]["tuning"]["properties"]["objective"]["properties"];
    of_tuning["metric"]["description"] = json!(
        "metric is the name of a metric of the logs: of training.metricDefinitions, the preset or the model's own. Required."
    );
    if let Some(fields) = of_tuning.as_object_mut() {
        fields.remove("scale");
    }
    // There can be 20480 of these, each with 500 characters: a costlier rule would exceed the API server's CEL budget.
    let of_candidates = &mut schema["properties"]["spec"]["properties"]["candidates"]["items"];
    of_candidates["properties"]["metricDefinitions"]["items"]["properties"]["regex"]["x-kubernetes-validations"][0]["rule"] =
        json!("self.contains('(')");
    // There can be half a million of these; their pattern is enough.
    without_rules(&mut of_candidates["properties"]["observed"]["properties"]);
    // There can be 15360 of these: the CEL budget suffices only for the rule on their kind. The operator checks the
    // rest before it creates a job.
    let ranges = &mut of_candidates["properties"]["parameterRanges"]["items"]["properties"];
    without_rules(ranges);
    // The same applies to the 5120 channels of overrides, and to the strings in the training of 512 candidates.
    for (field, item) in [("datasets", "channelOverrides"), ("candidates", "training"), ("candidates", "tuning")] {
        without_rules(&mut schema["properties"]["spec"]["properties"][field]["items"]["properties"][item]);
    }
    without_said_patterns(&mut schema["properties"]["spec"]);
    // Without a status, kstatus (Flux, Helm 4) takes a new object for ready before the operator has seen it.
    schema["properties"]["status"]["default"] = json!({"observedGeneration": -1});
    serde_json::from_value(crd).expect("what came from a CRD is a CRD")
}

/// Removes from the schema what causes problems in a Kubernetes API:
/// - `nullable`, which breaks merge patches and server-side apply: optional fields are left out instead;
/// - defaults below list items, with which Argo CD always shows a diff;
/// - the line breaks of the source, so that `kubectl explain` can wrap the text.
fn tidy(schema: &mut Value, in_list: bool) {
    let Value::Object(fields) = schema else { return };
    fields.remove("nullable");
    if in_list {
        fields.remove("default");
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::String(text)) = fields.get_mut("description") {
        *text = text.replace("\n\n", "\u{0}").replace('\n', " ").replace('\u{0}', "\n\n");
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(|property| tidy(property, in_list));
    }
    if let Some(items) = fields.get_mut("items") {
        tidy(items, true);
    }
    if let Some(values) = fields.get_mut("additionalProperties") {
        tidy(values, in_list);
    }
}

// All rules together cost 9.4 % of the API server's CEL budget for a CRD. The estimate multiplies each rule by the
// largest number of items of its list.
/// Adds to each pattern an equivalent CEL rule with a readable message.
fn explain_patterns(schema: &mut Value, name: &str) {
    let Value::Object(fields) = schema else { return };
    let pattern = fields.get("pattern").and_then(Value::as_str);
    if let Some((pattern, meaning)) = MEANINGS.iter().find(|(known, _)| Some(*known) == pattern) {
        let rule = json!({"rule": matching(pattern), "message": format!("`{name}` {meaning}")});
        fields.insert("x-kubernetes-validations".to_owned(), json!([rule]));
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.iter_mut().for_each(|(name, property)| explain_patterns(property, name));
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(values) = fields.get_mut(inner) {
            explain_patterns(values, name);
        }
    }
}

/// Removes each pattern that has an equivalent rule, so that users see only the readable message. The schema for
/// editors takes the pattern from the text of the rule.
fn without_said_patterns(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let said = fields.get("pattern").and_then(Value::as_str).map(matching);
            let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
            let has = |text: &String| rules.is_some_and(|rules| rules.iter().any(|rule| rule["rule"] == **text));
            if said.as_ref().is_some_and(has) {
                fields.remove("pattern");
            }
            fields.values_mut().for_each(without_said_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(without_said_patterns),
        _ => {}
    }
}

/// The CEL rule that is equivalent to a pattern.
fn matching(pattern: &str) -> String {
    format!("self.matches(r'{pattern}')")
}

/// Removes all rules in and below `schema`.
fn without_rules(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("x-kubernetes-validations");
            fields.values_mut().for_each(without_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(without_rules),
        _ => {}
    }
}

/// A map of at most 100 hyperparameters, with SageMaker's bounds on names and values.
pub(super) fn hyperparameters_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = chosen_hyperparameters_schema(generator);
    let rule = json!({
        "rule": "self.all(name, size(name) >= 1 && size(name) <= 256)",
        "message": "`hyperparameters` must have names of 1 to 256 characters",
    });
    schema.insert("x-kubernetes-validations".to_owned(), json!([rule]));
    // People write `epochs: 5` without quotes.
    schema.insert("additionalProperties".to_owned(), whole_or_text(super::bounds::HYPERPARAMETER, None));
    schema
}

/// A string that may be written without quotes if it is a whole number. A structural schema has no type for a string or
/// any number.
fn whole_or_text(most: usize, pattern: Option<&str>) -> Value {
    let mut schema = json!({"x-kubernetes-int-or-string": true, "maxLength": most});
    if let Some(pattern) = pattern {
        schema["pattern"] = json!(pattern);
    }
    schema
}

/// At most 30 values to try for a hyperparameter.
pub(super) fn values_schema(_: &mut SchemaGenerator) -> Schema {
    let mut value = whole_or_text(256, None);
    value["minLength"] = json!(1);
    json_schema!({"type": "array", "minItems": 1, "maxItems": 30, "items": value})
}

/// A value of a hyperparameter.
pub(super) fn value_schema(_: &mut SchemaGenerator) -> Schema {
    let mut value = whole_or_text(256, None);
    value["minLength"] = json!(1);
    Schema::try_from(value).unwrap_or_default()
}

/// The same for the status. It has no rule, so that every value that SageMaker reports can be written.
pub(super) fn chosen_hyperparameters_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": super::bounds::HYPERPARAMETERS,
        "additionalProperties": {"type": "string", "maxLength": super::bounds::HYPERPARAMETER},
    })
}

pub(super) fn environment_of_hosting_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": super::bounds::VARIABLES,
        "additionalProperties": {"type": "string", "maxLength": super::bounds::VARIABLE},
    })
}

/// A reason. Described here for the optional field, which would otherwise show the description of the type.
pub(super) fn reason_schema(generator: &mut SchemaGenerator) -> Schema {
    super::Reason::json_schema(generator)
}

/// A map from names to decimal numbers, with a rule on the names.
fn numbers_schema(most: u32, name: &str, names: &str, meaning: &str) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": most,
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": DECIMAL},
        "x-kubernetes-validations": [{
            "rule": format!("self.all(name, size(name) <= 63 && name.matches(r'{names}'))"),
            "message": format!("`{name}` must have names that {meaning}"),
        }],
    })
}

/// At most 16 numbers, by names that are valid in expressions.
pub(super) fn facts_schema(_: &mut SchemaGenerator) -> Schema {
    numbers_schema(16, "facts", "^[a-zA-Z_][a-zA-Z0-9_]*$", "consist of letters, digits and '_'")
}

/// At most 32 values of metrics.
pub(super) fn observed_metrics_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 32,
        "additionalProperties": whole_or_text(64, Some(DECIMAL)),
    })
}

/// At most 64 prices, by instance type.
pub(super) fn prices_schema(_: &mut SchemaGenerator) -> Schema {
    numbers_schema(64, "prices", INSTANCE_TYPE, "are instance types, such as 'ml.g5.2xlarge'")
}

/// SageMaker's bounds on environment variables.
pub(super) fn environment_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 48,
        "additionalProperties": whole_or_text(512, None),
        "x-kubernetes-validations": [{
            "rule": "self.all(name, size(name) <= 512 && name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$'))",
            "message": "`environment` must have names of letters, digits and '_', of at most 512 characters",
        }],
    })
}

/// SageMaker's limits on tags, minus the tags that the operator itself sets.
pub(super) fn tags_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 40,
        "additionalProperties": {"type": "string", "maxLength": 256},
        "x-kubernetes-validations": [{
            "rule": "self.all(key, size(key) >= 1 && size(key) <= 128 && !key.matches('^[aA][wW][sS]:') && !key.startsWith('modelselection.dev/') && !key.startsWith('sagemaker-sdk:'))",
            "message": "`tags` must have keys of 1 to 128 characters that do not begin with 'aws:' in any case, 'modelselection.dev/' or 'sagemaker-sdk:'",
        }, {
            "rule": "self.all(key, (key + self[key]).matches(r'^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$'))",
            "message": "`tags` must consist of letters, digits, spaces and '_.:/=+-@'",
        }],
    })
}
