//! What goes wrong between the operator and SageMaker, and that it costs nothing: no second job, no lost run, no failure
//! that is none.

use std::time::Duration;

use api::{Reason, RunState};
use serde_json::json;
use testkit::trouble::{LATER, Manifest, SOON, Scene, condition, foreign_job, number, run, says};
use testkit::{await_gone, await_until};

const CREATE: &str = "CreateHyperParameterTuningJob";
const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
const LIST: &str = "ListHyperParameterTuningJobs";
const OPERATIONS: [&str; 8] = [
    CREATE,
    DESCRIBE,
    LIST,
    "DescribeTrainingJob",
    "DescribeHubContent",
    "ListHubContentVersions",
    "ListTags",
    "Search",
];
/// Leads to calls of the hub, too.
const JUMPSTART: &str = "- name: js
  jumpStart: {modelID: tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4, version: \"4.*\"}";
const FAST: &[&str] = &["--speed", "300"];

#[tokio::test]
async fn a_lost_answer_to_create_makes_no_second_job() {
    let scene = Scene::start("lost-answer", FAST, &[]).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 2})).await;
    // The job whose answer was lost is not known everywhere yet either.
    scene.emulator.fault(json!({"operation": DESCRIBE, "kind": "NotFound", "count": 2})).await;
    scene.apply(&Manifest::new("lost", &["a", "b", "c"])).await;
    let status = scene.completed("lost", SOON).await;
    scene.print_calls("lost answer").await;
    assert_eq!(number(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(scene.jobs_created().await, 3);
    assert_eq!(scene.errors(&format!("{CREATE} DropAnswer")).await, 2);
    assert!(scene.operator.logs().contains("tuning job adopted"));
}

#[tokio::test]
async fn a_lost_request_to_create_is_repeated() {
    let scene = Scene::start("lost-request", FAST, &[]).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 3})).await;
    scene.apply(&Manifest::new("lost", &["a", "b"])).await;
    let status = scene.completed("lost", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 2);
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn answers_500_and_503_of_every_operation_pass_by() {
    let scene = Scene::start("bad-answers", FAST, &[]).await;
    for operation in OPERATIONS {
        scene.emulator.fault(json!({"operation": operation, "kind": "InternalFailure", "count": 1})).await;
        scene.emulator.fault(json!({"operation": operation, "kind": "ServiceUnavailable", "count": 1})).await;
    }
    // So that tags are asked for, too.
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    scene.apply(&Manifest::new("bad", &["a", "b"]).candidate(JUMPSTART)).await;
    let status = scene.completed("bad", LATER).await;
    scene.print_calls("500 and 503").await;
    assert_eq!(number(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(scene.jobs_created().await, 3);
    let calls = scene.emulator.calls().await;
    for operation in OPERATIONS {
        for error in ["InternalFailure", "ServiceUnavailable"] {
            assert_eq!(calls["errors"][format!("{operation} {error}")], 1, "{operation} {error}: {calls}");
        }
    }
}

#[tokio::test]
async fn trouble_with_the_hub_that_has_passed_is_not_told_of_a_run_that_waits_for_a_place() {
    let scene = Scene::start("passed", &["--speed", "0"], &[]).await;
    scene.emulator.fault(json!({"operation": "DescribeHubContent", "kind": "ServiceUnavailable", "count": 1})).await;
    let hub = JUMPSTART.replace("\"4.*\"", "\"4.0.6\"");
    let manifest = Manifest::new("passed", &["a"]).candidate(&hub).more("maxConcurrentTuningJobs: 1");
    scene.apply(&manifest).await;
    let told = |status: &api::ModelSelectionStatus| run(status, "js").reason == Some(Reason::RetryingAfterError);
    scene.status("passed", "the trouble is told", SOON, told).await;
    let queued = |status: &api::ModelSelectionStatus| {
        let js = run(status, "js");
        (js.state, js.reason, &js.message) == (RunState::Waiting, Some(Reason::Queued), &None)
            && says(status, "Ready") == ("True", "TuningRunning")
    };
    scene.status("passed", "and its end", SOON, queued).await;
    assert_eq!(scene.jobs_created().await, 1);
}

#[tokio::test]
async fn throttling_slows_down_and_fails_nothing() {
    let scene = Scene::start("throttled", &["--speed", "300", "--rate", "*=2"], &[]).await;
    for operation in OPERATIONS {
        scene.emulator.fault(json!({"operation": operation, "kind": "Throttle", "count": 2})).await;
    }
    // So that tags are asked for, too.
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    let names: Vec<String> = (1..=10).map(|i| format!("net-{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    scene.apply(&Manifest::new("throttled", &names).candidate(JUMPSTART)).await;
    let status = scene.completed("throttled", LATER).await;
    scene.print_calls("throttled").await;
    assert_eq!(number(&status, RunState::Succeeded), 11, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(scene.jobs_created().await, 11);
    // 11 creates, describes and results, some lists and the hub; a client that repeats what is refused at once makes hundreds.
    let calls = scene.emulator.calls().await;
    let throttled = |operation: &str| calls["errors"][format!("{operation} ThrottlingException")].as_u64().unwrap_or(0);
    for operation in OPERATIONS {
        assert!(throttled(operation) >= 2, "{operation}: {calls}");
    }
    let refused: u64 = OPERATIONS.into_iter().map(throttled).sum();
    let total = scene.calls("").await;
    println!("throttled: {refused} of {total} calls were refused");
    assert!((16..=64).contains(&refused), "{refused} refused");
    assert!(scene.calls(CREATE).await <= 40);
    assert_eq!(scene.told("throttled", Reason::TuningJobFailed.as_str()).await, 0);
}

/// Refusals of calls that were sent together are one piece of news: taken each for itself, they bring the rate down so far
/// that nothing happens for minutes.
#[tokio::test]
async fn a_burst_of_refusals_is_soon_overcome() {
    let scene = Scene::start("burst", &["--speed", "300", "--rate", "*=2"], &[]).await;
    scene.emulator.fault(json!({"operation": "*", "kind": "Throttle", "count": 10})).await;
    let names: Vec<String> = (1..=10).map(|i| format!("net-{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    scene.apply(&Manifest::new("burst", &names)).await;
    // 45 s here; with a rate that each refusal halves, more than 120 s.
    let status = scene.completed("burst", Duration::from_secs(90)).await;
    scene.print_calls("burst").await;
    assert_eq!(number(&status, RunState::Succeeded), 10, "{status:#?}");
    assert_eq!(scene.jobs_created().await, 10);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_clients_patience_makes_no_second_job() {
    let scene = Scene::start("late-answer", FAST, &[]).await;
    // The service is slow, not broken: it carries the call out after the client has given up.
    scene.emulator.fault(json!({"operation": CREATE, "kind": "Delay", "count": 1, "delayMillis": 21_000})).await;
    scene.apply(&Manifest::new("late", &["a", "b"])).await;
    let status = scene.completed("late", LATER).await;
    assert_eq!(number(&status, RunState::Succeeded), 2, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn expired_credentials_are_told_and_their_return_is_noticed() {
    let scene = Scene::start("expired", &["--speed", "0"], &[]).await;
    scene.apply(&Manifest::new("expired", &["a", "b"])).await;
    let status = scene.condition("expired", "Ready", Reason::TuningRunning).await;
    assert_eq!(number(&status, RunState::Running), 2);
    scene.emulator.fault(json!({"operation": "*", "kind": "ExpiredToken"})).await;
    let status = scene.condition("expired", "Stalled", Reason::CredentialsRejected).await;
    assert_eq!(says(&status, "Ready"), ("False", "CredentialsRejected"));
    assert_eq!(says(&status, "Reconciling"), ("", ""));
    let message = &condition(&status, "Stalled").unwrap().message;
    assert!(message.contains("ExpiredTokenException") && message.contains("give the operator valid AWS credentials"));
    assert_eq!(number(&status, RunState::Running), 2, "nothing is concluded from a refusal");
    scene.emulator.clear_faults().await;
    let status = scene.condition("expired", "Ready", Reason::TuningRunning).await;
    assert_eq!(says(&status, "Stalled"), ("", ""));
    scene.told_once("expired", "CredentialsRejected").await;
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("expired", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 2);
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn ten_minutes_without_sagemaker_lose_nothing() {
    let scene = Scene::start("away", &["--speed", "0"], &[]).await;
    scene.apply(&Manifest::new("away", &["a", "b", "c"]).more("maxConcurrentTuningJobs: 2")).await;
    let before = scene.condition("away", "Ready", Reason::TuningRunning).await;
    assert_eq!(number(&before, RunState::Running), 2);
    scene.emulator.fault(json!({"operation": "*", "kind": "DropRequest"})).await;
    scene.emulator.advance(600).await;
    // The jobs have ended meanwhile; some sweeps in a row see nothing at all.
    await_until("four sweeps have failed", SOON, async || scene.errors(&format!("{LIST} DropRequest")).await >= 4)
        .await;
    let during = scene.status("away", "is there", SOON, |_| true).await;
    assert_eq!(number(&during, RunState::Running), 2, "nothing is concluded from silence: {during:#?}");
    assert_eq!(says(&during, "Ready"), ("True", "TuningRunning"));
    scene.emulator.clear_faults().await;
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("away", LATER).await;
    scene.print_calls("ten minutes away").await;
    assert_eq!(number(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(scene.jobs_created().await, 3);
}

#[tokio::test]
async fn a_listing_that_lags_behind_leads_to_no_wrong_conclusion() {
    let scene = Scene::start("lag", &["--speed", "0", "--list-lag", "5"], &[]).await;
    scene.apply(&Manifest::new("lag", &["a", "b"])).await;
    scene.condition("lag", "Ready", Reason::TuningRunning).await;
    // A job that the listing does not show is described: so these describes say that sweeps have missed both jobs.
    await_until("both jobs were looked for", SOON, async || scene.calls(DESCRIBE).await >= 4).await;
    let status = scene.status("lag", "is there", SOON, |_| true).await;
    assert_eq!(number(&status, RunState::Running), 2, "{status:#?}");
    assert_eq!(scene.jobs_created().await, 2);
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("lag", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 2);
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn somebody_elses_job_of_the_same_name_is_left_alone() {
    // The names follow from the manifest alone, so a first life tells them for the second one.
    let first = Scene::start("conflict", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "prod")]).await;
    let manifest = Manifest::new("conflict", &["a", "b", "c"]);
    first.apply(&manifest).await;
    let status = first.condition("conflict", "Ready", Reason::TuningRunning).await;
    let name = run(&status, "b").tuning_job_name.clone().unwrap();
    first.selections.delete("conflict", &kube::api::DeleteParams::default()).await.unwrap();
    await_gone(&first.selections, "conflict", SOON).await;
    let Scene { operator, emulator, client, namespace, selections, events } = first;
    drop((operator, emulator));

    let emulator = testkit::Emulator::start(&["--speed", "0"]).await;
    emulator.behave(json!({"match": "*", "secondsPerEpoch": 10.0})).await;
    emulator.call(CREATE, &foreign_job(&name)).await.unwrap();
    let mut options = testkit::OperatorOptions::new(testkit::shared().await, &emulator, &namespace);
    options.extra_env = vec![
        ("MODELSELECTION_CLUSTER_NAME".into(), "prod".into()),
        ("MODELSELECTION_MIN_SWEEP_SECONDS".into(), "0.5".into()),
        ("MODELSELECTION_MAX_SWEEP_SECONDS".into(), "2".into()),
        ("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS".into(), "3".into()),
    ];
    let mut operator = testkit::Operator::start(options);
    operator.await_ready(SOON).await;
    let scene = Scene { client, namespace, emulator, operator, selections, events };
    scene.apply(&manifest).await;
    let status = scene.condition("conflict", "Stalled", Reason::NameConflict).await;
    assert_eq!(says(&status, "Ready"), ("False", "NameConflict"));
    let message = &condition(&status, "Stalled").unwrap().message;
    assert!(message.contains(&name) && message.contains("modelselection.dev/managed-by"), "{message}");
    assert!(message.contains("`rerun`"), "the remedy: {message}");
    // The others go on, and each of their steps is a pass that must not ask about the conflict again.
    for _ in 0..4 {
        scene.emulator.advance(40).await;
        let sweeps = scene.calls(LIST).await;
        await_until("another sweep", SOON, async || scene.calls(LIST).await > sweeps + 1).await;
    }
    scene.emulator.set_speed(300.0).await;
    let status = scene
        .status("conflict", "the others have succeeded", SOON, |status| number(status, RunState::Succeeded) == 2)
        .await;
    assert_eq!(says(&status, "Stalled"), ("True", "NameConflict"));
    assert_eq!(run(&status, "b").state, RunState::Waiting);
    assert_eq!(scene.calls(CREATE).await, 4, "ours, and the foreign one's own");
    scene.told_once("conflict", "NameConflict").await;

    scene.emulator.set_speed(0.0).await;
    scene.selections.delete("conflict", &kube::api::DeleteParams::default()).await.unwrap();
    await_gone(&scene.selections, "conflict", SOON).await;
    assert_eq!(scene.calls("StopHyperParameterTuningJob").await, 0);
    assert_eq!(scene.jobs().await[&name]["tags"], json!({"team": "other"}));
}

#[tokio::test]
async fn a_job_that_was_deleted_at_sagemaker_has_failed_and_is_not_made_again() {
    let scene = Scene::start("deleted", &["--speed", "0"], &[]).await;
    scene.apply(&Manifest::new("deleted", &["a", "b"]).more("retries: 2")).await;
    let status = scene.condition("deleted", "Ready", Reason::TuningRunning).await;
    let name = run(&status, "a").tuning_job_name.clone().unwrap();
    await_until("a sweep has seen it", SOON, async || scene.calls(LIST).await >= 2).await;
    let request = json!({"HyperParameterTuningJobName": name});
    scene.emulator.call("StopHyperParameterTuningJob", &request).await.unwrap();
    scene.emulator.advance(60).await;
    scene.emulator.call("DeleteHyperParameterTuningJob", &request).await.unwrap();
    scene.emulator.advance(61).await;
    let status = scene
        .status("deleted", "the run has failed", SOON, |status| {
            matches!(run(status, "a").state, RunState::Failed | RunState::Stopped)
        })
        .await;
    // A sweep may have come between the stop and the deletion and have told of the stop; that is true as well.
    let told = run(&status, "a").reason;
    assert!(matches!(told, Some(Reason::TuningJobDeleted | Reason::StoppedExternally)), "{status:#?}");
    println!("deleted at SageMaker: {told:?}");
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("deleted", SOON).await;
    assert_eq!(run(&status, "b").state, RunState::Succeeded);
    assert_eq!(run(&status, "a").reason, told);
    assert_eq!(run(&status, "a").attempt, 0);
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn a_job_that_somebody_stopped_stays_stopped() {
    let scene = Scene::start("stopped", &["--speed", "0"], &[]).await;
    scene.apply(&Manifest::new("stopped", &["a", "b"]).more("retries: 2")).await;
    let status = scene.condition("stopped", "Ready", Reason::TuningRunning).await;
    let name = run(&status, "a").tuning_job_name.clone().unwrap();
    let request = json!({"HyperParameterTuningJobName": name});
    scene.emulator.call("StopHyperParameterTuningJob", &request).await.unwrap();
    scene.status("stopped", "the stop is seen", SOON, |status| run(status, "a").state == RunState::Stopping).await;
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("stopped", SOON).await;
    let a = run(&status, "a");
    assert_eq!((a.state, a.reason, a.attempt), (RunState::Stopped, Some(Reason::StoppedExternally), 0));
    assert!(a.message.as_deref().unwrap().contains("`rerun`"), "the remedy: {a:?}");
    assert_eq!(run(&status, "b").state, RunState::Succeeded);
    assert_eq!(says(&status, "Succeeded"), ("True", "Completed"));
    assert_eq!(scene.jobs_created().await, 2);
}

#[tokio::test]
async fn a_job_without_any_objective_says_so() {
    let scene = Scene::start("no-objective", FAST, &[]).await;
    scene.emulator.behave(json!({"match": "*/a:1", "nanMetrics": ["val_accuracy"]})).await;
    scene.apply(&Manifest::new("silent", &["a", "b"])).await;
    let status = scene.completed("silent", SOON).await;
    let a = run(&status, "a");
    assert_eq!((a.state, a.reason), (RunState::Failed, Some(Reason::ObjectiveNotEmitted)), "{status:#?}");
    let message = a.message.as_deref().unwrap();
    assert!(message.contains("`tuning.objective.metric`") && message.contains("`training.metricDefinitions`"));
    assert_eq!(run(&status, "b").state, RunState::Succeeded);
    scene.told_once("silent", "ObjectiveNotEmitted").await;
}

#[tokio::test]
async fn a_best_training_job_that_was_deleted_is_told_as_deleted() {
    let scene = Scene::start("no-training-job", FAST, &[]).await;
    scene.emulator.fault(json!({"operation": "DescribeTrainingJob", "kind": "NotFound"})).await;
    scene.apply(&Manifest::new("deleted", &["a"])).await;
    let status = scene.completed("deleted", SOON).await;
    let excluded = &status.fronts[0].excluded[0].message;
    assert!(excluded.contains("the best training job no longer exists at SageMaker"), "{excluded}");
    let ready = condition(&status, "Ready").unwrap();
    assert!(!ready.message.contains("regex"), "{}", ready.message);
}

#[tokio::test]
async fn a_new_job_that_is_not_known_yet_is_not_taken_for_gone() {
    // Not listed, and for some time not to be described either: as new as a job can be.
    let scene = Scene::start(
        "propagation",
        &["--speed", "0", "--list-lag", "12"],
        &[("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "300")],
    )
    .await;
    scene.emulator.fault(json!({"operation": DESCRIBE, "kind": "NotFound"})).await;
    scene.apply(&Manifest::new("new", &["a"])).await;
    await_until("it was asked for in vain", SOON, async || {
        scene.errors(&format!("{DESCRIBE} ResourceNotFound")).await >= 2
    })
    .await;
    let status = scene.status("new", "is there", SOON, |_| true).await;
    assert_eq!(run(&status, "a").state, RunState::Running, "{status:#?}");
    scene.emulator.clear_faults().await;
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("new", SOON).await;
    assert_eq!(run(&status, "a").state, RunState::Succeeded);
    assert_eq!(scene.jobs_created().await, 1);
}

/// A job whose answer was lost holds its place until it is found: otherwise one more would run than is allowed.
#[tokio::test]
async fn a_job_whose_answer_was_lost_keeps_its_place() {
    let scene = Scene::start("holds-place", &["--speed", "0"], &[]).await;
    scene.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    // And cannot be looked for either for a while.
    scene.emulator.fault(json!({"operation": DESCRIBE, "kind": "InternalFailure", "count": 2})).await;
    scene.apply(&Manifest::new("place", &["a", "b", "c", "d"]).more("maxConcurrentTuningJobs: 2")).await;
    scene.status("place", "two run", SOON, |status| number(status, RunState::Running) == 2).await;
    assert_eq!(scene.jobs_created().await, 2);
    scene.emulator.set_speed(300.0).await;
    let status = scene.completed("place", SOON).await;
    assert_eq!(number(&status, RunState::Succeeded), 4);
    let jobs = scene.jobs().await;
    assert_eq!(jobs.len(), 4);
    assert_eq!(testkit::trouble::most_at_once(jobs.values()), 2);
}
