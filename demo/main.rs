//! `make demo`: everything on this machine, with no account and at no cost.
//!
//! Starts etcd, kube-apiserver, the emulator and the operator on free ports, applies `examples/caltech256.yaml` with
//! kubectl, shows the progress, and ends with the runs and the front. Stops everything it has started.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use api::{ModelSelection, ModelSelectionStatus};
use futures::StreamExt as _;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};
use testkit::{ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions};
use view::page::{Look, Page};
use view::pages::{self, Extent};
use view::plot::{Choice, plot};

use testkit::programs::ROOT;
/// An hour of training passes in a second.
const SPEED: &str = "3600";
const DEADLINE: Duration = Duration::from_secs(120);
/// Assumed width of a terminal of unknown width, in columns.
const WIDTH: u16 = 79;
/// Height of the plot, in lines.
const PICTURE: u16 = 16;

#[tokio::main]
async fn main() -> ExitCode {
    let demo = tokio::time::timeout(DEADLINE, demo());
    tokio::select! {
        result = demo => match result {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(error)) => failed(&error.to_string()),
            Err(_) => failed(&format!("not complete after {} s", DEADLINE.as_secs())),
        },
        _ = tokio::signal::ctrl_c() => failed("interrupted"),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("\ndemo: {why}");
    ExitCode::FAILURE
}

async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let step = |what: &str| println!("[{:4.1} s] {what}", started.elapsed().as_secs_f64());

    step("starting etcd and kube-apiserver");
    let crds = vec![Path::new(ROOT).join("crds/modelselections.yaml")];
    let plane = ControlPlane::start(ControlPlaneOptions { crds, ..Default::default() }).await;
    step("starting the SageMaker emulator: one virtual hour per second");
    let emulator = Emulator::start(&["--speed", SPEED]).await;
    step("starting the operator");
    let mut operator = Operator::start(OperatorOptions::new(&plane, &emulator, "default"));
    operator.await_ready(Duration::from_secs(30)).await;

    let manifest = "examples/caltech256.yaml";
    step(&format!("kubectl apply -f {manifest}"));
    kubectl(&plane, &["apply", "-f", manifest])?;
    println!();
    let selection = follow(&plane).await?;

    let status = selection.status.clone().unwrap_or_default();
    let now = jiff::Timestamp::now();
    println!("\n$ kubectl modelselection status caltech256 --all");
    println!("{}", shown(&pages::status(&selection, now, Extent { all: true, wide: false })));
    println!("$ kubectl modelselection pareto caltech256");
    println!("{}", shown(&pages::pareto(&selection, None, Extent::default())));
    println!("$ kubectl modelselection plot caltech256");
    println!("{}", shown(&pages::picture(&plot(&selection, "caltech256", &Choice::default())?, look().0, PICTURE)));
    println!("$ kubectl get modelselections");
    println!("{}", kubectl(&plane, &["get", "modelselections"])?);
    let calls = emulator.calls().await;
    println!("SageMaker calls: {} for {} runs", calls["total"], status.runs.len());
    println!("Virtual training time: {}", training_time(&status));
    let results = results(&selection)?;
    println!("Results: {}", results.canonicalize().as_deref().unwrap_or(&results).display());
    step("done; nothing is left running");
    Ok(())
}

/// Shows the selection until it is complete: redrawn in place on a terminal, otherwise one line for each change.
async fn follow(plane: &ControlPlane) -> Result<ModelSelection, Box<dyn std::error::Error>> {
    let api: Api<ModelSelection> = Api::namespaced(plane.client(), "default");
    let config = watcher::Config::default().fields("metadata.name=caltech256");
    let mut changes = watcher(api, config).default_backoff().applied_objects().boxed();
    let terminal = std::io::stdout().is_terminal();
    let mut drawn = 0;
    let mut last = String::new();
    while let Some(selection) = changes.next().await {
        let selection = selection?;
        let Some(status) = selection.status.as_ref().filter(|status| status.counts.is_some()) else { continue };
        let complete = status.completion_time.is_some();
        let now = jiff::Timestamp::now();
        let page = if terminal { pages::progress(&selection, now) } else { pages::news(&selection, now) };
        let picture = shown(&page).trim_end().to_owned();
        if picture != last {
            if terminal && drawn > 0 {
                print!("\x1b[{drawn}A\x1b[J");
            }
            println!("{picture}");
            std::io::stdout().flush()?;
            drawn = picture.lines().count();
            last = picture;
        }
        if complete {
            return Ok(selection);
        }
    }
    Err("the watch ended".into())
}

/// A page, formatted like in the plugin.
fn shown(page: &Page) -> String {
    page.render(look().1)
}

/// The width of the terminal minus one, because some terminals wrap when the last column is written; and the look.
fn look() -> (u16, Look) {
    let columns = terminal_size::terminal_size().map(|(columns, _)| columns.0).filter(|columns| *columns > 1);
    let width = columns.map_or(WIDTH, |columns| columns - 1);
    (width, Look { width: Some(width), color: std::io::stdout().is_terminal(), ascii: false })
}

/// The total training time of all best training jobs.
fn training_time(status: &ModelSelectionStatus) -> String {
    let seconds: i64 = status.runs.iter().filter_map(|run| run.best.as_ref()?.training_seconds).map(i64::from).sum();
    format!("{} in the best training jobs alone", view::text::duration(seconds))
}

fn kubectl(plane: &ControlPlane, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new("kubectl")
        .args(arguments)
        .env("KUBECONFIG", plane.kubeconfig())
        .current_dir(ROOT)
        .output()
        .map_err(|error| format!("cannot run kubectl ({error}): install it and add it to the PATH"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Writes the selection with its status, and its runs as a table for other programs.
fn results(selection: &ModelSelection) -> std::io::Result<PathBuf> {
    let folder = Path::new(ROOT).join("target/demo");
    std::fs::create_dir_all(&folder)?;
    let mut selection = selection.clone();
    selection.managed_fields_mut().clear();
    let yaml = serde_saphyr::to_string(&selection).map_err(std::io::Error::other)?;
    std::fs::write(folder.join("caltech256.yaml"), yaml)?;
    let mut csv = csv::Writer::from_path(folder.join("runs.csv"))?;
    for row in view::runs::rows(&selection) {
        csv.write_record(row)?;
    }
    csv.flush()?;
    Ok(folder)
}
