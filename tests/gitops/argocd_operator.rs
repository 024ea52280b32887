//! Argo CD installs the operator and then the selections, in waves; and whatever is removed from git, the CRD stays.

use std::time::Duration;

use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};

use crate::argocd_programs::{ArgoCd, GUIDE, REFRESH, Repository, SYSTEM, applications, summary};
use crate::parts::{
    CRD, DEADLINE, annotate, apply_all, await_summary, copy_repository, examples, in_namespace, names, objects,
    of_guide, plane, play_nodes, section,
};
use testkit::{Selection, World, await_gone, await_object, await_until, consistently, fresh_namespace, kubectl};

const OPERATOR: &str = "modelselection-operator";
const DEFINITION: &str = "modelselections.modelselection.dev OutOfSync";
const OPERATORS_NAMESPACE: &str = "modelselection-system";

/// An object of the guide with its sources on this machine.
fn here(mut object: Value, repository: &Repository, fleet: &Repository) -> Value {
    let text = object.to_string();
    let url = |repository: &Repository| json!(repository.url()).to_string();
    object = serde_json::from_str(
        &text
            .replace("\"https://github.com/modelselection/modelselection-operator\"", &url(repository))
            .replace("\"https://example.com/fleet.git\"", &url(fleet))
            .replace("\"targetRevision\":\"main\"", "\"targetRevision\":\"HEAD\""),
    )
    .unwrap();
    assert_ne!(object.to_string(), text);
    object
}

/// The Application `selections` of the guide, for another folder and namespace.
fn application(name: &str, path: &str, namespace: &str) -> Value {
    let mut application = of_guide(GUIDE, "Application", "selections");
    application["metadata"]["name"] = json!(name);
    application["spec"]["source"]["path"] = json!(path);
    application["spec"]["destination"]["namespace"] = json!(namespace);
    application
}

/// Waits until an Application and all its resources are Synced.
async fn await_synced(applications: &Api<DynamicObject>, name: &str) {
    await_until(&format!("{name} is Synced"), DEADLINE, async || {
        let text = summary(&applications.get(name).await.map_err(|e| e.to_string())?);
        if text.starts_with("Synced") && !text.contains("OutOfSync") { Ok(()) } else { Err(text) }
    })
    .await;
}

/// Deletes the resources of an Application, like `argocd app delete`.
async fn cascade(applications: &Api<DynamicObject>, name: &str) {
    let finalizer = json!({"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}});
    applications.patch(name, &PatchParams::default(), &Patch::Merge(&finalizer)).await.unwrap();
    applications.delete(name, &DeleteParams::default()).await.unwrap();
    await_gone(applications, name, DEADLINE).await;
}

#[tokio::test]
#[ignore = "builds Argo CD: make test-gitops"]
async fn argo_cd_installs_the_operator_and_then_every_example() {
    let plane = &plane(&[]).await;
    let client = plane.client();
    let _argo_cd = ArgoCd::start(plane, &client).await;
    let mut waves = of_guide(GUIDE, "ConfigMap", "argocd-cm");
    // The tracking method with which Argo CD would consider the CRD its own, and prune it.
    waves["data"]["application.resourceTrackingMethod"] = json!("label");
    let arguments = ["apply", "--server-side", "--field-manager=guide", "-f", "-"];
    let (code, said) = kubectl(plane, &arguments, &waves.to_string());
    assert_eq!(code, 0, "{said}");
    let applications = applications(&client).await;
    let namespace = fresh_namespace(&client, "waves").await;
    let (repository, fleet) = (Repository::new(OPERATOR), Repository::new("fleet"));
    copy_repository(repository.folder());
    repository.commit(&applications, &[]).await;
    for example in examples(&namespace) {
        fleet
            .write(&format!("selections/{}.json", example["metadata"]["name"].as_str().unwrap()), &example.to_string());
    }
    let operator = here(of_guide(GUIDE, "Application", OPERATOR), &repository, &fleet);
    fleet.write("apps/operator.json", &operator.to_string());
    let selections = here(application("selections", "selections", &namespace), &repository, &fleet);
    fleet.write("apps/selections.json", &selections.to_string());
    fleet.commit(&applications, &[]).await;

    // The second wave waits for the operator's Pod.
    apply_all(&client, &[here(application("apps", "apps", SYSTEM), &repository, &fleet)]).await;
    await_until("the operator's Application", DEADLINE, async || {
        names(&applications).await.contains(&OPERATOR.to_owned())
    })
    .await;
    await_summary(&applications, OPERATOR, &["Synced Progressing"], summary).await;
    consistently("the second wave waits", Duration::from_secs(7), async || {
        let there = names(&applications).await;
        if there.contains(&"selections".to_owned()) { Err(format!("{there:?}")) } else { Ok(()) }
    })
    .await;
    play_nodes(&client, OPERATORS_NAMESPACE);
    await_summary(&applications, OPERATOR, &["Synced Healthy"], summary).await;
    await_until("the second wave", DEADLINE, async || names(&applications).await.contains(&"selections".to_owned()))
        .await;
    await_synced(&applications, "selections").await;

    // Whatever an example contains, and whatever the operator writes: no drift, and none of the CRD.
    let world = World::start_in(plane, &namespace, &["--speed", "0"], &[]).await;
    world.await_launched("two-datasets").await;
    let kept = names(&selections_in(&client, &namespace).await).await;
    assert_eq!(kept.len(), examples(&namespace).len());
    for name in ["apps", OPERATOR, "selections"] {
        annotate(&applications, name, REFRESH, "hard").await;
        let compared = |application: &DynamicObject| !application.annotations().contains_key(REFRESH);
        let application = await_object(&applications, name, "compared", DEADLINE, compared).await;
        assert!(summary(&application).starts_with("Synced"), "{name}: {}", summary(&application));
        assert!(!summary(&application).contains("OutOfSync"), "{name}: {}", summary(&application));
    }

    // The CRD is removed from git: it is not pruned.
    let mut without = operator.clone();
    without["spec"]["source"]["helm"]["valuesObject"]["crds"] = json!({"enabled": false});
    fleet.write("apps/operator.json", &without.to_string());
    fleet.commit(&applications, &["apps"]).await;
    await_summary(&applications, OPERATOR, &["OutOfSync", DEFINITION, "sync Succeeded"], summary).await;
    assert_eq!(names(&selections_in(&client, &namespace).await).await, kept);

    // Nor is it pruned when the operator itself is removed.
    fleet.write("apps/operator.json", &operator.to_string());
    fleet.commit(&applications, &["apps"]).await;
    await_summary(&applications, OPERATOR, &["Synced Healthy"], summary).await;
    let orphans = json!({"spec": {"syncPolicy": {"automated": null}}});
    applications.patch("apps", &PatchParams::default(), &Patch::Merge(&orphans)).await.unwrap();
    let deployments = objects(&client, "apps/v1", "Deployment", OPERATORS_NAMESPACE).await;
    cascade(&applications, OPERATOR).await;
    await_gone(&deployments, OPERATOR, DEADLINE).await;
    assert_eq!(names(&selections_in(&client, &namespace).await).await, kept);

    // The same by an overlay.
    let by_overlay = of_guide(section(GUIDE, "### By an overlay"), "Application", OPERATOR);
    apply_all(&client, &[here(by_overlay, &repository, &fleet)]).await;
    await_synced(&applications, OPERATOR).await;
    cascade(&applications, OPERATOR).await;
    await_gone(&deployments, OPERATOR, DEADLINE).await;
    assert_eq!(names(&selections_in(&client, &namespace).await).await, kept);
}

#[tokio::test]
#[ignore = "builds Argo CD: make test-gitops"]
async fn argo_cd_makes_an_application_of_each_folder() {
    let plane = &plane(&[CRD]).await;
    let client = plane.client();
    let _argo_cd = ArgoCd::start(plane, &client).await;
    let applications = applications(&client).await;
    let fleet = Repository::new("fleet");
    for team in ["team-a", "team-b"] {
        let flowers = Selection::new("flowers").images(&["a"]).0;
        fleet.write(&format!("selections/{team}/flowers.json"), &in_namespace(flowers, team).to_string());
    }
    fleet.commit(&applications, &[]).await;
    apply_all(&client, &[here(of_guide(GUIDE, "ApplicationSet", "selections"), &fleet, &fleet)]).await;
    let made = async || names(&applications).await;
    await_until("an Application of each folder", DEADLINE, async || {
        let made = made().await;
        if made == ["selections-team-a", "selections-team-b"] { Ok(()) } else { Err(made) }
    })
    .await;
    for name in made().await {
        await_summary(&applications, &name, &["Synced Progressing", "flowers Synced"], summary).await;
    }

    // If a folder is removed, its Application is deleted, but not the selection.
    fleet.remove("selections/team-b/flowers.json");
    fleet.commit(&applications, &[]).await;
    let sets = objects(&client, "argoproj.io/v1alpha1", "ApplicationSet", SYSTEM).await;
    annotate(&sets, "selections", "argocd.argoproj.io/application-set-refresh", "true").await;
    await_gone(&applications, "selections-team-b", DEADLINE).await;
    assert_eq!(names(&selections_in(&client, "team-b").await).await, ["flowers"]);
}

async fn selections_in(client: &Client, namespace: &str) -> Api<DynamicObject> {
    objects(client, "modelselection.dev/v1alpha1", "ModelSelection", namespace).await
}
