//! Replicas of `SageMaker` that lag: one answer, or a few within seconds, proves nothing about what it does not show.

use api::{ModelSelectionStatus, Reason, RunState};
use serde_json::json;
use testkit::status::{condition, run_of};
use testkit::world::{DEADLINE, LATER, LONG};
use testkit::{Selection, World, await_until, shared};

/// Longer than the faults below last, so that nothing counts as missing meanwhile.
const WINDOW: [(&str, &str); 1] = [("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "60")];

async fn world(purpose: &str) -> World<'static> {
    let world = World::start(shared().await, purpose, &["--speed", "0"], &WINDOW).await;
    // Without the right to search, each job that has ended is described.
    world.emulator.fault(json!({"operation": "Search", "kind": "AccessDenied"})).await;
    world
}

/// The same with the settings of a release, and short pauses.
async fn hurried(purpose: &str, environment: &[(&str, &str)]) -> World<'static> {
    let world = World::hurried(purpose, environment).await;
    world.emulator.fault(json!({"operation": "Search", "kind": "AccessDenied"})).await;
    world
}

async fn ended(world: &World<'_>, name: &str) -> ModelSelectionStatus {
    world.await_launched(name).await;
    world.emulator.advance(LONG).await;
    world.await_complete(name).await
}

#[tokio::test]
async fn a_best_training_job_that_does_not_show_keeps_its_metrics() {
    let world = world("best").await;
    world.emulator.fault(json!({"operation": "DescribeTrainingJob", "kind": "NotFound", "count": 2})).await;
    world.apply(&Selection::new("best").images(&["one"])).await;
    let status = ended(&world, "best").await;
    assert!(!run_of(&status, "one").best.as_ref().is_some_and(|best| best.metrics.is_empty()), "{status:#?}");
    assert_eq!(status.fronts[0].members.len(), 1, "{status:#?}");
    assert_eq!(world.errors("DescribeTrainingJob ResourceNotFound").await, 2);
}

#[tokio::test]
async fn training_jobs_that_do_not_show_are_in_the_table_with_their_metrics() {
    let world = hurried("table", &[]).await;
    let list = "ListTrainingJobsForHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": list, "kind": "NotFound", "count": 4})).await;
    world.apply(&Selection::new("table").images(&["one"]).with("/collect", json!("All"))).await;
    world.await_launched("table").await;
    world.emulator.advance(LONG).await;
    await_until("it was listed in vain", DEADLINE, async || {
        world.errors(&format!("{list} ResourceNotFound")).await == 4
    })
    .await;
    // Four times each of two training jobs.
    world.emulator.fault(json!({"operation": "DescribeTrainingJob", "kind": "NotFound", "count": 8})).await;
    let status = world.await_complete("table").await;
    let run = run_of(&status, "one");
    let count = |trials: &api::Trials| trials.count;
    assert_eq!((run.state, run.reason, run.trials.as_ref().map(count)), (RunState::Succeeded, None, Some(2)));
    assert!(status.fronts[0].excluded.is_empty(), "{status:#?}");
    assert_eq!(world.errors("DescribeTrainingJob ResourceNotFound").await, 8);
}

#[tokio::test]
async fn training_jobs_that_do_not_show_for_the_whole_window_are_in_the_table_without_metrics() {
    let world = hurried("lost", &[("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "60")]).await;
    world.apply(&Selection::new("lost").images(&["one"]).with("/collect", json!("All"))).await;
    world.await_launched("lost").await;
    world.emulator.fault(json!({"operation": "DescribeTrainingJob", "kind": "NotFound"})).await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete_within("lost", LATER).await;
    let run = run_of(&status, "one");
    assert_eq!(run.trials.as_ref().map(|trials| trials.count), Some(2), "{status:#?}");
    assert!(status.fronts[0].members.is_empty(), "{status:#?}");
    let times = world.errors("DescribeTrainingJob ResourceNotFound").await;
    assert!(times >= 6 * 2, "{times} responses are certain");
}

/// As when the system that makes it has just done so.
#[tokio::test]
async fn a_job_that_a_candidate_names_may_show_late() {
    let world = world("named").await;
    world.apply(&Selection::new("made").images(&["one"])).await;
    let job = world.await_launched("made").await.runs[0].tuning_job_name.clone().unwrap_or_default();
    world.emulator.fault(json!({"operation": "DescribeHyperParameterTuningJob", "kind": "NotFound", "count": 2})).await;
    let named = json!([{"name": "one", "tuningJobName": job}]);
    world.apply(&Selection::new("named").with("/candidates", named)).await;
    let looked = |status: &ModelSelectionStatus| run_of(status, "one").reason == Some(Reason::RetryingAfterError);
    let status = world.await_observed("named", "the operator looks again", looked).await;
    assert!(condition(&status, "Stalled").is_none(), "{status:#?}");
    world.await_launched("named").await;
    assert_eq!(world.events("named", "UnknownTuningJob").await, 0);
}

/// Nothing asks for it again once the run has failed.
#[tokio::test]
async fn the_reason_of_a_failure_outlasts_a_refused_list() {
    for kind in ["Throttle", "InternalFailure"] {
        let world = world(&format!("why-{}", kind.to_lowercase())).await;
        let list = "ListTrainingJobsForHyperParameterTuningJob";
        world.emulator.fault(json!({"operation": list, "kind": kind, "count": 1})).await;
        world.emulator.behave(json!({"match": "*", "failAlways": true, "failureReason": "No images found"})).await;
        world.apply(&Selection::new("why").images(&["one"])).await;
        let message = run_of(&ended(&world, "why").await, "one").message.clone().unwrap_or_default();
        assert!(message.contains("No images found"), "{message}");
    }
}
