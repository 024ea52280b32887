//! `wait` and `status --watch`: what they end with, and when.

use std::io::{BufRead as _, BufReader};

use serde_json::json;

use super::{Place, Said};
use samples::results::{complete, condition, running};

#[tokio::test]
async fn each_end_has_its_exit_code() {
    let place = Place::new("wait").await;
    place.put("complete", &complete()).await;
    place.put("running", &running()).await;
    let mut stalled = running();
    stalled["conditions"] = json!([
        condition("Ready", "False", "UnknownModel", "candidates[0]: no such model"),
        condition("Stalled", "True", "UnknownModel", "candidates[0]: no such model"),
        condition("Succeeded", "Unknown", "UnknownModel", "candidates[0]: no such model"),
    ]);
    place.put("stalled", &stalled).await;
    let mut failed = complete();
    failed["conditions"] = json!([
        condition("Ready", "False", "NoUsableResult", "no run succeeded"),
        condition("Stalled", "True", "NoUsableResult", "no run succeeded"),
        condition("Succeeded", "False", "NoUsableResult", "no run succeeded"),
    ]);
    failed["fronts"] = json!([]);
    place.put("failed", &failed).await;
    for (name, goal, code, expected) in [
        ("complete", "complete", 0, "complete: Completed: 5 of 5 runs ended"),
        ("complete", "front", 0, "Completed"),
        ("running", "launched", 0, "running: TuningRunning: 0 of 1 runs ended"),
        ("failed", "complete", 1, "failed: NoUsableResult: no run succeeded"),
        ("stalled", "complete", 2, "stalled: UnknownModel: candidates[0]: no such model"),
        ("running", "complete", 3, "running: not reached within 1 s"),
    ] {
        let Said { code: ended, out, err } = place.run(&["wait", name, "--for", goal, "--timeout", "1s"]);
        assert_eq!((ended, out.as_str()), (code, ""), "{name} {goal}: {err}");
        assert!(err.contains(expected), "{name} {goal}: {err}");
    }
}

#[tokio::test]
async fn a_watch_in_a_pipe_has_a_line_for_each_news_and_ends_when_all_is_done() {
    let place = Place::new("watch").await;
    place.put("caltech256", &running()).await;
    let mut child = place.command(&["status", "--watch"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "caltech256: TuningRunning: 0 of 1 runs ended; 1 running");
    place.write_status("caltech256", &complete()).await;
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["caltech256: Completed: 5 of 5 runs ended: 4 succeeded, 1 failed"]);
    assert!(child.wait().unwrap().success());
}
