//! `make soak`: whether memory, file descriptors and tasks stay flat under random faults, and whether each attempt has
//! one job.
//!
//! Selections are created, edited, suspended, deleted and created again under the same names, while calls to SageMaker
//! fail in every way that the emulator knows, `Search` lags, and the API server is killed now and then. One operator
//! process lives through all of it.
//!
//! ```sh
//! cargo test --bench soak -- --bench 30                # 30 minutes, the debug build
//! cargo test --bench soak -- --bench 30 --seed 7       # other random choices
//! ```
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::json;
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_until};

/// Selections that there are at most.
const SELECTIONS: usize = 20;
const MINUTES: u64 = 30;
/// A job of an hour takes 10 seconds.
const SPEED: &str = "360";
/// Between two edits, or faults.
const PAUSE: Duration = Duration::from_secs(2);
const SAMPLING: Duration = Duration::from_secs(10);
/// Edits and faults between two crashes of the API server.
const CRASHES: usize = 100;
/// Until all is complete when the faults have ended.
const DEADLINE: Duration = Duration::from_secs(600);
/// One process has to live through all of it: with an election it would end when the API server is away for long.
const SETTINGS: [(&str, &str); 5] = [
    // As in the image (docs/decisions/018).
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MODELSELECTION_MIN_SWEEP_SECONDS", "1"),
    ("MODELSELECTION_MAX_SWEEP_SECONDS", "5"),
    ("MODELSELECTION_LEADER_ELECT", "false"),
];
const IMAGES: [&str; 4] = ["one", "two", "three", "four"];
const OPERATIONS: [&str; 8] = [
    "CreateHyperParameterTuningJob",
    "DescribeHyperParameterTuningJob",
    "ListHyperParameterTuningJobs",
    "StopHyperParameterTuningJob",
    "DescribeTrainingJob",
    "ListTags",
    "Search",
    "*",
];
const FAULTS: [&str; 15] = [
    "DropAnswer",
    "DropRequest",
    "InternalFailure",
    "ServiceUnavailable",
    "Throttle",
    "Delay",
    "EmptyAnswer",
    "NoEffect",
    "TruncatedAnswer",
    "WrongTypes",
    "AnotherJob",
    "ReplayedAnswer",
    "HugeTexts",
    "UnknownStatus",
    "HangAnswer",
];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only wants to know that it compiles.
    }
    let seed = arguments.iter().position(|argument| argument == "--seed").map(|at| arguments[at + 1].parse().unwrap());
    let minutes = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(MINUTES);
    let seed: u8 = seed.unwrap_or(1);
    println!("{minutes} minutes, seed {seed}");
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let emulator = ["--speed", SPEED, "--search-lag", "360", "--list-lag", "0.5"];
    let mut world = World::start(&plane, "soak", &emulator, &SETTINGS).await;
    world.emulator.set_seconds_per_epoch(1_700.0).await;
    let mut storm =
        Storm { world: &world, random: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]), counts: BTreeMap::new() };
    storm.begin().await;
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let (samples, ()) = tokio::join!(samples(&world, end), storm.rage(end));
    println!("{:?}", storm.counts);
    settle(&world).await;
    print_calls(&world).await;
    assert_one_job_per_attempt(&world).await;
    report(&samples);
    assert!(world.operator.is_running(), "one process lived through all of it");
}

/// What happens to the operator.
struct Storm<'w> {
    world: &'w World<'w>,
    random: TestRng,
    /// How often what happened.
    counts: BTreeMap<&'static str, usize>,
}

impl Storm<'_> {
    /// All selections complete once, so that what is needed for them is not taken for a leak.
    async fn begin(&mut self) {
        for number in 0..SELECTIONS {
            self.world.apply(&running(number, 0, IMAGES.len())).await;
        }
        all_complete(self.world).await;
    }

    async fn rage(&mut self, end: Instant) {
        let mut step = 0;
        while Instant::now() < end {
            step += 1;
            let what = match self.random.random_range(0..3) {
                _ if step % CRASHES == 0 => self.crash().await,
                0 => self.fault().await,
                _ => self.change(step).await,
            };
            *self.counts.entry(what).or_default() += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn crash(&mut self) -> &'static str {
        self.world.plane.stop_api_server();
        self.world.plane.start_api_server().await;
        "crashes of the API server"
    }

    async fn fault(&mut self) -> &'static str {
        let operation = OPERATIONS[self.random.random_range(0..OPERATIONS.len())];
        let kind = FAULTS[self.random.random_range(0..FAULTS.len())];
        let count = self.random.random_range(1..=5);
        self.world.emulator.fault(json!({"operation": operation, "kind": kind, "count": count})).await;
        "orders of faults"
    }

    /// A user does something to a selection.
    async fn change(&mut self, step: usize) -> &'static str {
        let number = self.random.random_range(0..SELECTIONS);
        let name = name(number);
        let there = self.world.selections.get_opt(&name).await.unwrap();
        match (&there, self.random.random_range(0..6)) {
            (Some(selection), _) if selection.metadata.deletion_timestamp.is_some() => "deletions under way",
            (Some(_), 0) => {
                self.world.delete(&name).await;
                "deletions"
            }
            (Some(_), 1) => {
                let suspended = running(number, 0, IMAGES.len()).with("/suspend", json!(true));
                self.world.apply(&suspended.with("/suspendPolicy", json!("Stop"))).await;
                "suspensions"
            }
            (there, _) => {
                let images = self.random.random_range(1..=IMAGES.len());
                self.world.apply(&running(number, step, images)).await;
                if there.is_some() { "edits" } else { "creations" }
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("soak-{number}")
}

/// With another definition of all its runs for each `step`.
fn running(number: usize, step: usize, images: usize) -> Selection {
    Selection::new(&name(number))
        .images(&IMAGES[..images])
        .with("/training/hyperparameters", json!({"epochs": "2", "step": step.to_string()}))
}

async fn all_complete(world: &World<'_>) {
    await_until("all selections are complete", DEADLINE, async || {
        let all = world.selections.list(&kube::api::ListParams::default()).await.map_err(|e| vec![e.to_string()])?;
        let is_complete = |selection: &&api::ModelSelection| {
            let status = selection.status.as_ref();
            status
                .is_some_and(|s| s.completion_time.is_some() && s.observed_generation == selection.metadata.generation)
        };
        let waiting = all.items.iter().filter(|selection| !is_complete(selection));
        let waiting: Vec<String> =
            waiting.map(|selection| format!("{:?} {:#?}", selection.metadata.name, selection.status)).collect();
        if waiting.is_empty() { Ok(()) } else { Err(waiting) }
    })
    .await;
}

/// The faults end, and all selections run to their end.
async fn settle(world: &World<'_>) {
    world.emulator.clear_faults().await;
    for number in 0..SELECTIONS {
        let suspended =
            world.selections.get_opt(&name(number)).await.unwrap().is_some_and(|selection| selection.spec.suspend);
        if suspended {
            world.apply(&running(number, 0, IMAGES.len()).with("/suspend", json!(false))).await;
        }
    }
    all_complete(world).await;
    world.await_idle().await;
}

async fn print_calls(world: &World<'_>) {
    let calls = world.emulator.calls().await;
    println!("jobs created: {}; calls: {}; errors: {}", calls["jobsCreated"], calls["total"], calls["errors"]);
}

async fn assert_one_job_per_attempt(world: &World<'_>) {
    let mut attempts: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for job in world.jobs().await.into_values() {
        let attempt = (job.selection, job.candidate, job.dataset, job.definition, job.attempt);
        attempts.entry(attempt).or_default().push(job.name);
    }
    attempts.retain(|_, jobs| jobs.len() > 1);
    assert!(attempts.is_empty(), "attempts with several jobs: {attempts:#?}");
    assert_eq!(world.jobs_in("InProgress").await, Vec::<String>::new(), "no job runs that no run knows of");
}

/// One look at the operator.
struct Sample {
    at: Instant,
    resident_mib: f64,
    heap_mib: f64,
    descriptors: f64,
    tasks: f64,
}

async fn samples(world: &World<'_>, end: Instant) -> Vec<Sample> {
    let mut samples = Vec::new();
    while Instant::now() < end {
        let sample = Sample {
            at: Instant::now(),
            resident_mib: world.operator.rss_kib() as f64 / 1024.0,
            heap_mib: world.operator.heap_kib() as f64 / 1024.0,
            descriptors: world.operator.descriptors() as f64,
            tasks: world.operator.metrics().await["modelselection_tasks"],
        };
        // For who watches, and for who wants to know how it went before it failed.
        let Sample { resident_mib, heap_mib, descriptors, tasks, .. } = &sample;
        eprintln!(
            "{resident_mib:.1} MiB, {heap_mib:.1} without the program itself, {descriptors} descriptors, {tasks} tasks"
        );
        samples.push(sample);
        tokio::time::sleep(SAMPLING).await;
    }
    samples
}

fn report(samples: &[Sample]) {
    println!("{} samples | second quarter | last quarter | slope per hour", samples.len());
    report_one("resident memory, MiB", samples, |sample| sample.resident_mib);
    report_one("memory without the program itself, MiB", samples, |sample| sample.heap_mib);
    report_one("file descriptors", samples, |sample| sample.descriptors);
    report_one("tasks", samples, |sample| sample.tasks);
}

/// Medians of the second quarter (the first is the warm-up) and of the last, the slope of the least squares over these
/// three quarters, and whether the medians are alike.
fn report_one(what: &str, samples: &[Sample], value: impl Fn(&Sample) -> f64) {
    let quarter = samples.len() / 4;
    let samples = &samples[quarter..];
    let first = median(samples[..quarter].iter().map(&value).collect());
    let last = median(samples[samples.len() - quarter..].iter().map(&value).collect());
    let hours = |sample: &Sample| (sample.at - samples[0].at).as_secs_f64() / 3600.0;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / samples.len() as f64;
    let (mean_hours, mean_value) = (mean(&hours), mean(&value));
    let covariance = mean(&|sample| (hours(sample) - mean_hours) * (value(sample) - mean_value));
    let variance = mean(&|sample| (hours(sample) - mean_hours).powi(2));
    println!("{what} | {first:.1} | {last:.1} | {:+.1}", covariance / variance);
    assert!(last <= 1.2 * first + 10.0, "{what} grows");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
