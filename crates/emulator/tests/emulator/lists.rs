//! Lists, tags, searches and the hub.

use serde_json::{Value, json};

use super::harness::{
    Answers as _, CREATE, DESCRIBE, Emulator, LIST, REGION, all_names, named, one_at_a_time, request,
};

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
async fn resources_of_other_regions_and_accounts_have_no_tags_here() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("tagged")).await;
    let tags = async || emulator.ok("ListTags", &json!({"ResourceArn": emulator.arn("tagged")})).await;
    let before = tags().await;
    for (here, elsewhere) in [(REGION, "eu-central-1"), ("111122223333", "999988887777")] {
        let other = emulator.arn("tagged").replace(here, elsewhere);
        for (operation, more) in [
            ("ListTags", json!({})),
            ("AddTags", json!({"Tags": [{"Key": "a", "Value": "b"}]})),
            ("DeleteTags", json!({"TagKeys": ["owner"]})),
        ] {
            let mut ask = json!({"ResourceArn": other});
            ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let refused = emulator.error(operation, &ask).await.1;
            assert_eq!(refused["message"], "Requested resource not found.", "{operation} {other}");
        }
    }
    assert_eq!(tags().await, before);
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
async fn the_index_of_search_may_lag() {
    let emulator = Emulator::start(&["--search-lag", "30"]);
    emulator.ok(CREATE, &request("new")).await;
    let ask = json!({"Resource": "HyperParameterTuningJob"});
    assert_eq!(emulator.ok("Search", &ask).await["TotalHits"]["Value"], 0);
    assert_eq!(all_names(&emulator, &json!({})).await, ["new"], "the list is not behind");
    emulator.advance(31.0).await;
    assert_eq!(emulator.ok("Search", &ask).await["TotalHits"]["Value"], 1);
    emulator.advance(10.0).await;
    let trainings = json!({"Resource": "TrainingJob", "SearchExpression": {"Filters": [
        {"Name": "TuningJobArn", "Operator": "Contains", "Value": "tuning-job/new"}]}});
    assert_eq!(emulator.ok("Search", &trainings).await["TotalHits"]["Value"], 2, "launched after 10 seconds");
    emulator.ok("StopHyperParameterTuningJob", &named("new")).await;
    let status = async || {
        let found = emulator.ok("Search", &ask).await;
        found["Results"][0]["HyperParameterTuningJob"]["HyperParameterTuningJobStatus"].clone()
    };
    assert_eq!(status().await, "InProgress", "what changed shows later too");
    emulator.advance(31.0).await;
    assert_eq!(status().await, "Stopping");
}

#[tokio::test]
async fn training_jobs_are_sorted_by_objective_and_searched_in_pages_of_a_hundred() {
    let emulator = Emulator::start(&[]);
    emulator.admin_post("training", &json!({"match": "*", "failFirst": 3})).await;
    let mut job = request("many");
    job["HyperParameterTuningJobConfig"]["ResourceLimits"] =
        json!({"MaxNumberOfTrainingJobs": 120, "MaxParallelTrainingJobs": 10});
    emulator.ok(CREATE, &job).await;
    emulator.advance(1e7).await;
    let mut ask = json!({
        "HyperParameterTuningJobName": "many", "SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending",
        "MaxResults": 100,
    });
    let list = "ListTrainingJobsForHyperParameterTuningJob";
    let first = emulator.ok(list, &ask).await;
    ask["NextToken"] = first["NextToken"].clone();
    let second = emulator.ok(list, &ask).await;
    let summaries = |page: &Value| page["TrainingJobSummaries"].as_array().unwrap().clone();
    let all = [summaries(&first), summaries(&second)].concat();
    assert_eq!((summaries(&first).len(), all.len()), (100, 117), "those that failed have no objective");
    let value = |summary: &Value| summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"].as_f64().unwrap();
    assert!(all.is_sorted_by(|a, b| value(a) >= value(b)));
    let failed = json!({"HyperParameterTuningJobName": "many", "StatusEquals": "Failed", "MaxResults": 100});
    assert_eq!(summaries(&emulator.ok(list, &failed).await).len(), 3);

    let mut ask = json!({"Resource": "TrainingJob", "MaxResults": 100, "SearchExpression": {"Filters": [
        {"Name": "TuningJobArn", "Value": emulator.arn("many")}, {"Name": "TrainingJobStatus", "Value": "Completed"}]}});
    let first = emulator.ok("Search", &ask).await;
    ask["NextToken"] = first["NextToken"].clone();
    let second = emulator.ok("Search", &ask).await;
    let count = |page: &Value| page["Results"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (100, 17));
    let record = &first["Results"][0]["TrainingJob"];
    for member in [
        "FinalMetricDataList",
        "HyperParameters",
        "TuningJobArn",
        "TrainingTimeInSeconds",
        "BillableTimeInSeconds",
        "ModelArtifacts",
        "Tags",
    ] {
        assert!(record.get(member).is_some(), "{member}");
    }
}

#[tokio::test]
async fn training_jobs_show_values_that_the_tuning_job_left_open() {
    let emulator = Emulator::start(&[]);
    let mut job = request("spot");
    let definition = &mut job["TrainingJobDefinition"];
    definition["EnableManagedSpotTraining"] = json!(true);
    definition["StoppingCondition"] = json!({"MaxRuntimeInSeconds": 360_000, "MaxWaitTimeInSeconds": 400_000});
    definition["HyperParameterTuningResourceConfig"] = json!({"InstanceConfigs": [
        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 31},
        {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30},
    ]});
    emulator.ok(CREATE, &job).await;
    emulator.advance(1e6).await;
    let best = emulator.ok(DESCRIBE, &named("spot")).await["BestTrainingJob"]["TrainingJobName"].clone();
    let training = emulator.ok("DescribeTrainingJob", &json!({"TrainingJobName": best})).await;
    let chosen = json!({"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 31});
    assert_eq!(training["ResourceConfig"], chosen);
    let (billed, trained) = (&training["BillableTimeInSeconds"], &training["TrainingTimeInSeconds"]);
    assert!(billed.as_u64().unwrap() < trained.as_u64().unwrap(), "spot");
    assert_eq!(training["HyperParameters"]["_tuning_objective_metric"], "val_accuracy");
    assert_eq!(training["HyperParameters"]["epochs"], job["TrainingJobDefinition"]["StaticHyperParameters"]["epochs"]);
    assert!(training["HyperParameters"].get("learning_rate").is_some(), "tuned");
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
