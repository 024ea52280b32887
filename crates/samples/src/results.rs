//! Statuses as the operator writes them, so that tests of views need no operator.

use serde_json::{Value, json};

/// The start time of these selections.
pub const START: &str = "2026-11-24T12:00:00Z";

/// A succeeded run with the given rank (0 is the front).
pub fn run(candidate: &str, rank: i32, accuracy: &str, throughput: &str) -> Value {
    json!({
        "candidate": candidate, "dataset": "caltech256", "state": "Succeeded", "attempt": 0, "paretoRank": rank,
        "tuningJobName": format!("job-{candidate}").chars().take(32).collect::<String>(),
        "trainingJobs": {"completed": 2, "inProgress": 0, "retryableError": 0, "nonRetryableError": 0, "stopped": 0},
        "best": {
            "trainingJobName": format!("{candidate}-001"), "hyperparameters": {"learning_rate": "0.001"},
            "metrics": [{"name": "test_accuracy", "value": accuracy}, {"name": "test_throughput", "value": throughput}],
            "trainingSeconds": 512, "billableSeconds": 480, "instanceType": "ml.p3.2xlarge", "instanceCount": 1,
            "modelArtifactS3URI": format!("s3://bucket/out/{candidate}/model.tar.gz"),
        },
    })
}

/// A member of a front.
pub fn member(candidate: &str, accuracy: &str, throughput: &str) -> Value {
    json!({"candidate": candidate, "values": [accuracy, throughput]})
}

/// A condition of generation 1.
pub fn condition(type_: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": type_, "status": status, "reason": reason, "message": message,
           "observedGeneration": 1, "lastTransitionTime": "2026-11-24T12:00:00Z"})
}

/// A complete status: three runs on the front, one dominated, one failed, whose message is hostile.
pub fn complete() -> Value {
    let message = "5 of 5 runs ended: 4 succeeded, 1 failed";
    json!({
        "observedGeneration": 1,
        "conditions": [condition("Ready", "True", "Completed", message), condition("Succeeded", "True", "Completed", message)],
        "counts": {"total": 5, "waiting": 0, "running": 0, "succeeded": 4, "failed": 1, "stopped": 0},
        "progress": "5/5", "recommended": "mobilenet-v2-100-160", "frontSizes": "3",
        "startTime": START, "completionTime": "2026-11-24T13:52:00Z",
        "runs": [
            run("swin-large-patch4-window12-384", 0, "0.964", "0.3"),
            run("swin-large-patch4-window7-224", 0, "0.961", "1.1"),
            run("mobilenet-v2-100-160", 0, "0.802", "40"),
            run("efficientnet-v2-imagenet21k-m", 1, "0.931", "0.8"),
            {"candidate": "mobilenet-v1-075-128", "dataset": "caltech256", "state": "Failed", "attempt": 0,
             "reason": "TuningJobFailed", "message": "ValueError: \u{1b}[2J\u{202e}no images found"},
        ],
        "objectives": ["test_accuracy", "test_throughput"],
        "fronts": [{
            "dataset": "caltech256", "recommendation": {
                    "candidate": "mobilenet-v2-100-160", "rule": "Knee",
                    "message": "the knee of the front: nearest to the best of every objective",
                    "alternatives": [{"candidate": "swin-large-patch4-window12-384",
                        "message": "+16.2 points of test_accuracy for 0.0075 times the test_throughput", "differences": []}],
                }, "hypervolume": "6.4123",
            "members": [
                member("swin-large-patch4-window12-384", "0.964", "0.3"),
                member("swin-large-patch4-window7-224", "0.961", "1.1"),
                member("mobilenet-v2-100-160", "0.802", "40"),
            ],
            "excluded": [{"candidate": "mobilenet-v1-075-128", "reason": "RunNotSucceeded", "message": "the run failed"}],
        }],
    })
}

/// A status with the maximum number of runs.
pub fn large() -> Value {
    let mut status = complete();
    let runs: Vec<Value> = (0..512).map(|n| run(&format!("candidate-{n:03}"), i32::from(n > 9), "0.5", "12")).collect();
    status["runs"] = json!(runs);
    status["counts"] = json!({"total": 512, "waiting": 0, "running": 0, "succeeded": 512, "failed": 0, "stopped": 0});
    status
}

/// A status in which all runs are in progress.
pub fn running() -> Value {
    let run = json!({"candidate": "mobilenet", "dataset": "caltech256", "state": "Running", "attempt": 0});
    json!({
        "observedGeneration": 1,
        "conditions": [condition("Ready", "True", "TuningRunning", "0 of 1 runs ended; 1 running"),
                       condition("Succeeded", "Unknown", "TuningRunning", "0 of 1 runs ended; 1 running")],
        "counts": {"total": 1, "waiting": 0, "running": 1, "succeeded": 0, "failed": 0, "stopped": 0},
        "progress": "0/1", "startTime": START, "runs": [run],
    })
}
