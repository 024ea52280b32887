//! An unreadable object, or a watch that shows nothing, does not block others.

use api::{ModelSelectionStatus, RunState};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use testkit::run_folder::{numbered, run_folder};
use testkit::status::is_running;
use testkit::world::{DEADLINE, LATER, LONG};
use testkit::{
    ControlPlane, ControlPlaneOptions, Selection, World, await_gone, await_until, fresh_namespace, kubectl, programs,
    shared,
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
        let (_, text) = world.operator.get("/readyz").await?;
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

/// It was read before, so that the operator has an older state of it. Nothing is done with that.
#[tokio::test]
async fn an_object_that_a_newer_release_takes_over_is_left_alone() {
    let plane = newer_control_plane().await;
    let namespace = fresh_namespace(&plane.client(), "newer-takes-over").await;
    let world = World::start_in(&plane, &namespace, &["--speed", "0"], &[]).await;
    for name in ["newer", "older"] {
        world.apply(&Selection::new(name).images(&["one"])).await;
        world.await_launched(name).await;
    }
    let run = json!({"candidate": "one", "dataset": "small", "state": "Paused"});
    let patch = Patch::Merge(json!({"status": {"runs": [run]}}));
    let _ = world.selections.patch_status("newer", &PatchParams::default(), &patch).await;
    await_until("it cannot be read", DEADLINE, async || {
        let (_, text) = world.operator.get("/readyz").await?;
        if text.contains(&format!("{namespace}/newer")) { Ok(()) } else { Err(text) }
    })
    .await;
    // The sweep that shows the end of one job shows that of the other, too.
    world.emulator.advance(LONG).await;
    world.await_complete("older").await;
    world.await_idle().await;
    let (_, status) = kubectl(&plane, &["get", "msel", "newer", "-n", &namespace, "-o", "jsonpath={.status.runs}"], "");
    assert!(status.contains("Paused"), "{status}");
}

/// It cannot be read, and it goes all the same: its jobs are found by their tags, and stopped or left as its policy
/// says.
#[tokio::test]
async fn an_object_of_a_newer_release_can_be_deleted() {
    let plane = newer_control_plane().await;
    let namespace = fresh_namespace(&plane.client(), "newer-deleted").await;
    let world = World::start_in(&plane, &namespace, &["--speed", "0"], &[]).await;
    for (name, policy) in [("stops", "Stop"), ("retains", "Retain")] {
        world.apply(&Selection::new(name).images(&["one"]).with("/deletionPolicy", json!(policy))).await;
        world.await_launched(name).await;
        let run = json!({"candidate": "one", "dataset": "small", "state": "Paused"});
        let patch = Patch::Merge(json!({"status": {"runs": [run]}}));
        let _ = world.selections.patch_status(name, &PatchParams::default(), &patch).await;
        await_until("it cannot be read", DEADLINE, async || {
            let (_, text) = world.operator.get("/readyz").await?;
            if text.contains(&format!("{namespace}/{name}")) { Ok(()) } else { Err(text) }
        })
        .await;
        // The answer may have the state that this client cannot read either.
        let _ = world.selections.delete(name, &DeleteParams::default()).await;
        await_until("it has gone", DEADLINE, async || {
            world.selections.get_metadata_opt(name).await.is_ok_and(|found| found.is_none())
        })
        .await;
    }
    let running = world.jobs_in("InProgress").await;
    assert!(matches!(running.as_slice(), [job] if job.contains("retains")), "{running:?}");
    await_until("readiness is quiet again", DEADLINE, async || {
        let (_, text) = world.operator.get("/readyz").await?;
        if text.contains("unreadable") { Err(text) } else { Ok(()) }
    })
    .await;
}

/// Its finalizer was removed by hand while no watch was open, so that no event says that it went: the next list does
/// not have it. Its jobs are named, and its permit is another's.
#[tokio::test]
async fn an_object_that_went_while_no_watch_was_open_keeps_no_permit() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let settings = [("MODELSELECTION_LEADER_ELECT", "false"), ("MODELSELECTION_MAX_TUNING_JOBS", "1")];
    let world = World::start(&plane, "unseen", &["--speed", "0"], &settings).await;
    world.apply(&Selection::new("gone").images(&["one"])).await;
    world.await_launched("gone").await;
    world.apply(&Selection::new("waits").images(&["one"])).await;
    world.await_observed("waits", "it has no permit", |status| status.runs.iter().all(|run| !is_running(run))).await;
    world.operator.signal("STOP");
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    world.selections.patch("gone", &PatchParams::default(), &patch).await.expect("the finalizer can be removed");
    world.delete("gone").await;
    await_gone(&world.selections, "gone", DEADLINE).await;
    // A server that has just started knows no older versions, so that a watch has to begin with a list.
    plane.stop_api_server();
    plane.start_api_server().await;
    world.operator.signal("CONT");
    world.await_launched("waits").await;
    await_until("its job is named", DEADLINE, async || {
        world.events(&world.namespace, "TuningJobsLeftRunning").await > 0
    })
    .await;
}

/// Later changes are seen after at most 90 s: the API server ends each watch after a minute, and the client gives up a
/// watch that shows nothing for 80 s.
#[tokio::test]
async fn a_watch_that_a_load_balancer_forgot_is_replaced() {
    // Without a Lease, which would be lost together with the connection.
    let mut world =
        World::start(shared().await, "forgotten", &["--speed", "0"], &[("MODELSELECTION_LEADER_ELECT", "false")]).await;
    let relay = world.relay_api_server().await;
    world.apply(&Selection::new("before").images(&["one"])).await;
    world.await_launched("before").await;
    world.await_idle().await;
    relay.forget();
    world.apply(&Selection::new("after").images(&["one"])).await;
    let launched = |status: &ModelSelectionStatus| status.runs.iter().any(|run| run.state == RunState::Running);
    world.await_observed_within("after", "it is seen", LATER, launched).await;
}
