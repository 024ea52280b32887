//! Flux installs the operator as in the guide, and removes it again: the selections stay.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use kube::api::{DeleteParams, DynamicObject};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};

use crate::flux_programs::{Flux, GUIDE, SYSTEM, Source, fleet, kustomizations, mark_ready, not_ready, summary};
use crate::parts::{
    DEADLINE, annotate, apply_all, await_summary, copy_repository, examples, in_namespace, make_namespace, names,
    objects, of_guide, plane, play_nodes, section,
};
use testkit::run_folder::run_folder;
use testkit::{ControlPlane, Selection, World, await_gone, await_until, fresh_namespace, tool};

const OPERATOR: &str = "modelselection-operator";
const OPERATORS_NAMESPACE: &str = "modelselection-system";

async fn selections(client: &Client, namespace: &str) -> Api<DynamicObject> {
    objects(client, "modelselection.dev/v1alpha1", "ModelSelection", namespace).await
}

async fn deployments(client: &Client) -> Api<DynamicObject> {
    objects(client, "apps/v1", "Deployment", OPERATORS_NAMESPACE).await
}

/// The generation of each object.
async fn generations(api: &Api<DynamicObject>) -> BTreeMap<String, Option<i64>> {
    let all = api.list(&kube::api::ListParams::default()).await.unwrap();
    all.items.into_iter().map(|object| (object.name_any(), object.metadata.generation)).collect()
}

#[tokio::test]
#[ignore = "builds kustomize-controller: make test-gitops"]
async fn flux_installs_the_operator_by_an_overlay_and_every_example() {
    let plane = &plane(&[]).await;
    let client = plane.client();
    let _flux = Flux::start(plane, &client).await;
    let namespace = fresh_namespace(&client, "overlay").await;
    let kustomizations = kustomizations(&client).await;
    // Only applied: some examples attach to jobs that this SageMaker does not have.
    let mut selections_only = of_guide(GUIDE, "Kustomization", "selections");
    selections_only["spec"]["wait"] = json!(false);
    let brought = ["GitRepository", "Kustomization"].map(|kind| of_guide(GUIDE, kind, OPERATOR));
    apply_all(&client, &brought).await;
    apply_all(&client, &[fleet(), selections_only]).await;
    let (mut repository, mut fleet) = (Source::new(&client, OPERATOR).await, Source::new(&client, "fleet").await);
    let all = examples(&namespace);
    for example in &all {
        fleet
            .write(&format!("selections/{}.yaml", example["metadata"]["name"].as_str().unwrap()), &example.to_string());
    }
    fleet.push().await;
    await_summary(&kustomizations, "selections", &["Ready=False DependencyNotReady"], summary).await;

    copy_repository(repository.folder());
    let revision = repository.push().await;
    // There is no node that runs the Pod yet.
    await_until("the operator is rolled out", DEADLINE, async || {
        deployments(&client).await.get(OPERATOR).await.map(drop).map_err(|e| e.to_string())
    })
    .await;
    not_ready(&kustomizations, OPERATOR, "its Pod does not run").await;
    play_nodes(&client, OPERATORS_NAMESPACE);
    await_summary(&kustomizations, OPERATOR, &["Ready=True", &revision], summary).await;
    await_summary(&kustomizations, "selections", &["Ready=True"], summary).await;
    let world = World::start_in(plane, &namespace, &["--speed", "0"], &[]).await;
    world.await_launched("two-datasets").await;

    // Whatever an example contains, it is applied once and never again. The same holds for the operator's own objects.
    let selections = selections(&client, &namespace).await;
    let definitions = objects_of_cluster(&client).await;
    let before = [
        generations(&selections).await,
        generations(&definitions).await,
        generations(&deployments(&client).await).await,
    ];
    assert_eq!(before[0].len(), all.len());
    for name in [OPERATOR, "selections"] {
        annotate(&kustomizations, name, "reconcile.fluxcd.io/requestedAt", "now").await;
        let handled = |object: &DynamicObject| object.data["status"]["lastHandledReconcileAt"] == "now";
        testkit::await_object(&kustomizations, name, "applied again", DEADLINE, handled).await;
        await_summary(&kustomizations, name, &["Ready=True"], summary).await;
    }
    let after = [
        generations(&selections).await,
        generations(&definitions).await,
        generations(&deployments(&client).await).await,
    ];
    assert_eq!(before, after);

    // The operator is removed from git; the CRD and the selections stay.
    let kept = names(&selections).await;
    kustomizations.delete(OPERATOR, &DeleteParams::default()).await.unwrap();
    await_gone(&kustomizations, OPERATOR, DEADLINE).await;
    await_gone(&deployments(&client).await, OPERATOR, DEADLINE).await;
    assert_eq!(names(&selections).await, kept);
}

/// The CRDs of this cluster.
async fn objects_of_cluster(client: &Client) -> Api<DynamicObject> {
    let kind = kube::core::GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let (resource, _) = kube::discovery::pinned_kind(client, &kind).await.unwrap();
    Api::all_with(client.clone(), &resource)
}

/// Runs Helm for a `HelmRelease` in place of helm-controller, which is not available here.
fn helm(plane: &ControlPlane, release: &Value, verb: &[&str], chart: Option<&Path>) -> String {
    let spec = &release["spec"];
    let text = |field: &str| spec[field].as_str().unwrap();
    let mut command = Command::new(tool("helm-4"));
    command.args(verb).arg(text("releaseName"));
    if let Some(chart) = chart {
        let values = run_folder().join("release.json");
        std::fs::write(&values, spec["values"].to_string()).unwrap();
        command.arg(chart.join(spec["chart"]["spec"]["chart"].as_str().unwrap())).arg("--values").arg(values);
    }
    command.args(["--namespace", text("targetNamespace")]).env("KUBECONFIG", plane.kubeconfig());
    for folder in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(folder, run_folder().join("helm"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "builds kustomize-controller: make test-gitops"]
async fn flux_waits_for_the_release_before_the_selections() {
    let plane = &plane(&[]).await;
    let client = plane.client();
    let _flux = Flux::start(plane, &client).await;
    let namespace = fresh_namespace(&client, "release").await;
    let kustomizations = kustomizations(&client).await;
    let chart = section(GUIDE, "## With the chart");
    let release = of_guide(chart, "HelmRelease", OPERATOR);
    let repository = of_guide(chart, "GitRepository", OPERATOR);
    apply_all(
        &client,
        &[fleet(), of_guide(chart, "Kustomization", OPERATOR), of_guide(GUIDE, "Kustomization", "selections")],
    )
    .await;
    let mut fleet = Source::new(&client, "fleet").await;
    fleet.write("operator/release.yaml", &format!("{repository}\n---\n{release}\n"));
    let flowers = in_namespace(Selection::new("flowers").images(&["a"]).0, &namespace);
    fleet.write("selections/flowers.yaml", &flowers.to_string());
    let revision = fleet.push().await;

    // The release is not installed: the selections wait, and the message names what they wait for.
    let releases = objects(&client, "helm.toolkit.fluxcd.io/v2", "HelmRelease", SYSTEM).await;
    await_until("Flux has applied the release", DEADLINE, async || names(&releases).await == [OPERATOR]).await;
    not_ready(&kustomizations, OPERATOR, "the release is not installed").await;
    await_summary(&kustomizations, "selections", &["Ready=False DependencyNotReady"], summary).await;

    let mut source = Source::new(&client, OPERATOR).await;
    copy_repository(source.folder());
    source.push().await;
    make_namespace(&client, OPERATORS_NAMESPACE).await;
    helm(plane, &release, &["install"], Some(source.folder()));
    play_nodes(&client, OPERATORS_NAMESPACE);
    mark_ready(&releases, OPERATOR, json!({})).await;
    await_summary(&kustomizations, OPERATOR, &["Ready=True", &revision], summary).await;
    let world = World::start_in(plane, &namespace, &["--speed", "0"], &[]).await;
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;
    world.await_launched("flowers").await;

    // Removed from git, and uninstalled: the CRD and the selection stay.
    kustomizations.delete(OPERATOR, &DeleteParams::default()).await.unwrap();
    await_gone(&releases, OPERATOR, DEADLINE).await;
    helm(plane, &release, &["uninstall"], None);
    await_gone(&deployments(&client).await, OPERATOR, DEADLINE).await;
    assert_eq!(names(&selections(&client, &namespace).await).await, ["flowers"]);

    // The same without helm-controller: rendered by Helm, applied by Flux.
    let rendered = helm(plane, &release, &["template", "--skip-tests"], Some(source.folder()));
    fleet.write("operator/release.yaml", &rendered);
    let revision = fleet.push().await;
    apply_all(&client, &[of_guide(chart, "Kustomization", OPERATOR)]).await;
    await_summary(&kustomizations, OPERATOR, &["Ready=True", &revision], summary).await;
    kustomizations.delete(OPERATOR, &DeleteParams::default()).await.unwrap();
    await_gone(&deployments(&client).await, OPERATOR, DEADLINE).await;
    await_gone(&kustomizations, OPERATOR, DEADLINE).await;
    assert_eq!(names(&selections(&client, &namespace).await).await, ["flowers"]);
}
