//! Services that clients need besides SageMaker: their identity, and storage for their scripts.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Answers as _, CREATE, Emulator, request};

async fn signed(emulator: &Emulator, service: &str, method: Method, path: &str, body: &str) -> (u16, String) {
    let credential =
        format!("AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/{service}/aws4_request, Signature=00");
    let ask = emulator.request(method, path).header("authorization", credential).body(body.to_owned());
    let answer = ask.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_caller_belongs_to_the_account() {
    let emulator = Emulator::start(&["--account", "999988887777"]);
    let (status, text) =
        signed(&emulator, "sts", Method::POST, "", "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert!(status == 200 && text.contains("<Account>999988887777</Account>"), "{text}");
    let (status, text) = signed(&emulator, "iam", Method::POST, "", "Action=GetRole&RoleName=x").await;
    assert!(status == 403 && text.contains("<Code>AccessDenied</Code>"), "{text}");
    assert_eq!(emulator.admin_get("calls").await["byOperation"]["sts:GetCallerIdentity"], 1);
}

#[tokio::test]
async fn buckets_store_scripts_and_list_them() {
    let emulator = Emulator::start(&[]);
    let s3 = async |method: Method, path: &str, body: &str| signed(&emulator, "s3", method, path, body).await;
    assert_eq!(s3(Method::HEAD, "mine", "").await.0, 404);
    assert_eq!(s3(Method::PUT, "mine/a/b/script.tar.gz", "abc").await.0, 404, "no such bucket");
    assert_eq!(s3(Method::PUT, "mine", "").await.0, 200);
    assert_eq!(s3(Method::HEAD, "mine", "").await.0, 200);
    assert_eq!(s3(Method::PUT, "mine/a/b/script.tar.gz", "abc").await.0, 200);
    assert_eq!(s3(Method::GET, "mine/a/b/script.tar.gz", "").await, (200, "abc".to_owned()));
    let list = s3(Method::GET, "mine?list-type=2&prefix=a%2F&delimiter=%2F", "").await.1;
    assert!(list.contains("<CommonPrefixes><Prefix>a/b/</Prefix>") && !list.contains("script"), "{list}");
    let list = s3(Method::GET, "mine?list-type=2", "").await.1;
    assert!(list.contains("<Key>a/b/script.tar.gz</Key>"), "{list}");
    assert!(s3(Method::GET, "", "").await.1.contains("<Name>mine</Name>"));
    assert_eq!(s3(Method::DELETE, "mine/a/b/script.tar.gz", "").await.0, 204);
    assert_eq!(s3(Method::GET, "mine/a/b/script.tar.gz", "").await.0, 404);
}

#[tokio::test]
async fn training_jobs_of_all_tuning_jobs_are_listed_oldest_first() {
    let emulator = Emulator::start(&[]);
    emulator.ok(CREATE, &request("one")).await;
    emulator.advance(1e6).await;
    emulator.ok(CREATE, &request("two")).await;
    emulator.advance(60.0).await;
    let list = async |ask: Value| emulator.ok("ListTrainingJobs", &ask).await;
    let names = |page: &Value| {
        let all = page["TrainingJobSummaries"].as_array().unwrap().iter();
        all.map(|job| job["TrainingJobName"].as_str().unwrap()[..7].to_owned()).collect::<Vec<_>>()
    };
    let page = list(json!({"MaxResults": 3})).await;
    assert_eq!(
        (names(&page), page["NextToken"].is_string()),
        (vec!["one-001".into(), "one-002".into(), "two-001".into()], true)
    );
    let newest = list(json!({"MaxResults": 1, "SortOrder": "Descending"})).await;
    assert_eq!(names(&newest), ["two-002"]);
    assert_eq!(names(&list(json!({"StatusEquals": "InProgress", "NameContains": "two-001"})).await), ["two-001"]);
    let late = list(json!({"StatusEquals": "InProgress", "MaxResults": 2})).await;
    assert!(names(&late).is_empty() && late["NextToken"].is_string(), "the status is compared after the page is cut");
    let next = list(json!({"StatusEquals": "InProgress", "MaxResults": 2, "NextToken": late["NextToken"]})).await;
    assert_eq!(names(&next), ["two-001", "two-002"]);
    assert!(names(&list(json!({"WarmPoolStatusEquals": "Available"})).await).is_empty(), "there are no warm pools");
    let plan = "arn:aws:sagemaker:us-west-2:111122223333:training-plan/p";
    assert!(names(&list(json!({"TrainingPlanArnEquals": plan})).await).is_empty());
}
