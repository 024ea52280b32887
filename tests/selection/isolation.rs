//! An unreadable object, or a watch that shows nothing, does not block others.

use api::{ModelSelectionStatus, RunState};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use testkit::run_folder::{numbered, run_folder};
use testkit::status::is_running;
use testkit::world::{DEADLINE, LATER};
use testkit::{
    ControlPlane, ControlPlaneOptions, Relay, Selection, World, await_until, fresh_namespace, programs, shared,
};

/// A control plane with the CRD of a newer release, which has an additional state.
async fn newer_control_plane() -> ControlPlane {
    let definition = std::fs::read_to_string(programs::CRD).expect("the definition can be read");
    let newer = definition.replace(
        "- Waiting\n                      - Running",
        "- Waiting\n                      - Paused\n                      - Running",
    );
    assert_ne!(newer, definition, "the states of runs are at another path now");
    let path = run_folder().join(numbered("newer-crd"));
    std::fs::write(&path, newer).expect("the definition can be written");
    ControlPlane::start(ControlPlaneOptions { crds: vec![path], ..ControlPlaneOptions::default() }).await
}

#[tokio::test]
async fn an_object_of_a_newer_release_is_named_and_the_others_continue() {
    let plane = newer_control_plane().await;
    let namespace = fresh_namespace(&plane.client(), "newer").await;
    let mut world = World::start_in(&plane, &namespace, &["--speed", "0"], &[]).await;
    for name in ["newer", "older"] {
        world.apply(&Selection::new(name).images(&["one"])).await;
        world.await_launched(name).await;
    }
    world.operator.kill();
    let run = json!({"candidate": "one", "dataset": "small", "state": "Paused"});
    let patch = Patch::Merge(json!({"status": {"runs": [run]}}));
    // The response has the new state, which this client cannot parse either.
    let _ = world.selections.patch_status("newer", &PatchParams::default(), &patch).await;
    world.start_operator();
    world.apply(&Selection::new("another").images(&["one"])).await;
    world.await_launched("another").await;
    world.await_status("older", "it is looked after", |status| status.runs.iter().all(is_running)).await;
    await_until("readiness names the object", DEADLINE, async || {
        let (_, text) = world.operator.get("/readyz?verbose").await?;
        if text.contains(&format!("{namespace}/newer")) && text.contains("Paused") { Ok(()) } else { Err(text) }
    })
    .await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 3, "nothing is done about the one that cannot be read");
    // Once repaired, it continues.
    let patch = Patch::Merge(json!({"status": {"runs": []}}));
    world
        .selections
        .patch_status("newer", &PatchParams::default(), &patch)
        .await
        .expect("the status can be read again");
    world.await_launched("newer").await;
    assert_eq!(world.jobs().await.len(), 3);
}

/// Later changes are seen after at most 90 s: the API server ends each watch after a minute, and the client gives up a
/// watch that shows nothing for 80 s.
#[tokio::test]
async fn a_watch_that_a_load_balancer_forgot_is_replaced() {
    // Without a Lease, which would be lost together with the connection.
    let mut world =
        World::start(shared().await, "forgotten", &["--speed", "0"], &[("MODELSELECTION_LEADER_ELECT", "false")]).await;
    world.operator.kill();
    let kubeconfig = std::fs::read_to_string(&world.options.kubeconfig).expect("the kubeconfig can be read");
    let port = |text: &str| -> u16 {
        let rest = text.split("https://127.0.0.1:").nth(1).expect("a server on loopback");
        rest.split('"').next().and_then(|port| port.parse().ok()).expect("a port")
    };
    let server = port(&kubeconfig);
    let relay = Relay::start(server).await;
    let path = run_folder().join(numbered("kubeconfig-of-a-relay"));
    std::fs::write(&path, kubeconfig.replace(&format!(":{server}"), &format!(":{}", relay.port())))
        .expect("it can be written");
    world.options.kubeconfig = path;
    world.start_operator();
    world.apply(&Selection::new("before").images(&["one"])).await;
    world.await_launched("before").await;
    world.await_idle().await;
    relay.forget();
    world.apply(&Selection::new("after").images(&["one"])).await;
    let launched = |status: &ModelSelectionStatus| status.runs.iter().any(|run| run.state == RunState::Running);
    world.await_observed_within("after", "it is seen", LATER, launched).await;
}
