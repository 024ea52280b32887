//! Shared by both: built programs, objects of kinds for which this crate has no types, the YAML of the guides.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::api::{DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::pinned_kind;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::time::Instant;

use testkit::manifests::apply;
use testkit::{ControlPlane, ControlPlaneOptions, await_until, install_crd};

/// Flux checks every 5 s; Argo CD waits longer if nothing changes.
pub const DEADLINE: Duration = Duration::from_mins(2);
pub const CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/modelselections.yaml");

/// A control plane for each test, because all of them install the same CRD. With the controller manager, which rolls
/// out the operator, and whose garbage collector performs Argo CD's foreground deletions.
pub async fn plane(crds: &[&str]) -> ControlPlane {
    let crds = crds.iter().map(PathBuf::from).collect();
    ControlPlane::start(ControlPlaneOptions { controller_manager: true, crds, ..Default::default() }).await
}

/// Installs the CRDs of a program.
pub async fn install_crds_of(client: &Client, program: &Path) {
    let mut files: Vec<_> =
        program.with_file_name("crds").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no kinds", program.display());
    for file in files {
        install_crd(client, &file).await;
    }
}

/// Writes a file, and creates its parent folders.
pub fn write_file(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
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

/// Applies objects of a guide without waiting.
pub async fn apply_all(client: &Client, objects: &[Value]) {
    for object in objects {
        apply(client, object).await.unwrap_or_else(|e| panic!("the server refuses {object:#}: {e}"));
    }
}

pub async fn annotate(api: &Api<DynamicObject>, name: &str, key: &str, value: &str) {
    let patch = json!({"metadata": {"annotations": {key: value}}});
    api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
}

/// All objects of a guide, in order.
pub fn all_of_guide(page: &str) -> Vec<Value> {
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(|block| serde_saphyr::from_multiple::<Value>(block).unwrap_or_else(|e| panic!("{e}\n{block}")))
        .collect()
}

/// The first object of that kind and name in a guide, or in a section of it.
pub fn of_guide(page: &str, kind: &str, name: &str) -> Value {
    let wanted = |object: &Value| object["kind"] == kind && object["metadata"]["name"] == name;
    all_of_guide(page).into_iter().find(wanted).unwrap_or_else(|| panic!("the guide has no {kind} {name}"))
}

/// The section of a page that starts at a heading.
pub fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let heading = format!("\n{heading}\n");
    page.split_once(&heading).unwrap_or_else(|| panic!("there is no{heading}")).1
}

/// The same object in another namespace.
pub fn in_namespace(mut object: Value, namespace: &str) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    object
}

/// The examples of this repository, in a namespace.
pub fn examples(namespace: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let manifests = files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    let read = |file| serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    manifests.map(|file| in_namespace(read(file), namespace)).collect()
}

/// Copies the files of this repository that users refer to.
pub fn copy_repository(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    command(root, "cp", &["-r", "charts", "crds", "deploy", to.to_str().unwrap()]);
}

/// Marks each Pod of a namespace as running and ready, like a node would. Ends with the test's runtime.
pub fn play_nodes(client: &Client, namespace: &str) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let seen = watcher(pods.clone(), watcher::Config::default()).default_backoff().applied_objects();
    let ready = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    tokio::spawn(seen.for_each(move |pod| {
        let (pods, ready) = (pods.clone(), ready.clone());
        async move {
            // The Pod may be deleted meanwhile; code that waits for it reports that.
            if let Ok(Pod { metadata, status: Some(PodStatus { phase, .. }), .. }) = pod
                && phase.as_deref() == Some("Pending")
            {
                let name = metadata.name.unwrap_or_default();
                drop(pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(&ready)).await);
            }
        }
    }));
}

/// Waits until the summary of an object contains all of these texts, and prints how long that took.
pub async fn await_summary(
    api: &Api<DynamicObject>,
    name: &str,
    parts: &[&str],
    summarize: impl Fn(&DynamicObject) -> String,
) -> Duration {
    let started = Instant::now();
    await_until(&format!("{name} says {parts:?}"), DEADLINE, async || {
        let summary = summarize(&api.get(name).await.map_err(|e| e.to_string())?);
        if parts.iter().all(|part| summary.contains(part)) { Ok(()) } else { Err(summary) }
    })
    .await;
    started.elapsed()
}

/// The names of all objects.
pub async fn names(api: &Api<DynamicObject>) -> Vec<String> {
    api.list(&ListParams::default()).await.unwrap().items.iter().map(kube::ResourceExt::name_any).collect()
}

/// Runs a program of the machine, without the settings of its user.
pub fn command(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap_or_else(|e| panic!("cannot run {program}: {e}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
