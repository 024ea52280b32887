//! The manifest of a selection.

use std::collections::BTreeMap;

use api::{ModelSelection, ModelSelectionSpec};
use kube::ResourceExt;
use serde::Serialize;

/// The object without the fields that the cluster and the operator added, as YAML.
pub fn manifest(selection: &ModelSelection) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Manifest<'a> {
        api_version: &'static str,
        kind: &'static str,
        metadata: Metadata<'a>,
        spec: &'a ModelSelectionSpec,
    }
    #[derive(Serialize)]
    struct Metadata<'a> {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        labels: &'a BTreeMap<String, String>,
    }
    let metadata =
        Metadata { name: selection.name_any(), namespace: selection.namespace(), labels: selection.labels() };
    let manifest = Manifest {
        api_version: "modelselection.dev/v1alpha1",
        kind: "ModelSelection",
        metadata,
        spec: &selection.spec,
    };
    serde_saphyr::to_string(&manifest).unwrap_or_default()
}
