//! Complete selections cost nothing, unchanged statuses are not written, and users' fields are never touched.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::FIELD_MANAGER;
use serde_json::{Value, json};
use testkit::audit::AuditEntry;
use testkit::status::is_running;
use testkit::world::{DEADLINE, LONG};
use testkit::{Selection, World, await_until, consistently, shared};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";

async fn await_reconciles(world: &World<'_>, at_least: u64) {
    await_until(&format!("{at_least} reconciles"), DEADLINE, async || {
        let seen = world.reconciles().await;
        if seen >= at_least { Ok(()) } else { Err(seen) }
    })
    .await;
}

fn actions(writes: &[AuditEntry]) -> Vec<String> {
    writes.iter().map(AuditEntry::action).collect()
}

#[tokio::test]
async fn complete_selections_cost_no_call_and_no_write_not_even_after_a_restart() {
    let mut world = World::fast("complete").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
    let names = ["mixed", "failed", "models", "constrained", "all"];
    world.apply(&Selection::new("mixed").images(&["one", "broken"]).dataset("large")).await;
    world.apply(&Selection::new("failed").images(&["broken"])).await;
    world.apply(&Selection::new("models").jump_start("mobilenet", MOBILENET, "*")).await;
    let bound = json!([{"metric": "test_accuracy", "min": "0.99"}]);
    world.apply(&Selection::new("constrained").images(&["one"]).with("/constraints", bound)).await;
    world.apply(&Selection::new("all").images(&["one", "two"]).with("/collect", json!("All"))).await;
    for name in names {
        world.await_complete(name).await;
    }
    let nothing = async |world: &World<'_>, writes: usize| {
        let (calls, written) = (world.emulator.calls().await, world.writes());
        if calls["total"] == 0 && written.len() == writes {
            return Ok(());
        }
        Err(format!("{calls}, {:?}", actions(&written[writes..])))
    };
    world.await_idle().await;
    world.emulator.reset_calls().await;
    let writes = world.writes().len();
    consistently("nothing happens", Duration::from_secs(2), async || nothing(&world, writes).await).await;

    world.kill_and_restart();
    world.operator.await_ready(DEADLINE).await;
    await_reconciles(&world, names.len() as u64).await;
    consistently("nothing happens", Duration::from_secs(1), async || nothing(&world, writes).await).await;

    // Nor do users' changes of labels and annotations.
    for name in names {
        let patch = json!({"metadata": {"labels": {"team": "vision"}, "annotations": {"note": "x"}}});
        let merge = kube::api::Patch::Merge(&patch);
        world.selections.patch(name, &kube::api::PatchParams::default(), &merge).await.unwrap();
    }
    consistently("nothing happens", Duration::from_secs(1), async || nothing(&world, writes).await).await;
    assert!(world.operator.is_running());
}

#[tokio::test]
async fn an_edit_that_changes_nothing_but_the_generation_is_one_write_and_no_call() {
    let world = World::fast("generation").await;
    let selection = Selection::new("generation").images(&["one"]);
    world.apply(&selection).await;
    let before = world.await_complete("generation").await;
    world.await_idle().await;
    world.emulator.reset_calls().await;
    let (writes, reconciles) = (world.writes().len(), world.reconciles().await);
    world.apply(&selection.with("/maxConcurrentTuningJobs", json!(3))).await;
    let after = world.await_observed("generation", "the edit is seen", |_| true).await;
    await_reconciles(&world, reconciles + 1).await;
    assert_eq!(actions(&world.writes()[writes..]), ["patch modelselections/status"]);
    assert_eq!(world.calls().await, 0);
    for (now, then) in after.conditions.iter().zip(&before.conditions) {
        assert_eq!((&now.type_, &now.last_transition_time), (&then.type_, &then.last_transition_time));
    }
}

#[tokio::test]
async fn running_jobs_of_all_selections_are_watched_by_one_listing_and_nothing_is_written_meanwhile() {
    let world = World::held("sweeps").await;
    let names = ["first", "second", "third"];
    for name in names {
        world.apply(&Selection::new(name).images(&["one", "two", "three"])).await;
    }
    for name in names {
        world.await_launched(name).await;
    }
    let listings = async |more: u64| {
        let before = world.calls_of("ListHyperParameterTuningJobs").await;
        await_until("some more listings", DEADLINE, async || {
            let seen = world.calls_of("ListHyperParameterTuningJobs").await - before;
            if seen >= more { Ok(()) } else { Err(seen) }
        })
        .await;
    };
    // The first listings show jobs that were not seen before.
    listings(3).await;
    world.emulator.reset_calls().await;
    let (writes, reconciles) = (world.writes().len(), world.reconciles().await);
    listings(8).await;
    let calls = world.emulator.calls().await;
    let kinds: Vec<&String> = calls["byOperation"].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["ListHyperParameterTuningJobs"], "{calls}");
    assert_eq!(actions(&world.writes()[writes..]), Vec::<String>::new());
    assert_eq!(world.reconciles().await, reconciles, "unchanged jobs wake no selection");

    // Each listing covered all nine jobs.
    let requests = world.emulator.requests("ListHyperParameterTuningJobs").await;
    for request in requests.as_array().unwrap() {
        assert_eq!(
            (&request["request"]["NameContains"], &request["request"]["StatusEquals"]),
            (&json!("ms-"), &json!("InProgress"))
        );
    }
    world.emulator.advance(LONG).await;
    for name in names {
        world.await_complete(name).await;
    }
    // One search returns all that have ended, and another one their results.
    assert_eq!(world.calls_of("Search").await, 2);
    assert_eq!(world.calls_of("DescribeHyperParameterTuningJob").await, 0);
    assert_eq!(world.calls_of("DescribeTrainingJob").await, 0);
}

#[tokio::test]
async fn without_the_permission_to_search_each_ended_job_is_described_and_nothing_is_searched_again() {
    let world = World::held("no-search").await;
    world.emulator.fault(json!({"operation": "Search", "kind": "AccessDenied"})).await;
    let selection = Selection::new("denied").images(&["one", "two", "three"]);
    for (rerun, described) in [("first", 3), ("second", 6)] {
        world.apply(&selection.clone().with("/rerun", json!(rerun))).await;
        world.await_launched("denied").await;
        world.emulator.advance(LONG).await;
        world.await_complete("denied").await;
        assert_eq!(world.calls_of("DescribeHyperParameterTuningJob").await, described, "one for each job that ended");
        assert_eq!(world.calls_of("DescribeTrainingJob").await, described, "one for each result");
    }
    assert_eq!(world.calls_of("Search").await, 2, "for jobs of a previous incarnation, and for those that ended first");
    assert_eq!(world.operator.logs().matches("cannot search for ended tuning jobs").count(), 1);
}

/// The statuses that were written for each object, without the fractions of seconds that the server does not keep.
fn statuses(writes: &[AuditEntry]) -> BTreeMap<String, Vec<Value>> {
    fn whole_seconds(value: &mut Value) {
        match value {
            Value::String(text) if text.ends_with('Z') && text.contains('T') => {
                if let Some((seconds, _)) = text.clone().split_once('.') {
                    *text = format!("{seconds}Z");
                }
            }
            Value::Array(items) => items.iter_mut().for_each(whole_seconds),
            Value::Object(fields) => fields.values_mut().for_each(whole_seconds),
            _ => {}
        }
    }
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for write in writes.iter().filter(|write| write.subresource.as_deref() == Some("status")) {
        let mut status = write.request.as_ref().unwrap()["status"].clone();
        whole_seconds(&mut status);
        all.entry(write.name.clone().unwrap()).or_default().push(status);
    }
    all
}

#[tokio::test]
async fn over_a_whole_life_only_finalizer_status_and_events_are_written_and_no_status_twice() {
    let world = World::held("life").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
    let mut selection = Selection::new("life").images(&["one", "broken"]).jump_start("mobilenet", MOBILENET, "*");
    selection.0["metadata"]["labels"] = json!({"team": "vision"});
    selection.0["metadata"]["annotations"] = json!({"note": "mine"});
    let applied = world.apply(&selection).await;
    world.await_launched("life").await;
    let untouched = world.selections.get("life").await.unwrap();
    assert_eq!(untouched.spec, applied.spec);
    assert_eq!(untouched.metadata.labels, applied.metadata.labels);
    assert_eq!(untouched.metadata.annotations, applied.metadata.annotations);
    assert_eq!(untouched.metadata.generation, Some(1));
    let managers = untouched.metadata.managed_fields.clone().unwrap_or_default().into_iter();
    let managers: BTreeSet<String> = managers.filter_map(|entry| entry.manager).collect();
    let test =
        applied.metadata.managed_fields.clone().unwrap_or_default().into_iter().filter_map(|entry| entry.manager);
    assert_eq!(managers, test.chain([FIELD_MANAGER.to_owned()]).collect(), "the finalizer is the operator's too");

    let selection = selection.with("/retries", json!(1)).with("/candidates/0/hyperparameters", json!({"epochs": "3"}));
    world.apply(&selection).await;
    world.await_launched("life").await;
    world.apply(&selection.clone().with("/suspend", json!(true))).await;
    world
        .await_observed("life", "it is suspended", |status| status.conditions.iter().any(|c| c.type_ == "Suspended"))
        .await;
    world.apply(&selection.with("/suspend", json!(false))).await;
    world.await_launched("life").await;
    world.emulator.advance(LONG).await;
    world
        .await_status("life", "the second attempt runs", |status| {
            status.runs[1].attempt == 1 && status.runs[1].tuning_job_arn.is_some()
        })
        .await;
    world.emulator.advance(LONG).await;
    world.await_complete("life").await;
    world.delete_and_wait("life").await;

    let writes = world.writes();
    let mut finalizers = 0;
    for write in &writes {
        assert!((200..300).contains(&write.code), "refused: {write:#?}");
        assert!(write.user_agent.starts_with("modelselection-operator/"), "{}", write.user_agent);
        let body = write.request.as_ref().unwrap();
        match write.action().as_str() {
            "patch modelselections" => {
                finalizers += 1;
                let operations = body.as_array().unwrap_or_else(|| panic!("no JSON patch: {body:#}"));
                let paths = operations.iter().map(|operation| operation["path"].as_str().unwrap());
                assert!(paths.clone().all(|path| path.starts_with("/metadata/finalizers")), "{body:#}");
            }
            "patch modelselections/status" => {
                let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
                assert_eq!(fields, ["apiVersion", "kind", "metadata", "status"]);
                let metadata: Vec<&String> = body["metadata"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter(|key| *key != "name" && *key != "namespace")
                    .collect();
                assert_eq!(metadata, ["uid"], "{body:#}");
            }
            "create events" => {
                assert_eq!(write.group, "events.k8s.io");
                assert_eq!(body["reportingController"], "modelselection.dev/modelselection-operator");
                assert_ne!(body["action"], body["reason"], "{body:#}");
            }
            "patch events" => assert_eq!(write.group, "events.k8s.io"),
            other => panic!("the operator did {other}: {write:#?}"),
        }
    }
    assert_eq!(finalizers, 2, "set once and removed once");
    for (name, written) in statuses(&writes) {
        assert!(written.len() > 5, "the life of {name} is shown in {} steps", written.len());
        for pair in written.windows(2) {
            assert_ne!(pair[0], pair[1], "{name}: the same status was written twice");
        }
    }
}

/// Selections that `GitOps` applies together have names that begin alike, and so have the names of their jobs. The
/// search for earlier jobs of the second one starts after its jobs were created, and does not show them yet.
#[tokio::test]
async fn nobody_asks_whose_the_jobs_are_that_this_operator_has_created() {
    let world = World::start(shared().await, "alike", &["--speed", "0", "--search-lag", "60"], &[]).await;
    for (name, searches) in [("vision-a", 1), ("vision-b", 2)] {
        world.apply(&Selection::new(name).images(&["one", "two"])).await;
        world.await_observed(name, "its jobs run", |status| status.runs.iter().all(is_running)).await;
        await_until("it has looked for earlier jobs", DEADLINE, async || {
            let seen = world.calls_of("Search").await;
            if seen >= searches { Ok(()) } else { Err(seen) }
        })
        .await;
    }
    world.await_idle().await;
    assert_eq!(world.calls_of("ListTags").await, 0);
}
