//! Refused requests, and injected faults.

use serde_json::{Value, json};

use super::harness::{Answers as _, CREATE, DESCRIBE, Emulator, LIST, fixture, named, on, one_at_a_time, request};

/// Each body of the fixture is provoked and compared literally.
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
                emulator.fault(json!({"operation": CREATE, "kind": "RoleNotAssumable", "count": 1})).await;
            }
            (CREATE, "ValidationException") if text.starts_with("No S3 objects found") => {
                ask["TrainingJobDefinition"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] =
                    json!("s3://b/p");
                emulator.fault(json!({"operation": CREATE, "kind": "NoS3Objects", "count": 1})).await;
            }
            (CREATE, "ServiceUnavailable") => {
                emulator.fault(json!({"operation": "*", "kind": "ServiceUnavailable", "count": 1})).await;
                let answer = emulator.send(CREATE, &ask).await.unwrap();
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
                emulator.fault(json!({"operation": "*", "kind": kind, "count": 1})).await;
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

#[tokio::test]
async fn dropped_connections() {
    let emulator = Emulator::start(&["--fault", "ListTags:DropRequest:1"]);
    emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1, "nameContains": "lost-answer"})).await;
    emulator.ok(CREATE, &request("answered")).await;
    assert!(
        emulator.send(CREATE, &request("lost-answer")).await.is_err(),
        "the connection is closed without an answer"
    );
    assert_eq!(
        emulator.error(CREATE, &request("lost-answer")).await.1["__type"],
        "ResourceInUse",
        "but the work was done"
    );

    emulator.fault(json!({"operation": CREATE, "kind": "DropRequest", "count": 1})).await;
    assert!(emulator.send(CREATE, &request("lost-request")).await.is_err());
    emulator.ok(CREATE, &request("lost-request")).await;

    let tags = json!({"ResourceArn": emulator.arn("answered")});
    assert!(emulator.send("ListTags", &tags).await.is_err(), "faults of the command line");
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
    emulator.fault(json!({"operation": LIST, "kind": "Throttle", "count": null})).await;
    for _ in 0..3 {
        assert_eq!(emulator.error(LIST, &json!({})).await.1["message"], "Rate exceeded");
    }
    emulator.ok("Search", &json!({"Resource": "TrainingJob"})).await;
    emulator.clear_faults().await;
    emulator.fault(json!({"operation": "*", "kind": "Delay", "delayMillis": 1, "count": 1})).await;
    emulator.fault(json!({"operation": "*", "kind": "InternalFailure", "count": 1})).await;
    let (status, body) = emulator.error(LIST, &json!({})).await;
    assert_eq!((status, body), (500, json!({"__type": "InternalFailure"})), "a delay comes on top of another fault");
    assert_eq!(emulator.admin_get("faults").await, json!([]));
    assert_eq!(emulator.admin_post("faults", &json!({"operation": "*", "kind": "Nonsense"})).await.0, 400);
    assert_eq!(emulator.admin_get("nonsense").await["error"], "no such route or method");
}

#[tokio::test]
async fn signatures_regions_and_shapes() {
    let emulator = Emulator::start(&[]);
    let unsigned = emulator.send_unsigned(LIST, &json!({})).await.unwrap();
    assert_eq!(unsigned.status().as_u16(), 403);
    assert_eq!(unsigned.json::<Value>().await.unwrap()["__type"], "MissingAuthenticationToken");
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
    let described = emulator.ok(DESCRIBE, &named("typo")).await;
    assert!(!described.to_string().contains("S3OutputPaht"), "AWS does not keep it either");
    let log = emulator.admin_get(&format!("requests?operation={CREATE}")).await;
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!(last["unknownMembers"], json!(["TrainingJobDefinition.OutputDataConfig.S3OutputPaht"]));
    assert_eq!((&last["authorizationPresent"], &last["securityTokenPresent"]), (&json!(true), &json!(true)));
    assert_eq!(last["request"], typo, "the log has the request as it came");
    emulator.reset_calls().await;
    assert_eq!(emulator.admin_get("calls").await["total"], 0);

    let answer = emulator.send(LIST, &json!({})).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(answer.headers()["x-amzn-requestid"].to_str().unwrap().len(), 36);
    assert_eq!(emulator.get("").await.0, 404);
}
