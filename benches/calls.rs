//! `make bench`: `SageMaker` calls per run by operation, and the delay until the end of a run is visible in the status,
//! in scaled time.
//!
//! The operator's clock runs faster than real time by the same factor as the emulator's, so that its pauses have the
//! same meaning as in reality: at `--speed 120` a job of two hours takes a minute, and a pause of 30 seconds a quarter
//! of a second. The number of calls does not depend on how the programs are compiled: this runs the debug build.
//!
//! ```sh
//! cargo test --bench calls -- --bench                   # all shapes, all at a time and 20 at a time
//! cargo test --bench calls -- --bench 1x100 --at 20     # one shape, 20 at a time
//! cargo test --bench calls -- --bench 1x100 --speed 60  # at another speed: the calls must not depend on it
//! cargo test --bench calls -- --bench 1x100 --env MODELSELECTION_MAX_SWEEP_SECONDS=120
//! cargo test --bench calls -- --bench 1x100 --events    # with events from a queue, and the delay in real seconds
//! ```
//!
//! Jobs take two hours, plus or minus up to 30 %, evenly spread. Of each hundred, two fail after minutes, five lose one
//! of their two training jobs, and five end early, after a fifth to two thirds of the time.
//!
//! Real processing time is scaled too: at a speed of 120, 50 ms of work appear as 6 s of delay. So delays are upper
//! bounds, and less meaningful the busier the operator is (`cpu`).
//!
//! With `--events`, no pause is part of the delay: an event arrives in real time, and the operator works in real time.
//! So the delay is in real seconds. It includes that the emulator looks for changes ten times a second. The slower the
//! emulator, the fewer polls fall into the real time from the creation of a job to its first event.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use api::{ModelSelection, RunState};
use clap::Parser as _;
use futures::TryStreamExt as _;
use kube::Api;
use kube::runtime::{WatchStreamExt as _, watcher};
use modelselection_operator::process::args::Args;
use serde_json::{Value, json};
use testkit::operator::{RECONCILES, total};
use testkit::{ControlPlane, ControlPlaneOptions, Emulator, Moto, Operator, OperatorOptions, apply_yaml};

const SHAPES: [&str; 6] = ["1x1", "1x100", "20x21", "100x1", "200x5", "1x500"];
const QUEUE: usize = 20;
const TWO_HOURS: f64 = 7_200.0;
/// The overhead that the emulator adds to the epochs of a training job, and to its tuning job.
const OVERHEAD: f64 = 160.0;
/// Real-time limit for a shape.
const DEADLINE: Duration = Duration::from_secs(3_600);

/// A number of selections, the number of their runs, and how many of these may run at a time.
#[derive(Clone, Copy)]
struct Shape {
    selections: usize,
    runs: usize,
    at_a_time: usize,
}

impl Shape {
    fn parse(text: &str, at_a_time: Option<usize>) -> Self {
        let (selections, runs) = text.split_once('x').unwrap_or_else(|| panic!("{text} is not a shape such as 20x21"));
        let (selections, runs) = (selections.parse::<usize>().unwrap(), runs.parse::<usize>().unwrap());
        Self { selections, runs, at_a_time: at_a_time.unwrap_or(selections * runs) }
    }

    fn total(self) -> usize {
        self.selections * self.runs
    }

    /// As slow as practical: the slower, the less the machine's real processing time matters.
    fn speed(self, events: bool) -> f64 {
        match self.total().div_ceil(self.at_a_time) {
            1 if events => 20.0,
            1 if self.total() > 1 => 60.0,
            0..=10 => 240.0,
            _ => 480.0,
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only checks that it compiles.
    }
    let after = |flag: &str| arguments.iter().position(|argument| argument == flag).map(|at| arguments[at + 1].clone());
    let speed = after("--speed").map(|speed| speed.parse::<f64>().unwrap());
    let environment = after("--env").and_then(|pair| pair.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())));
    let moto = if arguments.iter().any(|argument| argument == "--events") { Some(Moto::start().await) } else { None };
    let shapes: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|text| text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('x'))
        .collect();
    let shapes = if shapes.is_empty() { SHAPES.to_vec() } else { shapes };
    let crds = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/modelselections.yaml")];
    let plane = ControlPlane::start(ControlPlaneOptions { crds, ..Default::default() }).await;
    println!(
        "| selections x runs | at a time | calls per run | create | list | search | describe | seen after ({}) p50 | p99 | most | status writes per run | reconciles per run | speed | cpu |",
        if moto.is_some() { "real time" } else { "scaled time" },
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for shape in shapes {
        let all = Shape::parse(shape, None);
        let queued = (all.total() > QUEUE).then(|| Shape::parse(shape, Some(QUEUE)));
        let modes = match after("--at") {
            Some(at) if at == "all" => vec![all],
            Some(at) => vec![Shape::parse(shape, Some(at.parse().unwrap()))],
            None => std::iter::once(all).chain(queued).collect(),
        };
        for shape in modes {
            let speed = speed.unwrap_or(shape.speed(moto.is_some()));
            measure(&plane, shape, speed, environment.clone(), moto.as_ref()).await;
        }
    }
}

async fn measure(
    plane: &ControlPlane,
    shape: Shape,
    speed: f64,
    environment: Option<(String, String)>,
    moto: Option<&Moto>,
) {
    let client = plane.client();
    let namespace = testkit::fresh_namespace(&client, "calls").await;
    let queue = futures::future::OptionFuture::from(moto.map(|moto| moto.create_queue(&namespace))).await;
    let speed_of_emulator = speed.to_string();
    let mut emulator = vec!["--speed", &speed_of_emulator, "--max-tuning-jobs", "5000"];
    emulator.extend(queue.iter().flat_map(|queue| ["--no-training-job-events", "--events-url", queue.as_str()]));
    let emulator = Emulator::start(&emulator).await;
    let images = if shape.selections == 1 { shape.runs } else { shape.total() };
    for image in 0..images {
        emulator.behave(behaviour(image, images)).await;
    }
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    let default = Args::parse_from(["modelselection-operator"]).max_sweep_seconds;
    options.extra_env = vec![
        ("MODELSELECTION_MAX_SWEEP_SECONDS".to_owned(), default.as_secs().to_string()),
        ("MODELSELECTION_TIME_SCALE".to_owned(), speed.to_string()),
        ("MODELSELECTION_MAX_TUNING_JOBS".to_owned(), shape.at_a_time.to_string()),
        ("RUST_LOG".to_owned(), "warn".to_owned()),
    ];
    options.extra_env.extend(environment);
    options.extra_env.extend(queue.map(|queue| ("MODELSELECTION_EVENTS_QUEUE_URL".to_owned(), queue)));
    let api: Api<ModelSelection> = Api::namespaced(client.clone(), &namespace);
    // All selections exist before the operator starts, because applying them takes real time.
    for selection in 0..shape.selections {
        apply_yaml(&client, &manifest(shape, selection, &namespace).to_string()).await.unwrap();
    }
    let seen = tokio::spawn(watch(api, shape.selections, Clock::read(&emulator).await));
    let (started, mut operator) = (Instant::now(), Operator::start(options));
    operator.await_ready(Duration::from_secs(60)).await;
    let seen = tokio::time::timeout(DEADLINE, seen).await.expect("all selections complete").unwrap();
    let cpu = operator.cpu_seconds() / started.elapsed().as_secs_f64();
    let mut delays = delays(&emulator.jobs().await, &seen);
    if moto.is_some() {
        delays.iter_mut().for_each(|delay| *delay /= speed);
    }
    // Polls take minutes, events a moment.
    let digits = if moto.is_some() { 2 } else { 0 };
    let work = Work::of(&operator.metrics().await);
    report(shape, speed, cpu, &emulator.calls().await, &work, &delays, digits);
}

/// The emulator's clock.
#[derive(Clone, Copy)]
struct Clock {
    read: Instant,
    now: f64,
    speed: f64,
}

impl Clock {
    async fn read(emulator: &Emulator) -> Self {
        let clock = emulator.advance(0).await;
        Self { read: Instant::now(), now: clock["now"].as_f64().unwrap(), speed: clock["speed"].as_f64().unwrap() }
    }

    fn now(self) -> f64 {
        self.now + self.read.elapsed().as_secs_f64() * self.speed
    }
}

/// When the end of each tuning job became visible in a status, until all selections are complete.
async fn watch(api: Api<ModelSelection>, selections: usize, clock: Clock) -> HashMap<String, f64> {
    let mut seen = HashMap::new();
    let mut complete = std::collections::HashSet::new();
    let mut events = pin!(watcher(api, watcher::Config::default()).default_backoff().applied_objects());
    while complete.len() < selections {
        let Some(selection) = events.try_next().await.unwrap() else { break };
        let Some(status) = selection.status else { continue };
        let ended = |state| matches!(state, RunState::Succeeded | RunState::Failed | RunState::Stopped);
        for job in status.runs.into_iter().filter(|run| ended(run.state)).filter_map(|run| run.tuning_job_name) {
            seen.entry(job).or_insert_with(|| clock.now());
        }
        if status.completion_time.is_some() {
            complete.extend(selection.metadata.name);
        }
    }
    seen
}

/// Virtual seconds from the end of each job until it was visible in a status, shortest first.
fn delays(jobs: &Value, seen: &HashMap<String, f64>) -> Vec<f64> {
    let delay = |job: &Value| Some(seen.get(job["name"].as_str()?)? - job["endTime"].as_f64()?);
    let mut delays: Vec<f64> = jobs.as_array().unwrap().iter().filter_map(delay).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

/// What the operator did beside calls to SageMaker.
struct Work {
    status_writes: f64,
    reconciles: f64,
}

impl Work {
    fn of(metrics: &HashMap<String, f64>) -> Self {
        Self {
            status_writes: total(metrics, "modelselection_status_writes_total"),
            reconciles: total(metrics, RECONCILES),
        }
    }
}

fn report(shape: Shape, speed: f64, cpu: f64, calls: &Value, work: &Work, delays: &[f64], digits: usize) {
    let runs = shape.total() as f64;
    let of = |operations: &[&str]| {
        let calls = operations.iter().map(|operation| calls["byOperation"][*operation].as_f64().unwrap_or_default());
        calls.sum::<f64>()
    };
    let [create, list, search, describe] = [
        of(&["CreateHyperParameterTuningJob"]),
        of(&["ListHyperParameterTuningJobs"]),
        of(&["Search"]),
        // All that is about one job: also the tags of running jobs whose selection has a similar name.
        of(&[
            "DescribeHyperParameterTuningJob",
            "DescribeTrainingJob",
            "ListTrainingJobsForHyperParameterTuningJob",
            "ListTags",
        ]),
    ];
    let total = calls["total"].as_f64().unwrap();
    assert!((create + list + search + describe - total).abs() < 0.5, "other calls: {calls}");
    assert_eq!(delays.len(), shape.total(), "the end of each job is seen");
    let at = |percent: usize| format!("{:.digits$} s", delays[(delays.len() - 1) * percent / 100]);
    println!(
        "| {}x{} | {} | **{:.2}** | {create} | {list} | {search} | {describe} | {} | {} | {} | {:.2} | {:.2} | {speed} | {cpu:.2} |",
        shape.selections,
        shape.runs,
        shape.at_a_time,
        total / runs,
        at(50),
        at(99),
        at(100),
        work.status_writes / runs,
        work.reconciles / runs,
    );
}

/// The behaviour of the training jobs of an image: see the top of this file.
fn behaviour(image: usize, of: usize) -> Value {
    // The golden ratio spreads any number of them evenly.
    let spread = (image as f64 + 0.5) * 0.618_033_988_75 % 1.0;
    let kind = if of < 20 { 50 } else { image % 100 };
    let seconds = match kind {
        10 | 30 | 51 | 70 | 90 => TWO_HOURS * (0.2 + 0.46 * spread),
        _ => TWO_HOURS * (0.7 + 0.6 * spread),
    };
    json!({
        "match": format!("*/model-{image:04}:*"),
        "accuracy": 60.0 + 30.0 * spread,
        "throughput": 10.0 + 100.0 * (1.0 - spread),
        "secondsPerEpoch": (seconds - OVERHEAD) / 100.0,
        "failAlways": matches!(kind, 5 | 55),
        "failFirst": u32::from(matches!(kind, 0 | 20 | 40 | 60 | 80)),
    })
}

fn manifest(shape: Shape, selection: usize, namespace: &str) -> Value {
    let candidates: Vec<Value> = (0..shape.runs)
        .map(|run| {
            let image = selection * shape.runs + run;
            let image = format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/model-{image:04}:1");
            json!({"name": format!("image-{run:03}"), "algorithm": {"trainingImage": image}})
        })
        .collect();
    json!({
        "apiVersion": "modelselection.dev/v1alpha1",
        "kind": "ModelSelection",
        "metadata": {"name": format!("calls-{selection:03}"), "namespace": namespace},
        "spec": {
            "executionRoleARN": "arn:aws:iam::111122223333:role/SageMakerTraining",
            "maxConcurrentTuningJobs": shape.runs,
            "objectives": [
                {"metric": "test_accuracy", "goal": "Maximize"}, {"metric": "test_throughput", "goal": "Maximize"},
            ],
            "datasets": [{"name": "data", "channels": [
                {"name": "training", "s3URI": "s3://bucket/train/"},
                {"name": "test", "s3URI": "s3://bucket/test/"},
            ]}],
            "candidates": candidates,
            "tuning": {
                "objective": {"metric": "val_accuracy", "goal": "Maximize"},
                "maxTrainingJobs": 2,
                "maxParallelTrainingJobs": 2,
                "parameterRanges": [
                    {"name": "learning_rate", "continuous": {"min": "0.0001", "max": "0.1", "scaling": "Logarithmic"}},
                ],
            },
            "training": {
                "instanceType": "ml.p3.2xlarge",
                "hyperparameters": {"epochs": "100"},
                "metricDefinitions": [
                    {"name": "val_accuracy", "regex": "- val_accuracy: ([0-9.]+)"},
                    {"name": "test_accuracy", "regex": "- Test accuracy: ([0-9.]+)"},
                    {"name": "test_throughput", "regex": "- Average test throughput: ([0-9.]+)"},
                ],
                "outputS3URI": "s3://bucket/out/",
            },
        },
    })
}
