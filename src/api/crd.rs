//! The CRD as it is shipped: what the derive makes, plus what the derive cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::ModelSelection;

/// The CRD of [`ModelSelection`].
///
/// # Panics
/// Never in a released binary: the schema is a constant of the build, and a test makes it.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = serde_json::to_value(ModelSelection::crd()).expect("a CRD is JSON");
    // Flux would take `${` in descriptions and patterns for its own variables.
    crd["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/substitute": "disabled"});
    let schema = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    tidy(schema, false);
    // Without a status, kstatus (Flux, Helm 4) takes a new object for ready before the operator has seen it.
    schema["properties"]["status"]["default"] = json!({"observedGeneration": -1});
    serde_json::from_value(crd).expect("what came from a CRD is a CRD")
}

/// Takes out of the schema what is harmful in a Kubernetes API:
/// - `nullable`, which breaks merge patches and server-side apply: optional fields are left out instead;
/// - defaults below list items, which keep Argo CD's diff from ever being empty;
/// - the line breaks of the source, so that `kubectl explain` wraps by itself.
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

/// A map of at most 100 hyperparameters, with SageMaker's bounds on names and values.
pub(super) fn hyperparameters_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 100,
        "additionalProperties": {"type": "string", "maxLength": 2500},
    })
}

/// The three values of a condition's status.
pub(super) fn condition_status_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["True", "False", "Unknown"]})
}
