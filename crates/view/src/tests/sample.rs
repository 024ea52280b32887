//! Selections with the statuses of `samples::results`.

use api::{Condition, ModelSelection, Reason, RunState};
use jiff::Timestamp;
use samples::results;
use serde_json::{Value, json};

/// The time `seconds` after the start of the samples.
pub(crate) fn time(seconds: i64) -> Timestamp {
    results::START.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

/// A selection with the candidates of the runs.
fn selection(status: Value) -> ModelSelection {
    let mut selection: ModelSelection = serde_json::from_value(samples::manifest("caltech256")).unwrap();
    let first = selection.spec.candidates[0].clone();
    let runs = status["runs"].as_array().unwrap();
    let names = runs.iter().map(|run| run["candidate"].as_str().unwrap().to_owned());
    selection.spec.candidates = names.map(|name| api::Candidate { name, ..first.clone() }).collect();
    selection.metadata.namespace = Some("vision".to_owned());
    selection.metadata.generation = Some(1);
    selection.status = Some(serde_json::from_value(status).unwrap());
    selection
}

/// Two of four runs have ended, one is running with one of two training jobs completed, one waits.
pub(crate) fn running() -> ModelSelection {
    let run = |candidate: &str, state: &str| json!({"candidate": candidate, "dataset": "caltech256", "state": state, "attempt": 0});
    let mut running = run("mobilenet-v2-100-224", "Running");
    running["trainingJobs"] =
        json!({"completed": 1, "inProgress": 1, "retryableError": 0, "nonRetryableError": 0, "stopped": 0});
    let mut waiting = run("mobilenet-v2-100-192", "Waiting");
    waiting["reason"] = json!("Queued");
    let message = "2 of 4 runs ended: 2 succeeded; 1 running, 1 waiting";
    selection(json!({
        "observedGeneration": 1,
        "conditions": [results::condition("Ready", "True", "TuningRunning", message)],
        "counts": {"total": 4, "waiting": 1, "running": 1, "succeeded": 2, "failed": 0, "stopped": 0},
        "startTime": results::START,
        "recommended": "mobilenet-v2-100-160", "frontSizes": "1",
        "runs": [
            results::run("mobilenet-v2-100-160", 0, "0.802", "40"),
            results::run("efficientnet", 1, "0.7", "8"),
            running, waiting,
        ],
        "fronts": [{
            "dataset": "caltech256", "members": [results::member("mobilenet-v2-100-160", "0.802", "40")],
            "recommendation": {"candidate": "mobilenet-v2-100-160", "rule": "Knee", "message": "the only member"},
        }],
    }))
}

/// All have ended: three on the front, one dominated, one failed.
pub(crate) fn complete() -> ModelSelection {
    let mut status = results::complete();
    status["runs"][4]["message"] =
        json!("ValueError: No images found in /opt/ml/input/data/training \u{1b}[2Jfor the classes that it names");
    selection(status)
}

/// The maximum number of runs, all of them ended.
pub(crate) fn large() -> ModelSelection {
    selection(results::large())
}

/// One of three runs is running; two wait for a person.
pub(crate) fn stalled() -> ModelSelection {
    let mut selection = running();
    let status = selection.status.as_mut().unwrap();
    let message = "candidates[1].jumpStart.modelID: 'tensorflow-ic-swin-lrge-patch4-window7-224' is not in us-west-2; \
                   did you mean 'tensorflow-ic-swin-large-patch4-window7-224'?";
    status.runs[1] = status.runs[1].clone().with(RunState::Waiting, Some(Reason::UnknownModel), Some(message));
    status.conditions[0].status = "False".into();
    status.conditions[0].reason = "UnknownModel".into();
    status.conditions[0].message = message.into();
    let stalled = Condition { type_: "Stalled".into(), status: "True".into(), ..status.conditions[0].clone() };
    status.conditions.push(stalled);
    selection
}
