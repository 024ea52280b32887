//! If the operator, the object, the API server or the whole cluster is lost, the same manifest means the same jobs:
//! exactly one for each definition and attempt, and the same status in the end.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

mod previous_incarnations;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::{Reason, RunState};
use serde_json::{Value, json};
use testkit::jobs::Job;
use testkit::status::{is_running, job_of, run_of, timeless};
use testkit::world::{DEADLINE, LONG};
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_gone, await_until, consistently};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
/// Longer than any test takes: a call that is delayed this long ends with the process that made it.
const HELD: u64 = 120_000;

/// Two at a time, so that some runs wait while others end; one of them fails.
fn selection() -> Selection {
    Selection::new("selection")
        .images(&["one", "broken", "three"])
        // A version prefix needs a listing of the versions, and then the document.
        .jump_start("mobilenet", MOBILENET, "4.*")
        .with("/maxConcurrentTuningJobs", json!(2))
}

/// A world whose account is new in each act, with the result of an undisturbed life of [`selection`].
struct Stage {
    world: World<'static>,
    status: Value,
    jobs: BTreeMap<String, Job>,
}

impl Stage {
    async fn new(purpose: &str) -> Self {
        let world = World::fast(purpose).await;
        let mut stage = Self { world, status: Value::Null, jobs: BTreeMap::new() };
        stage.prepare().await;
        stage.world.apply(&selection()).await;
        stage.status = timeless(&stage.world.await_complete("selection").await);
        stage.jobs = stage.world.jobs().await;
        assert_eq!(stage.jobs.len(), 4);
        stage
    }

    /// Starts without jobs and objects, with a new operator.
    async fn prepare(&mut self) {
        if self.world.selections.get_opt("selection").await.unwrap().is_some() {
            self.world.delete_and_wait("selection").await;
        }
        self.world.operator.kill();
        self.world.renew_emulator(&["--speed", "3000"]).await;
        self.world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
        self.world.start_operator();
    }

    /// The result is the same as without the disturbance.
    async fn check(&self, what: &str) {
        let status = self.world.await_complete("selection").await;
        assert_eq!(timeless(&status), self.status, "{what}");
        assert_eq!(self.world.jobs().await, self.jobs, "{what}");
    }
}

#[tokio::test]
async fn killed_during_any_call_to_sagemaker() {
    let mut stage = Stage::new("calls").await;
    for operation in [
        "ListHubContentVersions",
        "DescribeHubContent",
        "CreateHyperParameterTuningJob",
        "ListHyperParameterTuningJobs",
        "DescribeHyperParameterTuningJob",
        "DescribeTrainingJob",
    ] {
        stage.prepare().await;
        let order = json!({"operation": operation, "kind": "Delay", "count": 1, "delayMillis": HELD});
        stage.world.emulator.fault(order).await;
        stage.world.apply(&selection()).await;
        stage.world.await_faults_spent().await;
        stage.world.kill_and_restart();
        stage.check(operation).await;
    }
}

#[tokio::test]
async fn killed_after_a_job_was_created_whose_response_was_lost() {
    let mut stage = Stage::new("answers").await;
    for lost in [1, 2, 4] {
        stage.prepare().await;
        let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer", "count": lost});
        stage.world.emulator.fault(order).await;
        stage.world.apply(&selection()).await;
        await_until("a job was created", DEADLINE, async || !stage.world.jobs().await.is_empty()).await;
        stage.world.kill_and_restart();
        stage.check(&format!("{lost} lost answers and a kill")).await;
    }
    // The same without a kill: the operator finds the job by itself.
    stage.prepare().await;
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer", "count": 2});
    stage.world.emulator.fault(order).await;
    stage.world.apply(&selection()).await;
    stage.check("2 lost answers").await;
}

#[tokio::test]
async fn killed_after_each_of_its_writes_to_the_api_server() {
    let mut stage = Stage::new("writes").await;
    for writes in 1..=8 {
        stage.prepare().await;
        let before = stage.world.writes().len();
        stage.world.apply(&selection()).await;
        await_until("so many writes", DEADLINE, async || {
            let seen = stage.world.writes().len() - before;
            if seen >= writes { Ok(()) } else { Err(seen) }
        })
        .await;
        stage.world.kill_and_restart();
        stage.check(&format!("killed after {writes} writes")).await;
    }
}

#[tokio::test]
async fn killed_again_and_again() {
    let mut stage = Stage::new("again").await;
    stage.prepare().await;
    stage.world.apply(&selection()).await;
    for kill in 1..=10 {
        let before = stage.world.calls().await;
        // A complete selection makes no more calls, and then there is nothing left to disturb.
        await_until("it does something, or has done all", DEADLINE, async || {
            let status = stage.world.selections.get("selection").await.unwrap().status.unwrap_or_default();
            let calls = stage.world.calls().await - before;
            if calls > kill % 4 || status.completion_time.is_some() { Ok(()) } else { Err(calls) }
        })
        .await;
        stage.world.kill_and_restart();
    }
    stage.check("ten kills").await;
}

#[tokio::test]
async fn killed_while_a_superseded_job_is_being_stopped() {
    let mut world = World::held("superseded").await;
    for (name, kind) in [("held", "Delay"), ("lost", "DropAnswer")] {
        let first = Selection::new(name).images(&["one", "other"]);
        world.apply(&first).await;
        let before = world.await_launched(name).await;
        let order = json!({"operation": "StopHyperParameterTuningJob", "kind": kind, "count": 1, "delayMillis": HELD});
        world.emulator.fault(order).await;
        world.apply(&first.with("/candidates/0/hyperparameters", json!({"epochs": "7"}))).await;
        world.await_faults_spent().await;
        world.kill_and_restart();
        let after = world.await_launched(name).await;
        world.await_stop(&job_of(&before, "one")).await;
        assert_eq!(job_of(&after, "other"), job_of(&before, "other"));
        let jobs = world.jobs().await;
        for candidate in ["one", "other"] {
            assert_eq!(jobs[&job_of(&after, candidate)].status, "InProgress", "{kind}");
        }
        world.emulator.advance(LONG).await;
        let done = world.await_complete(name).await;
        assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 0), "{done:#?}");
        world.delete_and_wait(name).await;
    }
    assert_one_job_per_attempt(&world, 6).await;
}

#[tokio::test]
async fn edited_while_the_operator_is_down_and_a_job_exists_that_it_does_not_know() {
    let mut world = World::held("down").await;
    for (name, remove) in [("edited", false), ("removed", true)] {
        let first = Selection::new(name).images(&["one", "other"]);
        world.emulator.fault(json!({"operation": "CreateHyperParameterTuningJob", "kind": "DropAnswer"})).await;
        world.apply(&first).await;
        await_until("both jobs were made", DEADLINE, async || world.jobs_in("InProgress").await.len() == 2).await;
        world.operator.kill();
        world.emulator.clear_faults().await;
        let made = world.jobs().await;
        let unheard = made.values().find(|job| job.candidate == "one" && job.status == "InProgress").unwrap();
        let edited = if remove {
            first.without("one")
        } else {
            first.with("/candidates/0/hyperparameters", json!({"epochs": "7"}))
        };
        world.apply(&edited).await;
        world.start_operator();
        let after = world.await_launched(name).await;
        world.await_stop(&unheard.name).await;
        assert_eq!(world.jobs_in("InProgress").await.len(), after.runs.len(), "no job runs that no run knows of");
        assert!(made.contains_key(&job_of(&after, "other")), "the other one is adopted");
        world.delete_and_wait(name).await;
    }
}

#[tokio::test]
async fn killed_while_suspend_stops_the_jobs() {
    let mut world = World::held("suspending").await;
    for (name, kind) in [("held", "Delay"), ("lost", "DropAnswer")] {
        let running = Selection::new(name).images(&["one"]).with("/suspendPolicy", json!("Stop"));
        world.apply(&running).await;
        let before = world.await_launched(name).await;
        let order = json!({"operation": "StopHyperParameterTuningJob", "kind": kind, "count": 1, "delayMillis": HELD});
        world.emulator.fault(order).await;
        world.apply(&running.clone().with("/suspend", json!(true))).await;
        world.await_faults_spent().await;
        world.kill_and_restart();
        world.await_stop(&job_of(&before, "one")).await;
        world.emulator.advance(LONG).await;
        let stopped =
            world.await_status(name, "the run is stopped", |status| status.runs[0].state == RunState::Stopped).await;
        assert_eq!(stopped.runs[0].reason, Some(Reason::Suspended), "{kind}: it was the operator who stopped it");
        world.apply(&running.with("/suspend", json!(false))).await;
        let again = world.await_launched(name).await;
        assert_eq!(again.runs[0].attempt, 1, "{kind}");
    }
    assert_one_job_per_attempt(&world, 4).await;
}

#[tokio::test]
async fn killed_while_a_deletion_stops_the_jobs() {
    let mut world = World::held("deleting").await;
    for (name, kind) in [("held", "Delay"), ("lost", "DropAnswer")] {
        world.apply(&Selection::new(name).images(&["one", "two"])).await;
        world.await_launched(name).await;
        let order = json!({"operation": "StopHyperParameterTuningJob", "kind": kind, "count": 1, "delayMillis": HELD});
        world.emulator.fault(order).await;
        world.delete(name).await;
        world.await_faults_spent().await;
        world.kill_and_restart();
        await_gone(&world.selections, name, DEADLINE).await;
        assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn killed_while_a_failed_run_is_tried_again() {
    let mut world = World::held("retrying").await;
    world.emulator.behave(json!({"match": "*/broken:1", "failAlways": true})).await;
    world.apply(&Selection::new("retrying").images(&["broken"]).with("/retries", json!(2))).await;
    world.await_launched("retrying").await;
    for (attempt, kind) in [(1, "Delay"), (2, "DropAnswer")] {
        let order =
            json!({"operation": "CreateHyperParameterTuningJob", "kind": kind, "count": 1, "delayMillis": HELD});
        world.emulator.fault(order).await;
        world.emulator.advance(LONG).await;
        world.await_faults_spent().await;
        world.kill_and_restart();
        world
            .await_status("retrying", "the next attempt runs", |status| {
                status.runs[0].attempt == attempt && is_running(&status.runs[0])
            })
            .await;
    }
    world.emulator.advance(LONG).await;
    let done = world.await_complete("retrying").await;
    assert_eq!((done.runs[0].state, done.runs[0].attempt, done.runs[0].failed_attempts), (RunState::Failed, 2, 2));
    assert_one_job_per_attempt(&world, 3).await;
}

async fn assert_one_job_per_attempt(world: &World<'_>, count: usize) {
    let jobs = world.jobs().await;
    let identities: BTreeSet<_> = jobs
        .values()
        .map(|job| (&job.selection, &job.candidate, &job.dataset, &job.definition, &job.attempt))
        .collect();
    assert_eq!((jobs.len(), identities.len()), (count, count), "{jobs:#?}");
}

#[tokio::test]
async fn the_api_server_may_go_and_come_back_while_jobs_run() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    // A process with a Lease exits if the API server is away for long (tests/install/leader.rs), and how long the API
    // server takes to come back depends on the machine.
    let mut world =
        World::start(&plane, "server", &["--speed", "0"], &[("MODELSELECTION_LEADER_ELECT", "false")]).await;
    world.apply(&Selection::new("server").images(&["one", "two"])).await;
    let before = world.await_launched("server").await;

    plane.stop_api_server();
    world.emulator.reset_calls().await;
    world.emulator.advance(LONG).await;
    await_until("the operator has seen the results", DEADLINE, async || {
        let seen = world.calls_of("DescribeTrainingJob").await;
        if seen >= 2 { Ok(()) } else { Err(seen) }
    })
    .await;
    assert!(world.operator.is_running());
    plane.start_api_server().await;

    let after = world.await_complete("server").await;
    for candidate in ["one", "two"] {
        assert_eq!(run_of(&after, candidate).state, RunState::Succeeded);
        assert_eq!(job_of(&after, candidate), job_of(&before, candidate));
    }
    assert_eq!(world.jobs().await.len(), 2);
    assert!(world.operator.is_running(), "it lived through it");

    // The API server stops while jobs are being created, which then cannot be recorded; and the operator stops with it.
    let order = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 2, "delayMillis": 1500});
    world.emulator.fault(order).await;
    world.apply(&Selection::new("later").images(&["one", "two"])).await;
    world.await_faults_spent().await;
    plane.stop_api_server();
    await_until("the jobs are created", DEADLINE, async || world.jobs().await.len() == 4).await;
    world.kill_and_restart();
    await_until("the operator says what it misses", DEADLINE, async || match world.operator.get("/readyz").await {
        Ok((503, text)) if text.contains("kubernetes: ") => Ok(()),
        other => Err(other),
    })
    .await;
    plane.start_api_server().await;
    world.operator.await_ready(DEADLINE).await;
    world.await_launched("later").await;
    assert_eq!(world.jobs().await.len(), 4);
    world.emulator.advance(LONG).await;
    world.await_complete("later").await;
    world.await_idle().await;
    world.emulator.reset_calls().await;
    consistently("nothing more is called", Duration::from_secs(1), async || match world.calls().await {
        0 => Ok(()),
        n => Err(format!("{n} calls")),
    })
    .await;
}
