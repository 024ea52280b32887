//! The life of a selection with every kind of fault, in every operation, in every phase: exactly one job for each
//! attempt, and the same result as without the fault.

#![allow(clippy::print_stdout)] // the number of cells is for readers of the log

use std::time::Duration;

use api::{ModelSelectionStatus, RunState};
use serde_json::{Value, json};
use testkit::status::job_of;
use testkit::world::{DEADLINE, LONG};
use testkit::{Selection, World, await_until};

/// The operations in the life of a run.
const OPERATIONS: [&str; 7] = [
    "CreateHyperParameterTuningJob",
    "DescribeHyperParameterTuningJob",
    "ListHyperParameterTuningJobs",
    "StopHyperParameterTuningJob",
    "DescribeTrainingJob",
    "ListTags",
    "Search",
];

/// A selection's life, phase by phase, with the fault renewed before each.
struct Life<'w> {
    world: &'w World<'static>,
    operation: &'static str,
    fault: Value,
    phases: usize,
}

impl Life<'_> {
    async fn phase(&mut self) {
        self.world.emulator.clear_faults().await;
        let mut fault = self.fault.clone();
        fault["operation"] = json!(self.operation);
        self.world.emulator.fault(fault).await;
        self.phases += 1;
    }

    async fn live(&mut self) {
        let name = format!("m-{}", self.operation.to_lowercase());
        let selection = Selection::new(&name).images(&["one"]);
        // Create, then the end of the job.
        self.phase().await;
        self.world.apply(&selection).await;
        self.world.await_launched(&name).await;
        self.phase().await;
        self.world.emulator.advance(LONG).await;
        let status = self.world.await_complete(&name).await;
        assert_eq!(status.runs[0].state, RunState::Succeeded, "{}: {status:#?}", self.operation);
        // An edit, whose job is stopped by a suspension and runs again after it.
        let again = selection.with("/rerun", json!("again"));
        self.phase().await;
        self.world.apply(&again).await;
        let launched = self.world.await_launched(&name).await;
        self.phase().await;
        let stop = again.clone().with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"));
        self.world.apply(&stop).await;
        self.world.await_stop(&job_of(&launched, "one")).await;
        self.until_stopped(&name).await;
        self.phase().await;
        self.world.apply(&again).await;
        self.world.await_launched(&name).await;
        // The deletion of a selection whose job is running.
        self.phase().await;
        self.world.delete_and_wait(&name).await;
        self.until_none_runs(&name).await;
        let attempts = self.attempts(&name).await;
        assert_eq!(attempts, 3, "{}: one job for each attempt", self.operation);
    }

    async fn until_stopped(&self, name: &str) {
        let stopped = |status: &ModelSelectionStatus| status.runs[0].state == RunState::Stopped;
        await_until("the job is stopped", DEADLINE, async || {
            // A job takes a while to stop.
            self.world.emulator.advance(600).await;
            let status = self.world.selections.get(name).await.map_err(|e| e.to_string())?.status.unwrap_or_default();
            if stopped(&status) { Ok(()) } else { Err(format!("{status:#?}")) }
        })
        .await;
    }

    async fn until_none_runs(&self, name: &str) {
        await_until("no job runs unseen", DEADLINE, async || {
            let jobs = self.world.jobs().await;
            let running: Vec<_> = jobs
                .values()
                .filter(|job| job.selection == name && job.status == "InProgress")
                .map(|job| job.name.clone())
                .collect();
            if running.is_empty() { Ok(()) } else { Err(running) }
        })
        .await;
    }

    async fn attempts(&self, name: &str) -> usize {
        self.world.jobs().await.values().filter(|job| job.selection == name).count()
    }
}

/// Tests all operations with one kind of fault, and prints the number of cells of the matrix.
async fn play(kind: &str, more: Value) {
    let world = World::held(&format!("matrix-{}", kind.to_lowercase())).await;
    let mut cells = 0;
    for operation in OPERATIONS {
        let mut fault = json!({"kind": kind, "count": 1});
        fault.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let mut life = Life { world: &world, operation, fault, phases: 0 };
        // A longer duration means that the operator does not recover.
        tokio::time::timeout(Duration::from_secs(180), life.live())
            .await
            .unwrap_or_else(|_| panic!("{operation} with {kind} did not end"));
        cells += life.phases;
    }
    println!("{kind}: {cells} cells");
    assert_eq!(cells, 6 * OPERATIONS.len());
}

#[tokio::test]
async fn a_response_is_lost() {
    play("DropAnswer", json!({})).await;
}

#[tokio::test]
async fn a_request_is_lost() {
    play("DropRequest", json!({})).await;
}

#[tokio::test]
async fn the_service_fails() {
    play("InternalFailure", json!({})).await;
}

#[tokio::test]
async fn a_proxy_responds() {
    play("ServiceUnavailable", json!({})).await;
}

#[tokio::test]
async fn the_service_throttles() {
    play("Throttle", json!({})).await;
}

#[tokio::test]
async fn a_response_is_late() {
    play("Delay", json!({"delayMillis": 2_000})).await;
}

#[tokio::test]
async fn a_response_is_empty() {
    play("EmptyAnswer", json!({})).await;
}

#[tokio::test]
async fn a_request_gets_a_response_and_has_no_effect() {
    play("NoEffect", json!({})).await;
}

#[tokio::test]
async fn a_response_is_truncated() {
    play("TruncatedAnswer", json!({})).await;
}

#[tokio::test]
async fn a_response_has_other_types() {
    play("WrongTypes", json!({})).await;
}

#[tokio::test]
async fn a_response_is_about_another_job() {
    play("AnotherJob", json!({})).await;
}

#[tokio::test]
async fn a_response_is_an_earlier_one() {
    play("ReplayedAnswer", json!({})).await;
}

#[tokio::test]
async fn a_response_has_huge_texts() {
    play("HugeTexts", json!({})).await;
}

#[tokio::test]
async fn a_response_has_an_unknown_status() {
    play("UnknownStatus", json!({})).await;
}
