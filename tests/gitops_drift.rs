//! What the manifest says and what the cluster has stay the same, for every way to apply and to compare: before, during and
//! after a run. A tool that keeps the cluster as git says would otherwise write again and again.
#![allow(clippy::unwrap_used)] // a test may panic
#![cfg(all(feature = "operator", feature = "emulator"))]

mod support;

use modelselection_operator::api::ModelSelection;
use support::world::condition;
use support::{World, await_object, kubectl};

const MODES: [&str; 2] = ["--server-side=false", "--server-side=true"];

/// The lines that `kubectl diff` says would change.
fn changes(world: &World<'_>, mode: &str, manifest: &str) -> Vec<String> {
    let (code, shown) = kubectl(world.plane, &["diff", mode, "-f", "-"], manifest);
    assert!(code == 0 || code == 1, "kubectl diff {mode}: {shown}");
    let changed = |line: &&str| {
        let file = line.starts_with("--- ") || line.starts_with("+++ ");
        line.starts_with(['-', '+']) && !file
    };
    // The annotation in which client-side apply remembers the manifest: the server writes it again, in its own form, when
    // such an object is applied server-side.
    let remembered = |line: &&str| line[1..].trim_start().starts_with(r#"{"apiVersion":"#);
    shown.lines().filter(changed).filter(|line| !remembered(line)).map(str::to_owned).collect()
}

fn assert_no_drift(world: &World<'_>, manifest: &str, when: &str) {
    for mode in MODES {
        assert_eq!(changes(world, mode, manifest), [""; 0], "{when}, of kubectl diff {mode}");
    }
}

async fn there_is_no_drift_after_apply(mode: &str, purpose: &str) {
    let world = World::held(purpose).await;
    let manifest = include_str!("../examples/caltech256.yaml")
        .replace("namespace: default", &format!("namespace: {}", world.namespace));
    let apply = || {
        let (code, said) = kubectl(world.plane, &["apply", mode, "-f", "-"], &manifest);
        assert_eq!(code, 0, "{said}");
        said
    };
    apply();
    assert_no_drift(&world, &manifest, "right after apply");

    let running = |status: &_| condition(status, "Ready").is_some_and(|(_, reason, _)| reason == "TuningRunning");
    world.await_observed("caltech256", "jobs run", running).await;
    assert_no_drift(&world, &manifest, "while jobs run");

    world.emulator.set_speed(5000.0).await;
    world.await_complete("caltech256").await;
    assert_no_drift(&world, &manifest, "at the end");

    // Nor does applying again change anything, or make a job.
    let version = |selection: ModelSelection| (selection.metadata.generation, selection.metadata.uid);
    let object = async || await_object(&world.api, "caltech256", "there", support::world::DEADLINE, |_| true).await;
    let (before, jobs) = (version(object().await), world.jobs().await.len());
    apply();
    world.await_idle().await;
    assert_eq!((version(object().await), world.jobs().await.len()), (before, jobs));
    assert_no_drift(&world, &manifest, "after applying again");

    // That a difference would be seen.
    let other = manifest.replace("maxTrainingJobs: ", "maxTrainingJobs: 1");
    assert_ne!(other, manifest);
    for mode in MODES {
        let seen = changes(&world, mode, &other);
        assert!(seen.iter().any(|line| line.contains("maxTrainingJobs: 12")), "kubectl diff {mode} shows {seen:?}");
    }
}

#[tokio::test]
async fn there_is_no_drift_after_client_side_apply() {
    there_is_no_drift_after_apply("--server-side=false", "drift-client").await;
}

#[tokio::test]
async fn there_is_no_drift_after_server_side_apply() {
    there_is_no_drift_after_apply("--server-side=true", "drift-server").await;
}
