//! The process is killed at every request that it makes in the life of a selection, and again while it recovers.
//! Whatever it was doing, there is exactly one job for each definition and attempt in the end, the same result, and few
//! requests.
//!
//! A kill takes all memory, so a point is one state of SageMaker and the API server: before a call, or after its effect
//! and before its response. A kill after the response leaves the same state, but at another moment; it is tested too.
//! After a write to the API server, the process is killed when the audit log shows the write, which is before or after
//! the response. The process before a write is the process after its last request.
//!
//! The points follow from a life without a kill: its calls, which the emulator counts, and its writes.

#![allow(clippy::print_stdout)] // the number of points is for readers of the log

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::once;

use api::{ModelSelection, ModelSelectionStatus, RunState};
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::status::{is_running, timeless};
use testkit::world::{LATER, LONG};
use testkit::{Selection, World, await_until};
use tokio::time::Instant;

const NAME: &str = "crash";
const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const CREATE: &str = "CreateHyperParameterTuningJob";
const STOP: &str = "StopHyperParameterTuningJob";
/// Polls, whose number depends on how long a life takes.
const POLL: &str = "ListHyperParameterTuningJobs";
/// Jobs in a life: the first, two edits, and one after a suspension.
const JOBS: usize = 4;
/// Lives that are played at the same time, each in its own world: a life mostly waits.
const WORLDS: usize = 4;
/// Requests that a process makes, at most, to learn what the one before it has done. On a busy machine, some are polls
/// that search.
const MORE_REQUESTS: u64 = 20;
/// Calls of a process that recovers at which it is killed.
const RECOVERY: u64 = 6;

/// Where the process is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// At the call after so many others of the operation (`*`: of any).
    Call(&'static str, u64, Moment),
    /// After so many writes to the API server.
    Write(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// SageMaker has not received the call.
    Before,
    /// SageMaker has executed the call, and the process has no response.
    Executed,
    /// The process has the response.
    Answered,
}

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Executed, Moment::Answered];

/// What a life comes to.
#[derive(Debug, PartialEq)]
struct End {
    /// The status and the `ConfigMap`s once the first job has succeeded.
    result: Value,
    /// All jobs at the end.
    jobs: BTreeSet<String>,
}

/// The requests of a life.
#[derive(Clone, Debug, Default)]
struct Requests {
    /// Calls to SageMaker by operation.
    calls: BTreeMap<String, u64>,
    /// Writes to the API server.
    writes: usize,
}

impl Requests {
    /// Without the polls.
    fn count(&self) -> u64 {
        self.calls.iter().filter(|(operation, _)| *operation != POLL).map(|(_, count)| count).sum::<u64>()
            + self.writes as u64
    }
}

/// A world, in which one life follows the other.
struct Life {
    world: World<'static>,
    /// The first life, in which nothing is killed. Names depend on the namespace, and results on names.
    end: Option<End>,
    requests: Requests,
    /// Where the process is still to be killed.
    points: VecDeque<Point>,
    /// Calls, and the end of the audit log, when the present point was set.
    called: u64,
    logged: u64,
}

impl Life {
    async fn new() -> Self {
        let mut world = World::hurried("crash", &[]).await;
        world.operator.kill();
        let requests = Requests::default();
        let mut life = Self { world, end: None, requests, points: VecDeque::new(), called: 0, logged: 0 };
        let (end, requests, _) = life.live(&[]).await;
        assert_eq!(end.jobs.len(), JOBS, "{end:#?}");
        (life.end, life.requests) = (Some(end), requests);
        life
    }

    /// A life from an empty account on: its end, its requests, and the number of kills.
    async fn live(&mut self, points: &[Point]) -> (End, Requests, usize) {
        self.world.renew_emulator(&["--speed", "0"]).await;
        self.logged = self.world.writes_from(self.logged).1;
        let before = self.logged;
        self.points = points.iter().copied().collect();
        self.set().await;
        self.world.start_operator();
        let end = self.run().await;
        assert!(self.world.operator.is_running(), "{}", self.world.operator.logs());
        self.world.operator.kill();
        let calls = self.world.emulator.calls().await["byOperation"].take();
        let calls = serde_json::from_value(calls).expect("numbers by operation");
        let writes = self.world.writes_from(before).0.len();
        (end, Requests { calls, writes }, points.len() - self.points.len())
    }

    async fn run(&mut self) -> End {
        let one = Selection::new(NAME)
            .jump_start("one", MOBILENET, "4.*")
            .with("/collect", json!("All"))
            .with("/resultConfigMap", json!("winner"))
            .with("/suspendPolicy", json!("Stop"));
        self.world.apply(&one).await;
        self.until("the job runs", launched).await;
        self.world.emulator.advance(LONG).await;
        let result = self.until_succeeded().await;
        // An edit, and one that supersedes the job of the first.
        for epochs in ["7", "8"] {
            let edited = one.clone().with("/candidates/0/hyperparameters", json!({"epochs": epochs}));
            self.world.apply(&edited.with("/deletionPolicy", json!("Retain"))).await;
            self.until("the job of the edit runs", launched).await;
        }
        // The selection is deleted while the job runs, and the next one adopts the job.
        let eight = one.with("/candidates/0/hyperparameters", json!({"epochs": "8"}));
        self.delete().await;
        self.world.apply(&eight).await;
        self.until("the job is adopted", launched).await;
        self.world.apply(&eight.clone().with("/suspend", json!(true))).await;
        self.until_none_runs().await;
        self.world.emulator.advance(LONG).await;
        self.until("the run is stopped", |status| status.runs[0].state == RunState::Stopped).await;
        self.world.apply(&eight).await;
        self.until("the next attempt runs", launched).await;
        self.delete().await;
        self.until_none_runs().await;
        End { result, jobs: self.world.jobs().await.into_keys().collect() }
    }

    /// Until the first job has succeeded and everything that follows from it is done.
    async fn until_succeeded(&mut self) -> Value {
        let succeeded = |status: &ModelSelectionStatus| {
            let run = &status.runs[0];
            status.completion_time.is_some() && run.state == RunState::Succeeded && run.trials.is_some()
        };
        self.until("the run has succeeded", succeeded).await;
        let expected = self.end.as_ref().map(|end| end.result.clone());
        if expected.is_none() {
            self.world.await_idle().await;
        }
        self.reach("the result is that of a life without a kill", async |world| {
            let result = result(world).await.map_err(|error| error.to_string())?;
            if expected.as_ref().is_none_or(|expected| *expected == result) {
                Ok(result)
            } else {
                Err(format!("{result:#}"))
            }
        })
        .await
    }

    async fn delete(&mut self) {
        self.world.delete(NAME).await;
        self.reach("it is gone", async |world| match world.selections.get_opt(NAME).await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:#?}")),
        })
        .await;
        // As the garbage collector does, which does not run here.
        let deleted =
            config_maps(&self.world).delete_collection(&DeleteParams::default(), &ListParams::default()).await;
        deleted.expect("the ConfigMaps can be deleted");
    }

    /// Until the operator has observed the current generation and the status is as described.
    async fn until(&mut self, what: &str, holds: impl Fn(&ModelSelectionStatus) -> bool) {
        self.reach(what, async |world| {
            let selection: ModelSelection = world.selections.get(NAME).await.map_err(|error| error.to_string())?;
            let generation = selection.metadata.generation;
            match selection.status {
                Some(status) if status.observed_generation == generation && holds(&status) => Ok(()),
                status => Err(format!("{status:#?}")),
            }
        })
        .await;
    }

    async fn until_none_runs(&mut self) {
        self.reach("no job runs unobserved", async |world| match world.jobs_in("InProgress").await {
            running if running.is_empty() => Ok(()),
            running => Err(format!("{running:?}")),
        })
        .await;
    }

    /// Waits for something, and kills the process whenever it is at the present point.
    async fn reach<T>(&mut self, what: &str, condition: impl AsyncFn(&World<'static>) -> Result<T, String>) -> T {
        loop {
            let reached = await_until(what, LATER, async || {
                if self.is_at_point().await { Ok(None) } else { condition(&self.world).await.map(Some) }
            })
            .await;
            if let Some(reached) = reached {
                return reached;
            }
            self.points.pop_front();
            self.world.operator.kill();
            self.set().await;
            self.world.start_operator();
        }
    }

    /// Prepares the next point.
    async fn set(&mut self) {
        match self.points.front() {
            Some(Point::Call(operation, _, Moment::Answered)) => self.called = self.calls_of(operation).await,
            Some(Point::Call(operation, after, moment)) => {
                let kind = if *moment == Moment::Before { "HangRequest" } else { "HangAnswer" };
                let order = json!({"operation": operation, "kind": kind, "count": 1, "after": after});
                self.world.emulator.fault(order).await;
            }
            Some(Point::Write(_)) => self.logged = self.world.writes_from(self.logged).1,
            None => {}
        }
    }

    async fn is_at_point(&self) -> bool {
        match self.points.front() {
            Some(Point::Call(operation, after, Moment::Answered)) => {
                self.calls_of(operation).await > self.called + after
            }
            Some(Point::Call(..)) => self.world.emulator.faults().await.as_array().is_some_and(Vec::is_empty),
            Some(Point::Write(count)) => self.world.writes_from(self.logged).0.len() >= *count,
            None => false,
        }
    }

    async fn calls_of(&self, operation: &str) -> u64 {
        if operation == "*" { self.world.calls().await } else { self.world.calls_of(operation).await }
    }
}

fn launched(status: &ModelSelectionStatus) -> bool {
    status.superseded.iter().all(|job| job.stop_requested) && status.runs.iter().all(is_running)
}

/// The status, and the data of the `ConfigMap`s by name.
async fn result(world: &World<'_>) -> kube::Result<Value> {
    let status = world.selections.get(NAME).await?.status.unwrap_or_default();
    let maps = config_maps(world).list(&ListParams::default()).await?.items.into_iter();
    let maps: BTreeMap<_, _> = maps.map(|map| (map.metadata.name.unwrap_or_default(), map.data)).collect();
    let result = json!({"status": timeless(&status), "configMaps": maps});
    // The name of the table depends on the uid.
    let table = status.runs.iter().find_map(|run| run.trials.as_ref()).map(|trials| trials.config_map.clone());
    let same = result.to_string().replace(&table.unwrap_or_default(), "table");
    Ok(serde_json::from_str(&same).expect("it is JSON as before"))
}

fn config_maps(world: &World<'_>) -> Api<ConfigMap> {
    Api::namespaced(world.client.clone(), &world.namespace)
}

/// The worlds of a test.
struct Matrix {
    started: Instant,
    /// A life without a kill.
    requests: Requests,
    idle: Mutex<Vec<Life>>,
}

impl Matrix {
    async fn new() -> Self {
        let started = Instant::now();
        let worlds: Vec<Life> = stream::iter(0..WORLDS).map(|_| Life::new()).buffer_unordered(WORLDS).collect().await;
        let requests = worlds[0].requests.clone();
        println!("a life takes {:.1} s: {requests:?}", started.elapsed().as_secs_f64());
        Self { started, requests, idle: Mutex::new(worlds) }
    }

    /// The points of all calls of an operation in a life.
    fn calls(&self, operation: &'static str) -> impl Iterator<Item = Point> + use<> {
        let count = self.requests.calls.get(operation).copied().unwrap_or_default();
        assert!(count > 0, "{operation} is not called");
        MOMENTS.into_iter().flat_map(move |moment| (0..count).map(move |after| Point::Call(operation, after, moment)))
    }

    /// Plays a life for each list of points, and checks its end and its requests. Returns the number of lives in which
    /// the process was killed at all of its points.
    async fn play(&self, what: &str, lives: impl IntoIterator<Item = Vec<Point>>) -> usize {
        let played = stream::iter(lives).map(|points| self.life(points)).buffer_unordered(WORLDS);
        let played: Vec<(bool, u64)> = played.collect().await;
        let killed = played.iter().filter(|(killed, _)| *killed).count();
        let more = played.iter().map(|(_, more)| *more).max().unwrap_or_default();
        println!(
            "{what}: killed at {killed} of {} points; at most {more} requests more for each kill; {:.0} s",
            played.len(),
            self.started.elapsed().as_secs_f64()
        );
        killed
    }

    /// Whether all points were reached, and the requests that a kill has cost.
    async fn life(&self, points: Vec<Point>) -> (bool, u64) {
        let idle = self.idle.lock().pop();
        let mut life = idle.expect("as many worlds as lives");
        let (end, requests, kills) = life.live(&points).await;
        assert_eq!(Some(&end), life.end.as_ref(), "killed at {points:?}");
        let more = requests.count().saturating_sub(life.requests.count()).div_ceil(kills.max(1) as u64);
        assert!(more <= MORE_REQUESTS, "killed at {points:?}: {requests:?} instead of {:?}", life.requests);
        self.idle.lock().push(life);
        (kills == points.len(), more)
    }
}

#[tokio::test]
async fn killed_at_each_create() {
    let matrix = Matrix::new().await;
    let lives: Vec<_> = matrix.calls(CREATE).map(|point| vec![point]).collect();
    let points = lives.len();
    assert_eq!(matrix.play(CREATE, lives).await, points);
}

#[tokio::test]
async fn killed_at_each_stop() {
    let matrix = Matrix::new().await;
    let lives: Vec<_> = matrix.calls(STOP).map(|point| vec![point]).collect();
    let points = lives.len();
    assert_eq!(matrix.play(STOP, lives).await, points);
}

#[tokio::test]
async fn killed_after_each_write() {
    let matrix = Matrix::new().await;
    let lives: Vec<_> = (1..=matrix.requests.writes).map(|count| vec![Point::Write(count)]).collect();
    let points = lives.len();
    let killed = matrix.play("writes", lives).await;
    // Two changes that come close together are one write, so a life on a busy machine may have fewer.
    assert!(killed + 2 >= points, "killed at {killed} of {points} points");
}

#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_at_each_read() {
    let matrix = Matrix::new().await;
    for operation in [
        "DescribeHyperParameterTuningJob",
        POLL,
        "ListTrainingJobsForHyperParameterTuningJob",
        "DescribeTrainingJob",
        "ListTags",
        "Search",
        "ListHubContentVersions",
        "DescribeHubContent",
    ] {
        matrix.play(operation, matrix.calls(operation).map(|point| vec![point])).await;
    }
}

/// Each call with an effect, and then each call of the process that finds out whether it had one.
#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_again_at_each_call_of_the_recovery() {
    let matrix = Matrix::new().await;
    for operation in [CREATE, STOP] {
        let firsts = matrix.calls(operation).filter(|point| matches!(point, Point::Call(_, _, Moment::Executed)));
        let seconds =
            || MOMENTS.into_iter().flat_map(|moment| (0..RECOVERY).map(move |after| Point::Call("*", after, moment)));
        let lives = firsts.flat_map(|first| seconds().map(move |second| vec![first, second]));
        matrix.play(&format!("recovery from {operation}"), lives).await;
    }
}

/// Each write, and then the first writes of the next process.
#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_again_after_each_write_of_the_recovery() {
    let matrix = Matrix::new().await;
    let firsts = (1..=matrix.requests.writes).map(Point::Write);
    let lives = firsts.flat_map(|first| (1..=2).map(move |count| once(first).chain([Point::Write(count)]).collect()));
    matrix.play("recovery from writes", lives).await;
}
