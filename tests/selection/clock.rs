//! The wall clock of the operator jumps while it works: forward, back, by a day. Waiting uses the monotonic clock, so
//! no job is created twice, none is declared deleted, and no pause gets stuck.

use api::RunState;
use kube::api::DeleteParams;
use serde_json::json;
use testkit::world::{DEADLINE, LONG};
use testkit::{Selection, WallClock, World, await_gone, await_until, shared};

const CREATE: &str = "CreateHyperParameterTuningJob";
const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
const DAY: i64 = 86_400;

/// A world whose operator has a wall clock of its own and a consistency window of a minute.
async fn world(purpose: &str) -> (World<'static>, WallClock) {
    world_with(purpose, &[("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "60")]).await
}

async fn world_with(purpose: &str, settings: &[(&str, &str)]) -> (World<'static>, WallClock) {
    let clock = WallClock::new();
    let mut environment = clock.environment();
    environment.extend(settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let environment: Vec<(&str, &str)> = environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    (World::start(shared().await, purpose, &["--speed", "0"], &environment).await, clock)
}

/// Checks that a jump has caused no calls: polls apart, a run of one job makes five or six, and each fault a few more.
async fn assert_few_calls(world: &World<'_>) {
    let calls = world.calls().await - world.calls_of("ListHyperParameterTuningJobs").await;
    assert!(calls <= 30, "{}", world.emulator.calls().await);
}

async fn succeed_with_one_job_each(world: &World<'_>, name: &str, jobs: usize) {
    world.await_launched(name).await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete(name).await;
    assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 0), "{status:#?}");
    assert_eq!(world.jobs().await.len(), jobs);
    assert_few_calls(world).await;
}

#[tokio::test]
async fn the_changed_clock_is_that_of_the_process() {
    let (world, clock) = world("clock").await;
    clock.set(10 * DAY);
    let selection = world.apply(&Selection::new("clock").images(&["one"])).await;
    let status = world.await_launched("clock").await;
    let (started, made) = (status.start_time.unwrap().0, selection.metadata.creation_timestamp.unwrap().0);
    assert!(started.duration_since(made).as_secs() > 9 * DAY, "{started} {made}");
}

/// New jobs are not visible yet, and the responses to their creation are lost.
#[tokio::test]
async fn ten_minutes_ahead_while_new_jobs_are_not_visible() {
    let (world, clock) = world("ahead").await;
    let lag = json!({"operation": "*", "kind": "Missing", "seconds": 12, "since": "created", "time": "real"});
    world.emulator.lag(lag).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 2})).await;
    world.apply(&Selection::new("ahead").images(&["one", "two"])).await;
    await_until("both jobs are created", DEADLINE, async || world.jobs().await.len() == 2).await;
    clock.set(600);
    let missing = format!("{DESCRIBE} ResourceNotFound");
    await_until("they are looked for in vain", DEADLINE, async || world.errors(&missing).await >= 3).await;
    clock.set(1_200);
    succeed_with_one_job_each(&world, "ahead", 2).await;
}

/// The same for jobs that a listing has shown before.
#[tokio::test]
async fn ten_minutes_ahead_while_a_replica_lags() {
    let (world, clock) = world("replica").await;
    world.apply(&Selection::new("replica").images(&["one", "two"])).await;
    world.await_launched("replica").await;
    let lag = json!({"operation": "*", "kind": "Missing", "seconds": 12, "since": "now", "time": "real"});
    world.emulator.lag(lag).await;
    let missing = format!("{DESCRIBE} ResourceNotFound");
    await_until("they are looked for in vain", DEADLINE, async || world.errors(&missing).await >= 2).await;
    clock.set(600);
    succeed_with_one_job_each(&world, "replica", 2).await;
}

#[tokio::test]
async fn an_hour_back_freezes_no_pause() {
    let (world, clock) = world("back").await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "InternalFailure", "count": 3})).await;
    world.apply(&Selection::new("back").images(&["one", "two"])).await;
    let failed = format!("{CREATE} InternalFailure");
    await_until("a creation has failed", DEADLINE, async || world.errors(&failed).await >= 1).await;
    clock.set(-3_600);
    world.await_faults_spent().await;
    succeed_with_one_job_each(&world, "back", 2).await;
}

#[tokio::test]
async fn a_day_ahead_and_back_again_loses_nothing() {
    let (world, clock) = world("day").await;
    world.apply(&Selection::new("day").images(&["one"])).await;
    world.await_launched("day").await;
    clock.set(DAY);
    world.apply(&Selection::new("next").images(&["one"])).await;
    world.await_launched("next").await;
    clock.set(-DAY);
    world.emulator.advance(LONG).await;
    for name in ["day", "next"] {
        assert_eq!(world.await_complete(name).await.runs[0].state, RunState::Succeeded);
    }
    assert_eq!(world.jobs().await.len(), 2);
    assert_few_calls(&world).await;
}

/// A deletion waits half an hour for AWS. A jump of the wall clock is no reason to leave a job running.
#[tokio::test]
async fn a_day_ahead_gives_up_no_stop() {
    let (world, clock) = world("deletion").await;
    world.apply(&Selection::new("deletion").images(&["one"])).await;
    world.await_launched("deletion").await;
    let stop = "StopHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": stop, "kind": "InternalFailure", "count": 3})).await;
    clock.set(DAY);
    world.selections.delete("deletion", &DeleteParams::default()).await.unwrap();
    await_gone(&world.selections, "deletion", DEADLINE).await;
    assert_eq!(world.jobs_in("InProgress").await, [""; 0], "nothing runs on unseen");
    assert_few_calls(&world).await;
}

/// Nor is a clock that is behind a reason to wait for ever.
#[tokio::test]
async fn a_day_back_a_deletion_still_ends() {
    let deadline = [("MODELSELECTION_DELETION_DEADLINE_SECONDS", "6")];
    let (world, clock) = world_with("behind", &deadline).await;
    world.apply(&Selection::new("behind").images(&["one"])).await;
    world.await_launched("behind").await;
    world.emulator.fault(json!({"operation": "StopHyperParameterTuningJob", "kind": "AccessDenied"})).await;
    clock.set(-DAY);
    world.selections.delete("behind", &DeleteParams::default()).await.unwrap();
    await_gone(&world.selections, "behind", DEADLINE).await;
    assert_eq!(world.events("behind", "TuningJobsLeftRunning").await, 1);
    assert_few_calls(&world).await;
}
