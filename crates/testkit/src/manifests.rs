//! Applying YAML as `kubectl apply --server-side` does.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::{GroupVersionKind, TypeMeta};
use kube::discovery::{Scope, pinned_kind};
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;

use super::await_until::await_object;

/// The field manager of everything that tests apply.
pub const FIELD_MANAGER: &str = "tests";

/// Applies every document of the text, in order, and returns the objects from the server's responses. Objects without a
/// namespace go into the client's (`default`). Stops at the first one that the server refuses.
pub async fn apply_yaml(client: &Client, yaml: &str) -> kube::Result<Vec<DynamicObject>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|e| panic!("not YAML: {e}\n{yaml}"));
    let mut applied = Vec::new();
    // A document with only comments is null.
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        applied.push(apply(client, &document).await?);
    }
    Ok(applied)
}

/// Applies one object. It is sent unchanged, so the server sees what a user would send.
pub async fn apply(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    let types: TypeMeta =
        serde_json::from_value(object.clone()).unwrap_or_else(|e| panic!("no apiVersion and kind ({e}): {object:#}"));
    let kind = GroupVersionKind::try_from(&types).unwrap_or_else(|e| panic!("not an apiVersion: {e}"));
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let name = text("/metadata/name").unwrap_or_else(|| panic!("no metadata.name: {object:#}"));
    let (resource, capabilities) = pinned_kind(client, &kind).await?;
    let api: Api<DynamicObject> = match (capabilities.scope, text("/metadata/namespace")) {
        (Scope::Cluster, _) => Api::all_with(client.clone(), &resource),
        (Scope::Namespaced, Some(namespace)) => Api::namespaced_with(client.clone(), namespace, &resource),
        (Scope::Namespaced, None) => Api::default_namespaced_with(client.clone(), &resource),
    };
    api.patch(name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(object)).await
}

/// Applies a file with custom resource definitions and waits until their kinds are served. Idempotent.
pub async fn install_crd(client: &Client, path: &Path) {
    let yaml = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let applied =
        apply_yaml(client, &yaml).await.unwrap_or_else(|e| panic!("the server refuses {}: {e}", path.display()));
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in applied {
        let name = definition.name_any();
        let established =
            await_object(&definitions, &name, "the CRD is established", Duration::from_secs(20), is_established).await;
        await_served(client, &established).await;
    }
}

fn is_established(definition: &CustomResourceDefinition) -> bool {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|c| c.type_ == "Established" && c.status == "True"))
}

/// "Established" comes a moment before discovery lists the kind.
async fn await_served(client: &Client, definition: &CustomResourceDefinition) {
    let spec = &definition.spec;
    for version in spec.versions.iter().filter(|version| version.served) {
        let kind = GroupVersionKind::gvk(&spec.group, &version.name, &spec.names.kind);
        let condition = async || pinned_kind(client, &kind).await;
        super::await_until(&format!("{kind:?} is served"), Duration::from_secs(20), condition).await;
    }
}
