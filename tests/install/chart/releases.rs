//! The life of a release on a real API server: install, upgrade, roll back, uninstall, install again.

use std::fs;
use std::path::{Path, PathBuf};

use api::{FINALIZER, ModelSelection};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::helm::{CHART, Helm, NAMESPACE, Objects, RELEASE, namespace_of_the_release};
use testkit::manifests::apply;
use testkit::run_folder::{numbered, run_folder};
use testkit::world::DEADLINE;
use testkit::{ControlPlane, ControlPlaneOptions, Selection, await_gone, await_until, install_crd};

pub const CRD: &str = "modelselections.modelselection.dev";
/// A field that the older CRD does not have.
const NEW_FIELD: &str = "retries";

/// The chart as an earlier release may have been: an older version, without one of the fields.
fn older_chart() -> PathBuf {
    let older = run_folder().join(numbered("older-chart"));
    copy(Path::new(CHART), &older);
    let edit = |file: &str, edit: &dyn Fn(String) -> String| {
        let path = older.join(file);
        let text = edit(fs::read_to_string(&path).unwrap());
        fs::write(path, text).unwrap();
    };
    edit("Chart.yaml", &|text| text.replace("ersion: 0.1.0", "ersion: 0.0.9"));
    edit("files/modelselections.yaml", &|text| {
        let mut crd: Value = serde_saphyr::from_str(&text).unwrap();
        let fields = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
        crd.pointer_mut(fields).unwrap().as_object_mut().unwrap().remove(NEW_FIELD).unwrap();
        crd.to_string()
    });
    older
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The parts of the cluster that the tests check.
struct Cluster {
    deployments: Api<Deployment>,
    definitions: Api<CustomResourceDefinition>,
    selections: Api<ModelSelection>,
}

impl Cluster {
    fn of(plane: &ControlPlane) -> Self {
        let client = plane.client();
        Self {
            deployments: Api::namespaced(client.clone(), NAMESPACE),
            definitions: Api::all(client.clone()),
            selections: Api::default_namespaced(client),
        }
    }

    async fn image(&self) -> String {
        let deployment = serde_json::to_value(self.deployments.get(RELEASE).await.unwrap()).unwrap();
        let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
        image.as_str().unwrap().rsplit_once(':').unwrap().1.to_owned()
    }

    async fn has_the_new_field(&self) -> bool {
        let crd = serde_json::to_value(self.definitions.get(CRD).await.unwrap()).unwrap();
        let fields = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        !fields[NEW_FIELD].is_null()
    }

    /// Creates an ordinary selection, and returns its uid.
    async fn make_selection(&self, plane: &ControlPlane) -> String {
        await_until("selections are served", DEADLINE, async || {
            let listed = self.selections.list(&kube::api::ListParams::default()).await;
            listed.map(drop).map_err(|error| error.to_string())
        })
        .await;
        let mut selection = Selection::new("kept").images(&["resnet"]).0;
        selection["metadata"]["namespace"] = json!("default");
        apply(&plane.client(), &selection).await.unwrap();
        self.selection().await
    }

    async fn selection(&self) -> String {
        self.selections.get("kept").await.unwrap().metadata.uid.unwrap()
    }
}

/// Runs `helm test`, with a Pod that ends in the given phase. Returns whether Helm reports success.
async fn helm_test(helm: Helm, plane: &ControlPlane, phase: &str) -> bool {
    let kubeconfig = plane.kubeconfig().to_owned();
    let arguments = ["test", RELEASE, "--namespace", NAMESPACE, "--timeout", "60s", "--logs"];
    let testing = tokio::task::spawn_blocking(move || helm.run(&arguments, "", Some(&kubeconfig)));
    let pods: Api<Pod> = Api::namespaced(plane.client(), NAMESPACE);
    let name = format!("{RELEASE}-test");
    await_until("the Pod has ended", DEADLINE, async || {
        let ended = Patch::Merge(json!({"status": {"phase": phase}}));
        pods.patch_status(&name, &PatchParams::default(), &ended).await.map(drop).map_err(|error| error.to_string())
    })
    .await;
    testing.await.unwrap().is_ok()
}

/// The warnings in the notes of a release.
const NOTES: [(&str, &[&str]); 5] = [
    ("", &["helm test modelselection-operator", "no annotation", "pays for them again"]),
    ("crds: {keep: false}", &["Delete them first", "kubectl delete modelselections --all --all-namespaces"]),
    ("crds: {enabled: false}", &["apply crds/modelselections.yaml yourself"]),
    ("emulator: {enabled: true}", &["nothing is trained"]),
    ("watchNamespaces: [team-a]\nclusterName: prod", &["the namespaces team-a.", "namespace: team-a\n"]),
];

/// Selections survive everything except explicit deletions.
async fn lives(helm: Helm) {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let cluster = Cluster::of(&plane);
    let run = |arguments: &[&str], values: &str| {
        let arguments = [arguments, &["--namespace", NAMESPACE]].concat();
        helm.run(&arguments, values, Some(plane.kubeconfig())).unwrap_or_else(|e| panic!("{arguments:?}: {e}"))
    };
    for (values, words) in NOTES {
        let said = run(&["install", RELEASE, CHART, "--dry-run=client", "--values", "-"], values);
        let notes = said.split_once("NOTES:").expect("notes").1;
        assert!(words.iter().all(|word| notes.contains(word)), "{helm:?} with {values}: {notes}");
    }

    let older = older_chart();
    run(&["install", RELEASE, older.to_str().unwrap(), "--create-namespace"], "");
    assert_eq!((cluster.image().await.as_str(), cluster.has_the_new_field().await), ("0.0.9", false));
    let selection = cluster.make_selection(&plane).await;

    run(&["upgrade", RELEASE, CHART, "--values", "-"], "replicas: 2\nnetworkPolicy: {enabled: true}");
    assert_eq!((cluster.image().await.as_str(), cluster.has_the_new_field().await), ("0.1.0", true));
    assert_eq!(cluster.selection().await, selection);
    // The logs are read after the end, so the Pod must still exist; the next test replaces it.
    assert!(helm_test(helm, &plane, "Succeeded").await);
    assert!(!helm_test(helm, &plane, "Failed").await);
    // From all namespaces to some: the cluster-wide permissions are removed.
    run(&["upgrade", RELEASE, CHART, "--values", "-"], "watchNamespaces: [default]\nclusterName: prod");
    let roles: Api<k8s_openapi::api::rbac::v1::ClusterRole> = Api::all(plane.client());
    assert!(roles.get_opt(RELEASE).await.unwrap().is_none());

    run(&["rollback", RELEASE, "1"], "");
    assert_eq!((cluster.image().await.as_str(), cluster.has_the_new_field().await), ("0.0.9", false));
    assert!(roles.get_opt(RELEASE).await.unwrap().is_some());
    assert_eq!(cluster.selection().await, selection);

    run(&["uninstall", RELEASE], "");
    assert!(cluster.deployments.get_opt(RELEASE).await.unwrap().is_none());
    assert_eq!(cluster.selection().await, selection);
    // The manifest that the notes print can be applied as it is, in a namespace that this operator watches.
    for (values, namespace) in [("", "default"), ("watchNamespaces: [printed, other]\nclusterName: prod", "printed")] {
        let namespaced = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        apply(&plane.client(), &namespaced).await.unwrap();
        let said = run(&["install", RELEASE, CHART, "--dry-run=client", "--values", "-"], values);
        let (_, printed) = said.split_once("<<'EOF'\n").expect("a sample");
        let printed: Value = serde_saphyr::from_str(printed.split_once("\nEOF\n").expect("its end").0).unwrap();
        assert_eq!(printed["metadata"]["namespace"], namespace);
        apply(&plane.client(), &printed).await.unwrap();
        let selections: Api<ModelSelection> = Api::namespaced(plane.client(), namespace);
        selections.delete("minimal", &kube::api::DeleteParams::default()).await.unwrap();
    }
    // Kept objects are adopted again.
    run(&["install", RELEASE, CHART, "--values", "-"], "crds: {keep: false}");
    assert!(cluster.has_the_new_field().await);
    assert_eq!(cluster.selection().await, selection);

    // As the notes say: objects whose finalizer waits for an operator block the deletion of the CRD.
    let finalizers = async |finalizers: &[&str]| {
        let patch = Patch::Merge(json!({"metadata": {"finalizers": finalizers}}));
        cluster.selections.patch("kept", &PatchParams::default(), &patch).await.unwrap();
    };
    finalizers(&[FINALIZER]).await;
    run(&["uninstall", RELEASE], "");
    await_until("the selection is being deleted", DEADLINE, async || {
        cluster.selections.get("kept").await.ok()?.metadata.deletion_timestamp
    })
    .await;
    assert!(cluster.definitions.get(CRD).await.unwrap().metadata.deletion_timestamp.is_some());
    finalizers(&[]).await;
    await_gone(&cluster.definitions, CRD, DEADLINE).await;

    // A CRD that was installed with kubectl can be taken over.
    install_crd(&plane.client(), testkit::programs::CRD.as_ref()).await;
    run(&["install", RELEASE, CHART, "--take-ownership"], "");
    assert_eq!(cluster.image().await, "0.1.0");
}

#[tokio::test]
async fn a_release_of_helm_4_lives() {
    lives(Helm::Four).await;
}

#[tokio::test]
async fn a_release_of_helm_3_lives() {
    lives(Helm::Three).await;
}

/// An output that was rendered once, as Argo CD and Flux have applied it. Unlike the current chart, it never changes:
/// so this test detects a change of an immutable field, such as a selector.
#[tokio::test]
async fn an_earlier_installation_can_be_upgraded() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    apply(&client, &namespace_of_the_release()).await.unwrap();
    for rendered in [include_str!("older/0.1.0.yaml")] {
        let older = Objects::of(rendered);
        let newer = Helm::Four.template(CHART, "replicas: 2\nnetworkPolicy: {enabled: true}").unwrap().without_hooks();
        for objects in [&older, &newer] {
            for (name, object) in &objects.0 {
                apply(&client, object).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        // A renamed object would leave the old one behind; with the Deployment there would be two operators.
        for name in older.0.keys() {
            assert!(newer.0.contains_key(name), "{name} is missing");
        }
    }
}

/// Like Argo CD and Flux do.
#[tokio::test]
async fn a_newer_rendering_can_be_applied_over_an_older_one() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    let cluster = Cluster::of(&plane);
    apply(&client, &namespace_of_the_release()).await.unwrap();
    let older = Helm::Four.template(older_chart().to_str().unwrap(), "").unwrap();
    let newer = Helm::Four.template(CHART, "replicas: 2").unwrap();
    let mut selection = None;
    for (rendering, image, new_field) in [(older, "0.0.9", false), (newer, "0.1.0", true)] {
        for (name, object) in &rendering.without_hooks().0 {
            apply(&client, object).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert_eq!((cluster.image().await.as_str(), cluster.has_the_new_field().await), (image, new_field));
        match &selection {
            None => selection = Some(cluster.make_selection(&plane).await),
            Some(uid) => assert_eq!(&cluster.selection().await, uid),
        }
    }
}
