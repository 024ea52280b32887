//! What the API server accepts and refuses, and what users see: a real API server with the CRD as it is shipped.
// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client};
use samples::admission::{jumpstart, merged, yaml};
use serde_json::Value;
use testkit::{ControlPlane, fresh_namespace, install_crd, shared};

mod cases;
mod status;
mod view;

const CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/modelselections.yaml");

async fn plane(purpose: &str) -> (&'static ControlPlane, Client, String) {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, Path::new(CRD)).await;
    let namespace = fresh_namespace(&client, purpose).await;
    (plane, client, namespace)
}

/// Without the operator's types, which could not represent invalid objects.
fn selections(client: &Client, namespace: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("modelselection.dev", "v1alpha1", "ModelSelection");
    Api::namespaced_with(client.clone(), namespace, &ApiResource::from_gvk_with_plural(&kind, "modelselections"))
}

/// How an object is sent to the API server.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `kubectl apply --server-side`, Argo CD, Flux.
    ServerSideApply,
    /// `kubectl create`, and `kubectl apply` for a new object.
    Create,
}

const WAYS: [Way; 2] = [Way::ServerSideApply, Way::Create];

/// Sends the object to the server as a dry run.
async fn ask(client: &Client, namespace: &str, object: &Value, way: Way) -> Result<DynamicObject, String> {
    let api = selections(client, namespace);
    let name = object["metadata"]["name"].as_str().unwrap();
    let answer = match way {
        Way::ServerSideApply => {
            let parameters = PatchParams::apply("tests").force().dry_run().validation_strict();
            api.patch(name, &parameters, &Patch::Apply(object)).await
        }
        Way::Create => {
            let parameters = PostParams { dry_run: true, ..PostParams::default() };
            api.create(&parameters, &serde_json::from_value(object.clone()).unwrap()).await
        }
    };
    answer.map_err(|error| match error {
        kube::Error::Api(status) => status.message.clone(),
        other => panic!("no answer of the API server: {other}"),
    })
}

fn kubectl(plane: &ControlPlane, arguments: &[&str]) -> String {
    try_kubectl(plane, arguments).unwrap_or_else(|error| panic!("kubectl {arguments:?}: {error}"))
}

fn try_kubectl(plane: &ControlPlane, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("kubectl").args(kubectl_options(plane)).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run kubectl: {e}"));
    let text = if output.status.success() { &output.stdout } else { &output.stderr };
    let text = String::from_utf8_lossy(text).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// A schema cache of its own, separate from that of the user and of other control planes.
fn kubectl_options(plane: &ControlPlane) -> [String; 2] {
    let cache = plane.folder().join("kubectl-cache");
    [format!("--kubeconfig={}", plane.kubeconfig().display()), format!("--cache-dir={}", cache.display())]
}
