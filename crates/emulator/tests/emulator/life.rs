//! The life of jobs, and the responses about them.

use serde_json::{Value, json};

use super::harness::{
    Answers as _, CREATE, DESCRIBE, Emulator, REGION, fixture, named, notebook, one_at_a_time, request, variant,
};

#[tokio::test]
async fn the_captured_requests_and_the_life_of_a_job() {
    let emulator = Emulator::start(&[]);
    let job = notebook();
    let name = job["HyperParameterTuningJobName"].as_str().unwrap();
    let arn = format!("arn:aws:sagemaker:{REGION}:111122223333:hyper-parameter-tuning-job/{name}");
    assert_eq!(emulator.ok(CREATE, &job).await, json!({"HyperParameterTuningJobArn": arn}));

    let fresh = emulator.ok(DESCRIBE, &named(name)).await;
    assert_eq!(fresh["HyperParameterTuningJobStatus"], "InProgress");
    assert_eq!(fresh["TrainingJobStatusCounters"]["InProgress"], 0);
    assert!(fresh["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"]["InstanceType"] == "ml.p3.2xlarge");
    assert!(fresh.get("Tags").is_none() && fresh.get("BestTrainingJob").is_none());

    emulator.advance(60.0).await;
    let running = emulator.ok(DESCRIBE, &named(name)).await;
    assert_eq!(running["TrainingJobStatusCounters"]["InProgress"], 2);
    let list = emulator.ok("ListTrainingJobsForHyperParameterTuningJob", &named(name)).await;
    let first = list["TrainingJobSummaries"][0]["TrainingJobName"].as_str().unwrap().to_owned();
    let training = emulator.ok("DescribeTrainingJob", &json!({"TrainingJobName": first})).await;
    assert_eq!(
        (&training["TrainingJobStatus"], &training["SecondaryStatus"]),
        (&json!("InProgress"), &json!("Starting"))
    );
    assert!(training.get("FinalMetricDataList").is_none());

    emulator.advance(3600.0).await;
    let done = emulator.ok(DESCRIBE, &named(name)).await;
    assert_eq!(done["HyperParameterTuningJobStatus"], "Completed");
    assert_eq!(done["TrainingJobStatusCounters"]["Completed"], 2);
    let best = done["BestTrainingJob"]["TrainingJobName"].as_str().unwrap();
    assert_eq!(done["BestTrainingJob"]["TunedHyperParameters"], json!({"learning_rate": "0.001"}));
    let training = emulator.ok("DescribeTrainingJob", &json!({"TrainingJobName": best})).await;
    let metrics = training["FinalMetricDataList"].as_array().unwrap();
    let names: Vec<&str> = metrics.iter().map(|metric| metric["MetricName"].as_str().unwrap()).collect();
    for expected in
        ["train_accuracy", "val_accuracy", "test_accuracy", "test_throughput", "num_params", "ObjectiveMetric"]
    {
        assert!(names.contains(&expected), "{expected} in {names:?}");
    }
    assert!(!names.contains(&"val_precision"), "only in binary mode");
    assert_eq!(training["HyperParameters"]["learning_rate"], "0.001");
    assert_eq!(training["TrainingTimeInSeconds"], training["BillableTimeInSeconds"]);

    assert_eq!(emulator.ok("DeleteHyperParameterTuningJob", &named(name)).await, json!({}));
    assert_eq!(emulator.ok(DESCRIBE, &named(name)).await["HyperParameterTuningJobStatus"], "Deleting");
    emulator.advance(61.0).await;
    assert_eq!(emulator.error(DESCRIBE, &named(name)).await.1["__type"], "ResourceNotFound");
    assert_eq!(emulator.error(CREATE, &job).await.1["__type"], "ResourceInUse", "a name stays taken");
    emulator.ok("DescribeTrainingJob", &json!({"TrainingJobName": best})).await;
}

/// The members of recorded responses are a subset of ours: an operator finds every member that it reads on AWS.
#[tokio::test]
async fn responses_have_every_member_of_the_recorded_ones() {
    let emulator = Emulator::start(&[]);
    let mut job = notebook();
    job["Tags"].as_array_mut().unwrap().push(json!({"Key": "example.dev/model-selection-uid", "Value": "7f3a9c12"}));
    emulator.ok(CREATE, &job).await;
    emulator.advance(1e6).await;
    let name = job["HyperParameterTuningJobName"].as_str().unwrap();
    let described = emulator.ok(DESCRIBE, &named(name)).await;
    includes(&described, &fixture("describe-hpt-job.completed.json"), "");
    let best = json!({"TrainingJobName": described["BestTrainingJob"]["TrainingJobName"]});
    let training = emulator.ok("DescribeTrainingJob", &best).await;
    includes(&training, &fixture("describe-training-job.completed.json"), "");
    let names = |answer: &Value| -> Vec<String> {
        let list = answer["FinalMetricDataList"].as_array().unwrap();
        list.iter().map(|metric| metric["MetricName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&training), names(&fixture("describe-training-job.completed.json")), "five classes: no top-5");
    let log = emulator.admin_get(&format!("logs?trainingJob={}", best["TrainingJobName"].as_str().unwrap())).await;
    let accuracy = training["FinalMetricDataList"][4]["Value"].as_f64().unwrap();
    let line = format!("- Test accuracy: {}", (accuracy * 1e6).round() / 1e6);
    assert!(log.as_array().unwrap().iter().any(|entry| entry["text"] == line), "{line} in {log}");
}

fn includes(ours: &Value, theirs: &Value, path: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (member, value) in theirs {
                let path = format!("{path}.{member}");
                includes(ours.get(member).unwrap_or_else(|| panic!("{path} is missing")), value, &path);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for (i, value) in theirs.iter().enumerate().take(ours.len()) {
                includes(&ours[i], value, &format!("{path}[{i}]"));
            }
        }
        _ => assert_eq!(std::mem::discriminant(ours), std::mem::discriminant(theirs), "{path}"),
    }
}

#[tokio::test]
async fn the_estimator_request_needs_the_metric_that_it_omits() {
    let emulator = Emulator::start(&[]);
    let mut job = fixture("create-hpt-job.jumpstart-estimator.bit-m-r101x1.json");
    assert_eq!(emulator::model::validate(CREATE, &job), []);
    let (status, body) = emulator.error(CREATE, &job).await;
    assert_eq!(status, 400);
    assert!(body["message"].as_str().unwrap().starts_with("A metric is required"));
    job["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] =
        json!([{"Name": "tflow-ic:val-accuracy", "Regex": "val_accuracy: ([0-9\\.]+)"}]);
    emulator.ok(CREATE, &job).await;
    emulator.advance(1e6).await;
    let done = emulator.ok(DESCRIBE, &named("js-261124-0431")).await;
    assert_eq!(done["HyperParameterTuningJobStatus"], "Completed");
    assert_eq!(
        done["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"],
        "tflow-ic:val-accuracy"
    );
}

#[tokio::test]
async fn every_captured_variant_is_accepted_and_ends() {
    let emulator = Emulator::start(&[]);
    // The parent of the captured warm start was not recorded; it must have the same hyperparameters.
    let mut parent = variant("warm_start");
    parent["HyperParameterTuningJobName"] = json!("bm-0-parent");
    parent.as_object_mut().unwrap().remove("WarmStartConfig");
    assert_eq!(emulator.admin_post("training", &json!({"match": "*", "accuracy": 99})).await.0, 200);
    emulator.ok(CREATE, &parent).await;
    emulator.reset_models().await;
    emulator.advance(1e6).await;
    for name in ["hyperband", "random_spot_completion", "warm_start", "autotune", "multi_definitions"] {
        let job = variant(name);
        emulator.ok(CREATE, &job).await;
        emulator.advance(1e6).await;
        let done = emulator.ok(DESCRIBE, &named(job["HyperParameterTuningJobName"].as_str().unwrap())).await;
        assert_eq!(done["HyperParameterTuningJobStatus"], "Completed", "{name}");
        assert!(done.get("BestTrainingJob").is_some(), "{name}");
    }
    let several = emulator.ok(DESCRIBE, &named("multi-261124-0431")).await;
    assert!(["m-a", "m-b"].contains(&several["BestTrainingJob"]["TrainingJobDefinitionName"].as_str().unwrap()));
    let mut identical = variant("warm_start");
    identical["HyperParameterTuningJobName"] = json!("identical");
    identical["WarmStartConfig"]["WarmStartType"] = json!("IdenticalDataAndAlgorithm");
    emulator.ok(CREATE, &identical).await;
    emulator.advance(1e6).await;
    let done = emulator.ok(DESCRIBE, &named("identical")).await;
    assert_eq!(done["OverallBestTrainingJob"]["TuningJobName"], "bm-0-parent", "the parent is still better");
    assert!(done["BestTrainingJob"].get("TuningJobName").is_none());
    identical["WarmStartConfig"]["ParentHyperParameterTuningJobs"] = json!([{"HyperParameterTuningJobName": "nobody"}]);
    identical["HyperParameterTuningJobName"] = json!("orphan");
    assert!(emulator.error(CREATE, &identical).await.1["message"].as_str().unwrap().contains("does not exist"));
}

#[tokio::test]
async fn the_behaviour_of_models_can_be_configured() {
    let emulator = Emulator::start(&[]);
    let row = json!({"match": "*swin-large-patch4-window12*", "failFirst": 1});
    assert_eq!(emulator.admin_post("training", &row).await.0, 200);
    let swin = "tensorflow-ic-swin-large-patch4-window12-384";
    let model = |name: &str| {
        let mut job = request(name);
        job["TrainingJobDefinition"]["InputDataConfig"][3]["DataSource"]["S3DataSource"]["S3Uri"] =
            json!(format!("s3://jumpstart-cache-prod-{REGION}/tensorflow-training/v3.0.0/train-{swin}.tar.gz"));
        job
    };
    emulator.ok(CREATE, &model("failing")).await;
    emulator.reset_models().await;
    emulator.ok(CREATE, &model("fine")).await;
    let mut tagged = request("by-tag");
    tagged["Tags"] = json!([{"Key": "sagemaker-sdk:jumpstart-model-id", "Value": swin}]);
    emulator.ok(CREATE, &tagged).await;
    emulator.advance(1e6).await;
    let failing = emulator.ok(DESCRIBE, &named("failing")).await;
    assert_eq!(
        (&failing["HyperParameterTuningJobStatus"], &failing["TrainingJobStatusCounters"]["NonRetryableError"]),
        (&json!("Completed"), &json!(1))
    );
    for name in ["fine", "by-tag"] {
        let done = emulator.ok(DESCRIBE, &named(name)).await;
        let best = emulator
            .ok("DescribeTrainingJob", &json!({"TrainingJobName": done["BestTrainingJob"]["TrainingJobName"]}))
            .await;
        let metric = |name: &str| {
            let list = best["FinalMetricDataList"].as_array().unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "metrics are float32")]
            list.iter()
                .find(|metric| metric["MetricName"] == name)
                .map(|metric| metric["Value"].as_f64().unwrap() as f32)
        };
        assert_eq!((metric("test_accuracy"), metric("test_throughput")), (Some(0.964), Some(0.3)), "the published row");
        assert_eq!((metric("num_params"), metric("train_epoch_duration")), (Some(195_600_000.0), Some(2278.6)));
    }
    let failed = emulator
        .ok(
            "ListTrainingJobsForHyperParameterTuningJob",
            &json!({"HyperParameterTuningJobName": "failing", "StatusEquals": "Failed"}),
        )
        .await;
    let reason = failed["TrainingJobSummaries"][0]["FailureReason"].as_str().unwrap();
    assert!(reason.starts_with("AlgorithmError"));
    let jobs = emulator.admin_get("jobs").await;
    let shown = jobs.as_array().unwrap().iter().find(|job| job["name"] == "by-tag").unwrap();
    assert_eq!((&shown["models"], &shown["status"]), (&json!([swin]), &json!("Completed")));
    assert_eq!(shown["tags"]["sagemaker-sdk:jumpstart-model-id"], swin);
    assert_eq!(emulator.admin_post("training", &json!({"match": "x", "colour": "red"})).await.0, 400);
}

#[tokio::test]
async fn a_stopped_training_job_frees_its_slot() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &one_at_a_time(request("part"))).await;
    emulator.advance(100.0).await;
    let ask = json!({"Resource": "TrainingJob"});
    let name = emulator.ok("Search", &ask).await["Results"][0]["TrainingJob"]["TrainingJobName"].clone();
    emulator.ok("StopTrainingJob", &json!({"TrainingJobName": name})).await;
    emulator.advance(40.0).await;
    let state = emulator.ok(DESCRIBE, &named("part")).await;
    assert_eq!(
        (&state["TrainingJobStatusCounters"]["Stopped"], &state["TrainingJobStatusCounters"]["InProgress"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        emulator.error("StopTrainingJob", &json!({"TrainingJobName": name})).await.1["__type"],
        "ValidationException"
    );
}
