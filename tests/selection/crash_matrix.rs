//! The process is killed at every effect that the life of a selection has, and again while it recovers. Whatever it was
//! doing, there is exactly one job for each definition and attempt in the end, and the same result.
//!
//! A kill takes all memory, so what counts is which effects there have been: a point is before a call's effect, or behind
//! it and before the answer. The process after an answer is the process before its next call or write. The calls are
//! counted by the emulator, the writes by the audit log of the API server.

#![allow(clippy::print_stdout)] // the count of points is for who reads the log

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use api::{ModelSelection, ModelSelectionStatus, RunState};
use serde_json::{Value, json};
use testkit::status::{is_running, timeless};
use testkit::world::{LATER, LONG};
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_until, shared};

const NAME: &str = "crash";
const CREATE: &str = "CreateHyperParameterTuningJob";
const STOP: &str = "StopHyperParameterTuningJob";
/// Calls without an effect, how many of each are killed at most: polls have no end.
const READS: [&str; 5] =
    ["DescribeHyperParameterTuningJob", "ListHyperParameterTuningJobs", "DescribeTrainingJob", "ListTags", "Search"];
const FIRST_READS: usize = 4;
/// More than there are.
const EFFECTS: usize = 100;
/// Jobs in a life: the first, two edits, and one more after a suspension.
const JOBS: usize = 4;

/// Where the process is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// At a call to SageMaker: the fault withholds the answer, with or without the effect.
    Call { operation: &'static str, after: usize, fault: &'static str },
    /// Behind so many writes to the API server.
    Write(usize),
}

/// Before the effect of a call, and behind it.
const HELD: [&str; 2] = ["HangRequest", "HangAnswer"];
/// The second call of the next process: the first asks only whether SageMaker answers.
const AGAIN: Point = Point::Call { operation: "*", after: 1, fault: "HangAnswer" };

/// A selection's life, in which the process is killed at some points.
struct Life<'p> {
    world: World<'p>,
    points: VecDeque<Point>,
    /// Writes when the present point was set.
    written: usize,
}

/// What a life comes to.
#[derive(Debug, PartialEq)]
struct End {
    status: Value,
    jobs: BTreeSet<String>,
}

impl<'p> Life<'p> {
    async fn new(plane: &'p ControlPlane, purpose: &str) -> Self {
        // A leader ends when the API server is slow, which is for tests/install/leader.rs; here only this test ends it.
        let environment = [("MODELSELECTION_LEADER_ELECT", "false")];
        let world = World::start(plane, purpose, &["--speed", "0"], &environment).await;
        Self { world, points: VecDeque::new(), written: 0 }
    }

    /// A life from an empty account on, and how many of the points it came to.
    async fn live(&mut self, points: &[Point]) -> (End, usize) {
        self.world.operator.kill();
        self.world.renew_emulator(&["--speed", "0"]).await;
        self.world.start_operator();
        self.points = points.iter().copied().collect();
        self.set().await;
        let end = self.run().await;
        (end, points.len() - self.points.len())
    }

    async fn run(&mut self) -> End {
        let one = Selection::new(NAME).images(&["one"]).with("/suspendPolicy", json!("Stop"));
        self.apply(&one).await;
        self.until("the job runs", launched).await;
        self.world.emulator.advance(LONG).await;
        let succeeded = |status: &ModelSelectionStatus| {
            status.completion_time.is_some() && status.runs[0].state == RunState::Succeeded
        };
        self.until("the run has succeeded", succeeded).await;
        let status = timeless(&self.world.selections.get(NAME).await.expect("it is there").status.expect("a status"));
        // An edit, and one that supersedes the job of the first.
        for epochs in ["7", "8"] {
            let edited = one.clone().with("/candidates/0/hyperparameters", json!({"epochs": epochs}));
            self.apply(&edited.with("/deletionPolicy", json!("Retain"))).await;
            self.until("the job of the edit runs", launched).await;
        }
        // It is deleted while the job goes on, and the next one takes the job up.
        let eight = one.with("/candidates/0/hyperparameters", json!({"epochs": "8"}));
        self.delete().await;
        self.apply(&eight).await;
        self.until("the job is taken up", launched).await;
        self.apply(&eight.clone().with("/suspend", json!(true))).await;
        self.until_stopped().await;
        self.apply(&eight).await;
        self.until("the next attempt runs", launched).await;
        self.delete().await;
        self.until_none_runs().await;
        End { status, jobs: self.world.jobs().await.into_keys().collect() }
    }

    async fn apply(&self, selection: &Selection) {
        self.world.apply(selection).await;
    }

    async fn delete(&mut self) {
        self.world.delete(NAME).await;
        self.reach("it is gone", async |world| match world.selections.get_opt(NAME).await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:#?}")),
        })
        .await;
    }

    /// Until the operator has dealt with the present generation and the status is as described.
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

    async fn until_stopped(&mut self) {
        self.reach("the job is asked to stop", async |world| {
            if world.jobs_in("InProgress").await.is_empty() { Ok(()) } else { Err(String::new()) }
        })
        .await;
        self.world.emulator.advance(LONG).await;
        self.until("the run is stopped", |status| status.runs[0].state == RunState::Stopped).await;
    }

    async fn until_none_runs(&mut self) {
        self.reach("no job runs unseen", async |world| match world.jobs_in("InProgress").await {
            running if running.is_empty() => Ok(()),
            running => Err(format!("{running:?}")),
        })
        .await;
    }

    /// Waits for something, and kills the process when it comes to the present point.
    async fn reach(&mut self, what: &str, condition: impl AsyncFn(&World<'p>) -> Result<(), String>) {
        loop {
            let killed = await_until(what, LATER, async || {
                if self.is_at_point().await { Ok(true) } else { condition(&self.world).await.map(|()| false) }
            })
            .await;
            if !killed {
                return;
            }
            self.points.pop_front();
            self.world.kill_and_restart();
            self.set().await;
        }
    }

    async fn set(&mut self) {
        match self.points.front() {
            Some(Point::Call { operation, after, fault }) => {
                let order = json!({"operation": operation, "kind": fault, "count": 1, "after": after});
                self.world.emulator.fault(order).await;
            }
            Some(Point::Write(_)) => self.written = self.world.writes().len(),
            None => {}
        }
    }

    async fn is_at_point(&self) -> bool {
        match self.points.front() {
            Some(Point::Call { .. }) => self.world.emulator.faults().await.as_array().is_some_and(Vec::is_empty),
            Some(Point::Write(count)) => self.world.writes().len() >= self.written + count,
            None => false,
        }
    }
}

fn launched(status: &ModelSelectionStatus) -> bool {
    status.superseded.iter().all(|job| job.stop_requested) && status.runs.iter().all(is_running)
}

/// A life for each of `points`, up to the first that is not reached; and again with a second kill while the process
/// recovers, if `again`. Returns how many there were.
async fn play(life: &mut Life<'_>, points: impl Iterator<Item = Point>, again: &[Option<Point>]) -> usize {
    let (undisturbed, _) = life.live(&[]).await;
    assert_eq!(undisturbed.jobs.len(), JOBS, "{undisturbed:#?}");
    let mut played = 0;
    for point in points {
        for second in again {
            let all: Vec<Point> = std::iter::once(point).chain(*second).collect();
            let (end, killed) = life.live(&all).await;
            assert_eq!(end, undisturbed, "killed at {all:?}");
            if killed == 0 {
                return played;
            }
            played += usize::from(killed == all.len());
        }
    }
    played
}

fn calls(operation: &'static str, fault: &'static str, which: Range<usize>) -> impl Iterator<Item = Point> {
    which.map(move |after| Point::Call { operation, after, fault })
}

/// Kills at all calls of an operation with an effect, once and twice.
async fn play_effects(operation: &'static str, least: usize) {
    let mut life = Life::new(shared().await, "crash-effects").await;
    let mut played = 0;
    for fault in HELD {
        played += play(&mut life, calls(operation, fault, 0..EFFECTS), &[None, Some(AGAIN)]).await;
    }
    println!("{operation}: killed at {played} points");
    assert!(played >= 2 * 2 * least, "{played}");
}

#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_at_each_create() {
    play_effects(CREATE, JOBS).await;
}

#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_at_each_stop() {
    play_effects(STOP, 3).await;
}

#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_at_reads() {
    let mut life = Life::new(shared().await, "crash-reads").await;
    for operation in READS {
        let mut played = 0;
        for fault in HELD {
            played += play(&mut life, calls(operation, fault, 0..FIRST_READS), &[None]).await;
        }
        println!("{operation}: killed at {played} points");
        assert!(played >= 2, "{operation}: {played}");
    }
}

#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_after_each_write() {
    // Its audit log is read again and again.
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let mut life = Life::new(&plane, "crash-writes").await;
    let points = (1..EFFECTS).map(Point::Write);
    let played = play(&mut life, points, &[None, Some(Point::Write(1))]).await;
    println!("writes: killed at {played} points");
    assert!(played >= 2 * 15, "{played}");
}

/// Where the first kill leaves most to find out, the second comes at each call of the recovery.
#[tokio::test]
#[ignore = "takes long: make crash-matrix"]
async fn killed_at_each_call_of_the_recovery() {
    let mut life = Life::new(shared().await, "crash-recovery").await;
    for (operation, after) in [(CREATE, 0), (CREATE, 2), (STOP, 0), (STOP, 1)] {
        let first = Point::Call { operation, after, fault: "HangAnswer" };
        let second: Vec<Option<Point>> = HELD.iter().flat_map(|fault| calls("*", fault, 0..6)).map(Some).collect();
        let played = play(&mut life, std::iter::once(first), &second).await;
        println!("recovery from {first:?}: killed at {played} points");
        assert!(played >= 6, "{played}");
    }
}
