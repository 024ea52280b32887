//! The cost of many selections, and of large ones: calls to SageMaker, requests to the API server, passes, CPU, memory
//! and delays, measured with the emulator and a real API server.
//!
//! `cargo bench --bench load` measures all shapes; `cargo bench --bench load -- 200x5 1x500` some of them. With `cargo
//! test --bench load -- --bench 200x5` the debug build is measured. A run takes 20 s here, so passes and writes of a
//! run are closer together than in reality, where a run takes hours.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::ModelSelection;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{ApiResource, ListParams, Object, Patch, PatchParams, PostParams};
use kube::core::NotUsed;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::operator::{RECONCILES, metrics, total};
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_until};

/// The duration of a run, in virtual and in real time.
const RUN_SECONDS: f64 = 7200.0;
const REAL_SECONDS: f64 = 20.0;
const SPEED: f64 = RUN_SECONDS / REAL_SECONDS;
/// Longest time that a shape may take.
const DEADLINE: Duration = Duration::from_secs(3600);
/// A selection that is created while the others wait.
const LATE: &str = "late";
/// The settings of users, not those of tests, with glibc's settings of the image: without them, memory is that of a
/// busy moment.
const SETTINGS: [(&str, &str); 5] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MODELSELECTION_MIN_SWEEP_SECONDS", "2"),
    ("MODELSELECTION_MAX_SWEEP_SECONDS", "30"),
    ("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "300"),
];
const CREATE: &str = "CreateHyperParameterTuningJob";

/// A shape to measure.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    selections: usize,
    runs: usize,
    /// Creates per second that SageMaker allows.
    rate: Option<f64>,
    /// Whether all selections are complete, and the operator is restarted.
    idle: bool,
}

const fn shape(name: &'static str, selections: usize, runs: usize) -> Shape {
    Shape { name, selections, runs, rate: None, idle: false }
}

const SHAPES: [Shape; 9] = [
    shape("1x100", 1, 100),
    shape("100x21", 100, 21),
    shape("1000x5", 1000, 5),
    shape("1x500", 1, 500),
    shape("200x5", 200, 5),
    Shape { rate: Some(2.0), ..shape("1x500-at-2-per-second", 1, 500) },
    Shape { idle: true, ..shape("idle-200x21", 200, 21) },
    Shape { idle: true, ..shape("idle-1000x5", 1000, 5) },
    Shape { idle: true, ..shape("idle-5000x5", 5000, 5) },
];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only checks that it compiles.
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    for shape in SHAPES.iter().filter(|shape| wanted.is_empty() || wanted.iter().any(|name| *name == shape.name)) {
        // A control plane for each shape: objects of the previous shape would be in its memory and its counts.
        let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
        if shape.idle {
            idle(&plane, shape).await;
        } else {
            run(&plane, shape).await;
        }
    }
}

/// The measured values of a selection's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    #[serde(default)]
    runs: Vec<SeenRun>,
    completion_time: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeenRun {
    state: String,
    tuning_job_name: Option<String>,
}

/// When values became visible in statuses.
#[derive(Default)]
struct Times {
    /// The first status in which the run of a tuning job has ended.
    ended: HashMap<String, Instant>,
    complete: HashMap<String, Instant>,
}

/// Watches the statuses of a namespace with little memory.
fn watch(client: &Client, namespace: &str) -> Arc<Mutex<Times>> {
    let times = Arc::new(Mutex::new(Times::default()));
    let resource = ApiResource::erase::<ModelSelection>(&());
    let api: Api<Object<NotUsed, Seen>> = Api::namespaced_with(client.clone(), namespace, &resource);
    let told = times.clone();
    tokio::spawn(async move {
        let mut seen = watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed();
        while let Ok(Some(selection)) = seen.try_next().await {
            let (now, mut times) = (Instant::now(), told.lock());
            let name = selection.name_any();
            let Some(status) = selection.status else { continue };
            for run in status.runs.iter().filter(|run| ["Succeeded", "Failed", "Stopped"].contains(&&*run.state)) {
                times.ended.entry(run.tuning_job_name.clone().unwrap_or_default()).or_insert(now);
            }
            if status.completion_time.is_some() {
                times.complete.entry(name).or_insert(now);
            }
        }
    });
    times
}

fn manifest(name: &str, runs: usize) -> Selection {
    let names: Vec<String> = (0..runs).map(|n| format!("image-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let selection = Selection::new(name).images(&names).with_yaml("maxConcurrentTuningJobs: 100");
    // As many metrics as JumpStart's models have.
    let mut metrics = selection.0["spec"]["training"]["metricDefinitions"].clone();
    let more = (0..13).map(|n| json!({"name": format!("val_top_{n}_accuracy"), "regex": "- val_accuracy: ([0-9.]+)"}));
    metrics.as_array_mut().unwrap().extend(more);
    selection.with("/training/metricDefinitions", metrics)
}

async fn start<'a>(plane: &'a ControlPlane, shape: &Shape, speed: f64) -> World<'a> {
    let (speed, rate) = (speed.to_string(), shape.rate.map(|rate| format!("{CREATE}={rate}")));
    let mut arguments = vec!["--speed", &speed];
    arguments.extend(rate.iter().flat_map(|rate| ["--rate", rate]));
    let mut settings = SETTINGS.to_vec();
    if shape.rate.is_some() {
        // Places must become free faster than creates are allowed, or the rate is not what limits them.
        settings.push(("MODELSELECTION_MAX_SWEEP_SECONDS", "2"));
    }
    let world = World::start(plane, "load", &arguments, &settings).await;
    // Two epochs and an overhead of three minutes.
    world.emulator.set_seconds_per_epoch((RUN_SECONDS - 180.0) / 2.0).await;
    world
}

/// One life of all selections, from creation to completion.
async fn run(plane: &ControlPlane, shape: &Shape) {
    let world = start(plane, shape, SPEED).await;
    let times = watch(&world.client, &world.namespace);
    let clock = EmulatedClock::of(&world).await;
    let before = counts(&world).await;
    let started = Instant::now();
    let applied: Mutex<HashMap<String, Instant>> = Mutex::default();
    let names: Vec<String> = (0..shape.selections).map(|n| format!("sel-{n:04}")).collect();
    stream::iter(&names)
        .for_each_concurrent(8, async |name| {
            applied.lock().insert(name.clone(), Instant::now());
            world.apply(&manifest(name, shape.runs)).await;
        })
        .await;
    let mut expected = shape.selections;
    if shape.rate.is_some() {
        await_until("the places are taken", DEADLINE, async || world.jobs_created().await >= 150).await;
        applied.lock().insert(LATE.to_owned(), Instant::now());
        world.apply(&manifest(LATE, 1)).await;
        expected += 1;
    }
    let mut most = (0, 0);
    await_until("all are complete", DEADLINE, async || {
        most = most.max(memory(&world));
        let complete = times.lock().complete.len();
        if complete == expected { Ok(()) } else { Err(complete) }
    })
    .await;
    let seconds = started.elapsed().as_secs_f64();
    let used = counts(&world).await.less(&before);
    println!("## {} ({seconds:.0} s)", shape.name);
    used.print((shape.selections * shape.runs) as f64, most);
    print_status(&world, &names[0]).await;
    let jobs = world.job_documents().await;
    print_times(&jobs, &clock, &applied.into_inner(), &times.lock().ended);
    if let Some(rate) = shape.rate {
        let throttled = world.errors(&format!("{CREATE} ThrottlingException")).await;
        print_creates(&jobs, &clock, rate, throttled as f64, world.calls_of(CREATE).await as f64);
    }
}

/// Converts times of the emulator's clock to real time.
struct EmulatedClock {
    here: Instant,
    there: f64,
}

impl EmulatedClock {
    async fn of(world: &World<'_>) -> Self {
        // The response has the time; the speed does not change.
        let there = world.emulator.set_speed(SPEED).await["now"].as_f64().unwrap();
        Self { here: Instant::now(), there }
    }

    /// The real time of a virtual one. All jobs are created after the clock was read.
    fn real(&self, time: &Value) -> Instant {
        self.here + Duration::from_secs_f64(((time.as_f64().unwrap() - self.there) / SPEED).max(0.0))
    }
}

fn print_times(
    jobs: &BTreeMap<String, Value>,
    clock: &EmulatedClock,
    applied: &HashMap<String, Instant>,
    ended: &HashMap<String, Instant>,
) {
    let mut first: BTreeMap<&str, Instant> = BTreeMap::new();
    for job in jobs.values() {
        let created = clock.real(&job["creationTime"]);
        first.entry(testkit::jobs::owner(job)).and_modify(|first| *first = created.min(*first)).or_insert(created);
    }
    let waited = |(name, at): (&&str, &Instant)| at.saturating_duration_since(applied[*name]);
    print_delays("applied to first job", first.iter().map(waited));
    if let Some(late) = first.get(LATE) {
        println!("late selection: {:.1} s to its job", waited((&LATE, late)).as_secs_f64());
    }
    let seen = jobs.iter().filter_map(|(name, job)| Some((ended.get(name)?, clock.real(&job["endTime"]))));
    print_delays("job ended to status", seen.map(|(seen, ended)| seen.saturating_duration_since(ended)));
}

fn print_creates(jobs: &BTreeMap<String, Value>, clock: &EmulatedClock, rate: f64, throttled: f64, calls: f64) {
    let created = || jobs.values().map(|job| clock.real(&job["creationTime"]));
    let (Some(first), Some(last)) = (created().min(), created().max()) else { return };
    let reached = (jobs.len() - 1) as f64 / (last - first).as_secs_f64();
    println!(
        "creates: {reached:.2} a second of {rate} ({:.0} %), {throttled} of {calls} throttled ({:.1} %)",
        100.0 * reached / rate,
        100.0 * throttled / calls
    );
}

/// A restart with complete selections, followed by idle time.
async fn idle(plane: &ControlPlane, shape: &Shape) {
    let mut world = start(plane, shape, 100_000.0).await;
    world.apply(&manifest("first", shape.runs)).await;
    let status = world.await_complete_within("first", DEADLINE).await;
    world.await_idle().await;
    world.operator.terminate().await;
    let done = world.selections.get("first").await.unwrap();
    // The same result with other names: definitions do not depend on them.
    stream::iter(1..shape.selections)
        .for_each_concurrent(8, async |n| {
            let mut copy = ModelSelection::new(&format!("copy-{n:04}"), done.spec.clone());
            copy.metadata.finalizers.clone_from(&done.metadata.finalizers);
            let name = world.selections.create(&PostParams::default(), &copy).await.unwrap().name_any();
            let patch =
                json!({"apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection", "status": status});
            let params = PatchParams::apply(api::FIELD_MANAGER).force();
            world.selections.patch_status(&name, &params, &Patch::Apply(&patch)).await.unwrap();
        })
        .await;
    world.emulator.reset_calls().await;
    let before = counts_of_server(&world).await;
    let started = Instant::now();
    world.start_operator();
    let looked_at = await_until("every selection is looked at", DEADLINE, async || {
        let (_, text) = world.operator.get("/metrics").await.ok()?;
        (total(&metrics(&text), RECONCILES) >= shape.selections as f64).then(|| started.elapsed())
    })
    .await;
    let looked_at_by = world.operator.cpu_seconds();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let mut used = counts(&world).await;
    used.api = less(&used.api, &before);
    println!("## {}: all looked at after {:.1} s ({looked_at_by:.1} s of CPU)", shape.name, looked_at.as_secs_f64());
    used.print((shape.selections * shape.runs) as f64, memory(&world));
    print_status(&world, "first").await;
}

/// Counts since the start of the operator.
#[derive(Default)]
struct Counts {
    calls: Value,
    /// Requests for our objects at the API server, by verb and resource.
    api: BTreeMap<String, f64>,
    passes: f64,
    /// Reconciles that kept a thread busy for at most these seconds, by these seconds.
    busy: BTreeMap<String, f64>,
    cpu_seconds: f64,
}

async fn counts(world: &World<'_>) -> Counts {
    let metrics = world.operator.metrics().await;
    Counts {
        calls: world.emulator.calls().await,
        api: counts_of_server(world).await,
        passes: total(&metrics, RECONCILES),
        busy: busy(&metrics),
        cpu_seconds: world.operator.cpu_seconds(),
    }
}

/// Resident memory in KiB, in total and without the program itself.
fn memory(world: &World<'_>) -> (u64, u64) {
    (world.operator.rss_kib(), world.operator.heap_kib())
}

/// The histogram of the time that a reconcile keeps a thread busy.
fn busy(metrics: &HashMap<String, f64>) -> BTreeMap<String, f64> {
    let bound = |name: &str| {
        Some(
            name.strip_prefix("modelselection_reconcile_busy_seconds_bucket{le=\"")?.trim_end_matches("\"}").to_owned(),
        )
    };
    metrics.iter().filter_map(|(name, count)| Some((bound(name)?, *count))).collect()
}

/// An upper bound of a percentile of a histogram, in milliseconds.
fn within(busy: &BTreeMap<String, f64>, percent: f64) -> f64 {
    let mut buckets: Vec<(f64, f64)> =
        busy.iter().map(|(bound, count)| (bound.parse().unwrap_or(f64::INFINITY), *count)).collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = buckets.last().map_or(0.0, |(_, count)| *count);
    buckets.iter().find(|(_, count)| *count >= all * percent / 100.0).map_or(0.0, |(bound, _)| bound * 1000.0)
}

/// The API server's counts of requests for selections and Events, except for applied manifests, from all clients: the
/// operator, and this program's watch.
async fn counts_of_server(world: &World<'_>) -> BTreeMap<String, f64> {
    let request = kube::core::Request::new("/metrics").list(&ListParams::default()).unwrap();
    let text = world.client.request_text(request).await.unwrap();
    let mut counts = BTreeMap::new();
    for (name, value) in metrics(&text) {
        let Some(labels) = name.strip_prefix("apiserver_request_total{") else { continue };
        let label = |key: &str| labels.split(&format!("{key}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        let (resource, subresource) = (label("resource").unwrap_or_default(), label("subresource").unwrap_or_default());
        let verb = label("verb").unwrap_or_default();
        let ours =
            ["modelselections", "events", "configmaps"].contains(&resource) && (verb, subresource) != ("APPLY", "");
        if ours && !(resource == "configmaps" && ["LIST", "WATCH"].contains(&verb)) {
            let place = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
            *counts.entry(format!("{verb} {place}")).or_default() += value;
        }
    }
    counts
}

fn less(now: &BTreeMap<String, f64>, before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let more = |(name, count): (&String, &f64)| (name.clone(), count - before.get(name).unwrap_or(&0.0));
    now.iter().map(more).filter(|(_, count)| *count > 0.0).collect()
}

impl Counts {
    fn less(self, before: &Self) -> Self {
        Self {
            api: less(&self.api, &before.api),
            passes: self.passes - before.passes,
            busy: less(&self.busy, &before.busy),
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            calls: self.calls,
        }
    }

    fn print(&self, runs: f64, (resident, heap): (u64, u64)) {
        let Self { calls, api, passes, busy, cpu_seconds } = self;
        println!("SageMaker: {:.2} calls a run: {}", calls["total"].as_f64().unwrap() / runs, calls["byOperation"]);
        let status: f64 = api.iter().filter(|(name, _)| name.ends_with("modelselections/status")).map(|(_, n)| n).sum();
        println!("API server: {:.2} status writes a run: {api:?}", status / runs);
        println!(
            "passes: {passes} ({:.2} a run); CPU: {cpu_seconds:.1} s ({:.1} ms a run, {:.1} ms a pass); memory: {:.1} MiB, of which \
             {:.1} without the program itself",
            passes / runs,
            1000.0 * cpu_seconds / runs,
            1000.0 * cpu_seconds / passes,
            resident as f64 / 1024.0,
            heap as f64 / 1024.0,
        );
        println!(
            "a pass keeps a thread busy for at most {} ms at the median, {} ms at 99 %",
            within(busy, 50.0),
            within(busy, 99.0)
        );
    }
}

async fn print_status(world: &World<'_>, name: &str) {
    let status = world.selections.get_status(name).await.unwrap().status.unwrap();
    println!("status of {name}: {} bytes", serde_json::to_vec(&status).unwrap().len());
}

fn print_delays(what: &str, delays: impl Iterator<Item = Duration>) {
    let mut delays: Vec<f64> = delays.map(|delay| delay.as_secs_f64()).collect();
    delays.sort_by(f64::total_cmp);
    let Some(last) = delays.len().checked_sub(1) else { return };
    let at = |percent: usize| delays[last * percent / 100];
    println!("{what}: {:.1} s at the median, {:.1} s at 99 %, {:.1} s at most", at(50), at(99), at(100));
}
