//! Events of the jobs, through a real queue: ends show without a sweep, and whatever else is in the queue costs next to
//! nothing.
// The helpers below are parts of tests.
#![allow(clippy::unwrap_used)]

use api::{ModelSelectionStatus, RunState};
use serde_json::{Value, json};
use testkit::status::is_running;
use testkit::world::{DEADLINE, LONG};
use testkit::{Moto, Selection, World, await_until, shared};

const LIST: &str = "ListHyperParameterTuningJobs";
const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
const FLOW: &str = "modelselection_events_flow{region=\"us-west-2\"}";
const ELSEWHERE: &str = "eu-west-1";
const FLOW_ELSEWHERE: &str = "modelselection_events_flow{region=\"eu-west-1\"}";
const EVENT: &str = include_str!("../fixtures/eventbridge.hpt-job-state-change.json");

/// A world in which no virtual time passes, and sweeps come late; its events go to a queue that the operator reads.
struct WithEvents {
    moto: Moto,
    queue: String,
    world: World<'static>,
}

impl WithEvents {
    async fn start(purpose: &str, max_sweep: &str) -> Self {
        Self::start_with(purpose, max_sweep, true, &[]).await
    }

    /// One in which the jobs' events may be lost before they reach the queue, and in which the queue has these messages
    /// before the operator starts.
    async fn start_with(purpose: &str, max_sweep: &str, fed: bool, backlog: &[String]) -> Self {
        let moto = Moto::start().await;
        let queue = moto.create_queue(purpose).await;
        moto.send(&queue, backlog).await;
        let environment = [
            ("MODELSELECTION_EVENTS_QUEUE_URL", queue.as_str()),
            ("MODELSELECTION_MIN_SWEEP_SECONDS", "0.3"),
            ("MODELSELECTION_MAX_SWEEP_SECONDS", max_sweep),
        ];
        let emulator = ["--speed", "0", "--events-url", &queue];
        let emulator = if fed { &emulator[..] } else { &emulator[..2] };
        let world = World::start(shared().await, purpose, emulator, &environment).await;
        Self { moto, queue, world }
    }

    /// Waits until all runs have jobs, and events have shown that they come.
    async fn await_flow(&self, selection: &str) -> Vec<String> {
        let running = |runs: &[api::RunStatus]| !runs.is_empty() && runs.iter().all(is_running);
        let status = self.world.await_observed(selection, "every run has a job", |status| running(&status.runs)).await;
        self.await_metric(FLOW, 1.0).await;
        self.await_empty().await;
        self.world.await_idle().await;
        self.world.emulator.reset_calls().await;
        status.runs.into_iter().filter_map(|run| run.tuning_job_name).collect()
    }

    async fn await_metric(&self, name: &str, value: f64) {
        await_until(&format!("{name} is {value}"), DEADLINE, async || {
            let metrics = self.world.operator.metrics().await;
            let found = metrics.get(name).copied();
            if found == Some(value) { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }

    /// Waits until all messages have been deleted.
    async fn await_empty(&self) {
        await_until("the queue is empty", DEADLINE, async || match self.moto.messages(&self.queue).await {
            0 => Ok(()),
            some => Err(some),
        })
        .await;
    }

    /// Sends messages, and waits until nothing happens any more.
    async fn send(&self, bodies: &[String]) {
        self.moto.send(&self.queue, bodies).await;
        self.await_empty().await;
        self.world.await_idle().await;
    }

    async fn await_readyz(&self, what: &str, holds: impl Fn(&str) -> bool) {
        await_until(what, DEADLINE, async || match self.world.operator.get("/readyz").await {
            Ok((200, text)) if holds(&text) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }
}

/// The recorded event, as if it were about another job.
fn event(job: &str, status: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["HyperParameterTuningJobName"] = json!(job);
    event["detail"]["HyperParameterTuningJobStatus"] = json!(status);
    event
}

#[tokio::test]
async fn an_end_is_in_the_status_by_its_event_and_no_sweep_comes() {
    let with_events = WithEvents::start("events", "600").await;
    let world = &with_events.world;
    world.apply(&Selection::new("pushed").images(&["one", "two", "three"])).await;
    with_events.await_flow("pushed").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("pushed").await;
    assert!(status.runs.iter().all(|run| run.state == RunState::Succeeded), "{status:#?}");
    let calls = world.emulator.calls().await;
    assert_eq!(calls["byOperation"], json!({DESCRIBE: 3, "DescribeTrainingJob": 3}), "{calls}");
    let metrics = world.operator.metrics().await;
    assert_eq!(metrics.get("modelselection_events_total{outcome=\"woke\"}"), Some(&3.0), "{metrics:?}");

    // What comes again, or too late, costs nothing.
    world.emulator.reset_calls().await;
    let jobs: Vec<&String> = status.runs.iter().filter_map(|run| run.tuning_job_name.as_ref()).collect();
    let again = ["Completed", "InProgress", "Completed"]
        .into_iter()
        .flat_map(|status| jobs.iter().map(move |job| event(job, status)));
    with_events.send(&again.map(|event| event.to_string()).collect::<Vec<_>>()).await;
    assert_eq!(world.calls().await, 0);
}

#[tokio::test]
async fn messages_of_others_and_forged_ones_cost_nothing_or_one_look_and_are_deleted() {
    let with_events = WithEvents::start("forged-events", "600").await;
    let world = &with_events.world;
    world.apply(&Selection::new("pushed").images(&["one"])).await;
    let jobs = with_events.await_flow("pushed").await;
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    let mut messages: Vec<String> =
        (0..200).map(|n| event(&format!("ms-{n:03}-forged"), "Completed").to_string()).collect();
    let mut elsewhere = event(job, "Completed");
    elsewhere["region"] = json!(ELSEWHERE);
    let mut another_service = event(job, "Completed");
    another_service["source"] = json!("aws.ec2");
    messages.extend(
        [elsewhere, another_service, event(job, "Stopping"), json!({"Type": "Notification"})].map(|m| m.to_string()),
    );
    messages.extend(["not JSON", "{", "\u{1b}[2J", "null"].map(str::to_owned));
    with_events.send(&messages).await;
    assert_eq!(world.calls().await, 0);

    // Of a job that runs, the first is looked into.
    with_events.send(&vec![event(job, "Completed").to_string(); 20]).await;
    assert_eq!(world.calls_of(DESCRIBE).await, 1);
    // It is looked at once more, since SageMaker's answers may lag, and then events are in doubt.
    with_events.await_metric(FLOW, 0.0).await;
    let calls = world.emulator.calls().await;
    assert_eq!(calls["byOperation"], json!({DESCRIBE: 1, LIST: 1}), "{calls}");
    let status = world.await_status("pushed", "the job runs", |status| status.runs.iter().all(is_running)).await;
    assert_eq!(status.runs[0].tuning_job_name.as_ref(), Some(job));
}

#[tokio::test]
async fn while_the_queue_cannot_be_read_sweeps_find_the_ends() {
    let mut with_events = WithEvents::start("no-queue", "20").await;
    with_events.world.apply(&Selection::new("polled").images(&["one", "two"])).await;
    with_events.await_flow("polled").await;
    with_events.moto.kill();
    with_events
        .await_readyz("the queue is missed", |text| text.contains("warning: event queue: ReceiveMessage failed"))
        .await;
    with_events.world.emulator.advance(LONG).await;
    with_events.world.await_complete("polled").await;
    assert!(with_events.world.calls_of(LIST).await > 0);

    // Another one is there, without the queue.
    with_events.moto.restart().await;
    with_events.await_readyz("the remedy", |text| text.contains("deploy/events creates one")).await;
    with_events.moto.create_queue("no-queue").await;
    with_events.await_readyz("the queue is read again", |text| text == "ok\n").await;
    with_events.world.apply(&Selection::new("pushed").images(&["three"])).await;
    with_events.await_flow("pushed").await;
    with_events.world.emulator.advance(LONG).await;
    with_events.world.await_complete("pushed").await;
    assert_eq!(with_events.world.calls_of(LIST).await, 0);
}

#[tokio::test]
async fn old_messages_that_wait_at_the_start_cost_no_call_and_do_not_hold_up_new_ones() {
    let old = |n: usize| event(&format!("ms-{n:04}-old"), ["InProgress", "Completed"][n % 2]).to_string();
    let backlog: Vec<String> = (0..1_000).map(old).collect();
    let with_events = WithEvents::start_with("backlog", "600", true, &backlog).await;
    let world = &with_events.world;
    with_events.await_metric("modelselection_events_total{outcome=\"unknown\"}", 1_000.0).await;
    with_events.await_empty().await;
    assert_eq!(world.calls().await, 0);
    world.apply(&Selection::new("pushed").images(&["one", "two"])).await;
    with_events.await_flow("pushed").await;
    world.emulator.advance(LONG).await;
    world.await_complete("pushed").await;
    let calls = world.emulator.calls().await;
    assert_eq!(calls["byOperation"], json!({DESCRIBE: 2, "DescribeTrainingJob": 2}), "{calls}");
}

#[tokio::test]
async fn each_region_relies_on_its_own_events() {
    // The emulator's events of the other region do not reach the queue: nothing forwards them.
    let with_events = WithEvents::start("two-regions", "600").await;
    let world = &with_events.world;
    world.apply(&Selection::new("elsewhere").images(&["one"]).with("/region", json!(ELSEWHERE))).await;
    let running = |status: &ModelSelectionStatus| !status.runs.is_empty() && status.runs.iter().all(is_running);
    let status = world.await_observed("elsewhere", "the job runs", running).await;
    let job = status.runs[0].tuning_job_name.clone().unwrap();
    let forwarded = |status: &str| {
        let mut event = event(&job, status);
        event["region"] = json!(ELSEWHERE);
        event.to_string()
    };
    world.apply(&Selection::new("here").images(&["one"])).await;
    with_events.await_flow("here").await;
    with_events.await_metric(FLOW_ELSEWHERE, 0.0).await;
    // In this region there is no such job.
    with_events.send(&[event(&job, "Completed").to_string()]).await;
    assert_eq!(world.calls_of(DESCRIBE).await, 0);

    // Now they are forwarded.
    with_events.send(&[forwarded("InProgress")]).await;
    with_events.await_metric(FLOW_ELSEWHERE, 1.0).await;
    world.await_idle().await;
    world.emulator.reset_calls().await;
    world.emulator.advance(LONG).await;
    world.await_complete("here").await;
    with_events.moto.send(&with_events.queue, &[forwarded("Completed")]).await;
    world.await_complete("elsewhere").await;
    let calls = world.emulator.calls().await;
    assert_eq!(calls["byOperation"], json!({DESCRIBE: 2, "DescribeTrainingJob": 2}), "{calls}");
}

#[tokio::test]
async fn an_end_that_no_event_tells_of_brings_the_sweeps_back() {
    let with_events = WithEvents::start_with("lost-events", "2", false, &[]).await;
    let world = &with_events.world;
    world.apply(&Selection::new("lost").images(&["one"])).await;
    let status = world.await_launched("lost").await;
    let job = status.runs[0].tuning_job_name.clone().unwrap();
    with_events.send(&[event(&job, "InProgress").to_string()]).await;
    with_events.await_metric(FLOW, 1.0).await;
    world.emulator.advance(LONG).await;
    // The safety sweep finds it.
    world.await_complete("lost").await;
    world.apply(&Selection::new("next").images(&["one"])).await;
    with_events.await_metric(FLOW, 0.0).await;
}
