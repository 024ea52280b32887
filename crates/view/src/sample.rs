//! Selections for the tests of this crate.

use api::{ModelSelection, RunState};
use jiff::Timestamp;
use serde_json::json;

/// The start of the samples, and so many seconds.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn selection(candidates: &[&str], status: &serde_json::Value) -> ModelSelection {
    let mut spec = samples::spec();
    let first = spec.candidates[0].clone();
    spec.candidates =
        candidates.iter().map(|name| api::Candidate { name: (*name).to_owned(), ..first.clone() }).collect();
    serde_json::from_value(json!({
        "apiVersion": "modelselection.dev/v1alpha1",
        "kind": "ModelSelection",
        "metadata": {"name": "caltech256", "namespace": "vision", "generation": 1},
        "spec": spec,
        "status": status,
    }))
    .unwrap()
}

fn run(candidate: &str, state: &str, rank: Option<i32>, accuracy: &str, throughput: &str) -> serde_json::Value {
    let mut run = json!({"candidate": candidate, "dataset": "caltech256", "state": state, "attempt": 0});
    if let Some(rank) = rank {
        run["paretoRank"] = json!(rank);
        run["trainingJobs"] =
            json!({"completed": 2, "inProgress": 0, "retryableError": 0, "nonRetryableError": 0, "stopped": 0});
        run["best"] = json!({
            "trainingJobName": format!("{candidate}-job"),
            "metrics": [{"name": "test_accuracy", "value": accuracy}, {"name": "test_throughput", "value": throughput}],
            "trainingSeconds": 512, "billableSeconds": 512,
        });
    }
    run
}

fn ready(reason: &str, message: &str) -> serde_json::Value {
    json!({"type": "Ready", "status": "True", "reason": reason, "message": message,
           "observedGeneration": 1, "lastTransitionTime": "2023-11-14T22:13:20Z"})
}

/// Two of four runs have ended, one runs with one of two training jobs done, one waits.
pub(crate) fn running() -> ModelSelection {
    let mut running = run("mobilenet-v2-100-224", "Running", None, "", "");
    running["trainingJobs"] =
        json!({"completed": 1, "inProgress": 1, "retryableError": 0, "nonRetryableError": 0, "stopped": 0});
    let mut waiting = run("mobilenet-v2-100-192", "Waiting", None, "", "");
    waiting["reason"] = json!("Queued");
    let members = json!([{"candidate": "mobilenet-v2-100-160", "values": ["0.802", "40"]}]);
    selection(
        &["mobilenet-v2-100-160", "efficientnet", "mobilenet-v2-100-224", "mobilenet-v2-100-192"],
        &json!({
            "observedGeneration": 1,
            "conditions": [ready("TuningRunning", "2 of 4 runs ended: 2 succeeded; 1 running, 1 waiting")],
            "counts": {"total": 4, "waiting": 1, "running": 1, "succeeded": 2, "failed": 0, "stopped": 0},
            "startTime": "2023-11-14T22:13:20Z",
            "recommended": "mobilenet-v2-100-160", "frontSizes": "1",
            "runs": [
                run("mobilenet-v2-100-160", "Succeeded", Some(0), "0.802", "40"),
                run("efficientnet", "Succeeded", Some(1), "0.7", "8"),
                running, waiting,
            ],
            "objectives": ["test_accuracy", "test_throughput"],
            "fronts": [{"dataset": "caltech256", "members": members, "recommendation": {"candidate": "mobilenet-v2-100-160", "rule": "Knee", "message": "the only member"}}],
        }),
    )
}

/// All have ended: three on the front, one dominated, one failed.
pub(crate) fn complete() -> ModelSelection {
    let member = |candidate: &str, accuracy: &str, throughput: &str| {
        json!({"candidate": candidate, "values": [accuracy, throughput]})
    };
    let mut failed = run("mobilenet-v1-075-128", "Failed", None, "", "");
    failed["reason"] = json!("TuningJobFailed");
    failed["message"] =
        json!("ValueError: No images found in /opt/ml/input/data/training \u{1b}[2Jfor the classes that it names");
    selection(
        &[
            "swin-large-patch4-window12-384",
            "swin-large-patch4-window7-224",
            "mobilenet-v2-100-160",
            "efficientnet-v2-imagenet21k-m",
            "mobilenet-v1-075-128",
        ],
        &json!({
            "observedGeneration": 1,
            "conditions": [ready("Completed", "5 of 5 runs ended: 4 succeeded, 1 failed")],
            "counts": {"total": 5, "waiting": 0, "running": 0, "succeeded": 4, "failed": 1, "stopped": 0},
            "startTime": "2023-11-14T22:13:20Z", "completionTime": "2023-11-15T00:05:20Z",
            "recommended": "mobilenet-v2-100-160", "frontSizes": "3",
            "runs": [
                run("swin-large-patch4-window12-384", "Succeeded", Some(0), "0.964", "0.3"),
                run("swin-large-patch4-window7-224", "Succeeded", Some(0), "0.961", "1.1"),
                run("mobilenet-v2-100-160", "Succeeded", Some(0), "0.802", "40"),
                run("efficientnet-v2-imagenet21k-m", "Succeeded", Some(1), "0.931", "0.8"),
                failed,
            ],
            "objectives": ["test_accuracy", "test_throughput"],
            "fronts": [{
                "dataset": "caltech256",
                "members": [
                    member("swin-large-patch4-window12-384", "0.964", "0.3"),
                    member("swin-large-patch4-window7-224", "0.961", "1.1"),
                    member("mobilenet-v2-100-160", "0.802", "40"),
                ],
                "recommendation": {
                    "candidate": "mobilenet-v2-100-160", "rule": "Knee",
                    "message": "the knee of the front: nearest to the best of every objective",
                    "alternatives": [{"candidate": "swin-large-patch4-window12-384",
                        "message": "+16.2 points of test_accuracy for 0.0075 times the test_throughput", "differences": []}],
                }, "hypervolume": "6.4123",
                "excluded": [{"candidate": "mobilenet-v1-075-128", "reason": "RunNotSucceeded", "message": "the run failed"}],
            }],
        }),
    )
}

/// One of three runs runs; two wait for a person.
pub(crate) fn stalled() -> ModelSelection {
    let mut selection = running();
    let status = selection.status.as_mut().unwrap();
    let message = "candidates[1].jumpStart.modelID: 'tensorflow-ic-swin-lrge-patch4-window7-224' is not in us-west-2; \
                   did you mean 'tensorflow-ic-swin-large-patch4-window7-224'?";
    status.runs[1] = status.runs[1].clone().with(RunState::Waiting, Some(api::Reason::UnknownModel), Some(message));
    status.conditions[0].status = "False".into();
    status.conditions[0].reason = "UnknownModel".into();
    status.conditions[0].message = message.into();
    let stalled = api::Condition { type_: "Stalled".into(), status: "True".into(), ..status.conditions[0].clone() };
    status.conditions.push(stalled);
    selection
}

/// As many runs as there may be, all of them ended.
pub(crate) fn large() -> ModelSelection {
    let mut selection = complete();
    let status = selection.status.as_mut().unwrap();
    let first = status.runs[0].clone();
    status.runs =
        (0..512).map(|n| api::RunStatus { candidate: format!("candidate-{n:03}"), ..first.clone() }).collect();
    selection
}
