//! Both sources of `JumpStart`'s metadata: the hub, and the objects in S3.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Answers as _, Emulator, REGION};

const HUB: &str = "SageMakerPublicHub";
const SWIN: &str = "tensorflow-ic-swin-large-patch4-window12-384";

fn bucket(key: &str) -> String {
    format!("jumpstart-cache-prod-{REGION}/{key}")
}

async fn document(emulator: &Emulator, id: &str) -> Value {
    let ask = json!({"HubName": HUB, "HubContentType": "Model", "HubContentName": id});
    let answer = emulator.ok("DescribeHubContent", &ask).await;
    serde_json::from_str(answer["HubContentDocument"].as_str().unwrap()).unwrap()
}

async fn listed(emulator: &Emulator, filter: Option<&str>) -> Vec<Value> {
    let mut ask = json!({"HubName": HUB, "HubContentType": "Model", "MaxResults": 100});
    if let Some(part) = filter {
        ask["NameContains"] = json!(part);
    }
    let mut all = Vec::new();
    loop {
        let page = emulator.ok("ListHubContents", &ask).await;
        let summaries = page["HubContentSummaries"].as_array().unwrap();
        assert!(summaries.len() <= 100);
        all.extend(summaries.iter().cloned());
        match page.get("NextToken") {
            Some(token) => ask["NextToken"] = token.clone(),
            None => return all,
        }
    }
}

#[tokio::test]
async fn the_manifest_and_a_specification() {
    let emulator = Emulator::start(&[]);
    let (status, etag, body) = emulator.object(Method::GET, &bucket("models_manifest.json"), None).await.unwrap();
    let manifest: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, manifest.as_array().unwrap().len()), (200, 2 * 162), "two versions of each");
    let head = emulator.object(Method::HEAD, &bucket("models_manifest.json"), None).await.unwrap();
    assert_eq!(head, (200, etag.clone(), String::new()));
    for method in [Method::GET, Method::HEAD] {
        let same = emulator.object(method, &bucket("models_manifest.json"), Some(&etag)).await.unwrap();
        assert_eq!(same, (304, etag.clone(), String::new()));
    }
    let entry = manifest.as_array().unwrap().iter().find(|entry| entry["model_id"] == SWIN).unwrap();
    assert_eq!(entry["version"], "2.0.17", "the newest is first");
    let key = entry["spec_key"].as_str().unwrap();
    let (_, _, body) = emulator.object(Method::GET, &bucket(key), None).await.unwrap();
    let spec: Value = serde_json::from_str(&body).unwrap();
    let hub = document(&emulator, SWIN).await;
    assert_eq!((&spec["model_id"], &spec["deprecated"]), (&json!(SWIN), &json!(false)));
    let artifact = spec["training_artifact_key"].as_str().unwrap();
    assert_eq!(hub["TrainingArtifactUri"], format!("s3://{}", bucket(artifact)));
    assert_eq!(spec["metrics"], hub["TrainingMetrics"]);
    let alias = spec["training_instance_type_variants"]["variants"]["p3"]["regional_properties"]["image_uri"].as_str();
    let alias = alias.unwrap().trim_start_matches('$');
    assert_eq!(
        spec["training_instance_type_variants"]["regional_aliases"][REGION][alias],
        hub["TrainingInstanceTypeVariants"]["Variants"]["p3"]["Properties"]["ImageUri"]
    );
    let calls = emulator.admin_get("calls").await;
    assert_eq!((&calls["byOperation"]["s3:GetObject"], &calls["byOperation"]["s3:HeadObject"]), (&json!(3), &json!(2)));
    let log = emulator.admin_get("requests?operation=s3:GetObject").await;
    assert_eq!(log[2]["request"], json!({"Bucket": format!("jumpstart-cache-prod-{REGION}"), "Key": key}));
}

#[tokio::test]
async fn objects_that_are_not_there_and_faults() {
    let emulator = Emulator::start(&["--fault", "s3:GetObject:Throttle:1", "--rate", "s3:HeadObject=0:1"]);
    let manifest = bucket("models_manifest.json");
    let get = async |path: &str| emulator.object(Method::GET, path, None).await;
    let code = |body: &str| body.split(['<', '>']).skip_while(|part| *part != "Code").nth(1).unwrap().to_owned();
    let (status, _, body) = get(&manifest).await.unwrap();
    assert_eq!((status, code(&body).as_str()), (503, "SlowDown"));
    assert_eq!(get(&manifest).await.unwrap().0, 200);
    for missing in
        [bucket("proprietary-sdk-manifest.json"), bucket("community_models/x/specs_v1.0.0.json"), "b/k".into()]
    {
        let (status, _, body) = get(&missing).await.unwrap();
        assert_eq!((status, code(&body).as_str()), (404, "NoSuchKey"), "{missing}");
        assert!(body.contains(&format!("<Resource>/{missing}</Resource>")), "{body}");
    }
    assert_eq!(emulator.object(Method::HEAD, "b/k", None).await.unwrap(), (404, String::new(), String::new()));
    assert_eq!(emulator.object(Method::HEAD, "b/k", None).await.unwrap().0, 503, "the rate of HEAD");
    for (kind, status, expected) in [
        ("AccessDenied", 403, "AccessDenied"),
        ("InternalFailure", 500, "InternalError"),
        ("NotFound", 404, "NoSuchKey"),
    ] {
        let order = json!({"operation": "s3:GetObject", "kind": kind, "count": 1, "nameContains": "manifest"});
        emulator.fault(order).await;
        let (found, _, body) = get(&manifest).await.unwrap();
        assert_eq!((found, code(&body).as_str()), (status, expected));
    }
    emulator.fault(json!({"operation": "s3:GetObject", "kind": "DropRequest", "count": 1})).await;
    assert!(get(&manifest).await.is_err());
    emulator.fault(json!({"operation": "s3:GetObject", "kind": "ServiceUnavailable", "count": 1})).await;
    emulator.fault(json!({"operation": "s3:GetObject", "kind": "Delay", "delayMillis": 1, "count": 1})).await;
    assert!(get(&manifest).await.unwrap().2.contains("<html>"));
    assert_eq!(emulator.admin_get("faults").await, json!([]));
    assert_eq!(emulator.admin_get("calls").await["errors"]["s3:GetObject DropRequest"], 1);
}

#[tokio::test]
async fn a_hub_of_a_thousand() {
    let emulator = Emulator::start(&["--extra-models", "838"]);
    let all = listed(&emulator, None).await;
    assert_eq!(all.len(), 1000);
    let names: Vec<&str> = all.iter().map(|entry| entry["HubContentName"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "by name, ascending");
    assert_eq!(listed(&emulator, Some("TENSORFLOW-IC")).await.len(), 135);
    let status = |wanted: &str| all.iter().filter(|entry| entry["SupportStatus"] == wanted).count();
    assert!(status("Deprecated") > 50 && status("Supported") > 800);
    for (most, fits) in [(0, false), (1, true), (100, true), (101, false)] {
        let ask = json!({"HubName": HUB, "HubContentType": "Model", "MaxResults": most});
        if fits {
            emulator.ok("ListHubContents", &ask).await;
        } else {
            assert_eq!(emulator.error("ListHubContents", &ask).await.1["__type"], "ValidationException");
        }
    }
    let gated = document(&emulator, "meta-textgeneration-generated-0004").await;
    assert_eq!((&gated["GatedBucket"], &gated["TrainingSupported"]), (&json!(true), &json!(false)));
    assert!(gated["HostingEulaUri"].as_str().unwrap().starts_with("s3://") && gated.get("TrainingMetrics").is_none());
    let (_, _, body) = emulator.object(Method::GET, &bucket("models_manifest.json"), None).await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap().as_array().unwrap().len(), 162 * 2 + 838);
}

#[tokio::test]
async fn models_appear_and_change_at_run_time() {
    let emulator = Emulator::start(&[]);
    let set = async |entry: Value| emulator.admin_post("hub", &entry).await;
    let manifest = async || emulator.object(Method::GET, &bucket("models_manifest.json"), None).await.unwrap().1;
    let before = manifest().await;
    emulator.advance(60.0).await;
    let new = json!({"id": "tensorflow-ic-new-model", "version": "1.0.0", "TrainingVolumeSize": 77});
    assert_eq!(set(new).await, (200, json!({})));
    assert_ne!(manifest().await, before, "another ETag");
    assert_eq!(document(&emulator, "tensorflow-ic-new-model").await["TrainingVolumeSize"], 77);
    let (_, _, body) = emulator
        .object(Method::GET, &bucket("community_models/tensorflow-ic-new-model/specs_v1.0.0.json"), None)
        .await
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["training_volume_size"], 77);
    let newest =
        json!({"HubName": HUB, "HubContentType": "Model", "SortBy": "CreationTime", "SortOrder": "Descending"});
    let newest = emulator.ok("ListHubContents", &newest).await["HubContentSummaries"][0]["HubContentName"].clone();
    assert_eq!(newest, "tensorflow-ic-new-model");

    set(json!({"id": SWIN, "version": "2.0.18", "supportStatus": "Deprecated", "document": "not JSON"})).await;
    let ask = json!({"HubName": HUB, "HubContentType": "Model", "HubContentName": SWIN});
    let latest = emulator.ok("DescribeHubContent", &ask).await;
    assert_eq!((&latest["HubContentVersion"], &latest["SupportStatus"]), (&json!("2.0.18"), &json!("Deprecated")));
    assert_eq!(latest["HubContentDocument"], "not JSON", "whatever the test gives");
    assert_eq!(set(json!({"id": "a", "version": "x"})).await.0, 400);
    let listed = emulator.admin_get("hub").await;
    assert!(listed.as_array().unwrap().contains(&json!({"id": SWIN, "versions": ["2.0.6", "2.0.17", "2.0.18"]})));
    emulator.reset_hub().await;
    assert_eq!(manifest().await, before);
}
