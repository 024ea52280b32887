//! Faults between the operator and SageMaker have no lasting effect: no second job, no lost run, no false failure.

use std::time::Duration;

use api::{Reason, RunState};
use serde_json::json;
use testkit::jobs::{foreign_job, most_at_once};
use testkit::status::{condition, run_of, runs_in, status_and_reason};
use testkit::world::{DEADLINE, LATER};
use testkit::{Selection, World, await_gone, await_until};

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
/// Causes calls of the hub, too.
const JUMPSTART: &str = "- name: js
  jumpStart: {modelID: tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4, version: \"4.*\"}";
const FAST: &[&str] = &["--speed", "300"];

#[tokio::test]
async fn a_lost_response_to_create_causes_no_second_job() {
    let world = World::short_epochs("lost-answer", FAST, &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 2})).await;
    // The job whose response was lost is not visible everywhere yet either.
    world.emulator.fault(json!({"operation": DESCRIBE, "kind": "NotFound", "count": 2})).await;
    world.apply(&Selection::one_metric("lost").images(&["a", "b", "c"])).await;
    let status = world.await_complete("lost").await;
    world.print_calls("lost answer").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(world.jobs_created().await, 3);
    assert_eq!(world.errors(&format!("{CREATE} DropAnswer")).await, 2);
    assert!(world.operator.logs().contains("tuning job adopted"));
}

#[tokio::test]
async fn a_lost_request_to_create_is_repeated() {
    let world = World::short_epochs("lost-request", FAST, &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 3})).await;
    world.apply(&Selection::one_metric("lost").images(&["a", "b"])).await;
    let status = world.await_complete("lost").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 2);
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn responses_500_and_503_of_every_operation_are_transient() {
    let world = World::short_epochs("bad-answers", FAST, &[]).await;
    for operation in OPERATIONS {
        world.emulator.fault(json!({"operation": operation, "kind": "InternalFailure", "count": 1})).await;
        world.emulator.fault(json!({"operation": operation, "kind": "ServiceUnavailable", "count": 1})).await;
    }
    // So that tags are read, too: a lost response may be that of a throttled call, which has created no job.
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 3})).await;
    world.apply(&Selection::one_metric("bad").images(&["a", "b"]).candidate_yaml(JUMPSTART)).await;
    let status = world.await_complete_within("bad", LATER).await;
    world.print_calls("500 and 503").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(world.jobs_created().await, 3);
    let calls = world.emulator.calls().await;
    for operation in OPERATIONS {
        for error in ["InternalFailure", "ServiceUnavailable"] {
            assert_eq!(calls["errors"][format!("{operation} {error}")], 1, "{operation} {error}: {calls}");
        }
    }
}

#[tokio::test]
async fn a_past_fault_of_the_hub_is_not_reported_for_a_run_that_waits_for_a_permit() {
    let world = World::short_epochs("passed", &["--speed", "0"], &[]).await;
    world.emulator.fault(json!({"operation": "DescribeHubContent", "kind": "ServiceUnavailable", "count": 1})).await;
    let hub = JUMPSTART.replace("\"4.*\"", "\"4.0.6\"");
    let manifest =
        Selection::one_metric("passed").images(&["a"]).candidate_yaml(&hub).with_yaml("maxConcurrentTuningJobs: 1");
    world.apply(&manifest).await;
    let reported = |status: &api::ModelSelectionStatus| run_of(status, "js").reason == Some(Reason::RetryingAfterError);
    world.await_observed("passed", "the trouble is reported", reported).await;
    let queued = |status: &api::ModelSelectionStatus| {
        let js = run_of(status, "js");
        (js.state, js.reason, &js.message) == (RunState::Waiting, Some(Reason::Queued), &None)
            && status_and_reason(status, "Ready") == ("True", "TuningRunning")
    };
    world.await_observed("passed", "and its end", queued).await;
    assert_eq!(world.jobs_created().await, 1);
}

#[tokio::test]
async fn throttling_slows_down_and_fails_nothing() {
    let world = World::short_epochs("throttled", &["--speed", "300", "--rate", "*=2"], &[]).await;
    for operation in OPERATIONS {
        world.emulator.fault(json!({"operation": operation, "kind": "Throttle", "count": 2})).await;
    }
    // So that tags are read, too: a lost response may be that of a throttled call, which has created no job.
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 3})).await;
    let names = ["one", "two", "three", "four"];
    world.apply(&Selection::one_metric("throttled").images(&names).candidate_yaml(JUMPSTART)).await;
    let status = world.await_complete_within("throttled", LATER).await;
    world.print_calls("throttled").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 5, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0 && run.failed_attempts == 0));
    assert_eq!(world.jobs_created().await, 5);
    // 5 creates, describes and results, some lists and the hub; a client that repeats what is refused at once makes
    // hundreds.
    let calls = world.emulator.calls().await;
    let throttled = |operation: &str| calls["errors"][format!("{operation} ThrottlingException")].as_u64().unwrap_or(0);
    for operation in OPERATIONS {
        assert!(throttled(operation) >= 2, "{operation}: {calls}");
    }
    let refused: u64 = OPERATIONS.into_iter().map(throttled).sum();
    let total = world.calls().await;
    println!("throttled: {refused} of {total} calls were refused");
    assert!((16..=64).contains(&refused), "{refused} refused");
    assert!(world.calls_of(CREATE).await <= 40);
    assert_eq!(world.events("throttled", Reason::TuningJobFailed.as_str()).await, 0);
}

/// Refusals of concurrent calls are a single signal: counted individually, they would lower the rate so far that
/// nothing happens for minutes.
#[tokio::test]
async fn the_operator_recovers_soon_from_a_burst_of_refusals() {
    let world = World::short_epochs("burst", &["--speed", "300", "--rate", "*=2"], &[]).await;
    world.emulator.fault(json!({"operation": "*", "kind": "Throttle", "count": 10})).await;
    let names: Vec<String> = (1..=10).map(|i| format!("net-{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.apply(&Selection::one_metric("burst").images(&names)).await;
    // 45 s here; with a rate that each refusal halves, more than 120 s.
    let status = world.await_complete_within("burst", Duration::from_secs(90)).await;
    world.print_calls("burst").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 10, "{status:#?}");
    assert_eq!(world.jobs_created().await, 10);
}

#[tokio::test]
async fn a_response_after_the_clients_timeout_causes_no_second_job() {
    let world = World::short_epochs("late-answer", FAST, &[]).await;
    // The service is slow, not broken: it executes the call after the client has given up.
    world.emulator.fault(json!({"operation": CREATE, "kind": "Delay", "count": 1, "delayMillis": 21_000})).await;
    world.apply(&Selection::one_metric("late").images(&["a", "b"])).await;
    let status = world.await_complete_within("late", LATER).await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 2, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn expired_credentials_are_reported_and_their_return_is_noticed() {
    let world = World::short_epochs("expired", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("expired").images(&["a", "b"])).await;
    let status = world.await_condition("expired", "Ready", Reason::TuningRunning).await;
    assert_eq!(runs_in(&status, RunState::Running), 2);
    world.emulator.fault(json!({"operation": "*", "kind": "ExpiredToken"})).await;
    let status = world.await_condition("expired", "Stalled", Reason::CredentialsRejected).await;
    assert_eq!(status_and_reason(&status, "Ready"), ("False", "CredentialsRejected"));
    assert_eq!(status_and_reason(&status, "Reconciling"), ("", ""));
    let message = &condition(&status, "Stalled").unwrap().message;
    assert!(message.contains("ExpiredTokenException") && message.contains("give the operator valid AWS credentials"));
    assert_eq!(runs_in(&status, RunState::Running), 2, "nothing is concluded from a refusal");
    world.emulator.clear_faults().await;
    let status = world.await_condition("expired", "Ready", Reason::TuningRunning).await;
    assert_eq!(status_and_reason(&status, "Stalled"), ("", ""));
    world.await_single_event("expired", "CredentialsRejected").await;
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("expired").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 2);
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn ten_minutes_without_sagemaker_lose_nothing() {
    let world = World::short_epochs("away", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("away").images(&["a", "b", "c"]).with_yaml("maxConcurrentTuningJobs: 2")).await;
    let before = world.await_condition("away", "Ready", Reason::TuningRunning).await;
    assert_eq!(runs_in(&before, RunState::Running), 2);
    world.emulator.fault(json!({"operation": "*", "kind": "DropRequest"})).await;
    world.emulator.advance(600).await;
    // The jobs have ended meanwhile; several consecutive polls fail.
    await_until("four sweeps have failed", DEADLINE, async || world.errors(&format!("{LIST} DropRequest")).await >= 4)
        .await;
    let during = world.await_observed("away", "to be observed", |_| true).await;
    assert_eq!(runs_in(&during, RunState::Running), 2, "nothing is concluded from silence: {during:#?}");
    assert_eq!(status_and_reason(&during, "Ready"), ("True", "TuningRunning"));
    world.emulator.clear_faults().await;
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete_within("away", LATER).await;
    world.print_calls("ten minutes away").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 3, "{status:#?}");
    assert!(status.runs.iter().all(|run| run.attempt == 0));
    assert_eq!(world.jobs_created().await, 3);
}

#[tokio::test]
async fn a_listing_that_lags_behind_leads_to_no_wrong_conclusion() {
    let world = World::short_epochs("lag", &["--speed", "0", "--list-lag", "5"], &[]).await;
    world.apply(&Selection::one_metric("lag").images(&["a", "b"])).await;
    world.await_condition("lag", "Ready", Reason::TuningRunning).await;
    // A job that is missing in the listing is described: so these describes prove that polls have missed both jobs.
    await_until("both jobs were looked for", DEADLINE, async || world.calls_of(DESCRIBE).await >= 4).await;
    let status = world.await_observed("lag", "to be observed", |_| true).await;
    assert_eq!(runs_in(&status, RunState::Running), 2, "{status:#?}");
    assert_eq!(world.jobs_created().await, 2);
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("lag").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 2);
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn a_job_of_another_owner_with_the_same_name_is_left_alone() {
    // The names follow from the manifest alone, so a first selection reveals them for the second one.
    let first = World::short_epochs("conflict", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "prod")]).await;
    let manifest = Selection::one_metric("conflict").images(&["a", "b", "c"]);
    first.apply(&manifest).await;
    let status = first.await_condition("conflict", "Ready", Reason::TuningRunning).await;
    let name = run_of(&status, "b").tuning_job_name.clone().unwrap();
    first.selections.delete("conflict", &kube::api::DeleteParams::default()).await.unwrap();
    await_gone(&first.selections, "conflict", DEADLINE).await;
    let mut world = first;
    world.operator.kill();
    world.renew_emulator(&["--speed", "0"]).await;
    world.emulator.set_seconds_per_epoch(10.0).await;
    world.emulator.call(CREATE, &foreign_job(&name)).await.unwrap();
    world.start_operator();
    world.operator.await_ready(DEADLINE).await;
    world.apply(&manifest).await;
    let status = world.await_condition("conflict", "Stalled", Reason::NameConflict).await;
    assert_eq!(status_and_reason(&status, "Ready"), ("False", "NameConflict"));
    let message = &condition(&status, "Stalled").unwrap().message;
    assert!(message.contains(&name) && message.contains("modelselection.dev/managed-by"), "{message}");
    assert!(message.contains("`rerun`"), "the remedy: {message}");
    // The others continue, and each of their steps is a pass that must not make calls about the conflict again.
    for _ in 0..4 {
        world.emulator.advance(40).await;
        let sweeps = world.calls_of(LIST).await;
        await_until("another sweep", DEADLINE, async || world.calls_of(LIST).await > sweeps + 1).await;
    }
    world.emulator.set_speed(300.0).await;
    let status = world
        .await_observed("conflict", "the others have succeeded", |status| runs_in(status, RunState::Succeeded) == 2)
        .await;
    assert_eq!(status_and_reason(&status, "Stalled"), ("True", "NameConflict"));
    assert_eq!(run_of(&status, "b").state, RunState::Waiting);
    assert_eq!(world.calls_of(CREATE).await, 4, "ours, and the foreign one's own");
    world.await_single_event("conflict", "NameConflict").await;

    world.emulator.set_speed(0.0).await;
    world.selections.delete("conflict", &kube::api::DeleteParams::default()).await.unwrap();
    await_gone(&world.selections, "conflict", DEADLINE).await;
    assert_eq!(world.calls_of("StopHyperParameterTuningJob").await, 0);
    assert_eq!(world.job_documents().await[&name]["tags"], json!({"team": "other"}));
}

#[tokio::test]
async fn a_job_that_was_deleted_at_sagemaker_has_failed_and_is_not_created_again() {
    let world = World::short_epochs("deleted", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("deleted").images(&["a", "b"]).with_yaml("retries: 2")).await;
    let status = world.await_condition("deleted", "Ready", Reason::TuningRunning).await;
    let name = run_of(&status, "a").tuning_job_name.clone().unwrap();
    await_until("a sweep has seen it", DEADLINE, async || world.calls_of(LIST).await >= 2).await;
    let request = json!({"HyperParameterTuningJobName": name});
    world.emulator.call("StopHyperParameterTuningJob", &request).await.unwrap();
    world.emulator.advance(60).await;
    world.emulator.call("DeleteHyperParameterTuningJob", &request).await.unwrap();
    world.emulator.advance(61).await;
    let status = world
        .await_observed("deleted", "the run has failed", |status| {
            matches!(run_of(status, "a").state, RunState::Failed | RunState::Stopped)
        })
        .await;
    // A poll may have come between the stop and the deletion and have reported the stop; that is correct as well.
    let reason = run_of(&status, "a").reason;
    assert!(matches!(reason, Some(Reason::TuningJobDeleted | Reason::StoppedExternally)), "{status:#?}");
    println!("deleted at SageMaker: {reason:?}");
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("deleted").await;
    assert_eq!(run_of(&status, "b").state, RunState::Succeeded);
    assert_eq!(run_of(&status, "a").reason, reason);
    assert_eq!(run_of(&status, "a").attempt, 0);
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn a_job_that_somebody_stopped_stays_stopped() {
    let world = World::short_epochs("stopped", &["--speed", "0"], &[]).await;
    world.apply(&Selection::one_metric("stopped").images(&["a", "b"]).with_yaml("retries: 2")).await;
    let status = world.await_condition("stopped", "Ready", Reason::TuningRunning).await;
    let name = run_of(&status, "a").tuning_job_name.clone().unwrap();
    let request = json!({"HyperParameterTuningJobName": name});
    world.emulator.call("StopHyperParameterTuningJob", &request).await.unwrap();
    world.await_observed("stopped", "the stop is seen", |status| run_of(status, "a").state == RunState::Stopping).await;
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("stopped").await;
    let a = run_of(&status, "a");
    assert_eq!((a.state, a.reason, a.attempt), (RunState::Stopped, Some(Reason::StoppedExternally), 0));
    assert!(a.message.as_deref().unwrap().contains("`rerun`"), "the remedy: {a:?}");
    assert_eq!(run_of(&status, "b").state, RunState::Succeeded);
    assert_eq!(status_and_reason(&status, "Succeeded"), ("True", "Completed"));
    assert_eq!(world.jobs_created().await, 2);
}

#[tokio::test]
async fn a_job_without_any_objective_says_so() {
    let world = World::short_epochs("no-objective", FAST, &[]).await;
    world.emulator.behave(json!({"match": "*/a:1", "nanMetrics": ["val_accuracy"]})).await;
    world.apply(&Selection::one_metric("silent").images(&["a", "b"])).await;
    let status = world.await_complete("silent").await;
    let a = run_of(&status, "a");
    assert_eq!((a.state, a.reason), (RunState::Failed, Some(Reason::ObjectiveNotEmitted)), "{status:#?}");
    let message = a.message.as_deref().unwrap();
    assert!(message.contains("`tuning.objective.metric`") && message.contains("`training.metricDefinitions`"));
    assert_eq!(run_of(&status, "b").state, RunState::Succeeded);
    world.await_single_event("silent", "ObjectiveNotEmitted").await;
}

#[tokio::test]
async fn a_best_training_job_that_was_deleted_is_reported_as_deleted() {
    let world = World::short_epochs("no-training-job", FAST, &[]).await;
    world.emulator.fault(json!({"operation": "DescribeTrainingJob", "kind": "NotFound"})).await;
    world.apply(&Selection::one_metric("deleted").images(&["a"])).await;
    let status = world.await_complete("deleted").await;
    let excluded = &status.fronts[0].excluded[0].message;
    assert!(excluded.contains("the best training job no longer exists at SageMaker"), "{excluded}");
    let ready = condition(&status, "Ready").unwrap();
    assert!(!ready.message.contains("regex"), "{}", ready.message);
}

#[tokio::test]
async fn a_new_job_that_is_not_visible_yet_does_not_count_as_deleted() {
    // Not listed, and for some time not described either: like a new job.
    let world = World::short_epochs(
        "propagation",
        &["--speed", "0", "--list-lag", "12"],
        &[("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "300")],
    )
    .await;
    world.emulator.fault(json!({"operation": DESCRIBE, "kind": "NotFound"})).await;
    world.apply(&Selection::one_metric("new").images(&["a"])).await;
    await_until("it was asked for in vain", DEADLINE, async || {
        world.errors(&format!("{DESCRIBE} ResourceNotFound")).await >= 2
    })
    .await;
    let status = world.await_observed("new", "to be observed", |_| true).await;
    assert_eq!(run_of(&status, "a").state, RunState::Running, "{status:#?}");
    world.emulator.clear_faults().await;
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("new").await;
    assert_eq!(run_of(&status, "a").state, RunState::Succeeded);
    assert_eq!(world.jobs_created().await, 1);
}

/// A job whose response was lost holds its permit until it is found: otherwise one more than allowed would run.
#[tokio::test]
async fn a_job_whose_response_was_lost_keeps_its_permit() {
    let world = World::short_epochs("holds-place", &["--speed", "0"], &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    // Describing it fails for a while, too.
    world.emulator.fault(json!({"operation": DESCRIBE, "kind": "InternalFailure", "count": 2})).await;
    world
        .apply(&Selection::one_metric("place").images(&["a", "b", "c", "d"]).with_yaml("maxConcurrentTuningJobs: 2"))
        .await;
    world.await_observed("place", "two run", |status| runs_in(status, RunState::Running) == 2).await;
    assert_eq!(world.jobs_created().await, 2);
    world.emulator.set_speed(300.0).await;
    let status = world.await_complete("place").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 4);
    let jobs = world.job_documents().await;
    assert_eq!(jobs.len(), 4);
    assert_eq!(most_at_once(jobs.values()), 2);
}
