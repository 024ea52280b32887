//! Jobs of a previous incarnation are found again: the status was lost, the selection was deleted and applied again, or
//! the cluster was rebuilt.

use super::{Stage, assert_one_job_per_attempt, selection};
use api::{ModelSelectionStatus, Reason, RunState, RunStatus};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use serde_json::json;
use testkit::status::{is_running, job_of, run_of, timeless};
use testkit::world::{DEADLINE, LONG};
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_until};

/// Takes the status from a selection, as a restore from a backup does.
async fn lose_status(world: &World<'_>, name: &str) {
    let empty = kube::api::Patch::Merge(json!({"status": null}));
    world.selections.patch_status(name, &kube::api::PatchParams::default(), &empty).await.unwrap();
}

/// As after a restore from a backup, which has only the spec.
#[tokio::test]
async fn a_lost_status_is_rebuilt_from_the_existing_jobs() {
    let mut world = World::held("status").await;
    world.emulator.behave(json!({"match": "*/ended:1", "secondsPerEpoch": 30})).await;
    world.emulator.behave(json!({"match": "*/runs:1", "secondsPerEpoch": 10_000})).await;
    world.apply(&Selection::new("status").images(&["ended", "runs"])).await;
    world.await_launched("status").await;
    world.emulator.advance(1_000).await;
    let half = |status: &ModelSelectionStatus| {
        let states: Vec<RunState> = status.runs.iter().map(|run| run.state).collect();
        states == [RunState::Succeeded, RunState::Running] && is_running(&status.runs[1])
    };
    let before = world.await_status("status", "one run has ended", half).await;
    world.operator.kill();
    lose_status(&world, "status").await;
    world.start_operator();
    let after = world.await_status("status", "both runs are found again", half).await;
    assert_eq!(timeless(&after), timeless(&before));
    assert_eq!(world.jobs().await.len(), 2);
}

/// They are looked for once. A selection that is suspended before it may create them again would never meet them.
#[tokio::test]
async fn all_running_jobs_of_a_lost_status_are_found_whether_or_not_the_selection_may_create_them() {
    let mut world = World::held("limited").await;
    let selection = Selection::new("limited").images(&["one", "two"]);
    world.apply(&selection).await;
    world.await_launched("limited").await;
    world.operator.kill();
    lose_status(&world, "limited").await;
    let selection = selection.with("/maxConcurrentTuningJobs", json!(1));
    world.apply(&selection).await;
    world.start_operator();
    let both = |status: &ModelSelectionStatus, state| {
        status.runs.len() == 2 && status.runs.iter().all(|run| run.state == state)
    };
    world.await_status("limited", "both jobs are found", |status| both(status, RunState::Running)).await;
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    world.await_status("limited", "both jobs are stopped", |status| both(status, RunState::Stopping)).await;
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test]
async fn a_finished_selection_that_is_deleted_and_applied_again_gets_its_results_back_at_no_cost() {
    let stage = Stage::new("finished").await;
    let world = &stage.world;
    world.delete_and_wait("selection").await;
    world.emulator.reset_calls().await;
    world.apply(&selection()).await;
    stage.check("applied again").await;
    assert_eq!(world.emulator.calls().await["jobsCreated"], 0);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

#[tokio::test]
async fn attempts_that_failed_are_found_again_one_after_the_other_and_none_is_repeated() {
    let world = World::held("attempts").await;
    world.emulator.behave(json!({"match": "*", "failAlways": true})).await;
    let selection = Selection::new("attempts").images(&["flaky", "broken"]).with("/retries", json!(2));
    world.apply(&selection).await;
    for attempt in 0..=2 {
        world
            .await_status("attempts", "the next attempts run", |status| {
                let runs = |run: &RunStatus| is_running(run) && run.attempt == attempt;
                !status.runs.is_empty() && status.runs.iter().all(runs)
            })
            .await;
        if attempt == 1 {
            world.emulator.behave(json!({"match": "*/flaky:1", "failAlways": false})).await;
        }
        world.emulator.advance(LONG).await;
    }
    let before = world.await_complete("attempts").await;
    let states: Vec<RunState> = before.runs.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Succeeded, RunState::Failed]);
    world.delete_and_wait("attempts").await;
    world.apply(&selection).await;
    let after = world.await_complete("attempts").await;
    assert_eq!(timeless(&after), timeless(&before));
    assert_one_job_per_attempt(&world, 6).await;
}

#[tokio::test]
async fn retained_jobs_are_found_again_while_they_run_and_after_they_have_ended() {
    let world = World::held("retained").await;
    let selection = Selection::new("retained").images(&["one", "two"]).with("/deletionPolicy", json!("Retain"));
    world.apply(&selection).await;
    let first = world.await_launched("retained").await;
    world.delete_and_wait("retained").await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 2);
    world.apply(&selection).await;
    let second = world.await_launched("retained").await;
    assert_eq!(second.runs, first.runs);

    world.delete_and_wait("retained").await;
    world.emulator.advance(LONG).await;
    world.apply(&selection).await;
    let done = world.await_complete("retained").await;
    assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 0));
    assert_eq!(world.jobs().await.len(), 2);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

#[tokio::test]
async fn a_selection_that_is_deleted_with_its_jobs_and_applied_again_makes_new_attempts() {
    let world = World::held("stopped").await;
    let selection = Selection::new("stopped").images(&["one", "two"]);
    world.apply(&selection).await;
    let first = world.await_launched("stopped").await;
    world.delete_and_wait("stopped").await;
    for candidate in ["one", "two"] {
        world.await_stop(&job_of(&first, candidate)).await;
    }
    world.apply(&selection).await;
    let second = world.await_launched("stopped").await;
    for (now, then) in second.runs.iter().zip(&first.runs) {
        assert_eq!((now.attempt, &now.definition), (1, &then.definition));
        assert_ne!(now.tuning_job_name, then.tuning_job_name);
    }
    assert_one_job_per_attempt(&world, 4).await;
}

/// The same namespace in another cluster, with the operator using the first cluster's account.
async fn rebuilt<'a>(plane: &'a ControlPlane, first: &World<'_>, environment: &[(&str, &str)]) -> World<'a> {
    let namespace = Namespace {
        metadata: ObjectMeta { name: Some(first.namespace.clone()), ..ObjectMeta::default() },
        ..Namespace::default()
    };
    Api::all(plane.client()).create(&PostParams::default(), &namespace).await.unwrap();
    let mut world = World::start_in(plane, &first.namespace, &["--speed", "0"], environment).await;
    world.options.sagemaker_url = first.emulator.url().to_owned();
    world.kill_and_restart();
    world.operator.await_ready(DEADLINE).await;
    world
}

#[tokio::test]
async fn a_rebuilt_cluster_finds_its_jobs_again_by_the_name_of_the_cluster_and_only_by_it() {
    let crds = || vec![testkit::programs::CRD.into()];
    let options = || ControlPlaneOptions { crds: crds(), ..ControlPlaneOptions::default() };
    let other = ControlPlane::start(options()).await;
    let named = [("MODELSELECTION_CLUSTER_NAME", "production")];

    let mut first = World::start(testkit::shared().await, "rebuilt", &["--speed", "0"], &named).await;
    first.emulator.behave(json!({"match": "*", "secondsPerEpoch": 30})).await;
    let selection = Selection::new("rebuilt")
        .images(&["ended", "runs"])
        .with("/candidates/1/hyperparameters", json!({"epochs": "2000"}))
        .with("/deletionPolicy", json!("Retain"));
    first.apply(&selection).await;
    first.await_launched("rebuilt").await;
    // One job has ended and the other one is running when the cluster is lost.
    first.emulator.advance(2_000).await;
    let before = first
        .await_status("rebuilt", "one run has ended", |status| {
            run_of(status, "ended").state == RunState::Succeeded && is_running(run_of(status, "runs"))
        })
        .await;
    first.operator.kill();
    let created = first.jobs().await;
    assert_eq!(created.len(), 2);

    let second = rebuilt(&other, &first, &named).await;
    second.apply(&selection).await;
    let settled = |status: &ModelSelectionStatus| {
        let states: Vec<RunState> = status.runs.iter().map(|run| run.state).collect();
        states == [RunState::Succeeded, RunState::Running] && is_running(&status.runs[1])
    };
    let after = second.await_status("rebuilt", "both jobs are found again", settled).await;
    assert_eq!(after.runs[0], before.runs[0]);
    assert_eq!(job_of(&after, "runs"), job_of(&before, "runs"));
    assert_eq!(after.fronts, before.fronts);
    assert_eq!(first.jobs().await, created, "nothing made, nothing stopped");

    // Without the name, it is another cluster with jobs of its own.
    second.apply(&selection.clone().named("unnamed")).await;
    second.await_launched("unnamed").await;
    let created = first.jobs().await;
    second.delete_and_wait("rebuilt").await;
    let mut nameless = second;
    nameless.operator.kill();
    nameless.options.extra_env.retain(|(variable, _)| variable != "MODELSELECTION_CLUSTER_NAME");
    nameless.start_operator();
    nameless.apply(&selection).await;
    let own = nameless.await_launched("rebuilt").await;
    for candidate in ["ended", "runs"] {
        assert!(!created.contains_key(&job_of(&own, candidate)), "{own:#?}");
    }
    let all = first.jobs().await;
    assert_eq!(all.len(), created.len() + 2);
    for (name, job) in &created {
        assert_eq!(&all[name], job, "the named cluster's jobs are left alone");
    }
}

/// A suspension has stopped the first attempts, so the second ones run.
async fn second_attempts(world: &World<'_>, selection: &Selection, name: &str) -> ModelSelectionStatus {
    world.apply(selection).await;
    let first = world.await_launched(name).await;
    world.apply(&selection.clone().with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    for run in &first.runs {
        world.await_stop(&job_of(&first, &run.candidate)).await;
    }
    world.emulator.advance(LONG).await;
    let stopped = |status: &ModelSelectionStatus| status.runs.iter().all(|run| run.state == RunState::Stopped);
    world.await_observed(name, "the first attempts are stopped", stopped).await;
    world.apply(selection).await;
    let status = world.await_launched(name).await;
    assert!(status.runs.iter().all(|run| run.attempt == 1), "{status:#?}");
    status
}

#[tokio::test]
async fn running_second_attempts_are_adopted_and_not_stopped() {
    let mut world = World::held("seconds").await;
    let selection = Selection::new("seconds").images(&["one", "two"]).with("/deletionPolicy", json!("Retain"));
    let before = second_attempts(&world, &selection, "seconds").await;
    world.emulator.reset_calls().await;
    world.delete_and_wait("seconds").await;
    world.apply(&selection).await;
    let after = world.await_launched("seconds").await;
    assert_eq!(after.runs, before.runs);

    world.operator.kill();
    lose_status(&world, "seconds").await;
    world.start_operator();
    let after = world.await_launched("seconds").await;
    assert_eq!(after.runs, before.runs);
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
    assert_one_job_per_attempt(&world, 4).await;

    // One that is suspended creates nothing, and stops them all the same.
    world.operator.kill();
    lose_status(&world, "seconds").await;
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    world.start_operator();
    let stopping = |status: &ModelSelectionStatus| {
        status.runs.len() == 2 && status.runs.iter().all(|run| run.state == RunState::Stopping && run.attempt == 1)
    };
    world.await_status("seconds", "the second attempts are stopped", stopping).await;
    assert_one_job_per_attempt(&world, 4).await;
}

/// As after a restore from an old backup, with the status of that time.
#[tokio::test]
async fn an_old_status_does_not_cost_the_jobs_that_run_now() {
    let world = World::held("backup").await;
    let selection = Selection::new("backup").images(&["one"]);
    world.apply(&selection).await;
    let old = world.await_launched("backup").await;
    let now = second_attempts(&world, &selection, "backup").await;
    let stops = world.calls_of("StopHyperParameterTuningJob").await;
    let restored = kube::api::Patch::Merge(json!({"status": old}));
    world.selections.patch_status("backup", &kube::api::PatchParams::default(), &restored).await.unwrap();
    let corrected = |status: &ModelSelectionStatus| {
        job_of(status, "one") == job_of(&now, "one") && is_running(run_of(status, "one"))
    };
    world.await_status("backup", "the running job is found", corrected).await;
    world.await_idle().await;
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, stops);
    assert_one_job_per_attempt(&world, 2).await;
}

/// While the hub is slow, it is not known which jobs the selection wants.
#[tokio::test]
async fn jobs_of_models_that_are_not_known_yet_are_not_stopped() {
    let mut world = World::held("unknown").await;
    let selection = Selection::new("unknown")
        .with("/candidateSelectors", json!([{"jumpStart": {"framework": "pytorch", "limit": 2}}]))
        .with("/tuning/parameterRanges", json!([{"name": "epochs", "integer": {"min": "1", "max": "3"}}]))
        .with("/training/hyperparameters", json!({}));
    world.apply(&selection).await;
    let before = world.await_launched("unknown").await;
    world.operator.kill();
    lose_status(&world, "unknown").await;
    let slow = json!({"operation": "ListHubContents", "kind": "Delay", "delayMillis": 3000});
    world.emulator.fault(slow).await;
    world.emulator.reset_calls().await;
    world.start_operator();
    let after = world.await_launched("unknown").await;
    let names = |status: &ModelSelectionStatus| -> Vec<Option<String>> {
        status.runs.iter().map(|run| run.tuning_job_name.clone()).collect()
    };
    assert_eq!(names(&after), names(&before));
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
}

/// The search for them fails at first, and the process that has begun it dies.
#[tokio::test]
async fn jobs_of_a_lost_status_are_looked_for_until_they_are_found() {
    let mut world = World::held("searched").await;
    let selection = Selection::new("searched").images(&["one", "two"]);
    world.apply(&selection).await;
    world.await_launched("searched").await;
    world.operator.kill();
    lose_status(&world, "searched").await;
    world.apply(&selection.with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    world.emulator.fault(json!({"operation": "Search", "kind": "InternalFailure"})).await;
    world.start_operator();
    world.await_condition("searched", "Suspended", Reason::Suspended).await;
    await_until("two searches have failed", DEADLINE, async || world.calls_of("Search").await >= 2).await;
    world.kill_and_restart();
    world.operator.await_ready(DEADLINE).await;
    let before = world.calls_of("Search").await;
    await_until("it searches again", DEADLINE, async || world.calls_of("Search").await >= before + 2).await;
    world.emulator.clear_faults().await;
    let stopping = |status: &ModelSelectionStatus| {
        status.runs.len() == 2 && status.runs.iter().all(|run| run.state == RunState::Stopping)
    };
    let status = world.await_status("searched", "both jobs are stopped", stopping).await;
    assert!(status.start_time.is_some(), "{status:#?}");
    assert_eq!(world.jobs().await.len(), 2);
}
