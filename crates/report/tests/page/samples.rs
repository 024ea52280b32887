//! Selections with results, as the operator writes them to the status.

use std::collections::BTreeMap;

use api::ModelSelection;
use jiff::Timestamp;
use modelselection_report::Options;
use serde_json::{Value, json};

/// A run: candidate, dataset, model and what its best training job measured.
struct Run {
    candidate: String,
    dataset: String,
    model: Option<String>,
    metrics: Vec<(String, f64)>,
    parameters: Vec<(&'static str, String)>,
    seconds: u32,
}

impl Run {
    fn json(&self, index: usize) -> Value {
        let metrics: Vec<Value> =
            self.metrics.iter().map(|(name, value)| json!({"name": name, "value": api::decimal(*value)})).collect();
        let job = format!("{:.22}-{index:03}", self.candidate);
        json!({
            "candidate": self.candidate, "dataset": self.dataset, "state": "Succeeded", "attempt": 0,
            "tuningJobName": job,
            "tuningJobARN": format!("arn:aws:sagemaker:us-west-2:111122223333:hyper-parameter-tuning-job/{job}"),
            "modelID": self.model, "modelVersion": self.model.as_ref().map(|_| "4.0.17"),
            "trainingJobs": {"completed": 2, "inProgress": 0, "retryableError": 0, "nonRetryableError": 0, "stopped": 0},
            "best": {
                "trainingJobName": format!("{job}-001-4f8a1c2e"),
                "hyperparameters": self.parameters.iter().cloned().collect::<BTreeMap<_, _>>(),
                "metrics": metrics,
                "instanceType": "ml.p3.2xlarge", "instanceCount": 1,
                "modelArtifactS3URI": format!("s3://my-bucket/selections/caltech256/{job}/{job}-001-4f8a1c2e/output/model.tar.gz"),
                "trainingSeconds": self.seconds, "billableSeconds": self.seconds,
            },
        })
    }
}

fn read_yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("the example is YAML")
}

/// The object of a manifest with its runs; fronts are computed like in the operator.
fn with_status(mut manifest: Value, runs: &[Value], conditions: &Value) -> ModelSelection {
    let count = |states: &[&str]| runs.iter().filter(|run| states.iter().any(|state| run["state"] == *state)).count();
    let ended = count(&["Succeeded", "Failed", "Stopped"]);
    manifest["status"] = json!({
        "observedGeneration": 1, "conditions": conditions, "progress": format!("{ended}/{}", runs.len()),
        "counts": {"total": runs.len(), "waiting": count(&["Waiting"]), "running": count(&["Running", "Stopping"]),
                   "succeeded": count(&["Succeeded"]), "failed": count(&["Failed"]), "stopped": count(&["Stopped"])},
        "startTime": "2026-11-28T09:00:00Z", "region": "us-west-2", "runs": runs,
    });
    if ended == runs.len() {
        manifest["status"]["completionTime"] = json!("2026-11-28T10:52:00Z");
    }
    let mut selection: ModelSelection = serde_json::from_value(manifest).expect("the sample is a selection");
    let spec = selection.spec.clone();
    let status = selection.status.as_mut().expect("it was just set");
    status.fronts = decide::front::fronts(&spec, &mut status.runs, &decide::front::Tables::new());
    selection
}

fn conditions(of: &[(&str, &str, &str, &str)]) -> Value {
    let condition = |(type_, status, reason, message): &(&str, &str, &str, &str)| json!({"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-11-28T10:52:00Z"});
    Value::Array(of.iter().map(condition).collect())
}

/// The published figures of each model of the example: accuracy, top-5 accuracy, throughput, seconds per epoch,
/// millions of parameters.
fn figures(model: &str) -> [f64; 5] {
    let all: Value =
        serde_json::from_str(include_str!("../../../emulator/src/logs/models.json")).expect("figures are JSON");
    let of_model = |entry: &&Value| model.starts_with(entry["match"].as_str().expect("a text"));
    let entry = all["models"]
        .as_array()
        .expect("a list")
        .iter()
        .find(of_model)
        .unwrap_or_else(|| panic!("no figures of {model}"));
    ["accuracy", "top5", "throughput", "secondsPerEpoch", "parametersMillions"]
        .map(|name| entry[name].as_f64().expect("a number"))
}

fn of_figures(candidate: &str, dataset: &str, model: &str, index: usize) -> Run {
    let [accuracy, top5, throughput, epoch, parameters] = figures(model);
    let metric = |name: &str, value: f64| (name.to_owned(), (value * 1e6).round() / 1e6);
    Run {
        candidate: candidate.to_owned(),
        dataset: dataset.to_owned(),
        model: Some(model.to_owned()),
        metrics: vec![
            metric("val_accuracy", accuracy / 100.0 + 0.004),
            metric("test_accuracy", accuracy / 100.0),
            metric("test_top_5_accuracy", top5 / 100.0),
            metric("test_throughput", throughput),
            metric("train_epoch_duration", epoch),
            metric("num_params", parameters * 1e6),
        ],
        parameters: vec![("learning_rate", if index.is_multiple_of(3) { "0.0002" } else { "0.001" }.to_owned())],
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        seconds: (epoch * 5.0) as u32 + 180,
    }
}

fn candidates(manifest: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = manifest["spec"]["candidates"].as_array().expect("a list");
    list.iter().map(|candidate| (text(&candidate["name"]), text(&candidate["jumpStart"]["modelID"]))).collect()
}

/// The example examples/caltech256.yaml on linear scales, completed, with the published figures; one run failed.
pub fn caltech256() -> ModelSelection {
    let mut manifest = read_yaml(include_str!("../../../../examples/caltech256.yaml"));
    manifest["spec"]["prices"] = json!({"ml.p3.2xlarge": "3.825"});
    manifest["spec"]["objectives"][1]["scale"] = json!("Linear");
    let mut runs: Vec<Value> = candidates(&manifest)
        .iter()
        .enumerate()
        .map(|(index, (name, model))| of_figures(name, "caltech256", model, index).json(index))
        .collect();
    fail(&mut runs[17], "Failed", "TuningJobFailed", "ValueError: No images found in /opt/ml/input/data/validation");
    let message = "20 of 21 runs succeeded; 1 failed (see status.runs)";
    with_status(
        manifest,
        &runs,
        &conditions(&[("Ready", "True", "Completed", message), ("Succeeded", "True", "Completed", message)]),
    )
}

fn fail(run: &mut Value, state: &str, reason: &str, message: &str) {
    run["state"] = json!(state);
    run["message"] = json!(message);
    if !reason.is_empty() {
        run["reason"] = json!(reason);
    }
    run.as_object_mut().expect("a run").remove("best");
}

/// A selection in progress with four objectives on two datasets, constraints and a model in production: some runs have
/// failed, some wait.
pub fn running() -> ModelSelection {
    let mut manifest = read_yaml(include_str!("../../../../examples/caltech256.yaml"));
    manifest["metadata"] = json!({"name": "flowers-and-pets", "namespace": "vision"});
    let spec = &mut manifest["spec"];
    let channels = spec["datasets"][0]["channels"].clone();
    spec["datasets"] =
        json!([{"name": "flowers", "channels": channels}, {"name": "cats-and-dogs", "channels": channels}]);
    spec["objectives"] = json!([
        {"metric": "test_accuracy", "goal": "Maximize"},
        {"metric": "test_throughput", "goal": "Maximize", "scale": "Logarithmic"},
        {"metric": "num_params", "goal": "Minimize", "scale": "Logarithmic"},
        {"metric": "train_epoch_duration", "goal": "Minimize", "scale": "Logarithmic"},
    ]);
    spec["constraints"] =
        json!([{"metric": "test_accuracy", "min": "0.7"}, {"metric": "num_params", "max": "150000000"}]);
    spec["prices"] = json!({"ml.p3.2xlarge": "3.825"});
    let all = candidates(&manifest);
    manifest["spec"]["candidates"].as_array_mut().expect("a list").push(json!({"name": "in-production", "observed": {
        "metrics": {"test_throughput": "12", "num_params": "25600000", "train_epoch_duration": "130"},
        "datasets": [{"name": "flowers", "metrics": {"test_accuracy": "0.79"}},
                     {"name": "cats-and-dogs", "metrics": {"test_accuracy": "0.86"}}]}}));
    let mut runs = Vec::new();
    for (shift, dataset) in [(0.0, "flowers"), (0.035, "cats-and-dogs")] {
        for (index, (name, model)) in all.iter().enumerate() {
            let mut run = of_figures(name, dataset, model, index);
            for (name, value) in &mut run.metrics {
                if name.ends_with("accuracy") {
                    *value = (*value + shift - f64::from(u32::try_from(index % 4).expect("small")) * 0.012).min(0.999);
                }
                if name == "test_throughput" {
                    *value = (*value * (1.0 + shift * 8.0) * 100.0).round() / 100.0;
                }
            }
            runs.push(run.json(runs.len()));
        }
    }
    fail(
        &mut runs[3],
        "Failed",
        "TuningJobFailed",
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.30 GiB (GPU 0; 15.78 GiB total capacity)",
    );
    for index in [33, 34, 35] {
        fail(&mut runs[index], "Running", "", "2 of 2 training jobs run");
    }
    for run in &mut runs[36..] {
        fail(run, "Waiting", "Queued", "8 of 8 tuning jobs run; it is the next in line");
    }
    let message = "33 of 42 runs ended, 3 run, 6 wait";
    with_status(manifest, &runs, &conditions(&[("Ready", "True", "TuningRunning", message)]))
}

/// 500 runs with 20 metrics each; deterministic.
pub fn large() -> ModelSelection {
    let mut manifest = read_yaml(include_str!("../../../../examples/caltech256.yaml"));
    manifest["metadata"] = json!({"name": "whole-hub", "namespace": "research"});
    manifest["spec"]["prices"] = json!({"ml.p3.2xlarge": "3.825"});
    let families = [
        "efficientnet-v2",
        "mobilenet-v2",
        "resnet-v2",
        "inception",
        "swin",
        "vit",
        "nasnet",
        "convnext",
        "densenet",
        "bit",
    ];
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(seed >> 40).expect("24 bits")) / f64::from(1 << 24)
    };
    let mut names = Vec::new();
    let mut runs = Vec::new();
    for index in 0..500_usize {
        let family = families[index % families.len()];
        let name = format!("{family}-{:03}-{}", 50 + index, 96 + 32 * (index % 5));
        let size = random();
        let mut metrics = vec![
            ("test_accuracy".to_owned(), 0.55 + 0.42 * (size * 0.8 + 0.2 * random()).powf(0.5)),
            ("test_throughput".to_owned(), 60.0 * (1.0 - size).powf(2.0) * (0.4 + 0.6 * random()) + 0.2),
        ];
        metrics.extend((0..18).map(|number| (format!("metric_{number:02}"), random() * 10.0)));
        names.push(json!({"name": name, "jumpStart": {"modelID": format!("tensorflow-ic-{name}")}}));
        let run = Run {
            model: Some(format!("tensorflow-ic-{name}")),
            candidate: name,
            dataset: "caltech256".to_owned(),
            metrics,
            parameters: vec![
                ("learning_rate", format!("{:.6}", random() / 100.0)),
                ("batch_size", (16 << (index % 4)).to_string()),
            ],
            seconds: 300 + u32::try_from(index).expect("small") * 7,
        };
        runs.push(run.json(index));
    }
    manifest["spec"]["candidates"] = Value::Array(names);
    let message = "500 of 500 runs succeeded";
    with_status(
        manifest,
        &runs,
        &conditions(&[("Ready", "True", "Completed", message), ("Succeeded", "True", "Completed", message)]),
    )
}

/// Texts that are harmful if they are not escaped, in every field with foreign text.
pub fn hostile() -> ModelSelection {
    let mut manifest = read_yaml(include_str!("../../../../examples/caltech256.yaml"));
    manifest["metadata"] = json!({"name": "hostile", "namespace": "default"});
    let attack = "</script><img src=x onerror=window.attacked=1>\u{2028}<!--<b>&amp;";
    let mut runs = Vec::new();
    for (index, (name, model)) in candidates(&manifest).iter().take(4).enumerate() {
        let mut run = of_figures(name, "caltech256", model, index);
        run.parameters = vec![("note", attack.to_owned())];
        run.metrics.push((format!("metric {attack}"), 1.0));
        runs.push(run.json(index));
    }
    runs[1]["best"]["modelArtifactS3URI"] = json!(format!("s3://{attack}"));
    runs[2]["best"]["hyperparameters"]["note"] = json!("=HYPERLINK(\"http://x\")");
    fail(&mut runs[3], "Failed", "TuningJobFailed", attack);
    with_status(
        manifest,
        &runs,
        &conditions(&[("Ready", "False", "Stalled", attack), ("Stalled", "True", "AccessDenied", attack)]),
    )
}

/// End times of runs: one after the other, in the order of the spec.
pub fn options(selection: &ModelSelection) -> Options {
    let start: Timestamp = "2026-11-28T09:00:00Z".parse().expect("a time");
    let runs = selection.status.iter().flat_map(|status| &status.runs).filter(|run| run.state.ended());
    let mut second = start.as_second() + 600;
    let mut ended = BTreeMap::new();
    for run in runs {
        second += 240 + i64::try_from(run.candidate.len()).expect("short") * 3;
        ended.insert(run.tuning_job_name.clone().expect("a name"), Timestamp::from_second(second).expect("a time"));
    }
    Options { generated: Some("2026-11-28T12:00:00Z".parse().expect("a time")), ended, ..Options::default() }
}

/// The selection at the time when half of its first dataset's runs had ended.
pub fn earlier(selection: &ModelSelection) -> ModelSelection {
    let mut value = serde_json::to_value(selection).expect("it is JSON");
    let conditions = value["status"]["conditions"].clone();
    let mut runs = value["status"]["runs"].as_array().expect("runs").clone();
    for run in &mut runs[10..] {
        fail(run, "Running", "", "1 of 2 training jobs run");
        run.as_object_mut().expect("a run").remove("paretoRank");
    }
    value.as_object_mut().expect("an object").remove("status");
    with_status(value, &runs, &conditions)
}
