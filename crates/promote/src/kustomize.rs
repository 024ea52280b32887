//! A folder for kustomize: the objects of AWS Controllers for Kubernetes, and a kustomization with their namespace
//! and labels.

use serde_json::json;

use crate::ack::{endpoint_config, model, yaml};
use crate::file::File;
use crate::header::header;
use crate::refusal::Refusal;
use crate::winner::Winner;

const MODEL: &str = "model.yaml";
const ENDPOINT_CONFIG: &str = "endpoint-config.yaml";

/// The files of the folder, the kustomization first.
pub(crate) fn files(winner: &Winner) -> Result<Vec<File>, Refusal> {
    let container = winner.known_container()?;
    let (selection, namespace) = &winner.selection;
    let mut kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [MODEL, ENDPOINT_CONFIG],
        "labels": [{"pairs": {"modelselection.dev/selection": selection, "modelselection.dev/candidate": winner.candidate}}],
    });
    if !namespace.is_empty() {
        kustomization["namespace"] = json!(namespace);
    }
    Ok(vec![
        File {
            name: "kustomization.yaml",
            text: format!("{}{}", header(winner, Some(container)), yaml(&kustomization)),
        },
        File { name: MODEL, text: yaml(&model(winner)?) },
        File { name: ENDPOINT_CONFIG, text: yaml(&endpoint_config(winner)) },
    ])
}
