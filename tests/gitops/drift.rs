//! The manifest and the object in the cluster stay the same, for every way to apply and to compare: before, during and
//! after a run. Otherwise a GitOps tool would write again and again.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use kube::api::ListParams;
use testkit::status::condition_parts;
use testkit::world::DEADLINE;
use testkit::{World, await_until, kubectl};

/// A list of candidates, selectors, `collect: All`, two datasets: examples with lists and defaults.
const EXAMPLES: [(&str, &str); 5] = [
    ("caltech256", include_str!("../../examples/caltech256.yaml")),
    ("selector-terms", include_str!("../../examples/selector-terms.yaml")),
    ("cross-framework", include_str!("../../examples/cross-framework.yaml")),
    ("all-trials", include_str!("../../examples/all-trials.yaml")),
    ("two-datasets", include_str!("../../examples/two-datasets.yaml")),
];
const MODES: [&str; 2] = ["--server-side=false", "--server-side=true"];

/// The lines that `kubectl diff` would change.
fn changes(world: &World<'_>, mode: &str, manifest: &str) -> Vec<String> {
    let (code, shown) = kubectl(world.plane, &["diff", mode, "-f", "-"], manifest);
    assert!(code == 0 || code == 1, "kubectl diff {mode}: {shown}");
    let changed = |line: &&str| {
        let file = line.starts_with("--- ") || line.starts_with("+++ ");
        line.starts_with(['-', '+']) && !file
    };
    // The annotation in which client-side apply stores the manifest: the server rewrites it, in its own form, when such
    // an object is applied server-side.
    let remembered = |line: &&str| line[1..].trim_start().starts_with(r#"{"apiVersion":"#);
    shown.lines().filter(changed).filter(|line| !remembered(line)).map(str::to_owned).collect()
}

/// Retries for a while: a status that is written between the two reads of `kubectl diff` is a temporary difference, but
/// drift persists.
async fn assert_no_drift(world: &World<'_>, manifest: &str, when: &str) {
    for mode in MODES {
        await_until(&format!("kubectl diff {mode} shows nothing {when}"), DEADLINE, async || {
            let changes = changes(world, mode, manifest);
            if changes.is_empty() { Ok(()) } else { Err(changes) }
        })
        .await;
    }
}

async fn there_is_no_drift_after_apply(mode: &str, purpose: &str) {
    let world = World::held(purpose).await;
    let here = |text: &str| text.replace("namespace: default", &format!("namespace: {}", world.namespace));
    let manifests = EXAMPLES.map(|(_, text)| here(text)).join("---\n");
    let apply = || {
        let (code, said) = kubectl(world.plane, &["apply", mode, "-f", "-"], &manifests);
        assert_eq!(code, 0, "{said}");
    };
    apply();
    assert_no_drift(&world, &manifests, "right after apply").await;

    let running = |status: &_| condition_parts(status, "Ready").is_some_and(|(_, reason, _)| reason == "TuningRunning");
    for (name, _) in EXAMPLES {
        world.await_observed(name, "jobs run", running).await;
    }
    assert_no_drift(&world, &manifests, "while jobs run").await;

    world.emulator.set_speed(5000.0).await;
    for (name, _) in EXAMPLES {
        world.await_complete(name).await;
    }
    assert_no_drift(&world, &manifests, "at the end").await;

    // Applying again changes nothing either, and creates no job.
    let versions = async || -> BTreeMap<_, _> {
        let all = world.selections.list(&ListParams::default()).await.unwrap();
        all.into_iter()
            .map(|selection| (selection.name_any(), (selection.metadata.generation, selection.uid())))
            .collect()
    };
    let (before, jobs) = (versions().await, world.jobs().await.len());
    assert_eq!(before.len(), EXAMPLES.len());
    apply();
    world.await_idle().await;
    assert_eq!((versions().await, world.jobs().await.len()), (before, jobs));
    assert_no_drift(&world, &manifests, "after applying again").await;

    // In each case a real difference is reported.
    let other = manifests.replace("maxTrainingJobs: ", "maxTrainingJobs: 1");
    for mode in MODES {
        let seen = changes(&world, mode, &other);
        let added = seen.iter().filter(|line| line.starts_with('+') && line.contains("maxTrainingJobs: 1")).count();
        assert_eq!(added, EXAMPLES.len(), "kubectl diff {mode} shows {seen:?}");
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
