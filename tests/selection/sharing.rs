//! Who may run how many jobs: the selection's own limit, the limit over all selections, and what SageMaker allows.

use api::{Reason, RunState};
use serde_json::{Value, json};
use testkit::await_until;
use testkit::trouble::{LATER, Manifest, SOON, Scene, metrics, most_at_once, number, owner, says};

const CREATE: &str = "CreateHyperParameterTuningJob";
const LIST: &str = "ListHyperParameterTuningJobs";

fn candidates(prefix: &str, n: usize) -> Vec<String> {
    (1..=n).map(|i| format!("{prefix}-{i}")).collect()
}

fn manifest(name: &str, n: usize, own_limit: usize) -> Manifest {
    let names = candidates(name, n);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Manifest::new(name, &names).more(&format!("maxConcurrentTuningJobs: {own_limit}"))
}

#[tokio::test]
async fn a_selections_own_limit_is_used_up_and_never_exceeded() {
    let scene = Scene::start("own-limit", &["--speed", "300"], &[]).await;
    scene.apply(&manifest("own", 10, 3)).await;
    let status = scene.completed("own", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 10, "{status:#?}");
    let jobs = scene.jobs().await;
    assert_eq!(jobs.len(), 10);
    assert_eq!(most_at_once(jobs.values()), 3);
}

#[tokio::test]
async fn two_selections_share_the_accounts_limit() {
    let scene = Scene::start("share", &["--speed", "0"], &[("MODELSELECTION_MAX_TUNING_JOBS", "4")]).await;
    scene.apply(&manifest("early", 8, 8)).await;
    scene.status("early", "it has all places", SOON, |status| number(status, RunState::Running) == 4).await;
    scene.apply(&manifest("late", 8, 8)).await;
    let late = scene.status("late", "it waits", SOON, |status| !status.runs.is_empty()).await;
    assert!(late.runs.iter().all(|run| run.state == RunState::Waiting && run.reason == Some(Reason::Queued)));
    scene.emulator.set_speed(300.0).await;
    for name in ["early", "late"] {
        let status = scene.completed(name, LATER).await;
        assert_eq!(number(&status, RunState::Succeeded), 8, "{status:#?}");
    }
    let jobs = scene.jobs().await;
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
async fn what_a_selections_own_limit_forbids_is_left_to_others() {
    let scene = Scene::start("leave", &["--speed", "0"], &[("MODELSELECTION_MAX_TUNING_JOBS", "6")]).await;
    scene.apply(&manifest("narrow", 8, 1)).await;
    scene.status("narrow", "one runs", SOON, |status| number(status, RunState::Running) == 1).await;
    scene.apply(&manifest("wide", 8, 8)).await;
    scene.status("wide", "it has the other five places", SOON, |status| number(status, RunState::Running) == 5).await;
    let narrow = scene.status("narrow", "is there", SOON, |_| true).await;
    assert_eq!(number(&narrow, RunState::Running), 1);
    assert_eq!(scene.jobs_created().await, 6);
}

#[tokio::test]
async fn a_quota_below_our_own_limits_is_no_failure() {
    let scene = Scene::start("quota", &["--speed", "0", "--max-tuning-jobs", "3"], &[]).await;
    scene.apply(&manifest("quota", 9, 8)).await;
    let status = scene
        .status("quota", "the quota is used up", SOON, |status| {
            number(status, RunState::Running) == 3
                && status.runs.iter().any(|run| run.reason == Some(Reason::QuotaExceeded))
        })
        .await;
    assert_eq!(number(&status, RunState::Failed), 0);
    assert_eq!(says(&status, "Stalled"), ("", ""), "{status:#?}");
    let told = status.runs.iter().find(|run| run.reason == Some(Reason::QuotaExceeded)).unwrap();
    let message = told.message.as_deref().unwrap();
    assert!(message.contains("'Number of concurrent hyperparameter tuning jobs' is 3"), "{message}");
    assert!(message.contains("ask AWS to raise it"), "the remedy: {message}");

    // Waiting for a quota costs nothing: no calls but the sweeps, and hardly a pass.
    let passes = async || {
        let (_, text) = scene.operator.get("/metrics").await.unwrap();
        let all = metrics(&text);
        all.iter().filter(|(k, _)| k.starts_with("controller_runtime_reconcile_total")).map(|(_, v)| *v).sum::<f64>()
    };
    let (before, sweeps) = (passes().await, scene.calls(LIST).await);
    await_until("three more sweeps", SOON, async || scene.calls(LIST).await >= sweeps + 3).await;
    let made = passes().await - before;
    println!("quota: {made} passes during three sweeps");
    assert!(made <= 6.0, "{made} passes while nothing can be done");

    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("quota", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 9, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    let refused = scene.errors(&format!("{CREATE} ResourceLimitExceeded")).await;
    println!("quota: {refused} creates refused for 9 runs");
    assert!((1..=8).contains(&refused), "{refused} refused");
    assert_eq!(most_at_once(scene.jobs().await.values()), 3);
}

/// A run whose create was not answered holds its place, and does not ask for it any more often than others.
#[tokio::test]
async fn a_run_whose_job_may_exist_waits_for_the_quota_like_any_other() {
    let scene = Scene::start("unsure", &["--speed", "0", "--max-tuning-jobs", "1"], &[]).await;
    scene.apply(&manifest("first", 1, 1)).await;
    scene.status("first", "it runs", SOON, |status| number(status, RunState::Running) == 1).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 1})).await;
    scene.apply(&manifest("second", 1, 1)).await;
    let refused = |status: &api::ModelSelectionStatus| {
        status.runs[0].reason == Some(Reason::QuotaExceeded) && status.runs[0].tuning_job_name.is_some()
    };
    scene.status("second", "it is refused and keeps its name", SOON, refused).await;
    let (creates, sweeps) = (scene.calls(CREATE).await, scene.calls(LIST).await);
    await_until("three more sweeps", SOON, async || scene.calls(LIST).await >= sweeps + 3).await;
    let more = scene.calls(CREATE).await - creates;
    assert!(more <= 1, "{more} creates while the quota is known to be full");
    scene.emulator.set_speed(300.0).await;
    scene.completed("second", LATER).await;
}

#[tokio::test]
async fn a_quota_on_instances_holds_only_who_asks_for_them() {
    let emulator = ["--speed", "300", "--instance-limit", "ml.p3.2xlarge=0"];
    let scene = Scene::start("instances", &emulator, &[("MODELSELECTION_MAX_TUNING_JOBS", "4")]).await;
    scene.apply(&manifest("gpu", 6, 6)).await;
    let held =
        |status: &api::ModelSelectionStatus| status.runs.iter().any(|run| run.reason == Some(Reason::QuotaExceeded));
    scene.status("gpu", "it is refused", SOON, held).await;
    let mut cpu = manifest("cpu", 8, 8);
    cpu.more += "
training:
  instanceType: ml.c5.2xlarge
  hyperparameters: {epochs: \"2\"}
  metricDefinitions:
  - {name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}
  outputS3URI: s3://bucket/selections/";
    scene.apply(&cpu).await;
    let status = scene.completed("cpu", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 8, "{status:#?}");
    assert_eq!(most_at_once(scene.jobs().await.values()), 4, "the places of the refused ones are used by others");
    let gpu = scene.status("gpu", "is there", SOON, held).await;
    assert_eq!(number(&gpu, RunState::Waiting), 6, "{gpu:#?}");
    assert_eq!(says(&gpu, "Stalled"), ("", ""));
    let refused = scene.errors(&format!("{CREATE} ResourceLimitExceeded")).await;
    println!("instances: {refused} creates refused");
    assert!((1..=8).contains(&refused), "{refused} refused");
}
