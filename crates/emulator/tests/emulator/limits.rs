//! Requests that would take for ever or break the emulator are refused before any work.

use serde_json::{Value, json};

use super::harness::{Answers as _, CREATE, DESCRIBE, Emulator, REGION, named, request};

/// A grid over `ranges` categorical ranges of `values` values each, without a number of training jobs.
fn grid(name: &str, ranges: usize, values: usize) -> Value {
    let mut job = request(name);
    let values: Vec<String> = (0..values).map(|i| format!("v{i}")).collect();
    let ranges: Vec<Value> = (0..ranges).map(|i| json!({"Name": format!("c{i}"), "Values": values})).collect();
    let config = &mut job["HyperParameterTuningJobConfig"];
    config["Strategy"] = json!("Grid");
    config["ParameterRanges"] = json!({"CategoricalParameterRanges": ranges});
    config["ResourceLimits"] = json!({"MaxParallelTrainingJobs": 2});
    job
}

#[tokio::test]
async fn a_grid_of_too_many_combinations() {
    let emulator = Emulator::start(&[]);
    for (ranges, values) in [(2, 28), (7, 20), (30, 30)] {
        let refused = emulator.error(CREATE, &grid("big", ranges, values)).await.1;
        assert_eq!(refused["__type"], "ResourceLimitExceeded", "{refused}");
        assert!(refused["Message"].as_str().unwrap().contains("is 750 Jobs"), "{refused}");
    }
    let mut counted = grid("counted", 30, 30);
    counted["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = json!(700);
    let refused = emulator.error(CREATE, &counted).await.1;
    assert!(refused["message"].as_str().unwrap().contains("which is more than 2^64"), "{refused}");
    emulator.ok(CREATE, &grid("fits", 2, 27)).await;
    emulator.advance(1e7).await;
    assert_eq!(emulator.ok(DESCRIBE, &named("fits")).await["TrainingJobStatusCounters"]["Completed"], 729);
}

#[tokio::test]
async fn planted_jobs_and_rows_that_cannot_be_simulated() {
    let emulator = Emulator::start(&[]);
    let plant = async |ranges: Value, most: u32| {
        let mut job = request("planted");
        job["HyperParameterTuningJobConfig"]["ParameterRanges"] = ranges;
        job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = json!(most);
        emulator.admin_post("jobs", &json!({"region": REGION, "request": job})).await
    };
    let range = |min: &str, max: &str| json!([{"Name": "x", "MinValue": min, "MaxValue": max}]);
    for kind in ["IntegerParameterRanges", "ContinuousParameterRanges"] {
        for (min, max, expected) in
            [("5", "1", "MinValue (5) must not exceed MaxValue (1) of x"), ("NaN", "1", "finite")]
        {
            let (status, body) = plant(json!({kind: range(min, max)}), 2).await;
            assert!(status == 400 && body["error"].as_str().unwrap().contains(expected), "{body}");
        }
        assert_eq!(plant(json!({kind: range("1", "five")}), 2).await.0, 200, "other nonsense is allowed");
    }
    let (status, body) = plant(json!({}), 4_000_000_000).await;
    assert!(status == 400 && body["error"].as_str().unwrap().starts_with("MaxNumberOfTrainingJobs"), "{body}");
    let big = json!({"region": REGION, "request": grid("big", 30, 30)});
    assert_eq!(emulator.admin_post("jobs", &big).await.0, 400);
    let (status, body) = emulator.admin_post("training", &json!({"match": "*", "secondsPerEpoch": -1})).await;
    assert!(status == 400 && body["error"].as_str().unwrap().starts_with("secondsPerEpoch"), "{body}");
    emulator.ok(CREATE, &request("still-here")).await;
}
