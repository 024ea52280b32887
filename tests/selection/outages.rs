//! The API server, etcd or the network to SageMaker is away or slow, or another operator acts on the same selections:
//! there is exactly one job for each attempt in the end, nothing is concluded from silence, and the requests are few.

#![allow(clippy::print_stdout)] // the number of requests is for readers of the log

use api::{ModelSelectionStatus, Reason, RunState};
use serde_json::json;
use testkit::status::is_running;
use testkit::world::{DEADLINE, HURRY, LATER, LONG};
use testkit::{ControlPlane, ControlPlaneOptions, Operator, OperatorOptions, Relay, Selection, World, await_until};
use tokio::time::Instant;

const NAME: &str = "outage";
const LIST: &str = "ListHyperParameterTuningJobs";
/// Created, created again after an edit, and again after a suspension.
const ATTEMPTS: usize = 3;

/// The life of a selection, with a disturbance after the beginning of each phase.
async fn live(world: &World<'_>, disturb: impl AsyncFn()) {
    let selection =
        Selection::new(NAME).images(&["one"]).with("/collect", json!("All")).with("/resultConfigMap", json!("winner"));
    world.apply(&selection).await;
    disturb().await;
    until(world, "the job runs", running).await;
    disturb().await;
    world.emulator.advance(LONG).await;
    disturb().await;
    let done = until(world, "the run has ended", |status| status.completion_time.is_some()).await;
    assert_eq!((done.runs[0].state, done.runs[0].attempt), (RunState::Succeeded, 0), "{done:#?}");
    world.await_condition(NAME, "ResultPublished", Reason::Completed).await;
    let again = selection.with("/rerun", json!("again"));
    world.apply(&again).await;
    disturb().await;
    until(world, "the job of the edit runs", running).await;
    world.apply(&again.clone().with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"))).await;
    disturb().await;
    until_none_runs(world).await;
    world.emulator.advance(LONG).await;
    until(world, "the run is stopped", |status| status.runs[0].state == RunState::Stopped).await;
    world.apply(&again).await;
    disturb().await;
    until(world, "the next attempt runs", running).await;
    world.delete(NAME).await;
    disturb().await;
    await_until("it is gone", LATER, async || {
        world.selections.get_opt(NAME).await.is_ok_and(|selection| selection.is_none())
    })
    .await;
    until_none_runs(world).await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), ATTEMPTS, "one job for each attempt: {jobs:#?}");
}

fn running(status: &ModelSelectionStatus) -> bool {
    let stopped = status.superseded.iter().all(|job| job.stop_requested);
    stopped && !status.runs.is_empty() && status.runs.iter().all(is_running)
}

async fn until(world: &World<'_>, what: &str, holds: impl Fn(&ModelSelectionStatus) -> bool) -> ModelSelectionStatus {
    world.await_observed_within(NAME, what, LATER, holds).await
}

async fn until_none_runs(world: &World<'_>) {
    await_until("no job runs unobserved", LATER, async || match world.jobs_in("InProgress").await {
        running if running.is_empty() => Ok(()),
        running => Err(running),
    })
    .await;
}

/// Calls to SageMaker without polls.
async fn calls(world: &World<'_>) -> u64 {
    world.calls().await - world.calls_of(LIST).await
}

/// Bounds the calls, and the writes to the API server. A life without a disturbance makes about 35 together.
async fn assert_requests(world: &World<'_>, what: &str, most: u64) {
    let calls = calls(world).await;
    let writes = world.writes().len() as u64;
    println!("{what}: {calls} calls and {writes} writes");
    assert!(calls + writes <= most, "{}; {:#?}", world.emulator.calls().await, world.writes());
}

/// The connections that a client makes while its server is away.
struct Attempts<'r> {
    relay: &'r Relay,
    before: usize,
    since: Instant,
}

impl<'r> Attempts<'r> {
    fn of(relay: &'r Relay) -> Self {
        Self { relay, before: relay.connections(), since: Instant::now() }
    }

    fn count(&self) -> usize {
        self.relay.connections() - self.before
    }

    /// Since the beginning, by the operator's clock.
    fn seconds(&self) -> f64 {
        self.since.elapsed().as_secs_f64() * f64::from(HURRY)
    }

    /// Waits for so many attempts, and checks that they were not made one after the other without pauses: at most one
    /// for each second of the operator's clock, and `first` more.
    async fn are_paced(&self, what: &str, count: usize, first: usize) {
        await_until(
            "it tries again and again",
            LATER,
            async || {
                if self.count() >= count { Ok(()) } else { Err(self.count()) }
            },
        )
        .await;
        let seconds = self.seconds();
        println!("{what}: {} attempts in {seconds:.0} s of the operator's clock", self.count());
        let attempts = u32::try_from(self.count()).map(f64::from).expect("not that many");
        assert!(attempts <= seconds + f64::from(u32::try_from(first).expect("a few")), "{attempts} in {seconds} s");
    }
}

#[tokio::test]
async fn cut_off_from_sagemaker_it_concludes_nothing_and_tries_seldom() {
    let mut world = World::hurried("no-sagemaker", &[]).await;
    let relay = world.relay_sagemaker().await;
    world.apply(&Selection::new("runs").images(&["one"])).await;
    world.await_launched("runs").await;
    relay.cut();
    let attempts = Attempts::of(&relay);
    world.emulator.advance(LONG).await;
    world.apply(&Selection::new("waits").images(&["one", "two"])).await;
    attempts.are_paced("without SageMaker", 40, 20).await;
    let status = world.await_observed("runs", "it is observed", |_| true).await;
    assert_eq!(status.runs[0].state, RunState::Running, "nothing is concluded from silence: {status:#?}");
    relay.mend();
    let done = world.await_complete_within("runs", LATER).await;
    assert_eq!((done.runs[0].state, done.runs[0].attempt), (RunState::Succeeded, 0), "{done:#?}");
    world.await_launched("waits").await;
    assert_eq!(world.jobs().await.len(), 3);
}

#[tokio::test]
async fn cut_off_from_the_api_server_it_repeats_no_call_without_pause() {
    let mut world = World::hurried("no-api-server", &[]).await;
    let relay = world.relay_api_server().await;
    for name in ["ends", "goes"] {
        world.apply(&Selection::new(name).images(&["one"])).await;
        world.await_launched(name).await;
    }
    relay.cut();
    let attempts = Attempts::of(&relay);
    world.emulator.reset_calls().await;
    world.emulator.advance(LONG).await;
    world.apply(&Selection::new("new").images(&["one"])).await;
    world.delete("goes").await;
    attempts.are_paced("without the API server", 20, 15).await;
    await_until("it polls", LATER, async || world.calls_of(LIST).await >= 40).await;
    // Each failed pass reads the results of its run, which cannot be recorded. The pauses between them grow to a
    // minute, and polls do not shorten them.
    let (calls, passes) = (calls(&world).await, 9.0 + attempts.seconds() / 48.0);
    println!("without the API server: {calls} calls");
    assert!(
        f64::from(u32::try_from(calls).expect("not that many")) <= 4.0 * passes,
        "{}",
        world.emulator.calls().await
    );
    relay.mend();
    let done = world.await_complete_within("ends", LATER).await;
    assert_eq!((done.runs[0].state, done.runs[0].attempt), (RunState::Succeeded, 0), "{done:#?}");
    world.await_launched("new").await;
    await_until("the deletion ends", LATER, async || {
        world.selections.get_opt("goes").await.is_ok_and(|selection| selection.is_none())
    })
    .await;
    assert_eq!(world.jobs().await.len(), 3);
}

#[tokio::test]
async fn the_api_server_is_killed_in_each_phase() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let world = World::hurried_on(&plane, "restarts", &[]).await;
    live(&world, async || {
        plane.stop_api_server();
        plane.start_api_server().await;
    })
    .await;
    assert_requests(&world, "API server killed 7 times", 120).await;
}

#[tokio::test]
async fn etcd_is_slow_all_the_time() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let world = World::hurried_on(&plane, "slow-etcd", &[]).await;
    plane.with_slow_etcd(live(&world, async || {})).await;
    assert_requests(&world, "slow etcd", 80).await;
}

/// Longer than the operator waits for a response.
#[tokio::test]
async fn etcd_stands_still() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let world = World::hurried_on(&plane, "still-etcd", &[]).await;
    let silences = || world.operator.logs().matches("did not answer in").count();
    let selection = Selection::new(NAME).images(&["one", "two"]);
    let delay = json!({"operation": "CreateHyperParameterTuningJob", "kind": "Delay", "count": 2, "delayMillis": 500});
    world.emulator.fault(delay).await;
    world.apply(&selection).await;
    world.await_faults_spent().await;
    // The jobs are created now, which cannot be recorded.
    plane.pause_etcd();
    await_until("it gives up a write", LATER, async || silences() > 0).await;
    plane.resume_etcd();
    until(&world, "both jobs run", running).await;
    plane.pause_etcd();
    world.emulator.advance(LONG).await;
    let before = silences();
    await_until("it gives up another write", LATER, async || silences() > before).await;
    plane.resume_etcd();
    let done = until(&world, "both runs have ended", |status| status.completion_time.is_some()).await;
    assert!(done.runs.iter().all(|run| run.state == RunState::Succeeded && run.attempt == 0), "{done:#?}");
    assert_eq!(world.jobs().await.len(), 2);
    assert_requests(&world, "etcd stood still", 60).await;
}

/// Without election, both act. The second one has its own user, so that the writes of both are counted.
#[tokio::test]
async fn two_operators_without_election_create_one_job_for_each_attempt() {
    let world = World::hurried("two", &[]).await;
    let kubeconfig = world.plane.kubeconfig_for("second-operator", &["system:masters"]);
    let mut second = Operator::start(OperatorOptions { kubeconfig, pod: "second".to_owned(), ..world.options.clone() });
    second.await_ready(DEADLINE).await;
    await_until("both operate", DEADLINE, async || second.logs().contains("operating")).await;
    live(&world, async || {}).await;
    assert!(second.is_running() && !second.logs().contains("panicked"), "{}", second.logs());
    let of_second = |entry: &&testkit::AuditEntry| entry.user == "second-operator";
    let writes = world.plane.audit().iter().filter(of_second).count();
    println!("the second operator: {writes} writes");
    assert!(writes <= 100, "{writes}");
    assert_requests(&world, "two operators", 200).await;
}
