//! Flux with selections: what it waits for, and what it prunes.

use std::time::Duration;

use kube::Api;
use kube::api::DynamicObject;
use serde_json::json;

use crate::flux_programs::{Flux, GUIDE, Source, fleet, kustomizations, not_ready, summary};
use crate::parts::{CRD, DEADLINE, annotate, apply_all, await_summary, in_namespace, names, objects, of_guide, plane};
use testkit::world::LONG;
use testkit::{Selection, World, await_gone, await_object, await_until, fresh_namespace, kubectl};

#[tokio::test]
#[ignore = "builds kustomize-controller: make test-gitops"]
async fn flux_waits_for_what_the_guide_says_and_no_longer() {
    let plane = &plane(&[CRD]).await;
    let client = plane.client();
    let _flux = Flux::start(plane, &client).await;
    let namespace = fresh_namespace(&client, "flux").await;
    let mut world = World::start_in(plane, &namespace, &["--speed", "0"], &[]).await;
    let manifest = |selection: Selection| in_namespace(selection.0, &namespace).to_string();
    let flowers = || Selection::new("flowers").images(&["a"]);
    let kustomizations = kustomizations(&client).await;
    // In the guide, another Kustomization installs the operator; flux_operator.rs tests that.
    let mut guide = of_guide(GUIDE, "Kustomization", "selections");
    guide["spec"].as_object_mut().unwrap().remove("dependsOn");
    apply_all(&client, &[fleet(), guide]).await;
    let mut fleet = Source::new(&client, "fleet").await;

    // The selection has not been observed yet: that must not count as success.
    world.operator.kill();
    fleet.write("selections/flowers.yaml", &manifest(flowers()));
    let revision = fleet.push().await;
    let selections: Api<DynamicObject> =
        objects(&client, "modelselection.dev/v1alpha1", "ModelSelection", &namespace).await;
    await_until("Flux has applied the selection", DEADLINE, async || names(&selections).await == ["flowers"]).await;
    not_ready(&kustomizations, "selections", "no operator has seen the selection").await;

    // Launched: ready while the job is running.
    world.start_operator();
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 1);

    // Completed: ready at the end, and not before. The job stays, because the policy is not part of the run's
    // definition.
    fleet.write("selections/flowers.yaml", &manifest(flowers().with("/readyPolicy", json!("Completed"))));
    let revision = fleet.push().await;
    await_summary(&kustomizations, "selections", &["Ready=Unknown", &revision], summary).await;
    not_ready(&kustomizations, "selections", "the job runs").await;
    world.emulator.advance(LONG).await;
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;
    assert_eq!(world.jobs().await.len(), 1);

    // Fields that another client has set are reverted, and the rest of the status stays.
    let by_hand = r#"{"spec":{"suspend":true}}"#;
    let (code, said) =
        kubectl(plane, &["patch", "msel", "flowers", "-n", &namespace, "--type=merge", "-p", by_hand], "");
    assert_eq!(code, 0, "{said}");
    annotate(&kustomizations, "selections", "reconcile.fluxcd.io/requestedAt", "now").await;
    let resumed = |selection: &DynamicObject| selection.data["spec"]["suspend"] == false;
    await_object(&selections, "flowers", "Flux takes the suspension back", DEADLINE, resumed).await;
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;

    // A selection that can never succeed ends the wait at once. Another reconciliation would come only after the
    // timeout.
    let hopeless = Selection::new("hopeless").jump_start("x", "tensorflow-ic-no-such-model", "*");
    fleet.write("selections/hopeless.yaml", &manifest(hopeless));
    let revision = fleet.push().await;
    let stalled = ["Ready=False", "HealthCheckFailed", "stalled", &revision];
    let took = await_summary(&kustomizations, "selections", &stalled, summary).await;
    assert!(took < Duration::from_secs(10), "Flux waited {took:?} for a selection that can never work");

    // Removed from git: deleted from the cluster, and its job is stopped.
    fleet.remove("selections/hopeless.yaml");
    fleet.write("selections/running.yaml", &manifest(Selection::new("running").images(&["b"])));
    let revision = fleet.push().await;
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;
    await_gone(&selections, "hopeless", DEADLINE).await;
    let running = world.jobs_in("InProgress").await;
    assert_eq!(running.len(), 1);
    fleet.remove("selections/running.yaml");
    let revision = fleet.push().await;
    await_gone(&selections, "running", DEADLINE).await;
    world.await_stop(&running[0]).await;
    await_summary(&kustomizations, "selections", &["Ready=True", &revision], summary).await;

    // With the expressions of the guide: ready once there are results, although the selection's own policy is Launched.
    let mut gate = of_guide(GUIDE, "Kustomization", "selections-complete");
    gate["spec"].as_object_mut().unwrap().remove("dependsOn");
    fleet.write("selections-complete/late.yaml", &manifest(Selection::new("late").images(&["c"])));
    let revision = fleet.push().await;
    apply_all(&client, &[gate]).await;
    world.await_launched("late").await;
    not_ready(&kustomizations, "selections-complete", "the job runs").await;
    world.emulator.advance(LONG).await;
    await_summary(&kustomizations, "selections-complete", &["Ready=True", &revision], summary).await;
}
