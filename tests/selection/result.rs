//! The winner in a `ConfigMap` of the user's choice, and what serves it in the status.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use api::{ModelSelectionStatus, Reason};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use testkit::status::{condition_parts, run_of, status_and_reason};
use testkit::world::DEADLINE;
use testkit::{Selection, World, await_until, consistently};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const PUBLISHED: &str = "ResultPublished";

fn config_maps(world: &World<'_>) -> Api<ConfigMap> {
    Api::namespaced(world.client.clone(), &world.namespace)
}

fn hosting(status: &ModelSelectionStatus) -> Value {
    serde_json::to_value(&status.fronts[0].recommendation.as_ref().unwrap().hosting).unwrap()
}

#[tokio::test]
async fn the_winner_is_written_when_every_run_has_ended_and_stays_while_runs_go_on() {
    let mut world = World::fast("handed").await;
    let selection =
        Selection::new("handed").jump_start("mobilenet", MOBILENET, "*").with("/resultConfigMap", json!("winner"));
    world.apply(&selection).await;
    let status = world.await_condition("handed", PUBLISHED, Reason::Completed).await;
    let recommended = status.fronts[0].recommendation.clone().unwrap();
    let job = recommended.training_job.unwrap();
    assert_eq!(Some(&job), run_of(&status, "mobilenet").best.as_ref());
    let image = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.8-gpu";
    assert_eq!(hosting(&status)["image"], image);

    let map = config_maps(&world).get("winner").await.unwrap();
    let data = map.data.clone().unwrap();
    for (key, value) in [
        ("winner", "true"),
        ("candidate", "mobilenet"),
        ("model_id", MOBILENET),
        ("image", image),
        ("environment_SAGEMAKER_PROGRAM", "inference.py"),
        ("network_isolation", "true"),
        ("training_job", &job.training_job_name),
        ("artifact", job.model_artifact_s3_uri.as_deref().unwrap()),
        ("tuning_job", run_of(&status, "mobilenet").tuning_job_name.as_deref().unwrap()),
        ("hyperparameter_learning_rate", &job.hyperparameters["learning_rate"]),
    ] {
        assert_eq!(data[key], value, "{key}");
    }
    assert_eq!(map.owner_references()[0].name, "handed");
    assert_eq!(map.metadata.managed_fields.as_ref().map(Vec::len), Some(2), "created, then applied");

    // After a restart nothing is asked and nothing is written.
    world.await_idle().await;
    world.emulator.reset_calls().await;
    let writes = world.writes().len();
    world.kill_and_restart();
    world.operator.await_ready(DEADLINE).await;
    await_until("a reconcile", DEADLINE, async || world.reconciles().await > 0).await;
    consistently("nothing happens", Duration::from_secs(1), async || {
        let seen = (world.calls().await, world.writes().len());
        if seen == (0, writes) { Ok(()) } else { Err(format!("{seen:?}")) }
    })
    .await;

    // Runs that go on again change nothing until they have ended; then the new winner has another training job.
    world.apply(&selection.with("/rerun", json!("again"))).await;
    let resumed = world.await_observed("handed", "it runs again", |status| status.completion_time.is_none()).await;
    assert_eq!(status_and_reason(&resumed, PUBLISHED), ("Unknown", "Progressing"));
    let kept = config_maps(&world).get("winner").await.unwrap();
    assert!(kept.data == Some(data.clone()) || kept.data.as_ref().unwrap()["winner"] == "true");
    world.await_condition("handed", PUBLISHED, Reason::Completed).await;
    let renewed = config_maps(&world).get("winner").await.unwrap().data.unwrap();
    assert_ne!(renewed["training_job"], data["training_job"]);
}

#[tokio::test]
async fn a_config_map_of_somebody_else_is_never_changed() {
    let world = World::fast("taken").await;
    let theirs: ConfigMap =
        serde_json::from_value(json!({"metadata": {"name": "settings"}, "data": {"winner": "nobody"}})).unwrap();
    let before = config_maps(&world).create(&PostParams::default(), &theirs).await.unwrap();
    world.apply(&Selection::new("taken").images(&["one"]).with("/resultConfigMap", json!("settings"))).await;
    let status = world.await_complete("taken").await;
    let status = if condition_parts(&status, PUBLISHED).is_some_and(|(_, reason, _)| reason == "ConfigMapConflict") {
        status
    } else {
        world.await_condition("taken", PUBLISHED, Reason::ConfigMapConflict).await
    };
    let (state, _, message) = condition_parts(&status, PUBLISHED).unwrap();
    assert!(state == "False" && message.contains("choose another name for `resultConfigMap`"), "{message}");
    assert_eq!(status_and_reason(&status, "Succeeded"), ("True", "Completed"), "the result is as it should be");
    world.await_single_event("taken", "ConfigMapConflict").await;
    let after = config_maps(&world).get("settings").await.unwrap();
    assert_eq!((&after.metadata.resource_version, &after.data), (&before.metadata.resource_version, &before.data));

    // Once it is gone, the winner is written.
    config_maps(&world).delete("settings", &DeleteParams::default()).await.unwrap();
    world.await_condition("taken", PUBLISHED, Reason::Completed).await;
    let data = config_maps(&world).get("settings").await.unwrap().data.unwrap();
    assert_eq!((data["candidate"].as_str(), data["image"].contains("/one:")), ("one", true));
}

#[tokio::test]
async fn without_a_winner_it_says_why_and_each_dataset_has_its_keys() {
    let world = World::fast("nobody").await;
    let bound = json!([{"metric": "test_accuracy", "min": "0.999999"}]);
    let selection =
        Selection::new("nobody").images(&["one"]).dataset("large").with("/resultConfigMap", json!("winner"));
    world.apply(&selection.clone().with("/constraints", bound)).await;
    world.await_condition("nobody", PUBLISHED, Reason::NoUsableResult).await;
    let data = |map: ConfigMap| -> BTreeMap<String, String> { map.data.unwrap() };
    let none = data(config_maps(&world).get("winner").await.unwrap());
    assert_eq!((none["winner"].as_str(), none["dataset_large_winner"].as_str()), ("false", "false"));
    assert!(!none.contains_key("candidate"), "{none:?}");

    world.apply(&selection).await;
    world.await_condition("nobody", PUBLISHED, Reason::Completed).await;
    let some = data(config_maps(&world).get("winner").await.unwrap());
    for key in ["candidate", "dataset_small_candidate", "dataset_large_candidate"] {
        assert_eq!(some[key], "one", "{key}");
    }

    // An edit that creates no job changes what serves the winner.
    assert_eq!(some["network_isolation"], "false");
    world.apply(&selection.with("/training/networkIsolation", json!(true))).await;
    await_until("it is served without network", DEADLINE, async || {
        data(config_maps(&world).get("winner").await.unwrap())["network_isolation"] == "true"
    })
    .await;
    assert_eq!(world.jobs().await.len(), 2);
}
