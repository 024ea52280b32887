//! The emulator as its users meet it: the built program, over HTTP. Time moves only by hand, so nothing here waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "emulator/harness.rs"]
mod harness;

use harness::{Emulator, REGION, fixture, notebook, request, variant};
use serde_json::{Value, json};

const CREATE: &str = "CreateHyperParameterTuningJob";
const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
const LIST: &str = "ListHyperParameterTuningJobs";

fn named(name: &str) -> Value {
    json!({"HyperParameterTuningJobName": name})
}

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

/// The recorded answers are a subset of ours: what an operator reads there, it finds here.
#[tokio::test]
async fn answers_have_every_member_of_the_recorded_ones() {
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
async fn the_estimator_request_needs_the_metric_it_leaves_out() {
    let emulator = Emulator::start(&[]);
    let mut job = fixture("create-hpt-job.jumpstart-estimator.bit-m-r101x1.json");
    assert_eq!(modelselection_operator::emulator::model::validate(CREATE, &job), []);
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
    emulator.ok(CREATE, &request("bm-0-parent")).await;
    emulator.advance(1e5).await;
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
    identical["TrainingJobDefinition"]["InputDataConfig"] =
        request("x")["TrainingJobDefinition"]["InputDataConfig"].clone();
    emulator.ok(CREATE, &identical).await;
    emulator.advance(1e6).await;
    let done = emulator.ok(DESCRIBE, &named("identical")).await;
    assert!(done.get("OverallBestTrainingJob").is_some());
    identical["WarmStartConfig"]["ParentHyperParameterTuningJobs"] = json!([{"HyperParameterTuningJobName": "nobody"}]);
    identical["HyperParameterTuningJobName"] = json!("orphan");
    assert!(emulator.error(CREATE, &identical).await.1["message"].as_str().unwrap().contains("does not exist"));
}

/// Each body of the fixture is provoked and compared to the letter.
#[tokio::test]
async fn each_error_of_the_wire_fixture() {
    let fixture = fixture("errors.wire.json");
    let emulator = Emulator::start(&["--instance-limit", "ml.p3.2xlarge=0"]);
    let mut seen = 0;
    for (i, expected) in fixture["errors"].as_array().unwrap().iter().enumerate() {
        let body = &expected["body"];
        let text = body["Message"].as_str().or(body["message"].as_str()).unwrap_or_default();
        let code = body["__type"].as_str().unwrap();
        let operation = expected["op"].as_str().unwrap().replace('*', CREATE);
        let name = format!("case-{i}");
        let mut job = on(request(&name), "ml.g5.xlarge");
        job["TrainingJobDefinition"]["RoleArn"] = json!("arn:aws:iam::111122223333:role/x");
        let mut ask = job.clone();
        match (operation.as_str(), code) {
            (CREATE, "ResourceInUse") => {
                ask["HyperParameterTuningJobName"] = json!("bm-0-imagenet-mobile-261124-0424");
                emulator.ok(CREATE, &ask).await;
                ask["HyperParameterTuningJobName"] = json!("BM-0-imagenet-mobile-261124-0424");
                let (_, body) = emulator.error(CREATE, &ask).await;
                assert_eq!(body["__type"], "ResourceInUse", "names do not differ by case");
                ask["HyperParameterTuningJobName"] = json!("bm-0-imagenet-mobile-261124-0424");
            }
            (CREATE, "ResourceLimitExceeded") => ask = one_at_a_time(on(ask, "ml.p3.2xlarge")),
            (CREATE, "ValidationException") if text.starts_with("A metric is required") => {
                ask["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] = json!([]);
            }
            (CREATE, "ValidationException") if text.starts_with("MaxResource") => {
                ask["HyperParameterTuningJobConfig"]["Strategy"] = json!("Hyperband");
                ask["TrainingJobDefinition"]["StaticHyperParameters"] = json!({});
            }
            (CREATE, "ValidationException") if text.starts_with("Could not assume role") => {
                emulator.fault(&json!({"operation": CREATE, "kind": "RoleNotAssumable", "count": 1})).await;
            }
            (CREATE, "ValidationException") if text.starts_with("No S3 objects found") => {
                ask["TrainingJobDefinition"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] =
                    json!("s3://b/p");
                emulator.fault(&json!({"operation": CREATE, "kind": "NoS3Objects", "count": 1})).await;
            }
            (CREATE, "ServiceUnavailable") => {
                emulator.fault(&json!({"operation": "*", "kind": "ServiceUnavailable", "count": 1})).await;
                let answer = emulator.raw(CREATE, &ask).await.unwrap();
                assert_eq!(
                    (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
                    (503, "text/html")
                );
                seen += 1;
                continue;
            }
            (CREATE, code) => {
                let kind = match code {
                    "ThrottlingException" => "Throttle",
                    "AccessDeniedException" => "AccessDenied",
                    "ExpiredTokenException" => "ExpiredToken",
                    "UnrecognizedClientException" => "UnrecognizedClient",
                    other => other,
                };
                emulator.fault(&json!({"operation": "*", "kind": kind, "count": 1})).await;
                if kind == "AccessDenied" {
                    ask["HyperParameterTuningJobName"] = json!("bm-0-imagenet-mobile-261124-0424");
                }
            }
            (DESCRIBE, _) => ask = named("DEMO-hpo-mxnet"),
            ("StopHyperParameterTuningJob", "ResourceNotFound") => ask = named("x"),
            ("StopHyperParameterTuningJob", _) => {
                emulator.ok(CREATE, &job).await;
                emulator.advance(1e6).await;
                ask = named(&name);
            }
            ("DeleteHyperParameterTuningJob", _) => {
                emulator.ok(CREATE, &job).await;
                ask = named(&name);
            }
            ("DescribeTrainingJob", _) => ask = json!({"TrainingJobName": "nobody-001-00000000"}),
            other => panic!("{other:?} is new in the fixture"),
        }
        let (status, answer) = emulator.error(&operation, &ask).await;
        assert_eq!((u64::from(status), &answer), (expected["status"].as_u64().unwrap(), body));
        seen += 1;
    }
    assert_eq!(seen, fixture["errors"].as_array().unwrap().len());
}

fn on(mut job: Value, instance: &str) -> Value {
    job["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"]["InstanceType"] = json!(instance);
    job
}

fn one_at_a_time(mut job: Value) -> Value {
    job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = json!(1);
    job
}

#[tokio::test]
async fn dropped_connections() {
    let emulator = Emulator::start(&["--fault", "ListTags:DropRequest:1"]);
    emulator
        .fault(&json!({"operation": CREATE, "kind": "DropAnswer", "count": 1, "nameContains": "lost-answer"}))
        .await;
    emulator.ok(CREATE, &request("answered")).await;
    assert!(emulator.raw(CREATE, &request("lost-answer")).await.is_err(), "the connection is closed without an answer");
    assert_eq!(
        emulator.error(CREATE, &request("lost-answer")).await.1["__type"],
        "ResourceInUse",
        "but the work was done"
    );

    emulator.fault(&json!({"operation": CREATE, "kind": "DropRequest", "count": 1})).await;
    assert!(emulator.raw(CREATE, &request("lost-request")).await.is_err());
    emulator.ok(CREATE, &request("lost-request")).await;

    let tags = json!({"ResourceArn": emulator.arn("answered")});
    assert!(emulator.raw("ListTags", &tags).await.is_err(), "faults of the command line");
    emulator.ok("ListTags", &tags).await;

    let calls = emulator.admin_get("calls").await;
    assert_eq!(calls["jobsCreated"], 3);
    assert_eq!(calls["byOperation"][CREATE], 5);
    assert_eq!(calls["errors"]["CreateHyperParameterTuningJob DropAnswer"], 1);
    let dropped = emulator.admin_get("requests?operation=ListTags").await;
    assert_eq!((&dropped[0]["status"], &dropped[0]["error"]), (&json!(0), &json!("DropRequest")));
}

#[tokio::test]
async fn other_faults_end_when_they_should() {
    let emulator = Emulator::start(&[]);
    emulator.fault(&json!({"operation": LIST, "kind": "Throttle", "count": null})).await;
    for _ in 0..3 {
        assert_eq!(emulator.error(LIST, &json!({})).await.1["message"], "Rate exceeded");
    }
    emulator.ok("Search", &json!({"Resource": "TrainingJob"})).await;
    emulator.admin_delete("faults").await;
    emulator.fault(&json!({"operation": "*", "kind": "Delay", "delayMillis": 1, "count": 1})).await;
    emulator.fault(&json!({"operation": "*", "kind": "InternalFailure", "count": 1})).await;
    let (status, body) = emulator.error(LIST, &json!({})).await;
    assert_eq!((status, body), (500, json!({"__type": "InternalFailure"})), "a delay comes on top of another fault");
    assert_eq!(emulator.admin_get("faults").await, json!([]));
    assert_eq!(emulator.admin_post("faults", &json!({"operation": "*", "kind": "Nonsense"})).await.0, 400);
    assert_eq!(emulator.admin_get("nonsense").await["error"], "no such route or method");
}

#[tokio::test]
async fn signatures_regions_and_shapes() {
    let emulator = Emulator::start(&[]);
    let unsigned = emulator.unsigned(LIST, &json!({})).await;
    assert_eq!((unsigned.0, &unsigned.1["__type"]), (403, &json!("MissingAuthenticationToken")));
    emulator.ok(CREATE, &request("here")).await;
    let there = emulator.in_region("eu-central-1");
    assert_eq!(there.error(DESCRIBE, &named("here")).await.1["__type"], "ResourceNotFound", "state is per region");
    let arn = there.ok(CREATE, &request("here")).await["HyperParameterTuningJobArn"].clone();
    assert_eq!(arn, "arn:aws:sagemaker:eu-central-1:111122223333:hyper-parameter-tuning-job/here");
    let china =
        emulator.in_region("cn-north-1").ok(CREATE, &request("here")).await["HyperParameterTuningJobArn"].clone();
    assert!(china.as_str().unwrap().starts_with("arn:aws-cn:"));

    assert_eq!(emulator.error("CreateEverything", &json!({})).await.1["__type"], "UnknownOperationException");
    let (_, body) = emulator.error(DESCRIBE, &json!({})).await;
    let expected = "1 validation error detected: Value null at 'hyperParameterTuningJobName' failed to satisfy constraint: \
                    Member must not be null";
    assert_eq!(body, json!({"__type": "ValidationException", "message": expected}));
    assert_eq!(
        emulator.error(DESCRIBE, &json!({"HyperParameterTuningJobName": 5})).await.1["__type"],
        "SerializationException"
    );
    let mut typo = request("typo");
    typo["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPaht"] = json!("s3://b/");
    emulator.ok(CREATE, &typo).await;
    let log = emulator.admin_get(&format!("requests?operation={CREATE}")).await;
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!(last["unknownMembers"], json!(["TrainingJobDefinition.OutputDataConfig.S3OutputPaht"]));
    assert_eq!((&last["authorizationPresent"], &last["securityTokenPresent"]), (&json!(true), &json!(true)));
    assert_eq!(last["request"], typo, "the log has the request as it came");
    emulator.admin_delete("calls").await;
    assert_eq!(emulator.admin_get("calls").await["total"], 0);

    let answer = emulator.raw(LIST, &json!({})).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(answer.headers()["x-amzn-requestid"].to_str().unwrap().len(), 36);
    assert_eq!(emulator.get("").await.0, 404);
}

#[tokio::test]
async fn lists_have_pages() {
    let emulator = Emulator::start(&["--max-tuning-jobs", "1000"]);
    for i in 0..25 {
        emulator.ok(CREATE, &request(&format!("page-{:02}", (i * 7) % 25))).await;
        emulator.advance(1.0).await;
    }
    emulator.ok(CREATE, &request("other")).await;
    let page = emulator.ok(LIST, &json!({})).await;
    assert_eq!(page["HyperParameterTuningJobSummaries"].as_array().unwrap().len(), 10, "the documented default");
    let expected: Vec<String> = (0..25).map(|i| format!("page-{i:02}")).collect();
    let names = all_names(&emulator, &json!({"NameContains": "page-", "MaxResults": 4})).await;
    assert_eq!(names, expected, "by name, ascending");
    let newest =
        all_names(&emulator, &json!({"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 7})).await;
    assert_eq!((newest.len(), newest[0].as_str(), newest[1].as_str()), (26, "other", "page-18"));
    assert_eq!(all_names(&emulator, &json!({"StatusEquals": "Completed"})).await.len(), 0);
    for wrong in [json!({"MaxResults": 0}), json!({"MaxResults": 101}), json!({"NextToken": "nonsense"})] {
        assert_eq!(emulator.error(LIST, &wrong).await.1["__type"], "ValidationException");
    }
    emulator.ok("StopHyperParameterTuningJob", &named("page-03")).await;
    assert_eq!(all_names(&emulator, &json!({"StatusEquals": "Stopping"})).await, ["page-03"]);
    emulator.advance(40.0).await;
    assert_eq!(all_names(&emulator, &json!({"StatusEquals": "Stopped"})).await, ["page-03"]);

    emulator.advance(1e6).await;
    let ask = json!({"HyperParameterTuningJobName": "other", "SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending"});
    let best_first = emulator.ok("ListTrainingJobsForHyperParameterTuningJob", &ask).await;
    let values: Vec<f64> = best_first["TrainingJobSummaries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|summary| summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"].as_f64().unwrap())
        .collect();
    assert!(values.len() == 2 && values[0] > values[1]);
}

async fn all_names(emulator: &Emulator, ask: &Value) -> Vec<String> {
    let mut ask = ask.clone();
    let mut names = Vec::new();
    loop {
        let page = emulator.ok(LIST, &ask).await;
        let summaries = page["HyperParameterTuningJobSummaries"].as_array().unwrap();
        names.extend(
            summaries.iter().map(|summary| summary["HyperParameterTuningJobName"].as_str().unwrap().to_owned()),
        );
        match page.get("NextToken") {
            Some(token) => ask["NextToken"] = token.clone(),
            None => return names,
        }
    }
}

#[tokio::test]
async fn tags_of_jobs_and_of_their_training_jobs() {
    let emulator = Emulator::start(&[]);
    let mut job = one_at_a_time(request("tagged"));
    job["Tags"] = json!([{"Key": "example.dev/uid", "Value": "1"}, {"Key": "owner", "Value": "me"}]);
    emulator.ok(CREATE, &job).await;
    let arn = json!({"ResourceArn": emulator.arn("tagged")});
    assert_eq!(emulator.ok("ListTags", &arn).await["Tags"], job["Tags"]);
    emulator.advance(30.0).await;
    let add = json!({"ResourceArn": arn["ResourceArn"], "Tags": [{"Key": "owner", "Value": "you"}, {"Key": "late", "Value": ""}]});
    assert_eq!(emulator.ok("AddTags", &add).await["Tags"].as_array().unwrap().len(), 3);
    emulator.ok("DeleteTags", &json!({"ResourceArn": arn["ResourceArn"], "TagKeys": ["example.dev/uid"]})).await;
    let left = emulator.ok("ListTags", &arn).await;
    assert_eq!(left["Tags"], json!([{"Key": "late", "Value": ""}, {"Key": "owner", "Value": "you"}]));

    emulator.advance(1e5).await;
    let list = emulator.ok("ListTrainingJobsForHyperParameterTuningJob", &named("tagged")).await;
    let tags_of = |i: usize| json!({"ResourceArn": list["TrainingJobSummaries"][i]["TrainingJobArn"]});
    assert_eq!(emulator.ok("ListTags", &tags_of(0)).await["Tags"], job["Tags"], "launched before the change");
    assert_eq!(emulator.ok("ListTags", &tags_of(1)).await["Tags"], left["Tags"], "launched after it");

    let many: Vec<Value> = (0..50).map(|i| json!({"Key": format!("k{i}"), "Value": "v"})).collect();
    let too_many = json!({"ResourceArn": arn["ResourceArn"], "Tags": many});
    assert_eq!(emulator.error("AddTags", &too_many).await.1["__type"], "ResourceLimitExceeded");
    let reserved = json!({"ResourceArn": arn["ResourceArn"], "Tags": [{"Key": "aws:x", "Value": "v"}]});
    assert_eq!(emulator.error("AddTags", &reserved).await.1["__type"], "ValidationException");
    let nobody = json!({"ResourceArn": emulator.arn("nobody")});
    assert_eq!(emulator.error("ListTags", &nobody).await.1["__type"], "ValidationException");
}

#[tokio::test]
async fn search_finds_jobs_by_tag_and_training_jobs_by_metric() {
    let emulator = Emulator::start(&[]);
    for i in 0..12 {
        let mut job = request(&format!("s-{i:02}"));
        job["Tags"] = json!([{"Key": "example.dev/uid", "Value": if i < 11 { "a" } else { "b" }}]);
        emulator.ok(CREATE, &job).await;
    }
    let mut ask = json!({
        "Resource": "HyperParameterTuningJob",
        "SearchExpression": {"Filters": [{"Name": "Tags.example.dev/uid", "Operator": "Equals", "Value": "a"}]},
        "SortBy": "HyperParameterTuningJobName", "SortOrder": "Ascending", "MaxResults": 6,
    });
    let first = emulator.ok("Search", &ask).await;
    assert_eq!(first["TotalHits"], json!({"Value": 11, "Relation": "EqualTo"}));
    let record = &first["Results"][0]["HyperParameterTuningJob"];
    assert_eq!((&record["HyperParameterTuningJobName"], &record["Tags"][0]["Value"]), (&json!("s-00"), &json!("a")));
    ask["NextToken"] = first["NextToken"].clone();
    let second = emulator.ok("Search", &ask).await;
    assert_eq!(second["Results"].as_array().unwrap().len(), 5);
    assert!(second.get("NextToken").is_none());

    emulator.advance(1e6).await;
    let ask = json!({
        "Resource": "TrainingJob",
        "SearchExpression": {"Filters": [
            {"Name": "TuningJobArn", "Value": emulator.arn("s-03")},
            {"Name": "TrainingJobStatus", "Operator": "In", "Value": "Completed,Failed"},
            {"Name": "Metrics.val_accuracy", "Operator": "GreaterThan", "Value": "0.1"},
        ]},
        "SortBy": "Metrics.val_accuracy", "SortOrder": "Descending", "MaxResults": 100,
    });
    let found = emulator.ok("Search", &ask).await;
    assert_eq!(found["TotalHits"]["Value"], 2);
    let best = &found["Results"][0]["TrainingJob"];
    assert_eq!(best["HyperParameters"]["learning_rate"], "0.001");
    assert!(best["FinalMetricDataList"].as_array().unwrap().len() > 5);
    assert_eq!(best["Tags"], json!([{"Key": "example.dev/uid", "Value": "a"}]));
    let unknown =
        json!({"Resource": "TrainingJob", "SearchExpression": {"Filters": [{"Name": "Colour", "Value": "red"}]}});
    assert_eq!(emulator.error("Search", &unknown).await.1["__type"], "ValidationException");
    assert_eq!(emulator.error("Search", &json!({"Resource": "Endpoint"})).await.1["__type"], "ValidationException");
}

#[tokio::test]
async fn quotas_and_rates() {
    let emulator = Emulator::start(&[
        "--max-tuning-jobs",
        "3",
        "--instance-limit",
        "ml.p3.2xlarge=4",
        "--rate",
        "ListTags=0:2",
        "--unassumable-role",
        "arn:aws:iam::111122223333:role/Gone",
    ]);
    emulator.ok(CREATE, &request("a")).await;
    emulator.ok(CREATE, &request("b")).await;
    let text = "The account-level service limit 'ml.p3.2xlarge for training job usage' is 4 Instances, with current utilization of 4 \
                Instances and a request delta of 2 Instances. Please contact AWS support to request an increase for this limit.";
    let full = emulator.error(CREATE, &request("c")).await;
    assert_eq!(full, (400, json!({"__type": "ResourceLimitExceeded", "Message": text})));
    emulator.ok(CREATE, &on(request("c"), "ml.g5.xlarge")).await;
    let (_, body) = emulator.error(CREATE, &on(request("d"), "ml.g5.xlarge")).await;
    assert!(body["Message"].as_str().unwrap().contains("with current utilization of 3 Jobs"), "{body}");
    emulator.advance(1e6).await;
    emulator.ok(CREATE, &request("d")).await;

    let mut wide = request("wide");
    wide["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 11});
    assert_eq!(emulator.error(CREATE, &wide).await.1["__type"], "ResourceLimitExceeded");
    wide["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 751, "MaxParallelTrainingJobs": 1});
    assert_eq!(emulator.error(CREATE, &wide).await.1["__type"], "ResourceLimitExceeded");

    let mut gone = request("gone");
    gone["TrainingJobDefinition"]["RoleArn"] = json!("arn:aws:iam::111122223333:role/Gone");
    assert!(emulator.error(CREATE, &gone).await.1["message"].as_str().unwrap().starts_with("Could not assume role"));

    let tags = json!({"ResourceArn": emulator.arn("a")});
    emulator.ok("ListTags", &tags).await;
    emulator.ok("ListTags", &tags).await;
    assert_eq!(
        emulator.error("ListTags", &tags).await.1,
        json!({"__type": "ThrottlingException", "message": "Rate exceeded"})
    );
    assert_eq!(emulator.admin_get("calls").await["errors"]["ListTags ThrottlingException"], 1);
}

#[tokio::test]
async fn lists_may_lag_behind() {
    let emulator = Emulator::start(&["--list-lag", "86400"]);
    emulator.ok(CREATE, &request("new")).await;
    emulator.ok(DESCRIBE, &named("new")).await;
    assert!(all_names(&emulator, &json!({})).await.is_empty());
    let found = emulator.ok("Search", &json!({"Resource": "HyperParameterTuningJob"})).await;
    assert_eq!(found["TotalHits"]["Value"], 0);
}

#[tokio::test]
async fn the_hub() {
    let emulator = Emulator::start(&[]);
    let hub = "SageMakerPublicHub";
    let described = emulator.ok("DescribeHub", &json!({"HubName": hub})).await;
    assert_eq!(described["HubArn"], format!("arn:aws:sagemaker:{REGION}:aws:hub/SageMakerPublicHub"));
    let mut ask =
        json!({"HubName": hub, "HubContentType": "Model", "NameContains": "tensorflow-ic", "MaxResults": 100});
    let first = emulator.ok("ListHubContents", &ask).await;
    ask["NextToken"] = first["NextToken"].clone();
    let second = emulator.ok("ListHubContents", &ask).await;
    let count = |page: &Value| page["HubContentSummaries"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (100, 35), "all 135 of the catalogue");

    let id = "tensorflow-ic-swin-large-patch4-window12-384";
    let content = json!({"HubName": hub, "HubContentType": "Model", "HubContentName": id});
    let latest = emulator.ok("DescribeHubContent", &content).await;
    assert_eq!(latest["HubContentVersion"], "2.0.17");
    assert!(latest["HubContentDescription"].as_str().unwrap().contains("Generated"));
    let document: Value = serde_json::from_str(latest["HubContentDocument"].as_str().unwrap()).unwrap();
    let artifact = document["TrainingArtifactUri"].as_str().unwrap();
    assert!(
        artifact.starts_with(&format!("s3://jumpstart-cache-prod-{REGION}/"))
            && artifact.ends_with(&format!("train-{id}.tar.gz"))
    );
    let versions = emulator.ok("ListHubContentVersions", &content).await;
    let versions: Vec<&str> = versions["HubContentSummaries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["HubContentVersion"].as_str().unwrap())
        .collect();
    assert_eq!(versions, ["2.0.6", "2.0.17"], "by number, not by text");
    let mut old = content.clone();
    old["HubContentVersion"] = json!("2.0.6");
    assert_eq!(emulator.ok("DescribeHubContent", &old).await["HubContentVersion"], "2.0.6");
    for wrong in [
        json!({"HubContentVersion": "9.9.9"}),
        json!({"HubContentName": "tensorflow-ic-none"}),
        json!({"HubName": "mine"}),
    ] {
        let mut ask = content.clone();
        ask.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert_eq!(emulator.error("DescribeHubContent", &ask).await.1["__type"], "ResourceNotFound");
    }
}

#[tokio::test]
async fn models_can_be_made_to_behave() {
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
    emulator.admin_delete("training").await;
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
async fn a_stopped_training_job_frees_its_place() {
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

#[tokio::test]
async fn a_restarted_emulator_keeps_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let flags = ["--state", state.to_str().unwrap()];
    let emulator = Emulator::start(&flags);
    emulator.ok(CREATE, &request("kept")).await;
    emulator.advance(100.0).await;
    let before = emulator.ok(DESCRIBE, &named("kept")).await;
    assert!(emulator.terminate().success(), "a signal is a normal end");
    let again = Emulator::start(&flags);
    assert_eq!(again.ok(DESCRIBE, &named("kept")).await, before);
    again.advance(1e6).await;
    assert_eq!(again.ok(DESCRIBE, &named("kept")).await["HyperParameterTuningJobStatus"], "Completed");
}

#[tokio::test]
async fn the_clock_is_moved_by_hand_and_only_forward() {
    let emulator = Emulator::start(&[]);
    let before = emulator.admin_get("clock").await["now"].as_f64().unwrap();
    let after = emulator.admin_post("clock", &json!({"advanceSeconds": 86_400})).await.1;
    assert!((after["now"].as_f64().unwrap() - before - 86_400.0).abs() < 1e-6);
    assert_eq!(emulator.admin_post("clock", &json!({"speed": 1000})).await.1["speed"], 1000.0);
    assert_eq!(emulator.admin_post("clock", &json!({"advanceSeconds": -1})).await.0, 400);
}

#[test]
fn only_loopback_is_listened_on() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sagemaker-emulator"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a loopback address"));
    assert!(output.stdout.is_empty());
}
