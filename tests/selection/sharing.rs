//! How many jobs may run: the selection's own limit, the limit over all selections, and SageMaker's quota.

use api::{Reason, RunState};
use serde_json::{Value, json};
use testkit::jobs::{most_at_once, owner};
use testkit::status::{runs_in, status_and_reason};
use testkit::world::{DEADLINE, LATER};
use testkit::{Selection, World, await_until};

const CREATE: &str = "CreateHyperParameterTuningJob";
const LIST: &str = "ListHyperParameterTuningJobs";

fn candidates(prefix: &str, n: usize) -> Vec<String> {
    (1..=n).map(|i| format!("{prefix}-{i}")).collect()
}

fn manifest(name: &str, n: usize, own_limit: usize) -> Selection {
    let names = candidates(name, n);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Selection::one_metric(name).images(&names).with_yaml(&format!("maxConcurrentTuningJobs: {own_limit}"))
}

#[tokio::test]
async fn a_selections_own_limit_is_used_up_and_never_exceeded() {
    let world = World::short_epochs("own-limit", &["--speed", "300"], &[]).await;
    world.apply(&manifest("own", 10, 3)).await;
    let status = world.await_complete_within("own", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 10, "{status:#?}");
    let jobs = world.job_documents().await;
    assert_eq!(jobs.len(), 10);
    assert_eq!(most_at_once(jobs.values()), 3);
}

#[tokio::test]
async fn two_selections_share_the_accounts_limit() {
    let world = World::short_epochs("share", &["--speed", "0"], &[("MODELSELECTION_MAX_TUNING_JOBS", "4")]).await;
    world.apply(&manifest("early", 8, 8)).await;
    world.await_observed("early", "it has all places", |status| runs_in(status, RunState::Running) == 4).await;
    world.apply(&manifest("late", 8, 8)).await;
    let late = world.await_observed("late", "it waits", |status| !status.runs.is_empty()).await;
    assert!(late.runs.iter().all(|run| run.state == RunState::Waiting && run.reason == Some(Reason::Queued)));
    world.emulator.set_speed(300.0).await;
    for name in ["early", "late"] {
        let status = world.await_complete_within(name, LATER).await;
        assert_eq!(runs_in(&status, RunState::Succeeded), 8, "{status:#?}");
    }
    let jobs = world.job_documents().await;
    assert_eq!(jobs.len(), 16);
    assert_eq!(most_at_once(jobs.values()), 4);
    let mut jobs: Vec<&Value> = jobs.values().collect();
    jobs.sort_by(|a, b| a["creationTime"].as_f64().unwrap().total_cmp(&b["creationTime"].as_f64().unwrap()));
    let owners: Vec<&str> = jobs.iter().map(|job| owner(job)).collect();
    println!("created in this order: {owners:?}");
    assert_eq!(owners[..4], ["early"; 4]);
    // From then on both wait: of the next eight jobs each gets about half.
    let early = owners[4..12].iter().filter(|owner| **owner == "early").count();
    assert!((2..=4).contains(&early), "{early} of 8: {owners:?}");
}

#[tokio::test]
async fn permits_that_a_selections_own_limit_forbids_stay_available_to_others() {
    let world = World::short_epochs("leave", &["--speed", "0"], &[("MODELSELECTION_MAX_TUNING_JOBS", "6")]).await;
    world.apply(&manifest("narrow", 8, 1)).await;
    world.await_observed("narrow", "one runs", |status| runs_in(status, RunState::Running) == 1).await;
    world.apply(&manifest("wide", 8, 8)).await;
    world
        .await_observed("wide", "it has the other five places", |status| runs_in(status, RunState::Running) == 5)
        .await;
    let narrow = world.await_observed("narrow", "to be observed", |_| true).await;
    assert_eq!(runs_in(&narrow, RunState::Running), 1);
    assert_eq!(world.jobs_created().await, 6);
}

#[tokio::test]
async fn a_quota_below_our_own_limits_is_not_a_failure() {
    let world = World::short_epochs("quota", &["--speed", "0", "--max-tuning-jobs", "3"], &[]).await;
    world.apply(&manifest("quota", 9, 8)).await;
    let status = world
        .await_observed("quota", "the quota is used up", |status| {
            runs_in(status, RunState::Running) == 3
                && status.runs.iter().any(|run| run.reason == Some(Reason::QuotaExceeded))
        })
        .await;
    assert_eq!(runs_in(&status, RunState::Failed), 0);
    assert_eq!(status_and_reason(&status, "Stalled"), ("", ""), "{status:#?}");
    let refused = status.runs.iter().find(|run| run.reason == Some(Reason::QuotaExceeded)).unwrap();
    let message = refused.message.as_deref().unwrap();
    assert!(message.contains("'Number of concurrent hyperparameter tuning jobs' is 3"), "{message}");
    assert!(message.contains("ask AWS to raise it"), "the remedy: {message}");

    // Waiting for a quota costs nothing: no calls except polls, and hardly a pass.
    let (before, sweeps) = (world.reconciles().await, world.calls_of(LIST).await);
    await_until("three more sweeps", DEADLINE, async || world.calls_of(LIST).await >= sweeps + 3).await;
    let made = world.reconciles().await - before;
    println!("quota: {made} passes during three sweeps");
    assert!(made <= 6, "{made} passes while nothing can be done");

    world.emulator.set_speed(300.0).await;
    let status = world.await_complete_within("quota", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 9, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    let refused = world.errors(&format!("{CREATE} ResourceLimitExceeded")).await;
    println!("quota: {refused} creates refused for 9 runs");
    assert!((1..=8).contains(&refused), "{refused} refused");
    assert_eq!(most_at_once(world.job_documents().await.values()), 3);
}

/// A run whose create got no response holds its permit, and does not call more often than others.
#[tokio::test]
async fn a_run_whose_job_may_exist_waits_for_the_quota_like_any_other() {
    let world = World::short_epochs("unsure", &["--speed", "0", "--max-tuning-jobs", "1"], &[]).await;
    world.apply(&manifest("first", 1, 1)).await;
    world.await_observed("first", "it runs", |status| runs_in(status, RunState::Running) == 1).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 1})).await;
    world.apply(&manifest("second", 1, 1)).await;
    let refused = |status: &api::ModelSelectionStatus| {
        status.runs[0].reason == Some(Reason::QuotaExceeded) && status.runs[0].tuning_job_name.is_some()
    };
    world.await_observed("second", "it is refused and keeps its name", refused).await;
    let (creates, sweeps) = (world.calls_of(CREATE).await, world.calls_of(LIST).await);
    await_until("three more sweeps", DEADLINE, async || world.calls_of(LIST).await >= sweeps + 3).await;
    let more = world.calls_of(CREATE).await - creates;
    assert!(more <= 1, "{more} creates while the quota is known to be full");
    world.emulator.set_speed(300.0).await;
    world.await_complete_within("second", LATER).await;
}

#[tokio::test]
async fn a_quota_on_instances_blocks_only_runs_that_use_them() {
    let emulator = ["--speed", "300", "--instance-limit", "ml.p3.2xlarge=0"];
    let world = World::short_epochs("instances", &emulator, &[("MODELSELECTION_MAX_TUNING_JOBS", "4")]).await;
    world.apply(&manifest("gpu", 6, 6)).await;
    let held =
        |status: &api::ModelSelectionStatus| status.runs.iter().any(|run| run.reason == Some(Reason::QuotaExceeded));
    world.await_observed("gpu", "it is refused", held).await;
    let cpu = manifest("cpu", 8, 8).with("/training/instanceType", json!("ml.c5.2xlarge"));
    world.apply(&cpu).await;
    let status = world.await_complete_within("cpu", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 8, "{status:#?}");
    assert_eq!(
        most_at_once(world.job_documents().await.values()),
        4,
        "the places of the refused ones are used by others"
    );
    let gpu = world.await_observed("gpu", "to be observed", held).await;
    assert_eq!(runs_in(&gpu, RunState::Waiting), 6, "{gpu:#?}");
    assert_eq!(status_and_reason(&gpu, "Stalled"), ("", ""));
    let refused = world.errors(&format!("{CREATE} ResourceLimitExceeded")).await;
    println!("instances: {refused} creates refused");
    assert!((1..=8).contains(&refused), "{refused} refused");
}

/// A selection that cannot be reconciled any more would keep its turn.
#[tokio::test]
async fn a_selection_that_becomes_unusable_passes_its_turn_on() {
    let world = World::short_epochs("unusable", &["--speed", "0"], &[("MODELSELECTION_MAX_TUNING_JOBS", "1")]).await;
    world.apply(&manifest("first", 1, 1)).await;
    world.await_observed("first", "it runs", |status| runs_in(status, RunState::Running) == 1).await;
    let broken = manifest("broken", 1, 1);
    world.apply(&broken).await;
    world.await_observed("broken", "it waits", |status| runs_in(status, RunState::Waiting) == 1).await;
    world.apply(&broken.with("/region", json!("us-west-9"))).await;
    world.await_condition("broken", "Stalled", Reason::InvalidSpec).await;
    world.apply(&manifest("last", 1, 1)).await;
    world.emulator.set_speed(300.0).await;
    world.await_complete("last").await;
}

/// SageMaker has no quota for the type of the first candidate.
#[tokio::test]
async fn a_refused_instance_type_does_not_keep_the_own_limit_from_another_type() {
    let world = World::start(
        testkit::shared().await,
        "two-types",
        &["--speed", "3000", "--instance-limit", "ml.p4d.24xlarge=0"],
        &[],
    )
    .await;
    let selection = manifest("types", 2, 1).with("/candidates/0/training", json!({"instanceType": "ml.p4d.24xlarge"}));
    world.apply(&selection).await;
    let succeeded = |status: &api::ModelSelectionStatus| runs_in(status, RunState::Succeeded) == 1;
    let status = world.await_observed("types", "the other type is used", succeeded).await;
    assert_eq!(status.runs[1].state, RunState::Succeeded, "{status:#?}");
}

/// A policy allows only some instance types, say. Without a success before, one denial looks like that of every create.
#[tokio::test]
async fn a_denial_of_one_run_does_not_keep_the_others_from_being_tried() {
    let world = World::fast("one-denied").await;
    let of_one = json!({"operation": CREATE, "kind": "AccessDenied", "nameContains": "denied-1:"});
    world.emulator.fault(of_one).await;
    world.apply(&manifest("denied", 3, 1)).await;
    let others = |status: &api::ModelSelectionStatus| runs_in(status, RunState::Succeeded) == 2;
    let status = world.await_observed_within("denied", "the others have run", LATER, others).await;
    assert_eq!(status.runs[0].reason, Some(Reason::AccessDenied), "{status:#?}");
}
