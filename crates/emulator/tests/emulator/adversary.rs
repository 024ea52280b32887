//! Faults for adversarial tests: stale views, empty responses, jobs and texts of other owners.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Answers as _, CREATE, DESCRIBE, Emulator, LIST, REGION, all_names, named, request, variant};

const STOP: &str = "StopHyperParameterTuningJob";

async fn lag(emulator: &Emulator, order: Value) {
    let (status, answer) = emulator.admin_post("lags", &order).await;
    assert!(status == 200 && answer["id"].is_u64(), "{answer}");
}

async fn exists(emulator: &Emulator, name: &str) -> bool {
    emulator.send(DESCRIBE, &named(name)).await.unwrap().status().as_u16() == 200
}

fn search(name: &str) -> Value {
    let filter = json!({"Name": "HyperParameterTuningJobName", "Value": name});
    json!({"Resource": "HyperParameterTuningJob", "SearchExpression": {"Filters": [filter]}})
}

#[tokio::test]
async fn a_job_that_was_listed_is_missing_for_a_while() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("ms-a")).await;
    emulator.ok(CREATE, &request("ms-b")).await;
    assert_eq!(all_names(&emulator, &json!({})).await, ["ms-a", "ms-b"]);
    lag(&emulator, json!({"operation": "*", "kind": "Missing", "seconds": 20, "since": "now", "nameContains": "-a"}))
        .await;
    assert_eq!(all_names(&emulator, &json!({})).await, ["ms-b"]);
    let (status, body) = emulator.error(DESCRIBE, &named("ms-a")).await;
    assert_eq!((status, &body["__type"]), (400, &json!("ResourceNotFound")));
    assert_eq!(emulator.error("ListTags", &json!({"ResourceArn": emulator.arn("ms-a")})).await.0, 400);
    assert_eq!(emulator.ok("Search", &search("ms-a")).await["Results"], json!([]));
    assert_eq!(emulator.error(CREATE, &request("ms-a")).await.1["__type"], "ResourceInUse", "it exists nevertheless");
    emulator.ok(STOP, &named("ms-a")).await;
    emulator.advance(20.0).await;
    assert!(exists(&emulator, "ms-a").await);
    assert_eq!(all_names(&emulator, &json!({})).await, ["ms-a", "ms-b"]);
}

#[tokio::test]
async fn a_new_job_is_unknown_for_a_while_and_its_tags_for_longer() {
    let flags = [
        "--lag",
        "DescribeHyperParameterTuningJob:Missing:10",
        "--lag",
        "ListTags:Untagged:60",
        "--lag",
        "Search:Untagged:60",
    ];
    let emulator = Emulator::start(&flags);
    let mut job = request("new");
    job["Tags"] = json!([{"Key": "owner", "Value": "me"}]);
    emulator.ok(CREATE, &job).await;
    assert!(!exists(&emulator, "new").await);
    assert_eq!(all_names(&emulator, &json!({})).await, ["new"], "only Describe was named");
    emulator.advance(10.0).await;
    assert!(exists(&emulator, "new").await);
    let ask = json!({"ResourceArn": emulator.arn("new")});
    assert_eq!(emulator.ok("ListTags", &ask).await["Tags"], json!([]));
    let found = emulator.ok("Search", &search("new")).await;
    assert_eq!(found["Results"][0]["HyperParameterTuningJob"]["Tags"], json!([]));
    emulator.advance(50.0).await;
    assert_eq!(emulator.ok("ListTags", &ask).await["Tags"], job["Tags"]);
}

#[tokio::test]
async fn lists_go_back_in_time_on_every_second_request() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("job")).await;
    emulator.advance(1e5).await;
    lag(&emulator, json!({"operation": LIST, "kind": "Behind", "seconds": 99_990, "every": 2})).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let list = emulator.ok(LIST, &json!({})).await;
        seen.push(list["HyperParameterTuningJobSummaries"][0]["HyperParameterTuningJobStatus"].clone());
    }
    assert_eq!(seen, ["Completed", "InProgress", "Completed", "InProgress"]);
    assert_eq!(emulator.admin_get("lags").await[0]["lag"]["every"], 2);
    emulator.clear_lags().await;
    assert_eq!(emulator.admin_get("lags").await, json!([]));
}

#[tokio::test]
async fn a_create_returns_no_arn_with_and_without_effect() {
    let emulator = Emulator::start(&[]);
    for (kind, made) in [("EmptyAnswer", true), ("NoEffect", false)] {
        emulator.fault(json!({"operation": CREATE, "kind": kind, "count": 1})).await;
        let answer = emulator.send(CREATE, &request(kind)).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.json::<Value>().await.unwrap()), (200, json!({})));
        assert_eq!(exists(&emulator, kind).await, made, "{kind}");
    }
}

#[tokio::test]
async fn a_create_hangs_with_and_without_effect() {
    let emulator = Emulator::start(&[]);
    for (kind, made) in [("HangAnswer", true), ("HangRequest", false)] {
        emulator.fault(json!({"operation": CREATE, "kind": kind, "count": 1})).await;
        let job = request(kind);
        let ask = emulator.send(CREATE, &job);
        assert!(tokio::time::timeout(Duration::from_millis(300), ask).await.is_err(), "{kind} was answered");
        assert_eq!(exists(&emulator, kind).await, made, "{kind}");
    }
}

#[tokio::test]
async fn wrong_clocks_are_refused_with_both_messages() {
    let emulator = Emulator::start(&["--fault", "ListTags:RequestExpired", "--fault", "Search:SignatureExpired"]);
    let tags = emulator.error("ListTags", &json!({"ResourceArn": emulator.arn("x")})).await;
    assert_eq!((tags.0, &tags.1["__type"]), (400, &json!("RequestExpired")));
    let search = emulator.error("Search", &search("x")).await;
    assert_eq!((search.0, &search.1["__type"]), (400, &json!("InvalidSignatureException")));
    assert!(search.1["message"].as_str().unwrap().starts_with("Signature expired: "));
}

#[tokio::test]
async fn a_job_that_just_ended_cannot_be_stopped() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("running")).await;
    emulator.fault(json!({"operation": STOP, "kind": "AlreadyEnded", "count": 1})).await;
    let raced = emulator.error(STOP, &named("running")).await;
    emulator.advance(1e6).await;
    assert_eq!(emulator.error(STOP, &named("running")).await, raced, "the fault says what the state says");
    assert_eq!(raced.1["__type"], "ValidationException");
}

#[tokio::test]
async fn a_role_is_assumable_only_some_time_after_it_was_made() {
    let emulator = Emulator::start(&["--role-delay", "46"]);
    let refused = emulator.error(CREATE, &request("early")).await.1;
    assert!(refused["message"].as_str().unwrap().starts_with("Could not assume role arn:aws:iam::"), "{refused}");
    emulator.advance(45.0).await;
    emulator.error(CREATE, &request("early")).await;
    emulator.advance(1.0).await;
    emulator.ok(CREATE, &request("early")).await;
    let role = request("late")["TrainingJobDefinition"]["RoleArn"].clone();
    assert_eq!(emulator.admin_post("roles", &json!({"arn": role, "seconds": 10})).await.0, 200);
    emulator.error(CREATE, &request("late")).await;
    emulator.advance(10.0).await;
    emulator.ok(CREATE, &request("late")).await;
}

#[tokio::test]
async fn a_parent_that_still_runs_is_refused() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("parent")).await;
    let mut child = request("child");
    child["WarmStartConfig"] = json!({"WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}]});
    let refused = emulator.error(CREATE, &child).await.1;
    assert!(refused["message"].as_str().unwrap().contains("parent is not in a terminal state"), "{refused}");
    emulator.advance(1e6).await;
    emulator.ok(CREATE, &child).await;
}

#[tokio::test]
async fn several_definitions_cannot_start_from_a_parent_nor_be_one() {
    let emulator = Emulator::start(&[]);
    let parent = json!({"WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}]});
    let mut several = variant("multi_definitions");
    several["HyperParameterTuningJobName"] = json!("parent");
    emulator.ok(CREATE, &several).await;
    emulator.advance(1e6).await;
    let mut child = request("child");
    child["WarmStartConfig"] = parent.clone();
    let refused = emulator.error(CREATE, &child).await.1["message"].as_str().unwrap().to_owned();
    assert!(refused.starts_with("The parent hyperparameter tuning job parent has 2 "), "{refused}");
    several["HyperParameterTuningJobName"] = json!("child");
    several["WarmStartConfig"] = parent;
    let refused = emulator.error(CREATE, &several).await.1["message"].as_str().unwrap().to_owned();
    assert!(refused.contains("warm start is only supported with one"), "{refused}");
}

#[tokio::test]
async fn a_job_out_of_time_is_stopped_and_keeps_its_best() {
    let emulator = Emulator::start(&["--stopped-at-limit"]);
    let mut job = request("limited");
    job["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 50, "MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 3600});
    emulator.ok(CREATE, &job).await;
    emulator.advance(5000.0).await;
    let ended = emulator.ok(DESCRIBE, &named("limited")).await;
    assert_eq!(ended["HyperParameterTuningJobStatus"], "Stopped");
    assert_eq!(ended["BestTrainingJob"]["TrainingJobStatus"], "Completed");
}

#[tokio::test]
async fn training_jobs_fail_without_images() {
    let emulator = Emulator::start(&[]);
    let reason = "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"raise ValueError(No images found)\nValueError: No images found\u{1b}[31m\"";
    emulator.admin_post("training", &json!({"match": "*", "failAlways": true, "failureReason": reason})).await;
    emulator.ok(CREATE, &request("empty")).await;
    emulator.advance(1e6).await;
    assert_eq!(emulator.ok(DESCRIBE, &named("empty")).await["HyperParameterTuningJobStatus"], "Failed");
    let list = emulator.ok("ListTrainingJobsForHyperParameterTuningJob", &named("empty")).await;
    assert_eq!(list["TrainingJobSummaries"][0]["FailureReason"], reason, "line breaks and escape codes are kept");
}

#[tokio::test]
async fn planted_jobs_can_have_any_form_and_tags() {
    let emulator = Emulator::start(&[]);
    let mut job = request("stranger");
    job["Tags"] = json!([{"Key": "modelselection.dev/uid", "Value": "7f3a\n\u{1b}[2J"}]);
    assert_eq!(emulator.error(CREATE, &job).await.1["__type"], "ValidationException", "the service would refuse it");
    assert_eq!(emulator.admin_post("jobs", &json!({"region": REGION, "request": job})).await.0, 200);
    let ask = json!({"ResourceArn": emulator.arn("stranger")});
    let tags = |answer: reqwest::Response| async move { answer.json::<Value>().await.unwrap()["Tags"].clone() };
    assert_eq!(tags(emulator.send("ListTags", &ask).await.unwrap()).await, job["Tags"]);
    let change =
        json!({"region": REGION, "job": "stranger", "set": {"a": "\u{1b}"}, "unset": ["modelselection.dev/uid"]});
    assert_eq!(emulator.admin_post("tags", &change).await.0, 200);
    assert_eq!(tags(emulator.send("ListTags", &ask).await.unwrap()).await, json!([{"Key": "a", "Value": "\u{1b}"}]));
    let nobody = json!({"region": REGION, "job": "nobody"});
    assert_eq!(emulator.admin_post("tags", &nobody).await.0, 404);
}

#[tokio::test]
async fn the_hub_can_change_and_have_malformed_versions_and_ids() {
    let emulator = Emulator::start(&[]);
    let id = "tensorflow-ic-imagenet-mobilenet-v2-100-160";
    let ask = json!({"HubName": "SageMakerPublicHub", "HubContentType": "Model", "HubContentName": id});
    let version = |answer: Value| answer["HubContentVersion"].as_str().unwrap().to_owned();
    let before = version(emulator.ok("DescribeHubContent", &ask).await);
    let entry = json!({"id": id, "version": "9.0.0", "afterSeconds": 30});
    assert_eq!(emulator.admin_post("hub", &entry).await.0, 200);
    assert_eq!(version(emulator.ok("DescribeHubContent", &ask).await), before);
    emulator.advance(30.0).await;
    assert_eq!(version(emulator.ok("DescribeHubContent", &ask).await), "9.0.0");
    let odd = format!("10.0.0-{}\n", "x".repeat(200));
    assert_eq!(emulator.admin_post("hub", &json!({"id": id, "version": odd})).await.0, 400);
    assert_eq!(emulator.admin_post("hub", &json!({"id": id, "version": odd, "unchecked": true})).await.0, 200);
    let answer = emulator.send("DescribeHubContent", &ask).await.unwrap().json().await.unwrap();
    assert_eq!(version(answer), odd);
    let strange = json!({"id": "tensorflow-ic-\u{1b}[31mred\n", "version": "1.0.0", "unchecked": true});
    assert_eq!(emulator.admin_post("hub", &strange).await.0, 200);
    let list = json!({"HubName": "SageMakerPublicHub", "HubContentType": "Model", "NameContains": "red"});
    let found = emulator.send("ListHubContents", &list).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(found["HubContentSummaries"][0]["HubContentName"], strange["id"]);
}
