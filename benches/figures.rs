//! `make bench`: the figures in README.md, measured on the release binary with real parts.
//!
//! - calls and writes of a restart with 200 complete selections, and of the minute after it;
//! - memory with 200 selections of 21 runs;
//! - size of a status with 300 runs and 16 metrics each.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use api::{BestTrainingJob, MetricValue, ModelSelection, ModelSelectionStatus, RunState, RunStatus};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, Selection, apply_yaml, await_object,
    await_until,
};

const SELECTIONS: usize = 200;

#[tokio::main]
async fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only checks that it compiles.
    }
    status_size();
    let crds = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/modelselections.yaml")];
    let plane = ControlPlane::start(ControlPlaneOptions { crds, ..Default::default() }).await;
    restart(&plane).await;
}

async fn restart(plane: &ControlPlane) {
    let client = plane.client();
    let namespace = testkit::fresh_namespace(&client, "restart").await;
    let emulator = Emulator::start(&["--speed", "20000"]).await;
    let options = OperatorOptions::new(plane, &emulator, &namespace);
    let mut operator = Operator::start(options.clone());
    operator.await_ready(Duration::from_secs(30)).await;
    let example =
        include_str!("../examples/caltech256.yaml").replace("namespace: default", &format!("namespace: {namespace}"));
    apply_yaml(&client, &example).await.unwrap();
    let api: Api<ModelSelection> = Api::namespaced(client, &namespace);
    let done = await_object(&api, "caltech256", "complete", Duration::from_secs(120), complete).await;
    operator.terminate().await;
    // The same result with other names: definitions do not depend on them.
    for n in 1..SELECTIONS {
        let mut copy = ModelSelection::new(&format!("copy-{n}"), done.spec.clone());
        copy.metadata.finalizers = done.metadata.finalizers.clone();
        let copy = api.create(&PostParams::default(), &copy).await.unwrap();
        let name = copy.metadata.name.unwrap();
        // As the operator itself, because it verifies a status that another client wrote.
        let patch =
            json!({"apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection", "status": done.status});
        let params = PatchParams::apply(api::FIELD_MANAGER).force();
        api.patch_status(&name, &params, &Patch::Apply(patch)).await.unwrap();
    }
    emulator.reset_calls().await;
    let writes_before = writes(plane, &namespace);
    let started = Instant::now();
    let mut operator = Operator::start(options);
    operator.await_ready(Duration::from_secs(30)).await;
    let all = SELECTIONS.to_string();
    await_until("every selection is reconciled", Duration::from_secs(60), async || {
        let (_, metrics) = operator.get("/metrics").await.ok()?;
        let line =
            metrics.lines().find(|line| line.contains("reconcile_total{") && line.contains("success"))?.to_owned();
        line.ends_with(&format!(" {all}")).then_some(())
    })
    .await;
    let reconciled = started.elapsed();
    tokio::time::sleep(Duration::from_secs(60)).await;
    println!(
        "restart with {SELECTIONS} complete selections: {} SageMaker calls, {} writes, all reconciled after {:.1} s \
         (and a minute of idleness)",
        emulator.calls().await["total"],
        writes(plane, &namespace) - writes_before,
        reconciled.as_secs_f64(),
    );
    println!("memory with {SELECTIONS} selections of 21 runs: {:.1} MiB resident", mib(operator.rss_kib()));
}

/// Writes at the API server in a namespace, except those of this program.
fn writes(plane: &ControlPlane, namespace: &str) -> usize {
    plane.audit().iter().filter(|entry| entry.namespace.as_deref() == Some(namespace)).count()
}

fn complete(selection: &ModelSelection) -> bool {
    selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
}

#[allow(clippy::cast_precision_loss)]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Own images, trained for 100 epochs.
fn own_images(count: usize) -> Selection {
    let names: Vec<String> = (0..count).map(|n| format!("model-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Selection::new("figures").images(&names).with("/training/hyperparameters/epochs", json!("100"))
}

/// 300 runs with the first 16 metrics of JumpStart's notebook each, realistically long names, and all of them on the
/// front: the worst case.
fn status_size() {
    const METRICS: [&str; 16] = [
        "train_accuracy",
        "train_loss",
        "train_top_5_accuracy",
        "train_precision",
        "train_recall",
        "train_auc",
        "train_prc",
        "val_accuracy",
        "val_loss",
        "val_top_5_accuracy",
        "val_precision",
        "val_recall",
        "val_auc",
        "val_prc",
        "test_accuracy",
        "test_throughput",
    ];
    let spec: api::ModelSelectionSpec = serde_json::from_value(own_images(1).0["spec"].clone()).unwrap();
    let mut runs: Vec<RunStatus> = (0..300)
        .map(|n| RunStatus {
            candidate: format!("efficientnet-v2-imagenet21k-ft1k-{n:03}"),
            dataset: spec.datasets[0].name.clone(),
            state: RunState::Succeeded,
            definition: Some("372d6f8cde3b3d7c5fcc".to_owned()),
            tuning_job_name: Some("ms-caltech-efficie-enzzzb4es4ntb".to_owned()),
            tuning_job_arn: Some(
                "arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/ms-caltech-efficie-enzzzb4es4ntb"
                    .to_owned(),
            ),
            model_id: Some("tensorflow-ic-efficientnet-v2-imagenet21k-ft1k-b0".to_owned()),
            model_version: Some("4.0.17".to_owned()),
            training_jobs: Some(api::TrainingJobCounts { completed: 2, ..Default::default() }),
            best: Some(BestTrainingJob {
                training_job_name: "ms-caltech-efficie-enzzzb4es4ntb-001-589e2e9f".to_owned(),
                hyperparameters: [("learning_rate".to_owned(), "0.00012345".to_owned())].into(),
                metrics: METRICS
                    .map(|name| {
                        let value = if name == "test_accuracy" {
                            0.5 + f64::from(n) / 1000.0
                        } else {
                            9.1234567 - f64::from(n) / 1000.0
                        };
                        MetricValue { name: name.to_owned(), value: format!("{value:.7}") }
                    })
                    .to_vec(),
                model_artifact_s3_uri: Some(
                    "s3://my-bucket/selections/ms-caltech-efficie-enzzzb4es4ntb-001-589e2e9f/output/model.tar.gz"
                        .to_owned(),
                ),
                training_seconds: Some(11573),
                billable_seconds: Some(11573),
                ..Default::default()
            }),
            ..Default::default()
        })
        .collect();
    let fronts = decide::front::fronts(&spec, &mut runs, &std::collections::HashMap::default());
    assert_eq!(fronts[0].members.len(), runs.len(), "all are on the front");
    let bytes = serde_json::to_vec(&ModelSelectionStatus { runs, fronts, ..Default::default() }).unwrap().len();
    println!("status of 300 runs with 16 metrics each, all on the front: {} KiB", bytes / 1024);
}
