//! What both need: built programs, objects of kinds that this crate has no types for, the YAML of the guides.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kube::api::{DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::pinned_kind;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::manifests::apply;
use crate::support::{ControlPlane, ControlPlaneOptions, await_until, install_crd, shared_with};

/// Flux looks every 5 s, Argo CD waits longer where nothing changes.
pub const DEADLINE: Duration = Duration::from_mins(2);
pub const CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/modelselections.yaml");

/// With the controller manager: Argo CD's deletions are in the foreground, which is the garbage collector's work.
pub async fn plane() -> &'static ControlPlane {
    let options = ControlPlaneOptions { controller_manager: true, crds: vec![CRD.into()], ..Default::default() };
    shared_with(options).await
}

/// Installs the kinds that came with a program.
pub async fn install_crds_of(client: &Client, program: &Path) {
    let mut files: Vec<_> =
        program.with_file_name("crds").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no kinds", program.display());
    for file in files {
        install_crd(client, &file).await;
    }
}

/// Objects of a kind in a namespace.
pub async fn objects(client: &Client, api_version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap();
    let (resource, _) = pinned_kind(client, &GroupVersionKind::gvk(group, version, kind)).await.unwrap();
    Api::namespaced_with(client.clone(), namespace, &resource)
}

pub async fn make_namespace(client: &Client, name: &str) {
    apply(client, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await.unwrap();
}

/// Applies an object of a guide and waits for nothing.
pub async fn apply_all(client: &Client, objects: &[Value]) {
    for object in objects {
        apply(client, object).await.unwrap_or_else(|e| panic!("the server refuses {object:#}: {e}"));
    }
}

pub async fn annotate(api: &Api<DynamicObject>, name: &str, key: &str, value: &str) {
    let patch = json!({"metadata": {"annotations": {key: value}}});
    api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
}

/// The object of a guide that has this name, among all YAML of the page.
pub fn of_guide(page: &str, kind: &str, name: &str) -> Value {
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let objects = blocks.flat_map(|block| serde_saphyr::from_multiple::<Value>(block).unwrap());
    let wanted = |object: &Value| object["kind"] == kind && object["metadata"]["name"] == name;
    objects.into_iter().find(wanted).unwrap_or_else(|| panic!("the guide has no {kind} {name}"))
}

/// Waits until a text about an object contains all of these, and says how long that took.
pub async fn await_told(
    api: &Api<DynamicObject>,
    name: &str,
    parts: &[&str],
    tell: impl Fn(&DynamicObject) -> String,
) -> Duration {
    let started = Instant::now();
    await_until(&format!("{name} says {parts:?}"), DEADLINE, async || {
        let told = tell(&api.get(name).await.map_err(|e| e.to_string())?);
        if parts.iter().all(|part| told.contains(part)) { Ok(()) } else { Err(told) }
    })
    .await;
    started.elapsed()
}

/// The names of all objects.
pub async fn names(api: &Api<DynamicObject>) -> Vec<String> {
    api.list(&ListParams::default()).await.unwrap().items.iter().map(kube::ResourceExt::name_any).collect()
}

/// Runs a program of the machine, with no settings of its user.
pub fn command(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap_or_else(|e| panic!("cannot run {program}: {e}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
